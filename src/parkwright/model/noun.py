"""What every noun of the park folder shares: frozen, no unknown keys, a unit and a meaning for each field."""

from __future__ import annotations

from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Value: TypeAlias = Any
"""A field's default as pydantic reads it; its type is that of the field's annotation."""


class Noun(BaseModel):
    """A thing of the park folder: validated once, then frozen.

    `basis` says where its figures come from: one line for all of them, or field -> line. A line starts
    with "cited:" (publisher, year), "derived:" (from what) or "assumed:" (why that much).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


class Sourced(Noun):
    """A noun that holds figures, so that it must say where they come from."""

    basis: str | dict[str, str] = Field(
        description='where the figures come from: "cited: ...", "derived: ..." or "assumed: ...", '
        "for all fields or by field",
        json_schema_extra={"unit": ""},
    )


class Text(Noun):
    """A name shown to people, in English and in Chinese."""

    en: str = Field(min_length=1, max_length=80, description="English", json_schema_extra={"unit": ""})
    zh: str = Field(min_length=1, max_length=80, description="Chinese", json_schema_extra={"unit": ""})


def figure(unit: str, text: str, default: Value = ..., **bounds: Value) -> Value:
    """Return a field with its unit, its meaning and its bounds (gt, ge, lt, le), read by the folder's documentation."""
    return Field(default, description=text, json_schema_extra={"unit": unit}, **bounds)


def word(text: str, default: Value = ..., **bounds: Value) -> Value:
    """Return a field that holds no figure: an identity, a reference or a choice."""
    return Field(default, description=text, json_schema_extra={"unit": ""}, **bounds)


ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}$"


def identity(text: str = "identity, unique among its kind") -> Value:
    """Return the identity field of a noun: letters, digits, '.', '_' and '-', at most 48."""
    return Field(pattern=ID_PATTERN, description=text, json_schema_extra={"unit": ""})
