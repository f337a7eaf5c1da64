"""One search of a flow shop that other searches can exchange plans with: hybrid shops and shops with setups."""

from __future__ import annotations

import numpy as np

from parkwright.make import flowshop_machines, flowshop_order, flowshop_setup
from parkwright.make.draws import stream
from parkwright.make.flowshop_machines import Sequences
from parkwright.make.shop import HybridFlowShop, SetupFlowShop, ShopPlan

ORDER_SHARE = 0.12
"""Share of the budget for the search over one order, before machines are sequenced."""
ORDER_HEAT = (0.15, 0.02)
"""First and last temperature over one order, in mean durations."""
MACHINE_HEAT = (0.08, 0.011)
"""First and last temperature over the machines' sequences, in mean durations; the best of five pairs on four files of
the sample (0.03-0.16 down to 0.01-0.03)."""
WARM_HEAT = 0.3
"""Share of the first temperature when the search starts from a given plan."""
SETUP_HEAT = 0.05
"""Temperature with setups, in mean durations (Ruiz and Stuetzle 2008: T = 0.5 tenths of the mean)."""
REMOVED = 4
"""Jobs taken out at a step (Ruiz and Stuetzle 2007, table 3: d = 4)."""
ORDER_WORK, MACHINE_WORK = 3_000_000, 50_000_000
"""Steps of a round times the size that a step's time grows with: a round takes 0.02-0.1 s on shops of 250-2000
operations, so that a search of some seconds ends on time and exchanges its plans often."""
SETUP_WORK = 2_000_000
"""Operations that a round with setups looks at: some hundredths of a second, whatever the size of the shop."""
TINY = 500
"""Size below which a round gets no more steps."""


