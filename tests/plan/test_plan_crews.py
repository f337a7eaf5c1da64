"""People whom the folder states: the day is planned within them, and a change of it by hand keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from crew_park import crew_park
from run_park import DAY

from parkwright.make.park_check import check
from parkwright.model.opening import folder_opening
from parkwright.plan.day import make_plan
from parkwright.plan.revise import Change, DayFacts, by_hand, laid_out, revision, with_people


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    return crew_park(tmp_path_factory.mktemp("crews") / "park")


@pytest.fixture(scope="module")
def plan(park):
    return make_plan(park, DAY, 1, folder_opening(park))


@pytest.fixture(scope="module")
def facts(park, plan):
    return DayFacts(park, DAY, plan.orders, plan.jobs, plan.schedule, plan.signal)


def overlaps(schedule) -> bool:
    """Whether both lines work at once; the tail of a lot is minutes."""
    one, other = (
        schedule.filter(pl.col("work_center_id") == line).select("start", pl.col("end") - pl.duration(minutes=20))
        for line in ("L-1", "L-2")
    )
    pairs = one.join(other, how="cross", suffix="_other")
    return pairs.filter((pl.col("start") < pl.col("end_other")) & (pl.col("start_other") < pl.col("end"))).height > 0


def test_a_day_is_planned_within_the_people_whom_the_folder_states(park, plan):
    assert [crew.id for crew in park.crews] == ["fitters"]
    assert plan.violations == ()
    assert not overlaps(plan.schedule)
    free = make_plan(replace(park, crews=()), DAY, 1, folder_opening(park))
    assert overlaps(free.schedule)
    assert check(park, free.jobs, free.orders, free.schedule)


def test_a_job_moved_to_where_others_work_makes_them_wait_not_the_planner(park, plan, facts):
    laid = laid_out(facts)
    early = plan.schedule.sort("start")
    first, last = early.row(1, named=True), early.row(-1, named=True)
    other = "L-2" if first["work_center_id"] == "L-1" else "L-1"
    until = park.instant(DAY, "06:00")
    change = Change(moves=[(last["job_id"], other, first["start"] + timedelta(minutes=1))])
    floor = by_hand(laid, change, until)
    assert revision(facts, laid, laid.plan(floor)).violations
    made = revision(facts, laid, with_people(laid, floor, change, until))
    assert made.violations == ()
    assert not overlaps(made.schedule)
    moved = made.schedule.filter(pl.col("job_id") == last["job_id"])
    assert moved["work_center_id"].to_list() == [other]
