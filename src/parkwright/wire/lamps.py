"""The command `energy lamps`: how the park's off-grid lamps fare in its typical year, and the cheapest sound design."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import lamp_fleet, sun
from parkwright.model.errors import ParkwrightError
from parkwright.model.park import Park
from parkwright.model.plant import LampFleet

Reals = NDArray[np.float64]

YEAR = 2023
"""A year without 29 February, on which the typical year is laid."""
STEP_S = 3600.0
PANELS_W = np.arange(40.0, 520.0, 20.0)
"""Panels that the design search offers [W]."""
BATTERIES_WH = np.arange(200.0, 3200.0, 100.0)
"""Batteries that the design search offers [Wh]."""


def answer(
    park: Park,
    panel_cny_per_w: float,
    battery_cny_per_wh: float,
    turbine_w: float,
    passers_per_h: float | None = None,
) -> dict[str, Any]:
    """Return how each fleet fares over the typical year: dark nights, loss of load, autonomy, wear, cheapest design.

    passers_per_h: people who pass a lamp in an hour, None as energy.toml has it.

    Raises ParkwrightError when the park has no lamps or no weather, or no offered design lights every night.
    """
    if not park.energy.lamps:
        raise ParkwrightError(f"{park.site.park_id}: has no lamps; add [[lamps]] to energy.toml")
    if park.weather.is_empty():
        raise ParkwrightError(f"{park.site.park_id}: has no weather; add weather.epw")
    ghi, wind, dark, starts = year(park)
    fleets = [
        _fleet(one, (ghi, wind, dark), starts, (panel_cny_per_w, battery_cny_per_wh), turbine_w)
        for one in (
            given if passers_per_h is None else given.model_copy(update={"passers_per_h": passers_per_h})
            for given in park.energy.lamps
        )
    ]
    return {"park": park.site.park_id, "hours": len(ghi), "fleets": fleets}


def year(park: Park) -> tuple[Reals, Reals, NDArray[np.bool_], pl.Series]:
    """Return irradiance (T,) [W/m2], wind (T,) [m/s], whether it is dark (T,), and the starts of the typical year."""
    rows = park.weather.sort("month", "day", "hour")
    offset = datetime(YEAR, 1, 15, tzinfo=park.zone).utcoffset() or timedelta()
    first = datetime(YEAR, 1, 1, tzinfo=UTC) - offset
    starts = pl.datetime_range(
        first, first + timedelta(hours=rows.height), "1h", closed="left", time_unit="ms", time_zone="UTC", eager=True
    )
    elevation, _ = sun.position(park.site, starts.dt.offset_by("30m"))
    return rows["ghi_w_per_m2"].to_numpy(), rows["wind_m_per_s"].to_numpy(), elevation < 0.0, starts


def _fleet(
    fleet: LampFleet,
    weather: tuple[Reals, Reals, NDArray[np.bool_]],
    starts: pl.Series,
    prices: tuple[float, float],
    turbine_w: float,
) -> dict[str, Any]:
    ghi, wind, dark = weather
    one = fleet.model_copy(update={"count": 1})
    lamp = lamp_fleet.of_fleet(one, turbine_w)
    share = lamp_fleet.near_share(fleet)
    near = np.full((1, len(ghi)), share)
    fared = lamp_fleet.run(lamp, ghi, dark, lamp.capacity_wh, STEP_S, wind, near)
    first = lamp_fleet.design_week(ghi, dark, 24)
    week = slice(first, first + 24 * lamp_fleet.WEEK_DAYS)
    in_week = lamp_fleet.run(lamp, ghi[week], dark[week], lamp.capacity_wh, STEP_S, wind[week], near[:, week])
    longest_h = float(np.bincount(np.cumsum(~dark), weights=dark).max())
    design = lamp_fleet.cheapest(fleet, ghi, dark, STEP_S, *prices, PANELS_W, BATTERIES_WH)
    asked, alone, full = (
        fleet.count * float(lamp_fleet.asked_wh(lamp, dark, STEP_S, present).sum()) / 1000.0
        for present in (near, None, np.ones_like(near))
    )
    worn = lamp_fleet.worn(lamp, fared, STEP_S)
    return {
        "fleet": fleet.id,
        "count": fleet.count,
        "panel_w": fleet.panel_w,
        "battery_wh": fleet.battery_wh,
        "turbine_w": turbine_w,
        "light_kwh": round(fleet.count * float(fared.lit_wh.sum()) / 1000.0, 3),
        "spilled_kwh": round(fleet.count * float(fared.spilled_wh.sum()) / 1000.0, 3),
        "passers_per_h": fleet.passers_per_h,
        "present_share": round(share, 4),
        "presence_kwh": round(asked - alone, 3),
        "dimming_saves_kwh": round(full - asked, 3),
        "dark_nights": int(lamp_fleet.dark_nights(fared, dark)[0]),
        "loss_of_load": round(float(lamp_fleet.loss_of_load(fared)[0]), 6),
        "least_charge_share": round(float(fared.charge_wh.min() / lamp.capacity_wh[0]), 4),
        "autonomy_nights": round(float(lamp_fleet.autonomy_nights(lamp, longest_h, share)[0]), 2),
        "longest_night_h": longest_h,
        "design_week": starts[first].isoformat(),
        "design_week_loss_of_load": round(float(lamp_fleet.loss_of_load(in_week)[0]), 6),
        "health_after_a_year": round(float(worn.health_share[0]), 4),
        "cheapest": {
            "panel_w": design.panel_w,
            "battery_wh": design.battery_wh,
            "cost_cny_per_lamp": round(design.cost_cny, 2),
            "installed_cny_per_lamp": round(prices[0] * fleet.panel_w + prices[1] * fleet.battery_wh, 2),
        },
        "places_m": np.round(lamp_fleet.places(fleet), 1).tolist(),
    }
