"""What less carbon costs: the cheapest plan under caps on emissions, from the cheapest plan to the cleanest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from parkwright.energy.answer import TIME_LIMIT_S, Answer, Planner, carbon_kg
from parkwright.energy.blocks import Block, Converter, Grid, Job, Source, Store, System
from parkwright.model.errors import PlanError

_ROOM = 1e-9


@dataclass(frozen=True, slots=True)
class Point:
    """A plan of the sweep: the cap that it keeps, what it costs and emits, and the answer itself."""

    cap_kg: float
    cost_cny: float
    co2e_kg: float
    answer: Answer


def sweep(system: System, points: int, limit_s: float = TIME_LIMIT_S) -> tuple[Point, ...]:
    """Return `points` plans from the cheapest to the cleanest, each the cheapest under its cap on emissions.

    The first is the optimum in cost alone and the last the cheapest of all plans with the least emissions. One
    programme is kept and only its cap changes (epsilon constraint; Haimes, Lasdon and Wismer, IEEE Transactions on
    Systems, Man, and Cybernetics 1, 1971).
    Raises PlanError when fewer than 2 points are asked for, or when limits give way without any cap.
    """
    if points < 2:
        raise PlanError(f"pareto: {points} points make no curve; ask for 2 or more")
    planner = Planner(limit_s)
    cheapest = planner.answer(replace(system, carbon_cap_kg=float("inf")))
    if cheapest.word != "optimal":
        raise PlanError(f"pareto: the plan without a cap is {cheapest.status}; mend that first")
    least = Planner(limit_s).answer(cleanest(system))
    low, high = carbon_kg(system, least.flows), carbon_kg(system, cheapest.flows)
    found = [Point(float("inf"), cheapest.objective_cny, high, cheapest)]
    for cap in np.linspace(high, low, points)[1:]:
        answer = planner.answer(replace(system, carbon_cap_kg=float(cap) + _ROOM * max(1.0, abs(low))))
        found.append(Point(float(cap), answer.objective_cny, carbon_kg(system, answer.flows), answer))
    return tuple(found)


def cleanest(system: System) -> System:
    """Return the system with emissions in the place of prices, so that its optimum is the least that can be emitted."""
    return replace(system, blocks=tuple(_emitting(block, system.steps) for block in system.blocks), carbon_cap_kg=None)


def _emitting(block: Block, steps: int) -> Block:
    """Return a block that costs what it emits."""
    match block:
        case Grid():
            intensity = np.broadcast_to(np.asarray(block.co2e_kg_per_kwh, dtype=np.float64), steps)
            return replace(block, import_price=intensity, export_price=np.zeros(steps), demand=None)
        case Source():
            return replace(block, price=block.co2e_kg_per_kwh)
        case Store():
            return replace(block, wear_price=0.0)
        case Converter():
            return replace(block, demand=None)
        case Job():
            return replace(block, costs=np.zeros(0))
        case _:
            return block
