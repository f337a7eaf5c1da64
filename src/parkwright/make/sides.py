"""Search a plan on two cores: two annealings side by side in rounds, the one behind goes on from the other's best.

Nothing depends on which of the two is quicker, so the same seed and rounds give the same plan.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from parkwright.make.budget import Budget
from parkwright.make.floor import ROW, Floor
from parkwright.make.improve import Search
from parkwright.make.listing import put_back, snapshot

SIDES = 2
MOVES_A_ROUND = 20_000
"""Edits of each side in a round: some hundredths of a second."""
EXCHANGES = (0.35, 0.6, 0.8, 0.92)
"""Shares of the budget at which the search that is behind takes the other's plan."""
WAITS = 0.1
"""Share of edits that hold an operation back until a price step, where energy costs anything."""


def search(
    floor: Floor,
    budget: Budget,
    begun: float,
    seed: int,
    stop: Callable[[], bool],
    progress: Callable[[float, float], None],
) -> int:
    """Make the plan of a floor cheaper until the budget is spent; return the rounds."""
    share, done = budget.spent(0, begun), 0
    if share >= 1.0 or not (floor.op[:, ROW] >= 0).any():
        return 0
    waits = WAITS if bool(np.ptp(floor.sums[..., 0]) > 0) else 0.0
    sides = [Search(floor.copy() if side else floor, SIDES * seed + side, waits) for side in range(SIDES)]
    with ThreadPoolExecutor(SIDES) as pool:
        while share < 1.0 and not stop():
            ahead = budget.spent(done + 1, begun) if budget.seconds is None else share
            list(pool.map(lambda one, s=share, e=ahead: one.advance(MOVES_A_ROUND, (s, e)), sides))
            done += 1
            before, share = share, budget.spent(done, begun)
            best = [one.progress.best_cny for one in sides]
            if any(before < at <= share for at in EXCHANGES) and best[0] != best[1]:
                sides[int(np.argmax(best))].adopt(sides[int(np.argmin(best))])
            progress(min(share, 1.0), min(best))
    for one in sides:
        one.finish()
    if sides[1].progress.best_cny < sides[0].progress.best_cny:
        put_back(floor, snapshot(sides[1].floor))
    return done
