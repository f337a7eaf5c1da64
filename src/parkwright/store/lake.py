"""The Parquet lake: closed days of the journal as files, listed in the journal's catalogue and nowhere else.

Partitions are `kind=K/day=D`; the rows of a file are sorted for look-ups (unit, account, signal) and keep the place
of their batch (`_seq`) and their row in it (`_row`), so that a reader gets them as recorded and the chain can be
verified from the files.

A hand-over writes a file, flushes it, renames it, flushes its folder, and only then catalogues it, in the transaction
that takes its rows out of the journal; a kill in between leaves a file without an entry, which the next hand-over
removes. Files that were merged away rest before they are unlinked, because a reader may have listed them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from parkwright.ledger.facts import decode, table_of
from parkwright.model.errors import LedgerError
from parkwright.store.database import connect, lake_folder, named, transaction

SEQ = "_seq"
ROW = "_row"
Blob = tuple[int, bytes]

ROWS_IN_HAND = 1_000_000  # bound of memory: a prototype's merge without one took 1.26 GB
ROW_GROUP = 50_000  # rows that share statistics: a look-up reads about one such group
MERGE_AT = 4  # files of one kind and day before they become one
REST_S = 900.0  # a query that listed a file may still open it this long

# What a look-up asks for, by kind: files are sorted by it, so that statistics exclude most of a day.
SORT_KEYS = {
    "readings": ("meter_id", "start"),
    "samples": ("signal_id", "start"),
    "passages": ("unit_id", "start"),
    "presence": ("unit_id", "start"),
    "states": ("work_unit_id", "start"),
    "assemblies": ("unit_id", "at"),
    "mounts": ("work_unit_id", "start"),
    "measurements": ("unit_id", "characteristic_id", "at"),
    "verdicts": ("unit_id", "at"),
    "moves": ("robot_id", "start"),
    "postings": ("account", "start"),
    "passports": ("unit_id", "at"),
}


@dataclass(frozen=True, slots=True)
class File:
    """A catalogued Parquet file; path is relative to the lake's folder."""

    path: str
    kind: str
    day: str
    rows: int
    first_seq: int
    last_seq: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class HandOver:
    """What a compaction did: files written, rows handed over, files merged away, files unlinked."""

    files: int
    rows: int
    merged: int
    unlinked: int


def live_files(connection: sqlite3.Connection, kind: str, start_day: str, end_day: str) -> list[File]:
    """Return the catalogued files of `kind` of the days [start_day, end_day], in order of recording."""
    found = connection.execute(
        "SELECT path, kind, day, rows, first_seq, last_seq, sha256 FROM files"
        " WHERE kind = ? AND day BETWEEN ? AND ? AND retired_at IS NULL ORDER BY first_seq",
        (kind, start_day, end_day),
    )
    return [File(*row) for row in found.fetchall()]


def rows_of_blobs(kind: str, blobs: Sequence[Blob]) -> pl.DataFrame:
    """Return the rows of journal blobs (seq, Arrow), one after the other."""
    return pl.concat([table_of(kind).empty(), *(decode(blob) for _, blob in blobs)], rechunk=True)


def numbered_blobs(kind: str, blobs: Sequence[Blob]) -> pl.DataFrame:
    """Return the rows of journal blobs (seq, Arrow) with `_seq` and `_row` behind the columns of `kind`."""
    frames = [decode(blob) for _, blob in blobs]
    heights = np.array([frame.height for frame in frames], dtype=np.int64)
    starts = np.cumsum(heights) - heights
    rows = pl.concat([table_of(kind).empty(), *frames], rechunk=True)
    return rows.with_columns(
        pl.Series(SEQ, np.repeat(np.array([seq for seq, _ in blobs], dtype=np.int64), heights)),
        pl.Series(ROW, np.arange(rows.height, dtype=np.int64) - np.repeat(starts, heights)),
    )


def paths(journal_path: Path, files: Sequence[File]) -> list[str]:
    """Return where `files` lie."""
    folder = lake_folder(journal_path)
    return [str(folder / file.path) for file in files]


