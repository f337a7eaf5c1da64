"""What the lines are told to make next: the plan in its order, fed just ahead, past jobs that lack a kit or boards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from parkwright.make.boards import boards_per_unit, opening_boards
from parkwright.make.pace import changeover_s, of_product
from parkwright.make.problem import to_ms, windows
from parkwright.model.command import JobRelease, Refusal
from parkwright.model.park import Park
from parkwright.model.site import WorkCenter
from parkwright.model.tables import JOBS, SCHEDULE, conform

AHEAD_S = 300.0
"""Work that waits at a line at least [s], assumed: five decision cycles of a minute."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A job of the plan on its line, in the plan's order."""

    job_id: str
    order_id: str
    product_id: str
    segment_id: str
    family_id: str
    work_center_id: str
    quantity: int
    release: datetime
    setup_start: datetime
    start: datetime
    work_s: float
    pauses: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """The plan as the shop floor reads it: per line its jobs in order, each job by id; built once a plan.

    runs: per line its jobs by run, each alone but on a line with room, where those set up for together share one.
    needs: product id -> {board id: boards built into a unit}, of products that have any.
    """

    park: Park
    by_line: Mapping[str, tuple[Planned, ...]]
    runs: Mapping[str, tuple[tuple[Planned, ...], ...]]
    job: Mapping[str, Planned]
    needs: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Released:
    """Jobs to send now, and jobs that were passed over, each with the reason."""

    releases: tuple[JobRelease, ...]
    passed_over: tuple[Refusal, ...]


def sheet(park: Park, schedule: pl.DataFrame, jobs: pl.DataFrame, orders: pl.DataFrame) -> Sheet:
    """Return the plan (SCHEDULE, JOBS, JOB_ORDERS) as per-line lists in the order of setup_start."""
    rows = (
        conform(schedule, SCHEDULE)
        .join(conform(jobs, JOBS).drop("segment_id"), on="job_id")
        .join(orders.select("order_id", "release"), on="order_id")
        .sort("setup_start", "job_id")
    )
    by_line: dict[str, list[Planned]] = {line.id: [] for line in park.work_centers}
    for row in rows.iter_rows(named=True):
        line = park.work_center[row["work_center_id"]]
        pace = of_product(line, park.product[row["product_id"]])
        by_line[line.id].append(
            Planned(
                row["job_id"], row["order_id"], row["product_id"], row["segment_id"], row["family_id"], line.id,
                row["quantity"], row["release"], row["setup_start"], row["start"], pace.work_s(row["quantity"]),
                park.segment[row["segment_id"]].pauses and not line.room,
            )
        )  # fmt: skip
    lists = {line_id: tuple(planned) for line_id, planned in by_line.items()}
    runs = {line_id: _runs(park.work_center[line_id], planned) for line_id, planned in lists.items()}
    job = {job.job_id: job for planned in lists.values() for job in planned}
    return Sheet(park, lists, runs, job, boards_per_unit(park))


def _runs(line: WorkCenter, planned: Sequence[Planned]) -> tuple[tuple[Planned, ...], ...]:
    runs: dict[object, list[Planned]] = {}
    for job in planned:
        runs.setdefault(job.setup_start if line.room else job.job_id, []).append(job)
    return tuple(tuple(run) for run in runs.values())


def releases(
    plan: Sheet,
    released: Sequence[str],
    kits: Collection[str],
    queue: Mapping[str, int],
    at: datetime,
    boards: Mapping[str, int] | None = None,
    out: Collection[str] = (),
) -> Released:
    """Return the jobs to release now so that every line has AHEAD_S of work waiting, in the plan's order.

    A job without its kit or its boards, or before its order's release, is passed over; where its planned start has
    come, the answer says so with the reason. A job whose boards are not all there would stop its line until they are.
    Jobs that share a run of a line with room are released together, once all of them can be or the run is due to
    begin; what cannot be then has a run of its own later. No run of such a line is released before one that is planned
    ahead of it and has not to begin yet: it would hold the line for its whole time.

    plan: the day's sheet. released: jobs released so far, in the order of release. kits: jobs whose kit has arrived.
    queue: line id -> units released that have not entered its first work unit, see `queue_of`. at: now, aware UTC.
    boards: board id -> boards that no released job has spoken for, see `boards_free`; None where nobody counts them.
    out: lines out of use now, which are sent nothing.
    """
    done = set(released)
    free = None if boards is None else dict(boards)
    found: list[JobRelease] = []
    passed: list[Refusal] = []
    for line_id, runs in plan.runs.items():
        if line_id in out:
            continue
        line = plan.park.work_center[line_id]
        waiting_s = _waiting_s(line, queue.get(line_id, 0))
        family = _family_now(plan, released, line_id)
        for run in runs:
            if waiting_s >= AHEAD_S:
                break
            waiting = [job for job in run if job.job_id not in done]
            if not waiting:
                continue
            setup_s = changeover_s(plan.park, line, family, waiting[0].family_id)
            ready, late = _ready(plan, waiting, kits, at, free, at + timedelta(seconds=waiting_s + setup_s))
            due = run[0].setup_start <= at
            if late and due:
                passed.extend(late)
            if late and line.room and (not due or (not ready and at < run[0].start)):
                break
            if late and not due:
                continue
            for job in ready:
                found.append(_release(plan.park, job, family))
                _speak_for(plan, job, free)
                family = job.family_id
            waiting_s += sum(job.work_s for job in (ready[:1] if line.room else ready))
    return Released(tuple(found), tuple(passed))


