"""A park's day as a floor: board lots at level 0, what they are built into at level 1, boards pegged to their lots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl

from parkwright.make.account import account
from parkwright.make.boards import boards_per_unit, expected_good, opening_boards
from parkwright.make.floor import LineSet, Lots, Operations, Placed, Power, Problem, Rates
from parkwright.make.hours import HOUR_MS, Steps
from parkwright.make.pace import Pace
from parkwright.make.parts import LOT, shares
from parkwright.make.problem import JobArrays, Lines
from parkwright.make.schedule import solve
from parkwright.model.park import Park

LEFT_OUT_H = 24.0
"""Lateness that a job left for another day counts with [h]."""
LEFT_OUT_CNY = 1000.0
"""What leaving out a job costs beside its lateness, more than any saved energy of one job [CNY]."""
PRESSING = 100.0
"""How much more an hour of lateness weighs in the search of a day than an order's weight says [CNY/h]: weights of
orders rank them, and no energy saved is worth a late one; ten times as much leaves some minutes late (assumed)."""
SPARE_MS = 600_000
"""So long before it is due a search wants an order done [ms]: lines stop now and then (assumed: ten minutes, about the
longest stop of a station of the demonstration park)."""
COMMON = -1
"""In the place of a line's number: the hours of a line that has none of its own."""
PEGGINGS = 6
"""Times that boards are pegged to lots anew by the plan before: two to five gave the cheapest on the demonstration
park."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a park as arrays: jobs (with release, due, weight; lots first), lines, pace, arrays, prices."""

    park: Park
    jobs: pl.DataFrame
    lines: Lines
    pace: dict[tuple[str, str], Pace]
    arrays: JobArrays
    steps: Steps
    power: Power | None = None


