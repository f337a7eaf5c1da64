"""Heat pumps, tanks and boilers as they run: set-points, held inside what is physically there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parkwright.energy import heat
from parkwright.model.plant import EnergyPlant


@dataclass(frozen=True, slots=True)
class HeatFlows:
    """Mean powers of a step [kW]: electricity into each heat pump; heat out of heat pumps, boilers and tanks."""

    pump_kw: tuple[float, ...]
    pump_heat_kw: tuple[float, ...]
    boiler_heat_kw: tuple[float, ...]
    tank_heat_kw: tuple[float, ...]
    """Positive out of the tank, negative into it."""
    unserved_kw: float


class HeatPlant:
    """The heat plant of a park, moved on step by step; the tanks' stored heat is its state."""

    def __init__(self, plant: EnergyPlant, stored_kwh: Mapping[str, float]) -> None:
        """Begin with the stored heat by tank id [kWh]; a tank that is not named opens at its own share."""
        self._plant = plant
        self._cop = [float(heat.cop(pump)[0]) for pump in plant.heat_pump]
        self.stored_kwh = [
            min(max(stored_kwh.get(tank.id, tank.capacity_kwh * tank.opening_share), 0.0), tank.capacity_kwh)
            for tank in plant.tank
        ]

    def step(self, demand_kw: float, waste_kw: float, set_kw: Mapping[str, float], step_h: float) -> HeatFlows:
        """Move on by `step_h` [h] and return what flowed.

        demand_kw: heat asked for [kW]. waste_kw: heat that heat pumps can lift [kW]. set_kw: asset id -> power asked
        [kW], electric for a heat pump, heat for a boiler. What the set-points leave open is taken from the tanks,
        then from the boilers; what they give too much goes into the tanks, then boilers and heat pumps give less.
        """
        stored = [
            kwh * (1.0 - tank.loss_share_per_h) ** step_h
            for kwh, tank in zip(self.stored_kwh, self._plant.tank, strict=True)
        ]
        room_kw = sum(tank.capacity_kwh - kwh for kwh, tank in zip(stored, self._plant.tank, strict=True)) / step_h
        pumps = self._pumps(demand_kw + room_kw, waste_kw, set_kw)
        lifted = sum(kw * cop for kw, cop in zip(pumps, self._cop, strict=True))
        least = demand_kw - lifted - sum(stored) / step_h
        boilers = self._boilers(least, demand_kw + room_kw - lifted, set_kw)
        drawn = demand_kw - lifted - sum(boilers)
        tanks = self._tanks(drawn, stored, step_h)
        return HeatFlows(
            tuple(pumps),
            tuple(kw * cop for kw, cop in zip(pumps, self._cop, strict=True)),
            tuple(boilers),
            tuple(tanks),
            max(drawn - sum(tanks), 0.0),
        )

    def _pumps(self, most_kw: float, waste_kw: float, set_kw: Mapping[str, float]) -> list[float]:
        found = []
        for pump, cop in zip(self._plant.heat_pump, self._cop, strict=True):
            power = min(max(set_kw.get(pump.id, 0.0), 0.0), pump.power_kw, max(most_kw, 0.0) / cop)
            if cop > 1.0:
                power = min(power, max(waste_kw, 0.0) / (cop - 1.0))
            most_kw -= power * cop
            waste_kw -= power * (cop - 1.0)
            found.append(power)
        return found

    def _boilers(self, least_kw: float, most_kw: float, set_kw: Mapping[str, float]) -> list[float]:
        asked = [min(max(set_kw.get(boiler.id, 0.0), 0.0), boiler.power_kw) for boiler in self._plant.boiler]
        wanted = min(max(sum(asked), least_kw, 0.0), max(most_kw, 0.0))
        found = []
        for kw in asked:
            given = min(kw, wanted)
            found.append(given)
            wanted -= given
        for row, boiler in enumerate(self._plant.boiler):
            more = min(boiler.power_kw - found[row], wanted)
            found[row] += more
            wanted -= more
        return found

    def _tanks(self, drawn_kw: float, stored: list[float], step_h: float) -> list[float]:
        # Take `drawn_kw` out of the tanks in order (into them where negative) and keep what is left in them.
        found = []
        for row, tank in enumerate(self._plant.tank):
            flow = float(np.clip(drawn_kw, -(tank.capacity_kwh - stored[row]) / step_h, stored[row] / step_h))
            self.stored_kwh[row] = min(max(stored[row] - flow * step_h, 0.0), tank.capacity_kwh)
            found.append(flow)
            drawn_kw -= flow
        return found
