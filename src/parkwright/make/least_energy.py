"""What the energy of a plan's work costs at least while nothing gets later: a linear programme over lines and hours.

Work may be cut as one likes and lines need no changeovers, so that no plan is cheaper. But a line works no longer than
it is open in each cell of its hours, and an operation only in the hours left to it: from when it is ready and what it
waits for can have ended, until what waits for it must begin. Operations that are alike are one row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from parkwright.make.bounds import NEVER, bounds_of, heads, run_share
from parkwright.make.floor import Problem
from parkwright.make.hours import EDGE, ENERGY, WORKED, tabulate

MOST_COLUMNS = 200_000
"""Columns up to which the programme is solved, in some seconds; beyond, the bound of `bounds_of` is what there is."""
ROUNDING = 1e-6
"""Share by which the solver's optimum may lie above the true one: its feasibility tolerance of 1e-7, with a margin."""
ALIKE_DIGITS = 9
"""Digits to which speeds and powers are compared."""


def least_energy_cny(problem: Problem, end: np.ndarray) -> float:
    """Return what energy and its carbon cost at least in every plan that makes nothing later than a plan at hand [CNY].

    end: (N,) when each operation ends in that plan [ms]. What is late there may be as late, all else until it is due.
    """
    cells = _cells(problem)
    rows = _rows(problem, cells.edge, end)
    count = rows.last[rows.row] - rows.first[rows.row]
    if not 0 < count.sum() <= MOST_COLUMNS:
        return bounds_of(problem).energy_cny
    at = np.repeat(np.arange(count.size), count)
    cell = np.arange(at.size) - np.repeat(np.cumsum(count) - count, count) + rows.first[rows.row[at]]
    row, line, column = rows.row[at], rows.line[at], np.arange(at.size)
    seats = cells.open_ms.size
    found = linprog(
        rows.kw[at] * cells.price[line, cell],
        A_ub=coo_matrix((np.ones(at.size), (line * cells.open_ms.shape[1] + cell, column)), (seats, at.size)),
        b_ub=cells.open_ms.ravel(),
        A_eq=coo_matrix((rows.speed[at], (row, column)), (rows.asked_ms.size, at.size)),
        b_eq=rows.asked_ms,
        method="highs",
    )
    return float(found.fun) * (1 - ROUNDING) if found.status == 0 else bounds_of(problem).energy_cny


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells of time: edge [ms] (C+1,); by line open [ms] and price of energy [CNY/(kW ms)] (L, C)."""

    edge: np.ndarray
    open_ms: np.ndarray
    price: np.ndarray


def _cells(problem: Problem) -> _Cells:
    """Return the cells between all edges of all hours, from when each line is free."""
    cut, sums, _, scale = tabulate(problem.windows, problem.steps, problem.rates.carbon_cny_per_kg)
    table, free = problem.lines.table, problem.lines.free
    used = [cut[h, : int(scale[h, 2])] for h in range(len(cut))]
    edge = np.unique(np.concatenate([each[:, EDGE] for each in used]))
    open_ms, price = np.zeros((table.size, edge.size - 1)), np.zeros((table.size, edge.size - 1))
    for line in np.flatnonzero(free >= 0):
        each = used[table[line]]
        energy = np.diff(np.interp(edge, each[:, EDGE], sums[table[line], : len(each), ENERGY]))
        worked = np.diff(np.interp(edge, each[:, EDGE], each[:, WORKED]))
        price[line] = energy / np.where(worked > 0, worked, 1.0)
        open_ms[line] = np.diff(np.interp(np.maximum(edge, free[line]), each[:, EDGE], each[:, WORKED]))
    return _Cells(edge, open_ms, price)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Operations that are alike, as rows: asked_ms (R,) at full speed, first and last cell (R,); and where each may be.

    row, line, kw, speed: (K,) of each row on each line that can do it; work there is as long as asked / speed.
    """

    asked_ms: np.ndarray
    first: np.ndarray
    last: np.ndarray
    row: np.ndarray
    line: np.ndarray
    kw: np.ndarray
    speed: np.ndarray


def _rows(problem: Problem, edge: np.ndarray, end: np.ndarray) -> _Rows:
    """Return the operations by kind: lines, speeds and powers, and the cells in which they may be done."""
    ops = problem.operations
    able = (ops.work > 0) & (problem.lines.free >= 0)[None, :]
    work = np.where(able, ops.work * run_share(problem), 0.0)
    shortest = np.where(able, work, np.inf).min(axis=1)
    speed = np.where(able, shortest[:, None] / np.where(able, work, 1.0), 0.0)
    kw = np.where(able, ops.kw, 0.0)
    ready, until = _spans(problem, end)
    first = np.clip(np.searchsorted(edge, ready, side="right") - 1, 0, edge.size - 2)
    last = np.maximum(np.searchsorted(edge, until, side="left").clip(max=edge.size - 1), first + 1)
    made = np.flatnonzero(able.any(axis=1))
    kind = np.column_stack((speed.round(ALIKE_DIGITS), kw.round(ALIKE_DIGITS), first, last))[made]
    _, one, of = np.unique(kind, axis=0, return_index=True, return_inverse=True)
    one = made[one]
    row, line = np.nonzero(able[one])
    asked = np.bincount(of.ravel(), shortest[made], minlength=one.size)
    return _Rows(asked, first[one], last[one], row, line, kw[one][row, line], speed[one][row, line])


def _spans(problem: Problem, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return from when and until when each operation may be done [ms] (N,), (N,)."""
    ops = problem.operations
    able = (ops.work >= 0) & (problem.lines.free >= 0)[None, :]
    least = np.where(able, ops.work + ops.tail, NEVER).min(axis=1)
    least = np.where(least == NEVER, 0, least)
    until = np.where(ops.late_cny_per_h > 0, np.maximum(ops.due, end), NEVER)
    order = np.argsort(-ops.level[problem.links[:, 0]], kind="stable")
    for before, after in problem.links[order].tolist():
        until[before] = min(until[before], until[after] - least[after])
    return heads(problem, least) - least, until
