"""Declarations: which footprints has the park declared to its partners, and what replaces what?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers.figure import Answer
from parkwright.show.context import DeclarationAnswers


class DeclarationRow(Answer):
    """A footprint that the park has declared."""

    id: str = Field(description="of the footprint, as partners name it")
    product: str = Field(description="URN of the product")
    status: str = Field(description="active; deprecated once it is replaced")
    kg_per_declared_unit: float = Field(description="[kg CO2e]")
    unit: str = Field(description="declared unit")
    primary_share: float | None = Field(description="share that rests on primary data; null where it is not said")
    created: datetime
    replaces: list[str] = Field(description="ids of the declarations before it that it replaces")
    versions_before: list[str] = Field(description="ids of all its versions before, nearest first")


class DeclarationList(Answer):
    """The declarations of a park, newest first, and the products that it can declare."""

    rows: list[DeclarationRow]
    products: list[str]


def declarations(answers: DeclarationAnswers, park: Park, product_id: str | None = None) -> DeclarationList:
    """Return the declarations of a product, of all where None."""
    rows = [_row(one) for one in reversed(answers.declarations(product_id))]
    return DeclarationList(rows=rows, products=[one.id for one in park.products])


def _row(one: Mapping[str, Any]) -> DeclarationRow:
    share = one["primary_share_percent"]
    kept = ("id", "product", "status", "unit", "replaces")
    return DeclarationRow(
        **{name: one[name] for name in kept},
        kg_per_declared_unit=float(one["kg_per_declared_unit"]),
        primary_share=None if share is None else float(share) / 100,
        created=datetime.fromisoformat(one["created"]),
        versions_before=one["versions_before"],
    )
