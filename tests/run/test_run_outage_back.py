"""A line that is back sooner or later than was said: told to the plant, kept by the run, met again in a replay."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from run_park import DAY, HOUR, ISO, MINUTE, STEADY, Ask, Asks, contents, small_park, small_plan

from parkwright.model.command import JobRelease
from parkwright.model.opening import folder_opening
from parkwright.plan.outage import Ended, Outage, Step, ended_rows, go_back, outage_rows, standing_of
from parkwright.plan.revise import DayFacts, base_of, laid_out, revision
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayRun
from parkwright.run.desk import Desk
from parkwright.run.hear import RefusedError
from parkwright.run.ports import Image, LineStop, Orders, Receipts
from parkwright.run.recorder import Recorder
from parkwright.run.revise import Revisions, payload_of
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin

PARK, PLAN = small_park(), small_plan()
SHIFT = PARK.shifts(DAY)[0][0]
SAID_AT = SHIFT + HOUR
LINE = PLAN.schedule.sort("start")["work_center_id"][-2]
HEAD = PARK.work_center[LINE].work_unit[0].id
OUT = Outage(LINE, "no crew", SAID_AT + 10 * MINUTE, SAID_AT + 100 * MINUTE)
BACK_AT = SAID_AT + 30 * MINUTE
FACTS = DayFacts(PARK, DAY, PLAN.orders, PLAN.jobs, PLAN.schedule, PLAN.signal)
KEYS = ("work_center_id", "start", "end", "reason")


def said(now: datetime = SAID_AT) -> pl.DataFrame:
    return outage_rows(PARK, DAY, [OUT], now)


@cache
def with_out() -> pl.DataFrame:
    """The plan after the outage was said."""
    facts = replace(FACTS, outages=said())
    laid = laid_out(facts, frozen_until=SAID_AT + 30 * MINUTE)
    return revision(facts, laid, laid.plan(laid.floor), base=base_of(facts, laid)).schedule


def changed(until: datetime | None, now: datetime = BACK_AT) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The plan after the outage has another end, and the OUTAGES that say so."""
    before = with_out()
    rows = ended_rows(PARK, DAY, said(), [Ended(LINE, OUT.start, until)], now)
    facts = replace(FACTS, schedule=before, outages=standing_of(pl.concat([said(), rows])))
    back = go_back(before, [Step(PLAN.schedule, before, SAID_AT)], now)
    laid = laid_out(facts, frozen_until=now + 30 * MINUTE, back=back)
    made = revision(facts, laid, laid.plan(laid.floor), base=base_of(facts, laid))
    assert made.violations == ()
    return made.schedule, rows


def asking(before: pl.DataFrame, after: pl.DataFrame, rows: pl.DataFrame) -> dict[str, Any]:
    return payload_of(ISO, before, after, None, rows) | {"who": "Wang"}


def run(journal: Journal, asks: Asks, stop_at: datetime) -> None:
    opening = folder_opening(PARK)
    twin, clock = Twin(PARK, DAY, 1, opening), SimulatedClock(PARK.midnight(DAY))
    day = DayRun(PARK, DAY, 1, twin, twin, journal, clock, opening, STEADY, commands=asks)
    day.run(lambda: clock.now() >= stop_at)


def begun(facts: Journal, start: datetime, end: datetime) -> int:
    """Units that the line took in [start, end)."""
    rows = facts.read("passages", ISO).filter(pl.col("work_unit_id") == HEAD)
    first = rows.group_by("unit_id").agg(pl.col("start").min())["start"]
    return int(first.is_between(start, end, closed="left").sum())


@pytest.mark.parametrize("until", [pytest.param(OUT.until - 30 * MINUTE, marks=pytest.mark.slow), None])
def test_a_line_is_back_at_its_new_end_and_a_replay_meets_the_same_facts(
    tmp_path: Path, until: datetime | None
) -> None:
    out = asking(PLAN.schedule, with_out(), said())
    schedule, rows = changed(until)
    asked = (SAID_AT, out), (BACK_AT, asking(with_out(), schedule, rows))
    new, stop_at = until or BACK_AT, OUT.until
    with Journal(tmp_path / "whole.db") as journal:
        asks = Asks(*asked)
        run(journal, asks, stop_at)
        assert asks.answers == [
            ("revision 1 of the plan is in force", False),
            ("revision 2 of the plan is in force", False),
        ]
        found = journal.read("outages", ISO)
        assert found.select(*KEYS, "who", "at").rows() == [
            (LINE, OUT.start, OUT.until, "no crew", "Wang", SAID_AT),
            (LINE, OUT.start, new, "no crew", "Wang", BACK_AT),
        ]  # fmt: skip
        assert begun(journal, OUT.start, new) == 0
        assert begun(journal, new, OUT.until) > 0
    with Journal(tmp_path / "cut.db") as journal:
        run(journal, Asks(*asked), BACK_AT + 5 * MINUTE)
    with Journal(tmp_path / "cut.db") as journal:
        run(journal, Asks(*asked, after=BACK_AT + 5 * MINUTE), stop_at)
    assert contents(tmp_path / "cut.db") == contents(tmp_path / "whole.db")


