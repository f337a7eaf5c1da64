"""Forecasts of a day ahead with quantiles: load by the calendar and lags, sun and heat by what drives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.history import History
from parkwright.energy.quantiles import quantile_regression, ridge, weighted_quantiles
from parkwright.model.errors import ForecastError

Reals = NDArray[np.float64]
OffDay = Callable[[date], bool]

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Levels of the quantiles; the outer two hold the 80 % band."""
MEDIAN = LEVELS.index(0.5)

HALF_LIFE_DAYS = 90.0
"""A day this far back weighs half in a load's forecast; chosen on the steelworks' year, its last 90 days in view."""
OTHER_WORKDAY = 0.15
"""Weight of a workday beside the same weekday; chosen on the steelworks' year, its last 90 days in view."""
SOLAR_HALF_LIFE_DAYS = 10.0
"""A day this far back weighs half in a solar forecast; weather systems pass in days, seasons in weeks; assumed."""
SOLAR_SPREAD = 3
"""Slots to each side whose clear-sky index counts too, so that ten days give a smooth band; assumed."""
LEAST_DAYS = 14
"""Days of history without which no forecast is made: two of each weekday."""
LEARN_DAYS = 28
"""Days before the forecast on which the regression on lags is learnt."""
LEARN_AFTER_DAYS = 56
"""A day serves to learn from when so many lie before it, so that its own like days are known."""
PROVE_DAYS = 28
"""Days before a solar forecast whose bands, made from what was known then, are held against what came."""
PROVE_AFTER_DAYS = 5
"""Days that must lie before one whose band is held against what came."""
FAINT = 0.02
"""Share of the highest expectation below which its ratio to what came says nothing."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How past days weigh in a load's forecast: days after which one weighs half; a workday beside the same weekday."""

    half_life_days: float = HALF_LIFE_DAYS
    other_workday: float = OTHER_WORKDAY


@dataclass(frozen=True, slots=True)
class Band:
    """A forecast of S slots: quantiles in rising order at LEVELS (Q, S) [kW], and the mean (S,) [kW]."""

    quantile_kw: Reals
    mean_kw: Reals

    @property
    def median_kw(self) -> Reals:
        """Return what is exceeded as often as not (S,) [kW]; the forecast of least absolute error."""
        found: Reals = self.quantile_kw[MEDIAN]
        return found

    def at(self, slots: NDArray[np.int64]) -> Band:
        """Return the band in the given slots (T,), for a day whose clock skips or repeats an hour."""
        return Band(self.quantile_kw[:, slots], self.mean_kw[slots])


def load_ahead(history: History, day: date, off_day: OffDay, memory: Memory = Memory()) -> Band:
    """Return the band of a load on `day`, known up to the end of the last day of `history`.

    off_day: whether a day is a holiday; it is taken for a Sunday. The band is the mean of two: the weighted quantiles
    of like days, and a quantile regression on those, on the same slot one and seven days ago and on last days' means.
    Where the history is too short to learn from, the first alone counts.

    Raises ForecastError when the history has fewer than LEAST_DAYS days, or a slot without any known value.

    References: Wang et al. (IEEE Trans. Smart Grid 10, 2019) for combining quantile forecasts by their mean.
    """
    past = _enough(history.before(day))
    alike = like_days(past, day, off_day, memory)
    learnt = _lag_features(past, off_day, memory)
    if learnt is None:
        return alike
    features, target = learnt
    known = ~np.isnan(features).any(axis=1) & ~np.isnan(target)
    today = _features(past, len(past.days), alike)
    if known.sum() < 2 * past.slots or np.isnan(today).any():
        return alike
    found = np.stack([today @ quantile_regression(features[known], target[known], level) for level in LEVELS])
    mean = np.maximum(today @ ridge(features[known], target[known]), 0.0)
    both = 0.5 * (alike.quantile_kw + np.sort(np.maximum(found, 0.0), axis=0))
    return Band(both, 0.5 * (alike.mean_kw + mean))


def like_days(past: History, day: date, off_day: OffDay, memory: Memory = Memory()) -> Band:
    """Return the weighted quantiles and mean of days like `day` in each slot; neighbouring slots count half."""
    weights = day_weights(past.days, day, off_day, memory)
    told = weights > 0.0
    return _band(*_neighbours(past.power_kw[told], weights[told], 1))


