"""Plan a floor: a dispatch rule at once, a search on two cores for as long as one likes, a last pass of timing.

`solve` never fails on a problem that has no good plan: what finds no place is named, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from parkwright.make.account import Account, account
from parkwright.make.bounds import Bounds, bounds_of
from parkwright.make.budget import CLOCK, Budget, Clock
from parkwright.make.crews import is_within, keep_crews, with_people
from parkwright.make.eased import eased
from parkwright.make.figures import Columns, components
from parkwright.make.floor import (
    BEGIN,
    END,
    FAMILY,
    HOLD,
    LEAVE,
    LEVEL,
    LINE,
    PLACE,
    ROOM,
    ROW,
    START,
    Floor,
    Placed,
    Problem,
    fill_rows,
    floor_of,
)
from parkwright.make.kept import Rest, without_kept
from parkwright.make.left_out import reason
from parkwright.make.listing import Snapshot, list_first, put_back, snapshot
from parkwright.make.settle import earliest, entry, fit, resettle, shared_run
from parkwright.make.sides import WHOLE_OPS, search
from parkwright.make.timing import keep_cap, price_cap, wait

LAST_S = 0.5
"""Seconds beyond its budget for which a plan may wait for cheap hours [s]."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A job (an operation, in a general problem) that the plan cannot take, and why."""

    job_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """A plan: columns by operation (N,), times [ms], -1 without a place; its cost by component; what is left out.

    line, begin (of the changeover), start, leave (line free again), end (last unit out). bounds: what no plan can go
    below, where that says anything. rounds: of the search, spent.
    """

    line: np.ndarray
    begin: np.ndarray
    start: np.ndarray
    leave: np.ndarray
    end: np.ndarray
    cost: Account
    unplaced: tuple[Unplaced, ...]
    bounds: Bounds
    rounds: int = 0

    @property
    def columns(self) -> Columns:
        """Return the five columns."""
        return self.line, self.begin, self.start, self.leave, self.end

    def begun(self, now: int) -> tuple[Placed, ...]:
        """Return what has begun before an instant [ms], changeovers too: what a new plan at that instant keeps."""
        at = np.flatnonzero((self.line >= 0) & (self.begin < now))
        return tuple(Placed(int(op), *(int(column[op]) for column in self.columns)) for op in at)

    @property
    def makespan(self) -> int:
        """Return when the last unit leaves [ms]; -1 without any operation."""
        return int(self.end.max(initial=-1))


def solve(
    problem: Problem,
    *,
    seconds: float | None = None,
    clock: Clock = CLOCK,
    seed: int = 0,
    rounds: int | None = None,
    start: Schedule | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[float, float], None] = lambda share, cost_cny: None,
) -> Schedule:
    """Return the cheapest plan of a problem that the budget finds; feasible always, and never a failure.

    seconds and clock: time limit [s] and what tells the time; or rounds (0: the dispatch rule and the last pass),
    with which the answer repeats. seed: >= 0. start: a plan of the same operations to improve. stop: asked after each
    round, ends the search. progress: told (share of the budget, least cost so far [CNY]), first of the plan at hand.

    Raises ValueError when the budget has no end.
    """
    budget = Budget(rounds, seconds, clock)
    rest = without_kept(problem)
    rest = replace(rest, problem=with_people(rest.problem))
    floor = floor_of(rest.problem)
    if start is None:
        list_first(floor)
    else:
        seat(floor, rest, start)
    price_cap(floor, rest.problem)
    begun = clock()
    progress(0.0, floor.cost_cny())

    def is_over() -> bool:
        return rounds != 0 and budget.spent(0, begun + LAST_S) >= 1.0

    known = None if start is None and rounds == 0 else _known(rest, floor, start, is_over)
    spans = eased_floor(floor, rest.problem) if start is None and rounds != 0 else None
    done = search(floor, budget, begun, seed, stop, progress, start is None, spans)
    last_pass(rest, floor, is_over)
    if known is not None:
        cost, found = floor.cost_cny(), snapshot(floor)
        if put_back(floor, known) > cost:
            put_back(floor, found)
    return told(problem, rest, floor, done)


def _known(rest: Rest, floor: Floor, start: Schedule | None, enough: Callable[[], bool]) -> Snapshot | None:
    """Return a plan that the search may not fall behind: the one given, or the rule's after its last pass.

    Of a plan given, what had no place still has none: on the floor that is searched it has one, and may be in the way.
    None for a plan given that is not within what the lines share. A large plan waits for no cheap hours meanwhile.
    """
    held = floor.copy()
    if start is not None:
        seat(held, rest, start, as_given=True)
        return snapshot(held) if is_within(held, rest.problem) else None
    last_pass(rest, held, lambda: len(floor.op) > WHOLE_OPS or enough())
    return snapshot(held)


def eased_floor(floor: Floor, problem: Problem) -> Floor | None:
    """Return a floor with the same plan and the cap of its problem eased; None where the plan is within that.

    Such a plan lacks no energy, only the right minutes, and is better searched as it is; so is one too large to be
    searched as a whole.
    """
    spans = eased(problem) if len(floor.op) <= WHOLE_OPS else None
    if spans is None:
        return None
    found = floor_of(spans)
    price_cap(found, spans)
    put_back(found, snapshot(floor))
    return None if is_within(found, spans) else found


