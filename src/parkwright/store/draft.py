"""Turn the records of a park folder into nouns that know where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, get_origin

import polars as pl
from pydantic import BaseModel, ValidationError

from parkwright.model.noun import Noun, Text
from parkwright.model.site import WorkCenter, WorkUnit
from parkwright.store.explain import Path, explain, inner_noun, shown, suggest, unit_of
from parkwright.store.layout import SECTIONS, Section
from parkwright.store.parse import Place, Reader, Record
from parkwright.store.weather import Station, empty_weather

N = TypeVar("N", bound=Noun)

BASIS_PREFIXES = ("cited:", "derived:", "assumed:")
"""How a basis must begin (model.noun.Noun)."""


@dataclass(frozen=True, slots=True)
class Placed(Generic[N]):
    """A noun and where it stands."""

    noun: N
    place: Place


@dataclass
class Draft:
    """What could be read of a park folder.

    items: noun type -> sound nouns with their places. ids: noun type -> every identity given, of broken nouns
    too, so that one mistake is not reported again by all who refer to it. broken: noun types of which at least
    one could not be read, so that rules about the whole of them wait. lost: noun types of which none could be read, so
    that nobody's reference to them can be judged.
    """

    reader: Reader
    items: dict[type[Noun], list[Placed[Any]]] = field(default_factory=dict)
    ids: dict[type[Noun], list[str]] = field(default_factory=dict)
    broken: set[type[Noun]] = field(default_factory=set)
    lost: set[type[Noun]] = field(default_factory=set)
    weather: pl.DataFrame = field(default_factory=empty_weather)
    station: Station | None = None
    orders: pl.DataFrame | None = None

    def of(self, noun: type[N]) -> list[Placed[N]]:
        """Return the sound nouns of a type with their places, in the order of the file."""
        return self.items.get(noun, [])

    def nouns(self, noun: type[N]) -> tuple[N, ...]:
        """Return the sound nouns of a type, in the order of the file."""
        return tuple(placed.noun for placed in self.of(noun))

    def one(self, noun: type[N]) -> N | None:
        """Return the first noun of a type, None when the folder has none."""
        found = self.of(noun)
        return found[0].noun if found else None

    def known(self, *nouns: type[Noun]) -> set[str]:
        """Return every identity given for the types."""
        return {identity for noun in nouns for identity in self.ids.get(noun, ())}

    def whole(self, *nouns: type[Noun]) -> bool:
        """Return whether all that was given of the types could be read."""
        return not self.broken.intersection(nouns)

    def lose(self, noun: type[Noun]) -> None:
        """Note that nothing could be read of a type."""
        inner = {WorkUnit} if noun is WorkCenter else set()
        self.broken |= {noun, *inner}
        self.lost |= {noun, *inner}


def read_sections(draft: Draft, present: set[str]) -> None:
    """Fill `draft` with the nouns of the files that are `present` in the folder."""
    documents: dict[str, dict[str, Any] | None] = {}
    for section in SECTIONS:
        if section.file not in present:
            _absent(draft, section)
            continue
        records: list[Record] | None
        if section.key:
            if section.file not in documents:
                documents[section.file] = draft.reader.toml(section.file)
                _unknown_tables(draft.reader, section.file, documents[section.file] or {})
            records = _toml_records(draft.reader, section, documents[section.file])
        else:
            records = draft.reader.csv(section.file, csv_columns(section.noun))
            records = records and [replace(row, fields=_with_texts(section.noun, row.fields)) for row in records]
        if records is None:
            draft.lose(section.noun)
        for record in records or ():
            _take(draft, section, record)


def csv_columns(noun: type[Noun]) -> dict[str, bool]:
    """Return the CSV columns of a noun with whether each is required; a Text field is two columns, _en and _zh."""
    columns: dict[str, bool] = {}
    for name, info in noun.model_fields.items():
        if info.annotation is Text:
            columns[f"{name}_en"] = info.is_required()
            columns[f"{name}_zh"] = info.is_required()
        else:
            columns[name] = info.is_required()
    return columns


def _absent(draft: Draft, section: Section) -> None:
    if not section.required:
        return
    about = f"[{section.key}]" if section.key else f"the {section.noun.__name__.lower()}s"
    draft.reader.report(Place(section.file), section.file, "is missing", f"add it; it holds {about}")
    draft.lose(section.noun)


def _unknown_tables(reader: Reader, file: str, document: Mapping[str, Any]) -> None:
    keys = [section.key for section in SECTIONS if section.file == file]
    for key in document:
        if key not in keys:
            reader.report(Place(file, path=(key,)), f"table [{key}]", "unknown table", suggest(key, keys))


def _toml_records(reader: Reader, section: Section, document: Mapping[str, Any] | None) -> list[Record] | None:
    """Return the tables of a section; None (with a finding, unless the file has one) when they cannot be read."""
    if document is None:
        return None
    value = document.get(section.key)
    if value is None:
        if not section.required:
            return []
        reader.report(Place(section.file), f"[{section.key}]", "is missing", "add this table")
        return None
    if section.many and isinstance(value, list) and all(isinstance(item, dict) for item in value):
        places = [Place(section.file, path=(section.key, position)) for position in range(len(value))]
        return [Record(place, item) for place, item in zip(places, value, strict=True)]
    place = Place(section.file, path=(section.key,))
    if not section.many and isinstance(value, dict):
        return [Record(place, value)]
    wanted = f"[[{section.key}]]" if section.many else f"[{section.key}]"
    reader.report(place, section.key, f"is {shown(value)}", f"write it as a table {wanted}")
    return None


def _with_texts(noun: type[Noun], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fold the columns name_en and name_zh of a CSV row into one Text field."""
    folded = dict(fields)
    for name, info in noun.model_fields.items():
        if info.annotation is Text:
            text = {language: folded.pop(f"{name}_{language}", None) for language in ("en", "zh")}
            folded[name] = {language: given for language, given in text.items() if given is not None}
    return folded


