"""Freight that brought a park's materials: category 4 of scope 3, for the units whose materials are in category 1."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from parkwright.carbon.activity import activity_ug
from parkwright.carbon.editions import ActivityFactor
from parkwright.carbon.footprint import FREIGHT_UNIT, Sourcing, carried_t_km, needed
from parkwright.carbon.inventory import INBOUND, Line
from parkwright.model.park import Park


def lines(
    park: Park, units: pl.DataFrame, sourcing: Mapping[str, Sourcing], factors: Mapping[str, ActivityFactor]
) -> list[Line]:
    """Return a line for each factor of freight: what was bought for the units, by mass and way to the park.

    units: rows (product_id, kind, is_good, units); finished units, good or scrapped, and scrapped boards count, as in
    category 1. What is lost before it is in a unit was carried, too. A material without a row of sourcing, or without
    a freight factor there, is not counted. factors: factor id -> factor, per t.km.

    Raises LedgerError when a factor is per another unit, or a bill contains itself.
    """
    counted = units.filter((pl.col("kind") == "finished") | ~pl.col("is_good"))
    carried: dict[str, Decimal] = {}
    for product_id, count in counted.group_by("product_id").agg(pl.col("units").sum()).sort("product_id").iter_rows():
        for material_id, quantity in needed(park, product_id, Decimal(count)).items():
            row = sourcing.get(material_id)
            if row and row.freight_factor_id:
                amount = quantity * (1 + row.scrap_share) * carried_t_km(row)
                carried[row.freight_factor_id] = carried.get(row.freight_factor_id, Decimal(0)) + amount
    found = []
    for factor_id, amount in sorted(carried.items()):
        emitted = activity_ug(amount, FREIGHT_UNIT, factors[factor_id])
        found.append(Line(3, 4, f"{INBOUND}{factor_id}", emitted, emitted, factor_id, "ledger x sourcing.csv"))
    return found
