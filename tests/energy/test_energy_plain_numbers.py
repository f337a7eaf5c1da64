"""Quantiles, errors, windows, counters, weather and programmes against definitions written out in plain Python."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from energy_park import MIDNIGHT, meter, noun, park
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from systems import battery, heated, site

from parkwright.energy import bill, climate, load, quantiles, registers, score, solar_faults, states
from parkwright.energy.answer import answer, cost_cny
from parkwright.energy.assemble import assemble
from parkwright.energy.blocks import Converter, Demand, Flexible, Grid, Job, Load, Source, Store, System
from parkwright.energy.follow import follow, peaks_kw
from parkwright.energy.history import History, slots_of
from parkwright.energy.states import Machine
from parkwright.model.errors import ForecastError, PlanError
from parkwright.model.site import WorkUnit

NAN = float("nan")
MAYBE = st.one_of(st.just(NAN), st.integers(0, 50).map(float))


def plain_quantile(values, weights, level):
    """Hyndman and Fan's definition 5 for weighted values: a line through the middles of the weights."""
    known = sorted((value, weight) for value, weight in zip(values, weights, strict=True) if not math.isnan(value))
    whole, below, points = sum(weight for _, weight in known), 0.0, []
    for value, weight in known:
        points.append(((below + weight / 2.0) / whole, value))
        below += weight
    if level <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if level <= right:
            return low + (high - low) * (level - left) / (right - left)
    return points[-1][1]


@settings(max_examples=120, deadline=None)
@given(
    values=st.lists(MAYBE, min_size=1, max_size=9, unique=True).filter(lambda rows: not all(map(math.isnan, rows))),
    weights=st.lists(st.floats(0.1, 5.0), min_size=9, max_size=9),
    levels=st.lists(st.floats(0.01, 0.99), min_size=1, max_size=4),
)
def test_a_weighted_quantile_lies_on_the_line_through_the_middles(values, weights, levels):
    column, weight = np.array(values)[:, None], np.array(weights[: len(values)])[:, None]
    found = quantiles.weighted_quantiles(column, weight, levels)[:, 0]
    assert found == pytest.approx([plain_quantile(values, weight[:, 0], level) for level in levels])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), penalty=st.floats(0.01, 20.0))
def test_no_step_from_the_ridge_lowers_its_sum(seed, penalty):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    best = quantiles.ridge(x, y, penalty)
    assert x.T @ (x @ best - y) + penalty * best == pytest.approx(0.0, abs=1e-9)
    assert quantiles.ridge(np.vstack([x, x]), np.concatenate([y, y]), 2.0 * penalty) == pytest.approx(best)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), level=st.sampled_from([0.1, 0.5, 0.9]), factor=st.floats(0.01, 100.0))
def test_a_fitted_quantile_is_hard_to_beat_and_knows_no_unit(seed, level, factor):
    rng = np.random.default_rng(seed)
    x = np.stack([np.ones(200), rng.uniform(0.0, 10.0, 200)], axis=1)
    y = 5.0 + x[:, 1] * rng.uniform(1.0, 3.0, 200)
    best = quantiles.quantile_regression(x, y, level, 1e-6)
    loss = quantiles.pinball(y, (x @ best)[None], [level])
    for step in rng.normal(scale=0.3, size=(10, 2)):
        assert loss <= 1.01 * quantiles.pinball(y, (x @ (best + step))[None], [level])
    assert quantiles.quantile_regression(x, factor * y, level, 1e-6) == pytest.approx(factor * best, rel=1e-4)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(MAYBE, st.integers(0, 50).map(float), st.integers(1, 9).map(float)), min_size=1,
                     max_size=12))  # fmt: skip
