"""Read and write the folder of an energy case: case.toml (assets) and series.csv (loads and prices)."""

from __future__ import annotations

import csv
import io
import json
import sys
import tomllib
from pathlib import Path

from pydantic import ValidationError

from parkwright.energy.case import CASE_NOUNS, COLUMNS, Case, CaseError, Series, series
from parkwright.model.noun import Noun
from parkwright.store.document import field_rows
from parkwright.store.explain import explain

CASE_FILE = "case.toml"
SERIES_FILE = "series.csv"

_HEADS = {
    "Case": "top of the file",
    "CaseGrid": "[grid]",
    "CaseBattery": "[[battery]]",
    "CaseTank": "[[tank]]",
    "CaseHeatPump": "[[heat_pump]]",
    "CaseBoiler": "[[boiler]]",
    "CaseFlexible": "[[flexible]]",
    "CaseJob": "[[job]]",
}


def read(folder: Path) -> tuple[Case, Series]:
    """Return the case and the series of a folder.

    Raises CaseError, one line that names the file, the place, the finding and the way out, when one of the files is
    missing or cannot be used.
    """
    case = _case(folder / CASE_FILE)
    rows = list(csv.reader(io.StringIO(_text(folder / SERIES_FILE), newline="")))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise CaseError(f"{SERIES_FILE}: is empty; give a header and a row for each step")
    return case, series([cell.strip() for cell in rows[0]], rows[1:], case)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CaseError(
            f"{path}: {error.strerror}; a case is a folder with {CASE_FILE} and {SERIES_FILE}, "
            "parkwright energy golden writes one"
        ) from error
    except UnicodeDecodeError as error:
        raise CaseError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8 text") from error


def _case(path: Path) -> Case:
    try:
        found = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"{path.name}: is no TOML ({error}); mend the line") from error
    try:
        return Case.model_validate(found)
    except ValidationError as error:
        found_wrong = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")[0]
        place, what, way_out = explain(Case, found_wrong)
        way_out = way_out.removeprefix("value error, ")
        named = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
        raise CaseError(f"{path.name}: {named}: {what}; {way_out}") from error


def write(folder: Path, case: Case, given: Series) -> None:
    """Write a case into a new or empty folder; numbers come back bit for bit.

    Raises CaseError when the folder holds something already or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CaseError(f"{folder}: is not empty; give a folder of its own for the case")
        (folder / CASE_FILE).write_text(_toml(case), "utf-8")
        with (folder / SERIES_FILE).open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["start", *given.columns])
            numbers = [column.tolist() for column in given.columns.values()]
            out.writerows(zip((start.isoformat() for start in given.starts), *numbers, strict=True))
    except OSError as error:
        raise CaseError(f"{folder}: {error.strerror}; give a folder that can be written") from error


def _toml(case: Case) -> str:
    """Return a case as TOML; fields at their default are left out."""
    tables = case.model_dump(exclude_defaults=True)
    lines = [f"{name} = {_value(value)}" for name, value in tables.items() if not isinstance(value, dict | tuple)]
    for name, value in tables.items():
        many = value if isinstance(value, tuple) else (value,) if isinstance(value, dict) else ()
        for table in many:
            lines += ["", f"[[{name}]]" if isinstance(value, tuple) else f"[{name}]"]
            lines += [f"{key} = {_value(one)}" for key, one in table.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    return f"[{', '.join(_value(one) for one in value)}]" if isinstance(value, tuple) else json.dumps(value)


def document() -> str:
    """Return docs/look-up/energy-case.md: every file, field, unit, bound and default of a case."""
    columns = "\n".join(f"| `{name}` | {unit} | {text} |" for name, (unit, text) in COLUMNS.items())
    tables = "\n".join(_table(noun) for noun in CASE_NOUNS)
    return f"""\
# The energy case

<!-- Written by parkwright.store.energy_case.document() from the model; change the model, then write it again. -->

A case is a folder with `{CASE_FILE}`, the assets of a site, and `{SERIES_FILE}`, its loads and prices.
`parkwright energy solve CASE_DIR` finds the cheapest way to run it; `parkwright energy golden DIR` writes one to start
from. Powers lie on the side of the site; prices are per kilowatt-hour; unknown keys and columns are refused. Stores
that open, end or rest outside their limits are held to them and the answer says so; everything else that cannot be is
refused by file, row and column. What is left out is not there: a series without `heat_kw` needs no heat.

## {SERIES_FILE}

UTF-8 with a header, one row a step, all steps of one length and none left out. On days when clocks change, write starts
with their offset.

| column | unit | meaning |
|---|---|---|
{columns}

## {CASE_FILE}

{tables}"""


def _table(noun: type[Noun]) -> str:
    lines = [f"### {_HEADS[noun.__name__]}", "", " ".join((noun.__doc__ or "").split()), ""]
    lines += ["| field | type | unit | default | bounds | meaning |", "|---|---|---|---|---|---|"]
    for name, info in noun.model_fields.items():
        lines += field_rows(name, info, in_csv=False)
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.stdout.write(document())
