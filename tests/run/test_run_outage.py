"""A line taken out of a running day: a fact with its reason, kept by the lines, met again in a replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from run_park import DAY, HOUR, ISO, MINUTE, STEADY, Ask, Asks, contents, small_park, small_plan

from parkwright.model.opening import folder_opening
from parkwright.plan.outage import Outage, outage_rows
from parkwright.plan.revise import DayFacts, base_of, laid_out, revision
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayRun
from parkwright.run.desk import Desk
from parkwright.run.hear import RefusedError
from parkwright.run.ports import Image, JobRelease, LineStop, Orders, Receipts, Refusal
from parkwright.run.recorder import Recorder
from parkwright.run.revise import Revisions, payload_of
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin

PARK, PLAN = small_park(), small_plan()
START, END = PARK.day_bounds(DAY)
SHIFT = PARK.shifts(DAY)[0][0]
ASKED_AT = SHIFT + HOUR
LINE = PLAN.schedule.sort("start")["work_center_id"][-2]
OUT = Outage(LINE, "no crew", ASKED_AT + 10 * MINUTE, ASKED_AT + 70 * MINUTE)
FACTS = DayFacts(PARK, DAY, PLAN.orders, PLAN.jobs, PLAN.schedule, PLAN.signal)
HEAD = PARK.work_center[LINE].work_unit[0].id


def asked(*wanted: Outage) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The plan with lines out, laid out by hand, and the payload that asks for it."""
    out = outage_rows(PARK, DAY, wanted, ASKED_AT - MINUTE)
    facts = replace(FACTS, outages=out)
    laid = laid_out(facts, frozen_until=ASKED_AT + 29 * MINUTE)
    made = revision(facts, laid, laid.plan(laid.floor), base=base_of(facts, laid))
    assert made.violations == ()
    return made.schedule, payload_of(ISO, PLAN.schedule, made.schedule, None, out) | {"who": "Wang"}


SCHEDULE, PAYLOAD = asked(OUT)


def run(journal: Journal, asks: Asks, stop_at=None):
    opening = folder_opening(PARK)
    twin, clock = Twin(PARK, DAY, 1, opening), SimulatedClock(PARK.midnight(DAY))
    day = DayRun(PARK, DAY, 1, twin, twin, journal, clock, opening, STEADY, commands=asks)
    return day.run(lambda: stop_at is not None and clock.now() >= stop_at)


def begun(facts: Journal, start, end) -> int:
    """Units that the line took in [start, end)."""
    rows = facts.read("passages", ISO).filter(pl.col("work_unit_id") == HEAD)
    first = rows.group_by("unit_id").agg(pl.col("start").min())["start"]
    return int(first.is_between(start, end, closed="left").sum())


def test_an_outage_is_a_fact_the_line_keeps_it_and_a_replay_meets_it_again(tmp_path: Path) -> None:
    until = OUT.until + 20 * MINUTE
    with Journal(tmp_path / "whole.db") as journal:
        asks = Asks((ASKED_AT, PAYLOAD))
        run(journal, asks, stop_at=until)
        assert asks.answers == [("revision 1 of the plan is in force", False)]
        assert journal.read("outages", ISO).rows() == [
            (LINE, OUT.start, OUT.until, "no crew", "Wang", ASKED_AT, "c1"),
        ]
        assert begun(journal, OUT.start, OUT.until) == 0
        assert begun(journal, OUT.until, until) > 0
        off = journal.read("states", ISO).filter((pl.col("work_unit_id") == HEAD) & (pl.col("state") == "off"))
        assert off.filter((pl.col("end") == OUT.until) & (pl.col("start") > ASKED_AT)).height == 1
    with Journal(tmp_path / "cut.db") as journal:
        run(journal, Asks((ASKED_AT, PAYLOAD)), stop_at=OUT.start + 20 * MINUTE)
        assert begun(journal, SHIFT, OUT.start) > 0
    with Journal(tmp_path / "cut.db") as journal:
        run(journal, Asks(), stop_at=until)
        assert begun(journal, OUT.start, OUT.until) == 0
    assert contents(tmp_path / "cut.db") == contents(tmp_path / "whole.db")


def out_rows(**change: object) -> dict[str, Any]:
    names = ["work_center_id", "start", "end", "reason"]
    row = list(PAYLOAD["outages"][0])
    for name, value in change.items():
        row[names.index(name)] = value
    return PAYLOAD | {"outages": [row]}


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (out_rows(work_center_id="L-none"), "line L-none: does not exist in this park"),
        (out_rows(end=PAYLOAD["outages"][0][1]), "give a later end"),
        (out_rows(reason=""), "is out for no reason"),
        (out_rows(reason=None), "is out for no reason"),
        (out_rows(reason="x" * 121), "a reason of 121 characters"),
        (out_rows(end=int((END + HOUR).timestamp() * 1000)), "is not within 2026-07-15"),
        (out_rows(start="noon"), "its outages are none: .*; send rows of work_center_id, start, end, reason"),
        (PAYLOAD | {"outages": "all"}, "its outages are none"),
        (PAYLOAD | {"outages": [["x"]]}, "its outages are none"),
    ],
)
def test_an_outage_that_cannot_be_is_refused_and_leaves_nothing(
    tmp_path: Path, payload: dict[str, Any], says: str
) -> None:
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    with Journal(tmp_path / "ledger.db") as journal:
        recorder = Recorder(journal, ISO)
        revisions = Revisions(PARK, PLAN, journal, recorder, desk)
        with pytest.raises(RefusedError, match=says):
            revisions.carry_out(Ask("c1", "revise", payload), ASKED_AT)
        assert recorder.commit(ASKED_AT) == 0