def steps_of(signal: pl.DataFrame) -> Steps:
    """Return the price steps of a SIGNAL; its last interval is taken as long as the one before it."""
    if signal.height == 0:
        return Steps(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    signal = signal.sort("start")
    start = np.asarray(signal["start"].dt.epoch("ms").to_numpy(), dtype=np.int64)
    last = start[-1:] + (start[-1] - start[-2] if start.size > 1 else HOUR_MS)
    price, co2e = signal["price_cny_per_kwh"].to_numpy(), signal["co2e_kg_per_kwh"].to_numpy()
    return Steps(np.concatenate((start, last)), price.copy(), co2e.copy())


def power_of(signal: pl.DataFrame, other_kw: np.ndarray) -> Power:
    """Return the site's power on the intervals of a SIGNAL; other_kw: what it draws beside its lines (T,) [kW]."""
    edge = steps_of(signal).edge
    return Power(int(edge[0]), int(edge[1] - edge[0]), other_kw, signal.sort("start")["cap_kw"].to_numpy())


def pegs(day: Day, placed: np.ndarray, begun: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return (links (E, 2) lot -> job, jobs for which boards are missing) of a plan (J, 4 or more) as it is placed.

    Boards are given in the order in which jobs start, and taken from the opening stock, then from the lots in the
    order in which they end; a job that is not placed takes what is left over. So every pegged plan holds its boards
    at any other times that keep the links.

    begun: (J,) jobs that have begun, None for none. They have their boards and wait for none: as given to them, but
    that a lot which has not begun gave them none; then they took what the stock and the lots that had begun would have
    given to others.
    """
    supply, order = _supply(day, placed), np.lexsort((placed[:, 2], placed[:, 0] < 0))
    given, missing = _given(day, order, supply)
    if begun is not None and begun.any():
        left = _left(day, supply, [take for take in given if begun[take.job]], begun & (placed[:, 0] >= 0))
        given, missing = _given(day, order[~begun[order]], left)
    links = [(take.lot, take.job) for take in given if take.lot >= 0]
    return np.array(links, dtype=np.int64).reshape(-1, 2), np.unique(np.array(missing, dtype=np.int64))


class _Take(NamedTuple):
    """Boards of a lot, -1 for the stock, that a job is given."""

    board: str
    lot: int
    job: int
    boards: int


def _given(day: Day, order: np.ndarray, supply: Mapping[str, Mapping[int, int]]) -> tuple[list[_Take], list[int]]:
    """Return what jobs are given in that order, and jobs for which boards are missing."""
    per_unit, given, missing = boards_per_unit(day.park), list[_Take](), list[int]()
    products, quantities = day.jobs["product_id"].to_list(), day.jobs["quantity"].to_list()
    left = {board: list(lots.items()) for board, lots in supply.items()}
    for job in order.tolist():
        for board, each in per_unit.get(products[job], {}).items():
            wanted = each * quantities[job]
            lots = left.get(board, [])
            while wanted > 0 and lots:
                lot, free = lots[0]
                taken = min(wanted, free)
                wanted -= taken
                lots[0] = (lot, free - taken)
                given.append(_Take(board, lot, job, taken))
                if free == taken:
                    lots.pop(0)
            if wanted > 0:
                missing.append(job)
    return given, missing


def _supply(day: Day, placed: np.ndarray) -> dict[str, dict[int, int]]:
    """Return board -> {lot, or -1 for the stock: good boards} in the order in which they are there."""
    boards = _boards(day.park)
    opening = opening_boards(day.park)
    supply: dict[str, dict[int, int]] = {board: {-1: opening} if opening else {} for board in boards}
    rows = day.jobs.select("product_id", "segment_id", "quantity").rows()
    line = np.maximum(placed[:, 0], 0)
    end = placed[:, 3] + day.arrays.tail[np.arange(line.size), line]
    for lot in np.argsort(end, kind="stable").tolist():
        product_id, segment_id, quantity = rows[lot]
        if product_id in supply and placed[lot, 0] >= 0:
            good = expected_good(day.park, segment_id, quantity)
            supply[product_id] |= {lot: good} if good else {}
    return supply


def _left(
    day: Day, supply: Mapping[str, Mapping[int, int]], given: Sequence[_Take], begun: np.ndarray
) -> dict[str, dict[int, int]]:
    """Return a supply without the boards of what has begun (J,), see `pegs`; given: what it was given."""
    left, owed = {board: dict(lots) for board, lots in supply.items()}, dict.fromkeys(supply, 0)
    for product_id, quantity in day.jobs.filter(begun).select("product_id", "quantity").iter_rows():
        for board, each in boards_per_unit(day.park).get(product_id, {}).items():
            owed[board] += each * quantity
    for take in given:
        if take.lot < 0 or begun[take.lot]:
            left[take.board][take.lot] -= take.boards
            owed[take.board] -= take.boards
    for board, lots in left.items():
        for lot in lots:
            taken = min(lots[lot], owed[board]) if lot < 0 or begun[lot] else 0
            lots[lot] -= taken
            owed[board] -= taken
    return {board: {lot: boards for lot, boards in lots.items() if boards} for board, lots in left.items()}


def problem_of(day: Day, rates: Rates, links: np.ndarray) -> Problem:
    """Return the problem of a day with its boards pegged.

    Alike lots may share a run of a line with room. A lot that such a line can do never pauses over closed hours, nor
    does one of a segment that says so.
    """
    arrays, lines = day.arrays, day.lines
    is_board = _is_board(day)
    ids = [center.id for center in day.park.work_centers]
    kw = np.zeros(arrays.work.shape)
    for column, line_id in enumerate(ids):
        kw[:, column] = [
            day.pace[line_id, product].run_kw if (line_id, product) in day.pace else 0.0
            for product in day.jobs["product_id"]
        ]
    late, lots = np.where(is_board, 0.0, arrays.weight), _lots(day)
    operations = Operations(
        ready=arrays.ready,
        due=arrays.due,
        family=arrays.family,
        level=np.where(is_board, 0, 1),
        late_cny_per_h=late,
        drop_cny=LEFT_OUT_H * arrays.weight + LEFT_OUT_CNY,
        work=np.where(arrays.able, arrays.work, -1),
        tail=arrays.tail,
        kw=kw,
        whole=_whole(day),
    )
    idle = [sum(unit.idle_kw for unit in center.work_unit) for center in day.park.work_centers]
    count = len(ids)
    own = sorted({*lines.out, *lines.own})
    table = np.zeros(count, dtype=np.int64)
    table[own] = 1 + np.arange(len(own))
    line_set = LineSet(*lines.fresh(), table, np.array(idle), lines.setup)
    hours = [lines.windows(line) for line in (COMMON, *own)]
    names = day.jobs["job_id"].to_list()
    crews = [replace(crew, need=np.repeat(crew.need, len(names), axis=0)) for crew in lines.crews]
    return Problem(operations, line_set, links, hours, day.steps, rates, day.power, crews, names=names, lots=lots)


def _whole(day: Day) -> np.ndarray | None:
    """Return which jobs may not pause (J,); None where all may."""
    rooms = np.array([center.room > 0 for center in day.park.work_centers])
    lasting = [segment.id for segment in day.park.segments if not segment.pauses]
    if not rooms.any() and not lasting:
        return None
    return np.asarray(day.arrays.able[:, rooms].any(axis=1) | day.jobs["segment_id"].is_in(lasting).to_numpy())


def _lots(day: Day) -> Lots | None:
    """Return the units of the jobs and the lots and runs of the lines; None where no line has room for several lots."""
    sizes = [(center.lot_min, center.lot_max, center.room) for center in day.park.work_centers]
    least, most, room = np.array(sizes, dtype=np.int64).reshape(-1, 3).T
    return Lots(day.arrays.quantity, least, most, room) if room.any() else None


def pressed(problem: Problem) -> Problem:
    """Return a problem in which orders are due SPARE_MS earlier and being late weighs PRESSING times as much.

    An order that is left out is LEFT_OUT_H late, so it weighs as much more: a late one is never dearer than none.
    People who are not there weigh PRESSING times as much too: what is in time only with them is not in time.
    This is what a search of a day works on; what its plan costs is counted without.
    """
    ops = problem.operations
    late = PRESSING * ops.late_cny_per_h
    drop = ops.drop_cny + LEFT_OUT_H * (late - ops.late_cny_per_h)
    pressed_ops = replace(ops, due=ops.due - SPARE_MS, late_cny_per_h=late, drop_cny=drop)
    people = PRESSING * problem.excess_cny_per_person_h
    return replace(problem, operations=pressed_ops, excess_cny_per_person_h=people)


def without(problem: Problem, missing: np.ndarray) -> Problem:
    """Return a problem in which no line can do the operations that miss their boards."""
    work = problem.operations.work.copy()
    work[missing] = -1
    return replace(problem, operations=replace(problem.operations, work=work))


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of a day (J, 5), the jobs that lack boards, and why others have no place, by job id.

    J: line, changeover, start, line free again, last unit out [ms], -1 without a place.
    """

    placed: np.ndarray
    missing: np.ndarray
    reasons: Mapping[str, str]


def planned(day: Day, rates: Rates, seed: int, rounds: int) -> Planned:
    """Return the plan of a day; rounds: of the search, 0 for the rule alone.

    Boards are pegged in order of need first, then as each plan places the lots: a few rounds of pegging and listing, of
    which the cheapest goes on.
    """
    if not day.arrays.able.any():
        return Planned(np.full((day.jobs.height, 5), -1, dtype=np.int64), np.zeros(0, dtype=np.int64), {})
    placed, found = _in_order_of_need(day), []
    for _ in range(PEGGINGS):
        problem, missing = _pegged(day, placed, rates)
        plan = solve(problem, rounds=0)
        placed = np.stack(plan.columns, axis=1)
        found.append((problem, missing, plan))
    problem, missing, plan = min(found, key=lambda one: one[2].cost.total_cny)
    if rounds:
        plan = solve(problem, rounds=rounds, seed=seed, start=plan)
    return Planned(np.stack(plan.columns, axis=1), missing, {one.job_id: one.reason for one in plan.unplaced})


def pressing_jobs(day: Day, placed: np.ndarray, spare_ms: int = SPARE_MS) -> list[str]:
    """Return the jobs of finished goods that a plan (J, 5) leaves out or brings less than `spare_ms` [ms] early."""
    late = (placed[:, 0] < 0) | (placed[:, 4] > day.arrays.due - spare_ms)
    ids = day.jobs["job_id"].to_list()
    return [ids[job] for job in np.flatnonzero(late & ~_is_board(day)).tolist()]


def weighed_cny(day: Day, rates: Rates, placed: np.ndarray) -> float:
    """Return what a search of a day weighs in a plan (J, 5), an order as late as the last of its parts [CNY].

    So plans of the same orders compare, whether lots are whole or in parts; a job that is left out is LEFT_OUT_H late.
    """
    problem = pressed(problem_of(day, rates, np.zeros((0, 2), dtype=np.int64)))
    out, ops = placed[:, 0] < 0, problem.operations
    found = account(problem, [Placed(op, *placed[op].tolist()) for op in np.flatnonzero(~out).tolist()])
    late_h = np.where(out, LEFT_OUT_H, np.maximum(placed[:, 4] - ops.due, 0) / HOUR_MS)
    lots = (
        day.jobs.select(*LOT)
        .with_columns(late_h=late_h, late_cny_per_h=ops.late_cny_per_h, left_out=out * shares(day.jobs).to_numpy())
        .filter(~_is_board(day))
        .group_by(LOT)
        .agg(pl.col("late_cny_per_h").sum() * pl.col("late_h").max(), pl.col("left_out").sum() * LEFT_OUT_CNY)
    )
    orders_cny = float((lots["late_cny_per_h"] + lots["left_out"]).sum())
    return found.total_cny - found.tardiness_cny - found.left_out_cny + orders_cny


def _pegged(day: Day, placed: np.ndarray, rates: Rates) -> tuple[Problem, np.ndarray]:
    links, missing = pegs(day, placed)
    return without(pressed(problem_of(day, rates, links)), missing), missing


def _in_order_of_need(day: Day) -> np.ndarray:
    """Return a plan in which every job that a line can do starts when it is due (J, 4): only for pegging."""
    due, able = day.arrays.due, day.arrays.able.any(axis=1)
    line = np.where(able, np.argmax(day.arrays.able, axis=1), -1)
    tail = day.arrays.tail[np.arange(due.size), np.maximum(line, 0)]
    return np.stack((line, due, due, due - tail), axis=1)


def _is_board(day: Day) -> np.ndarray:
    """Return which jobs are board lots (J,)."""
    return np.asarray(day.jobs["product_id"].is_in(_boards(day.park)).to_numpy())


def _boards(park: Park) -> list[str]:
    return [item.id for item in park.products if item.kind == "board"]