def test_errors_are_sums_over_what_is_known(rows):
    known = [row for row in rows if not math.isnan(row[0])]
    assume(sum(row[0] for row in known) > 0.0)
    actual, made, width = (np.array(column) for column in zip(*rows, strict=True))
    missed = [abs(a - f) for a, f, _ in known]
    assert score.nmae(actual, made) == pytest.approx(sum(missed) / sum(a for a, _, _ in known))
    assert score.nrmse(actual, made, 4.0) == pytest.approx(math.sqrt(fmean(m * m for m in missed)) / 4.0)
    inside = [f - w <= a <= f + w for a, f, w in known]
    assert score.coverage(actual, np.stack([made - width, made, made + width])) == pytest.approx(fmean(inside))
    levels, offsets = (0.2, 0.5, 0.9), (-1.0, 0.0, 1.0)
    losses = [
        level * (a - f - o * w) if a >= f + o * w else (1.0 - level) * (f + o * w - a)
        for level, o in zip(levels, offsets, strict=True)
        for a, f, w in known
    ]
    found = quantiles.pinball(actual, np.stack([made + o * width for o in offsets]), levels)
    assert found == pytest.approx(fmean(losses))


@settings(max_examples=80, deadline=None)
@given(steps=st.sets(st.integers(0, 60), min_size=1), window=st.sampled_from([30, 45, 60]), seed=st.integers(0, 10**6))
def test_a_demand_meter_means_over_whole_windows_of_its_clock(steps, window, seed):
    rows = sorted(steps)
    power = np.random.default_rng(seed).uniform(0.0, 900.0, len(rows))
    epoch = datetime(2026, 7, 15, tzinfo=UTC)
    starts = pl.Series("start", [epoch + timedelta(minutes=15 * row) for row in rows], pl.Datetime("ms", "UTC"))
    means, begins = bill.window_mean_kw(power, starts, 900, window)
    each: dict[int, list[float]] = {}
    for row, kw in zip(rows, power, strict=True):
        each.setdefault(row * 15 // window, []).append(kw)
    whole = {place: fmean(kws) for place, kws in each.items() if len(kws) == window // 15}
    assert means == pytest.approx(list(whole.values()))
    assert begins.to_list() == [epoch + timedelta(minutes=window * place) for place in whole]


@settings(max_examples=80, deadline=None)
@given(
    power=st.lists(st.floats(0.0, 99.0), min_size=1, max_size=24), window=st.integers(1, 4),
    floor=st.lists(st.floats(0.0, 60.0), min_size=3, max_size=3), cut=st.integers(1, 24),
)  # fmt: skip
def test_a_billing_period_has_the_highest_of_its_windows_or_its_floor(power, window, floor, cut):
    group = np.minimum(np.arange(len(power)) // cut, 2)
    demand = Demand(group, np.ones(3), np.array(floor), window)
    pump = Converter("pump", "power", "heat", np.full(len(power), 99.0), np.ones(len(power)), demand=demand)
    wanted = list(floor)
    for first in range(0, len(power) - window + 1, window):
        place = int(group[first])
        wanted[place] = max(wanted[place], fmean(power[first : first + window]))
    assert peaks_kw(pump, {"pump": np.array(power)}) == pytest.approx(wanted)
    assert demand.floor_kw.tolist() == floor
    assert peaks_kw(replace(pump, demand=None), {}).size == 0


@settings(max_examples=60, deadline=None)
@given(
    hours=st.lists(st.integers(0, 9000), min_size=1, max_size=20),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]),
    step_s=st.sampled_from([300, 900, 1800, 3600]),
)
def test_a_slot_is_read_off_the_wall_clock(hours, zone, step_s):
    instants = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in hours]
    walls = [instant.astimezone(ZoneInfo(zone)) for instant in instants]
    found = slots_of(pl.Series(instants, dtype=pl.Datetime("ms", "UTC")), zone, step_s)
    assert found.tolist() == [(wall.hour * 3600 + wall.minute * 60) // step_s for wall in walls]


def test_a_history_before_a_day_knows_nothing_of_it():
    days = tuple(date(2026, 3, 1) + timedelta(days=row) for row in range(5))
    past = History(days, np.arange(10.0).reshape(5, 2), ("one slot is not known",))
    for count, day in enumerate(days):
        before = past.before(day)
        assert before.days == days[:count]
        assert before.power_kw.tolist() == past.power_kw[:count].tolist()
        assert (before.slots, before.repairs) == (2, past.repairs)
    assert past.before(days[-1] + timedelta(days=9)).days == days


DAYS = tuple(date(2026, 4, 1) + timedelta(days=row) for row in range(40))


def sunny():
    """Forty days of an even field (D, 96) [kW], every fourth one clear, free of noise and far from the inverter."""
    shape = np.maximum(np.sin((np.arange(96) / 4 - 6) / 12 * np.pi), 0.0) * 900.0
    return shape * np.where(np.arange(40) % 4 == 0, 1.0, 0.4 + 0.01 * (np.arange(40) % 7))[:, None]


@settings(max_examples=40, deadline=None)
@given(at=st.integers(3, 37), share=st.floats(0.05, 0.6))
def test_a_string_that_goes_out_is_dated_and_sized_on_any_day(at, share):
    expected = sunny()
    power = 0.96 * expected
    power[at:] *= 1.0 - share
    (fault,) = solar_faults.faults(DAYS, expected, power, 2000.0)
    assert (fault.kind, fault.since) == ("string_out", DAYS[at])
    assert fault.size == pytest.approx(share)
    assert fault.text.startswith(f"gives {share:.0%} less")


@settings(max_examples=40, deadline=None)
@given(rate=st.floats(0.001, 0.008))
def test_dirt_is_told_by_what_a_clean_field_loses_a_day(rate):
    expected = sunny()
    power = 0.96 * expected * (1.0 - rate * np.arange(40))[:, None]
    (fault,) = solar_faults.faults(DAYS, expected, power, 2000.0)
    assert (fault.kind, fault.since) == ("soiling", DAYS[0])
    assert fault.size == pytest.approx(rate / (1.0 - rate), rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 9).map(float), MAYBE), min_size=12, max_size=12))
