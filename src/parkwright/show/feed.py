"""The live feed: one pump reads new facts and sends every viewer the same bytes; many viewers cost one serialisation.

Frames, 5 a second, binary, little endian: u32 tick, then for each robot int16 x, int16 y [5 cm], u8 heading
[1/256 turn counter-clockwise from east], u8 state (0 idle, 1 empty, 2 loaded, 3 charging). The picture, once a
second, JSON: {"whole": true, "picture": sections} to a new viewer, then {"picture": changed keys; null: gone}.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import struct
from datetime import datetime
from threading import Lock
from time import monotonic

import numpy as np
from fastapi import WebSocket, WebSocketDisconnect
from numpy.typing import NDArray

from parkwright.energy.sun import position
from parkwright.show.answers import day as days
from parkwright.show.answers.home import strip
from parkwright.show.answers.wall import Wall, wall
from parkwright.show.context import Context
from parkwright.show.frames import Frames
from parkwright.show.picture import Picture, Sections, changes

KINDS = ("samples", "moves", "passages", "passports", "readings")
PERIOD_S = 0.2
FRAMES_A_PICTURE = 5
SEND_LIMIT_S = 2.0
STEP_M = 0.05
log = logging.getLogger(__name__)


def pack(tick: int, place: NDArray[np.float64], state: NDArray[np.uint8]) -> bytes:
    """Return a robot frame: 4 + 6 R bytes.

    tick: counts frames, wraps at 2^32. place: x, y [m], heading [rad from east], (R, 3). state: (R,).
    Places beyond what int16 in 5 cm holds (1,638 m) stay at that border.
    """
    rows = np.zeros(len(place), dtype=[("x", "<i2"), ("y", "<i2"), ("heading", "u1"), ("state", "u1")])
    rows["x"] = np.clip(np.rint(place[:, 0] / STEP_M), -32768, 32767)
    rows["y"] = np.clip(np.rint(place[:, 1] / STEP_M), -32768, 32767)
    rows["heading"] = np.rint(place[:, 2] / (2 * np.pi) * 256).astype(np.int64) % 256
    rows["state"] = state
    return struct.pack("<I", tick % 2**32) + rows.tobytes()


class Feed:
    """The live picture of a park and its viewers; the pump runs only while somebody looks."""

    def __init__(self, context: Context, frames: Frames | None = None) -> None:
        """Read facts through `frames` (shared with the pages) or through a memory of its own."""
        self.context = context
        self.frames = frames or Frames(context.facts)
        self.picture = Picture(context.park)
        self.viewers: set[WebSocket] = set()
        self.serialised = 0
        self._sections: Sections = {}
        self._seq = -1
        self._day = ""
        self._tick = 0
        self._wall: Wall | None = None
        self._day_strip: dict[str, object] = {}
        self._strip_due = True
        self._pump: asyncio.Task[None] | None = None
        self._fresh_at = 0.0
        self._refreshing = Lock()

    async def serve(self, socket: WebSocket) -> None:
        """Serve one viewer until it leaves: the whole picture first, then what the pump sends to all."""
        await socket.accept()
        if self._pump is None or self._pump.done():
            await self._try_refresh()
            self._pump = asyncio.create_task(self._run())
        try:
            await socket.send_text(self.whole())
            self.viewers.add(socket)
            while True:
                await socket.receive()
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self.viewers.discard(socket)

    def whole(self) -> str:
        """Return the whole picture as the message that a new viewer gets first."""
        return json.dumps({"whole": True, "picture": self._sections}, ensure_ascii=False, separators=(",", ":"))

    def sections(self) -> Sections:
        """Return the picture as it is now; read anew when no pump keeps it fresh."""
        if (self._pump is None or self._pump.done()) and monotonic() - self._fresh_at > 1.0:
            self.refresh()
        return self._sections

    def refresh(self) -> Sections:
        """Take in new facts and the clock; return what changed since the last time."""
        with self._refreshing:
            now = self.context.clock()
            self._take(now)
            elevation, azimuth = position(self.context.park.site, [now])
            sun = (float(elevation[0]), float(azimuth[0]))
            sections = self.picture.sections(now, self.context.speed, self._wall, sun)
            if self._day_strip:
                sections["day"] = self._day_strip
            delta = changes(self._sections, sections)
            self._sections = sections
            self._fresh_at = monotonic()
            return delta

    def _take(self, now: datetime) -> None:
        park, facts = self.context.park, self.context.facts
        day = days.today(park, now).isoformat()
        head = facts.head()[0]
        if day != self._day:
            self._day, self._seq, self._strip_due = day, head, True
            for kind in KINDS:
                self.picture.take(kind, facts.read(kind, day))
        elif head > self._seq:
            for seq, kind, of_day, _, rows in facts.since(self._seq, KINDS):
                self._seq = max(self._seq, seq)
                if of_day == day:
                    self.picture.take(kind, rows)
                    self._strip_due |= kind == "readings"
            self._seq = max(self._seq, head)
        self._wall = self.frames.keep(("wall", day), lambda: wall(park, self.frames, now, self.context.history_days))
        if self._strip_due:
            self.frames.refresh()
            found = strip(park, self.frames, days.today(park, now))
            self._day_strip = found.model_dump(mode="json")
            self._strip_due = False

    async def _run(self) -> None:
        """Send a robot frame every 0.2 s and the changed picture every second, until nobody is left for a while."""
        deserted = 0
        due = monotonic()
        while deserted < 50:
            deserted = 0 if self.viewers else deserted + 1
            await self._beat()
            due = max(due + PERIOD_S, monotonic())
            await asyncio.sleep(max(0.0, due - monotonic()) or PERIOD_S / 4)

    async def _beat(self) -> None:
        if self._tick % FRAMES_A_PICTURE == 0:
            delta = await self._try_refresh()
            if delta:
                await self._send(json.dumps({"picture": delta}, ensure_ascii=False, separators=(",", ":")))
        place, state = self.picture.robots(self.context.clock())
        self._tick += 1
        await self._send(pack(self._tick, place, state))

    async def _try_refresh(self) -> Sections:
        """Refresh in a thread; a ledger that cannot be read now leaves the picture to grow stale, which viewers see."""
        try:
            return await asyncio.to_thread(self.refresh)
        except Exception:
            log.exception("the live picture could not be renewed; the wall shows the last one and its age")
            return {}

    async def _send(self, message: str | bytes) -> None:
        """Send the same message to all viewers; one that does not take it in time is let go."""
        self.serialised += 1
        await asyncio.gather(*(self._give(socket, message) for socket in tuple(self.viewers)))

    async def _give(self, socket: WebSocket, message: str | bytes) -> None:
        try:
            sending = socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message)
            await asyncio.wait_for(sending, SEND_LIMIT_S)
        except Exception:  # whatever went wrong with one viewer is no matter of the others
            self.viewers.discard(socket)
            with contextlib.suppress(Exception):
                await socket.close()
