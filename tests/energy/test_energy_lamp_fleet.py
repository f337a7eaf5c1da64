"""Fleet of lamps: exact recursion, more panel or battery never hurts, designs light."""

from __future__ import annotations

import numpy as np
import pytest
from energy_park import park
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import lamp_fleet
from parkwright.energy.lamp_fleet import Lamps
from parkwright.model.errors import PlanError

FLEET = park().energy.lamps[0].model_copy(update={"count": 3})
HOURS = np.arange(24)
DARK = np.tile((HOURS < 6) | (HOURS >= 18), 14)
SUN = np.tile(np.maximum(np.sin((HOURS - 6) / 12 * np.pi), 0.0) * 400.0, 14)


def lamp(**changes):
    """One lamp: 200 W, 1000 Wh, 30 W light, half after 5 h."""
    given_w = {
        "panel_w": 200.0, "clean_share": 1.0, "battery_wh": 1000.0, "health_share": 1.0, "lamp_w": 30.0,
        "dimmed_share": 0.5, "dim_after_h": 5.0, "turbine_w": 0.0,
    }  # fmt: skip
    return Lamps(**{name: np.atleast_1d(np.asarray(value, float)) for name, value in (given_w | changes).items()})


def fare(one, sun=SUN, dark=DARK, start=None, **more):
    return lamp_fleet.run(one, sun, dark, one.capacity_wh if start is None else start, 3600.0, **more)


def test_the_fleet_has_its_count_and_stands_along_its_road():
    one = lamp_fleet.of_fleet(FLEET)
    assert one.panel_w.tolist() == [FLEET.panel_w] * 3
    found = lamp_fleet.places(FLEET.model_copy(update={"line": ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0))}))
    assert found.tolist() == [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]]
    single = FLEET.model_copy(update={"count": 1, "line": ((3.0, 4.0), (10.0, 0.0))})
    assert lamp_fleet.places(single).tolist() == [[3.0, 4.0]]


def test_a_night_of_twelve_hours_asks_for_full_then_dimmed_light():
    asked = lamp_fleet.asked_wh(lamp(), np.array([False] * 2 + [True] * 12 + [False]), 3600.0)[0]
    assert asked.tolist() == [0.0, 0.0] + [30.0] * 5 + [15.0] * 7 + [0.0]


def test_somebody_near_gets_full_light():
    dark = np.ones(8, dtype=bool)
    near = np.zeros((1, 8), dtype=bool)
    near[0, 6] = True
    asked = lamp_fleet.asked_wh(lamp(), dark, 3600.0, near)[0]
    assert asked.tolist() == [30.0] * 5 + [15.0, 30.0, 15.0]
    assert lamp_fleet.asked_wh(lamp(), ~dark, 3600.0, near).max() == 0.0


def test_dimming_in_the_middle_of_an_interval_is_shared():
    asked = lamp_fleet.asked_wh(lamp(dim_after_h=1.5), np.ones(3, dtype=bool), 3600.0)[0]
    assert asked.tolist() == [30.0, 22.5, 15.0]


@given(
    ghi=st.lists(st.floats(0.0, 1100.0), min_size=24, max_size=24),
    wind=st.lists(st.floats(0.0, 30.0), min_size=24, max_size=24),
    start=st.floats(0.0, 1.0),
    turbine=st.floats(0.0, 300.0),
    health=st.floats(0.1, 1.0),
)
@settings(max_examples=80, deadline=None)
def test_the_energy_recursion_is_exact(ghi, wind, start, turbine, health):
    one = lamp(turbine_w=turbine, health_share=health)
    begun = start * one.capacity_wh
    found = fare(one, np.array(ghi), DARK[:24], begun, wind_m_per_s=np.array(wind))
    before = np.concatenate([begun[:, None], found.charge_wh[:, :-1]], axis=1)
    residual = before + found.gained_wh - found.lit_wh - found.spilled_wh - found.charge_wh
    assert np.abs(residual).max() <= 1e-9
    assert (found.charge_wh <= one.capacity_wh[:, None] + 1e-12).all()
    assert min(found.charge_wh.min(), found.spilled_wh.min(), found.missing_wh.min()) >= 0.0
    asked = lamp_fleet.asked_wh(one, DARK[:24], 3600.0)
    assert found.lit_wh + found.missing_wh == pytest.approx(asked)


