"""A day of 8,000 orders on 43 lines, 80 % of them below 5 units: the full plan, and a new one after a breakdown.

Public figures of the sister plant that the case is shaped like: 6 h by hand, then 30 min, later 2 min (Liang et al.,
INFORMS J. Applied Analytics 52(1), 2022). No free peer takes the case (bench/plant.py shows where they stop). At 10:00
the busiest line breaks down for the rest of the day: what has begun elsewhere stays, the rest is planned again.
Run: python bench/plant_day.py [--orders 8000] [--lines 43] [--plan 60] [--again 8] [--seeds 3] [--cpu]
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from parkwright.make.floor import LineSet, Problem
from parkwright.make.hours import HOUR_MS
from parkwright.make.schedule import Schedule, solve
from parkwright.make.validate import check
from plant_cases import busy_day, plant

BREAKDOWN_MS = 10 * HOUR_MS


def broken(problem: Problem, plan: Schedule, now: int) -> Problem:
    """Return the rest of a day when the line with most left to do breaks down; what runs on it is started anew."""
    ops, lines = problem.operations, problem.lines
    later = plan.begin >= now
    line = int(np.argmax(np.bincount(plan.line[later], minlength=lines.free.size)))
    kept = tuple(one for one in plan.begun(now) if one.line != line or one.leave <= now)
    free, family = np.maximum(lines.free, now), lines.family.copy()
    for one in sorted(kept, key=lambda one: one.leave):
        free[one.line], family[one.line] = max(now, one.leave), ops.family[one.op]
    free[line] = -1
    ready = np.maximum(ops.ready, now)
    return replace(
        problem,
        operations=replace(ops, ready=ready),
        lines=LineSet(free, family, lines.table, lines.setup_kw, lines.setup),
        kept=kept,
    )


def run(problem: Problem, seed: int, limits: tuple[float, float], clock: Callable[[], float]) -> str:
    """Return the row of a day; limits: seconds of the search for the plan, and for the new plan."""
    rule = solve(problem, rounds=0)
    began = clock()
    plan = solve(problem, seconds=limits[0], clock=clock, seed=seed)
    first_s = clock() - began
    rest = broken(problem, plan, BREAKDOWN_MS)
    began = clock()
    again = solve(rest, seconds=limits[1], clock=clock, seed=seed, start=plan)
    again_s = clock() - began
    wrong = check(problem, plan) + check(rest, again)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    ratio = plan.cost.total_cny / rule.cost.total_cny
    cells = [
        f"{problem.operations.due.size} / {problem.lines.free.size}", f"{seed}", f"{first_s:.1f} s",
        f"{rule.cost.total_cny:,.0f}", f"{plan.cost.total_cny:,.0f}", f"{ratio:.3f}",
        f"{int((plan.end > problem.operations.due).sum())}", f"{again_s:.1f} s", f"{again.cost.total_cny:,.0f}",
        f"{int((again.end > problem.operations.due).sum())}", f"{len(plan.unplaced)} / {len(again.unplaced)}",
        f"{memory} MB", "valid" if not wrong else wrong[0],
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Print a row a seed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--orders", type=int, default=8000, help="orders of the day")
    asked.add_argument("--lines", type=int, default=43, help="lines")
    asked.add_argument("--plan", type=float, default=60.0, help="seconds of the search for the plan")
    asked.add_argument("--again", type=float, default=8.0, help="seconds of the search after the breakdown")
    asked.add_argument("--seeds", type=int, default=3, help="how many seeds")
    asked.add_argument("--cpu", action="store_true", help="count CPU time over two cores, not wall time")
    answers = asked.parse_args()
    clock: Callable[[], float] = (lambda: time.process_time() / 2) if answers.cpu else time.perf_counter
    solve(plant(800, 11, 1.0, 99, 1.0), rounds=5)
    print("| orders / lines | seed | plan | rule CNY | plan CNY | / rule | late | new plan | CNY | late", end="")
    print(f" | left out | RSS | check |\n|{13 * '---|'}")
    for seed in range(answers.seeds):
        problem = busy_day(answers.orders, answers.lines, seed)
        print(run(problem, seed, (answers.plan, answers.again), clock), flush=True)
    print(f"\n{'CPU over two cores' if answers.cpu else 'wall'} seconds; ", end="")
    print(f"load of the machine in the last 15 minutes: {os.getloadavg()[2]:.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
