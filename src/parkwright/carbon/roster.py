"""The units of a day: their job, product, line and verdict, and what each weighs when overheads are shared."""

from __future__ import annotations

import polars as pl

from parkwright.model.errors import LedgerError
from parkwright.model.park import Park


def of_day(park: Park, passages: pl.DataFrame, verdicts: pl.DataFrame, jobs: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each unit with a final verdict, by serial number.

    passages: PASSAGES of the day, in any order. verdicts: VERDICTS; the last good or scrap of a unit counts, rework
    does not. jobs: JOBS. Returns (unit_id, job_id, order_id, product_id, kind, line_id, is_good, at, weight): kind is
    finished or board; line_id the line it left; weight its takt x cycle factor [ms].

    Raises LedgerError when a unit has no passage or its job is not among the jobs.
    """
    final = (
        verdicts.filter(pl.col("verdict").is_in(["good", "scrap"]))
        .sort("at", maintain_order=True)
        .group_by("unit_id")
        .agg(pl.col("at").last(), (pl.col("verdict").last() == "good").alias("is_good"))
    )
    way = passages.select("unit_id", "end", "start", "work_unit_id", "job_id").sort(pl.all())
    last = way.unique("unit_id", keep="last", maintain_order=True).select("unit_id", "job_id", "work_unit_id")
    rows = final.join(last, on="unit_id", how="left").join(
        jobs.select("job_id", "order_id", "product_id").unique("job_id", keep="last"), on="job_id", how="left"
    )
    lost = rows.filter(pl.col("product_id").is_null()).sort("unit_id")
    if lost.height:
        unit_id, job_id = lost.select("unit_id", "job_id").row(0)
        found = "has a verdict but no passage" if job_id is None else f"job {job_id} is not among the jobs"
        raise LedgerError(f"unit {unit_id}: {found}; close the day with all its passages and jobs")
    lines = pl.DataFrame(
        [(unit_id, line_id, park.work_center[line_id].takt_s) for unit_id, line_id in sorted(park.line_of.items())],
        schema={"work_unit_id": pl.String, "line_id": pl.String, "takt_s": pl.Float64},
        orient="row",
    )
    products = pl.DataFrame(
        [(product.id, product.kind, product.cycle_factor) for product in park.products],
        schema={"product_id": pl.String, "kind": pl.String, "cycle_factor": pl.Float64},
        orient="row",
    )
    weight = (pl.col("takt_s") * pl.col("cycle_factor") * 1000).round().cast(pl.Int64).alias("weight")
    return (
        rows.join(lines, on="work_unit_id", how="left")
        .join(products, on="product_id", how="left")
        .select("unit_id", "job_id", "order_id", "product_id", "kind", "line_id", "is_good", "at", weight)
        .sort("unit_id")
    )
