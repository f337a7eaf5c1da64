"""Export days of a ledger as a bundle that anyone can verify with a Python interpreter and nothing of ours."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.ledger import verifier
from parkwright.ledger.facts import HEADER, canonical, decode, table_of
from parkwright.model.errors import LedgerError
from parkwright.store import lake
from parkwright.store.database import connect, named

VERIFIER = "verifier.py"
METADATA = "csv-metadata.json"
DATATYPES = {"String": "string", "Int64": "integer", "Float64": "double", "Boolean": "boolean"}
"""Polars type -> datatype of the metadata; an instant is a dateTime."""


def export(journal_path: Path, out_dir: Path, start_day: str, end_day: str) -> Path:
    """Write the batches of the days [start_day, end_day] to `out_dir` and return the path of its manifest.

    A bundle is one canonical CSV file a batch, in a folder a kind, with a mark of each row beside it; `manifest.json`
    with the header of every batch between the first and the last (of those of other days the hash alone) and the
    Merkle root over all rows, sealed; what every column means as JSON-LD; and a copy of the verifier. The same ledger
    and days give the same bytes. Raises LedgerError when `out_dir` is not empty, a day is no date, there is no ledger
    or no batch of those days, the ledger is damaged, or the disk refuses.
    """
    for day in (start_day, end_day):
        _refuse_day(day)
    connection = connect(journal_path, write=False)
    try:
        with named(out_dir):
            out_dir.mkdir(parents=True, exist_ok=True)
            if any(out_dir.iterdir()):
                raise LedgerError(f"{out_dir}: is not empty; name a new folder for the bundle")
            connection.execute("BEGIN")  # one snapshot: what is appended meanwhile is not in it
            batches, previous = _batches(connection, start_day, end_day)
            _write_contents(connection, journal_path, out_dir, batches)
            files = {VERIFIER: Path(verifier.__file__).read_bytes(), METADATA: metadata(batches)}
            for name, content in files.items():
                (out_dir / name).write_bytes(content)
            roots = [bytes.fromhex(batch["merkle_root"]) for batch in batches if batch["file"] is not None]
            manifest: dict[str, Any] = {
                "format": verifier.FORMAT,
                "start_day": start_day,
                "end_day": end_day,
                "previous": previous.hex(),
                "head": batches[-1]["hash"],
                "merkle_root": verifier.merkle_root(roots).hex(),
                "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
                "batches": batches,
            }
            manifest["seal"] = verifier.seal(manifest)
            path = out_dir / verifier.MANIFEST
            path.write_bytes(verifier.canonical_json(manifest) + b"\n")
    finally:
        connection.close()
    return path


def _refuse_day(day: str) -> None:
    try:
        exact = date.fromisoformat(day).isoformat() == day
    except ValueError:
        exact = False
    if not exact:
        raise LedgerError(f"day {day!r} is no date; write YYYY-MM-DD")


def _batches(connection: sqlite3.Connection, start_day: str, end_day: str) -> tuple[list[dict[str, Any]], bytes]:
    """Return the manifest's entries in order, and the link before the first of them."""
    rows = connection.execute(
        "WITH span AS (SELECT min(seq) low, max(seq) high FROM batches WHERE day BETWEEN ? AND ?)"
        " SELECT batches.* FROM batches, span WHERE seq BETWEEN low AND high ORDER BY seq",
        (start_day, end_day),
    ).fetchall()
    if not rows:
        raise LedgerError(f"there is no batch of {start_day} to {end_day} in this ledger; name days that were run")
    entries = []
    for row in rows:
        entry: dict[str, Any] = dict(zip(HEADER, row, strict=False))
        content, _, link = row[len(HEADER) :]
        disclosed = start_day <= entry["day"] <= end_day
        name = f"{entry['kind']}/{entry['seq']:012d}.csv" if disclosed else None
        entries.append(entry | {"content_sha256": content.hex(), "hash": link.hex(), "file": name})
    return entries, bytes(rows[0][len(HEADER) + 1])


def _write_contents(
    connection: sqlite3.Connection, journal_path: Path, out_dir: Path, batches: list[dict[str, Any]]
) -> None:
    """Write the disclosed batches' files, kind by kind and day by day, each checked against its hash."""
    waiting = {batch["seq"]: batch for batch in batches if batch["file"] is not None}
    for kind, day in sorted({(batch["kind"], batch["day"]) for batch in waiting.values()}):
        (out_dir / kind).mkdir(exist_ok=True)
        for seq, rows in _contents(connection, journal_path, kind, day):
            _write_content(out_dir, waiting.pop(seq), rows)
    for batch in waiting.values():
        _write_content(out_dir, batch, table_of(batch["kind"]).empty())


def _contents(
    connection: sqlite3.Connection, journal_path: Path, kind: str, day: str
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield (seq, rows) of the batches of one kind and day that have rows in a file or a place in the journal."""
    for file in lake.live_files(connection, kind, day, day):
        yield from lake.batches(journal_path, [file], None).items()
    blobs = connection.execute(
        "SELECT seq, arrow FROM batches JOIN blobs USING (seq) WHERE kind = ? AND day = ?", (kind, day)
    )
    for seq, blob in blobs:
        yield seq, decode(blob)


def _write_content(out_dir: Path, batch: dict[str, Any], rows: pl.DataFrame) -> None:
    content = canonical(rows)
    if hashlib.sha256(content).hexdigest() != batch["content_sha256"]:
        raise LedgerError(f"batch {batch['seq']} ({batch['kind']}): its rows were changed; restore a backup")
    leaves = verifier.leaves_of(content)
    marks = b"".join(leaf[: verifier.MARK] for leaf in leaves)
    batch["merkle_root"] = verifier.merkle_root(leaves).hex()
    batch["rows_sha256"] = hashlib.sha256(marks).hexdigest()
    (out_dir / verifier.marks_name(batch["file"])).write_bytes(marks)
    (out_dir / batch["file"]).write_bytes(content)


def metadata(batches: Sequence[Mapping[str, Any]]) -> bytes:
    """Return what the files of a bundle hold, column by column, as JSON-LD.

    References: W3C, Metadata Vocabulary for Tabular Data, 2015.
    """
    tables = [
        {
            "url": batch["file"],
            "dc:title": batch["kind"],
            "dc:temporal": batch["day"],
            "tableSchema": _schema(batch["kind"]),
        }
        for batch in batches
        if batch["file"] is not None
    ]
    found = {"@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}], "@type": "TableGroup", "tables": tables}
    return verifier.canonical_json(found) + b"\n"


def _schema(kind: str) -> dict[str, Any]:
    table = table_of(kind)
    columns = [
        {
            "name": column.name,
            "titles": column.name,
            "datatype": DATATYPES.get(str(column.dtype), "dateTime"),
            "dc:description": f"{column.text} [{column.unit}]" if column.unit else column.text,
            "required": not column.nullable,
        }
        for column in table.columns
    ]
    return {"dc:description": table.text, "columns": columns}
