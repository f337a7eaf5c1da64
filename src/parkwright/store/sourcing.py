"""The tables of a park's carbon book: sourcing.csv, the chain behind it, earlier inventories of the green."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from parkwright.carbon.chain import Exchange, Process
from parkwright.carbon.footprint import Sourcing
from parkwright.model.errors import LedgerError
from parkwright.model.site import Tree

SOURCING, PROCESSES, EXCHANGES = "sourcing.csv", "processes.csv", "exchanges.csv"
GREEN = "green-"
"""How the name of an earlier inventory of the green begins; the day on which it was taken follows, and .csv."""
BASIS = ("cited:", "derived:", "assumed:")


@dataclass(frozen=True, slots=True)
class Chain:
    """What a park knows of the processes behind its materials."""

    processes: tuple[Process, ...]
    exchanges: tuple[Exchange, ...]


R = TypeVar("R", Sourcing, Process, Exchange, Tree)


def sourcing(book: Path) -> Mapping[str, Sourcing]:
    """Return the rows of a book's sourcing.csv by material; none where there is no such file.

    Raises LedgerError that names file, row and field when a row cannot be used or a material comes twice.
    """
    return _by_id(book / SOURCING, Sourcing, lambda row: row.material_id)


def chain(book: Path) -> Chain:
    """Return the processes and exchanges of a book; empty where there are no such files.

    Raises LedgerError that names file, row and field when a row cannot be used, a process comes twice, or an exchange
    names none.
    """
    processes = _by_id(book / PROCESSES, Process, lambda row: row.id)
    exchanges = []
    for place, row in _rows(book / EXCHANGES, Exchange):
        for name in (row.user_id, row.input_id):
            if name not in processes:
                raise LedgerError(f"{place}: process {name!r} is unknown; add it to {PROCESSES}")
        exchanges.append(row)
    return Chain(tuple(processes.values()), tuple(exchanges))


def earlier_green(book: Path) -> Mapping[date, tuple[Tree, ...]]:
    """Return the park's green as it was taken on earlier days, by day, from a book's green-YYYY-MM-DD.csv.

    Raises LedgerError that names file, row and field when a name holds no day, a row cannot be used or an id comes
    twice.
    """
    found = {}
    for path in sorted(book.glob(f"{GREEN}*.csv")):
        try:
            day = date.fromisoformat(path.stem.removeprefix(GREEN))
        except ValueError as error:
            raise LedgerError(f"{path}: its name holds no day; call it {GREEN}YYYY-MM-DD.csv") from error
        found[day] = tuple(_by_id(path, Tree, lambda row: row.id).values())
    return found


def _by_id(path: Path, noun: type[R], key: Callable[[R], str]) -> Mapping[str, R]:
    found: dict[str, R] = {}
    for place, row in _rows(path, noun):
        if key(row) in found:
            raise LedgerError(f"{place}: {key(row)} comes twice; keep one row of it")
        found[key(row)] = row
    return found


def _rows(path: Path, noun: type[R]) -> Iterator[tuple[str, R]]:
    """Yield (place, row) of a CSV file whose columns are the noun's fields; nothing where there is no file."""
    if not path.exists():
        return
    try:
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8"), newline=""))
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path}: cannot be read ({error}); give CSV in UTF-8") from error
    columns = list(noun.model_fields)
    if sorted(reader.fieldnames or ()) != sorted(columns):
        raise LedgerError(f"{path}: has other columns; give {', '.join(columns)}")
    for row in reader:
        place = f"{path}:{reader.line_num}"
        if None in row or None in row.values():
            raise LedgerError(f"{place}: has not one cell a column; give {len(columns)}")
        given = {name: cell for name, cell in row.items() if cell or noun.model_fields[name].is_required()}
        try:
            found = noun.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise LedgerError(f"{place}: {field}: {first['msg']}; correct it") from error
        if not str(found.basis).startswith(BASIS):
            raise LedgerError(f"{place}: basis {found.basis!r}; begin it with cited:, derived: or assumed:")
        yield place, found
