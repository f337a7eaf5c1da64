"""What runs now and what is frozen: taken out of a problem, so that the rest is planned after and around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from parkwright.make.account import open_spans, runs
from parkwright.make.floor import Crew, LineSet, Operations, Placed, Power, Problem


@dataclass(frozen=True, slots=True)
class Rest:
    """A problem without what it keeps, and the number in the whole problem of each of its operations (M,)."""

    problem: Problem
    number: np.ndarray


def without_kept(problem: Problem) -> Rest:
    """Return what is left to plan: lines are free after what they keep, and what it draws counts as drawn by others.

    Operations that wait for a kept one are ready when it has ended; a kept one no longer waits.
    """
    count = problem.operations.due.size
    if not problem.kept:
        return Rest(problem, np.arange(count))
    kept = np.zeros(count, dtype=np.bool_)
    kept[[one.op for one in problem.kept]] = True
    number = np.flatnonzero(~kept)
    of = np.full(count, -1, dtype=np.int64)
    of[number] = np.arange(number.size)
    end = {one.op: one.end for one in problem.kept}
    ready = problem.operations.ready.copy()
    for before, after in problem.links.tolist():
        if before in end:
            ready[after] = max(ready[after], end[before])
    inner = ~kept[problem.links].any(axis=1) if len(problem.links) else np.zeros(0, dtype=np.bool_)
    rest = replace(
        problem,
        operations=_part(replace(problem.operations, ready=ready), number),
        lines=_lines_after(problem),
        links=of[problem.links[inner]].reshape(-1, 2),
        power=_power_left(problem),
        crews=[_crew_left(problem, crew, number) for crew in problem.crews],
        kept=(),
        lots=None if problem.lots is None else replace(problem.lots, units=problem.lots.units[number]),
        names=[problem.name(int(op)) for op in number],
    )
    return Rest(rest, number)


def _part(ops: Operations, number: np.ndarray) -> Operations:
    """Return some of the operations."""
    return Operations(
        ready=ops.ready[number], due=ops.due[number], family=ops.family[number], level=ops.level[number],
        late_cny_per_h=ops.late_cny_per_h[number], drop_cny=ops.drop_cny[number], work=ops.work[number],
        tail=ops.tail[number], kw=ops.kw[number],
        was_line=None if ops.was_line is None else ops.was_line[number],
        was_start=None if ops.was_start is None else ops.was_start[number],
        whole=None if ops.whole is None else ops.whole[number],
    )  # fmt: skip


def _lines_after(problem: Problem) -> LineSet:
    """Return the lines as the last kept operation leaves each; one out of use stays so."""
    free, family = problem.lines.free.copy(), problem.lines.family.copy()
    for one in sorted(problem.kept, key=lambda one: one.leave):
        if free[one.line] >= 0:
            free[one.line] = max(free[one.line], one.leave)
            family[one.line] = problem.operations.family[one.op]
    return replace(problem.lines, free=free, family=family)


def _spans(problem: Problem, one: Placed) -> list[tuple[int, int, bool]]:
    """Return the working spans of an operation: from, to [ms], whether it is the changeover."""
    setup = open_spans(problem, one.line, one.begin, one.start)
    run = open_spans(problem, one.line, one.start, one.leave)
    return [(low, high, True) for low, high, _ in setup] + [(low, high, False) for low, high, _ in run]


def _power_left(problem: Problem) -> Power | None:
    power = problem.power
    if power is None:
        return None
    other_kw, edge = power.other_kw.astype(float).copy(), power.start + power.step * np.arange(power.cap_kw.size + 1)
    for one in (together[0] for together in runs(problem, problem.kept)):
        for low, high, is_setup in _spans(problem, one):
            kw = problem.lines.setup_kw[one.line] if is_setup else problem.operations.kw[one.op, one.line]
            other_kw += kw * np.diff(np.clip(edge, low, high)) / power.step
    return replace(power, other_kw=other_kw)


def _crew_left(problem: Problem, crew: Crew, number: Sequence[int] | np.ndarray) -> Crew:
    """Return a crew less the people that the kept operations take; never fewer than none."""
    taken: list[tuple[int, int, float]] = []
    for one in (together[0] for together in runs(problem, problem.kept)):
        for low, high, is_setup in _spans(problem, one):
            taken.append((low, high, float(crew.setup_need[one.line] if is_setup else crew.need[one.op, one.line])))
    edge = np.unique(np.concatenate((crew.edge, [at for low, high, _ in taken for at in (low, high)]))).astype(np.int64)
    at = np.searchsorted(crew.edge, edge, side="right") - 1
    there = np.where(at < 0, 0.0, crew.there[np.maximum(at, 0)]) if crew.edge.size else np.zeros(edge.size)
    for low, high, count in taken:
        there[(edge >= low) & (edge < high)] -= count
    return Crew(edge, np.maximum(there, 0.0), crew.need[np.asarray(number)], crew.setup_need)
