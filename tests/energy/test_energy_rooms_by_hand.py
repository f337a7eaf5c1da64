"""Rooms by nodes, by few states and by one, against sums by hand; what follows from what is changed in a building."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from energy_park import building, heat_plant, park, plant, tariff, typical_year
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import climate, envelope, glass, panes, reduced, rooms, shell
from parkwright.energy.facades import Sun
from parkwright.energy.panes import Glazing, Pane
from parkwright.energy.reduced import Reduced
from parkwright.energy.walls import Construction, Layer

PLAIN = Pane(0.8, 0.07, 0.07, thickness_m=0.006)
DOUBLE = Glazing((PLAIN, PLAIN), (0.012,), "argon")
FOAM = Construction((Layer(0.1, 0.04, 30.0, 1400.0),))
STEPS = 48


def cube(glazing=DOUBLE, side=4.0):
    walls = [rooms.Element(f"wall-{a:g}", side * side, 90.0, a, FOAM, sheltered=True) for a in (0.0, 90.0, 270.0)]
    level = [
        rooms.Element(name, side * side, tilt, 0.0, FOAM, sheltered=True)
        for name, tilt in (("roof", 0.0), ("floor", 180.0))
    ]
    window = rooms.Element("window", side * side, 90.0, 180.0, glazing=glazing)
    return rooms.Zone((*walls, *level, window), side**3, 5000.0)


def outside(temperature=0.0, normal=0.0, steps=STEPS):
    full = np.ones(steps)
    sun = Sun(35.0 * full, 180.0 * full, normal * full, 0.1 * normal * full, 0.7 * normal * full, 1360.0 * full)
    return rooms.Climate(temperature * full, temperature * full, 2.0 * full, 0.0 * full, sun, 1.2, 900.0)


def use(convective=0.0, heated=20.0, cooled=26.0, air=0.5):
    full = np.ones(STEPS)
    return rooms.Use(air * full, convective * full, 0.0 * full, heated * full, cooled * full)


def test_a_window_is_two_nodes_a_pane_with_half_its_glass_in_each():
    whole = rooms.body(cube(), 1.2)
    low, high = int(whole.first[-2]), int(whole.first[-1])
    assert high - low == 4
    assert whole.capacity[low:high] == pytest.approx([0.5 * 2500.0 * 840.0 * 0.006] * 4)
    assert whole.link[[low, low + 2]] == pytest.approx([1.0 / 0.006] * 2)
    assert whole.gaps[low + 1] == pytest.approx([0.012, *panes.GASES["argon"], panes.emittance(0.84, 0.84)])
    assert whole.gaps[[low, low + 2, low + 3]] == pytest.approx(np.zeros((3, 6)))
    assert whole.air_j_per_k == pytest.approx(1.2 * 1006.0 * 64.0 + 5000.0)


def test_another_glass_goes_into_the_windows_only():
    single = Glazing((PLAIN,))
    changed = rooms.with_glazing(cube(), single)
    assert [one.glazing for one in changed.elements] == [None] * 5 + [single]
    assert changed.elements[:5] == cube().elements[:5]
    assert rooms.with_glazing(changed, DOUBLE) == cube()


@given(st.lists(st.floats(1.0, 3.0), min_size=6, max_size=6))
def test_the_factors_of_the_radiant_star_answer_their_own_equation(areas):
    area = np.array(areas)
    found = rooms.carroll(area)
    share = area * found / (area * found).sum()
    assert found * (1.0 - np.minimum(share, 0.5)) == pytest.approx(np.ones(6), rel=1e-6)
    assert np.all(np.diff(found[np.argsort(area)]) >= -1e-9)


def test_energy_of_a_run_is_power_by_time_and_the_operative_temperature_the_mean():
    full = np.ones(4)
    run = rooms.Run(20.0 * full, 16.0 * full, 3000.0 * full, 600.0 * full, full, full, full, 0.0, 1800.0)
    assert run.heating_kwh == pytest.approx(3.0 * 4 * 0.5)
    assert run.cooling_kwh == pytest.approx(0.6 * 4 * 0.5)
    assert run.operative_c == pytest.approx(18.0 * full)


@settings(deadline=None, max_examples=6)
@given(st.floats(0.0, 150.0), st.floats(-15.0, 0.0))
def test_heat_of_machines_spares_the_plant_just_as_much(gain, cold):
    with_none = rooms.simulate(cube(), outside(cold), use())
    with_some = rooms.simulate(cube(), outside(cold), use(gain))
    assert with_none.heating_w - with_some.heating_w == pytest.approx(gain * np.ones(STEPS), abs=1e-6)
    assert with_some.air_c == pytest.approx(20.0 * np.ones(STEPS))


def test_air_brought_in_takes_what_air_takes():
    run = rooms.simulate(cube(), outside(-5.0), use(air=2.0))
    assert run.aired_w == pytest.approx(2.0 * 1.2 * 1006.0 * 64.0 / 3600.0 * 25.0 * np.ones(STEPS))


def test_light_known_beforehand_changes_nothing_and_no_sun_leaves_none():
    sunny = outside(5.0, normal=600.0)
    known = rooms.light(cube(), sunny.sun)
    one, other = rooms.simulate(cube(), sunny, use()), rooms.simulate(cube(), sunny, use(), lit=known)
    assert one.heating_w == pytest.approx(other.heating_w)
    assert set(known.incident_w_per_m2) == {"window"}
    assert np.all(known.passed_w > 0.0)
    assert not rooms.light(cube(), outside().sun).absorbed_w_per_m2.any()


def test_the_sun_through_the_window_warms_and_clearer_glass_warms_more():
    dim = Glazing((Pane(0.2, 0.07, 0.07), PLAIN), (0.012,), "argon")
    warm = [
        rooms.simulate(cube(one), outside(5.0, 600.0), use(heated=-99.0, cooled=99.0)).air_c[-1]
        for one in (dim, DOUBLE)
    ]
    dark = rooms.simulate(cube(), outside(5.0), use(heated=-99.0, cooled=99.0)).air_c[-1]
    assert dark < warm[0] < warm[1]


def one_state(loss_w_per_k, capacity_j_per_k):
    a = np.array([[-loss_w_per_k / capacity_j_per_k]])
    b = np.array([[loss_w_per_k, 0.0, 1.0, 1.0, 0.5]]) / capacity_j_per_k
    return Reduced(a, b, np.ones(1), np.zeros(5))


losses, capacities = st.floats(10.0, 5e3), st.floats(1e5, 1e9)


@given(losses, capacities, st.floats(60.0, 86_400.0))
def test_one_state_fades_by_the_exponential_and_settles_at_heat_by_loss(loss, capacity, step_s):
    model = one_state(loss, capacity)
    fade, given_in = model.discrete(step_s)
    assert fade[0, 0] == pytest.approx(math.exp(-loss * step_s / capacity))
    assert given_in[0, 2] == pytest.approx(-math.expm1(-loss * step_s / capacity) / loss, rel=1e-5)
    assert model.gain() == pytest.approx([1.0, 0.0, 1.0 / loss, 1.0 / loss, 0.5 / loss])
    assert model.loss_kw_per_k() == pytest.approx(loss / 1000.0)


@given(losses, capacities, st.floats(1e-6, 1e-2))
def test_one_state_swings_as_a_loss_and_a_store_in_parallel(loss, capacity, rad_per_s):
    by_hand = 1.0 / math.hypot(loss, rad_per_s * capacity)
    assert envelope.swing(one_state(loss, capacity), rad_per_s) == pytest.approx(by_hand)
    assert envelope.swing(one_state(loss, capacity), 0.0) == pytest.approx(1.0 / loss)


def test_free_air_begins_at_rest_and_goes_to_the_new_rest():
    inputs = np.zeros((400, 5))
    inputs[0, 2], inputs[1:, 2] = 100.0, 300.0
    found = one_state(100.0, 1e6).free_c(inputs, 600.0)
    assert found[0] == pytest.approx(1.0)
    assert found[1] == pytest.approx(3.0 - 2.0 * math.exp(-0.06))
    assert found[-1] == pytest.approx(3.0, abs=1e-6)
    assert np.all(np.diff(found) >= 0.0)


@given(losses, st.floats(1e5, 1e7), losses)
def test_a_state_that_nothing_moves_is_left_out_without_loss(loss, capacity, other):
    model = one_state(loss, capacity)
    padded = Reduced(
        np.diag([model.a[0, 0], -other / capacity]), np.vstack([model.b, np.zeros(5)]), np.ones(2), np.zeros(5)
    )
    found = reduced.reduce(padded, 1)
    assert found.a.shape == (1, 1)
    assert found.gain() == pytest.approx(model.gain(), rel=1e-6, abs=1e-12)
    assert envelope.swing(found, envelope.DAY_RAD_PER_S) == pytest.approx(
        envelope.swing(model, envelope.DAY_RAD_PER_S), rel=1e-6
    )


@lru_cache(maxsize=1)
def sunny():
    return replace(park(), weather=typical_year())


@lru_cache(maxsize=32)
def figures(**fields):
    return envelope.of_building(sunny(), building(**fields))


def test_more_outside_air_loses_just_what_that_air_takes():
    density = climate.of_park(sunny(), 3600.0).density_kg_per_m3
    more = figures(air_changes_per_h=1.5).loss_kw_per_k - figures(air_changes_per_h=0.5).loss_kw_per_k
    assert more == pytest.approx(density * rooms.AIR_J_PER_KGK * 50_000.0 / 3600.0 / 1000.0, rel=1e-6)


@pytest.mark.parametrize(
    ("less", "more", "name"),
    [
        ({"wall_u": 0.3}, {"wall_u": 0.9}, "loss_kw_per_k"),
        ({"roof_u": 0.2}, {"roof_u": 0.8}, "loss_kw_per_k"),
        ({"glass_u": 1.2}, {"glass_u": 2.8}, "loss_kw_per_k"),
        ({"glass_area_m2": 100.0}, {"glass_area_m2": 900.0}, "aperture_m2"),
        ({"glass_g": 0.25}, {"glass_g": 0.6}, "aperture_m2"),
        ({"roof_u": 0.2}, {"roof_u": 0.8}, "sky_kw"),
        ({"heat_capacity_wh_per_m2k": 40.0}, {"heat_capacity_wh_per_m2k": 200.0}, "capacity_kwh_per_k"),
    ],
)
def test_what_a_building_is_made_of_moves_its_figures_the_way_it_must(less, more, name):
    assert 0.0 < getattr(figures(**less), name) < getattr(figures(**more), name)


def test_a_park_has_one_envelope_a_building_in_order_with_its_own_set_points():
    two = (building("B1"), building("B2", heating_setpoint_c=17.0, wall_u=1.2), building("B3"))
    found = envelope.of_park(replace(sunny(), buildings=two))
    assert [one.heating_setpoint_c for one in found] == [20.0, 17.0, 20.0]
    assert found[0] == found[2]
    assert found[1].loss_kw_per_k > found[0].loss_kw_per_k
    assert found[0].loss_kw_per_k == pytest.approx(figures().loss_kw_per_k)


def test_one_state_of_a_building_loses_what_its_nodes_lose_at_rest():
    one = building()
    year = climate.of_park(sunny(), 3600.0)
    nodes = reduced.full(shell.zone_of(one), year, one.air_changes_per_h)
    assert figures().loss_kw_per_k == pytest.approx(nodes.loss_kw_per_k(), rel=1e-9)


@pytest.mark.parametrize("u", [1.0, 2.5, 4.0, 4.7])
@pytest.mark.parametrize("g", [0.2, 0.4, 0.6])
def test_glass_of_asked_figures_has_them_up_to_one_pane(u, g):
    found = shell.glazing_of(u, g)
    assert panes.u_value(found) == pytest.approx(u, abs=0.02)
    assert panes.g_value(found) == pytest.approx(g, abs=0.02)


def steady_run(heating_w, cooling_w, hours=8760):
    full = np.ones(hours)
    zero = 0.0 * full
    return rooms.Run(20.0 * full, 20.0 * full, heating_w * full, cooling_w * full, zero, zero, zero, 0.0, 3600.0)


@lru_cache(maxsize=1)
def priced():
    return park(energy=plant(**heat_plant()), tariffs=(tariff(),))


@settings(deadline=None, max_examples=10)
@given(st.floats(100.0, 1e5), st.floats(100.0, 1e5))
def test_twice_the_heat_and_cold_is_twice_the_bill(heating, cooling):
    once, twice = (glass.bill(priced(), steady_run(n * heating, n * cooling)) for n in (1, 2))
    for name in ("heating_kwh", "cooling_kwh", "electricity_kwh", "gas_kwh", "cost_cny", "co2e_kg"):
        assert getattr(twice, name) == pytest.approx(2.0 * getattr(once, name))
    assert once.heating_kwh == pytest.approx(8.76 * heating)
    assert (once.peak_heating_kw, once.peak_cooling_kw) == pytest.approx((heating / 1000.0, cooling / 1000.0))


def test_a_building_that_takes_nothing_pays_nothing():
    none = glass.bill(priced(), steady_run(0.0, 0.0))
    assert (none.electricity_kwh, none.gas_kwh, none.cost_cny, none.co2e_kg) == (0.0, 0.0, 0.0, 0.0)


def test_use_keeps_the_buildings_air_and_band_and_gives_two_fifths_of_gains_to_the_air():
    found = glass.use_of(priced(), building(air_changes_per_h=0.8, heating_setpoint_c=18.0), 3600.0)
    assert found.air_changes_per_h == pytest.approx(np.full(8760, 0.8))
    assert found.heated_c == pytest.approx(np.full(8760, 18.0))
    assert 0.6 * found.convective_w == pytest.approx(0.4 * found.radiant_w)
    assert found.convective_w.min() >= 0.0
