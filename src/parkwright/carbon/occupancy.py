"""Who stood where for how long: the occupancy of the work units in a metering interval."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from parkwright.carbon.attribution import apportion
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.model.tables import TIME

OCCUPANCY_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "unit_id": pl.String,
    "job_id": pl.String,
    "work_unit_id": pl.String,
    "ticks_ms": pl.Int64,
}
FINE = 1_000_000
"""Parts of a ms in which the time of a machine is shared before it is rounded."""
_KEY = ["unit_id", "job_id", "work_unit_id"]


def of_interval(
    park: Park, start: datetime, end: datetime, passages: pl.DataFrame, presence: pl.DataFrame
) -> pl.DataFrame:
    """Return how long each unit stood at each work unit in [start, end).

    passages: PASSAGES that ended after `start` (others are ignored). presence: PRESENCE at `end`; a unit whose
    passage has ended since then counts once, so that closing late gives the same rows. At the machine of a line with
    room the units that stand there together share the time between them, so that a run is counted once.
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
        .collect()
    )
    ovens = [line.work_unit[0].id for line in park.work_centers if line.room]
    in_oven = pl.col("work_unit_id").is_in(ovens)
    rows = pl.concat([rows.filter(~in_oven), *_shared(rows.filter(in_oven), start, end)]) if ovens else rows
    rows = rows.group_by(_KEY).agg(pl.col("ticks_ms").sum()).filter(pl.col("ticks_ms") > 0).sort(_KEY)
    unknown = set(rows["work_unit_id"].unique()) - set(park.work_unit)
    if unknown:
        raise LedgerError(
            f"occupancy: work units {sorted(unknown)} are not in park {park.site.park_id}; "
            "add them to lines.toml or correct the passages"
        )
    return rows.select(list(OCCUPANCY_SCHEMA))


def _shared(rows: pl.DataFrame, start: datetime, end: datetime) -> list[pl.DataFrame]:
    """Return the rows of machines with room, the time of each shared at every instant by the units that are in it.

    The shares of a machine add up to the time in which any unit is in it, to the ms: largest remainder.
    """
    first, last = (round(instant.timestamp() * 1000) for instant in (start, end))
    found = []
    for _, stay in rows.sort(*_KEY, "start").group_by("work_unit_id", maintain_order=True):
        inside = np.stack([stay[name].dt.epoch("ms").to_numpy() for name in ("start", "end")]).clip(first, last)
        edge = np.unique(inside)
        at = np.searchsorted(edge, inside)
        change = np.bincount(at[0], minlength=edge.size) - np.bincount(at[1], minlength=edge.size)
        units, span = np.cumsum(change)[:-1], np.diff(edge)
        each = np.where(units > 0, span * FINE // np.maximum(units, 1), 0)
        weight = np.diff(np.concatenate(([0], np.cumsum(each)))[at], axis=0)[0]
        shares = apportion(int(span[units > 0].sum()), weight.tolist())
        found.append(stay.with_columns(pl.Series("ticks_ms", shares, dtype=pl.Int64)))
    return found
