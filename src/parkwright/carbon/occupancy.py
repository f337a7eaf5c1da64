"""Who stood where for how long: the occupancy of the work units in a metering interval."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.model.tables import TIME

OCCUPANCY_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "unit_id": pl.String,
    "job_id": pl.String,
    "work_unit_id": pl.String,
    "ticks_ms": pl.Int64,
}
_KEY = ["unit_id", "job_id", "work_unit_id"]


def of_interval(
    park: Park, start: datetime, end: datetime, passages: pl.DataFrame, presence: pl.DataFrame
) -> pl.DataFrame:
    """Return how long each unit stood at each work unit in [start, end).

    passages: PASSAGES that ended after `start` (others are ignored). presence: PRESENCE at `end`; a unit whose
    passage has ended since then counts once, so that closing late gives the same rows.
    Returns (unit_id, job_id, work_unit_id, ticks_ms [ms, > 0]), one row a unit and work unit, sorted; it does not
    depend on the order of the rows given.

    Raises LedgerError when the interval is empty or a work unit is not in the park.
    """
    if end <= start:
        raise LedgerError(f"occupancy: the interval {start}..{end} is empty; give an end after its start")
    first, last = (pl.lit(instant).cast(TIME) for instant in (start, end))
    ended = passages.lazy().filter((pl.col("end") > first) & (pl.col("start") < last)).select(*_KEY, "start", "end")
    present = presence.lazy().filter(pl.col("start") < last).select(*_KEY, "start", last.alias("end"))
    ticks = (pl.min_horizontal("end", last) - pl.max_horizontal("start", first)).dt.total_milliseconds()
    rows = (
        pl.concat([ended, present])
        .with_columns(ticks.alias("ticks_ms"))
        .filter(pl.col("ticks_ms") > 0)
        .unique([*_KEY, "start"], keep="first", maintain_order=True)
        .group_by(_KEY)
        .agg(pl.col("ticks_ms").sum())
        .sort(_KEY)
        .collect()
    )
    unknown = set(rows["work_unit_id"].unique()) - set(park.work_unit)
    if unknown:
        raise LedgerError(
            f"occupancy: work units {sorted(unknown)} are not in park {park.site.park_id}; "
            "add them to lines.toml or correct the passages"
        )
    return rows.select(list(OCCUPANCY_SCHEMA))
