"""Time-of-use price of grid power."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from parkwright.model.park import Park
from parkwright.model.plant import Tariff
from parkwright.model.tables import TIME

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "start": TIME,
    "band": pl.String,
    "price_cny_per_kwh": pl.Float64,
}
"""Columns of a price table."""


def prices(park: Park, starts: pl.Series) -> pl.DataFrame:
    """Return band and price of grid power at the instants `starts` (T,), as a frame of SCHEMA.

    The tariff with the latest `valid_from` on or before the park's date counts; before the first tariff, the first.
    A later band of a tariff wins where two overlap; hours in none are flat. A park without a tariff pays 0.
    """
    local = starts.dt.convert_time_zone(park.site.timezone)
    days, months = local.dt.date().to_list(), local.dt.month().to_list()
    hours = (local.dt.hour().cast(pl.Float64) + local.dt.minute() / 60.0 + local.dt.second() / 3600.0).to_list()
    bands: list[str] = []
    price = np.zeros(len(days))
    of_day = {day: (valid_tariff(park, day), off_day(park, day)) for day in dict.fromkeys(days)}
    known: dict[tuple[str, int, float, bool], tuple[str, float]] = {}
    for row, (day, month, hour) in enumerate(zip(days, months, hours, strict=True)):
        tariff, off = of_day[day]
        key = (tariff.id if tariff else "", month, hour, off)
        if key not in known:
            band = _band(tariff, month, hour, off=off) if tariff else "flat"
            known[key] = band, tariff.flat_cny_per_kwh * _ratio(tariff, band) if tariff else 0.0
        bands.append(known[key][0])
        price[row] = known[key][1]
    frame = pl.DataFrame({"start": starts, "band": pl.Series(bands, dtype=pl.String), "price_cny_per_kwh": price})
    return frame.select([pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()])


def valid_tariff(park: Park, day: date) -> Tariff | None:
    """Return the tariff in force on `day`; the first one before any is, None where the park has none."""
    ordered = sorted(park.tariffs, key=lambda tariff: tariff.valid_from)
    valid = [tariff for tariff in ordered if tariff.valid_from <= day.isoformat()]
    return valid[-1] if valid else next(iter(ordered), None)


def carbon_cny_per_kg(park: Park, day: date) -> float:
    """Return by what a plan of `day` weighs emissions beside cost [CNY/kg]: the tariff's price, 0 without a tariff.

    It steers plans of lines and of the energy plant; what is billed of it is the bill's.
    """
    tariff = valid_tariff(park, day)
    return tariff.carbon_cny_per_t / 1000.0 if tariff else 0.0


def off_day(park: Park, day: date) -> bool:
    """Return whether `day` is a Saturday, a Sunday or a holiday of the park."""
    return day.weekday() >= 5 or day.isoformat() in park.calendar.holidays


def _band(tariff: Tariff, month: int, hour: float, *, off: bool) -> str:
    found = "flat"
    for band in tariff.band:
        holds = band.days == "all" or (band.days == "off_days") == off
        if holds and month in band.months and any(low <= hour < high for low, high in band.hours):
            found = band.band
    return found


def _ratio(tariff: Tariff, band: str) -> float:
    return next((value for name, value in tariff.ratio.items() if name == band), 1.0)
