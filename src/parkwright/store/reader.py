"""Read a ledger: its rows by kind and day, and what is new since a batch."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, cast

import duckdb
import polars as pl

from parkwright.ledger.facts import GENESIS, decode, instant_text, table_of
from parkwright.model.errors import LedgerError
from parkwright.model.tables import TABLES
from parkwright.store import lake
from parkwright.store.database import connect, named

Entry = tuple[int, str, str, datetime, pl.DataFrame]


class Reader:
    """A ledger open for reading, next to its writer or without one; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Open the ledger whose file is `path`; raises LedgerError when there is none."""
        self._open(path, write=False)

    def head(self) -> tuple[int, bytes]:
        """Return the last batch's place in the ledger and its link (32 bytes); (0, zeros) for an empty ledger."""
        with self._reading() as connection:
            return last_link(connection)

    def high_water(self, source: str, epoch: str) -> int:
        """Return the highest sequence stored for the source in that epoch; -1 when there is none."""
        with self._reading() as connection:
            return mark_of(connection, source, epoch)

    def days(self, kind: str) -> list[str]:
        """Return the days (ISO, ascending) that hold batches of `kind`."""
        table_of(kind)
        with self._reading() as connection:
            found = connection.execute("SELECT DISTINCT day FROM batches WHERE kind = ? ORDER BY day", (kind,))
            return [row[0] for row in found.fetchall()]

    def read(
        self, kind: str, start_day: str, end_day: str | None = None, where: pl.Expr | None = None, *,
        in_order: bool = True,
    ) -> pl.DataFrame:  # fmt: skip
        """Return the rows of `kind` of the days [start_day, end_day] (one day when None), in order of recording.

        where: of these rows alone; files are asked by their statistics first, so that little of a day is read where
        it names a range of what a file is sorted by. in_order: False where the order does not matter, for a day takes
        longer to sort than to read.
        """
        files, blobs = self._places(kind, start_day, end_day or start_day)
        if not files and where is None:
            return lake.rows_of_blobs(kind, blobs)
        found = lake.numbered_blobs(kind, blobs)
        found = found if where is None else found.filter(where)
        if files:
            rows = lake.scan(self.path, files)
            with named(self.path):
                found = pl.concat([(rows if where is None else rows.filter(where)).collect(), found])
        return lake.as_recorded(found) if in_order else found.drop(lake.SEQ, lake.ROW)

    def read_as_of(self, kind: str, start_day: str, end_day: str, as_of: datetime) -> pl.DataFrame:
        """Return what `read` gave at `as_of`: the rows recorded at or before that instant, in order of recording.

        Nothing that is recorded later changes the answer. Raises LedgerError when the instant has no time zone.
        """
        limit = instant_text(as_of)
        with self._reading() as connection:
            known = connection.execute(
                "SELECT seq FROM batches WHERE kind = ? AND day BETWEEN ? AND ? AND recorded_at <= ?",
                (table_of(kind).name, start_day, end_day, limit),
            ).fetchall()
        files, blobs = self._places(kind, start_day, end_day)
        wanted = pl.col(lake.SEQ).is_in([seq for (seq,) in known])
        found = [lake.numbered_blobs(kind, blobs).filter(wanted)]
        if files:
            with named(self.path):
                found.append(lake.scan(self.path, files).filter(wanted).collect())
        return lake.as_recorded(pl.concat(found))

    def lookup(self, kind: str, day: str | None, column: str, value: str | int | Collection[str]) -> pl.DataFrame:
        """Return the rows of `kind` of one day (of all days when None) where `column` equals `value`, as recorded.

        value: one value, or several of which any will do.

        Files are read through their statistics, so that a unit or an account is found without reading the day.
        Raises LedgerError when the kind has no such column.
        """
        columns = list(table_of(kind).schema)
        if column not in columns:
            raise LedgerError(f"table {kind}: has no column {column}; it has {', '.join(columns)}")
        wanted = pl.col(column) == value if isinstance(value, str | int) else pl.col(column).is_in(value)
        return self.read(kind, day or "", day or "9999-99-99", wanted)

    def since(self, seq: int, kinds: Iterable[str] | None = None, limit: int = -1) -> list[Entry]:
        """Return the batches after `seq` of the given kinds (all when None), oldest first, at most `limit` of them.

        Each is (seq, kind, day, recorded_at, rows); ask again from the last seq to go on. limit -1: all of them.
        """
        wanted = sorted({table_of(kind).name for kind in (TABLES if kinds is None else kinds)})
        with self._reading() as connection:
            found = connection.execute(
                "SELECT seq, kind, day, recorded_at, arrow FROM batches LEFT JOIN blobs USING (seq)"
                " WHERE seq > ? AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?",
                (seq, json.dumps(wanted), limit),
            ).fetchall()
            moved = {(row[1], row[2]) for row in found if row[4] is None}
            files = [file for kind, day in sorted(moved) for file in lake.live_files(connection, kind, day, day)]
        places = [row[0] for row in found if row[4] is None]
        with named(self.path):
            handed_over = lake.batches(self.path, files, places)
        return [
            (
                place,
                kind,
                day,
                datetime.fromisoformat(recorded_at),
                handed_over.get(place, table_of(kind).empty()) if blob is None else decode(blob),
            )
            for place, kind, day, recorded_at, blob in found
        ]

    def query(self, sql: str, kinds: Iterable[str], start_day: str, end_day: str) -> pl.DataFrame:
        """Return the answer of DuckDB to `sql`, in which every kind named is a table of the days [start_day, end_day].

        Files are read lazily, by catalogue; rows still in the journal are part of the tables. Order is the query's own.
        """
        with duckdb.connect() as engine:
            for kind in kinds:
                files, blobs = self._places(kind, start_day, end_day)
                table = engine.from_arrow(lake.numbered_blobs(kind, blobs).to_arrow())
                if files:
                    table = table.union(engine.read_parquet(lake.paths(self.path, files), hive_partitioning=False))
                table.create_view(kind)
            answer: pl.DataFrame = engine.sql(sql).pl()
            return answer

    def files(self, kind: str, start_day: str, end_day: str) -> tuple[list[str], pl.DataFrame]:
        """Return where the rows of `kind` of the days lie, for another engine: Parquet files, and rows in no file yet.

        Both have `_seq` and `_row`, the place in the ledger, behind the columns of the kind.
        """
        files, blobs = self._places(kind, start_day, end_day)
        return lake.paths(self.path, files), lake.numbered_blobs(kind, blobs)

    def close(self) -> None:
        """Close the ledger's file; closing twice does no harm."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, path: Path, *, write: bool) -> None:
        self.path = path
        self._lock = Lock()
        self._connection = connect(path, write=write, make=write)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for one question; all its answers belong to one snapshot of the ledger."""
        with self._lock, named(self.path):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("COMMIT")

    def _places(self, kind: str, start_day: str, end_day: str) -> tuple[list[lake.File], list[lake.Blob]]:
        """Return where the rows are: files of the lake, and blobs (seq, Arrow) of the journal in order."""
        table_of(kind)
        with self._reading() as connection:
            files = lake.live_files(connection, kind, start_day, end_day)
            blobs = connection.execute(
                "SELECT seq, arrow FROM batches JOIN blobs USING (seq) WHERE kind = ? AND day BETWEEN ? AND ?"
                " ORDER BY seq",
                (kind, start_day, end_day),
            ).fetchall()
        return files, blobs


def last_link(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """Return the place and the link of the last batch; (0, GENESIS) for an empty ledger."""
    row = connection.execute("SELECT seq, hash FROM batches ORDER BY seq DESC LIMIT 1").fetchone()
    return (0, GENESIS) if row is None else (int(row[0]), bytes(row[1]))


def mark_of(connection: sqlite3.Connection, source: str, epoch: str) -> int:
    """Return the highest sequence stored for the source in that epoch; -1 when there is none."""
    row = connection.execute(
        "SELECT sequence FROM high_water WHERE source = ? AND epoch = ?", (source, epoch)
    ).fetchone()
    return -1 if row is None else cast(int, row[0])