def day_weights(days: Sequence[date], day: date, off_day: OffDay, memory: Memory = Memory()) -> Reals:
    """Return how much each past day tells about `day` (D,): its weekday, work or not, and how long ago it was."""
    kind = _kind(day, off_day)
    weights = np.zeros(len(days))
    for row, past in enumerate(days):
        same = _kind(past, off_day)
        alike = 1.0 if same == kind else memory.other_workday if max(same, kind) < 5 else 0.0
        weights[row] = alike * 0.5 ** ((day - past).days / memory.half_life_days)
    if not weights.any():
        weights = np.array([0.5 ** ((day - past).days / memory.half_life_days) for past in days])
    return weights


def index_ahead(
    history: History,
    expected_kw: Reals,
    expected_day_kw: Reals,
    half_life_days: float = SOLAR_HALF_LIFE_DAYS,
    spread: int = SOLAR_SPREAD,
) -> Band:
    """Return the band of what follows an expectation, as solar power follows the clear sky or the weather's forecast.

    expected_kw: expectation of the days of history (D, S). expected_day_kw: that of the day asked for (S,). The
    ratio of what came to what was expected is an index; its weighted quantiles times the expectation are the band.
    Where next to nothing is expected (FAINT), the quantiles are those of the power itself. The unit of the
    expectation cancels: clear-sky irradiance serves as well as power. The band is widened or narrowed by what the
    bands of the last PROVE_DAYS, made from what was known then, would have needed to hold.

    Raises ForecastError when the history is too short, or the expectation has another shape.

    References: Pedro and Coimbra (Solar Energy 86, 2012), section 3.1, clear-sky index persistence.
    """
    past = _enough(history)
    if expected_kw.shape != past.power_kw.shape or expected_day_kw.shape != (past.slots,):
        raise ForecastError(
            f"expectation: has the shape {expected_kw.shape}, the history {past.power_kw.shape}; give one for each slot"
        )
    faint = FAINT * max(float(np.nanmax(expected_kw)), 1e-12)
    seen = expected_kw > faint
    index = np.where(seen, past.power_kw / np.where(seen, expected_kw, 1.0), np.nan)
    ratio = _index_band(index, half_life_days, spread)
    wide = np.maximum(np.sort(ratio.quantile_kw + _widening(index, half_life_days, spread)[:, None], axis=0), 0.0)
    plain = _band(*_neighbours(past.power_kw, _fading(len(past.days), half_life_days), 0))
    bright = (expected_day_kw > faint) & ~np.isnan(ratio.mean_kw)
    return Band(
        np.where(bright, wide * expected_day_kw, plain.quantile_kw),
        np.where(bright, ratio.mean_kw * expected_day_kw, plain.mean_kw),
    )


def _fading(days: int, half_life_days: float) -> Reals:
    return 0.5 ** (np.arange(days, 0, -1, dtype=np.float64) / half_life_days)


def _index_band(index: Reals, half_life_days: float, spread: int) -> Band:
    return _band(*_neighbours(index, _fading(len(index), half_life_days), spread), strict=False)


def _widening(index: Reals, half_life_days: float, spread: int) -> Reals:
    """Return what to add to each quantile of the index (Q,), so that bands of the last days would have held.

    References: Romano, Patterson and Candes (NeurIPS 32, 2019), equation 8, conformalised quantile regression.
    """
    rows = range(max(PROVE_AFTER_DAYS, len(index) - PROVE_DAYS), len(index))
    made = [_index_band(index[:row], half_life_days, spread).quantile_kw for row in rows]
    added = np.zeros(len(LEVELS))
    if not rows:
        return added
    came, told = index[rows.start : rows.stop], np.stack(made)
    for place, level in enumerate(LEVELS):
        if place == MEDIAN:
            continue
        side = 1.0 if level > 0.5 else -1.0
        beyond = side * (came - told[:, place])
        known = beyond[~np.isnan(beyond)]
        share = min(max(level, 1.0 - level) * (1.0 + 1.0 / len(rows)), 1.0)
        added[place] = side * float(np.quantile(known, share)) if known.size else 0.0
    return added


