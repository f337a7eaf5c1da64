"""One search of a flexible job shop that other searches can exchange plans with."""

from __future__ import annotations

import numpy as np

from parkwright.make import jobshop_graph
from parkwright.make.draws import stream
from parkwright.make.jobshop_graph import NONE, Plan
from parkwright.make.shop import JobShop, ShopPlan

HEATS = ((0.25, 0.01), (0.1, 0.01))
"""First and last temperature of even and odd lanes, in mean durations: 0.2 did best on job shops proper, 0.05-0.1 on
those with many jobs and short budgets (12 files of the sample, 3 CPU-s each)."""
WARM_HEAT = 0.3
"""Share of the first temperature when the search starts from a given plan."""


class JobLane:
    """A search of a flexible job shop."""

    def __init__(self, shop: JobShop, seed: int, lane: int, start: ShopPlan | None) -> None:
        """Begin with a dispatch rule, or with the plan given."""
        self.shop, self.state, self.warm = shop, stream(seed, lane), start is not None
        self.durations = np.ascontiguousarray(shop.durations.astype(np.int64))
        self.first = shop.first.astype(np.int64)
        self.heats = HEATS[lane % 2]
        able = self.durations > 0
        self.count = able.sum(axis=1)
        self.choices = np.argsort(~able, axis=1, kind="stable")
        self.scale = float(self.durations[able].mean())
        size = self.durations.shape[0]
        before, after = np.arange(size) - 1, np.arange(size) + 1
        filled = self.first[np.flatnonzero(np.diff(self.first))]
        before[filled], after[np.append(filled[1:], size) - 1] = NONE, NONE
        self.chains = (before, after)
        if start is not None:
            self.adopt(start)
            return
        machine, begin = jobshop_graph.build(self.durations, self.first, self.state, lane * self.scale)
        self._link(machine, begin)

    def _link(self, machine: np.ndarray, begin: np.ndarray) -> None:
        """Chain the operations of each machine by their starts."""
        left, right = np.full(machine.size, NONE), np.full(machine.size, NONE)
        lead, last = np.full(self.durations.shape[1], NONE), np.full(self.durations.shape[1], NONE)
        for op in np.lexsort((np.arange(machine.size), begin)):
            on = machine[op]
            left[op] = last[on]
            if last[on] >= 0:
                right[last[on]] = op
            else:
                lead[on] = op
            last[on] = op
        self.now: Plan = (machine.astype(np.int64), left, right, lead)
        self.best: Plan = (self.now[0].copy(), left.copy(), right.copy(), lead.copy())

    def advance(self, share: float) -> None:
        """Search for one round; share: how much of the budget is spent."""
        first, last = self.heats
        first *= WARM_HEAT if self.warm else 1.0
        heat = max(self.scale, 1.0) * first * (last / first) ** min(max(share, 0.0), 1.0)
        shop = (self.durations, self.choices, self.count, self.chains)
        steps = max(1, 15_000_000 // max(self.durations.shape[0], 100))
        jobshop_graph.anneal_graph(*shop, self.now, self.best, self.state, steps, heat)

    def adopt(self, plan: ShopPlan) -> None:
        """Go on from a plan that another search found."""
        rows = self.first[plan.job] + plan.stage
        machine, begin = np.zeros(rows.size, np.int64), np.zeros(rows.size, np.int64)
        machine[rows], begin[rows] = plan.machine, plan.start
        self._link(machine, begin)

    def plan(self) -> ShopPlan:
        """Return the best plan met."""
        size = self.durations.shape[0]
        lasts = self.durations[np.arange(size), self.best[0]]
        head = np.zeros(size, np.int64)
        spare = (np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64))
        jobshop_graph.heads(self.chains, self.best, (lasts, head, *spare))
        job = np.repeat(np.arange(self.first.size - 1), np.diff(self.first))
        return ShopPlan(job, np.arange(size) - self.first[job], self.best[0].copy(), head, head + lasts)
