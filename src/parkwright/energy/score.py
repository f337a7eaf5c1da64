"""How good a forecast was: errors, coverage, and the floors that it has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.history import History
from parkwright.energy.quantiles import ridge

Reals = NDArray[np.float64]

RIDGE_DAYS = 120
"""Days that the ridge of the floors learns from."""
WEEKS = 4
"""Same weekdays that the mean of the floors is taken over."""


def nmae(actual: Reals, forecast: Reals) -> float:
    """Return the mean absolute error relative to the mean of what came [share]; NaN in `actual` counts nowhere."""
    known = ~np.isnan(actual)
    return float(np.abs(actual - forecast)[known].mean() / actual[known].mean())


def nrmse(actual: Reals, forecast: Reals, scale: float) -> float:
    """Return the root mean square error relative to `scale` [share]; NaN in `actual` counts nowhere."""
    missed = (actual - forecast)[~np.isnan(actual)]
    return float(np.sqrt(np.mean(missed**2)) / scale)


def coverage(actual: Reals, quantile_kw: Reals) -> float:
    """Return the share of what came (...) that lies between the first and the last quantile (Q, ...)."""
    known = ~np.isnan(actual)
    inside = (actual >= quantile_kw[0]) & (actual <= quantile_kw[-1])
    return float(inside[known].mean())


def floors(history: History, days: Sequence[date]) -> dict[str, Reals]:
    """Return the plain forecasts of `days` (N, S) [kW]: yesterday, last week, mean of four weekdays, ridge.

    Each knows what lies before its day. The ridge learns from the last RIDGE_DAYS before it by weekday, hour, hour of a
    weekend, and the same slot 1, 7, 14, 21 and 28 days ago.
    """
    power, first = history.power_kw, history.days[0]
    rows = np.array([(day - first).days for day in days])
    found = {
        "yesterday": power[rows - 1],
        "last_week": power[rows - 7],
        "mean_of_4_weekdays": np.nanmean(np.stack([power[rows - 7 * back] for back in range(1, WEEKS + 1)]), axis=0),
    }
    if rows[0] > 7 * WEEKS:
        found["ridge"] = np.stack([_ridge_day(history, int(row)) for row in rows])
    return found


def _ridge_day(history: History, row: int) -> Reals:
    """Return the ridge's forecast of the day in `row` (S,), learnt from the days before it."""
    learn = np.arange(max(7 * WEEKS, row - RIDGE_DAYS), row)
    features, target = _lags(history, learn), history.power_kw[learn].reshape(-1)
    known = ~np.isnan(features).any(axis=1) & ~np.isnan(target)
    fitted = np.nan_to_num(_lags(history, np.array([row]))) @ ridge(features[known], target[known])
    return np.maximum(fitted, 0.0)


def _lags(history: History, rows: NDArray[np.int64]) -> Reals:
    """Return the features of the ridge (N S, F)."""
    power, slots = history.power_kw, history.slots
    weekday = np.array([(history.days[0] + timedelta(days=int(row))).weekday() for row in rows])
    kinds = np.repeat(np.eye(7)[weekday], slots, axis=0)
    hours = np.tile(np.eye(24)[np.arange(slots) * 24 // slots], (len(rows), 1))
    weekend = hours * np.repeat(weekday >= 5, slots)[:, None]
    lags = np.stack([power[rows - back].reshape(-1) for back in (1, 7, 14, 21, 28)], axis=1)
    return np.concatenate([kinds, hours, weekend, lags], axis=1)
