"""Power of a photovoltaic field from the weather: plane of array, cell temperature, module, inverter."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray
from pvlib import clearsky, iam, inverter, irradiance, pvsystem, temperature

from parkwright.energy import sun
from parkwright.energy.weather import MILD_C, MILD_WIND_M_PER_S
from parkwright.model.park import Park
from parkwright.model.plant import SolarField
from parkwright.model.site import Site

Reals = NDArray[np.float64]

INVERTER_EFFICIENCY = 0.96
"""Nominal inverter efficiency; Dobos (NREL/TP-6A20-62641, 2014), PVWatts Version 5 Manual, section 11."""
GLASS_INDEX = 1.526
"""Refractive index of the cover; De Soto, Klein, Beckman (Solar Energy 80, 2006), equation 8."""

ROOF_INOCT_C = 49.0
"""Temperature of installed cells of a field close on its roof under 800 W/m2, at 20 degC and 1 m/s [degC]; Dobos
(NREL/TP-6A20-62641, 2014), PVWatts Version 5 Manual, section 7, fixed roof mount."""

_DARK_KW = 1e-9
"""DC power that counts as none: the inverter's formula divides by it."""


def power_kw(field: SolarField, site: Site, weather: pl.DataFrame) -> Reals:
    """Return the AC power of `field` in each interval of `weather` (T,) [kW].

    weather: columns start, temperature_c, ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, wind_m_per_s (means over
    equal intervals). The sun stands as in the middle of the interval.

    References: Perez et al. (Solar Energy 44, 1990); Dobos (NREL/TP-6A20-62641, 2014), PVWatts Version 5 Manual;
    King et al. (SAND2004-3535, 2004), equations 11 and 12, for the cell temperature on a rack.
    """
    if weather.height == 0:
        return np.zeros(0)
    starts = weather["start"]
    step_s = round((starts[1] - starts[0]).total_seconds()) if starts.len() > 1 else 900
    ghi, dni, dhi = (weather[f"{name}_w_per_m2"].to_numpy() for name in ("ghi", "dni", "dhi"))
    middles = starts.dt.offset_by(f"{step_s // 2}s")
    plane, effective = plane_irradiance(field, site, middles, ghi, dni, dhi)
    outside_c, wind = weather["temperature_c"].to_numpy(), weather["wind_m_per_s"].to_numpy()
    if field.mount == "roof":
        cell_c = roof_cell_temperature_c(middles, plane, outside_c, wind, field.tilt_deg)
    else:
        cell_c = cell_temperature_c(plane, outside_c, wind)
    return ac_power_kw(field, effective, cell_c)


def plane_irradiance(
    field: SolarField, site: Site, times: sun.Times, ghi: Reals, dni: Reals, dhi: Reals
) -> tuple[Reals, Reals]:
    """Return irradiance on the plane of the modules and what of it gets through their glass.

    times: instants (T,). ghi, dni, dhi: global horizontal, direct normal, diffuse horizontal (T,) [W/m2].
    Returns plane-of-array irradiance (T,) [W/m2] and effective irradiance (T,) [W/m2].

    References: Perez et al. (Solar Energy 44, 1990) for the sky's diffuse part; De Soto et al. (2006) for the glass.
    """
    index = sun.utc_index(times)
    elevation, azimuth = sun.position(site, index)
    zenith = 90.0 - elevation
    tilt, facing = field.tilt_deg, field.azimuth_deg
    parts = irradiance.get_total_irradiance(
        tilt, facing, zenith, azimuth, dni, ghi, dhi,
        dni_extra=irradiance.get_extra_radiation(index).to_numpy(), airmass=_air_mass(zenith), model="perez",
    )  # fmt: skip
    plane = np.nan_to_num(np.asarray(parts["poa_global"], dtype=np.float64))
    direct = np.nan_to_num(np.asarray(parts["poa_direct"], dtype=np.float64))
    angle = irradiance.aoi(tilt, facing, zenith, azimuth)
    passed = np.nan_to_num(np.asarray(iam.physical(angle, n=GLASS_INDEX), dtype=np.float64))
    return plane, np.maximum(plane - direct * (1.0 - passed), 0.0)


def cell_temperature_c(plane: Reals, outside_c: Reals, wind_m_per_s: Reals) -> Reals:
    """Return the temperature of the cells (T,) [degC]; plane: irradiance on the modules (T,) [W/m2].

    References: King et al. (SAND2004-3535, 2004), table 1: glass, cell, polymer sheet on an open rack.
    """
    setting = temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"]["open_rack_glass_polymer"]
    found: Reals = np.asarray(temperature.sapm_cell(plane, outside_c, wind_m_per_s, **setting), dtype=np.float64)
    return found


