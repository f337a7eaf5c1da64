"""Generated plants of 400 to 50,000 operations: the first plan, the search, the dispatch rule and two peers beside it.

Peers: the best of the rule's horizons (make.listing), and up to 1,000 operations OR-Tools CP-SAT with setups as
circuits, hinted with the rule's plan, and PyJobShop, each with two workers for as long as Parkwright runs. Every plan
passes the independent check; afterwards CP-SAT looks at 20 parts of it (make.certify), outside our seconds. CPU
seconds stand beside each figure: under load they say who had how much of the machine.
With --cpu our clock counts CPU time over two cores, for a machine that others use too; the peers count wall time.
PyJobShop comes with: uv pip install --group bench-plant
Run: python bench/plant.py [--cases 400,1000,6000] [--loads 1.0] [--seeds 3] [--seconds 30] [--cpu] [--no-peer]
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable

from parkwright.make.certify import certified
from parkwright.make.floor import floor_of
from parkwright.make.listing import list_first
from parkwright.make.schedule import solve
from parkwright.make.validate import check
from plant_cases import LOADS, plant
from plant_peer import cp_sat_cny, has_pyjobshop, pyjobshop_cny

LINES = {400: 11, 1000: 11, 6000: 43, 20000: 43, 50000: 43}
"""Operations and lines of a plant."""
SECONDS = {400: 60.0, 1000: 60.0, 6000: 30.0, 20000: 60.0, 50000: 60.0}
"""Wall seconds of a search."""
PARTS = 20
"""Parts of a plan that CP-SAT looks at."""
PEER_OPS = 1000
"""Operations up to which CP-SAT's model of setups can be built at all."""


def timed(peer: Callable[[], float | None]) -> tuple[float | None, str]:
    """Return what a peer reaches, and it as text with the CPU seconds that it had, its model's building with them."""
    began = time.process_time()
    found = peer()
    return found, f"{'none' if found is None else f'{found:,.0f}'} ({time.process_time() - began:.0f} s)"


def run(ops: int, load: float, seed: int, seconds: float, clock: Callable[[], float], peer: bool) -> str:
    """Return the row of a case."""
    problem = plant(ops, LINES[ops], load, seed)
    began = clock()
    list_first(floor_of(problem))
    first_s = clock() - began
    rule = solve(problem, rounds=0)
    began, busy = clock(), time.process_time()
    plan = solve(problem, seconds=seconds, clock=clock, seed=seed)
    spent, busy = clock() - began, time.process_time() - busy
    proof = certified(problem, plan, parts=PARTS).bounds
    wrong = check(problem, plan)
    ours, ruled = plan.cost.total_cny, rule.cost.total_cny
    peers = [(None, "-"), (None, "-")]
    if peer and ops <= PEER_OPS:
        peers[0] = timed(lambda: cp_sat_cny(problem, rule, seconds))
        peers[1] = timed(lambda: pyjobshop_cny(problem, seconds)) if has_pyjobshop() else (None, "absent")
    known = min([ruled, *(found for found, _ in peers if found is not None)])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    cells = [
        f"{ops} / {LINES[ops]}", f"{load}", f"{seed}", f"{first_s:.2f} s", f"{ruled:,.0f}",
        f"{ours:,.0f} ({busy:.0f} s)", f"{ours / ruled:.3f}" if ruled else "-", *(text for _, text in peers),
        f"{ours / known:.3f}" if known else "-", f"{proof.windows_proven} of {proof.windows}", f"{spent:.0f} s",
        f"{memory} MB", "valid" if not wrong else wrong[0],
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Print a row a case."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cases", default="400,1000,6000,20000,50000", help="operations, by comma")
    asked.add_argument("--loads", default=",".join(str(load) for load in LOADS), help="loads, by comma")
    asked.add_argument("--seeds", type=int, default=3, help="how many seeds")
    asked.add_argument("--seconds", type=float, default=0.0, help="seconds of a search; 0: as the bars say")
    asked.add_argument("--cpu", action="store_true", help="count CPU time over two cores, not wall time")
    asked.add_argument("--no-peer", action="store_true", help="leave CP-SAT and PyJobShop out")
    answers = asked.parse_args()
    clock: Callable[[], float] = (lambda: time.process_time() / 2) if answers.cpu else time.perf_counter
    solve(plant(800, 11, 1.0, 99), rounds=5)
    if not answers.no_peer and not has_pyjobshop():
        print("PyJobShop is not installed and is left out: uv pip install --group bench-plant\n")
    print("| ops / lines | load | seed | first plan | rule CNY | ours CNY (CPU) | / rule | CP-SAT (CPU)", end="")
    print(" | PyJobShop (CPU) | / best | parts proven | time | RSS | check |")
    print(f"|{14 * '---|'}")
    for ops in (int(one) for one in answers.cases.split(",")):
        for load in (float(one) for one in answers.loads.split(",")):
            for seed in range(answers.seeds):
                row = run(ops, load, seed, answers.seconds or SECONDS[ops], clock, not answers.no_peer)
                print(row, flush=True)
    print(f"\nload of the machine in the last 15 minutes: {os.getloadavg()[2]:.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
