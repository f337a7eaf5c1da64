"""How long a search may take: seconds on a clock, or rounds, with which its answer repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

Clock = Callable[[], float]
"""What tells the time [s]."""
CLOCK: Clock = perf_counter
"""The clock of who gives seconds and no clock; it alone in this folder is not an argument (docs/decisions/0010)."""


@dataclass(frozen=True)
class Budget:
    """How long to search: up to `seconds` on `clock`, or for `rounds`; with rounds alone, the answer repeats.

    Raises ValueError when it has no end.
    """

    rounds: int | None = None
    seconds: float | None = None
    clock: Clock = CLOCK

    def __post_init__(self) -> None:
        """Refuse a budget without an end."""
        if self.rounds is None and self.seconds is None:
            raise ValueError("a search needs rounds, or seconds")

    def spent(self, done: int, begun: float) -> float:
        """Return the share that is spent: of the rounds or of the time, whichever is more.

        done: rounds so far. begun: what the clock said when the search began [s].
        """
        share = done / max(self.rounds, 1) if self.rounds is not None else 0.0
        if self.seconds is not None:
            share = max(share, (self.clock() - begun) / max(self.seconds, 1e-9))
        return share if self.rounds != 0 else 1.0
