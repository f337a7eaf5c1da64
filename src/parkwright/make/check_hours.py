"""Hours, paces and times of rows of a schedule, for its independent check: plain Python that no search shares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from parkwright.model.park import Park
from parkwright.model.site import WorkCenter
from parkwright.model.tables import OUTAGES, conform

TOLERANCE = timedelta(milliseconds=2)
"""Rounding of times to ms, twice."""
FROZEN = timedelta(minutes=30)
"""From the present on, in which nothing is moved: kits are on their way to the lines (move.tasks.SLACK)."""

Row = Mapping[str, Any]
Span = tuple[datetime, datetime]
Out = tuple[datetime, datetime, datetime]
"""When a line is out: from, until, and when that was told."""


def planned_pace(line: WorkCenter) -> tuple[float, float]:
    """Return the planned seconds between units at cycle factor 1, stops included, and the power meanwhile [kW]."""
    busy = [unit.cycle_s / unit.places / (1 - unit.fail_share * (1 - unit.scrap_share)) for unit in line.work_unit]
    takt_s = busy[0] if line.room else max([line.takt_s, *busy])
    stops = [
        min(work, takt_s) * unit.mttr_s / unit.mtbf_s
        for work, unit in zip(busy, line.work_unit, strict=True)
        if unit.mtbf_s > 0
    ]
    shares = [
        1.0 if unit.places > 1 else min(1.0, work / takt_s) for work, unit in zip(busy, line.work_unit, strict=True)
    ]
    run = sum(u.run_kw * share + u.idle_kw * (1 - share) for u, share in zip(line.work_unit, shares, strict=True))
    return takt_s + sum(stops), run


def run_key(park: Park, row: Row) -> tuple[Any, ...]:
    """Return what tells the run of a row from others: its job, or on a line with room its line and times."""
    if not park.work_center[row["work_center_id"]].room:
        return (row["job_id"],)
    return row["work_center_id"], row["setup_start"], row["start"], row["end"]


def out_by_line(outages: pl.DataFrame | None) -> dict[str, list[Out]]:
    """Return line -> when it is out of use."""
    found: dict[str, list[Out]] = defaultdict(list)
    rows = OUTAGES.empty() if outages is None else conform(outages, OUTAGES)
    for line_id, start, end, told in rows.select("work_center_id", "start", "end", "at").iter_rows():
        found[line_id].append((start, end, told))
    return found


def gap_s(park: Park, row: Row, job: Row, units: int) -> float:
    """Return the least time in which the line takes `units` units of the job [s]; with room all enter at once."""
    if park.work_center[row["work_center_id"]].room:
        return 0.0
    return units * park.work_center[row["work_center_id"]].takt_s * park.product[job["product_id"]].cycle_factor


def least_s(park: Park, row: Row, own: Row) -> float:
    """Return the least time in which the units of a job enter its line [s]; with room, the time of its run."""
    if park.work_center[row["work_center_id"]].room:
        return float((row["end"] - row["start"]).total_seconds())
    return gap_s(park, row, own, own["quantity"])


def work_s(park: Park, row: Row, job: Mapping[str, Row]) -> float:
    """Return for how long a job takes its line, as planned [s]."""
    line, own = park.work_center[row["work_center_id"]], job[row["job_id"]]
    unit_s = planned_pace(line)[0] * park.product[own["product_id"]].cycle_factor
    return float(unit_s * (line.room or own["quantity"]))


def left_at(park: Park, row: Row, job: Mapping[str, Row], out: Sequence[Out]) -> datetime:
    """Return when a line is done with a job, as planned."""
    return finish(hours_of(park, row, out), row["start"], work_s(park, row, job)) or row["end"]


def hours_of(park: Park, row: Row, out: Sequence[Out]) -> list[Span]:
    """Return the working time of a row's line from its changeover to its end.

    What may not pause and had begun when its line went out is finished.
    """
    runs_on = not pauses(park, row)
    gone = [(start, end) for start, end, told in out if not (runs_on and row["start"] < told)]
    return without(open_spans(park, row["work_center_id"], row["setup_start"], row["end"]), gone)


def pauses(park: Park, row: Row) -> bool:
    """Tell whether a job may pause: not in a run of a line with room, nor when its segment says so."""
    segment = park.segment.get(row["segment_id"])
    return not park.work_center[row["work_center_id"]].room and (segment is None or segment.pauses)


def day_end(park: Park, row: Row) -> datetime:
    """Return when the day of a row is over."""
    return park.day_bounds(row["start"].astimezone(park.zone).date())[1]


def open_spans(park: Park, line_id: str, start: datetime, end: datetime) -> list[Span]:
    """Return the working time of a line on the park's days from `start` to `end`, touching shifts joined."""
    spans: list[Span] = []
    day = start.astimezone(park.zone).date()
    while day <= end.astimezone(park.zone).date():
        for opened, closed in park.line_shifts(day, line_id):
            if spans and opened <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(closed, spans[-1][1]))
            else:
                spans.append((opened, closed))
        day += timedelta(days=1)
    return spans


def without(spans: list[Span], out: Sequence[Span]) -> list[Span]:
    """Return what is left of spans outside others."""
    for start, end in out:
        spans = [
            (low, high)
            for opened, closed in spans
            for low, high in ((opened, min(closed, start)), (max(opened, end), closed))
            if low < high
        ]
    return spans


def worked_s(spans: list[Span], start: datetime, end: datetime) -> float:
    """Return the working time between two instants [s]; spans: in order and apart."""
    return sum(max(0.0, (min(end, closed) - max(start, opened)).total_seconds()) for opened, closed in spans)


def finish(spans: list[Span], start: datetime, work_s: float) -> datetime | None:
    """Return when `work_s` of working time after `start` are over, None when the spans do not hold them."""
    for opened, closed in spans:
        span_s = (closed - max(opened, start)).total_seconds()
        if span_s <= 0:
            continue
        if work_s <= span_s + TOLERANCE.total_seconds():
            return max(opened, start) + timedelta(seconds=work_s)
        work_s -= span_s
    return None