def test_a_later_change_may_not_put_jobs_into_the_outage(tmp_path: Path) -> None:
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    with Journal(tmp_path / "ledger.db") as journal:
        revisions = Revisions(PARK, PLAN, journal, Recorder(journal, ISO), desk)
        revisions.carry_out(Ask("c1", "revise", PAYLOAD), ASKED_AT)
        back = payload_of(ISO, SCHEDULE, PLAN.schedule)
        with pytest.raises(RefusedError, match="the plan asked for breaks"):
            revisions.carry_out(Ask("c2", "revise", back), ASKED_AT)


def test_an_idle_line_may_go_out_though_no_job_changes(tmp_path: Path) -> None:
    late = Outage(LINE, "maintenance", END - timedelta(minutes=30))
    schedule, payload = asked(late)
    assert schedule.equals(PLAN.schedule.sort("work_center_id", "setup_start", "job_id"))
    assert payload["rows"] == []
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    with Journal(tmp_path / "ledger.db") as journal:
        recorder = Recorder(journal, ISO)
        Revisions(PARK, PLAN, journal, recorder, desk).carry_out(Ask("c1", "revise", payload), ASKED_AT)
        assert recorder.commit(ASKED_AT) == 2
        assert journal.read("outages", ISO)["reason"].to_list() == ["maintenance"]
        other = Desk(PARK, PLAN, folder_opening(PARK))
        assert Revisions(PARK, PLAN, journal, Recorder(journal, ISO), other).meet(ASKED_AT)
        assert other.outages.equals(desk.outages)


def stops(desk: Desk, at, refused: Sequence[str] = ()) -> tuple[LineStop, ...]:
    orders = desk.decide(Image(at, {}))
    desk.note(orders, Receipts(0, tuple(Refusal(thing, "busy") for thing in refused)))
    assert LINE not in {release.work_center_id for release in orders.releases} or not orders.stops
    return tuple(orders.stops)


def test_a_line_is_told_to_stop_once_when_its_outage_begins_and_again_where_it_refused() -> None:
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    out = outage_rows(PARK, DAY, [OUT, Outage(LINE, "longer", OUT.start + 5 * MINUTE, OUT.start + 10 * MINUTE)], SHIFT)
    assert desk.revise(SCHEDULE, SHIFT, outages=out) == ""
    assert stops(desk, OUT.start - MINUTE) == ()
    assert stops(desk, OUT.start, refused=[LINE]) == (LineStop(LINE, OUT.until),)
    assert stops(desk, OUT.start + MINUTE) == (LineStop(LINE, OUT.until),)
    assert stops(desk, OUT.start + 2 * MINUTE) == ()
    assert stops(desk, OUT.start + 6 * MINUTE) == (LineStop(LINE, OUT.until),)
    assert stops(desk, OUT.until + MINUTE) == ()


def test_an_outage_that_lasts_longer_is_told_again_and_the_line_stops_until_the_later_end() -> None:
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    assert desk.revise(SCHEDULE, SHIFT, outages=outage_rows(PARK, DAY, [OUT], SHIFT)) == ""
    assert stops(desk, OUT.start) == (LineStop(LINE, OUT.until),)
    told, later = OUT.start + 5 * MINUTE, OUT.until + HOUR
    more = outage_rows(PARK, DAY, [Outage(LINE, "still no crew", None, later)], told)
    assert desk.revise(SCHEDULE, told, outages=more) == ""
    assert stops(desk, told) == (LineStop(LINE, later),)
    assert stops(desk, OUT.until + MINUTE) == ()
    assert LINE in desk.outages.filter(pl.col("end") > OUT.until + MINUTE)["work_center_id"]


def test_a_released_job_may_wait_for_its_line_but_not_go_elsewhere_or_lose_its_place() -> None:
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    out = outage_rows(PARK, DAY, [OUT], SHIFT)
    delayed = PLAN.schedule.join(SCHEDULE, on=["job_id", "start", "end"], how="anti")
    job = delayed.filter(pl.col("work_center_id") == LINE).sort("start")["job_id"][0]
    release = JobRelease(job, "P-A", "assembly", "", LINE, 1, 0.0)
    desk.note(Orders(SHIFT, releases=(release,)), Receipts(1))
    assert "was released" in desk.revise(SCHEDULE, SHIFT)
    assert "was released" in desk.revise(SCHEDULE.filter(pl.col("job_id") != job), SHIFT, outages=out)
    assert desk.revise(SCHEDULE, SHIFT, outages=out) == ""
