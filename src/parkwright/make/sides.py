"""Search a plan on two cores, in rounds: two searches of the whole plan side by side, then windows of a large one.

A new plan comes from the rule, searched level by level and then by operation; then it is edited as a whole, one of more
than 2,500 operations for a part of the budget only. Where a power cap leaves it too little energy, it is first searched
with the cap eased.

Nothing depends on which of the two is quicker, so the same seed and rounds give the same plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from parkwright.make.budget import Budget
from parkwright.make.draws import draw, stream
from parkwright.make.floor import LATE, ROOM, ROW, START, Floor
from parkwright.make.improve import LEAST_CNY, Search
from parkwright.make.listing import put_back, snapshot
from parkwright.make.outlook import DELAY_MS
from parkwright.make.ranking import Ranking
from parkwright.make.settle import resettle
from parkwright.make.staged import Staging
from parkwright.make.tails import tails
from parkwright.make.timing import keep_cap
from parkwright.make.window import Window, cut_out, put_in

SIDES = 2
MOVES_A_ROUND = 20_000
"""Edits of each side in a round: some tenths of a second at most."""
PLANS_A_ROUND = 1_000
"""Plans of the rule of each side in a round."""
EDITS_OPS, PLANS_OPS = 20_000, 2_500
"""Operations of the plan up to which a round has so many edits, and plans of the rule; of a larger one it has fewer, as
an edit takes longer with the operations, a plan of the rule with their square."""
RANKED, RANKED_OPS, RANKED_MOST = 0.05, 1_000, 0.35
"""Share of the budget in which the rule of a plan of so many operations is searched, and the most for any; found on
generated plants of 1,000 operations: more brings little and takes time from the edits. It grows with the square root of
the operations: the larger the plan, the more a plan of the rule takes, and the less an edit brings."""
STAGED = 0.5
"""Share of that in which its ways are searched, level by level; the rest is for its indices."""
EXCHANGES = (0.35, 0.6, 0.8, 0.92)
"""Shares of the budget at which the search that is behind takes the other's plan."""
WAITS = 0.1
"""Share of edits that hold an operation back until a price step, where energy costs anything, or for others to share
its run."""
WHOLE_OPS = 2_500
"""Operations up to which a plan is searched as a whole until the end. The 2,000 jobs of the demonstration park come out
cheaper so than by windows, in half the time."""
WHOLE = 0.5
"""Share of the budget in which a larger plan is searched as a whole, before its windows; found on generated plants.
20,000 operations at a load of 1.0 cost 1.14, 1.04, 1.00 and 1.00 after 0, 0.3, 0.6 and all of the time, with a price of
energy 1.03 and 1.00 after 0.3 and 0.6; 6,000 with a price, at a load of 0.6, 0.99, 1.00, 1.02 and 1.04.
"""
WHOLE_MOST = 30_000
"""Operations up to which that pays: of 50,000, an edit that passes takes a hundred times as long as in a window, and
windows alone reach in 30 s what half of each reaches in 60.
"""
SLICES = 8
"""Times that the best plan of a window is looked at."""
HARM = 2.0
"""A window may delay what comes after it at this many times the mean price of being late: it seldom pays, because one
delay reaches many; found on a generated plant of 6,000 operations, where the price of the closest waits alone made
windows that cost the whole plan more than they gained."""

Told = Callable[[float, float], None]


@dataclass(frozen=True, slots=True)
class Cuts:
    """How windows are cut: so many of a round at most, the fewest and most operations of one, edits for each of them.

    What hangs on each operation is asked once a round, of the whole plan; the size is drawn, the same for a round.
    """

    windows: int
    ops: tuple[int, int]
    moves_an_op: int


LARGE = Cuts(4, (400, 1_500), 20)
"""Of a large plan; found on a generated plant of 20,000 operations: with 50 edits fewer windows are reached, with 10
too little is made of each."""
FINE = Cuts(SIDES, (50, 200), 400)
"""Of a plan that has been searched with its power cap eased; larger windows make less of it."""
EASED = 0.5
"""Share of the budget in which a new plan is searched with its power cap eased; found on saturated plants of 2,000
operations, where 0.35 and 0.7 come out later."""


