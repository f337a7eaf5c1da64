"""`make rush` and `make outage`: a change priced beside the day that runs, given to the run, refused by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from run_park import DAY, ISO, small_park, small_plan

from parkwright.model.errors import PlanError
from parkwright.plan.outage import Outage, outage_rows
from parkwright.run.ports import Batch
from parkwright.store.journal import Journal
from parkwright.store.operations import Operations
from parkwright.wire.drafting import ended_answer, outage_answer, rush_answer
from parkwright.wire.pace import Anchor
from parkwright.wire.places import Places

PARK, PLAN = small_park(), small_plan()
NOW = PARK.shifts(DAY)[0][0] + timedelta(hours=1)
OUT = {"line_id": "L-1", "reason": "maintenance", "start": NOW + timedelta(hours=1), "until": NOW + timedelta(hours=2)}
ORDER = {"product_id": "P-A", "quantity": 6, "due": NOW + timedelta(hours=5), "market_id": "HOME"}


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """A folder in which a park runs by its plan; its pace stands still."""
    places = Places(tmp_path, PARK.site.park_id)
    places.journal.parent.mkdir(parents=True, exist_ok=True)
    with Journal(places.journal) as journal:
        kinds = ("job_orders", "jobs", "schedule", "signal")
        journal.append([Batch("plan", ISO, n, kind, ISO, PLAN.tables()[kind]) for n, kind in enumerate(kinds)], NOW)
        Anchor(NOW, time.monotonic(), 0.0).save(places.anchor)
        yield tmp_path


def test_an_order_is_priced_now_and_after_and_nothing_is_asked_of_the_run(var: Path) -> None:
    found = rush_answer(PARK, var, ORDER, 0.0, accept=False)
    assert (found["order_id"], found["line"], found["late_h"]) == ("R-260715-001", "L-1", 0.0)
    assert NOW + timedelta(minutes=30) <= found["expected"] <= ORDER["due"]
    assert found["after"]["energy_kwh"] > found["now"]["energy_kwh"] > 0
    assert found["jobs"] == ["J-R-260715-001"]
    assert found["violations"] == []
    assert "command_id" not in found
    with Operations(Places(var, PARK.site.park_id).operations_url) as operations:
        assert operations.take_commands(NOW) == []
    searched = rush_answer(PARK, var, ORDER, 0.3, accept=False)
    assert searched["after"]["total_cny"] <= found["after"]["total_cny"] + 1.0


def test_a_line_out_of_use_is_priced_for_an_hour_and_for_the_rest_of_the_day(var: Path) -> None:
    found = outage_answer(PARK, var, OUT, 0.0, accept=False)
    assert [found[name] for name in ("line", "from", "until", "reason", "stranded")] == [
        "L-1", OUT["start"], OUT["until"], "maintenance", [],
    ]  # fmt: skip
    assert found["jobs_changed"] > 0
    assert found["after"]["lateness_h"] >= found["now"]["lateness_h"]
    assert found["violations"] == []
    for_good = outage_answer(PARK, var, {"line_id": "L-1", "reason": "breakdown"}, 0.0, accept=False)
    assert for_good["until"] == PARK.day_bounds(DAY)[1]
    assert for_good["from"] == NOW
    assert for_good["stranded"]
    assert for_good["after"]["left_out_cny"] > found["after"]["left_out_cny"]


@contextmanager
def a_run(var: Path, *, refused: bool) -> Iterator[list[dict]]:
    """A run that answers every command alike; gives the payloads."""
    stop, taken = threading.Event(), []

    def run() -> None:
        with Operations(Places(var, PARK.site.park_id).operations_url) as operations:
            while not stop.wait(0.05):
                for one in operations.take_commands(NOW):
                    taken.append(one.payload)
                    operations.answer_command(one.id, "it is so", refused=refused)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("refused", [False, True])
def test_an_accepted_change_is_asked_of_the_run_and_its_answer_told(var: Path, *, refused: bool) -> None:
    with a_run(var, refused=refused) as taken:
        if refused:
            with pytest.raises(PlanError, match="it is so"):
                rush_answer(PARK, var, ORDER, 0.0, accept=True)
        else:
            assert rush_answer(PARK, var, ORDER, 0.0, accept=True)["answer"] == "it is so"
            assert outage_answer(PARK, var, OUT, 0.0, accept=True)["answer"] == "it is so"
    assert [one["orders"][0][:3] for one in taken if "orders" in one] == [["R-260715-001", "P-A", 6]]
    spans = [[int(OUT[name].timestamp() * 1000) for name in ("start", "until")]] * (not refused)
    assert [one["outages"][0][1:3] for one in taken if "outages" in one] == spans
    assert {one["who"] for one in taken} == {"command line"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"product_id": "P-Z"}, "product P-Z is none that is sold; give one of P-A, P-B"),
        ({"quantity": 0}, "quantity: Input should be greater than or equal to 1; it is 0"),
        ({"due": NOW}, "give a later due time"),
        ({"market_id": ""}, "market local is not in this park; give one of HOME"),
        ({"due": PARK.day_bounds(DAY)[1] + timedelta(days=1), "quantity": 100_000}, "no line makes 100000 units"),
    ],
)
def test_what_cannot_be_ordered_is_refused_by_name(var: Path, change: dict[str, object], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        rush_answer(PARK, var, ORDER | change, 0.0, accept=False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"line_id": "L-9"}, "line L-9: does not exist in this park; take one of"),
        ({"until": NOW}, "give a later end"),
        ({"start": NOW - timedelta(days=1)}, "is not within 2026-07-15"),
        ({"reason": " "}, "line L-1: is out for no reason"),
        ({"reason": "y" * 121}, "a reason of 121 characters; give one of 120 at most"),
        ({"line_id": ""}, "line_id: String should match pattern"),
        ({"until": (NOW + timedelta(hours=3)).replace(tzinfo=None)}, "has no offset"),
    ],
)
def test_an_outage_that_cannot_be_is_refused_by_name(var: Path, change: dict[str, object], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        outage_answer(PARK, var, OUT | change, 0.0, accept=False)


def test_an_outage_that_ends_otherwise_is_priced_and_asked_of_the_run(var: Path) -> None:
    said = outage_rows(PARK, DAY, [Outage("L-1", "maintenance", OUT["start"], OUT["until"])], NOW, "Wang", "c1")
    with Journal(Places(var, PARK.site.park_id).journal) as journal:
        journal.append([Batch("desk", ISO, 0, "outages", ISO, said)], NOW)
    back = ended_answer(PARK, var, {"line_id": "L-1"}, 0.0, accept=False)
    assert [back[name] for name in ("line", "from", "until", "was_until", "reason")] == [
        "L-1", OUT["start"], OUT["start"], OUT["until"], "maintenance",
    ]  # fmt: skip
    until = OUT["start"] + timedelta(minutes=30)
    with a_run(var, refused=False) as taken:
        assert ended_answer(PARK, var, {"line_id": "L-1", "until": until}, 0.0, accept=True)["answer"] == "it is so"
    assert [one["outages"][0][2] for one in taken] == [int(until.timestamp() * 1000)]
    with pytest.raises(PlanError, match="line L-9: is not out now or later"):
        ended_answer(PARK, var, {"line_id": "L-9"}, 0.0, accept=False)


def test_without_a_run_nothing_is_priced(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"P1: has no run in .*; start it with parkwright run"):
        rush_answer(PARK, tmp_path, ORDER, 0.0, accept=False)
