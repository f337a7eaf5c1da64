"""Waste heat by temperature: exchanged where it is hot enough, lifted where not; every kilowatt is somewhere."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, noun, park, plant
from hypothesis import given, settings
from hypothesis import strategies as st
from test_energy_dispatch import inputs, solve

from parkwright.energy import heat, load, recovery, uncontrolled, weather
from parkwright.energy.recovery import direct_share, exchange, most_kw, off_the_loop_kw
from parkwright.model.plant import Boiler, CopMap, HeatExchanger, HeatPump
from parkwright.model.tables import LOAD

PUMP = noun(HeatPump, id="HP", power_kw=100.0, carnot_share=0.45, source_c=30.0, supply_c=55.0)
BOILER = noun(Boiler, id="BO", power_kw=80.0, factor_id="gas")
MAP = CopMap(source_c=(10.0, 30.0, 50.0), supply_c=(45.0, 65.0), cop=((3.5, 2.5), (5.0, 3.5), (8.0, 5.0)))


def exchanger(one_id="HX", source="compressors", power_kw=1000.0, source_c=70.0, **fields):
    return noun(HeatExchanger, id=one_id, source=source, power_kw=power_kw, source_c=source_c, **fields)


def flat(kw, steps=4):
    return np.full(steps, float(kw))


def waste(compressors=0.0, chillers=0.0, ovens=0.0, steps=4):
    return {"compressors": flat(compressors, steps), "chillers": flat(chillers, steps), "ovens": flat(ovens, steps)}


def test_a_source_gives_its_part_of_the_lift():
    assert direct_share(55.0, 60.0, 40.0) == pytest.approx(0.5)
    assert direct_share(30.0, 60.0, 40.0) == 0.0
    assert direct_share(90.0, 60.0, 40.0) == 1.0


def test_a_hot_exchanger_may_give_its_power_or_all_of_its_source():
    assert most_kw([exchanger()], waste(80), flat(50)).ravel().tolist() == [80.0] * 4
    assert most_kw([exchanger(power_kw=30.0)], waste(80), flat(50)).ravel().tolist() == [30.0] * 4


def test_one_that_preheats_gives_its_part_of_the_need_only():
    cool = exchanger(source_c=52.5)  # (52.5 - 5 - 40) / 15: half of the lift
    assert most_kw([cool], waste(500), flat(100)).ravel().tolist() == [50.0] * 4


def test_two_that_preheat_never_do_it_twice():
    cold, cool = exchanger("A", "chillers", source_c=49.5), exchanger("B", source_c=52.5)
    found = most_kw([cool, cold], waste(500, 500), flat(100))
    assert found[0] == pytest.approx([50.0 - 30.0, 100 * 4.5 / 15])


def test_exchangers_at_one_source_share_it():
    found = most_kw([exchanger("A", power_kw=60.0), exchanger("B")], waste(80), flat(500))
    assert found[0].tolist() == [60.0, 20.0]


def test_what_is_wanted_is_taken_from_the_coldest_first():
    cool, hot = exchanger("A", source_c=52.5), exchanger("B", "ovens", source_c=120.0)
    direct = most_kw([hot, cool], waste(500, 0, 90), flat(100))
    given_kw = exchange([hot, cool], direct, flat(100))
    assert given_kw[0].tolist() == [50.0, 50.0]
    assert off_the_loop_kw([hot, cool], given_kw).tolist() == [50.0] * 4


SOURCES = st.lists(
    st.tuples(st.sampled_from(["compressors", "chillers", "ovens"]), st.floats(42.0, 130.0), st.floats(1.0, 200.0)),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(
    sources=SOURCES, heats=st.tuples(*[st.floats(0.0, 400.0)] * 3), need=st.floats(0.0, 600.0),
    room=st.floats(0.0, 300.0),
)  # fmt: skip
def test_no_source_gives_more_than_it_has_and_no_part_of_the_lift_is_made_twice(sources, heats, need, room):
    exchangers = [exchanger(f"X{n}", kind, kw, degrees) for n, (kind, degrees, kw) in enumerate(sources)]
    had = waste(*heats, steps=1)
    direct = most_kw(exchangers, had, flat(need, 1))
    given_kw = exchange(exchangers, direct, flat(need + room, 1))[0]
    assert (given_kw >= 0.0).all()
    assert (given_kw <= [kw + 1e-9 for _, _, kw in sources]).all()
    assert given_kw.sum() <= need + room + 1e-9
    for kind, heat_kw in had.items():
        assert sum(kw for kw, one in zip(given_kw, exchangers, strict=True) if one.source == kind) <= heat_kw[0] + 1e-9
    for limit in {recovery.share_of(one) for one in exchangers if recovery.share_of(one) < 1.0}:
        colder = sum(kw for kw, one in zip(given_kw, exchangers, strict=True) if recovery.share_of(one) <= limit)
        assert colder <= limit * need + 1e-9


@settings(max_examples=60, deadline=None)
@given(sources=SOURCES, heats=st.tuples(*[st.floats(0.0, 400.0)] * 3), need=st.floats(0.0, 600.0), pumped=st.booleans())
def test_without_a_plan_every_kilowatt_of_heat_is_somewhere(sources, heats, need, pumped):
    exchangers = tuple(exchanger(f"X{n}", kind, kw, degrees) for n, (kind, degrees, kw) in enumerate(sources))
    one = plant(exchanger=exchangers, heat_pump=(PUMP,) if pumped else (), boiler=(BOILER,))
    had, asked = waste(*heats, steps=1), flat(need, 1)
    found = uncontrolled.follow_need(one, asked, recovery.liftable_kw(had), most_kw(exchangers, had, asked))
    made = found.exchanged_kw + found.electric_kw + found.lifted_kw + found.boiler_kw + found.unserved_kw
    assert made[0] == pytest.approx(need, abs=1e-9)
    assert found.exchanged_kw[0] + found.lifted_kw[0] <= sum(heats) + 1e-9
    assert 0.0 <= found.electric_kw[0] <= 100.0 + 1e-9
    assert 0.0 <= found.boiler_kw[0] <= 80.0


def test_waste_heat_comes_from_metered_machines_without_their_constant_draw():
    one = park()
    starts = one.intervals(DAY)
    frame = load.forecast(one, DAY, weather.of_day(one, DAY))
    found = recovery.waste_of(one, frame, starts)
    drawn = {key[0]: rows["power_kw"].to_numpy() for key, rows in frame.partition_by("meter_id", as_dict=True).items()}
    assert found["compressors"] == pytest.approx(0.6 * (drawn["c1"] - 1 + drawn["c2"]))
    assert found["chillers"] == pytest.approx(6.0 * drawn["ch"])
    assert recovery.liftable_kw(found) == pytest.approx(found["compressors"] + found["chillers"])
    assert all(kw.tolist() == [0.0] * 96 for kw in recovery.waste_of(one, LOAD.empty(), starts).values())


def test_ovens_leave_their_share_with_the_exhaust():
    assert recovery.exhaust_kw(np.array([[40.0, 0.0], [20.0, 10.0]])) == pytest.approx([21.0, 3.5])


def test_a_plan_takes_exchanged_heat_before_it_burns_or_lifts():
    plain = park()
    hot = exchanger(power_kw=60.0)
    one = park(energy=plain.energy.model_copy(update={"exchanger": (hot,)}))
    starts, steps = one.intervals(DAY), 96
    given_kw = inputs(one) | {"starts": starts, "heat_kw": flat(50, steps), "waste_heat_kw": flat(40, steps)}
    direct = most_kw([hot], waste(40, steps=steps), flat(50, steps))
    with_it = solve(one, **given_kw, direct_kw=direct)
    without = solve(plain, **given_kw)
    parts = with_it.dispatch.partition_by("asset_id", as_dict=True)
    rows = {key[0]: frame["power_kw"].to_numpy() for key, frame in parts.items()}
    assert 0.0 < rows["HX"].max() <= 40.0 + 1e-9
    pump = one.energy.heat_pump[0]
    lifted = rows[pump.id] * (float(heat.cop(pump)[0]) - 1.0)
    assert (rows["HX"] + lifted <= 40.0 + 1e-6).all()
    assert with_it.objective_cny < without.objective_cny
    assert abs(with_it.balance_residual_kwh) < 1e-9
    assert with_it.status == "optimal"


def test_a_plan_without_limits_for_its_exchangers_rests_them():
    one = park(energy=park().energy.model_copy(update={"exchanger": (exchanger(),)}))
    assert solve(one).dispatch.filter(pl.col("asset_id") == "HX").height == 0


def test_a_map_gives_its_points_and_lies_between_them():
    pump = PUMP.model_copy(update={"cop_map": MAP})
    assert heat.cop(pump, 30.0, 45.0)[0] == 5.0
    assert heat.cop(pump, 20.0, 55.0)[0] == pytest.approx((3.5 + 2.5 + 5.0 + 3.5) / 4)
    assert heat.cop(pump, np.array([-5.0, 99.0]), np.array([45.0, 99.0])).tolist() == [3.5, 5.0]
    assert heat.cop(pump)[0] == pytest.approx(4.25)


@given(st.floats(0.0, 60.0), st.floats(40.0, 70.0), st.floats(0.0, 20.0))
@settings(max_examples=50, deadline=None)
def test_a_map_that_rises_with_the_source_gives_a_coefficient_that_does(source, supply, more):
    pump = PUMP.model_copy(update={"cop_map": MAP})
    assert heat.cop(pump, source + more, supply)[0] >= heat.cop(pump, source, supply)[0] - 1e-9
    assert heat.cop(pump, source, supply + more)[0] <= heat.cop(pump, source, supply)[0] + 1e-9