def as_schedule(problem: Problem, columns: Columns) -> Schedule:
    """Return given times as a plan of a problem, counted from the definition: to go on from, or to compare with."""
    plan = [Placed(op, *(int(column[op]) for column in columns)) for op in np.flatnonzero(columns[0] >= 0).tolist()]
    left = [
        Unplaced(problem.name(op), "it has no place in the plan given")
        for op in np.flatnonzero(columns[0] < 0).tolist()
    ]
    return Schedule(*columns, account(problem, plan), tuple(left), bounds_of(problem))


def retimed(problem: Problem, plan: Schedule) -> Schedule:
    """Return a plan with the same lines and the same order on each, every operation as early as it can be.

    Raises ValueError when a line of the plan cannot do its operation.
    """
    rest = without_kept(problem)
    floor = floor_of(rest.problem)
    _seat_by(floor, rest, plan.line, plan.start.astype(float))
    return told(problem, rest, floor, 0)


def seat(floor: Floor, rest: Rest, plan: Schedule, as_given: bool = False) -> None:
    """Give a floor the order and the waits of a plan; what had no place is tried at the end of a line that can do it.

    floor: of `rest`, the part of the problem that is not kept. as_given: what had no place gets none.
    """
    _seat_by(floor, rest, plan.line, plan.start.astype(float), as_given)
    _hold(floor, plan.begin[rest.number])


def _hold(floor: Floor, begin: np.ndarray) -> None:
    """Hold back what a plan holds back: where a changeover could begin earlier than it does; begin: (M,) [ms]."""
    ints = floor.ints
    placed = np.flatnonzero((begin >= 0) & (floor.op[:, ROW] >= 0)).tolist()
    for op in placed:
        row, place = int(floor.op[op, ROW]), int(floor.op[op, PLACE])
        if floor.row[row, ROOM] > 0 and place > 0 and begin[floor.order[row, place - 1]] == begin[op]:
            continue
        _, family = entry(ints, row, place)
        setup = floor.setup[floor.row[row, LINE], family, floor.op[op, FAMILY]]
        floor.op[op, HOLD] = begin[op] + setup
    resettle(ints, floor.reals)
    held = floor.op[:, HOLD].copy()
    for op in placed:
        row = int(floor.op[op, ROW])
        floor.op[op, HOLD] = 0
        free, family = entry(ints, row, int(floor.op[op, PLACE]))
        if shared_run(ints, op, row, int(floor.op[op, PLACE]), earliest(ints, op)) >= 0:
            continue
        if fit(ints, op, int(floor.row[row, LINE]), earliest(ints, op), free, family)[0] == floor.op[op, BEGIN]:
            held[op] = 0
    floor.op[:, HOLD] = held
    resettle(ints, floor.reals)


def _seat_by(floor: Floor, rest: Rest, seat: np.ndarray, at: np.ndarray, as_given: bool = False) -> None:
    """Give a floor lines and order; what is on no line that is in use goes to the one with the least work so far.

    as_given: what is on no line stays out.
    """
    rows: list[list[int]] = [[] for _ in floor.row]
    work, free = rest.problem.operations.work, rest.problem.lines.free
    load = np.maximum(free, 0)
    line, when = seat[rest.number], np.where(seat >= 0, at, np.inf)[rest.number]
    for op in np.argsort(when, kind="stable").tolist():
        able = np.flatnonzero(work[op] >= 0)
        able = able[free[able] >= 0] if (free[able] >= 0).any() else able
        if able.size == 0 or (as_given and line[op] < 0):
            continue
        on = int(line[op]) if line[op] in able else int(able[np.argmin(load[able])])
        load[on] += work[op, on]
        rows[int(floor.row_of[on, floor.op[op, LEVEL]])].append(op)
    fill_rows(floor, rows)
    resettle(floor.ints, floor.reals)


def last_pass(rest: Rest, floor: Floor, enough: Callable[[], bool] = lambda: False) -> None:
    """Give the plan of a floor its last pass: waits for cheap hours until it is enough, the power cap, the crews."""
    wait(floor, enough)
    keep_cap(floor)
    keep_crews(floor, rest.problem)


def told(problem: Problem, rest: Rest, floor: Floor, rounds: int) -> Schedule:
    """Return the plan of a floor in the numbers of the whole problem, with what is kept."""
    count = problem.operations.due.size
    columns = tuple(np.full(count, -1, dtype=np.int64) for _ in range(5))
    inner = np.flatnonzero(floor.op[:, START] >= 0)
    at = rest.number[inner]
    columns[0][at] = floor.row[floor.op[inner, ROW], LINE]
    for column, source in zip(columns[1:], (BEGIN, START, LEAVE, END), strict=True):
        column[at] = floor.op[inner, source]
    for one in problem.kept:
        for column, value in zip(columns, (one.line, one.begin, one.start, one.leave, one.end), strict=True):
            column[one.op] = value
    plan = (columns[0], columns[1], columns[2], columns[3], columns[4])
    left = [
        Unplaced(rest.problem.name(int(op)), reason(rest.problem, floor, int(op)))
        for op in np.flatnonzero(floor.op[:, START] < 0)
    ]
    cost = components(problem, plan, floor)
    return Schedule(*plan, cost, tuple(left), bounds_of(rest.problem), rounds)
