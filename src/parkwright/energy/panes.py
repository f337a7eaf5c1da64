"""Windows of several panes: what of the light passes, what each pane takes up, and how the gaps conduct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Gas = Literal["air", "argon", "krypton"]

ANGLES_DEG = np.arange(0.0, 91.0, 5.0)
"""Angles of incidence at which a window's optics are held [deg]."""

_CLEAR_T = (-0.0015, 3.355, -3.840, 1.460, 0.0288)
_CLEAR_R = (0.999, -0.563, 2.043, -2.532, 1.054)
_BRONZE_T = (-0.002, 2.813, -2.341, -0.05725, 0.599)
_BRONZE_R = (0.997, -1.868, 6.513, -7.862, 3.225)
_CLEAR_FROM = 0.645
"""Coated panes that pass more take the shape of clear glass, others that of bronze (Finlayson et al., 1993)."""

_MIRROR = 0.9999
"""Share that a coated pane throws back at grazing angles at most, so that light between two panes finds an end."""
_GRAZING_DEG = 89.9
"""The angle that stands for 90 degrees, where every face is a mirror, and by its rest for 0, where Fresnel is 0 / 0."""


@dataclass(frozen=True, slots=True)
class Pane:
    """A sheet of glass: solar transmittance and reflectances at normal incidence, emissivities of its faces.

    front is the face to the outside. coated: whether a face carries a coating that shapes the angles.
    """

    transmittance: float
    reflectance_front: float
    reflectance_back: float
    emissivity_front: float = 0.84
    emissivity_back: float = 0.84
    thickness_m: float = 0.004
    conductivity_w_per_mk: float = 1.0
    coated: bool = False
    visible_transmittance: float = 0.9
    visible_reflectance: float = 0.08


@dataclass(frozen=True, slots=True)
class Glazing:
    """Panes from outside to inside and the gaps between: width [m] and gas."""

    panes: tuple[Pane, ...]
    gaps_m: tuple[float, ...] = ()
    gas: Gas = "air"

    def __post_init__(self) -> None:
        """Hold that there is one gap less than panes."""
        if len(self.gaps_m) != len(self.panes) - 1:
            raise ValueError(
                f"glazing of {len(self.panes)} panes: has {len(self.gaps_m)} gaps; give one less than panes"
            )


@dataclass(frozen=True, slots=True)
class Optics:
    """What a window does with light from outside, by angle (A,) of ANGLES_DEG, and with diffuse light from both sides.

    transmittance (A,), absorptance (A, P) by pane; diffuse_transmittance, diffuse_absorptance (P,) from outside;
    back_transmittance, back_absorptance (P,) for diffuse light from inside.
    """

    transmittance: Reals
    absorptance: Reals
    diffuse_transmittance: float
    diffuse_absorptance: Reals
    back_transmittance: float
    back_absorptance: Reals


def optics(glazing: Glazing) -> Optics:
    """Return what a window passes and takes up by angle; net radiation between all its panes.

    References: ISO 15099:2003, clause 7 (layers); Furler (ASHRAE Transactions 97, 1991) for uncoated glass;
    Finlayson et al. (LBL-33943, 1993), angular shapes of coated glass.
    """
    front = [_angular(pane) for pane in glazing.panes]
    passed = np.zeros(ANGLES_DEG.size)
    taken = np.zeros((ANGLES_DEG.size, len(front)))
    back_passed, back_taken = passed.copy(), taken.copy()
    for row in range(ANGLES_DEG.size):
        panes = [(t[row], f[row], b[row]) for t, f, b in front]
        passed[row], taken[row] = stack(panes)
        back_passed[row], mirrored = stack([(t, b, f) for t, f, b in reversed(panes)])
        back_taken[row] = mirrored[::-1]
    return Optics(
        passed, taken, _diffuse(passed), np.array([_diffuse(one) for one in taken.T]),
        _diffuse(back_passed), np.array([_diffuse(one) for one in back_taken.T]),
    )  # fmt: skip


