"""How soon Parkwright answers: `parkwright --help` (budget 0.5 s), and from `parkwright run` to the first answer of
the wall and the first passport in the ledger (budget 60 s on 2 cores, goal 20 s), each with a fresh var folder.

No free system starts such a park from one command, so there is no peer to set beside it. Repeat with:

    .venv/bin/python bench/start.py --runs 3
"""

from __future__ import annotations

import argparse
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from parkwright.model.errors import LedgerError
from parkwright.store.journal import Journal

HELP_S, PASSPORT_S, GOAL_S = 0.5, 60.0, 20.0
LIMIT_S = 300.0


def help_s() -> float:
    """Return the wall time of `parkwright --help` [s]."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "parkwright.cli", "--help"], check=True, capture_output=True)
    return time.perf_counter() - began


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/wall", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def has_passport(var: Path) -> bool:
    found = list(var.glob("*/ledger.db"))
    try:
        with Journal.reader(found[0]) as reader:
            return bool(reader.since(0, ["passports"], 1))
    except (IndexError, LedgerError):
        return False


def run_s(park: str) -> tuple[float, float]:
    """Return seconds from the command to the wall's first answer, and to the first passport."""
    port, wall = free_port(), 0.0
    with tempfile.TemporaryDirectory() as var:
        command = [sys.executable, "-m", "parkwright.cli", "run", park, "--port", str(port), "--var", var]
        began = time.perf_counter()
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while time.perf_counter() - began < LIMIT_S and server.poll() is None:
                if not wall and answers(port):
                    wall = time.perf_counter() - began
                if wall and has_passport(Path(var)):
                    return wall, time.perf_counter() - began
                time.sleep(0.1)
            raise SystemExit(f"no passport within {LIMIT_S:g} s, exit code {server.poll()}")
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def main() -> None:
    """Print each run and the medians against their budgets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--park", default="parks/tianjin")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    helps = [help_s() for _ in range(5)]
    print(f"parkwright --help: median {statistics.median(helps):.2f} s of {HELP_S} s")
    runs = []
    for n in range(given.runs):
        runs.append(run_s(given.park))
        print(f"run {n + 1}: wall answers after {runs[-1][0]:.1f} s, first passport after {runs[-1][1]:.1f} s")
    wall, passport = (statistics.median(column) for column in zip(*runs, strict=True))
    print(f"median: wall {wall:.1f} s, first passport {passport:.1f} s of {PASSPORT_S:g} s (goal {GOAL_S:g} s)")


if __name__ == "__main__":
    main()
