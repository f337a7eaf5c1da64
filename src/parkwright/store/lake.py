"""The Parquet lake: closed days of the journal as files, listed in the journal's catalogue and nowhere else.

Partitions are `kind=K/day=D`; the rows of a file are sorted for look-ups (unit, account, signal) and keep the place
of their batch (`_seq`) and their row in it (`_row`), so that a reader gets them as recorded and the chain can be
verified from the files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from parkwright.ledger.facts import decode, table_of
from parkwright.store.database import lake_folder

SEQ = "_seq"
ROW = "_row"
Blob = tuple[int, bytes]


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


def scan(journal_path: Path, files: Sequence[File]) -> pl.LazyFrame:
    """Return the numbered rows of `files` (at least one), to be filtered by their statistics before they are read."""
    folder = lake_folder(journal_path)
    return pl.scan_parquet([folder / file.path for file in files], hive_partitioning=False)


def as_recorded(rows: pl.DataFrame) -> pl.DataFrame:
    """Return numbered rows in order of recording, without their numbers."""
    return rows.sort(SEQ, ROW).drop(SEQ, ROW)


def batches(journal_path: Path, files: Sequence[File], seqs: Sequence[int]) -> dict[int, pl.DataFrame]:
    """Return {seq: rows as recorded} of the batches in `seqs` that lie in `files`; one without rows has no entry."""
    found: dict[int, pl.DataFrame] = {}
    for file in files:
        rows = scan(journal_path, [file]).filter(pl.col(SEQ).is_in(seqs)).collect().sort(SEQ, ROW)
        for (seq,), frame in rows.partition_by(SEQ, as_dict=True, include_key=False).items():
            found[int(seq)] = frame.drop(ROW)
    return found
