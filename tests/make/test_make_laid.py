"""A plan on its floor: laid out exactly as it was planned, counted twice to the same cost, bounded from below."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from laid_day import DAY, ORDERS, PARK, jobs, laid, planned, stepped

from parkwright.make.bounds import bounds_of
from parkwright.make.floor import Rates
from parkwright.make.laid import counted, lay, placed_from, placed_on, scheduled
from parkwright.make.park_check import check
from parkwright.model.errors import PlanError


def test_a_plan_stands_on_its_floor_as_it_was_planned():
    made = laid()
    placed = placed_on(made.floor)
    assert np.array_equal(placed, placed_from(made.day, made.number, planned().schedule))
    assert scheduled(made, placed).sort("job_id").equals(planned().schedule.sort("job_id"))
    assert check(PARK, jobs(), ORDERS, scheduled(made, placed)) == []


@pytest.mark.parametrize("carbon", [0.0, 2.0])
def test_the_floor_and_the_independent_account_agree_on_the_cost(carbon: float):
    made = laid(Rates(carbon_cny_per_kg=carbon))
    found = counted(made.problem, placed_on(made.floor))
    assert found.total_cny == pytest.approx(made.floor.cost_cny(), abs=1e-6)
    assert found.carbon_cny == pytest.approx(carbon * found.co2e_kg)
    assert found.energy_cny == pytest.approx(float(planned().schedule["cost_cny"].sum()), rel=1e-6)


def test_no_plan_costs_less_than_the_bound_of_its_energy():
    made = laid()
    assert 0 < bounds_of(made.problem).energy_cny < made.floor.cost_cny()
    paid = lay(PARK, DAY, ORDERS, jobs(), planned().schedule, stepped().with_columns(price_cny_per_kwh=pl.lit(-0.1)))
    assert bounds_of(paid.problem).energy_cny <= counted(paid.problem, placed_on(paid.floor)).energy_cny < 0


def test_a_job_without_a_place_is_counted_as_left_out():
    short = planned().schedule.filter(pl.col("job_id") != "J-O-07")
    made = lay(PARK, DAY, ORDERS, jobs(), short, stepped())
    assert placed_on(made.floor)[made.op("J-O-07"), 0] == -1
    assert counted(made.problem, placed_on(made.floor)).left_out_cny == made.floor.worth[made.op("J-O-07"), 1]


def test_what_is_not_of_the_day_is_named():
    with pytest.raises(PlanError, match="job J-none: is not among the day's jobs"):
        laid().op("J-none")
    with pytest.raises(PlanError, match="line Z: does not exist"):
        laid().line("Z")
    strange = planned().schedule.with_columns(work_center_id=pl.lit("Z"))
    with pytest.raises(PlanError, match="on line Z: is not of this day"):
        lay(PARK, DAY, ORDERS, jobs(), strange, stepped())
