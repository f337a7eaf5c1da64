"""Read the files of a park folder into records that know where they stand."""

from __future__ import annotations

import csv
import io
import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parkwright.model.errors import Finding
from parkwright.store.locate import Locator

MAX_BYTES = 64 * 1024 * 1024
"""A larger file of a park folder is taken for a mistake (a year at 1 min is 20 MB)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: its file, and its row (CSV) or its path in the document (TOML)."""

    file: str
    row: int = 0
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """The raw fields of one noun with the place where they stand; not whole when a finding says it is unusable."""

    place: Place
    fields: Mapping[str, Any]
    whole: bool = True


@dataclass
class Reader:
    """Reads the files of one folder and gathers what is wrong with them.

    texts: file name -> decoded text of what was read. seen: names of all files that were read.
    """

    folder: Path
    findings: list[Finding] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    _locators: dict[str, Locator] = field(default_factory=dict)

    def report(self, place: Place, thing: str, found: str, way_out: str, key: str | Sequence[str | int] = ()) -> None:
        """Add a finding about `thing` at `place`; `key` names the field of a TOML table."""
        keys = (key,) if isinstance(key, str) else tuple(key)
        row = place.row or self._row((*place.path, *keys), place.file)
        finding = Finding(place.file, row, thing, found, way_out)
        if finding not in self.findings:
            self.findings.append(finding)

    def _row(self, path: tuple[str | int, ...], file: str) -> int:
        """Return the line of a value of a TOML file; 0 for any other file."""
        if not file.endswith(".toml") or file not in self.texts or not path:
            return 0
        if file not in self._locators:
            self._locators[file] = Locator(self.texts[file])
        return self._locators[file].row(path)

    def text(self, name: str) -> str | None:
        """Return the text of the file, or None (with a finding) when it cannot be read as UTF-8 text."""
        path = self.folder / name
        place = Place(name)
        if not path.is_file():
            self.report(place, name, "is no file", "give a plain file of this name or leave it out")
            return None
        try:
            size = path.stat().st_size
            if size > MAX_BYTES:
                self.report(place, name, f"has {size:,} bytes", f"give at most {MAX_BYTES:,} bytes")
                return None
            data = path.read_bytes()
        except OSError as error:
            self.report(place, name, f"cannot be read ({error.strerror})", "make it readable for this user")
            return None
        if b"\0" in data:
            self.report(place, name, "is binary", "give a UTF-8 text file")
            return None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            row = data.count(b"\n", 0, error.start) + 1
            self.report(
                Place(name, row), name, f"byte {data[error.start]:#04x} is not UTF-8", "save the file as UTF-8 text"
            )
            return None
        self.texts[name] = text
        self.seen.add(name)
        return text

    def toml(self, name: str) -> dict[str, Any] | None:
        """Return the tables of a TOML file; None (with a finding) when it does not parse."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            row = _row_of(str(error))
            self.report(Place(name, row), name, f"is no TOML ({_without_row(str(error))})", "mend the line")
        except RecursionError:
            self.report(Place(name), name, "is nested too deeply", "give tables of the documented fields only")
        return None

    def csv(self, name: str, columns: Mapping[str, bool]) -> list[Record] | None:
        """Return the rows of a CSV file whose header holds only `columns` (name -> required).

        An empty cell is left out of its record; a row with too many or too few cells is a finding and not whole.
        None (with a finding) when the file cannot be read to its end.
        """
        text = self.text(name)
        if text is None:
            return None
        records: list[Record] = []
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            header = [cell.strip() for cell in next(lines, [])]
            if not self._header(name, header, columns):
                return None
            last = lines.line_num
            for cells in lines:
                place, last = Place(name, last + 1), lines.line_num
                if not any(cell.strip() for cell in cells):
                    continue
                whole = len(cells) == len(header)
                if not whole:
                    way_out = f"give {len(header)} as in the header, in quotes where one holds a comma"
                    self.report(place, "row", f"has {len(cells)} cells", way_out)
                filled = {key: cell.strip() for key, cell in zip(header, cells, strict=False) if cell.strip()}
                records.append(Record(place, filled, whole))
        except csv.Error as error:
            self.report(Place(name, lines.line_num), name, f"is no CSV ({error})", "mend the line and its quotes")
            return None
        return records

    def _header(self, name: str, header: list[str], columns: Mapping[str, bool]) -> bool:
        place = Place(name, 1)
        known = ", ".join(columns)
        before = len(self.findings)
        for column in dict.fromkeys(header):
            if column not in columns:
                self.report(place, f"column '{column}'", "unknown column", f"use {known}")
            if header.count(column) > 1:
                self.report(place, f"column '{column}'", f"stands {header.count(column)} times", "keep one")
        for column, required in columns.items():
            if required and column not in header:
                self.report(place, f"column '{column}'", "missing column", "add it to the header and to each row")
        return len(self.findings) == before


def _row_of(message: str) -> int:
    """Return the line number that a TOML error names; 0 when it names none."""
    words = message.replace(",", " ").replace(")", " ").split()
    for before, after in itertools.pairwise(words):
        if before == "line" and after.isdigit():
            return int(after)
    return 0


def _without_row(message: str) -> str:
    return message.split(" (at ", maxsplit=1)[0]
