"""The carbon book of a park: the folder carbon/ beside its data, with methods, activities, targets and measures.

Rule sets and programmes of general use come with the package (rulebooks/); a park adds its own in its book. A park
without a book, or without one of its files, has none of those things.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from parkwright.carbon.abatement import Measure
from parkwright.carbon.editions import decimal_of
from parkwright.carbon.footprint import Method as FootprintMethod
from parkwright.carbon.footprint import Sourcing
from parkwright.carbon.inventory import CATEGORIES, Activity, Method
from parkwright.carbon.own import Identity
from parkwright.carbon.solder import SolderClaim
from parkwright.carbon.targets import Claim, PlanPart, Rule, Target
from parkwright.carbon.zerocarbon import TONNES, TRANSPORT_UNIT, WASTE_CATEGORY, Checklist, Conversion, Item, Limit
from parkwright.model.errors import LedgerError
from parkwright.model.noun import Noun, figure, word
from parkwright.model.site import Tree
from parkwright.store import sourcing as sourcing_files
from parkwright.store.sourcing import Chain

RULEBOOKS = Path(__file__).parent / "rulebooks"
BOOK = "carbon"
BASIS = ("cited:", "derived:", "assumed:")
ACTIVITY_COLUMNS = (
    "id", "scope", "category", "text", "quantity", "unit", "factor_id", "kg_per_unit", "start_day", "end_day", "basis",
)  # fmt: skip
HANDLING, TEXT_ZH = "handling", "text_zh"
"""Columns of activities.csv that may be left out."""
N = TypeVar("N", bound=Noun)


class SolderBook(Noun):
    """What the worked example of low-temperature solder rests on."""

    oven_meter_ids: tuple[str, ...] = word("meters of the reflow ovens", min_length=1)
    saving_share: Decimal = figure("share", "energy that the paste saves", ge=0, le=1)
    share_basis: str = word("where the share comes from", min_length=1)
    gasoline_factors: tuple[str, ...] = word("factors by which the gasoline equivalence is shown", ())
    grid_factors: tuple[str, ...] = word("factors by which the power that a claim implies is shown", ())
    claim: tuple[SolderClaim, ...] = word("published claims", ())


@dataclass(frozen=True, slots=True)
class CarbonBook:
    """What a park's carbon accounts need beside the park: rules and programmes of the package with the park's own."""

    method: Method
    conversion_id: str
    activities: tuple[Activity, ...]
    rules: Mapping[str, Rule]
    targets: tuple[Target, ...]
    plan: tuple[PlanPart, ...]
    claims: tuple[Claim, ...]
    measures: tuple[Measure, ...]
    solder: SolderBook | None
    checklist: Checklist
    given: Mapping[str, Decimal]
    given_basis: Mapping[str, str]
    proved: Mapping[str, str]
    footprint: FootprintMethod | None
    sourcing: Mapping[str, Sourcing]
    chain: Chain
    identity: Identity | None
    earlier_green: Mapping[date, tuple[Tree, ...]]

    def conversion(self) -> Conversion:
        """Return the conversion to standard coal that the park chose; raises LedgerError when there is none of it."""
        for one in self.checklist.conversion:
            if one.id == self.conversion_id:
                return one
        raise LedgerError(
            f"conversion {self.conversion_id!r}: is in no rulebook; choose another in {BOOK}/inventory.toml"
        )


def load(park_folder: Path) -> CarbonBook:
    """Return the carbon book of a park folder.

    Raises LedgerError that names the file, the row and the field when something is unknown, missing or out of bounds.
    """
    book = park_folder / BOOK
    rules = [*_many(RULEBOOKS / "targets.toml", "rule", Rule), *_many(book / "targets.toml", "rule", Rule)]
    known = {rule.id: rule for rule in rules}
    if len(known) != len(rules):
        raise LedgerError(
            f"{book / 'targets.toml'}: a rule has the id of one that is known; give another edition an id"
        )
    targets = _many(book / "targets.toml", "target", Target)
    for target in targets:
        if target.rule_id not in known:
            raise LedgerError(
                f"{book / 'targets.toml'}: target {target.id}: no rule {target.rule_id!r}; it is one of {sorted(known)}"
            )
    made = _toml(book / "inventory.toml")
    shipped = _toml(RULEBOOKS / "zero_carbon.toml")
    return CarbonBook(
        method=_method(book / "inventory.toml", made.get("method", {}), made.get("excluded", {})),
        conversion_id=made.get("zero_carbon", {}).get("conversion", "power-station"),
        activities=tuple(_activities(book / "activities.csv")),
        rules=known,
        targets=targets,
        plan=_many(book / "targets.toml", "plan", PlanPart),
        claims=_many(book / "targets.toml", "claim", Claim),
        measures=_many(book / "measures.toml", "measure", Measure),
        solder=_noun(book / "solder.toml", "solder", SolderBook, _toml(book / "solder.toml"))
        if (book / "solder.toml").exists()
        else None,
        checklist=Checklist(
            conversion=_nouns(RULEBOOKS / "zero_carbon.toml", "conversion", Conversion, shipped),
            limit=_nouns(RULEBOOKS / "zero_carbon.toml", "limit", Limit, shipped),
            item=_nouns(RULEBOOKS / "zero_carbon.toml", "item", Item, shipped),
        ),
        given=_given(book / "zero_carbon.toml"),
        given_basis=_toml(book / "zero_carbon.toml").get("given_basis", {}),
        proved=_proved(book / "zero_carbon.toml"),
        footprint=_noun(book / "inventory.toml", "footprint", FootprintMethod, made["footprint"])
        if "footprint" in made
        else None,
        sourcing=sourcing_files.sourcing(book),
        chain=sourcing_files.chain(book),
        identity=_noun(book / "exchange.toml", "exchange", Identity, _toml(book / "exchange.toml"))
        if (book / "exchange.toml").exists()
        else None,
        earlier_green=sourcing_files.earlier_green(book),
    )


def _toml(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LedgerError(f"{path}: cannot be read ({error}); give TOML in UTF-8") from error


def _many(path: Path, key: str, noun: type[N]) -> tuple[N, ...]:
    return _nouns(path, key, noun, _toml(path))


def _nouns(path: Path, key: str, noun: type[N], tables: Mapping[str, Any]) -> tuple[N, ...]:
    rows = tables.get(key, ())
    if not isinstance(rows, list | tuple) or not all(isinstance(row, dict) for row in rows):
        raise LedgerError(f"{path}: [{key}] is one table; write [[{key}]], once for each")
    return tuple(_noun(path, f"{key} {number}", noun, row) for number, row in enumerate(rows, start=1))


def _noun(path: Path, place: str, noun: type[N], row: Mapping[str, Any]) -> N:
    try:
        found = noun.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise LedgerError(f"{path}: {place}: {field}: {first['msg']}; correct it") from error
    basis = getattr(found, "basis", None)
    if isinstance(basis, str) and not basis.startswith(BASIS):
        raise LedgerError(f"{path}: {place}: basis {basis!r}; begin it with cited:, derived: or assumed:")
    return found


def _method(path: Path, row: Mapping[str, Any], excluded: Mapping[str, Any]) -> Method:
    upstream = row.get("upstream", {})
    unknown = sorted(set(row) - {"warming_set", "transmission_id", "upstream"})
    if unknown or not isinstance(upstream, dict):
        raise LedgerError(
            f"{path}: [method]: {unknown or 'upstream'} cannot be read; use warming_set, transmission_id, [upstream]"
        )
    for category, why in excluded.items():
        if category not in map(str, range(1, len(CATEGORIES) + 1)) or not str(why).startswith(BASIS):
            raise LedgerError(
                f"{path}: [excluded]: {category} = {why!r}; give a category of scope 3, 1 to 15, and why the park has "
                "nothing in it, beginning with cited:, derived: or assumed:"
            )
    return Method(
        str(row.get("warming_set", "AR6")),
        str(row.get("transmission_id", "")),
        dict(upstream),
        {int(category): why for category, why in excluded.items()},
    )


def _activities(path: Path) -> Iterable[Activity]:
    if not path.exists():
        return
    try:
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8"), newline=""))
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path}: cannot be read ({error}); give CSV in UTF-8") from error
    columns = tuple(reader.fieldnames or ())
    count, more = len(ACTIVITY_COLUMNS), {HANDLING, TEXT_ZH}
    if columns[:count] != ACTIVITY_COLUMNS or not set(columns[count:]) <= more or len(set(columns)) != len(columns):
        raise LedgerError(
            f"{path}: has other columns; give {', '.join(ACTIVITY_COLUMNS)} and, if need be, {HANDLING} and {TEXT_ZH}"
        )
    for row in reader:
        place = f"{path}:{reader.line_num}"
        if None in row or None in row.values():
            raise LedgerError(f"{place}: has not one cell a column; give {len(columns)}")
        yield _activity(place, row)


def _activity(place: str, row: Mapping[str, str]) -> Activity:
    thing = f"{place}: activity {row['id']}"
    kg = row["kg_per_unit"]
    try:
        found = Activity(
            id=row["id"],
            scope=int(row["scope"]),
            category=int(row["category"]),
            text=row["text"],
            quantity=decimal_of(row["quantity"], thing),
            unit=row["unit"],
            factor_id=row["factor_id"],
            kg_per_unit=decimal_of(kg, thing) if kg else None,
            start_day=date.fromisoformat(row["start_day"]),
            end_day=date.fromisoformat(row["end_day"]),
            basis=row["basis"],
            handling=row.get(HANDLING, ""),
            text_zh=row.get(TEXT_ZH, "").strip(),
        )
    except ValueError as error:
        raise LedgerError(f"{thing}: {error}; give whole numbers and days as YYYY-MM-DD") from error
    _refuse_handling(thing, found)
    return found


def _refuse_handling(thing: str, given: Activity) -> None:
    """Raise LedgerError when an activity is handled in a way that its unit or category does not know."""
    fits = {
        "": True,
        "clean": given.unit == TRANSPORT_UNIT,
        "recycled": given.category == WASTE_CATEGORY and given.unit in TONNES,
    }
    if given.handling not in fits:
        raise LedgerError(f"{thing}: handling is {given.handling!r}; give clean, recycled or nothing")
    if not fits[given.handling]:
        raise LedgerError(
            f"{thing}: cannot be {given.handling}; clean is for freight in {TRANSPORT_UNIT}, recycled for waste "
            f"(category {WASTE_CATEGORY}) in {' or '.join(TONNES)}"
        )


def _given(path: Path) -> Mapping[str, Decimal]:
    made = _toml(path)
    values, basis = made.get("given", {}), made.get("given_basis", {})
    for name in values:
        if not str(basis.get(name, "")).startswith(BASIS):
            raise LedgerError(f"{path}: given {name}: has no basis; add it to [given_basis]")
    return {name: decimal_of(str(value), f"{path}: given {name}") for name, value in values.items()}


def _proved(path: Path) -> Mapping[str, str]:
    """Return item of the checklist -> what proves it outside the ledger."""
    rows = _toml(path).get("proved", {})
    for item, text in rows.items():
        if not str(text).startswith(BASIS):
            raise LedgerError(f"{path}: [proved] {item} = {text!r}; begin it with cited:, derived: or assumed:")
    return {item: str(text) for item, text in rows.items()}
