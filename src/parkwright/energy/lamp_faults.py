"""What is wrong with an off-grid lamp: its charge curve against those of its fleet under the same sun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parkwright.model.errors import PlanError

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
Kind = Literal["panel_weak", "battery_worn", "light_out", "never_dims", "lit_by_day"]

LEAST_LAMPS = 4
"""Lamps of one kind below which no usual curve is told from an odd one; assumed."""
FAINT_W_PER_M2 = 50.0
"""Irradiance below which filling says nothing about the panel [W/m2]; assumed."""
FULLEST = 0.98
"""Quantile of a curve that counts as its fullest, so that one high reading does not; assumed."""
FULL_SHARE, EMPTY_SHARE = 0.95, 0.05
"""Share of its fullest from which a battery has no room; of the fleet's, below which it has nothing; assumed."""
DULL_SHARE = 0.25
"""Share of the daylight intervals, those with the least sun, in which a lamp that is lit loses charge; assumed."""
WEAK, WORN, OUT, UNDIMMED, LIT = 0.75, 0.8, 0.2, 1.25, 0.3
"""Shares of the fleet's usual that make a curve odd: filling below, fullest below (cells are often replaced at 80 %),
draw at night below and above, loss by day above, of the usual draw at night; assumed."""

TEXT: dict[Kind, str] = {
    "panel_weak": "fills at {share:.0%} of the fleet's pace; clean the panel, cut what shades it, else replace it",
    "battery_worn": "is never fuller than {share:.0%} of the fleet's usual; replace its battery",
    "light_out": "draws {share:.0%} of the usual at night; replace its light or driver",
    "never_dims": "draws {share:.0%} of the usual at night; set its dimming",
    "lit_by_day": "loses {share:.0%} of a night's usual draw by day; its light sensor or switch sticks",
}
"""What a charge curve shows, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A lamp's fault, and the share that shows it.

    share: of the fleet's usual, in filling by the sun (panel_weak), fullest charge (battery_worn), draw at night
    (light_out, never_dims); or what it loses on dull daylight, of the usual draw at night (lit_by_day).
    """

    kind: Kind
    share: float

    @property
    def text(self) -> str:
        """Return what the curve shows and what to do, in one line."""
        return TEXT[self.kind].format(share=self.share)


def faults(charge_wh: Reals, ghi: Reals, dark: Flags) -> dict[int, Fault]:
    """Return the lamps whose charge curve is not like the fleet's, and why.

    charge_wh: measured at the end of each interval (N, T), NaN where silent; lamps of one kind. ghi: global horizontal
    irradiance (T,) [W/m2], NaN where not known. dark: whether the sun is down (T,). Compared with the fleet's median:
    how fast it fills while it has room (panel), how full it ever is (battery), what it draws at night (light out, or
    never dims), and whether it loses charge by day while the fleet does not. A lamp that is silent throughout has none.

    Raises PlanError when fewer than LEAST_LAMPS tell a charge: there is nothing to compare them with.
    """
    telling = np.flatnonzero((~np.isnan(charge_wh)).any(axis=1))
    if telling.size < LEAST_LAMPS:
        raise PlanError(
            f"lamps: {telling.size} of {len(charge_wh)} tell a charge; curves are compared with those of at least "
            f"{LEAST_LAMPS} lamps of one kind"
        )
    charge = charge_wh[telling]
    change = np.diff(charge, axis=1)
    by_day, by_night = ~dark[1:], dark[1:] & dark[:-1]
    fullest = np.nanquantile(charge, FULLEST, axis=1)
    filling = (by_day & (ghi[1:] > FAINT_W_PER_M2))[None, :] & (charge[:, 1:] < FULL_SHARE * fullest[:, None])
    sun = np.broadcast_to(ghi[1:], change.shape)
    fills = _mean_where(change, filling) / np.maximum(_mean_where(sun, filling & ~np.isnan(change)), FAINT_W_PER_M2)
    left = charge[:, 1:] > EMPTY_SHARE * _usual(fullest)
    usual_wh = np.broadcast_to(-_median_by_step(change), change.shape)
    burning = by_night[None, :] & left & ~np.isnan(change)
    night_wh = _mean_where(usual_wh, burning)
    draws = np.divide(-_mean_where(change, burning), night_wh, out=np.full(len(charge), np.nan), where=night_wh > 0.0)
    loses = -_mean_where(change, _dull(change, ghi[1:], by_day)[None, :] & left) / _usual(night_wh)
    shares = zip(fills / _usual(fills), fullest / _usual(fullest), draws, loses, strict=True)
    told = {lamp: _fault(*map(float, each)) for lamp, each in zip(telling.tolist(), shares, strict=True)}
    return {lamp: fault for lamp, fault in told.items() if fault is not None}


def _fault(fills: float, fullest: float, draws: float, loses: float) -> Fault | None:
    """Return the fault that shares of the fleet's usual tell."""
    if loses > LIT:
        return Fault("lit_by_day", loses)
    if draws < OUT:
        return Fault("light_out", draws)
    if draws > UNDIMMED:
        return Fault("never_dims", draws)
    # A weak panel never fills a sound battery; a worn battery fills early on a sound panel.
    if fills < WEAK:
        return Fault("panel_weak", fills)
    return Fault("battery_worn", fullest) if fullest < WORN else None


def _dull(change: Reals, ghi: Reals, by_day: Flags) -> Flags:
    """Return the daylight intervals with the least sun, without those in which the fleet loses charge (T,)."""
    told = by_day & ~np.isnan(ghi)
    if not told.any():
        return told
    dull = told & (ghi <= np.quantile(ghi[told], DULL_SHARE))
    dull &= _median_by_step(change) >= 0.0
    return dull


def _mean_where(values: Reals, chosen: Flags) -> Reals:
    known = chosen & ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    found: Reals = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return found


def _median_by_step(change: Reals) -> Reals:
    """Return the fleet's median of each step (T,); NaN where all are silent."""
    found = np.full(change.shape[1], np.nan)
    told = (~np.isnan(change)).any(axis=0)
    found[told] = np.nanmedian(change[:, told], axis=0)
    return found


def _usual(values: Reals) -> float:
    """Return the fleet's median; NaN, with which no curve is odd, where it is not known or not above zero."""
    known = values[~np.isnan(values)]
    median = float(np.median(known)) if known.size else 0.0
    return median if median > 0.0 else float("nan")
