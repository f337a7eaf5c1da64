"""The validator: a good schedule passes, each planted fault is found by its name."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from make_park import DAY, PATTERN, flat_signal, local, order_lines, shift, small_park

from parkwright.make.jobs import explode
from parkwright.make.park_check import check
from parkwright.make.park_day import dispatch
from parkwright.model.site import Calendar
from parkwright.supply.available import kits

PARK = small_park(order_pattern=PATTERN.model_copy(update={"opening_boards": 10}))
ORDERS = order_lines(
    ("o1", "p1", 30, 0, 22),
    ("o2", "p2", 30, 1, 22),
    ("o3", "p3", 45, 8, 22),
    ("o4", "p3", 400, 0, 22),
    ("o5", "p3", 9, 0, 7),
)
JOBS = explode(PARK, ORDERS, kits(PARK, ORDERS))
GOOD = dispatch(PARK, JOBS, ORDERS, DAY, flat_signal(), rounds=0).schedule


def faults(schedule=GOOD, park=PARK, jobs=JOBS, orders=ORDERS):
    return check(park, jobs, orders, schedule)


def changed(job, **columns):
    """The good schedule with some columns of one job replaced."""
    picked = pl.col("job_id") == job
    return GOOD.with_columns(
        pl.when(picked).then(pl.lit(value, dtype=GOOD.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in columns.items()
    )


def shifted(job_id, by):
    """The good schedule with one job moved in time."""
    picked = pl.col("job_id") == job_id
    return GOOD.with_columns(
        pl.when(picked).then(pl.col(name) + by).otherwise(pl.col(name)).alias(name)
        for name in ("setup_start", "start", "end")
    )


def at(job_id, column):
    return GOOD.filter(pl.col("job_id") == job_id)[column][0]


def test_a_good_schedule_has_no_fault():
    assert faults() == []
    assert GOOD.height == JOBS.height


def test_an_empty_schedule_has_no_fault():
    assert faults(GOOD.clear()) == []


@pytest.mark.parametrize(
    ("schedule", "finding"),
    [
        (pl.concat([GOOD, GOOD.head(1)]), "scheduled twice"),
        (changed("J-o5", job_id="J-o9"), "J-o9: not among the jobs"),
        (changed("J-o5", work_center_id="Z"), "line Z does not exist"),
        (changed("J-o5", work_center_id="SMT"), "line SMT does not do segment ASM"),
        (changed("J-o5", segment_id="SMT"), "does not do segment"),
        (changed("J-o5", work_center_id="B"), "lot of 9 is outside 20-1000000 of line B"),
        (shifted("J-o3", -timedelta(hours=1.5)), "J-o3: starts at"),
        (changed("J-o5", setup_start=at("J-o5", "start") + timedelta(seconds=1)), "changeover starts after the job"),
        (changed("J-o5", end=at("J-o5", "end") - timedelta(seconds=60)), "J-o5: ends"),
        (changed("J-o5", energy_kwh=-1.0), "energy_kwh is -1.0"),
        (changed("J-o5", co2e_kg=float("nan")), "co2e_kg is nan"),
        (changed("J-o2", setup_start=at("J-o2", "start")), "changeover"),
        (shifted("J-o4", timedelta(hours=17)), "outside the working time"),
        (shifted("J-o4", local(21.5) - at("J-o4", "start")), "do not all enter line B in working time"),
        (shifted("J-o1", local(6) + timedelta(seconds=120) - at("J-o1", "start")), "boards b1 missing"),
    ],
)
def test_a_planted_fault_is_found(schedule, finding):
    assert any(finding in found for found in faults(schedule)), faults(schedule)


def test_two_jobs_at_once_on_a_line_are_found():
    first, second = GOOD.filter(pl.col("work_center_id") == "A").sort("start")["job_id"][:2]
    found = faults(shifted(second, at(first, "start") - at(second, "start")))
    assert any("is taken until" in line for line in found)


def test_a_job_whose_order_is_missing_is_found():
    assert any(
        "its order line o5 is not among the orders" in line
        for line in faults(orders=ORDERS.filter(pl.col("order_id") != "o5"))
    )


def test_a_holiday_makes_every_job_a_fault():
    park = small_park(calendar=Calendar(shift=(shift("06:00", "22:00"),), holidays=(DAY.isoformat(),)))
    assert len([line for line in faults(park=park) if "outside the working time" in line]) == GOOD.height


def test_a_job_before_its_release_and_before_its_kit_are_two_faults():
    found = faults(shifted("J-o3", -timedelta(hours=1.5)))
    assert any("before the release of its order" in line for line in found)
    assert any("before its kit" in line for line in found)