def driven_ahead(history: History, drivers: Reals, drivers_day: Reals) -> Band:
    """Return the band of what weather drives, such as heat: quantile regressions on drivers and the time of day.

    drivers: (D, S, F), for example degrees below the heating limit, irradiance, whether people work; drivers_day:
    (S, F). Each driver may act differently by night, morning, afternoon and evening.

    Raises ForecastError when the history is too short, or a driver is unknown.
    """
    past = _enough(history)
    if not np.isfinite(drivers).all() or not np.isfinite(drivers_day).all():
        raise ForecastError("drivers: hold a value that is not known; give the weather of every slot")
    features = _by_time_of_day(drivers).reshape(-1, 5 * (drivers.shape[2] + 1))
    target = past.power_kw.reshape(-1)
    known = ~np.isnan(target)
    scale = np.maximum(np.abs(features).max(axis=0), 1e-12)
    today = _by_time_of_day(drivers_day[None])[0] / scale
    features = features[known] / scale
    fitted = [today @ quantile_regression(features, target[known], level, penalty=1e-3) for level in LEVELS]
    mean = today @ ridge(features, target[known], penalty=1e-3)
    return Band(np.sort(np.maximum(np.stack(fitted), 0.0), axis=0), np.maximum(mean, 0.0))


def spread_of(days_kw: Reals) -> Band:
    """Return the band of days that are all as likely (D, S) [kW], such as those of a typical year around a date."""
    return _band(days_kw, np.ones((len(days_kw), 1)))


def _by_time_of_day(drivers: Reals) -> Reals:
    """Return (D, S, 5 (F + 1)): the drivers and 1, over the whole day and in each of its four quarters."""
    days, slots, _ = drivers.shape
    plain = np.concatenate([np.ones((days, slots, 1)), drivers], axis=2)
    quarter = (np.arange(slots) * 4) // slots
    parts = [plain, *(plain * (quarter == part)[None, :, None] for part in range(4))]
    return np.concatenate(parts, axis=2)


def _kind(day: date, off_day: OffDay) -> int:
    return 6 if off_day(day) else day.weekday()


def _enough(past: History) -> History:
    known = int((~np.isnan(past.power_kw)).any(axis=1).sum()) if past.days else 0
    if known < LEAST_DAYS:
        raise ForecastError(f"history: knows {known} days; give at least {LEAST_DAYS} before the day asked for")
    return past


def _neighbours(values: Reals, weights: Reals, spread: int) -> tuple[Reals, Reals]:
    """Return the values of each slot and its neighbours (N, S) with their weights (N, 1), falling with distance."""
    shifts = range(-spread, spread + 1)
    stacked = np.concatenate([np.roll(values, shift, axis=1) for shift in shifts])
    weight = np.concatenate([weights * (1.0 - abs(shift) / (spread + 1.0)) for shift in shifts])
    return stacked, weight[:, None]


def _band(values: Reals, weights: Reals, strict: bool = True) -> Band:
    found = weighted_quantiles(values, weights, LEVELS)
    known = np.where(np.isnan(values), 0.0, weights)
    total = known.sum(axis=0)
    mean = np.where(
        total > 0.0, (np.nan_to_num(values) * known).sum(axis=0) / np.where(total > 0.0, total, 1.0), np.nan
    )
    if strict and np.isnan(mean).any():
        slot = int(np.isnan(mean).argmax())
        raise ForecastError(f"history: slot {slot} of the day is never known; give metered power for every time of day")
    return Band(found, mean)


def _lag_features(past: History, off_day: OffDay, memory: Memory) -> tuple[Reals, Reals] | None:
    """Return features and target of the days to learn from; None where the history is too short."""
    rows = range(max(LEARN_AFTER_DAYS, len(past.days) - LEARN_DAYS), len(past.days))
    if len(rows) < LEAST_DAYS:
        return None
    features = []
    for row in rows:
        until = History(past.days[:row], past.power_kw[:row])
        features.append(_features(until, row, like_days(until, past.days[row], off_day, memory)))
    return np.concatenate(features), past.power_kw[rows.start : rows.stop].reshape(-1)


def _features(past: History, row: int, alike: Band) -> Reals:
    """Return what is known of a day before it begins (S, F)."""
    power, slots = past.power_kw, past.slots
    evening = max(slots // 24, 1)
    week = power[row - 7 : row]
    counts = np.maximum((~np.isnan(week)).sum(axis=0), 1)
    each = [
        np.ones(slots), alike.quantile_kw[0], alike.median_kw, alike.quantile_kw[-1],
        power[row - 1], power[row - 7], np.nansum(week, axis=0) / counts,
        np.full(slots, _mean(power[row - 1])), np.full(slots, _mean(power[row - 1, -evening:])),
    ]  # fmt: skip
    return np.stack(each, axis=1)


def _mean(values: Reals) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
