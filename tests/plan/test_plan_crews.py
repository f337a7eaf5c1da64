"""People whom the folder states: the day is planned within them, and a change of it by hand keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from run_park import DAY, SECOND_LINE, SECOND_METERS, write_folder

from parkwright.make.park_check import check
from parkwright.model.opening import folder_opening
from parkwright.plan.day import make_plan
from parkwright.plan.revise import Change, DayFacts, by_hand, laid_out, revision, with_people
from parkwright.store import folder

FITTERS = """
[[crew]]
id = "fitters"
name = { en = "Fitters", zh = "装配工" }
basis = "assumed: a test"

[[crew.shift]]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
start = "06:00"
end = "24:00"
heads = 3

[[crew.line]]
work_center_id = "L-1"
run_heads = 3.0

[[crew.line]]
work_center_id = "L-2"
run_heads = 1.5
"""
ORDERS = "order_id,product_id,quantity,release,due,weight,market_id\n" + "".join(
    f"O-{n},P-A,40,2026-07-15T00:00:00+08:00,2026-07-15T12:00:00+08:00,40.0,HOME\n" for n in range(8)
)


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    """The small park with a second line, eight lots that either line takes, and people for one line at a time."""
    path = write_folder(tmp_path_factory.mktemp("crews") / "park", 3600)
    for file, text in (("lines.toml", SECOND_LINE + FITTERS), ("meters.csv", SECOND_METERS)):
        (path / file).write_text((path / file).read_text("utf-8") + text, "utf-8")
    (path / "orders.csv").write_text(ORDERS, "utf-8")
    return folder.load(path)


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
