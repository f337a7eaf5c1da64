"""The day-ahead plan of the energy plant of a park."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, SUMMER, WINTER, bare_park, battery, park, plant, tariff

from parkwright.energy import dispatch, heat, load, recovery, signal, solar, weather
from parkwright.model.errors import PlanError
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.tables import DISPATCH


def inputs(one, day=DAY):
    sky, starts = weather.of_day(one, day), one.intervals(day)
    pv = solar.total_kw(one.energy.solar, one.site, sky)
    frame = load.forecast(one, day, sky)
    found = signal.of_day(one, day, frame, pv)
    return {
        "starts": starts, "load_kw": load.site_kw(one, frame, starts), "pv_kw": pv,
        "heat_kw": heat.demand_kw(one, day, starts),
        "waste_heat_kw": recovery.liftable_kw(recovery.waste_of(one, frame, starts)),
        "price": found["price_cny_per_kwh"].to_numpy(), "co2e": found["co2e_kg_per_kwh"].to_numpy(),
    }  # fmt: skip


def solve(one, day=DAY, opening=None, **changes):
    return dispatch.solve(one, **inputs(one, day) | {"opening": opening or folder_opening(one)} | changes)


def asset(found, asset_id, column="power_kw"):
    return found.dispatch.filter(pl.col("asset_id") == asset_id)[column].to_numpy()


@pytest.mark.parametrize("day", [SUMMER, WINTER])
def test_the_rows_of_a_plan_balance_in_every_interval(day):
    one = park()
    given = inputs(one, day)
    found = solve(one, day)
    assert found.status == "optimal"
    assert found.balance_residual_kwh <= 1e-6
    net = given["load_kw"] - (given["pv_kw"] - found.curtailed_kw) + asset(found, "BAT") + asset(found, "HP")
    assert asset(found, "grid") == pytest.approx(net, abs=1e-6)
    given_heat = asset(found, "HP") * heat.cop(one.energy.heat_pump[0])[0] + asset(found, "BO") - asset(found, "TK")
    assert given_heat == pytest.approx(given["heat_kw"], abs=1e-6)


def test_the_battery_keeps_its_limits_and_ends_as_full_as_it_began():
    one = park()
    found = solve(one)
    kw, kwh = asset(found, "BAT"), asset(found, "BAT", "state_of_charge_kwh")
    assert np.abs(kw).max() <= 1000 + 1e-6
    assert kwh.min() >= 0
    assert kwh.max() <= 2000 + 1e-6
    assert kwh[-1] >= 600 - 1e-6
    step = np.where(kw > 0, kw * 0.95, kw / 0.95) * 0.25
    assert np.diff(np.append(600.0, kwh)) == pytest.approx(step, abs=1e-6)


def test_the_battery_charges_in_the_valley_and_discharges_at_the_peak():
    one = park()
    found = solve(one)
    price = inputs(one)["price"]
    kw = asset(found, "BAT")
    assert price[kw > 1].mean() < 0.5
    assert price[kw < -1].mean() > 1.0


def test_storage_lowers_the_bill():
    assert solve(park()).objective_cny < solve(park(energy=plant(battery=()))).objective_cny


def test_the_cost_is_what_the_rows_say():
    one = park()
    given, found = inputs(one), solve(one)
    grid, bat, boiler = (asset(found, name) for name in ("grid", "BAT", "BO"))
    money = given["price"] @ np.maximum(grid, 0) - 0.36 * np.maximum(-grid, 0).sum()
    wear, gas = 0.03 * np.maximum(-bat, 0).sum(), 0.35 / 0.9 * boiler.sum()
    assert found.objective_cny == pytest.approx((money + wear + gas) / 4)


def test_every_row_has_a_reason_that_fits_its_sign():
    found = solve(park()).dispatch
    assert found.columns == list(DISPATCH.schema)
    signs = {"store_solar": 1, "charge_valley": 1, "discharge_peak": -1, "import": 1, "export": -1, "fill_tank": 1}
    for reason, sign in signs.items():
        rows = found.filter(pl.col("reason") == reason)["power_kw"]
        assert ((rows * sign) > 0).all()
    known = set(signs) | {"hold", "off", "serve_heat", "over_limit"}
    assert set(found["reason"]) <= known


def test_power_is_not_bought_to_be_sold_where_export_pays_more_than_the_valley_costs():
    one = park(energy=plant(battery=(battery(power_kw=1e4, capacity_kwh=1e5),)))
    given = inputs(one)
    found = solve(one, price=np.full(96, 0.1))
    assert (asset(found, "grid") >= np.minimum(given["load_kw"] - given["pv_kw"], 0) - 1e-6).all()


def test_the_same_day_is_solved_the_same_twice():
    one = park()
    assert solve(one).dispatch.equals(solve(one).dispatch)


def test_a_price_on_carbon_does_not_raise_emissions():
    one = park()
    given = inputs(one)
    sold = [np.maximum(asset(solve(one, carbon_cny_per_kg=price), "grid"), 0) @ given["co2e"] for price in (0.0, 50.0)]
    assert sold[1] <= sold[0] + 1e-6


def test_the_tariff_says_what_emissions_weigh_in_the_plan_of_the_plant():
    dirty_noon = 0.3 + 0.6 * np.sin(np.linspace(0.0, np.pi, 96))
    flat = np.full(96, 0.5)
    priced = park(tariffs=(tariff(carbon_cny_per_t=5000.0),))
    by_tariff, by_hand, free = (
        asset(solve(one, co2e=dirty_noon, price=flat, **more), "grid")
        for one, more in ((priced, {}), (park(), {"carbon_cny_per_kg": 5.0}), (park(), {}))
    )
    assert by_tariff == pytest.approx(by_hand)
    assert np.maximum(by_tariff, 0.0) @ dirty_noon < 0.99 * np.maximum(free, 0.0) @ dirty_noon


def test_a_store_opens_where_the_day_before_ended():
    one = park()
    found = solve(one, opening=Opening(stored_kwh={"BAT": 1500.0, "TK": 100.0}))
    first = asset(found, "BAT")[0]
    step = first * 0.95 if first > 0 else first / 0.95
    assert asset(found, "BAT", "state_of_charge_kwh")[0] == pytest.approx(1500 + 0.25 * step, abs=1e-6)


def test_an_opening_beyond_the_store_is_held_to_the_store():
    found = solve(park(), opening=Opening(stored_kwh={"BAT": 1e9, "TK": -5.0}))
    assert asset(found, "BAT", "state_of_charge_kwh").max() <= 2000 + 1e-6


def test_a_park_with_only_a_grid_gets_a_plan():
    one = bare_park()
    found = solve(one, load_kw=np.full(96, 1500.0))
    assert found.status.startswith("relaxed: import_limit of grid by 12000.000 kWh from step 0 on")
    assert found.dispatch["reason"].unique().to_list() == ["over_limit"]


def test_a_day_without_intervals_is_an_empty_plan():
    nothing = np.zeros(0)
    one = park()
    found = dispatch.solve(one, one.intervals(DAY)[:0], *[nothing] * 6, folder_opening(one))
    assert found.dispatch.is_empty()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_number_that_is_none_is_refused_by_name(bad):
    pv = np.zeros(96)
    pv[7] = bad
    with pytest.raises(PlanError, match=r"pv_kw is .* in interval 7"):
        solve(park(), pv_kw=pv)


def test_an_array_of_another_length_is_refused_by_name():
    with pytest.raises(PlanError, match="heat_kw has 95 values; give one for each of 96"):
        solve(park(), heat_kw=np.zeros(95))
