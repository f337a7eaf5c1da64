"""Machines by state: what off, warm-up, standby and run draw, and which of them a day's runs ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy.load import overlap_share
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.site import WorkUnit

Reals = NDArray[np.float64]
StateName = Literal["off", "warm_up", "standby", "run"]

OVEN_WARM_UP_S = 1800.0
"""Time in which a cold reflow oven reaches its profile [s]; makers give 20 to 40 minutes; assumed."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The power of a machine by state.

    run_kw: by recipe. warm_up_s: from off until it may run [s].
    """

    off_kw: float
    standby_kw: float
    warm_up_kw: float
    warm_up_s: float
    run_kw: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class State:
    """A state of a machine in [start, end); recipe: what it runs, empty in every other state."""

    start: datetime
    end: datetime
    state: StateName
    recipe: str = ""


def of_unit(unit: WorkUnit, recipes: Sequence[str]) -> Machine:
    """Return the machine of a work unit; every recipe draws its run power, an oven warms up at that power."""
    warm_s = OVEN_WARM_UP_S if unit.kind == "oven" else 0.0
    return Machine(unit.off_kw, unit.idle_kw, unit.run_kw, warm_s, dict.fromkeys(recipes, unit.run_kw))


def sequence(
    machine: Machine, runs: Sequence[tuple[datetime, datetime, str]], window: tuple[datetime, datetime]
) -> list[State]:
    """Return the states that tile `window`: the runs, and between them whichever of standby and off needs less.

    runs: (start, end, recipe) inside the window, apart from each other. A machine that was off warms up just before
    its next run; it is off before its first run and after its last one.

    Raises PlanError when a run leaves the window, runs overlap, a recipe has no power, or there is no time to warm up
    before the first run.
    """
    found: list[State] = []
    at, cold = window[0], True
    for start, end, recipe in sorted(runs):
        _refuse_run(machine, (start, end, recipe), at, window[1])
        found += _pause(machine, at, start, cold=cold)
        found.append(State(start, end, "run", recipe))
        at, cold = end, False
    if at < window[1]:
        found.append(State(at, window[1], "off"))
    return found


def _pause(machine: Machine, start: datetime, end: datetime, *, cold: bool) -> list[State]:
    """Return the states between two runs, or before the first one when the machine is cold.

    References: Mouzon, Yildirim and Twomey (Int. J. Production Research 45, 2007), equation 1.
    """
    pause_s = (end - start).total_seconds()
    if cold and pause_s < machine.warm_up_s:
        raise PlanError(
            f"machine: has {pause_s:g} s to warm up before {end:%Y-%m-%d %H:%M} UTC and needs {machine.warm_up_s:g} s; "
            "start its first run later, or let the window begin earlier"
        )
    if pause_s <= 0.0:
        return []
    away_s = pause_s - machine.warm_up_s
    switched_off = away_s * machine.off_kw + machine.warm_up_s * machine.warm_up_kw
    if not cold and (away_s < 0.0 or pause_s * machine.standby_kw <= switched_off):
        return [State(start, end, "standby")]
    ready = end - timedelta(seconds=machine.warm_up_s)
    states = [State(start, ready, "off"), State(ready, end, "warm_up")]
    return [state for state in states if state.end > state.start]


def _refuse_run(machine: Machine, run: tuple[datetime, datetime, str], at: datetime, until: datetime) -> None:
    start, end, recipe = run
    if recipe not in machine.run_kw:
        raise PlanError(f"machine: recipe {recipe!r} has no power; give one of {', '.join(machine.run_kw) or 'none'}")
    if start < at or end <= start or end > until:
        raise PlanError(
            f"machine: run {start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC overlaps another, is empty or leaves the window; "
            "give runs apart from each other inside the window"
        )


def power_kw(machine: Machine, states: Sequence[State], starts: pl.Series, step_s: float) -> Reals:
    """Return the mean power in each interval [start, start + step_s) (T,) [kW]; its energy is that of the states."""
    level = {"off": machine.off_kw, "standby": machine.standby_kw, "warm_up": machine.warm_up_kw}
    power = np.zeros(starts.len())
    drawn: dict[float, list[tuple[datetime, datetime]]] = {}
    for one in states:
        kw = machine.run_kw[one.recipe] if one.state == "run" else level[one.state]
        drawn.setdefault(kw, []).append((one.start, one.end))
    for kw, spans in drawn.items():
        power += kw * overlap_share(starts, step_s, spans)
    return power


def energy_kwh(machine: Machine, states: Sequence[State]) -> float:
    """Return the energy of a sequence of states [kWh]."""
    level = {"off": machine.off_kw, "standby": machine.standby_kw, "warm_up": machine.warm_up_kw}
    return sum(
        (machine.run_kw[one.recipe] if one.state == "run" else level[one.state])
        * (one.end - one.start).total_seconds()
        / 3600.0
        for one in states
    )


def planned_kw(park: Park, schedule: pl.DataFrame, starts: pl.Series) -> dict[str, Reals]:
    """Return the power of every work unit (T,) [kW] when its line runs a schedule and its machines rest by state.

    schedule: SCHEDULE. A line's changeovers count as standby. A machine whose line starts so early in the day that
    there was no time to warm up is warm from the evening before.
    """
    step_s = float(park.site.metering_interval_s)
    window = (starts[0], starts[-1] + timedelta(seconds=step_s))
    found = {}
    for line in park.work_centers:
        rows = schedule.filter(pl.col("work_center_id") == line.id).sort("start")
        runs = _apart(rows.select("start", "end", "job_id").rows(), window)
        for unit in line.work_unit:
            machine = of_unit(unit, [job for _, _, job in runs])
            early = [(runs[0][0] - window[0]).total_seconds() < machine.warm_up_s] if runs else []
            opened = window[0] - timedelta(seconds=machine.warm_up_s) if any(early) else window[0]
            states = sequence(machine, runs, (opened, window[1]))
            found[unit.id] = power_kw(machine, states, starts, step_s)
    return found


def _apart(
    rows: Sequence[tuple[datetime, datetime, str]], window: tuple[datetime, datetime]
) -> list[tuple[datetime, datetime, str]]:
    """Return the runs of a line inside the window; one that enters while the last still leaves begins at its end."""
    found: list[tuple[datetime, datetime, str]] = []
    at = window[0]
    for start, end, job in rows:
        low, high = max(start, at), min(end, window[1])
        if high > low:
            found.append((low, high, job))
            at = high
    return found