def scan(journal_path: Path, files: Sequence[File]) -> pl.LazyFrame:
    """Return the numbered rows of `files` (at least one), to be filtered by their statistics before they are read."""
    return pl.scan_parquet(paths(journal_path, files), hive_partitioning=False)


def as_recorded(rows: pl.DataFrame) -> pl.DataFrame:
    """Return numbered rows in order of recording, without their numbers."""
    return rows.sort(SEQ, ROW).drop(SEQ, ROW)


def batches(journal_path: Path, files: Sequence[File], seqs: Sequence[int] | None) -> dict[int, pl.DataFrame]:
    """Return {seq: rows as recorded} of the batches in `seqs` (all when None) that lie in `files`.

    A batch without rows has no entry.
    """
    found: dict[int, pl.DataFrame] = {}
    for file in files:
        rows = scan(journal_path, [file])
        if seqs is not None:
            rows = rows.filter(pl.col(SEQ).is_in(list(seqs)))
        parts = rows.collect().sort(SEQ, ROW).partition_by(SEQ, as_dict=True, include_key=False)
        found |= {int(key[0]): frame.drop(ROW) for key, frame in parts.items()}
    return found


def compact(journal_path: Path, day: str | None, now_s: float) -> HandOver:
    """Hand the journal's rows of `day`, or of every closed day when None, over to the lake; return what was done.

    A day is closed when it has books. now_s: Unix time [s], which decides how long merged files have rested.
    Safe to kill at any instant, and next to the writer. Raises LedgerError when another compaction is under way,
    there is no ledger, or the disk refuses; then the rows stay in the journal.
    """
    connection = connect(journal_path, write=True)
    try:
        with named(journal_path), _alone(journal_path):
            _remove_orphans(connection, journal_path)
            unlinked = _unlink_rested(connection, journal_path, now_s)
            written = [
                file
                for kind, its_day in _waiting(connection, day)
                for file in _hand_over(connection, journal_path, kind, its_day)
            ]
            merged = _merge(connection, journal_path, now_s)
    finally:
        connection.close()
    return HandOver(len(written), sum(file.rows for file in written), merged, unlinked)


@contextmanager
def _alone(journal_path: Path) -> Iterator[None]:
    """Hold the lake for one compaction."""
    folder = lake_folder(journal_path)
    folder.mkdir(exist_ok=True)
    with (folder / ".compacting").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LedgerError(f"{folder}: is being compacted by another process; wait for it") from error
        yield


def _waiting(connection: sqlite3.Connection, day: str | None) -> list[tuple[str, str]]:
    """Return the (kind, day) whose rows wait in the journal, of one day or of the closed days."""
    found = connection.execute(
        "SELECT DISTINCT kind, day FROM blobs JOIN batches USING (seq)"
        " WHERE day = ?1 OR ?1 IS NULL AND day IN (SELECT day FROM batches WHERE kind = 'books') ORDER BY day, kind",
        (day,),
    )
    return [(str(kind), str(its_day)) for kind, its_day in found.fetchall()]


def _hand_over(connection: sqlite3.Connection, journal_path: Path, kind: str, day: str) -> list[File]:
    """Move the waiting batches of one kind and day to files, at most ROWS_IN_HAND rows at a time."""
    counts = connection.execute(
        "SELECT seq, rows FROM batches JOIN blobs USING (seq) WHERE kind = ? AND day = ? ORDER BY seq", (kind, day)
    ).fetchall()
    written = []
    for portion in _portions([rows for _, rows in counts]):
        place = (kind, day, counts[portion.start][0], counts[portion.stop - 1][0])
        blobs = connection.execute(
            "SELECT seq, arrow FROM batches JOIN blobs USING (seq)"
            " WHERE kind = ? AND day = ? AND seq BETWEEN ? AND ? ORDER BY seq",
            place,
        ).fetchall()
        rows = numbered_blobs(kind, blobs)
        file = _write(journal_path, place, rows) if rows.height else None
        with transaction(connection):
            if file is not None:
                _catalogue(connection, file)
                written.append(file)
            connection.execute(
                "DELETE FROM blobs WHERE seq IN"
                " (SELECT seq FROM batches WHERE kind = ? AND day = ? AND seq BETWEEN ? AND ?)",
                place,
            )
    return written