def search(
    floor: Floor,
    budget: Budget,
    begun: float,
    seed: int,
    stop: Callable[[], bool],
    progress: Told,
    fresh: bool = False,
    eased: Floor | None = None,
) -> int:
    """Make the plan of a floor cheaper until the budget is spent; return the rounds.

    fresh: whether the plan is the rule's own: where being late costs anything, the rule then plans all anew first.
    eased: the same floor and plan with its power cap eased, None for none; searched first, and then held back within
    the cap and searched in windows.
    """
    share = budget.spent(0, begun)
    if share >= 1.0 or not (floor.op[:, ROW] >= 0).any():
        return 0
    priced = bool(np.ptp(floor.sums[..., 0]) > 0 and floor.draw[0].any())
    waits = WAITS if priced or floor.row[:, ROOM].any() else 0.0
    ops = int((floor.op[:, ROW] >= 0).sum())
    with ThreadPoolExecutor(SIDES) as pool:
        run = _Run(budget, begun, seed, stop, progress, waits, pool)
        late = fresh and bool((floor.worth[:, LATE] > 0).any())
        if ops > WHOLE_OPS:
            whole = ops <= WHOLE_MOST
            done = _whole(floor, run.first(WHOLE), late) if whole else _by_rank(floor, run) if late else 0
            keep_cap(floor)
            return _by_windows(floor, run, LARGE, done)
        if eased is None:
            return _whole(floor, run, late)
        done = _eased(floor, eased, run, late)
        return _by_windows(floor, run, FINE, done)


@dataclass(frozen=True, slots=True)
class _Run:
    """What the ways to search are given; until: share of the budget that is all of it to them."""

    budget: Budget
    begun: float
    seed: int
    stop: Callable[[], bool]
    progress: Told
    waits: float
    pool: ThreadPoolExecutor
    until: float = 1.0

    def spent(self, done: int) -> float:
        return self.budget.spent(done, self.begun) / self.until

    def first(self, until: float) -> _Run:
        """Return the same with the first part of the budget alone; what it tells is a share of the whole budget."""
        return replace(self, until=until, progress=lambda share, cost: self.progress(until * share, cost))


def _whole(floor: Floor, run: _Run, late: bool) -> int:
    """Search a plan as a whole; late: whether the rule is searched first."""
    return _side_by_side(floor, run, _by_rank(floor, run) if late else 0)


def _eased(floor: Floor, eased: Floor, run: _Run, late: bool) -> int:
    """Search the same plan with its power cap eased over the first part of the budget; return the rounds.

    The floor gets what comes of it, held back within the cap, unless that is dearer than the plan it has. Until then
    that plan's cost is told, because a cost under an eased cap is that of no plan that could be handed out.
    """
    known, cost = snapshot(floor), floor.cost_cny()
    told = replace(run, progress=lambda share, _: run.progress(share, cost))
    done = _whole(eased, told.first(EASED), late)
    put_back(floor, snapshot(eased))
    keep_cap(floor)
    if floor.cost_cny() > cost:
        put_back(floor, known)
    return done


def _by_rank(floor: Floor, run: _Run) -> int:
    """Search the rule twice over the first part of the budget; leave the best plan; return the rounds.

    First its ways, then, from the best of them, its indices operation by operation.
    """
    known, cost, ranked = snapshot(floor), floor.cost_cny(), ranked_share(len(floor.op))
    floors = [floor.copy() for _ in range(SIDES)]
    stagings = [Staging(one, SIDES * run.seed + side) for side, one in enumerate(floors)]
    done = _listing(floor, run.first(STAGED * ranked), stagings, 0, cost)
    staged = min(stagings, key=lambda one: one.best_cny)
    rankings = [Ranking(one, SIDES * run.seed + side, staged.rule) for side, one in enumerate(floors)]
    done = _listing(floor, run.first(ranked), rankings, done, min(cost, staged.best_cny))
    best = min(rankings, key=lambda one: one.best_cny)
    if put_back(floor, best.finish()) > cost:
        put_back(floor, known)
    return done


def ranked_share(ops: int) -> float:
    """Return the share of the budget in which the rule of a plan of so many operations is searched."""
    return min(RANKED_MOST, RANKED * float(np.sqrt(max(1.0, ops / RANKED_OPS))))


