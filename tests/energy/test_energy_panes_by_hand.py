"""Panes and faces against figures written out by hand: rows of sheets, films, gaps, shadows of plates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.energy import panes, rooms_step
from parkwright.energy.facades import GROUND_REFLECTANCE, Shade, Sun, diffuse_shares, lit_share, plane
from parkwright.energy.panes import GASES, Glazing, Pane

PLAIN = Pane(0.85, 0.08, 0.08)
HOLE = Pane(1.0, 0.0, 0.0)
gases = st.sampled_from(sorted(GASES))
widths = st.floats(0.004, 0.03)


def sun(elevation, azimuth, normal=700.0, diffuse=120.0):
    one = np.ones(1)
    level = max(normal * np.sin(np.radians(elevation)), 0.0) + diffuse
    return Sun(elevation * one, azimuth * one, normal * one, diffuse * one, level * one, 1360.0 * one)


@given(st.floats(0.01, 0.6), st.integers(1, 8))
def test_sheets_that_take_nothing_up_pass_what_stokes_found(thrown, count):
    passed, taken = panes.stack([(1.0 - thrown, thrown, thrown)] * count)
    assert passed == pytest.approx((1.0 - thrown) / (1.0 + (count - 1) * thrown))
    assert taken == pytest.approx(np.zeros(count), abs=1e-12)


def test_no_pane_passes_all_and_a_black_one_takes_all():
    passed, taken = panes.stack([])
    assert (passed, taken.size) == (1.0, 0)
    passed, taken = panes.stack([(0.8, 0.1, 0.1), (0.0, 0.0, 0.0)])
    assert passed == 0.0
    assert taken == pytest.approx([0.1, 0.8])


def test_a_mirror_behind_a_sheet_sends_the_light_through_it_twice():
    passed, taken = panes.stack([(0.8, 0.0, 0.0), (0.0, 1.0, 1.0)])
    assert passed == 0.0
    assert taken == pytest.approx([0.2 + 0.8 * 0.2, 0.0])


def test_an_opening_passes_light_from_everywhere():
    found = panes.optics(Glazing((HOLE,)))
    assert found.transmittance == pytest.approx(np.ones(panes.ANGLES_DEG.size))
    assert found.diffuse_transmittance == pytest.approx(1.0)
    assert found.back_transmittance == pytest.approx(1.0)
    assert found.absorptance == pytest.approx(np.zeros((panes.ANGLES_DEG.size, 1)), abs=1e-12)


@given(st.floats(0.3, 0.88), st.floats(0.06, 0.1), st.booleans())
def test_a_sheet_keeps_its_figures_at_normal_incidence(passed, thrown, coated):
    found = panes.optics(Glazing((Pane(passed, thrown, thrown, coated=coated),)))
    assert found.transmittance[0] == pytest.approx(passed, abs=1e-4)
    assert found.absorptance[0, 0] == pytest.approx(1.0 - passed - thrown, abs=1e-4)
    assert found.transmittance[-1] == pytest.approx(0.0, abs=0.02)
    assert found.diffuse_transmittance < found.transmittance[0]


def test_glass_of_index_one_and_a_half_throws_four_in_a_hundred_back_at_each_face():
    passed = 0.96 / 1.04
    found = panes.optics(Glazing((Pane(passed, 1.0 - passed, 1.0 - passed),)))
    at_60 = int(np.flatnonzero(panes.ANGLES_DEG == 60.0)[0])
    inside = np.arcsin(np.sin(np.radians(60.0)) / 1.5)
    lean, rise = np.radians(60.0) - inside, np.radians(60.0) + inside
    faces = (np.sin(lean) ** 2 / np.sin(rise) ** 2, np.tan(lean) ** 2 / np.tan(rise) ** 2)
    by_hand = np.mean([(1.0 - face) / (1.0 + face) for face in faces])
    assert found.transmittance[at_60] == pytest.approx(by_hand, abs=1e-6)


def test_the_transmittance_of_one_pane_is_its_films_and_its_glass():
    pane = Pane(0.85, 0.08, 0.08, thickness_m=0.01, conductivity_w_per_mk=0.8)
    assert panes.u_value(Glazing((pane,)), 20.0, 8.0) == pytest.approx(1.0 / (0.05 + 0.0125 + 0.125))


def test_what_one_pane_takes_up_is_given_inside_by_its_share_of_the_resistance():
    pane = Pane(0.6, 0.1, 0.1, thickness_m=0.01)
    whole = 1.0 / 25.0 + 0.01 + 1.0 / 7.7
    assert panes.g_value(Glazing((pane,))) == pytest.approx(0.6 + 0.3 * (1.0 / 25.0 + 0.005) / whole)


@given(widths, gases, st.floats(0.02, 0.84))
def test_a_pane_more_and_a_coating_more_insulate_and_g_lies_between_what_passes_and_what_stays(width, gas, emissivity):
    one, two = Glazing((PLAIN,)), Glazing((PLAIN, PLAIN), (width,), gas)
    coated = Glazing((PLAIN, Pane(0.6, 0.2, 0.2, emissivity_front=emissivity)), (width,), gas)
    assert panes.u_value(coated) <= panes.u_value(two) + 1e-12 < panes.u_value(one)
    passed, taken = panes.stack([(p.transmittance, p.reflectance_front, p.reflectance_back) for p in coated.panes])
    assert passed < panes.g_value(coated) < passed + float(taken.sum())


def test_daylight_through_two_panes_goes_to_and_fro_between_them():
    assert panes.visible(Glazing((PLAIN, PLAIN), (0.012,))) == pytest.approx(0.9**2 / (1.0 - 0.08**2))


@given(st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_two_faces_exchange_less_than_the_duller_of_them_alone(one, other):
    pair = panes.emittance(one, other)
    assert pair == pytest.approx(panes.emittance(other, one))
    assert 0.0 < pair <= min(one, other) + 1e-12
    assert panes.emittance(one, 1.0) == pytest.approx(one)


@given(widths, gases, st.floats(0.0, 1.0))
def test_gas_at_rest_conducts_and_radiation_adds_to_it(width, gas, pair):
    radiated = 4.0 * 5.670374419e-8 * pair * 283.15**3
    still = panes.gap_conductance(width, gas, pair, 0.0, 283.15)
    assert still == pytest.approx(GASES[gas][0] / width + radiated)
    assert panes.gap_conductance(width, gas, pair, 15.0, 283.15) >= still
    assert panes.gap_conductance(width, gas, pair, -9.0, 283.15) == panes.gap_conductance(width, gas, pair, 9.0, 283.15)


@given(widths, gases, st.floats(0.0, 1.0), st.floats(0.0, 40.0))
def test_the_hot_loop_and_the_standard_see_the_same_gap(width, gas, pair, difference):
    stepped = rooms_step.gap(width, *GASES[gas], pair, 10.0 + 0.5 * difference, 10.0 - 0.5 * difference)
    assert stepped == pytest.approx(panes.gap_conductance(width, gas, pair, difference, 283.15), rel=1e-6)


@given(st.floats(-30.0, 30.0), st.sampled_from([-1.0, 0.0, 1.0]))
def test_convection_inside_rises_better_than_it_sinks_and_never_ends(difference, facing):
    found = rooms_step.natural_inside(difference, facing)
    assert found >= 0.1
    assert found == rooms_step.natural_inside(-difference, -facing)
    assert rooms_step.natural_inside(abs(difference), 1.0) >= rooms_step.natural_inside(-abs(difference), 1.0)


def test_convection_outside_is_natural_without_wind_and_both_as_a_right_triangle_on_glass():
    natural = rooms_step.natural_inside(8.0, 0.0)
    assert rooms_step.outside_convection(8.0, 0.0, 0.0, False, 1.0) == pytest.approx(natural)
    assert rooms_step.outside_convection(8.0, 0.0, 1.0, False, 1.0) == pytest.approx(np.hypot(natural, 3.26))
    assert rooms_step.outside_convection(8.0, 0.0, 1.0, True, 1.0) == pytest.approx(np.hypot(natural, 3.55))
    assert rooms_step.outside_convection(8.0, 0.0, 4.0, False, 0.0) == pytest.approx(natural)


@given(st.floats(5.0, 85.0), st.floats(0.0, 359.0))
def test_a_roof_sees_the_sun_by_its_height_and_no_ground_and_a_floor_sees_all_the_ground(elevation, azimuth):
    roof, floor = plane(sun(elevation, azimuth), 0.0, 180.0), plane(sun(elevation, azimuth), 180.0, 180.0)
    assert roof.cosine[0] == pytest.approx(np.sin(np.radians(elevation)), abs=1e-9)
    assert roof.ground_w_per_m2[0] == 0.0
    assert floor.cosine[0] == 0.0
    assert floor.ground_w_per_m2[0] == pytest.approx(GROUND_REFLECTANCE * sun(elevation, azimuth).global_w_per_m2[0])


@given(st.floats(1.0, 80.0), st.floats(0.0, 179.0))
def test_east_in_the_morning_is_west_in_the_evening(elevation, before_south):
    east = plane(sun(elevation, 180.0 - before_south), 90.0, 90.0).total_w_per_m2
    west = plane(sun(elevation, 180.0 + before_south), 90.0, 270.0).total_w_per_m2
    assert east == pytest.approx(west, rel=1e-6, abs=1e-6)


def test_a_sun_below_the_horizon_sends_no_beam():
    found = plane(sun(-5.0, 180.0, normal=700.0, diffuse=0.0), 90.0, 180.0)
    assert found.beam_w_per_m2[0] == 0.0
    assert found.sky_w_per_m2[0] == 0.0


def ahead(slope_x=0.0, slope_z=0.0):
    return np.ones(1), np.array([slope_x]), np.array([slope_z])


@pytest.mark.parametrize(
    ("shade", "slopes", "lit"),
    [
        (Shade(1.0, 1.0, overhang_m=0.52), (0.0, 1.0), 0.5),
        (Shade(1.0, 1.0, overhang_m=0.52, overhang_gap_m=0.2), (0.0, 1.0), 0.7),
        (Shade(1.0, 1.0, overhang_m=0.52), (0.0, 0.5), 0.7),
        (Shade(1.0, 1.0, overhang_m=0.52), (0.0, -1.0), 1.0),
        (Shade(1.0, 1.0, fin_m=0.32), (1.0, 0.0), 0.7),
        (Shade(1.0, 1.0, fin_m=0.32), (-1.0, 0.0), 0.7),
        (Shade(1.0, 1.0, fin_m=0.32, fin_gap_m=0.2), (1.0, 0.0), 0.9),
        (Shade(1.0, 1.0, fin_m=0.32), (0.0, 0.0), 1.0),
        (Shade(1.0, 1.0, overhang_m=9.0, overhang_side_m=9.0), (0.0, 1.0), 0.0),
    ],
)
def test_the_shadow_of_a_plate_is_its_depth_times_the_slope_of_the_light(shade, slopes, lit):
    assert lit_share(shade, *ahead(*slopes))[0] == pytest.approx(lit)


plates = st.floats(0.0, 2.0)
slopes = st.integers(-30, 30).map(lambda tenths: tenths / 10.0)


@given(plates, plates, plates, slopes, slopes)
def test_a_deeper_plate_never_lets_more_through_and_left_is_as_right(overhang, fin, more, slope_x, slope_z):
    one = Shade(2.0, 1.5, overhang, 0.1, 0.3, fin, 0.1, 0.2, 0.2)
    deeper = Shade(2.0, 1.5, overhang + more, 0.1, 0.3, fin + more, 0.1, 0.2, 0.2)
    lit = lit_share(one, *ahead(slope_x, slope_z))[0]
    assert 0.0 <= lit_share(deeper, *ahead(slope_x, slope_z))[0] <= lit <= 1.0
    assert lit_share(one, *ahead(-slope_x, slope_z))[0] == pytest.approx(lit, abs=0.11)


@given(plates, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_fins_alone_take_from_the_sky_what_they_take_from_the_ground(fin, side, ends):
    above, under = diffuse_shares(Shade(2.0, 1.5, fin_m=fin, fin_gap_m=side, fin_top_m=ends, fin_bottom_m=ends))
    assert above == pytest.approx(under, abs=0.02)
    assert 0.0 < above <= 1.0


@given(st.floats(1.0, 85.0), st.floats(90.0, 270.0), plates)
def test_a_shaded_face_gets_no_more_than_an_open_one(elevation, azimuth, depth):
    bare = plane(sun(elevation, azimuth), 90.0, 180.0)
    shaded = plane(sun(elevation, azimuth), 90.0, 180.0, Shade(2.0, 1.5, overhang_m=depth))
    assert shaded.total_w_per_m2[0] <= bare.total_w_per_m2[0] + 1e-9
    assert shaded.ground_w_per_m2[0] == pytest.approx(bare.ground_w_per_m2[0])