@given(st.floats(20.0, 300.0), st.floats(100.0, 2000.0), st.floats(1.0, 3.0))
@settings(max_examples=60, deadline=None)
def test_a_larger_panel_or_battery_never_loses_more_light(panel, battery, more):
    plain = fare(lamp(panel_w=panel, battery_wh=battery))
    for larger in (lamp(panel_w=panel * more, battery_wh=battery), lamp(panel_w=panel, battery_wh=battery * more)):
        better = fare(larger)
        assert better.missing_wh.sum() <= plain.missing_wh.sum() + 1e-9
        assert lamp_fleet.dark_nights(better, DARK)[0] <= lamp_fleet.dark_nights(plain, DARK)[0]
        assert (
            lamp_fleet.autonomy_nights(larger, 12.0)[0] >= lamp_fleet.autonomy_nights(lamp(battery_wh=battery), 12.0)[0]
        )


def test_minutes_and_quarters_of_an_hour_use_the_same_energy():
    one = lamp()
    coarse = lamp_fleet.run(one, np.zeros(48), np.ones(48, dtype=bool), one.capacity_wh, 900.0)
    fine = lamp_fleet.run(one, np.zeros(720), np.ones(720, dtype=bool), one.capacity_wh, 60.0)
    assert fine.charge_wh[0, -1] == pytest.approx(coarse.charge_wh[0, -1])


def test_lamps_are_named_in_the_order_in_which_they_stand():
    assert lamp_fleet.names(FLEET) == [f"{FLEET.id}-001", f"{FLEET.id}-002", f"{FLEET.id}-003"]
    assert lamp_fleet.signals(FLEET)[2] == f"{FLEET.id}-003/charge_wh"


def test_autonomy_is_what_the_battery_holds_over_what_a_night_takes():
    assert lamp_fleet.autonomy_nights(lamp(), 12.0)[0] == pytest.approx(1000 / (5 * 30 + 7 * 15))
    assert lamp_fleet.autonomy_nights(lamp(health_share=0.5), 4.0)[0] == pytest.approx(500 / 120)
    assert lamp_fleet.autonomy_nights(lamp(lamp_w=0.0), 12.0)[0] == np.inf


def test_a_battery_that_lasts_a_night_and_a_half_leaves_every_later_night_dark():
    one = lamp(battery_wh=1.5 * 255.0, panel_w=0.001)
    dark = np.tile(np.r_[np.zeros(12, dtype=bool), np.ones(12, dtype=bool)], 4)
    found = fare(one, np.zeros(96), dark)
    assert lamp_fleet.dark_nights(found, dark).tolist() == [3]
    assert lamp_fleet.loss_of_load(found)[0] == pytest.approx(2.5 / 4, abs=0.01)


def test_a_lamp_that_is_asked_for_nothing_loses_nothing():
    assert lamp_fleet.loss_of_load(fare(lamp(lamp_w=0.0)))[0] == 0.0


def test_wind_turns_between_cut_in_and_cut_out():
    share = lamp_fleet.wind_share(np.array([0.0, 2.5, 6.0, 11.0, 20.0, 25.0]))
    assert share[[0, 1, 3, 4, 5]].tolist() == [0.0, 0.0, 1.0, 1.0, 0.0]
    assert share[2] == pytest.approx((6**3 - 2.5**3) / (11**3 - 2.5**3))


def test_a_turbine_helps_in_a_dark_windy_week():
    calm, windy = (fare(lamp(turbine_w=watt), 0.0 * SUN, wind_m_per_s=np.full(SUN.size, 7.0)) for watt in (0.0, 100.0))
    assert lamp_fleet.dark_nights(calm, DARK)[0] > lamp_fleet.dark_nights(windy, DARK)[0] == 0


