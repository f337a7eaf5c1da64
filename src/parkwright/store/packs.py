"""Packs of emission factors: folders with a pack.toml that names each file, its SHA-256 and its terms.

A pack holds factors.csv (editions), gwp.csv (warming sets), or both. The packs of this package can be replaced: a
folder of the same name in the park's carbon/packs/ stands in for it, and any other folder there is added. Share-alike
data stays a pack of its own, so that its terms never spread.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parkwright.carbon.editions import KINDS, Edition, Library, WarmingSet, decimal_of, library
from parkwright.model.errors import LedgerError

SHIPPED = Path(__file__).parent / "packs"
"""The packs that come with the package."""
MANIFEST = "pack.toml"
FACTORS, WARMING = "factors.csv", "gwp.csv"
COLUMNS = (
    "id", "publisher", "document", "cell", "data_year", "published", "geography", "gas", "kind", "value", "unit",
    "licence", "verified",
)  # fmt: skip
"""Columns of factors.csv; none may be empty."""

SHARE_ALIKE = re.compile(r"share[ -]?alike|\bCC[ -]BY(?:-NC)?-SA\b|\bODbL\b|\bGPL\b|\bAGPL\b", re.IGNORECASE)
"""Names of licences under which what is made from data keeps their terms.

References: Creative Commons, Attribution-ShareAlike 4.0, 3(b); Open Data Commons, Open Database License 1.0, 4.4; Free
Software Foundation, GNU GPL 3.0, 5(c). Others are known by `share_alike` alone.
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was read: its editions, its warming sets and the SHA-256 over its files."""

    id: str
    title: str
    licence: str
    share_alike: bool
    editions: tuple[Edition, ...]
    warming: tuple[WarmingSet, ...]
    sha256: str


def load(folder: Path) -> Pack:
    """Return the pack of a folder.

    Raises LedgerError when a file is missing, was changed (its SHA-256 differs), or breaks its contract.
    """
    manifest = _manifest(folder)
    texts = {entry["name"]: _text(folder, entry) for entry in manifest["file"]}
    unknown = sorted(set(texts) - {FACTORS, WARMING})
    if unknown:
        raise LedgerError(f"{folder / MANIFEST}: names {', '.join(unknown)}; a pack holds {FACTORS} and {WARMING}")
    digest = hashlib.sha256((folder / MANIFEST).read_bytes())
    for entry in manifest["file"]:
        digest.update(bytes.fromhex(entry["sha256"]))
    editions = tuple(_editions(folder, texts[FACTORS])) if FACTORS in texts else ()
    _refuse_terms(folder, manifest, editions)
    return Pack(
        id=folder.name,
        title=manifest["title"],
        licence=manifest["licence"],
        share_alike=manifest["share_alike"],
        editions=editions,
        warming=tuple(_warming(folder, manifest, texts[WARMING])) if WARMING in texts else (),
        sha256=digest.hexdigest(),
    )


def of_park(park_folder: Path | None) -> list[Pack]:
    """Return the packs that a park uses, by name: those of the package, replaced and added to by carbon/packs/."""
    folders = {path.name: path for path in _folders(SHIPPED)}
    if park_folder is not None:
        folders |= {path.name: path for path in _folders(park_folder / "carbon" / "packs")}
    return [load(folders[name]) for name in sorted(folders)]


def library_of(packs: Iterable[Pack]) -> Library:
    """Return the library of some packs; raises LedgerError when two give one id different contents."""
    known = list(packs)
    return library((e for pack in known for e in pack.editions), (w for pack in known for w in pack.warming))


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if (path / MANIFEST).is_file()) if parent.is_dir() else []


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LedgerError(f"{path}: cannot be read ({error}); give a pack.toml in UTF-8") from error
    wanted = {"title": str, "licence": str, "share_alike": bool, "file": list}
    for key, kind in wanted.items():
        if not isinstance(found.get(key), kind):
            raise LedgerError(f"{path}: has no {key}; give one ({kind.__name__})")
    for entry in found["file"]:
        if not isinstance(entry, dict) or set(entry) != {"name", "sha256"} or not _is_sha256(entry["sha256"]):
            raise LedgerError(f"{path}: a [[file]] needs its name and its sha256 in hex; give both and nothing else")
    return found


def _is_sha256(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64 and all(letter in "0123456789abcdef" for letter in text)


def _text(folder: Path, entry: Mapping[str, str]) -> str:
    path = folder / Path(entry["name"]).name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LedgerError(f"{path}: cannot be read ({error.strerror}); the pack is not whole") from error
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise LedgerError(f"{path}: was changed (its SHA-256 differs from pack.toml); restore it or make a new pack")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LedgerError(f"{path}: is no UTF-8 text; save it as UTF-8") from error


def _refuse_terms(folder: Path, manifest: Mapping[str, Any], editions: Iterable[Edition]) -> None:
    """Raise LedgerError when a pack names no licence, or has share-alike data that it does not mark as such."""
    if not manifest["licence"].strip():
        raise LedgerError(f"{folder / MANIFEST}: its licence is empty; name the terms of its data")
    if manifest["share_alike"]:
        return
    terms = [("", manifest["licence"]), *((f"factor {one.id}: ", one.licence) for one in editions)]
    for thing, licence in terms:
        if SHARE_ALIKE.search(licence):
            raise LedgerError(
                f"{folder / MANIFEST}: {thing}licence {licence!r} is share-alike; keep such data in a pack of its own, "
                "with share_alike = true"
            )


def _rows(folder: Path, name: str, text: str) -> Iterable[tuple[str, dict[str, str]]]:
    """Yield (place, row) of a CSV text, each cell filled."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for row in reader:
        place = f"{folder / name}:{reader.line_num}"
        if None in row or None in row.values():
            raise LedgerError(f"{place}: has not one cell a column; give {len(reader.fieldnames or ())} cells")
        yield place, row


