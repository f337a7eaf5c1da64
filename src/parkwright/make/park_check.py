"""An independent check of a schedule, in plain Python: it shares no code with the rule that made it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import polars as pl

from parkwright.make.check_hours import (
    TOLERANCE,
    Out,
    Row,
    finish,
    gap_s,
    hours_of,
    out_by_line,
    planned_pace,
    run_key,
    worked_s,
)
from parkwright.make.check_line import check_line
from parkwright.model.park import Park
from parkwright.model.site import Crew
from parkwright.model.tables import JOB_ORDERS, JOBS, SCHEDULE, conform

CAP_TOLERANCE_KW = 0.01
"""The same rounding at the power of a large line, in a metering interval."""
PERSON_TOLERANCE = 1e-6
"""Rounding of a sum of people."""


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
    runs, out = set[tuple[Any, ...]](), out_by_line(outages)
    for row in conform(schedule, SCHEDULE).iter_rows(named=True):
        key = run_key(park, row)
        if key in runs:
            continue
        runs.add(key)
        line, factor = park.work_center[row["work_center_id"]], park.product[product[row["job_id"]]].cycle_factor
        spans = hours_of(park, row, out[row["work_center_id"]])
        unit_s, run_kw = planned_pace(line)
        units = line.room or quantity[row["job_id"]]
        left = finish(spans, row["start"], unit_s * factor * units) or row["end"]
        idle_kw = sum(unit.idle_kw for unit in line.work_unit)
        first = max(0, bisect_right(starts, row["setup_start"]) - 1)
        for n, at in enumerate(starts[first : bisect_left(starts, max(left, row["start"]))], first):
            until = at + timedelta(seconds=step_s)
            setup_s = worked_s(spans, max(at, row["setup_start"]), min(until, row["start"]))
            run_s = worked_s(spans, max(at, row["start"]), min(until, left))
            drawn_kws[n] += idle_kw * setup_s + run_kw * run_s
    caps = signal.sort("start")["cap_kw"].to_list()
    return [
        f"interval {at}: the site draws {drawn / step_s:.1f} kW, {drawn / step_s - cap:.1f} kW above its cap"
        for at, drawn, cap, other in zip(starts, drawn_kws, caps, other_kw, strict=True)
        if drawn / step_s > max(cap, other) + CAP_TOLERANCE_KW
    ]


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
    out = out_by_line(outages)
    for line_id, on_line in by_line.items():
        ordered = sorted(on_line, key=lambda row: (row["start"], row["job_id"]))
        found += check_line(park, line_id, ordered, job, out[line_id], begun)
    known = [row for on_line in by_line.values() for row in on_line]
    found += _check_boards(park, known, job, begun)
    found += _check_people(park, known, job, out, begun)
    return found + _check_parts(park, list(job.values()), order)


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
    least = gap_s(park, row, job, quantity - 1) + inside_s
    if row["end"] - row["start"] + TOLERANCE < timedelta(seconds=least):
        found.append(f"{job_id}: ends {row['end'] - row['start']} after its start; {quantity} units need {least:.0f} s")
    for name in ("energy_kwh", "cost_cny", "co2e_kg"):
        if not math.isfinite(row[name]) or (name != "cost_cny" and row[name] < 0):
            found.append(f"{job_id}: {name} is {row[name]}")
    return found


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
        line_id, key = row["work_center_id"], run_key(park, row)
        if key in runs:
            continue
        runs.add(key)
        hours = hours_of(park, row, out[line_id])
        own, line = job[row["job_id"]], park.work_center[line_id]
        unit_s = planned_pace(line)[0] * park.product[own["product_id"]].cycle_factor
        left = finish(hours, row["start"], unit_s * (line.room or own["quantity"])) or row["end"]
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
