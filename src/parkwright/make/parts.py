"""Orders in parts: a lot that would be late whole is cut into jobs that several lines make at once.

A part is a job like any other: it has its own kit, line and times, and may be moved. The order is complete with the
last of them.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl

from parkwright.make.lots import part_counts, part_units
from parkwright.model.park import Park
from parkwright.model.tables import JOBS, conform

LOT = ("order_id", "product_id")
"""What the parts of an order's lot have in common; board lots that an order carries are of another product."""


def parted(park: Park, jobs: pl.DataFrame, job_ids: Collection[str]) -> pl.DataFrame:
    """Return JOBS with some of them in parts, as many as their product allows; others, and parts, stay as they are.

    Parts are as equal as whole units allow. `J-o` becomes `J-o.1`, `J-o.2` and so on, in the place of the whole lot.
    A lot whose parts would take the names of other jobs stays whole.
    """
    names, rows = set(jobs["job_id"]), list[tuple[object, ...]]()
    whole = numbered(jobs)["parts"] == 1
    for is_whole, row in zip(whole, jobs.rows(named=True), strict=True):
        product = park.product[row["product_id"]]
        count = part_counts(np.array(row["quantity"]), np.array(product.part_min), product.parts_max).item()
        parts = [f"{row['job_id']}.{n + 1}" for n in range(count)]
        if count == 1 or not is_whole or row["job_id"] not in job_ids or names & set(parts):
            rows.append(tuple(row.values()))
            continue
        units = part_units(np.array(row["quantity"]), np.arange(count), np.array(count))
        rows += [
            tuple({**row, "job_id": part, "quantity": own}.values())
            for part, own in zip(parts, units.tolist(), strict=True)
        ]
    return conform(pl.DataFrame(rows, schema=JOBS.schema, orient="row"), JOBS)


def numbered(jobs: pl.DataFrame) -> pl.DataFrame:
    """Return jobs with the columns part (1, 2, ... in the order given) and parts: which one of an order's lot it is."""
    return jobs.with_columns(
        part=pl.int_range(1, pl.len() + 1).over(LOT),
        parts=pl.len().cast(pl.Int64).over(LOT),
    )


def shares(jobs: pl.DataFrame) -> pl.Series:
    """Return the share of each job in its order's lot, by units (J,); 1 where it is whole."""
    return jobs.select((pl.col("quantity") / pl.col("quantity").sum().over(LOT)).alias("share"))["share"]
