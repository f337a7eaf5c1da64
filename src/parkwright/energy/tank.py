"""A hot-water tank in layers: what is charged at the top, drawn from it, mixed and lost, to the last Wh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parkwright.model.errors import PlanError
from parkwright.model.plant import Tank

Reals = NDArray[np.float64]

WATER_KWH_PER_M3K = 1.163
"""Heat of a cubic metre of water a kelvin [kWh]: 4.187 kJ/kgK (VDI Heat Atlas 2010, D2.1) at 1,000 kg/m3."""


LAYERS = 20
"""Layers of a tank that is planned; assumed: with as many, what is lost of a sharp thermocline is what inlets mix."""
LEAST_KWH = 1e-6
"""Heat that is not moved any more [kWh]: a thousandth of a watt-hour, as a meter of the ledger counts."""
WATER_W_PER_MK = 0.65
"""Thermal conductivity of water at 55 degC [W/mK]; VDI Heat Atlas 2010, D2.1."""
SLENDERNESS = 2.0
"""Height of a tank by its width; assumed, as storage tanks are built."""


@dataclass(frozen=True, slots=True)
class Layered:
    """A tank: volume [m3], height and conduction between layers [W/K], loss of the whole tank [kW/K]."""

    volume_m3: float
    conduction_kw_per_k: float = 0.0
    loss_kw_per_k: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a tank: temperature after it (L,) [degC], top first, and the heat that crossed its wall [kWh].

    stored after - stored before = charged_kwh - drawn_kwh - lost_kwh.
    """

    temperature_c: Reals
    charged_kwh: float
    drawn_kwh: float
    lost_kwh: float


def stored_kwh(tank: Layered, temperature_c: Reals, zero_c: float = 0.0) -> float:
    """Return the heat above `zero_c` in the layers (L,) [kWh]."""
    return WATER_KWH_PER_M3K * tank.volume_m3 * float((temperature_c - zero_c).mean())


def step(
    tank: Layered,
    temperature_c: Reals,
    hours: float,
    charge_m3: float = 0.0,
    charge_c: float = 0.0,
    draw_m3: float = 0.0,
    cold_c: float = 0.0,
    room_c: float = 20.0,
) -> Step:
    """Return the tank after `hours`.

    temperature_c: of L layers, top first (L,). Hot water of charge_c comes in at the top and pushes as much out at the
    bottom, back to the source; what is drawn leaves at the top and water of cold_c comes in at the bottom. The net flow
    moves through the layers in parts of at most one layer, so that no step is too long. Then heat is conducted between
    neighbours, a layer that is warmer than the one above mixes with it, and the room takes its part.

    Raises PlanError when a volume or the time is below zero, or a temperature is not known.

    References: Duffie and Beckman, Solar Engineering of Thermal Processes (4th edition, 2013), section 8.4.
    """
    if min(hours, charge_m3, draw_m3) < 0.0 or not np.isfinite(temperature_c).all():
        raise PlanError("tank: a volume, the time or a temperature is below zero or not known; give 0 or more")
    level = temperature_c.astype(np.float64)
    each_m3 = tank.volume_m3 / len(level)
    parts = max(int(np.ceil((charge_m3 + draw_m3) / each_m3)), 1)
    charged = drawn = lost = 0.0
    for _ in range(parts):
        level, put = _push_down(level, charge_m3 / parts / each_m3, charge_c)
        level, taken = _push_up(level, draw_m3 / parts / each_m3, cold_c)
        charged += put * each_m3 * WATER_KWH_PER_M3K
        drawn += taken * each_m3 * WATER_KWH_PER_M3K
        level = _settle(_conduct(tank, level, hours / parts, each_m3))
        level, gone = _cool(tank, level, hours / parts, room_c)
        lost += gone
    return Step(level, charged, drawn, lost)


def course(tank: Tank, opening_kwh: float, flow_kw: Reals, step_h: float) -> Reals:
    """Return the layers of a tank after each step (T, LAYERS) [degC], top first, when heat flows as planned.

    opening_kwh: heat above cold_c at first; it lies on top, the cold water below. flow_kw: into the tank, out of it
    below zero (T,) [kW]. What is charged comes at hot_c, what is drawn leaves from the top and comes back at cold_c;
    the tank loses the share of its heat that its noun says. A flow for which there is no room or no heat is left out.
    """
    kind = layered_of(tank)
    level = _stratified(tank, opening_kwh)
    found = np.empty((len(flow_kw), LAYERS))
    for row, kw in enumerate(flow_kw.tolist()):
        left_kwh = kw * step_h
        parts = int(np.clip(np.ceil(2.0 * _water_m3(tank, level, left_kwh) / kind.volume_m3 * LAYERS), 1, 2 * LAYERS))
        for part in range(parts):
            level, moved_kwh = _moved(kind, level, left_kwh / (parts - part), step_h / parts, tank)
            left_kwh -= moved_kwh
        found[row] = level = _rest(kind, level, left_kwh, tank)
    return found


