"""Shop scheduling: mean gaps to the best known makespans on public files, OR-Tools CP-SAT beside it.

Peer: OR-Tools CP-SAT with two workers on the same machine, for as long as Parkwright runs, and the published 900 s
results of OR-Tools and IBM CP Optimizer (PyJobShop/Experiments, MIT). The sets are not part of the project.
With --cpu our seconds are CPU seconds over two cores, for a machine that others use too; CP-SAT, which counts wall
time, is then left out.
Run: python bench/scheduling.py [--data FOLDER] [--sets HFSP@10,FJSP@60] [--seeds 3] [--every N] [--cpu] [--no-peer]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from parkwright.model.errors import ParkwrightError
from parkwright.wire.scheduling import measure, table

DATA = Path(__file__).parents[2] / "shared" / "data" / "scheduling"
RUNS = "HFSP@10,HFSP@30,SDST-PFSP@10,SDST-PFSP@30,FJSP@60"
"""Set and seconds a file."""


def told(line: str) -> None:
    """Say how a file went, at once."""
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Print a table for each set and time limit; 2 when the sets are not there."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--data", type=Path, default=DATA, help="folder with HFSP, SDST-PFSP, FJSP and instances.csv")
    asked.add_argument("--sets", default=RUNS, help="set@seconds a file, by comma")
    asked.add_argument("--seeds", type=int, default=3, help="how many seeds")
    asked.add_argument("--every", type=int, default=1, help="take every N-th file only")
    asked.add_argument("--cpu", action="store_true", help="count CPU time over two cores, not wall time")
    asked.add_argument("--no-peer", action="store_true", help="leave CP-SAT out")
    answers = asked.parse_args()
    clock: Callable[[], float] = (lambda: time.process_time() / 2) if answers.cpu else time.perf_counter
    for kind, limit in (run.split("@") for run in answers.sets.split(",")):
        seconds = float(limit)
        peer = 0.0 if answers.no_peer or answers.cpu else seconds
        try:
            gaps = measure(answers.data, kind, seconds, range(answers.seeds), answers.every, peer, told, clock)
        except ParkwrightError as error:
            print(f"not run: {error}", file=sys.stderr)
            return 2
        print(table(kind, seconds, gaps, peer))
        print(f"load of the machine in the last 15 minutes: {os.getloadavg()[2]:.1f}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
