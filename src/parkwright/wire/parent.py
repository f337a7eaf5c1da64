"""A worker's end and its lock: told by a signal, or by the end of the process that started it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from parkwright.model.errors import LedgerError
from parkwright.store import lock

PARENT = "PARKWRIGHT_PARENT"
"""Environment variable that names the parent's process id: a worker may start after its parent was killed."""
LOOK_S = 0.5
"""Seconds between two looks at the parent (assumed: a killed park is free for the next start within a second)."""
PATIENCE_S = 5.0
"""How long a worker waits for the lock of one whose parent was killed (ten looks)."""


def environment() -> Mapping[str, str]:
    """Return the environment for a worker that this process starts: its own, with its process id as the parent."""
    return os.environ | {PARENT: str(os.getpid())}


def stop_event() -> threading.Event:
    """Return an event that is set on SIGTERM and SIGINT; ends this process at once when its parent is gone.

    The ledger stands any end of its writer, so that nothing has to be finished for a parent that was killed.
    """
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _number, _frame: stop.set())
    parent = int(os.environ.get(PARENT, os.getppid()))

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
    return stop


@contextmanager
def held(path: Path, who: str, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold the folder `path` while the block runs, waiting up to `patience_s` [s] for a holder that is about to end.

    Raises LedgerError naming the holder when it does not.
    """
    until = time.monotonic() + patience_s
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(lock.hold(path, who))
                break
            except LedgerError:
                if time.monotonic() >= until:
                    raise
                time.sleep(LOOK_S / 5)
        yield
