"""Off-grid street lamps: panel, battery, light that dims in the small hours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parkwright.model.plant import LampFleet

Reals = NDArray[np.float64]

PANEL_TO_BATTERY = 0.7
"""Share of the panel's rated yield that reaches the battery: temperature, dirt, controller and charging losses;
assumed within the range 0.6 to 0.8 of IEC 62124:2004 style stand-alone systems."""


def night(
    fleet: LampFleet,
    ghi: Reals,
    dark: NDArray[np.bool_],
    charge_wh: float,
    *,
    step_s: float = 900.0,
    dark_since_h: float = 0.0,
) -> tuple[Reals, Reals]:
    """Return how one lamp of the fleet fares: stored energy and light, interval by interval.

    ghi: global horizontal irradiance (T,) [W/m2]. dark: whether the sun is down (T,). charge_wh: stored when the
    first interval begins [Wh]. step_s: length of an interval [s]. dark_since_h: hours of dark before the first
    interval [h], so that a night goes on over midnight.

    Returns charge at the end of each interval (T,) [Wh] and light relative to full (T,): 1 in the first
    `dim_after_h` hours of dark, then `dimmed_share`, less when the battery runs empty, 0 by day.
    """
    step_h = step_s / 3600.0
    charge, lit = np.empty(len(ghi)), np.zeros(len(ghi))
    level, dark_h = min(max(charge_wh, 0.0), fleet.battery_wh), dark_since_h
    gained = np.maximum(ghi, 0.0) / 1000.0 * fleet.panel_w * PANEL_TO_BATTERY * step_h
    for row in range(len(ghi)):
        level += float(gained[row])
        if dark[row]:
            full = min(max((fleet.dim_after_h - dark_h) / step_h, 0.0), 1.0)
            wanted = full + (1.0 - full) * fleet.dimmed_share
            asked = fleet.lamp_w * wanted * step_h
            used = min(asked, level)
            lit[row] = wanted * used / asked if asked > 0.0 else 0.0
            level -= used
            dark_h += step_h
        else:
            dark_h = 0.0
        level = min(level, fleet.battery_wh)
        charge[row] = level
    return charge, lit
