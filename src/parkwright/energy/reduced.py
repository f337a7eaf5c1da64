"""A building by few states, reduced from its nodes, for dispatch and control: a linear model with its error told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.panes import emittance, gap_conductance
from parkwright.energy.rooms import AIR_J_PER_KGK, Climate, Element, Use, Zone, body, light, simulate

Reals = NDArray[np.float64]

OUTSIDE_W_PER_M2K, SKY_W_PER_M2K = 20.0, 4.14
"""Convection and heat radiation outside; ISO 52016-1:2017, table 25 (ISO 13789)."""
INSIDE_W_PER_M2K = {0: 2.5, 1: 0.7, -1: 5.0}
"""Convection inside for walls, for a floor that looks up and a ceiling that looks down; ISO 52016-1:2017, table 25,
heat flow horizontal, downwards and upwards."""
RADIANT_W_PER_M2K = 5.13
"""Heat radiation inside; ISO 52016-1:2017, table 25."""
SHELTERED_SHARE = 0.2
"""Convection at a face without wind by that outside: 4 of 20 W/m2K; ISO 6946:2017, equation A.6 at calm."""
INPUTS = ("outside_c", "sky_c", "convective_w", "radiant_w", "absorbed_w")
"""What drives a reduced model, in the order of its inputs."""
INPUT_SCALE = np.array([10.0, 10.0, 1e4, 1e4, 1e4])
"""How much the inputs move: 10 K and 10 kW, so that temperatures and powers weigh alike when states are left out."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """A building as x' = A x + B u, air = C x + D u, in seconds, W and degC.

    u (5,): air outside and sky [degC], gains to the air and by radiation, light taken up by all nodes [W]; heat that a
    plant gives to the air counts as a gain to it, cold as a negative one.
    """

    a: Reals
    b: Reals
    c: Reals
    d: Reals

    def discrete(self, step_s: float) -> tuple[Reals, Reals]:
        """Return the exact matrices of a step with constant inputs: x(t + step) = F x + G u; Van Loan (1978)."""
        states, inputs = self.b.shape
        values, vectors = np.linalg.eig(self.a)
        inverse = np.linalg.inv(vectors)
        fade = np.exp(values * step_s)
        f = (vectors * fade) @ inverse
        g = (vectors * ((fade - 1.0) / values)) @ inverse @ self.b
        return np.real(f).reshape(states, states), np.real(g).reshape(states, inputs)

    def gain(self) -> Reals:
        """Return what the air settles at for each input alone (5,): degC per degC and per W."""
        found: Reals = self.d - self.c @ np.linalg.solve(self.a, self.b)
        return found

    def loss_kw_per_k(self) -> float:
        """Return the heat that holds the air 1 K above an outside of one temperature [kW/K]."""
        return float(1.0 / self.gain()[2]) / 1000.0

    def free_c(self, inputs: Reals, step_s: float) -> Reals:
        """Return the air (T,) [degC] when nothing holds it; inputs (T, 5), the first held before the beginning."""
        f, g = self.discrete(step_s)
        state = -np.linalg.solve(self.a, self.b @ inputs[0])
        found = np.empty(inputs.shape[0])
        for row, now in enumerate(inputs):
            state = f @ state + g @ now
            found[row] = self.c @ state + self.d @ now
        return found


@dataclass(frozen=True, slots=True)
class Error:
    """How far a reduced model's free air is from that of the nodes over a run [K]: mean, root mean square, largest."""

    bias_k: float
    rms_k: float
    largest_k: float


def full(zone: Zone, climate: Climate, air_changes_per_h: float) -> Reduced:
    """Return the nodes of a zone as a linear model: films and gaps at the standard's fixed values.

    Light goes to the nodes as it does over the climate's year on average.
    """
    whole = body(zone, climate.density_kg_per_m3)
    lit = light(zone, climate.sun)
    by_node = np.repeat(whole.area_m2, np.diff(whole.first))
    spread = lit.absorbed_w_per_m2.sum(axis=0) * by_node
    spread = spread / spread.sum() if spread.sum() > 0.0 else np.full(spread.size, 1.0 / spread.size)
    count = by_node.size
    flow = np.zeros((count + 2, count + 2))
    given = np.zeros((count + 2, 5))
    for e, one in enumerate(zone.elements):
        low, high = int(whole.first[e]), int(whole.first[e + 1])
        area = whole.area_m2[e]
        for n in range(low, high - 1):
            _join(flow, n, n + 1, area * _link(one, n - low, float(whole.link[n])))
        up = 0.0 if one.sheltered else 0.5 * (1.0 + whole.faces[e, 0])
        to_sky = SKY_W_PER_M2K * up**1.5
        to_air = OUTSIDE_W_PER_M2K * (SHELTERED_SHARE if one.sheltered else 1.0) + SKY_W_PER_M2K - to_sky
        flow[low, low] -= area * (to_sky + to_air)
        given[low, 0] += area * to_air
        given[low, 1] += area * to_sky
        inside = INSIDE_W_PER_M2K[round(float(whole.faces[e, 1]))]
        _join(flow, high - 1, count, area * inside)
        _join(flow, high - 1, count + 1, area * RADIANT_W_PER_M2K)
    aired = air_changes_per_h * climate.density_kg_per_m3 * AIR_J_PER_KGK * zone.volume_m3 / 3600.0
    flow[count, count] -= aired
    given[count, 0] += aired
    given[count, 2] = 1.0
    given[count + 1, 3] = 1.0
    given[:count, 4] = spread
    store = np.append(np.maximum(whole.capacity * by_node, 1.0), whole.air_j_per_k)
    return _linear(flow, given, store)


