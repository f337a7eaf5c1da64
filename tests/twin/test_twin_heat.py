"""The heat plant keeps its energy and its limits, whatever it is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.model.noun import Text
from parkwright.model.plant import Boiler, EnergyPlant, Grid, HeatExchanger, HeatPump, Tank
from parkwright.twin.heat import HeatPlant

NAMED = {"name": Text(en="x", zh="x"), "basis": "assumed: a test"}
GRID = Grid(import_limit_kw=1.0, export_limit_kw=0.0, export_cny_per_kwh=0.0, basis="assumed: a test")
PUMP = HeatPump(id="HP", power_kw=100.0, **NAMED)
TANK = Tank(id="TK", capacity_kwh=500.0, loss_share_per_h=0.01, **NAMED)
BOILER = Boiler(id="BO", power_kw=400.0, factor_id="gas", **NAMED)
HOT = HeatExchanger(id="HX", source="compressors", power_kw=90.0, source_c=70.0, **NAMED)
OVEN = HeatExchanger(id="OX", source="ovens", power_kw=90.0, source_c=120.0, **NAMED)
FULL = EnergyPlant(grid=GRID, heat_pump=(PUMP,), tank=(TANK,), boiler=(BOILER,))
COP = 0.45 * 328.15 / 25.0

steps = st.lists(
    st.tuples(st.floats(0, 900), st.floats(0, 2000), st.floats(-50, 200), st.floats(-50, 600)), min_size=1, max_size=40
)


@given(steps, st.floats(0.0, 500.0))
def test_heat_in_equals_heat_out_and_no_limit_is_passed(asked, stored):
    plant = HeatPlant(FULL, {"TK": stored})
    for demand, waste, pump_kw, boiler_kw in asked:
        before = plant.stored_kwh[0]
        flow = plant.step(demand, waste, {"HP": pump_kw, "BO": boiler_kw}, 1 / 60)
        served = flow.pump_heat_kw[0] + flow.boiler_heat_kw[0] + flow.tank_heat_kw[0] + flow.unserved_kw
        assert served == pytest.approx(demand, abs=1e-6)
        lost = before * (1.0 - 0.99 ** (1 / 60))
        assert plant.stored_kwh[0] == pytest.approx(before - lost - flow.tank_heat_kw[0] / 60, abs=1e-6)
        assert 0.0 <= plant.stored_kwh[0] <= 500.0
        assert 0.0 <= flow.pump_kw[0] <= 100.0
        assert 0.0 <= flow.boiler_heat_kw[0] <= 400.0
        assert flow.pump_heat_kw[0] - flow.pump_kw[0] <= waste + 1e-9
        if flow.unserved_kw > 1e-6:
            assert flow.boiler_heat_kw[0] == pytest.approx(400.0)
            assert plant.stored_kwh[0] == pytest.approx(0.0, abs=1e-6)


def test_the_heat_pump_gives_its_power_times_its_coefficient():
    flow = HeatPlant(FULL, {"TK": 0.0}).step(0.0, 1e6, {"HP": 60.0}, 1 / 60)
    assert flow.pump_kw == (60.0,)
    assert flow.pump_heat_kw[0] == pytest.approx(60.0 * COP)
    assert flow.tank_heat_kw[0] == pytest.approx(-60.0 * COP)


def test_without_set_points_the_tank_serves_first_and_then_the_boiler():
    plant = HeatPlant(FULL, {"TK": 2.0})
    flow = plant.step(300.0, 0.0, {}, 1 / 60)
    assert flow.tank_heat_kw[0] == pytest.approx(2.0 * 0.99 ** (1 / 60) * 60)
    assert flow.boiler_heat_kw[0] == pytest.approx(300.0 - flow.tank_heat_kw[0])


def test_a_full_tank_takes_nothing_more():
    flow = HeatPlant(FULL, {"TK": 500.0}).step(0.0, 1e6, {"HP": 100.0, "BO": 400.0}, 1 / 60)
    assert flow.pump_heat_kw[0] + flow.boiler_heat_kw[0] == pytest.approx(500.0 * (1 - 0.99 ** (1 / 60)) * 60)


def test_a_park_without_heat_plant_has_no_flows():
    flow = HeatPlant(EnergyPlant(grid=GRID), {}).step(0.0, 10.0, {}, 1 / 60)
    assert flow.pump_kw == flow.boiler_heat_kw == flow.tank_heat_kw == ()


WARM = EnergyPlant(grid=GRID, heat_pump=(PUMP,), tank=(TANK,), boiler=(BOILER,), exchanger=(HOT, OVEN))
exchanged = st.lists(
    st.tuples(st.floats(0, 300), st.floats(0, 200), st.floats(0, 90), st.floats(0, 100)), min_size=1, max_size=30
)


@given(exchanged, st.floats(0.0, 500.0))
def test_exchanged_heat_counts_in_the_balance_and_is_not_lifted_again(asked, stored):
    plant = HeatPlant(WARM, {"TK": stored})
    for demand, lifted_most, oven, pump_kw in asked:
        before = plant.stored_kwh[0]
        flow = plant.step(demand, lifted_most, {"HP": pump_kw}, 1 / 60, (min(lifted_most, 90.0), oven))
        served = sum(flow.exchanged_kw) + flow.pump_heat_kw[0] + flow.boiler_heat_kw[0] + flow.tank_heat_kw[0]
        assert served + flow.unserved_kw == pytest.approx(demand, abs=1e-6)
        assert flow.pump_heat_kw[0] - flow.pump_kw[0] + flow.exchanged_kw[0] <= lifted_most + 1e-6
        lost = before * (1.0 - 0.99 ** (1 / 60))
        assert plant.stored_kwh[0] == pytest.approx(before - lost - flow.tank_heat_kw[0] / 60, abs=1e-6)


def test_exchangers_fill_the_tank_without_a_set_point_and_come_before_pump_and_boiler():
    flow = HeatPlant(WARM, {"TK": 0.0}).step(100.0, 80.0, {"HP": 60.0}, 1 / 60, (80.0, 50.0))
    assert flow.exchanged_kw == (80.0, 50.0)
    assert flow.pump_kw == (0.0,)
    assert flow.boiler_heat_kw == (0.0,)
    assert flow.tank_heat_kw[0] == pytest.approx(-30.0)


def test_nobody_takes_exchanged_heat_when_the_tank_is_full():
    flow = HeatPlant(WARM, {"TK": 500.0}).step(20.0, 80.0, {}, 1 / 60, (80.0, 50.0))
    assert sum(flow.exchanged_kw) == pytest.approx(20.0 + 500.0 * (1 - 0.99 ** (1 / 60)) * 60)
