"""The day's dispatch as a system of blocks: what it is made of, its prices, and what stands without a solver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, WINTER, bare_park, battery, noun, park, plant
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import dispatch, heat, linear
from parkwright.energy.answer import answer, carbon_kg
from parkwright.energy.blocks import Converter, Grid, Load, Source, Store
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.plant import Boiler, Tank
from parkwright.model.tables import DISPATCH


def arrays(one, day=DAY, load=900.0, pv=200.0, warm=250.0, waste=400.0):
    count = one.intervals(day).len()
    values = {"load_kw": load, "pv_kw": pv, "heat_kw": warm, "waste_heat_kw": waste}
    return {name: np.full(count, float(value)) for name, value in values.items()}


def plan(one, price=None, day=DAY, opening=None, carbon=0.0, **changes):
    given_arrays = arrays(one, day) | changes
    count = one.intervals(day).len()
    asked = np.where(np.arange(count) < count // 2, 0.4, 1.2) if price is None else price
    return dispatch.solve(
        one, one.intervals(day), *given_arrays.values(), asked, np.full(count, 0.6),
        opening or folder_opening(one), carbon_cny_per_kg=carbon,
    )  # fmt: skip


def power(found, asset_id):
    return found.dispatch.filter(pl.col("asset_id") == asset_id)["power_kw"].to_numpy()


def system(one, carbon=0.0, opening=None):
    count = one.intervals(DAY).len()
    price = np.full(count, 0.7)
    return dispatch.plant_system(one, arrays(one), price, np.full(count, 0.6), opening or folder_opening(one), carbon)


def test_a_plant_is_blocks_on_three_buses():
    one = park()
    found = {block.id: block for block in system(one).blocks}
    kinds = {name: type(block) for name, block in found.items()}
    assert kinds == {
        "_load": Load, "grid": Grid, "_sun": Source, "_heat": Load, "_waste": Source, "BAT": Store, "TK": Store,
        "HP": Converter, "BO": Source,
    }  # fmt: skip
    assert (found["HP"].bus, found["HP"].to_bus, found["HP"].lifted_bus) == ("power", "heat", "waste")
    assert found["HP"].ratio == pytest.approx(np.full(96, heat.cop(one.energy.heat_pump[0])[0]))
    assert found["BAT"].opening_kwh == pytest.approx(600.0)
    assert found["TK"].kept_share == pytest.approx((1 - 0.005) ** 0.25)
    assert found["BO"].price == pytest.approx(0.35 / 0.9)


def test_carbon_is_weighed_into_gas_and_grid_alike():
    plain, priced = ({block.id: block for block in system(park(), carbon).blocks} for carbon in (0.0, 2.0))
    assert priced["grid"].import_price - plain["grid"].import_price == pytest.approx(np.full(96, 1.2))
    assert priced["BO"].price - plain["BO"].price == pytest.approx(2.0 * 0.18254 / 0.9)
    assert (priced["grid"].export_price <= priced["grid"].import_price).all()


def test_a_boiler_whose_factor_is_unknown_emits_nothing_in_the_plan():
    boiler = noun(Boiler, id="BO", power_kw=2000, factor_id="unknown")
    found = {block.id: block for block in system(park(energy=plant(boiler=(boiler,))), 2.0).blocks}
    assert found["BO"].co2e_kg_per_kwh == 0.0


def test_the_emissions_of_a_plan_are_those_of_grid_and_gas():
    built = system(park())
    found = answer(built)
    bought = found.flows["grid.import"].sum() / 4
    gas = found.flows["BO"].sum() / 4
    assert carbon_kg(built, found.flows) == pytest.approx(0.6 * bought + 0.18254 / 0.9 * gas)


def test_one_more_kilowatt_hour_costs_what_the_plan_says():
    one = park()
    found = plan(one)
    assert len(found.marginal_price) == 96
    assert found.marginal_price.min() >= 0.0
    extra = np.zeros(96)
    extra[70] = 0.5
    dearer = plan(one, load_kw=arrays(one)["load_kw"] + extra)
    rise = (dearer.objective_cny - found.objective_cny) / 0.125
    assert rise == pytest.approx(found.marginal_price[70], abs=1e-3)


def test_power_that_is_given_away_is_taken_and_no_store_burns_it():
    price = np.where(np.arange(96) < 16, -0.2, 0.8)
    found = plan(park(), price)
    stored = found.dispatch.filter(pl.col("asset_id") == "BAT")["state_of_charge_kwh"].to_numpy()
    kw = power(found, "BAT")
    gained = np.where(kw > 0, kw * 0.95, kw / 0.95) * 0.25
    assert found.status == "optimal"
    assert np.diff(np.append(600.0, stored)) == pytest.approx(gained, abs=1e-6)
    assert stored[15] == pytest.approx(2000.0)
    assert found.curtailed_kw[:16] == pytest.approx(np.full(16, 200.0))


@pytest.mark.parametrize("load", [400.0, 2500.0, 9000.0])
def test_what_does_not_fit_the_contract_is_drawn_and_named(load):
    one = park(energy=plant(battery=(), grid=plant().grid.model_copy(update={"import_limit_kw": 2000.0})))
    found = plan(one, load_kw=np.full(96, load), heat_kw=np.zeros(96), pv_kw=np.zeros(96))
    over = np.maximum(power(found, "grid") - 2000.0, 0.0).sum() / 4
    assert over == pytest.approx(max(load - 2000.0, 0.0) * 24)
    assert found.status.startswith("optimal" if load <= 2000.0 else "relaxed: import_limit of grid by")


def test_heat_that_nothing_gives_is_named_and_power_still_balances():
    one = park(energy=plant(boiler=(), tank=()))
    found = plan(one, heat_kw=np.full(96, 5000.0))
    assert found.status.startswith("relaxed: heat of heat by ")
    assert found.balance_residual_kwh <= 1e-6


def test_a_tank_that_opens_full_is_not_left_full_for_nothing():
    one = park(energy=plant(tank=(noun(Tank, id="TK", capacity_kwh=2000, loss_share_per_h=0.3),)))
    found = plan(one, opening=Opening(stored_kwh={"BAT": 0.0, "TK": 2000.0}))
    assert found.status == "optimal"
    tank = found.dispatch.filter(pl.col("asset_id") == "TK")
    assert tank["state_of_charge_kwh"][-1] == pytest.approx(2000.0)
    assert set(tank["reason"]) <= {"fill_tank", "serve_heat", "hold"}


@pytest.fixture
def silent(monkeypatch):
    """A solver that gives no point."""
    nothing = linear.Optimum("failed", np.zeros(0), 0.0, np.zeros(0), float("inf"), 0.0, 0)
    monkeypatch.setattr(linear.Solver, "run", lambda self, limit_s, gap=0.0, nodes=None: nothing)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("day", [DAY, WINTER])
def test_without_a_solver_the_day_is_served_by_rules_and_the_rows_keep_their_contract(day):
    one = park()
    found = plan(one, day=day)
    assert found.status == "fallback"
    assert found.dispatch.columns == list(DISPATCH.schema)
    assert power(found, "BAT").tolist() == [0.0] * 96
    assert power(found, "grid") == pytest.approx(900.0 - 200.0 + power(found, "HP"))
    assert found.balance_residual_kwh <= 1e-9
    assert found.marginal_price.size == 0
    served = power(found, "BO") - power(found, "TK") + power(found, "HP") * heat.cop(one.energy.heat_pump[0])[0]
    assert served == pytest.approx(np.full(96, 250.0))


@pytest.mark.usefixtures("silent")
def test_without_a_solver_a_bare_park_draws_what_it_needs():
    one = bare_park()
    found = plan(one, load_kw=np.full(96, 700.0), pv_kw=np.zeros(96), heat_kw=np.zeros(96))
    assert power(found, "grid").tolist() == [700.0] * 96
    assert found.objective_cny == pytest.approx(700.0 * (0.4 + 1.2) * 12)


@settings(max_examples=25)
@given(st.floats(0, 4000), st.floats(0, 4000), st.floats(0, 1500), st.floats(-0.5, 2.0), st.floats(0, 5))
def test_any_day_is_answered_and_its_rows_balance(load, sun, warm, cheap, carbon):
    one = park()
    price = np.where(np.arange(96) % 8 < 4, cheap, 1.0)
    found = plan(
        one, price, carbon=carbon, load_kw=np.full(96, load), pv_kw=np.full(96, sun), heat_kw=np.full(96, warm)
    )
    assert found.status.split(":")[0] in ("optimal", "relaxed")
    used = sun - found.curtailed_kw
    assert power(found, "grid") == pytest.approx(load - used + power(found, "BAT") + power(found, "HP"), abs=1e-5)
    assert (found.curtailed_kw >= 0).all()
    assert found.dispatch.height == 96 * 5


def test_a_battery_that_is_twice_as_large_twice_is_as_good_as_two():
    one = plan(park(energy=plant(battery=(battery(capacity_kwh=4000, power_kw=2000),))))
    two = plan(park(energy=plant(battery=(battery(), battery(id="BAT2")))))
    assert two.objective_cny == pytest.approx(one.objective_cny, rel=1e-6)


def test_net_power_at_the_grid_counts_what_went_beyond_the_contract():
    built = system(park())
    grid = next(iter(built.grids()))
    narrow = replace(grid, import_limit_kw=np.full(96, 10.0))
    found = answer(replace(built, blocks=tuple(narrow if block is grid else block for block in built.blocks)))
    net = dispatch.net_grid_kw(found)
    assert net.max() > 10.0
    assert net == pytest.approx(
        found.flows["grid.import"] + found.flows["grid.over"] - found.flows["grid.export"] - found.flows["grid.shut"]
    )