def test_the_performance_ratio_of_a_day_is_a_quotient_of_two_sums(rows):
    found = solar_faults.performance_ratio(*(np.array(c).reshape(3, 4) for c in zip(*rows, strict=True)))
    for day, ratio in enumerate(found):
        known = [row for row in rows[4 * day : 4 * day + 4] if not math.isnan(row[1])]
        promised, came = (sum(row[place] for row in known) for place in (0, 1))
        assert math.isnan(ratio) if promised == 0.0 else ratio == pytest.approx(came / promised)


def test_a_field_of_another_count_of_days_is_refused():
    with pytest.raises(ForecastError, match="give one for each slot"):
        solar_faults.faults(DAYS[:3], sunny(), sunny(), 2000.0)


def year(hours=72, **columns):
    clock = np.arange(hours) % 24
    light = np.where((clock >= 6) & (clock < 18), 300.0, 0.0)
    given_columns = {"temperature_c": 10.0 + clock, "ghi_w_per_m2": light, "dni_w_per_m2": light, "dhi_w_per_m2": light,
                     "wind_m_per_s": np.full(hours, 3.0)}  # fmt: skip
    return pl.DataFrame(given_columns | columns)


@pytest.mark.parametrize("step_s", [300.0, 900.0, 1200.0, 3600.0])
def test_air_goes_in_lines_between_the_middles_of_its_hours(step_s):
    hours, each = year(), round(3600 / step_s)
    found = climate.of_year(hours, (39.0, 117.0, 0.0), 8.0, step_s)
    air = hours["temperature_c"].to_list()
    for row in range(72 * each):
        at = (row + 0.5) / each - 0.5
        low = math.floor(at)
        wanted = air[low % 72] + (at - low) * (air[(low + 1) % 72] - air[low % 72])
        assert found.outside_c[row] == pytest.approx(wanted)
    assert found.sky_c == pytest.approx(found.outside_c - climate.SKY_BELOW_AIR_K)
    assert np.isnan(found.wind_from_deg).all()
    assert (found.wind_m_per_s == 3.0).all()