def _editions(folder: Path, text: str) -> Iterable[Edition]:
    for place, row in _rows(folder, FACTORS, text):
        if tuple(row) != COLUMNS:
            raise LedgerError(f"{folder / FACTORS}: has columns {', '.join(row)}; give {', '.join(COLUMNS)}")
        empty = [name for name, cell in row.items() if not cell.strip()]
        if empty:
            raise LedgerError(f"{place}: factor {row['id']!r}: no {empty[0]}; a factor without its source is no factor")
        if row["kind"] not in KINDS:
            raise LedgerError(f"{place}: factor {row['id']}: kind {row['kind']!r}; use one of {', '.join(KINDS)}")
        if row["verified"] not in ("true", "false"):
            raise LedgerError(f"{place}: factor {row['id']}: verified is {row['verified']!r}; write true or false")
        if not (row["data_year"].isdigit() and 1990 <= int(row["data_year"]) <= 2100):
            raise LedgerError(f"{place}: factor {row['id']}: data_year {row['data_year']!r}; write a year like 2023")
        value = decimal_of(row["value"], f"{place}: factor {row['id']}")
        if value < 0:
            raise LedgerError(f"{place}: factor {row['id']}: {value} is negative; give a factor of at least 0")
        same = ("id", "publisher", "document", "cell", "published", "geography", "gas", "unit", "licence")
        yield KINDS[row["kind"]](
            **{name: row[name] for name in same},
            data_year=int(row["data_year"]),
            value=value,
            verified=row["verified"] == "true",
            pack=folder.name,
        )


def _warming(folder: Path, manifest: Mapping[str, Any], text: str) -> Iterable[WarmingSet]:
    values: dict[str, dict[str, Any]] = {}
    for place, row in _rows(folder, WARMING, text):
        gas = row.pop("gas", "")
        if not gas:
            raise LedgerError(f"{place}: names no gas; give a column gas and a name in each row")
        for set_id, cell in row.items():
            if cell:
                values.setdefault(set_id, {})[gas] = decimal_of(cell, f"{place}: {gas} in {set_id}")
    described = {entry.get("id"): entry for entry in manifest.get("warming_set", ())}
    for set_id, gases in sorted(values.items()):
        if set_id not in described:
            raise LedgerError(f"{folder / MANIFEST}: has no [[warming_set]] of id {set_id}; name its document and cell")
        source = described[set_id]
        try:
            named = {key: str(source[key]) for key in ("publisher", "document", "cell")}
        except KeyError as error:
            raise LedgerError(f"{folder / MANIFEST}: warming set {set_id}: no {error}; give its source") from error
        yield WarmingSet(id=set_id, licence=manifest["licence"], values=gases, **named)
