"""What no plan can go below, where that says anything; never a gap for tardiness that is none.

References
----------
Pinedo (2016), Scheduling: theory, algorithms and systems, 5th ed., ch. 2: a machine's heads, work and tails bound the
makespan; here for the lines of a level together, each operation on its fastest line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from parkwright.make.floor import Problem
from parkwright.make.hours import EDGE, ENERGY, HOUR_MS, WORKED, tabulate

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Bounds:
    """Lower bounds of the plans that leave nothing out; windows: parts of the plan that were solved, and proven best.

    end: no plan is done earlier [ms]. energy_cny: energy and its carbon cost at least this. tardiness_cny: what is
    late even when nothing waits for a line; 0 says nothing about how late a good plan is. windows_open_cny: no part
    that is not proven can be made cheaper by more than this while all else stays; inf where one has no bound.
    """

    end: int
    energy_cny: float
    tardiness_cny: float
    windows: int = 0
    windows_proven: int = 0
    windows_open_cny: float = 0.0


def bounds_of(problem: Problem) -> Bounds:
    """Return the bounds of a problem; what no line can do is left aside."""
    ops = problem.operations
    able = (ops.work >= 0) & (problem.lines.free >= 0)[None, :]
    if not able.any():
        return Bounds(-1, 0.0, 0.0)
    least = np.where(able, ops.work + ops.tail, NEVER).min(axis=1)
    done = heads(problem, np.where(least == NEVER, 0, least))
    end = np.where(able.any(axis=1), done, -1)
    late = ops.late_cny_per_h * np.maximum(end - ops.due, 0) / HOUR_MS
    return Bounds(
        max(int(end.max()), _load(problem, able)), _energy(problem, able), float(late[able.any(axis=1)].sum())
    )


def at_no_carbon_price(problem: Problem) -> Problem:
    """Return a problem whose energy costs its price alone, so that its bounds say what the energy costs at least."""
    return replace(problem, rates=replace(problem.rates, carbon_cny_per_kg=0.0))


def heads(problem: Problem, least: np.ndarray) -> np.ndarray:
    """Return when each operation ends at the earliest if lines were always free and open [ms] (N,)."""
    end = problem.operations.ready + least
    if len(problem.links):
        order = np.argsort(problem.operations.level[problem.links[:, 1]], kind="stable")
        level = problem.operations.level[problem.links[order, 1]]
        for at in np.unique(level):
            links = problem.links[order][level == at]
            np.maximum.at(end, links[:, 1], end[links[:, 0]] + least[links[:, 1]])
    return np.asarray(end)


def _load(problem: Problem, able: np.ndarray) -> int:
    """Return when the lines together can have done all the work [ms]: every line works from when it is free on."""
    shortest = np.where(able, problem.operations.work * run_share(problem), np.inf).min(axis=1)
    work = float(shortest[able.any(axis=1)].sum())
    free, edges = problem.lines.free, []
    lines = [line for line in np.flatnonzero(free >= 0) if able[:, line].any()]
    cut, _, _, scale = tabulate(problem.windows, problem.steps, 0.0)
    for line in lines:
        h = int(problem.lines.table[line])
        edges.append(cut[h, : int(scale[h, 2]), EDGE])
    at = np.unique(np.concatenate([*edges, free[lines]]))
    done = np.zeros(at.size)
    for line in lines:
        h = int(problem.lines.table[line])
        used = int(scale[h, 2])
        worked = np.interp(at, cut[h, :used, EDGE], cut[h, :used, WORKED])
        done += np.maximum(worked - np.interp(free[line], cut[h, :used, EDGE], cut[h, :used, WORKED]), 0.0)
    reached = np.flatnonzero(done >= work - 0.5)
    if reached.size == 0 or reached[0] == 0:
        return -1
    after = int(reached[0])
    share = (work - done[after - 1]) / max(done[after] - done[after - 1], 1e-9)
    return int(at[after - 1] + share * (at[after] - at[after - 1]))


def _energy(problem: Problem, able: np.ndarray) -> float:
    """Return the least cost of the energy of every operation [CNY]: its least kWh in the cheapest hours it may use.

    An operation is run at its best line's price of the cheapest interval that the line is open; so no plan is below.
    """
    ops = problem.operations
    cut, sums, _, scale = tabulate(problem.windows, problem.steps, problem.rates.carbon_cny_per_kg)
    cheapest = np.zeros(len(problem.windows))
    for h in range(len(problem.windows)):
        used = int(scale[h, 2])
        span = np.diff(cut[h, :used, WORKED])
        rate = np.diff(sums[h, :used, ENERGY])[span > 0] / span[span > 0]
        cheapest[h] = rate.min() if rate.size else 0.0
    kwh_cny = ops.work * ops.kw * run_share(problem) * cheapest[problem.lines.table][None, :]
    cost = np.where(able, kwh_cny, np.inf).min(axis=1)
    return float(cost[np.isfinite(cost)].sum())


def run_share(problem: Problem) -> np.ndarray:
    """Return the least share of a run that an operation takes (N, L): its units of the room where several share one."""
    share = np.ones(problem.operations.work.shape)
    if problem.lots is not None:
        at = problem.lots.room > 0
        share[:, at] = np.minimum(1.0, problem.lots.units[:, None] / problem.lots.room[at])
    return share
