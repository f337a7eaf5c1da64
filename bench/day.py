"""One full day of the Tianjin park, headless: wall time and peak memory against the budget of 60 s and 2 GB on 2 cores.

No free system runs the same day from orders to passports, so there is no peer to set beside it; what is printed
is each run's wall time and peak memory, their median, and the share of the budget. Repeat with:

    .venv/bin/python bench/day.py --runs 3
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

BUDGET_S = 60.0
BUDGET_MB = 2048.0


def one(park: str, date: str, seed: int) -> dict[str, Any]:
    """Run the day in a process of its own with a fresh ledger and return the figures it prints."""
    with tempfile.TemporaryDirectory() as var:
        command = [sys.executable, "-m", "parkwright.cli", "day", park, "--date", date, "--seed", str(seed)]
        done = subprocess.run([*command, "--var", var, "--json"], check=True, capture_output=True, text=True)
        size = sum(f.stat().st_size for f in Path(var).rglob("*") if f.is_file())
    return json.loads(done.stdout) | {"ledger_mb": size / 1e6}


def main() -> None:
    """Print a row a run and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--park", default="parks/tianjin")
    parser.add_argument("--date", default="2026-07-15")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    rows = [one(given.park, given.date, seed) for seed in range(1, given.runs + 1)]
    print("seed  wall s  peak MB  ledger MB  units good  journals  unbalanced  residual kWh")
    for seed, row in enumerate(rows, 1):
        journals, residual = row["journals"], row["meters"]["attributed_kwh_residual_max"]
        print(
            f"{seed:4d}  {row['wall_s']:6.1f}  {row['peak_rss_mb']:7.0f}  {row['ledger_mb']:9.1f}"
            f"  {row['units_good']:10d}  {journals['count']:8d}  {journals['unbalanced']:10d}  {residual:12}"
        )
    wall = statistics.median(row["wall_s"] for row in rows)
    memory = statistics.median(row["peak_rss_mb"] for row in rows)
    print(f"median {wall:.1f} s = {wall / BUDGET_S:.0%} of the budget of time")
    print(f"median {memory:.0f} MB = {memory / BUDGET_MB:.0%} of the budget of memory")


if __name__ == "__main__":
    main()
