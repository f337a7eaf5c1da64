"""Plan the rest of a day again from what runs now: the lines go on from where they stand, pinned jobs stay in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from parkwright.make.floor import (
    BEGIN,
    END,
    FAMILY,
    LEAVE,
    LINE,
    ROW,
    START,
    Floor,
    LineSet,
    Operations,
    Problem,
    Rates,
    fill_rows,
    floor_of,
)
from parkwright.make.improve import Progress, Search
from parkwright.make.laid import Laid, placed_on
from parkwright.make.park_floor import LEFT_OUT_H, rows_of
from parkwright.make.settle import resettle
from parkwright.make.timing import keep_cap, wait

PIN_CNY_PER_H = 1e5
"""Lateness of a pinned job in the search [CNY/h], more than any real one, so that nothing pushes it (assumed)."""
RUSH = 10.0
"""How much dearer than the dearest job of the day a rushed one is when late (assumed)."""
NEVER_AGAIN = -1
"""A line that is out for the rest of the day."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a planner asks of a new plan.

    frozen_until: what begins before it stays [ms]. pinned: jobs that keep line and time. rushed: orders that come
    first. out: line number -> until when it is out of use [ms], NEVER_AGAIN for the rest of the day; rates: the
    objective's prices, with those of nervousness.
    """

    frozen_until: int
    pinned: frozenset[str] = frozenset()
    rushed: frozenset[str] = frozenset()
    out: Mapping[int, int] = field(default_factory=dict)
    rates: Rates = field(default_factory=Rates)


class Replanning:
    """A search over what may still move; `advance` it as long as there is time, then `finish`."""

    def __init__(self, laid: Laid, floor: Floor, wishes: Wishes, seed: int) -> None:
        """Begin at the plan that `floor` holds, a floor of the laid day; floor is not changed.

        seed: of the random numbers; the same seed and slices give the same plan.
        """
        self._placed = placed_on(floor)
        frozen = _frozen(floor, wishes)
        self._index = np.flatnonzero(~frozen & ~laid.lacking & (laid.problem.operations.work >= 0).any(axis=1))
        problem = _rest(laid, floor, wishes, frozen, self._index)
        self._floor = floor_of(problem)
        rest = self._placed[self._index]
        fill_rows(self._floor, rows_of(self._floor, rest, np.ones(len(rest), dtype=np.bool_)))
        resettle(self._floor.ints, self._floor.reals)
        self._search = Search(self._floor, seed)

    @property
    def jobs(self) -> int:
        """How many jobs may still move."""
        return int(self._index.size)

    @property
    def progress(self) -> Progress:
        """How far the search is; its cost counts pins and rushes at their price in the search [CNY]."""
        return self._search.progress

    def advance(self, moves: int, share: tuple[float, float]) -> Progress:
        """Try `moves` edits; share: of the budget gone before and after them."""
        return self._search.advance(moves, share)

    def finish(self) -> np.ndarray:
        """Return the best plan of the whole day (J, 5), after the timing pass."""
        self._search.finish()
        wait(self._floor.ints, self._floor.reals)
        keep_cap(self._floor)
        placed = self._placed.copy()
        placed[self._index] = placed_on(self._floor)
        return placed


def _frozen(floor: Floor, wishes: Wishes) -> np.ndarray:
    """Return which operations stay: they begin before the frozen horizon; on a line that is out, if they run (J,)."""
    begun = (floor.op[:, START] >= 0) & (floor.op[:, BEGIN] < wishes.frozen_until)
    if wishes.out:
        line = np.where(floor.op[:, ROW] >= 0, floor.row[np.maximum(floor.op[:, ROW], 0), LINE], -1)
        broken = np.isin(line, list(wishes.out))
        begun &= ~broken
    return np.asarray(begun)


def _rest(laid: Laid, floor: Floor, wishes: Wishes, frozen: np.ndarray, index: np.ndarray) -> Problem:
    """Return the problem of the operations `index`, with lines and parts as the frozen ones leave them."""
    problem = laid.problem
    number = np.full(frozen.size, -1, dtype=np.int64)
    number[index] = np.arange(index.size)
    ready = np.maximum(problem.operations.ready, wishes.frozen_until)
    for before, after in problem.links.tolist():
        if number[before] < 0:
            ready[after] = max(ready[after], int(floor.op[before, END]))
    both = (number[problem.links] >= 0).all(axis=1)
    return replace(
        problem,
        operations=_operations(laid, floor, wishes, ready, index),
        lines=_lines(problem.lines, floor, wishes, frozen),
        links=number[problem.links[both]],
        rates=wishes.rates,
    )


def _operations(laid: Laid, floor: Floor, wishes: Wishes, ready: np.ndarray, index: np.ndarray) -> Operations:
    """Return the operations that may move; pinned ones only on their line and dear when late, rushed ones first."""
    ops, jobs = laid.problem.operations, laid.day.jobs
    due, late, work, drop = ops.due.copy(), ops.late_cny_per_h.copy(), ops.work.copy(), ops.drop_cny.copy()
    ready = ready.copy()
    pinned = jobs["job_id"].is_in(list(wishes.pinned)).to_numpy() & (floor.op[:, START] >= 0)
    rushed = jobs["order_id"].is_in(list(wishes.rushed)).to_numpy()
    due[rushed], late[rushed] = ready[rushed], RUSH * max(1.0, float(late.max(initial=0.0)))
    for op in np.flatnonzero(pinned).tolist():
        line = int(floor.row[floor.op[op, ROW], LINE])
        work[op, np.arange(work.shape[1]) != line] = -1
        ready[op], due[op], late[op] = floor.op[op, START], floor.op[op, END], PIN_CNY_PER_H
        drop[op] = PIN_CNY_PER_H * LEFT_OUT_H
    placed = floor.op[:, START] >= 0
    was_line = np.where(placed, floor.row[np.maximum(floor.op[:, ROW], 0), LINE], -1)
    return Operations(
        ready=ready[index],
        due=due[index],
        family=ops.family[index],
        level=ops.level[index],
        late_cny_per_h=late[index],
        drop_cny=drop[index],
        work=work[index],
        tail=ops.tail[index],
        kw=ops.kw[index],
        was_line=was_line[index],
        was_start=np.where(placed, floor.op[:, START], 0)[index],
        whole=None if ops.whole is None else ops.whole[index],
    )


def _lines(lines: LineSet, floor: Floor, wishes: Wishes, frozen: np.ndarray) -> LineSet:
    """Return the lines as the frozen operations leave them, not before the frozen horizon."""
    free, family = lines.free.copy(), lines.family.copy()
    for op in np.flatnonzero(frozen).tolist():
        line = int(floor.row[floor.op[op, ROW], LINE])
        if floor.op[op, LEAVE] >= free[line] >= 0:
            free[line], family[line] = floor.op[op, LEAVE], floor.op[op, FAMILY]
    free = np.where(free < 0, free, np.maximum(free, wishes.frozen_until))
    for line, until in wishes.out.items():
        free[line] = NEVER_AGAIN if until == NEVER_AGAIN or free[line] < 0 else max(int(free[line]), until)
    return replace(lines, free=free, family=family)