def _steps(work: int, size: int) -> int:
    """Return the steps of a round."""
    return max(1, work // max(size, TINY))


def _warmth(pair: tuple[float, float], share: float, scale: float) -> float:
    return float(max(scale, 1.0) * pair[0] * (pair[1] / pair[0]) ** min(max(share, 0.0), 1.0))


class HybridLane:
    """A search of a hybrid flow shop; odd lanes search the shop with time running backwards."""

    def __init__(self, shop: HybridFlowShop, seed: int, lane: int, start: ShopPlan | None) -> None:
        """Begin with the longest jobs first, or with the plan given."""
        self.shop, self.mirrored, self.state = shop, lane % 2 == 1, stream(seed, lane)
        step = -1 if self.mirrored else 1
        self.work = np.ascontiguousarray(shop.durations.T[::step].astype(np.int64))
        self.machines = np.ascontiguousarray(shop.machines[::step].astype(np.int64))
        self.order = np.argsort(-self.work.sum(axis=0), kind="stable")
        self.best_order = self.order.copy()
        self.rows = np.zeros(self.work.shape, np.int64)
        self.warm, self.sequences = start is not None, self._empty()
        self.best = self._empty()
        if start is not None:
            self.adopt(start)
            return
        self._seat()

    def _empty(self) -> Sequences:
        stages, jobs = self.work.shape
        most = int(self.machines.max())
        sizes = ((stages, most, jobs), (stages, most), (stages, jobs), (stages, jobs))
        line, size, on, at = (np.zeros(shape, np.int64) for shape in sizes)
        return line, size, on, at

    def _seat(self) -> None:
        """Sequence the machines as the best order says."""
        flowshop_order.decode(self.best_order, self.work, self.machines, self.rows)
        flowshop_machines.seat(self.rows, self.work, self.machines, self.sequences)
        self._keep()

    def _keep(self) -> None:
        for kept, now in zip(self.best, self.sequences, strict=True):
            kept[:] = now

    def advance(self, share: float) -> None:
        """Search for one round; share: how much of the budget is spent."""
        scale, operations = float(self.work.mean()), self.work.size
        if not self.warm and share < ORDER_SHARE:
            heat, steps = _warmth(ORDER_HEAT, share / ORDER_SHARE, scale), _steps(ORDER_WORK, operations)
            arguments = (self.order, self.best_order, self.work, self.machines, self.state, steps, heat)
            flowshop_order.anneal_order(*arguments)
            self._seat()
            return
        first, last = MACHINE_HEAT
        pair = (first * WARM_HEAT, last) if self.warm else (first, last)
        heat, steps = _warmth(pair, (share - ORDER_SHARE) / (1 - ORDER_SHARE), scale), _steps(MACHINE_WORK, operations)
        both = (self.sequences, self.best)
        flowshop_machines.anneal_machines(self.work, self.machines, *both, self.state, steps, heat)

    def adopt(self, plan: ShopPlan) -> None:
        """Go on from a plan that another search found."""
        size = self.sequences[1]
        size[:] = 0
        end = plan.makespan
        begin = end - plan.end if self.mirrored else plan.start
        for i in np.lexsort((plan.job, end - plan.start if self.mirrored else plan.end, begin)):
            stage = int(plan.stage[i])
            stage = self.work.shape[0] - 1 - stage if self.mirrored else stage
            self._append(stage, int(plan.machine[i]), int(plan.job[i]))
        self._keep()

    def _append(self, stage: int, machine: int, job: int) -> None:
        line, size, on, at = self.sequences
        line[stage, machine, size[stage, machine]] = job
        on[stage, job], at[stage, job] = machine, size[stage, machine]
        size[stage, machine] += 1

    def plan(self) -> ShopPlan:
        """Return the best plan met."""
        stages, jobs = self.work.shape
        head, tail = np.zeros((stages + 1, jobs), np.int64), np.zeros((stages + 1, jobs), np.int64)
        top = flowshop_machines.heads(0, self.machines, self.best, (self.work, head, tail))
        end = head[1:]
        begin, machine = end - self.work, self.best[2]
        if self.mirrored:
            begin, end, machine = top - end[::-1], top - begin[::-1], machine[::-1]
        job, stage = np.tile(np.arange(jobs), stages), np.repeat(np.arange(stages), jobs)
        return ShopPlan(job, stage, machine.ravel().copy(), begin.ravel().copy(), end.ravel().copy())


class SetupLane:
    """A search of a permutation flow shop with setups; odd lanes also descend while jobs are out."""

    def __init__(self, shop: SetupFlowShop, seed: int, lane: int, start: ShopPlan | None) -> None:
        """Begin with each job at its best place, or with the plan given."""
        self.state, self.partial = stream(seed, lane), lane % 2 == 1
        self.work = np.ascontiguousarray(shop.durations.astype(np.int64))
        jobs, machines = self.work.shape
        self.setup = np.zeros((jobs + 1, jobs, machines), np.int64)
        self.setup[:jobs] = np.moveaxis(shop.setups, 0, 2)
        self.best = np.arange(jobs)
        self.order = self.best.copy()
        if start is not None:
            self.adopt(start)
            return
        self.order = flowshop_setup.build(self.work, self.setup, self.state)
        self.best = self.order.copy()

    def advance(self, share: float) -> None:
        """Search for one round, whatever share of the budget is spent."""
        heat = _warmth((SETUP_HEAT, SETUP_HEAT), share, float(self.work.mean()))
        both, removed = (self.order, self.best, self.work, self.setup), min(REMOVED, self.best.size - 1)
        left = np.array([SETUP_WORK], np.int64)
        flowshop_setup.iterate(*both, self.state, left, heat, removed, self.partial)

    def adopt(self, plan: ShopPlan) -> None:
        """Go on from a plan that another search found."""
        at, end = np.zeros(self.work.shape, np.int64), np.zeros(self.work.shape, np.int64)
        at[plan.job, plan.stage], end[plan.job, plan.stage] = plan.start, plan.end
        self.order = np.lexsort((*end.T[::-1], *at.T[::-1]))
        self.best = self.order.copy()

    def plan(self) -> ShopPlan:
        """Return the best plan met."""
        jobs, machines = self.work.shape
        head = np.zeros((jobs + 1, machines), np.int64)
        flowshop_setup.heads(self.best, jobs, self.work, self.setup, head)
        end = np.zeros((jobs, machines), np.int64)
        end[self.best] = head[1:]
        job, stage = np.repeat(np.arange(jobs), machines), np.tile(np.arange(machines), jobs)
        return ShopPlan(job, stage, np.zeros_like(job), (end - self.work).ravel(), end.ravel())
