"""Heat: what the park needs, what can be recovered, and how well a heat pump lifts it."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import air, cold, weather
from parkwright.energy import load as loads
from parkwright.model.park import Park
from parkwright.model.plant import HeatPump

Reals = NDArray[np.float64]

KELVIN = 273.15
"""0 degC in kelvin; the definition of the Celsius scale (SI Brochure, 9th edition, 2019)."""
COP_MAX = 12.0
"""Upper bound of a heat pump's coefficient of performance, where source and supply lie close; assumed."""


def cop(heat_pump: HeatPump, source_c: Reals | float | None = None, supply_c: Reals | float | None = None) -> Reals:
    """Return the coefficient of performance (T,) [kWh/kWh]; the heat pump's own temperatures [degC] where None.

    COP = carnot_share * T_supply / (T_supply - T_source), temperatures in kelvin, at most COP_MAX.

    References: Carnot (1824); share of Carnot by the heat pump's data.
    """
    low = np.atleast_1d(np.asarray(heat_pump.source_c if source_c is None else source_c, dtype=np.float64))
    high = np.atleast_1d(np.asarray(heat_pump.supply_c if supply_c is None else supply_c, dtype=np.float64))
    lift = np.maximum(high - low, 1e-6)
    found: Reals = np.minimum(heat_pump.carnot_share * (high + KELVIN) / lift, COP_MAX)
    return np.maximum(found, 1.0)


def hot_water_kw(park: Park, day: date, starts: pl.Series) -> Reals:
    """Return hot water and process heat (T,) [kW]: in the shifts of a working day, evenly on a day off."""
    if park.energy.hot_water is None or starts.len() == 0:
        return np.zeros(starts.len())
    step_h = park.site.metering_interval_s / 3600.0
    working = loads.overlap_share(starts, park.site.metering_interval_s, park.shifts(day))
    energy_kwh = park.energy.hot_water.weekday_kwh
    if working.sum() <= 0.0:
        working, energy_kwh = np.ones(starts.len()), park.energy.hot_water.off_day_kwh
    power: Reals = energy_kwh * working / working.sum() / step_h
    return power


def demand_kw(park: Park, day: date, starts: pl.Series, schedule: pl.DataFrame | None = None) -> Reals:
    """Return the heat that the park needs in each interval of `day` (T,) [kW]: hot water and heating of buildings.

    Zeros where the park has neither boiler nor heat pump: its buildings heat with split units then.
    """
    if not (park.energy.boiler or park.energy.heat_pump):
        return np.zeros(starts.len())
    rooms = loads.profile(park, day, weather.of_day(park, day), schedule)
    return hot_water_kw(park, day, starts) + rooms.heating_kw


def waste_kw(park: Park, load: pl.DataFrame, starts: pl.Series) -> Reals:
    """Return the waste heat that a heat pump can lift (T,) [kW]: of compressors and of the chillers' condensers.

    load: LOAD with the meters that serve compressors (purpose air) and chillers (purpose cold); a machine
    without a meter gives none.
    """
    compressors = _metered(park, load, starts, "air", [one.id for one in park.energy.compressor])
    chillers = _metered(park, load, starts, "cold", [one.id for one in park.energy.chiller])
    return air.waste_heat_kw(park.energy.compressor, compressors) + cold.rejected_heat_kw(park.energy.chiller, chillers)


def _metered(park: Park, load: pl.DataFrame, starts: pl.Series, purpose: str, things: list[str]) -> Reals:
    """Return the metered power of things without their meters' constant draw (C, T) [kW]."""
    power = np.zeros((len(things), starts.len()))
    frame = pl.DataFrame({"start": starts})
    for meter in loads.load_meters(park):
        if meter.purpose == purpose and meter.serves in things:
            rows = load.filter(pl.col("meter_id") == meter.id).select("start", "power_kw")
            kw = frame.join(rows, on="start", how="left", maintain_order="left")["power_kw"].fill_null(0.0).to_numpy()
            power[things.index(meter.serves)] += np.maximum(kw - meter.base_kw, 0.0)
    return power
