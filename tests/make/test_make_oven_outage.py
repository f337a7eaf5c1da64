"""An oven out of use: the run that was in it when it was told is finished, the next one waits until it is back."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_park import DAY, flat_signal, local
from oven_park import oven_park, planned

from parkwright.make.laid import Laid, lay, scheduled
from parkwright.make.park_check import check
from parkwright.model.tables import OUTAGES, TIME

PARK = oven_park()
ORDERS, JOBS, FOUND = planned(PARK, ("q1", 10, 0, 22), ("q2", 14, 0, 22), ("q1", 20, 0, 22), ("q3", 20, 0, 22))
"""Three runs in the one oven: 6:02 to 7:02, 7:02 to 8:02 of two lots, 8:04 to 10:04."""


def out(start: float, end: float, told: float, line_id: str = "OV") -> pl.DataFrame:
    """OUTAGES of a line between hours of the day, told at an hour."""
    schema = {name: pl.Datetime("us", "UTC") if kind == TIME else kind for name, kind in OUTAGES.schema.items()}
    row = (line_id, local(start), local(end), "breakdown", "", local(told), "")
    return pl.DataFrame([row], schema=schema, orient="row").cast(OUTAGES.schema)


def laid(outages: pl.DataFrame | None, schedule: pl.DataFrame = FOUND.schedule, told: float = 0.0) -> Laid:
    until = int((local(told) + timedelta(minutes=30)).timestamp() * 1000)
    return lay(PARK, DAY, ORDERS, JOBS, schedule, flat_signal(), outages=outages, frozen_until=until)


def revised(outages: pl.DataFrame, told: float) -> pl.DataFrame:
    made = laid(outages, told=told)
    return scheduled(made, made.plan(made.floor))


def spans(schedule: pl.DataFrame) -> list[tuple[int, int]]:
    """Start and end of the oven's runs [min of the day]."""
    runs = schedule.filter(pl.col("work_center_id") == "OV").select("start", "end").unique().sort("start")
    minutes = [[round((at - local(0)).total_seconds() / 60) for at in row] for row in runs.iter_rows()]
    return [(start, end) for start, end in minutes]


PLAN = [(362, 422), (422, 482), (484, 604)]


def test_the_plan_has_three_runs_one_of_two_lots():
    assert spans(FOUND.schedule) == PLAN
    assert FOUND.schedule.filter(pl.col("work_center_id") == "OV").height == 4


@pytest.mark.parametrize(
    ("start", "end", "told", "runs"),
    [
        (6.5, 7.5, 6.4, [(362, 422), (450, 510), (512, 632)]),  # the run in it is finished, the next waits
        (6.5, 6.9, 6.4, PLAN),  # it is back before the run is over
        (7.25, 7.75, 7.2, PLAN),  # the same with the second run
        (
            7.25,
            9.0,
            7.2,
            [(362, 422), (422, 482), (542, 662)],
        ),  # the third, of another family, waits and is changed over to
    ],
)
def test_the_run_in_the_oven_is_finished_and_the_next_waits_until_it_is_back(start, end, told, runs):
    outages = out(start, end, told)
    found = revised(outages, told)
    assert spans(found) == runs
    assert check(PARK, JOBS, ORDERS, found, outages) == []
    assert found["energy_kwh"].sum() == pytest.approx(FOUND.schedule["energy_kwh"].sum())
    again = laid(outages, found)
    assert scheduled(again, again.plan(again.floor)).equals(found)


def test_an_oven_that_is_out_for_the_rest_of_the_day_finishes_its_run_and_takes_no_more():
    outages = out(6.4, 24.0, 6.4)
    made = laid(outages, told=6.4)
    found = scheduled(made, made.plan(made.floor))
    assert spans(found) == PLAN[:1]
    assert not made.standing
    assert check(PARK, JOBS, ORDERS, found, outages) == []


def test_a_run_that_had_not_begun_when_it_was_told_waits_as_a_whole():
    outages = out(6.5, 7.5, 5.0)
    found = revised(outages, 5.0)
    assert spans(found)[:2] == [(450, 510), (510, 570)]
    assert check(PARK, JOBS, ORDERS, found, outages) == []
    pausing = check(PARK, JOBS, ORDERS, FOUND.schedule, outages)
    assert any("pauses outside the working time" in one for one in pausing)


def test_the_check_tells_a_run_that_begins_in_the_outage_though_one_was_in_the_oven():
    found = check(PARK, JOBS, ORDERS, FOUND.schedule, out(6.5, 7.5, 6.4))
    assert not any(one.startswith("J-o2:") for one in found)
    assert any(one.startswith("J-o0: starts at") and "outside the working time" in one for one in found)


@settings(max_examples=15, deadline=None)
@given(st.integers(24, 44), st.integers(1, 16), st.integers(0, 4))
def test_whenever_an_oven_goes_out_what_runs_stays_and_the_plan_holds(start: int, quarters: int, ahead: int):
    told = (start - ahead) / 4
    outages = out(start / 4, (start + quarters) / 4, told)
    found = revised(outages, told)
    assert check(PARK, JOBS, ORDERS, found, outages) == []
    begun = pl.col("start") < local(told)
    assert found.filter(begun).equals(FOUND.schedule.filter(begun))
    later = [run for run in spans(found) if run[0] >= told * 60]
    assert all(b <= start * 15 or a >= (start + quarters) * 15 for a, b in later)
