"""Heat exchangers, heat pumps, tanks and boilers as they run: set-points, held inside what is physically there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parkwright.energy import heat, recovery
from parkwright.model.plant import EnergyPlant

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeatFlows:
    """Mean powers of a step [kW]: electricity into each heat pump; heat out of exchangers, pumps, boilers and tanks."""

    exchanged_kw: tuple[float, ...]
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

    def step(
        self,
        demand_kw: float,
        waste_kw: float,
        set_kw: Mapping[str, float],
        step_h: float,
        direct_kw: Sequence[float] = (),
    ) -> HeatFlows:
        """Move on by `step_h` [h] and return what flowed.

        demand_kw: heat asked for [kW]. waste_kw: heat that heat pumps can lift [kW]. set_kw: asset id -> power asked
        [kW], electric for a heat pump, heat for a boiler. direct_kw: what each exchanger can give at most (X,) [kW];
        they need no set-point, their heat is taken first. What the set-points leave open is taken from the tanks,
        then from the boilers; what they give too much goes into the tanks, then boilers and heat pumps give less.
        """
        stored = [
            kwh * (1.0 - tank.loss_share_per_h) ** step_h
            for kwh, tank in zip(self.stored_kwh, self._plant.tank, strict=True)
        ]
        room_kw = sum(tank.capacity_kwh - kwh for kwh, tank in zip(stored, self._plant.tank, strict=True)) / step_h
        given = self._exchanged(direct_kw, demand_kw + room_kw)
        direct = float(given.sum())
        waste_kw -= float(recovery.off_the_loop_kw(self._plant.exchanger, given)[0])
        pumps = self._pumps(demand_kw + room_kw - direct, waste_kw, set_kw)
        lifted = sum(kw * cop for kw, cop in zip(pumps, self._cop, strict=True))
        made = direct + lifted
        boilers = self._boilers(demand_kw - made - sum(stored) / step_h, demand_kw + room_kw - made, set_kw)
        drawn = demand_kw - made - sum(boilers)
        tanks = self._tanks(drawn, stored, step_h)
        return HeatFlows(
            tuple(given[0].tolist()),
            tuple(pumps),
            tuple(kw * cop for kw, cop in zip(pumps, self._cop, strict=True)),
            tuple(boilers),
            tuple(tanks),
            max(drawn - sum(tanks), 0.0),
        )

    def _exchanged(self, direct_kw: Sequence[float], most_kw: float) -> Reals:
        """Return what each exchanger gives (1, X) [kW]."""
        if not self._plant.exchanger:
            return np.zeros((1, 0))
        return recovery.exchange(self._plant.exchanger, np.array([direct_kw], dtype=np.float64), np.array([most_kw]))

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
