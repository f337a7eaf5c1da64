"""Lots that share a run of a line with room: planned, checked from outside, laid out again, released together."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_park import DAY, MIDNIGHT, flat_signal, local, shift
from oven_park import RUN_KW, RUN_S, oven, oven_park, planned

from parkwright.make.execute import releases, sheet
from parkwright.make.floor import Rates
from parkwright.make.laid import counted, lay, placed_on, scheduled
from parkwright.make.pace import of_product
from parkwright.make.park_check import check, check_cap
from parkwright.make.park_day import dispatch
from parkwright.make.park_floor import power_of
from parkwright.make.reason import reason
from parkwright.model.site import Calendar

PARK = oven_park()
ORDERS, JOBS, TWO = planned(PARK, ("q1", 10, 0, 22), ("q2", 14, 0, 22))
"""Two alike lots that fill the oven."""
RUN_KWH, SETUP_KWH = RUN_KW * RUN_S / 3600, 2.0 * 120 / 3600


def in_oven(found, line_id="OV"):
    """The plan's rows on an oven, by start and job."""
    return found.schedule.filter(pl.col("work_center_id") == line_id).sort("start", "job_id")


def runs(found, line_id="OV"):
    return in_oven(found, line_id).select("setup_start", "start", "end").unique()


def test_two_alike_lots_take_the_time_and_the_energy_of_one_run():
    rows = in_oven(TWO)
    assert rows["start"].to_list() == [local(6) + timedelta(seconds=120)] * 2
    assert rows["end"].to_list() == [local(7) + timedelta(seconds=120)] * 2
    assert rows["energy_kwh"].sum() == pytest.approx(RUN_KWH + SETUP_KWH)
    assert rows["energy_kwh"].to_list() == pytest.approx([(RUN_KWH + SETUP_KWH) * n / 24 for n in (10, 14)])
    assert rows["cost_cny"].sum() == pytest.approx(0.7 * rows["energy_kwh"].sum())
    assert rows["co2e_kg"].sum() == pytest.approx(0.6 * rows["energy_kwh"].sum())
    assert check(PARK, JOBS, ORDERS, TWO.schedule) == []


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([("q1", 10, 0, 22), ("q2", 15, 0, 22)], 2),  # one unit more than there is room for
        ([("q1", 10, 0, 22), ("q3", 10, 0, 22)], 2),  # another family and time
        ([("q1", 10, 0, 12), ("q2", 14, 20, 22)], 2),  # released when the first is late already
        ([("q1", 10, 0, 22), ("q2", 14, 12, 22)], 1),  # one that can wait does
        ([("q1", 8, 0, 22)] * 3, 1),
    ],
)
def test_only_alike_lots_that_find_room_and_are_there_share_a_run(rows, count):
    orders, jobs, found = planned(PARK, *rows, signal=flat_signal())
    assert runs(found).height == count
    assert check(PARK, jobs, orders, found.schedule) == []


def test_a_run_is_as_long_as_its_machine_and_its_stops_whatever_is_in_it():
    line = oven(mttr_s=360.0)
    pace = of_product(line, oven_park(line).product["q3"])
    assert pace.run_s == pytest.approx(2 * RUN_S * 1.1)
    assert pace.work_s(1) == pace.work_s(24) == pace.run_s
    _, _, found = planned(oven_park(line), ("q1", 1, 0, 22))
    (row,) = in_oven(found).rows(named=True)
    assert (row["end"] - row["start"]).total_seconds() == pytest.approx(RUN_S * 1.1)


def test_a_run_never_pauses_over_closed_hours():
    park = oven_park(calendar=Calendar(shift=(shift("06:00", "06:50"), shift("13:30", "22:00"))))
    orders, jobs, found = planned(park, ("q1", 10, 0, 22), rounds=0)
    (row,) = in_oven(found).rows(named=True)
    assert (row["start"] >= local(13.5), row["end"] - row["start"]) == (True, timedelta(hours=1))
    assert check(park, jobs, orders, found.schedule) == []
    late = oven_park(calendar=Calendar(shift=(shift("06:00", "06:50"),)))
    assert planned(late, ("q1", 10, 0, 22))[2].schedule.height == 0


def test_a_lot_above_the_room_goes_in_in_parts_where_its_product_may_be_split():
    products = tuple(
        one.model_copy(update={"part_min": 5, "parts_max": 9}) if one.id == "q1" else one for one in PARK.products
    )
    park = oven_park(products=products)
    orders, _, found = planned(park, ("q1", 40, 0, 22))
    assert found.unplaced == ()
    assert found.jobs["quantity"].sum() == 40
    assert found.jobs["quantity"].max() <= 24
    assert check(park, found.jobs, orders, found.schedule) == []
    assert [one.reason for one in planned(PARK, ("q1", 40, 0, 22))[2].unplaced] == [
        "no line does BURN with a lot of 40"
    ]


def moved(found, job_id, **columns):
    picked = pl.col("job_id") == job_id
    return found.schedule.with_columns(
        pl.when(picked).then(pl.col(name) + by).otherwise(pl.col(name)).alias(name) for name, by in columns.items()
    )


