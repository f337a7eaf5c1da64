"""The processes beside a live park's server: live worker, history worker, compactor; started early, kept running."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parkwright.model.errors import ParkwrightError
from parkwright.model.park import Park
from parkwright.store import compactor, lock
from parkwright.store.journal import Journal
from parkwright.wire.pace import first_day
from parkwright.wire.parent import environment
from parkwright.wire.places import Places

HOST = "127.0.0.1"
"""The server is reached from this machine only, until an administrator sets another address."""
END_S = 10.0
"""How long a worker gets to end by itself (assumed)."""
LOOK_S = 0.5
"""Seconds between two looks at the workers (assumed)."""
BACK_OFF_S = (2.0, 60.0)
"""Shortest and longest pause before a worker that failed is started again; it doubles (assumed)."""
HISTORY_WAITS_S = 60.0
"""Longest that the history waits for the live park to find its pace, so that the first look comes first (assumed)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user chose for a live park."""

    folder: Path
    var: Path
    port: int
    speed: float
    seed: int
    history_days: int


def free_port(port: int) -> None:
    """Raise ParkwrightError when nothing can listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            way_out = "stop the program that uses it, or choose another with --port (make run PORT=8081)"
            raise ParkwrightError(f"port {port}: {error.strerror}; {way_out}") from error


@contextmanager
def running(park: Park, choice: Choice, say: Callable[[str], None]) -> Iterator[Places]:
    """Hold the park's var folder and keep its workers running while the block runs; yield its places.

    Raises ParkwrightError when the port is taken or another process works on the same var folder.
    """
    free_port(choice.port)
    places = Places(choice.var, park.site.park_id)
    with lock.hold(places.home, f"parkwright run {choice.folder}"):
        Journal(places.journal).close()
        first_day(places, park, choice.folder, choice.history_days)
        places.anchor.unlink(missing_ok=True)
        keeper = Keeper(choice, places, say)
        try:
            yield places
        finally:
            keeper.end()


class Keeper:
    """Starts the workers and starts again the one that fails: the ledger stands any end of its writer."""

    def __init__(self, choice: Choice, places: Places, say: Callable[[str], None]) -> None:
        """Start the live worker and the compactor at once, the history when the live park has found its pace."""
        self._choice, self._places, self._say = choice, places, say
        self._running = {"live": self._start("live"), "compactor": compactor.start(places.journal)}
        self._again_at: dict[str, float] = {"history": time.monotonic() + HISTORY_WAITS_S}
        self._pause_s = dict.fromkeys(("live", "history", "compactor"), BACK_OFF_S[0])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Tell every worker to end, and end those that do not."""
        self._stop.set()
        self._thread.join()
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _keep(self) -> None:
        while not self._stop.wait(LOOK_S):
            if "history" in self._again_at and self._places.anchor.exists():
                self._again_at["history"] = min(self._again_at["history"], time.monotonic())
            for name, process in list(self._running.items()):
                if process.poll() is not None:
                    self._ended(name, process.returncode)
            for name in [name for name, at in self._again_at.items() if at <= time.monotonic()]:
                del self._again_at[name]
                self._running[name] = (
                    compactor.start(self._places.journal) if name == "compactor" else self._start(name)
                )

    def _ended(self, name: str, code: int) -> None:
        del self._running[name]
        if name == "history" and code == 0:
            return
        pause_s = self._pause_s[name]
        self._again_at[name] = time.monotonic() + pause_s
        self._pause_s[name] = min(2 * pause_s, BACK_OFF_S[1])
        self._say(f"The {name} worker ended with code {code}; it is started again in {pause_s:.0f} s.")

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        choice = self._choice
        command = [
            sys.executable, "-m", "parkwright.cli", "worker", name, str(choice.folder), "--var", str(choice.var),
            "--seed", str(choice.seed), "--speed", str(choice.speed), "--history", str(choice.history_days),
        ]  # fmt: skip
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment())
