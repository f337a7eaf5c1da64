"""How well a solar field does, and what is wrong with it: measured power against what the weather promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parkwright.model.errors import ForecastError

Reals = NDArray[np.float64]
Kind = Literal["sensor_stuck", "clock_shift", "shading", "string_out", "soiling"]

BRIGHT = 0.2
"""Share of the highest expectation above which a slot says something about the field; assumed."""
STUCK_SLOTS = 8
"""Equal values above zero in a row that a working meter does not show; assumed, two hours of quarter hours."""
LAGS = 8
"""Slots by which a clock is looked for to be wrong, each way; assumed."""
GUESSED_LAG = 3
"""Slots by which a clock is off at least where direct radiation is guessed, which errs by the hour; assumed."""
SHADED = 0.85
"""A slot that gives less than this share of the others' ratio on bright days is shaded; assumed."""
STEP = 0.03
"""Loss from one day to the next that is more than scatter; a string of a field of thirty, assumed."""
SOILING_PER_DAY = 0.0005
"""Loss a day that counts as soiling; Kimber et al. (IEEE WCPEC 2006) found 0.1 to 0.3 % a day in dry months."""
MIN_DAYS = 10
"""Days without which no trend is told from scatter; assumed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: what, since when, how large, and one line for a person.

    size: slots (clock_shift, late positive), share of power lost (string_out; shading: in its slots), share lost a day
    (soiling), or slots stuck (sensor_stuck).
    """

    kind: Kind
    since: date
    size: float
    text: str


def performance_ratio(expected_kw: Reals, measured_kw: Reals) -> Reals:
    """Return measured over expected energy of each day (D,); NaN where nothing was expected or nothing is known.

    expected_kw: power that the weather promises, clipped at the inverter (D, S) [kW]. measured_kw: (D, S) [kW], NaN is
    unknown and counts on neither side.

    References: IEC 61724-1:2021, weather-corrected performance; the expectation holds the temperature's effect.
    """
    known = ~np.isnan(measured_kw)
    promised = np.where(known, expected_kw, 0.0).sum(axis=1)
    came = np.where(known, measured_kw, 0.0).sum(axis=1)
    found: Reals = np.divide(came, promised, out=np.full(len(promised), np.nan), where=promised > 0.0)
    return found


def faults(
    days: Sequence[date], expected_kw: Reals, measured_kw: Reals, inverter_kw: float, beam_known: bool = True
) -> tuple[Fault, ...]:
    """Return what is wrong with a field, the surest first: each found fault is taken out before the next is looked for.

    days: (D,). expected_kw and measured_kw: (D, S) [kW]. inverter_kw: AC limit; intervals clipped at it tell nothing.
    beam_known: whether direct and diffuse radiation were measured; where they were split from the global one by a rule,
    the expectation errs at the same hours every day, which is how a shade looks, so that none is looked for, and a
    clock has to be off by GUESSED_LAG slots.

    Raises ForecastError when the shapes differ, or measured power is below zero (a field that draws power at night is
    measured as import, not as negative generation).
    """
    if expected_kw.shape != measured_kw.shape or len(days) != len(expected_kw):
        raise ForecastError(
            f"solar: {measured_kw.shape} measured, {expected_kw.shape} expected; give one for each slot"
        )
    if (np.nan_to_num(measured_kw) < 0.0).any():
        raise ForecastError("solar: measured power is below zero; give generation of 0 or more")
    found: list[Fault] = []
    free = expected_kw < 0.98 * inverter_kw
    measured = _without_stuck(days, expected_kw, measured_kw, free, found)
    expected = _on_time(days, expected_kw, measured, found, 1 if beam_known else GUESSED_LAG)
    free = expected < 0.98 * inverter_kw
    bright = (expected > BRIGHT * max(float(expected.max()), 1e-12)) & free & ~np.isnan(measured)
    ratio = np.where(bright, measured / np.where(bright, expected, 1.0), np.nan)
    if beam_known:
        ratio = _without_shade(days, expected, ratio, found)
    _trend(days, expected, ratio, found)
    return tuple(found)


