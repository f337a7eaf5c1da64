"""A building by one state: what its rooms gain, lose and need to stay in the comfort band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parkwright.model.site import Point

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A building's thermal figures: loss [kW/K], capacity [kWh/K], solar aperture [m2], sky [kW], set-points [degC].

    aperture_m2: what of the light on the horizontal warms the rooms. sky_kw: what a clear sky takes beside the loss.
    """

    loss_kw_per_k: float
    capacity_kwh_per_k: float
    aperture_m2: float
    sky_kw: float
    heating_setpoint_c: float
    cooling_setpoint_c: float


@dataclass(frozen=True, slots=True)
class Envelopes:
    """The thermal figures of B buildings as arrays (B,), in the units of Envelope."""

    loss_kw_per_k: Reals
    capacity_kwh_per_k: Reals
    aperture_m2: Reals
    sky_kw: Reals
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


def stack(found: Sequence[Envelope]) -> Envelopes:
    """Return the thermal figures of B buildings as arrays (B,), for `step_all`."""
    return Envelopes(
        np.array([one.loss_kw_per_k for one in found]),
        np.array([one.capacity_kwh_per_k for one in found]),
        np.array([one.aperture_m2 for one in found]),
        np.array([one.sky_kw for one in found]),
        np.array([one.heating_setpoint_c for one in found]),
        np.array([one.cooling_setpoint_c for one in found]),
    )


def step(
    temperature_c: float,
    outside_c: float,
    solar_w_per_m2: float,
    internal_kw: float,
    shell: Envelope,
    step_s: float,
) -> tuple[float, float, float]:
    """Return the building after `step_s` [s], with the heat and the cold that hold it in its comfort band.

    temperature_c: of the rooms now [degC]. outside_c: [degC]. solar_w_per_m2: global horizontal irradiance.
    internal_kw: heat of machines, light and people. The step is exact for gains that are constant in it, so that two
    half steps equal one.

    Returns new temperature [degC], mean heating [kW] and mean cooling [kW] in the step; one of the two is 0.

    References: ISO 52016-1:2017 reduced to one state (C dT/dt = H (T_out - T) + gains); see energy.envelope.
    """
    gains = internal_kw + solar_w_per_m2 * shell.aperture_m2 / 1000.0 - shell.sky_kw
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
    gains = internal_kw + solar_w_per_m2 * shells.aperture_m2 / 1000.0 - shells.sky_kw
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
