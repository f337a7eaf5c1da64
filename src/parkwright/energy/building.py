"""A building as one thermal node: what its rooms gain, lose and need to stay in the comfort band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from parkwright.model.site import Building, Point

Reals = NDArray[np.float64]

AIR_WH_PER_M3K = 0.33
"""Heat capacity of air by volume [Wh/m3K]; ISO 13789:2017, clause 9.3 (1,200 J/m3K)."""
FACADE_SHARE = 0.54
"""Irradiance on the glazing relative to the horizontal; derived: mean of four vertical facades over the year with
isotropic sky (Liu and Jordan, 1960) and albedo 0.2 for the Tianjin TMYx 2011-2025 weather, see the tests."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A building's thermal figures: loss [kW/K], capacity [kWh/K], solar aperture [m2], set-points [degC]."""

    loss_kw_per_k: float
    capacity_kwh_per_k: float
    aperture_m2: float
    heating_setpoint_c: float
    cooling_setpoint_c: float


@dataclass(frozen=True, slots=True)
class Envelopes:
    """The thermal figures of B buildings as arrays (B,), in the units of Envelope."""

    loss_kw_per_k: Reals
    capacity_kwh_per_k: Reals
    aperture_m2: Reals
    heating_setpoint_c: Reals
    cooling_setpoint_c: Reals


def area_m2(corners: Sequence[Point]) -> float:
    """Return the area of a polygon by its corners in order [m2] (shoelace formula)."""
    x, y = np.array(corners).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2.0)


def perimeter_m(corners: Sequence[Point]) -> float:
    """Return the length around a polygon by its corners in order [m]."""
    points = np.array(corners)
    return float(np.hypot(*(np.roll(points, -1, axis=0) - points).T).sum())


def envelope(building: Building) -> Envelope:
    """Return the thermal figures of a building: transmission through walls, roof and glass, and outside air.

    References: ISO 13789:2017, equations 1 and 9, without ground and thermal bridges.
    """
    return _envelope(
        building.footprint, building.height_m, building.floor_area_m2, building.wall_u, building.roof_u,
        building.glass_u, building.glass_area_m2, building.glass_g, building.air_changes_per_h,
        building.heat_capacity_wh_per_m2k, building.heating_setpoint_c, building.cooling_setpoint_c,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _envelope(
    footprint: tuple[Point, ...], height_m: float, floor_m2: float, wall_u: float, roof_u: float, glass_u: float,
    glass_m2: float, glass_g: float, air_changes_per_h: float, heat_capacity: float, heated_c: float, cooled_c: float,
) -> Envelope:  # fmt: skip
    ground_m2 = area_m2(footprint)
    wall_m2 = max(perimeter_m(footprint) * height_m - glass_m2, 0.0)
    transmission = wall_u * wall_m2 + roof_u * ground_m2 + glass_u * glass_m2
    air = AIR_WH_PER_M3K * air_changes_per_h * ground_m2 * height_m
    capacity = heat_capacity * floor_m2
    return Envelope((transmission + air) / 1000.0, capacity / 1000.0, glass_m2 * glass_g, heated_c, cooled_c)


def stack(buildings: Sequence[Building]) -> Envelopes:
    """Return the thermal figures of B buildings as arrays (B,), for `step_all`."""
    found = [envelope(building) for building in buildings]
    return Envelopes(
        np.array([one.loss_kw_per_k for one in found]),
        np.array([one.capacity_kwh_per_k for one in found]),
        np.array([one.aperture_m2 for one in found]),
        np.array([one.heating_setpoint_c for one in found]),
        np.array([one.cooling_setpoint_c for one in found]),
    )


def step(
    temperature_c: float,
    outside_c: float,
    solar_w_per_m2: float,
    internal_kw: float,
    building: Building | Envelope,
    step_s: float,
) -> tuple[float, float, float]:
    """Return the building after `step_s` [s], with the heat and the cold that hold it in its comfort band.

    temperature_c: of the rooms now [degC]. outside_c: [degC]. solar_w_per_m2: global horizontal irradiance, of
    which FACADE_SHARE falls on the glazing. internal_kw: heat of machines, light and people. The step is exact
    for gains that are constant in it, so that two half steps equal one.

    Returns new temperature [degC], mean heating [kW] and mean cooling [kW] in the step; one of the two is 0.

    References: ISO 52016-1:2017 reduced to one node (C dT/dt = H (T_out - T) + gains); thin, the glazing cases of
    ASHRAE 140 ask for more nodes.
    """
    shell = envelope(building) if isinstance(building, Building) else building
    gains = internal_kw + solar_w_per_m2 * FACADE_SHARE * shell.aperture_m2 / 1000.0
    loss = shell.loss_kw_per_k
    fade = _fade(loss, shell.capacity_kwh_per_k, step_s)
    free = outside_c + gains / loss
    reached = free + (temperature_c - free) * fade
    if reached < shell.heating_setpoint_c:
        wanted = shell.heating_setpoint_c
    elif reached > shell.cooling_setpoint_c:
        wanted = shell.cooling_setpoint_c
    else:
        return reached, 0.0, 0.0
    asked = loss * ((wanted - temperature_c * fade) / (1.0 - fade) - free)
    return wanted, max(asked, 0.0), max(-asked, 0.0)


def step_all(
    temperature_c: Reals,
    outside_c: float,
    solar_w_per_m2: float,
    internal_kw: Reals,
    shells: Envelopes,
    step_s: float,
) -> tuple[Reals, Reals, Reals]:
    """Return `step` for B buildings at once: new temperatures (B,) [degC], heating (B,) [kW], cooling (B,) [kW]."""
    gains = internal_kw + solar_w_per_m2 * FACADE_SHARE * shells.aperture_m2 / 1000.0
    loss = shells.loss_kw_per_k
    fade = np.array([_fade(h, c, step_s) for h, c in zip(loss, shells.capacity_kwh_per_k, strict=True)])
    free = outside_c + gains / loss
    reached = free + (temperature_c - free) * fade
    wanted = np.clip(reached, shells.heating_setpoint_c, shells.cooling_setpoint_c)
    asked = np.where(wanted == reached, 0.0, loss * ((wanted - temperature_c * fade) / (1.0 - fade) - free))
    return wanted, np.maximum(asked, 0.0), np.maximum(-asked, 0.0)


def _fade(loss_kw_per_k: float, capacity_kwh_per_k: float, step_s: float) -> float:
    """Return what is left of a temperature difference after the step; 0 where nothing stores heat."""
    if capacity_kwh_per_k <= 0.0:
        return 0.0
    return math.exp(-loss_kw_per_k * step_s / 3600.0 / capacity_kwh_per_k)
