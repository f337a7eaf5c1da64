"""Keep within the people who are there: at no instant do the lines take more of a crew than it has.

Each time the earliest instant with too much work gives up the operation whose wait costs least; what waits beyond its
hours is left out. A wait for one crew may call for another, or for more power than the cap, so they are gone through
again until all suffice. Waits only grow, so this ends.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parkwright.make.floor import BEGIN, CAP, DRAWN, LEAVE, LINE, OTHER, ROW, SEAT, START, Crew, Floor, Problem
from parkwright.make.timing import CAP_TOLERANCE_KW, keep_cap, wait_change

TOLERANCE = 1e-9
"""Rounding of a sum of people."""


def with_people(problem: Problem) -> Problem:
    """Return a problem in which no line can do what wants more people at once than its crew ever has.

    No wait would help there, and `keep_crews` would try one after the other until the hours end.
    """
    if not problem.crews:
        return problem
    ops, least = problem.operations, problem.lines.setup.min(axis=1)[:, problem.operations.family].T
    beyond = np.zeros(ops.work.shape, dtype=np.bool_)
    for crew in problem.crews:
        most = float(crew.there.max(initial=0.0)) + TOLERANCE
        beyond |= ((crew.need > most) & (ops.work > 0)) | ((crew.setup_need > most) & (least > 0))
    return replace(problem, operations=replace(ops, work=np.where(beyond & (ops.work >= 0), -1, ops.work)))


def keep_crews(floor: Floor, problem: Problem) -> bool:
    """Hold operations back until every crew suffices, the power cap still kept; return whether anything had to wait."""
    changed = False
    while any(_keep(floor, problem, crew) for crew in problem.crews):
        keep_cap(floor)
        changed = True
    return changed


def _keep(floor: Floor, problem: Problem, crew: Crew) -> bool:
    """Hold operations back until one crew suffices; return whether anything had to wait."""
    changed = False
    while (over := _first_over(floor, problem, crew)) is not None:
        active, until = over
        choices = [(wait_change(floor, int(i), until, False), int(i)) for i in active]
        wait_change(floor, min(choices)[1], until, True)
        changed = True
    return changed


def is_within(floor: Floor, problem: Problem) -> bool:
    """Tell whether the lines keep within the power cap, where others leave them anything, and within every crew."""
    over = floor.power[:, OTHER] + floor.power[:, DRAWN] - floor.power[:, CAP]
    if ((over > CAP_TOLERANCE_KW) & (floor.power[:, DRAWN] > CAP_TOLERANCE_KW)).any():
        return False
    return suffice(floor, problem)


def suffice(floor: Floor, problem: Problem) -> bool:
    """Tell whether no crew of a problem is asked for more people than it has, by the plan of its floor."""
    return all(_first_over(floor, problem, crew) is None for crew in problem.crews)


def _first_over(floor: Floor, problem: Problem, crew: Crew) -> tuple[np.ndarray, int] | None:
    """Return who works at the first instant at which a crew is too small, and when that may be over [ms]."""
    op, low, high, people = _spans(floor, problem, crew)
    if op.size == 0:
        return None
    at = np.concatenate((low, high, crew.edge))
    change = np.concatenate((people, -people, np.zeros(crew.edge.size)))
    order = np.argsort(at, kind="stable")
    at, busy = at[order], np.cumsum(change[order])
    last = np.append(at[1:] != at[:-1], True)
    at, busy = at[last], busy[last]
    number = np.searchsorted(crew.edge, at, side="right") - 1
    there = np.zeros(at.size)
    if crew.edge.size:
        there = np.where(number < 0, 0.0, crew.there[np.maximum(number, 0)])
    above = np.flatnonzero(busy > there + TOLERANCE)
    if above.size == 0:
        return None
    now = at[above[0]]
    active = (low <= now) & (high > now) & (people > 0)
    later = np.concatenate((high[active], crew.edge[crew.edge > now]))
    return np.unique(op[active]), int(later.min())


def _spans(floor: Floor, problem: Problem, crew: Crew) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return operation, from, to [ms] and people of every working span of the plan."""
    at = np.flatnonzero((floor.op[:, START] >= 0) & (floor.op[:, SEAT] < len(floor.row_of)))
    line = floor.row[floor.op[at, ROW], LINE]
    begin, start, leave = floor.op[at, BEGIN], floor.op[at, START], floor.op[at, LEAVE]
    op = np.concatenate((at, at))
    low, high = np.concatenate((begin, start)), np.concatenate((start, leave))
    people = np.concatenate((crew.setup_need[line], crew.need[at, line])).astype(float)
    table = problem.lines.table[np.concatenate((line, line))]
    found: list[tuple[np.ndarray, ...]] = [(np.zeros(0, np.int64),) * 3 + (np.zeros(0),)]
    for h in np.unique(table):
        windows = problem.windows[int(h)]
        mine = np.flatnonzero((table == h) & (people > 0) & (high > low))
        first = np.searchsorted(windows.closed, low[mine], side="right")
        count = np.maximum(np.searchsorted(windows.opened, high[mine], side="left") - first, 0)
        source = np.repeat(mine, count)
        window = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        a = np.maximum(low[source], windows.opened[window])
        found.append((op[source], a, np.minimum(high[source], windows.closed[window]), people[source]))
    parts = [np.concatenate(column) for column in zip(*found, strict=True)]
    return parts[0], parts[1], parts[2], parts[3]
