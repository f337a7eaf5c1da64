"""A park's day as a floor: board lots at level 0, what they are built into at level 1, boards pegged to their lots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from parkwright.make.boards import boards_per_unit, expected_good, opening_boards
from parkwright.make.floor import (
    BEGIN,
    END,
    LEAVE,
    LEVEL,
    LINE,
    ROW,
    ROW_LEVEL,
    START,
    WORK,
    Floor,
    LineSet,
    Operations,
    Power,
    Problem,
    Rates,
    fill_rows,
    floor_of,
)  # fmt: skip
from parkwright.make.hours import HOUR_MS, Steps, Windows
from parkwright.make.improve import improve
from parkwright.make.pace import Pace
from parkwright.make.problem import JobArrays, Lines, Standing
from parkwright.make.settle import resettle
from parkwright.make.timing import keep_cap, wait
from parkwright.model.park import Park

LEFT_OUT_H = 24.0
"""Lateness that a job left for another day counts with [h]."""
LEFT_OUT_CNY = 1000.0
"""What leaving out a job costs beside its lateness, more than any saved energy of one job [CNY]."""
LOT_MOVES = 30
"""Edits for each board lot before anything else moves: few lots decide when many jobs can start."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a park as arrays: jobs (with release, due, weight; lots first), lines, pace, arrays, prices."""

    park: Park
    jobs: pl.DataFrame
    lines: Lines
    pace: dict[tuple[str, str], Pace]
    arrays: JobArrays
    steps: Steps
    standing: Standing
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


def pegs(day: Day, placed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (links (E, 2) lot -> job, jobs for which boards are missing) of a plan (J, 4 or more) as it is placed.

    Boards are given in the order in which jobs start, and taken from the opening stock, then from the lots in the
    order in which they end; a job that is not placed takes what is left over. So every pegged plan holds its boards
    at any other times that keep the links.
    """
    per_unit, supply = boards_per_unit(day.park), _supply(day, placed)
    links, missing = [], []
    products, quantities = day.jobs["product_id"].to_list(), day.jobs["quantity"].to_list()
    order = np.lexsort((placed[:, 2], placed[:, 0] < 0))
    for job in order.tolist():
        for board, each in per_unit.get(products[job], {}).items():
            wanted = each * quantities[job]
            lots = supply.get(board, [])
            while wanted > 0 and lots:
                lot, left = lots[0]
                taken = min(wanted, left)
                wanted -= taken
                lots[0] = (lot, left - taken)
                if lot >= 0:
                    links.append((lot, job))
                if left == taken:
                    lots.pop(0)
            if wanted > 0:
                missing.append(job)
    return np.array(links, dtype=np.int64).reshape(-1, 2), np.unique(np.array(missing, dtype=np.int64))


def _supply(day: Day, placed: np.ndarray) -> dict[str, list[tuple[int, int]]]:
    """Return board -> (lot, or -1 for the stock; good boards) in the order in which they are there."""
    boards = _boards(day.park)
    opening = opening_boards(day.park)
    supply: dict[str, list[tuple[int, int]]] = {board: [(-1, opening)] if opening else [] for board in boards}
    rows = day.jobs.select("product_id", "segment_id", "quantity").rows()
    line = np.maximum(placed[:, 0], 0)
    end = placed[:, 3] + day.arrays.tail[np.arange(line.size), line]
    for lot in np.argsort(end, kind="stable").tolist():
        product_id, segment_id, quantity = rows[lot]
        if product_id in supply and placed[lot, 0] >= 0:
            good = expected_good(day.park, segment_id, quantity)
            supply[product_id].extend([(lot, good)] if good else [])
    return supply


def problem_of(day: Day, rates: Rates, links: np.ndarray) -> Problem:
    """Return the problem of a day with its boards pegged."""
    arrays, lines = day.arrays, day.lines
    is_board = day.jobs["product_id"].is_in(_boards(day.park)).to_numpy()
    ids = [center.id for center in day.park.work_centers]
    kw = np.zeros(arrays.work.shape)
    for column, line_id in enumerate(ids):
        kw[:, column] = [
            day.pace[line_id, product].run_kw if (line_id, product) in day.pace else 0.0
            for product in day.jobs["product_id"]
        ]
    late = np.where(is_board, 0.0, arrays.weight)
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
    )
    idle = [sum(unit.idle_kw for unit in center.work_unit) for center in day.park.work_centers]
    count = len(ids)
    line_set = LineSet(
        day.standing.free, day.standing.family, np.zeros(count, dtype=np.int64), np.array(idle), lines.setup
    )
    hours = Windows(lines.opened, lines.closed, np.zeros(lines.opened.size))
    return Problem(operations, line_set, links, [hours], day.steps, rates, day.power)


def rows_of(floor: Floor, placed: np.ndarray, keep: np.ndarray) -> list[list[int]]:
    """Return the rows of a floor filled as a plan (J, 4 or more) places its jobs; others wait at the end of a row.

    keep: (J,) jobs that may be in a row at all.
    """
    level = floor.row[:, ROW_LEVEL]
    rows: list[list[int]] = [[] for _ in level]
    job_level = floor.op[:, LEVEL]
    for job in np.lexsort((placed[:, 2], placed[:, 0] < 0)).tolist():
        able = np.flatnonzero(floor.can[job, :, WORK] >= 0)
        if keep[job] and able.size:
            line = placed[job, 0] if placed[job, 0] >= 0 else able[0]
            rows[int(floor.row_of[line, job_level[job]])].append(job)
    return rows


def improved(day: Day, placed: np.ndarray, rates: Rates, seed: int, moves: int) -> np.ndarray:
    """Return a plan (J, 5: line, changeover, start, line free again, last unit out [ms]) that costs no more.

    placed: (J, 4) the plan to begin with, line below 0 where a job has no place. moves: edits to try.
    """
    lots = np.flatnonzero(day.jobs["product_id"].is_in(_boards(day.park)).to_numpy())
    floor = _pegged(day, placed, rates)
    if lots.size:
        improve(floor, seed, LOT_MOVES * lots.size, members=lots)
        placed = placed_of(floor, placed)
        floor = _pegged(day, placed, rates)
    improve(floor, seed, moves)
    wait(floor.ints, floor.reals)
    keep_cap(floor)
    return placed_of(floor, placed)


def _pegged(day: Day, placed: np.ndarray, rates: Rates) -> Floor:
    """Return a floor that holds a plan, with its boards pegged anew; what lacks boards is left out for good."""
    links, missing = pegs(day, placed)
    floor = floor_of(problem_of(day, rates, links))
    keep = np.ones(len(placed), dtype=np.bool_)
    keep[missing] = False
    fill_rows(floor, rows_of(floor, placed, keep))
    resettle(floor.ints, floor.reals)
    return floor


def _boards(park: Park) -> list[str]:
    return [item.id for item in park.products if item.kind == "board"]


def placed_of(floor: Floor, before: np.ndarray) -> np.ndarray:
    """Return the plan of a floor (J, 5); a job without a place keeps the reason that it had before."""
    found = np.full((len(before), 5), -1, dtype=np.int64)
    found[:, 0] = np.minimum(before[:, 0], -1)
    at = np.flatnonzero(floor.op[:, START] >= 0)
    found[at, 0] = floor.row[floor.op[at, ROW], LINE]
    found[at, 1:4] = floor.op[at, BEGIN : LEAVE + 1]
    found[at, 4] = floor.op[at, END]
    return found
