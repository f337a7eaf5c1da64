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
    return max(found, 0.1)


@_compiled
def outside_convection(
    difference_k: float, facing: float, wind_m_per_s: float, lee: bool, roughness: float
) -> float:
    """Return natural and forced convection at a face outside [W/m2K]; lee: the wind comes from behind the building.

    References: Yazdanian and Klems (ASHRAE Transactions 100, 1994), MoWiTT: 3.26 V^0.89 windward, 3.55 V^0.617 leeward,
    measured on smooth glass in full size; LBL (DOE-2.1E-053, 1994) for faces rougher than glass.
    """
    natural = natural_inside(difference_k, facing)
    forced = 3.55 * wind_m_per_s**0.617 if lee else 3.26 * wind_m_per_s**0.89
    smooth = (natural**2 + forced**2) ** 0.5
    return natural + roughness * (smooth - natural)


@_compiled
def gap(width_m: float, conductivity: float, viscosity: float, density: float, heat: float, pair: float,
        one_c: float, other_c: float) -> float:  # fmt: skip
    """Return the conductance of an upright gap between two panes [W/m2K]; EN 673:2011, equations 3 to 8."""
    mean = 0.5 * (one_c + other_c) + KELVIN
    shrink = 283.15 / mean
    grashof = 9.81 * width_m**3 * abs(one_c - other_c) * (density * shrink) ** 2 / (mean * viscosity**2)
    nusselt = max(0.035 * (grashof * viscosity * heat / conductivity) ** 0.38, 1.0)
    return nusselt * conductivity / width_m + 4.0 * SIGMA * pair * mean**3


@_compiled
def march(
    first: Whole, area: Reals, faces: Reals, capacity: Reals, link: Reals, gaps: Reals,
    climate: Reals, absorbed: Reals, use: Reals, air_j_per_k: float, start_c: Reals, step_s: float, out: Reals,
) -> Reals:  # fmt: skip
    """Step a zone through T steps and fill `out` (T, 6); return the node temperatures at the end (N,).

    first (E+1,): first node of each element. area (E,) [m2]. faces (E, 8): facing outside, facing inside, emissivity
    outside, emissivity inside as the radiant mean sees it (Carroll), roughness, wind at the face by wind at the
    station, azimuth [deg], open to wind and sky (1, 0). capacity (N,) [J/m2K]. link (N,): conductance to the next node
    [W/m2K]; the last of an element is unused. gaps (N, 6): width, conductivity, viscosity, density, heat, emittance of
    a gas gap after the node, width 0 for none. climate (T, 4): outside, sky [degC], wind [m/s], wind from [deg].
    absorbed (T, N): short wave taken up [W/m2]. use (T, 6): outside air [W/K], convective and radiant gains [W],
    heated to, cooled to [degC], spare. start_c (N+1,): nodes, then air.
    out: air, radiant mean [degC], heating, cooling, lost to outside by elements and by air [W] (means of the step).

    References: ISO 52016-1:2017, clause 6.5 (nodes, air and radiant balance, basic and actual load); solved by
    eliminating each element from outside to inside, so that two unknowns are left; Carroll (1980) for the star.
    """
    count = area.size
    temperature = start_c.copy()
    nodes = capacity.size
    diagonal = np.empty(nodes)
    right = np.empty(nodes)
    around = np.empty((count, 3))
    inner = np.empty((count, 3))
    conductance = link.copy()
    radiant = temperature[nodes]
    for t in range(out.shape[0]):
        outside, sky, wind, wind_from = climate[t, 0], climate[t, 1], climate[t, 2], climate[t, 3]
        loss, convective, radiative, heated, cooled = use[t, 0], use[t, 1], use[t, 2], use[t, 3], use[t, 4]
        air = temperature[nodes]
        a11 = air_j_per_k / step_s + loss
        b1 = air_j_per_k / step_s * air + loss * outside + convective
        a12, a22, b2 = 0.0, 0.0, radiative
        for e in range(count):
            low, high = first[e], first[e + 1]
            face = temperature[low]
            kelvin, out_k, sky_k = face + KELVIN, outside + KELVIN, sky + KELVIN
            up = 0.5 * (1.0 + faces[e, 0]) if faces[e, 7] > 0.0 else 0.0
            split = up**0.5
            long = faces[e, 2] * SIGMA
            to_sky = long * up * split * (kelvin**2 + sky_k**2) * (kelvin + sky_k)
            to_air = long * (1.0 - up * split) * (kelvin**2 + out_k**2) * (kelvin + out_k)
            away = abs((wind_from - faces[e, 6] + 180.0) % 360.0 - 180.0)
            lee = abs(faces[e, 0]) < 0.9 and away > 100.0
            blown = outside_convection(face - outside, faces[e, 0], wind * faces[e, 5] * faces[e, 7], lee, faces[e, 4])
            around[e, 0], around[e, 1], around[e, 2] = to_sky, to_air, blown
            for n in range(low, high):
                store = capacity[n] / step_s
                diagonal[n] = store
                right[n] = store * temperature[n] + absorbed[t, n]
                if gaps[n, 0] > 0.0:
                    conductance[n] = gap(
                        gaps[n, 0], gaps[n, 1], gaps[n, 2], gaps[n, 3], gaps[n, 4], gaps[n, 5],
                        temperature[n], temperature[n + 1],
                    )  # fmt: skip
            diagonal[low] += to_sky + to_air + blown
            right[low] += to_sky * sky + (to_air + blown) * outside
            for n in range(low, high - 1):
                diagonal[n] += conductance[n]
                share = conductance[n] / diagonal[n]
                diagonal[n + 1] += conductance[n] * (1.0 - share)
                right[n + 1] += share * right[n]
            last = temperature[high - 1] + KELVIN
            glow = radiant + KELVIN
            beamed = SIGMA * faces[e, 3] * (last**2 + glow**2) * (last + glow)
            given = natural_inside(temperature[high - 1] - air, faces[e, 1])
            whole = diagonal[high - 1] + given + beamed
            inner[e, 0], inner[e, 1], inner[e, 2] = given, beamed, whole
            a11 += area[e] * given * (1.0 - given / whole)
            a12 -= area[e] * given * beamed / whole
            a22 += area[e] * beamed * (1.0 - beamed / whole)
            b1 += area[e] * given * right[high - 1] / whole
            b2 += area[e] * beamed * right[high - 1] / whole
        air = (b1 * a22 - a12 * b2) / (a11 * a22 - a12 * a12)
        heat = 0.0
        if air < heated or air > cooled:
            air = heated if air < heated else cooled
            heat = a11 * air + a12 * (b2 - a12 * air) / a22 - b1
        radiant = (b2 - a12 * air) / a22
        lost = 0.0
        for e in range(count):
            low, high = first[e], first[e + 1]
            temperature[high - 1] = (right[high - 1] + inner[e, 0] * air + inner[e, 1] * radiant) / inner[e, 2]
            for n in range(high - 2, low - 1, -1):
                temperature[n] = (right[n] + conductance[n] * temperature[n + 1]) / diagonal[n]
            face = temperature[low]
            lost += area[e] * (around[e, 0] * (face - sky) + (around[e, 1] + around[e, 2]) * (face - outside))
        temperature[nodes] = air
        out[t, 0], out[t, 1] = air, radiant
        out[t, 2], out[t, 3] = max(heat, 0.0), max(-heat, 0.0)
        out[t, 4], out[t, 5] = lost, loss * (air - outside)
    return temperature
