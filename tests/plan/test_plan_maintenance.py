"""Planned maintenance of the park's folder: the day is planned around it, the line keeps it, people may change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
from run_park import DAY, ISO, STEADY, Asks, small_park

from parkwright.make.park_check import check
from parkwright.model.opening import folder_opening
from parkwright.model.site import Maintenance
from parkwright.plan.day import make_plan
from parkwright.plan.outage import Ended, ended_rows, maintained, standing_of
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayRun
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin

BARE = small_park()
LINE = BARE.work_centers[0].id
SERVICE = Maintenance(work_center_id=LINE, date=ISO, start="09:00", end="10:30", reason="yearly service")
OTHER = SERVICE.model_copy(update={"date": "2026-07-16"})
PARK = replace(BARE, maintenance=(SERVICE, OTHER), digest="with maintenance")
START, END = PARK.instant(DAY, "09:00"), PARK.instant(DAY, "10:30")
HEAD = BARE.work_center[LINE].work_unit[0].id
PLAN = make_plan(PARK, DAY, 1, folder_opening(PARK))


def test_the_maintenance_of_a_day_is_an_outage_known_when_the_day_begins():
    assert PLAN.outages.rows() == [(LINE, START, END, "yearly service", "", PARK.midnight(DAY), "")]
    assert maintained(BARE, DAY).height == 0
    assert make_plan(BARE, DAY, 1, folder_opening(BARE)).tables().keys() == PLAN.tables().keys() - {"outages"}


def test_a_day_is_planned_around_it():
    assert PLAN.violations == ()
    assert check(PARK, PLAN.jobs, PLAN.orders, PLAN.schedule, PLAN.outages) == []
    blind = make_plan(BARE, DAY, 1, folder_opening(BARE)).schedule
    assert check(PARK, PLAN.jobs, PLAN.orders, blind, PLAN.outages)
    begin_inside = pl.col("start").is_between(START, END, closed="left")
    assert PLAN.schedule.filter(begin_inside).height == 0 < blind.filter(begin_inside).height


def begun(facts: Journal, start, end) -> int:
    """Units that the line took in [start, end)."""
    rows = facts.read("passages", ISO).filter(pl.col("work_unit_id") == HEAD)
    first = rows.group_by("unit_id").agg(pl.col("start").min())["start"]
    return int(first.is_between(start, end, closed="left").sum())


def test_a_running_line_takes_no_unit_meanwhile_and_the_ledger_says_why(tmp_path: Path):
    opening = folder_opening(PARK)
    until = END + timedelta(minutes=20)
    with Journal(tmp_path / "ledger.db") as journal:
        twin, clock = Twin(PARK, DAY, 1, opening), SimulatedClock(PARK.midnight(DAY))
        day = DayRun(PARK, DAY, 1, twin, twin, journal, clock, opening, STEADY, commands=Asks())
        day.run(lambda: clock.now() >= until)
        assert journal.read("outages", ISO).rows() == PLAN.outages.rows()
        assert begun(journal, PARK.midnight(DAY), START) > 0
        assert begun(journal, START, END) == 0
        assert begun(journal, END, until) > 0


def test_people_may_give_it_another_end_or_take_it_back():
    now = START - timedelta(hours=2)
    sooner = ended_rows(PARK, DAY, PLAN.outages, [Ended(LINE, START, END - timedelta(hours=1))], now, "Wang", "c1")
    assert standing_of(pl.concat([PLAN.outages, sooner]))["end"].to_list() == [END - timedelta(hours=1)]
    back = ended_rows(PARK, DAY, PLAN.outages, [Ended(LINE)], now, "Wang", "c1")
    assert standing_of(pl.concat([PLAN.outages, back])).height == 0
