"""Roads: shortest paths known by hand, the laws of a distance, errors by name."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.model.errors import PlanError
from parkwright.model.site import Edge, Node
from parkwright.move.route import Roads

CORNERS = {"a": (0, 0), "b": (30, 0), "c": (30, 40), "d": (0, 40), "e": (500, 500)}


def roads(*pairs, corners=None):
    nodes = [Node(id=name, at=at, kind="crossing") for name, at in (corners or CORNERS).items()]
    return Roads(nodes, [Edge(a=a, b=b) for a, b in pairs])


SQUARE = roads("ab", "bc", "cd")


def test_a_path_goes_along_the_lanes_and_its_length_is_theirs():
    assert SQUARE.path("a", "d") == ("a", "b", "c", "d")
    assert SQUARE.distance_m("a", "d") == 100
    assert SQUARE.distance_m("a", "a") == 0
    assert SQUARE.path("a", "a") == ("a",)


def test_a_short_cut_is_taken():
    assert roads("ab", "bc", "cd", "ac").path("a", "d") == ("a", "c", "d")
    assert roads("ab", "bc", "ac").distance_m("a", "c") == 50


def test_a_polyline_has_metres_and_corners():
    assert SQUARE.polyline("a", "c").tolist() == [[0, 0, 0], [30, 30, 0], [70, 30, 40]]
    assert SQUARE.polyline("b", "b").tolist() == [[0, 30, 0]]
    assert SQUARE.at("c") == (30, 40)


def test_a_node_without_a_road_is_named():
    with pytest.raises(PlanError, match="no road from a to e"):
        SQUARE.distance_m("a", "e")
    with pytest.raises(PlanError, match="no road from a to e"):
        SQUARE.path("a", "e")


def test_an_unknown_node_is_named():
    for ask in (lambda: SQUARE.distance_m("a", "z"), lambda: SQUARE.distance_m("z", "a"), lambda: SQUARE.at("z")):
        with pytest.raises(PlanError, match="node z does not exist"):
            ask()


def test_an_edge_to_nowhere_is_named():
    with pytest.raises(PlanError, match="edge a - z: node z does not exist"):
        roads("az")


@settings(max_examples=50)
@given(
    points=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=9),
    pairs=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20),
)
def test_distance_is_a_metric_and_agrees_with_floyd(points, pairs):
    count = len(points)
    names = [f"n{n}" for n in range(count)]
    chosen = [(a % count, b % count) for a, b in pairs] + [(n, n + 1) for n in range(count - 1)]
    net = roads(*((names[a], names[b]) for a, b in chosen), corners=dict(zip(names, points, strict=True)))
    table = [[0.0 if a == b else math.inf for b in range(count)] for a in range(count)]
    for a, b in chosen:
        table[a][b] = table[b][a] = min(table[a][b], math.dist(points[a], points[b]))
    for via in range(count):
        for a in range(count):
            for b in range(count):
                table[a][b] = min(table[a][b], table[a][via] + table[via][b])
    for a in range(count):
        for b in range(count):
            assert net.distance_m(names[a], names[b]) == pytest.approx(table[a][b])
            assert net.polyline(names[a], names[b])[-1, 0] == pytest.approx(table[a][b])
            assert net.distance_m(names[a], names[b]) == pytest.approx(net.distance_m(names[b], names[a]))