def _merge(connection: sqlite3.Connection, journal_path: Path, now_s: float) -> int:
    """Make one file of the small ones where a kind and day has gathered MERGE_AT; return how many were merged away."""
    crowded = connection.execute(
        "SELECT kind, day FROM files WHERE retired_at IS NULL GROUP BY kind, day HAVING count(*) >= ?"
        " ORDER BY day, kind",
        (MERGE_AT,),
    ).fetchall()
    merged = 0
    for kind, day in crowded:
        files = live_files(connection, kind, day, day)
        for portion in _portions([file.rows for file in files]):
            parts = files[portion.start : portion.stop]
            if len(parts) < MERGE_AT:
                continue
            rows = scan(journal_path, parts).collect()
            whole = _write(journal_path, (kind, day, parts[0].first_seq, parts[-1].last_seq), rows)
            with transaction(connection):
                _catalogue(connection, whole)
                connection.executemany(
                    "UPDATE files SET retired_at = ? WHERE path = ?", [(now_s, part.path) for part in parts]
                )
            merged += len(parts)
    return merged


def _portions(rows: Sequence[int]) -> list[range]:
    """Return consecutive index ranges whose rows add up to at most ROWS_IN_HAND (one item may exceed it alone)."""
    portions, start, held = [], 0, 0
    for index, count in enumerate(rows):
        if index > start and held + count > ROWS_IN_HAND:
            portions.append(range(start, index))
            start, held = index, 0
        held += count
    if start < len(rows):
        portions.append(range(start, len(rows)))
    return portions


def _write(journal_path: Path, place: tuple[str, str, int, int], rows: pl.DataFrame) -> File:
    """Write numbered rows as one durable file of the lake, sorted for look-ups, and return its catalogue entry."""
    kind, day, first_seq, last_seq = place
    lake_path = lake_folder(journal_path)
    path = lake_path / f"kind={kind}" / f"day={day}" / f"{first_seq:012d}-{last_seq:012d}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    rows = rows.sort(*SORT_KEYS.get(kind, ()), SEQ, ROW)
    with named(draft):
        rows.write_parquet(draft, compression="zstd", row_group_size=ROW_GROUP)
    flush(draft)
    digest = hashlib.sha256(draft.read_bytes()).digest()
    draft.replace(path)
    for folder in (path.parent, path.parent.parent, lake_path, lake_path.parent):
        flush(folder)
    relative = path.relative_to(lake_path).as_posix()
    return File(relative, kind, day, rows.height, first_seq, last_seq, digest)


def flush(path: Path) -> None:
    """Bring a file or a folder to the disk (fsync)."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _catalogue(connection: sqlite3.Connection, file: File) -> None:
    connection.execute(
        "INSERT INTO files (path, kind, day, rows, first_seq, last_seq, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (file.path, file.kind, file.day, file.rows, file.first_seq, file.last_seq, file.sha256),
    )


def _unlink_rested(connection: sqlite3.Connection, journal_path: Path, now_s: float) -> int:
    """Unlink the merged-away files that have rested long enough; return how many."""
    rested = connection.execute("SELECT path FROM files WHERE retired_at <= ?", (now_s - REST_S,)).fetchall()
    for (path,) in rested:
        (lake_folder(journal_path) / path).unlink(missing_ok=True)
    with transaction(connection):
        connection.executemany("DELETE FROM files WHERE path = ?", rested)
    return len(rested)


def _remove_orphans(connection: sqlite3.Connection, journal_path: Path) -> None:
    """Unlink files that no catalogue entry names: what a kill left between a rename and its entry."""
    folder = lake_folder(journal_path)
    known = {path for (path,) in connection.execute("SELECT path FROM files").fetchall()}
    for path in [*folder.rglob("*.parquet"), *folder.rglob("*.part")]:
        if path.relative_to(folder).as_posix() not in known:
            path.unlink()
