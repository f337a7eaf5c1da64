"""Quantiles that a forecast is made of: weighted ones of like days, and regressions with a penalty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

STEPS = 20
"""Reweighting steps of quantile_regression at most; a month of quarter hours moves by under 0.1 % after."""


def weighted_quantiles(values: Reals, weights: Reals, levels: Sequence[float]) -> Reals:
    """Return the quantiles of N weighted values in each of S columns (Q, S); NaN where no value has weight.

    values: (N, S), NaN is unknown and weighs nothing. weights: (N, S) or (N, 1), 0 or more. levels: (Q,) in (0, 1).
    Between the middles of the values' weights the quantile goes linearly; beyond them it is the outermost value.

    References: Hyndman and Fan (The American Statistician 50, 1996), definition 5, with weights.
    """
    known = ~np.isnan(values)
    order = np.argsort(np.where(known, values, np.inf), axis=0)
    ranked = np.take_along_axis(np.where(known, values, 0.0), order, axis=0)
    weight = np.take_along_axis(np.where(known, np.broadcast_to(weights, values.shape), 0.0), order, axis=0)
    total = weight.sum(axis=0)
    middle = (np.cumsum(weight, axis=0) - 0.5 * weight) / np.where(total > 0.0, total, 1.0)
    found = np.full((len(levels), values.shape[1]), np.nan)
    for column in np.flatnonzero(total > 0.0):
        use = weight[:, column] > 0.0
        found[:, column] = np.interp(levels, middle[use, column], ranked[use, column])
    return found


def ridge(features: Reals, target: Reals, penalty: float = 1.0) -> Reals:
    """Return the coefficients (F,) that minimise squares plus `penalty` times the squared coefficients.

    features: (N, F). target: (N,).

    References: Hoerl and Kennard (Technometrics 12, 1970), equation 2.1.
    """
    gram = features.T @ features + penalty * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(gram, features.T @ target), dtype=np.float64)


def quantile_regression(
    features: Reals, target: Reals, level: float, penalty: float = 1.0, smallest: float = 1e-3
) -> Reals:
    """Return the coefficients (F,) of the conditional quantile `level` by iteratively reweighted least squares.

    features: (N, F). target: (N,). smallest: residuals below this share of the target's mean size weigh the same.

    References: Koenker and Bassett (Econometrica 46, 1978), equation 3.1; Schlossmacher (JASA 68, 1973) for the
    reweighting.
    """
    floor = max(smallest * float(np.abs(target).mean()), 1e-12)
    found = ridge(features, target, penalty)
    identity = penalty * np.eye(features.shape[1])
    for _ in range(STEPS):
        residual = target - features @ found
        weight = np.where(residual > 0.0, level, 1.0 - level) / np.maximum(np.abs(residual), floor)
        weighted = features * weight[:, None]
        gram = weighted.T @ features + identity * weight.mean()
        following: Reals = np.asarray(np.linalg.solve(gram, weighted.T @ target), dtype=np.float64)
        moved = float(np.abs(following - found).max())
        found = following
        if moved < 1e-6 * (1.0 + float(np.abs(found).max())):
            break
    return found


def pinball(actual: Reals, forecast: Reals, levels: Sequence[float]) -> float:
    """Return the mean pinball loss of quantiles (Q, ...) against what came (...), in the unit of `actual`.

    References: Koenker and Machado (JASA 94, 1999); Gneiting and Raftery (JASA 102, 2007), section 6.1.
    """
    missed = actual[None, ...] - forecast
    shape = (len(levels),) + (1,) * actual.ndim
    level = np.asarray(levels, dtype=np.float64).reshape(shape)
    return float(np.nanmean(np.maximum(level * missed, (level - 1.0) * missed)))
