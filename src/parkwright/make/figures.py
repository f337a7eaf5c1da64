"""What a plan costs by component, for a whole plan at once: running sums over the tables of hours, in arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parkwright.make.account import Account
from parkwright.make.floor import CAP, DRAWN, OTHER, POWER_STEP, Floor, Problem
from parkwright.make.hours import EDGE, ENERGY, EXTRA, HOUR_MS, WORKED, Steps, tabulate

Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Line, changeover, start, line free again and last unit out by operation (N,); times [ms], -1 without a place."""


def components(problem: Problem, plan: Columns, floor: Floor) -> Account:
    """Return what a plan costs; floor: holds the plan but for what is kept, and what the site draws by interval."""
    line, begin, start, leave, end = plan
    ops, rates = problem.operations, problem.rates
    at = np.flatnonzero(line >= 0)
    on, start_at = line[at], start[at]
    late_h = np.maximum(end[at] - ops.due[at], 0) / HOUR_MS
    tardiness, nervous = float((ops.late_cny_per_h[at] * late_h).sum()), _nervous(problem, at, on, start_at)
    at = at[_pays(problem, on, start_at, leave[at])]
    on, start_at, leave_at = line[at], start[at], leave[at]
    kw, setup_kw = ops.kw[at, on], problem.lines.setup_kw[on]
    price = _Sums(problem, replace(problem.steps, kg_per_kwh=np.zeros(problem.steps.kg_per_kwh.size)))
    carbon = _Sums(problem, replace(problem.steps, cny_per_kwh=problem.steps.kg_per_kwh))
    table = problem.lines.table[on]
    setup_ms = price.worked(table, start_at) - price.worked(table, begin[at])
    kg = float((kw * carbon.energy(table, start_at, leave_at)).sum())
    kg += float((setup_kw * carbon.energy(table, begin[at], start_at)).sum())
    energy = float((kw * price.energy(table, start_at, leave_at)).sum())
    energy += float((setup_kw * price.energy(table, begin[at], start_at)).sum())
    demand, excess = shared_cny(problem, floor)
    return Account(
        tardiness_cny=tardiness,
        energy_cny=energy,
        carbon_cny=kg * rates.carbon_cny_per_kg,
        demand_cny=demand,
        setup_cny=rates.setup_cny_per_h * float(setup_ms.sum()) / HOUR_MS,
        overtime_cny=float(price.premium(table, begin[at], leave_at).sum()),
        left_out_cny=float(ops.drop_cny[line < 0].sum()),
        nervousness_cny=nervous,
        excess_cny=excess,
        co2e_kg=kg,
    )


def _nervous(problem: Problem, at: np.ndarray, line: np.ndarray, start: np.ndarray) -> float:
    """Return what it costs that operations `at` have another line or start than before [CNY]."""
    ops, rates = problem.operations, problem.rates
    if ops.was_line is None or ops.was_start is None:
        return 0.0
    was = ops.was_line[at]
    shifted_h = float((np.abs(start - ops.was_start[at])[was >= 0]).sum()) / HOUR_MS
    return rates.shifted_cny_per_h * shifted_h + rates.moved_cny * float(((was >= 0) & (was != line)).sum())


def _pays(problem: Problem, line: np.ndarray, start: np.ndarray, leave: np.ndarray) -> np.ndarray:
    """Return which operations pay for their run (M,): all, and of those that share one the first."""
    pays = np.ones(line.size, dtype=np.bool_)
    if problem.lots is None:
        return pays
    several = np.flatnonzero((problem.lots.room[line] > 0) & (leave > start))
    if several.size == 0:
        return pays
    _, first = np.unique(np.stack((line[several], start[several])), axis=1, return_index=True)
    pays[several] = False
    pays[several[first]] = True
    return pays


def shared_cny(problem: Problem, floor: Floor) -> tuple[float, float]:
    """Return what the peak and what is above the power cap cost [CNY]."""
    if problem.power is None or not floor.power.size:
        return 0.0, 0.0
    drawn = floor.power[:, OTHER] + floor.power[:, DRAWN]
    over_kwh = float(np.maximum(drawn - floor.power[:, CAP], 0.0).sum()) * int(floor.ints[POWER_STEP]) / HOUR_MS
    peak_kw = max(0.0, float(drawn.max()))
    return problem.rates.demand_cny_per_kw * peak_kw, problem.rates.excess_cny_per_kwh * over_kwh


class _Sums:
    """The tables of hours of a problem at given price steps."""

    def __init__(self, problem: Problem, steps: Steps) -> None:
        self._cut, self._sums, _, self._scale = tabulate(problem.windows, steps, 0.0)

    def _at(self, table: np.ndarray, at: np.ndarray, column: np.ndarray) -> np.ndarray:
        found = np.zeros(at.size)
        for h in np.unique(table):
            used, mine = int(self._scale[h, 2]), table == h
            found[mine] = np.interp(at[mine], self._cut[h, :used, EDGE], column[h, :used])
        return found

    def _between(self, table: np.ndarray, start: np.ndarray, end: np.ndarray, which: int) -> np.ndarray:
        column = self._sums[:, :, which]
        return np.asarray(self._at(table, end, column) - self._at(table, start, column))

    def worked(self, table: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Return the working time before instants [ms]."""
        return self._at(table, at, self._cut[:, :, WORKED])

    def energy(self, table: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return what 1 kW costs over the working time of spans."""
        return self._between(table, start, end, ENERGY)

    def premium(self, table: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return the premium of the working time of spans [CNY]."""
        return self._between(table, start, end, EXTRA)
