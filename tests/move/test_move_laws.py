"""Moving as laws: the nearest goes, nobody is in two places, no kit comes late, no load is heavier than a robot."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.model.errors import PlanError
from parkwright.model.site import Edge, Node
from parkwright.model.tables import JOBS, MOVES, SCHEDULE, TRANSPORT_TASKS
from parkwright.move.fleet import assign, free_robots, position, positions, robot_ids
from parkwright.move.route import Roads
from parkwright.move.tasks import SLACK, TOGETHER, of_schedule
from parkwright.store.folder import load

T0 = datetime(2026, 7, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PARK = load(Path(__file__).parents[2] / "parks" / "tianjin")
ROADS = Roads(PARK.nodes, PARK.edges)
NAMES = sorted(node.id for node in PARK.nodes)
NODE = st.sampled_from(NAMES)
FINISHED = [product for product in PARK.products if product.kind == "finished"]
LINE_IDS = [line.id for line in PARK.work_centers]


def tasks(rows) -> pl.DataFrame:
    """TRANSPORT_TASKS from (from, to, release, due) in seconds."""
    found = [
        (f"t{n:02d}", f"load-{n}", a, b, T0 + r * SECOND, T0 + d * SECOND, 9.0) for n, (a, b, r, d) in enumerate(rows)
    ]
    return pl.DataFrame(found, schema=TRANSPORT_TASKS.schema, orient="row")


TASKS = st.lists(st.tuples(NODE, NODE, st.integers(0, 100), st.integers(0, 300)), max_size=8)
ROBOTS = st.dictionaries(st.sampled_from(robot_ids(PARK)[:6]), NODE, max_size=6)


@given(TASKS, ROBOTS, st.integers(0, 120))
def test_the_most_urgent_tasks_are_given_first_and_each_to_the_nearest_robot_left(rows, robots, now):
    waiting = tasks(rows)
    given_tasks = assign(PARK, ROADS, waiting, robots, T0 + now * SECOND)
    open_now = [(due, f"t{n:02d}", start) for n, (start, _, release, due) in enumerate(rows) if release <= now]
    assert [order.task_id for order in given_tasks] == [name for _, name, _ in sorted(open_now)][: len(robots)]
    left = dict(robots)
    for order in given_tasks:
        nearest = min(ROADS.distance_m(node, order.from_node) for node in left.values())
        assert ROADS.distance_m(left.pop(order.robot_id), order.from_node) == nearest


@given(TASKS, ROBOTS)
def test_the_order_in_which_robots_and_tasks_are_told_changes_nothing(rows, robots):
    waiting, at = tasks(rows), T0 + timedelta(hours=1)
    backwards = dict(reversed(robots.items()))
    assert assign(PARK, ROADS, waiting, robots, at) == assign(PARK, ROADS, waiting.reverse(), backwards, at)


def day_of_moves(legs) -> pl.DataFrame:
    """MOVES of robot R001, one after the other, from (from, to, seconds to the load, seconds with it, rest after)."""
    at, stands, rows = 0, PARK.fleet.home_node, []
    for n, (start, end, drive_s, carry_s, rest_s) in enumerate(legs):
        stamps = (at, at + drive_s, at + drive_s + carry_s)
        rows.append((f"t{n}", "R001", stands, start, end, *(T0 + stamp * SECOND for stamp in stamps)))
        at, stands = stamps[2] + rest_s, end
    return pl.DataFrame(rows, schema=MOVES.schema, orient="row")


LEGS = st.lists(
    st.tuples(NODE, NODE, st.integers(1, 300), st.integers(1, 300), st.integers(0, 60)), min_size=1, max_size=5
)


@given(LEGS, st.integers(-10, 3000))
def test_a_robot_that_is_free_stands_where_its_picture_shows_it(legs, second):
    moves, at = day_of_moves(legs), T0 + second * SECOND
    begun = moves.filter(pl.col("start") <= at)
    free = free_robots(PARK, begun, at)
    home = dict.fromkeys(robot_ids(PARK), PARK.fleet.home_node)
    shown = positions(ROADS, moves, home, at)
    if "R001" in free:
        assert (shown.x_m[0], shown.y_m[0]) == pytest.approx(ROADS.at(free["R001"]))
        assert not shown.loaded[0]
    else:
        assert begun["end"].max() > at
    assert set(free) >= set(robot_ids(PARK)) - {"R001"}


@settings(max_examples=40)
@given(LEGS)
def test_a_robot_drives_the_whole_way_and_carries_from_the_load_to_its_place(legs):
    for move in day_of_moves(legs).iter_rows(named=True):
        legs_of = pairwise((move["start"], move["pickup"], move["end"]))
        trace = [position(ROADS, move, a + n / 200 * (b - a)) for a, b in legs_of for n in range(201)]
        driven = sum(math.dist(a[:2], b[:2]) for a, b in pairwise(trace))
        ways = (move["origin_node"], move["from_node"]), (move["from_node"], move["to_node"])
        length = sum(ROADS.distance_m(*way) for way in ways)
        assert driven <= length + 1e-6
        assert driven >= 0.9 * length - 1e-6
        assert trace[0][:2] == pytest.approx(ROADS.at(move["origin_node"]))
        assert trace[-1][:2] == pytest.approx(ROADS.at(move["to_node"]))
        loaded = [one[3] for one in trace[:-1]]
        assert loaded == sorted(loaded)
        assert all(0.0 <= one[2] < 360.0 for one in trace)


@given(NODE, NODE, NODE)
def test_the_roads_of_the_park_are_a_distance_and_their_paths_are_lanes(a, b, c):
    assert ROADS.distance_m(a, b) == pytest.approx(ROADS.distance_m(b, a))
    assert ROADS.distance_m(a, c) <= ROADS.distance_m(a, b) + ROADS.distance_m(b, c) + 1e-9
    assert ROADS.distance_m(a, b) >= math.dist(ROADS.at(a), ROADS.at(b)) - 1e-9
    lanes = {frozenset((edge.a, edge.b)) for edge in PARK.edges}
    assert all(frozenset(step) in lanes for step in pairwise(ROADS.path(a, b)))
    line = ROADS.polyline(a, b)
    assert line[-1, 0] == pytest.approx(ROADS.distance_m(a, b))
    assert (np.diff(line[:, 0]) >= 0).all()


@pytest.mark.parametrize(
    ("edges", "length"),
    [
        ([("a", "b")], 5.0),
        ([("a", "c"), ("c", "b")], 7.0),
        ([("a", "c"), ("c", "b"), ("a", "b")], 5.0),
        ([("b", "a"), ("a", "b")], 5.0),
        ([("a", "c")], None),
        ([], None),
    ],
)
def test_a_way_is_the_shortest_of_those_there_are(edges, length):
    nodes = [Node(id=name, at=at, kind="crossing") for name, at in {"a": (0, 0), "b": (3, 4), "c": (3, 0)}.items()]
    roads = Roads(nodes, [Edge(a=a, b=b) for a, b in edges])
    if length is None:
        with pytest.raises(PlanError, match="no road from a to b; add the missing edge"):
            roads.path("a", "b")
    else:
        assert roads.distance_m("a", "b") == length


PLANS = st.lists(
    st.tuples(st.sampled_from(FINISHED), st.sampled_from(LINE_IDS), st.integers(0, 3000), st.integers(1, 60)),
    max_size=12,
)


def planned(rows) -> tuple[pl.DataFrame, pl.DataFrame]:
    """SCHEDULE and JOBS from (product, line, second of the changeover, quantity), ten minutes each."""
    schedule, jobs = [], []
    for n, (product, line_id, second, quantity) in enumerate(rows):
        at = T0 + second * SECOND
        schedule.append((f"J{n:02d}", product.segment_id, line_id, at, at, at + timedelta(minutes=10), 1.0, 1.0, 1.0))
        jobs.append((f"J{n:02d}", f"o{n}", product.id, product.segment_id, product.family_id, quantity, T0))
    frames = (schedule, SCHEDULE), (jobs, JOBS)
    schedule_frame, jobs_frame = (pl.DataFrame(r, schema=t.schema, orient="row") for r, t in frames)
    return schedule_frame, jobs_frame


@settings(max_examples=40)
@given(PLANS, st.sampled_from([20.0, 150.0, 1000.0]))
def test_every_kit_is_there_before_its_job_begins_and_no_goods_are_fetched_before_they_are_made(rows, load_kg):
    park = replace(PARK, fleet=PARK.fleet.model_copy(update={"load_kg": load_kg}))
    moved = of_schedule(park, *planned(rows))
    assert moved["task_id"].is_unique().all()
    assert (moved["weight_kg"] <= load_kg + 1e-9).all()
    assert (moved["due"] - moved["release"]).to_list() == [SLACK] * moved.height or not rows
    for line in PARK.work_centers:
        mine = [(second, p.mass_kg * q) for p, line_id, second, q in rows if line_id == line.id]
        kits = moved.filter(pl.col("load_id").str.starts_with("kit"), pl.col("to_node") == line.node_id)
        goods = moved.filter(pl.col("load_id").str.starts_with("goods"), pl.col("from_node") == line.node_id)
        shared = [other for other in PARK.work_centers if other.node_id == line.node_id]
        if len(shared) > 1:
            continue
        for second, _ in mine:
            needed = sum(mass for other, mass in mine if other <= second)
            brought = kits.filter(pl.col("due") <= T0 + second * SECOND)["weight_kg"].sum()
            assert brought >= needed - 1e-6
        for at, fetched in zip(goods["release"], goods["weight_kg"].cum_sum(), strict=True):
            made = sum(mass for second, mass in mine if T0 + second * SECOND + timedelta(minutes=10) <= at)
            assert fetched <= made + 1e-6


@pytest.mark.parametrize(
    ("seconds", "loads"),
    [
        ([0, 0], 1),
        ([0, TOGETHER.seconds], 1),
        ([0, TOGETHER.seconds + 1], 2),
        ([0, 40, 80], 2),  # a minute after the first of the load, not after the one before
        ([0, 40, 80, 120], 2),
    ],
)
def test_loads_wait_for_each_other_a_minute_at_most(seconds, loads):
    light = min(FINISHED, key=lambda product: product.mass_kg)
    moved = of_schedule(PARK, *planned([(light, LINE_IDS[1], second, 1) for second in seconds]))
    assert moved.filter(pl.col("load_id").str.starts_with("kit")).height == loads