WHOLE = ("setup_start", "start", "end")


def test_the_check_tells_lots_that_overlap_outside_one_run():
    by = timedelta(minutes=5)
    found = check(PARK, JOBS, ORDERS, moved(TWO, "J-o1", **dict.fromkeys(WHOLE, by)))
    assert any("J-o1: line OV is taken until" in line for line in found)
    shorter = check(PARK, JOBS, ORDERS, moved(TWO, "J-o1", end=by))
    assert any("is taken until" in line for line in shorter)


def test_the_check_tells_a_run_that_is_too_full_or_mixed():
    fuller = JOBS.with_columns(pl.when(pl.col("job_id") == "J-o1").then(15).otherwise("quantity").alias("quantity"))
    orders = ORDERS.with_columns(pl.when(pl.col("order_id") == "o1").then(15).otherwise("quantity").alias("quantity"))
    assert check(PARK, fuller, orders, TWO.schedule) == ["J-o0: its run has 25 units, line OV has room for 24"]
    slow = [one.model_copy(update={"cycle_factor": 0.9}) if one.id == "q2" else one for one in PARK.products]
    found = check(oven_park(products=tuple(slow)), JOBS, ORDERS, TWO.schedule)
    assert found == ["J-o1: shares a run with J-o0, which is not alike"]
    other = JOBS.with_columns(
        pl.when(pl.col("job_id") == "J-o1").then(pl.lit("fr")).otherwise("family_id").alias("family_id")
    )
    assert check(PARK, other, ORDERS, TWO.schedule) == ["J-o1: shares a run with J-o0, which is not alike"]


def test_the_check_tells_a_run_that_pauses():
    park = oven_park(calendar=Calendar(shift=(shift("06:00", "06:50"), shift("07:00", "22:00"))))
    assert any("its run on line OV pauses" in found for found in check(park, JOBS, ORDERS, TWO.schedule))


def test_a_shared_run_is_drawn_once_against_the_cap():
    signal = flat_signal().with_columns(cap_kw=pl.lit(RUN_KW + 0.5))
    assert check_cap(PARK, JOBS, TWO.schedule, signal, [0.0] * 96) == []
    two = oven_park(oven("OV"), oven("OW"))
    apart = TWO.schedule.with_columns(
        work_center_id=pl.when(pl.col("job_id") == "J-o1").then(pl.lit("OW")).otherwise("work_center_id")
    )
    assert len(check_cap(two, JOBS, apart, signal, [0.0] * 96)) >= 4


def test_a_plan_with_shared_runs_is_laid_out_as_it_was_planned_and_costs_the_same():
    rows = [
        ("q1", 10, 0, 12),
        ("q2", 14, 0, 12),
        ("q3", 9, 0, 20),
        ("q1", 20, 0, 20),
        ("q2", 4, 3, 22),
        ("p3", 30, 0, 22),
    ]
    orders, jobs, found = planned(PARK, *rows)
    made = lay(PARK, DAY, orders, jobs, found.schedule, flat_signal())
    assert scheduled(made, placed_on(made.floor)).sort("job_id").equals(found.schedule.sort("job_id"))
    told = counted(made.problem, placed_on(made.floor))
    assert told.total_cny == pytest.approx(made.floor.cost_cny(), abs=1e-6)
    assert told.energy_cny == pytest.approx(found.schedule["cost_cny"].sum(), rel=1e-9)


def test_why_here_names_the_jobs_of_the_same_run_and_no_others():
    orders, jobs, found = planned(PARK, ("q1", 10, 0, 22), ("q2", 14, 0, 22), ("q3", 9, 0, 22), ("p3", 30, 0, 22))
    made = lay(PARK, DAY, orders, jobs, found.schedule, flat_signal())
    ids = made.day.jobs["job_id"]

    def together(job_id):
        return [ids[op] for op in reason(made, job_id, 0).together]

    assert (together("J-o0"), together("J-o1"), together("J-o2"), together("J-o3")) == (["J-o1"], ["J-o0"], [], [])


def released(plan, kits_there, at, done=(), queue=None, boards=None):
    found = releases(plan, list(done), kits_there, queue or {}, at, boards)
    return [one.job_id for one in found.releases], [(one.thing_id, one.reason) for one in found.passed_over]


SHEET = sheet(PARK, TWO.schedule, JOBS, ORDERS)
BOTH = {"J-o0", "J-o1"}


def test_the_jobs_of_a_run_are_released_together_with_one_changeover():
    found = releases(SHEET, [], BOTH, {}, local(6)).releases
    assert [(one.job_id, one.setup_s) for one in found] == [("J-o0", 120.0), ("J-o1", 0.0)]


def test_a_run_waits_for_all_its_jobs_until_it_is_due_and_goes_without_the_late_one():
    assert released(SHEET, {"J-o0"}, local(5)) == ([], [])
    assert released(SHEET, {"J-o0"}, local(6)) == (["J-o0"], [("J-o1", "its kit has not arrived")])
    assert released(SHEET, BOTH, local(6.5), done=["J-o0"]) == (["J-o1"], [])
    assert released(SHEET, BOTH, local(6), boards={"b1": 23, "b2": 0}) == (
        ["J-o0"],
        [("J-o1", "1 boards b1 are not built yet")],
    )


