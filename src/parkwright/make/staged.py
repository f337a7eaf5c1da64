"""Search how the dispatch rule goes by due dates, setups, worth and work at each level of a plant.

The rule has one pair of horizons for all; but the lines of one level are short where those of another are not, and what
waits before a late level knows its due date better than what waits before the first. So each level gets horizons of its
own, counts due dates from earlier or later, and weighs worth and work by a power of its own. Changed one at a time, a
few hundred plans are enough, whatever the size of the plant; so this is the first search of a large one.

References
----------
Branke, Nguyen, Pickardt and Zhang (2016), Automated design of production scheduling heuristics: a review, IEEE
Transactions on Evolutionary Computation 20: parameters of a rule found by search.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.draws import draw, slack, uniform
from parkwright.make.floor import LEVEL, N_LEVELS, N_OPS, OP, W_OP, WORK, Floor
from parkwright.make.listing import HORIZONS, LEAD, Rule, base, best_rule, cost_of, fill, listed, press

WORTH_POWER, WORK_POWER = HORIZONS, HORIZONS + 1
"""Columns of a level's way of the rule, after those of Rule.horizons: powers of worth and of work in the index."""
WAYS = HORIZONS + 2
"""How many they are."""
HORIZON_STEP = 0.5
"""Standard deviation of a change of a horizon, in its logarithm."""
POWER_STEP = 0.3
"""The same of a power."""
LEAD_STEP = 3.0
"""Standard deviation of a change of how much earlier due dates count, in mean operations."""
WARM = 0.01
"""First temperature relative to the cost of the plan."""
COOL = 0.01
"""Last temperature relative to the first."""


def _weigh(w: np.ndarray, parts: np.ndarray, ways: np.ndarray, level: int, worth: np.ndarray) -> None:
    """Give the operations of a level their index before due dates and setups, by the powers of its way."""
    for i in range(w[N_OPS]):
        if w[w[W_OP] + i * OP + LEVEL] == level:
            more, less = ways[level, WORTH_POWER] - 1.0, ways[level, WORK_POWER] - 1.0
            worth[i] = parts[i, 0] + more * parts[i, 1] - less * parts[i, 2]


weigh: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_weigh)


def _stage(
    w: np.ndarray,
    x: np.ndarray,
    pressing: np.ndarray,
    parts: np.ndarray,
    ways: np.ndarray,
    best: np.ndarray,
    lead_ms: float,
    costs: tuple[float, float],
    heat: tuple[float, float],
    plans: int,
    stream: np.ndarray,
) -> tuple[float, float]:
    """Try `plans` changes of a way while the temperature falls over `heat` [CNY]; return (cost, least cost) [CNY].

    parts: as `base` returns them (N, 3). ways: (levels, WAYS) of the plan taken last, changed in place; best:
    of the cheapest plan so far. lead_ms: what a step of the lead is [ms]. costs: of both [CNY].
    """
    worth, levels = np.zeros(w[N_OPS]), w[N_LEVELS]
    for level in range(levels):
        weigh(w, parts, ways, level, worth)
    cost, least = costs
    temperature, falls, stale = heat[0], (heat[1] / heat[0]) ** (1.0 / plans) if heat[0] > 0 else 1.0, 0
    for _ in range(plans):
        temperature *= falls
        level, what = draw(stream, levels), draw(stream, WAYS)
        by, was = 2.0 * (uniform(stream) + uniform(stream) + uniform(stream) - 1.5), ways[level, what]
        if what == LEAD:
            ways[level, what] += lead_ms * by
        else:
            ways[level, what] *= np.exp((HORIZON_STEP if what < HORIZONS else POWER_STEP) * by)
        weigh(w, parts, ways, level, worth)
        fill(w, x, pressing, worth, ways, min(stale, level))
        found = cost_of(w, x)
        if found - cost <= slack(stream, temperature):
            cost, stale = found, levels
            if cost < least:
                least = cost
                best[:] = ways
        else:
            ways[level, what] = was
            weigh(w, parts, ways, level, worth)
            stale = level
    return cost, least


stage: Callable[..., tuple[float, float]] = njit(cache=True, nogil=True, error_model="numpy")(_stage)


class Staging:
    """A search over the ways of the rule, level by level, on a floor, whose rows it fills."""

    def __init__(self, floor: Floor, seed: int) -> None:
        """Begin with the horizons of the rule that plan cheapest; seed: of the random numbers."""
        self.floor = floor
        first = best_rule(floor)
        self._pressing, waiting = press(floor.ints, floor.reals)
        self._parts = base(floor.ints, waiting)
        ones = np.ones((len(first.horizons), WAYS - HORIZONS))
        self._ways = np.hstack((first.horizons, ones))
        self._best = self._ways.copy()
        self._cost = self.best_cny = listed(floor, first)
        able = floor.can[:, :, WORK]
        self._lead_ms = LEAD_STEP * float(able[able >= 0].mean()) if (able >= 0).any() else 0.0
        self._heat = WARM * self.best_cny
        self._stream = np.array([seed], dtype=np.uint64)

    def advance(self, plans: int, share: tuple[float, float]) -> None:
        """Try `plans` changes; share: of the budget gone before and after them."""
        heat, costs = (self._heat * COOL ** share[0], self._heat * COOL ** share[1]), (self._cost, self.best_cny)
        self._cost, self.best_cny = stage(
            self.floor.ints, self.floor.reals, self._pressing, self._parts, self._ways, self._best, self._lead_ms,
            costs, heat, plans, self._stream,
        )  # fmt: skip

    def adopt(self, other: Staging) -> None:
        """Go on from the best ways of another search of the same floor."""
        self._ways, self._best = other._best.copy(), other._best.copy()
        self._cost = self.best_cny = other.best_cny

    @property
    def rule(self) -> Rule:
        """Return the best rule so far."""
        worth = np.zeros(len(self.floor.op))
        for level in range(len(self._best)):
            weigh(self.floor.ints, self._parts, self._best, level, worth)
        return Rule(self._pressing, worth, self._best[:, :HORIZONS].copy())
