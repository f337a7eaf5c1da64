"""A finished unit as partners may see it, in our words, and the port that finds it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from parkwright.model.product import Product


@dataclass(frozen=True, slots=True)
class Step:
    """A unit at a work unit, until it left, with what came of it (ok, fail or scrap)."""

    work_unit_id: str
    end: datetime
    result: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A component in a built unit: a lot or a serial number, how much of it in its unit of account, and since when.

    position: its place in the bill.
    """

    asset: str
    quantity: Decimal
    unit: str
    at: datetime
    position: str = ""


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of the unit's bill that has no serial number: a purchased material, its name, how much of it and where."""

    material_id: str
    name: str
    quantity: Decimal
    unit: str
    position: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """Energy that a unit took between two instants [mWh]: an interval of its meters, or its share of a day."""

    start: datetime
    end: datetime
    energy_mwh_int: int


@dataclass(frozen=True, slots=True)
class Built:
    """A finished unit whose day is closed.

    packed: when it was finished; final: when its day was closed. zone: of the park. uri: its address, a GS1 Digital
    Link or a URN. footprint_kg: cradle to gate [kg CO2e]; kinds_kg: of materials, freight and energy. steps and pieces
    in order of time. used: adds up to the energy of its passport. lot_id: the lot that it came from. packing_kg: mass
    of its packing, None where that is not known. restated: how often its passport was restated.
    """

    unit_id: str
    product: Product
    uri: str
    packed: datetime
    final: datetime
    zone: ZoneInfo
    energy_mwh_int: int
    footprint_kg: Decimal
    kinds_kg: dict[str, Decimal]
    steps: tuple[Step, ...]
    pieces: tuple[Piece, ...]
    bought: tuple[Bought, ...]
    used: tuple[Used, ...]
    lot_id: str = ""
    packing_kg: Decimal | None = None
    restated: int = 0


class Shelf(Protocol):
    """The store's side of finished units."""

    def page(self, product_ids: Collection[str], after: str, limit: int) -> Sequence[Built]:
        """Return the next units of those products after the one whose serial number is `after`; "" for the first."""
        ...

    def unit(self, unit_id: str) -> Built | None:
        """Return a unit by its serial number, in full or as linked; None where its day is not closed."""
        ...
