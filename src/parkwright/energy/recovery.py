"""Waste heat by temperature: exchanged where it is hot enough, else lifted by the heat pump; then the boiler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.air import waste_heat_kw
from parkwright.energy.cold import rejected_heat_kw
from parkwright.energy.heat import cop
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.plant import HeatPump

Reals = NDArray[np.float64]

PINCH_K = 5.0
"""Least temperature difference of a plate heat exchanger [K] (VDI Heat Atlas 2010, C1); assumed for all."""
COMPRESSOR_C = 70.0
"""Oil or cooling water of a screw compressor with recovery [degC]; makers give 60 to 90; assumed."""
OVEN_C = 120.0
"""Exhaust air of a reflow oven behind its filter [degC]; makers give 100 to 150; assumed."""
CONDENSER_C = 35.0
"""Cooling water of a chiller's condenser [degC]; the rating point of GB/T 18430.1 leaves it at 35."""
OVEN_EXHAUST_SHARE = 0.35
"""Share of an oven's power that leaves with the exhaust air, the rest by boards and walls; assumed."""


@dataclass(frozen=True, slots=True)
class Source:
    """Waste heat: power (T,) [kW] at a temperature [degC]."""

    id: str
    heat_kw: Reals
    temperature_c: float


@dataclass(frozen=True, slots=True)
class Recovered:
    """Where the heat of each interval comes from, arrays (T,) [kW], and by source (N, T) [kW].

    need = direct + pump + boiler + unserved; each source = direct + lifted + rejected; pump = lifted + electric.
    """

    direct_kw: Reals
    pump_kw: Reals
    electric_kw: Reals
    boiler_kw: Reals
    unserved_kw: Reals
    source_direct_kw: Reals
    source_lifted_kw: Reals
    source_rejected_kw: Reals

    @property
    def recovered_share(self) -> float:
        """Return the share of all waste heat that was used, directly or lifted; 0 where there was none."""
        used = float(self.source_direct_kw.sum() + self.source_lifted_kw.sum())
        whole = used + float(self.source_rejected_kw.sum())
        return used / whole if whole > 0.0 else 0.0


def direct_share(source_c: float, supply_c: float, return_c: float) -> float:
    """Return how much of the lift from return to supply a source can give through an exchanger (0-1)."""
    return float(np.clip((source_c - PINCH_K - return_c) / (supply_c - return_c), 0.0, 1.0))


def recover(
    sources: Sequence[Source],
    need_kw: Reals,
    supply_c: float,
    return_c: float,
    pump: HeatPump | None = None,
    boiler_kw: float = 0.0,
) -> Recovered:
    """Return how a need for heat (T,) [kW], from return_c to supply_c [degC], is met interval by interval.

    The hottest source exchanges first; a source between return and supply preheats its part of the lift. What no
    exchanger gives is lifted by the heat pump, from the hottest source left, with the coefficient of performance
    between that source and supply, up to its electric power; then comes the boiler, up to boiler_kw.

    Raises PlanError when a power is below zero or not known, or supply_c is not above return_c.
    """
    for name, power in (("need", need_kw), *((f"source '{one.id}'", one.heat_kw) for one in sources)):
        if not np.isfinite(power).all() or (power < 0.0).any():
            raise PlanError(f"heat: {name} is below zero or not known; give 0 or more for every interval")
    if supply_c <= return_c:
        raise PlanError(f"heat: supply has {supply_c:g} degC and return {return_c:g}; give a supply that is warmer")
    steps, order = len(need_kw), sorted(range(len(sources)), key=lambda n: (-sources[n].temperature_c, n))
    left = need_kw.astype(np.float64)
    given = np.zeros((len(sources), steps))
    lifted = np.zeros((len(sources), steps))
    preheated = np.zeros(steps)
    for n in order:
        most = direct_share(sources[n].temperature_c, supply_c, return_c) * need_kw
        given[n] = np.minimum(np.minimum(sources[n].heat_kw, left), np.maximum(most - preheated, 0.0))
        preheated += given[n]
        left = left - given[n]
    electric, pumped = np.zeros(steps), np.zeros(steps)
    for n in order:
        if pump is None:
            break
        ratio = float(cop(pump, sources[n].temperature_c, supply_c)[0])
        spare = sources[n].heat_kw - given[n]
        out = np.minimum(left, (pump.power_kw - electric) * ratio)
        if ratio > 1.0:
            out = np.minimum(out, spare * ratio / (ratio - 1.0))
        lifted[n] = out * (ratio - 1.0) / ratio
        electric += out / ratio
        pumped += out
        left = left - out
    boiler = np.minimum(left, boiler_kw)
    heat = np.stack([one.heat_kw for one in sources]) if sources else np.zeros((0, steps))
    return Recovered(given.sum(axis=0), pumped, electric, boiler, left - boiler, given, lifted, heat - given - lifted)


def sources_of(park: Park, compressor_kw: Reals, chiller_kw: Reals, oven_kw: Reals) -> tuple[Source, ...]:
    """Return the waste heat of a park by temperature.

    Electric power [kW] of compressors (C, T), chillers (H, T) and all ovens (T,). Kinds that the park does not have
    are left out.
    """
    found = []
    if park.energy.compressor:
        found.append(Source("compressors", waste_heat_kw(park.energy.compressor, compressor_kw), COMPRESSOR_C))
    if park.energy.chiller:
        found.append(Source("chillers", rejected_heat_kw(park.energy.chiller, chiller_kw), CONDENSER_C))
    if any(unit.kind == "oven" for unit in park.work_unit.values()):
        found.append(Source("ovens", OVEN_EXHAUST_SHARE * oven_kw, OVEN_C))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class CopMap:
    """A heat pump's coefficient of performance as its maker measured it: source (S,) and supply (U,) [degC], (S, U)."""

    source_c: Reals
    supply_c: Reals
    cop: Reals

    def __post_init__(self) -> None:
        """Raise PlanError for a map whose axes do not rise, whose shape differs, or that makes heat from nothing."""
        shape = (len(self.source_c), len(self.supply_c))
        rising = (np.diff(self.source_c) > 0.0).all() and (np.diff(self.supply_c) > 0.0).all()
        if self.cop.shape != shape or not rising:
            raise PlanError(f"COP map: has the shape {self.cop.shape}; give {shape} values on axes that rise")
        if not np.isfinite(self.cop).all() or (self.cop < 1.0).any():
            raise PlanError("COP map: holds a value below 1 or none; a heat pump gives at least what it takes")

    def at(self, source_c: Reals | float, supply_c: Reals | float) -> Reals:
        """Return the coefficient (T,) between the measured points, linear both ways; at its edge beyond them."""
        low, high = np.broadcast_arrays(np.atleast_1d(source_c), np.atleast_1d(supply_c))
        row, across = _between(self.source_c, low)
        column, up = _between(self.supply_c, high)
        below = self.cop[row, column] * (1.0 - up) + self.cop[row, column + 1] * up
        above = self.cop[row + 1, column] * (1.0 - up) + self.cop[row + 1, column + 1] * up
        found: Reals = below * (1.0 - across) + above * across
        return found


def _between(axis: Reals, wanted: Reals) -> tuple[NDArray[np.int64], Reals]:
    """Return the lower neighbour on the axis and how far on the value lies (0-1)."""
    held = np.clip(wanted, axis[0], axis[-1])
    low = np.clip(np.searchsorted(axis, held, side="right") - 1, 0, len(axis) - 2).astype(np.int64)
    share: Reals = (held - axis[low]) / (axis[low + 1] - axis[low])
    return low, share
