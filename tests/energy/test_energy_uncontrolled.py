"""The plant without a plan: known courses, limits kept, energy conserved."""

from __future__ import annotations

import numpy as np
import pytest
from energy_park import battery, noun, plant
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import uncontrolled
from parkwright.energy.heat import cop
from parkwright.model.errors import PlanError
from parkwright.model.plant import Boiler, HeatPump

PUMP = noun(HeatPump, id="HP", power_kw=10.0, carnot_share=0.45, source_c=30.0, supply_c=55.0)
CELL = battery(capacity_kwh=100.0, power_kw=40.0, charge_efficiency=0.9, discharge_efficiency=0.8, opening_share=0.0)


def heated(pumps, boiler_kw):
    boilers = (noun(Boiler, id="BO", power_kw=boiler_kw, factor_id="gas"),) if boiler_kw else ()
    return plant(heat_pump=(PUMP,) * pumps, boiler=boilers)


def test_a_surplus_is_stored_and_given_back_less_what_is_lost():
    found = uncontrolled.follow_sun(CELL, np.array([40.0, 40.0, -20.0, -40.0, -40.0]), 1.0)
    assert found.power_kw == pytest.approx([40.0, 40.0, -20.0, -37.6, 0.0])
    assert found.stored_kwh == pytest.approx([36.0, 72.0, 47.0, 0.0, 0.0])


def test_power_and_room_are_limits():
    found = uncontrolled.follow_sun(CELL, np.full(4, 500.0), 1.0)
    assert found.power_kw[:2].tolist() == [40.0, 40.0]
    assert found.power_kw[3] == pytest.approx(0.0)
    assert found.stored_kwh[-1] == pytest.approx(100.0)


@given(
    st.lists(st.floats(-200.0, 200.0), min_size=1, max_size=60), st.sampled_from([0.25, 0.5, 1.0]), st.floats(0.0, 1.0)
)
@settings(max_examples=100, deadline=None)
def test_a_battery_that_follows_the_sun_conserves_energy(surplus, step_h, opening):
    one = CELL.model_copy(update={"opening_share": opening})
    found = uncontrolled.follow_sun(one, np.array(surplus), step_h)
    before = np.concatenate([[opening * 100.0], found.stored_kwh[:-1]])
    charged, given_back = np.maximum(found.power_kw, 0.0), np.maximum(-found.power_kw, 0.0)
    after = before + charged * step_h * 0.9 - given_back * step_h / 0.8
    assert found.stored_kwh == pytest.approx(after, abs=1e-9)
    assert found.stored_kwh.min() >= -1e-9
    assert found.stored_kwh.max() <= 100.0 + 1e-9
    assert np.abs(found.power_kw).max() <= 40.0 + 1e-9
    assert (np.abs(found.power_kw) <= np.abs(surplus) + 1e-9).all()
    assert (found.power_kw * np.array(surplus) >= -1e-9).all()


def test_an_unknown_surplus_is_refused():
    with pytest.raises(PlanError, match="the surplus is not known"):
        uncontrolled.follow_sun(CELL, np.array([1.0, np.nan]), 1.0)


def test_the_pump_serves_first_the_boiler_the_rest():
    ratio = float(cop(PUMP)[0])
    found = uncontrolled.follow_need(
        heated(1, 300.0), np.array([5.0, 500.0, 500.0]), np.array([50.0, 500.0, 6.0]), np.zeros((3, 0))
    )
    assert found.boiler_kw[0] == 0.0
    assert found.electric_kw == pytest.approx([5.0 / ratio, 10.0, 6.0 / (ratio - 1.0)])
    assert found.lifted_kw == pytest.approx(found.electric_kw * (ratio - 1.0))
    assert found.boiler_kw[1] == 300.0
    assert found.unserved_kw[1] == pytest.approx(200.0 - 10.0 * ratio)


@given(st.floats(0.0, 500.0), st.floats(0.0, 500.0), st.sampled_from([0.0, 1.0, 60.0, 500.0]), st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_heat_without_a_plan_is_conserved(need, waste, boiler, pumps):
    found = uncontrolled.follow_need(heated(pumps, boiler), np.array([need]), np.array([waste]), np.zeros((1, 0)))
    met = found.electric_kw + found.lifted_kw + found.boiler_kw + found.unserved_kw
    assert met[0] == pytest.approx(need, abs=1e-9)
    assert found.lifted_kw[0] <= waste + 1e-9
    assert found.electric_kw[0] <= pumps * PUMP.power_kw + 1e-9
    assert found.boiler_kw[0] <= boiler + 1e-9
