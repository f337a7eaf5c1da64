"""An independent check of a schedule, in plain Python: it shares no code with the rule that made it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import polars as pl

from parkwright.model.park import Park
from parkwright.model.site import Crew, WorkCenter
from parkwright.model.tables import JOB_ORDERS, JOBS, OUTAGES, SCHEDULE, conform

TOLERANCE = timedelta(milliseconds=2)
"""Rounding of times to ms, twice."""
FROZEN = timedelta(minutes=30)
"""From the present on, in which nothing is moved: kits are on their way to the lines (move.tasks.SLACK)."""
CAP_TOLERANCE_KW = 0.01
"""The same rounding at the power of a large line, in a metering interval."""
PERSON_TOLERANCE = 1e-6
"""Rounding of a sum of people."""

Row = Mapping[str, Any]
Span = tuple[datetime, datetime]
Out = tuple[datetime, datetime, datetime]
"""When a line is out: from, until, and when that was told."""


def check_cap(
    park: Park,
    jobs: pl.DataFrame,
    schedule: pl.DataFrame,
    signal: pl.DataFrame,
    other_kw: Sequence[float],
    outages: pl.DataFrame | None = None,
) -> list[str]:
    """Return the intervals in which a schedule draws more than the signal's cap, one line each.

    Where others draw more than the cap on their own, it is what they draw.

    schedule: feasible, see `check`. signal: SIGNAL; its intervals are equally long. other_kw: what the site draws
    beside its lines (T,) [kW]. outages: OUTAGES, times of lines that are no working time; None for none. A line draws
    its stations' power over the working time of a job, entries only, and their idle power over that of a changeover;
    jobs that share a run of a line with room draw it once.
    """
    product = dict(jobs.select("job_id", "product_id").rows())
    quantity = dict(jobs.select("job_id", "quantity").rows())
    starts = signal.sort("start")["start"].to_list()
    step_s = (starts[1] - starts[0]).total_seconds()
    drawn_kws = [power * step_s for power in other_kw]
    runs, out = set[tuple[Any, ...]](), _out_by_line(outages)
    for row in conform(schedule, SCHEDULE).iter_rows(named=True):
        key = _run_key(park, row)
        if key in runs:
            continue
        runs.add(key)
        line, factor = park.work_center[row["work_center_id"]], park.product[product[row["job_id"]]].cycle_factor
        spans = _hours(park, row, out[row["work_center_id"]])
        unit_s, run_kw = _planned_pace(line)
        units = line.room or quantity[row["job_id"]]
        left = _finish(spans, row["start"], unit_s * factor * units) or row["end"]
        idle_kw = sum(unit.idle_kw for unit in line.work_unit)
        first = max(0, bisect_right(starts, row["setup_start"]) - 1)
        for n, at in enumerate(starts[first : bisect_left(starts, max(left, row["start"]))], first):
            until = at + timedelta(seconds=step_s)
            setup_s = _worked_s(spans, max(at, row["setup_start"]), min(until, row["start"]))
            run_s = _worked_s(spans, max(at, row["start"]), min(until, left))
            drawn_kws[n] += idle_kw * setup_s + run_kw * run_s
    caps = signal.sort("start")["cap_kw"].to_list()
    return [
        f"interval {at}: the site draws {drawn / step_s:.1f} kW, {drawn / step_s - cap:.1f} kW above its cap"
        for at, drawn, cap, other in zip(starts, drawn_kws, caps, other_kw, strict=True)
        if drawn / step_s > max(cap, other) + CAP_TOLERANCE_KW
    ]


def _planned_pace(line: WorkCenter) -> tuple[float, float]:
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


def _run_key(park: Park, row: Row) -> tuple[Any, ...]:
    """Return what tells the run of a row from others: its job, or on a line with room its line and times."""
    if not park.work_center[row["work_center_id"]].room:
        return (row["job_id"],)
    return row["work_center_id"], row["setup_start"], row["start"], row["end"]


def check(
    park: Park,
    jobs: pl.DataFrame,
    orders: pl.DataFrame,
    schedule: pl.DataFrame,
    outages: pl.DataFrame | None = None,
    begun: Collection[str] = (),
) -> list[str]:
    """Return what a schedule violates, one line each; empty when it is feasible.

    outages: OUTAGES, times of lines that are no working time; None for none. begun: jobs that have begun: their
    changeover is over, and they have their boards from the lots that had begun, those that end last, and the stock.
    Checked: every row is a known job, once; its line exists, does the segment and takes the lot; it starts after its
    order's release and its kit; changeovers are respected and lie in working time, as do the entries of units; a line
    takes one unit a takt; the last unit leaves no earlier than its stations need; a line with room does one run after
    the other, each within its room, of lots that are alike, without a pause; boards exist before they are built in;
    energy, cost and emissions are numbers. No more people are at work at any minute than are there, but for what has
    begun or stands on a line that went out during the day: that is the plant's to bear.
    The parts of a lot are its units together, and as many and as large as the product allows.
    """
    job = {row["job_id"]: row for row in conform(jobs, JOBS).iter_rows(named=True)}
    order = {row["order_id"]: row for row in conform(orders, JOB_ORDERS).iter_rows(named=True)}
    rows = list(conform(schedule, SCHEDULE).iter_rows(named=True))
    found: list[str] = []
    seen: set[str] = set()
    by_line: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        job_id = row["job_id"]
        if job_id in seen:
            found.append(f"{job_id}: scheduled twice")
        elif job_id not in job:
            found.append(f"{job_id}: not among the jobs")
        elif row["work_center_id"] not in park.work_center:
            found.append(f"{job_id}: line {row['work_center_id']} does not exist")
        elif job[job_id]["order_id"] not in order:
            found.append(f"{job_id}: its order line {job[job_id]['order_id']} is not among the orders")
        else:
            found += _check_row(park, row, job[job_id], order[job[job_id]["order_id"]])
            by_line[row["work_center_id"]].append(row)
        seen.add(job_id)
    out = _out_by_line(outages)
    for line_id, on_line in by_line.items():
        ordered = sorted(on_line, key=lambda row: (row["start"], row["job_id"]))
        found += _check_line(park, line_id, ordered, job, out[line_id], begun)
    known = [row for on_line in by_line.values() for row in on_line]
    found += _check_boards(park, known, job, begun)
    found += _check_people(park, known, job, out, begun)
    return found + _check_parts(park, list(job.values()), order)


def _out_by_line(outages: pl.DataFrame | None) -> dict[str, list[Out]]:
    """Return line -> when it is out of use."""
    found: dict[str, list[Out]] = defaultdict(list)
    rows = OUTAGES.empty() if outages is None else conform(outages, OUTAGES)
    for line_id, start, end, told in rows.select("work_center_id", "start", "end", "at").iter_rows():
        found[line_id].append((start, end, told))
    return found


def _check_row(park: Park, row: Row, job: Row, order: Row) -> list[str]:
    line, found = park.work_center[row["work_center_id"]], []
    job_id, quantity = row["job_id"], job["quantity"]
    if row["segment_id"] != job["segment_id"] or job["segment_id"] not in line.segment_ids:
        found.append(f"{job_id}: line {line.id} does not do segment {job['segment_id']}")
    if not line.lot_min <= quantity <= line.lot_max:
        found.append(f"{job_id}: lot of {quantity} is outside {line.lot_min}-{line.lot_max} of line {line.id}")
    if row["start"] < order["release"]:
        found.append(f"{job_id}: starts at {row['start']} before the release of its order at {order['release']}")
    if row["start"] < job["kit_ready"]:
        found.append(f"{job_id}: starts at {row['start']} before its kit at {job['kit_ready']}")
    if row["setup_start"] > row["start"]:
        found.append(f"{job_id}: changeover starts after the job")
    inside_s = sum(unit.cycle_s for unit in line.work_unit) * park.product[job["product_id"]].cycle_factor
    least = _gap_s(park, row, job, quantity - 1) + inside_s
    if row["end"] - row["start"] + TOLERANCE < timedelta(seconds=least):
        found.append(f"{job_id}: ends {row['end'] - row['start']} after its start; {quantity} units need {least:.0f} s")
    for name in ("energy_kwh", "cost_cny", "co2e_kg"):
        if not math.isfinite(row[name]) or (name != "cost_cny" and row[name] < 0):
            found.append(f"{job_id}: {name} is {row[name]}")
    return found


def _gap_s(park: Park, row: Row, job: Row, units: int) -> float:
    """Return the least time in which the line takes `units` units of the job [s]; with room all enter at once."""
    if park.work_center[row["work_center_id"]].room:
        return 0.0
    return units * park.work_center[row["work_center_id"]].takt_s * park.product[job["product_id"]].cycle_factor


def _check_line(
    park: Park, line_id: str, rows: list[Row], job: Mapping[str, Row], out: Sequence[Out], begun: Collection[str]
) -> list[str]:
    """Check changeovers, working time and one unit a takt, run after run of one line.

    A run that was in a line with room when it was told that the line is out is finished. Of a job that finds no room
    any more behind an outage nothing is promised, but that the line is set up for it, and does nothing else any more
    that day, once it has started.
    """
    found = []
    setups = {(s.from_family, s.to_family): s.duration_s for s in park.setups if s.work_center_id == line_id}
    family, free = "", datetime(1970, 1, 1, tzinfo=UTC)
    runs: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        runs[_run_key(park, row)].append(row)
    stands = {row["job_id"] for row in rows if _stands(park, row, job, out, begun=row["job_id"] in begun)}
    worked = [(row["setup_start"], _left(park, row, job, out)) for row in rows if row["job_id"] not in stands]
    for together in runs.values():
        row = together[0]
        own = job[row["job_id"]]
        runs_on = park.work_center[line_id].room > 0
        entries_s = _entries_s(park, row, own)
        has_begun = any(one["job_id"] in begun for one in together)
        in_work = _in_work(row, out)
        if row["job_id"] in stands and _finds_no_room(park, row, job, free, out, () if in_work else worked):
            if in_work:
                family, free = own["family_id"], _day_end(park, row)
            continue
        open_spans = _hours(park, row, out)
        if row["setup_start"] + TOLERANCE < free:
            found.append(
                f"{row['job_id']}: line {line_id} is taken until {free}, changeover starts {row['setup_start']}"
            )
        other_s = 0.0 if family == own["family_id"] else park.work_center[line_id].setup_s
        setup_s = setups.get((family, own["family_id"]), other_s)
        if (
            not has_begun
            and _worked_s(open_spans, row["setup_start"], row["start"]) + TOLERANCE.total_seconds() < setup_s
        ):
            found.append(
                f"{row['job_id']}: changeover {family} -> {own['family_id']} needs {setup_s:.0f} s of working time"
            )
        if not any(start <= row["start"] < end for start, end in open_spans):
            found.append(f"{row['job_id']}: starts at {row['start']}, outside the working time")
        if runs_on:
            found += _check_run(park, together, job)
        left = _finish(open_spans, row["start"], entries_s)
        if left is None:
            found.append(f"{row['job_id']}: its units do not all enter line {line_id} in working time")
            left = row["end"]
        if runs_on and left > row["end"] + TOLERANCE:
            found.append(f"{row['job_id']}: its run on line {line_id} pauses outside the working time")
        family, free = own["family_id"], left
    return found


def _stands(park: Park, row: Row, job: Mapping[str, Row], out: Sequence[Out], *, begun: bool) -> bool:
    """Tell whether a job stands on a line that goes out: delayed by that, or by what waits before it, and not done in
    the hours of its line. Only what had begun, or was to soon, may.
    """
    soon = [(start, max(end, told + FROZEN) if begun else told + FROZEN) for start, end, told in out]
    if not any(row["setup_start"] < before and start < row["end"] for start, before in soon):
        return False
    line, own = park.work_center[row["work_center_id"]], job[row["job_id"]]
    inside_s = 0.0 if line.room else sum(unit.cycle_s for unit in line.work_unit) - _planned_pace(line)[0]
    left = row["end"] - timedelta(seconds=max(0.0, inside_s * park.product[own["product_id"]].cycle_factor))
    over = _day_end(park, row)
    closing = max((end for start, end in _open_spans(park, line.id, row["start"], over) if start < over), default=over)
    return bool(left > closing + TOLERANCE)


def _left(park: Park, row: Row, job: Mapping[str, Row], out: Sequence[Out]) -> datetime:
    """Return when a line is done with a job, as planned."""
    return _finish(_hours(park, row, out), row["start"], _work_s(park, row, job)) or row["end"]


def _work_s(park: Park, row: Row, job: Mapping[str, Row]) -> float:
    """Return for how long a job takes its line, as planned [s]."""
    line, own = park.work_center[row["work_center_id"]], job[row["job_id"]]
    return (
        _planned_pace(line)[0] * park.product[own["product_id"]].cycle_factor * ((line.room and 1) or own["quantity"])
    )


def _entries_s(park: Park, row: Row, own: Row) -> float:
    """Return the least time in which the units of a job enter its line [s]; with room, the time of its run."""
    if park.work_center[row["work_center_id"]].room:
        return float((row["end"] - row["start"]).total_seconds())
    return _gap_s(park, row, own, own["quantity"])


def _in_work(row: Row, out: Sequence[Out]) -> bool:
    """Tell whether a job is in its line when that goes out."""
    inside = any(start <= row["start"] < end for start, end, _ in out)
    return not inside and any(row["start"] < start < row["end"] for start, _, _ in out)


def _finds_no_room(
    park: Park, row: Row, job: Mapping[str, Row], free: datetime, out: Sequence[Out], worked: Sequence[Span]
) -> bool:
    """Tell whether no hours are left for a job that waits for its line: behind what is before it, or between others.

    free: when the line is done with those before it. worked: when it is at work for those that do not stand.
    """
    over, at = _day_end(park, row), max(row["start"], free)
    hours = _without(
        _open_spans(park, row["work_center_id"], row["start"], over), [(start, end) for start, end, _ in out]
    )
    need_s = _work_s(park, row, job) + (row["start"] - row["setup_start"]).total_seconds()
    for start, end in [*sorted(worked), (over, over)]:
        if _worked_s(hours, at, start) + TOLERANCE.total_seconds() >= need_s:
            return False
        at = max(at, end)
    return True


def _day_end(park: Park, row: Row) -> datetime:
    return park.day_bounds(row["start"].astimezone(park.zone).date())[1]


def _check_run(park: Park, together: list[Row], job: Mapping[str, Row]) -> list[str]:
    """Check what shares a run of a line with room: its units find room, and its lots are alike."""
    first, line = job[together[0]["job_id"]], park.work_center[together[0]["work_center_id"]]
    units, found = sum(job[row["job_id"]]["quantity"] for row in together), []
    if units > line.room:
        found.append(f"{first['job_id']}: its run has {units} units, line {line.id} has room for {line.room}")
    for row in together[1:]:
        other = job[row["job_id"]]
        factors = [park.product[one["product_id"]].cycle_factor for one in (first, other)]
        if other["family_id"] != first["family_id"] or factors[0] != factors[1]:
            found.append(f"{other['job_id']}: shares a run with {first['job_id']}, which is not alike")
    return found


def _hours(park: Park, row: Row, out: Sequence[Out]) -> list[Span]:
    """Return the working time of a row's line from its changeover to its end.

    What a line with room had begun when it went out runs on: such a run does not pause.
    """
    runs_on = park.work_center[row["work_center_id"]].room > 0
    gone = [(start, end) for start, end, told in out if not (runs_on and row["start"] < told)]
    return _without(_open_spans(park, row["work_center_id"], row["setup_start"], row["end"]), gone)


def _open_spans(park: Park, line_id: str, start: datetime, end: datetime) -> list[Span]:
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


def _without(spans: list[Span], out: Sequence[Span]) -> list[Span]:
    """Return what is left of spans outside others."""
    for start, end in out:
        spans = [
            (low, high)
            for opened, closed in spans
            for low, high in ((opened, min(closed, start)), (max(opened, end), closed))
            if low < high
        ]
    return spans


def _worked_s(spans: list[Span], start: datetime, end: datetime) -> float:
    return sum(max(0.0, (min(end, closed) - max(start, opened)).total_seconds()) for opened, closed in spans)


def _finish(spans: list[Span], start: datetime, work_s: float) -> datetime | None:
    """Return when `work_s` of working time after `start` are over, None when the spans do not hold them."""
    for opened, closed in spans:
        span_s = (closed - max(opened, start)).total_seconds()
        if span_s <= 0:
            continue
        if work_s <= span_s + TOLERANCE.total_seconds():
            return max(opened, start) + timedelta(seconds=work_s)
        work_s -= span_s
    return None


def _check_boards(park: Park, rows: list[Row], job: Mapping[str, Row], begun: Collection[str]) -> list[str]:
    """Check that boards made so far and in stock cover the boards of the jobs started so far, at every instant.

    What has begun took its boards from the lots that had begun, as far as can be from those that end last, and from the
    stock: whatever it took, no more was there for the others at any instant.
    """
    opening = park.order_pattern.opening_boards if park.order_pattern else 0
    stock: dict[str, int] = defaultdict(lambda: opening)
    used: dict[str, int] = defaultdict(int)
    changes: list[tuple[datetime, int, str, int, str]] = []
    built_in = [line for line in park.bill if line.component_id in park.product]
    for row in rows:
        own = job[row["job_id"]]
        for line in built_in:
            if line.product_id == own["product_id"]:
                boards = round(line.quantity) * own["quantity"]
                if row["job_id"] in begun:
                    used[line.component_id] += boards
                else:
                    changes.append((row["start"], 1, line.component_id, -boards, row["job_id"]))
    for row in sorted(rows, key=lambda row: row["end"], reverse=True):
        product = park.product[job[row["job_id"]]["product_id"]]
        if product.kind == "board":
            good = math.floor(job[row["job_id"]]["quantity"] * _kept_share(park, product.segment_id) + 1e-9)
            taken = min(good, used[product.id]) if row["job_id"] in begun else 0
            used[product.id] -= taken
            changes.append((row["end"], 0, product.id, good - taken, row["job_id"]))
    for board, boards in used.items():
        stock[board] = max(0, opening - boards)
    found = []
    for at, _, board, change, job_id in sorted(changes):
        stock[board] += change
        if change < 0 and stock[board] < 0:
            found.append(f"{job_id}: starts at {at} with {-stock[board]} boards {board} missing")
    return found


def _check_people(
    park: Park, rows: list[Row], job: Mapping[str, Row], out: Mapping[str, Sequence[Out]], begun: Collection[str]
) -> list[str]:
    """Check that no crew is asked for more people than it has, at any instant.

    A line has its people over the working time of a changeover, and over that in which units enter; jobs that share a
    run have them once.
    """
    spans, runs = list[tuple[datetime, datetime, str, bool, bool]](), set[tuple[Any, ...]]()
    for row in rows if park.crews else []:
        line_id, key = row["work_center_id"], _run_key(park, row)
        if key in runs:
            continue
        runs.add(key)
        hours = _hours(park, row, out[line_id])
        own, line = job[row["job_id"]], park.work_center[line_id]
        unit_s = _planned_pace(line)[0] * park.product[own["product_id"]].cycle_factor
        left = _finish(hours, row["start"], unit_s * (line.room or own["quantity"])) or row["end"]
        told_late = any(told > park.midnight(told.astimezone(park.zone).date()) for _, _, told in out[line_id])
        tied = row["job_id"] in begun or told_late
        for start, end, is_setup in ((row["setup_start"], row["start"], True), (row["start"], left, False)):
            inside = ((max(start, low), min(end, high) - TOLERANCE) for low, high in hours)
            spans += [(low, high, line_id, is_setup, tied) for low, high in inside if low < high]
    return [found for crew in park.crews for found in _check_crew(park, crew, spans)]


def _check_crew(park: Park, crew: Crew, spans: Sequence[tuple[datetime, datetime, str, bool, bool]]) -> list[str]:
    """Check one crew; spans: from, to, line, whether it is a changeover, whether nobody can help it any more."""
    heads = {line.work_center_id: (line.run_heads, line.setup_heads) for line in crew.line}
    changes = list[tuple[datetime, float, float, int]]()
    days = {at.astimezone(park.zone).date() for start, end, *_ in spans for at in (start, end)}
    for start, end, count in (one for day in sorted(days) for one in park.heads(day, crew)):
        changes += [(start, 0.0, 0.0, count), (end, 0.0, 0.0, -count)]
    for start, end, line_id, is_setup, tied in spans:
        wanted = heads.get(line_id, (0.0, 0.0))[is_setup]
        if wanted > 0:
            changes += [(start, wanted, wanted * tied, 0), (end, -wanted, -wanted * tied, 0)]
    found, busy, bound, there, over = list[str](), 0.0, 0.0, 0, False
    for at, together in groupby(sorted(changes), key=lambda change: change[0]):
        for _, wanted, tied_too, count in together:
            busy, bound, there = busy + wanted, bound + tied_too, there + count
        was, over = over, busy > max(there, bound) + PERSON_TOLERANCE
        if over and not was:
            found.append(f"crew {crew.id}: {busy:g} people are wanted from {at} on, {there} are there")
    return found


def _check_parts(park: Park, jobs: list[Row], order: Mapping[str, Row]) -> list[str]:
    """Check that the jobs of an order line are its lot, whole or in parts that the product allows."""
    parts: dict[str, list[int]] = defaultdict(list)
    for job in jobs:
        if job["order_id"] in order and job["product_id"] == order[job["order_id"]]["product_id"]:
            parts[job["order_id"]].append(job["quantity"])
    found = []
    for order_id, units in parts.items():
        product, ordered = park.product[order[order_id]["product_id"]], order[order_id]["quantity"]
        if product.kind == "board":
            continue
        if sum(units) != ordered:
            found.append(f"{order_id}: its jobs make {sum(units)} units of {ordered} ordered")
        if len(units) > product.parts_max:
            found.append(f"{order_id}: is in {len(units)} parts; {product.id} may be in {product.parts_max}")
        if len(units) > 1 and min(units) < product.part_min:
            found.append(f"{order_id}: has a part of {min(units)} units, below {product.part_min} of {product.id}")
    return found


def _kept_share(park: Park, segment_id: str) -> float:
    """Return the expected share of good units of a segment on its worst line."""
    worst = 1.0
    for line in park.work_centers:
        if segment_id in line.segment_ids:
            kept = 1.0
            for unit in line.work_unit:
                scrapped = unit.fail_share * unit.scrap_share
                kept *= 1 - scrapped / (1 - unit.fail_share + scrapped)
            worst = min(worst, kept)
    return worst
