"""Turn the records of a park folder into nouns, and what pydantic says into findings in plain English."""

from __future__ import annotations

import difflib

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import polars as pl
from pydantic import BaseModel, ValidationError

from parkwright.model.noun import Noun, Text
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
    too, so that one mistake is not reported again by all who refer to it.
    """

    reader: Reader
    items: dict[type[Noun], list[Placed[Any]]] = field(default_factory=dict)
    ids: dict[type[Noun], list[str]] = field(default_factory=dict)
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

    def known(self, noun: type[Noun]) -> set[str]:
        """Return every identity given for a type."""
        return set(self.ids.get(noun, ()))


def read_sections(draft: Draft, present: set[str]) -> None:
    """Fill `draft` with the nouns of the files that are `present` in the folder."""
    documents: dict[str, dict[str, Any]] = {}
    for section in SECTIONS:
        if section.file not in present:
            if section.required:
                draft.reader.report(
                    Place(section.file), section.file, "is missing", f"add it; it holds {_about(section)}"
                )
            continue
        if section.key:
            if section.file not in documents:
                documents[section.file] = draft.reader.toml(section.file)
                _unknown_tables(draft.reader, section.file, documents[section.file])
            records = _toml_records(draft.reader, section, documents[section.file])
        else:
            records = draft.reader.csv(section.file, csv_columns(section.noun))
            records = [Record(record.place, _with_texts(section.noun, record.fields)) for record in records]
        for record in records:
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


def _about(section: Section) -> str:
    return f"[{section.key}]" if section.key else (section.noun.__doc__ or "").split(".")[0].lower()


def _unknown_tables(reader: Reader, file: str, document: Mapping[str, Any]) -> None:
    keys = [section.key for section in SECTIONS if section.file == file]
    for key in document:
        if key not in keys:
            reader.report(Place(file, path=(key,)), f"table [{key}]", "unknown table", _suggest(key, keys))


def _toml_records(reader: Reader, section: Section, document: Mapping[str, Any]) -> list[Record]:
    value = document.get(section.key)
    if value is None:
        if section.required and document:
            reader.report(Place(section.file), f"[{section.key}]", "is missing", "add this table")
        return []
    place = Place(section.file, path=(section.key,))
    if section.many and isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return [
            Record(Place(section.file, path=(section.key, position)), item) for position, item in enumerate(value)
        ]
    if not section.many and isinstance(value, dict):
        return [Record(place, value)]
    wanted = f"[[{section.key}]]" if section.many else f"[{section.key}]"
    reader.report(place, section.key, "has the wrong shape", f"write it as a table {wanted}")
    return []


def _with_texts(noun: type[Noun], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fold the columns name_en and name_zh of a CSV row into one Text field."""
    folded = dict(fields)
    for name, info in noun.model_fields.items():
        if info.annotation is Text:
            text = {language: folded.pop(f"{name}_{language}", None) for language in ("en", "zh")}
            folded[name] = {language: given for language, given in text.items() if given is not None}
    return folded


def _take(draft: Draft, section: Section, record: Record) -> None:
    identity = record.fields.get("id")
    if isinstance(identity, str):
        draft.ids.setdefault(section.noun, []).append(identity)
    for unit in record.fields.get("work_unit", ()) if section.key == "work_center" else ():
        if isinstance(unit, dict) and isinstance(unit.get("id"), str):
            draft.ids.setdefault(section.noun.model_fields["work_unit"].annotation.__args__[0], []).append(unit["id"])
    thing = _thing(section, record.fields)
    sound = not section.key or _typed(draft.reader, record.place, thing, section.noun, record.fields, ())
    try:
        noun = section.noun.model_validate(record.fields)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            _explain(draft.reader, record.place, thing, section.noun, problem)
        return
    if sound:
        _check_basis(draft.reader, record.place, thing, noun, ())
        draft.items.setdefault(section.noun, []).append(Placed(noun, record.place))


def _thing(section: Section, fields: Mapping[str, Any]) -> str:
    kind = section.key or section.noun.__name__.lower()
    identity = fields.get("id", fields.get("park_id"))
    return f"{kind} '{identity}'" if isinstance(identity, str) else kind


def _typed(
    reader: Reader,
    place: Place,
    thing: str,
    noun: type[BaseModel],
    fields: Mapping[str, Any],
    path: tuple[str | int, ...],
) -> bool:
    """Report numbers written as text and truth values written as numbers, which pydantic would take."""
    sound = True
    for name, info in noun.model_fields.items():
        value = fields.get(name)
        if info.annotation in (int, float) and isinstance(value, str | bool):
            shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
            reader.report(
                place, f"{thing}: {name}", f"is {shown}, no number", f"give a plain number{_unit(info)}", (*path, name)
            )
            sound = False
        inner = _inner_noun(info.annotation)
        if inner is not None and isinstance(value, list):
            for position, item in enumerate(value):
                if isinstance(item, dict):
                    sound = _typed(reader, place, thing, inner, item, (*path, name, position)) and sound
    return sound


