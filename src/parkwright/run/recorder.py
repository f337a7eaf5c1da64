"""Batches on their way to the ledger: numbered by source, committed together, dropped when already there."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import polars as pl

from parkwright.model.tables import TABLES, conform
from parkwright.run.ports import Batch, Facts


class Recorder:
    """Collects a day's rows by source and kind, and commits them in one transaction.

    Numbers are given in the order of commits, so that a run that replays the same day gives the same
    numbers and the store drops what it already has. The epoch of every source is the day itself.
    """

    def __init__(self, facts: Facts, day: str) -> None:
        """Record into `facts` for `day` (ISO 8601)."""
        self._facts = facts
        self._day = day
        self._waiting: dict[tuple[str, str], list[pl.DataFrame]] = defaultdict(list)
        self._next: dict[str, int] = defaultdict(int)

    def recorded(self, source: str) -> int:
        """Return how many batches of `source` the ledger already holds for this day."""
        return self._facts.high_water(source, self._day) + 1

    def go_on(self, source: str) -> None:
        """Number the source's next batch after what the ledger holds, for a source that does not replay."""
        self._next[source] = self.recorded(source)

    def add(self, source: str, kind: str, rows: pl.DataFrame) -> None:
        """Keep `rows` of table `kind` for the next commit; a frame without rows is left out."""
        if rows.height:
            self._waiting[(source, kind)].append(rows)

    def commit(self, recorded_at: datetime) -> int:
        """Store everything waiting in one transaction and return how many batches were new.

        Raises LedgerError when the store refuses; then all of it still waits, under the same numbers.
        """
        batches = []
        following = self._next.copy()
        for source, kind in sorted(self._waiting):
            rows = conform(pl.concat(self._waiting[(source, kind)]), TABLES[kind])
            batches.append(Batch(source, self._day, following[source], kind, self._day, rows))
            following[source] += 1
        new = self._facts.append(batches, recorded_at) if batches else 0
        self._waiting.clear()
        self._next = following
        return new
