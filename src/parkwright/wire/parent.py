"""A worker's end: told by a signal, or by the end of the process that started it."""

from __future__ import annotations

import os
import signal
import threading

LOOK_S = 0.5
"""Seconds between two looks at the parent (assumed: a killed park is free for the next start within a second)."""


def stop_event() -> threading.Event:
    """Return an event that is set on SIGTERM, on SIGINT, and when the parent process is gone."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _number, _frame: stop.set())
    parent = os.getppid()

    def watch() -> None:
        while not stop.wait(LOOK_S):
            if os.getppid() != parent:
                stop.set()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
    return stop
