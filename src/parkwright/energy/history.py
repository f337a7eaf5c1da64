"""Metered power of the past as days by slots of the local clock, with what cannot be trusted taken out and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.model.errors import ForecastError

Reals = NDArray[np.float64]

STUCK_H = 12.0
"""A meter that shows the same value above zero for this long is taken to be stuck [h]; assumed."""


@dataclass(frozen=True, slots=True)
class History:
    """Power by day and slot of the local clock; NaN where nothing is known.

    days: (D,) without gaps. power_kw: (D, S) [kW]. repairs: what was left out, one line each.
    """

    days: tuple[date, ...]
    power_kw: Reals
    repairs: tuple[str, ...] = ()

    @property
    def slots(self) -> int:
        """Slots of a day of 24 hours."""
        return int(self.power_kw.shape[1])

    def before(self, day: date) -> History:
        """Return the history up to the end of the day before `day`."""
        count = sum(each < day for each in self.days)
        return History(self.days[:count], self.power_kw[:count], self.repairs)


def slots_of(starts: pl.Series, zone: str, step_s: int) -> NDArray[np.int64]:
    """Return the slot of the local clock in which each aware instant lies (T,); an hour that comes twice shares one."""
    local = starts.dt.convert_time_zone(zone)
    second = local.dt.hour().cast(pl.Int64) * 3600 + local.dt.minute().cast(pl.Int64) * 60 + local.dt.second()
    found: NDArray[np.int64] = (second // step_s).to_numpy().astype(np.int64)
    return found


def arrange(frame: pl.DataFrame, zone: str, step_s: int) -> History:
    """Return metered power as days by slots; frame: start (aware), power_kw, one row an interval of `step_s`.

    Two rows of one slot (the hour that comes twice in autumn, a repeated row) count with their mean; a slot without a
    row, and the hour that is missing in spring, stay unknown. A run of one value above zero for STUCK_H hours or
    more becomes unknown. What was left out is named in `repairs`.

    Raises ForecastError when there is no row, or a power is below zero, infinite or not a number.
    """
    if frame.is_empty():
        raise ForecastError("history: has no rows; give metered power of at least two weeks")
    rows = frame.sort("start")
    power = rows["power_kw"].to_numpy().astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(power) | (power < 0.0))
    if wrong.size:
        at = rows["start"][int(wrong[0])]
        found = f"{at:%Y-%m-%d %H:%M} UTC has {power[wrong[0]]:g} kW ({wrong.size} such rows)"
        raise ForecastError(f"history: {found}; give power of 0 or more, and leave out intervals that are not known")
    stuck, repairs = _stuck(rows["start"], power, step_s)
    power = np.where(stuck, np.nan, power)
    local = rows["start"].dt.convert_time_zone(zone).dt.date()
    first, last = local.min(), local.max()
    if not isinstance(first, date) or not isinstance(last, date):
        raise ForecastError("history: holds no instant; give start as aware instants")
    days = tuple(first + timedelta(days=back) for back in range((last - first).days + 1))
    place = (local - first).dt.total_days().to_numpy(), slots_of(rows["start"], zone, step_s)
    total, count = np.zeros((len(days), 86_400 // step_s)), np.zeros((len(days), 86_400 // step_s))
    known = ~np.isnan(power)
    np.add.at(total, (place[0][known], place[1][known]), power[known])
    np.add.at(count, (place[0][known], place[1][known]), 1.0)
    filled = np.where(count > 0.0, total / np.where(count > 0.0, count, 1.0), np.nan)
    unknown = int((count == 0.0).sum())
    if unknown:
        repairs.append(f"{unknown} slots of {count.size} are not known and weigh nothing")
    return History(days, filled, tuple(repairs))


def stuck_runs(values: Reals, step_s: int) -> list[tuple[int, int]]:
    """Return the runs [low, high) of one value above zero that last STUCK_H hours or more.

    values: (T,), one an interval of `step_s` [s]; NaN is not known and ends a run.
    """
    edges = np.flatnonzero(np.diff(values, prepend=np.nan, append=np.nan) != 0.0)
    return [
        (low, high)
        for low, high in pairwise(edges.tolist())
        if values[low] > 0.0 and (high - low) * step_s >= STUCK_H * 3600.0
    ]


def doubts(columns: Mapping[str, Reals], starts: Sequence[datetime], step_s: int) -> tuple[str, ...]:
    """Return what looks like a stuck sensor in series that are given as they are, one line each; nothing is changed.

    columns: by name, each (T,). starts: (T,).
    """
    return tuple(
        f"{name}: shows {values[low]:g} for {high - low} steps from {starts[low].isoformat()} on; taken as it is, "
        "check the sensor if it is measured"
        for name, values in columns.items()
        for low, high in stuck_runs(values, step_s)
    )


def _stuck(starts: pl.Series, power: Reals, step_s: int) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which rows belong to a run of one value above zero that is too long, and a line for each run."""
    found, told = np.zeros(power.size, dtype=np.bool_), []
    for low, high in stuck_runs(power, step_s):
        found[low:high] = True
        told.append(
            f"{starts[low]:%Y-%m-%d %H:%M} UTC: stuck at {power[low]:g} kW for {high - low} intervals; left out"
        )
    return found, told
