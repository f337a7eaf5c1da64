"""Clocks of a run: simulated without a pace, or simulated at a multiple of the wall's pace.

A paced clock rests on the monotonic clock alone, so that a step of the wall's clock (a time server, a person,
the end of summer time) moves neither the plant nor a single record.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta


class SimulatedClock:
    """A clock that is where the run waited to last: a day headless, as fast as it goes."""

    def __init__(self, start: datetime) -> None:
        """Start at `start`, aware UTC."""
        self._now = start

    def now(self) -> datetime:
        """Return the instant that was waited for last."""
        return self._now

    def wait_until(self, instant: datetime) -> None:
        """Be at `instant` at once; never goes back."""
        self._now = max(self._now, instant)


class PacedClock:
    """A clock that runs `speed` times as fast as the wall from `pace_from` on, and without a pace before it."""

    def __init__(
        self,
        pace_from: datetime,
        speed: float,
        stop: threading.Event,
        anchored: Callable[[datetime, float], None] = lambda _instant, _monotonic_s: None,
    ) -> None:
        """Start unpaced; `stop` set makes every wait return at once.

        anchored: told once, when the pace begins, the park's instant and the monotonic seconds that it fell on.

        Raises ValueError when speed is not positive.
        """
        if speed <= 0:
            raise ValueError(f"speed is {speed}; give a positive factor, for example 60")
        self._pace_from = pace_from
        self._speed = speed
        self._stop = stop
        self._anchored = anchored
        self._anchor: float | None = None
        self._last = pace_from

    def now(self) -> datetime:
        """Return the paced instant; the last one waited for while the run still catches up."""
        if self._anchor is None:
            return self._last
        return self._pace_from + timedelta(seconds=(time.monotonic() - self._anchor) * self._speed)

    def wait_until(self, instant: datetime) -> None:
        """Return when `instant` has come, or when the run is told to stop."""
        self._last = instant
        if instant <= self._pace_from:
            return
        if self._anchor is None:
            self._anchor = time.monotonic()
            self._anchored(self._pace_from, self._anchor)
        due = self._anchor + (instant - self._pace_from).total_seconds() / self._speed
        self._stop.wait(max(0.0, due - time.monotonic()))
