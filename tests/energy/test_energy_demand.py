"""The demand charge: as a plan pays for it, and what each day adds to its month."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, park
from hypothesis import given
from hypothesis import strategies as st

from parkwright.energy import bill, demand
from parkwright.model.errors import PlanError
from parkwright.model.plant import DemandCharge, Tariff

BASIS = {"basis": "assumed: a test"}
MAXIMUM = DemandCharge(by="maximum", cny_per_kw_month=38.0, **BASIS)
CONTRACT = DemandCharge(by="contracted", cny_per_kw_month=30.0, contracted_kw=1000.0, **BASIS)


def charging(charge):
    one = park()
    tariff = Tariff(id="t", valid_from="2020-01-01", flat_cny_per_kwh=0.7, ratio={}, demand=charge, **BASIS)
    return replace(one, tariffs=(tariff,))


def days_of(one, *days):
    return pl.concat([one.intervals(day) for day in days])


def test_a_plan_pays_for_each_month_above_what_is_free_there():
    one = charging(MAXIMUM)
    found = demand.charged(one, days_of(one, date(2026, 7, 31), date(2026, 8, 1)), {"2026-07": 800.0})
    assert found.group.tolist() == [0] * 96 + [1] * 96
    assert (found.price.tolist(), found.floor_kw.tolist(), found.window) == ([38.0, 38.0], [800.0, 0.0], 1)


def test_a_plan_for_a_part_of_a_month_pays_that_part_of_the_price():
    one = charging(MAXIMUM)
    assert demand.charged(one, one.intervals(DAY), {}, 0.25).price == pytest.approx([9.5])


def test_a_contracted_capacity_is_free_to_its_free_share_and_costs_double_above():
    one = charging(CONTRACT)
    found = demand.charged(one, one.intervals(DAY), {"2026-07": 200.0})
    assert (found.price.tolist(), found.floor_kw.tolist()) == ([60.0], [1050.0])
    higher = demand.charged(one, one.intervals(DAY), {demand.month_of(DAY): 1300.0})
    assert higher.floor_kw.tolist() == [1300.0]


def test_a_tariff_without_a_demand_charge_costs_nothing():
    one = charging(None)
    assert demand.charged(one, one.intervals(DAY), {}) is None
    assert demand.charge_of(one, DAY) is None


def test_the_window_of_the_meter_is_a_whole_number_of_intervals():
    half_hour = MAXIMUM.model_copy(update={"window_min": 30})
    assert demand.window_steps(half_hour, 900) == 2
    assert demand.window_steps(MAXIMUM.model_copy(update={"window_min": 5}), 900) == 1
    with pytest.raises(PlanError, match="its window of 20 min is no whole number of intervals of 15 min"):
        demand.window_steps(MAXIMUM.model_copy(update={"window_min": 20}), 900)


def test_a_day_adds_what_it_raises_the_charge_by():
    one, kw = charging(MAXIMUM), np.full(96, 100.0)
    kw[40] = 700.0
    first = demand.added(one, MAXIMUM, one.intervals(DAY), kw, 0.0)
    assert (first.peak_kw, first.month_kw, first.cny) == (700.0, 700.0, 38.0 * 700.0)
    lower = demand.added(one, MAXIMUM, one.intervals(DAY), kw, 900.0)
    assert (lower.peak_kw, lower.month_kw, lower.cny) == (700.0, 900.0, 0.0)
    mean = demand.added(one, MAXIMUM.model_copy(update={"window_min": 30}), one.intervals(DAY), kw, 0.0)
    assert mean.peak_kw == pytest.approx(400.0)


@given(st.lists(st.floats(1.0, 5000.0), min_size=1, max_size=31), st.sampled_from([MAXIMUM, CONTRACT]), st.randoms())
def test_the_days_of_a_month_add_up_to_its_charge_in_any_order(peaks, charge, order):
    one = charging(charge)
    order.shuffle(peaks)
    starts = one.intervals(DAY)[:1]
    before = [0.0, *np.maximum.accumulate(peaks).tolist()]
    added = [
        demand.added(one, charge, starts, np.array([peak]), known).cny
        for peak, known in zip(peaks, before, strict=False)
    ]
    assert sum(added) == pytest.approx(bill.demand_cny(charge, max(peaks)))
    assert all(later >= sooner for sooner, later in pairwise(before))
    assert min(added) >= 0.0


def test_what_was_imported_is_the_sum_of_the_grid_meters_and_of_no_other():
    one = charging(MAXIMUM)
    meters = [meter.id for meter in one.meters if meter.role == "import"]
    starts = one.intervals(DAY)[:2]
    rows = [(start, meter, 25_000_000) for start in starts for meter in [*meters, "another"]]
    frame = pl.DataFrame(rows, schema=["start", "meter_id", "energy_mwh_int"], orient="row")
    found, kw = demand.imported_kw(one, frame.sample(fraction=1.0, shuffle=True, seed=1))
    assert found.to_list() == starts.to_list()
    assert kw == pytest.approx([100.0 * len(meters)] * 2)
