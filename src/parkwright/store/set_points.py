"""The set-points that were changed, in the ledger: written here where no run carries them out, read from everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import polars as pl

from parkwright.energy.points import Change
from parkwright.run.points import FIRST_DAY, changes_of, row_of
from parkwright.run.ports import Batch
from parkwright.store.journal import Journal

LAST_DAY = "2999-12-31"
SOURCE = "points/by_hand"


class Days(Protocol):
    """Facts that can be read over days."""

    def read(self, kind: str, start_day: str, end_day: str | None = None) -> pl.DataFrame:
        """Return the rows of `kind` of the days [start_day, end_day]."""
        ...


def append(journal: Journal, day: str, change: Change, recorded_at: datetime) -> None:
    """Record a change of `day` (ISO, the park's date) and return when it is durable."""
    sequence = journal.high_water(SOURCE, day) + 1
    journal.append([Batch(SOURCE, day, sequence, "point_changes", day, row_of(change))], recorded_at)


def read(facts: Days) -> list[Change]:
    """Return all changes, oldest first."""
    return changes_of(facts.read("point_changes", FIRST_DAY, LAST_DAY).sort("at", maintain_order=True))
