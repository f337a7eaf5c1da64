"""Buildings of the park as zones, glass on them, and few states in place of many."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from energy_park import building, heat_plant, park, plant, typical_year
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import climate, glass, panes, reduced, rooms, shell, walls
from parkwright.energy.panes import Glazing, Pane

CLEAR = Pane(0.775, 0.071, 0.071, thickness_m=0.006, conductivity_w_per_mk=0.9)
DOUBLE = Glazing((CLEAR, CLEAR), (0.012,))
DIM = shell.glazing_of(1.2, 0.25)


@lru_cache(maxsize=1)
def year():
    return climate.of_park(park(), 3600.0)


@lru_cache(maxsize=1)
def model():
    return reduced.full(shell.zone_of(building()), year(), 0.5)


@lru_cache(maxsize=4)
def fewer(states):
    return reduced.reduce(model(), states)


def free_use(gains=0.0):
    full = np.ones(8760)
    return rooms.Use(0.5 * full, 0.4 * gains * full, 0.6 * gains * full, -np.inf * full, np.inf * full)


def test_a_rectangle_faces_four_ways_whichever_way_round_its_corners_are_given():
    one = building()
    assert shell.directions(one) == {0.0: 100.0, 90.0: 50.0, 180.0: 100.0, 270.0: 50.0}
    turned = building(footprint=tuple(reversed(one.footprint)))
    assert shell.directions(turned) == shell.directions(one)


def test_a_skew_outline_goes_to_the_nearest_fifteen_degrees():
    faces = shell.directions(building(footprint=((0, 0), (100, 0), (100, 58), (0, 0.5))))
    assert set(faces) == {330.0, 90.0, 180.0, 270.0}
    assert sum(faces.values()) == pytest.approx(100 + 58 + np.hypot(100, 57.5) + 0.5)


def test_a_zone_keeps_the_areas_the_mass_and_the_volume_of_its_building():
    one = building()
    zone = shell.zone_of(one)
    glass_m2 = sum(face.area_m2 for face in zone.elements if face.glazing)
    wall_m2 = sum(face.area_m2 for face in zone.elements if face.name.startswith("wall"))
    assert glass_m2 == pytest.approx(300.0)
    assert glass_m2 + wall_m2 == pytest.approx(300.0 * 10.0)
    assert zone.volume_m3 == pytest.approx(50_000.0)
    mass = sum(face.area_m2 * face.construction.capacity_j_per_m2k for face in zone.elements if face.construction)
    assert mass / 3600.0 == pytest.approx(70.0 * 5000.0, rel=0.03)


def test_a_zone_keeps_the_transmittances_of_its_building():
    for face in shell.zone_of(building(wall_u=0.5, roof_u=0.2)).elements:
        if face.name == "roof":
            assert 1.0 / (face.construction.resistance_m2k_per_w + shell.ROOF_FILMS) == pytest.approx(0.2)
        if face.name.startswith("wall"):
            assert 1.0 / (face.construction.resistance_m2k_per_w + shell.WALL_FILMS) == pytest.approx(0.5)


def test_a_building_without_glass_has_no_window_and_one_without_outline_is_refused():
    assert all(face.glazing is None for face in shell.zone_of(building(glass_area_m2=0)).elements)
    with pytest.raises(ValueError, match="building B1: its outline has no area"):
        shell.zone_of(building(footprint=((0, 0), (10, 0), (20, 0))))


def test_glass_never_takes_more_than_the_walls_have():
    zone = shell.zone_of(building(glass_area_m2=90_000))
    assert all(face.area_m2 > 0.0 for face in zone.elements)


@settings(max_examples=40)
@given(st.floats(0.7, 4.7), st.floats(0.2, 0.6))
def test_a_glazing_of_known_figures_has_them(u, g):
    made = shell.glazing_of(u, g)
    assert panes.u_value(made) == pytest.approx(u, abs=0.03)
    assert panes.g_value(made) == pytest.approx(g, abs=0.03)


def test_figures_that_no_glass_has_come_as_near_as_they_go():
    assert panes.u_value(shell.glazing_of(0.05, 0.3)) > 0.3
    assert panes.g_value(shell.glazing_of(1.1, 0.99)) < 0.9


def test_a_thin_wall_of_high_transmittance_keeps_a_positive_resistance():
    assert walls.of_transmittance(6.0, 1e6).resistance_m2k_per_w > 0.0


def test_at_rest_the_air_is_as_warm_as_an_outside_of_one_temperature():
    gain = model().gain()
    assert gain[0] + gain[1] == pytest.approx(1.0)
    assert np.all(gain > 0.0)


def test_the_loss_is_that_of_walls_roof_glass_and_air():
    one = building()
    made = reduced.full(shell.zone_of(one), year(), 0.5)
    wall, roof, pane = one.wall_u * 2700.0, one.roof_u * 5000.0, one.glass_u * 300.0
    aired = year().density_kg_per_m3 * rooms.AIR_J_PER_KGK * 50_000.0 * 0.5 / 3600.0
    assert made.loss_kw_per_k() * 1000.0 == pytest.approx(wall + roof + pane + aired, rel=0.08)


@pytest.mark.parametrize("states", [1, 2, 3, 8])
def test_fewer_states_answer_exactly_at_rest_and_are_stable(states):
    few = reduced.reduce(model(), states)
    assert few.a.shape == (states, states)
    assert few.gain() == pytest.approx(model().gain(), rel=1e-6)
    assert np.all(np.real(np.linalg.eigvals(few.a)) < 0.0)


def test_more_states_than_there_are_change_nothing_and_none_is_refused():
    assert reduced.reduce(model(), 500) is model()
    with pytest.raises(ValueError, match="states: is 0; give at least 1"):
        reduced.reduce(model(), 0)


def test_the_error_is_told_and_shrinks_to_that_of_the_linear_model():
    zone = shell.zone_of(building())
    whole = reduced.error(model(), zone, year(), free_use(20_000.0))
    few = reduced.error(reduced.reduce(model(), 3), zone, year(), free_use(20_000.0))
    assert few.rms_k < whole.rms_k + 0.2
    assert whole.rms_k < 1.5
    assert few.largest_k >= few.rms_k >= abs(few.bias_k)


@given(st.integers(1, 4), st.floats(300.0, 7200.0))
def test_two_half_steps_of_a_reduced_model_equal_one(states, step_s):
    few = fewer(states)
    whole, push = few.discrete(step_s)
    half, half_push = few.discrete(step_s / 2.0)
    assert half @ half == pytest.approx(whole, abs=1e-9)
    assert half @ half_push + half_push == pytest.approx(push, rel=1e-6, abs=1e-9)


def test_a_reduced_model_left_alone_stays_at_rest():
    few = reduced.reduce(model(), 3)
    inputs = np.tile([10.0, 10.0, 0.0, 0.0, 0.0], (50, 1))
    assert few.free_c(inputs, 900.0) == pytest.approx(np.full(50, 10.0))


def test_heat_given_to_the_air_warms_it_by_the_gain_in_the_end():
    few = reduced.reduce(model(), 2)
    inputs = np.tile([10.0, 10.0, 0.0, 0.0, 0.0], (3000, 1))
    inputs[1:, 2] = 20_000.0
    warmed = few.free_c(inputs, 3600.0)[-1] - 10.0
    assert warmed == pytest.approx(20_000.0 * few.gain()[2], rel=1e-3)


def bills(one=None, glazing=DOUBLE, before=None, **changes):
    house = one or building()
    return glass.what_if(park(buildings=(house,), **changes), house, year(), glazing, 500.0, before)


def test_the_same_glass_saves_nothing_and_never_pays_back():
    same = bills(glazing=DOUBLE, before=DOUBLE)
    assert same.before == same.after
    assert (same.saved_kwh, same.saved_cny, same.saved_kg) == (0.0, 0.0, 0.0)
    assert same.payback_years is None
    assert same.invested_cny == pytest.approx(300.0 * 500.0)


def test_glass_that_insulates_saves_heat_and_glass_that_dims_saves_cold():
    found = bills(glazing=DIM, before=DOUBLE)
    assert found.after.cooling_kwh < found.before.cooling_kwh
    assert found.after.peak_heating_kw < found.before.peak_heating_kw
    back = bills(glazing=DOUBLE, before=DIM)
    assert back.saved_cny == pytest.approx(-found.saved_cny)
    assert back.saved_kg == pytest.approx(-found.saved_kg)


def test_payback_is_what_is_paid_by_what_is_saved():
    found = bills(glazing=DIM, before=Glazing((CLEAR,)))
    assert found.saved_cny > 0.0
    assert found.payback_years == pytest.approx(found.invested_cny / found.saved_cny)


def test_a_bill_follows_from_heat_cold_and_plant():
    found = bills().before
    assert found.gas_kwh == pytest.approx(found.heating_kwh / 0.9)
    fans = 0.08 * (found.heating_kwh + found.cooling_kwh)
    assert found.electricity_kwh == pytest.approx(found.cooling_kwh / 5.0 + fans)
    assert found.co2e_kg == pytest.approx(0.6796 * found.electricity_kwh + 0.18254 * found.gas_kwh)


def test_without_a_boiler_the_heat_is_pumped_and_without_any_plant_split_units_do_it():
    pumped = bills(energy=plant(**{**heat_plant(), "boiler": ()})).before
    assert pumped.gas_kwh == 0.0
    assert pumped.electricity_kwh > bills().before.electricity_kwh
    split = bills(energy=plant(**{**heat_plant(), "boiler": (), "heat_pump": ()}, chiller=())).before
    fans = 0.08 * (split.heating_kwh + split.cooling_kwh)
    assert split.electricity_kwh == pytest.approx(fans + (split.heating_kwh + split.cooling_kwh) / 3.0)


def test_the_year_of_prices_follows_the_newest_tariff_and_has_no_29_february():
    assert glass.price_year(park()) == 2026
    newer = tuple(one.model_copy(update={"valid_from": "2027-04-01"}) for one in park().tariffs)
    assert glass.price_year(park(tariffs=newer)) == 2029


def test_gains_are_those_of_the_shifts_and_none_run_on_a_day_off():
    one = building()
    used = glass.use_of(park(), one, 3600.0)
    gains = (used.convective_w + used.radiant_w).reshape(365, 24)
    assert used.convective_w.sum() == pytest.approx(0.4 * gains.sum())
    assert gains[5].max() > 3.0 * gains[3].max()
    assert gains.shape == (365, 24)


def test_warmer_rooms_in_winter_cost_more():
    cool = bills(building(heating_setpoint_c=18)).before
    assert bills(building(heating_setpoint_c=22)).before.heating_kwh > cool.heating_kwh


def test_a_park_without_a_tariff_pays_for_gas_only():
    found = bills(tariffs=()).before
    assert found.cost_cny == pytest.approx(0.35 * found.gas_kwh)


def test_the_outside_of_a_park_begins_at_its_own_midnight():
    one = year()
    assert one.outside_c.size == 8760
    assert one.sky_c == pytest.approx(one.outside_c - climate.SKY_BELOW_AIR_K)
    assert np.isnan(one.wind_from_deg).all()
    noon = one.sun.elevation_deg.reshape(365, 24).argmax(axis=1)
    assert set(noon) <= {11, 12}
    assert typical_year()["ghi_w_per_m2"].sum() == pytest.approx(one.sun.global_w_per_m2.sum(), rel=0.05)


def test_the_air_is_thinner_on_a_mountain():

    site = park().site.model_copy(update={"altitude_m": 3000.0})
    assert climate.of_park(park(site=site), 3600.0).density_kg_per_m3 < 0.75 * year().density_kg_per_m3
