"""A line that a planner takes out of a day from one instant until another, with the reason, and gives back.

An outage is known by its line and its beginning. What is said of it later stands in the place of what was said before:
another end, or an end that is its beginning, by which it is taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import polars as pl

from parkwright.make.check_hours import FROZEN, finish, open_spans, without
from parkwright.make.pace import of_product
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.tables import OUTAGES, TIME, conform

REASON_MAX = 120
"""Characters of a reason at most: what a tooltip shows on two lines (assumed)."""
LOT = ("job_id", "product_id", "quantity")
"""Columns of JOBS that tell how long a job takes a line."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What a planner says of a line: out from `start`, None for now, until `until`, None for the end of the day."""

    line_id: str
    reason: str
    start: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What a planner says of an outage of a line: that it ends at `until`.

    start: when it begins, None for the line's only one that is not over. until: None for as soon as it can: one under
    way ends now, one to come is taken back.
    """

    line_id: str
    start: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A revision of a plan that an outage made: SCHEDULE before it and after it, and when it was said."""

    before: pl.DataFrame
    after: pl.DataFrame
    told: datetime


def outage_rows(
    park: Park,
    day: date,
    wanted: Sequence[Outage],
    now: datetime,
    who: str = "",
    command_id: str = "",
    known: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return outages of a day as OUTAGES, in force from `now` on.

    known: OUTAGES that were said of the day before, None for none.
    Raises PlanError that names the line when it is not there, a time lies outside the day or the wrong way round, the
    outage is over already or was said before, or the reason says nothing or too much.
    """
    first, last = park.day_bounds(day)
    standing = standing_of(OUTAGES.empty() if known is None else known)
    rows = list[tuple[object, ...]]()
    for one in wanted:
        start = max(first, now) if one.start is None else one.start
        until, reason = last if one.until is None else one.until, " ".join(one.reason.split())
        if why := _refusal(park, one.line_id, start, until, reason, (first, last), now):
            raise PlanError(f"line {one.line_id}: {why}")
        if _named(standing, one.line_id, start).height:
            raise PlanError(f"line {one.line_id}: is out from {_clock(park, start)} already; change when that ends")
        rows.append((one.line_id, start, until, reason, who, now, command_id))
    return _as_outages(rows)


def maintained(park: Park, day: date) -> pl.DataFrame:
    """Return the planned maintenance of a day as OUTAGES, known when it begins; nobody said so, who is empty."""
    rows = [
        (one.work_center_id, park.instant(day, one.start), park.instant(day, one.end), one.reason, "",
         park.midnight(day), "")
        for one in park.maintenance
        if one.date == day.isoformat()
    ]  # fmt: skip
    return _as_outages(rows)


def standing_of(said: pl.DataFrame) -> pl.DataFrame:
    """Return what holds of the OUTAGES that were said of a day, in the order of saying: the last word on each."""
    last = said.unique(["work_center_id", "start"], keep="last", maintain_order=True)
    return last.filter(pl.col("end") > pl.col("start"))


def ended_rows(
    park: Park,
    day: date,
    known: pl.DataFrame,
    wanted: Sequence[Ended],
    now: datetime,
    who: str = "",
    command_id: str = "",
    late: timedelta = timedelta(0),
) -> pl.DataFrame:
    """Return other ends of outages of a day as OUTAGES, in force from `now` on: rows that stand in the place of theirs.

    known: OUTAGES that were said of the day. late: how long ago a new end may be at most, for one priced a while ago.
    Raises PlanError that names the line when it has no such outage or several, the outage is over, or the end is over,
    outside the day, before the beginning, or the same as before.
    """
    rows = list[tuple[object, ...]]()
    for one in wanted:
        mine = standing_of(known).filter(pl.col("work_center_id") == one.line_id)
        found = mine.filter(pl.col("end") > now) if one.start is None else _named(mine, one.line_id, one.start)
        if found.height != 1:
            raise PlanError(f"line {one.line_id}: {_unknown(park, one, found)}")
        _, start, was, reason, *_ = found.row(0)
        until = max(start, now) if one.until is None else one.until
        if one.until is None and start > now:
            until = start
        if why := _unchangeable(park, start, was, until, park.day_bounds(day)[1], now, late):
            raise PlanError(f"line {one.line_id}: {why}")
        rows.append((one.line_id, start, until, reason, who, now, command_id))
    return _as_outages(rows)


def go_back(
    schedule: pl.DataFrame, steps: Sequence[Step], now: datetime, begun: Collection[str] = ()
) -> dict[str, tuple[str, datetime]]:
    """Return the line and the instant from which on jobs may begin again that an outage delayed or left without a
    place: where they stood before it was said.

    schedule: SCHEDULE in force. steps: the revisions of the outage, first to last. A job that was moved since by
    anything else stays. One of `begun` goes back only from a place that is still to come: it was begun before anybody
    knew, and so stands where it would have begun. A job whose kit was on its way when the outage was said may begin
    as soon as now, any other only after what is fixed of the day (`FROZEN`).
    """
    stands = _places(schedule)
    held = {job_id for job_id in begun if job_id not in stands or stands[job_id].start <= now}
    back, near = dict[str, _Place | None](stands), dict[str, bool]()
    for step in reversed(steps):
        before, after = _places(step.before), _places(step.after)
        for job_id in {*before, *after} - held:
            was, there = before.get(job_id), after.get(job_id)
            if was != there == back.get(job_id) and (was is None or there is None or was.line_id == there.line_id):
                back[job_id], near[job_id] = was, was is not None and was.begin < step.told + FROZEN
    found = {}
    for job_id, soon in near.items():
        was, there = back[job_id], stands.get(job_id)
        start = None if was is None else _sooner(was, now, soon=soon, begun=job_id in begun)
        if was is not None and start is not None and (there is None or start < there.start):
            found[job_id] = was.line_id, start
    return found


def gone_back(schedule: pl.DataFrame, back: Mapping[str, tuple[str, datetime]]) -> pl.DataFrame:
    """Return a SCHEDULE in which jobs begin where they go back to, see `go_back`, and end so much sooner."""
    at = pl.col("job_id").replace_strict(
        {job_id: at for job_id, (_, at) in back.items()}, default=None, return_dtype=TIME
    )
    start = pl.coalesce(at, "start")
    return schedule.with_columns(start=start, end=pl.col("end") - (pl.col("start") - start))


class _Place(NamedTuple):
    line_id: str
    begin: datetime
    start: datetime


def _sooner(was: _Place, now: datetime, *, soon: bool, begun: bool) -> datetime:
    return was.start if begun else max(was.start, now if soon else now + FROZEN)


def _places(schedule: pl.DataFrame) -> dict[str, _Place]:
    rows = schedule.select("job_id", "work_center_id", "setup_start", "start").iter_rows()
    return {job_id: _Place(line_id, begin, start) for job_id, line_id, begin, start in rows}


def as_felt(
    park: Park,
    jobs: pl.DataFrame,
    schedule: pl.DataFrame,
    outages: pl.DataFrame,
    passages: pl.DataFrame,
    responses: pl.DataFrame,
) -> pl.DataFrame:
    """Return OUTAGES as the plan feels them: each from where its line stood in the plan when it was said, if later.

    A line may be ahead of its plan. What was done by then is not in the way of its outage, whenever it was planned, and
    what was begun keeps its beginning. Nor did it wait over the outage, though the plan in force may have it wait.
    jobs, schedule, passages, responses: JOBS, SCHEDULE, PASSAGES and JOB_RESPONSES.
    """
    if not outages.height:
        return outages
    of_job = {job_id: (park.product[product], units) for job_id, product, units in jobs.select(LOT).iter_rows()}
    said, starts = outages.select("work_center_id", "start", "end", "at").rows(), list[datetime]()
    for line_id, start, end, told in said:
        line = park.work_center[line_id]
        others = [(low, high) for of, low, high, _ in said if of == line_id and (low, high) != (start, end)]
        places = schedule.filter(pl.col("work_center_id") == line_id).select("job_id", "start", "end")
        done = places.join(responses.filter(pl.col("end") <= told), on="job_id", how="semi")
        begun = places.join(passages.filter(pl.col("start") <= told), on="job_id", how="semi")
        stood = [start, *(at + timedelta(milliseconds=1) for at in begun["start"])]
        for job_id, first, last in done.iter_rows():
            product, units = of_job[job_id]
            pace = of_product(line, product)
            left = last - timedelta(seconds=pace.tail_s)
            hours = without(open_spans(park, line_id, first, left), others)
            stood.append(min(left, finish(hours, first, pace.work_s(units)) or left))
        starts.append(max(stood))
    felt = outages.with_columns(pl.Series("start", starts, dtype=TIME))
    return felt.filter(pl.col("start") < pl.col("end"))


def _as_outages(rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    schema = {name: pl.Datetime("us", "UTC") if kind == TIME else kind for name, kind in OUTAGES.schema.items()}
    return conform(pl.DataFrame(rows, schema=schema, orient="row"), OUTAGES)


def _named(standing: pl.DataFrame, line_id: str, start: datetime) -> pl.DataFrame:
    """Return the outage of a line that begins at an instant, to the ms; no row when there is none."""
    return standing.filter((pl.col("work_center_id") == line_id) & (pl.col("start") == pl.lit(start).cast(TIME)))


def _clock(park: Park, at: datetime) -> str:
    return f"{at.astimezone(park.zone):%Y-%m-%d %H:%M}"


def _unknown(park: Park, one: Ended, found: pl.DataFrame) -> str:
    """Return why nobody knows which outage is meant."""
    if found.height:
        starts = ", ".join(_clock(park, start) for start in found["start"])
        return f"is to be out {found.height} times, from {starts}; say which by when it begins"
    when = "now or later" if one.start is None else f"from {_clock(park, one.start)}"
    return f"is not out {when}; take one of the day's outages"


def _unchangeable(
    park: Park, start: datetime, was: datetime, until: datetime, last: datetime, now: datetime, late: timedelta
) -> str:
    """Return why an outage cannot end like this; empty when it can."""
    end = _clock(park, until)
    found = {
        f"its outage from {_clock(park, start)} was over at {_clock(park, was)}; what has passed cannot be changed": (
            was <= now
        ),
        f"its outage is to end at {end}, before it begins at {_clock(park, start)}; give a later end": until < start,
        f"its outage is to end at {end}, which has passed; give a later end, or none to end it now": (
            start <= now and until < now - late
        ),
        f"its outage is to end at {end}, after the day; give a time of the day": until > last,
        f"its outage ends at {end} as it is; give another end": until == was,
    }
    return next((why for why, holds in found.items() if holds), "")


def _refusal(
    park: Park, line_id: str, start: datetime, until: datetime, reason: str, day: tuple[datetime, datetime],
    now: datetime,
) -> str:  # fmt: skip
    """Return why a line cannot be out like this; empty when it can."""
    zone = park.zone
    found = {
        f"does not exist in this park; take one of {', '.join(line.id for line in park.work_centers)}": (
            line_id not in park.work_center
        ),
        f"is to be out until {until.astimezone(zone):%Y-%m-%d %H:%M}, not after {start.astimezone(zone):%H:%M}, when"
        " that begins; give a later end": until <= start,
        f"is to be out from {start.astimezone(zone):%Y-%m-%d %H:%M} until {until.astimezone(zone):%Y-%m-%d %H:%M},"
        f" which is not within {day[0].astimezone(zone):%Y-%m-%d}; give times of that day": (
            start < day[0] or until > day[1]
        ),
        f"is to be out until {until.astimezone(zone):%Y-%m-%d %H:%M}, which is over; give a later end": until <= now,
        "is out for no reason; say why, for example maintenance, breakdown or no crew": not reason,
        f"is out for a reason of {len(reason)} characters; give one of {REASON_MAX} at most": len(reason) > REASON_MAX,
    }  # fmt: skip
    return next((why for why, holds in found.items() if holds), "")