def reduce(model: Reduced, states: int) -> Reduced:
    """Return a model with the given number of states that answers as the full one does, exactly so at rest.

    The states that its inputs move least and its air shows least are taken to be at rest (balanced residualisation).

    References: Moore (IEEE Transactions on Automatic Control 26, 1981), balancing; Fernando and Nicholson (1982).
    Raises ValueError when states is below 1.
    """
    if states < 1:
        raise ValueError(f"states: is {states}; give at least 1")
    if states >= model.a.shape[0]:
        return model
    reach, seen = _gramian(model.a, model.b * INPUT_SCALE), _gramian(model.a.T, model.c[:, None])
    left = _root(reach)
    u, s, _ = np.linalg.svd(left.T @ seen @ left)
    keep = np.maximum(s, s[0] * 1e-24) ** 0.25
    turn = left @ u / keep
    back = np.linalg.pinv(turn)
    a, b, c = back @ model.a @ turn, back @ model.b, model.c @ turn
    n = states
    rest = np.linalg.solve(a[n:, n:], np.hstack([a[n:, :n], b[n:]]))
    return Reduced(
        a[:n, :n] - a[:n, n:] @ rest[:, :n], b[:n] - a[:n, n:] @ rest[:, n:],
        c[:n] - c[n:] @ rest[:, :n], model.d - c[n:] @ rest[:, n:],
    )  # fmt: skip


def inputs_of(zone: Zone, climate: Climate, use: Use) -> Reals:
    """Return the inputs (T, 5) of a zone's reduced models through a run."""
    whole = body(zone, climate.density_kg_per_m3)
    by_node = np.repeat(whole.area_m2, np.diff(whole.first))
    absorbed = light(zone, climate.sun).absorbed_w_per_m2 @ by_node
    return np.column_stack((climate.outside_c, climate.sky_c, use.convective_w, use.radiant_w, absorbed))


def error(model: Reduced, zone: Zone, climate: Climate, use: Use) -> Error:
    """Return how far the model's free air is from the nodes' through a run; the plant is off in both."""
    off = np.full(use.heated_c.size, np.inf)
    free = Use(use.air_changes_per_h, use.convective_w, use.radiant_w, -off, off)
    nodes = simulate(zone, climate, free, settle=round(30 * 86400 / climate.step_s)).air_c
    away = model.free_c(inputs_of(zone, climate, use), climate.step_s) - nodes
    away = away[round(10 * 86400 / climate.step_s) :]
    return Error(float(away.mean()), float(np.sqrt((away**2).mean())), float(np.abs(away).max()))


def _link(one: Element, place: int, link: float) -> float:
    """Return the conductance after a node [W/m2K]: of the layer, or of the gap behind every second face of glass."""
    if one.glazing is None or place % 2 == 0:
        return link
    front, behind = one.glazing.panes[place // 2], one.glazing.panes[place // 2 + 1]
    pair = emittance(front.emissivity_back, behind.emissivity_front)
    return gap_conductance(one.glazing.gaps_m[place // 2], one.glazing.gas, pair, 15.0, 283.15)


def _linear(flow: Reals, given: Reals, store: Reals) -> Reduced:
    """Take the radiant mean, which stores nothing, out of the balances (the last row)."""
    last = flow.shape[0] - 1
    share = flow[:last, last] / flow[last, last]
    a = (flow[:last, :last] - np.outer(share, flow[last, :last])) / store[:, None]
    b = (given[:last] - np.outer(share, given[last])) / store[:, None]
    return Reduced(a, b, np.eye(last)[last - 1], np.zeros(5))


def _join(flow: Reals, one: int, other: int, conductance: float) -> None:
    flow[one, one] -= conductance
    flow[other, other] -= conductance
    flow[one, other] += conductance
    flow[other, one] += conductance


def _gramian(a: Reals, b: Reals) -> Reals:
    """Solve a X + X a' + b b' = 0 in the eigenvectors of a."""
    values, vectors = np.linalg.eig(a)
    inside = np.linalg.solve(vectors, b)
    middle = -(inside @ inside.conj().T) / (values[:, None] + values.conj()[None, :])
    found: Reals = np.real(vectors @ middle @ vectors.conj().T)
    return 0.5 * (found + found.T)


def _root(matrix: Reals) -> Reals:
    values, vectors = np.linalg.eigh(matrix)
    found: Reals = vectors * np.sqrt(np.maximum(values, values[-1] * 1e-18))
    return found
