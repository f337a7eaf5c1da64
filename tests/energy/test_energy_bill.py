"""Bills: known sums by band, demand by maximum and by contract, windows of the meter, prices at and below zero."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, park, tariff
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import bill as bills
from parkwright.energy import tariff as tariffs
from parkwright.model.errors import PlanError
from parkwright.model.plant import DemandCharge
from parkwright.model.site import Calendar
from parkwright.store.folder import load

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"


def charge(**fields):
    given_fields = {"by": "maximum", "cny_per_kw_month": 40.0, "basis": "assumed: a test"}
    return DemandCharge(**given_fields | fields)


def billed(one, power, export=0.0, day=DAY, **more):
    starts = one.intervals(day)
    return bills.bill(
        one, starts, np.broadcast_to(power, len(starts)).astype(float), np.full(len(starts), float(export)), **more
    )


def test_a_day_of_constant_power_costs_its_hours_in_each_band():
    found = billed(park(), 100.0)
    # July: valley 1-9, peak 15-20 and 22-23, sharp 20-22, flat 0-1, 9-15 and 23-24.
    assert found.energy_kwh == pytest.approx({"flat": 800.0, "valley": 800.0, "peak": 600.0, "sharp": 200.0})
    wanted = {"flat": 800 * 0.7, "valley": 800 * 0.28, "peak": 600 * 1.12, "sharp": 200 * 1.344}
    assert found.energy_cny == pytest.approx(wanted)
    assert found.total_cny == pytest.approx(sum(wanted.values()))
    assert found.demand_cny == {}


def test_what_is_fed_in_is_income():
    one = park()
    found = billed(one, 0.0, 50.0)
    assert found.export_cny == pytest.approx(-50 * 24 * one.energy.grid.export_cny_per_kwh)
    assert found.total_cny == pytest.approx(found.export_cny)


def test_carbon_and_certificates_are_charged_where_they_have_a_price():
    one = park(tariffs=(tariff(carbon_cny_per_t=60.0, certificate_cny_per_mwh=5.0),))
    found = billed(one, 100.0, co2e_kg_per_kwh=0.5, certificates_mwh=2.0)
    assert found.carbon_cny == pytest.approx(2400 * 0.5 * 60 / 1000)
    assert found.certificate_cny == pytest.approx(10.0)
    factor = float(one.factor[one.site.accounting_grid_factor].value)
    assert billed(one, 100.0).carbon_cny == pytest.approx(2400 * factor * 60 / 1000)
    assert billed(park(), 100.0, certificates_mwh=2.0).certificate_cny == 0.0


@pytest.mark.parametrize("price", [0.0, -0.2])
def test_a_price_of_zero_or_below_is_charged_as_such(price):
    one = park(tariffs=(tariff(flat_cny_per_kwh=price),))
    assert sum(billed(one, 100.0).energy_cny.values()) == pytest.approx(
        price * (800 + 800 * 0.4 + 600 * 1.6 + 200 * 1.92)
    )


def test_demand_by_maximum_is_the_highest_mean_of_each_month():
    one = park(tariffs=(tariff(demand=charge()),))
    starts = pl.concat([one.intervals(date(2026, 6, 30)), one.intervals(date(2026, 7, 1))])
    power = np.full(192, 100.0)
    power[50], power[150] = 300.0, 200.0
    found = bills.bill(one, starts, power, np.zeros(192))
    assert found.demand_kw == {"2026-06": 300.0, "2026-07": 200.0}
    assert found.demand_cny == {"2026-06": 12_000.0, "2026-07": 8_000.0}


@pytest.mark.parametrize(("peak", "cost"), [(0, 40_000), (1000, 40_000), (1050, 40_000), (1150, 48_000)])
def test_contracted_capacity_is_paid_whatever_is_taken_and_twice_above_its_free_share(peak, cost):
    contract = charge(by="contracted", contracted_kw=1000.0)
    assert bills.demand_cny(contract, float(peak)) == pytest.approx(cost)


def test_a_spike_counts_with_its_mean_over_the_window():
    one = park(tariffs=(tariff(demand=charge(window_min=30)),))
    power = np.zeros(96)
    power[41] = 600.0
    assert billed(one, power).demand_kw == {"2026-07": 300.0}
    power[40] = 600.0
    assert billed(one, power).demand_kw == {"2026-07": 600.0}
    power[40], power[42] = 0.0, 600.0
    assert billed(one, power).demand_kw == {"2026-07": 300.0}


def test_six_intervals_average_a_spike_to_a_sixth():
    starts = pl.datetime_range(
        datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 2, 45, tzinfo=UTC), "15m", time_unit="ms", eager=True
    )
    power = np.zeros(12)
    power[2] = 6.0
    means, begins = bills.window_mean_kw(power, starts, 900, 90)
    assert means.tolist() == [1.0, 0.0]
    assert begins.len() == 2


def test_a_window_shorter_than_the_interval_keeps_the_interval():
    starts = park().intervals(DAY)
    means, _ = bills.window_mean_kw(np.arange(96.0), starts, 900, 5)
    assert means.tolist() == list(range(96))


def test_a_window_with_a_gap_does_not_count():
    starts = park().intervals(DAY).gather([0, 1, 2, 4, 5])
    means, _ = bills.window_mean_kw(np.array([1.0, 3.0, 9.0, 5.0, 7.0]), starts, 900, 30)
    assert means.tolist() == [2.0, 6.0]


def test_a_window_that_does_not_fit_is_refused():
    with pytest.raises(PlanError, match="window of 20 min is no whole number of intervals of 15 min"):
        bills.window_mean_kw(np.ones(96), park().intervals(DAY), 900, 20)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_power_that_cannot_be_is_refused_with_its_place(value):
    one = park()
    power = np.ones(96)
    power[4] = value
    with pytest.raises(PlanError, match=r"import is .* kW at 2026-07-14 17:00 UTC"):
        billed(one, power)
    with pytest.raises(PlanError, match=r"export is .* kW at 2026-07-14 17:00 UTC"):
        bills.bill(one, one.intervals(DAY), np.ones(96), power)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_on_which_the_clock_changes_are_billed_for_the_hours_they_have(day, hours):
    one = park()
    one = park(site=one.site.model_copy(update={"timezone": "Europe/Berlin"}), tariffs=(tariff(demand=charge()),))
    found = billed(one, 100.0, day=day)
    assert sum(found.energy_kwh.values()) == pytest.approx(100.0 * hours)
    assert list(found.demand_cny.values()) == [4000.0]


def test_bands_of_workdays_and_off_days_hold_on_theirs_alone():
    days = (
        {"band": "peak", "months": (7,), "hours": ((8, 12),), "days": "workdays"},
        {"band": "valley", "months": (7,), "hours": ((8, 12),), "days": "off_days"},
    )
    one = park(tariffs=(tariff(band=days),), calendar=Calendar(holidays=("2026-07-16",)))

    def at_ten(day):
        return tariffs.prices(one, one.intervals(day))["band"][40]

    assert at_ten(date(2026, 7, 15)) == "peak"
    assert at_ten(date(2026, 7, 16)) == "valley"
    assert at_ten(date(2026, 7, 18)) == "valley"
    assert tariffs.off_day(one, date(2026, 7, 16))
    assert not tariffs.off_day(one, date(2026, 7, 17))


def test_tianjin_is_billed_by_its_own_data():
    one = load(TIANJIN)
    found = billed(one, 1000.0)
    assert found.demand_cny == {"2026-07": 38_000.0}
    assert found.carbon_cny > 0.0
    assert set(found.energy_kwh) == {"sharp", "peak", "flat", "valley"}


@given(st.lists(st.floats(0.0, 5000.0), min_size=96, max_size=96), st.floats(0.1, 3.0))
@settings(max_examples=30, deadline=None)
def test_a_bill_grows_with_power_and_adds_up(power, factor):
    one = park(tariffs=(tariff(demand=charge(), carbon_cny_per_t=60.0),))
    plain, scaled = billed(one, np.array(power)), billed(one, factor * np.array(power))
    assert scaled.total_cny == pytest.approx(factor * plain.total_cny, rel=1e-9, abs=1e-9)
    assert sum(plain.energy_kwh.values()) == pytest.approx(sum(power) / 4)


@given(st.floats(0.0, 3000.0), st.floats(0.0, 3000.0), st.sampled_from(["maximum", "contracted"]))
@settings(max_examples=60, deadline=None)
def test_a_higher_peak_never_costs_less(low, more, by):
    one = charge(by=by, contracted_kw=800.0)
    assert bills.demand_cny(one, low + more) >= bills.demand_cny(one, low)


def test_two_days_cost_what_each_costs_beside_the_demand():
    one = park()
    later = DAY + timedelta(days=1)
    starts = pl.concat([one.intervals(DAY), one.intervals(later)])
    both = bills.bill(one, starts, np.full(192, 70.0), np.zeros(192))
    assert both.total_cny == pytest.approx(billed(one, 70.0).total_cny + billed(one, 70.0, day=later).total_cny)