def layered_of(tank: Tank) -> Layered:
    """Return the tank of a park in layers: its water, its conduction upright, and its loss to what is at cold_c."""
    heat_kwh_per_k = tank.capacity_kwh / (tank.hot_c - tank.cold_c)
    cubic_m = heat_kwh_per_k / WATER_KWH_PER_M3K
    width_m = (4.0 * cubic_m / (np.pi * SLENDERNESS)) ** (1.0 / 3.0)
    apart_m = SLENDERNESS * width_m / LAYERS
    conduction = WATER_W_PER_MK / 1000.0 * np.pi / 4.0 * width_m**2 / apart_m
    return Layered(cubic_m, float(conduction), float(-np.log1p(-tank.loss_share_per_h)) * heat_kwh_per_k)


def _stratified(tank: Tank, stored: float) -> Reals:
    full = np.clip(stored / tank.capacity_kwh * LAYERS - np.arange(LAYERS), 0.0, 1.0)
    found: Reals = tank.cold_c + full * (tank.hot_c - tank.cold_c)
    return found


def _water_m3(tank: Tank, level: Reals, kwh: float) -> float:
    """Return the water that takes `kwh` in (out below zero) at the temperatures of now; none where it can take none.

    A tank that is nearly full all through takes little with each cubic metre, so that many go through it.
    """
    span = tank.hot_c - float(level[-1]) if kwh > 0.0 else float(level[0]) - tank.cold_c
    return abs(kwh) / (WATER_KWH_PER_M3K * span) if span > 1e-9 else 0.0


def _moved(kind: Layered, level: Reals, kwh: float, hours: float, tank: Tank) -> tuple[Reals, float]:
    """Return the layers after `kwh` went in (out below zero), at most what moves one layer, and what went in [kWh]."""
    flow_m3 = min(_water_m3(tank, level, kwh), kind.volume_m3 / LAYERS)
    charge, draw = (flow_m3, 0.0) if kwh > 0.0 else (0.0, flow_m3)
    done = step(kind, level, hours, charge, tank.hot_c, draw, tank.cold_c, tank.cold_c)
    return done.temperature_c, done.charged_kwh - done.drawn_kwh


def _rest(kind: Layered, level: Reals, kwh: float, tank: Tank) -> Reals:
    """Return the layers after what a step has left to move is moved at its end, as far as there is room or heat."""
    for _ in range(2 * LAYERS):
        level, moved_kwh = _moved(kind, level, kwh, 0.0, tank)
        kwh -= moved_kwh
        if abs(kwh) < LEAST_KWH or moved_kwh == 0.0:
            break
    return level


def _push_down(level: Reals, share: float, hot_c: float) -> tuple[Reals, float]:
    """Return the layers after `share` of a layer came in at the top, and the kelvins it left (layers x K)."""
    above = np.concatenate([[hot_c], level[:-1]])
    return level + share * (above - level), share * (hot_c - float(level[-1]))


def _push_up(level: Reals, share: float, cold_c: float) -> tuple[Reals, float]:
    below = np.concatenate([level[1:], [cold_c]])
    return level + share * (below - level), share * (float(level[0]) - cold_c)


def _conduct(tank: Layered, level: Reals, hours: float, each_m3: float) -> Reals:
    """Return the layers after conduction between neighbours, implicit, so that it is stable for every step."""
    if tank.conduction_kw_per_k == 0.0 or len(level) < 2 or hours == 0.0:
        return level
    ratio = tank.conduction_kw_per_k * hours / (WATER_KWH_PER_M3K * each_m3)
    size = len(level)
    system = np.eye(size)
    for low in range(size - 1):
        system[low : low + 2, low : low + 2] += ratio * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return np.asarray(np.linalg.solve(system, level), dtype=np.float64)


def _settle(level: Reals) -> Reals:
    """Return the layers with the warmest on top: those that would rise mix with what is above (pool adjacent)."""
    blocks: list[tuple[float, int]] = []
    for value in level.tolist():
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
            (high, many), (low, few) = blocks[-2], blocks[-1]
            blocks[-2:] = [((high * many + low * few) / (many + few), many + few)]
    return np.concatenate([np.full(many, value) for value, many in blocks])


def _cool(tank: Layered, level: Reals, hours: float, room_c: float) -> tuple[Reals, float]:
    """Return the layers after the room took its part, exactly for each layer, and the heat it took [kWh]."""
    heat_kwh_per_k = WATER_KWH_PER_M3K * tank.volume_m3
    kept = float(np.exp(-tank.loss_kw_per_k * hours / heat_kwh_per_k))
    after = room_c + (level - room_c) * kept
    return after, heat_kwh_per_k * float((level - after).mean())


def volume_m3(heat_kwh: float, top_c: float, cold_c: float) -> float:
    """Return the water to draw from the top for `heat_kwh` [m3]; raises PlanError where the top is not warmer."""
    if top_c <= cold_c:
        raise PlanError(f"tank: its top has {top_c:g} degC and the cold water {cold_c:g}; charge it before it is drawn")
    return heat_kwh / (WATER_KWH_PER_M3K * (top_c - cold_c))
