"""Verdicts about units: rework, scrap, or good when the last work unit of the line has passed them."""

from __future__ import annotations

import polars as pl

from parkwright.model.park import Park
from parkwright.model.tables import PASSAGES, VERDICTS, conform


def decide(passages: pl.DataFrame, park: Park) -> pl.DataFrame:
    """Return the verdicts that follow from passages, as VERDICTS in order of time.

    A passage that failed is a rework verdict, one that scrapped a scrap verdict; a unit that leaves the last work
    unit of its line with result ok is good. Other passages decide nothing. The reason is a message key made of the
    kind of work unit and the result: test_fail, inspection_scrap, pack_ok.

    passages: PASSAGES, of any stretch of time: verdicts of two stretches add up to those of both. park: tells the
    last work unit of each line.
    """
    kinds = {unit.id: unit.kind for unit in park.work_unit.values()}
    last = [line.work_unit[-1].id for line in park.work_centers]
    decided = (
        conform(passages, PASSAGES)
        .filter((pl.col("result") != "ok") | pl.col("work_unit_id").is_in(last))
        .select(
            "unit_id",
            "segment_id",
            pl.col("end").alias("at"),
            pl.col("result").replace_strict({"ok": "good", "fail": "rework", "scrap": "scrap"}).alias("verdict"),
            pl.concat_str(
                pl.col("work_unit_id").replace_strict(kinds, default="station", return_dtype=pl.String),
                pl.lit("_"),
                "result",
            ).alias("reason"),
        )
        .sort("at", "unit_id", maintain_order=True)
    )
    return conform(decided, VERDICTS)
