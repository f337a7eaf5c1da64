"""Traces count what is in the operational database: nothing drafted, revoked or declared by the park itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from declared import NOW, declared
from test_exchange_desk import postgres_url
from test_received_events import ONE

from parkwright.run.exchange import Fulfilled, Partner, receive
from parkwright.store.received import EventBook
from parkwright.store.requests import RequestDesk
from parkwright.store.traces import Trace, TraceBook

PANELS, BOARDS = (Partner(name, name, supplier_id=f"S-{name}") for name in ("panels", "boards"))
LATER = NOW + timedelta(days=1)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'operations.db'}" if request.param == "sqlite" else postgres_url()


def traces(url: str):
    with TraceBook(url) as book:
        return book.traces()


def test_a_new_database_holds_no_trace(url: str):
    assert set(traces(url).values()) == {Trace(0, None)}


def test_each_kind_is_counted_once_with_the_instant_of_its_newest(url: str):
    with RequestDesk(url) as desk:
        for partner, at in ((PANELS, NOW), (BOARDS, LATER), (Partner("customer", "customer"), LATER)):
            desk.register(partner, "a secret of theirs", at)
        desk.register(Partner("second", "second", supplier_id=PANELS.supplier_id), "a secret of theirs", NOW)
        desk.declare(declared(id="11111111-2222-4333-8444-555555555555"), "NB-14", LATER)
        requests = [desk.draft(one.supplier_id, "PANEL", one.id, "ann", NOW) for one in (PANELS, BOARDS)]
        assert traces(url)["requests_sent"] == Trace(0, None)
        sent = desk.send(requests[0].id, ["urn:x:material:PANEL"], "ann", NOW)
        assert traces(url)["messages_received"] == Trace(0, None)
        receive(desk, PANELS, Fulfilled("a", sent.event_id, (declared(),)), "3", NOW)
        desk.reject(sent.id, "no unit", "ann", NOW)
        desk.send(sent.id, ["urn:x:material:PANEL"], "ann", LATER)
        ann = desk.add_user("Ann", "planner", NOW)
        for plan_hash, at in (("a", NOW), ("b", LATER), ("b", LATER)):
            desk.approve_plan("2026-07-15", plan_hash, ann, at)
    assert traces(url) == {
        "plans_approved": Trace(2, LATER),
        "suppliers_enabled": Trace(2, LATER),
        "requests_sent": Trace(1, LATER),
        "messages_received": Trace(1, NOW),
    }
    with EventBook(url) as book:
        book.enter("panels", [ONE], ann, LATER)
    with RequestDesk(url) as desk:
        desk.revoke("boards", datetime(2026, 8, 1, tzinfo=UTC))
    assert traces(url)["messages_received"] == Trace(2, LATER)
    assert traces(url)["suppliers_enabled"] == Trace(1, NOW)