@pytest.mark.parametrize(("latitude", "zone_h"), [(39.0, 8.0), (-33.0, 8.0), (0.0, 8.0), (60.0, 6.0)])
def test_light_keeps_the_energy_of_each_hour_in_which_the_sun_is_up(latitude, zone_h):
    found = climate.of_year(year(), (latitude, 117.0, 0.0), zone_h)
    height = np.maximum(found.sun.elevation_deg.reshape(-1, 4), 0.0)
    given_w = year()["ghi_w_per_m2"].to_numpy()
    up = height.max(axis=1) > 0.0
    for name in ("global_w_per_m2", "diffuse_w_per_m2"):
        light = getattr(found.sun, name).reshape(-1, 4)
        assert light.mean(axis=1) == pytest.approx(np.where(up, given_w, 0.0))
        assert (light[height <= 0.0] == 0.0).all()
    noon = found.sun.global_w_per_m2.reshape(-1, 4)[8]
    assert (np.diff(noon) > 0.0).all()


def test_sky_wind_and_height_are_what_the_weather_says():
    known = year(24, sky_w_per_m2=np.full(24, 5.670374419e-8 * 260.0**4), wind_from_deg=np.arange(24) * 15.0)
    found = climate.of_year(known, (39.0, 117.0, 1000.0), 8.0)
    assert found.sky_c == pytest.approx(260.0 - 273.15)
    assert found.wind_from_deg.tolist() == np.repeat(np.arange(24) * 15.0, 4).tolist()
    assert found.density_kg_per_m3 == pytest.approx(1.2041 * 0.88699, rel=1e-4)
    assert climate.of_year(known, (39.0, 117.0, 0.0), 8.0).density_kg_per_m3 == 1.2041


@settings(max_examples=60, deadline=None)
@given(parents=st.lists(st.integers(-1, 6), min_size=1, max_size=8), seed=st.integers(0, 10**6))
def test_a_meter_reads_all_that_hangs_below_it(parents, seed):
    above = {n: parent for n, parent in enumerate(parents) if 0 <= parent < n}
    tree = tuple(meter(f"m{n}", f"m{above[n]}" if n in above else "") for n in range(len(parents)))
    own = {f"m{n}": kw for n, kw in enumerate(np.random.default_rng(seed).uniform(0.0, 9.0, (len(parents), 3)))}

    def below(n):
        return own[f"m{n}"] + sum((below(child) for child, parent in above.items() if parent == n), np.zeros(3))

    one = park(meters=tree)
    found = load.roll_up(one, own)
    for n in range(len(parents)):
        assert found[f"m{n}"] == pytest.approx(below(n))
    tops = sum((below(n) for n in range(len(parents)) if n not in above), np.zeros(3))
    starts = one.intervals(date(2026, 7, 15))[:3]
    frames = [pl.DataFrame({"start": starts, "meter_id": [name] * 3, "power_kw": kw}) for name, kw in found.items()]
    assert load.site_kw(one, pl.concat(frames), starts) == pytest.approx(tops * 1.02)


@pytest.mark.parametrize(
    ("places", "cycle", "takt", "share"), [(1, 9, 10, 0.9), (1, 25, 10, 1.0), (20, 9, 10, 1.0), (1, 10, 10, 1.0)]
)
def test_a_unit_works_its_cycle_of_every_takt(places, cycle, takt, share):
    unit = noun(WorkUnit, id="U", kind="station", places=places, cycle_s=cycle, run_kw=4, idle_kw=2, off_kw=1)
    assert load.busy_share(unit, takt) == pytest.approx(share)