def test_a_year_of_nights_wears_the_battery_by_cycles_and_time():
    year_sun, year_dark = np.tile(SUN, 26), np.tile(DARK, 26)
    one = lamp()
    found = fare(one, year_sun, year_dark)
    left = lamp_fleet.worn(one, found, 3600.0)
    cycles = found.lit_wh.sum() / 1000.0
    years = year_sun.size / 8760.0
    assert left.health_share[0] == pytest.approx(1 - 0.2 * (cycles / 3000 + years / 12), abs=0.003)
    assert left.capacity_wh[0] < one.capacity_wh[0]
    assert lamp_fleet.worn(lamp(battery_wh=1.0, health_share=1.0), found, 3600.0).health_share[0] == 0.0


@pytest.mark.parametrize("start", [-1.0, 1000.1])
def test_a_battery_outside_its_limits_is_refused(start):
    with pytest.raises(PlanError, match="give a charge from 0 to what the battery holds"):
        fare(lamp(), start=np.array([start]))


@pytest.mark.parametrize("value", [float("nan"), -5.0, float("inf")])
def test_irradiance_that_cannot_be_is_refused(value):
    sun = SUN.copy()
    sun[7] = value
    with pytest.raises(PlanError, match="give 0 or more for every interval"):
        fare(lamp(), sun)


def test_the_design_week_has_the_least_sun_for_its_nights():
    sun = np.tile(SUN, 4)
    sun[24 * 20 : 24 * 27] *= 0.2
    assert lamp_fleet.design_week(sun, np.tile(DARK, 4), 24) == 24 * 20


def test_the_cheapest_design_lights_every_night_and_anything_smaller_does_not():
    panels, batteries = np.arange(20.0, 400.0, 20.0), np.arange(100.0, 2000.0, 100.0)
    sun = np.tile(SUN, 4)
    sun[24 * 20 : 24 * 27] *= 0.2
    dark = np.tile(DARK, 4)
    found = lamp_fleet.cheapest(FLEET, sun, dark, 3600.0, 2.0, 1.2, panels, batteries)
    assert found.cost_cny == pytest.approx(2.0 * found.panel_w + 1.2 * found.battery_wh)

    def dark_at(panel, battery):
        one = lamp(
            panel_w=panel, battery_wh=battery, health_share=0.8, lamp_w=FLEET.lamp_w, dimmed_share=FLEET.dimmed_share,
            dim_after_h=FLEET.dim_after_h,
        )  # fmt: skip
        return lamp_fleet.dark_nights(fare(one, sun, dark), dark)[0]

    assert dark_at(found.panel_w, found.battery_wh) == 0
    assert dark_at(found.panel_w - 20.0, found.battery_wh) > 0
    assert dark_at(found.panel_w, found.battery_wh - 100.0) > 0
    week = lamp_fleet.design_week(sun, dark, 24)
    in_week = lamp_fleet.run(
        lamp(panel_w=found.panel_w, battery_wh=found.battery_wh, lamp_w=FLEET.lamp_w), sun[week : week + 168],
        dark[week : week + 168], np.array([found.battery_wh]), 3600.0,
    )  # fmt: skip
    assert lamp_fleet.loss_of_load(in_week)[0] == 0.0


def test_a_dear_battery_moves_the_design_to_a_larger_panel():
    panels, batteries = np.arange(20.0, 400.0, 20.0), np.arange(100.0, 2000.0, 100.0)
    sun = SUN.copy()
    sun[24 * 5 : 24 * 8] *= 0.3
    cheap, dear = (
        lamp_fleet.cheapest(FLEET, sun, DARK, 3600.0, 2.0, price, panels, batteries) for price in (0.1, 10.0)
    )
    assert dear.battery_wh <= cheap.battery_wh
    assert dear.panel_w >= cheap.panel_w


def test_no_sound_design_is_said_with_a_way_out():
    with pytest.raises(PlanError, match="offer larger panels or batteries, or dim more"):
        lamp_fleet.cheapest(FLEET, 0.0 * SUN, DARK, 3600.0, 2.0, 1.2, np.array([50.0]), np.array([100.0]))