def stops(desk: Desk, at: datetime) -> tuple[LineStop, ...]:
    orders = desk.decide(Image(at, {}))
    desk.note(orders, Receipts(0))
    return tuple(orders.stops)


def out_desk() -> Desk:
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    assert desk.revise(with_out(), SAID_AT, outages=said()) == ""
    return desk


def test_a_line_under_way_is_told_its_new_end_or_that_it_is_back_now() -> None:
    for until, told in ((OUT.until - 30 * MINUTE, OUT.until - 30 * MINUTE), (OUT.until + HOUR,) * 2, (None, BACK_AT)):
        desk = out_desk()
        assert stops(desk, OUT.start) == (LineStop(LINE, OUT.until),)
        schedule, rows = changed(until)
        assert desk.revise(schedule, BACK_AT, outages=rows) == ""
        assert stops(desk, BACK_AT) == (LineStop(LINE, told),)
        assert stops(desk, BACK_AT + MINUTE) == ()
        assert desk.outages["end"].to_list() == [told]


def test_an_outage_taken_back_before_it_begins_is_never_told_to_the_plant() -> None:
    desk, now = out_desk(), SAID_AT + 5 * MINUTE
    schedule, rows = changed(None, now)
    assert rows.row(0)[1:3] == (OUT.start, OUT.start)
    assert desk.revise(schedule, now, outages=rows) == ""
    assert desk.outages.is_empty()
    assert stops(desk, OUT.start + MINUTE) == ()


def test_an_outage_taken_back_while_it_began_gives_the_line_back() -> None:
    desk = out_desk()
    schedule, rows = changed(None, SAID_AT + 5 * MINUTE)
    assert stops(desk, OUT.start) == (LineStop(LINE, OUT.until),)
    assert desk.revise(schedule, OUT.start + MINUTE, outages=rows) == ""
    assert stops(desk, OUT.start + MINUTE) == (LineStop(LINE, OUT.start + MINUTE),)


def test_released_jobs_of_a_line_that_was_out_may_have_other_times_but_neither_another_line_nor_another_order() -> None:
    sooner, rows = changed(OUT.until - 30 * MINUTE)
    moved = with_out().join(sooner, on=["job_id", "start", "end"], how="anti")
    one, two = moved.filter(pl.col("work_center_id") == LINE).sort("start")["job_id"].head(2)
    first, start = pl.col("job_id") == one, pl.col("start")
    behind = sooner.with_columns(start=pl.when(first).then(start + 24 * HOUR).otherwise(start))
    elsewhere = sooner.with_columns(work_center_id=pl.when(first).then(pl.lit("L-0")).otherwise("work_center_id"))
    for schedule, says in ((elsewhere, one), (behind, one), (sooner.filter(~first), one), (sooner, "")):
        desk = out_desk()
        releases = tuple(JobRelease(job, "P-A", "assembly", "", LINE, 1, 0.0) for job in (one, two))
        desk.note(Orders(SHIFT, releases=releases), Receipts(2))
        found = desk.revise(schedule, BACK_AT, outages=rows)
        assert (found == "") if says == "" else found.startswith(f"job {says} was released to its line meanwhile")


@pytest.mark.parametrize(
    ("end", "at", "says"),
    [
        (OUT.until - 30 * MINUTE, OUT.until, "was over at .* what has passed cannot be changed"),
        (BACK_AT, BACK_AT + 31 * MINUTE, "which has passed; give a later end, or none to end it now"),
        (OUT.start - MINUTE, SAID_AT + MINUTE, "before it begins"),
        (OUT.until, BACK_AT, "as it is; give another end"),
        (PARK.day_bounds(DAY)[1] + MINUTE, BACK_AT, "after the day"),
    ],
)
def test_what_cannot_be_changed_is_refused_by_name_and_leaves_nothing(
    tmp_path: Path, end: datetime, at: datetime, says: str
) -> None:
    desk = out_desk()
    schedule, rows = changed(OUT.until - 30 * MINUTE)
    payload = asking(with_out(), schedule, rows.with_columns(pl.lit(end).cast(rows.schema["end"]).alias("end")))
    with Journal(tmp_path / "ledger.db") as journal:
        recorder = Recorder(journal, ISO)
        with pytest.raises(RefusedError, match=f"line {LINE}: its outage .*{says}"):
            Revisions(PARK, PLAN, journal, recorder, desk).carry_out(Ask("c2", "revise", payload), at)
        assert recorder.commit(at) == 0
    assert desk.outages["end"].to_list() == [OUT.until]
