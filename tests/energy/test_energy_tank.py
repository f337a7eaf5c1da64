"""A tank in layers keeps every kilowatt-hour, stays stable in any step, and keeps the warm water on top."""

from __future__ import annotations

import numpy as np
import pytest
from energy_park import noun
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parkwright.energy import tank as tanks
from parkwright.energy.tank import WATER_KWH_PER_M3K, Layered
from parkwright.model.errors import PlanError
from parkwright.model.plant import Tank

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


HOLDS = noun(Tank, id="TK", capacity_kwh=174.45, hot_c=60.0, cold_c=45.0, loss_share_per_h=0.0)


def held(tank, level):
    return tanks.stored_kwh(tanks.layered_of(tank), level, tank.cold_c)


def test_a_parks_tank_holds_what_its_water_holds_between_its_temperatures():
    kind = tanks.layered_of(HOLDS)
    assert kind.volume_m3 == pytest.approx(10.0)
    assert kind.loss_kw_per_k == 0.0
    width = (40.0 / np.pi / 2.0) ** (1 / 3)
    assert kind.conduction_kw_per_k == pytest.approx(0.65e-3 * np.pi / 4 * width**2 / (2 * width / tanks.LAYERS))


def test_what_is_stored_lies_on_top_and_moves_as_it_is_planned():
    still = tanks.course(HOLDS, 0.5 * HOLDS.capacity_kwh, np.zeros(1), 0.0)
    assert still[0].tolist() == [60.0] * 10 + [45.0] * 10
    full = tanks.course(HOLDS, 0.0, np.full(8, 174.45), 0.25)
    assert held(HOLDS, full[3]) == pytest.approx(HOLDS.capacity_kwh, rel=0.03)
    assert full.max() <= 60.0 + 1e-9
    empty = tanks.course(HOLDS, HOLDS.capacity_kwh, np.full(12, -174.45), 0.25)
    assert held(HOLDS, empty[-1]) == pytest.approx(0.0, abs=0.1)


@settings(max_examples=60, deadline=None)
@example(flow=[0.0, 1.0], opening=1.0, loss=0.005)
@example(flow=[0.0, -54.0, -1.0, 20.0, 60.0, 60.0, -60.0], opening=1.0, loss=0.0)
@given(
    flow=st.lists(st.floats(-60.0, 60.0), min_size=1, max_size=30),
    opening=st.floats(0.0, 1.0),
    loss=st.sampled_from([0.0, 0.005, 0.2]),
)
def test_layers_hold_what_a_plan_counts_while_there_is_room_and_heat(flow, opening, loss):
    tank = HOLDS.model_copy(update={"loss_share_per_h": loss})
    stored, kept, flows = opening * tank.capacity_kwh, (1.0 - loss) ** 0.25, []
    for kw in flow:
        most, least = tank.capacity_kwh - stored, -stored
        flows.append(float(np.clip(kw * 0.25, 0.5 * least * kept, 0.5 * most)) / 0.25)
        stored = stored * kept + flows[-1] * 0.25
    level = tanks.course(tank, opening * tank.capacity_kwh, np.array(flows), 0.25)
    assert held(tank, level[-1]) == pytest.approx(stored, abs=(1.0 - kept) * 0.25 * sum(map(abs, flows)) + 0.02)
    assert (np.diff(level, axis=1) <= 1e-9).all()
    assert level.min() >= tank.cold_c - 1e-9
    assert level.max() <= tank.hot_c + 1e-9


def test_the_top_stays_hot_until_the_last_layer_is_drawn():
    level = tanks.course(HOLDS, HOLDS.capacity_kwh, np.full(9, -17.445), 1.0)
    assert level[7, 0] == pytest.approx(60.0, abs=3.0)
    assert level[5, 0] == pytest.approx(60.0, abs=0.5)
    assert level[-1, -1] == pytest.approx(45.0, abs=0.5)
