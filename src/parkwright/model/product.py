"""Materials, products, process segments, bills of material, suppliers, markets and the order pattern."""

from __future__ import annotations

from typing import Annotated, Literal

from parkwright.model.noun import Noun, Sourced, Text, figure, identity, word
from parkwright.model.trade_item import CHECKED, FORM


class Segment(Noun):
    """A process segment (ISA-95): what a line does to a lot."""

    id: str = identity()
    name: Text = word("shown name")
    pauses: bool = word(
        "whether a lot may pause when its line closes, and go on later; false: it is done in one go", True
    )


class Product(Sourced):
    """A material definition that the park makes."""

    id: str = identity()
    name: Text = word("shown name")
    kind: Literal["finished", "board"] = word("finished goods are sold; boards are built into them")
    family_id: str = word("setup family")
    segment_id: str = word("process segment that makes it")
    cycle_factor: float = figure("share", "time at each work unit relative to its cycle_s", 1.0, gt=0, le=20)
    mass_kg: float = figure("kg", "shipped mass", gt=0, le=1000)
    share: float = figure("share", "weight in generated orders; 0 is never ordered", 0.0, ge=0)
    part_min: int = figure("units", "smallest part of an order's lot, where it is split", 1, ge=1)
    parts_max: int = figure(
        "parts", "parts of an order's lot that would be late whole; 1 is never split", 1, ge=1, le=99
    )


class Material(Sourced):
    """A purchased material definition."""

    id: str = identity()
    name: Text = word("shown name")
    supplier_id: str = word("supplier")
    unit: Literal["piece", "kg", "m", "m2"] = word("unit of account")
    footprint_kg_per_unit: float = figure("kg CO2e per unit of account", "cradle to gate", ge=0)
    lot_size: float = figure("units of account", "content of a lot (reel, tray, pallet)", 100.0, gt=0)
    gtin: Annotated[str | None, CHECKED] = word(
        "GS1 trade item number, by which partners' events name its lots; 14 digits", None, pattern=FORM
    )


class BillLine(Sourced):
    """A line of a bill of material."""

    product_id: str = word("product that it goes into")
    component_id: str = word("material, or a board product made here")
    position: str = word("place in the product: board, panel, battery, chassis, packing, ...")
    quantity: float = figure("units of account", "per unit of product", gt=0, le=10_000)


class Setup(Sourced):
    """A changeover of a line between two families."""

    work_center_id: str = word("line")
    from_family: str = word("family before")
    to_family: str = word("family after")
    duration_s: float = figure("s", "changeover", ge=0, le=86_400)


class Supplier(Sourced):
    """A supplier."""

    id: str = identity()
    name: Text = word("shown name")
    country: str = word("ISO 3166 alpha-2", pattern=r"^[A-Z]{2}$")
    late_share: float = figure("share", "kits delayed by it", 0.0, ge=0, le=1)
    late_mean_s: float = figure("s", "mean delay of a late kit", 0.0, ge=0, le=864_000)


class Market(Sourced):
    """A market served."""

    id: str = identity()
    name: Text = word("shown name")
    share: float = figure("share", "weight in generated orders", ge=0)


class Planning(Sourced):
    """What a plan of the lines weighs beside lateness, energy, and the tariff's prices of carbon and demand."""

    setup_cny_per_h: float = figure(
        "CNY/h",
        "what an hour of changeover costs beside its energy: the people who make it and the line that stands; "
        "0 counts its energy alone",
        0.0,
        ge=0,
        le=100_000,
    )


class OrderPattern(Sourced):
    """How a day's orders are generated where orders.csv is absent."""

    orders_per_day: int = figure("orders", "order lines of a working day at full shifts", ge=0, le=200_000)
    small_share: float = figure("share", "order lines below small_below units", ge=0, le=1)
    small_below: int = figure("units", "a small order is below", ge=2, le=1000)
    large_share: float = figure("share", "order lines above large_above units", ge=0, le=1)
    large_above: int = figure("units", "a large order is above", ge=2, le=100_000)
    large_mean: float = figure("units", "mean size of a large order", gt=0)
    medium_mean: float = figure("units", "mean size of a medium order", gt=0)
    due_same_shift_share: float = figure("share", "orders due at the end of the first shift", 0.3, ge=0, le=1)
    lateness_cny_per_h: float = figure("CNY/h", "weight of an order line per unit ordered", 1.0, ge=0)
    stock_share: float = figure("share", "boards built for stock on top of the day's demand", 0.05, ge=0, le=2)
    opening_boards: int = figure("units", "boards of each kind in stock when a day opens", 100, ge=0)
