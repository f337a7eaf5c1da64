"""The robots: which one takes which task, where each is at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from parkwright.model.command import TransportOrder
from parkwright.model.park import Park
from parkwright.model.tables import MOVES, TRANSPORT_TASKS, conform
from parkwright.move.route import Roads


def robot_ids(park: Park) -> tuple[str, ...]:
    """Return the ids of the park's robots in order: R001, R002, ..."""
    return tuple(f"R{number:03d}" for number in range(1, (park.fleet.count if park.fleet else 0) + 1))


def free_robots(park: Park, moves: pl.DataFrame, at: datetime) -> dict[str, str]:
    """Return robot id -> node for the robots that stand free at `at`.

    A robot is free when its latest move (MOVES) has ended; it stands where that brought it, or at home before any.
    """
    home = park.fleet.home_node if park.fleet else ""
    free = dict.fromkeys(robot_ids(park), home)
    for robot_id, end, node in _latest(moves).select("robot_id", "end", "to_node").iter_rows():
        if end > at:
            free.pop(robot_id, None)
        elif robot_id in free:
            free[robot_id] = node
    return free


def assign(
    park: Park, roads: Roads, waiting: pl.DataFrame, free: Mapping[str, str], at: datetime
) -> list[TransportOrder]:
    """Give waiting tasks to free robots: by due time, each to the nearest robot.

    Tasks released after `at` wait. Ties go to the earlier task id and robot id, so the answer is one.

    waiting: TRANSPORT_TASKS not yet given. free: robot id -> node, see `free_robots`. at: now, aware UTC.
    """
    robots = dict(sorted(free.items()))
    orders = []
    due = conform(waiting, TRANSPORT_TASKS).filter(pl.col("release") <= at).sort("due", "task_id")
    for task_id, load_id, from_node, to_node in due.select("task_id", "load_id", "from_node", "to_node").iter_rows():
        if not robots:
            break
        robot_id = min(robots, key=lambda name: (roads.distance_m(robots[name], from_node), name))
        del robots[robot_id]
        orders.append(TransportOrder(task_id, robot_id, load_id, from_node, to_node))
    return orders


@dataclass(frozen=True, slots=True)
class Positions:
    """Where robots are: x, y [m], heading [deg clockwise from north], loaded, each (R,), in the order of robot_ids."""

    robot_ids: tuple[str, ...]
    x_m: np.ndarray
    y_m: np.ndarray
    heading_deg: np.ndarray
    loaded: np.ndarray


def position(roads: Roads, move: Mapping[str, Any], at: datetime) -> tuple[float, float, float, bool]:
    """Return (x [m], y [m], heading [deg clockwise from north], loaded) of a robot on a move at an instant.

    The robot drives evenly along the shortest path, from its origin to the load until `pickup`, then to the place of
    delivery until `end`; before `start` it stands at its origin, after `end` at the place of delivery.

    move: a row of MOVES by column name.
    """
    loaded = move["pickup"] <= at < move["end"]
    if at < move["pickup"]:
        line = roads.polyline(move["origin_node"], move["from_node"])
        done = _share(move["start"], move["pickup"], at)
    else:
        line = roads.polyline(move["from_node"], move["to_node"])
        done = _share(move["pickup"], move["end"], at)
    x, y, heading = _along(line, done)
    return x, y, heading, loaded


def positions(roads: Roads, moves: pl.DataFrame, robots: Mapping[str, str], at: datetime) -> Positions:
    """Return where all robots are at an instant.

    moves: MOVES; of each robot the latest that has started by `at` counts. robots: robot id -> node where it stands
    without a move (its home).
    """
    started = _latest(conform(moves, MOVES).filter(pl.col("start") <= at))
    found = {row["robot_id"]: position(roads, row, at) for row in started.iter_rows(named=True)}
    rows = [found.get(robot_id) or (*roads.at(node), 0.0, False) for robot_id, node in robots.items()]
    table = np.array(rows, dtype=float).reshape(len(rows), 4)
    return Positions(tuple(robots), table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(bool))


def _latest(moves: pl.DataFrame) -> pl.DataFrame:
    """Return the latest move of each robot."""
    return moves.sort("start", maintain_order=True).unique(subset=["robot_id"], keep="last", maintain_order=True)


def _share(start: datetime, end: datetime, at: datetime) -> float:
    span_s = (end - start).total_seconds()
    return min(1.0, max(0.0, (at - start).total_seconds() / span_s)) if span_s > 0 else 1.0


def _along(line: np.ndarray, done: float) -> tuple[float, float, float]:
    """Return x, y and heading at a share of a polyline (rows of m along, x, y)."""
    along = done * line[-1, 0]
    x, y = np.interp(along, line[:, 0], line[:, 1]), np.interp(along, line[:, 0], line[:, 2])
    if len(line) < 2:
        return float(x), float(y), 0.0
    leg = min(int(np.searchsorted(line[:, 0], along, side="right")), len(line) - 1)
    east, north = line[leg, 1:] - line[leg - 1, 1:]
    return float(x), float(y), float(np.degrees(np.arctan2(east, north)) % 360.0)
