"""The weather and the sun's power that really come, beside the forecast of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from parkwright.energy import solar, weather
from parkwright.model.park import Park
from parkwright.twin import lamps
from parkwright.twin.layout import Reals
from parkwright.twin.random import normal, stream

CLOUD_SD = 0.15
"""Standard deviation of the logarithm of actual over forecast radiation; assumed, about a day-ahead error of 15 %."""
WARMTH_SD_C = 1.2
"""Standard deviation of actual minus forecast temperature [K]; assumed, about a day-ahead error."""
CLOUD_MEMORY = 0.9
"""Correlation of the radiation's error from one metering interval to the next; assumed."""
WARMTH_MEMORY = 0.98
"""Correlation of the temperature's error from one metering interval to the next; assumed."""
FORGOTTEN = 1e-3
"""Weight below which a shock of the past no longer counts in an error; its share of the variance is a millionth."""
FLICKER = 0.03
"""Relative standard deviation of solar power from minute to minute; assumed."""


@dataclass(frozen=True, slots=True)
class Sky:
    """The weather of a day as it comes (T,), solar power by field and minute (F, minutes) [kW], and the lamps' day."""

    outside_c: Reals
    ghi_w_per_m2: Reals
    dni_w_per_m2: Reals
    dhi_w_per_m2: Reals
    solar_kw: Reals
    lamps: lamps.Lived


def of_day(park: Park, day: date, minutes: int, seed: int, replication: int) -> Sky:
    """Return the sky of `day`: the park's typical weather with keyed errors, so that no forecast comes true."""
    actual = _actual(park, day, seed, replication)
    radiation = {f"{name}_w_per_m2": actual[f"{name}_w_per_m2"].to_numpy() for name in ("ghi", "dni", "dhi")}
    return Sky(
        outside_c=actual["temperature_c"].to_numpy(),
        **radiation,
        solar_kw=_solar(park, day, actual, minutes, seed, replication),
        lamps=_lamps(park, day, actual, seed, replication),
    )


def _actual(park: Park, day: date, seed: int, replication: int) -> pl.DataFrame:
    forecast = weather.of_day(park, day)
    clouds = _error(park, day, (seed, replication, "clouds"), CLOUD_MEMORY)
    warmth = _error(park, day, (seed, replication, "warmth"), WARMTH_MEMORY)
    factor = np.exp(CLOUD_SD * clouds - 0.5 * CLOUD_SD**2)
    radiation = [pl.col(name) * pl.Series(factor) for name in ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")]
    return forecast.with_columns(*radiation, pl.col("temperature_c") + pl.Series(WARMTH_SD_C * warmth))


def _error(park: Park, day: date, named: tuple[int, int, str], keep: float) -> Reals:
    """Return an error of the forecast of `day` with mean 0 and variance 1 (T,), which goes on over midnight.

    An autoregression of first order as the sum of its last shocks, each of which is named by its own day, so that a
    day's error does not depend on which days are looked at, and no two days have the same one.
    """
    terms = int(np.ceil(np.log(FORGOTTEN) / np.log(keep)))
    seed, replication, purpose = named
    shocks: Reals = np.zeros(0)
    steps, back = park.intervals(day).len(), 0
    while shocks.size < steps + terms:
        one = day - timedelta(days=back)
        key = stream(seed, replication, purpose, f"{park.site.park_id}/{one.isoformat()}")
        drawn = np.array([normal(key[0], key[1], n) for n in range(park.intervals(one).len())])
        shocks, back = np.concatenate([drawn, shocks]), back + 1
    weight = keep ** np.arange(terms, dtype=np.float64)
    found: Reals = np.convolve(shocks, weight / np.sqrt((weight**2).sum()))[shocks.size - steps : shocks.size]
    return found


def _solar(park: Park, day: date, actual: pl.DataFrame, minutes: int, seed: int, replication: int) -> Reals:
    power = np.zeros((len(park.energy.solar), minutes))
    for row, field in enumerate(park.energy.solar):
        key = stream(seed, replication, "flicker", f"{field.id}/{day.isoformat()}")
        flicker = np.array([normal(key[0], key[1], n) for n in range(minutes)])
        steady = np.repeat(solar.power_kw(field, park.site, actual), -(-minutes // actual.height))[:minutes]
        power[row] = np.clip(steady * (1.0 + FLICKER * flicker), 0.0, field.inverter_kw)
    return power


def _lamps(park: Park, day: date, actual: pl.DataFrame, seed: int, replication: int) -> lamps.Lived:
    """Return how the lamps live through `day` after the days before it."""
    if not park.energy.lamps:
        return lamps.none(actual.height)
    before = [day - timedelta(days=back) for back in range(lamps.LIVED_DAYS, 0, -1)]
    skies = pl.concat([*(_actual(park, one, seed, replication) for one in before), actual])
    dark = weather.dark(park, skies)
    ghi = skies["ghi_w_per_m2"].to_numpy()
    return lamps.of_days(park, [*before, day], ghi, dark, actual.height, seed, replication)
