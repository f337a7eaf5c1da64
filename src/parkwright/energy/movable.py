"""Daily work that waits for no order: what it takes where nobody has planned it, and as blocks to be planned.

A work belongs to the day on which its window opens. Where the window goes on after midnight, the next day takes over
what is left of it; the windows of one work never overlap, so that its power tells by the time whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from math import ceil
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy.blocks import Flexible, Job
from parkwright.model.opening import Unfinished
from parkwright.model.park import Park
from parkwright.model.plant import Movable

Reals = NDArray[np.float64]

NOTHING: Mapping[str, Unfinished] = MappingProxyType({})
"""What a day leaves that leaves no work undone."""
_UNIT = "#"
"""Between the id of a work and the number of its unit in the id of a block; no id of a park holds it."""
_ROUNDING = 1e-9
_DONE_KWH = 1e-6
"""Energy that counts as none where a plan left it: the solver's feasibility tolerance over a day."""


def of_day(park: Park, day: date) -> tuple[Movable, ...]:
    """Return the work whose window opens on a day."""
    working = bool(park.shifts(day))
    return tuple(one for one in park.energy.movable if working or one.days == "every")


def window(park: Park, day: date, work: Movable) -> tuple[int, int]:
    """Return the metering intervals [first, end) from a day's midnight on that lie wholly in the window of a work.

    The end lies beyond the day where the window goes over midnight. Where a change of clocks leaves less than the work
    takes, the window ends as late as it needs.
    """
    midnight, step_s, closes = park.midnight(day), park.site.metering_interval_s, day
    count = park.intervals(day).len()
    if work.over_midnight:
        closes = day + timedelta(days=1)
        count += park.intervals(closes).len()
    low = (park.instant(day, work.earliest) - midnight).total_seconds()
    high = (park.instant(closes, work.latest) - midnight).total_seconds()
    length = len(_shares(work, step_s / 3600.0))
    first = min(ceil(low / step_s), max(count - length, 0))
    return first, min(max(int(high // step_s), first + length), count)


def after_midnight(park: Park, day: date) -> Iterator[tuple[Movable, int, int]]:
    """Yield the work of the day before whose window goes on, its intervals before midnight and those [0, end) after."""
    before = day - timedelta(days=1)
    count = park.intervals(before).len()
    for work in of_day(park, before):
        first, end = window(park, before, work)
        if end > count:
            yield work, max(count - first, 0), end - count


def spread_kw(park: Park, day: date, left: Mapping[str, Unfinished] | None = None) -> dict[str, Reals]:
    """Return the power of each work (T,) [kW] where nobody has planned it: evenly over its window.

    left: what the day before left undone; None takes it that nobody planned that day either.
    """
    count, step_h = park.intervals(day).len(), park.site.metering_interval_s / 3600.0
    found = {}
    for work in of_day(park, day):
        first, end = window(park, day, work)
        found[work.id] = np.zeros(count)
        found[work.id][first:end] = work.energy_kwh / ((end - first) * step_h)
    for work, before, end in after_midnight(park, day):
        energy_kwh = work.energy_kwh * end / (before + end)
        if left is not None:
            energy_kwh = left[work.id].energy_kwh if work.id in left else 0.0
        found.setdefault(work.id, np.zeros(count))[:end] += energy_kwh / (end * step_h)
    return found


def blocks(park: Park, day: date, bus: str, left: Mapping[str, Unfinished] = NOTHING) -> tuple[Flexible | Job, ...]:
    """Return the work of a day as blocks whose steps begin with the day, losses on the way from the busbar included.

    A work in one piece is a block a unit; its last interval may be worked in part. left: what the day before left
    undone, which comes first: units under way go on at once, the others wait as they may.
    """
    step_h = park.site.metering_interval_s / 3600.0
    gross = 1.0 + park.energy.grid.loss_share
    found = _left_blocks(park, day, bus, left)
    for work in of_day(park, day):
        first, end = window(park, day, work)
        if work.interruptible:
            limit_kw = work.power_kw * work.units * gross
            found.append(Flexible(work.id, bus, limit_kw, work.energy_kwh * gross, first, end))
            continue
        profile = work.power_kw * gross * _shares(work, step_h)[: end - first]
        starts = np.arange(first, end - len(profile) + 1, dtype=np.int64)
        found += [Job(f"{work.id}{_UNIT}{unit}", bus, profile, starts) for unit in range(work.units)]
    return tuple(found)


def _left_blocks(park: Park, day: date, bus: str, left: Mapping[str, Unfinished]) -> list[Flexible | Job]:
    """Return what the day before left of its work, to be done before its windows end."""
    gross, step_h = 1.0 + park.energy.grid.loss_share, park.site.metering_interval_s / 3600.0
    found: list[Flexible | Job] = []
    for work, _, end in after_midnight(park, day):
        rest = left.get(work.id)
        if rest is None:
            continue
        name = f"{work.id}{_UNIT}left"
        if work.interruptible:
            limit_kw = work.power_kw * work.units * gross
            found.append(Flexible(name, bus, limit_kw, rest.energy_kwh * gross, 0, end))
            continue
        profile, now = work.power_kw * gross * _shares(work, step_h), np.zeros(1, dtype=np.int64)
        found += [Job(f"{name}{unit}", bus, profile[done:], now) for unit, done in enumerate(rest.begun)]
        starts = np.arange(max(end - len(profile), 0) + 1, dtype=np.int64)
        under_way = len(rest.begun)
        found += [Job(f"{name}{under_way + unit}", bus, profile, starts) for unit in range(rest.waiting)]
    return found


def unfinished(park: Park, day: date, taken_kw: Mapping[str, Reals]) -> dict[str, Unfinished]:
    """Return what a day leaves to be done of its work after midnight, by work id; nothing where all is done.

    taken_kw: power of each work on that day (T,) [kW], as `taken` reads it from the day's plan; a work that is not
    there was not planned, and leaves nothing.
    """
    step_h, count = park.site.metering_interval_s / 3600.0, park.intervals(day).len()
    found = {}
    for work in of_day(park, day):
        first, end = window(park, day, work)
        if end <= count or work.id not in taken_kw:
            continue
        kw = taken_kw[work.id][first:]
        if work.interruptible:
            rest = Unfinished(work.energy_kwh - float(kw.sum()) * step_h)
        else:
            rest = _units_left(work, kw / work.power_kw, step_h)
        if rest.energy_kwh > _DONE_KWH:
            found[work.id] = rest
    return found


def _units_left(work: Movable, units: Reals, step_h: float) -> Unfinished:
    """Return the units that wait and those under way; units: those that work in each interval of the window (T,)."""
    shares = _shares(work, step_h)
    begun, ending = np.zeros(len(units), dtype=np.int64), np.zeros(len(units) + len(shares))
    for step in range(len(units)):
        fresh = round((float(units[step]) - float(ending[step])) / float(shares[0]))
        begun[step] = min(max(fresh, 0), work.units - int(begun.sum()))
        ending[step : step + len(shares)] += begun[step] * shares
    waiting = work.units - int(begun.sum())
    done = np.repeat(len(units) - np.arange(len(units)), begun)
    rest = float(ending[len(units) :].sum()) + waiting * float(shares.sum())
    return Unfinished(
        work.power_kw * step_h * rest, waiting, tuple(int(steps) for steps in done if steps < len(shares))
    )


def _shares(work: Movable, step_h: float) -> Reals:
    """Return the share of full power in each metering interval of a unit's work in one piece (D,)."""
    length = ceil(work.duration_h / step_h - _ROUNDING)
    found: Reals = np.minimum(work.duration_h / step_h - np.arange(length), 1.0)
    return found


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