def _without_stuck(
    days: Sequence[date], expected: Reals, measured: Reals, free: NDArray[np.bool_], found: list[Fault]
) -> Reals:
    """Return measured power without the runs of one value while the expectation moved."""
    flat, moves, open_ = measured.reshape(-1), expected.reshape(-1), free.reshape(-1)
    edges = np.flatnonzero(np.diff(flat, prepend=np.nan, append=np.nan) != 0.0)
    kept, slots, first = flat.copy(), 0, -1
    for low, high in pairwise(edges.tolist()):
        if high - low < STUCK_SLOTS or flat[low] <= 0.0 or not open_[low:high].any():
            continue
        if np.ptp(moves[low:high]) > BRIGHT * moves.max():
            kept[low:high] = np.nan
            slots, first = slots + high - low, low if first < 0 else first
    if slots:
        since = days[first // expected.shape[1]]
        found.append(Fault("sensor_stuck", since, slots, f"shows one value for {slots} intervals; check its meter"))
    return kept.reshape(measured.shape)


def _on_time(days: Sequence[date], expected: Reals, measured: Reals, found: list[Fault], least: int) -> Reals:
    """Return the expectation by the clock that measured power is stamped with, if off by `least` slots or more."""
    errors = {}
    for lag in range(-LAGS, LAGS + 1):
        shifted = np.roll(expected.reshape(-1), lag).reshape(expected.shape)
        known = ~np.isnan(measured)
        came, promised = measured[known], shifted[known]
        scale = float(came @ promised) / max(float(promised @ promised), 1e-12)
        errors[lag] = float(((came - scale * promised) ** 2).sum())
    best = min(errors, key=lambda lag: (errors[lag], abs(lag)))
    if abs(best) < least or errors[best] > 0.8 * errors[0]:
        return expected
    text = f"stamps are {abs(best)} intervals {'late' if best > 0 else 'early'}; set its clock"
    found.append(Fault("clock_shift", days[0], float(best), text))
    return np.roll(expected.reshape(-1), best).reshape(expected.shape)


def _without_shade(days: Sequence[date], expected: Reals, ratio: Reals, found: list[Fault]) -> Reals:
    """Return the ratio without slots that are low day after day when the sun is out, and only they."""
    told = (~np.isnan(ratio)).sum(axis=1) >= 4
    if told.sum() < MIN_DAYS:
        return ratio
    level = np.full((len(days), 1), np.nan)
    level[told, 0] = np.nanquantile(ratio[told], 0.75, axis=1)
    strong = expected >= np.median(expected[told], axis=0, keepdims=True)
    kept = np.where(strong & (level > 0.0), ratio / np.where(level > 0.0, level, 1.0), np.nan)
    seen = (~np.isnan(kept)).sum(axis=0) >= max(3, len(days) // 6)
    if seen.sum() < 4:
        return ratio
    by_slot = np.full(ratio.shape[1], np.nan)
    by_slot[seen] = np.nanmedian(kept[:, seen], axis=0)
    usual = float(np.nanquantile(by_slot, 0.75))
    shaded = by_slot < SHADED * usual
    if not shaded.any() or shaded.sum() > 0.6 * seen.sum():
        return ratio
    lost = 1.0 - float(np.nanmean(by_slot[shaded])) / usual
    hours = np.flatnonzero(shaded) * 24.0 / ratio.shape[1]
    end = hours.max() + 24.0 / ratio.shape[1]
    text = f"gives {lost:.0%} less from {hours.min():g} to {end:g} h on bright days; look for what casts a shade"
    found.append(Fault("shading", days[0], lost, text))
    return np.where(shaded[None, :], np.nan, ratio)


def _trend(days: Sequence[date], expected: Reals, ratio: Reals, found: list[Fault]) -> None:
    """Find a step down of the daily ratio, or else a slow decline."""
    weight = np.where(np.isnan(ratio), 0.0, expected)
    known = np.flatnonzero(weight.sum(axis=1) > 0.0)
    if known.size < MIN_DAYS:
        return
    daily = (np.nan_to_num(ratio) * weight).sum(axis=1)[known] / weight.sum(axis=1)[known]
    at, before, after = _step(daily)
    spread = float(np.median(np.abs(np.diff(daily)))) + 1e-9
    slope, residual = _slope(known.astype(np.float64), daily)
    stepped = float(((daily[:at] - before) ** 2).sum() + ((daily[at:] - after) ** 2).sum())
    lost = 1.0 - after / before if before > 0.0 else 0.0
    if lost > STEP and before - after > 2.0 * spread and stepped < residual:
        text = f"gives {lost:.0%} less at every hour from one day to the next; look for a string or module that is out"
        found.append(Fault("string_out", days[int(known[at])], lost, text))
        return
    rate = -slope / max(float(daily[:3].mean()), 1e-9)
    fell = rate * float(known[-1] - known[0])
    if rate > SOILING_PER_DAY and fell > 2.0 * spread:
        text = f"loses {rate:.2%} a day, {fell:.0%} so far; clean the modules"
        found.append(Fault("soiling", days[int(known[0])], rate, text))


def _step(daily: Reals) -> tuple[int, float, float]:
    """Return where a series breaks best into two means, and the means."""
    best = (1, float(daily[:1].mean()), float(daily[1:].mean()))
    least = np.inf
    for at in range(3, len(daily) - 2):
        before, after = float(daily[:at].mean()), float(daily[at:].mean())
        error = float(((daily[:at] - before) ** 2).sum() + ((daily[at:] - after) ** 2).sum())
        if error < least:
            least, best = error, (at, before, after)
    return best


def _slope(x: Reals, y: Reals) -> tuple[float, float]:
    """Return the slope of a line through (x, y) that outliers do not pull, and its squared residuals.

    References: Theil (Proc. KNAW 53, 1950); Sen (JASA 63, 1968).
    """
    rise, run = y[:, None] - y[None, :], x[:, None] - x[None, :]
    slope = float(np.median(rise[run > 0.0] / run[run > 0.0]))
    left = y - slope * x
    return slope, float(((left - np.median(left)) ** 2).sum())
