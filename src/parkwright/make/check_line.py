"""The independent check of one line of a schedule: changeovers, hours, outages and what stands when they end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from parkwright.make.check_hours import (
    FROZEN,
    TOLERANCE,
    Out,
    Row,
    day_end,
    finish,
    hours_of,
    least_s,
    left_at,
    open_spans,
    pauses,
    planned_pace,
    run_key,
    without,
    work_s,
    worked_s,
)
from parkwright.model.park import Park


def check_line(
    park: Park, line_id: str, rows: list[Row], job: Mapping[str, Row], out: Sequence[Out], begun: Collection[str]
) -> list[str]:
    """Check changeovers, working time and one unit a takt, run after run of one line.

    What was in a line and may not pause when it was told that the line is out is finished. Of a job that finds no room
    any more behind an outage nothing is promised, but that the line is set up for it, and does nothing else any more
    that day, once it has started.
    """
    found = []
    changeover_s = _changeovers(park, line_id)
    family, free = "", datetime(1970, 1, 1, tzinfo=UTC)
    runs: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        runs[run_key(park, row)].append(row)
    stands = {row["job_id"] for row in rows if _stands(park, row, job, out, begun=row["job_id"] in begun)}
    worked = [
        (row["setup_start"], left_at(park, row, job, out), job[row["job_id"]]["family_id"])
        for row in rows
        if row["job_id"] not in stands
    ]
    for together in runs.values():
        row = together[0]
        own = job[row["job_id"]]
        runs_on = park.work_center[line_id].room > 0
        entries_s = least_s(park, row, own)
        has_begun = any(one["job_id"] in begun for one in together)
        in_work = _in_work(row, out)
        others = () if in_work else worked
        if row["job_id"] in stands and _finds_no_room(park, row, job, (free, family), out, others, changeover_s):
            if in_work:
                family, free = own["family_id"], day_end(park, row)
            continue
        hours = hours_of(park, row, out)
        if row["setup_start"] + TOLERANCE < free:
            found.append(
                f"{row['job_id']}: line {line_id} is taken until {free}, changeover starts {row['setup_start']}"
            )
        setup_s = changeover_s(family, own["family_id"])
        if not has_begun and worked_s(hours, row["setup_start"], row["start"]) + TOLERANCE.total_seconds() < setup_s:
            found.append(
                f"{row['job_id']}: changeover {family} -> {own['family_id']} needs {setup_s:.0f} s of working time"
            )
        if not any(start <= row["start"] < end for start, end in hours):
            found.append(f"{row['job_id']}: starts at {row['start']}, outside the working time")
        if runs_on:
            found += _check_run(park, together, job)
        left = finish(hours, row["start"], entries_s)
        if left is None:
            found.append(f"{row['job_id']}: its units do not all enter line {line_id} in working time")
            left = row["end"]
        lasts_s = entries_s if runs_on else work_s(park, row, job)
        over = finish(hours, row["start"], lasts_s) or row["end"]
        if not pauses(park, row) and over > row["start"] + timedelta(seconds=lasts_s) + TOLERANCE:
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
    inside_s = 0.0 if line.room else sum(unit.cycle_s for unit in line.work_unit) - planned_pace(line)[0]
    left = row["end"] - timedelta(seconds=max(0.0, inside_s * park.product[own["product_id"]].cycle_factor))
    over = day_end(park, row)
    closing = max((end for start, end in open_spans(park, line.id, row["start"], over) if start < over), default=over)
    return bool(left > closing + TOLERANCE)


def _in_work(row: Row, out: Sequence[Out]) -> bool:
    """Tell whether a job is in its line when that goes out."""
    inside = any(start <= row["start"] < end for start, end, _ in out)
    return not inside and any(row["start"] < start < row["end"] for start, _, _ in out)


def _changeovers(park: Park, line_id: str) -> Callable[[str, str], float]:
    """Return what tells the changeover of a line between two families [s]."""
    setups = {(s.from_family, s.to_family): s.duration_s for s in park.setups if s.work_center_id == line_id}
    other_s = park.work_center[line_id].setup_s
    return lambda before, after: setups.get((before, after), 0.0 if before == after else other_s)


def _finds_no_room(
    park: Park, row: Row, job: Mapping[str, Row], free: tuple[datetime, str], out: Sequence[Out],
    worked: Sequence[tuple[datetime, datetime, str]], changeover_s: Callable[[str, str], float],
) -> bool:  # fmt: skip
    """Tell whether no hours are left for a job that waits for its line: behind what is before it, or between others.

    free: when the line is done with those before it, and the family that it is set up for then. worked: from when to
    when it is at work for those that do not stand, and their family.
    """
    over, at, family = day_end(park, row), max(row["start"], free[0]), free[1]
    hours = without(
        open_spans(park, row["work_center_id"], row["start"], over), [(start, end) for start, end, _ in out]
    )
    need_s, own = work_s(park, row, job), job[row["job_id"]]["family_id"]
    for start, end, others in [*sorted(worked), (over, over, "")]:
        if worked_s(hours, at, start) + TOLERANCE.total_seconds() >= changeover_s(family, own) + need_s:
            return False
        at, family = max(at, end), others
    return True


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
