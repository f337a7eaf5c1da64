"""The building model by nodes: walls, windows, light and rooms against known answers and laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import bestest, panes, rooms, walls
from parkwright.energy.facades import Shade, Sun, diffuse_shares, lit_share, plane
from parkwright.energy.panes import ANGLES_DEG, Glazing, Pane
from parkwright.energy.rooms_step import gap, natural_inside, outside_convection
from parkwright.energy.walls import Construction, Layer

CLEAR = bestest.CLEAR
STEPS = 96


def dark(steps: int = STEPS) -> Sun:
    none = np.zeros(steps)
    return Sun(np.full(steps, -30.0), none, none, none, none, np.full(steps, 1360.0))


def noon(steps: int = STEPS, normal: float = 800.0, diffuse: float = 100.0) -> Sun:
    full = np.ones(steps)
    return Sun(
        40.0 * full, 180.0 * full, normal * full, diffuse * full,
        (normal * np.sin(np.radians(40.0)) + diffuse) * full, 1360.0 * full,
    )  # fmt: skip


def steady(sun: Sun, outside: float = 0.0, sky: float | None = None, wind: float = 3.0) -> rooms.Climate:
    full = np.ones(sun.elevation_deg.size)
    below = outside if sky is None else sky
    return rooms.Climate(outside * full, below * full, wind * full, 180.0 * full, sun, 1.2, 900.0)


def held(
    steps: int = STEPS, heated: float = 20.0, cooled: float = 20.0, air: float = 0.5, gains: float = 0.0
) -> rooms.Use:
    full = np.ones(steps)
    return rooms.Use(air * full, 0.4 * gains * full, 0.6 * gains * full, heated * full, cooled * full)


def box(**changes) -> rooms.Zone:
    return bestest.zone(replace(bestest.CASES[0], **changes))


def test_nodes_keep_the_resistance_and_the_capacity_of_the_layers():
    for construction in (*bestest.WALLS.values(), *bestest.ROOFS.values(), *bestest.FLOORS.values()):
        capacity, conductance = walls.nodes(construction)
        assert capacity.sum() == pytest.approx(construction.capacity_j_per_m2k)
        assert (1.0 / conductance).sum() == pytest.approx(construction.resistance_m2k_per_w)
        assert capacity.size == conductance.size + 1 >= walls.NODES


def test_the_mass_is_cut_and_not_the_foam():
    capacity, conductance = walls.nodes(bestest.WALLS["heavy"])
    assert capacity.size == 5
    assert conductance[-2:] == pytest.approx([0.51 / 0.05] * 2)


def test_a_wall_of_known_transmittance_has_it():
    wall = walls.of_transmittance(0.4, 150_000.0)
    assert 1.0 / (wall.resistance_m2k_per_w + 0.17) == pytest.approx(0.4)
    assert wall.capacity_j_per_m2k == pytest.approx(150_000.0, rel=0.02)


def test_the_published_u_and_g_of_known_windows_come_out():
    assert panes.u_value(Glazing((Pane(0.85, 0.08, 0.08),))) == pytest.approx(5.75, abs=0.05)
    plain = Pane(0.85, 0.08, 0.08)
    assert panes.u_value(Glazing((plain, plain), (0.012,))) == pytest.approx(2.85, abs=0.05)
    assert panes.u_value(Glazing((plain, plain), (0.016,))) == pytest.approx(2.7, abs=0.07)
    warm = Pane(0.6, 0.28, 0.25, emissivity_front=0.03)
    assert panes.u_value(Glazing((plain, warm), (0.016,), "argon")) == pytest.approx(1.1, abs=0.06)
    assert panes.g_value(bestest.GLASS["double"]) == pytest.approx(0.769, abs=0.015)
    assert panes.g_value(bestest.GLASS["low_e"]) == pytest.approx(0.44, abs=0.015)
    assert panes.g_value(bestest.GLASS["single"]) == pytest.approx(0.864, abs=0.015)


def test_the_standards_normal_transmittance_of_two_clear_panes():
    assert panes.optics(bestest.GLASS["double"]).transmittance[0] == pytest.approx(0.703, abs=0.005)


def test_clear_glass_dims_towards_grazing_light_and_passes_none_at_90_degrees():
    passed = panes.optics(Glazing((CLEAR,))).transmittance
    assert np.all(np.diff(passed) <= 1e-9)
    assert passed[0] == pytest.approx(0.834)
    assert passed[-1] == pytest.approx(0.0, abs=0.01)
    assert ANGLES_DEG[12] == 60.0
    assert passed[12] / passed[0] == pytest.approx(0.90, abs=0.02)


sheets = st.tuples(st.floats(0.05, 0.85), st.floats(0.02, 0.9), st.floats(0.02, 0.9)).filter(
    lambda sheet: sheet[0] + max(sheet[1:]) < 0.99
)


@settings(max_examples=100, deadline=None)
@given(st.lists(sheets, min_size=1, max_size=4))
def test_light_is_passed_taken_up_or_thrown_back_and_the_order_of_panes_does_not_change_what_passes(sheet):
    passed, taken = panes.stack(sheet)
    mirrored, _ = panes.stack([(t, b, f) for t, f, b in reversed(sheet)])
    assert np.all(taken >= -1e-12)
    assert 0.0 <= passed + taken.sum() <= 1.0 + 1e-12
    assert mirrored == pytest.approx(passed, rel=1e-9)


def test_two_panes_by_hand():
    t, r = 0.8, 0.1
    passed, taken = panes.stack([(t, r, r), (t, r, r)])
    assert passed == pytest.approx(t * t / (1 - r * r))
    assert taken[0] == pytest.approx(0.1 * (1 + t * r / (1 - r * r)))
    assert taken[1] == pytest.approx(0.1 * t / (1 - r * r))


@pytest.mark.parametrize("name", sorted(bestest.GLASS))
def test_what_diffuse_light_does_adds_up_from_both_sides(name):
    seen = panes.optics(bestest.GLASS[name])
    assert seen.diffuse_transmittance + seen.diffuse_absorptance.sum() < 1.0
    assert seen.back_transmittance == pytest.approx(seen.diffuse_transmittance, rel=1e-6)


def test_panes_without_their_gap_are_refused():
    with pytest.raises(ValueError, match="has 0 gaps; give one less than panes"):
        Glazing((CLEAR, CLEAR))


def test_a_narrow_gap_conducts_and_a_wide_one_stirs():
    narrow = panes.gap_conductance(0.006, "air", 0.0, 15.0, 283.15)
    assert narrow == pytest.approx(0.02496 / 0.006)
    assert panes.gap_conductance(0.05, "air", 0.0, 15.0, 283.15) > 0.02496 / 0.05
    assert gap(0.006, *panes.GASES["air"], 0.0, 17.5, 2.5) == pytest.approx(narrow, rel=1e-6)


def test_convection_inside_follows_walton():
    assert natural_inside(8.0, 0.0) == pytest.approx(1.31 * 2.0)
    assert natural_inside(8.0, 1.0) == pytest.approx(9.482 * 2.0 / 6.283)
    assert natural_inside(-8.0, 1.0) == pytest.approx(1.810 * 2.0 / 2.382)
    assert natural_inside(-8.0, -1.0) == natural_inside(8.0, 1.0)
    assert natural_inside(0.0, 0.0) == 0.1


def test_convection_outside_grows_with_wind_and_roughness_and_is_less_in_the_lee():
    still = outside_convection(5.0, 0.0, 0.0, False, 1.0)
    assert still == pytest.approx(natural_inside(5.0, 0.0))
    blown = outside_convection(5.0, 0.0, 5.0, False, 1.0)
    assert blown == pytest.approx((still**2 + (3.26 * 5.0**0.89) ** 2) ** 0.5)
    assert outside_convection(5.0, 0.0, 5.0, False, 1.67) > blown > outside_convection(5.0, 0.0, 5.0, True, 1.0)


def test_an_overhang_hides_the_high_sun_by_its_shadow_line():
    shade = Shade(3.0, 2.0, overhang_m=1.0, overhang_gap_m=0.5, overhang_side_m=50.0)
    for lift in (10.0, 40.0, 60.0, 68.0):
        up = np.array([np.sin(np.radians(lift))])
        out = np.array([np.cos(np.radians(lift))])
        shadow = np.clip((np.tan(np.radians(lift)) * 1.0 - 0.5) / 2.0, 0.0, 1.0)
        assert lit_share(shade, out, np.zeros(1), up)[0] == pytest.approx(1.0 - shadow, abs=0.06)


def test_a_fin_hides_the_sun_from_its_side_only():
    shade = Shade(2.0, 2.0, fin_m=1.0, fin_top_m=50.0, fin_bottom_m=50.0)
    out, right = np.array([np.cos(np.radians(45.0))] * 2), np.sin(np.radians([45.0, -45.0]))
    assert lit_share(shade, out, right, np.zeros(2)) == pytest.approx([0.5, 0.5], abs=0.06)


def test_no_plate_hides_nothing_and_an_overhang_takes_from_the_sky_not_from_the_ground():
    assert diffuse_shares(Shade(3.0, 2.0)) == (1.0, 1.0)
    above, under = diffuse_shares(Shade(3.0, 2.0, overhang_m=1.0, overhang_side_m=20.0))
    assert under == 1.0
    assert 0.5 < above < 0.95


def test_an_upright_face_sees_half_the_ground_and_the_sun_at_its_angle():
    face = plane(noon(diffuse=1e-6), 90.0, 180.0)
    assert face.cosine[0] == pytest.approx(np.cos(np.radians(40.0)))
    assert face.beam_w_per_m2[0] == pytest.approx(800.0 * np.cos(np.radians(40.0)), rel=1e-3)
    whole = 800.0 * np.sin(np.radians(40.0))
    assert face.ground_w_per_m2[0] == pytest.approx(0.2 * 0.5 * whole, rel=1e-3)
    assert plane(noon(), 90.0, 0.0).cosine[0] == 0.0


def test_light_that_came_in_is_taken_up_or_leaves_again():
    zone = box()
    lit = rooms.light(zone, noon())
    whole = rooms.body(zone, 1.2)
    by_node = np.repeat(whole.area_m2, np.diff(whole.first))
    inner = whole.first[1:] - 1
    opaque = np.array([one.construction is not None for one in zone.elements])
    inside = float(lit.absorbed_w_per_m2[0, inner[opaque]] @ whole.area_m2[opaque])
    assert 0.90 * lit.passed_w[0] < inside < lit.passed_w[0]
    assert float(lit.absorbed_w_per_m2[0] @ by_node) > inside


def test_every_face_sees_all_the_others_and_not_its_own_plane():
    zone = box()
    seen = rooms.sight(zone)
    assert seen.sum(axis=1) == pytest.approx(np.ones(len(zone.elements)))
    south = [row for row, one in enumerate(zone.elements) if one.azimuth_deg == 180.0 and one.tilt_deg == 90.0]
    assert np.all(seen[np.ix_(south, south)] == 0.0)


def test_the_radiant_star_of_a_cube_sees_each_face_alike():
    assert rooms.carroll(np.ones(6)) == pytest.approx(np.full(6, 1.2))


def test_at_rest_with_the_outside_nothing_flows():
    zone = box()
    run = rooms.simulate(zone, steady(dark(), outside=20.0), held(heated=-99.0, cooled=99.0))
    assert run.air_c == pytest.approx(np.full(STEPS, 20.0), abs=1e-9)
    assert run.lost_w == pytest.approx(np.zeros(STEPS), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    st.booleans(), st.floats(-25, 40), st.floats(-30, 10), st.floats(0, 12), st.floats(0, 5), st.floats(0, 2000),
    st.sampled_from(sorted(bestest.GLASS)),
)  # fmt: skip
def test_energy_is_conserved_whatever_the_weather(heavy, outside, below, wind, air, gains, glass):
    zone = box(heavy=heavy, glass=glass)
    climate = steady(noon(), outside, outside + below, wind)
    run = rooms.simulate(zone, climate, held(heated=18.0, cooled=26.0, air=air, gains=gains))
    into = run.heating_w - run.cooling_w + gains + run.absorbed_w
    left = run.lost_w + run.aired_w
    assert run.stored_j == pytest.approx(float((into - left).sum()) * 900.0, rel=1e-6, abs=5.0)


def test_the_band_is_kept_and_never_heated_and_cooled_at_once():
    year = steady(noon(), outside=-5.0)
    run = rooms.simulate(box(), year, held(heated=20.0, cooled=25.0, gains=300.0))
    assert np.all((run.air_c >= 20.0 - 1e-9) & (run.air_c <= 25.0 + 1e-9))
    assert np.all(run.heating_w * run.cooling_w == 0.0)
    assert run.operative_c == pytest.approx(0.5 * (run.air_c + run.radiant_c))


def test_the_steady_loss_of_a_box_of_foam_is_its_transmittance_times_area():
    foam = Construction((Layer(1.6, 0.04),), emissivity=0.9)
    faces = [rooms.Element("roof", 16.0, 0.0, 180.0, foam), rooms.Element("floor", 16.0, 180.0, 0.0, foam)]
    faces += [rooms.Element(f"side {side}", 12.0, 90.0, side, foam) for side in (0.0, 90.0, 180.0, 270.0)]
    run = rooms.simulate(rooms.Zone(tuple(faces), 48.0), steady(dark(400), outside=0.0, wind=10.0), held(400, air=0.0))
    without_films = 80.0 * 20.0 / 40.0
    assert run.heating_w[-1] < without_films
    assert run.heating_w[-1] == pytest.approx(without_films, rel=0.05)


def test_mass_evens_out_what_the_sun_does():
    light = rooms.simulate(box(), steady(noon()), held(heated=-99.0, cooled=99.0))
    heavy = rooms.simulate(box(heavy=True), steady(noon()), held(heated=-99.0, cooled=99.0))
    assert light.air_c[20] > heavy.air_c[20] + 5.0


def test_low_e_glass_lets_less_in_and_less_out_than_one_pane():
    zone = box()
    low, single = (rooms.with_glazing(zone, bestest.GLASS[name]) for name in ("low_e", "single"))
    cold = steady(dark(), outside=-10.0)
    assert rooms.simulate(low, cold, held()).heating_kwh < rooms.simulate(single, cold, held()).heating_kwh
    warm = steady(noon(), outside=25.0)
    assert rooms.simulate(low, warm, held()).cooling_kwh < rooms.simulate(single, warm, held()).cooling_kwh


def test_an_element_of_nothing_is_refused():
    with pytest.raises(ValueError, match="element hole: has neither construction nor glazing"):
        rooms.body(rooms.Zone((rooms.Element("hole", 1.0, 90.0, 0.0),), 10.0), 1.2)