def _waiting_s(line: WorkCenter, units: int) -> float:
    """Return the work of units that wait before a line [s]; with room, a run's, however few they are."""
    return line.work_unit[0].cycle_s * min(1, units) if line.room else units * line.takt_s


def _ready(
    plan: Sheet, run: Sequence[Planned], kits: Collection[str], at: datetime, free: Mapping[str, int] | None,
    begin: datetime,
) -> tuple[list[Planned], list[Refusal]]:  # fmt: skip
    """Return the jobs of a run that can be released now, and the others with the reason; begin: when it would begin."""
    left = None if free is None else dict(free)
    ready: list[Planned] = []
    late: list[Refusal] = []
    for job in run:
        reason = (
            _reason_to_wait(job, kits, at) or _boards_lacking(plan, job, left) or _hours_lacking(plan.park, job, begin)
        )
        if reason:
            late.append(Refusal(job.job_id, reason))
            continue
        ready.append(job)
        _speak_for(plan, job, left)
    return ready, late


def made(plan: Sheet, passages: pl.DataFrame) -> dict[str, int]:
    """Return board id -> good boards that left their line in these PASSAGES; sum over ticks for the day."""
    if passages.is_empty():
        return {}
    lasts = [line.work_unit[-1].id for line in plan.park.work_centers]
    out = passages.filter(pl.col("work_unit_id").is_in(lasts) & (pl.col("result") == "ok"))
    counts: dict[str, int] = {}
    for job_id, count in out.group_by("job_id").len().iter_rows():
        job = plan.job.get(job_id)
        if job is not None and plan.park.product[job.product_id].kind == "board":
            counts[job.product_id] = counts.get(job.product_id, 0) + count
    return counts


def boards_free(plan: Sheet, released: Sequence[str], built: Mapping[str, int]) -> dict[str, int]:
    """Return board id -> boards that no released job has spoken for: opening stock and those built, less their needs.

    released: jobs released so far. built: board id -> good boards of the day, sums of `made`.
    """
    stock = opening_boards(plan.park)
    free = {p.id: stock + built.get(p.id, 0) for p in plan.park.products if p.kind == "board"}
    for job_id in released:
        _speak_for(plan, plan.job[job_id], free)
    return free


def _speak_for(plan: Sheet, job: Planned, free: dict[str, int] | None) -> None:
    if free is not None:
        for board, each in plan.needs.get(job.product_id, {}).items():
            free[board] -= each * job.quantity


def _boards_lacking(plan: Sheet, job: Planned, free: Mapping[str, int] | None) -> str:
    if free is not None:
        for board, each in plan.needs.get(job.product_id, {}).items():
            if free[board] < each * job.quantity:
                return f"{each * job.quantity - max(0, free[board])} boards {board} are not built yet"
    return ""


def _hours_lacking(park: Park, job: Planned, begin: datetime) -> str:
    """Return why a job that may not pause cannot begin now; one that waits for its line to open waits there."""
    if job.pauses:
        return ""
    day = begin.astimezone(park.zone).date()
    for opened, closed in zip(*(hours.tolist() for hours in windows(park, day, job.work_center_id)), strict=True):
        if opened <= to_ms(begin) < closed < to_ms(begin) + job.work_s * 1000:
            at = datetime.fromtimestamp(closed / 1000, UTC)
            return f"it may not pause, and its line closes at {at:%Y-%m-%d %H:%M} UTC, before it is done"
    return ""


def entered(park: Park, passages: pl.DataFrame) -> dict[str, int]:
    """Return line id -> units that left its first work unit in these PASSAGES; sum over ticks for the day."""
    firsts = {line.work_unit[0].id: line.id for line in park.work_centers}
    counts = dict.fromkeys(firsts.values(), 0)
    for work_unit_id, result in zip(passages["work_unit_id"].to_list(), passages["result"].to_list(), strict=True):
        if work_unit_id in firsts and result != "fail":
            counts[firsts[work_unit_id]] += 1
    return counts


def queue_of(plan: Sheet, released: Sequence[str], left: Mapping[str, int], presence: pl.DataFrame) -> dict[str, int]:
    """Return line id -> units released that have not entered its first work unit.

    released: jobs released so far. left: line id -> units that have left its first work unit, sums of `entered`.
    presence: PRESENCE now.
    """
    queue = {line_id: -left.get(line_id, 0) for line_id in plan.by_line}
    for job_id in released:
        job = plan.job[job_id]
        queue[job.work_center_id] += job.quantity
    firsts = {line.work_unit[0].id: line.id for line in plan.park.work_centers}
    for work_unit_id in presence["work_unit_id"]:
        if work_unit_id in firsts:
            queue[firsts[work_unit_id]] -= 1
    return {line_id: max(0, units) for line_id, units in queue.items()}


def _family_now(plan: Sheet, released: Sequence[str], line_id: str) -> str | None:
    for job_id in reversed(released):
        job = plan.job.get(job_id)
        if job is not None and job.work_center_id == line_id:
            return job.family_id
    return None


def _reason_to_wait(job: Planned, kits: Collection[str], at: datetime) -> str:
    if job.job_id not in kits:
        return "its kit has not arrived"
    if job.release > at:
        return f"its order is released at {job.release:%Y-%m-%d %H:%M} UTC"
    return ""


def _release(park: Park, job: Planned, family: str | None) -> JobRelease:
    setup_s = changeover_s(park, park.work_center[job.work_center_id], family, job.family_id)
    return JobRelease(
        job.job_id, job.product_id, job.segment_id, job.family_id, job.work_center_id, job.quantity, setup_s
    )
