"""A building by nodes: walls with mass, windows of several panes, air, radiation, sky; the heat and cold it needs.

References: ISO 52016-1:2017 (hourly calculation by nodes); what it leaves open is said where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parkwright.energy import panes
from parkwright.energy.facades import Shade, Sun, plane
from parkwright.energy.panes import ANGLES_DEG, GASES, Glazing, Optics
from parkwright.energy.rooms_step import march
from parkwright.energy.walls import Construction, nodes

Reals = NDArray[np.float64]

AIR_J_PER_KGK = 1006.0
"""Specific heat of air at constant pressure [J/kgK]; ISO 10456:2007, table 3."""
SHEAR = 0.14
"""Exponent of the wind's profile over open country; ASHRAE Handbook of Fundamentals 2017, chapter 24, table 1."""
STATION_M = 10.0
"""Height of a weather station's wind [m]; WMO-No. 8, 2018."""
GLASS_J_PER_M3K = 2.5e3 * 840.0
"""Heat capacity of glass [J/m3K]: 2,500 kg/m3 (EN 572-1:2012), 840 J/kgK (EN 572-1:2012: 720; ASHRAE 140-2020: 840)."""


@dataclass(frozen=True, slots=True)
class Element:
    """A face of the zone: wall, roof, floor (`construction`) or window (`glazing`).

    tilt_deg: 0 a roof, 90 a wall, 180 a floor. azimuth_deg: 180 south. middle_m: height of its middle above the ground,
    for the wind. sheltered: no sun, no sky and no wind at its outer face. beside: name of the zone behind it, where it
    parts two zones; that zone has it too, under the same name and seen from its side.
    """

    name: str
    area_m2: float
    tilt_deg: float
    azimuth_deg: float
    construction: Construction | None = None
    glazing: Glazing | None = None
    middle_m: float = STATION_M
    sheltered: bool = False
    shade: Shade | None = None
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """A building's rooms: elements, volume of air [m3], and what stands in them [J/K]."""

    elements: tuple[Element, ...]
    volume_m3: float
    inside_j_per_k: float = 0.0


@dataclass(frozen=True, slots=True)
class Climate:
    """The outside by step (T,): air and sky [degC], wind [m/s] and where it comes from [deg], the sun; air [kg/m3]."""

    outside_c: Reals
    sky_c: Reals
    wind_m_per_s: Reals
    wind_from_deg: Reals
    sun: Sun
    density_kg_per_m3: float
    step_s: float


