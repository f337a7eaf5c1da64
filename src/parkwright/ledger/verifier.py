"""Verify an exported ledger bundle with the Python standard library alone; a copy travels in every bundle.

Run it as `python verifier.py BUNDLE [--head HEX]`. It re-computes every content hash and every link of the hash
chain and the Merkle root over all rows, counts the rows, and adds up every journal. It answers exit status 0 and one
line, or 1 and one line for each thing that is wrong, naming the batch, the file and the row.

A bundle holds `manifest.json` (the header of every batch between the first and the last, disclosed or not), one CSV
file for each disclosed batch, beside it the first bytes of each row's hash, by which a changed row is named, and
`csv-metadata.json`, which says what each column means (JSON-LD, W3C CSV on the Web). Give `--head` from a place the
bundle's sender does not control, for example a published daily head: the chain alone shows that a bundle is whole, the
head shows that it is the right one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

FORMAT = "parkwright-bundle-2"
HEADER = ("seq", "source", "epoch", "sequence", "kind", "day", "rows", "recorded_at")
GENESIS = bytes(32)
MANIFEST = "manifest.json"
MARK = 8
"""Bytes of a row's hash that a bundle holds to name a changed row; the root over whole hashes is the proof."""
NAMED = 5
"""Most changed rows of a file that are named."""
ROWS_ALONE = 1_000_000
"""Rows up to which one process checks a bundle: some seconds."""
BATCHES_AT_ONCE = 8
"""Batches that a process is given at a time: of a park, about a day."""
Sums = dict[tuple[str, str, str], tuple[int, str]]
"""What a journal, commodity and view sum to, and the place of a posting of it."""


@dataclass(frozen=True)
class Verdict:
    """What a verification found.

    failures: one line for each thing that is wrong (empty when the bundle is sound). head: the last link, in hex.
    """

    failures: tuple[str, ...]
    batches: int
    disclosed: int
    rows: int
    journals: int
    head: str


def link(previous: bytes, header: Mapping[str, object], content_sha256: bytes) -> bytes:
    """Return the chain's next link: SHA-256 of previous link, content hash and canonical JSON of the header.

    previous, content_sha256: 32 bytes each; header: the fields of HEADER. Both hashes have a fixed length and stand
    first, so that no two different inputs give the same bytes to hash (Haber & Stornetta 1991, linking).
    """
    return hashlib.sha256(previous + content_sha256 + canonical_json(header)).digest()


def canonical_json(value: object) -> bytes:
    """Return JSON with sorted keys, no blanks and ASCII only: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def seal(manifest: Mapping[str, object]) -> str:
    """Return the SHA-256 [hex] of a manifest without its own seal."""
    return hashlib.sha256(canonical_json({k: v for k, v in manifest.items() if k != "seal"})).hexdigest()


def records(content: bytes) -> list[bytes]:
    """Return the rows of a CSV file as bytes, the heading first; a line break between quotes does not end a row."""
    if b'"' not in content:
        lines = content.split(b"\n")
        return lines if lines[-1] else lines[:-1]
    found: list[bytes] = []
    held: list[bytes] = []
    quotes = 0
    for line in content.split(b"\n"):
        held.append(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            found.append(b"\n".join(held))
            held, quotes = [], 0
    if held:
        found.append(b"\n".join(held))
    return found[:-1] if found and not found[-1] else found


def fields(content: bytes) -> list[list[str]]:
    """Return the fields of each row of a CSV file, the heading's first.

    Raises UnicodeDecodeError or csv.Error when it is no CSV text in UTF-8.
    """
    text = content.decode("utf-8")
    if '"' in text or "\r" in text:
        return list(csv.reader(io.StringIO(text, newline="")))
    return [line.split(",") if line else [] for line in text.removesuffix("\n").split("\n")] if text else []


def leaves_of(content: bytes) -> list[bytes]:
    """Return the hashes of a CSV file's rows, the heading's first, 32 bytes each.

    References: RFC 6962, 2.1 (leaves and nodes are told apart by their first byte).
    """
    sha256 = hashlib.sha256
    return [sha256(b"\0" + record).digest() for record in records(content)]


def merkle_root(leaves: list[bytes]) -> bytes:
    """Return the root of a hash tree over leaves of 32 bytes (RFC 6962, 2.1); of no leaf, the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level, sha256 = leaves, hashlib.sha256
    while len(level) > 1:
        each = iter(level)
        pairs = [sha256(b"\1" + left + right).digest() for left, right in zip(each, each, strict=False)]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
    return level[0]


