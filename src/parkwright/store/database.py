"""The SQLite file of a ledger: its schema, how it is opened, and its errors in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from parkwright.model.errors import LedgerError

SCHEMA_VERSION = 1
BUSY_MS = 30_000

# A batch's header stays for ever (it is the chain); its rows wait in `blobs` as Arrow until they are in a file.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    seq INTEGER PRIMARY KEY, source TEXT NOT NULL, epoch TEXT NOT NULL, sequence INTEGER NOT NULL,
    kind TEXT NOT NULL, day TEXT NOT NULL, rows INTEGER NOT NULL, recorded_at TEXT NOT NULL,
    content_sha256 BLOB NOT NULL, prev_hash BLOB NOT NULL, hash BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS batches_kind_day ON batches (kind, day);
CREATE TABLE IF NOT EXISTS blobs (
    seq INTEGER PRIMARY KEY REFERENCES batches (seq), arrow BLOB NOT NULL, arrow_sha256 BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS high_water (
    source TEXT NOT NULL, epoch TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (source, epoch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, kind TEXT NOT NULL, day TEXT NOT NULL, rows INTEGER NOT NULL, first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL, sha256 BLOB NOT NULL, retired_at REAL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_kind_day ON files (kind, day, first_seq);
"""


def lake_folder(journal_path: Path) -> Path:
    """Return the folder of Parquet files that belongs to the journal at `journal_path`: `name.db` -> `name.lake`."""
    return journal_path.with_name(f"{journal_path.stem}.lake")


def connect(path: Path, *, write: bool, make: bool = False) -> sqlite3.Connection:
    """Return a connection to the ledger's file in autocommit mode; `make` makes the file and its schema.

    WAL with synchronous FULL: a commit that returned survives a power cut (SQLite documentation, "WAL", 2.2).
    Raises LedgerError when there is no ledger to read, or the file is damaged or of another version.
    """
    if not make and not path.is_file():
        raise LedgerError(f"{path}: there is no ledger here yet; run a day of the park first")
    with named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        try:
            _prepare(connection, path, write=write, make=make)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, *, write: bool, make: bool) -> None:
    if write:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and make:
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version == 0:
        raise LedgerError(f"{path}: there is no ledger in this file; run a day of the park first")
    elif version != SCHEMA_VERSION:
        raise LedgerError(
            f"{path}: is a ledger of version {version}, this program reads {SCHEMA_VERSION}; use the one that wrote it"
        )
    if not write:
        connection.execute("PRAGMA query_only = ON")


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Turn errors of SQLite, Parquet and the file system into one LedgerError that names `path` and the way out."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise LedgerError(f"{path}: {error}; {_way_out(error)}") from error
    except pl.exceptions.PolarsError as error:
        raise LedgerError(f"{path}: {' '.join(str(error).split())}; {_way_out(error)}") from error
    except OSError as error:
        raise LedgerError(f"{error.filename or path}: {error.strerror}; {_way_out(error)}") from error


def _way_out(error: Exception) -> str:
    text = str(error)
    if "full" in text or "No space" in text or "too large" in text or "disk I/O" in text:
        return "nothing of this batch was stored; free space on this disk and send it again"
    if "locked" in text:
        return "another process writes to this ledger; stop it first"
    if "malformed" in text or "not a database" in text:
        return "the file is damaged: set it aside and restore a backup"
    return "check the folder and its rights, then send the batch again"


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block as one immediate transaction: all of it is durable at the end, or none of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
