"""What a tariff and a power cap are worth: plans for tardiness and energy together beside plans for tardiness alone.

Energy: the same orders and the same time, once for tardiness alone, once for tardiness and energy in one sum; on a
slack plant (load 0.6) and a saturated one (load 1.0). Cap: a slack, a busy (0.85) and a saturated plant again with a
cap 10 % under the peak of the free plan, and what the free plan says of it: energy above the cap, and the mean power of
its busiest day over the cap. No free peer plans with a tariff or a cap. Every plan passes the independent check, which
knows the cap.
With --cpu the clock counts CPU time over two cores, for a machine that others use too.
Run: python bench/plant_energy.py [--ops 2000] [--seconds 60] [--seeds 3] [--late 1.0] [--cpu]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from parkwright.make.account import site_kw
from parkwright.make.floor import NEVER, Power, Problem
from parkwright.make.hours import HOUR_MS
from parkwright.make.schedule import Schedule, retimed, solve
from parkwright.make.validate import check
from plant_cases import plant

PLANTS = {"slack": (0.6, 43), "busy": (0.85, 22), "saturated": (1.0, 22)}
"""Load and lines of a plant."""
STEP_MS = HOUR_MS // 4
"""Interval of the power cap."""
DAY_MS = 24 * HOUR_MS


def priced(ops: int, name: str, seed: int, late: float) -> tuple[Problem, Problem]:
    """Return a plant that pays for energy, and the same one that does not; late: factor of the lateness prices."""
    load, lines = PLANTS[name]
    pair = []
    for energy in (1.0, 0.0):
        problem = plant(ops, lines, load, seed, energy)
        dear = replace(problem.operations, late_cny_per_h=late * problem.operations.late_cny_per_h)
        pair.append(replace(problem, operations=dear))
    return pair[0], pair[1]


def with_power(problem: Problem, cap_kw: float) -> Problem:
    """Return a plant whose site's power is watched, with one cap at all times."""
    count = -(-int(problem.windows[0].closed[-1]) // STEP_MS)
    return replace(problem, power=Power(0, STEP_MS, np.zeros(count), np.full(count, cap_kw)))


def per_cent(new: float, old: float) -> str:
    """Return a change as text."""
    return f"{100 * (new / old - 1):+.1f} %" if old else f"{old:,.0f} -> {new:,.0f}"


def energy_row(ops: int, name: str, seed: int, late: float, search: Callable[[Problem], Schedule]) -> str:
    """Return the row of a plant: what energy and tardiness become when energy has its price."""
    paid, free = priced(ops, name, seed, late)
    alone, both = retimed(paid, search(free)), search(paid)
    wrong = check(paid, both)
    cells = [
        f"{ops} {name}", f"{seed}", f"{alone.cost.energy_cny:,.0f}", f"{both.cost.energy_cny:,.0f}",
        per_cent(both.cost.energy_cny, alone.cost.energy_cny), f"{alone.cost.tardiness_cny:,.0f}",
        f"{both.cost.tardiness_cny:,.0f}", per_cent(both.cost.tardiness_cny, alone.cost.tardiness_cny),
        "valid" if not wrong else wrong[0],
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def cap_row(ops: int, name: str, seed: int, late: float, search: Callable[[Problem], Schedule]) -> str:
    """Return the row of a cap 10 % under the free peak."""
    paid, _ = priced(ops, name, seed, late)
    watched = with_power(paid, np.inf)
    free = search(watched)
    drawn_kw = np.array([kw for kw, _ in site_kw(watched, free.begun(NEVER)).values()])
    cap_kw = 0.9 * float(drawn_kw.max())
    day = DAY_MS // STEP_MS
    busiest_kw = float(np.convolve(drawn_kw, np.full(day, 1.0 / day), "valid").max())
    above_kwh = float(np.maximum(0.0, drawn_kw - cap_kw).sum()) * STEP_MS / HOUR_MS
    capped = with_power(paid, cap_kw)
    plan = search(capped)
    above = sum(kw > cap + 1e-6 for kw, cap in site_kw(capped, plan.begun(NEVER)).values())
    wrong = check(capped, plan)
    cells = [
        f"{ops} {name}", f"{seed}", f"{cap_kw:.0f} kW", f"{above_kwh:.0f} kWh", f"{busiest_kw / cap_kw:.2f}",
        f"{above}", f"{free.cost.tardiness_cny:,.0f}", f"{plan.cost.tardiness_cny:,.0f}",
        per_cent(plan.cost.tardiness_cny, free.cost.tardiness_cny),
        per_cent(plan.cost.total_cny, free.cost.total_cny), f"{len(plan.unplaced)}",
        "valid" if not wrong else wrong[0],
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Print a table of energy and one of the cap."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--ops", type=int, default=2000, help="operations")
    asked.add_argument("--seconds", type=float, default=60.0, help="seconds of each search")
    asked.add_argument("--seeds", type=int, default=3, help="how many seeds")
    asked.add_argument("--late", type=float, default=1.0, help="factor of the lateness prices of 6-60 CNY/h")
    asked.add_argument("--parts", default="slack,saturated,cap", help="what to run, by comma")
    asked.add_argument("--caps", default="slack,busy,saturated", help="plants that get a cap, by comma")
    asked.add_argument("--cpu", action="store_true", help="count CPU time over two cores, not wall time")
    answers = asked.parse_args()
    clock: Callable[[], float] = (lambda: time.process_time() / 2) if answers.cpu else time.perf_counter
    solve(plant(800, 11, 1.0, 99), rounds=5)

    def search(problem: Problem) -> Schedule:
        return solve(problem, seconds=answers.seconds, clock=clock)

    parts = answers.parts.split(",")
    if set(parts) & set(PLANTS):
        print(
            "| plant | seed | energy CNY alone | together | change | tardiness CNY alone | together | change | check |"
        )
        print(f"|{9 * '---|'}")
    for name in (part for part in parts if part in PLANTS):
        for seed in range(answers.seeds):
            print(energy_row(answers.ops, name, seed, answers.late, search), flush=True)
    if "cap" in parts:
        print("\n| plant | seed | cap | free plan above it | its busiest day by the cap | intervals above", end="")
        print(f" | tardiness CNY free | capped | change | total cost | left out | check |\n|{12 * '---|'}")
        for name in answers.caps.split(","):
            for seed in range(answers.seeds):
                print(cap_row(answers.ops, name, seed, answers.late, search), flush=True)
    print(f"\n{answers.seconds:g} s a search, {'CPU over two cores' if answers.cpu else 'wall'}; ", end="")
    print(f"load of the machine in the last 15 minutes: {os.getloadavg()[2]:.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