def _listing(floor: Floor, run: _Run, sides: Sequence[Staging | Ranking], done: int, cost: float) -> int:
    """Search the rule on two sides until the budget is spent; return the rounds, `done` of them before.

    After each the ways of the better side are taken by the other. cost: of the best plan known, to be told.
    """
    plans, since = max(1, int(PLANS_A_ROUND * min(1.0, PLANS_OPS / len(floor.op)) ** 2)), run.spent(done)
    share = since
    while share < 1.0 and not run.stop():
        ahead = run.spent(done + 1) if run.budget.seconds is None else share
        if ahead > 1.0:
            break
        part = (share - since) / (1.0 - since), (ahead - since) / (1.0 - since)
        list(run.pool.map(lambda one, p=part: one.advance(plans, p), sides))
        best = min(sides, key=lambda one: one.best_cny)
        for one in sides:
            if isinstance(one, Staging) and isinstance(best, Staging) and one is not best:
                one.adopt(best)
        done += 1
        share = run.spent(done)
        run.progress(min(share, 1.0), min(cost, best.best_cny))
    return done


def _side_by_side(floor: Floor, run: _Run, done: int) -> int:
    """Anneal the whole plan twice until the budget is spent; return the rounds, `done` of them before.

    At some shares of that the one that is behind takes the other's plan.
    """
    sides = [Search(floor.copy() if side else floor, SIDES * run.seed + side, run.waits) for side in range(SIDES)]
    share, moves = run.spent(done), max(1, int(MOVES_A_ROUND * min(1.0, EDITS_OPS / len(floor.op))))
    while share < 1.0 and not run.stop():
        ahead = min(1.0, run.spent(done + 1)) if run.budget.seconds is None else share
        list(run.pool.map(lambda one, s=share, e=ahead: one.advance(moves, (s, e)), sides))
        done += 1
        before, share = share, run.spent(done)
        best = [one.progress.best_cny for one in sides]
        if any(before < at <= share for at in EXCHANGES) and best[0] != best[1]:
            sides[int(np.argmax(best))].adopt(sides[int(np.argmin(best))])
        run.progress(min(share, 1.0), min(best))
    for one in sides:
        one.finish()
    if sides[1].progress.best_cny < sides[0].progress.best_cny:
        put_back(floor, snapshot(sides[1].floor))
    return done


def _by_windows(floor: Floor, run: _Run, cuts: Cuts, done: int = 0) -> int:
    """Search windows of the plan, some at a time and apart; keep of each what makes the whole plan cheaper.

    Return the rounds, `done` of them before.
    """
    state = stream(run.seed, 0)
    cost, share = float(resettle(floor.ints, floor.reals)), run.spent(done)
    while share < 1.0 and not run.stop():
        windows = _windows(floor, state, run.waits, cuts)
        seeds = [(window, draw(state, 1 << 30)) for window in windows]
        list(run.pool.map(lambda pair: _search_window(pair[0], pair[1], run.waits, cuts.moves_an_op), seeds))
        for window in windows:
            cost += put_in(floor, window, LEAST_CNY)
        done += 1
        share = run.spent(done)
        run.progress(min(share, 1.0), cost)
        if not windows:
            break
    return done


def _windows(floor: Floor, state: np.ndarray, waits: float, cuts: Cuts) -> list[Window]:
    """Return some windows apart, each about an operation on which lateness hangs; any where energy is to be saved."""
    slack, rate = tails(floor.ints, floor.reals, DELAY_MS)
    start = floor.op[:, START]
    order = np.argsort(start, kind="stable")
    order = order[start[order] >= 0]
    hot = np.arange(order.size) if waits else np.flatnonzero(rate[order] > 0)
    late = floor.worth[:, LATE]
    harm = HARM * float(late[late > 0].mean()) if (late > 0).any() else 0.0
    found: list[Window] = []
    taken = np.zeros(order.size, dtype=np.bool_)
    size = cuts.ops[0] + draw(state, cuts.ops[1] - cuts.ops[0])
    for _ in range(4 * cuts.windows):
        if hot.size == 0 or len(found) == cuts.windows:
            break
        first = max(0, int(hot[draw(state, hot.size)]) - size // 2)
        last = min(order.size - 1, first + size)
        since, until = int(start[order[first]]), int(start[order[last]]) + (last == order.size - 1)
        inside = (start[order] >= since) & (start[order] < until)
        if inside.any() and not taken[inside].any():
            taken |= inside
            found.append(cut_out(floor, since, until, np.zeros_like(slack), np.maximum(rate, harm)))
    return found


def _search_window(window: Window, seed: int, waits: float, moves_an_op: int) -> None:
    """Anneal a window; its floor holds the best plan afterwards."""
    search = Search(window.floor, seed, waits, window.members)
    moves = moves_an_op * window.members.size // SLICES
    for part in range(SLICES):
        search.advance(moves, (part / SLICES, (part + 1) / SLICES))
    search.finish()