def roof_cell_temperature_c(
    times: sun.Times, plane: Reals, outside_c: Reals, wind_m_per_s: Reals, tilt_deg: float
) -> Reals:
    """Return the temperature of cells that lie close on a roof (T,) [degC], which follow the sun with some inertia.

    times: instants at equal distance (T,). plane: irradiance on the modules (T,) [W/m2]. What is not known stays so,
    and does not reach what comes after it.

    References: Fuentes (SAND85-0330, 1987); Dobos (NREL/TP-6A20-62641, 2014), PVWatts Version 5 Manual, section 7.
    """
    index = sun.utc_index(times)
    given = pd.DataFrame({"plane": plane, "outside": outside_c, "wind": wind_m_per_s}, index=index)
    known = given.notna().all(axis=1).to_numpy()
    if len(given) < 2 or not known.any():
        return np.where(known, cell_temperature_c(plane, outside_c, wind_m_per_s), np.nan)
    whole = given.ffill().bfill()
    found = temperature.fuentes(
        whole["plane"], whole["outside"], whole["wind"], ROOF_INOCT_C, surface_tilt=tilt_deg
    ).to_numpy()  # fmt: skip
    return np.where(known, found, np.nan)


def ac_power_kw(field: SolarField, effective: Reals, cell_c: Reals) -> Reals:
    """Return AC power after losses, clipped at the inverter (T,) [kW]; effective (T,) [W/m2], cell_c (T,) [degC].

    References: Dobos (NREL/TP-6A20-62641, 2014), PVWatts Version 5 Manual, sections 8 to 11.
    """
    direct_kw = pvsystem.pvwatts_dc(effective, cell_c, field.peak_kw, field.temperature_per_k)
    direct_kw = direct_kw * (1.0 - field.loss_share)
    direct_kw = np.where(direct_kw > _DARK_KW, direct_kw, 0.0)
    found = inverter.pvwatts(direct_kw, field.inverter_kw / INVERTER_EFFICIENCY, eta_inv_nom=INVERTER_EFFICIENCY)
    power: Reals = np.nan_to_num(np.asarray(found, dtype=np.float64))
    return np.clip(power, 0.0, field.inverter_kw)


def _air_mass(zenith: Reals) -> Reals:
    """Return relative air mass; capped near the horizon, so that Perez stays defined (Kasten and Young, 1989)."""
    shown = np.clip(zenith, 0.0, 89.9)
    found: Reals = 1.0 / (np.cos(np.radians(shown)) + 0.50572 * (96.07995 - shown) ** -1.6364)
    return found


def total_kw(fields: tuple[SolarField, ...], site: Site, weather: pl.DataFrame) -> Reals:
    """Return the AC power of all fields together (T,) [kW]; zeros where there is none."""
    total = np.zeros(weather.height)
    for field in fields:
        total += power_kw(field, site, weather)
    return total


def clear_kw(park: Park, day: date) -> Reals:
    """Return the AC power of all fields under a clear sky in each metering interval of `day` (T,) [kW].

    At MILD_C and MILD_WIND_M_PER_S: it is a measure to divide by, not a forecast.

    References: Haurwitz (J. Meteorology 2, 1945), equation 2, for global horizontal irradiance; Erbs, Klein and
    Duffie (Solar Energy 28, 1982) for its diffuse share.
    """
    starts = park.intervals(day)
    middles = starts.dt.offset_by(f"{park.site.metering_interval_s // 2}s")
    index = sun.utc_index(middles)
    elevation, _ = sun.position(park.site, middles)
    ghi = clearsky.haurwitz(pd.Series(90.0 - elevation, index=index))["ghi"].to_numpy(dtype=np.float64)
    return total_kw(park.energy.solar, park.site, sky_of(park, starts, ghi, np.full(starts.len(), MILD_C)))


def sky_of(park: Park, starts: pl.Series, ghi: Reals, temperature_c: Reals) -> pl.DataFrame:
    """Return the weather of intervals of which only a pyranometer and a thermometer tell, as `power_kw` takes it.

    starts: (T,). ghi: global horizontal irradiance (T,) [W/m2]. temperature_c: of the air (T,) [degC]. What is not
    known stays so. The wind is MILD_WIND_M_PER_S.

    References: Erbs, Klein and Duffie (Solar Energy 28, 1982), equation 1, for the diffuse share.
    """
    middles = starts.dt.offset_by(f"{park.site.metering_interval_s // 2}s")
    elevation, _ = sun.position(park.site, middles)
    parts = irradiance.erbs(ghi, 90.0 - elevation, sun.utc_index(middles))
    return pl.DataFrame({
        "start": starts,
        "temperature_c": temperature_c,
        "ghi_w_per_m2": ghi,
        "dni_w_per_m2": np.nan_to_num(np.asarray(parts["dni"], dtype=np.float64)),
        "dhi_w_per_m2": np.nan_to_num(np.asarray(parts["dhi"], dtype=np.float64)),
        "wind_m_per_s": np.full(starts.len(), MILD_WIND_M_PER_S),
    })  # fmt: skip


def yearly_kwh(field: SolarField, site: Site, hours: pl.DataFrame) -> float:
    """Return the AC energy [kWh] of a typical year; hours: weather with `start`, one row an hour."""
    return float(power_kw(field, site, hours).sum())