def stack(panes: list[tuple[float, float, float]]) -> tuple[float, Reals]:
    """Return what a row of panes passes and what each takes up (P,), for light of 1 from the first side.

    panes: (transmittance, reflectance to the light, reflectance from behind) each. The fluxes between the panes are
    solved together, so that every reflection to and fro is in.
    """
    count = len(panes)
    forth, back = np.zeros(count + 1), np.zeros(count + 1)
    behind = np.zeros(count + 1)
    for row in range(count - 1, -1, -1):
        t, f, b = panes[row]
        behind[row] = f + t * t * behind[row + 1] / (1.0 - b * behind[row + 1])
    forth[0] = 1.0
    for row, (t, _, b) in enumerate(panes):
        forth[row + 1] = forth[row] * t / (1.0 - b * behind[row + 1])
    back = forth * behind
    net = forth - back
    return float(forth[-1]), net[:-1] - net[1:]


def u_value(glazing: Glazing, outside_w_per_m2k: float = 25.0, inside_w_per_m2k: float = 7.7) -> float:
    """Return the thermal transmittance at the centre of the glass [W/m2K].

    References: EN 673:2011: 15 K between the panes that face each other, 283 K mean, films 25 and 7.7 W/m2K.
    """
    resistance = 1.0 / outside_w_per_m2k + 1.0 / inside_w_per_m2k
    resistance += sum(pane.thickness_m / pane.conductivity_w_per_mk for pane in glazing.panes)
    for row, width in enumerate(glazing.gaps_m):
        pair = emittance(glazing.panes[row].emissivity_back, glazing.panes[row + 1].emissivity_front)
        resistance += 1.0 / gap_conductance(width, glazing.gas, pair, 15.0 / max(len(glazing.gaps_m), 1), 283.15)
    return 1.0 / resistance


def g_value(glazing: Glazing, outside_w_per_m2k: float = 25.0, inside_w_per_m2k: float = 7.7) -> float:
    """Return the total solar energy transmittance at normal incidence: passed, and taken up and given inside.

    References: EN 410:2011, clause 5.4, with films and gaps of EN 673.
    """
    passed, taken = stack([(p.transmittance, p.reflectance_front, p.reflectance_back) for p in glazing.panes])
    gaps = len(glazing.gaps_m)
    outer = 1.0 / outside_w_per_m2k
    total = 1.0 / u_value(glazing, outside_w_per_m2k, inside_w_per_m2k)
    inward = 0.0
    for row, pane in enumerate(glazing.panes):
        half = 0.5 * pane.thickness_m / pane.conductivity_w_per_mk
        inward += float(taken[row]) * (outer + half) / total
        outer += 2.0 * half
        if row < gaps:
            pair = emittance(pane.emissivity_back, glazing.panes[row + 1].emissivity_front)
            outer += 1.0 / gap_conductance(glazing.gaps_m[row], glazing.gas, pair, 15.0 / gaps, 283.15)
    return passed + inward


def visible(glazing: Glazing) -> float:
    """Return the light transmittance at normal incidence; EN 410:2011, clause 5.2, on the panes' visible figures."""
    return stack([(p.visible_transmittance, p.visible_reflectance, p.visible_reflectance) for p in glazing.panes])[0]


def emittance(one: float, other: float) -> float:
    """Return the effective emittance of two faces that see each other only; EN 673:2011, equation 4."""
    return 1.0 / (1.0 / one + 1.0 / other - 1.0)


GASES: dict[str, tuple[float, float, float, float]] = {
    "air": (2.496e-2, 1.761e-5, 1.232, 1008.0),
    "argon": (1.684e-2, 2.164e-5, 1.699, 519.0),
    "krypton": (0.900e-2, 2.400e-5, 3.560, 245.0),
}
"""Conductivity [W/mK], viscosity [kg/ms], density [kg/m3], specific heat [J/kgK] at 10 degC; EN 673:2011, table 1."""
STEFAN_BOLTZMANN = 5.670374419e-8
"""[W/m2K4]; CODATA 2018."""


