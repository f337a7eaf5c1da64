"""Blocks put together into one programme: columns by name, a balance for each bus, a priced slack for each limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.blocks import Converter, Demand, Flexible, Grid, Job, Load, Source, Store, System
from parkwright.energy.linear import INFINITY, Columns, Program, Rows, Term

Reals = NDArray[np.float64]

LADDER = {
    "end_of_day": 10.0,
    "missed": 20.0,
    "import_limit": 30.0,
    "export_limit": 30.0,
    "carbon_cap": 50.0,
    "heat": 100.0,
    "power": 300.0,
    "spilled": 300.0,
    "undone": 300.0,
}
"""Price of a limit that gives way, relative to the dearest energy of the system, in the order in which limits give way:
stores left emptier, flexible energy missed, contracts and caps broken, heat unserved, power unserved (penalty ladder of
the elastic mode, Brown and Graves 1975; the steps are assumed)."""


@dataclass(frozen=True, slots=True)
class Slack:
    """A limit that may give way: its name in LADDER, the block or bus, its columns, and what one of a column is.

    per: units in one of the column, for example 0.25 kWh in a kilowatt of a quarter of an hour. unit: kWh or kg.
    """

    limit: str
    thing: str
    columns: Columns
    per: float
    unit: str


@dataclass(frozen=True, slots=True)
class Assembled:
    """A programme and where everything is: columns by name, balance rows by bus, rows that tie stores, slacks.

    Names: "id" of sources, converters and flexible loads; "id.import", "id.export", "id.over", "id.shut" of grids;
    "id.charge", "id.discharge", "id.stored" of stores; "id.starts" of jobs; "bus.unserved", "bus.spilled".
    """

    program: Program
    columns: dict[str, Columns]
    balances: dict[str, Rows]
    ties: dict[str, Rows]
    slacks: tuple[Slack, ...]


@dataclass(slots=True)
class _Site:
    """What is collected while blocks are added."""

    system: System
    scale: float
    program: Program = field(default_factory=Program)
    columns: dict[str, Columns] = field(default_factory=dict)
    ties: dict[str, Rows] = field(default_factory=dict)
    terms: dict[str, list[Term]] = field(default_factory=lambda: defaultdict(list))
    load_kw: dict[str, Reals] = field(default_factory=dict)
    jobs: dict[str, list[Job]] = field(default_factory=lambda: defaultdict(list))
    carbon: list[Term] = field(default_factory=list)
    slacks: list[Slack] = field(default_factory=list)

    def slack(self, limit: str, thing: str, count: int, per: float, unit: str = "kWh") -> Columns:
        """Add the columns of a limit's slack, shut; per: units of the limit in one of the column."""
        found = self.program.columns(count, 0.0, per * LADDER[limit] * self.scale)
        self.slacks.append(Slack(limit, thing, found, per, unit))
        return found


def assemble(system: System) -> Assembled:
    """Return the programme of a system; its slacks are shut until the strict programme proves to have no answer.

    The order of the blocks decides the order of the columns, so that systems of the same blocks give programmes that
    differ in numbers only.
    """
    site = _Site(system, _scale(system))
    for block in system.blocks:
        match block:
            case Load():
                _add_load(site, block)
            case Source():
                _add_source(site, block)
            case Grid():
                _add_grid(site, block)
            case Converter():
                _add_converter(site, block)
            case Store():
                _add_store(site, block)
            case Flexible():
                _add_flexible(site, block)
            case Job():
                _add_job(site, block)
    balances = _add_balances(site)
    _add_machines(site)
    _add_cap(site)
    return Assembled(site.program, site.columns, balances, site.ties, tuple(site.slacks))


def _scale(system: System) -> float:
    """Return the dearest energy of the system [CNY/kWh], at least 1."""
    dear = [1.0]
    for block in system.blocks:
        match block:
            case Grid():
                dear += [float(np.abs(block.import_price).max(initial=0.0))]
                dear += [float(np.abs(block.export_price).max(initial=0.0))]
            case Source():
                dear.append(float(np.abs(np.asarray(block.price)).max(initial=0.0)))
            case Store():
                dear.append(block.wear_price)
            case Converter():
                dear.append(dear[0] * float(block.ratio.max(initial=0.0)))
    peaks = [block.demand for block in system.blocks if isinstance(block, Grid | Converter) and block.demand]
    return max(dear) + max((float(one.price.max(initial=0.0)) for one in peaks), default=0.0) / system.step_h


def _add_load(site: _Site, block: Load) -> None:
    site.load_kw[block.bus] = site.load_kw.get(block.bus, 0.0) + block.power_kw
    site.terms.setdefault(block.bus, [])


def _add_source(site: _Site, block: Source) -> None:
    hours = site.system.step_h
    found = site.program.columns(site.system.steps, np.maximum(block.limit_kw, 0.0), hours * np.asarray(block.price))
    site.columns[block.id] = found
    site.terms[block.bus].append((found, 1.0))
    if np.any(np.asarray(block.co2e_kg_per_kwh)):
        site.carbon.append((found, hours * np.asarray(block.co2e_kg_per_kwh)))


