"""A day's plan laid out on the floor as it stands, so that one can ask what a change of it would do.

Every operation is held at its planned start: what a change does not push stays where it is. Times are integers, ms.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from parkwright.make.account import Account, account
from parkwright.make.check_hours import FROZEN
from parkwright.make.floor import (
    BEGIN,
    END,
    HOLD,
    LEAVE,
    LEVEL,
    LINE,
    ROW,
    START,
    Floor,
    Placed,
    Power,
    Problem,
    Rates,
    fill_rows,
    floor_of,
)
from parkwright.make.pace import of_product
from parkwright.make.park_day import Prices, day_of, frame_of
from parkwright.make.park_floor import Day, pegs, problem_of
from parkwright.make.problem import to_ms
from parkwright.make.settle import resettle
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.tables import JOB_ORDERS, JOBS, SCHEDULE, SIGNAL, conform

ROUNDS = 4
"""Rounds in which holds that delay a changeover over closed hours are taken away again."""


FROZEN_MS = FROZEN // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """Jobs of a plan that have begun, and those of them that are done."""

    begun: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Laid:
    """A day's plan on its floor: jobs (lots first), the problem with its boards pegged, the floor that holds the plan.

    number: job id -> operation. lacking: (J,) jobs whose boards no lot of the plan makes. was: the plan as it was given
    (J, 5). standing: operation -> its row, of those that stay on a line whose hours end before they are done.
    begun, done: (J,) jobs. back: (J,) jobs that may begin sooner than in `was`.
    stands: (L,) where the lines stand in the plan by what is done [ms], 0 at its beginning.
    """

    day: Day
    prices: Prices
    problem: Problem
    floor: Floor
    number: dict[str, int]
    lacking: np.ndarray
    was: np.ndarray
    standing: Mapping[int, np.ndarray]
    begun: np.ndarray
    done: np.ndarray
    back: np.ndarray
    stands: np.ndarray

    def op(self, job_id: str) -> int:
        """Return the operation of a job; raises PlanError when the plan has no such job."""
        if job_id not in self.number:
            raise PlanError(f"job {job_id}: is not among the day's jobs; take one of the plan")
        return self.number[job_id]

    def line(self, work_center_id: str) -> int:
        """Return the number of a line; raises PlanError when the park has no such line."""
        for number, center in enumerate(self.day.park.work_centers):
            if center.id == work_center_id:
                return number
        raise PlanError(f"line {work_center_id}: does not exist in this park; take one of its work centers")

    def frozen(self, until: int) -> np.ndarray:
        """Return by line until when nothing of the plan is moved (L,) [ms]: until then, and later on a line that is
        ahead of its plan, which takes so much sooner what is planned behind the place where it stands.
        """
        return np.where(self.stands > 0, np.maximum(until, self.stands + FROZEN_MS), until)

    def plan(self, floor: Floor) -> np.ndarray:
        """Return the plan of a floor of this day (J, 5), with what stands where no floor can hold it."""
        placed = placed_on(floor)
        for op, row in self.standing.items():
            if floor.op[op, ROW] < 0:
                placed[op] = row
        return placed


def lay(
    park: Park,
    day: date,
    orders: pl.DataFrame,
    jobs: pl.DataFrame,
    schedule: pl.DataFrame,
    signal: pl.DataFrame,
    rates: Rates | None = None,
    first: Mapping[str, int] | None = None,
    outages: pl.DataFrame | None = None,
    frozen_until: int | None = None,
    back: Mapping[str, tuple[str, int]] | None = None,
    progress: Progress | None = None,
    power: Power | None = None,
    ended: Collection[str] = (),
) -> Laid:
    """Return a plan laid out on its floor.

    orders, jobs, schedule, signal: JOB_ORDERS, JOBS, SCHEDULE and SIGNAL of the day, a feasible plan.
    rates: carbon price and others; None for tardiness and energy alone. first: jobs without a place that take their
    boards from an instant on [ms], before what the plan starts later; the others without a place take what is left.
    outages: OUTAGES; jobs pause over them as over closed hours, and start after them what was to start inside. What was
    in its line when it was told and may not pause is finished first.
    frozen_until: a job that begins before it [ms] stays on its line even where the line's hours end before the job
    does, and goes on when the line is back; None: every job of the plan does.
    back: jobs with the line and the instant [ms] from which on they may begin, sooner than planned or without a place
    in the plan, because an outage is shorter now.
    progress: what has begun, None for nothing: it has its boards, and nothing that has not begun stands in its way.
    power: what the site draws beside its lines and its cap; None watches neither cap nor peak.
    ended: lines with an outage that ends otherwise now: what found no room in their hours may find it in its turn; on
    any other line only behind all that did.
    Raises PlanError when the schedule names jobs or lines that are not there.
    """
    own = conform(jobs, JOBS), conform(orders, JOB_ORDERS), conform(signal, SIGNAL)
    plan = conform(schedule, SCHEDULE)
    out = None if outages is None else _behind_runs(park, outages, plan, own[0])
    today = day_of(park, day, *own, power=power, outages=out)
    number = {job_id: n for n, job_id in enumerate(today.jobs["job_id"])}
    placed = placed_from(today, number, plan)
    seated = _seated(today, number, placed, back or {})
    pegged, home, made = seated.copy(), seated, progress or Progress()
    for job_id, at in (first or {}).items():
        pegged[number[job_id]] = 0, at, at, at, at
    begun, done = (today.jobs["job_id"].is_in(list(ids)).to_numpy() for ids in (made.begun | made.done, made.done))
    links, missing = pegs(today, pegged, begun)
    problem = problem_of(today, rates or Rates(), links)
    lacking = np.zeros(len(placed), dtype=np.bool_)
    lacking[missing] = True
    floor = floor_of(problem)
    standing, in_turn = dict[int, np.ndarray](), np.zeros(len(placed), dtype=np.bool_)
    last = _without_room(today, seated) & ~np.isin(seated[:, 0], _numbers(park, ended))
    while True:
        fill_rows(floor, _rows(floor, seated, in_turn, last))
        _hold(floor, seated)
        pushed = begun & ~in_turn & (floor.op[:, START] > seated[:, 2])
        if pushed.any():
            in_turn |= begun & np.isin(seated[:, 0], seated[pushed, 0])
            continue
        stuck = _stuck(today, floor, seated, standing, frozen_until, begun)
        taken = _taken(today, stuck)
        if taken and outages is not None:
            outages = _to_the_end(park, outages, {line: today.lines.closing(line) for line in taken})
            return lay(
                park, day, orders, jobs, schedule, signal, rates, first, outages, frozen_until, back, progress, power,
                ended,
            )  # fmt: skip
        if not stuck:
            stands = _stands(home, begun, done, len(park.work_centers))
            may = today.jobs["job_id"].is_in(list(back or {})).to_numpy()
            return Laid(
                today, Prices(signal), problem, floor, number, lacking, placed, standing, begun, done, may, stands
            )
        standing |= stuck
        seated = seated.copy()
        seated[list(stuck)] = -1


def _seated(day: Day, number: Mapping[str, int], placed: np.ndarray, back: Mapping[str, tuple[str, int]]) -> np.ndarray:
    """Return a plan (J, 5) with jobs on the lines and at the starts [ms] that they go back to."""
    seated, lines = placed.copy(), [center.id for center in day.park.work_centers]
    for job_id, (line_id, start) in back.items():
        row = seated[number[job_id]]
        row[0], row[1], row[2] = lines.index(line_id), start if row[1] < 0 else row[1], start
    return seated


def _behind_runs(park: Park, outages: pl.DataFrame, plan: pl.DataFrame, jobs: pl.DataFrame) -> pl.DataFrame:
    """Return outages, each no earlier than the end of what was in its line when it was told and may not pause: a run of
    a line with room, or a lot of a segment that does not pause.
    """
    rooms = [line.id for line in park.work_centers if line.room]
    lasting = [segment.id for segment in park.segments if not segment.pauses]
    may_not = pl.col("work_center_id").is_in(rooms) | pl.col("segment_id").is_in(lasting)
    runs = plan.filter(may_not).join(jobs.select("job_id", "product_id"), on="job_id")
    tails = [
        timedelta(seconds=of_product(park.work_center[line_id], park.product[product_id]).tail_s)
        for line_id, product_id in runs.select("work_center_id", "product_id").iter_rows()
    ]
    done = pl.col("end") - pl.Series("tail", tails, dtype=pl.Duration("ms"))
    runs = runs.select("work_center_id", begun="start", done=done)
    told = outages.with_row_index()
    inside = told.join(runs, on="work_center_id").filter(pl.col("begun") < pl.col("at"))
    free = inside.group_by("index").agg(pl.col("done").max())
    left = told.join(free, on="index", how="left", maintain_order="left").with_columns(
        start=pl.max_horizontal("start", "done")
    )
    return left.filter(pl.col("start") < pl.col("end")).drop("index", "done")


def _stuck(
    day: Day, floor: Floor, placed: np.ndarray, standing: Mapping[int, np.ndarray], frozen_until: int | None,
    begun: np.ndarray,
) -> dict[int, np.ndarray]:  # fmt: skip
    """Return the rows of operations that stay on a line that is out and find no room any more in its hours: done after
    them, one after the other, behind those that stand already.
    """
    found = dict[int, np.ndarray]()
    free = {int(row[0]): 0 for row in standing.values()}
    for row in standing.values():
        free[int(row[0])] = max(free[int(row[0])], int(row[3]))
    lost = np.flatnonzero((placed[:, 0] >= 0) & (floor.op[:, START] < 0) & np.isin(placed[:, 0], list(day.lines.out)))
    for op in lost[np.argsort(placed[lost, 2], kind="stable")].tolist():
        line, begin, start, _, _ = placed[op].tolist()
        if frozen_until is not None and begin >= frozen_until and not begun[op]:
            continue
        worked = 0
        if _in_work(day, line, start):
            opened, closed = day.lines.hours(line)
            worked = int(np.maximum(closed - np.maximum(opened, start), 0).sum())
        back = max(int(day.lines.out[line][:, 1].max()), day.lines.closing(line), start, free.get(line, 0))
        free[line] = leave = back + max(0, int(day.arrays.work[op, line]) - worked)
        found[op] = np.array([line, begin, start, leave, leave + int(day.arrays.tail[op, line])])
    return found


def _in_work(day: Day, line: int, start: int) -> bool:
    """Tell whether what starts at `start` is in a line when that goes out."""
    out = day.lines.out[line]
    return bool((out[:, 0] > start).any() and not ((out[:, 0] <= start) & (start < out[:, 1])).any())


def _taken(day: Day, stuck: Mapping[int, np.ndarray]) -> set[int]:
    """Return the lines that would be back for a while, but with an operation in them that takes longer than that."""
    held = {int(row[0]) for row in stuck.values() if _in_work(day, int(row[0]), int(row[2]))}
    return {line for line in held if day.lines.out[line][:, 1].max() < day.lines.hours(line)[1].max(initial=0)}


def _to_the_end(park: Park, outages: pl.DataFrame, closing: Mapping[int, int]) -> pl.DataFrame:
    """Return outages, the last of some lines, by number, to last until these close [ms]: nothing else finds room."""
    lines = {park.work_centers[line].id: at for line, at in closing.items()}
    last = outages.filter(pl.col("work_center_id").is_in(list(lines))).sort("end").unique("work_center_id", keep="last")
    until = pl.col("work_center_id").replace_strict(lines, return_dtype=pl.Int64).cast(pl.Datetime("ms", "UTC"))
    return pl.concat([outages, last.with_columns(start="end", end=until.cast(outages.schema["end"]))])


def _stands(placed: np.ndarray, begun: np.ndarray, done: np.ndarray, lines: int) -> np.ndarray:
    """Return where the lines stand in a plan (L,) [ms]: behind the last job done, in the last begun."""
    stands = np.zeros(lines, dtype=np.int64)
    for jobs, column in ((begun, 2), (done, 3)):
        at = np.flatnonzero(jobs & (placed[:, 0] >= 0))
        np.maximum.at(stands, placed[at, 0], placed[at, column])
    return stands


def _numbers(park: Park, line_ids: Collection[str]) -> list[int]:
    return [number for number, line in enumerate(park.work_centers) if line.id in line_ids]


def _without_room(day: Day, placed: np.ndarray) -> np.ndarray:
    """Tell which operations of a plan (J, 5) found no room in the hours of a line that goes out (J,)."""
    closing = np.array([day.lines.closing(line) for line in range(len(day.park.work_centers))])
    late = placed[:, 3] > closing[placed[:, 0]]
    return np.asarray(late & np.isin(placed[:, 0], list(day.lines.out)))


def _rows(floor: Floor, placed: np.ndarray, first: np.ndarray, last: np.ndarray) -> list[list[int]]:
    """Return the rows of a floor filled as a plan (J, 5) places its jobs.

    first, last: (J,) those ahead of all others, and behind them.
    """
    rows: list[list[int]] = [[] for _ in floor.row]
    for job in np.lexsort((placed[:, 2], last, ~first)).tolist():
        if placed[job, 0] >= 0:
            rows[int(floor.row_of[placed[job, 0], floor.op[job, LEVEL]])].append(job)
    return rows


def placed_from(day: Day, number: dict[str, int], schedule: pl.DataFrame) -> np.ndarray:
    """Return a SCHEDULE as (J, 5): line, changeover, start, line free again, last unit out [ms]; -1 for no place."""
    placed = np.full((day.jobs.height, 5), -1, dtype=np.int64)
    line_of = {center.id: n for n, center in enumerate(day.park.work_centers)}
    rows = schedule.select("job_id", "work_center_id", "setup_start", "start", "end")
    for job_id, line_id, setup_start, start, end in rows.iter_rows():
        if job_id not in number or line_id not in line_of:
            raise PlanError(f"job {job_id} on line {line_id}: is not of this day and park; give its own jobs")
        op, line = number[job_id], line_of[line_id]
        leave = to_ms(end) - int(day.arrays.tail[op, line])
        placed[op] = line, to_ms(setup_start), to_ms(start), leave, to_ms(end)
    return placed


def _hold(floor: Floor, placed: np.ndarray) -> None:
    """Hold every operation at its planned start, but where the hold itself would delay it; none starts before it."""
    at = np.flatnonzero(placed[:, 0] >= 0)
    floor.op[at, HOLD] = placed[at, 2]
    for _ in range(ROUNDS):
        resettle(floor.ints, floor.reals)
        late = at[(floor.op[at, START] != placed[at, 2]) & (floor.op[at, HOLD] > 0)]
        if not late.size:
            break
        floor.op[late, HOLD] = 0
    while (early := at[(floor.op[at, START] >= 0) & (floor.op[at, START] < placed[at, 2])]).size:
        floor.op[early, HOLD] = placed[early, 2]
        resettle(floor.ints, floor.reals)


def placed_on(floor: Floor) -> np.ndarray:
    """Return the plan of a floor (J, 5): line, changeover, start, line free again, last unit out [ms]; -1: no place."""
    found = np.full((floor.op.shape[0], 5), -1, dtype=np.int64)
    at = np.flatnonzero((floor.op[:, START] >= 0) & (floor.op[:, ROW] >= 0))
    found[at, 0] = floor.row[floor.op[at, ROW], LINE]
    found[at, 1:4] = floor.op[at, BEGIN : LEAVE + 1]
    found[at, 4] = floor.op[at, END]
    return found


def counted(problem: Problem, placed: np.ndarray) -> Account:
    """Return what a plan (J, 5) costs by component, counted from the definition."""
    return account(problem, _as_list(placed))


def _as_list(placed: np.ndarray) -> Sequence[Placed]:
    return [Placed(op, *row) for op, row in enumerate(placed.tolist()) if row[0] >= 0]


def scheduled(laid: Laid, placed: np.ndarray) -> pl.DataFrame:
    """Return a plan (J, 5) of a laid day as SCHEDULE, by line and start."""
    frame = frame_of(laid.day, laid.prices, placed)
    return conform(frame.sort("work_center_id", "setup_start", "job_id"), SCHEDULE)
