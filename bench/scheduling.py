"""Shop scheduling: mean gaps to the best known makespans on public files, OR-Tools CP-SAT beside it.

Peer: OR-Tools CP-SAT with two workers on the same machine, for as long as Parkwright runs, and the published 900 s
results of OR-Tools and IBM CP Optimizer (PyJobShop/Experiments, MIT). The sets are not part of the project.
Run: python bench/scheduling.py [--data FOLDER] [--seeds 3] [--every N] [--no-peer]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from parkwright.model.errors import ParkwrightError
from parkwright.wire.scheduling import measure, table

DATA = Path(__file__).parents[2] / "shared" / "data" / "scheduling"
RUNS = (("HFSP", 10.0), ("HFSP", 30.0), ("SDST-PFSP", 10.0), ("SDST-PFSP", 30.0), ("FJSP", 60.0))
"""Set and wall seconds a file."""


def main() -> int:
    """Print a table for each set and time limit; 2 when the sets are not there."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--data", type=Path, default=DATA, help="folder with HFSP, SDST-PFSP, FJSP and instances.csv")
    asked.add_argument("--seeds", type=int, default=3, help="how many seeds")
    asked.add_argument("--every", type=int, default=1, help="take every N-th file only")
    asked.add_argument("--no-peer", action="store_true", help="leave CP-SAT out")
    answers = asked.parse_args()
    for kind, seconds in RUNS:
        peer = 0.0 if answers.no_peer else seconds
        try:
            gaps = measure(answers.data, kind, seconds, range(answers.seeds), answers.every, peer)
        except ParkwrightError as error:
            print(f"not run: {error}", file=sys.stderr)
            return 2
        print(table(kind, seconds, gaps, peer))
        print(f"load of the machine in the last 15 minutes: {os.getloadavg()[2]:.1f}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
