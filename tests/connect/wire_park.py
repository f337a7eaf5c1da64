"""A park on the wire: its meters, made-up readings, and a cable that can be cut."""

from __future__ import annotations

import contextlib
import dataclasses
import select
import socket
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from parkwright.model.plant import Meter
from parkwright.model.tables import READINGS
from parkwright.store.folder import load
from parkwright.store.new import write_park

START = datetime(2026, 7, 14, 16, tzinfo=UTC)
STEP = timedelta(minutes=15)
BASIS = "assumed: a test"


def wire_park():
    """The park of `parkwright new` with a water meter, under an id of its own so that tests share a broker."""
    with TemporaryDirectory() as folder:
        write_park(Path(folder) / "p", "P" + uuid.uuid4().hex[:12])
        park = load(Path(folder) / "p")
    water = Meter(id="water", name_en="a", name_zh="a", commodity="water", role="load", purpose="site", basis=BASIS)
    return dataclasses.replace(park, meters=(*park.meters, water))


def at(k):
    """The instant k intervals after the start."""
    return START + k * STEP


def readings(park, k, without=()):
    """Made-up READINGS of the k-th interval."""
    rows = []
    for i, meter in enumerate(park.meters):
        if meter.id not in without:
            water = meter.commodity == "water"
            rows.append((at(k), meter.id, None if water else 1000 * i + k, k + i / 4 if water else None, "good"))
    return pl.DataFrame(rows, schema=READINGS.schema, orient="row")


class Cable:
    """A TCP relay in front of a broker that cuts every connection on demand, and refuses new ones while down."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._up, self._open = True, True
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection and take no new one."""
        self._up = False
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self._pairs.clear()

    def mend(self) -> None:
        """Take connections again."""
        self._up = True

    def close(self) -> None:
        """Cut for good."""
        self._open = False
        self.cut()
        self._server.close()

    def _accept(self) -> None:
        while self._open:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if not self._up:
                near.close()
                continue
            try:
                far = socket.create_connection(self._to)
            except OSError:
                near.close()
                continue
            self._pairs.append((near, far))
            threading.Thread(target=self._relay, args=(near, far), daemon=True).start()

    def _relay(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        try:
            while True:
                for end in select.select([near, far], [], [])[0]:
                    data = end.recv(65_536)
                    if not data:
                        return
                    other[end].sendall(data)
        except (OSError, ValueError):
            return
        finally:
            for end in (near, far):
                end.close()