@pytest.mark.parametrize(("pause_s", "rest"), [(5400, ["standby"]), (5401, ["off", "warm_up"]), (0, [])])
def test_a_machine_stands_by_until_the_second_at_which_both_cost_the_same(pause_s, rest):
    oven = Machine(1.0, 11.0, 31.0, 1800.0, {"a": 41.0})
    first = MIDNIGHT + timedelta(hours=2)
    again = MIDNIGHT + timedelta(hours=3, seconds=pause_s)
    runs = [(first, MIDNIGHT + timedelta(hours=3), "a"), (again, again + timedelta(hours=1), "a")]
    found = states.sequence(oven, runs, (MIDNIGHT, MIDNIGHT + timedelta(hours=24)))
    assert [one.state for one in found] == ["off", "warm_up", "run", *rest, "run", "off"]


WIDTH = 10**9
A, B = (meter(name, register_mwh_max=WIDTH) for name in ("a", "b"))
COUNTERS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "zz"]), st.integers(0, 9), st.integers(0, WIDTH - 1)), max_size=14,
    unique_by=lambda row: row[:2],
)  # fmt: skip


def counted(rows, meters):
    """Four quarters counted one after the other; rows: meter, third of a quarter, counter."""
    frame = pl.DataFrame(
        [(name, MIDNIGHT + timedelta(minutes=5 * at), value) for name, at, value in rows], registers.REGISTERS,
        orient="row",
    )  # fmt: skip
    state, told = registers.opening(meters, MIDNIGHT - timedelta(minutes=5)), []
    for quarter in range(4):
        start = MIDNIGHT + timedelta(minutes=15 * quarter)
        found = registers.count(frame, state, meters, (start, start + timedelta(minutes=15)))
        told.append((found.readings.rows(), sorted(found.alarms.rows()), found.previous.rows()))
        state = found.previous
    return told


@settings(max_examples=60, deadline=None)
@given(rows=COUNTERS, order=st.randoms(use_true_random=False))
def test_what_a_meter_counts_depends_on_no_order_and_no_other_meter(rows, order):
    both = counted(rows, (A, B))
    mixed = list(rows)
    order.shuffle(mixed)
    assert counted(mixed, (A, B)) == both
    alone = {one.id: counted([row for row in rows if row[0] == one.id], (one,)) for one in (A, B)}
    for quarter, (readings, alarms, previous) in enumerate(both):
        assert readings == alone["a"][quarter][0] + alone["b"][quarter][0]
        assert previous == alone["a"][quarter][2] + alone["b"][quarter][2]
        known = [alarm for alarm in alarms if alarm[1] != "meter_unknown"]
        assert known == sorted(alone["a"][quarter][1] + alone["b"][quarter][1])
        assert all(row[2] is None or row[2] >= 0 for row in readings)


