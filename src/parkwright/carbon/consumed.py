"""Purchased materials as the ledger books them: what each unit consumed, by its bill, on the unit's own account.

From there scrap moves them as it moves energy: a scrapped unit's to the good units of its job, a scrapped board's
through the good boards into the units, so that the good units of a lot bear all that the lot consumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl

from parkwright.carbon import transfer
from parkwright.carbon.entries import ROW_SCHEMA
from parkwright.carbon.factors import UG_PER_KG, decimal, half_up
from parkwright.carbon.footprint import Sourcing, needed
from parkwright.carbon.passport import materials_ug
from parkwright.model.park import Park

BILL = "bill_of_material"
"""Method: quantity of each line of the bill x its cradle-to-gate footprint, boards made here opened up."""
VIEW = "materials"
"""View of emissions of purchased materials; never added to those of energy in a posting."""
SOURCE = "scope3:materials"
"""Account that gives them: category 1 of scope 3."""


def lost_ug(park: Park, sourcing: Mapping[str, Sourcing]) -> dict[str, int]:
    """Return product id -> what is bought for a unit beyond its bill and lost before it is in one [ug CO2e].

    sourcing: material id -> how it comes, with the share that is lost. park: with the footprints that a day counts
    with, as passport.counted gives it. No fact shows which unit such a loss was for, so that none bears it in a
    posting; category 1 of scope 3 counts it beside what was posted.

    Raises LedgerError when a bill contains itself.
    """
    found = {}
    for product in park.products:
        kg = Decimal(0)
        for material_id, quantity in needed(park, product.id, Decimal(1)).items():
            if material_id in sourcing:
                each = decimal(park.material[material_id].footprint_kg_per_unit)
                kg += quantity * sourcing[material_id].scrap_share * each
        found[product.id] = half_up(kg * UG_PER_KG)
    return found


def posted(park: Park, day: date, units: pl.DataFrame) -> pl.DataFrame:
    """Return the journals of the materials of a day's units (ROW_SCHEMA), one journal a job.

    units: rows of roster.of_day. A finished unit, good or scrapped, consumed its bill with its boards', a scrapped
    board its own bill; a good board's materials are in the unit that it is built into.

    Raises LedgerError when a bill contains itself or names an unknown component.
    """
    consumed = units.filter((pl.col("kind") == "finished") | ~pl.col("is_good"))
    if consumed.is_empty():
        return pl.DataFrame(schema=ROW_SCHEMA)
    each = consumed.select(
        "job_id",
        pl.format("unit:{}", "unit_id").alias("account"),
        pl.col("product_id").replace_strict(materials_ug(park), return_dtype=pl.Int64).alias("quantity"),
        pl.format("bill of {}", "product_id").alias("activity_ref"),
    )
    given = each.group_by("job_id", "activity_ref").agg(-pl.col("quantity").sum()).sort("job_id", "activity_ref")
    columns = ["job_id", "account", "quantity", "activity_ref"]
    both = pl.concat([given.with_columns(pl.lit(SOURCE).alias("account")).select(columns), each.select(columns)])
    measured = both.with_columns(pl.lit("co2e").alias("commodity"), pl.lit(VIEW).alias("view"))
    return transfer.rows_of(measured, pl.format(f"{day}/materials/{{}}", "job_id"), BILL)
