"""The validator where a line is out: what waits, what finds no room any more, and what the line is set up for."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from make_park import local, order_lines, shift, small_park

from parkwright.make.jobs import explode
from parkwright.make.park_check import check
from parkwright.model.site import Calendar
from parkwright.model.tables import OUTAGES, SCHEDULE, TIME
from parkwright.supply.available import kits

MINUTE = timedelta(minutes=1)
PARK = small_park(calendar=Calendar(shift=(shift("06:00", "22:00"),)))
TAKT_S, INSIDE_S = 10, 320
"""Of line A: seconds between units, and that a unit spends in its stations."""
TOLD, GONE, BACK, OVER = local(20.75), local(21.0), local(21 + 50 / 60), local(22.0)


def out(start: datetime, end: datetime, told: datetime) -> pl.DataFrame:
    return pl.DataFrame([("A", start, end, "stuck", "", told, "c1")], schema=OUTAGES.schema, orient="row")


OUT = out(GONE, BACK, TOLD)


def faults(*jobs: tuple[str, int, datetime, float, datetime | None], out: pl.DataFrame = OUT) -> list[str]:
    """What is wrong with jobs on line A: product, units, start, changeover before it [min], end where it is not as
    worked without a pause."""
    orders = order_lines(*((f"o{n}", product, units, 0, 22) for n, (product, units, *_) in enumerate(jobs)))
    made = explode(PARK, orders, kits(PARK, orders))
    rows = []
    for n, (_, units, start, setup_min, told) in enumerate(jobs):
        end = told or start + timedelta(seconds=TAKT_S * units + INSIDE_S)
        rows.append((f"J-o{n}", "ASM", "A", start - setup_min * MINUTE, start, end, 0.0, 0.0, 0.0))
    schedule = pl.DataFrame(rows, schema=SCHEDULE.schema, orient="row")
    finished = made.filter(pl.col("job_id").is_in(schedule["job_id"]))
    return check(PARK, finished, orders, schedule, out)


FIRST = ("p3", 48, GONE - 4 * MINUTE, 3, BACK + 10 * MINUTE)
"""Eight minutes of work and a little for stops that begin four before the line is out, and go on when it is back."""
LATE = OVER + 20 * MINUTE
"""When what stands is told to be done: after the hours of its line."""


def test_a_job_without_room_behind_what_goes_on_first_stands_without_a_fault():
    assert faults(FIRST, ("p3", 42, GONE + 5 * MINUTE, 0, LATE)) == []


@pytest.mark.parametrize("end", [LATE, GONE + 40 * MINUTE])
def test_a_job_that_finds_room_behind_what_goes_on_first_may_not_stand(end: datetime):
    assert any("J-o1: line A is taken until" in one for one in faults(FIRST, ("p3", 30, GONE + 5 * MINUTE, 0, end)))


def test_the_changeover_before_a_job_that_stands_needs_room_too():
    assert faults(FIRST, ("p2", 33, GONE + 5 * MINUTE, 0, LATE)) == []
    assert faults(FIRST, ("p2", 28, GONE + 5 * MINUTE, 0, LATE)) != []


def test_a_job_that_was_to_begin_soon_after_an_outage_may_lose_its_room_to_those_it_delays():
    begun = ("p3", 42, OVER - 20 * MINUTE, 3, OVER + 4 * MINUTE)
    soon = ("p3", 30, OVER - 7 * MINUTE, 0)
    gone = out(OVER - 18 * MINUTE, OVER - 8 * MINUTE, OVER - 20 * MINUTE)
    assert faults(begun, (*soon, LATE), out=gone) == []
    assert faults(begun, (*soon, None), out=gone) != []
    assert faults(begun, (*soon, LATE), out=gone.with_columns(at=pl.lit(OVER - 110 * MINUTE).cast(TIME))) != []


def test_between_others_that_work_there_is_no_room_for_one_that_needs_longer_than_each_gap():
    one, other = ("p3", 12, BACK + 1 * MINUTE, 0, None), ("p3", 12, BACK + 5 * MINUTE, 0, None)
    rest = ("p3", 6, BACK + 8 * MINUTE, 0, None)
    before = ("p3", 6, GONE - 30 * MINUTE, 3, None)
    stands = ("p3", 15, GONE + 5 * MINUTE, 0, LATE)
    assert faults(before, stands, one, other, rest) == []
    assert faults(before, ("p3", 9, *stands[2:]), one, other, rest) != []


@pytest.mark.parametrize("product", ["p3", "p2"])
def test_what_is_in_a_line_that_goes_out_and_finds_no_room_keeps_the_line_for_the_day(product: str):
    begun, before = ("p3", 50, GONE - MINUTE, 3, LATE), ("p3", 6, GONE - 30 * MINUTE, 3, None)
    assert faults(before, (*begun[:3], 0, LATE)) == []
    found = faults(before, (*begun[:3], 0, LATE), (product, 6, BACK + 6 * MINUTE, 0, None))
    assert found[0].startswith("J-o2: line A is taken until")
    assert [one for one in found if "changeover fa -> fb" in one] == found[1:]


def test_what_was_to_begin_on_a_line_that_is_out_leaves_it_as_it_was():
    before = ("p3", 6, GONE - 30 * MINUTE, 3, None)
    stands = ("p2", 40, GONE + 5 * MINUTE, 1, LATE)
    follows = ("p3", 30, BACK + 2 * MINUTE, 0, None)
    assert faults(before, stands, follows) == []
