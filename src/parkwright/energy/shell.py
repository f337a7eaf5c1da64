"""A building of the park as a zone of nodes: its outline, transmittances and glass become elements."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from parkwright.energy import panes
from parkwright.energy.building import area_m2
from parkwright.energy.panes import Glazing, Pane
from parkwright.energy.rooms import Element, Zone
from parkwright.energy.walls import Construction, Layer, of_transmittance
from parkwright.model.site import Building

WALL_FILMS, ROOF_FILMS = 0.17, 0.14
"""Resistance of both surfaces of a wall and of a roof [m2K/W]; ISO 6946:2017, table 7."""
GROUND_M2K_PER_W = 25.0
"""Resistance under the floor [m2K/W]: as in ASHRAE 140-2020, so that the ground is left out as in ISO 13789."""
_TURNS = 40


def zone_of(building: Building, glazing: Glazing | None = None) -> Zone:
    """Return a building's rooms as one zone.

    Walls stand along the outline and are gathered by direction; the glass is spread over them by length. The mass is
    spread over all opaque faces. glazing: the glass, by default one with the building's U and g (see `glazing_of`).

    Raises ValueError when the outline has no area.
    """
    ground = area_m2(building.footprint)
    if ground <= 0.0:
        raise ValueError(f"building {building.id}: its outline has no area; give at least three corners apart")
    sides = directions(building)
    around = sum(sides.values())
    glass = min(building.glass_area_m2, 0.95 * around * building.height_m)
    opaque = around * building.height_m - glass + 2.0 * ground
    mass = building.heat_capacity_wh_per_m2k * building.floor_area_m2 * 3600.0 / opaque
    wall = of_transmittance(building.wall_u, mass, WALL_FILMS)
    roof = of_transmittance(building.roof_u, mass, ROOF_FILMS)
    floor = Construction((Layer(GROUND_M2K_PER_W * 0.04, 0.04), Layer(max(mass / 2.0e6, 1e-3), 1.35, 2000.0, 1000.0)))
    elements = [
        Element("roof", ground, 0.0, 180.0, roof, middle_m=building.height_m),
        Element("floor", ground, 180.0, 0.0, floor, sheltered=True),
    ]
    pane = (glazing or glazing_of(building.glass_u, building.glass_g)) if glass > 0.0 else None
    for azimuth, length in sides.items():
        share = glass * length / around
        middle = 0.5 * building.height_m
        elements.append(
            Element(f"wall {azimuth:g}", length * building.height_m - share, 90.0, azimuth, wall, middle_m=middle)
        )
        if pane is not None:
            elements.append(Element(f"glass {azimuth:g}", share, 90.0, azimuth, glazing=pane, middle_m=middle))
    return Zone(tuple(elements), ground * building.height_m)


def directions(building: Building) -> dict[float, float]:
    """Return the length of wall [m] by the direction it faces [deg clockwise from north], in steps of 15 degrees."""
    corners = list(building.footprint)
    turn = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
    found: dict[float, float] = {}
    for (x, y), (u, v) in zip(corners, corners[1:] + corners[:1], strict=True):
        length = math.hypot(u - x, v - y)
        if length <= 0.0:
            continue
        out = (v - y, x - u) if turn > 0.0 else (y - v, u - x)
        faces = round((math.degrees(math.atan2(out[0], out[1])) % 360.0) / 15.0) * 15.0 % 360.0
        found[faces] = found.get(faces, 0.0) + length
    return dict(sorted(found.items()))


def glazing_of(u_w_per_m2k: float, g: float) -> Glazing:
    """Return a glazing with a known U (EN 673) and g (EN 410), whose make is not known.

    From two panes with argon and a coating (three below 1.1 W/m2K; a narrower gap without a coating above 2.6, one
    pane above 5.3): the coating's emissivity or the gap is found from U, then the outer pane's transmittance from g.
    A pair that no such glass has comes as near as it goes.
    """
    count = 1 if u_w_per_m2k > 5.3 else (3 if u_w_per_m2k < 1.1 else 2)

    def made(part: float, passed: float) -> Glazing:
        outer = Pane(passed, 0.6 * (0.97 - passed), 0.6 * (0.97 - passed), 0.84, 0.84, 0.006, 0.9, coated=True)
        inner = Pane(0.775, 0.071, 0.071, 0.84, 0.84, 0.006, 0.9)
        if count == 1:
            return Glazing((outer,))
        if u_w_per_m2k > _warmest():
            return Glazing((outer, inner), (0.014 - 0.0135 * part,), "argon")
        coat = 0.02 + 0.82 * part
        outer = Pane(
            outer.transmittance, outer.reflectance_front, outer.reflectance_back, 0.84, coat, 0.006, 0.9, coated=True
        )
        back = Pane(0.775, 0.071, 0.071, coat, 0.84, 0.006, 0.9) if count == 3 else inner
        return Glazing((outer, *(inner,) * (count - 2), back), (0.014,) * (count - 1), "argon")

    part = _solve(lambda x: panes.u_value(made(x, 0.5)), u_w_per_m2k, 0.0, 1.0)
    passed = _solve(lambda x: panes.g_value(made(part, x)), g, 0.02, 0.94)
    return made(part, passed)


def _warmest() -> float:
    bare = Pane(0.5, 0.2, 0.2, 0.84, 0.84, 0.006, 0.9)
    return panes.u_value(Glazing((bare, bare), (0.014,), "argon"))


def _solve(of: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Return where a rising function takes the wanted value; the nearer end where it does not."""
    for _ in range(_TURNS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if of(middle) < wanted else (low, middle)
    return float(np.mean((low, high)))
