"""Make a plan cheaper for as long as one likes: annealing in slices, then the timing pass.

The search never reads a clock: who calls it decides how many moves a slice has, what share of the budget is gone, and
when to stop. The same floor, seed and slices give the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parkwright.make.anneal import anneal, sample
from parkwright.make.floor import EXCESS, LATE, ROW, START, Floor
from parkwright.make.hours import HOUR_MS
from parkwright.make.listing import Snapshot, put_back, snapshot
from parkwright.make.settle import resettle
from parkwright.make.timing import keep_cap

SAMPLES = 300
"""Edits that are tried to find the temperature."""
WARM_OPS = 40
"""The first temperature is the lower quartile of what edits cost, times this over the operations that may move; found
on generated plants of 400 to 6,000 operations: hotter loses the first plan, colder stays near it."""
LEAST_CNY = 1e-6
"""A change below this is rounding."""
COOL = 0.05
"""Temperature at STILL relative to the first; found on generated plants of 1,000 operations, where 0.04 to 0.2 come out
alike and 0.01 spends two fifths of the time on what is cold already."""
STILL = 0.8
"""Share of the budget from which on it falls to COLD; found on saturated plants of 2,000 operations with a price of
energy, where 0.7 and 0.85 come out alike and, without such an end, three quarters of what can be saved of the energy
at no more lateness are lost: what an operation pays for energy is small beside an hour of lateness."""
COLD = 1e-4
"""Temperature at the end relative to the first; found on the same plants, where ten times as much saves as much."""
WARM_H = 1.0
"""Where being late costs anything, the first temperature is at most this much lateness of a mean operation [h]; found
on generated plants of 1,000 operations."""
WARM_PART_H = 0.06
"""The same for a part of a plan, which has few edits: found on generated plants of 6,000 operations, searched in
windows, where ten times as much leaves 0.88 of the rule's cost instead of 0.81."""
LEEWAY = 10.0
"""An edit is given up once it is dearer by this many first temperatures than would be taken; found on the same plants:
three times as many edits as with a hundred times the leeway, and the same plan."""
LEEWAY_H = 0.6
"""Where being late costs anything, once it is dearer by this much lateness of a mean operation [h]; found on generated
plants of 1,000 operations: twice as many edits as with ten times as much, and each brings as much."""

ABOVE_FIRST = 0.005
"""Price of what lies above the power cap at first, relative to its full price: a search that must keep the cap from the
start cannot pass from one good plan to another."""
ABOVE_FULL = 0.5
"""Share of the budget from which on what lies above the power cap has its full price: the plan is held back within the
cap there, and the rest of the search makes good what that cost; found on a saturated plant of 2,000 operations, where
0.7 left too little time for that."""


def cooled(share: float) -> float:
    """Return the temperature relative to the first when a share of the budget is gone."""
    if share <= STILL:
        return float(COOL ** (share / STILL))
    return float(COOL * (COLD / COOL) ** ((share - STILL) / (1.0 - STILL)))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is: edits tried, the cost of the plan in hand and of the best so far [CNY]."""

    moves: int
    cost_cny: float
    best_cny: float


class Search:
    """A search over the plan of a floor, which it changes in place; `finish` leaves the best plan there."""

    def __init__(self, floor: Floor, seed: int, waits: float = 0.0, members: np.ndarray | None = None) -> None:
        """Begin at the plan that the floor holds.

        seed: of the random numbers. waits: share of edits that hold an operation back until a price step. members:
        operations that may be picked to move; None for all that are in rows, and a price of what lies above the power
        cap that rises.
        """
        self.floor, self._waits = floor, waits
        self._stream = np.array([seed], dtype=np.uint64)
        in_rows = np.flatnonzero(floor.op[:, ROW] >= 0)
        self._excess_cny, self._rises = float(floor.rate[EXCESS]), members is None and bool(floor.rate[EXCESS] > 0)
        self._members = in_rows if members is None else np.intersect1d(in_rows, members)
        cost = float(resettle(floor.ints, floor.reals))
        self._best = snapshot(floor)
        self.progress = Progress(0, cost, cost)
        self._leeway, self._heat = (
            self._losses(WARM_H if members is None else WARM_PART_H) if self._members.size else (0.0, 0.0)
        )

    def _losses(self, warm_h: float) -> tuple[float, float]:
        """Return how much dearer than what is taken an edit may be half-way, and the first temperature [CNY].

        Where operations are left out no edit is given up early: one may pay for many only at the end of its row; nor
        where there are few.
        """
        changes = sample(self.floor.ints, self.floor.reals, self._members, SAMPLES, self._stream)
        worse = changes[changes > LEAST_CNY]
        if worse.size == 0:
            return 0.0, 0.0
        patient = self._members.size <= WARM_OPS or bool((self.floor.op[:, START] < 0).any())
        heat = min(1.0, WARM_OPS / self._members.size) * float(np.quantile(worse, 0.25))
        late = self.floor.worth[:, LATE]
        if patient or not (late > 0).any():
            return np.inf if patient else LEEWAY * heat, heat
        hour_cny = HOUR_MS * float(late[late > 0].mean())
        heat = min(heat, warm_h * hour_cny)
        return min(LEEWAY * heat, LEEWAY_H * hour_cny), heat

    def advance(self, moves: int, share: tuple[float, float]) -> Progress:
        """Try `moves` edits and return how far the search is; share: of the budget gone before and after them."""
        if self._members.size == 0 or moves < 1:
            return self.progress
        heat = (self._heat * cooled(share[0]), self._heat * cooled(share[1]))
        ints, reals = self.floor.ints, self.floor.reals
        if self._rises and share[0] >= ABOVE_FULL:
            keep_cap(self.floor)
            self._rises = False
        if self._rises:
            self.floor.rate[EXCESS] = self._excess_cny * ABOVE_FIRST ** max(0.0, 1.0 - share[1] / ABOVE_FULL)
            resettle(ints, reals)
        anneal(ints, reals, self._members, heat, self._leeway, self._waits, moves, self._stream)
        self.floor.rate[EXCESS] = self._excess_cny
        cost = float(resettle(ints, reals))
        best = self.progress.best_cny
        if cost < best - LEAST_CNY:
            best, self._best = cost, snapshot(self.floor)
        self.progress = Progress(self.progress.moves + moves, cost, best)
        return self.progress

    def adopt(self, other: Search) -> None:
        """Go on from the best plan of another search of the same floor."""
        self._best = other.best
        cost = put_back(self.floor, self._best)
        self.progress = Progress(self.progress.moves, cost, cost)

    @property
    def best(self) -> Snapshot:
        """Return the best plan so far."""
        return self._best

    def finish(self) -> Progress:
        """Put the best plan so far into the floor."""
        cost = put_back(self.floor, self._best)
        self.progress = Progress(self.progress.moves, cost, cost)
        return self.progress
