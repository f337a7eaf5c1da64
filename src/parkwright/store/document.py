"""Write the documentation of a park folder from the model, so that it cannot fall behind."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from parkwright.model.noun import Text
from parkwright.model.tables import JOB_ORDERS
from parkwright.store.explain import inner_noun
from parkwright.store.layout import ORDERS_FILE, SECTIONS, WEATHER_FILE, Section
from parkwright.store.weather import HOURS, WEATHER_SCHEMA

_HEAD = """\
# The park folder

<!-- Written by parkwright.store.folder.document() from the model; change the model, then write it again. -->

A park is a folder of plain files: TOML for structure, CSV and EPW for bulk, all UTF-8. A park without a thing leaves
its file or table out. `parkwright check PARK` lists everything that is wrong with a folder in one run, each line with
file, row, finding and way out; `parkwright new DIR` makes a small folder that runs.

- Unknown files, tables, columns and keys are refused, so that a misspelt name is not passed over. Notes (`*.md`,
  `*.txt`) are free.
- Units stand in the names: `_kw`, `_kwh`, `_m2`, `_s`, `_c`, `share` (0 to 1). Power is positive into the thing named.
- Names are shown in two languages: `name = { en = "...", zh = "..." }` in TOML, columns `name_en` and `name_zh` in CSV.
- `basis` says where figures come from: one line for all fields, or a table field -> line. A line begins with `cited:`
  (publisher, year), `derived:` (from what) or `assumed:` (why).
- Identities hold letters, digits, `.`, `_` and `-`, at most 48, and are unique among what is looked up together.
- An empty CSV cell takes the default. Tables inside a table are written `[[table.inner]]` below it.
"""

_FILES = {
    "park.toml": "The park itself, its robots, its high-bay store, its orders, planning and calendar. Required.",
    "buildings.toml": "Buildings as prisms with a thermal envelope.",
    "lines.toml": "Lines with their machines in order, their planned maintenance, and the people whom they share.",
    "products.toml": "What is made, by which kind of process, for which markets.",
    "materials.csv": "Purchased materials.",
    "bills.csv": "Bills of material, one row for each component of a product.",
    "setups.csv": "Changeovers between setup families; a pair without a row takes the line's `setup_s`.",
    "suppliers.toml": "Who delivers the materials, and how late.",
    "energy.toml": "Grid connection and energy plant. Required.",
    "tariff.toml": "Time-of-use prices by edition.",
    "meters.csv": "The meter tree. Required, with one electricity meter of role import.",
    "factors.csv": "Emission factors by edition. Required.",
    "roads.toml": "Lanes of the robots.",
    "green.csv": "Inventory of trees, green roofs and green walls.",
    "points.csv": "Points of the buildings' technology: what can be read, and what may be set within which limits.",
    "imports.toml": "Files of metered data that stand in for live meters.",
}

_WORDS: dict[object, str] = {str: "text", float: "number", int: "whole number", bool: "true or false"}


def document() -> str:
    """Return docs/look-up/park-folder.md: every file, field, unit, bound and default of a park folder."""
    parts = [_HEAD]
    for file in dict.fromkeys(section.file for section in SECTIONS):
        parts.append(f"## {file}\n\n{_FILES[file]}\n")
        parts += [_section(section) for section in SECTIONS if section.file == file]
    parts += [_weather(), _orders()]
    return "\n".join(parts)


def _section(section: Section) -> str:
    if section.many and section.key:
        head = f"### [[{section.key}]]"
    elif section.key:
        head = f"### [{section.key}]"
    else:
        head = f"### Rows of {section.file}"
    return _noun(head, section.noun, section.key)


def _noun(head: str, noun: type[BaseModel], path: str) -> str:
    about = " ".join((noun.__doc__ or "").split())
    lines = [head, "", about, "", "| field | type | unit | default | bounds | meaning |", "|---|---|---|---|---|---|"]
    inner = []
    for name, info in noun.model_fields.items():
        lines += field_rows(name, info, in_csv=not path)
        following = inner_noun(info.annotation)
        if following is not None and following is not Text:
            inner.append(_noun(f"#### [[{path}.{name}]]", following, f"{path}.{name}"))
    return "\n".join([*lines, "", *inner])


def field_rows(name: str, info: FieldInfo, in_csv: bool) -> Iterator[str]:
    """Yield the rows of a field in a Markdown table: name, type, unit, default, bounds, meaning."""
    if in_csv and info.annotation is Text:
        for language, field in Text.model_fields.items():
            text = f"{info.description}, {field.description}"
            yield f"| `{name}_{language}` | text | | required | {_bounds(field)} | {text} |"
        return
    unit = info.json_schema_extra.get("unit", "") if isinstance(info.json_schema_extra, dict) else ""
    cells = (f"`{name}`", _type(info.annotation), str(unit), _default(info), _bounds(info), _cell(info.description))
    yield f"| {' | '.join(cells)} |"


def _type(annotation: object) -> str:
    """Return an annotation as a person would write it in TOML."""
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if origin is Literal:
        text = ", ".join(f"`{value}`" for value in arguments)
    elif origin is tuple and arguments[1:] != (Ellipsis,):
        text = f"[{', '.join(_type(argument) for argument in arguments)}]"
    elif origin is tuple:
        text = f"list of {_type(arguments[0])}"
    elif origin is dict:
        text = f"table {_type(arguments[0])} -> {_type(arguments[1])}"
    elif arguments:
        text = " or ".join(_type(argument) for argument in arguments if argument is not type(None))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        text = "{ en, zh }" if annotation is Text else "tables"
    else:
        text = _WORDS[annotation]
    return text


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    if info.default in ("", (), None):
        return "none"
    return f"`{json.dumps(info.default)}`"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def _bounds(info: FieldInfo) -> str:
    found = []
    for limit in info.metadata:
        match limit:
            case Gt(gt=value):
                found.append(f"> {value}")
            case Ge(ge=value):
                found.append(f">= {value}")
            case Lt(lt=value):
                found.append(f"< {value}")
            case Le(le=value):
                found.append(f"<= {value}")
            case MinLen(min_length=value):
                found.append(f"at least {value} long")
            case MaxLen(max_length=value):
                found.append(f"at most {value} long")
            case _:
                pattern = getattr(limit, "pattern", None)
                found += [f"form `{_cell(pattern)}`"] if pattern else []
    return ", ".join(found)


def _weather() -> str:
    columns = ", ".join(f"`{name}`" for name in WEATHER_SCHEMA)
    return f"""\
## {WEATHER_FILE}

A typical year of weather in the EnergyPlus format (8 header rows, {HOURS} hourly rows of 35 cells, no 29 February),
in the site's standard time, of a station within 2 degrees of the site. EPW labels an hour by its end; the park labels
it by its start. Read are month, day, hour, dry-bulb temperature, relative humidity, the three irradiances and wind
speed; they become {columns}.
Needed where there is a solar field.
"""


def _orders() -> str:
    rows = "\n".join(f"| `{c.name}` | {c.unit} | {c.text} |" for c in JOB_ORDERS.columns)
    return f"""\
## {ORDERS_FILE}

Given order lines; they replace those that `[order_pattern]` would generate. Times are ISO 8601 with UTC offset, for
example `2026-07-15T06:00:00+08:00`.

| column | unit | meaning |
|---|---|---|
{rows}
"""


if __name__ == "__main__":
    sys.stdout.write(document())
