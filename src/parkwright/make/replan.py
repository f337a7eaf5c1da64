"""Plan the rest of a day again from what runs now: the lines go on from where they stand, pinned jobs stay in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from parkwright.make.budget import CLOCK, Clock
from parkwright.make.crews import keep_crews, suffice
from parkwright.make.floor import Floor, LineSet, Operations, Placed, Problem, Rates, floor_of
from parkwright.make.kept import without_kept
from parkwright.make.laid import Laid
from parkwright.make.park_floor import LEFT_OUT_H, pressed, without
from parkwright.make.schedule import as_schedule, seat, solve, told

PIN_CNY_PER_H = 1e7
"""Lateness of a pinned job in the search [CNY/h], so that nothing pushes it (assumed): a minute of it weighs more than
an order of 60 units that is left out."""
RUSH = 10.0
"""How much dearer than the dearest job of the day a rushed one is when late (assumed)."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a planner asks of a new plan.

    frozen_until: what begins before it stays [ms], see `Laid.frozen`. pinned: jobs that keep line and time of the plan
    laid out, moved: those that keep what they were given by hand. rushed: orders that come first. rates: the
    objective's prices, with those of nervousness. Lines that are out are the laid day's.
    """

    frozen_until: int
    pinned: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    rushed: frozenset[str] = frozenset()
    rates: Rates = field(default_factory=Rates)


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search: rounds, with which the plan repeats, or seconds and what tells the time; and who is told.

    stop and progress: as of `schedule.solve`.
    """

    rounds: int | None = None
    seconds: float | None = None
    clock: Clock = CLOCK
    stop: Callable[[], bool] = lambda: False
    progress: Callable[[float, float], None] = lambda share, cost_cny: None


def replanned(laid: Laid, placed: np.ndarray, wishes: Wishes, seed: int, effort: Effort) -> np.ndarray:
    """Return a plan of the whole day (J, 5) that goes on from `placed` (J, 5), a plan of the laid day.

    J: line, changeover, start, line free again, last unit out [ms], -1 without a place. seed: of the random numbers.
    """
    problem = rest_of(laid, placed, wishes)
    columns = placed.T
    start = as_schedule(problem, (columns[0], columns[1], columns[2], columns[3], columns[4]))
    plan = solve(
        problem, seconds=effort.seconds, clock=effort.clock, seed=seed, rounds=effort.rounds, start=start,
        stop=effort.stop, progress=effort.progress,
    )  # fmt: skip
    return np.stack(plan.columns, axis=1)


def staffed(laid: Laid, floor: Floor, wishes: Wishes) -> np.ndarray:
    """Return the plan of a floor of the laid day (J, 5) in which what may still move waits for the people it needs.

    What a change put where others are at work holds back what costs least to wait, and what it moved or pinned last.
    Without such, the plan is the floor's as it is.
    """
    placed = laid.plan(floor)
    if suffice(floor, laid.problem):
        return placed
    problem = without(rest_of(laid, placed, wishes), np.flatnonzero(placed[:, 0] < 0))
    rest = without_kept(problem)
    own = floor_of(rest.problem)
    columns = placed.T
    seat(own, rest, as_schedule(problem, (columns[0], columns[1], columns[2], columns[3], columns[4])))
    keep_crews(own, rest.problem)
    return np.stack(told(problem, rest, own, 0).columns, axis=1)


def rest_of(laid: Laid, placed: np.ndarray, wishes: Wishes) -> Problem:
    """Return the problem of a day as it stands: what begins before the frozen horizon is kept, the rest comes after it.

    What an outage delays from before the horizon to after it is kept too: its kit is at its line.
    """
    begins = np.where(placed[:, 0] == laid.was[:, 0], np.minimum(placed[:, 1], laid.was[:, 1]), placed[:, 1])
    until = laid.frozen(wishes.frozen_until)
    frozen = (placed[:, 0] >= 0) & ((begins < until[placed[:, 0]]) | laid.begun)
    problem = without(pressed(laid.problem), np.flatnonzero(laid.lacking & ~frozen))
    return replace(
        problem,
        operations=_operations(laid, problem.operations, placed, wishes),
        lines=_lines(problem.lines, until),
        rates=wishes.rates,
        kept=[Placed(op, *placed[op].tolist()) for op in np.flatnonzero(frozen).tolist()],
    )


def _operations(laid: Laid, ops: Operations, placed: np.ndarray, wishes: Wishes) -> Operations:
    """Return the operations: pinned ones only on their line and dear when late, rushed ones first."""
    jobs, stands = laid.day.jobs, placed[:, 0] >= 0
    due, late, work, drop = ops.due.copy(), ops.late_cny_per_h.copy(), ops.work.copy(), ops.drop_cny.copy()
    ready = np.maximum(ops.ready, wishes.frozen_until)
    by_hand = jobs["job_id"].is_in(list(wishes.moved)).to_numpy()
    wanted = np.where(by_hand[:, None], placed, laid.was)
    held = (by_hand | jobs["job_id"].is_in(list(wishes.pinned)).to_numpy()) & (wanted[:, 0] >= 0)
    rushed = jobs["order_id"].is_in(list(wishes.rushed)).to_numpy()
    due[rushed], late[rushed] = ready[rushed], RUSH * max(1.0, float(late.max(initial=0.0)))
    for op in np.flatnonzero(held).tolist():
        line, _, start, _, end = wanted[op].tolist()
        work[op, np.arange(work.shape[1]) != line] = -1
        ready[op], due[op], late[op] = start, end, PIN_CNY_PER_H
        drop[op] = PIN_CNY_PER_H * LEFT_OUT_H
    return replace(
        ops, ready=ready, due=due, late_cny_per_h=late, drop_cny=drop, work=work, was_line=placed[:, 0],
        was_start=np.where(stands, placed[:, 2], 0),
    )  # fmt: skip


def _lines(lines: LineSet, frozen_until: np.ndarray) -> LineSet:
    """Return the lines from the frozen horizon (L,) on."""
    return replace(lines, free=np.where(lines.free < 0, lines.free, np.maximum(lines.free, frozen_until)))
