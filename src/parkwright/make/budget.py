"""How long a search may take: seconds on a clock that is given, or rounds, with which its answer repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """How long to search: up to `seconds` on `clock`, or for `rounds`; with rounds alone, the answer repeats.

    Raises ValueError when it has no end.
    """

    rounds: int | None = None
    seconds: float | None = None
    clock: Callable[[], float] | None = None

    def __post_init__(self) -> None:
        """Refuse a budget without an end."""
        if self.rounds is None and (self.seconds is None or self.clock is None):
            raise ValueError("a search needs rounds, or seconds and a clock")

    def spent(self, done: int, begun: float) -> float:
        """Return the share that is spent: of the rounds or of the time, whichever is more.

        done: rounds so far. begun: what the clock said when the search began [s].
        """
        share = done / max(self.rounds, 1) if self.rounds is not None else 0.0
        if self.seconds is not None and self.clock is not None:
            share = max(share, (self.clock() - begun) / max(self.seconds, 1e-9))
        return share if self.rounds != 0 else 1.0
