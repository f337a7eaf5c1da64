"""Daily work that waits for no order: what it takes where nobody has planned it, and as blocks to be planned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy.blocks import Flexible, Job
from parkwright.model.park import Park
from parkwright.model.plant import Movable

Reals = NDArray[np.float64]

_UNIT = "#"
"""Between the id of a work and the number of its unit in the id of a block; no id of a park holds it."""
_ROUNDING = 1e-9


def of_day(park: Park, day: date) -> tuple[Movable, ...]:
    """Return the work that is done on a day."""
    working = bool(park.shifts(day))
    return tuple(one for one in park.energy.movable if working or one.days == "every")


def window(park: Park, day: date, work: Movable) -> tuple[int, int]:
    """Return the metering intervals [first, end) of a day that lie wholly in the window of a work.

    Where a change of clocks leaves less than the work takes, the window ends as late as it needs.
    """
    midnight, count, step_s = park.midnight(day), park.intervals(day).len(), park.site.metering_interval_s
    low, high = ((park.instant(day, clock) - midnight).total_seconds() for clock in (work.earliest, work.latest))
    length = ceil(work.duration_h * 3600.0 / step_s - _ROUNDING)
    first = min(ceil(low / step_s), max(count - length, 0))
    return first, min(max(int(high // step_s), first + length), count)


def spread_kw(park: Park, day: date) -> dict[str, Reals]:
    """Return the power of each work (T,) [kW] where nobody has planned it: evenly over its window."""
    count, step_h = park.intervals(day).len(), park.site.metering_interval_s / 3600.0
    found = {}
    for work in of_day(park, day):
        first, end = window(park, day, work)
        found[work.id] = np.zeros(count)
        found[work.id][first:end] = work.energy_kwh / ((end - first) * step_h)
    return found


def blocks(park: Park, day: date, bus: str) -> tuple[Flexible | Job, ...]:
    """Return the work of a day as blocks whose steps begin with the day, losses on the way from the busbar included.

    A work in one piece is a block a unit; its last interval may be worked in part.
    """
    step_h, count = park.site.metering_interval_s / 3600.0, park.intervals(day).len()
    gross = 1.0 + park.energy.grid.loss_share
    found: list[Flexible | Job] = []
    for work in of_day(park, day):
        first, end = window(park, day, work)
        if work.interruptible:
            limit_kw = work.power_kw * work.units * gross
            found.append(Flexible(work.id, bus, limit_kw, work.energy_kwh * gross, first, end))
            continue
        shares = np.minimum(work.duration_h / step_h - np.arange(min(end - first, count)), 1.0)
        profile = work.power_kw * gross * shares[shares > _ROUNDING]
        starts = np.arange(first, end - len(profile) + 1, dtype=np.int64)
        found += [Job(f"{work.id}{_UNIT}{unit}", bus, profile, starts) for unit in range(work.units)]
    return tuple(found)


def by_work(park: Park, taken_kw: Mapping[str, Reals]) -> dict[str, Reals]:
    """Return the power of each work at its meter (T,) [kW] from what its blocks take at the busbar."""
    found: dict[str, Reals] = {}
    for block_id, power in taken_kw.items():
        work_id = block_id.split(_UNIT)[0]
        found[work_id] = found.get(work_id, np.zeros(len(power))) + power / (1.0 + park.energy.grid.loss_share)
    return found


def by_meter(park: Park, work_kw: Mapping[str, Reals]) -> dict[str, Reals]:
    """Return what work adds to its meters, those above not included (T,) [kW]."""
    found: dict[str, Reals] = {}
    for work in park.energy.movable:
        if work.id in work_kw:
            found[work.meter_id] = found.get(work.meter_id, np.zeros(1)) + work_kw[work.id]
    return found


def taken(dispatch: pl.DataFrame, park: Park) -> dict[str, Reals]:
    """Return the power of each work (T,) [kW] that a plan told of; dispatch: DISPATCH of a day."""
    ids = [one.id for one in park.energy.movable]
    rows = dispatch.filter(pl.col("asset_id").is_in(ids)).sort("start", maintain_order=True)
    parts = rows.partition_by("asset_id", as_dict=True, maintain_order=True)
    return {str(work_id): frame["power_kw"].to_numpy() for (work_id,), frame in parts.items()}


def moved_kwh(now: Mapping[str, Reals], before: Mapping[str, Reals], step_h: float) -> float:
    """Return the energy that is taken at another time than before [kWh]: half of all differences of power by work."""
    return sum(0.5 * float(np.abs(power - before[name]).sum()) * step_h for name, power in now.items())
