"""Model predictive control: what it costs against foresight; what happens is physical whatever was forecast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from systems import battery, random_park, site

from parkwright.energy import control, golden
from parkwright.energy.answer import answer, cost_cny
from parkwright.energy.blocks import Demand, Flexible, Load, Source, Store
from parkwright.energy.case import system
from parkwright.model.errors import PlanError


def half_full(park):
    blocks = (replace(b, opening_kwh=b.capacity_kwh / 2) if isinstance(b, Store) else b for b in park.blocks)
    return replace(park, blocks=tuple(blocks))


@pytest.fixture(scope="module")
def week():
    """The first golden week, which is expected to be like itself."""
    case = golden.CASE
    return half_full(system(case, golden.series(672))[0])


@pytest.fixture(scope="module")
def foresight(week):
    return answer(week)


@pytest.fixture(scope="module")
def month(week):
    return control.month_peak_kw(week)


def run(week, month, noise=0.0, seed=1, every=8):
    return control.control(week, month, np.random.default_rng(seed), noise, every=every)


def test_the_month_plan_tells_the_peak_of_the_optimum(month, foresight):
    assert month == {"grid": pytest.approx(foresight.flows["grid.peak"][0])}


def one_hard_day(days=12):
    """Days of four dear hours each; one needs far more, and a battery that helps all of them a little."""
    load = np.tile([2.0, 2.0, 4.0, 4.0], days)
    load[22:24] = 30.0
    demand = Demand(np.zeros(4 * days, dtype=np.int64), np.array([3.0]), np.zeros(1))
    return site(load, np.tile([0.2, 0.2, 1.0, 1.0], days), battery(8.0, 8.0, opening=0.0), demand=demand)


def test_where_forecasts_err_the_worst_day_sets_the_peak_and_where_they_are_certain_the_days_that_repay_it():
    park = one_hard_day()
    doubtful = control.month_peak_kw(park, 4)["grid"]
    assert doubtful == pytest.approx(answer(park).flows["grid.peak"][0])
    assert doubtful >= 20.0
    certain = control.month_peak_kw(park, 4, 24.0)["grid"]
    assert certain == pytest.approx(6.0)
    assert set(control.month_peak_kw(park, 4, 24.0)) == {"grid"}


@pytest.mark.parametrize(("days", "peak"), [(24.0, 6.0), (15.0, 0.0), (0.5, 0.0)])
def test_a_peak_is_paid_ahead_only_while_enough_days_are_left_to_repay_it(days, peak):
    assert control.month_peak_kw(one_hard_day(), 4, days)["grid"] == pytest.approx(peak, abs=1e-9)


def test_only_the_last_two_weeks_say_what_certain_days_to_come_are_like():
    early, late = np.tile([2.0, 2.0, 20.0, 20.0], 20), np.tile([2.0, 2.0, 4.0, 4.0], 14)
    demand = Demand(np.zeros(136, dtype=np.int64), np.array([3.0]), np.zeros(1))
    price = np.tile([0.2, 0.2, 1.0, 1.0], 34)
    both = site(np.append(early, late), price, battery(8.0, 8.0, opening=0.0), demand=demand)
    assert control.month_peak_kw(both, 4, 28.0)["grid"] == pytest.approx(6.0)


def test_what_a_certain_day_buys_alone_is_never_bought_to_be_sold():
    demand = Demand(np.zeros(16, dtype=np.int64), np.array([1.0]), np.zeros(1))
    prices = {"export": 2.0, "export_limit": 5.0, "demand": demand}
    park = site(np.tile([2.0, 2.0, 4.0, 4.0], 4), np.full(16, 0.5), battery(8.0, 8.0, opening=0.0), **prices)
    circular = replace(
        park, blocks=tuple(replace(b, opening_kwh=None) if isinstance(b, Store) else b for b in park.blocks)
    )
    assert control.month_peak_kw(park, 4, 8.0) == pytest.approx(control.month_peak_kw(circular, 4))


def test_with_a_perfect_forecast_of_a_day_control_is_nearly_as_good_as_foresight(week, month, foresight):
    found = run(week, month)
    assert foresight.objective_cny <= found.cost_cny + 1e-6
    assert found.cost_cny / foresight.objective_cny - 1 <= 0.015
    share, best = control.regret(week, found)
    assert best == pytest.approx(foresight.objective_cny)
    assert share == pytest.approx(found.cost_cny / best - 1)
    assert found.words == {"optimal": 84}
    assert found.plans == 84


def test_control_keeps_four_fifths_of_what_it_could_save_although_forecasts_err(week, month, foresight):
    still = control.uncontrolled(week)
    found = run(week, month, noise=0.15)
    assert (still - found.cost_cny) / (still - foresight.objective_cny) >= 0.8
    assert found.residual_kwh <= 1e-9


def test_a_month_that_knows_its_peak_does_better_than_one_that_plans_each_day_alone(week, month):
    assert run(week, month).cost_cny < run(week, None).cost_cny


def test_the_flows_are_those_of_a_physical_system(week, month):
    found = run(week, month, noise=0.5, every=8)
    assert found.residual_kwh <= 1e-9
    for name in ("battery", "tank"):
        stored, store = found.flows[f"{name}.stored"], next(b for b in week.blocks if b.id == name)
        assert stored.min() >= -1e-9
        assert stored.max() <= store.capacity_kwh + 1e-9
        assert len(stored) == week.steps
    assert found.flows["grid.import"].max() == pytest.approx(found.peak_kw["grid"])
    assert found.cost_cny >= cost_cny(week, found.flows) - 1e-6


def test_the_same_seed_gives_the_same_course_and_another_seed_another(week, month):
    first, again, other = (run(week, month, 0.3, seed, 24).cost_cny for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_a_window_holds_the_steps_the_openings_and_the_peaks_that_were_reached(week):
    floors = {"grid": np.array([1234.0])}
    cut = control.window(week, 10, 30, {"battery": 7.0, "tank": 9.0}, floors)
    assert cut.steps == 20
    assert np.array_equal(cut.blocks[0].power_kw, week.blocks[0].power_kw[10:30])
    grid = next(iter(cut.grids()))
    assert grid.demand.floor_kw.tolist() == [1234.0]
    stores = {store.id: store for store in cut.stores()}
    assert (stores["battery"].opening_kwh, stores["battery"].end_kwh) == (7.0, 0.0)
    last = control.window(week, 600, 672, {"battery": 7.0, "tank": 9.0}, floors)
    assert {store.id: store.end_kwh for store in last.stores()} == {"battery": 2000.0, "tank": 3000.0}


def test_billing_periods_keep_their_floor_across_a_window():
    group = np.repeat([0, 1], 4).astype(np.int64)
    demand = Demand(group, np.array([1.0, 2.0]), np.zeros(2))
    park = site(5.0, np.ones(8), battery(opening=1.0), demand=demand)
    floors = {"grid": np.array([3.0, 4.0])}
    later = next(iter(control.window(park, 5, 8, {"battery": 1.0}, floors).grids())).demand
    assert (later.group.tolist(), later.price.tolist(), later.floor_kw.tolist()) == ([0, 0, 0], [2.0], [4.0])
    both = next(iter(control.window(park, 2, 6, {"battery": 1.0}, floors).grids())).demand
    assert (both.group.tolist(), both.floor_kw.tolist()) == ([0, 0, 1, 1], [3.0, 4.0])


def test_a_battery_shaves_to_the_target_of_the_month_and_no_further():
    load = np.array([2.0, 2.0, 9.0, 2.0, 2.0, 2.0])
    demand = Demand(np.zeros(6, dtype=np.int64), np.array([50.0]), np.zeros(1))
    park = site(load, np.ones(6), battery(20.0, 9.0, opening=10.0, end=0.0), demand=demand)
    found = control.control(park, {"grid": 5.0}, np.random.default_rng(1), horizon=6, every=1)
    assert found.peak_kw["grid"] == pytest.approx(5.0)


def test_energy_is_held_for_the_guard_and_heat_is_not_made_to_be_kept(week, month):
    cut = control.window(week, 0, 20, {"battery": 7.0, "tank": 9.0}, {"grid": np.zeros(1)})
    assert {store.id: store.hold_price > 0.0 for store in cut.stores()} == {"battery": True, "tank": False}
    heat = Load("heat", "heat", np.full(48, 1.0))
    tank = Store("tank", "heat", 100.0, np.inf, np.inf, kept_share=0.99, opening_kwh=0.0)
    gas = Source("gas", "heat", np.full(48, 50.0), 0.01)
    park = site(1.0, np.full(48, 0.5), heat, tank, gas)
    found = control.control(park, None, np.random.default_rng(1), horizon=24, every=4)
    assert found.flows["tank.stored"].max() == pytest.approx(0.0, abs=1e-9)


def test_what_is_missing_in_a_store_at_the_end_is_paid_at_the_dearest_price():
    load, demand = np.ones(8), None
    load[7] = 3.0
    store = battery(4.0, 1.0, opening=2.0, end=0.0)
    price = np.array([0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.9])
    park = site(load, price, store, demand=demand)
    found = control.control(park, None, np.random.default_rng(1), horizon=8, every=8)
    missing = 2.0 - float(found.flows["battery.stored"][-1])
    assert missing > 0.5
    assert found.cost_cny == pytest.approx(cost_cny(park, found.flows) + 0.9 * missing)


def test_without_forecast_error_nothing_is_drawn():
    park = half_full(random_park(np.random.default_rng(2), 24))
    rng = np.random.default_rng(3)
    before = rng.bit_generator.state
    control.control(park, None, rng, horizon=12, every=6)
    assert rng.bit_generator.state == before


def test_what_cannot_be_controlled_is_refused_by_name():
    rng = np.random.default_rng(1)
    with pytest.raises(PlanError, match="store 'battery' has no opening; say what it holds"):
        control.control(site(1.0, [1.0], battery()), None, rng)
    with pytest.raises(PlanError, match="'car' may be moved; plan it first"):
        control.control(site(1.0, [1.0], Flexible("car", "power", 1.0, 1.0, 0, 1)), None, rng)


def test_without_control_stores_rest_and_the_pump_is_off(week):
    still = control.uncontrolled(week)
    assert still > answer(week).objective_cny
    bare = site(3.0, [1.0, 2.0], Source("sun", "power", np.array([1.0, 9.0])), Load("more", "power", np.ones(2)))
    assert control.uncontrolled(bare) == pytest.approx(3.0)
