"""The facts of the days on screen, kept in memory and carried on by what was recorded since."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import polars as pl

from parkwright.model.tables import TABLES
from parkwright.show.context import FactsReader

KEPT_FRAMES = 160
CHUNKS_BEFORE_MERGE = 48
READ_ATTEMPTS = 4
ANSWER_AGE_S = 1.0
ANSWER_RENEWED_S = 10.0

T = TypeVar("T")

TOTALS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "start": pl.Datetime("ms", "UTC"),
    "commodity": pl.String,
    "view": pl.String,
    "account_class": pl.String,
    "method_id": pl.String,
    "quantity": pl.Int64,
}


def account_totals(postings: pl.DataFrame) -> pl.DataFrame:
    """Return postings summed by start, commodity, view, account class (the part before the colon) and method."""
    if not postings.height:
        return pl.DataFrame(schema=TOTALS_SCHEMA)
    return postings.group_by(
        "start",
        "commodity",
        "view",
        pl.col("account").str.split_exact(":", 1).struct.field("field_0").alias("account_class"),
        "method_id",
        maintain_order=True,
    ).agg(pl.col("quantity").sum())


@dataclass
class _Entry:
    chunks: list[pl.DataFrame]
    exact: bool
    """False when batches were recorded while it was read, so that it must be read again."""


@dataclass
class _Answer:
    seq: int
    made_at_s: float
    value: Any = field(repr=False)


class Frames:
    """Read-through memory of facts by (kind, day); `postings` are kept as account totals only.

    Safe to use from several threads. A day that grows is read once, then only what is new.
    """

    def __init__(self, facts: FactsReader) -> None:
        """Read from `facts`, starting at its present head."""
        self._facts = facts
        self._lock = threading.RLock()
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self.seq = facts.head()[0]

    def read(self, kind: str, day: str) -> pl.DataFrame:
        """Return the rows of `kind` recorded for that ISO day, as of the last refresh or later."""
        with self._lock:
            key = (kind, day)
            entry = self._entries.get(key)
            if entry is None or not entry.exact:
                entry = self._load(kind, day)
                self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > KEPT_FRAMES:
                self._entries.popitem(last=False)
            if len(entry.chunks) > CHUNKS_BEFORE_MERGE:
                entry.chunks = [pl.concat(entry.chunks, rechunk=True)]
            return pl.concat(entry.chunks, rechunk=False) if len(entry.chunks) != 1 else entry.chunks[0]

    def refresh(self) -> int:
        """Take in what was recorded since the last refresh; return the sequence number now reached."""
        with self._lock:
            head = self._facts.head()[0]
            if head <= self.seq:
                return self.seq
            for seq, kind, day, _, rows in self._facts.since(self.seq):
                entry = self._entries.get((kind, day))
                if entry is not None:
                    entry.chunks.append(_reduced(kind, rows))
                self.seq = max(self.seq, seq)
            return self.seq

    def keep(self, key: Hashable, make: Callable[[], T], *, lasting: bool = False) -> T:
        """Return the answer `make` gives; made again when facts are new and it is a second old, or after ten.

        lasting: the key says all that the answer depends on, so that it is made once.
        """
        with self._lock:
            kept = self._answers.get(key)
            age_s = time.monotonic() - kept.made_at_s if kept else 0.0
            if kept is None or (
                not lasting and age_s >= ANSWER_AGE_S and (self.refresh() != kept.seq or age_s >= ANSWER_RENEWED_S)
            ):
                self.refresh()
                kept = _Answer(self.seq, time.monotonic(), make())
                self._answers[key] = kept
                self._answers.move_to_end(key)
                while len(self._answers) > KEPT_FRAMES:
                    self._answers.popitem(last=False)
            value: T = kept.value
            return value

    def _load(self, kind: str, day: str) -> _Entry:
        """Read a day; it is exact when the head stood still while reading and is the head that was taken in."""
        rows = TABLES[kind].empty()
        for _ in range(READ_ATTEMPTS):
            self.refresh()
            rows = self._facts.read(kind, day)
            if self._facts.head()[0] == self.seq:
                return _Entry([_reduced(kind, rows)], exact=True)
        return _Entry([_reduced(kind, rows)], exact=False)


def _reduced(kind: str, rows: pl.DataFrame) -> pl.DataFrame:
    return account_totals(rows) if kind == "postings" else rows
