"""The answer to an energy system: the optimum, the least that had to give way, the best point known, or a rule.

A system is answered strictly first; only where that has no solution do its limits give way, each named and priced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.assemble import Assembled, Slack, assemble
from parkwright.energy.blocks import Block, Converter, Flexible, Grid, Job, Load, Source, Store, System
from parkwright.energy.follow import follow, peaks_kw
from parkwright.energy.linear import INFINITY, Optimum, Solver

Reals = NDArray[np.float64]

TIME_LIMIT_S = 60.0
"""Time after which the best point known is returned [s]; a day takes milliseconds and a year seconds; assumed."""
FEW_DIRECTIONS = 24
"""Steps in which a flow's way is to choose, up to which the search is finished: the golden day with 24 steps at -1
CNY/kWh takes 25 nodes and 0.7 CPU s, with 32 no proof comes in 1,500 nodes."""
DIRECTION_NODES = 50
"""Nodes after which a search of more ways than FEW_DIRECTIONS ends: a whole day of one price below zero has more alike
plans than a search sees, the golden day at -1 CNY/kWh is within 0.8 % of the bound at the first node, 0.7 % after 20 (3
CPU s) and 0.6 % after 500 (HiGHS 1.15). Nodes, as a clock answers by its machine."""
_SEEN = 1e-6

_WHY = {
    "end_of_day": "it cannot be filled again in the time that is left",
    "missed": "its window is too short for its energy",
    "import_limit": "load, stores and converters need more than the contract and the own sources give",
    "export_limit": "there is more surplus than the contract and the stores take",
    "carbon_cap": "the needs cannot be met with fewer emissions",
    "heat": "sources, converters and stores give less than the load",
    "power": "sources, converters and stores give less than the load",
    "spilled": "there is more than the loads and the stores take",
    "undone": "no start is left for it on its machine",
}


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A limit that gave way: which, of what, by how much in all, in which unit, first in which step, and why."""

    limit: str
    thing: str
    amount: float
    unit: str
    step: int
    why: str

    def __str__(self) -> str:
        """Return it as words."""
        return f"{self.limit} of {self.thing} by {self.amount:.3f} {self.unit} from step {self.step} on: {self.why}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answered system.

    word: optimal, relaxed, incumbent or fallback. gap: proven relative distance to the optimum; infinite where
    nothing is proven. objective_cny: cost of the flows and peaks at the prices of the system, without
    the price of what gave way. flows: by name as in energy.assemble (T,) [kW] and [kWh]. marginal_price: by bus, what
    one kilowatt-hour more would cost (T,) [CNY/kWh]; empty where the programme has whole columns or gave no optimum.
    stored_price: by store, what one kilowatt-hour more in it would be worth (T,) [CNY/kWh]; empty likewise.
    balance_residual_kwh: largest difference that a bus leaves in a step. iterations: of the simplex method.
    bound_cny: the least that any plan costs, proven; minus infinity where nothing is proven.
    """

    word: str
    relaxed: tuple[Relaxed, ...]
    gap: float
    objective_cny: float
    flows: Mapping[str, Reals]
    marginal_price: Mapping[str, Reals]
    stored_price: Mapping[str, Reals]
    balance_residual_kwh: float
    iterations: int
    bound_cny: float

    @property
    def status(self) -> str:
        """Return the word with what it means: what gave way and why, or how far the optimum may be."""
        if self.word == "relaxed":
            return f"relaxed: {'; '.join(str(one) for one in self.relaxed)}"
        if self.word == "incumbent":
            return f"incumbent: within {100.0 * self.gap:.3f} % of the optimum"
        return self.word


class Planner:
    """Answers one system after another; its solver keeps model and basis while only numbers change."""

    def __init__(self, limit_s: float = TIME_LIMIT_S, gap: float = 0.0) -> None:
        """Take at most `limit_s` [s] an attempt, and stop within the relative `gap` of the optimum.

        Where only the ways of flows are whole, and more than FEW_DIRECTIONS, the search ends after DIRECTION_NODES
        nodes with the best point known.
        """
        self._limit_s = limit_s
        self._gap = gap
        self._solver: Solver | None = None

    def answer(
        self,
        system: System,
        previous: Mapping[str, Reals] | None = None,
        passed: int = 0,
        hint: Mapping[str, Reals] | None = None,
    ) -> Answer:
        """Return the answer to a system; there is always one.

        previous: flows of the last answer, `passed` steps ago; followed where the solver gives no point. hint: known
        values of some columns by name, from which the search of an integer programme begins.
        """
        if system.steps == 0:
            return Answer("optimal", (), 0.0, 0.0, {}, {}, {}, 0.0, 0, 0.0)
        built = assemble(system)
        if self._solver is None:
            self._solver = Solver(built.program)
        else:
            self._solver.renew(built.program)
        if hint:
            columns = np.concatenate([built.columns[name] for name in hint])
            self._solver.suggest(columns, np.concatenate(list(hint.values())))
        found = self._run(self._solver, system)
        if found.status in ("infeasible", "unbounded"):
            for slack in built.slacks:
                self._solver.bound(slack.columns, 0.0, INFINITY)
            found = self._run(self._solver, system)
        if found.status not in ("optimal", "incumbent"):
            return _fallback(system, previous, passed)
        return _read(system, built, found)

    def _run(self, solver: Solver, system: System) -> Optimum:
        if solver.whole <= FEW_DIRECTIONS or any(isinstance(block, Job) for block in system.blocks):
            return solver.run(self._limit_s, self._gap)
        found = solver.run(self._limit_s, self._gap, DIRECTION_NODES)
        return solver.run(self._limit_s, self._gap) if found.status == "failed" else found


def answer(system: System, limit_s: float = TIME_LIMIT_S, gap: float = 0.0) -> Answer:
    """Return the answer to a single system."""
    return Planner(limit_s, gap).answer(system)


def _read(system: System, built: Assembled, found: Optimum) -> Answer:
    flows = {name: found.values[columns] for name, columns in built.columns.items()}
    _net(system, flows)
    relaxed = tuple(one for slack in built.slacks if (one := _relaxed(slack, found.values)) is not None)
    marginal, worth = {}, {}
    if found.status == "optimal" and found.duals.size:
        marginal = {bus: found.duals[rows] / system.step_h for bus, rows in built.balances.items()}
        worth = {store: -found.duals[rows] for store, rows in built.ties.items()}
    word = "relaxed" if relaxed else found.status
    return Answer(
        word, relaxed, found.gap, cost_cny(system, flows), flows, marginal, worth, residual_kwh(system, flows),
        found.iterations,
        found.bound,
    )  # fmt: skip


def _net(system: System, flows: dict[str, Reals]) -> None:
    """Take out what flows both ways at once for nothing: ties of the optimum that no meter would show."""
    pairs = [(f"{grid.id}.import", f"{grid.id}.export") for grid in system.grids()]
    pairs += [
        (f"{store.id}.charge", f"{store.id}.discharge")
        for store in system.stores()
        if store.charge_efficiency * store.discharge_efficiency == 1.0
    ]
    for first, second in pairs:
        both = np.minimum(flows[first], flows[second])
        flows[first], flows[second] = flows[first] - both, flows[second] - both


def _relaxed(slack: Slack, values: Reals) -> Relaxed | None:
    amounts = values[slack.columns]
    if float(amounts.max(initial=0.0)) <= _SEEN:
        return None
    step = int(np.argmax(amounts > _SEEN)) if len(amounts) > 1 else 0
    return Relaxed(slack.limit, slack.thing, float(amounts.sum()) * slack.per, slack.unit, step, _WHY[slack.limit])


def _fallback(system: System, previous: Mapping[str, Reals] | None, passed: int) -> Answer:
    """Return what happens when the last plan, shifted, or nothing but the rules is followed."""
    wanted = {} if previous is None else {name: flow[passed:] for name, flow in previous.items()}
    flows = follow(system, wanted)
    opened = replace(system, blocks=tuple(_opened(block) for block in system.blocks))
    residual = residual_kwh(opened, flows)
    return Answer("fallback", (), float("inf"), cost_cny(system, flows), flows, {}, {}, residual, 0, -float("inf"))


def _opened(block: Block) -> Block:
    """Return a store that may choose its opening as one that opens where a followed one does."""
    if isinstance(block, Store) and block.opening_kwh is None:
        return replace(block, opening_kwh=block.low_kwh)
    return block


def cost_cny(system: System, flows: Mapping[str, Reals]) -> float:
    """Return what flows cost at the prices of the system: energy, peaks and wear."""
    cost = 0.0
    for block in system.blocks:
        match block:
            case Grid():
                bought = flows[f"{block.id}.import"] + flows[f"{block.id}.over"]
                sold = flows[f"{block.id}.export"] + flows[f"{block.id}.shut"]
                cost += system.step_h * float(block.import_price @ bought - block.export_price @ sold)
            case Source():
                cost += system.step_h * float((np.asarray(block.price) * flows[block.id]).sum())
            case Store():
                cost += system.step_h * block.wear_price * float(flows[f"{block.id}.discharge"].sum())
            case Job():
                cost += float(flows[f"{block.id}.starts"] @ block.costs) if block.costs.size else 0.0
        if isinstance(block, Grid | Converter) and block.demand is not None:
            cost += float(block.demand.price @ peaks_kw(block, flows))
    return cost


def carbon_kg(system: System, flows: Mapping[str, Reals]) -> float:
    """Return the emissions of what grids and sources gave [kg CO2e]."""
    found = 0.0
    for block in system.blocks:
        if isinstance(block, Grid):
            bought = flows[f"{block.id}.import"] + flows[f"{block.id}.over"]
            found += system.step_h * float((np.asarray(block.co2e_kg_per_kwh) * bought).sum())
        elif isinstance(block, Source):
            found += system.step_h * float((np.asarray(block.co2e_kg_per_kwh) * flows[block.id]).sum())
    return found


def job_kw(job: Job, flows: Mapping[str, Reals], steps: int) -> Reals:
    """Return the power that a job takes (T,) [kW]."""
    power = np.zeros(steps)
    for start, share in zip(job.starts.tolist(), flows[f"{job.id}.starts"].tolist(), strict=True):
        if share > 0.0:
            power[start : start + len(job.power_kw)] += share * job.power_kw
    return power


def residual_kwh(system: System, flows: Mapping[str, Reals]) -> float:
    """Return the largest difference that a bus or a store leaves in a step [kWh], from the flows alone."""
    left: dict[str, Reals] = {}
    worst = 0.0

    def give(bus: str, power_kw: Reals) -> None:
        left[bus] = left.get(bus, np.zeros(system.steps)) + power_kw

    for block in system.blocks:
        match block:
            case Load():
                give(block.bus, -block.power_kw)
            case Source():
                give(block.bus, flows[block.id])
            case Grid():
                give(block.bus, flows[f"{block.id}.import"] + flows[f"{block.id}.over"])
                give(block.bus, -flows[f"{block.id}.export"] - flows[f"{block.id}.shut"])
            case Converter():
                give(block.bus, -flows[block.id])
                give(block.to_bus, flows[block.id] * block.ratio)
                if block.lifted_bus:
                    give(block.lifted_bus, flows[block.id] * (1.0 - block.ratio))
            case Store():
                give(block.bus, flows[f"{block.id}.discharge"] - flows[f"{block.id}.charge"])
                worst = max(worst, _store_residual(system, block, flows))
            case Flexible():
                give(block.bus, -flows[block.id])
            case Job():
                give(block.bus, -job_kw(block, flows, system.steps))
    for bus, power in left.items():
        zero = np.zeros(system.steps)
        rest = power + flows.get(f"{bus}.unserved", zero) - flows.get(f"{bus}.spilled", zero)
        worst = max(worst, float(np.abs(rest).max(initial=0.0)) * system.step_h)
    return worst


def _store_residual(system: System, store: Store, flows: Mapping[str, Reals]) -> float:
    stored = flows[f"{store.id}.stored"]
    opening = stored[-1] if store.opening_kwh is None else _held(store)
    before = np.append(opening, stored[:-1])
    gained = flows[f"{store.id}.charge"] * store.charge_efficiency
    gained = gained - flows[f"{store.id}.discharge"] / store.discharge_efficiency
    return float(np.abs(stored - store.kept_share * before - system.step_h * gained).max(initial=0.0))


def _held(store: Store) -> float:
    return min(max(store.opening_kwh or 0.0, store.low_kwh, 0.0), store.capacity_kwh)
