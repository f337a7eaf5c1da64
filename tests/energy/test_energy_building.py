"""Buildings by one state: exact steps, energy balance, comfort band, and the figures reduced from the nodes."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from energy_park import bare_park, building, park
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import building as house
from parkwright.energy import climate, envelope, reduced
from parkwright.energy.shell import zone_of
from parkwright.store.folder import load

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
STATES = st.tuples(st.floats(5, 40), st.floats(-30, 45), st.floats(0, 1000), st.floats(0, 2000), st.floats(60, 7200))


SHELL = house.Envelope(4.0, 350.0, 160.0, 1.5, 20.0, 26.0)
FREE = replace(SHELL, heating_setpoint_c=-1e6, cooling_setpoint_c=1e6)


def test_area_and_perimeter_of_an_l_shape():
    corners = ((0, 0), (4, 0), (4, 1), (1, 1), (1, 3), (0, 3))
    assert house.area_m2(corners) == pytest.approx(6)
    assert house.perimeter_m(corners) == pytest.approx(14)


def test_a_building_left_alone_fades_to_the_outside_as_the_exponential_says():
    found, heat, cold = house.step(25.0, 10.0, 0.0, 0.0, replace(FREE, sky_kw=0.0), 3600)
    assert found == pytest.approx(10 + 15 * math.exp(-SHELL.loss_kw_per_k / SHELL.capacity_kwh_per_k))
    assert (heat, cold) == (0.0, 0.0)


def test_a_clear_sky_takes_its_share_and_the_sun_gives_its():
    found = house.step(15.0, 15.0, 0.0, 0.0, FREE, 10**9)[0]
    assert found == pytest.approx(15.0 - 1.5 / 4.0)
    assert house.step(15.0, 15.0, 100.0, 0.0, FREE, 10**9)[0] == pytest.approx(found + 16.0 / 4.0)


def test_holding_the_set_point_costs_the_steady_loss():
    found, heat, cold = house.step(20.0, -10.0, 0.0, 0.0, SHELL, 900)
    assert found == 20.0
    assert heat == pytest.approx(30 * 4.0 + 1.5)
    assert cold == 0.0


@settings(max_examples=200)
@given(STATES)
def test_energy_is_conserved_in_a_step(state):
    before, outside, solar, inside, step_s = state
    after, heat, cold = house.step(before, outside, solar, inside, SHELL, step_s)
    gains = inside + solar * SHELL.aperture_m2 / 1000 - SHELL.sky_kw + heat - cold
    free = outside + gains / SHELL.loss_kw_per_k
    fade = math.exp(-SHELL.loss_kw_per_k * step_s / 3600 / SHELL.capacity_kwh_per_k)
    mean = free + (before - free) * (1 - fade) / (-math.log(fade))
    stored = SHELL.capacity_kwh_per_k * (after - before)
    flowed = (gains - SHELL.loss_kw_per_k * (mean - outside)) * step_s / 3600
    assert stored == pytest.approx(flowed, rel=1e-6, abs=1e-6)


@settings(max_examples=200)
@given(STATES)
def test_the_rooms_stay_in_the_band_and_are_never_heated_and_cooled_at_once(state):
    before, outside, solar, inside, step_s = state
    after, heat, cold = house.step(before, outside, solar, inside, SHELL, step_s)
    assert 20.0 <= after <= 26.0
    assert heat >= 0.0
    assert cold >= 0.0
    assert heat * cold == 0.0


@settings(max_examples=100)
@given(STATES)
def test_two_half_steps_of_a_free_building_equal_one(state):
    before, outside, solar, inside, step_s = state
    half, _, _ = house.step(before, outside, solar, inside, FREE, step_s / 2)
    assert house.step(half, outside, solar, inside, FREE, step_s / 2)[0] == pytest.approx(
        house.step(before, outside, solar, inside, FREE, step_s)[0], rel=1e-9, abs=1e-9
    )


def test_many_buildings_at_once_equal_each_alone():
    shells = [SHELL, replace(SHELL, aperture_m2=0.0, loss_kw_per_k=9.0), replace(SHELL, capacity_kwh_per_k=1.0)]
    before, inside = np.array([18.0, 22.0, 30.0]), np.array([0.0, 50.0, 400.0])
    for outside in (-10.0, 24.0, 38.0):
        together = house.step_all(before, outside, 500.0, inside, house.stack(shells), 900)
        for k, one in enumerate(shells):
            alone = house.step(before[k], outside, 500.0, inside[k], one, 900)
            assert [part[k] for part in together] == pytest.approx(alone)


def test_a_building_that_stores_nothing_follows_the_outside_at_once():
    found, _, _ = house.step(30.0, 22.0, 0.0, 0.0, replace(FREE, capacity_kwh_per_k=0.0, sky_kw=0.0), 60)
    assert found == pytest.approx(22.0)


def figures(**fields):
    one = building(**fields)
    return envelope.of_building(park(buildings=(one,)), one)


def test_the_loss_is_that_of_walls_roof_glass_and_air():
    found = figures(wall_u=0.5, roof_u=0.2, glass_u=2, air_changes_per_h=0.5)
    known = (0.5 * 2700 + 0.2 * 5000 + 2 * 300 + 0.33 * 0.5 * 50_000) / 1000
    assert found.loss_kw_per_k == pytest.approx(known, rel=0.06)


def test_better_glass_takes_less_sun_and_loses_less():
    clear, dim = figures(glass_g=0.7, glass_u=2.5), figures(glass_g=0.3, glass_u=1.2)
    assert dim.aperture_m2 < clear.aperture_m2
    assert dim.loss_kw_per_k < clear.loss_kw_per_k


def test_more_mass_swings_less_and_a_day_reaches_only_part_of_it():
    light, heavy = figures(heat_capacity_wh_per_m2k=30), figures(heat_capacity_wh_per_m2k=150)
    assert light.capacity_kwh_per_k < heavy.capacity_kwh_per_k < 150 * 5000 / 1000


def test_one_state_swings_with_the_day_as_the_nodes_do():
    one = building()
    whole = park(buildings=(one,))
    shell = envelope.of_building(whole, one)
    nodes = reduced.full(zone_of(one), climate.of_park(whole, 3600.0), one.air_changes_per_h)
    own = 1.0 / abs(shell.loss_kw_per_k + 1j * shell.capacity_kwh_per_k * 2 * math.pi / 24) / 1000
    assert own == pytest.approx(envelope.swing(nodes, envelope.DAY_RAD_PER_S), rel=0.02)


def test_like_buildings_are_found_once_and_keep_their_own_set_points():
    houses = (building("a"), building("b"), building("c", heating_setpoint_c=15))
    found = envelope.of_park(park(buildings=houses))
    assert found[0] is found[1]
    assert found[2].heating_setpoint_c == 15
    assert found[2].loss_kw_per_k == found[0].loss_kw_per_k


def test_a_park_without_weather_has_no_sun_and_one_without_buildings_no_figures():
    dark = envelope.of_park(park(weather=park().weather.clear()))
    assert dark[0].aperture_m2 == 0.0
    assert dark[0].loss_kw_per_k > 0.0
    assert envelope.of_park(bare_park()) == ()


def test_the_figures_of_the_tianjin_halls_are_plausible():
    found = envelope.of_park(load(TIANJIN))
    assert found[0] == found[1] == found[2]
    assert found[0].loss_kw_per_k == pytest.approx(22.0, rel=0.05)
    assert found[0].aperture_m2 == pytest.approx(240.0, rel=0.15)
    assert 200.0 < found[0].capacity_kwh_per_k < 1134.0


def test_hours_of_the_tianjin_weather_are_a_year():
    assert load(TIANJIN).weather.select(pl.len()).item() == 8760
