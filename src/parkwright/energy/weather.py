"""The weather of a day on the park's metering intervals, from its typical year."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import sun
from parkwright.model.park import Park
from parkwright.model.tables import TIME

Reals = NDArray[np.float64]

MILD_C = 15.0
"""Temperature [degC] where a park has no weather; about the world's mean near-surface temperature (WMO, 2021)."""
MILD_WIND_M_PER_S = 3.0
"""Wind [m/s] where a park has no weather: a gentle breeze, Beaufort 2 to 3."""

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "start": TIME,
    "temperature_c": pl.Float64,
    "ghi_w_per_m2": pl.Float64,
    "dni_w_per_m2": pl.Float64,
    "dhi_w_per_m2": pl.Float64,
    "wind_m_per_s": pl.Float64,
}
"""Columns of the weather of a day; every row is a mean over its interval."""


def of_day(park: Park, day: date) -> pl.DataFrame:
    """Return the weather of `day` in the park, one row a metering interval (T rows of SCHEMA).

    Temperature and wind go linearly between the middles of the hours. The radiation of an hour is spread over its
    intervals as the sun stands, so that its energy is kept. 29 February takes the weather of the 28th. A park
    without weather is mild, calm and dark: MILD_C, MILD_WIND_M_PER_S and no radiation.
    """
    starts = park.intervals(day)
    if park.weather.is_empty():
        return _frame(starts, {"temperature_c": MILD_C, "wind_m_per_s": MILD_WIND_M_PER_S})
    hour = _hours_since_midnight(park, day, starts)
    rows = _three_days(park, day)
    step_h = park.site.metering_interval_s / 3600.0
    middle = hour + 0.5 * step_h
    whole = np.floor(hour + 1e-9).astype(np.int64) + 24
    columns: dict[str, float | Reals] = {}
    for name in ("temperature_c", "wind_m_per_s"):
        columns[name] = np.interp(middle, np.arange(72) - 23.5, rows[name])
    lift = _lift(park, starts, whole)
    up = _share_of_hour((lift > 0.0).astype(np.float64), whole)
    height = _share_of_hour(lift, whole)
    columns["ghi_w_per_m2"] = rows["ghi_w_per_m2"][whole] * height
    columns["dhi_w_per_m2"] = rows["dhi_w_per_m2"][whole] * height
    columns["dni_w_per_m2"] = rows["dni_w_per_m2"][whole] * up
    return _frame(starts, columns)


def dark(park: Park, weather: pl.DataFrame) -> NDArray[np.bool_]:
    """Return whether the sun is below the horizon in the middle of each interval of `weather` (T,)."""
    starts = weather["start"]
    elevation, _ = sun.position(park.site, starts.dt.offset_by(f"{_step_s(starts) // 2}s"))
    return np.asarray(elevation < 0.0, dtype=np.bool_)


def _frame(starts: pl.Series, columns: dict[str, float | Reals]) -> pl.DataFrame:
    frame = pl.DataFrame({"start": starts})
    for name in list(SCHEMA)[1:]:
        value = columns.get(name, 0.0)
        column = pl.Series(name, value) if isinstance(value, np.ndarray) else pl.lit(value).alias(name)
        frame = frame.with_columns(column)
    return frame.select([pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()])


def _step_s(starts: pl.Series) -> int:
    if starts.len() < 2:
        return 900
    return round(float((starts[1] - starts[0]).total_seconds()))


def _hours_since_midnight(park: Park, day: date, starts: pl.Series) -> Reals:
    """Return the hours of the starts since midnight of `day` in the park's standard time (T,); no summer time."""
    first = park.midnight(day).astimezone(park.zone)
    saving = (first.dst() or timedelta()).total_seconds() / 3600.0
    elapsed = (starts - park.midnight(day)).dt.total_milliseconds().to_numpy() / 3.6e6
    hours: Reals = elapsed - saving
    return hours


def _three_days(park: Park, day: date) -> dict[str, Reals]:
    """Return the hours of the day before, the day and the day after by column, 72 values each."""
    year = park.weather.sort("month", "day", "hour")
    found = []
    for offset in (-1, 0, 1):
        near = day + timedelta(days=offset)
        shown = 28 if (near.month, near.day) == (2, 29) else near.day
        found.append(year.filter((pl.col("month") == near.month) & (pl.col("day") == shown)))
    rows = pl.concat(found)
    return {name: rows[name].to_numpy().astype(np.float64) for name in list(SCHEMA)[1:]}


def _lift(park: Park, starts: pl.Series, whole: NDArray[np.int64]) -> Reals:
    """Return the sine of the sun's elevation in the middle of each interval, 0 at night (T,)."""
    elevation, _ = sun.position(park.site, starts.dt.offset_by(f"{park.site.metering_interval_s // 2}s"))
    lift: Reals = np.maximum(np.sin(np.radians(elevation)), 0.0)
    return lift


def _share_of_hour(weight: Reals, whole: NDArray[np.int64]) -> Reals:
    """Return the weight of each interval relative to the mean of its hour; 1 where the hour has none (T,)."""
    total = np.bincount(whole, weights=weight)
    count = np.bincount(whole)
    mean = (total / np.maximum(count, 1))[whole]
    share: Reals = np.where(mean > 0.0, weight / np.where(mean > 0.0, mean, 1.0), 1.0)
    return share
