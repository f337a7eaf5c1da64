"""`make solve --format park`: the jobs of a park's own day, searched for as long as one asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np

from parkwright.make import park_day
from parkwright.make.bounds import at_no_carbon_price, bounds_of
from parkwright.make.certify import certified
from parkwright.make.laid import Laid, counted, lay, placed_on, scheduled
from parkwright.make.left_out import reason
from parkwright.make.park_check import check
from parkwright.make.problem import to_ms
from parkwright.make.replan import Effort, Wishes, replanned
from parkwright.make.schedule import Unplaced, as_schedule
from parkwright.model.park import Park
from parkwright.plan.day import asked_of
from parkwright.plan.outage import maintained
from parkwright.plan.terms import of_day
from parkwright.wire.people import people_of
from parkwright.wire.written import must_be_writable, write_rows

COLUMNS = ("job", "stage", "machine", "start", "end", "job_id", "work_center_id")


def solve_park(
    park: Park,
    day: date,
    seconds: float,
    seed: int,
    out: Path | None = None,
    progress: Callable[[float, float], None] = lambda share, cost: None,
    parts: int = 0,
) -> dict[str, object]:
    """Plan a park's day, search it, and return {"objective", "valid", "seconds", "lower_bound"} and components.

    objective: weighted tardiness, energy and all other components [CNY]. unplaced: jobs left out, each with its
    reason. lower_bound: of the energy alone, each job in the cheapest hours of its best line; null where a job is left
    out. parts: small parts of the plan that CP-SAT looks
    at after the search; what it finds better is taken, and `parts_proven` of `parts` are the best there is while all
    else stays. out: CSV to write, a row a job; times in whole seconds from midnight.
    progress: told (share of the time, cost in hand [CNY]). Raises ParkwrightError when the park cannot be planned.
    """
    must_be_writable(out)
    asked = asked_of(park, day, seed)
    begun = time.perf_counter()
    terms = of_day(park, day, asked.signal)
    outages = maintained(park, day)
    first = park_day.dispatch(
        park, asked.jobs, asked.orders, day, asked.signal, terms.power, terms.rates, outages=outages
    )
    laid = lay(
        park,
        day,
        asked.orders,
        first.jobs,
        first.schedule,
        asked.signal,
        terms.rates,
        outages=outages,
        power=terms.power,
    )
    placed = searched(laid, seed, begun, seconds, progress)
    proof: dict[str, object] = {}
    if parts:
        placed, proof = proven(laid, placed, parts, seed)
    spent = time.perf_counter() - begun
    schedule = scheduled(laid, placed)
    if out is not None:
        write_jobs(laid, day, placed, out)
    found = counted(laid.problem, placed)
    wrong = check(park, first.jobs, asked.orders, schedule, outages)
    wrong += terms.faults(park, first.jobs, schedule, asked.signal, outages)
    return {
        "objective": round(found.total_cny, 4),
        "valid": not wrong,
        "seconds": round(spent, 3),
        "lower_bound": bounds_of(at_no_carbon_price(laid.problem)).energy_cny if found.left_out_cny == 0.0 else None,
        "jobs": first.jobs.height,
        "placed": schedule.height,
        "unplaced": _unplaced(laid, placed, first.unplaced),
        **{name: round(float(value), 4) for name, value in asdict(found).items()},
        **proof,
        **_crews(laid, placed, day),
    }


def _unplaced(laid: Laid, placed: np.ndarray, known: Sequence[Unplaced]) -> list[dict[str, str]]:
    """Return the jobs without a place, each with its reason; known: what is known of some of them."""
    ids, why = laid.day.jobs["job_id"], {one.job_id: one.reason for one in known}
    left = [(op, ids[op]) for op in np.flatnonzero(placed[:, 0] < 0).tolist()]
    return [{"job_id": job, "reason": why.get(job) or reason(laid.problem, laid.floor, op)} for op, job in left]


def _crews(laid: Laid, placed: np.ndarray, day: date) -> dict[str, object]:
    """Return most people at work of each crew, and hours worked of hours there; nothing where no line shares people."""
    found = people_of(laid, placed, day).crews
    told = {
        crew.crew_id: {
            "most_at_work": max(crew.at_work),
            "worked_h": round(crew.worked_h, 3),
            "there_h": round(crew.there_h, 3),
        }
        for crew in found
    }
    return {"crews": told} if told else {}


def proven(laid: Laid, placed: np.ndarray, parts: int, seed: int) -> tuple[np.ndarray, dict[str, object]]:
    """Return a plan (J, 5) that is no dearer after CP-SAT looked at parts of it, and how many it proved best."""
    before = as_schedule(laid.problem, (placed[:, 0], placed[:, 1], placed[:, 2], placed[:, 3], placed[:, 4]))
    after = certified(laid.problem, before, parts=parts, seed=seed)
    gain = before.cost.total_cny - after.cost.total_cny
    found = after.bounds
    told: dict[str, object] = {"parts": found.windows, "parts_proven": found.windows_proven, "gain_cny": round(gain, 4)}
    told["parts_open_cny"] = round(found.windows_open_cny, 4) if np.isfinite(found.windows_open_cny) else None
    return np.stack(after.columns, axis=1), told


def searched(
    laid: Laid, seed: int, begun: float, seconds: float, progress: Callable[[float, float], None]
) -> np.ndarray:
    """Return the plan (J, 5) of a search that ends `seconds` after `begun`, the laid one where it is no better."""
    effort = Effort(seconds=max(0.0, begun + seconds - time.perf_counter()), progress=progress)
    laid_plan = placed_on(laid.floor)
    found = replanned(laid, laid_plan, Wishes(-(1 << 60)), seed, effort)
    return min(laid_plan, found, key=lambda plan: counted(laid.problem, plan).total_cny)


def write_jobs(laid: Laid, day: date, placed: np.ndarray, out: Path) -> None:
    """Write a plan (J, 5) as CSV: job, stage (segment), machine within it, start, end [s], from 0; then the names."""
    park, jobs = laid.day.park, laid.day.jobs
    segments = {segment: number for number, segment in enumerate(dict.fromkeys(jobs["segment_id"]))}
    machine = {
        (center.id, segment): number
        for segment in segments
        for number, center in enumerate(c for c in park.work_centers if segment in c.segment_ids)
    }
    midnight = to_ms(park.midnight(day))
    rows: list[tuple[object, ...]] = []
    for op in np.flatnonzero(placed[:, 0] >= 0).tolist():
        line, _, start, _, end = placed[op].tolist()
        segment, line_id = jobs["segment_id"][op], park.work_centers[line].id
        times = (start - midnight) // 1000, -(-(end - midnight) // 1000)
        rows.append((op, segments[segment], machine[line_id, segment], *times, jobs["job_id"][op], line_id))
    write_rows(out, COLUMNS, rows)