def gap_conductance(width_m: float, gas: str, pair: float, difference_k: float, mean_k: float) -> float:
    """Return the conductance of an upright gap, radiation and gas together [W/m2K].

    pair: effective emittance. difference_k: between its faces [K]. mean_k: [K].
    References: EN 673:2011, equations 3 to 8 (A = 0.035, n = 0.38 for upright glazing).
    """
    conductivity, viscosity, density, heat = GASES[gas]
    grashof = 9.81 * width_m**3 * abs(difference_k) * density**2 / (mean_k * viscosity**2)
    nusselt = max(0.035 * (grashof * viscosity * heat / conductivity) ** 0.38, 1.0)
    return float(nusselt * conductivity / width_m) + 4.0 * STEFAN_BOLTZMANN * pair * mean_k**3


def _angular(pane: Pane) -> tuple[Reals, Reals, Reals]:
    if pane.coated:
        return _coated(pane)
    return _uncoated(pane)


def _coated(pane: Pane) -> tuple[Reals, Reals, Reals]:
    shape_t, shape_r = (_CLEAR_T, _CLEAR_R) if pane.transmittance > _CLEAR_FROM else (_BRONZE_T, _BRONZE_R)
    cosine = np.cos(np.radians(ANGLES_DEG))
    powers = np.stack([cosine**n for n in range(5)])
    passes = np.clip(np.array(shape_t) @ powers / sum(shape_t), 0.0, 1.0)
    passed = pane.transmittance * passes
    shape = np.clip(np.array(shape_r) @ powers / sum(shape_r) - passes, 0.0, 1.0)
    back = []
    for normal in (pane.reflectance_front, pane.reflectance_back):
        shown = normal * (1.0 - shape) + shape
        back.append(np.minimum(shown, _MIRROR * (1.0 - passed)))
    return passed, back[0], back[1]


def _uncoated(pane: Pane) -> tuple[Reals, Reals, Reals]:
    # The index and the extinction that give the sheet's figures at normal incidence, then Fresnel at each angle.
    t, r = pane.transmittance, 0.5 * (pane.reflectance_front + pane.reflectance_back)
    beta = t * t - r * r + 2.0 * r + 1.0
    face = (beta - np.sqrt(beta * beta - 4.0 * (2.0 - r) * r)) / (2.0 * (2.0 - r))
    index = (1.0 + np.sqrt(face)) / (1.0 - np.sqrt(face))
    depth = -np.log((r - face) / (face * t)) if r > face else 0.0
    angle = np.radians(np.clip(ANGLES_DEG, 90.0 - _GRAZING_DEG, _GRAZING_DEG))
    inside = np.arcsin(np.sin(angle) / index)
    fade = np.exp(-depth / np.cos(inside))
    passed, thrown = np.zeros(angle.size), np.zeros(angle.size)
    for pole in (_across(angle, inside), _along(angle, inside)):
        passed += 0.5 * fade * (1.0 - pole) ** 2 / (1.0 - (pole * fade) ** 2)
        thrown += 0.5 * (pole + fade**2 * pole * (1.0 - pole) ** 2 / (1.0 - (pole * fade) ** 2))
    return passed, thrown, thrown


def _across(angle: Reals, inside: Reals) -> Reals:
    found: Reals = np.sin(angle - inside) ** 2 / np.sin(angle + inside) ** 2
    return found


def _along(angle: Reals, inside: Reals) -> Reals:
    found: Reals = np.tan(angle - inside) ** 2 / np.tan(angle + inside) ** 2
    return found


def _diffuse(by_angle: Reals) -> float:
    """Return the mean over the hemisphere, each angle by the area it shows (trapezium over sin2)."""
    weight = np.sin(np.radians(ANGLES_DEG)) ** 2
    return float(np.sum(0.5 * (by_angle[1:] + by_angle[:-1]) * np.diff(weight)))
