"""One-node buildings: exact steps, energy balance, comfort band."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from energy_park import building
from hypothesis import given, settings
from hypothesis import strategies as st
from pvlib import irradiance

from parkwright.energy import building as house
from parkwright.energy import sun
from parkwright.store.folder import load

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
STATES = st.tuples(st.floats(5, 40), st.floats(-30, 45), st.floats(0, 1000), st.floats(0, 2000), st.floats(60, 7200))


def test_an_envelope_adds_up_walls_roof_glass_and_air():
    shell = house.envelope(building(wall_u=0.5, roof_u=0.2, glass_u=2, air_changes_per_h=0.5, glass_g=0.4))
    walls = 0.5 * (300 * 10 - 300)
    assert shell.loss_kw_per_k == pytest.approx((walls + 0.2 * 5000 + 2 * 300 + 0.33 * 0.5 * 50_000) / 1000)
    assert shell.capacity_kwh_per_k == pytest.approx(70 * 5000 / 1000)
    assert shell.aperture_m2 == pytest.approx(120)


def test_area_and_perimeter_of_an_l_shape():
    corners = ((0, 0), (4, 0), (4, 1), (1, 1), (1, 3), (0, 3))
    assert house.area_m2(corners) == pytest.approx(6)
    assert house.perimeter_m(corners) == pytest.approx(14)


def test_a_building_left_alone_fades_to_the_outside_as_the_exponential_says():
    one = building(heating_setpoint_c=0, cooling_setpoint_c=40)
    shell = house.envelope(one)
    found, heat, cold = house.step(25.0, 10.0, 0.0, 0.0, one, 3600)
    assert found == pytest.approx(10 + 15 * math.exp(-shell.loss_kw_per_k / shell.capacity_kwh_per_k))
    assert (heat, cold) == (0.0, 0.0)


def test_holding_the_set_point_costs_the_steady_loss():
    one = building(heating_setpoint_c=20)
    found, heat, cold = house.step(20.0, -10.0, 0.0, 0.0, one, 900)
    assert found == 20.0
    assert heat == pytest.approx(30 * house.envelope(one).loss_kw_per_k)
    assert cold == 0.0


@settings(max_examples=200)
@given(STATES)
def test_energy_is_conserved_in_a_step(state):
    before, outside, solar, inside, step_s = state
    shell = house.envelope(building(heating_setpoint_c=18, cooling_setpoint_c=27))
    after, heat, cold = house.step(before, outside, solar, inside, shell, step_s)
    gains = inside + solar * house.FACADE_SHARE * shell.aperture_m2 / 1000 + heat - cold
    free = outside + gains / shell.loss_kw_per_k
    fade = math.exp(-shell.loss_kw_per_k * step_s / 3600 / shell.capacity_kwh_per_k)
    mean = free + (before - free) * (1 - fade) / (-math.log(fade))
    stored = shell.capacity_kwh_per_k * (after - before)
    flowed = (gains - shell.loss_kw_per_k * (mean - outside)) * step_s / 3600
    assert stored == pytest.approx(flowed, rel=1e-6, abs=1e-6)


@settings(max_examples=200)
@given(STATES)
def test_the_rooms_stay_in_the_band_and_are_never_heated_and_cooled_at_once(state):
    before, outside, solar, inside, step_s = state
    after, heat, cold = house.step(before, outside, solar, inside, building(), step_s)
    assert 20.0 <= after <= 26.0
    assert heat >= 0.0
    assert cold >= 0.0
    assert heat * cold == 0.0


@settings(max_examples=100)
@given(STATES)
def test_two_half_steps_of_a_free_building_equal_one(state):
    before, outside, solar, inside, step_s = state
    one = building(heating_setpoint_c=0, cooling_setpoint_c=40).model_copy(
        update={"heating_setpoint_c": -1e6, "cooling_setpoint_c": 1e6}
    )
    half, _, _ = house.step(before, outside, solar, inside, one, step_s / 2)
    assert house.step(half, outside, solar, inside, one, step_s / 2)[0] == pytest.approx(
        house.step(before, outside, solar, inside, one, step_s)[0], rel=1e-9, abs=1e-9
    )


def test_many_buildings_at_once_equal_each_alone():
    houses = [building("a"), building("b", glass_area_m2=0, wall_u=2), building("c", floor_area_m2=1)]
    before, inside = np.array([18.0, 22.0, 30.0]), np.array([0.0, 50.0, 400.0])
    for outside in (-10.0, 24.0, 38.0):
        together = house.step_all(before, outside, 500.0, inside, house.stack(houses), 900)
        for k, one in enumerate(houses):
            alone = house.step(before[k], outside, 500.0, inside[k], one, 900)
            assert [part[k] for part in together] == pytest.approx(alone)


def test_a_building_without_floor_follows_the_outside_at_once():
    found, _, _ = house.step(30.0, 22.0, 0.0, 0.0, building(floor_area_m2=0), 60)
    assert found == pytest.approx(22.0)


def test_better_glass_asks_for_less_cold_in_the_sun():
    clear = house.step(26.0, 30.0, 900.0, 100.0, building(glass_g=0.8), 900)[2]
    assert house.step(26.0, 30.0, 900.0, 100.0, building(glass_g=0.3), 900)[2] < clear


def test_the_share_of_the_facades_is_what_the_tianjin_year_gives():
    one = load(TIANJIN)
    start = datetime(2024, 12, 31, 16, 30, tzinfo=UTC)
    times = [start + timedelta(hours=k) for k in range(8760)]
    elevation, azimuth = sun.position(one.site, times)
    ghi, dni, dhi = (one.weather[f"{name}_w_per_m2"].to_numpy() for name in ("ghi", "dni", "dhi"))
    facades = [
        irradiance.get_total_irradiance(90, side, 90 - elevation, azimuth, dni, ghi, dhi, albedo=0.2)["poa_global"]
        for side in (0, 90, 180, 270)
    ]
    assert np.nansum(facades) / 4 / ghi.sum() == pytest.approx(house.FACADE_SHARE, abs=0.01)


def test_hours_of_the_tianjin_weather_are_a_year():
    assert load(TIANJIN).weather.select(pl.len()).item() == 8760
