"""Say in plain English what is wrong with the fields of a noun."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
"""Keys and positions from a noun to one of its values."""


def explain(noun: type[BaseModel], problem: ErrorDetails) -> tuple[Path, str, str]:
    """Return where one pydantic error stands in the noun, what was found there, and the way out.

    noun: the noun that was validated; problem: one entry of ValidationError.errors().
    """
    path = tuple(part for part in problem["loc"] if not _is_marker(part))
    field, holder = _field_at(noun, path)
    found, way_out = _phrase(problem, unit_of(field), holder, str(path[-1]) if path else "")
    return path, found, way_out


def inner_noun(annotation: object) -> type[BaseModel] | None:
    """Return the noun inside an annotation such as tuple[WorkUnit, ...] or Text, None when there is none."""
    for candidate in _walk(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def unit_of(field: FieldInfo | None) -> str:
    """Return " in <unit>" for a field with a unit, "" for the others."""
    extra = field.json_schema_extra if field is not None else None
    unit = extra.get("unit", "") if isinstance(extra, dict) else ""
    return f" in {unit}" if unit else ""


def shown(value: object) -> str:
    """Return a value as a finding shows it: text in quotes, long text and lists shortened."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def suggest(name: str, known: Sequence[str]) -> str:
    """Return the way out of an unknown name: the closest known one, or all of them."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if 0 < len(known) <= 12:
        return f"use {', '.join(known)}"
    return "leave it out or add it; docs/look-up/park-folder.md lists all fields"


def _is_marker(part: str | int) -> bool:
    """Return whether a part of an error's path names a type inside a union instead of a key."""
    return isinstance(part, str) and (part in ("str", "constrained-str", "[key]") or part.startswith("dict["))


def _field_at(noun: type[BaseModel], path: Path) -> tuple[FieldInfo | None, type[BaseModel]]:
    """Return the field at a path (None when it names none) and the noun that should hold it."""
    field: FieldInfo | None = None
    holder = noun
    for part in path:
        if isinstance(part, int):
            continue
        following = inner_noun(field.annotation) if field is not None else None
        if field is None or following is not None:
            holder = following or holder
            field = holder.model_fields.get(part)
    return field, holder


def _walk(annotation: object) -> Iterator[object]:
    yield annotation
    for argument in typing.get_args(annotation):
        yield from _walk(argument)


_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_LENGTHS = {
    "string_too_short": ("min_length", "at least", "characters"),
    "string_too_long": ("max_length", "at most", "characters"),
    "too_short": ("min_length", "at least", "entries"),
    "too_long": ("max_length", "at most", "entries"),
}
_WANTED = {
    "float_type": "give a number",
    "float_parsing": "give a number",
    "finite_number": "give a finite number",
    "int_type": "give a whole number",
    "int_parsing": "give a whole number",
    "int_from_float": "give a whole number",
    "string_type": "give text in quotes",
    "bool_parsing": "give true or false",
    "bool_type": "give true or false",
    "tuple_type": "give a list [..., ...]",
    "dict_type": "give a table { ... }",
    "model_type": "give a table { ... }",
}
_WITH_UNIT = ("float_type", "float_parsing", "finite_number", "int_type", "int_parsing", "int_from_float")


def _number(bound: object) -> str:
    """Return a bound as a person writes it: 0 instead of 0.0."""
    return str(int(bound)) if isinstance(bound, float) and bound.is_integer() else str(bound)


def _phrase(problem: ErrorDetails, unit: str, holder: type[BaseModel], name: str) -> tuple[str, str]:
    """Return what was found and the way out of one pydantic error."""
    kind = problem["type"]
    context: Mapping[str, object] = problem.get("ctx", {})
    found = f"is {shown(problem.get('input'))}"
    if kind == "missing":
        found, way_out = "is missing", f"give it{unit}"
    elif kind == "extra_forbidden":
        found, way_out = "unknown key", suggest(name, list(holder.model_fields))
    elif kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        way_out = f"give {words} {_number(context[key])}{unit}"
    elif kind in _LENGTHS:
        key, words, things = _LENGTHS[kind]
        way_out = f"give {words} {context[key]} {things}"
    elif kind == "literal_error":
        way_out = f"give one of {context['expected']}"
    elif kind == "string_pattern_mismatch":
        way_out = f"give text of the form {context['pattern']}"
    else:
        way_out = _WANTED.get(kind, problem["msg"].lower()) + (unit if kind in _WITH_UNIT else "")
    return found, way_out