def _inner_noun(annotation: Any) -> type[BaseModel] | None:
    """Return the noun inside a tuple[Noun, ...] annotation."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is tuple and isinstance(arguments[0], type) and issubclass(arguments[0], BaseModel):
        return arguments[0]
    return None


def _check_basis(reader: Reader, place: Place, thing: str, noun: BaseModel, path: tuple[str | int, ...]) -> None:
    basis = getattr(noun, "basis", None)
    if isinstance(basis, str):
        _check_basis_line(reader, place, thing, basis, (*path, "basis"))
    elif isinstance(basis, dict):
        for name, line in basis.items():
            if name not in type(noun).model_fields:
                reader.report(
                    place,
                    f"{thing}: basis",
                    f"names '{name}', which is no field",
                    _suggest(name, list(type(noun).model_fields)),
                    (*path, "basis"),
                )
            _check_basis_line(reader, place, thing, line, (*path, "basis"))
    for name, info in type(noun).model_fields.items():
        if _inner_noun(info.annotation) is not None:
            for position, item in enumerate(getattr(noun, name)):
                _check_basis(reader, place, _inner_thing(thing, item), item, (*path, name, position))


def _inner_thing(thing: str, item: BaseModel) -> str:
    identity = getattr(item, "id", None)
    return f"{thing}: '{identity}'" if identity else thing


def _check_basis_line(
    reader: Reader, place: Place, thing: str, line: str, path: tuple[str | int, ...]
) -> None:
    if not line.startswith(BASIS_PREFIXES) or len(line.split(":", 1)[1].strip()) < 3:
        reader.report(
            place,
            f"{thing}: basis",
            f"is '{line[:60]}'",
            'begin with "cited:", "derived:" or "assumed:" and say the source',
            path,
        )


def _explain(reader: Reader, place: Place, thing: str, noun: type[BaseModel], problem: Any) -> None:
    """Report one pydantic error in plain English."""
    location: tuple[str | int, ...] = tuple(part for part in problem["loc"] if part not in ("str", "[key]"))
    location = tuple(part for part in location if not (isinstance(part, str) and part.startswith("dict[")))
    name = ".".join(str(part) for part in location)
    info, holder = _field_at(noun, location)
    unit = _unit(info)
    found, way_out = _phrase(problem, unit, holder, str(location[-1]) if location else "")
    reader.report(place, f"{thing}: {name}" if name else thing, found, way_out, location)


def _field_at(noun: type[BaseModel], location: tuple[str | int, ...]) -> tuple[Any, type[BaseModel]]:
    """Return the field that an error location names (None when it names none) and the noun that holds it."""
    info: Any = None
    holder = noun
    for part in location:
        if isinstance(part, int):
            continue
        following = _noun_in(info.annotation) if info is not None else None
        holder = following or holder
        if info is None or following is not None:
            info = holder.model_fields.get(part)
    return info, holder


def _noun_in(annotation: Any) -> type[BaseModel] | None:
    for candidate in _walk(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _walk(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in typing.get_args(annotation):
        yield from _walk(argument)


def _unit(info: Any) -> str:
    extra = getattr(info, "json_schema_extra", None)
    unit = extra.get("unit", "") if isinstance(extra, dict) else ""
    return f" in {unit}" if unit else ""


_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_NUMBERS = {"float_type", "float_parsing", "int_type", "int_parsing", "int_from_float", "finite_number"}
_TEXTS = {"string_type", "string_too_short", "string_too_long", "string_pattern_mismatch"}


def _phrase(problem: Any, unit: str, holder: type[BaseModel], name: str) -> tuple[str, str]:
    """Return what was found and the way out of one pydantic error."""
    kind: str = problem["type"]
    context: Mapping[str, Any] = problem.get("ctx", {})
    shown = _shown(problem.get("input"))
    if kind == "missing":
        return "is missing", f"give it{unit}"
    if kind == "extra_forbidden":
        return "unknown key", _suggest(name, list(holder.model_fields))
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"is {shown}", f"give {words} {context[key]:g}{unit}"
    if kind in _NUMBERS:
        return f"is {shown}", f"give a {'whole ' if kind.startswith('int') else ''}number{unit}"
    if kind == "literal_error":
        return f"is {shown}", f"give one of {context['expected']}"
    if kind in _TEXTS:
        return f"is {shown}", _text_way_out(kind, context)
    if kind == "bool_parsing":
        return f"is {shown}", "give true or false"
    if kind in ("too_short", "too_long"):
        return f"has {context['actual_length']} entries", _length_way_out(context)
    return f"is {shown}", problem["msg"].lower()


def _text_way_out(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "string_pattern_mismatch":
        return f"give text of the form {context['pattern']}"
    if kind == "string_too_short":
        return f"give at least {context['min_length']} characters"
    if kind == "string_too_long":
        return f"give at most {context['max_length']} characters"
    return "give text in quotes"


def _length_way_out(context: Mapping[str, Any]) -> str:
    if "min_length" in context:
        return f"give at least {context['min_length']}"
    return f"give at most {context['max_length']}"


def _shown(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return "a table" if isinstance(value, dict) else f"a list of {len(value)}"
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _suggest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"use {', '.join(known)}" if len(known) <= 12 else "leave it out; docs/look-up/park-folder.md lists all fields"