def _add_grid(site: _Site, block: Grid) -> None:
    steps, hours, program = site.system.steps, site.system.step_h, site.program
    bought = program.columns(steps, block.import_limit_kw, hours * block.import_price)
    sold = program.columns(steps, block.export_limit_kw, -hours * block.export_price)
    over = site.slack("import_limit", block.id, steps, hours)
    shut = site.slack("export_limit", block.id, steps, hours)
    site.columns |= {f"{block.id}.import": bought, f"{block.id}.export": sold}
    site.columns |= {f"{block.id}.over": over, f"{block.id}.shut": shut}
    site.terms[block.bus] += [(bought, 1.0), (sold, -1.0), (over, 1.0), (shut, -1.0)]
    site.carbon += [(column, hours * np.asarray(block.co2e_kg_per_kwh)) for column in (bought, over)]
    _either(
        site, (bought, block.import_limit_kw), (sold, block.export_limit_kw), block.export_price > block.import_price
    )
    _add_demand(site, block.id, block.demand, (bought, over))


def _add_demand(site: _Site, thing: str, demand: Demand | None, flows: Sequence[Columns]) -> None:
    """Add the peaks of billing periods: each at least the mean of the flows' sum over a window of the meter."""
    if demand is None:
        return
    program = site.program
    peaks = program.columns(len(demand.price), INFINITY, demand.price, demand.floor_kw)
    site.columns[f"{thing}.peak"] = peaks
    whole = site.system.steps // demand.window * demand.window
    firsts = np.arange(0, whole, demand.window)
    terms: list[Term] = [(peaks[demand.group[firsts]], -1.0)]
    for offset in range(demand.window):
        terms += [(flow[firsts + offset], 1.0 / demand.window) for flow in flows]
    program.rows(-INFINITY, 0.0, *terms)


def _either(site: _Site, first: tuple[Columns, Reals], second: tuple[Columns, Reals], where: NDArray[np.bool_]) -> None:
    """Allow only one of two flows in the steps `where` both at once would pay; limits (T,) must be finite there."""
    steps = np.flatnonzero(where & (first[1] > 0.0) & (second[1] > 0.0))
    if not steps.size:
        return
    choice = site.program.columns(len(steps), 1.0, whole=True)
    site.program.rows(-INFINITY, 0.0, (first[0][steps], 1.0), (choice, -first[1][steps]))
    site.program.rows(-INFINITY, second[1][steps], (second[0][steps], 1.0), (choice, second[1][steps]))


def _add_converter(site: _Site, block: Converter) -> None:
    found = site.program.columns(site.system.steps, np.maximum(block.limit_kw, 0.0))
    site.columns[block.id] = found
    site.terms[block.bus].append((found, -1.0))
    site.terms[block.to_bus].append((found, block.ratio))
    if block.lifted_bus:
        site.terms[block.lifted_bus].append((found, 1.0 - block.ratio))
    _add_demand(site, block.id, block.demand, (found,))


def _add_store(site: _Site, block: Store) -> None:
    steps, hours, program = site.system.steps, site.system.step_h, site.program
    charge = program.columns(steps, block.charge_kw)
    discharge = program.columns(steps, block.discharge_kw, hours * block.wear_price)
    low = min(max(block.low_kwh, 0.0), block.capacity_kwh)
    stored = program.columns(steps, block.capacity_kwh, -block.hold_price, low)
    names = {"charge": charge, "discharge": discharge, "stored": stored}
    site.columns |= {f"{block.id}.{name}": columns for name, columns in names.items()}
    site.terms[block.bus] += [(charge, -1.0), (discharge, 1.0)]
    flows: tuple[Term, ...] = (
        (charge, -hours * block.charge_efficiency),
        (discharge, hours / block.discharge_efficiency),
    )
    site.ties[block.id] = _tie_steps(site, block, stored, flows)
    if block.charge_efficiency * block.discharge_efficiency < 1.0:
        most_in, most_out = block.capacity_kwh / hours / block.charge_efficiency, block.capacity_kwh / hours
        limits = np.full(steps, min(block.charge_kw, most_in)), np.full(steps, min(block.discharge_kw, most_out))
        _either(site, (charge, limits[0]), (discharge, limits[1]), _given_away(site.system))


