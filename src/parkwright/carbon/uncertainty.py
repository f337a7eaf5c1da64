"""How sure a footprint is: what errs together stays together, in closed form and by drawing.

Every figure errs by a factor around 1 with a coefficient of variation (cv). Figures of one group err by the same draw:
units that share a grid factor, products that share a supplier's figure. Group -1 errs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from numba import njit

from parkwright.carbon.graph import Graph, intensities, scaling, solved
from parkwright.carbon.tiers import Floats, Ints
from parkwright.model.errors import LedgerError

DRAWN_TOLERANCE = 1e-9
"""Relative error of a drawn solution: far below the scatter of any figure."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sum: kg CO2e, its coefficient of variation, and its group; "" errs alone."""

    kg: float
    cv: float
    group: str


def combined_sd_kg(parts: Iterable[Part]) -> float:
    """Return the standard deviation of a sum of parts [kg CO2e]: deviations add inside a group, squares between groups.

    Raises LedgerError when a coefficient of variation is negative or not finite.

    References: JCGM 100:2008 (GUM), 5.2.2, with correlation 1 inside a group and 0 between groups.
    """
    return float(np.sqrt(sum(deviation**2 for deviation in _deviations(parts).values())))


def variance_shares(parts: Iterable[Part]) -> Mapping[str, float]:
    """Return each group's share of the variance of a sum, largest first; what errs alone is together under ""."""
    shares: dict[str, float] = {}
    for (group, _), deviation in _deviations(parts).items():
        shares[group] = shares.get(group, 0.0) + deviation**2
    total = sum(shares.values())
    return {g: v / total for g, v in sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))} if total else {}


def interval_kg(mean_kg: float, cv: float, share: float = 0.95) -> tuple[float, float]:
    """Return the central interval [kg CO2e] that holds `share` of a lognormal figure of that mean, as `drawn` draws it.

    Raises LedgerError when the coefficient of variation is negative or not finite, or the share is not within 0 and 1.
    """
    if not np.isfinite(cv) or cv < 0 or not 0 < share < 1:
        raise LedgerError(
            f"interval of {share} at a cv of {cv}: give a finite cv of at least 0, a share within 0 and 1"
        )
    sigma = float(np.sqrt(np.log1p(cv**2)))
    half = NormalDist().inv_cdf((1 + share) / 2) * sigma
    ends = sorted(mean_kg * float(np.exp(side - sigma**2 / 2)) for side in (-half, half))
    return ends[0], ends[1]


def _deviations(parts: Iterable[Part]) -> dict[tuple[str, int], float]:
    """Return the deviation [kg] of each group, and of each part that errs alone by its number."""
    found: dict[tuple[str, int], float] = {}
    for number, part in enumerate(parts):
        if not np.isfinite(part.cv) or part.cv < 0:
            raise LedgerError(f"part {number}: coefficient of variation {part.cv}; give a finite one of at least 0")
        key = (part.group, -1 if part.group else number)
        found[key] = found.get(key, 0.0) + part.kg * part.cv
    return found


@dataclass(frozen=True, slots=True)
class Spread:
    """How a graph's figures err, in its tier order.

    direct_cv, direct_group: (N,) of direct emissions. amount_cv, amount_group: (K,) of exchanges, as Graph.amounts.
    Groups count from 0, one numbering for both; -1 errs alone.
    """

    direct_cv: Floats
    direct_group: Ints
    amount_cv: Floats
    amount_group: Ints

    @property
    def groups(self) -> int:
        """Number of groups."""
        found = [int(group.max()) for group in (self.direct_group, self.amount_group) if group.size]
        return max(found, default=-1) + 1


def spread_of(
    chain: Graph,
    direct: tuple[Sequence[float], Sequence[int]],
    exchanges: tuple[Sequence[float], Sequence[int]],
    ids: Sequence[str],
) -> Spread:
    """Return how a graph errs from (cv, group) as its processes `ids` and its exchanges were given.

    Raises LedgerError when a cv is negative or not finite, a group is below -1, or there is not one for each.
    """
    order = np.array([chain.at(name) for name in ids], np.int64)
    cv, group = np.asarray(direct[0], np.float64), np.asarray(direct[1], np.int64)
    amount_cv, amount_group = np.asarray(exchanges[0], np.float64), np.asarray(exchanges[1], np.int64)
    if cv.shape != order.shape or group.shape != order.shape or order.size != len(chain.ids):
        raise LedgerError(f"spread: {cv.size} cv for {len(chain.ids)} processes; give one each")
    if amount_cv.shape != chain.amounts.shape or amount_group.shape != chain.amounts.shape:
        raise LedgerError(f"spread: {amount_cv.size} cv for {chain.amounts.size} exchanges; give one each")
    for figures, groups in ((cv, group), (amount_cv, amount_group)):
        if figures.size and (not np.isfinite(figures).all() or figures.min() < 0 or groups.min() < -1):
            raise LedgerError("spread: a cv is negative or not finite, or a group is below -1; correct it")
    own_cv, own_group = np.empty(order.size), np.empty(order.size, np.int64)
    own_cv[order], own_group[order] = cv, group
    return Spread(own_cv, own_group, amount_cv[chain.exchange], amount_group[chain.exchange])


