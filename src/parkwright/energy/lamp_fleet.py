"""A fleet of off-grid lamps as arrays: energy step by step, dark nights, wear, the cheapest sound design."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parkwright.model.errors import PlanError
from parkwright.model.plant import LampFleet

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

PANEL_TO_BATTERY = 0.7
"""Share of the panel's rated yield that reaches the battery: temperature, dirt, controller and charging losses;
assumed within the range 0.6 to 0.8 of IEC 62124:2004 style stand-alone systems."""
DARK_WH = 1e-6
"""Light that is missing by more than this makes a night dark [Wh]."""
CYCLES_TO_80 = 3000.0
"""Full cycles until a lithium iron phosphate cell keeps 80 % (Preger et al., J. Electrochemical Society 167, 2020)."""
YEARS_TO_80 = 12.0
"""Years until a cell that is not cycled keeps 80 % at about 25 degC; assumed."""
CUT_IN_M_PER_S, RATED_M_PER_S, CUT_OUT_M_PER_S = 2.5, 11.0, 25.0
"""Wind at which a small turbine starts, gives its rated power, and stops (class of IEC 61400-2); assumed."""
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Lamps:
    """N lamps, each array (N,).

    panel_w: rated power. clean_share: of the panel's yield that dirt and shade leave. battery_wh: new. health_share: of
    it that is left. lamp_w: light at full. dimmed_share: of it in the small hours. dim_after_h: full light after dusk.
    turbine_w: rated power of a wind turbine on the mast, 0 for none.
    """

    panel_w: Reals
    clean_share: Reals
    battery_wh: Reals
    health_share: Reals
    lamp_w: Reals
    dimmed_share: Reals
    dim_after_h: Reals
    turbine_w: Reals

    @property
    def capacity_wh(self) -> Reals:
        """Return what the batteries hold now (N,) [Wh]."""
        return self.battery_wh * self.health_share


@dataclass(frozen=True, slots=True)
class Fared:
    """How N lamps fared over T intervals.

    charge_wh: at the end of each interval (N, T). lit_wh: light given (N, T). missing_wh: light asked for and not given
    (N, T). gained_wh: what sun and wind brought (N, T). spilled_wh: what found no room (N, T).
    """

    charge_wh: Reals
    lit_wh: Reals
    missing_wh: Reals
    gained_wh: Reals
    spilled_wh: Reals


def of_fleet(fleet: LampFleet, turbine_w: float = 0.0) -> Lamps:
    """Return the lamps of a fleet, all new and clean."""
    ones = np.ones(fleet.count)
    return Lamps(
        fleet.panel_w * ones, ones, fleet.battery_wh * ones, ones, fleet.lamp_w * ones, fleet.dimmed_share * ones,
        fleet.dim_after_h * ones, turbine_w * ones,
    )  # fmt: skip


def near_share(fleet: LampFleet) -> float:
    """Return the share of its dimmed time in which a lamp gives full light because somebody passed.

    People come independently of each other and each starts the time anew, so that a lamp is dimmed where nobody came
    in the last bright_s.

    References: Takács, Introduction to the Theory of Queues (1962), chapter 3: a server without end under Poisson
    arrivals is idle for exp(-rate x time).
    """
    return float(-np.expm1(-fleet.passers_per_h / 3600.0 * fleet.bright_s))


def near(fleet: LampFleet, passed: Reals, step_s: float) -> Reals:
    """Return the share of each interval in which somebody is near (N, T), from how many passed in it (N, T).

    They come at any time of the interval, so that each leaves 1 - bright_s / step_s of what the others left dim.
    """
    found: Reals = 1.0 - (1.0 - min(fleet.bright_s / step_s, 1.0)) ** passed
    return found


def asked_wh(lamps: Lamps, dark: Flags, step_s: float, present: Reals | None = None) -> Reals:
    """Return the light that schedule and presence ask for (N, T) [Wh].

    dark: whether the sun is down (T,). Full in the first dim_after_h hours of dark, then dimmed; full again while
    somebody is near. present: share of each interval in which that is so, (N, T) or (1, T); None: nobody is.
    """
    step_h = step_s / 3600.0
    dark_h = np.zeros(len(dark))
    hours = 0.0
    for row, is_dark in enumerate(dark.tolist()):
        dark_h[row] = hours
        hours = hours + step_h if is_dark else 0.0
    full = np.clip((lamps.dim_after_h[:, None] - dark_h[None, :]) / step_h, 0.0, 1.0)
    wanted = full + (1.0 - full) * lamps.dimmed_share[:, None]
    if present is not None:
        wanted = wanted + (1.0 - wanted) * present
    found: Reals = np.where(dark[None, :], wanted * lamps.lamp_w[:, None] * step_h, 0.0)
    return found


def wind_share(wind_m_per_s: Reals) -> Reals:
    """Return a small turbine's power relative to its rated one (T,): cubic from cut-in to rated, 0 beyond cut-out.

    References: Manwell, McGowan and Rogers, Wind Energy Explained (2009), section 2.5.
    """
    low, high = CUT_IN_M_PER_S**3, RATED_M_PER_S**3
    share = np.clip((wind_m_per_s**3 - low) / (high - low), 0.0, 1.0)
    found: Reals = np.where(wind_m_per_s < CUT_OUT_M_PER_S, share, 0.0)
    return found


def run(
    lamps: Lamps,
    ghi: Reals,
    dark: Flags,
    start_wh: Reals,
    step_s: float,
    wind_m_per_s: Reals | None = None,
    present: Reals | None = None,
) -> Fared:
    """Return how the lamps fare: in each interval charge + gained = lit + spilled + charge after, exactly.

    ghi: global horizontal irradiance (T,) [W/m2]. dark: (T,). start_wh: stored before the first interval (N,) [Wh].
    wind_m_per_s: (T,), None for calm. present: see asked_wh. Light comes before storing, so that a full battery still
    takes what the lamp uses in the same interval.

    Raises PlanError when a battery starts outside its limits, or the weather is not known.
    """
    if not np.isfinite(ghi).all() or (ghi < 0.0).any():
        raise PlanError("lamps: irradiance is below zero or not known; give 0 or more for every interval")
    capacity = lamps.capacity_wh
    wrong = np.flatnonzero((start_wh < 0.0) | (start_wh > capacity + 1e-9))
    if wrong.size:
        raise PlanError(
            f"lamps: lamp {wrong[0]} starts with {start_wh[wrong[0]]:g} Wh in {capacity[wrong[0]]:g} Wh; "
            "give a charge from 0 to what the battery holds"
        )
    step_h = step_s / 3600.0
    asked = asked_wh(lamps, dark, step_s, present)
    gained = np.outer(lamps.panel_w * lamps.clean_share, ghi / 1000.0 * PANEL_TO_BATTERY * step_h)
    if wind_m_per_s is not None:
        gained = gained + np.outer(lamps.turbine_w, wind_share(wind_m_per_s) * step_h)
    charge, lit, spilled = np.empty_like(asked), np.empty_like(asked), np.empty_like(asked)
    level = start_wh.astype(np.float64)
    for row in range(len(ghi)):
        held = level + gained[:, row]
        lit[:, row] = np.minimum(asked[:, row], held)
        left = held - lit[:, row]
        level = np.minimum(left, capacity)
        spilled[:, row] = left - level
        charge[:, row] = level
    return Fared(charge, lit, asked - lit, gained, spilled)


def autonomy_nights(lamps: Lamps, night_h: float, present: float = 0.0) -> Reals:
    """Return how many nights of `night_h` hours a full battery lights without sun or wind (N,).

    present: share of the dimmed time in which somebody is near.
    """
    full_h = np.minimum(lamps.dim_after_h, night_h)
    dimmed = lamps.dimmed_share + (1.0 - lamps.dimmed_share) * present
    each = lamps.lamp_w * (full_h + dimmed * (night_h - full_h))
    found: Reals = np.divide(lamps.capacity_wh, each, out=np.full(len(each), np.inf), where=each > 0.0)
    return found


def loss_of_load(fared: Fared) -> Reals:
    """Return the share of the light asked for that was not given (N,)."""
    asked = (fared.lit_wh + fared.missing_wh).sum(axis=1)
    found: Reals = np.divide(fared.missing_wh.sum(axis=1), asked, out=np.zeros(len(asked)), where=asked > 0.0)
    return found


def dark_nights(fared: Fared, dark: Flags) -> NDArray[np.int64]:
    """Return the nights in which light was missing (N,); a night is a run of dark intervals."""
    number = np.cumsum(np.diff(dark.astype(np.int64), prepend=0) == 1)
    missing = (fared.missing_wh > DARK_WH) & dark[None, :]
    return np.array([len(set(number[row].tolist())) for row in missing], dtype=np.int64)


def worn(lamps: Lamps, fared: Fared, step_s: float) -> Lamps:
    """Return the lamps with the state of health after what they fared: wear by cycles and by time adds up."""
    out_wh = np.maximum(fared.lit_wh - fared.gained_wh, 0.0).sum(axis=1)
    cycles = out_wh / lamps.battery_wh
    years = fared.lit_wh.shape[1] * step_s / 3600.0 / 8760.0
    lost = 0.2 * (cycles / CYCLES_TO_80 + years / YEARS_TO_80)
    return replace(lamps, health_share=np.maximum(lamps.health_share - lost, 0.0))


def design_week(ghi: Reals, dark: Flags, steps_a_day: int) -> int:
    """Return the first interval of the seven days with the least sun for the hours of dark they hold."""
    days = len(ghi) // steps_a_day
    sun = ghi[: days * steps_a_day].reshape(days, -1).sum(axis=1)
    night = dark[: days * steps_a_day].reshape(days, -1).sum(axis=1)
    weeks = np.lib.stride_tricks.sliding_window_view(sun, WEEK_DAYS).sum(axis=1)
    hours = np.lib.stride_tricks.sliding_window_view(night, WEEK_DAYS).sum(axis=1)
    return int(np.argmin(weeks / np.maximum(hours, 1))) * steps_a_day


@dataclass(frozen=True, slots=True)
class Design:
    """The cheapest lamp without a dark night: panel [W], battery [Wh], and what both cost [CNY]."""

    panel_w: float
    battery_wh: float
    cost_cny: float


def cheapest(
    fleet: LampFleet,
    ghi: Reals,
    dark: Flags,
    step_s: float,
    panel_cny_per_w: float,
    battery_cny_per_wh: float,
    panels_w: Reals,
    batteries_wh: Reals,
    health_share: float = 0.8,
) -> Design:
    """Return the cheapest panel and battery of those offered with which no light is ever missing.

    ghi, dark: (T,), a year or a design week; batteries start full and are worn to `health_share`, so that the last year
    of their life is lit too; people pass as `near_share` has it. The search runs every pair at once and is exact over
    what is offered.

    Raises PlanError when no pair lights every night.
    """
    panel, battery = (each.reshape(-1) for each in np.meshgrid(panels_w, batteries_wh, indexing="ij"))
    ones = np.ones(panel.size)
    lamps = Lamps(
        panel, ones, battery, health_share * ones, fleet.lamp_w * ones, fleet.dimmed_share * ones,
        fleet.dim_after_h * ones, 0.0 * ones,
    )  # fmt: skip
    present = np.full((1, len(ghi)), near_share(fleet))
    fared = run(lamps, ghi, dark, lamps.capacity_wh, step_s, present=present)
    sound = fared.missing_wh.max(axis=1) <= DARK_WH
    if not sound.any():
        raise PlanError(
            f"lamps '{fleet.id}': up to {panels_w.max():g} W and {batteries_wh.max():g} Wh some night stays dark; "
            "offer larger panels or batteries, or dim more"
        )
    cost = np.where(sound, panel_cny_per_w * panel + battery_cny_per_wh * battery, np.inf)
    best = int(np.argmin(cost))
    return Design(float(panel[best]), float(battery[best]), float(cost[best]))


def names(fleet: LampFleet) -> list[str]:
    """Return the names of the lamps, N of them in the order of `places`: the fleet's and a number from 001."""
    return [f"{fleet.id}-{number:03d}" for number in range(1, fleet.count + 1)]


def signals(fleet: LampFleet) -> list[str]:
    """Return the signals under which the lamps tell what their batteries hold, in the order of `names`."""
    return [f"{name}/charge_wh" for name in names(fleet)]


def places(fleet: LampFleet) -> Reals:
    """Return where the lamps stand (N, 2) [m]: evenly along the corners of the fleet's road."""
    corners = np.asarray(fleet.line, dtype=np.float64)
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.linspace(0.0, along[-1], fleet.count) if fleet.count > 1 else np.zeros(fleet.count)
    return np.stack([np.interp(at, along, corners[:, axis]) for axis in (0, 1)], axis=1)