def _tie_steps(site: _Site, block: Store, stored: Columns, flows: Sequence[Term]) -> Rows:
    """Add the law that ties stored energy from step to step, and what is stored at the end; return the law's rows."""
    program, kept, steps = site.program, block.kept_share, len(stored)
    if block.opening_kwh is None:
        if steps == 1:
            return program.rows(0.0, 0.0, (stored, 1.0 - kept), *flows)
        return program.rows(0.0, 0.0, (stored, 1.0), *flows, (np.roll(stored, 1), -kept))
    opening = min(max(block.opening_kwh, block.low_kwh, 0.0), block.capacity_kwh)
    first = tuple((columns[:1], coefficient) for columns, coefficient in flows)
    ties = program.rows(kept * opening, kept * opening, (stored[:1], 1.0), *first)
    if steps > 1:
        rest = tuple((columns[1:], coefficient) for columns, coefficient in flows)
        ties = np.append(ties, program.rows(0.0, 0.0, (stored[1:], 1.0), *rest, (stored[:-1], -kept)))
    short = site.slack("end_of_day", block.id, 1, 1.0)
    at_end = opening if block.end_kwh is None else min(block.end_kwh, block.capacity_kwh)
    program.rows(at_end, INFINITY, (stored[-1:], 1.0), (short, 1.0))
    return ties


def _given_away(system: System) -> NDArray[np.bool_]:
    """Return where losing energy pays: a price of grid power below zero (T,)."""
    found = np.zeros(system.steps, dtype=bool)
    for grid in system.grids():
        found |= (grid.import_price < 0.0) | (grid.export_price < 0.0)
    return found


def _add_flexible(site: _Site, block: Flexible) -> None:
    steps, hours = site.system.steps, site.system.step_h
    allowed = np.zeros(steps)
    allowed[block.first : block.end] = block.limit_kw
    found = site.program.columns(steps, allowed)
    site.columns[block.id] = found
    site.terms[block.bus].append((found, -1.0))
    missed = site.slack("missed", block.id, 1, 1.0)
    row = site.program.rows(block.energy_kwh, block.energy_kwh, (missed, 1.0))
    inside = found[block.first : block.end]
    site.program.cells(np.repeat(row, len(inside)).astype(np.int32), inside, hours * block.efficiency)


def _add_job(site: _Site, block: Job) -> None:
    costs = block.costs if block.costs.size else 0.0
    found = site.program.columns(len(block.starts), 1.0, costs, whole=True)
    site.columns[f"{block.id}.starts"] = found
    undone = site.slack("undone", block.id, 1, max(float(block.power_kw.sum()) * site.system.step_h, 1.0))
    row = site.program.rows(1.0, 1.0, (undone, 1.0))
    site.program.cells(np.repeat(row, len(found)).astype(np.int32), found, 1.0)
    site.jobs[block.bus].append(block)
    site.terms.setdefault(block.bus, [])


def _add_balances(site: _Site) -> dict[str, Rows]:
    """Add a balance for each bus: what flows in less what flows out is its load.

    A bus that is not connected to the grid may leave load unserved or spill a surplus; one without a load need not.
    """
    steps, hours, program = site.system.steps, site.system.step_h, site.program
    connected = {grid.bus for grid in site.system.grids()}
    powered = connected | {block.bus for block in site.system.blocks if isinstance(block, Converter)}
    balances = {}
    for bus, terms in site.terms.items():
        if bus not in connected and bus in site.load_kw:
            unserved = site.slack("power" if bus in powered else "heat", bus, steps, hours)
            spilled = site.slack("spilled", bus, steps, hours)
            site.columns |= {f"{bus}.unserved": unserved, f"{bus}.spilled": spilled}
            terms += [(unserved, 1.0), (spilled, -1.0)]
        load = site.load_kw.get(bus, np.zeros(steps))
        rows = program.rows(load, load, *terms, count=steps)
        balances[bus] = rows
        for job in site.jobs.get(bus, ()):
            cells = _places(job)
            columns = site.columns[f"{job.id}.starts"]
            program.cells(rows[cells[0]], columns[cells[1]], -cells[2])
    return balances


def _places(job: Job) -> tuple[NDArray[np.int64], NDArray[np.int64], Reals]:
    """Return (step, start, power) for each start of a job and each step of its work."""
    length = len(job.power_kw)
    steps = (job.starts[:, None] + np.arange(length)[None, :]).ravel()
    return steps, np.repeat(np.arange(len(job.starts)), length), np.tile(job.power_kw, len(job.starts))


def _add_machines(site: _Site) -> None:
    """Let each machine do one job at a time."""
    by_machine: dict[str, list[Job]] = defaultdict(list)
    for jobs in site.jobs.values():
        for job in jobs:
            if job.machine:
                by_machine[job.machine].append(job)
    for jobs in by_machine.values():
        if len(jobs) < 2:
            continue
        rows = site.program.rows(-INFINITY, 1.0, count=site.system.steps)
        for job in jobs:
            steps, starts, _ = _places(job)
            site.program.cells(rows[steps], site.columns[f"{job.id}.starts"][starts], 1.0)


def _add_cap(site: _Site) -> None:
    """Hold the emissions of the whole time below the cap."""
    cap = site.system.carbon_cap_kg
    if cap is None:
        return
    over = site.slack("carbon_cap", "carbon", 1, 1.0, "kg")
    row = site.program.rows(-INFINITY, cap, (over, -1.0))
    for columns, kg in site.carbon:
        site.program.cells(np.repeat(row, len(columns)).astype(np.int32), columns, kg)
