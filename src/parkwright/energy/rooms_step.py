"""The hot loop of the building model: every node of every element, step after step, as machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])
Reals = NDArray[np.float64]
Whole = NDArray[np.int64]

SIGMA = 5.670374419e-8
"""Stefan-Boltzmann constant [W/m2K4]; CODATA 2018."""
KELVIN = 273.15
"""0 degC [K]; SI Brochure, 2019."""


def _compiled(function: F) -> F:
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def natural_inside(difference_k: float, facing: float) -> float:
    """Return natural convection at a face inside [W/m2K]; difference: face less air [K]; facing: 1 up, 0, -1 down.

    References: Walton (NBSIR 83-2655, 1983), TARP algorithm.
    """
    size = abs(difference_k) ** (1.0 / 3.0)
    lean = abs(facing)
    if lean < 1e-6:
        found = 1.31 * size
    elif difference_k * facing > 0.0:
        found = 9.482 * size / (7.283 - lean)
    else:
        found = 1.810 * size / (1.382 + lean)
    return float(max(found, 0.1))


@_compiled
def outside_convection(difference_k: float, facing: float, wind_m_per_s: float, lee: bool, roughness: float) -> float:
    """Return natural and forced convection at a face outside [W/m2K]; lee: the wind comes from behind the building.

    References: Yazdanian and Klems (ASHRAE Transactions 100, 1994), MoWiTT: 3.26 V^0.89 windward, 3.55 V^0.617 leeward,
    measured on smooth glass in full size; LBL (DOE-2.1E-053, 1994) for faces rougher than glass.
    """
    natural = natural_inside(difference_k, facing)
    forced = 3.55 * wind_m_per_s**0.617 if lee else 3.26 * wind_m_per_s**0.89
    smooth = (natural**2 + forced**2) ** 0.5
    return float(natural + roughness * (smooth - natural))


@_compiled
def gap(width_m: float, conductivity: float, viscosity: float, density: float, heat: float, pair: float,
        one_c: float, other_c: float) -> float:  # fmt: skip
    """Return the conductance of an upright gap between two panes [W/m2K]; EN 673:2011, equations 3 to 8."""
    mean = 0.5 * (one_c + other_c) + KELVIN
    shrink = 283.15 / mean
    grashof = 9.81 * width_m**3 * abs(one_c - other_c) * (density * shrink) ** 2 / (mean * viscosity**2)
    nusselt = max(0.035 * (grashof * viscosity * heat / conductivity) ** 0.38, 1.0)
    return float(nusselt * conductivity / width_m + 4.0 * SIGMA * pair * mean**3)


@_compiled
def _films(face_c: float, now: Reals, face: Reals, around: Reals) -> None:
    """Fill `around` (3,): heat radiation to the sky and to what stands around, convection [W/m2K] of an outer face."""
    kelvin, out_k, sky_k = face_c + KELVIN, now[0] + KELVIN, now[1] + KELVIN
    up = 0.5 * (1.0 + face[0]) if face[7] > 0.0 else 0.0
    split = up**0.5
    long = face[2] * SIGMA
    away = abs((now[3] - face[6] + 180.0) % 360.0 - 180.0)
    lee = abs(face[0]) < 0.9 and away > 100.0
    around[0] = long * up * split * (kelvin**2 + sky_k**2) * (kelvin + sky_k)
    around[1] = long * (1.0 - up * split) * (kelvin**2 + out_k**2) * (kelvin + out_k)
    around[2] = outside_convection(face_c - now[0], face[0], now[2] * face[5] * face[7], lee, face[4])


@_compiled
def _next_room(face_c: float, air_c: float, radiant_c: float, face: Reals, around: Reals) -> None:
    """Fill `around` (3,) of a face in the room beside: heat radiation to its radiant mean, nothing, convection."""
    kelvin, glow = face_c + KELVIN, radiant_c + KELVIN
    around[0] = SIGMA * face[2] * (kelvin**2 + glow**2) * (kelvin + glow)
    around[1] = 0.0
    around[2] = natural_inside(face_c - air_c, face[0])


@_compiled
def _forward(
    low: int, high: int, temperature: Reals, capacity: Reals, gaps: Reals, absorbed: Reals, around: Reals,
    outside_c: float, sky_c: float, step_s: float, conductance: Reals, diagonal: Reals, right: Reals,
) -> None:  # fmt: skip
    """Write the nodes of an element and eliminate them from outside to inside."""
    for n in range(low, high):
        store = capacity[n] / step_s
        diagonal[n] = store
        right[n] = store * temperature[n] + absorbed[n]
        if gaps[n, 0] > 0.0:
            conductance[n] = gap(
                gaps[n, 0], gaps[n, 1], gaps[n, 2], gaps[n, 3], gaps[n, 4], gaps[n, 5],
                temperature[n], temperature[n + 1],
            )  # fmt: skip
    diagonal[low] += around[0] + around[1] + around[2]
    right[low] += around[0] * sky_c + (around[1] + around[2]) * outside_c
    for n in range(low, high - 1):
        diagonal[n] += conductance[n]
        share = conductance[n] / diagonal[n]
        diagonal[n + 1] += conductance[n] * (1.0 - share)
        right[n + 1] += share * right[n]


@_compiled
def _inner(face_c: float, air_c: float, radiant_c: float, face: Reals, behind: float, inner: Reals) -> None:
    """Fill `inner` (3,): convection to the air, heat radiation to the radiant mean, and all that holds the face."""
    last, glow = face_c + KELVIN, radiant_c + KELVIN
    inner[0] = natural_inside(face_c - air_c, face[1])
    inner[1] = SIGMA * face[3] * (last**2 + glow**2) * (last + glow)
    inner[2] = behind + inner[0] + inner[1]


@_compiled
def _back(
    low: int, high: int, air_c: float, radiant_c: float, inner: Reals, conductance: Reals, diagonal: Reals,
    right: Reals, temperature: Reals,
) -> None:  # fmt: skip
    """Put the nodes of an element in from inside to outside."""
    temperature[high - 1] = (right[high - 1] + inner[0] * air_c + inner[1] * radiant_c) / inner[2]
    for n in range(high - 2, low - 1, -1):
        temperature[n] = (right[n] + conductance[n] * temperature[n + 1]) / diagonal[n]


@_compiled
def march(
    first: Whole, area: Reals, faces: Reals, capacity: Reals, link: Reals, gaps: Reals,
    climate: Reals, beyond: Reals, absorbed: Reals, use: Reals, air_j_per_k: float, start_c: Reals, step_s: float,
    out: Reals,
) -> Reals:  # fmt: skip
    """Step a zone through T steps and fill `out` (T, 6); return the node temperatures at the end (N,).

    first (E+1,): first node of each element. area (E,) [m2]. faces (E, 9): facing outside, facing inside, emissivity
    outside, emissivity inside as the radiant mean sees it (Carroll), roughness, wind at the face by wind at the
    station, azimuth [deg], open to wind and sky (1, 0), column of `beyond` (-1: the outside). beyond (T, R, 2): air and
    radiant mean of a room behind an element [degC], whose emissivity outside that mean sees.
    capacity (N,) [J/m2K]. link (N,): conductance to the next node [W/m2K]; the last of an element is unused.
    gaps (N, 6): width, conductivity, viscosity, density, heat, emittance of a gas gap after the node, 0 for none.
    climate (T, 4): outside, sky [degC], wind [m/s], wind from [deg]. absorbed (T, N): short wave taken up [W/m2].
    use (T, 5): outside air [W/K], convective and radiant gains [W], heated to, cooled to [degC].
    start_c (N+1,): nodes, then air.
    out: air, radiant mean [degC], heating, cooling, lost to outside by elements and by air [W] (means of the step).

    References: ISO 52016-1:2017, clause 6.5 (nodes, air and radiant balance, basic and actual load); solved by
    eliminating each element from outside to inside, so that two unknowns are left; Carroll (1980) for the star.
    """
    count, nodes = area.size, capacity.size
    temperature, conductance = start_c.copy(), link.copy()
    diagonal, right = np.empty(nodes), np.empty(nodes)
    around, inner = np.empty((count, 3)), np.empty((count, 3))
    radiant = temperature[nodes]
    for t in range(out.shape[0]):
        outside, sky = climate[t, 0], climate[t, 1]
        air = temperature[nodes]
        a11 = air_j_per_k / step_s + use[t, 0]
        b1 = air_j_per_k / step_s * air + use[t, 0] * outside + use[t, 1]
        a12, a22, b2 = 0.0, 0.0, use[t, 2]
        for e in range(count):
            low, high = first[e], first[e + 1]
            room = int(faces[e, 8])
            near, far = (outside, sky) if room < 0 else (beyond[t, room, 0], beyond[t, room, 1])
            if room < 0:
                _films(temperature[low], climate[t], faces[e], around[e])
            else:
                _next_room(temperature[low], near, far, faces[e], around[e])
            _forward(
                low, high, temperature, capacity, gaps, absorbed[t], around[e], near, far, step_s,
                conductance, diagonal, right,
            )  # fmt: skip
            _inner(temperature[high - 1], air, radiant, faces[e], diagonal[high - 1], inner[e])
            given, beamed, whole = inner[e, 0], inner[e, 1], inner[e, 2]
            a11 += area[e] * given * (1.0 - given / whole)
            a12 -= area[e] * given * beamed / whole
            a22 += area[e] * beamed * (1.0 - beamed / whole)
            b1 += area[e] * given * right[high - 1] / whole
            b2 += area[e] * beamed * right[high - 1] / whole
        air = (b1 * a22 - a12 * b2) / (a11 * a22 - a12 * a12)
        heat = 0.0
        if air < use[t, 3] or air > use[t, 4]:
            air = use[t, 3] if air < use[t, 3] else use[t, 4]
            heat = a11 * air + a12 * (b2 - a12 * air) / a22 - b1
        radiant = (b2 - a12 * air) / a22
        lost = 0.0
        for e in range(count):
            low = first[e]
            _back(low, first[e + 1], air, radiant, inner[e], conductance, diagonal, right, temperature)
            face, room = temperature[low], int(faces[e, 8])
            near, far = (outside, sky) if room < 0 else (beyond[t, room, 0], beyond[t, room, 1])
            lost += area[e] * (around[e, 0] * (face - far) + (around[e, 1] + around[e, 2]) * (face - near))
        temperature[nodes] = air
        out[t, 0], out[t, 1] = air, radiant
        out[t, 2], out[t, 3] = max(heat, 0.0), max(-heat, 0.0)
        out[t, 4], out[t, 5] = lost, use[t, 0] * (air - outside)
    return temperature
