"""Making things: scrap, pace, changeovers, windows, prices and orders, by hand and as laws that hold for any line."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from make_park import DAY, LINES, MIDNIGHT, PATTERN, bill, line, local, order_lines, product, shift, small_park, unit

from parkwright.make.boards import (
    board_demand,
    boards_per_unit,
    expected_good,
    net_boards,
    opening_boards,
    scrap_share,
    units_to_start,
)
from parkwright.make.genealogy import of_unit, where_used
from parkwright.make.jobs import explode
from parkwright.make.orders import generate
from parkwright.make.pace import changeover_s, of_product
from parkwright.make.park_check import check
from parkwright.make.park_day import Prices, dispatch
from parkwright.make.problem import lines_of, to_ms, windows
from parkwright.model.product import Setup
from parkwright.model.site import Calendar
from parkwright.model.tables import ASSEMBLIES, JOB_ORDERS, MOUNTS, PASSAGES, SIGNAL
from parkwright.supply.available import kits

SHARES = st.floats(0, 0.9)
STATIONS = st.lists(st.tuples(SHARES, st.floats(0, 1)), min_size=1, max_size=4)


def rng(seed=1):
    return np.random.Generator(np.random.Philox(seed))


def inspected_line(*shares, **fields):
    """A line of test stations with (fail_share, scrap_share) each."""
    stations = [unit(f"T{n}", "test", fail_share=f, scrap_share=s) for n, (f, s) in enumerate(shares)]
    return line("T", "SMT", *stations, **fields)


def park_of(*lines_given, **fields):
    return small_park(work_centers=lines_given, **fields)


@pytest.mark.parametrize(
    ("stations", "scrapped"),
    [
        ([(0.0, 0.0)], 0.0),
        ([(0.1, 1.0)], 0.1),
        ([(0.1, 0.0)], 0.0),
        ([(0.5, 0.5)], 1 / 3),
        ([(0.1, 1.0), (0.1, 1.0)], 0.19),
        ([(0.2, 0.5), (0.0, 1.0), (0.1, 1.0)], 1 - (1 - 0.1 / 0.9) * 0.9),
    ],
)
def test_scrap_adds_up_over_stations_and_rework(stations, scrapped):
    assert scrap_share(park_of(inspected_line(*stations)), "SMT") == pytest.approx(scrapped)


@given(STATIONS)
def test_scrap_is_what_the_walk_of_a_unit_ends_in(stations):
    """A unit as a Markov chain: at each station again after rework, on when good, out when scrapped."""
    size = len(stations)
    stay = np.zeros((size, size))
    for n, (fail, scrap) in enumerate(stations):
        stay[n, n] = fail * (1 - scrap)
        if n + 1 < size:
            stay[n, n + 1] = 1 - fail
    visits = np.linalg.inv(np.eye(size) - stay)[0]
    scrapped = float(sum(v * f * s for v, (f, s) in zip(visits, stations, strict=True)))
    assert scrap_share(park_of(inspected_line(*stations)), "SMT") == pytest.approx(scrapped, abs=1e-9)


@given(STATIONS, st.integers(0, 5000))
def test_as_many_are_started_as_give_the_good_and_not_one_more(stations, good):
    park = park_of(inspected_line(*stations))
    assume(scrap_share(park, "SMT") < 0.99)
    started = units_to_start(park, "SMT", good)
    assert expected_good(park, "SMT", started) >= good
    assert started == 0 or expected_good(park, "SMT", started - 1) < good
    assert started >= good


def test_the_worst_of_the_lines_of_a_segment_counts_for_its_scrap():
    better, worse = inspected_line((0.1, 1.0)), inspected_line((0.3, 1.0)).model_copy(update={"id": "W"})
    park = park_of(better, worse, line("O", "ASM", unit("O1", "test", fail_share=0.9, scrap_share=1.0)))
    assert scrap_share(park, "SMT") == pytest.approx(0.3)
    assert scrap_share(park, "NONE") == 0.0


@pytest.mark.parametrize(
    ("bills", "orders", "demand"),
    [
        ([], [("p1", 5)], {}),
        ([("p1", "b1", 1)], [("p1", 5), ("p2", 9)], {"b1": 5}),
        ([("p1", "b1", 2), ("p2", "b1", 1)], [("p1", 5), ("p2", 9)], {"b1": 19}),
        ([("p1", "b1", 1), ("p1", "b1", 3)], [("p1", 2), ("p1", 3)], {"b1": 20}),
        ([("p1", "b2", 1), ("p1", "b1", 1)], [("p1", 2)], {"b1": 2, "b2": 2}),
        ([("p1", "b1", 1), ("p1", "case", 9)], [("p1", 2), ("b1", 50)], {"b1": 2}),
    ],
)
def test_boards_in_need_follow_from_the_bill(bills, orders, demand):
    park = small_park(bill=tuple(bill(*row) for row in bills))
    rows = order_lines(*((f"o{n}", name, quantity, 0, 22) for n, (name, quantity) in enumerate(orders)))
    assert board_demand(park, rows) == demand
    assert list(board_demand(park, rows)) == sorted(demand)


@pytest.mark.parametrize(("needed", "opening", "lacking"), [(0, 0, 0), (5, 0, 5), (40, 40, 0), (41, 40, 1), (3, 40, 0)])
def test_the_opening_stock_serves_first(needed, opening, lacking):
    park = small_park(order_pattern=PATTERN.model_copy(update={"opening_boards": opening}))
    assert net_boards(park, needed) == lacking
    assert opening_boards(small_park(order_pattern=None)) == 0


@pytest.mark.parametrize(
    ("stations", "factor", "unit_s", "flow_s", "run_kw", "idle_kw"),
    [
        ([{}], 1, 10, 10, 3, 1),
        ([{}, {"cycle_s": 5}], 1, 10, 15, 3 + 2, 2),
        ([{"cycle_s": 20}], 1, 20, 20, 3, 1),
        ([{"cycle_s": 80, "places": 8}], 1, 10, 80, 3, 1),
        ([{"cycle_s": 10, "places": 4}], 1, 10, 10, 3, 1),
        ([{}], 2.5, 25, 25, 3, 1),
        ([{"mtbf_s": 1000, "mttr_s": 100}], 1, 11, 10, 3, 1),
        ([{"mtbf_s": 1000, "mttr_s": 100}, {"cycle_s": 5, "mtbf_s": 500, "mttr_s": 100}], 1, 12, 15, 5, 2),
        ([{"kind": "test", "cycle_s": 9, "fail_share": 0.5}], 1, 18, 9, 3, 1),
        ([{"kind": "test", "cycle_s": 9, "fail_share": 0.5, "scrap_share": 1}], 1, 10, 9, 0.9 * 3 + 0.1, 1),
    ],
)
def test_the_pace_of_a_line_known_by_hand(stations, factor, unit_s, flow_s, run_kw, idle_kw):
    units = [unit(f"U{n}", **({"kind": "station", "cycle_s": 10.0} | fields)) for n, fields in enumerate(stations)]
    pace = of_product(line("L", "ASM", *units), product("p", "f", cycle_factor=factor))
    assert (pace.unit_s, pace.flow_s) == pytest.approx((unit_s, flow_s))
    assert (pace.run_kw, pace.idle_kw) == pytest.approx((run_kw, idle_kw))


@given(st.lists(st.tuples(st.floats(1, 100), st.integers(1, 9), st.floats(0, 0.5)), min_size=1, max_size=5))
def test_no_line_is_faster_than_its_slowest_station_and_power_lies_between_idle_and_run(rows):
    units = [
        unit(f"U{n}", "test", cycle_s, places=places, fail_share=fail) for n, (cycle_s, places, fail) in enumerate(rows)
    ]
    pace = of_product(line("L", "ASM", *units), product("p", "f"))
    assert pace.unit_s >= max(cycle_s / places for cycle_s, places, _ in rows) - 1e-9
    assert pace.flow_s == pytest.approx(sum(cycle_s for cycle_s, _, _ in rows))
    assert pace.idle_kw <= pace.run_kw + 1e-9 <= 3 * len(rows) + 1e-6


SETUPS = tuple(
    Setup(work_center_id=w, from_family=a, to_family=b, duration_s=s, basis="assumed: a test")
    for w, a, b, s in (("A", "fa", "fb", 60), ("A", "fb", "fb", 5), ("B", "fa", "fb", 0))
)


@pytest.mark.parametrize(
    ("line_id", "before", "after", "seconds"),
    [
        ("A", "fa", "fb", 60),
        ("A", "fb", "fa", 120),
        ("A", "fa", "fa", 0),
        ("A", "fb", "fb", 5),
        ("A", None, "fa", 120),
        ("B", "fa", "fb", 0),
        ("B", "fb", "fa", 120),
    ],
)
def test_a_changeover_comes_from_the_table_then_from_the_line(line_id, before, after, seconds):
    park = small_park(setups=SETUPS)
    assert changeover_s(park, park.work_center[line_id], before, after) == seconds
    arrays = lines_of(park, DAY)
    families = [*arrays.families, None]
    at = [center.id for center in park.work_centers].index(line_id)
    assert arrays.setup[at, families.index(before), families.index(after)] == seconds * 1000


@given(st.lists(st.tuples(st.integers(0, 22), st.integers(1, 12)), max_size=5), st.integers(0, 6))
def test_working_windows_are_the_minutes_of_any_shift_and_never_touch(spans, offset):
    spans = [(start, min(start + length, 24)) for start, length in spans]
    shifts = tuple(shift(f"{a:02d}:00", f"{b:02d}:00") for a, b in spans)
    park = small_park(calendar=Calendar(shift=shifts))
    day = DAY + timedelta(days=offset)
    opened, closed = windows(park, day)
    midnight = to_ms(park.midnight(day))
    hours = {(at - midnight) // 3_600_000 for a, b in zip(opened, closed, strict=True) for at in range(a, b, 3_600_000)}
    assert hours == {hour for a, b in spans for hour in range(a, b)}
    assert all(earlier < later for earlier, later in zip(closed, opened[1:], strict=False))
    assert lines_of(park, day).working_ms == 3_600_000 * len(hours)


def signal(prices, step_min=60):
    starts = [MIDNIGHT + timedelta(minutes=step_min * n) for n in range(len(prices))]
    rows = {
        "start": starts,
        "band": "flat",
        "price_cny_per_kwh": prices,
        "co2e_kg_per_kwh": prices[::-1],
        "cap_kw": 1.0,
    }
    return pl.DataFrame(rows, schema=SIGNAL.schema)


@given(st.lists(st.floats(-1, 5), min_size=2, max_size=8), st.integers(0, 400), st.integers(1, 200))
def test_a_mean_price_is_that_of_its_minutes(prices, start_min, length_min):
    assume(start_min + length_min <= 60 * len(prices))
    zero = to_ms(MIDNIGHT)
    ends = np.array([zero + 60_000.0 * start_min]), np.array([zero + 60_000.0 * (start_min + length_min)])
    cny, kg = Prices(signal(prices)).mean(*ends)
    minutes = [minute // 60 for minute in range(start_min, start_min + length_min)]
    assert cny[0] == pytest.approx(np.mean([prices[n] for n in minutes]), abs=1e-6)
    assert kg[0] == pytest.approx(np.mean([prices[::-1][n] for n in minutes]), abs=1e-6)


def test_an_unsorted_signal_is_the_same_signal():
    prices = signal([1.0, 2.0, 4.0])
    at = np.array([float(to_ms(MIDNIGHT))]), np.array([to_ms(MIDNIGHT) + 2 * 3.6e6])
    assert Prices(prices.reverse()).mean(*at)[0] == Prices(prices).mean(*at)[0] == pytest.approx([1.5])


@pytest.mark.parametrize(
    ("change", "sizes"),
    [
        ({"small_share": 1.0, "large_share": 0.0}, (1, 4)),
        ({"small_share": 0.0, "large_share": 0.0}, (5, 50)),
        ({"small_share": 0.0, "large_share": 1.0}, (51, math.inf)),
        ({"small_share": 1.0, "large_share": 0.0, "small_below": 2}, (1, 1)),
        ({"small_share": 0.0, "large_share": 0.0, "medium_mean": 5.0}, (5, 5)),
        ({"small_share": 0.0, "large_share": 1.0, "large_mean": 51.0}, (51, 51)),
        ({"small_share": 0.0, "large_share": 0.0, "medium_mean": 45.0}, (5, 50)),
    ],
)
def test_orders_keep_the_borders_of_their_class(change, sizes):
    park = small_park(order_pattern=PATTERN.model_copy(update=change))
    quantity = generate(park, DAY, rng()).filter(pl.col("market_id") != "stock")["quantity"]
    assert sizes[0] <= quantity.min() <= quantity.max() <= sizes[1]


@pytest.mark.parametrize("day", [DAY, DAY + timedelta(days=4), date(2026, 12, 31), date(2028, 2, 29)])
def test_generated_orders_have_their_own_names_and_fit_into_their_day(day):
    park = small_park()
    orders = generate(park, day, rng())
    assert orders["order_id"].is_unique().all()
    assert orders["order_id"].str.contains(f"O-{day:%y%m%d}-").all()
    start, _ = park.day_bounds(day)
    assert orders["release"].min() >= start
    assert orders["due"].max() == park.shifts(day)[-1][1]
    assert (orders["due"] > orders["release"]).all()
    made = orders.filter(pl.col("market_id") != "stock")
    assert made["weight"].to_list() == [quantity * PATTERN.lateness_cny_per_h for quantity in made["quantity"]]


def test_a_days_orders_do_not_depend_on_those_of_other_days():
    park = small_park()
    alone = generate(park, DAY, rng(7))
    generate(park, DAY + timedelta(days=1), rng(8))
    assert generate(park, DAY, rng(7)).equals(alone)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.integers(1, 60)), min_size=1, max_size=12))
def test_a_plan_of_more_orders_is_feasible_and_spends_energy_on_what_it_makes(rows):
    park = small_park()
    orders = order_lines(*((f"o{n}", name, quantity, 0, 22) for n, (name, quantity) in enumerate(rows)))
    jobs = explode(park, orders, kits(park, orders))
    planned = dispatch(park, jobs, orders, DAY, signal([0.7] * 24))
    assert check(park, jobs, orders, planned.schedule) == []
    placed, left = set(planned.schedule["job_id"]), {one.job_id for one in planned.unplaced}
    assert placed | left == set(jobs["job_id"])
    assert not placed & left
    assert (planned.schedule["energy_kwh"] > 0).all()
    assert planned.schedule["cost_cny"].sum() == pytest.approx(0.7 * planned.schedule["energy_kwh"].sum())


def test_a_day_without_orders_is_an_empty_plan():
    park, orders = small_park(), JOB_ORDERS.empty()
    planned = dispatch(park, explode(park, orders, kits(park, orders)), orders, DAY, signal([0.7] * 24))
    assert planned.schedule.is_empty()
    assert planned.unplaced == ()


def test_no_product_of_the_park_is_without_a_line_that_can_make_it():
    park = small_park()
    assert set(boards_per_unit(park)) == {"p1", "p2"}
    for item in park.products:
        assert any(item.segment_id in center.segment_ids for center in LINES)


def deep_life(depth):
    """A unit in a unit in a unit ...: each passes one station and has a lot mounted there."""
    passages = [(f"u{n}", f"j{n}", "S", f"w{n}", local(n), local(n + 0.5), "ok") for n in range(depth)]
    built = [(f"u{n + 1}", f"u{n}", "core", local(n + 1)) for n in range(depth - 1)]
    mounts = [(f"lot{n}", "m", f"w{n}", "1", local(0), None) for n in range(depth)]
    return (
        pl.DataFrame(passages, schema=PASSAGES.schema, orient="row"),
        pl.DataFrame(built, schema=ASSEMBLIES.schema, orient="row"),
        pl.DataFrame(mounts, schema=MOUNTS.schema, orient="row"),
    )


@pytest.mark.parametrize("depth", [1, 2, 6])
def test_a_tree_of_components_is_followed_to_its_leaves_and_back_to_its_root(depth):
    passages, assemblies, mounts = deep_life(depth)
    found, lots = of_unit(f"u{depth - 1}", passages, assemblies, mounts), []
    while True:
        lots += [used.lot_id for used in found.lots]
        if not found.components:
            break
        found = found.components[0].genealogy
    assert lots == [f"lot{n}" for n in reversed(range(depth))]
    reached = where_used("lot0", mounts, passages, assemblies)
    assert reached["unit_id"].to_list() == [f"u{n}" for n in range(depth)]
    assert reached["via"].to_list() == ["", *[f"u{n}" for n in range(depth - 1)]]
