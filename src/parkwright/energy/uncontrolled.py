"""The energy plant without a plan: the battery follows the sun, the heat pump the need; the yardstick of control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.heat import cop
from parkwright.energy.recovery import exchange, off_the_loop_kw
from parkwright.model.errors import PlanError
from parkwright.model.plant import Battery, EnergyPlant

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
    """Where heat came from (T,) [kW]: exchanged, pumps' electric power, lifted by them, boilers' heat, unserved."""

    exchanged_kw: Reals
    electric_kw: Reals
    lifted_kw: Reals
    boiler_kw: Reals
    unserved_kw: Reals


def follow_need(plant: EnergyPlant, need_kw: Reals, waste_kw: Reals, direct_kw: Reals) -> Heated:
    """Return how heat is made without storing it: by exchangers, by heat pumps as far as waste heat goes, by boilers.

    need_kw: heat asked for (T,) [kW]. waste_kw: heat at the heat pumps' source (T,) [kW]. direct_kw: what each
    exchanger can give at most (T, X) [kW].
    """
    given = exchange(plant.exchanger, direct_kw, need_kw)
    left = np.maximum(need_kw, 0.0) - given.sum(axis=1)
    source = np.maximum(waste_kw - off_the_loop_kw(plant.exchanger, given), 0.0)
    electric, lifted = np.zeros(len(left)), np.zeros(len(left))
    for pump in plant.heat_pump:
        ratio = float(cop(pump)[0])
        made = np.minimum(left, pump.power_kw * ratio)
        if ratio > 1.0:
            made = np.minimum(made, source * ratio / (ratio - 1.0))
        from_source = made * (ratio - 1.0) / ratio
        electric, lifted = electric + made / ratio, lifted + from_source
        left, source = left - made, source - from_source
    boiler = np.minimum(left, sum(one.power_kw for one in plant.boiler))
    return Heated(given.sum(axis=1), electric, lifted, boiler, left - boiler)
