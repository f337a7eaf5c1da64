"""Footprints of products: how sure are they, and what would another figure of a supplier make of them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers.carbon import ProductRow, product_row
from parkwright.show.answers.figure import Answer
from parkwright.show.context import CarbonAnswers


class ChangedProduct(Answer):
    """What the change would make of a unit of a product."""

    product_id: str
    kg_per_unit: float = Field(description="after the change [kg CO2e]")
    change_kg: float = Field(description="after less before [kg CO2e]")


class Change(Answer):
    """Other footprints of materials or processes, and what they would make of every product."""

    new_kg: dict[str, float] = Field(description="material or process -> its new footprint [kg CO2e a unit]")
    recomputed: int = Field(description="processes that had to be computed again")
    products: list[ChangedProduct]


class ProductFootprints(Answer):
    """The footprints of the products that were finished in some closed days."""

    start_day: str
    end_day: str
    days_closed: int
    draws: int = Field(description="drawings behind the intervals; 0: lognormal, by the coefficient of variation")
    products: list[ProductRow]
    change: Change | None = Field(description="null where none was asked for")


def product_footprints(
    carbon: CarbonAnswers, park: Park, span: tuple[date, date], draws: int, seed: int, changes: Sequence[str]
) -> ProductFootprints:
    """Return the footprints of products, and what changes (THING=KG) would make of them.

    Raises LedgerError when nothing was finished in the days, or a change names nothing that they rest on.
    """
    found = carbon.products(span, draws, seed, changes)
    return ProductFootprints(
        start_day=found["from"],
        end_day=found["to"],
        days_closed=found["days_closed"],
        draws=found["draws"],
        products=[product_row(park, one) for one in found["products"]],
        change=_change(found["change"]) if "change" in found else None,
    )


def _change(found: Mapping[str, Any]) -> Change:
    products = [
        ChangedProduct(product_id=one["product"], kg_per_unit=one["kg_per_unit"], change_kg=one["change_kg"])
        for one in found["products"]
    ]
    return Change(new_kg=found["new_kg"], recomputed=found["recomputed"], products=products)
