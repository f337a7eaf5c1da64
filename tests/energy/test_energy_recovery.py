"""Waste heat by temperature: direct where it is hot enough, lifted where not; every kilowatt is somewhere."""

from __future__ import annotations

import numpy as np
import pytest
from energy_park import noun, park
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import air, cold, recovery
from parkwright.energy.heat import cop
from parkwright.energy.recovery import CopMap, Source
from parkwright.model.errors import PlanError
from parkwright.model.plant import HeatPump

PUMP = noun(HeatPump, id="HP", power_kw=100.0, carnot_share=0.45, source_c=30.0, supply_c=55.0)


MAP = CopMap(np.array([10.0, 30.0, 50.0]), np.array([45.0, 65.0]), np.array([[3.5, 2.5], [5.0, 3.5], [8.0, 5.0]]))


def flat(kw, steps=4):
    return np.full(steps, float(kw))


def test_a_source_that_is_hot_enough_gives_all_of_the_need():
    found = recovery.recover([Source("ovens", flat(80), 120.0)], flat(50), 60.0, 40.0)
    assert found.direct_kw.tolist() == [50.0] * 4
    assert found.source_rejected_kw[0].tolist() == [30.0] * 4
    assert found.recovered_share == pytest.approx(50 / 80)
    assert found.boiler_kw.max() == found.unserved_kw.max() == 0.0


def test_a_source_between_return_and_supply_preheats_its_part():
    assert recovery.direct_share(55.0, 60.0, 40.0) == pytest.approx(0.5)
    assert recovery.direct_share(30.0, 60.0, 40.0) == 0.0
    assert recovery.direct_share(90.0, 60.0, 40.0) == 1.0
    found = recovery.recover([Source("c", flat(500), 55.0)], flat(100), 60.0, 40.0, boiler_kw=1000.0)
    assert found.direct_kw[0] == pytest.approx(50.0)
    assert found.boiler_kw[0] == pytest.approx(50.0)


def test_two_sources_share_the_lift_the_hotter_first_and_never_preheat_twice():
    hot, warm = Source("hot", flat(30), 90.0), Source("warm", flat(500), 55.0)
    found = recovery.recover([warm, hot], flat(100), 60.0, 40.0)
    assert found.source_direct_kw[1, 0] == pytest.approx(30.0)
    assert found.source_direct_kw[0, 0] == pytest.approx(20.0)
    assert found.unserved_kw[0] == pytest.approx(50.0)


def test_a_cold_source_is_lifted_by_the_heat_pump():
    found = recovery.recover([Source("chillers", flat(60), 35.0)], flat(500), 60.0, 50.0, PUMP, 1000.0)
    ratio = float(cop(PUMP, 35.0, 60.0)[0])
    assert found.direct_kw.max() == 0.0
    assert found.pump_kw[0] == pytest.approx(60.0 * ratio / (ratio - 1.0))
    assert found.electric_kw[0] == pytest.approx(found.pump_kw[0] / ratio)
    assert found.boiler_kw[0] == pytest.approx(500.0 - found.pump_kw[0])
    assert found.recovered_share == pytest.approx(1.0)


def test_the_heat_pump_stops_at_its_power():
    found = recovery.recover([Source("c", flat(10_000), 35.0)], flat(5000), 60.0, 50.0, PUMP)
    assert found.electric_kw == pytest.approx(flat(100))
    assert found.unserved_kw[0] > 0.0


def test_the_warmer_source_is_lifted_first():
    cool, warm = Source("cool", flat(1000), 20.0), Source("warm", flat(40), 45.0)
    found = recovery.recover([cool, warm], flat(60), 60.0, 55.0, PUMP)
    assert found.source_lifted_kw[1, 0] == pytest.approx(40.0)
    assert found.source_lifted_kw[0, 0] > 0.0


