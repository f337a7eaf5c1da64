"""Model predictive control: a month plan, a plan of the next day every quarter of an hour, set-points under a guard.

The month plan gives the peak that is worth paying for ahead; the day plan looks `horizon` steps ahead with it; its
first steps are set-points, which the real system follows while the guard holds the peak. A peak is raised only as far
as even the low side of the forecast needs it (energy.replan).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from parkwright.energy.answer import Answer, answer, cost_cny, residual_kwh
from parkwright.energy.blocks import Block, Converter, Demand, Flexible, Grid, Job, Load, Source, Store, System
from parkwright.energy.follow import Guard, follow
from parkwright.energy.replan import Replanner
from parkwright.model.errors import PlanError

Reals = NDArray[np.float64]

HORIZON = 96
"""Steps that a day plan looks ahead: a day of quarters of an hour; two days gain 0.01 % (measured on one month)."""
EVERY = 1
"""Steps from one day plan to the next: a quarter of an hour; a plan takes milliseconds."""

LOW_SIDE = 1.2815515655446004
"""Standard deviations below the mean at which one case in ten lies lower (standard normal distribution)."""

HOLD_CNY_PER_KWH = 5e-4
"""Preference for keeping energy a step longer in a store that the guard may call on, one on a grid's bus: at the same
price it is used late, so that it is there when the forecast was too low. Assumed: 0.05 CNY/kWh over a day of quarters,
less than a battery earns from valley to peak. A tank has none: its heat is worth less than that, and would be made only
to be kept and lost."""

REPAYING_DAYS = 8.0
"""Days that must repay a peak together for it to be paid ahead where each day's forecast is certain; of 8 and 16 the
better on the golden months February, April, May and August."""
RECENT_DAYS = 14
"""Last days of what is expected that stand for days to come: two weeks have their Sundays and are of the season."""
LASTING_SHARE = 0.5
"""Share of the days to come in which a peak must repay itself; the rest may need it less, as the season goes on."""


@dataclass(frozen=True, slots=True)
class Controlled:
    """A time that was controlled: cost of what happened [CNY], flows, peaks and plans made.

    cost_cny: with what is missing in the stores at the end, at the dearest price of grid power.
    words: how often the plans were optimal, relaxed, incumbent or fallback. residual_kwh: largest imbalance of a step.
    """

    cost_cny: float
    flows: Mapping[str, Reals]
    peak_kw: Mapping[str, float]
    plans: int
    words: Mapping[str, int]
    residual_kwh: float


def month_peak_kw(expected: System, day_steps: int = HORIZON, certain_days: float | None = None) -> dict[str, float]:
    """Return by grid id the import of a month that is worth paying for ahead [kW].

    expected: time that is like the month, for example the last month. certain_days: days to come, each with a forecast
    that will be certain the day before; None where forecasts err. Then the worst day counts like any other, because it
    is seen too late. Where they are certain, the day itself raises the peak that it alone needs: ahead only that is
    paid which REPAYING_DAYS days like the RECENT_DAYS last ones repay together, in LASTING_SHARE of the days to come.
    """
    charged = [grid.id for grid in expected.grids() if grid.demand is not None]
    if certain_days is not None:
        expected = _recent(expected, min(expected.steps, RECENT_DAYS * day_steps))
        expected = _paid_by_day(expected, day_steps, LASTING_SHARE * certain_days)
    flows = answer(expected).flows
    return {name: float(flows[f"{name}.peak"].max()) for name in charged}


def _recent(expected: System, steps: int) -> System:
    """Return the last steps of a system as one billing period that goes round: stores end as they began."""
    blocks: list[Block] = []
    for block in expected.blocks:
        cut = _cut(block, expected.steps - steps, expected.steps, expected.steps)
        if isinstance(cut, Store):
            cut = replace(cut, opening_kwh=None, end_kwh=None)
        elif isinstance(cut, Grid) and cut.demand is not None:
            price = cut.demand.price[cut.demand.group[-1:]]
            cut = replace(cut, demand=Demand(np.zeros(steps, np.int64), price, np.zeros(1), cut.demand.window))
        blocks.append(cut)
    return System(expected.step_h, steps, tuple(blocks))


def _paid_by_day(expected: System, day_steps: int, days: float) -> System:
    """Return a system whose peak is paid in two parts: what all days share, and what a day alone takes above it.

    days: for which `expected` stands. The second part goes through a connection of its own whose billing periods are
    the days; a day pays the share of a peak that it would have to repay. Nothing is bought there to be sold at once.
    """
    day = np.arange(expected.steps) // day_steps
    blocks: list[Block] = []
    for block in expected.blocks:
        if not isinstance(block, Grid) or block.demand is None:
            blocks.append(block)
            continue
        demand = block.demand
        shared = demand.price * expected.steps / day_steps / days
        blocks.append(replace(block, demand=replace(demand, price=shared)))
        price = np.full(int(day[-1]) + 1, demand.price[0] / REPAYING_DAYS)
        alone = Demand(day.astype(np.int64), price, np.zeros(len(price)), demand.window)
        bought = np.where(block.export_price > block.import_price, 0.0, block.import_limit_kw)
        unsold = np.zeros(expected.steps)
        blocks.append(Grid(f"{block.id}.of_a_day", block.bus, bought, unsold, block.import_price, unsold, alone))
    return replace(expected, blocks=tuple(blocks))


@dataclass(slots=True)
class _Run:
    """A control that is under way: what is stored, the peaks reached so far, and the flows until now."""

    stored: dict[str, float]
    reached: dict[str, Reals]
    flows: dict[str, list[Reals]] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)


def control(
    truth: System,
    month: Mapping[str, float] | None,
    rng: Generator,
    noise: float = 0.0,
    horizon: int = HORIZON,
    every: int = EVERY,
) -> Controlled:
    """Return what happens when a system is controlled with forecasts.

    truth: loads, sources and prices as they will be; stores must have an opening. month: import by grid id
    that is worth paying for ahead [kW]; None plans each day as if no other came (myopic). noise: standard deviation of
    the relative error of a forecast, `horizon` steps ahead; it grows as a random walk from nothing, drawn from `rng`.
    Raises PlanError when a store has no opening, or a load may be moved (plan those before).
    """
    _check(truth)
    planner = Replanner()
    run = _Run({store.id: float(store.opening_kwh or 0.0) for store in truth.stores()}, {})
    for grid in truth.grids():
        if grid.demand is not None:
            run.reached[grid.id] = grid.demand.floor_kw.astype(np.float64)
    last: Answer | None = None
    for first in range(0, truth.steps, every):
        end = min(first + horizon, truth.steps)
        seen = window(truth, first, end, run.stored, _floors(truth, run, month))
        expected = _forecast(seen, rng, noise, horizon)
        doubt = low_share(expected.steps, noise, horizon)
        low = low_side(expected, doubt, doubt) if month is not None and noise > 0.0 else None
        last, needed = planner.plan(expected, low, every, last.flows if last is not None else None)
        run.words[last.word] = run.words.get(last.word, 0) + 1
        _live(truth, run, first, min(first + every, truth.steps), last, month, needed)
    flows = {name: np.concatenate(parts) for name, parts in run.flows.items()}
    flows |= {f"{name}.peak": peaks for name, peaks in run.reached.items()}
    missing = (max(float(store.opening_kwh or 0.0) - run.stored[store.id], 0.0) for store in truth.stores())
    dearest = max((float(grid.import_price.max(initial=0.0)) for grid in truth.grids()), default=0.0)
    peaks = {name: float(values.max()) for name, values in run.reached.items()}
    cost = cost_cny(truth, flows) + dearest * sum(missing)
    return Controlled(cost, flows, peaks, sum(run.words.values()), run.words, residual_kwh(truth, flows))


def _check(truth: System) -> None:
    for block in truth.blocks:
        if isinstance(block, Flexible | Job):
            raise PlanError(f"control: {block.id!r} may be moved; plan it first and give its power as a load")
        if isinstance(block, Store) and block.opening_kwh is None:
            raise PlanError(f"control: store {block.id!r} has no opening; say what it holds at the start")


def _floors(truth: System, run: _Run, month: Mapping[str, float] | None) -> dict[str, Reals]:
    """Return the import by billing period that costs nothing more: reached already, or worth its price in the month."""
    target = month or {}
    return {name: np.maximum(values, target.get(name, 0.0)) for name, values in run.reached.items()}


def window(
    system: System,
    first: int,
    end: int,
    stored_kwh: Mapping[str, float],
    floor_kw: Mapping[str, Reals],
) -> System:
    """Return the steps [first, end) of a system that goes on from what is stored and what was reached.

    floor_kw: by grid id the import of each billing period of the whole system that costs nothing more (G,) [kW].
    A window that ends before the system asks for nothing in the stores: what a day keeps for the next one is bought
    when it is planned, a day ahead. One that ends with the system asks for what the system asks.
    """
    guarded = {grid.bus for grid in system.grids()}
    blocks = []
    for block in system.blocks:
        cut = _cut(block, first, end, system.steps)
        if isinstance(cut, Store) and isinstance(block, Store):
            wanted = block.opening_kwh if block.end_kwh is None else block.end_kwh
            hold = HOLD_CNY_PER_KWH if block.bus in guarded else 0.0
            end_kwh = wanted if end == system.steps else 0.0
            cut = replace(cut, opening_kwh=stored_kwh[block.id], end_kwh=end_kwh, hold_price=hold)
        elif isinstance(cut, Grid) and cut.demand is not None:
            groups, places = np.unique(cut.demand.group, return_inverse=True)
            demand = Demand(
                places.astype(np.int64), cut.demand.price[groups], floor_kw[block.id][groups], cut.demand.window
            )
            cut = replace(cut, demand=demand)
        blocks.append(cut)
    return System(system.step_h, end - first, tuple(blocks))


def _cut(block: Block, first: int, end: int, steps: int) -> Block:
    """Return a block with its values (T,) in [first, end) only."""
    changes: dict[str, Any] = {}
    for name in block.__slots__:
        value = getattr(block, name)
        if isinstance(value, Demand):
            changes[name] = replace(value, group=value.group[first:end])
        elif isinstance(value, np.ndarray) and len(value) == steps:
            changes[name] = value[first:end]
    return replace(block, **changes)


def _forecast(seen: System, rng: Generator, noise: float, horizon: int) -> System:
    """Return a window as it is expected: loads and limits of sources with an error that grows ahead."""
    if noise <= 0.0:
        return seen
    blocks: list[Block] = []
    for block in seen.blocks:
        walk = np.append(0.0, np.cumsum(rng.standard_normal(seen.steps - 1))) * noise / np.sqrt(horizon)
        if isinstance(block, Load):
            blocks.append(replace(block, power_kw=block.power_kw * np.maximum(1.0 + walk, 0.0)))
        elif isinstance(block, Source) and np.ptp(block.limit_kw) > 0.0:
            blocks.append(replace(block, limit_kw=block.limit_kw * np.maximum(1.0 + walk, 0.0)))
        else:
            blocks.append(block)
    return replace(seen, blocks=tuple(blocks))


def low_side(expected: System, less: Reals, more: Reals) -> System:
    """Return the low side of what a forecast says that a system needs.

    less: share by which loads may be lower, more: by which sources that vary may give more, by step (T,).
    """
    blocks: list[Block] = []
    for block in expected.blocks:
        if isinstance(block, Load):
            blocks.append(replace(block, power_kw=block.power_kw * np.maximum(1.0 - less, 0.0)))
        elif isinstance(block, Source) and np.ptp(block.limit_kw) > 0.0:
            blocks.append(replace(block, limit_kw=block.limit_kw * (1.0 + more)))
        else:
            blocks.append(block)
    return replace(expected, blocks=tuple(blocks))


def low_share(steps: int, share: float, horizon: int) -> Reals:
    """Return by how much one case in ten falls short (T,) of a forecast whose error grows as a random walk.

    share: standard deviation of the relative error `horizon` steps ahead.
    """
    found: Reals = LOW_SIDE * share * np.sqrt(np.arange(steps) / horizon)
    return found


def _live(
    truth: System,
    run: _Run,
    first: int,
    end: int,
    plan: Answer,
    month: Mapping[str, float] | None,
    needed: Mapping[str, Reals],
) -> None:
    """Follow the first set-points of a plan on the real system and remember what happened."""
    floors = _floors(truth, run, month)
    here = window(truth, first, end, run.stored, floors)
    guard = {grid.id: _guard(grid, floors, needed, slice(first, end), bool(month)) for grid in truth.grids()}
    flows = follow(here, plan.flows, guard)
    for store in truth.stores():
        run.stored[store.id] = float(flows[f"{store.id}.stored"][-1])
    for grid in truth.grids():
        if grid.demand is not None:
            bought = flows[f"{grid.id}.import"] + flows[f"{grid.id}.over"]
            np.maximum.at(run.reached[grid.id], grid.demand.group[first:end], bought)
    for name, values in flows.items():
        if not name.endswith(".peak"):
            run.flows.setdefault(name, []).append(values)


def _guard(grid: Grid, floors: Mapping[str, Reals], needed: Mapping[str, Reals], steps: slice, known: bool) -> Guard:
    """Return what to hold the import to: what the plan needs; charging stays below what is worth its price anyway."""
    if grid.demand is None:
        free = np.full(steps.stop - steps.start, np.inf)
        return Guard(free, free)
    floor = floors[grid.id][grid.demand.group[steps]]
    held = np.maximum(floor, needed[grid.id][0])
    return Guard(floor if known else held, held)


def regret(truth: System, controlled: Controlled) -> tuple[float, float]:
    """Return how much dearer a control was than perfect foresight [share], and the cost of foresight [CNY]."""
    foresight = answer(truth).objective_cny
    return controlled.cost_cny / foresight - 1.0, foresight


def uncontrolled(truth: System) -> float:
    """Return what the time costs when stores rest and heat pumps are off [CNY]."""
    blocks = tuple(
        replace(block, limit_kw=np.zeros(truth.steps)) if isinstance(block, Converter) else block
        for block in truth.blocks
    )
    still = replace(truth, blocks=blocks)
    return cost_cny(still, follow(still, {}))
