"""Points of slow devices: polled beside the run, so that it never waits for one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from parkwright.model.control import ControlPoint
from parkwright.run.ports import PointBus, PointValues

EVERY_S = 10.0
"""Seconds between two looks at a device; assumed: what a room or a set-point does within it, no plan needs to know."""
STALE_LOOKS = 6
"""Looks after which a value that has not been told again is no longer taken for the present one; assumed: a minute."""


class PolledBus:
    """A bus whose points are read by a thread of their own for each device; implements PointBus.

    A value is the last one told, while it is not stale. A point that was written is read at once, for the one who wrote
    it wants to see whether the device follows. Use as a context; closing ends the threads.
    """

    def __init__(
        self,
        bus: PointBus,
        points: Sequence[ControlPoint],
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the bus and the points to poll; nothing is read before the context is entered.

        every_s: seconds between two looks at a device. clock: what tells the age of a value [s].
        """
        self._bus, self._every_s, self._clock = bus, every_s, clock
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._told: dict[str, tuple[float, float]] = {}
        self._silent: dict[str, str] = {}
        self._written: set[str] = set()
        devices: dict[str, list[ControlPoint]] = {}
        for point in points:
            devices.setdefault(device_of(point), []).append(point)
        self._threads = [
            threading.Thread(target=self._watch, args=(mine,), name=f"points of {name}", daemon=True)
            for name, mine in devices.items()
        ]

    def __enter__(self) -> Self:
        """Begin to poll."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the polling; a look that is under way is waited for."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def read(self, points: Sequence[ControlPoint]) -> PointValues:
        """Return the values told last; one that is stale, or was never told, is silent with its reason."""
        with self._lock:
            written = [point for point in points if point.id in self._written]
        fresh = self._bus.read(written) if written else PointValues({}, {})
        values, silent = dict(fresh.values), dict(fresh.silent)
        with self._lock:
            for point in points:
                if point.id in values or point.id in silent:
                    continue
                value, at = self._told.get(point.id, (0.0, -float("inf")))
                age_s = self._clock() - at
                if age_s <= STALE_LOOKS * self._every_s:
                    values[point.id] = value
                else:
                    silent[point.id] = self._silent.get(point.id, f"{point.address}: has not been read yet")
        return PointValues(values, silent)

    def write(self, point: ControlPoint, value: float) -> None:
        """Write a set-point at once; raises DeviceError as the bus does."""
        self._note_written(point)
        self._bus.write(point, value)

    def release(self, point: ControlPoint, value: float) -> None:
        """Let a set-point follow its schedule again, at once; raises DeviceError as the bus does."""
        self._note_written(point)
        self._bus.release(point, value)

    def _note_written(self, point: ControlPoint) -> None:
        with self._lock:
            self._written.add(point.id)

    def _watch(self, points: Sequence[ControlPoint]) -> None:
        """Look at the points of a device again and again."""
        while not self._stop.is_set():
            with self._lock:
                before = self._written & {point.id for point in points}
            told, at = self._bus.read(points), self._clock()
            with self._lock:
                self._told |= {point_id: (value, at) for point_id, value in told.values.items()}
                self._silent |= told.silent
                self._written -= before
            self._stop.wait(self._every_s)


def device_of(point: ControlPoint) -> str:
    """Return the device that a point's address names: what stands before the first slash."""
    return point.address.partition("/")[0]
