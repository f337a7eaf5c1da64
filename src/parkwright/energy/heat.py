"""Heat: what the park needs, and how well a heat pump lifts it."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import load as loads
from parkwright.energy import weather
from parkwright.model.park import Park
from parkwright.model.plant import CopMap, HeatPump

Reals = NDArray[np.float64]

KELVIN = 273.15
"""0 degC in kelvin; the definition of the Celsius scale (SI Brochure, 9th edition, 2019)."""
COP_MAX = 12.0
"""Upper bound of a heat pump's coefficient of performance, where source and supply lie close; assumed."""


def cop(heat_pump: HeatPump, source_c: Reals | float | None = None, supply_c: Reals | float | None = None) -> Reals:
    """Return the coefficient of performance (T,) [kWh/kWh]; the heat pump's own temperatures [degC] where None.

    With a maker's map linear between its points and as at its edge beyond them; without one
    carnot_share * T_supply / (T_supply - T_source), temperatures in kelvin, at most COP_MAX.

    References: Carnot (1824); share of Carnot by the heat pump's data.
    """
    low = np.atleast_1d(np.asarray(heat_pump.source_c if source_c is None else source_c, dtype=np.float64))
    high = np.atleast_1d(np.asarray(heat_pump.supply_c if supply_c is None else supply_c, dtype=np.float64))
    if heat_pump.cop_map is not None:
        return _mapped(heat_pump.cop_map, *np.broadcast_arrays(low, high))
    lift = np.maximum(high - low, 1e-6)
    found: Reals = np.minimum(heat_pump.carnot_share * (high + KELVIN) / lift, COP_MAX)
    return np.maximum(found, 1.0)


def _mapped(held: CopMap, low_c: Reals, high_c: Reals) -> Reals:
    table = np.array(held.cop)
    row, across = _between(np.array(held.source_c), low_c)
    column, up = _between(np.array(held.supply_c), high_c)
    below = table[row, column] * (1.0 - up) + table[row, column + 1] * up
    above = table[row + 1, column] * (1.0 - up) + table[row + 1, column + 1] * up
    found: Reals = below * (1.0 - across) + above * across
    return found


def _between(axis: Reals, wanted: Reals) -> tuple[NDArray[np.int64], Reals]:
    """Return the lower neighbour on the axis and how far on the value lies (0-1)."""
    held = np.clip(wanted, axis[0], axis[-1])
    low = np.clip(np.searchsorted(axis, held, side="right") - 1, 0, len(axis) - 2).astype(np.int64)
    share: Reals = (held - axis[low]) / (axis[low + 1] - axis[low])
    return low, share


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
