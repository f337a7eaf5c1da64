"""Street lamps: exact recursion, dimming, empty batteries."""

from __future__ import annotations

import numpy as np
import pytest
from energy_park import park
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import lamps

FLEET = park().energy.lamps[0]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 1100), st.booleans()), min_size=1, max_size=96), st.floats(0, 1200))
def test_energy_of_a_lamp_is_conserved_in_every_step(steps, before):
    ghi, dark = np.array([step[0] for step in steps]), np.array([step[1] for step in steps])
    charge, lit = lamps.night(FLEET, ghi, dark, before)
    for row in range(len(steps)):
        gained = ghi[row] / 1000 * 220 * lamps.PANEL_TO_BATTERY * 0.25
        left = before + gained - lit[row] * 30 * 0.25
        assert charge[row] == pytest.approx(min(left, 1200.0), abs=1e-9)
        before = charge[row]
    assert charge.min() >= -1e-9
    assert (lit[~dark] == 0).all()


def test_light_is_full_then_dimmed_then_gone_by_day():
    dark = np.array([True] * 48 + [False] * 4)
    _, lit = lamps.night(FLEET, np.zeros(52), dark, 1200.0)
    assert lit[:20].tolist() == [1.0] * 20
    assert lit[20:48] == pytest.approx(0.5)
    assert lit[48:].tolist() == [0.0] * 4


def test_a_night_goes_on_over_midnight():
    _, lit = lamps.night(FLEET, np.zeros(8), np.ones(8, dtype=bool), 1200.0, dark_since_h=4.0)
    assert lit[:4].tolist() == [1.0] * 4
    assert lit[4:] == pytest.approx(0.5)


def test_an_empty_battery_gives_no_light():
    charge, lit = lamps.night(FLEET, np.zeros(96), np.ones(96, dtype=bool), 7.5)
    assert lit[0] == 1.0
    assert lit[1:].max() == 0.0
    assert charge[-1] == 0.0


def test_minutes_and_quarters_of_an_hour_use_the_same_energy():
    coarse, _ = lamps.night(FLEET, np.zeros(48), np.ones(48, dtype=bool), 1000.0)
    fine, _ = lamps.night(FLEET, np.zeros(720), np.ones(720, dtype=bool), 1000.0, step_s=60.0)
    assert fine[-1] == pytest.approx(coarse[-1])


@settings(max_examples=30)
@given(st.floats(100, 3000), st.floats(1.0, 3.0))
def test_a_larger_battery_never_lights_less(capacity, more):
    ghi = np.tile(np.concatenate([np.zeros(48), np.full(48, 120.0)]), 4)
    dark = ghi == 0
    small, large = (FLEET.model_copy(update={"battery_wh": wh}) for wh in (capacity, capacity * more))
    assert lamps.night(large, ghi, dark, 50.0)[1].sum() >= lamps.night(small, ghi, dark, 50.0)[1].sum() - 1e-9
