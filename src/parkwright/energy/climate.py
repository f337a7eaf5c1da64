"""The outside of a year by steps, for the building model: air, sky, wind and sun from hourly weather."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray
from pvlib import irradiance, solarposition

from parkwright.energy.facades import Sun
from parkwright.energy.rooms import Climate
from parkwright.energy.rooms_step import KELVIN, SIGMA
from parkwright.model.park import Park

Reals = NDArray[np.float64]

SKY_BELOW_AIR_K = 11.0
"""Sky under air where the weather tells no heat radiation [K]; ISO 52016-1:2017, table B.19, intermediate climate."""
SEA_LEVEL_KG_PER_M3 = 1.2041
"""Density of air at 20 degC at sea level [kg/m3]; ISO 2533:1975."""
YEAR = 2023
"""The year whose sun shines on a typical year: the nearest without 29 February that begins like the weather files."""


def of_park(park: Park, step_s: float = 900.0) -> Climate:
    """Return the outside of a park's typical year (T,), from 1 January 00:00 of its standard time."""
    site = park.site
    midnight = pd.Timestamp(year=YEAR, month=1, day=1, tz=site.timezone)
    offset = (midnight.utcoffset() or timedelta()) - (midnight.dst() or timedelta())
    zone_h = offset.total_seconds() / 3600.0
    return of_year(park.weather, (site.latitude, site.longitude, site.altitude_m), zone_h, step_s)


def of_year(hours: pl.DataFrame, place: tuple[float, float, float], zone_h: float, step_s: float = 900.0) -> Climate:
    """Return the outside of a typical year by steps (T,).

    hours: 8,760 rows in order, each a mean over its hour: temperature_c, ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2,
    wind_m_per_s; wind_from_deg and sky_w_per_m2 (heat radiation of the sky on the horizontal) where they are known;
    without a direction every wall is taken to face the wind.
    place: latitude, longitude [deg], altitude [m]. zone_h: standard time east of Greenwich [h].

    Air and wind go linearly between the middles of the hours; light is spread over its hour as the sun stands, so that
    its energy is kept.

    Raises ValueError when the hour is no whole number of steps.
    """
    per_hour = round(3600.0 / step_s)
    if abs(per_hour * step_s - 3600.0) > 1e-6:
        raise ValueError(f"step_s {step_s:g}: does not divide an hour; give 900 or another divisor of 3,600")
    hour = np.repeat(np.arange(hours.height), per_hour)
    air = _between(hours["temperature_c"].to_numpy(), per_hour)
    wind = _between(hours["wind_m_per_s"].to_numpy(), per_hour)
    sky = air - SKY_BELOW_AIR_K
    if "sky_w_per_m2" in hours.columns:
        sky = (_between(hours["sky_w_per_m2"].to_numpy(), per_hour) / SIGMA) ** 0.25 - KELVIN
    turned = np.full(hour.size, np.nan)
    if "wind_from_deg" in hours.columns:
        turned = hours["wind_from_deg"].to_numpy().astype(np.float64)[hour]
    density = SEA_LEVEL_KG_PER_M3 * (1.0 - 2.25577e-5 * place[2]) ** 5.2559
    return Climate(air, sky, wind, turned, _sun(hours, place, zone_h, per_hour), density, step_s)


def _sun(hours: pl.DataFrame, place: tuple[float, float, float], zone_h: float, per_hour: int) -> Sun:
    steps = hours.height * per_hour
    first = pd.Timestamp(year=YEAR, month=1, day=1, tz="UTC") - pd.Timedelta(hours=zone_h)
    index = pd.date_range(first, periods=steps, freq=pd.Timedelta(hours=1.0 / per_hour)) + pd.Timedelta(
        hours=0.5 / per_hour
    )
    stands = solarposition.ephemeris(index, place[0], place[1])
    elevation = stands["apparent_elevation"].to_numpy(dtype=np.float64)
    lift = np.maximum(np.sin(np.radians(elevation)), 0.0)
    hour = np.repeat(np.arange(hours.height), per_hour)
    normal, diffuse, whole = (
        hours[f"{name}_w_per_m2"].to_numpy().astype(np.float64)[hour] for name in ("dni", "dhi", "ghi")
    )
    up, height = _share((lift > 0.0).astype(np.float64), per_hour), _share(lift, per_hour)
    extra = irradiance.get_extra_radiation(index).to_numpy(dtype=np.float64)
    azimuth = stands["azimuth"].to_numpy(dtype=np.float64)
    return Sun(elevation, azimuth, normal * up, diffuse * height, whole * height, extra)


def _between(hourly: Reals, per_hour: int) -> Reals:
    """Return hourly means as a line through the middles of the hours, the year joined to itself (T,)."""
    middles = np.arange(-1, hourly.size + 1) + 0.5
    values = np.concatenate([hourly[-1:], hourly, hourly[:1]])
    found: Reals = np.interp((np.arange(hourly.size * per_hour) + 0.5) / per_hour, middles, values)
    return found


def _share(weight: Reals, per_hour: int) -> Reals:
    """Return the weight of each step relative to the mean of its hour; 0 in an hour without the sun (T,)."""
    mean = np.repeat(weight.reshape(-1, per_hour).mean(axis=1), per_hour)
    found: Reals = np.where(mean > 0.0, weight / np.where(mean > 0.0, mean, 1.0), 0.0)
    return found
