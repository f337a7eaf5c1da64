"""Search the dispatch rule: its indices are shifted, operation by operation, and each time the rule plans all anew.

A shift sends an operation or its whole job through the plant earlier or later; the rule mends all that this touches,
which edits of rows cannot. What the rule never does, such as to wait for an operation of the same family, is left to
the edits.

References
----------
Storer, Wu and Vaccari (1992), New search spaces for sequencing problems with application to job shop scheduling,
Management Science 38: problem space.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.draws import draw, slack, uniform
from parkwright.make.floor import (
    LATE,
    LEVEL,
    LINK_AT,
    LINK_END,
    N_LEVELS,
    N_OPS,
    NEXT_AT,
    NEXT_END,
    OP,
    W_LINK,
    W_OP,
    Floor,
)
from parkwright.make.hours import HOUR_MS
from parkwright.make.listing import Rule, Snapshot, best_rule, cost_of, fill, listed, snapshot

WARM_H = 0.3
"""First temperature: so much lateness of a mean operation [h]."""
COOL = 0.03
"""Last temperature relative to the first."""
SHIFT = 1.0
"""A shift is the sum of three draws within half of it either way."""
ALONE = 0.5
"""Share of shifts that are of one operation alone, not of its job."""


def _shift(w: np.ndarray, worth: np.ndarray, i: int, by: float, alone: bool) -> None:
    """Shift the index of an operation; if not alone, that of the first of its job and of each that waits for it."""
    if not alone:
        while w[w[W_OP] + i * OP + LINK_AT] < w[w[W_OP] + i * OP + LINK_END]:
            i = w[w[W_LINK] + w[w[W_OP] + i * OP + LINK_AT]]
    worth[i] += by
    while not alone and w[w[W_OP] + i * OP + NEXT_AT] < w[w[W_OP] + i * OP + NEXT_END]:
        i = w[w[W_LINK] + w[w[W_OP] + i * OP + NEXT_AT]]
        worth[i] += by


shift: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_shift)


def _rank(
    w: np.ndarray,
    x: np.ndarray,
    pressing: np.ndarray,
    worth: np.ndarray,
    best: np.ndarray,
    horizons: np.ndarray,
    costs: tuple[float, float],
    heat: tuple[float, float],
    plans: int,
    stream: np.ndarray,
) -> tuple[float, float]:
    """Try `plans` shifts while the temperature falls from heat[0] to heat[1] [CNY]; return (cost, least cost) [CNY].

    worth: of the plan taken last, changed in place; best: of the cheapest plan so far. costs: of both.
    """
    cost, least = costs
    temperature, falls, stale = heat[0], (heat[1] / heat[0]) ** (1.0 / plans), 0
    for _ in range(plans):
        temperature *= falls
        i, alone = draw(stream, w[N_OPS]), uniform(stream) < ALONE
        by = SHIFT * (uniform(stream) + uniform(stream) + uniform(stream) - 1.5)
        shift(w, worth, i, by, alone)
        first = w[w[W_OP] + i * OP + LEVEL] if alone else 0
        fill(w, x, pressing, worth, horizons, min(stale, first))
        found = cost_of(w, x)
        if found - cost <= slack(stream, temperature):
            cost, stale = found, w[N_LEVELS]
            if cost < least:
                least = cost
                best[:] = worth
        else:
            shift(w, worth, i, -by, alone)
            stale = first
    return cost, least


rank: Callable[..., tuple[float, float]] = njit(cache=True, nogil=True, error_model="numpy")(_rank)


class Ranking:
    """A search over the indices of the rule on a floor, whose rows it fills; `finish` leaves the best plan there."""

    def __init__(self, floor: Floor, seed: int, rule: Rule | None = None) -> None:
        """Begin with a rule, with the horizons that plan cheapest where None; seed: of the random numbers."""
        self.floor = floor
        self._rule = rule or best_rule(floor)
        self.best_cny = listed(floor, self._rule)
        self._cost, self._worth, self._best = self.best_cny, self._rule.worth.copy(), self._rule.worth.copy()
        self._stream = np.array([seed], dtype=np.uint64)
        late = floor.worth[:, LATE]
        self._heat = WARM_H * HOUR_MS * float(late[late > 0].mean()) if (late > 0).any() else 0.0

    def advance(self, plans: int, share: tuple[float, float]) -> None:
        """Try `plans` shifts; share: of the budget gone before and after them."""
        rule, heat = self._rule, (self._heat * COOL ** share[0], self._heat * COOL ** share[1])
        costs = self._cost, self.best_cny
        self._cost, self.best_cny = rank(
            self.floor.ints, self.floor.reals, rule.pressing, self._worth, self._best, rule.horizons, costs, heat,
            plans, self._stream,
        )  # fmt: skip

    def finish(self) -> Snapshot:
        """Put the best plan so far into the floor, and return it."""
        rule = Rule(self._rule.pressing, self._best, self._rule.horizons)
        listed(self.floor, rule)
        return snapshot(self.floor)
