"""Carbon passports: what a finished unit's accounts hold, its purchased materials among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import polars as pl

from parkwright.carbon import roster, transfer
from parkwright.carbon.factors import UG_PER_KG, decimal, half_up
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.model.tables import PASSPORTS, TIME, conform


def counted(park: Park, footprints: pl.DataFrame) -> Park:
    """Return the park with the footprints that suppliers declared in place of its folder's.

    footprints: FOOTPRINTS; of a material that comes twice the last row counts, one that the park does not buy is left.
    """
    known = {
        name: {"footprint_kg_per_unit": kg, "basis": f"cited: the supplier's declaration {source}"}
        for name, kg, source in footprints.select("material_id", "footprint_kg", "source").iter_rows()
    }
    if not known:
        return park
    materials = [material.model_copy(update=known.get(material.id, {})) for material in park.materials]
    return replace(park, materials=tuple(materials))


def materials_ug(park: Park) -> Mapping[str, int]:
    """Return the footprint [ug CO2e] of each product's purchased materials, by product id, boards made here included.

    Quantity x cradle-to-gate footprint of each line of the bill of material, exact, rounded half up once.

    Raises LedgerError when a bill contains itself or names an unknown component.
    """
    bill: dict[str, list[tuple[str, float]]] = {}
    for line in park.bill:
        bill.setdefault(line.product_id, []).append((line.component_id, line.quantity))
    known: dict[str, Decimal] = {}

    def footprint_kg(product_id: str, above: tuple[str, ...]) -> Decimal:
        if product_id in above:
            raise LedgerError(f"bill of {product_id}: contains itself through {above}; correct bills.csv")
        if product_id not in known:
            parts = Decimal(0)
            for component_id, quantity in bill.get(product_id, ()):
                if component_id in park.material:
                    each = decimal(park.material[component_id].footprint_kg_per_unit)
                elif component_id in park.product:
                    each = footprint_kg(component_id, (*above, product_id))
                else:
                    raise LedgerError(f"bill of {product_id}: {component_id} is unknown; add it to materials.csv")
                parts += decimal(quantity) * each
            known[product_id] = parts
        return known[product_id]

    return {product.id: half_up(footprint_kg(product.id, ()) * UG_PER_KG) for product in park.products}


def of_units(units: pl.DataFrame, balances: pl.DataFrame, status: str) -> pl.DataFrame:
    """Return the PASSPORTS of `units`, by serial number.

    units: rows of roster.of_day. balances: transfer.condensed balances of their accounts. status: provisional or final.
    """
    amount = pl.col("quantity")
    is_energy, overhead = pl.col("view") == "physical", pl.col("is_overhead")
    sums = balances.group_by("account").agg(
        amount.filter(is_energy & ~overhead).sum().alias("direct_mwh_int"),
        amount.filter(is_energy & overhead).sum().alias("overhead_mwh_int"),
        amount.filter(pl.col("view") == "location").sum().alias("location_ug"),
        amount.filter(pl.col("view") == "market").sum().alias("market_ug"),
        amount.filter(pl.col("view") == "materials").sum().alias("material_ug"),
        amount.filter(pl.col("view") == "tariff").sum().alias("cost_1e4cny"),
    )
    rows = (
        units.with_columns(pl.format("unit:{}", "unit_id").alias("account"))
        .join(sums, on="account", how="left")
        .with_columns(pl.col(name).fill_null(0) for name in sums.columns[1:])
        .with_columns(pl.lit(status).alias("status"))
    )
    return conform(rows.select(list(PASSPORTS.schema)).sort("unit_id"), PASSPORTS)


def provisional(
    park: Park,
    closed_until: datetime,
    postings: pl.DataFrame,
    passages: pl.DataFrame,
    verdicts: pl.DataFrame,
    assemblies: pl.DataFrame,
    jobs: pl.DataFrame,
) -> pl.DataFrame:
    """Return provisional PASSPORTS of the good finished units whose passages all lie in closed intervals.

    closed_until: end of the last closed interval. postings: POSTINGS of the day's closed intervals. passages,
    verdicts, assemblies, jobs: of the day so far; give the verdicts of new units only and old ones are not repeated.
    Direct figures are complete, the boards' included; overhead is 0 until the day is closed. Materials are those of
    the unit's own bill; its share of what scrapped units consumed comes with the close.

    Raises LedgerError when a unit's job is not among the jobs.
    """
    limit = pl.lit(closed_until).cast(TIME)
    wanted = verdicts.select("unit_id").unique()
    seen = passages.join(wanted, on="unit_id", how="semi")
    open_units = seen.filter(pl.col("end") > limit).select("unit_id").unique()
    units = roster.of_day(park, seen, verdicts.join(open_units, on="unit_id", how="anti"), jobs)
    units = units.filter(pl.col("is_good") & (pl.col("kind") == "finished"))
    found = of_units(units, _with_boards(units, postings, assemblies), "provisional")
    own = pl.col("product_id").replace_strict(materials_ug(park), return_dtype=pl.Int64)
    return conform(found.with_columns(own.alias("material_ug")), PASSPORTS)


def _with_boards(units: pl.DataFrame, postings: pl.DataFrame, assemblies: pl.DataFrame) -> pl.DataFrame:
    """Return the condensed balances of the units, those of the boards built into them added to theirs."""
    owners = pl.concat(
        [
            units.select(pl.col("unit_id").alias("part_id"), "unit_id"),
            assemblies.join(units, on="unit_id", how="semi")
            .unique("component_id", keep="first", maintain_order=True)
            .select(pl.col("component_id").alias("part_id"), "unit_id"),
        ]
    ).select(pl.format("unit:{}", "part_id").alias("account"), pl.format("unit:{}", "unit_id").alias("owner"))
    rows = transfer.condensed(postings.join(owners, on="account", how="semi"))
    return rows.join(owners, on="account").with_columns(pl.col("owner").alias("account")).drop("owner")
