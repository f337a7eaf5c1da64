"""The ledger's journal: batches of facts, appended once, in order, durable when `append` returns.

One SQLite file (WAL, synchronous FULL) holds each batch's header and link for ever, its rows as an Arrow blob until
the compactor hands them to the lake, and the high-water of every source. Header, rows and high-water share one
transaction, so that after a kill or a power cut a batch is there whole and once, or not at all.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from parkwright.ledger.facts import HEADER, content_sha256, encode, instant_text, link, table_of
from parkwright.model.errors import LedgerError
from parkwright.model.tables import conform
from parkwright.run.ports import Batch
from parkwright.store.database import named, transaction
from parkwright.store.reader import Entry, Reader, last_link, mark_of

__all__ = ["Entry", "Journal", "Reader"]


class Journal(Reader):
    """The one writer of a ledger; implements `run.ports.Facts` and reads what it wrote."""

    def __init__(self, path: Path) -> None:
        """Open the ledger whose file is `path`, and make it when it is not there.

        Raises LedgerError when the file is damaged, of another version, or cannot be written.
        """
        self._open(path, write=True)

    @classmethod
    def reader(cls, path: Path) -> Reader:
        """Return the ledger at `path` open for reading only; raises LedgerError when there is none."""
        return Reader(path)

    def append(self, batches: Sequence[Batch], recorded_at: datetime) -> int:
        """Store the batches in one transaction and return how many were new.

        recorded_at: aware instant that the facts are recorded at, by the caller's clock. A batch at or below its
        source's high-water is dropped. Raises LedgerError, and stores none of them, when a sequence leaves a gap,
        a kind is unknown, a day is no ISO date or the disk refuses; TableError when rows break their contract.
        """
        stamp = instant_text(recorded_at)
        with self._lock, named(self.path), transaction(self._connection):
            return _store(self._connection, batches, stamp)


def _store(connection: sqlite3.Connection, batches: Sequence[Batch], stamp: str) -> int:
    """Append the batches above their high-water to the chain inside an open transaction; return how many."""
    seq, previous = last_link(connection)
    marks: dict[tuple[str, str], int] = {}
    new = 0
    for batch in batches:
        key = (batch.source, batch.epoch)
        if key not in marks:
            marks[key] = mark_of(connection, *key)
        if batch.sequence <= marks[key]:
            continue
        _refuse_gap(batch, marks[key])
        seq += 1
        new += 1
        previous = _insert(connection, batch, seq, previous, stamp)
        marks[key] = batch.sequence
    connection.executemany(
        "INSERT INTO high_water VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET sequence = excluded.sequence",
        [(*key, mark) for key, mark in marks.items()],
    )
    return new


def _insert(connection: sqlite3.Connection, batch: Batch, seq: int, previous: bytes, stamp: str) -> bytes:
    """Write one batch and return its link."""
    _refuse_day(batch)
    rows = conform(batch.rows, table_of(batch.kind))
    values = (seq, batch.source, batch.epoch, batch.sequence, batch.kind, batch.day, rows.height, stamp)
    content = content_sha256(rows)
    digest = link(previous, dict(zip(HEADER, values, strict=True)), content)
    connection.execute(
        "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, content, previous, digest)
    )
    arrow = encode(rows)
    connection.execute("INSERT INTO blobs VALUES (?, ?, ?)", (seq, arrow, hashlib.sha256(arrow).digest()))
    return digest


def _refuse_gap(batch: Batch, mark: int) -> None:
    if batch.sequence != mark + 1:
        raise LedgerError(
            f"source {batch.source}, epoch {batch.epoch}: batch {batch.sequence} follows {mark}; "
            f"send batch {mark + 1} first"
        )


def _refuse_day(batch: Batch) -> None:
    try:
        exact = date.fromisoformat(batch.day).isoformat() == batch.day
    except ValueError:
        exact = False
    if not exact:
        raise LedgerError(
            f"source {batch.source}, batch {batch.sequence}: day {batch.day!r} is no date; write YYYY-MM-DD"
        )
