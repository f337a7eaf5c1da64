"""A park live with its pages: one server process, a live worker, a history worker and the compactor beside it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import uvicorn

from parkwright.model.errors import ParkwrightError
from parkwright.model.park import Park
from parkwright.show.site import make_app
from parkwright.store import compactor, lock
from parkwright.store.journal import Journal
from parkwright.store.operations import Operations
from parkwright.wire.live import anchor_of, first_day
from parkwright.wire.parent import environment
from parkwright.wire.places import Places

HOST = "127.0.0.1"
"""The server is reached from this machine only, until an administrator sets another address."""
LINK_LIFE = timedelta(hours=12)
"""How long the one-time sign-in link is good (assumed: a working day)."""
END_S = 10.0
"""How long a worker gets to end by itself (assumed)."""


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
            raise ParkwrightError(
                f"port {port}: {error.strerror}; stop the program that uses it, or choose another with --port"
            ) from error


@contextmanager
def workers(choice: Choice, journal: Path) -> Iterator[None]:
    """Keep the live worker, the history worker and the compactor running while the block runs."""
    started = [_worker("live", choice), _worker("history", choice), compactor.start(journal)]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _worker(name: str, choice: Choice) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "parkwright.cli", "worker", name, str(choice.folder), "--var", str(choice.var),
        "--seed", str(choice.seed), "--speed", str(choice.speed), "--history", str(choice.history_days),
    ]  # fmt: skip
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment())


def serve(park: Park, choice: Choice, say: Callable[[str], None]) -> None:
    """Serve the park until interrupted.

    Raises ParkwrightError when the port is taken or another process works on the same var folder.
    """
    free_port(choice.port)
    places = Places(choice.var, park.site.park_id)
    with lock.hold(places.home, f"parkwright run {choice.folder}"):
        Journal(places.journal).close()
        first = first_day(places, park)
        operations = Operations(places.operations_url)
        token = operations.create_sign_in_link("admin", datetime.now(UTC), LINK_LIFE)
        places.anchor.unlink(missing_ok=True)

        def clock() -> datetime:
            anchor = anchor_of(places.anchor)
            return anchor.now() if anchor else park.midnight(first)

        app = make_app(
            park, places.home, clock, speed=choice.speed, history_days=choice.history_days, operations=operations
        )
        signal.signal(signal.SIGTERM, _end)
        with workers(choice, places.journal):
            address = f"http://{HOST}:{choice.port}"
            say(f"Park {park.site.name.en}: {address}")
            say(f"Exhibition wall, open to all: {address}/wall")
            say(f"Sign in once with: {address}/sign-in/{token}")
            uvicorn.run(app, host=HOST, port=choice.port, log_level="warning", access_log=False)


def _end(_number: int, _frame: object) -> NoReturn:
    """End as after Ctrl-C: uvicorn raises the signal again once it is down, and the workers are told to stop."""
    raise SystemExit(0)
