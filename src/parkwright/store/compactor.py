"""The compactor's own process: hands closed days to the lake at low priority, so that the writer never waits for it.

`python -m parkwright.store.compactor PATH [--every SECONDS] [--once]`
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from parkwright.model.errors import LedgerError
from parkwright.store import lake

NICE = 19  # lowest priority of POSIX: planning and the live day go first


def start(journal_path: Path, every_s: float = 60.0) -> subprocess.Popen[bytes]:
    """Start the compactor of a ledger as a process of its own; it ends with its parent, or by `terminate()`."""
    command = [sys.executable, "-m", "parkwright.store.compactor", str(journal_path), "--every", str(every_s)]
    command += ["--parent", str(os.getpid())]  # it may be up only after its parent was killed
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def run(journal_path: Path, every_s: float, *, once: bool, parent: int | None = None) -> int:
    """Compact again and again, or once, until its parent (or `parent`) is gone; return the exit status.

    A hand-over that fails is said in one line and tried again, for its rows are still in the journal.
    """
    parent = parent or os.getppid()
    status = 0
    while True:
        try:
            lake.compact(journal_path, None, time.time())
            status = 0
        except LedgerError as error:
            sys.stderr.write(f"compactor: {error}\n")
            status = 1
        waited_s = 0.0
        while not once and waited_s < every_s and os.getppid() == parent:
            time.sleep(min(1.0, every_s - waited_s))
            waited_s += 1.0
        if once or os.getppid() != parent:
            return status


def main(arguments: list[str]) -> int:
    """Run the compactor as the command line says and return its exit status."""
    parser = argparse.ArgumentParser(prog="parkwright.store.compactor", description=__doc__)
    parser.add_argument("path", type=Path, help="the ledger's journal file")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two looks")
    parser.add_argument("--once", action="store_true", help="compact once and end")
    parser.add_argument("--parent", type=int, default=None, help="process id that it ends with")
    given = parser.parse_args(arguments)
    os.nice(NICE)
    return run(given.path, given.every, once=given.once, parent=given.parent)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
