"""Every endpoint of the exchange, for footprints, shells and events, under generated input: no server error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from starlette.types import ASGIApp, Receive, Scope, Send
from test_aas_server import SERIALS, SHELL, SUBMODEL, World
from test_epcis_read import SHIPPED, document
from test_pact_server import quick_hash

from parkwright.connect import aas_server, epcis_server
from parkwright.connect.epcis_read import read
from parkwright.store import exchange
from parkwright.store.received import EventBook

THERE = {"aas_id": SHELL, "submodel_id": SUBMODEL, "unit_id": SERIALS[0], "kind": "CarbonFootprint",
         "event_id": SHIPPED["eventID"]}  # fmt: skip
"""What there is behind a parameter of a path: half of all cases name it."""


class Https:
    """Hands requests on as if they came over HTTPS, each a tenth of a second after the one before."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app: ASGIApp = world.client.app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.world.now += timedelta(seconds=0.1)
        await self.app({**scope, "scheme": "https"} if scope["type"] == "http" else scope, receive, send)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(exchange, "_secret_hash", quick_hash)
    made = World(tmp_path)
    with EventBook(f"sqlite:///{tmp_path / 'operations.db'}") as book:
        app = made.client.app
        app.mount(epcis_server.BASE, epcis_server.make_events(app.state.door, book))
        book.capture("alice", read(json.dumps(document(SHIPPED)).encode()), made.now)
        yield made
    made.desk.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema_path", "examples", "least", "checks"),
    [
        ("/openapi.json", 60, (8, 300), [not_a_server_error, status_code_conformance, response_schema_conformance]),
        (f"{aas_server.BASE}/openapi.json", 10, (141, 1000), [not_a_server_error]),
        (f"{epcis_server.BASE}/openapi.json", 60, (6, 200), [not_a_server_error, status_code_conformance]),
    ],
)
def test_no_endpoint_stumbles(world: World, schema_path: str, examples: int, least: tuple[int, int], checks: list):
    """least: operations and cases."""
    signed = {"Authorization": f"Bearer {world.tokens['alice']}"}
    schema = schemathesis.openapi.from_asgi(schema_path, Https(world), headers=signed)
    tried: dict[str, int] = {}
    answered: set[int] = set()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(), there=st.booleans())
        def attack(case: schemathesis.Case, there: bool) -> None:
            if there:
                case.path_parameters.update({name: THERE[name] for name in case.path_parameters if name in THERE})
                case.headers = {}
            tried[case.operation.label] = tried.get(case.operation.label, 0) + 1
            answered.add(case.call_and_validate(headers=signed, checks=checks).status_code)

        attack()
    print(f"{schema_path}: {sum(tried.values())} cases on {len(tried)} operations, answers {sorted(answered)}")
    assert (len(tried) >= least[0], sum(tried.values()) >= least[1]) == (True, True)
    assert 200 in answered
