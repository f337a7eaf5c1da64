"""A tank in layers keeps every kilowatt-hour, stays stable in any step, and keeps the warm water on top."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import tank as tanks
from parkwright.energy.tank import WATER_KWH_PER_M3K, Layered
from parkwright.model.errors import PlanError

PLAIN = Layered(10.0)
LOSSY = Layered(10.0, conduction_kw_per_k=0.05, loss_kw_per_k=0.02)
degrees = st.floats(5.0, 95.0)


def test_a_full_charge_fills_the_tank_with_hot_water():
    found = tanks.step(PLAIN, np.full(5, 20.0), 1.0, charge_m3=200.0, charge_c=60.0)
    assert found.temperature_c == pytest.approx(np.full(5, 60.0), abs=1e-6)
    assert found.charged_kwh == pytest.approx(10.0 * 40.0 * WATER_KWH_PER_M3K, rel=1e-6)


def test_one_layer_of_charge_replaces_the_top_layer():
    found = tanks.step(PLAIN, np.full(5, 20.0), 1.0, charge_m3=2.0, charge_c=60.0)
    assert found.temperature_c.tolist() == [60.0, 20.0, 20.0, 20.0, 20.0]
    assert found.charged_kwh == pytest.approx(2.0 * 40.0 * WATER_KWH_PER_M3K)


def test_what_is_drawn_comes_from_the_top():
    level = np.array([60.0, 60.0, 30.0, 20.0, 20.0])
    found = tanks.step(PLAIN, level, 1.0, draw_m3=2.0, cold_c=10.0)
    assert found.temperature_c.tolist() == [60.0, 30.0, 20.0, 20.0, 10.0]
    assert found.drawn_kwh == pytest.approx(2.0 * 50.0 * WATER_KWH_PER_M3K)


def test_the_water_for_a_heat_is_known():
    assert tanks.volume_m3(11.63, 60.0, 10.0) == pytest.approx(0.2)
    with pytest.raises(PlanError, match="charge it before it is drawn"):
        tanks.volume_m3(1.0, 10.0, 10.0)


def test_a_tank_left_alone_cools_as_newton_says():
    found = tanks.step(Layered(10.0, loss_kw_per_k=0.1), np.full(4, 70.0), 24.0)
    wanted = 20.0 + 50.0 * np.exp(-0.1 * 24.0 / (10.0 * WATER_KWH_PER_M3K))
    assert found.temperature_c == pytest.approx(np.full(4, wanted))
    assert found.lost_kwh == pytest.approx(10.0 * WATER_KWH_PER_M3K * (70.0 - wanted))


def test_conduction_evens_the_layers_out_and_keeps_their_heat():
    level = np.array([80.0, 60.0, 40.0, 20.0])
    found = tanks.step(Layered(10.0, conduction_kw_per_k=1.0), level, 1000.0)
    assert np.ptp(found.temperature_c) < 1.0
    assert found.temperature_c.mean() == pytest.approx(50.0)


def test_cold_water_on_top_sinks():
    found = tanks.step(PLAIN, np.array([20.0, 60.0, 40.0]), 0.1)
    assert found.temperature_c == pytest.approx([40.0, 40.0, 40.0])
    partly = tanks.step(PLAIN, np.array([70.0, 20.0, 60.0, 10.0]), 0.1)
    assert partly.temperature_c == pytest.approx([70.0, 40.0, 40.0, 10.0])


@given(
    level=st.lists(degrees, min_size=1, max_size=12), hours=st.floats(0.0, 48.0), charge=st.floats(0.0, 40.0),
    charge_c=degrees, draw=st.floats(0.0, 40.0), cold_c=st.floats(5.0, 20.0), room=st.floats(-10.0, 35.0),
    kind=st.sampled_from([PLAIN, LOSSY]),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_heat_is_conserved_and_no_layer_leaves_the_range_of_what_flows(
    level, hours, charge, charge_c, draw, cold_c, room, kind
):
    before = np.array(level)
    found = tanks.step(kind, before, hours, charge, charge_c, draw, cold_c, room)
    change = tanks.stored_kwh(kind, found.temperature_c) - tanks.stored_kwh(kind, before)
    assert change == pytest.approx(found.charged_kwh - found.drawn_kwh - found.lost_kwh, abs=1e-9)
    lowest, highest = min(*level, charge_c, cold_c, room), max(*level, charge_c, cold_c, room)
    assert lowest - 1e-9 <= found.temperature_c.min()
    assert found.temperature_c.max() <= highest + 1e-9
    assert (np.diff(found.temperature_c) <= 1e-9).all()


def test_layers_keep_more_useful_heat_than_a_mixed_tank():
    tops = {}
    for layers in (1, 10):
        found = tanks.step(PLAIN, np.full(layers, 20.0), 1.0, charge_m3=3.0, charge_c=60.0)
        tops[layers] = found.temperature_c[0]
    assert tops[10] > 59.0
    assert tops[1] < 35.0


@pytest.mark.parametrize("bad", [{"hours": -1.0}, {"hours": 1.0, "charge_m3": -1.0}, {"hours": 1.0, "draw_m3": -0.1}])
def test_less_than_nothing_is_refused(bad):
    with pytest.raises(PlanError, match="below zero or not known"):
        tanks.step(PLAIN, np.full(3, 20.0), **bad)


def test_an_unknown_temperature_is_refused():
    with pytest.raises(PlanError, match="below zero or not known"):
        tanks.step(PLAIN, np.array([20.0, np.nan]), 1.0)


def test_the_stored_heat_counts_from_its_zero():
    assert tanks.stored_kwh(PLAIN, np.full(4, 30.0), 30.0) == 0.0
    assert tanks.stored_kwh(PLAIN, np.array([40.0, 30.0]), 30.0) == pytest.approx(5.0 * 10.0 * WATER_KWH_PER_M3K)
