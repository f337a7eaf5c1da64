"""The look-up page of the carbon book names every file, table, field and column that is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parkwright.carbon.abatement import Measure
from parkwright.carbon.digital_passport import (
    Compliance,
    Concern,
    DeclaredPassport,
    Importer,
    Lifespan,
    ProductModel,
    Responsibility,
    Reuse,
    Source,
    SpareParts,
    Substance,
)
from parkwright.carbon.editions import KINDS
from parkwright.carbon.own import Gtin, Identity
from parkwright.carbon.solder import SolderClaim
from parkwright.carbon.targets import Claim, PlanPart, Rule, Target
from parkwright.carbon.zerocarbon import Conversion, Item, Limit
from parkwright.store import carbon_book, packs

PAGE = (Path(__file__).parents[2] / "docs" / "look-up" / "carbon-book.md").read_text("utf-8")
NOUNS = (Rule, Target, PlanPart, Claim, Measure, carbon_book.SolderBook, SolderClaim, Conversion, Limit, Item)
PARTNERS = (Identity, Gtin)
PASSPORT = (
    DeclaredPassport, Source, Importer, Responsibility, SpareParts, Reuse, Compliance, Substance, Concern, ProductModel,
    Lifespan,
)  # fmt: skip


@pytest.mark.parametrize("noun", [*NOUNS, *PARTNERS, *PASSPORT], ids=lambda noun: noun.__name__)
def test_every_field_is_documented_with_its_unit_and_meaning(noun):
    for name, info in noun.model_fields.items():
        unit = dict(info.json_schema_extra or {}).get("unit", "")
        meaning = info.description or ""
        assert f"| `{name}` | {unit} | {meaning} |" in PAGE


@pytest.mark.parametrize(
    "column", [*carbon_book.ACTIVITY_COLUMNS, carbon_book.HANDLING, carbon_book.TEXT_ZH, *packs.COLUMNS, *KINDS]
)
def test_every_column_and_kind_is_documented(column):
    assert f"`{column}`" in PAGE


def test_every_file_of_the_demonstrations_book_is_documented():
    book = Path(__file__).parents[2] / "parks" / "tianjin" / "carbon"
    for path in book.iterdir():
        assert f"## {re.sub(r'[0-9]{4}-[0-9]{2}-[0-9]{2}', 'YYYY-MM-DD', path.name)}" in PAGE