@settings(max_examples=60, deadline=None)
@given(gains=st.lists(st.integers(0, WIDTH // 12), min_size=1, max_size=10), first=st.integers(0, WIDTH - 1))
def test_a_counter_that_only_turns_over_keeps_every_milliwatt_hour(gains, first):
    value, rows = first, []
    for at, gain in enumerate(gains):
        value = (value + gain) % WIDTH
        rows.append((MIDNIGHT + timedelta(minutes=at + 1), value))
    frame = pl.DataFrame([("a", at, one) for at, one in rows], registers.REGISTERS, orient="row")
    span = (MIDNIGHT, MIDNIGHT + timedelta(minutes=len(gains)))
    found = registers.count(frame, registers.opening((A,), MIDNIGHT, {"a": first}), (A,), span)
    turned = first + sum(gains) >= WIDTH
    assert found.readings["energy_mwh_int"].to_list() == [sum(gains)]
    assert found.readings["quality"].to_list() == ["repaired" if turned else "good"]
    assert found.alarms["kind"].to_list() == (["meter_rollover"] if turned else [])


def blocks_of_all_kinds():
    full, demand = np.ones(4), Demand(np.zeros(4, dtype=np.int64), np.ones(1), np.zeros(1))
    return (
        Load("load", "power", full), Source("sun", "power", full, full, full),
        Grid("grid", "power", full, full, full, full, demand, full), Converter("pump", "power", "heat", full, full),
        Store("cell", "power", 9.0, 2.0, 2.0, opening_kwh=1.0, end_kwh=1.0), Flexible("car", "power", 5.0, 4.0, 0, 4),
        Job("job", "power", np.ones(2), np.array([0, 1]), costs=np.zeros(2)),
    )  # fmt: skip


def planted(value):
    """Each block with one of its numbers replaced, its name, and the name of the number."""
    found = []
    for block in blocks_of_all_kinds():
        for name in block.__slots__:
            held = getattr(block, name)
            if isinstance(held, np.ndarray) and held.dtype == np.float64:
                found.append((replace(block, **{name: np.append(held[:-1], value)}), block.id, name))
            elif isinstance(held, float):
                found.append((replace(block, **{name: value}), block.id, name))
    return found


ENDLESS = {"limit_kw", "charge_kw", "discharge_kw", "import_limit_kw", "export_limit_kw"}


@pytest.mark.parametrize("value", [NAN, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused_with_block_and_name_and_only_limits_are_endless(value):
    for block, block_id, name in planted(value):
        if value == math.inf and name in ENDLESS:
            assert System(1.0, 4, (block,)).blocks == (block,)
            continue
        with pytest.raises(PlanError, match=f"energy block '{block_id}': {name} is (nan|-?inf)"):
            System(1.0, 4, (block,))


@pytest.mark.parametrize("value", [NAN, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["price", "floor_kw"])
def test_a_demand_price_or_floor_that_is_no_number_is_refused(name, value):
    demand = replace(Demand(np.zeros(4, dtype=np.int64), np.ones(1), np.zeros(1)), **{name: np.array([value])})
    pump = Converter("pump", "power", "heat", np.ones(4), np.ones(4), demand=demand)
    with pytest.raises(PlanError, match=f"energy block 'pump': demand {name} is (nan|-?inf)"):
        System(1.0, 4, (pump,))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), efficiency=st.sampled_from([1.0, 0.9]), steps=st.integers(1, 12))
def test_whatever_is_followed_is_a_point_of_the_programme_and_never_cheaper_than_its_optimum(seed, efficiency, steps):
    rng = np.random.default_rng(seed)
    load_kw, heat_kw, price = (rng.uniform(low, high, steps) for low, high in ((0, 30), (0, 20), (0.3, 1.2)))
    others = (
        battery(15.0, 8.0, efficiency, opening=4.0, end=0.0, wear=0.02),
        Source("sun", "power", rng.uniform(0.0, 20.0, steps)), *heated(heat_kw),
        Store("tank", "heat", 12.0, 9.0, 9.0, kept_share=0.97, opening_kwh=3.0, end_kwh=0.0),
        Source("boiler", "heat", np.full(steps, 40.0), 0.6), Converter("pump", "power", "heat", np.full(steps, 6.0),
                                                                      np.full(steps, 2.5)),
    )  # fmt: skip
    system = site(load_kw, price, *others, export=0.1)
    names = ("battery.charge", "battery.discharge", "pump", "boiler")
    flows = follow(system, {name: rng.uniform(0.0, 12.0, steps) for name in names})
    built = assemble(system)
    arrays = built.program.arrays()
    point = np.zeros(len(arrays.cost))
    for name, columns in built.columns.items():
        point[columns] = flows[name]
    rows = np.zeros(len(arrays.row_lower))
    np.add.at(rows, arrays.rows, arrays.cells * point[arrays.columns])
    assert (rows >= arrays.row_lower - 1e-7).all()
    assert (rows <= arrays.row_upper + 1e-7).all()
    assert ((point >= arrays.lower - 1e-7) & (point <= arrays.upper + 1e-7)).all()
    assert arrays.cost @ point == pytest.approx(cost_cny(system, flows))
    assert answer(system).objective_cny <= cost_cny(system, flows) + 1e-6
