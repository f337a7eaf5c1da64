"""Why a job stands where it does: what it must wait for there, what the hour costs, and what other lines would cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parkwright.make.account import people
from parkwright.make.crews import TOLERANCE
from parkwright.make.floor import BEGIN, END, FAMILY, LEAVE, LEVEL, LINE, ROW, SIZE, START, WORK, Floor, Placed
from parkwright.make.laid import Laid
from parkwright.make.whatif import Place, place_at, tried

NEAR = 12
"""Places around the job's own time that are tried on every other line (assumed; a line has some dozens of jobs)."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A job cannot start before `at` [ms], because of `what`: release, kit, boards, line, shift, outage or crew."""

    what: str
    at: int
    thing: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a job stands where it does.

    place: where it is. together: the other operations of its run, on a line with room. bounds: what holds it, latest
    first. setup_ms: its changeover, from which family (empty: line not set up). price, intensity: mean over its run
    [CNY/kWh, kg/kWh], and over the whole day. elsewhere: the best place on every other line that can make it, cheapest
    first, dearer or cheaper by change_cny. refused: the other lines of its segment, each with why it cannot.
    """

    op: int
    place: Place
    together: tuple[int, ...]
    bounds: tuple[Bound, ...]
    from_family: str
    setup_ms: int
    price_cny_per_kwh: float
    day_price_cny_per_kwh: float
    co2e_kg_per_kwh: float
    day_co2e_kg_per_kwh: float
    elsewhere: tuple[Place, ...]
    refused: tuple[tuple[int, str], ...]


def reason(laid: Laid, job_id: str, frozen_until: int) -> Reason | None:
    """Return why a job stands where it does; None when it has no place.

    frozen_until: nothing can be put before it [ms].
    Raises PlanError when the plan has no such job.
    """
    op, floor = laid.op(job_id), laid.floor
    if floor.op[op, START] < 0:
        return None
    line = int(floor.row[floor.op[op, ROW], LINE])
    begin, start, leave, end = (int(floor.op[op, column]) for column in (BEGIN, START, LEAVE, END))
    before = _before(floor, op)
    price, intensity = laid.prices.mean(np.array([start]), np.array([leave]))
    day_price, day_intensity = _day_means(laid)
    able = [n for n in np.flatnonzero(floor.can[op, :, WORK] >= 0).tolist() if n != line]
    until = laid.frozen(frozen_until).tolist()
    found = [place for n in able for place in [_best(floor, op, n, max(start, until[n]), until[n])] if place]
    families = {number: name for name, number in laid.day.lines.families.items()}
    family = int(floor.op[before, FAMILY]) if before >= 0 else int(laid.problem.lines.family[line])
    return Reason(
        op,
        Place(line, begin, start, end, 0.0),
        _together(laid, op, line),
        _bounds(laid, op, line, before),
        families.get(family, ""),
        int(laid.problem.lines.setup[line, family, floor.op[op, FAMILY]]),
        float(price[0]),
        day_price,
        float(intensity[0]),
        day_intensity,
        tuple(sorted(found, key=lambda place: (place.change_cny, place.line))),
        _refused(laid, op),
    )


def _together(laid: Laid, op: int, line: int) -> tuple[int, ...]:
    """Return the other operations of its run, which a line with room makes at once."""
    if laid.day.park.work_centers[line].room == 0:
        return ()
    floor, row = laid.floor, int(laid.floor.op[op, ROW])
    found = floor.order[row, : int(floor.row[row, SIZE])].tolist()
    return tuple(other for other in found if other != op and floor.op[other, START] == floor.op[op, START])


def _before(floor: Floor, op: int) -> int:
    """Return the operation before this one on its line, at any level; -1 for none."""
    line = floor.row[floor.op[op, ROW], LINE]
    on_line = [
        other
        for row in np.flatnonzero(floor.row[:, LINE] == line).tolist()
        for other in floor.order[row, : int(floor.row[row, SIZE])].tolist()
        if 0 <= floor.op[other, START] < floor.op[op, START]
    ]
    return max(on_line, key=lambda other: int(floor.op[other, START]), default=-1)


def _bounds(laid: Laid, op: int, line: int, before: int) -> tuple[Bound, ...]:
    floor, job = laid.floor, laid.day.jobs.row(op, named=True)
    ids = laid.day.jobs["job_id"]
    found = [
        Bound("release", int(job["release"].timestamp() * 1000), job["order_id"]),
        Bound("kit", int(job["kit_ready"].timestamp() * 1000), job["job_id"]),
    ]
    lots = [int(lot) for lot, after in laid.problem.links.tolist() if after == op]
    if lots:
        last = max(lots, key=lambda lot: int(floor.op[lot, END]))
        found.append(Bound("boards", int(floor.op[last, END]), ids[last]))
    if before >= 0:
        setup = int(laid.problem.lines.setup[line, floor.op[before, FAMILY], floor.op[op, FAMILY]])
        found.append(Bound("line", int(floor.op[before, LEAVE]) + setup, ids[before]))
    opened, _ = laid.day.lines.hours(line)
    opens = opened[opened <= floor.op[op, START]]
    if opens.size:
        out = laid.day.lines.out.get(line, np.zeros((0, 2)))
        what = "outage" if opens[-1] in out[:, 1] else "shift"
        found.append(Bound(what, int(opens[-1]), laid.day.park.work_centers[line].id))
    found += _people_bounds(laid, op, line)
    return tuple(sorted(found, key=lambda bound: -bound.at))


def _people_bounds(laid: Laid, op: int, line: int) -> list[Bound]:
    """Return since when the people whom a job needs are free: what others, or a shift to come, left too few until."""
    floor, problem, found = laid.floor, laid.problem, list[Bound]()
    own = {op, *_together(laid, op, line)}
    begin, start = int(floor.op[op, BEGIN]), int(floor.op[op, START])
    others = [Placed(n, *row) for n, row in enumerate(laid.plan(floor).tolist()) if row[0] >= 0 and n not in own]
    for number, (crew, told) in enumerate(zip(laid.day.park.crews, problem.crews, strict=True)):
        need, at = float(told.setup_need[line]), begin
        if need <= 0 or begin == start:
            need, at = float(told.need[op, line]), start
        short = [high for _, high, busy, there in people(problem, others, number) if busy + need > there + TOLERANCE]
        edges = zip(told.edge.tolist(), (0.0, *told.there.tolist()), strict=False)
        short += [edge for edge, there in edges if need > there + TOLERANCE]
        free = [until for until in short if until <= at]
        if need > 0 and free:
            found.append(Bound("crew", max(free) + start - at, crew.id))
    return found


def _day_means(laid: Laid) -> tuple[float, float]:
    """Return mean price and intensity over the day's working time [CNY/kWh, kg/kWh]."""
    opened, closed = laid.day.lines.opened, laid.day.lines.closed
    if not opened.size:
        return 0.0, 0.0
    price, intensity = laid.prices.mean(opened, closed)
    span = (closed - opened).astype(float)
    return float((price * span).sum() / span.sum()), float((intensity * span).sum() / span.sum())


def _best(floor: Floor, op: int, line: int, start: int, earliest: int) -> Place | None:
    """Return the cheapest place on another line among those near the job's own time; None when it fits nowhere."""
    row = int(floor.row_of[line, floor.op[op, LEVEL]])
    middle, first = place_at(floor, row, op, start), place_at(floor, row, op, earliest)
    last = int(floor.row[row, SIZE])
    places = range(max(first, middle - NEAR // 2), min(last, middle + NEAR // 2) + 1)
    tries = [tried(floor, op, line, place, earliest) for place in places]
    found = [place for place in tries if place is not None]
    return min(found, key=lambda place: (place.change_cny, place.start), default=None)


def _refused(laid: Laid, op: int) -> tuple[tuple[int, str], ...]:
    job, found = laid.day.jobs.row(op, named=True), []
    for number, center in enumerate(laid.day.park.work_centers):
        if job["segment_id"] in center.segment_ids and laid.floor.can[op, number, WORK] < 0:
            found.append((number, f"lots of {center.lot_min} to {center.lot_max}, this is one of {job['quantity']}"))
    return tuple(found)
