"""Movable work planned together with dispatch, and beside it what planning the two one after the other gives.

Work runs once, in one piece, inside a window that ends before it would delay an order, on a machine that does one thing
at a time; or it takes its energy in portions within its window. The joint plan is a time-indexed mixed-integer
programme (Sousa and Wolsey, Mathematical Programming 54, 1992) over the blocks of the dispatch; its gap is proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.answer import Answer, Planner, answer, job_kw
from parkwright.energy.blocks import Block, Flexible, Grid, Job, Load, System
from parkwright.model.errors import PlanError

Reals = NDArray[np.float64]

GAP = 1e-3
"""Relative distance to the optimum at which the joint plan stops; assumed, a tenth of what shifting is worth."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Work at its starts (step by job id), its power by id (T,) [kW], and the dispatch that follows from it."""

    starts: Mapping[str, int]
    work_kw: Mapping[str, Reals]
    answer: Answer

    @property
    def cost_cny(self) -> float:
        """Return what the plan costs [CNY]."""
        return self.answer.objective_cny


@dataclass(frozen=True, slots=True)
class Joint:
    """The same work three times: as early as it may, shifted by tariff alone, and planned together with dispatch.

    gap and bound_cny: proven for the joint plan. late: jobs that end after their window in the joint plan, never any.
    """

    earliest: Planned
    shifted: Planned
    joint: Planned
    gap: float
    bound_cny: float
    late: tuple[str, ...]

    @property
    def saved_by_shifting_cny(self) -> float:
        """Return what shifting by tariff alone saves against starting as early as may be [CNY]."""
        return self.earliest.cost_cny - self.shifted.cost_cny

    @property
    def saved_by_joint_cny(self) -> float:
        """Return what the joint plan saves against starting as early as may be [CNY]."""
        return self.earliest.cost_cny - self.joint.cost_cny


def plan(system: System, limit_s: float = 30.0, gap: float = GAP) -> Joint:
    """Return the work of a system planned together with its dispatch, and the two plans beside it.

    The joint plan begins from the better of the two others and is never dearer. limit_s: time of the joint search [s].
    Raises PlanError when the system holds no work, or the windows leave no place for it.
    """
    jobs = tuple(block for block in system.blocks if isinstance(block, Job))
    portioned = tuple(block for block in system.blocks if isinstance(block, Flexible))
    if not (jobs or portioned):
        raise PlanError("joint: there is no work to move; give the case a [[job]] or a [[flexible]]")
    first = fixed(system, earliest(system, jobs), {one.id: at_once(one, system) for one in portioned})
    shifted = fixed(system, *by_tariff(system, jobs, limit_s))
    known = min(first, shifted, key=lambda one: one.cost_cny)
    hint = {f"{job.id}.starts": _chosen(job, known.starts) for job in jobs}
    found = Planner(limit_s, gap).answer(system, hint=hint)
    joint, proven, bound = known, float("inf"), -float("inf")
    if found.word in ("optimal", "incumbent"):
        bound = found.bound_cny
        better = fixed(system, *_placed(jobs, portioned, found.flows))
        joint = min(better, known, key=lambda one: one.cost_cny)
        proven = max(joint.cost_cny - bound, 0.0) / max(abs(joint.cost_cny), 1e-9)
    return Joint(first, shifted, joint, proven, bound, tuple(sorted(_late(jobs, joint.starts))))


def fixed(
    system: System, starts: Mapping[str, int], portions_kw: Mapping[str, Reals] = MappingProxyType({})
) -> Planned:
    """Return the dispatch of a system whose work begins at `starts`: its power is a load like any other.

    portions_kw: power of work that takes portions (T,) [kW] by its id; what is not named stays free.
    """
    work_kw = dict(portions_kw)
    for block in system.blocks:
        if isinstance(block, Job):
            work_kw[block.id] = job_kw(block, {f"{block.id}.starts": _chosen(block, starts)}, system.steps)
    blocks: list[Block] = [
        Load(block.id, block.bus, work_kw[block.id]) if block.id in work_kw else block for block in system.blocks
    ]
    return Planned(dict(starts), work_kw, answer(replace(system, blocks=tuple(blocks))))


def at_once(work: Flexible, system: System) -> Reals:
    """Return the power of work that takes all it may from the beginning of its window on (T,) [kW]."""
    left_kw, power = work.energy_kwh / work.efficiency / system.step_h, np.zeros(system.steps)
    for step in range(work.first, work.end):
        power[step] = min(work.limit_kw, left_kw)
        left_kw -= power[step]
    return power


def earliest(system: System, jobs: tuple[Job, ...]) -> dict[str, int]:
    """Return the starts (step by job id) when every job begins as early as its machine lets it, the most urgent first.

    Raises PlanError when a job finds no place in its window.
    """
    busy: dict[str, NDArray[np.bool_]] = {}
    starts = {}
    for job in sorted(jobs, key=lambda one: (int(one.starts.max()) + len(one.power_kw), int(one.starts.min()), one.id)):
        taken = busy.setdefault(job.machine or job.id, np.zeros(system.steps, dtype=bool))
        length = len(job.power_kw)
        free = next((int(s) for s in np.sort(job.starts) if not taken[s : s + length].any()), None)
        if free is None:
            raise PlanError(
                f"joint: job {job.id!r} finds no place on {job.machine or 'its machine'} before step "
                f"{int(job.starts.max()) + length}; widen its window or move it to another machine"
            )
        taken[free : free + length] = True
        starts[job.id] = free
    return starts


def by_tariff(system: System, jobs: tuple[Job, ...], limit_s: float) -> tuple[dict[str, int], dict[str, Reals]]:
    """Return the starts (step by job id) and portions [kW] that cost least at the price of grid power alone.

    Whatever the plant does, and whatever its peak costs.
    """
    grid = system.grids()[0]
    portioned = tuple(block for block in system.blocks if isinstance(block, Flexible))
    peaks = [float(job.power_kw.max()) for job in jobs] + [one.limit_kw for one in portioned]
    wide, none = np.full(system.steps, sum(peaks) + 1.0), np.zeros(system.steps)
    alone = Grid(grid.id, grid.bus, wide, none, grid.import_price, np.minimum(grid.import_price, 0.0))
    pieces = tuple(replace(job, bus=grid.bus) for job in jobs)
    portions = tuple(replace(one, bus=grid.bus) for one in portioned)
    found = answer(System(system.step_h, system.steps, (alone, *pieces, *portions)), limit_s, GAP)
    if found.word not in ("optimal", "incumbent"):
        return earliest(system, jobs), {one.id: at_once(one, system) for one in portioned}
    return _placed(jobs, portioned, found.flows)


def _placed(
    jobs: tuple[Job, ...], portioned: tuple[Flexible, ...], flows: Mapping[str, Reals]
) -> tuple[dict[str, int], dict[str, Reals]]:
    """Return where an answer puts work: starts and portions [kW]."""
    portions = {one.id: np.maximum(flows[one.id], 0.0) for one in portioned}
    return {job.id: _start(job, flows) for job in jobs}, portions


def _start(job: Job, flows: Mapping[str, Reals]) -> int:
    return int(job.starts[int(np.argmax(flows[f"{job.id}.starts"]))])


def _chosen(job: Job, starts: Mapping[str, int]) -> Reals:
    chosen: Reals = (job.starts == starts[job.id]).astype(np.float64)
    return chosen


def _late(jobs: tuple[Job, ...], starts: Mapping[str, int]) -> list[str]:
    """Return the jobs that do not begin at one of the starts that their window allows."""
    return [job.id for job in jobs if starts[job.id] not in job.starts]
