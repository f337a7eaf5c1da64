"""Opaque elements of a building: layers from outside to inside, cut into nodes that store and conduct heat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

NODES = 5
"""Nodes of an opaque element; ISO 52016-1:2017, clause 6.5.7.2."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a wall: thickness [m], conductivity [W/mK], density [kg/m3], specific heat [J/kgK].

    A layer without density or specific heat conducts and stores nothing.
    """

    thickness_m: float
    conductivity_w_per_mk: float
    density_kg_per_m3: float = 0.0
    specific_heat_j_per_kgk: float = 0.0

    @property
    def resistance_m2k_per_w(self) -> float:
        """Thermal resistance [m2K/W]."""
        return self.thickness_m / self.conductivity_w_per_mk

    @property
    def capacity_j_per_m2k(self) -> float:
        """Heat capacity by area [J/m2K]."""
        return self.thickness_m * self.density_kg_per_m3 * self.specific_heat_j_per_kgk


@dataclass(frozen=True, slots=True)
class Construction:
    """A wall, roof or floor: layers from outside to inside, and how its faces take light and heat radiation."""

    layers: tuple[Layer, ...]
    absorptance: float = 0.6
    emissivity: float = 0.9
    roughness: float = 1.67
    """Multiplier of forced convection outside; 1.67 rough, 1.0 smooth as glass (Walton, NBSIR 83-2655, 1983)."""

    @property
    def resistance_m2k_per_w(self) -> float:
        """Resistance from face to face [m2K/W]."""
        return sum(layer.resistance_m2k_per_w for layer in self.layers)

    @property
    def capacity_j_per_m2k(self) -> float:
        """Heat capacity by area [J/m2K]."""
        return sum(layer.capacity_j_per_m2k for layer in self.layers)


def nodes(construction: Construction, count: int = NODES) -> tuple[Reals, Reals]:
    """Return the nodes of an opaque element from the outer to the inner face.

    Every layer is cut at least once, so that no resistance is smeared over a mass; what is left of `count` goes where
    a slice holds the longest time constant (resistance times capacity). A slice gives half its capacity to each side.

    Returns capacity (N,) [J/m2K] and conductance between neighbours (N-1,) [W/m2K]; N is `count`, or layers + 1 where
    that is more.

    References: ISO 52016-1:2017, clause 6.5.7 (nodes in a row, conductances between); Clarke (Energy Simulation in
    Building Design, 2001), chapter 3, for cutting by layers.
    """
    cuts = [1] * len(construction.layers)
    lag = np.array([one.resistance_m2k_per_w * one.capacity_j_per_m2k for one in construction.layers])
    while sum(cuts) + 1 < count:
        cuts[int(np.argmax(lag / np.square(cuts)))] += 1
    slices = [(layer, n) for layer, n in zip(construction.layers, cuts, strict=True) for _ in range(n)]
    capacity = np.zeros(len(slices) + 1)
    conductance = np.zeros(len(slices))
    for row, (layer, n) in enumerate(slices):
        conductance[row] = n / layer.resistance_m2k_per_w
        capacity[row : row + 2] += 0.5 * layer.capacity_j_per_m2k / n
    return capacity, conductance


def of_transmittance(
    u_w_per_m2k: float, capacity_j_per_m2k: float, films_m2k_per_w: float = 0.17, insulation_share: float = 0.02
) -> Construction:
    """Return a wall of a given U with its mass inside and its insulation outside.

    films_m2k_per_w: resistance of both surfaces that U holds; 0.13 + 0.04 for a wall (ISO 6946:2017, table 7).
    insulation_share: of the capacity that lies in the outer skin. The mass is concrete (ISO 10456:2007, table 3:
    2,000 W/kK by m3, 1.35 W/mK), as thick as the capacity asks.
    """
    outer, inner = insulation_share * capacity_j_per_m2k, (1.0 - insulation_share) * capacity_j_per_m2k
    mass = Layer(max(inner / 2.0e6, 1e-3), 1.35, 2000.0, 1000.0)
    skin = Layer(max(outer / 2.0e6, 1e-3), 1.35, 2000.0, 1000.0)
    left = 1.0 / u_w_per_m2k - films_m2k_per_w - mass.resistance_m2k_per_w - skin.resistance_m2k_per_w
    foam = Layer(max(left, 1e-3) * 0.04, 0.04)
    return Construction((skin, foam, mass))
