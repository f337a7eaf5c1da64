"""Prove a ledger: read every row again and compute every hash and every link of the chain anew."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from parkwright.ledger.facts import GENESIS, HEADER, content_sha256, decode, link, table_of
from parkwright.model.errors import LedgerError
from parkwright.store import lake
from parkwright.store.database import connect, lake_folder, named


def failures(journal_path: Path) -> list[str]:
    """Return one line for each batch, file or source that is not as it was written; an empty list when all is sound.

    Raises LedgerError when the ledger's file cannot be read at all.
    """
    connection = connect(journal_path, write=False)
    try:
        with named(journal_path):
            connection.execute("BEGIN")
            contents: dict[int, bytes] = {}
            pages = connection.execute("PRAGMA integrity_check").fetchall()
            found = [f"{journal_path}: {line}" for (line,) in pages if line != "ok"]
            found.extend(_file_failures(connection, journal_path, contents))
            found.extend(_blob_failures(connection, contents))
            found.extend(_chain_failures(connection, contents))
            found.extend(_source_failures(connection))
    finally:
        connection.close()
    return found


def _file_failures(connection: sqlite3.Connection, journal_path: Path, contents: dict[int, bytes]) -> Iterator[str]:
    """Yield damaged files, and note the content hash of every batch that lies in a sound one."""
    partitions = connection.execute("SELECT DISTINCT kind, day FROM files ORDER BY day, kind").fetchall()
    for kind, day in partitions:
        for file in lake.live_files(connection, kind, day, day):
            path = lake_folder(journal_path) / file.path
            if not path.is_file():
                yield f"file {file.path}: is missing"
                continue
            if hashlib.sha256(path.read_bytes()).digest() != file.sha256:
                yield f"file {file.path}: was changed (SHA-256 differs)"
            try:
                found = lake.batches(journal_path, [file], None)
            except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
                yield f"file {file.path}: cannot be read: {error}"
                continue
            for seq, rows in found.items():
                if seq in contents:
                    yield f"batch {seq}: is in two files, one is {file.path}"
                contents[seq] = content_sha256(rows)


def _blob_failures(connection: sqlite3.Connection, contents: dict[int, bytes]) -> Iterator[str]:
    """Yield damaged blobs, and note the content hash of the others."""
    for seq, blob, digest in connection.execute("SELECT seq, arrow, arrow_sha256 FROM blobs ORDER BY seq"):
        if seq in contents:
            yield f"batch {seq}: is in the journal and in a file"
        if hashlib.sha256(blob).digest() != digest:
            yield f"batch {seq}: its stored bytes were changed (SHA-256 differs)"
        try:
            contents[seq] = content_sha256(decode(blob))
        except LedgerError as error:
            yield f"batch {seq}: {error}"


def _chain_failures(connection: sqlite3.Connection, contents: Mapping[int, bytes]) -> Iterator[str]:
    """Yield batches whose content or link is not what the chain says."""
    previous, expected = GENESIS, 1
    for row in connection.execute("SELECT * FROM batches ORDER BY seq"):
        header = dict(zip(HEADER, row, strict=False))
        seq = int(row[0])
        stated_content, stated_previous, stated = (bytes(value) for value in row[len(HEADER) :])
        place = f"batch {seq} ({header['source']} {header['sequence']}, {header['kind']} of {header['day']})"
        if seq != expected:
            yield f"{place}: batch {expected} is missing before it"
        content = contents.get(seq)
        if content is None and header["rows"] == 0:
            content = content_sha256(table_of(str(header["kind"])).empty())
        if content is None:
            yield f"{place}: its rows are missing"
        elif content != stated_content:
            yield f"{place}: its rows were changed (SHA-256 differs)"
        if previous != stated_previous or link(previous, header, stated_content) != stated:
            yield f"{place}: its link does not follow from the batch before"
        previous, expected = stated, seq + 1


def _source_failures(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield sources whose batches do not run from 0 to their high-water, once each."""
    marks = {(source, epoch): mark for source, epoch, mark in connection.execute("SELECT * FROM high_water")}
    counted = connection.execute(
        "SELECT source, epoch, min(sequence), max(sequence), count(*), count(DISTINCT sequence)"
        " FROM batches GROUP BY source, epoch ORDER BY source, epoch"
    )
    for source, epoch, low, high, count, different in counted:
        mark = marks.pop((source, epoch), None)
        if (low, high, different, mark) != (0, count - 1, count, high):
            yield f"source {source}, epoch {epoch}: batches {low} to {high}, {count} of them, high-water {mark}"
    for (source, epoch), mark in marks.items():
        yield f"source {source}, epoch {epoch}: high-water {mark} without a batch"
