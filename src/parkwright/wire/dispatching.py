"""The commands `energy golden`, `solve`, `pareto`, `mpc` and `joint`: files and clocks around the core of energy."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from numpy.random import Generator, Philox, SeedSequence

from parkwright.energy import control, golden, history, joint, pareto
from parkwright.energy.answer import answer
from parkwright.energy.blocks import Block, Job, Store, System
from parkwright.energy.case import Series, system
from parkwright.store import energy_case


def write_golden(days: int, folder: Path) -> dict[str, Any]:
    """Write the golden problem of some days as a case; return its steps and the optimum known, None where none is."""
    steps = 96 * days
    energy_case.write(folder, golden.CASE, golden.series(steps))
    return {"case": str(folder), "steps": steps, "optimum_cny": golden.OPTIMA_CNY.get(steps)}


def solve_case(folder: Path, limit_s: float) -> dict[str, Any]:
    """Solve the case of a folder and return objective, status, time to build and solve [s], and balance residual.

    repairs: what was held to its limits. doubts: what looks like a stuck sensor, taken as it is. relaxed: what gave
    way, by how much, and why.
    Raises CaseError when the folder holds no case that can be solved.
    """
    case, given = energy_case.read(folder)
    begun = time.perf_counter()
    built, repairs = system(case, given)
    found = answer(built, limit_s)
    spent = time.perf_counter() - begun
    return {
        "objective_cny": found.objective_cny,
        "status": found.status,
        "seconds": round(spent, 6),
        "balance_residual_kwh": found.balance_residual_kwh,
        "repairs": list(repairs),
        "doubts": list(_doubts(given)),
        "relaxed": [
            {"limit": one.limit, "thing": one.thing, "amount": one.amount, "unit": one.unit, "why": one.why,
             "start": given.starts[one.step].isoformat()}
            for one in found.relaxed
        ],
    }  # fmt: skip


def _doubts(given: Series) -> tuple[str, ...]:
    """Return which measured-like columns of a series stand still for half a day; prices, COP and factors may."""
    powers = {name: values for name, values in given.columns.items() if name.endswith("_kw")}
    return history.doubts(powers, given.starts, round(given.step_h * 3600.0))


def sweep_case(folder: Path, points: int, limit_s: float) -> dict[str, Any]:
    """Return plans of a case from the cheapest to the cleanest: cap, cost and emissions of each."""
    case, given = energy_case.read(folder)
    built, repairs = system(case, given)
    found = pareto.sweep(built, points, limit_s)
    rows = [
        {
            "cap_kg": None if row == 0 else point.cap_kg,
            "cost_cny": point.cost_cny,
            "co2e_kg": point.co2e_kg,
            "status": point.answer.status,
        }
        for row, point in enumerate(found)
    ]
    return {"points": rows, "repairs": list(repairs)}


def control_case(folder: Path, like: Path | None, noise: float, seed: int, every: int) -> dict[str, Any]:
    """Control a case with forecasts and return what it cost beside perfect foresight and no control at all.

    like: case of a time that is expected to be like this one, for example last month; None plans without one.
    noise: relative error of the forecasts a day ahead. every: steps between plans.
    """
    case, given = energy_case.read(folder)
    truth, repairs = system(case, given)
    truth, opened = _opened(truth)
    month = None
    if like is not None:
        other, before = energy_case.read(like)
        certain_days = truth.steps * truth.step_h / 24 if noise <= 0.0 else None
        month = control.month_peak_kw(_opened(system(other, before)[0])[0], round(24 / before.step_h), certain_days)
    begun = time.perf_counter()
    rng = Generator(Philox(SeedSequence([seed])))
    found = control.control(truth, month, rng, noise, round(24 / given.step_h), every)
    spent = time.perf_counter() - begun
    share, foresight = control.regret(truth, found)
    return {
        "cost_cny": found.cost_cny,
        "foresight_cny": foresight,
        "regret_share": share,
        "uncontrolled_cny": control.uncontrolled(truth),
        "peak_kw": dict(found.peak_kw),
        "peak_target_kw": month or {},
        "plans": found.plans,
        "statuses": dict(found.words),
        "balance_residual_kwh": found.residual_kwh,
        "seconds": round(spent, 3),
        "repairs": [*repairs, *opened],
        "doubts": list(_doubts(given)),
    }


def _opened(truth: System) -> tuple[System, list[str]]:
    """Return a system whose stores all have an opening, and what was said about those that had none."""
    blocks: list[Block] = []
    told = []
    for block in truth.blocks:
        if isinstance(block, Store) and block.opening_kwh is None:
            half = block.capacity_kwh / 2.0
            told.append(f"store {block.id!r}: has no opening_kwh: opens half full with {half:g} kWh")
            blocks.append(replace(block, opening_kwh=half))
        else:
            blocks.append(block)
    return replace(truth, blocks=tuple(blocks)), told


def joint_case(folder: Path, limit_s: float) -> dict[str, Any]:
    """Plan the jobs of a case together with its dispatch; return costs beside the two-pass plans, and all starts.

    Raises CaseError when the case cannot be used, PlanError when it holds no job or a job finds no place.
    """
    case, given = energy_case.read(folder)
    built, repairs = system(case, given)
    begun = time.perf_counter()
    found = joint.plan(built, limit_s)
    spent = time.perf_counter() - begun
    jobs = [block for block in built.blocks if isinstance(block, Job)]
    return {
        "earliest_cny": found.earliest.cost_cny,
        "shifted_cny": found.shifted.cost_cny,
        "joint_cny": found.joint.cost_cny,
        "saved_by_shifting_cny": found.saved_by_shifting_cny,
        "saved_by_joint_cny": found.saved_by_joint_cny,
        "gap": found.gap,
        "bound_cny": found.bound_cny,
        "late": list(found.late),
        "status": found.joint.answer.status,
        "seconds": round(spent, 3),
        "balance_residual_kwh": found.joint.answer.balance_residual_kwh,
        "jobs": [_placed(job, found, given) for job in jobs],
        "repairs": list(repairs),
    }


def _placed(job: Job, found: joint.Joint, given: Series) -> dict[str, Any]:
    step = timedelta(hours=given.step_h)
    end = given.starts[found.joint.starts[job.id]] + len(job.power_kw) * step
    return {
        "job": job.id,
        "machine": job.machine,
        "start": given.starts[found.joint.starts[job.id]].isoformat(),
        "end": end.isoformat(),
        "by": (given.starts[int(job.starts.max())] + len(job.power_kw) * step).isoformat(),
        "earliest_start": given.starts[found.earliest.starts[job.id]].isoformat(),
        "shifted_start": given.starts[found.shifted.starts[job.id]].isoformat(),
    }
