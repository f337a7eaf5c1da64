"""Lots of a segment that may not pause: planned within a stretch of hours, checked, finished when a line goes out."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from make_park import DAY, flat_signal, local, order_lines, shift, small_park

from parkwright.make.execute import releases, sheet
from parkwright.make.jobs import explode
from parkwright.make.laid import counted, lay, placed_on, scheduled
from parkwright.make.park_check import check
from parkwright.make.park_day import dispatch
from parkwright.model.park import Park
from parkwright.model.product import Segment
from parkwright.model.site import Calendar
from parkwright.model.tables import OUTAGES, TIME
from parkwright.supply.available import kits

NAME = {"en": "a", "zh": "a"}
HOURS = Calendar(shift=(shift("06:00", "10:00"), shift("11:00", "22:00")))
MINUTE = timedelta(minutes=1)


def park(*, pauses: bool) -> Park:
    segments = (Segment(id="SMT", name=NAME), Segment(id="ASM", name=NAME, pauses=pauses))
    return small_park(segments=segments, calendar=HOURS)


LASTING, PAUSING = park(pauses=False), park(pauses=True)
ORDERS = order_lines(("o1", "p3", 1000, 0, 9), ("o2", "p3", 1000, 0, 11), ("o3", "p3", 5000, 0, 22))
JOBS = explode(LASTING, ORDERS, kits(LASTING, ORDERS))
TWO = JOBS.filter(pl.col("order_id") != "o3")
"""Two lots of 1,000 units on line B, of 10 s each: in the four hours of the first shift there is room for one."""


def planned(on: Park, jobs: pl.DataFrame = TWO, rounds: int = 0):
    return dispatch(on, jobs, ORDERS, DAY, flat_signal(), rounds=rounds)


def starts(schedule: pl.DataFrame) -> list:
    return schedule.filter(pl.col("work_center_id") == "B").sort("start")["start"].to_list()


@pytest.mark.parametrize("rounds", [0, 30])
def test_a_lot_that_may_not_pause_waits_for_hours_that_hold_it(rounds: int):
    found = planned(LASTING, rounds=rounds)
    assert starts(found.schedule)[1] >= local(11)
    assert check(LASTING, TWO, ORDERS, found.schedule) == []
    assert starts(planned(PAUSING, rounds=rounds).schedule)[1] < local(10)


def test_the_check_finds_a_pause_only_where_none_may_be():
    paused = planned(PAUSING).schedule
    assert check(PAUSING, TWO, ORDERS, paused) == []
    assert check(LASTING, TWO, ORDERS, paused) == ["J-o2: its run on line B pauses outside the working time"]


def test_a_lot_longer_than_every_stretch_of_hours_is_left_out_by_name():
    found = planned(LASTING, JOBS)
    assert [(one.job_id, one.reason) for one in found.unplaced] == [
        ("J-o3", "it may not pause, and no shift of a line that can do it is long enough")
    ]
    assert found.schedule.height == 2


def out(start, end, told) -> pl.DataFrame:
    schema = {n: pl.Datetime("us", "UTC") if k == TIME else k for n, k in OUTAGES.schema.items()}
    return pl.DataFrame([("B", start, end, "stuck", "", told, "c1")], schema=schema, orient="row").cast(OUTAGES.schema)


def laid(outages: pl.DataFrame) -> pl.DataFrame:
    made = planned(LASTING).schedule
    found = lay(LASTING, DAY, ORDERS, TWO, made, flat_signal(), outages=outages)
    return scheduled(found, found.plan(found.floor))


def test_what_was_in_the_line_when_it_goes_out_is_finished_and_the_next_waits_as_a_whole():
    made = planned(LASTING).schedule
    surprise = out(local(8), local(12), local(8))
    after = laid(surprise)
    first, second = (after.filter(pl.col("job_id") == job).row(0, named=True) for job in ("J-o1", "J-o2"))
    assert first == made.filter(pl.col("job_id") == "J-o1").row(0, named=True)
    assert second["start"] >= local(12)
    assert check(LASTING, TWO, ORDERS, after, surprise) == []
    known = out(local(8), local(9), local(5))
    waits = laid(known)
    assert starts(waits)[0] >= local(11)
    assert check(LASTING, TWO, ORDERS, waits, known) == []
    assert check(LASTING, TWO, ORDERS, made, known) != []


def test_a_pause_draws_nothing_and_the_plan_says_what_the_objective_counts():
    """A price that is high while the line is closed alone: a job that pauses over it pays for the hours about it."""
    signal = flat_signal().with_columns(
        price_cny_per_kwh=pl.when(pl.col("start").is_between(local(10), local(11), closed="left"))
        .then(9.0)
        .otherwise(0.5)
    )
    made = dispatch(PAUSING, TWO, ORDERS, DAY, signal, rounds=0).schedule
    (paused,) = made.filter((pl.col("start") < local(10)) & (pl.col("end") > local(11))).rows(named=True)
    assert paused["cost_cny"] == pytest.approx(0.5 * paused["energy_kwh"])
    found = lay(PAUSING, DAY, ORDERS, TWO, made, signal)
    told = scheduled(found, placed_on(found.floor))
    account = counted(found.problem, placed_on(found.floor))
    assert account.energy_cny == pytest.approx(told["cost_cny"].sum())
    assert account.co2e_kg == pytest.approx(told["co2e_kg"].sum())


def test_the_line_is_free_again_before_the_last_unit_is_out():
    """The outage begins when the last unit has entered, not when it has left."""
    made = planned(LASTING).schedule
    row = made.filter(pl.col("job_id") == "J-o1").row(0, named=True)
    surprise = out(local(8), local(12), local(8))
    found = lay(LASTING, DAY, ORDERS, TWO, made, flat_signal(), outages=surprise)
    (gone,) = found.day.lines.out[2].tolist()
    left = row["start"] + timedelta(seconds=10 * 1000)
    assert left < row["end"]
    assert gone[0] == int(left.timestamp() * 1000)


def test_a_lot_that_is_late_is_not_begun_when_its_line_closes_before_it_is_done():
    found = planned(LASTING)
    plan = sheet(LASTING, found.schedule, TWO, ORDERS)
    everything = set(TWO["job_id"])
    assert releases(plan, [], everything, {}, local(7)).releases[0].job_id == "J-o1"
    late = releases(plan, [], everything, {}, local(8))
    assert late.releases == ()
    assert [(one.thing_id, one.reason) for one in late.passed_over] == [
        ("J-o1", "it may not pause, and its line closes at 2026-07-15 02:00 UTC, before it is done")
    ]
    assert [one.job_id for one in releases(plan, [], everything, {}, local(10.9)).releases] == ["J-o1"]


def test_work_that_waits_before_the_line_counts_too_and_the_changeover():
    """10,000 s of work and a changeover of 120 s: begun by 07:11:20, it is done when the line closes at 10:00."""
    plan, everything = sheet(LASTING, planned(LASTING).schedule, TWO, ORDERS), set(TWO["job_id"])
    assert [one.job_id for one in releases(plan, [], everything, {}, local(7.15)).releases] == ["J-o1"]
    assert releases(plan, [], everything, {"B": 29}, local(7.15)).releases == ()
    assert releases(plan, [], everything, {}, local(7.2)).releases == ()
