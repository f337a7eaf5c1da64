"""Certificates: the API moves what may be moved, once, for those who may; the page shows it with the right buttons."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desk_fixture import make_site, session
from fastapi.testclient import TestClient
from page_fixture import Pages

from parkwright.show.answers.certificates import CertificateList, CertificateRow
from parkwright.show.auth import COOKIE
from parkwright.show.pages.zero_carbon import assets_card
from parkwright.show.words import Words

API = "/api/v1/carbon/certificates"
JULY = {"start_day": "2026-07-01", "end_day": "2026-07-31"}
WIND = {"registry": "GEC", "first": 1, "last": 100, "region": "CN", "technology": "wind", **JULY}


class Desk:
    """The API over a register of its own."""

    def __init__(self, folder: Path) -> None:
        app, self.operations = make_site(folder)
        self.client = TestClient(app)
        self.sessions = {role: session(self.operations, role) for role in ("carbon", "viewer")}

    def post(self, path: str, body: object, role: str = "carbon"):
        return self.client.post(f"{API}{path}", json=body, headers={"cookie": f"{COOKIE}={self.sessions[role]}"})

    def held(self) -> dict:
        return self.client.get(API, headers={"cookie": f"{COOKIE}={self.sessions['viewer']}"}).json()

    def states(self, registry: str) -> list[tuple[int, int, str]]:
        found = [row for row in self.held()["rows"] if row["registry"] == registry]
        return [(row["first"], row["last"], row["state"]) for row in found]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("certificates"))
    yield made
    made.operations.close()


def numbers(first: int, last: int, **fields: object) -> dict:
    return {"registry": "GEC", "first": first, "last": last, **fields}


def test_a_range_goes_from_entry_to_retirement_and_each_number_once(desk: Desk):
    assert desk.held() == {"kwh": {}, "rows": []}
    assert desk.post("", WIND | {"own": True, "kg_per_kwh": "0.041"}).json() == {"changed": True}
    assert desk.post("/moves", numbers(1, 100, state="held")).status_code == 200
    assert desk.post("/retirements", numbers(11, 40, **JULY)).status_code == 200
    assert desk.post("/moves", numbers(41, 50, state="sold")).status_code == 200
    assert desk.states("GEC") == [(1, 10, "held"), (11, 40, "retired"), (41, 50, "sold"), (51, 100, "held")]
    found = desk.held()
    assert found["kwh"] == {"held": 60_000.0, "retired": 30_000.0, "sold": 10_000.0}
    assert found["rows"][1] | {"kwh": 0} == {
        **numbers(11, 40), "kwh": 0, "state": "retired", "vintage": ["2026-07-01", "2026-07-31"], "region": "CN",
        "technology": "wind", "own": True, "kg_per_kwh": 0.041, "retired_to": ["2026-07-01", "2026-07-31"],
    }  # fmt: skip
    again = desk.post("/retirements", numbers(40, 51, **JULY))
    assert (again.status_code, "is retired, cannot become retired" in again.json()["detail"]) == (409, True)
    assert desk.held() == found


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("", WIND | {"first": 0}, 422), ("", WIND | {"registry": ""}, 422), ("", WIND | {"kg_per_kwh": -1}, 422),
     ("", WIND | {"start_day": "2026-08-02"}, 409), ("", WIND | {"start_day": "soon"}, 422),
     ("/moves", numbers(1, 5, state="retired"), 422), ("/moves", numbers(1, 5, state="held"), 409),
     ("/retirements", numbers(1, 10**16, **JULY), 422), ("/retirements", numbers(1, 5), 422)],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_nothing_is_entered(desk: Desk, path: str, body: dict, status: int):
    before = desk.held()
    assert desk.post(path, {**body, "registry": body["registry"] and "OTHER"}).status_code == status
    assert desk.held() == before


def test_who_may_only_look_changes_nothing(desk: Desk):
    own = {"registry": "OWN"}
    assert desk.post("", WIND | own).status_code == 200
    for path, body in (("", WIND | {"first": 200, "last": 201}), ("/moves", numbers(1, 5, state="held"))):
        assert desk.post(path, body | own, "viewer").status_code == 403
    assert desk.states("OWN") == [(1, 100, "issued")]


def row(**changes: object) -> CertificateRow:
    plain = {
        "registry": "<GEC>", "first": 1, "last": 4, "kwh": 4_000.0, "state": "held",
        "vintage": ["2026-06-01", "2026-06-30"], "region": "CN", "technology": "wind", "own": False, "kg_per_kwh": 0.0,
        "retired_to": None,
    }  # fmt: skip
    return CertificateRow.model_validate(plain | changes)


def posted(html: str) -> list[tuple[str, dict, bool]]:
    """Address, body and whether one is asked before, of each button."""
    found = re.findall(r'data-post="([^"]*)" data-body="([^"]*)" data-done="[^"]*"( data-sure)?', html)
    return [(path, json.loads(unescape(body)), bool(sure)) for path, body, sure in found]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_offers_what_a_state_allows_and_asks_before_what_is_final(language: str):
    words = Words(language, ZoneInfo("Asia/Shanghai"))
    held = CertificateList(
        kwh={"held": 4_000.0, "issued": 1_000.0, "retired": 2_000.0},
        rows=[
            row(),
            row(first=5, last=5, state="issued"),
            row(first=6, last=7, state="retired", retired_to=["a", "a"]),
        ],
    )
    told = assets_card(words, held, ("2026-07-01", "2026-07-02"))
    span = {"start_day": "2026-07-01", "end_day": "2026-07-02"}
    assert posted(told) == [
        (f"{API}/retirements", {"registry": "<GEC>", "first": 1, "last": 4, **span}, True),
        (f"{API}/moves", {"registry": "<GEC>", "first": 5, "last": 5, "state": "held"}, False),
    ]
    assert "<GEC>" not in told
    assert "2026-07-01 – 2026-07-02" in told
    assert all(words.say(f"certificate.{name}") in told for name in held.kwh)
    assert posted(assets_card(words, held)) == []
    assert words.say("centre.no_assets") in assets_card(words, CertificateList(kwh={}, rows=[]))
    assert assets_card(words, None) == ""


def test_the_page_shows_the_certificates_of_the_park(pages: Pages):
    for role, acts in (("admin", True), ("viewer", False)):
        told = pages.drawn("/zero-carbon", role)
        assert "GEC 1–9" in told.text
        assert ("/moves" in told.html) is acts
