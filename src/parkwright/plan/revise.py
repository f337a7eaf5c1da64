"""A day's plan revised: what a change costs in money, lateness and carbon, and what it asks of the run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from parkwright.make.account import Account
from parkwright.make.floor import Floor, Rates
from parkwright.make.laid import Laid, Progress, counted, lay, placed_from, scheduled
from parkwright.make.park_check import check
from parkwright.make.problem import to_ms
from parkwright.make.reason import Reason, reason
from parkwright.make.replan import Effort, Wishes, replanned, staffed
from parkwright.make.whatif import Move, moved, rushed
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.tables import OUTAGES
from parkwright.plan.day import late_orders, lateness
from parkwright.plan.terms import Terms

NERVOUS = Rates(moved_cny=2.0, shifted_cny_per_h=0.2)
"""What moving a job that somebody has seen planned costs in a search (assumed: minutes of a planner's time)."""


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What a day was planned from and stands at: orders, jobs, schedule, signal, outages, as in model.tables.

    outages: as the plan feels them, see `plan.outage.as_felt`. progress: what has begun and what is done. paused: lines
    on which what has begun may end at another time than planned, because an outage comes or ends otherwise. ended:
    lines with an outage that ends otherwise than the schedule knows. terms: what the plan pays and the power it keeps
    within, see `plan.terms.of_day`; none count by default.
    """

    park: Park
    day: date
    orders: pl.DataFrame
    jobs: pl.DataFrame
    schedule: pl.DataFrame
    signal: pl.DataFrame
    outages: pl.DataFrame = field(default_factory=OUTAGES.empty)
    progress: Progress = field(default_factory=Progress)
    paused: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Change:
    """What a planner wants: jobs moved (job, line, start), orders rushed, jobs pinned.

    Lines out of use are the day's, see DayFacts and `plan.outage`. search: also search a better plan for the rest.
    """

    moves: Sequence[tuple[str, str, datetime]] = ()
    rushed: frozenset[str] = frozenset()
    pinned: frozenset[str] = frozenset()
    search: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """What a plan costs: the objective by component [CNY], late orders and hours, energy [kWh], emissions [kg CO2e]."""

    account: Account
    late_orders: int
    lateness_h: float
    energy_kwh: float
    co2e_kg: float
    jobs: int


@dataclass(frozen=True, slots=True)
class Base:
    """What a revision is compared with: the plan in force and its late orders."""

    figures: Figures
    late: frozenset[str]


@dataclass(frozen=True, slots=True)
class Revision:
    """A revised plan beside the one in force.

    changed: jobs with another line or time, or that pause otherwise. left_out: jobs that lose their place. stranded:
    jobs that stay on a line that is out, and cannot be finished before the day is over. newly_late and no_more_late:
    order lines. broken_pins: pinned jobs that were pushed all the same.
    violations: what an independent check finds in it that the plan in force does not break.
    """

    schedule: pl.DataFrame
    changed: tuple[str, ...]
    before: Figures
    after: Figures
    left_out: tuple[str, ...]
    stranded: tuple[str, ...]
    newly_late: tuple[str, ...]
    no_more_late: tuple[str, ...]
    broken_pins: tuple[str, ...]
    violations: tuple[str, ...]
    plan_hash: str


def progress_of(passages: pl.DataFrame, responses: pl.DataFrame, at: datetime) -> Progress:
    """Return what has begun and what is done at an instant by PASSAGES and JOB_RESPONSES."""
    done = frozenset(responses.filter(pl.col("end") <= at)["job_id"])
    return Progress(done | frozenset(passages.filter(pl.col("start") <= at)["job_id"].unique()), done)


def schedule_hash(schedule: pl.DataFrame) -> str:
    """Return the SHA-256 of a schedule in hex, which an approval and a revision name; empty for none."""
    return hashlib.sha256(schedule.write_csv().encode()).hexdigest() if schedule.height else ""


def laid_out(
    facts: DayFacts,
    carbon_cny_per_kg: float | None = None,
    frozen_until: datetime | None = None,
    back: Mapping[str, tuple[str, datetime]] | None = None,
) -> Laid:
    """Return the plan in force on its floor; raises PlanError when it names what is not there.

    carbon_cny_per_kg: in the place of the day's price; None takes that.
    frozen_until: of a plan in whose way new outages stand, None for one that knows them all; see `make.laid.lay`.
    back: jobs that may begin sooner than planned, where and from when on, see `plan.outage.go_back`.
    """
    rates = facts.terms.rates
    if carbon_cny_per_kg is not None:
        rates = replace(rates, carbon_cny_per_kg=carbon_cny_per_kg)
    return lay(
        facts.park, facts.day, facts.orders, facts.jobs, facts.schedule, facts.signal, rates, outages=facts.outages,
        frozen_until=None if frozen_until is None else to_ms(frozen_until),
        back={job_id: (line_id, to_ms(at)) for job_id, (line_id, at) in (back or {}).items()},
        progress=facts.progress, power=facts.terms.power, ended=facts.ended,
    )  # fmt: skip


def why(facts: DayFacts, laid: Laid, job_id: str, frozen_until: datetime) -> Reason | None:
    """Return why a job stands where it does; None when it has no place.

    Raises PlanError for a job that is not there.
    """
    return reason(laid, job_id, to_ms(frozen_until))


def by_hand(laid: Laid, change: Change, frozen_until: datetime) -> Floor:
    """Return a floor on which moves and rushes are made; raises PlanError when one cannot be."""
    until = to_ms(frozen_until)
    moves = [Move(job_id, line_id, to_ms(start)) for job_id, line_id, start in change.moves]
    pinned = [move.job_id for move in moves if move.job_id in change.pinned]
    if pinned:
        raise PlanError(f"job {pinned[0]}: is pinned and moved at once; take the pin away first")
    floor = moved(laid, moves, until)
    for order_id in sorted(change.rushed):
        rushed(laid, floor, order_id, until)
    return floor


def with_people(laid: Laid, floor: Floor, change: Change, frozen_until: datetime) -> np.ndarray:
    """Return a plan (J, 5) changed by hand in which what may still move waits for the people whom the lines share."""
    return staffed(laid, floor, wishes_of(laid, change, frozen_until))


def searched(
    laid: Laid, placed: np.ndarray, change: Change, frozen_until: datetime, seed: int, effort: Effort
) -> np.ndarray:
    """Return a better plan (J, 5) of all that may still move."""
    return replanned(laid, placed, wishes_of(laid, change, frozen_until), seed, effort)


def wishes_of(laid: Laid, change: Change, frozen_until: datetime) -> Wishes:
    """Return what a change asks of the search."""
    moves = frozenset(job_id for job_id, _, _ in change.moves)
    rates = replace(laid.problem.rates, moved_cny=NERVOUS.moved_cny, shifted_cny_per_h=NERVOUS.shifted_cny_per_h)
    return Wishes(to_ms(frozen_until), change.pinned, moves, change.rushed, rates)


def base_of(facts: DayFacts, laid: Laid) -> Base:
    """Return what every revision of a plan is compared with."""
    return Base(figures(facts, laid), frozenset(_late(facts, facts.schedule)))


def _broken(facts: DayFacts, schedule: pl.DataFrame) -> list[str]:
    """Return what a SCHEDULE violates; not what is above the cap because a line is out: that is the plant's to bear."""
    found = check(facts.park, facts.jobs, facts.orders, schedule, facts.outages, facts.progress.begun)
    if facts.paused:
        return found
    return found + facts.terms.faults(facts.park, facts.jobs, schedule, facts.signal, facts.outages)


def revision(
    facts: DayFacts, laid: Laid, placed: np.ndarray, pinned: frozenset[str] = frozenset(), base: Base | None = None
) -> Revision:
    """Return a plan (J, 5) as a revision of the one in force, checked independently.

    base: what `base_of` returns of the plan in force, where it is known already.
    """
    base = base or base_of(facts, laid)
    before = placed_from(laid.day, laid.number, facts.schedule)
    lines = [line.id in facts.paused for line in facts.park.work_centers]
    settled = (before[:, 0] >= 0) & ~laid.back & (laid.done | (laid.begun & ~np.array(lines)[before[:, 0]]))
    placed = np.where(settled[:, None], before, placed)
    held = laid.begun & ~laid.back & (before[:, 0] >= 0)
    placed[:, :3] = np.where(held[:, None], before[:, :3], placed[:, :3])
    schedule = scheduled(laid, placed)
    ids = laid.day.jobs["job_id"].to_list()
    differs = np.flatnonzero((before[:, [0, 2, 3]] != placed[:, [0, 2, 3]]).any(axis=1))
    changed = tuple(ids[n] for n in differs.tolist())
    late = _late(facts, schedule)
    found = _broken(facts, schedule)
    standing = set(_broken(facts, facts.schedule)) if found else set[str]()
    stranded = [op for op, row in laid.standing.items() if np.array_equal(placed[op], row)]
    return Revision(
        schedule,
        changed,
        base.figures,
        _figures(facts, laid, placed, schedule),
        tuple(ids[n] for n in differs.tolist() if placed[n, 0] < 0 <= before[n, 0]),
        tuple(sorted(ids[op] for op in stranded)),
        tuple(sorted(late - base.late)),
        tuple(sorted(base.late - late)),
        tuple(job_id for job_id in changed if job_id in pinned),
        tuple(one for one in found if one not in standing),
        schedule_hash(schedule),
    )


def figures(facts: DayFacts, laid: Laid) -> Figures:
    """Return what the plan in force costs."""
    placed = laid.plan(laid.floor)
    return _figures(facts, laid, placed, scheduled(laid, placed))


def _figures(facts: DayFacts, laid: Laid, placed: np.ndarray, schedule: pl.DataFrame) -> Figures:
    late, hours = lateness(facts.orders, facts.jobs, schedule, facts.park.day_bounds(facts.day)[1])
    return Figures(
        counted(laid.problem, placed),
        late,
        hours,
        float(schedule["energy_kwh"].sum()),
        float(schedule["co2e_kg"].sum()),
        schedule.height,
    )


def _late(facts: DayFacts, schedule: pl.DataFrame) -> set[str]:
    """Return the order lines that a schedule brings late or leaves out."""
    day_end = facts.park.day_bounds(facts.day)[1]
    return set(late_orders(facts.orders, facts.jobs, schedule, day_end)["order_id"].to_list())


def setup_minutes(laid: Laid) -> tuple[list[str], list[tuple[str, list[list[float]]]]]:
    """Return families (F,), and per line its changeovers [min] from each family (rows) to each other (columns)."""
    families = list(laid.day.lines.families)
    per_line = []
    for number, center in enumerate(laid.day.park.work_centers):
        made = laid.day.lines.setup[number, : len(families)] / 60_000.0
        per_line.append((center.id, made.tolist()))
    return families, per_line


def merged(schedule: pl.DataFrame, rows: pl.DataFrame, out: Sequence[str] = ()) -> pl.DataFrame:
    """Return a SCHEDULE in which `rows` (SCHEDULE) take the place of those of the same jobs, by line and start.

    out: jobs that are left out.
    """
    kept = schedule.filter(~pl.col("job_id").is_in([*rows["job_id"].to_list(), *out]))
    return pl.concat([kept, rows]).sort("work_center_id", "setup_start", "job_id")


def instant(ms: int) -> datetime:
    """Return ms since 1970 as an aware instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