@dataclass(frozen=True, slots=True)
class Use:
    """What people want by step (T,): outside air [1/h of the volume], gains [W], band of the air [degC]."""

    air_changes_per_h: Reals
    convective_w: Reals
    radiant_w: Reals
    heated_c: Reals
    cooled_c: Reals


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it by step (T,): temperatures [degC] and means of the step [W].

    lost_w: through the elements' outer faces, by convection and heat radiation; aired_w: by outside air.
    absorbed_w: light taken up by all nodes. stored_j: change of the heat held by nodes and air over the run.
    """

    air_c: Reals
    radiant_c: Reals
    heating_w: Reals
    cooling_w: Reals
    lost_w: Reals
    aired_w: Reals
    absorbed_w: Reals
    stored_j: float
    step_s: float

    @property
    def heating_kwh(self) -> float:
        """Heat over the run [kWh]."""
        return float(self.heating_w.sum()) * self.step_s / 3.6e6

    @property
    def cooling_kwh(self) -> float:
        """Cold over the run [kWh]."""
        return float(self.cooling_w.sum()) * self.step_s / 3.6e6

    @property
    def operative_c(self) -> Reals:
        """Operative temperature (T,) [degC]: mean of air and radiant mean; ISO 7726:1998, annex G."""
        found: Reals = 0.5 * (self.air_c + self.radiant_c)
        return found


@dataclass(frozen=True, slots=True)
class Lit:
    """The sun on a zone: absorbed light by node (T, N) [W/m2 of the element] and what the windows pass in all [W]."""

    absorbed_w_per_m2: Reals
    passed_w: Reals
    incident_w_per_m2: dict[str, Reals]


@dataclass(frozen=True, slots=True)
class Beyond:
    """What stands behind an element that parts two zones: air and radiant mean there (T,) [degC].

    emittance: of the element's face there, as that radiant mean sees it. absorbed_w_per_m2: light on that face (T,).
    """

    air_c: Reals
    radiant_c: Reals
    emittance: float
    absorbed_w_per_m2: Reals


@dataclass(frozen=True, slots=True)
class Body:
    """A zone as arrays for the hot loop; see rooms_step.march."""

    first: NDArray[np.int64]
    area_m2: Reals
    faces: Reals
    capacity: Reals
    link: Reals
    gaps: Reals
    air_j_per_k: float


def body(zone: Zone, density_kg_per_m3: float) -> Body:
    """Return a zone as arrays: nodes in a row by element, from the outer to the inner face."""
    capacities, links, gaps = [], [], []
    first = [0]
    for one in zone.elements:
        capacity, link, gas = _window(one.glazing) if one.glazing is not None else _opaque(one)
        capacities.append(capacity)
        links.append(np.append(link, 0.0))
        gaps.append(gas)
        first.append(first[-1] + capacity.size)
    air = density_kg_per_m3 * AIR_J_PER_KGK * zone.volume_m3 + zone.inside_j_per_k
    return Body(
        np.array(first, dtype=np.int64), np.array([one.area_m2 for one in zone.elements]), _faces(zone),
        np.concatenate(capacities), np.concatenate(links), np.vstack(gaps), air,
    )  # fmt: skip


def light(zone: Zone, sun: Sun) -> Lit:
    """Return what the sun leaves at each node of a zone.

    Beam that passes a window falls on the floor; diffuse light falls on the faces that the window sees, by area; what
    they throw back goes round the same way until it is taken up or leaves through a window.

    References: ISO 52016-1:2017, clause 6.5.6.3, asks for fixed fractions; ASHRAE 140-2020, annex B7, derives them by
    the same bounces.
    """
    whole = body(zone, 1.2)
    steps = sun.elevation_deg.size
    absorbed = np.zeros((steps, whole.capacity.size))
    incident: dict[str, Reals] = {}
    beamed, spread = np.zeros(steps), np.zeros((len(zone.elements), steps))
    seen: dict[Glazing, Optics] = {}
    for row, one in enumerate(zone.elements):
        low = int(whole.first[row])
        if one.sheltered or one.beside:
            continue
        face = plane(sun, one.tilt_deg, one.azimuth_deg, one.shade)
        incident[one.name] = face.total_w_per_m2
        if one.construction is not None:
            absorbed[:, low] += one.construction.absorptance * face.total_w_per_m2
        if one.glazing is not None:
            optic = seen.setdefault(one.glazing, panes.optics(one.glazing))
            angle = np.degrees(np.arccos(face.cosine))
            diffuse = face.sky_w_per_m2 + face.ground_w_per_m2
            beamed += one.area_m2 * face.beam_w_per_m2 * np.interp(angle, ANGLES_DEG, optic.transmittance)
            spread[row] = one.area_m2 * diffuse * optic.diffuse_transmittance
            for k in range(len(one.glazing.panes)):
                taken = face.beam_w_per_m2 * np.interp(angle, ANGLES_DEG, optic.absorptance[:, k])
                taken += diffuse * optic.diffuse_absorptance[k]
                absorbed[:, low + 2 * k] += 0.5 * taken
                absorbed[:, low + 2 * k + 1] += 0.5 * taken
    _inside(zone, whole, seen, beamed, spread, absorbed)
    return Lit(absorbed, beamed + spread.sum(axis=0), incident)


def simulate(
    zone: Zone,
    climate: Climate,
    use: Use,
    lit: Lit | None = None,
    settle: int = 0,
    beyond: Mapping[str, Beyond] | None = None,
) -> Run:
    """Return how a zone fares through T steps.

    lit: the sun on it, where it is known already (a change of use keeps it). settle: steps of the run's end that are
    gone through first, so that the mass begins as it ends (a year that repeats). beyond: what stands behind elements
    that part two zones, by the element's name (energy.adjoining finds it).
    """
    whole = body(zone, climate.density_kg_per_m3)
    sunny = light(zone, climate.sun) if lit is None else lit
    rooms, taken = _put_beyond(zone, whole, sunny.absorbed_w_per_m2, beyond or {})
    per_change = climate.density_kg_per_m3 * AIR_J_PER_KGK * zone.volume_m3 / 3600.0
    outside = np.column_stack((climate.outside_c, climate.sky_c, climate.wind_m_per_s, climate.wind_from_deg))
    wanted = np.column_stack((
        use.air_changes_per_h * per_change, use.convective_w, use.radiant_w, use.heated_c, use.cooled_c,
    ))  # fmt: skip
    start = np.full(whole.capacity.size + 1, 20.0)
    steps = outside.shape[0]
    for span in ([slice(max(steps - settle, 0), steps)] if settle else []) + [slice(0, steps)]:
        out = np.empty((span.stop - span.start, 6))
        begin = start
        start = march(
            whole.first, whole.area_m2, whole.faces, whole.capacity, whole.link, whole.gaps,
            np.ascontiguousarray(outside[span]), np.ascontiguousarray(rooms[span]), np.ascontiguousarray(taken[span]),
            np.ascontiguousarray(wanted[span]), whole.air_j_per_k, begin, climate.step_s, out,
        )  # fmt: skip
    by_node = np.repeat(whole.area_m2, np.diff(whole.first))
    change = start - begin
    stored = float((whole.capacity * by_node) @ change[:-1] + whole.air_j_per_k * change[-1])
    return Run(
        out[:, 0], out[:, 1], out[:, 2], out[:, 3], out[:, 4], out[:, 5],
        taken @ by_node, stored, climate.step_s,
    )  # fmt: skip


def _put_beyond(zone: Zone, whole: Body, absorbed: Reals, beyond: Mapping[str, Beyond]) -> tuple[Reals, Reals]:
    """Tell the body which elements part two zones; return the rooms behind them (T, R, 2) and the light (T, N)."""
    parted = [row for row, one in enumerate(zone.elements) if one.beside]
    behind = np.empty((absorbed.shape[0], len(parted), 2))
    taken = absorbed.copy() if parted else absorbed
    for column, row in enumerate(parted):
        if zone.elements[row].name not in beyond:
            raise ValueError(f"element {zone.elements[row].name}: parts two zones; say what stands behind it")
        there = beyond[zone.elements[row].name]
        behind[:, column, 0], behind[:, column, 1] = there.air_c, there.radiant_c
        whole.faces[row, 2], whole.faces[row, 8] = there.emittance, column
        taken[:, int(whole.first[row])] += there.absorbed_w_per_m2
    return behind, taken


def with_glazing(zone: Zone, glazing: Glazing) -> Zone:
    """Return the zone with another glass in all its windows."""
    changed = [replace(one, glazing=glazing) if one.glazing is not None else one for one in zone.elements]
    return replace(zone, elements=tuple(changed))


def _opaque(one: Element) -> tuple[Reals, Reals, Reals]:
    if one.construction is None:
        raise ValueError(f"element {one.name}: has neither construction nor glazing; give one of the two")
    capacity, link = nodes(one.construction)
    return capacity, link, np.zeros((capacity.size, 6))


def _window(glazing: Glazing) -> tuple[Reals, Reals, Reals]:
    count = 2 * len(glazing.panes)
    capacity, link, gaps = np.empty(count), np.zeros(count - 1), np.zeros((count, 6))
    for row, pane in enumerate(glazing.panes):
        capacity[2 * row : 2 * row + 2] = 0.5 * GLASS_J_PER_M3K * pane.thickness_m
        link[2 * row] = pane.conductivity_w_per_mk / pane.thickness_m
    for row, width in enumerate(glazing.gaps_m):
        pair = panes.emittance(glazing.panes[row].emissivity_back, glazing.panes[row + 1].emissivity_front)
        gaps[2 * row + 1] = (width, *GASES[glazing.gas], pair)
    return capacity, link, gaps


def _faces(zone: Zone) -> Reals:
    faces = np.zeros((len(zone.elements), 9))
    area = np.array([one.area_m2 for one in zone.elements])
    inside = np.empty(area.size)
    for row, one in enumerate(zone.elements):
        facing = round(float(np.cos(np.radians(one.tilt_deg))), 9)
        if one.glazing is not None:
            outer, inside[row] = one.glazing.panes[0].emissivity_front, one.glazing.panes[-1].emissivity_back
            rough = 1.0
        else:
            outer = inside[row] = one.construction.emissivity if one.construction else 0.9
            rough = one.construction.roughness if one.construction else 1.0
        faces[row] = (
            facing, -facing, outer, 0.0, rough, (one.middle_m / STATION_M) ** SHEAR,
            one.azimuth_deg, 0.0 if one.sheltered else 1.0, -1.0,
        )  # fmt: skip
    faces[:, 3] = 1.0 / ((1.0 - inside) / inside + 1.0 / carroll(area))
    return faces


def carroll(area_m2: Reals) -> Reals:
    """Return the factors with which faces see the radiant mean of their room (E,).

    References: Carroll (1980), An MRT method of computing radiant energy exchange in rooms: F = 1 / (1 - A F / sum).
    """
    found = np.ones(area_m2.size)
    for _ in range(100):
        weight = area_m2 * found
        found = 1.0 / (1.0 - np.minimum(weight / weight.sum(), 0.5))
    return found


def _inside(
    zone: Zone, whole: Body, seen: dict[Glazing, Optics], beamed: Reals, spread: Reals, absorbed: Reals
) -> None:
    """Add to `absorbed` what the faces inside take up of the beam (T,) and of each window's diffuse light (E, T)."""
    area = whole.area_m2
    taken, lost = np.zeros(area.size), np.zeros(area.size)
    for row, one in enumerate(zone.elements):
        if one.glazing is not None:
            optic = seen[one.glazing]
            taken[row], lost[row] = optic.back_absorptance.sum(), optic.back_transmittance
        elif one.construction is not None:
            taken[row] = one.construction.absorptance
    views = sight(zone)
    floor = np.array([one.tilt_deg > 135.0 for one in zone.elements], dtype=np.float64) * area
    first_beam = floor / floor.sum() if floor.sum() > 0.0 else area / area.sum()
    rounds = np.linalg.inv(np.eye(area.size) - views.T * (1.0 - taken - lost))
    arrives = np.outer(beamed, rounds @ first_beam)
    arrives += spread.T @ (rounds @ views.T).T
    for row, one in enumerate(zone.elements):
        low = int(whole.first[row])
        share = arrives[:, row] / area[row]
        if one.glazing is None:
            absorbed[:, int(whole.first[row + 1]) - 1] += share * taken[row]
            continue
        for k, part in enumerate(seen[one.glazing].back_absorptance):
            absorbed[:, low + 2 * k] += 0.5 * share * part
            absorbed[:, low + 2 * k + 1] += 0.5 * share * part


def sight(zone: Zone) -> Reals:
    """Return the share of the light leaving each face that falls on each other (E, E); rows sum to 1.

    By area over all faces that do not lie in the same plane: a flat face does not see itself.
    """
    area = np.array([one.area_m2 for one in zone.elements])
    planes = [(one.tilt_deg, one.azimuth_deg if 0.0 < one.tilt_deg < 180.0 else 0.0) for one in zone.elements]
    apart = np.array([[float(one != other) for other in planes] for one in planes])
    weight = apart * area
    total = weight.sum(axis=1, keepdims=True)
    found: Reals = np.where(total > 0.0, weight / np.where(total > 0.0, total, 1.0), np.eye(area.size))
    return found