@given(
    heats=st.lists(st.tuples(st.floats(0.0, 500.0), st.floats(5.0, 130.0)), max_size=4),
    need=st.floats(0.0, 1000.0), supply=st.floats(45.0, 80.0), drop=st.floats(5.0, 30.0), boiler=st.floats(0.0, 800.0),
    pumped=st.booleans(),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_every_kilowatt_is_somewhere(heats, need, supply, drop, boiler, pumped):
    sources = [Source(f"s{n}", flat(kw), degrees) for n, (kw, degrees) in enumerate(heats)]
    found = recovery.recover(sources, flat(need), supply, supply - drop, PUMP if pumped else None, boiler)
    met = found.direct_kw + found.pump_kw + found.boiler_kw + found.unserved_kw
    assert met == pytest.approx(flat(need), abs=1e-9)
    assert found.pump_kw == pytest.approx(found.source_lifted_kw.sum(axis=0) + found.electric_kw, abs=1e-9)
    for n, one in enumerate(sources):
        parts = found.source_direct_kw[n] + found.source_lifted_kw[n] + found.source_rejected_kw[n]
        assert parts == pytest.approx(one.heat_kw, abs=1e-9)
    for part in (found.direct_kw, found.pump_kw, found.electric_kw, found.boiler_kw, found.unserved_kw):
        assert part.min() >= -1e-9
    assert found.source_rejected_kw.min(initial=0.0) >= -1e-9
    assert found.electric_kw.max() <= PUMP.power_kw + 1e-9
    assert 0.0 <= found.recovered_share <= 1.0 + 1e-9


@given(st.floats(20.0, 100.0), st.floats(0.0, 30.0))
@settings(max_examples=50, deadline=None)
def test_a_hotter_source_needs_no_more_electricity(temperature, more):
    electric = [
        recovery.recover([Source("s", flat(80), degrees)], flat(200), 60.0, 40.0, PUMP, 1000.0).electric_kw[0]
        for degrees in (temperature, temperature + more)
    ]
    assert electric[1] <= electric[0] + 1e-9


def test_no_sources_leave_the_boiler_alone():
    found = recovery.recover([], flat(10), 60.0, 40.0, PUMP, 4.0)
    assert found.boiler_kw.tolist() == [4.0] * 4
    assert found.unserved_kw.tolist() == [6.0] * 4
    assert found.recovered_share == 0.0


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_power_that_cannot_be_is_refused(value):
    with pytest.raises(PlanError, match="source 's' is below zero or not known"):
        recovery.recover([Source("s", flat(value), 60.0)], flat(1), 60.0, 40.0)
    with pytest.raises(PlanError, match="need is below zero or not known"):
        recovery.recover([], flat(value), 60.0, 40.0)


def test_a_supply_that_is_no_warmer_than_its_return_is_refused():
    with pytest.raises(PlanError, match="give a supply that is warmer"):
        recovery.recover([], flat(1), 40.0, 40.0)


def test_a_park_has_the_sources_of_what_it_has():
    one = park()
    compressors = np.full((len(one.energy.compressor), 2), 50.0)
    chillers = np.full((len(one.energy.chiller), 2), 40.0)
    found = {source.id: source for source in recovery.sources_of(one, compressors, chillers, flat(100, 2))}
    assert found["compressors"].heat_kw == pytest.approx(air.waste_heat_kw(one.energy.compressor, compressors))
    assert found["chillers"].heat_kw == pytest.approx(cold.rejected_heat_kw(one.energy.chiller, chillers))
    assert found["chillers"].temperature_c < found["compressors"].temperature_c
    assert ("ovens" in found) == any(unit.kind == "oven" for unit in one.work_unit.values())


def test_a_map_gives_its_points_and_lies_between_them():
    assert MAP.at(30.0, 45.0)[0] == 5.0
    assert MAP.at(20.0, 55.0)[0] == pytest.approx((3.5 + 2.5 + 5.0 + 3.5) / 4)
    assert MAP.at(np.array([-5.0, 99.0]), np.array([45.0, 99.0])).tolist() == [3.5, 5.0]


@given(st.floats(0.0, 60.0), st.floats(40.0, 70.0), st.floats(0.0, 20.0))
@settings(max_examples=50, deadline=None)
def test_a_map_that_rises_with_the_source_gives_a_coefficient_that_does(source, supply, more):
    assert MAP.at(source + more, supply)[0] >= MAP.at(source, supply)[0] - 1e-9
    assert MAP.at(source, supply + more)[0] <= MAP.at(source, supply)[0] + 1e-9


@pytest.mark.parametrize(
    ("source", "values", "text"),
    [
        ([10.0, 10.0], [[3.0, 2.0], [4.0, 3.0]], "axes that rise"),
        ([10.0, 20.0], [[3.0, 2.0]], "has the shape"),
        ([10.0, 20.0], [[3.0, 0.5], [4.0, 3.0]], "below 1"),
        ([10.0, 20.0], [[3.0, np.nan], [4.0, 3.0]], "below 1"),
    ],
)
def test_a_map_that_cannot_be_is_refused(source, values, text):
    with pytest.raises(PlanError, match=text):
        CopMap(np.array(source), np.array([45.0, 65.0]), np.array(values))
