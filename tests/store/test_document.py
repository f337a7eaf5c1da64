"""The look-up of a park folder says of every field what the model says, in words that a person can follow."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from pydantic import BaseModel

from parkwright.model.noun import Text, figure, word
from parkwright.model.tables import JOB_ORDERS
from parkwright.store import document
from parkwright.store.layout import SECTIONS, Section

TEXT = document.document()


class Inner(BaseModel):
    """An inner thing."""

    id: str = word("identity", pattern="^[a|b]$")


class Thing(BaseModel):
    """A thing
    on two lines."""

    count: int = figure("pieces", "how many", 3, ge=1, le=9)
    share: float = figure("share", "how much", gt=0, lt=1)
    on: bool = word("whether", False)
    kind: Literal["red", "blue"] = word("which one")
    basis: str | dict[str, str] = word("where from")
    at: tuple[float, float] = word("where")
    parts: tuple[Inner, ...] = word("parts", min_length=1)
    ratio: dict[str, float] = word("ratios", {})
    name: Text = word("shown name")
    note: str | None = word("left | right", None, max_length=5)


ROWS = {
    "count": "whole number | pieces | `3` | >= 1, <= 9 | how many",
    "share": "number | share | required | > 0, < 1 | how much",
    "on": "true or false |  | `false` |  | whether",
    "kind": "`red`, `blue` |  | required |  | which one",
    "basis": "text or table text -> text |  | required |  | where from",
    "at": "[number, number] |  | required |  | where",
    "parts": "list of tables |  | required | at least 1 long | parts",
    "ratio": "table text -> number |  | `{}` |  | ratios",
    "name": "{ en, zh } |  | required |  | shown name",
    "note": "text |  | none | at most 5 long | left \\| right",
}


@pytest.mark.parametrize("field", ROWS)
def test_a_field_is_one_row_of_type_unit_default_bounds_and_meaning(field):
    written = document._noun("### [[thing]]", Thing, "thing")
    assert f"\n| `{field}` | {ROWS[field]} |\n" in written


def test_an_inner_noun_follows_under_the_name_of_its_table():
    written = document._noun("### [[thing]]", Thing, "thing")
    assert "A thing on two lines.\n" in written
    assert "#### [[thing.parts]]\n\nAn inner thing.\n" in written
    assert "| `id` | text |  | required | form `^[a\\|b]$` | identity |" in written
    assert "[[thing.name]]" not in written


def test_a_name_is_two_columns_of_a_csv_file():
    written = document._noun("### Rows", Thing, "")
    assert "| `name_en` | text | | required | at least 1 long, at most 80 long | shown name, English |" in written
    assert "| `name_zh` | text | | required | at least 1 long, at most 80 long | shown name, Chinese |" in written
    assert "`name` |" not in written


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: f"{section.file} {section.key}")
def test_every_table_of_the_folder_has_its_place_and_all_its_fields(section: Section):
    chapter = TEXT.split(f"## {section.file}\n")[1].split("\n## ")[0]
    head = f"[[{section.key}]]" if section.many else f"[{section.key}]"
    part = chapter.split(f"### {head if section.key else 'Rows of ' + section.file}\n")[1].split("\n### ")[0]
    shown = set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))
    for name, info in section.noun.model_fields.items():
        assert {f"{name}_en", f"{name}_zh"} <= shown if info.annotation is Text and not section.key else name in shown


def test_every_table_of_the_text_is_whole():
    for table in re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table


def test_orders_are_told_with_the_columns_of_their_table():
    chapter = TEXT.split("## orders.csv\n")[1]
    assert re.findall(r"^\| `(\w+)` \|", chapter, re.MULTILINE) == list(JOB_ORDERS.schema)


def test_the_text_stays_the_same_when_written_again():
    assert document.document() == TEXT
    assert not [line for line in TEXT.splitlines() if line != line.rstrip()]
