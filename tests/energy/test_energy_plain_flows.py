"""Flows of batteries, tanks, pumps, lamps and machines against definitions written out in plain Python."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import groupby

import numpy as np
import polars as pl
import pytest
from energy_park import battery as cell
from energy_park import noun, park, plant
from hypothesis import given, settings
from hypothesis import strategies as st
from systems import battery, site

from parkwright.energy import heat, lamp_fleet, states, tank, uncontrolled
from parkwright.energy.blocks import Converter, Load, Source, Store
from parkwright.energy.follow import Guard, follow
from parkwright.energy.lamp_fleet import Lamps
from parkwright.energy.states import Machine
from parkwright.energy.tank import Layered
from parkwright.model.errors import PlanError
from parkwright.model.plant import Boiler, CopMap, HeatPump

KW = st.integers(0, 40).map(float)


def held_to(value, low, high):
    return low if value < low else min(value, high)


def plain_site(rows, step_h, capacity, power, efficiency, kept, limit, out_limit, guard):
    """What a load, sun, battery and grid do in each step: import, over, export, shut, curtailed, stored."""
    stored, told = 0.0, []
    for load, sun, planned, price in rows:
        lack, kw = load - sun, planned
        if guard is not None:
            if kw > 0:
                kw = min(kw, max(guard[0] - lack, 0.0))
            if lack + kw > guard[1]:
                kw = min(kw, guard[1] - lack)
        held = stored * kept
        most_in = min(power, max((capacity - held) / step_h / efficiency, 0.0))
        most_out = min(power, max(held * efficiency / step_h, 0.0))
        kw = held_to(kw, -most_out, most_in)
        stored = held + step_h * (kw * efficiency if kw > 0 else kw / efficiency)
        net = lack + kw
        free = 0.0 if price < 0 else out_limit
        cut = min(sun, max(-net - free, 0.0))
        net += cut
        told.append((
            min(max(net, 0.0), limit), max(net - limit, 0.0), min(max(-net, 0.0), out_limit),
            max(-net - out_limit, 0.0), sun - cut, stored,
        ))  # fmt: skip
    return told


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(KW, KW, st.integers(-30, 30).map(float), st.sampled_from([0.3, 0.0, -0.2])), min_size=1,
                  max_size=12),
    step_h=st.sampled_from([0.25, 1.0]),
    efficiency=st.sampled_from([1.0, 0.9, 0.7]),
    kept=st.sampled_from([1.0, 0.98]),
    limit=st.sampled_from([5.0, 25.0, 1e4]),
    out_limit=st.sampled_from([0.0, 8.0, 1e4]),
    guard=st.sampled_from([None, (10.0, 15.0), (3.0, 3.0)]),
)  # fmt: skip
def test_a_site_that_follows_set_points_does_what_its_rules_say(
    rows, step_h, efficiency, kept, limit, out_limit, guard
):
    load, sun, planned, export = (np.array(column) for column in zip(*rows, strict=True))
    store = battery(20.0, 12.0, efficiency, opening=0.0, kept_share=kept)
    system = site(
        load, np.ones(len(rows)), Source("sun", "power", sun), store, step_h=step_h, export=export, limit=limit,
        export_limit=out_limit,
    )  # fmt: skip
    wanted = {"battery.charge": np.maximum(planned, 0.0), "battery.discharge": np.maximum(-planned, 0.0)}
    held = None if guard is None else {"grid": Guard(*(np.full(len(rows), kw) for kw in guard))}
    flows = follow(system, wanted, held)
    names = ("grid.import", "grid.over", "grid.export", "grid.shut", "sun", "battery.stored")
    found = np.stack([flows[name] for name in names], axis=1)
    assert found == pytest.approx(
        np.array(plain_site(rows, step_h, 20.0, 12.0, efficiency, kept, limit, out_limit, guard)), abs=1e-9
    )


def plain_heat(rows, capacity, ratio, pump_kw, waste_kw, boiler_kw):
    """What a heat bus does in each hour: pump, waste, boiler, stored, unserved, spilled."""
    stored, told = 0.0, []
    for need, pump_plan, waste_plan, boiler_plan in rows:
        pump = min(pump_plan, pump_kw)
        waste, boiler = min(waste_plan, waste_kw), min(boiler_plan, boiler_kw)
        lack = need - pump * ratio - waste - boiler
        moved = held_to(-lack, -stored, capacity - stored)
        stored, lack = stored + moved, lack + moved
        more = min(max(lack, 0.0), waste_kw - waste)
        waste, lack = waste + more, lack - more
        more = min(max(lack, 0.0), boiler_kw - boiler)
        boiler, lack = boiler + more, lack - more
        more = held_to(lack / ratio, -pump, pump_kw - pump)
        pump, lack = pump + more, lack - more * ratio
        if lack < 0:
            less = min(boiler, -lack)
            boiler, lack = boiler - less, lack + less
            less = min(waste, -lack)
            waste, lack = waste - less, lack + less
        told.append((pump, waste, boiler, stored, max(lack, 0.0), max(-lack, 0.0)))
    return told


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(-10, 60).map(float), KW, KW, KW), min_size=1, max_size=10),
    capacity=st.sampled_from([0.0, 15.0, 60.0]),
    ratio=st.sampled_from([1.0, 3.0]),
    waste=st.sampled_from([0.0, 4.0, 20.0]),
    boiler=st.sampled_from([0.0, 10.0]),
)
def test_a_heat_bus_is_closed_by_its_rules_in_their_order(rows, capacity, ratio, waste, boiler):
    steps = len(rows)
    need, pump_plan, waste_plan, boiler_plan = (np.array(column) for column in zip(*rows, strict=True))
    blocks = (
        Load("heat", "heat", need), Source("boiler", "heat", np.full(steps, boiler), 0.5),
        Source("waste", "heat", np.full(steps, waste)), Store("tank", "heat", capacity, 1e6, 1e6, opening_kwh=0.0),
        Converter("pump", "power", "heat", np.full(steps, 12.0), np.full(steps, ratio)),
    )  # fmt: skip
    flows = follow(site(7.0, np.ones(steps), *blocks), {"pump": pump_plan, "waste": waste_plan, "boiler": boiler_plan})
    wanted = np.array(plain_heat(rows, capacity, ratio, 12.0, waste, boiler))
    names = ("pump", "waste", "boiler", "tank.stored", "heat.unserved", "heat.spilled")
    assert np.stack([flows[name] for name in names], axis=1) == pytest.approx(wanted, abs=1e-9)
    assert flows["grid.import"] == pytest.approx(7.0 + wanted[:, 0])


@settings(max_examples=80, deadline=None)
@given(
    surplus=st.lists(st.floats(-80.0, 80.0), min_size=1, max_size=20),
    opening=st.floats(0.0, 1.0),
    parts=st.integers(2, 5),
)
def test_a_battery_is_as_full_after_an_hour_as_after_its_parts(surplus, opening, parts):
    one = cell(capacity_kwh=60.0, power_kw=40.0, charge_efficiency=0.9, discharge_efficiency=0.8, opening_share=opening)
    whole = uncontrolled.follow_sun(one, np.array(surplus), 1.0)
    fine = uncontrolled.follow_sun(one, np.repeat(surplus, parts), 1.0 / parts)
    assert fine.stored_kwh[parts - 1 :: parts] == pytest.approx(whole.stored_kwh, abs=1e-9)
    assert fine.power_kw.reshape(-1, parts).mean(axis=1) == pytest.approx(whole.power_kw, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    need=st.lists(st.floats(0.0, 300.0), min_size=1, max_size=6),
    waste=st.floats(0.0, 200.0),
    power=st.floats(1.0, 40.0),
    share=st.floats(0.1, 0.9),
)
def test_a_pump_cut_in_two_is_the_pump_and_a_larger_one_burns_no_more(need, waste, power, share):
    def pumps(*sizes):
        made = tuple(noun(HeatPump, id=f"H{n}", power_kw=kw) for n, kw in enumerate(sizes))
        return plant(heat_pump=made, boiler=(noun(Boiler, id="BO", power_kw=50.0, factor_id="gas"),))

    asked, source = np.array(need), np.full(len(need), waste)
    one, two, larger = (
        uncontrolled.follow_need(pumps(*sizes), asked, source, np.zeros((len(need), 0)))
        for sizes in ((power,), (share * power, (1.0 - share) * power), (1.5 * power,))
    )
    for name in ("electric_kw", "lifted_kw", "boiler_kw", "unserved_kw"):
        assert getattr(two, name) == pytest.approx(getattr(one, name), abs=1e-9)
    assert (larger.boiler_kw + larger.unserved_kw <= one.boiler_kw + one.unserved_kw + 1e-9).all()


def settled(levels):
    """Isotonic regression by its min-max formula (Robertson, Wright and Dykstra 1988, theorem 1.4.4)."""
    count = len(levels)
    return [
        min(
            max(sum(levels[a : b + 1]) / (b + 1 - a) for b in range(i, count))
            for a in range(i + 1)
        )
        for i in range(count)
    ]  # fmt: skip


def conducted(levels, ratio):
    """Implicit conduction between neighbours, eliminated from the top to the bottom by hand."""
    count = len(levels)
    diagonal = [1.0 + ratio * ((i > 0) + (i < count - 1)) for i in range(count)]
    right = list(levels)
    for i in range(1, count):
        share = ratio / diagonal[i - 1]
        diagonal[i] -= share * ratio
        right[i] += share * right[i - 1]
    for i in range(count - 1, -1, -1):
        right[i] = (right[i] + (ratio * right[i + 1] if i < count - 1 else 0.0)) / diagonal[i]
    return right


def plain_tank(kind, levels, hours, charge, hot, draw, cold, room):
    each = kind.volume_m3 / len(levels)
    parts = max(math.ceil((charge + draw) / each), 1)
    in_share, out_share, hour = charge / parts / each, draw / parts / each, hours / parts
    for _ in range(parts):
        levels = [now + in_share * (above - now) for now, above in zip(levels, [hot, *levels[:-1]], strict=True)]
        levels = [now + out_share * (below - now) for now, below in zip(levels, [*levels[1:], cold], strict=True)]
        levels = settled(conducted(levels, kind.conduction_kw_per_k * hour / (1.163 * each)))
        fall = math.exp(-kind.loss_kw_per_k * hour / (1.163 * kind.volume_m3))
        levels = [room + (now - room) * fall for now in levels]
    return levels


@settings(max_examples=120, deadline=None)
@given(levels=st.lists(st.integers(5, 95).map(float), min_size=1, max_size=7))
def test_layers_that_would_rise_mix_into_the_nearest_order(levels):
    found = tank.step(Layered(3.0), np.array(levels), 0.0)
    assert found.temperature_c == pytest.approx(settled(levels))
    assert tank.stored_kwh(Layered(3.0), found.temperature_c) == pytest.approx(1.163 * 3.0 * sum(levels) / len(levels))


@settings(max_examples=100, deadline=None)
@given(
    levels=st.lists(st.floats(10.0, 90.0), min_size=1, max_size=6),
    charge=st.floats(0.0, 9.0),
    draw=st.floats(0.0, 9.0),
    hours=st.floats(0.0, 8.0),
    conduction=st.sampled_from([0.0, 0.02, 1.0]),
    loss=st.sampled_from([0.0, 0.05]),
)
def test_a_tank_is_pushed_drawn_mixed_and_cooled_in_this_order(levels, charge, draw, hours, conduction, loss):
    kind = Layered(4.0, conduction, loss)
    found = tank.step(kind, np.array(levels), hours, charge, 80.0, draw, 12.0, 18.0)
    wanted = plain_tank(kind, levels, hours, charge, 80.0, draw, 12.0, 18.0)
    assert found.temperature_c == pytest.approx(wanted, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(level=st.floats(10.0, 90.0), share=st.floats(0.0, 1.0))
def test_a_mixed_tank_takes_its_share_of_hot_water(level, share):
    found = tank.step(Layered(2.0), np.array([level]), 0.0, charge_m3=2.0 * share, charge_c=70.0)
    assert found.temperature_c[0] == pytest.approx(level + share * (70.0 - level))
    assert found.charged_kwh == pytest.approx(1.163 * 2.0 * share * (70.0 - level), abs=1e-9)


def test_heat_is_drawn_with_the_water_it_needs():
    kind, level = Layered(6.0), np.array([60.0, 60.0, 60.0])
    water = tank.volume_m3(46.52, 60.0, 20.0)
    assert water == pytest.approx(1.0)
    assert tank.step(kind, level, 0.0, draw_m3=water, cold_c=20.0).drawn_kwh == pytest.approx(46.52)
    with pytest.raises(PlanError, match="charge it before it is drawn"):
        tank.volume_m3(1.0, 20.0, 20.0)


PUMP = noun(HeatPump, id="HP", power_kw=12.0, carnot_share=0.45, source_c=30.0, supply_c=55.0)


@settings(max_examples=80, deadline=None)
@given(source=st.floats(-20.0, 60.0), supply=st.floats(20.0, 90.0))
def test_a_map_of_coefficients_is_a_plane_between_four_points(source, supply):
    rows, columns = (0.0, 10.0, 40.0), (35.0, 55.0, 65.0)
    values = ((4.0, 3.0, 2.5), (5.0, 3.5, 3.0), (8.0, 6.0, 4.0))
    at_source, at_supply = held_to(source, 0.0, 40.0), held_to(supply, 35.0, 65.0)
    i, k = 0 if at_source < 10.0 else 1, 0 if at_supply < 55.0 else 1
    x = (at_source - rows[i]) / (rows[i + 1] - rows[i])
    y = (at_supply - columns[k]) / (columns[k + 1] - columns[k])
    wanted = (
        (1 - x) * (1 - y) * values[i][k] + x * (1 - y) * values[i + 1][k]
        + (1 - x) * y * values[i][k + 1] + x * y * values[i + 1][k + 1]
    )  # fmt: skip
    measured = CopMap(source_c=rows, supply_c=columns, cop=values)
    found = heat.cop(PUMP.model_copy(update={"cop_map": measured}), source, supply)
    assert found == pytest.approx([wanted])


def plain_lamp(hours, panel, battery_wh, lamp_w, dimmed, after_h, turbine):
    """Light, missing light, spill and charge of one lamp, hour by hour, from a full battery."""
    level, since, told = battery_wh, 0.0, []
    for ghi, wind, dark, near in hours:
        share = 0.0
        if dark:
            full = held_to(after_h - since, 0.0, 1.0)
            share = 1.0 if near else full + (1.0 - full) * dimmed
            since += 1.0
        else:
            since = 0.0
        blows = held_to((wind**3 - 2.5**3) / (11.0**3 - 2.5**3), 0.0, 1.0) if wind < 25.0 else 0.0
        held = level + panel * ghi / 1000.0 * 0.7 + turbine * blows
        lit = min(share * lamp_w, held)
        level = min(held - lit, battery_wh)
        told.append((lit, share * lamp_w - lit, held - lit - level, level))
    return told


HOURS = st.lists(
    st.tuples(st.integers(0, 900).map(float), st.floats(0.0, 30.0), st.booleans(), st.booleans()), min_size=1,
    max_size=30,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(hours=HOURS, battery_wh=st.sampled_from([30.0, 200.0]), after=st.floats(0.0, 6.0), turbine=st.floats(0.0, 60.0))
def test_a_lamp_fares_hour_by_hour_as_its_rules_say(hours, battery_wh, after, turbine):
    ghi, wind, dark, near = (np.array(column) for column in zip(*hours, strict=True))
    size = (90.0, 1.0, battery_wh, 1.0, 25.0, 0.4, after, turbine)
    found = lamp_fleet.run(
        Lamps(*(np.array([value]) for value in size)), ghi, dark, np.array([battery_wh]), 3600.0, wind, near[None, :]
    )
    wanted = plain_lamp(hours, 90.0, battery_wh, 25.0, 0.4, after, turbine)
    told = np.stack([found.lit_wh[0], found.missing_wh[0], found.spilled_wh[0], found.charge_wh[0]], axis=1)
    assert told == pytest.approx(np.array(wanted), abs=1e-9)
    nights = [list(run) for is_dark, run in groupby(zip(dark, wanted, strict=True), key=lambda row: row[0]) if is_dark]
    dim = sum(any(row[1] > lamp_fleet.DARK_WH for _, row in night) for night in nights)
    assert lamp_fleet.dark_nights(found, dark).tolist() == [dim]
    asked = sum(row[0] + row[1] for row in wanted)
    lost = sum(row[1] for row in wanted) / asked if asked > 0.0 else 0.0
    assert lamp_fleet.loss_of_load(found) == pytest.approx([lost], abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(sun=st.lists(st.integers(0, 30), min_size=8, max_size=25), night=st.lists(st.integers(8, 16), min_size=25,
                                                                               max_size=25))  # fmt: skip
def test_the_design_week_is_the_one_a_person_would_pick(sun, night):
    dark = np.concatenate([np.arange(24) < hours for hours in night[: len(sun)]])
    ghi = np.concatenate([np.where(np.arange(24) == 20, kwh * 1000.0, 0.0) for kwh in sun])
    worth = [sum(sun[d : d + 7]) * 1000.0 / sum(night[d : d + 7]) for d in range(len(sun) - 6)]
    assert lamp_fleet.design_week(ghi, dark, 24) == 24 * worth.index(min(worth))


@settings(max_examples=25, deadline=None)
@given(sun=st.lists(st.integers(0, 700).map(float), min_size=12, max_size=12), price=st.floats(0.5, 6.0))
def test_the_cheapest_lamp_is_the_cheapest_of_all_that_light_by_trying_each(sun, price):
    fleet = park().energy.lamps[0].model_copy(update={"lamp_w": 20.0, "dimmed_share": 0.5, "dim_after_h": 4.0})
    ghi, dark = np.concatenate([sun, np.zeros(12)] * 2), np.tile(np.arange(24) >= 12, 2)
    panels, batteries = (20.0, 60.0, 150.0), (150.0, 250.0, 500.0)
    hours = list(zip(ghi, np.zeros(48), dark, np.zeros(48, dtype=bool), strict=True))
    lit = {
        (panel, wh): price * panel + wh
        for panel in panels
        for wh in batteries
        if max(row[1] for row in plain_lamp(hours, panel, 0.8 * wh, 20.0, 0.5, 4.0, 0.0)) <= lamp_fleet.DARK_WH
    }
    offered = (fleet, ghi, dark, 3600.0, price, 1.0, np.array(panels), np.array(batteries))
    if not lit:
        with pytest.raises(PlanError, match="some night stays dark; offer larger panels"):
            lamp_fleet.cheapest(*offered)
    else:
        found = lamp_fleet.cheapest(*offered)
        assert found.cost_cny == pytest.approx(min(lit.values()))
        assert lit[found.panel_w, found.battery_wh] == pytest.approx(found.cost_cny)


DAWN = datetime(2026, 7, 15, tzinfo=UTC)


def minute(count):
    return DAWN + timedelta(minutes=count)


PAUSES = st.lists(st.tuples(st.integers(0, 150), st.integers(5, 90)), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(
    pauses=PAUSES,
    warm=st.integers(0, 40),
    off=st.floats(0.0, 5.0),
    standby=st.floats(0.0, 20.0),
    heating=st.floats(5.0, 40.0),
)
def test_each_pause_takes_the_cheaper_of_standing_by_and_switching_off(pauses, warm, off, standby, heating):
    machine = Machine(off, standby, heating, warm * 60.0, {"a": 50.0})
    runs, clock, rest = [], 60, (60 - warm) * off + warm * heating
    for pause, length in pauses:
        if runs:
            choices = [pause * standby] + ([(pause - warm) * off + warm * heating] if pause >= warm else [])
            rest += min(choices)
            clock += pause
        runs.append((minute(clock), minute(clock + length), "a"))
        clock += length
    end = clock + 30
    found = states.sequence(machine, runs, (DAWN, minute(end)))
    worked = 50.0 * sum(length for _, length in pauses)
    assert states.energy_kwh(machine, found) == pytest.approx((rest + worked + 30 * off) / 60.0)
    each = {"off": off, "standby": standby, "warm_up": heating, "run": 50.0}
    by_minute = [next(each[one.state] for one in found if one.start <= minute(m) < one.end) for m in range(end)]
    starts = pl.Series("start", [minute(m) for m in range(0, end - 14, 15)], pl.Datetime("ms", "UTC"))
    wanted = [sum(by_minute[m : m + 15]) / 15.0 for m in range(0, end - 14, 15)]
    assert states.power_kw(machine, found, starts, 900.0) == pytest.approx(wanted)