def test_a_run_is_held_back_when_the_shift_ends_before_it_is_done_its_changeover_counted():
    minute = timedelta(minutes=1)
    lasts = timedelta(seconds=RUN_S + 120)
    assert released(SHEET, BOTH, local(22) - lasts) == (["J-o0", "J-o1"], [])
    why = "it may not pause, and its line closes at 2026-07-15 14:00 UTC, before it is done"
    assert released(SHEET, BOTH, local(22) - lasts + minute) == ([], [("J-o0", why), ("J-o1", why)])
    assert released(SHEET, BOTH, local(22) + minute) == (["J-o0", "J-o1"], [])


def test_no_second_run_is_released_while_one_waits():
    _, jobs, found = planned(PARK, ("q1", 3, 0, 22), ("q3", 3, 0, 22))
    orders = planned(PARK, ("q1", 3, 0, 22), ("q3", 3, 0, 22))[0]
    plan = sheet(PARK, found.schedule, jobs, orders)
    first, second = in_oven(found)["job_id"]
    assert released(plan, {first, second}, local(6)) == ([first], [])
    assert released(plan, {first, second}, local(6), done=[first], queue={"OV": 3}) == ([], [])
    assert released(plan, {first, second}, local(6.1), done=[first]) == ([second], [])


def test_a_run_is_not_released_before_its_turn_until_the_one_ahead_of_it_is_due():
    orders, jobs, found = planned(PARK, ("q1", 3, 0, 22), ("q3", 3, 0, 22))
    plan = sheet(PARK, found.schedule, jobs, orders)
    rows = in_oven(found)
    (first, second), setup, start = rows["job_id"], rows["setup_start"][0], rows["start"][0]
    minute, late = timedelta(minutes=1), [(first, "its kit has not arrived")]
    assert setup < start
    assert released(plan, {second}, setup - minute) == ([], [])
    assert released(plan, {second}, setup) == ([], late)
    assert released(plan, {second}, start) == ([second], late)
    assert released(plan, {first, second}, setup - minute, done=[first]) == ([second], [])
    assert released(plan, {second}, setup - minute, done=[first]) == ([second], [])


@settings(max_examples=25)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["q1", "q2", "q3", "p3"]), st.integers(1, 26), st.integers(0, 12), st.integers(13, 24)
        ),
        min_size=1,
        max_size=20,
    ),
    rooms=st.tuples(st.sampled_from([6, 12, 24]), st.sampled_from([1, 10])),
    opening=st.integers(0, 300),
    pause=st.integers(9, 13),
    mttr_s=st.sampled_from([0.0, 300.0]),
)
def test_every_plan_with_ovens_is_feasible_by_the_independent_check(rows, rooms, opening, pause, mttr_s):
    park = oven_park(
        *(oven(f"O{n}", room, mttr_s) for n, room in enumerate(rooms)), opening=opening,
        calendar=Calendar(shift=(shift("06:00", f"{pause:02d}:00"), shift("13:30", "22:00"))),
    )  # fmt: skip
    orders, jobs, found = planned(park, *rows, rounds=1)
    assert check(park, jobs, orders, found.schedule) == []
    left = [one.job_id for one in found.unplaced]
    assert sorted(left + found.schedule["job_id"].to_list()) == sorted(jobs["job_id"])
    for n in range(2):
        drawn = runs(found, f"O{n}").with_columns(
            kwh=(pl.col("end") - pl.col("start")).dt.total_milliseconds() * RUN_KW / 3.6e6
        )
        closed = pl.min_horizontal("start", pl.lit(local(13.5))) - pl.max_horizontal(
            "setup_start", pl.lit(local(pause))
        )
        set_up = pl.col("start") - pl.col("setup_start") - pl.max_horizontal(closed, pl.lit(timedelta(0)))
        setups = set_up.dt.total_milliseconds().sum() * 2.0 / 3.6e6
        expected = drawn.select(pl.col("kwh").sum() + setups).item() if drawn.height else 0.0
        assert in_oven(found, f"O{n}")["energy_kwh"].sum() == pytest.approx(expected)


def test_the_cap_counts_a_run_once_and_is_kept():
    signal = flat_signal().with_columns(cap_kw=pl.lit(RUN_KW + 1.0))
    two = oven_park(oven("OV"), oven("OW"))
    orders, jobs, _ = planned(two, *[("q1", 12, 0, 22)] * 6)
    power, rates = power_of(signal, np.zeros(96)), Rates(excess_cny_per_kwh=50.0)
    found = dispatch(two, jobs, orders, DAY, signal, power, rates)
    assert found.unplaced == ()
    assert check_cap(two, jobs, found.schedule, signal, [0.0] * 96) == []
    assert found.schedule["start"].min() >= MIDNIGHT
    assert sum(runs(found, one).height for one in ("OV", "OW")) == 3
