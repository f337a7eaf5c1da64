"""A system that follows set-points: limits hold, buses balance, and the guard keeps the billing peak."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from systems import battery, heated, random_park, site

from parkwright.energy.answer import answer, cost_cny, residual_kwh
from parkwright.energy.blocks import Converter, Flexible, Job, Source, Store
from parkwright.energy.follow import Guard, follow, guarded_kw


def kept(system, flows):
    """Whether all physical limits hold and every bus and store balances."""
    for store in system.stores():
        stored = flows[f"{store.id}.stored"]
        assert stored.min() >= min(store.low_kwh, stored[0]) - 1e-9
        assert stored.max() <= store.capacity_kwh + 1e-9
        assert flows[f"{store.id}.charge"].max() <= store.charge_kw + 1e-9
        assert flows[f"{store.id}.discharge"].max() <= store.discharge_kw + 1e-9
    for block in system.blocks:
        if isinstance(block, Source | Converter):
            assert (flows[block.id] <= block.limit_kw + 1e-9).all()
            assert (flows[block.id] >= -1e-9).all()
    return residual_kwh(system, flows) <= 1e-9


def test_without_set_points_stores_rest_and_the_grid_serves():
    system = site([5.0, 9.0], [1.0, 1.0], battery(opening=3.0))
    flows = follow(system, {})
    assert flows["grid.import"].tolist() == [5.0, 9.0]
    assert flows["battery.stored"].tolist() == [3.0, 3.0]
    assert kept(system, flows)


def test_an_optimal_plan_that_is_followed_costs_what_it_said():
    for seed in range(3):
        park = random_park(np.random.default_rng(seed), 24)
        park = park.__class__(park.step_h, park.steps, tuple(opened(block) for block in park.blocks))
        planned = answer(park)
        flows = follow(park, planned.flows)
        assert kept(park, flows)
        assert cost_cny(park, flows) == pytest.approx(planned.objective_cny, rel=1e-6)


def opened(block):
    if isinstance(block, Store):
        return Store(*(getattr(block, name) for name in block.__slots__[:9]), opening_kwh=block.capacity_kwh / 2)
    return block


def test_a_battery_gives_no_more_than_it_holds_and_takes_no_more_than_fits():
    system = site(0.0, [1.0] * 4, battery(10.0, 6.0, 0.8, opening=4.0))
    wanted = {"battery.discharge": np.array([6.0, 6, 0, 0]), "battery.charge": np.array([0.0, 0, 6, 99])}
    flows = follow(system, wanted)
    assert flows["battery.discharge"].tolist() == pytest.approx([3.2, 0, 0, 0])
    assert flows["battery.charge"].tolist() == pytest.approx([0, 0, 6, 6])
    assert kept(system, flows)


def test_a_tank_takes_what_the_plan_did_not_foresee_then_the_boiler_helps():
    tank, boiler = Store("tank", "heat", 10, 99, 99, opening_kwh=4.0), Source("boiler", "heat", np.full(3, 8.0), 1.0)
    system = site(0.0, [1.0] * 3, *heated([5.0, 9.0, 20.0], tank, boiler))
    flows = follow(system, {"boiler": np.array([6.0, 6.0, 6.0])})
    assert flows["tank.charge"].tolist() == [1.0, 0.0, 0.0]
    assert flows["tank.discharge"].tolist() == [0.0, 3.0, 2.0]
    assert flows["boiler"].tolist() == [6.0, 6.0, 8.0]
    assert flows["heat.unserved"].tolist() == [0.0, 0.0, 10.0]
    assert kept(system, flows)


def test_heat_that_fits_nowhere_is_not_made():
    boiler = Source("boiler", "heat", np.full(1, 8.0), 1.0)
    flows = follow(site(0.0, [1.0], *heated([5.0], boiler)), {"boiler": np.array([8.0])})
    assert flows["boiler"].tolist() == [5.0]
    assert flows["heat.spilled"].tolist() == [0.0]


def test_a_pump_lifts_no_more_than_its_source_gives():
    pump = Converter("pump", "power", "heat", np.full(1, 9.0), np.full(1, 3.0), "waste")
    system = site(0.0, [1.0], *heated([30.0], pump, Source("w", "waste", np.full(1, 8.0))))
    flows = follow(system, {"pump": np.array([9.0])})
    assert flows["pump"].tolist() == [4.0]
    assert flows["w"].tolist() == [8.0]
    assert flows["heat.unserved"].tolist() == [18.0]
    assert kept(system, flows)


def test_sun_beyond_the_contract_is_curtailed_and_where_selling_costs_all_surplus_is():
    sun = Source("sun", "power", np.full(2, 100.0))
    flows = follow(site(10.0, [1.0, 1.0], sun, export=[0.1, -0.1], export_limit=30.0), {})
    assert flows["sun"].tolist() == [40.0, 10.0]
    assert flows["grid.export"].tolist() == [30.0, 0.0]


def test_flexible_energy_and_jobs_without_a_set_point_are_served_as_early_as_they_may():
    car, oven = Flexible("car", "power", 4.0, 6.0, 1, 4), Job("oven", "power", np.full(2, 3.0), np.array([2, 3]))
    system = site(0.0, [1.0] * 5, car, oven)
    flows = follow(system, {})
    assert flows["car"].tolist() == [0, 4, 2, 0, 0]
    assert flows["oven.starts"].tolist() == [1.0, 0.0]
    assert kept(system, flows)
    later = follow(system, {"car": np.array([9.0, 0, 0, 3, 9]), "oven.starts": np.array([0.0, 1.0])})
    assert later["car"].tolist() == [0, 3, 0, 3, 0]
    assert later["grid.import"].tolist() == [0, 3, 0, 6, 3]


@pytest.mark.parametrize(
    ("planned", "other", "charge", "peak", "kw"),
    [
        (0.0, 80.0, 100.0, 100.0, 0.0),
        (50.0, 80.0, 100.0, 100.0, 20.0),
        (50.0, 80.0, 90.0, 120.0, 10.0),
        (50.0, 95.0, 90.0, 120.0, 0.0),
        (0.0, 130.0, 100.0, 100.0, -30.0),
        (0.0, 130.0, 100.0, 120.0, -10.0),
        (-50.0, 130.0, 100.0, 100.0, -50.0),
    ],
)
def test_the_guard_charges_less_and_then_discharges_to_keep_the_peak(planned, other, charge, peak, kw):
    assert guarded_kw(planned, other, charge, peak) == kw


def test_the_guard_keeps_the_billing_peak_while_the_battery_lasts():
    system = site([5.0, 9.0, 9.0, 9.0], [1.0] * 4, battery(10.0, 5.0, opening=5.0))
    flows = follow(system, {"battery.charge": np.full(4, 2.0)}, {"grid": Guard(np.full(4, 6.0), np.full(4, 6.0))})
    assert flows["grid.import"].tolist() == [6.0, 6.0, 6.0, 9.0]
    assert kept(system, flows)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(0, 3), st.booleans())
def test_whatever_is_wanted_limits_hold_and_buses_balance(seed, wild, guarded):
    rng = np.random.default_rng(seed)
    park = random_park(rng, 20)
    wanted = {name: flow * wild * rng.random(len(flow)) for name, flow in answer(park).flows.items()}
    opened_park = park.__class__(park.step_h, park.steps, tuple(opened(block) for block in park.blocks))
    guard = {"grid": Guard(np.full(20, 400.0), np.full(20, 500.0))} if guarded else None
    assert kept(opened_park, follow(opened_park, wanted, guard))
