"""What a system does when it follows set-points: physical limits hold, and what the plan did not foresee is closed.

Stores off the grid's bus close their bus first, then sources and converters; on the grid's bus a battery keeps its
set-point unless the guard needs it for the billing peak, and the grid closes the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.blocks import Converter, Flexible, Grid, Job, Load, Source, Store, System

Reals = NDArray[np.float64]
Flows = dict[str, Reals]

_CLOSED_KW = 1e-12


@dataclass(frozen=True, slots=True)
class Guard:
    """What the guard of a grid holds: import (T,) [kW] that charging may not pass, and above which stores discharge."""

    charge_kw: Reals
    peak_kw: Reals


@dataclass(slots=True)
class _Course:
    """A system while it is followed: flows so far, stored energy by store, and what each bus still lacks [kW]."""

    system: System
    wanted: Mapping[str, Reals]
    flows: Flows
    stored: dict[str, float]
    lack: dict[str, Reals]

    def plan(self, name: str, step: int) -> float:
        """Return the set-point of a flow, 0 where there is none."""
        values = self.wanted.get(name)
        return float(values[step]) if values is not None and step < len(values) else 0.0

    def room_kw(self, store: Store) -> float:
        """Return the power that the store can still take in a step."""
        kept = self.stored[store.id] * store.kept_share
        room = (store.capacity_kwh - kept) / (self.system.step_h * store.charge_efficiency)
        return max(min(store.charge_kw, room), 0.0)

    def reserve_kw(self, store: Store) -> float:
        """Return the power that the store can still give in a step."""
        kept = self.stored[store.id] * store.kept_share - store.low_kwh
        return max(min(store.discharge_kw, kept * store.discharge_efficiency / self.system.step_h), 0.0)


def follow(system: System, wanted: Mapping[str, Reals], guards: Mapping[str, Guard] | None = None) -> Flows:
    """Return the flows of a system that follows `wanted` set-points (T,) by name, as energy.assemble names them.

    Flows without a set-point rest; flexible energy and jobs without one are served as early as they may. A store
    without an opening opens as empty as it may be. guards: by grid id what batteries on its bus hold the import to;
    None guards nothing.
    """
    course = _Course(system, wanted, {}, {}, {})
    for store in system.stores():
        course.stored[store.id] = _opening(store)
        for part in ("charge", "discharge", "stored"):
            course.flows[f"{store.id}.{part}"] = np.zeros(system.steps)
    _take_loads(course)
    connected = {grid.bus for grid in system.grids()}
    lifted = {block.lifted_bus for block in system.blocks if isinstance(block, Converter) and block.lifted_bus}
    buses = [bus for bus in course.lack if bus not in connected and bus not in lifted]
    for block in system.blocks:
        if isinstance(block, Source | Converter):
            course.flows[block.id] = np.zeros(system.steps)
    for bus in buses:
        course.flows |= {f"{bus}.unserved": np.zeros(system.steps), f"{bus}.spilled": np.zeros(system.steps)}
    for grid in system.grids():
        for part in ("import", "export", "over", "shut"):
            course.flows[f"{grid.id}.{part}"] = np.zeros(system.steps)
    for step in range(system.steps):
        _set_converters(course, step)
        for bus in buses:
            _close_bus(course, bus, step)
        for bus in lifted:
            _serve(course, bus, step)
        for grid in system.grids():
            _close_grid(course, grid, step, guards)
    _charge_peaks(course)
    return course.flows


def _opening(store: Store) -> float:
    opening = store.low_kwh if store.opening_kwh is None else store.opening_kwh
    return min(max(opening, store.low_kwh, 0.0), store.capacity_kwh)


def _take_loads(course: _Course) -> None:
    """Set what each bus lacks from its loads, flexible loads and jobs."""
    system = course.system
    for block in system.blocks:
        for bus in (getattr(block, "bus", ""), getattr(block, "to_bus", ""), getattr(block, "lifted_bus", "")):
            if bus:
                course.lack.setdefault(bus, np.zeros(system.steps))
        match block:
            case Load():
                course.lack[block.bus] = course.lack[block.bus] + block.power_kw
            case Flexible():
                kw = _portions(course, block)
                course.flows[block.id] = kw
                course.lack[block.bus] = course.lack[block.bus] + kw
            case Job():
                starts = np.zeros(len(block.starts))
                asked = course.wanted.get(f"{block.id}.starts")
                starts[int(np.argmax(asked)) if asked is not None and len(asked) == len(starts) else 0] = 1.0
                course.flows[f"{block.id}.starts"] = starts
                first = int(block.starts[int(np.argmax(starts))])
                course.lack[block.bus][first : first + len(block.power_kw)] += block.power_kw


def _portions(course: _Course, block: Flexible) -> Reals:
    """Return the power of flexible energy (T,): its set-points, and what they leave open as early as it may."""
    per_kw = course.system.step_h * block.efficiency
    kw = np.zeros(course.system.steps)
    asked = course.wanted.get(block.id)
    if asked is not None:
        count = min(len(asked), len(kw))
        kw[:count] = np.clip(asked[:count], 0.0, block.limit_kw)
        kw[: block.first], kw[block.end :] = 0.0, 0.0
    missing = block.energy_kwh - float(kw.sum()) * per_kw
    for step in range(block.first, block.end):
        more = min(max(missing / per_kw, -kw[step]), block.limit_kw - kw[step])
        kw[step] += more
        missing -= more * per_kw
    return kw


def _set_converters(course: _Course, step: int) -> None:
    for block in course.system.blocks:
        if isinstance(block, Converter):
            _convert(course, block, step, course.plan(block.id, step))


def _convert(course: _Course, block: Converter, step: int, more_kw: float) -> float:
    """Run a converter by `more_kw` more (or less), within its limits; return what changed."""
    now, limit = float(course.flows[block.id][step]), float(block.limit_kw[step])
    ratio = float(block.ratio[step])
    if block.lifted_bus and ratio > 1.0:
        left = sum(
            float(one.limit_kw[step])
            for one in course.system.blocks
            if isinstance(one, Source) and one.bus == block.lifted_bus
        )
        limit = min(limit, now + max(left - float(course.lack[block.lifted_bus][step]), 0.0) / (ratio - 1.0))
    change = min(max(more_kw, -now), max(limit - now, 0.0))
    course.flows[block.id][step] += change
    course.lack[block.bus][step] += change
    course.lack[block.to_bus][step] -= change * ratio
    if block.lifted_bus:
        course.lack[block.lifted_bus][step] += change * (ratio - 1.0)
    return change


def _sources(course: _Course, bus: str, step: int) -> list[Source]:
    found = [block for block in course.system.blocks if isinstance(block, Source) and block.bus == bus]
    return sorted(found, key=lambda one: float(np.broadcast_to(np.asarray(one.price), course.system.steps)[step]))


def _serve(course: _Course, bus: str, step: int) -> None:
    """Let the sources of a bus give what it lacks, the cheapest first."""
    for source in _sources(course, bus, step):
        kw = min(
            max(float(course.lack[bus][step]), 0.0),
            max(float(source.limit_kw[step]) - course.flows[source.id][step], 0.0),
        )
        course.flows[source.id][step] += kw
        course.lack[bus][step] -= kw


def _close_bus(course: _Course, bus: str, step: int) -> None:
    """Balance a bus off the grid: planned sources, then stores, then sources and converters, then what is left."""
    lack = course.lack[bus]
    for source in _sources(course, bus, step):
        kw = min(course.plan(source.id, step), max(float(source.limit_kw[step]), 0.0))
        course.flows[source.id][step] = kw
        lack[step] -= kw
    for store in course.system.stores():
        if store.bus == bus:
            kw = min(max(float(-lack[step]), -course.reserve_kw(store)), course.room_kw(store))
            _move(course, store, step, kw)
    _serve(course, bus, step)
    feeding = [one for one in course.system.blocks if isinstance(one, Converter) and one.to_bus == bus]
    for block in feeding:
        _convert(course, block, step, float(lack[step]) / max(float(block.ratio[step]), 1e-9))
    if lack[step] < -_CLOSED_KW:
        for source in reversed(_sources(course, bus, step)):
            less = min(float(course.flows[source.id][step]), float(-lack[step]))
            course.flows[source.id][step] -= less
            lack[step] += less
    course.flows[f"{bus}.unserved"][step] = max(float(lack[step]), 0.0)
    course.flows[f"{bus}.spilled"][step] = max(float(-lack[step]), 0.0)
    lack[step] = 0.0


def _move(course: _Course, store: Store, step: int, kw: float) -> None:
    """Charge (or discharge, below zero) a store in a step and count what it holds at the end."""
    course.lack[store.bus][step] += kw
    course.flows[f"{store.id}.charge"][step] = max(kw, 0.0)
    course.flows[f"{store.id}.discharge"][step] = max(-kw, 0.0)
    gained = max(kw, 0.0) * store.charge_efficiency - max(-kw, 0.0) / store.discharge_efficiency
    course.stored[store.id] = course.stored[store.id] * store.kept_share + gained * course.system.step_h
    course.flows[f"{store.id}.stored"][step] = course.stored[store.id]


def _close_grid(course: _Course, grid: Grid, step: int, guards: Mapping[str, Guard] | None) -> None:
    """Balance the bus of a grid: sun first, batteries as planned or as the guard needs, the grid for the rest."""
    lack, bus = course.lack[grid.bus], grid.bus
    worthless = float(grid.export_price[step]) < 0.0
    for source in _sources(course, bus, step):
        kw = max(float(source.limit_kw[step]), 0.0)
        course.flows[source.id][step] = kw
        lack[step] -= kw
    for store in course.system.stores():
        if store.bus == bus:
            kw = course.plan(f"{store.id}.charge", step) - course.plan(f"{store.id}.discharge", step)
            if guards is not None:
                guard = guards[grid.id]
                kw = guarded_kw(kw, float(lack[step]), float(guard.charge_kw[step]), float(guard.peak_kw[step]))
            _move(course, store, step, min(max(kw, -course.reserve_kw(store)), course.room_kw(store)))
    most_out = 0.0 if worthless else float(grid.export_limit_kw[step])
    for source in _sources(course, bus, step):
        less = min(float(course.flows[source.id][step]), max(float(-lack[step]) - most_out, 0.0))
        course.flows[source.id][step] -= less
        lack[step] += less
    bought, sold = max(float(lack[step]), 0.0), max(float(-lack[step]), 0.0)
    course.flows[f"{grid.id}.import"][step] = min(bought, float(grid.import_limit_kw[step]))
    course.flows[f"{grid.id}.over"][step] = max(bought - float(grid.import_limit_kw[step]), 0.0)
    course.flows[f"{grid.id}.export"][step] = min(sold, float(grid.export_limit_kw[step]))
    course.flows[f"{grid.id}.shut"][step] = max(sold - float(grid.export_limit_kw[step]), 0.0)
    lack[step] = 0.0


def guarded_kw(planned_kw: float, other_kw: float, charge_kw: float, peak_kw: float) -> float:
    """Return the battery power [kW, positive charges] of the second: the plan's, unless the import would pass a limit.

    planned_kw: set-point. other_kw: measured import without the battery. charge_kw: import that charging must not pass.
    peak_kw: import above which the battery discharges.
    """
    charging = min(planned_kw, max(charge_kw - other_kw, 0.0)) if planned_kw > 0.0 else planned_kw
    return min(charging, peak_kw - other_kw) if other_kw + charging > peak_kw else charging


def _charge_peaks(course: _Course) -> None:
    for block in course.system.blocks:
        if isinstance(block, Grid | Converter) and block.demand is not None:
            course.flows[f"{block.id}.peak"] = peaks_kw(block, course.flows)


def peaks_kw(block: Grid | Converter, flows: Mapping[str, Reals]) -> Reals:
    """Return the highest metered power of each billing period (G,) [kW], at least its floor; without demand, none."""
    if block.demand is None:
        return np.zeros(0)
    if isinstance(block, Grid):
        power, demand = flows[f"{block.id}.import"] + flows[f"{block.id}.over"], block.demand
    else:
        power, demand = flows[block.id], block.demand
    whole = len(power) // demand.window * demand.window
    means = power[:whole].reshape(-1, demand.window).mean(axis=1)
    found = demand.floor_kw.astype(np.float64)
    np.maximum.at(found, demand.group[: whole : demand.window], means)
    return found