def analytic_cv(chain: Graph, spread: Spread, product_id: str, values: Floats | None = None) -> float:
    """Return the coefficient of variation of a product's footprint, to first order.

    values: (N,) intensities of the graph where they are known.

    Raises LedgerError as graph.scaling does.

    References: Heijungs, Sensitivity coefficients for matrix-based LCA, Int. J. Life Cycle Assess. 15, 2010, eq. 12-14;
    JCGM 100:2008 (GUM), 5.2.2.
    """
    known = intensities(chain) if values is None else values
    needed = scaling(chain, product_id)
    users = np.repeat(np.arange(len(chain.ids)), np.diff(chain.inputs_at))
    by_direct = needed * chain.direct * spread.direct_cv
    by_amount = needed[users] * chain.amounts * known[chain.inputs] * spread.amount_cv
    together = np.zeros(max(spread.groups, 1))
    alone = 0.0
    for deviation, group in ((by_direct, spread.direct_group), (by_amount, spread.amount_group)):
        np.add.at(together, group[group >= 0], deviation[group >= 0])
        alone += float((deviation[group < 0] ** 2).sum())
    total = known[chain.at(product_id)]
    return float(np.sqrt((together**2).sum() + alone) / total) if total else 0.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """What drawing gave: mean and standard deviation of every process (N,), and the draws of the products (n, P)."""

    draws: int
    mean: Floats
    sd: Floats
    product_ids: tuple[str, ...]
    samples: Floats

    def interval(self, product_id: str, share: float = 0.95) -> tuple[float, float]:
        """Return the central interval [kg CO2e] that holds `share` of a product's draws."""
        column = self.samples[:, self.product_ids.index(product_id)]
        low, high = np.quantile(column, ((1 - share) / 2, (1 + share) / 2))
        return float(low), float(high)


def drawn(chain: Graph, spread: Spread, product_ids: Sequence[str], draws: int, rng: np.random.Generator) -> Drawn:
    """Return what `draws` drawings of all figures give for every process at once.

    Each figure is multiplied by a lognormal factor of mean 1 and its cv; one draw for a group. The same generator state
    gives the same draws, so that two graphs can be compared draw by draw.

    Raises LedgerError when fewer than 2 draws are asked for, or a drawn loop makes nothing.

    References: lognormal with sigma^2 = ln(1 + cv^2), mu = -sigma^2 / 2.
    """
    if draws < 2:
        raise LedgerError(f"drawn: {draws} draws; ask for at least 2")
    places = np.array([chain.at(name) for name in product_ids], np.int64)
    sigma_d, sigma_a = (np.sqrt(np.log1p(cv**2)) for cv in (spread.direct_cv, spread.amount_cv))
    centre = intensities(chain)
    values, mean, square = centre.copy(), np.zeros_like(centre), np.zeros_like(centre)
    samples = np.empty((draws, places.size))
    direct, amounts = np.empty_like(chain.direct), np.empty_like(chain.amounts)
    for n in range(draws):
        shared = rng.standard_normal(max(spread.groups, 1), dtype=np.float32)
        _vary(chain.direct, sigma_d, spread.direct_group, shared, _alone(rng, direct.size), direct)
        _vary(chain.amounts, sigma_a, spread.amount_group, shared, _alone(rng, amounts.size), amounts)
        values = solved(chain, amounts, direct, values, DRAWN_TOLERANCE)
        samples[n] = values[places]
        step = values - mean
        mean += step / (n + 1)
        square += step * (values - mean)
    return Drawn(draws, mean, np.sqrt(square / (draws - 1)), tuple(product_ids), samples)


Normals = npt.NDArray[np.float32]


def _alone(rng: np.random.Generator, size: int) -> Normals:
    return rng.standard_normal(size, dtype=np.float32)


def _vary_figures(figures: Floats, sigma: Floats, group: Ints, shared: Normals, alone: Normals, out: Floats) -> None:
    """Fill `out` with the figures times exp(sigma z - sigma^2 / 2), z of the group or of its own."""
    for k in range(figures.size):
        z = float(shared[group[k]]) if group[k] >= 0 else float(alone[k])
        out[k] = figures[k] * np.exp(sigma[k] * (z - 0.5 * sigma[k]))


_vary: Callable[[Floats, Floats, Ints, Normals, Normals, Floats], None] = njit(cache=True)(_vary_figures)
