"""The energy plant without a plan: the battery follows the sun, the heat pump the need; the yardstick of control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.heat import cop
from parkwright.model.errors import PlanError
from parkwright.model.plant import Battery, HeatPump

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stored:
    """What a battery did: power into it, out of it below zero (T,) [kW]; energy held after each interval (T,) [kWh]."""

    power_kw: Reals
    stored_kwh: Reals


def follow_sun(battery: Battery, surplus_kw: Reals, step_h: float) -> Stored:
    """Return what a battery does that takes every surplus (T,) [kW] and gives to every lack (below zero).

    It opens at its opening share. In each interval stored after = before + charged x efficiency - given / efficiency.

    Raises PlanError when a surplus is not known.
    """
    if not np.isfinite(surplus_kw).all():
        raise PlanError("battery: the surplus is not known in some interval; give a number for each")
    power, stored = np.zeros(len(surplus_kw)), np.zeros(len(surplus_kw))
    level = battery.opening_share * battery.capacity_kwh
    for row, surplus in enumerate(surplus_kw.tolist()):
        if surplus >= 0.0:
            room = (battery.capacity_kwh - level) / (battery.charge_efficiency * step_h)
            kw = min(surplus, battery.power_kw, max(room, 0.0))
            level += kw * step_h * battery.charge_efficiency
        else:
            kw = -min(-surplus, battery.power_kw, level * battery.discharge_efficiency / step_h)
            level = max(level + kw * step_h / battery.discharge_efficiency, 0.0)
        power[row], stored[row] = kw, level
    return Stored(power, stored)


@dataclass(frozen=True, slots=True)
class Heated:
    """Where heat came from (T,) [kW]: pumps' electric power, heat they lifted, boilers' heat, what nothing served."""

    electric_kw: Reals
    lifted_kw: Reals
    boiler_kw: Reals
    unserved_kw: Reals


def follow_need(pumps: Sequence[HeatPump], need_kw: Reals, waste_kw: Reals, boiler_kw: float) -> Heated:
    """Return how heat is made without storing it: by each heat pump as far as waste heat and power go, then by boilers.

    need_kw: heat asked for (T,) [kW]. waste_kw: heat at the source (T,) [kW]. boiler_kw: limit of all boilers [kW].
    """
    left, source = np.maximum(need_kw, 0.0), np.maximum(waste_kw, 0.0)
    electric, lifted = np.zeros(len(left)), np.zeros(len(left))
    for pump in pumps:
        ratio = float(cop(pump)[0])
        given = np.minimum(left, pump.power_kw * ratio)
        if ratio > 1.0:
            given = np.minimum(given, source * ratio / (ratio - 1.0))
        from_source = given * (ratio - 1.0) / ratio
        electric, lifted = electric + given / ratio, lifted + from_source
        left, source = left - given, source - from_source
    boiler = np.minimum(left, boiler_kw)
    return Heated(electric, lifted, boiler, left - boiler)