def _take(draft: Draft, section: Section, record: Record) -> None:
    _note_identity(draft, section.noun, record.fields)
    if not record.whole:
        draft.broken.add(section.noun)
        return
    thing = _thing(section, record.fields)
    reader, place = draft.reader, record.place
    sound = not section.key or _typed(reader, place, thing, section.noun, record.fields)
    try:
        noun = section.noun.model_validate(dict(record.fields))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            path, found, way_out = explain(section.noun, problem)
            name = ".".join(str(part) for part in path)
            reader.report(place, f"{thing}: {name}" if name else thing, found, way_out, path)
        draft.broken.add(section.noun)
        return
    if sound:
        _check_basis(reader, place, thing, noun)
        draft.items.setdefault(section.noun, []).append(Placed(noun, place))
    else:
        draft.broken.add(section.noun)


def _note_identity(draft: Draft, noun: type[Noun], fields: Mapping[str, Any]) -> None:
    identity = fields.get("id")
    if isinstance(identity, str):
        draft.ids.setdefault(noun, []).append(identity)
    units = fields.get("work_unit") if noun is WorkCenter else None
    for unit in units if isinstance(units, list) else ():
        if isinstance(unit, dict):
            _note_identity(draft, WorkUnit, unit)


def _thing(section: Section, fields: Mapping[str, Any]) -> str:
    kind = section.key or re.sub(r"(?<!^)(?=[A-Z])", " ", section.noun.__name__).lower()
    identity = fields.get("id", fields.get("park_id"))
    return f"{kind} '{identity}'" if isinstance(identity, str) else kind


def _typed(
    reader: Reader, place: Place, thing: str, noun: type[BaseModel], fields: Mapping[str, Any], path: Path = ()
) -> bool:
    """Report numbers written as text or as true and false, which pydantic would take."""
    sound = True
    for name, info in noun.model_fields.items():
        value = fields.get(name)
        if info.annotation in (int, float) and isinstance(value, str | bool):
            way_out = f"give a plain number{unit_of(info)}"
            reader.report(place, f"{thing}: {name}", f"is {shown(value)}, no number", way_out, (*path, name))
            sound = False
        inner = inner_noun(info.annotation)
        for position, item in enumerate(value if inner is not None and isinstance(value, list) else ()):
            if inner is not None and isinstance(item, dict):
                sound = _typed(reader, place, thing, inner, item, (*path, name, position)) and sound
    return sound


def _check_basis(reader: Reader, place: Place, thing: str, noun: BaseModel, path: Path = ()) -> None:
    """Report a basis that does not say cited, derived or assumed, or that names no field."""
    fields = list(type(noun).model_fields)
    basis = getattr(noun, "basis", None)
    lines = {"": basis} if isinstance(basis, str) else dict(basis or {})
    if "basis" in fields and not lines:
        reader.report(place, f"{thing}: basis", "is empty", 'give at least one line "cited: ..."', (*path, "basis"))
    for name, line in lines.items():
        if name and name not in fields:
            found = f"names '{name}', which is no field"
            reader.report(place, f"{thing}: basis", found, suggest(name, fields), (*path, "basis"))
        if not line.startswith(BASIS_PREFIXES) or len(line.split(":", 1)[1].strip()) < 3:
            way_out = 'begin with "cited:", "derived:" or "assumed:" and say the source'
            reader.report(place, f"{thing}: basis", f"is {shown(line)}", way_out, (*path, "basis"))
    for name, info in type(noun).model_fields.items():
        if get_origin(info.annotation) is tuple and inner_noun(info.annotation) is not None:
            for position, item in enumerate(getattr(noun, name)):
                identity = getattr(item, "id", position + 1)
                _check_basis(reader, place, f"{thing}: {name} '{identity}'", item, (*path, name, position))
