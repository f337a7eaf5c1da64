"""The road network of the park: shortest paths and distances between nodes."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np

from parkwright.model.errors import PlanError
from parkwright.model.site import Edge, Node


class Roads:
    """Nodes joined by lanes that are driven both ways; a lane is as long as the straight line between its nodes."""

    def __init__(self, nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
        """Join the nodes.

        Raises PlanError when a lane names an unknown node.
        """
        self._at = {node.id: node.at for node in nodes}
        self._lanes: dict[str, list[tuple[str, float]]] = {node.id: [] for node in nodes}
        for edge in edges:
            for end in (edge.a, edge.b):
                if end not in self._at:
                    raise PlanError(f"roads.toml: edge {edge.a} - {edge.b}: node {end} does not exist; add the node")
            length = math.dist(self._at[edge.a], self._at[edge.b])
            self._lanes[edge.a].append((edge.b, length))
            self._lanes[edge.b].append((edge.a, length))
        self._trees: dict[str, tuple[dict[str, float], dict[str, str]]] = {}
        self._lines: dict[tuple[str, str], np.ndarray] = {}

    def at(self, node_id: str) -> tuple[float, float]:
        """Return where a node is [m east, m north]."""
        self._known(node_id)
        return self._at[node_id]

    def distance_m(self, from_node: str, to_node: str) -> float:
        """Return the length of the shortest path [m].

        Raises PlanError when a node is unknown or no road joins them.
        """
        self._known(to_node)
        lengths, _ = self._tree(from_node)
        if to_node not in lengths:
            raise PlanError(f"roads.toml: no road from {from_node} to {to_node}; add the missing edge")
        return lengths[to_node]

    def path(self, from_node: str, to_node: str) -> tuple[str, ...]:
        """Return the nodes of the shortest path, both ends included; raises as `distance_m` does."""
        self.distance_m(from_node, to_node)
        _, before = self._tree(from_node)
        nodes = [to_node]
        while nodes[-1] != from_node:
            nodes.append(before[nodes[-1]])
        return tuple(reversed(nodes))

    def polyline(self, from_node: str, to_node: str) -> np.ndarray:
        """Return the path as rows of (m along the path, m east, m north), (nodes of the path, 3)."""
        key = (from_node, to_node)
        if key not in self._lines:
            points = np.array([self._at[node] for node in self.path(from_node, to_node)])
            steps = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
            self._lines[key] = np.column_stack((np.append(0.0, np.cumsum(steps)), points))
        return self._lines[key]

    def _known(self, node_id: str) -> None:
        if node_id not in self._at:
            raise PlanError(f"roads.toml: node {node_id} does not exist; add it or correct the reference")

    def _tree(self, source: str) -> tuple[dict[str, float], dict[str, str]]:
        """Return lengths and predecessors of all shortest paths from `source` (Dijkstra 1959), remembered."""
        self._known(source)
        if source not in self._trees:
            lengths: dict[str, float] = {}
            before: dict[str, str] = {}
            heap: list[tuple[float, str, str]] = [(0.0, source, source)]
            while heap:
                length, node, last = heapq.heappop(heap)
                if node in lengths:
                    continue
                lengths[node], before[node] = length, last
                for neighbour, lane in self._lanes[node]:
                    if neighbour not in lengths:
                        heapq.heappush(heap, (length + lane, neighbour, node))
            self._trees[source] = (lengths, before)
        return self._trees[source]
