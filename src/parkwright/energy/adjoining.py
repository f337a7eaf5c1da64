"""Zones beside each other: each is stepped with what the others did, until none changes any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from parkwright.energy.rooms import Beyond, Climate, Element, Lit, Run, Use, Zone, body, light, simulate
from parkwright.energy.walls import Construction
from parkwright.model.errors import PlanError

SETTLED_K = 1e-3
"""Largest change of an air temperature between two rounds at which the zones are taken to agree [K]; assumed."""
ROUNDS = 60
"""Rounds after which zones that still change are refused; two zones of ASHRAE 140 agree after about ten."""


def together(zones: Mapping[str, Zone], climate: Climate, uses: Mapping[str, Use], settle: int = 0) -> dict[str, Run]:
    """Return how zones fare that are parted by elements (`Element.beside`), by name.

    Each element between two zones is a part of both, so that its heat leaves the one as it enters the other once the
    rounds have settled. settle: see rooms.simulate.

    Raises PlanError when an element has no counterpart in the zone that it names, or the zones do not settle.

    References: ISO 52016-1:2017, clause 6.5.5.2 (thermally coupled zones); waveform relaxation, Lelarasmee, Ruehli and
    Sangiovanni-Vincentelli (IEEE Trans. CAD 1, 1982), Gauss-Seidel.
    """
    for name, zone in zones.items():
        for one in zone.elements:
            _refuse_alone(zones, name, one)
    suns = {name: light(zone, climate.sun) for name, zone in zones.items()}
    steps = climate.outside_c.size
    air = {name: np.full(steps, 20.0) for name in zones}
    radiant = {name: np.full(steps, 20.0) for name in zones}
    runs: dict[str, Run] = {}
    for _ in range(ROUNDS):
        change = 0.0
        for name, zone in zones.items():
            beyond = {
                one.name: _behind(zones[one.beside], suns[one.beside], one.name, climate, air[one.beside],
                                  radiant[one.beside])
                for one in zone.elements if one.beside
            }  # fmt: skip
            runs[name] = simulate(zone, climate, uses[name], suns[name], settle, beyond)
            change = max(change, float(np.abs(runs[name].air_c - air[name]).max()))
            air[name], radiant[name] = runs[name].air_c, runs[name].radiant_c
        if change < SETTLED_K:
            return runs
    raise PlanError(f"zones: still change by {change:.3f} K after {ROUNDS} rounds; take shorter steps")


def other_side(element: Element, beside: str) -> Element:
    """Return an element between two zones as the other zone has it, whose name is not `beside` but the first's."""
    made = element.construction
    turned = Construction(made.layers[::-1], made.absorptance, made.emissivity, made.roughness) if made else None
    return replace(
        element, tilt_deg=180.0 - element.tilt_deg, azimuth_deg=(element.azimuth_deg + 180.0) % 360.0,
        construction=turned, beside=beside,
    )  # fmt: skip


def _behind(zone: Zone, lit: Lit, name: str, climate: Climate, air_c: np.ndarray, radiant_c: np.ndarray) -> Beyond:
    """Return what an element finds in the zone behind it."""
    whole = body(zone, climate.density_kg_per_m3)
    row = next(row for row, one in enumerate(zone.elements) if one.name == name)
    inner = int(whole.first[row + 1]) - 1
    return Beyond(air_c, radiant_c, float(whole.faces[row, 3]), lit.absorbed_w_per_m2[:, inner])


def _refuse_alone(zones: Mapping[str, Zone], name: str, one: Element) -> None:
    if not one.beside:
        return
    other = zones.get(one.beside)
    twin = next((two for two in other.elements if two.name == one.name), None) if other else None
    if twin is None or twin.beside != name or twin.area_m2 != one.area_m2:
        raise PlanError(f"element {one.name} of zone {name}: zone {one.beside} has no such element; give it the same")
