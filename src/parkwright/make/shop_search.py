"""Search a plan of a shop on two cores: anytime, stoppable, warm-started, the same again by seed and rounds.

Two searches run side by side for a round of fixed steps, then report; at given shares of the budget the one that is
behind goes on from the other's best plan. Nothing depends on which of the two is quicker.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

import numpy as np

from parkwright.make.budget import CLOCK, Budget, Clock
from parkwright.make.flowshop_lane import HybridLane, SetupLane
from parkwright.make.jobshop_lane import JobLane
from parkwright.make.shop import HybridFlowShop, JobShop, SetupFlowShop, Shop, ShopPlan
from parkwright.make.shop_bound import lower_bound
from parkwright.make.shop_exact import refine

LANES = 2
EXCHANGES = (0.35, 0.6, 0.8, 0.92)
"""Shares of the budget at which the search that is behind takes the other's plan."""
SMALL, MIDDLE = 100, 500
"""Operations up to which CP-SAT proves most job shops optimal, and up to which it still gains on a good plan."""
SEARCH_SHARES = (0.1, 0.6, 1.0)
"""Share of the budget for the two searches of a small, middle and large job shop; CP-SAT has the rest."""
EFFORT_A_ROUND = 0.05
"""CP-SAT's deterministic time that one round is worth; a round takes some hundredths of a second."""


class Lane(Protocol):
    """A search that goes on in rounds."""

    def advance(self, share: float) -> None:
        """Search for one round; share: how much of the budget is spent."""

    def adopt(self, plan: ShopPlan) -> None:
        """Go on from a plan that another search found."""

    def plan(self) -> ShopPlan:
        """Return the best plan met."""


def solve(
    shop: Shop,
    *,
    seed: int = 0,
    seconds: float | None = None,
    clock: Clock = CLOCK,
    rounds: int | None = None,
    start: ShopPlan | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[float, int], None] = lambda share, makespan: None,
) -> ShopPlan:
    """Return the best plan of a shop that the budget finds, with a lower bound of its makespan.

    seed: >= 0. seconds and clock: time limit [s] and what tells the time; or rounds, with which the answer repeats.
    start: a plan to improve; the answer is never worse. stop: asked after each round, ends the search.
    progress: told (share of the budget, least makespan) after each round.

    Raises ValueError when the budget has no end.
    """
    budget = Budget(rounds, seconds, clock)
    begun = clock()
    if isinstance(shop, HybridFlowShop):
        shop = replace(shop, machines=np.minimum(shop.machines, len(shop.durations)))
    lanes = _lanes(shop, seed, start)
    bound = lower_bound(shop)
    best = min((lane.plan() for lane in lanes), key=lambda plan: plan.makespan)
    limit = _search_share(shop)
    done, share = 0, budget.spent(0, begun)
    with ThreadPoolExecutor(LANES) as pool:
        while share < limit and best.makespan > bound and not stop():
            inner = share / limit
            list(pool.map(lambda lane, part=inner: lane.advance(part), lanes))
            done += 1
            share = budget.spent(done, begun)
            best = _merge(lanes, best, inner, share / limit)
            progress(min(share, 1.0), best.makespan)
    best = replace(best, lower_bound=bound, rounds=done)
    if limit < 1.0 and best.makespan > bound and share < 1.0 and not stop():
        best = _prove(shop, best, seed, budget, begun, stop)
        progress(1.0, best.makespan)
    return best


def warm() -> None:
    """Compile the kernels, or read their machine code from the cache, on shops of three jobs."""
    work = np.array([[3, 1], [1, 3], [2, 2]])
    shops: tuple[Shop, ...] = (
        HybridFlowShop(work, np.array([1, 2])),
        SetupFlowShop(work, np.ones((2, 3, 3), np.int64)),
        JobShop(work, np.array([0, 1, 2, 3])),
    )
    for shop in shops:
        for lane in _lanes(shop, 0, None):
            lane.advance(0.0)
            lane.advance(1.0)
            lane.plan()


def _lanes(shop: Shop, seed: int, start: ShopPlan | None) -> list[Lane]:
    if isinstance(shop, HybridFlowShop):
        return [HybridLane(shop, seed, lane, start) for lane in range(LANES)]
    if isinstance(shop, SetupFlowShop):
        return [SetupLane(shop, seed, lane, start) for lane in range(LANES)]
    return [JobLane(shop, seed, lane, start) for lane in range(LANES)]


def _search_share(shop: Shop) -> float:
    """Return the share of the budget that the two searches have."""
    if not isinstance(shop, JobShop):
        return 1.0
    operations = shop.durations.shape[0]
    return SEARCH_SHARES[(operations > SMALL) + (operations > MIDDLE)]


def _merge(lanes: list[Lane], best: ShopPlan, before: float, after: float) -> ShopPlan:
    """Return the best plan so far; when a share of exchange was passed, the lane behind takes it over."""
    plans = [lane.plan() for lane in lanes]
    spans = [plan.makespan for plan in plans]
    leader = spans.index(min(spans))
    if any(before < at <= after for at in EXCHANGES):
        for lane, span in zip(lanes, spans, strict=True):
            if span > spans[leader]:
                lane.adopt(plans[leader])
    return plans[leader] if spans[leader] < best.makespan else best


def _prove(shop: Shop, best: ShopPlan, seed: int, budget: Budget, begun: float, stop: Callable[[], bool]) -> ShopPlan:
    """Return CP-SAT's plan from the rest of the budget, if better, with the better of the two bounds."""
    if budget.seconds is not None and budget.clock is not None:
        left = budget.seconds - (budget.clock() - begun)
        found = refine(shop, best, seed=seed, seconds=left, stop=stop)
    else:
        rest = (budget.rounds or 0) - best.rounds
        found = refine(shop, best, seed=seed, effort=rest * EFFORT_A_ROUND, stop=stop)
    if found is None:
        return best
    better = found if found.makespan < best.makespan else best
    return replace(better, lower_bound=max(best.lower_bound, found.lower_bound), rounds=best.rounds)
