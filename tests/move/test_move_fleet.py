"""The fleet: who is free, who takes what, where everyone is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.model.site import Edge, Node
from parkwright.model.tables import MOVES, TRANSPORT_TASKS
from parkwright.move.fleet import assign, free_robots, position, positions, robot_ids
from parkwright.move.route import Roads
from parkwright.store.folder import load

AT = {"home": (0, 0), "a": (0, 100), "b": (100, 100), "c": (100, 0)}
NODES = tuple(Node(id=name, at=at, kind="crossing") for name, at in AT.items())
EDGES = tuple(Edge(a=a, b=b) for a, b in (("home", "a"), ("a", "b"), ("b", "c")))
TIANJIN = load(Path(__file__).parents[2] / "parks" / "tianjin")
PARK = replace(
    TIANJIN, nodes=NODES, edges=EDGES, fleet=TIANJIN.fleet.model_copy(update={"count": 3, "home_node": "home"})
)
ROADS = Roads(NODES, EDGES)
T0 = datetime(2026, 7, 15, tzinfo=UTC)


def at(second):
    return T0 + timedelta(seconds=second)


def moves(*rows):
    """MOVES from (robot, origin, from, to, start, pickup, end) in seconds."""
    return pl.DataFrame(
        [(f"t{n}", r, o, f, t, at(s), at(p), at(e)) for n, (r, o, f, t, s, p, e) in enumerate(rows)],
        schema=MOVES.schema,
        orient="row",
    )


def tasks(*rows):
    """TRANSPORT_TASKS from (task, from, to, release, due) in seconds."""
    return pl.DataFrame(
        [(i, f"load-{i}", f, t, at(r), at(d), 10.0) for i, f, t, r, d in rows],
        schema=TRANSPORT_TASKS.schema,
        orient="row",
    )


MOVE = moves(("R001", "home", "a", "c", 0, 100, 300)).row(0, named=True)


def test_robots_are_numbered_and_a_park_without_fleet_has_none():
    assert robot_ids(PARK) == ("R001", "R002", "R003")
    assert robot_ids(replace(PARK, fleet=None)) == ()


def test_a_robot_is_busy_until_its_move_ends_and_then_stands_where_it_brought_the_load():
    table = moves(("R001", "home", "a", "c", 0, 100, 300), ("R002", "home", "a", "b", 0, 50, 99))
    assert free_robots(PARK, table, at(99)) == {"R002": "b", "R003": "home"}
    assert free_robots(PARK, table, at(300)) == {"R001": "c", "R002": "b", "R003": "home"}
    assert free_robots(PARK, MOVES.empty(), at(0)) == dict.fromkeys(robot_ids(PARK), "home")


def test_the_latest_move_of_a_robot_counts():
    table = moves(("R001", "c", "b", "a", 400, 500, 600), ("R001", "home", "a", "c", 0, 100, 300))
    assert "R001" not in free_robots(PARK, table, at(450))
    assert free_robots(PARK, table, at(600))["R001"] == "a"


def test_the_most_urgent_task_gets_the_nearest_robot():
    orders = assign(
        PARK, ROADS, tasks(("slow", "a", "b", 0, 900), ("rush", "c", "b", 0, 60)), {"R001": "home", "R002": "b"}, at(0)
    )
    assert [(o.task_id, o.robot_id, o.load_id, o.from_node, o.to_node) for o in orders] == [
        ("rush", "R002", "load-rush", "c", "b"),
        ("slow", "R001", "load-slow", "a", "b"),
    ]


def test_a_task_waits_for_its_release_and_for_a_robot():
    waiting = tasks(("now", "a", "b", 0, 100), ("later", "a", "b", 50, 90), ("third", "a", "b", 0, 200))
    assert [o.task_id for o in assign(PARK, ROADS, waiting, {"R001": "a"}, at(10))] == ["now"]
    assert [o.task_id for o in assign(PARK, ROADS, waiting, {"R001": "a"}, at(50))] == ["later"]
    assert assign(PARK, ROADS, waiting, {}, at(50)) == []


def test_ties_go_to_the_first_name():
    orders = assign(
        PARK, ROADS, tasks(("t2", "a", "b", 0, 9), ("t1", "a", "b", 0, 9)), {"R002": "a", "R001": "a"}, at(0)
    )
    assert [(o.task_id, o.robot_id) for o in orders] == [("t1", "R001"), ("t2", "R002")]


@pytest.mark.parametrize(
    ("second", "x", "y", "heading", "loaded"),
    [
        (-5, 0, 0, 0, False),
        (0, 0, 0, 0, False),
        (50, 0, 50, 0, False),
        (100, 0, 100, 90, True),
        (150, 50, 100, 90, True),
        (250, 100, 50, 180, True),
        (300, 100, 0, 180, False),
        (999, 100, 0, 180, False),
    ],
)
def test_a_robot_is_along_its_path(second, x, y, heading, loaded):
    assert position(ROADS, MOVE, at(second)) == (pytest.approx(x), pytest.approx(y), pytest.approx(heading), loaded)


def test_a_robot_that_need_not_drive_stands():
    move = moves(("R001", "a", "a", "a", 0, 0, 40)).row(0, named=True)
    assert position(ROADS, move, at(0)) == (0, 100, 0, True)
    assert position(ROADS, move, at(40)) == (0, 100, 0, False)


def test_all_robots_at_once_are_each_robot_alone_and_the_idle_at_home():
    table = moves(("R001", "home", "a", "c", 0, 100, 300), ("R002", "home", "a", "b", 500, 600, 700))
    found = positions(ROADS, table, dict.fromkeys(robot_ids(PARK), "home"), at(150))
    assert found.robot_ids == robot_ids(PARK)
    assert found.x_m.tolist() == [50, 0, 0]
    assert found.y_m.tolist() == [100, 0, 0]
    assert found.heading_deg.tolist() == [90, 0, 0]
    assert found.loaded.tolist() == [True, False, False]


def test_no_robots_have_no_positions():
    assert positions(ROADS, MOVES.empty(), {}, at(0)).x_m.shape == (0,)


@settings(max_examples=60)
@given(second=st.floats(-10, 400), step=st.floats(0.1, 5))
def test_a_robot_never_jumps(second, step):
    x1, y1, _, _ = position(ROADS, MOVE, at(second))
    x2, y2, _, _ = position(ROADS, MOVE, at(second + step))
    assert abs(x2 - x1) + abs(y2 - y1) <= 1.0 * step + 1e-3
    assert 0 <= x1 <= 100
    assert 0 <= y1 <= 100


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.integers(0, 99), st.integers(0, 99)), max_size=8
    ),
    st.integers(0, 3),
)
def test_no_robot_and_no_task_is_given_twice(rows, robots):
    waiting = tasks(*((f"t{n}", *row) for n, row in enumerate(rows)))
    orders = assign(PARK, ROADS, waiting, dict.fromkeys(robot_ids(PARK)[:robots], "home"), at(50))
    assert len({o.robot_id for o in orders}) == len({o.task_id for o in orders}) == len(orders)
    assert len(orders) == min(robots, sum(release <= 50 for _, _, release, _ in rows))
