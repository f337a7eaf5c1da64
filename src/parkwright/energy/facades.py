"""What the sun gives each face of a building: beam and sky by direction, behind overhangs and fins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pvlib import irradiance

Reals = NDArray[np.float64]

GROUND_REFLECTANCE = 0.2
"""Short-wave reflectance of the ground; ASHRAE 140-2020, clause 5.2.1.4, and ISO 52010-1:2017, table A.3."""
_POINTS = 10
"""Points across and up a window at which it is asked what the shade hides."""
_RINGS = 18
"""Rings of the hemisphere between horizon and zenith, and twice as many sectors around, for the diffuse share."""


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands and what it gives, by step (T,): elevation and azimuth [deg], irradiances [W/m2].

    normal_w_per_m2: beam on a plane that faces the sun. diffuse_w_per_m2, global_w_per_m2: on the horizontal.
    extra_w_per_m2: outside the atmosphere.
    """

    elevation_deg: Reals
    azimuth_deg: Reals
    normal_w_per_m2: Reals
    diffuse_w_per_m2: Reals
    global_w_per_m2: Reals
    extra_w_per_m2: Reals


@dataclass(frozen=True, slots=True)
class Shade:
    """Plates square to the wall around a window: how deep they stand out and how far from it they are [m].

    overhang: along the top, reaching `overhang_side_m` past both sides. fins: at both sides, reaching `fin_top_m`
    above and `fin_bottom_m` below the window.
    """

    width_m: float
    height_m: float
    overhang_m: float = 0.0
    overhang_gap_m: float = 0.0
    overhang_side_m: float = 0.0
    fin_m: float = 0.0
    fin_gap_m: float = 0.0
    fin_top_m: float = 0.0
    fin_bottom_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Plane:
    """Light on a face by step (T,): cosine of the beam's incidence, beam, and diffuse light of sky and ground."""

    cosine: Reals
    beam_w_per_m2: Reals
    sky_w_per_m2: Reals
    ground_w_per_m2: Reals

    @property
    def total_w_per_m2(self) -> Reals:
        """All light on the face (T,) [W/m2]."""
        found: Reals = self.beam_w_per_m2 + self.sky_w_per_m2 + self.ground_w_per_m2
        return found


def plane(sun: Sun, tilt_deg: float, azimuth_deg: float, shade: Shade | None = None) -> Plane:
    """Return the light on a face of the given tilt (90 upright) and azimuth (180 south).

    The brightness around the sun counts as beam, so that a shade hides it when it hides the sun.

    References: Perez et al. (Solar Energy 44, 1990) for the sky; ISO 52010-1:2017, clause 6.4, for the same on faces.
    """
    zenith = 90.0 - sun.elevation_deg
    cosine = irradiance.aoi_projection(tilt_deg, azimuth_deg, zenith, sun.azimuth_deg)
    cosine = np.clip(np.asarray(cosine, dtype=np.float64), 0.0, 1.0)
    up = sun.elevation_deg > 0.0
    shown = np.clip(zenith, 0.0, 89.9)
    mass = 1.0 / (np.cos(np.radians(shown)) + 0.50572 * (96.07995 - shown) ** -1.6364)
    parts = irradiance.perez(
        tilt_deg, azimuth_deg, sun.diffuse_w_per_m2, sun.normal_w_per_m2, sun.extra_w_per_m2, shown,
        sun.azimuth_deg, mass, return_components=True,
    )  # fmt: skip
    around = np.nan_to_num(np.asarray(parts["poa_circumsolar"], dtype=np.float64))
    whole = np.nan_to_num(np.asarray(parts["poa_sky_diffuse"], dtype=np.float64))
    beam = np.where(up, sun.normal_w_per_m2 * cosine, 0.0) + around
    sky = np.maximum(whole - around, 0.0)
    below = 0.5 * (1.0 - np.cos(np.radians(tilt_deg)))
    ground = GROUND_REFLECTANCE * below * sun.global_w_per_m2
    if shade is None:
        return Plane(cosine, beam, sky, ground)
    lit = np.ones_like(beam)
    seen = np.flatnonzero(beam > 0.0)
    side = np.radians(sun.azimuth_deg[seen] - azimuth_deg)
    lift = np.radians(sun.elevation_deg[seen])
    lit[seen] = lit_share(shade, np.cos(lift) * np.cos(side), np.cos(lift) * np.sin(side), np.sin(lift))
    above, under = diffuse_shares(shade)
    return Plane(cosine, beam * lit, sky * above, ground * under)


def lit_share(shade: Shade, out: Reals, right: Reals, up: Reals) -> Reals:
    """Return the share of a window (D,) that light from D directions reaches.

    out, right, up: the direction to the light, square to the wall, along it and upwards (D,); out > 0.
    Each of a grid of points on the window looks along the direction and is dark where a plate is in the way.
    """
    across = (np.arange(_POINTS) + 0.5) / _POINTS * shade.width_m
    along = (np.arange(_POINTS) + 0.5) / _POINTS * shade.height_m
    x, z = (grid.ravel()[:, None] for grid in np.meshgrid(across, along))
    ahead = np.maximum(out, 1e-9)[None, :]
    slope_x, slope_z = right[None, :] / ahead, up[None, :] / ahead
    dark = np.zeros((x.size, out.size), dtype=np.bool_)
    if shade.overhang_m > 0.0:
        rise = shade.height_m + shade.overhang_gap_m - z
        depth = rise / np.where(slope_z > 0.0, slope_z, 1e-12)
        there = x + slope_x * depth
        wide = (there >= -shade.overhang_side_m) & (there <= shade.width_m + shade.overhang_side_m)
        dark |= (slope_z > 0.0) & (depth <= shade.overhang_m) & wide
    if shade.fin_m > 0.0:
        for far in (shade.width_m + shade.fin_gap_m - x, -shade.fin_gap_m - x):
            towards = slope_x * np.sign(far) > 0.0
            depth = far / np.where(towards, slope_x, np.sign(far) * 1e-12)
            there = z + slope_z * depth
            high = (there >= -shade.fin_bottom_m) & (there <= shade.height_m + shade.fin_top_m)
            dark |= towards & (depth <= shade.fin_m) & high
    found: Reals = 1.0 - dark.mean(axis=0)
    return found


def diffuse_shares(shade: Shade) -> tuple[float, float]:
    """Return the shares of an even sky's and an even ground's light that reach a shaded upright window."""
    lift = (np.arange(_RINGS) + 0.5) / _RINGS * (np.pi / 2.0)
    side = ((np.arange(2 * _RINGS) + 0.5) / (2 * _RINGS) - 0.5) * np.pi
    height, around = (grid.ravel() for grid in np.meshgrid(lift, side))
    out, right = np.cos(height) * np.cos(around), np.cos(height) * np.sin(around)
    weight = out * np.cos(height)
    found = []
    for sign in (1.0, -1.0):
        found.append(float(np.average(lit_share(shade, out, right, sign * np.sin(height)), weights=weight)))
    return found[0], found[1]