def marks_name(file: str) -> str:
    """Return the name of the file that holds the marks of a CSV file's rows."""
    return file.removesuffix(".csv") + ".rows"


def verify(folder: Path, head: str | None = None) -> Verdict:
    """Return the verdict on the bundle in `folder`; nothing in it is trusted, nothing is changed.

    head: the last link [hex] that the bundle must end with, known from elsewhere; None to accept any.
    """
    try:
        manifest = _manifest(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Verdict((f"{MANIFEST}: cannot be used: {error}",), 0, 0, 0, 0, "")
    failures: list[str] = []
    batches = manifest["batches"]
    try:
        failures.extend(_chain_failures(manifest, head))
        sums: Sums = {}
        for found, parts in _checked(folder, [batch for batch in batches if batch["file"] is not None]):
            failures.extend(found)
            for key, (part, place) in parts.items():
                sums[key] = (sums.get(key, (0, ""))[0] + part, place)
        failures.extend(
            f"{place}: journal {key[0]}, {key[1]}, {key[2]} sums to {total}, not to 0"
            for key, (total, place) in sums.items()
            if total
        )
        failures.extend(_stranger_failures(folder, manifest))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        failures.append(f"{MANIFEST}: is not of the format {FORMAT}: {type(error).__name__}: {error}")
        return Verdict(tuple(failures), len(batches), 0, 0, 0, "")
    disclosed = [batch for batch in batches if batch["file"] is not None]
    rows = sum(batch["rows"] for batch in disclosed)
    return Verdict(
        tuple(failures), len(batches), len(disclosed), rows, len({k[0] for k in sums}), str(manifest["head"])
    )


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest; raises ValueError when a byte of it differs from what its seal and its form allow."""
    raw = (folder / MANIFEST).read_bytes()
    manifest = json.loads(raw)
    if manifest["format"] != FORMAT:
        raise ValueError(f"format is {manifest['format']!r}, this verifier reads {FORMAT!r}")
    if seal(manifest) != manifest["seal"]:
        raise ValueError("its content does not match its seal")
    if canonical_json(manifest) + b"\n" != raw:
        raise ValueError("it was rewritten: its bytes are not canonical JSON")
    return dict(manifest)


def _chain_failures(manifest: Mapping[str, Any], head: str | None) -> Iterator[str]:
    previous = bytes.fromhex(manifest["previous"])
    expected = manifest["batches"][0]["seq"] if manifest["batches"] else 0
    for batch in manifest["batches"]:
        seq = batch["seq"]
        if seq != expected:
            yield f"batch {seq}: batch {expected} is missing before it"
        header = {name: batch[name] for name in HEADER}
        link_now = link(previous, header, bytes.fromhex(batch["content_sha256"]))
        if link_now.hex() != batch["hash"]:
            yield f"batch {seq}: its link does not follow from its header, its content hash and the link before"
        previous = bytes.fromhex(batch["hash"])
        expected = seq + 1
    roots = [bytes.fromhex(batch["merkle_root"]) for batch in manifest["batches"] if batch["file"] is not None]
    if merkle_root(roots).hex() != manifest["merkle_root"]:
        yield f"{MANIFEST}: merkle_root is not the root over those of its files"
    if previous.hex() != manifest["head"]:
        yield f"{MANIFEST}: head is {manifest['head']}, the last batch links to {previous.hex()}"
    if head is not None and head != manifest["head"]:
        yield f"{MANIFEST}: head is {manifest['head']}, expected {head}"


def _checked(folder: Path, batches: list[dict[str, Any]]) -> Iterator[tuple[list[str], Sums]]:
    """Yield what each disclosed batch has wrong and what its journals sum to, in order; many rows on all cores."""
    if sum(batch["rows"] for batch in batches) <= ROWS_ALONE:
        yield from (_check(folder, batch) for batch in batches)
        return
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(_check, folder), batches, chunksize=BATCHES_AT_ONCE)


def _check(folder: Path, batch: dict[str, Any]) -> tuple[list[str], Sums]:
    sums: Sums = {}
    return list(_batch_failures(folder, batch, sums)), sums


def _batch_failures(folder: Path, batch: Mapping[str, Any], sums: Sums) -> Iterator[str]:
    """Yield what is wrong with one disclosed batch, and add its postings to `sums`."""
    name = f"batch {batch['seq']}, {batch['file']}"
    path = folder / batch["file"]
    if not path.resolve().is_relative_to(folder.resolve()):
        yield f"{name}: lies outside the bundle"
        return
    try:
        content = path.read_bytes()
    except OSError as error:
        yield f"{name}: cannot be read: {error.strerror}"
        return
    yield from _row_failures(folder, batch, name, content)
    try:
        rows = fields(content)
    except (UnicodeDecodeError, csv.Error) as error:
        yield f"{name}: is no CSV text: {error}"
        return
    if len(rows) - 1 != batch["rows"]:
        yield f"{name}: holds {len(rows) - 1} rows, its header says {batch['rows']}"
    width = len(rows[0]) if rows else 0
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != width:
            yield f"{name}, row {number}: has {len(row)} fields, the heading has {width}"
            return
    if batch["kind"] == "postings":
        yield from _posting_failures(name, rows, sums)


def _row_failures(folder: Path, batch: Mapping[str, Any], name: str, content: bytes) -> Iterator[str]:
    """Yield that the content was changed and which rows differ from what was recorded; row 0 is the heading."""
    leaves = leaves_of(content)
    marks = folder / marks_name(batch["file"])
    known = marks.read_bytes() if marks.is_file() else b""
    if hashlib.sha256(known).hexdigest() != batch["rows_sha256"]:
        yield f"{name}: {marks.name} is missing or was changed (SHA-256 differs)"
        known = b""
    if hashlib.sha256(content).hexdigest() == batch["content_sha256"]:
        if merkle_root(leaves).hex() != batch["merkle_root"]:
            yield f"{name}: its rows do not have the Merkle root of the manifest"
        return
    yield f"{name}: its content was changed (SHA-256 differs)"
    recorded = [known[at : at + MARK] for at in range(0, len(known), MARK)]
    pairs = zip(leaves, recorded, strict=False)
    changed = [number for number, (now, then) in enumerate(pairs) if now[:MARK] != then]
    changed += range(min(len(leaves), len(recorded)), max(len(leaves), len(recorded)) if known else 0)
    for number in changed[:NAMED]:
        yield f"{name}, row {number}: is not the row that was recorded"


def _posting_failures(name: str, rows: list[list[str]], sums: Sums) -> Iterator[str]:
    column = {title: index for index, title in enumerate(rows[0])} if rows else {}
    try:
        keys = (column["journal_id"], column["commodity"], column["view"])
        quantity = column["quantity"]
    except KeyError as error:
        yield f"{name}: postings without the column {error}"
        return
    journal, commodity, view = keys
    for number, row in enumerate(rows[1:], start=1):
        key = (row[journal], row[commodity], row[view])
        try:
            amount = int(row[quantity])
        except ValueError:
            yield f"{name}, row {number}: quantity {row[quantity]!r} is no integer"
            continue
        total, place = sums.get(key) or (0, f"{name}, row {number}")
        sums[key] = (total + amount, place)


def _stranger_failures(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files that the manifest does not name, and those beside the facts that were changed."""
    named = [batch["file"] for batch in manifest["batches"] if batch["file"] is not None]
    known = {MANIFEST, *named, *(marks_name(name) for name in named), *manifest["files"]}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in known:
            yield f"{name}: is not in the manifest"
    for name, digest in sorted(manifest["files"].items()):
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{name}: is missing or was changed (SHA-256 differs)"


def main(arguments: list[str]) -> int:
    """Verify the bundle named in `arguments`, say what was found, and return 0 (sound), 1 (not) or 2 (usage)."""
    head = None
    if "--head" in arguments[:-1]:
        at = arguments.index("--head")
        head = arguments[at + 1]
        arguments = arguments[:at] + arguments[at + 2 :]
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python verifier.py BUNDLE [--head HEX]\n")
        return 2
    verdict = verify(Path(arguments[0]), head)
    if verdict.failures:
        sys.stdout.write("".join(f"{failure}\n" for failure in verdict.failures))
        sys.stdout.write(f"NOT SOUND: {len(verdict.failures)} findings in {verdict.batches} batches\n")
        return 1
    sys.stdout.write(
        f"sound: {verdict.batches} batches linked, {verdict.disclosed} disclosed with {verdict.rows} rows, "
        f"{verdict.journals} journals sum to 0, head {verdict.head}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
