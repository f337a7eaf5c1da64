"""The schedule problem as flat arrays: jobs, lines, working time and boards, in the park's own order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from parkwright.make.pace import Pace, changeover_s, of_product
from parkwright.model.park import Park

MS = 1000
HOUR_MS = 3_600_000


def to_ms(instant: datetime) -> int:
    """Return an aware instant as ms since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@dataclass(frozen=True)
class Standing:
    """How lines stand: when each is free [ms] (L,), -1 for never again, and the family it is set up for (L,)."""

    free: np.ndarray
    family: np.ndarray

    def after(self, placed: np.ndarray, family: np.ndarray) -> Standing:
        """Return the standing after the placed jobs (J, 4) of those families (J,)."""
        free, last = self.free.copy(), self.family.copy()
        for (line, _, _, leave), name in zip(placed, family, strict=True):
            if line >= 0 and leave >= free[line]:
                free[line], last[line] = leave, name
        return Standing(free, last)


@dataclass(frozen=True)
class Lines:
    """Lines as arrays: setup [ms] (L, F+1, F), the last row for a line not set up; working windows [ms] (W,)."""

    setup: np.ndarray
    opened: np.ndarray
    closed: np.ndarray
    families: dict[str, int]

    @property
    def working_ms(self) -> int:
        """Working time of the day [ms]."""
        return int((self.closed - self.opened).sum())

    def fresh(self) -> Standing:
        """Return the lines as the day finds them: free when work begins, set up for nothing."""
        count, families, _ = self.setup.shape
        first = self.opened[0] if self.opened.size else -1
        return Standing(np.full(count, first, dtype=np.int64), np.full(count, families - 1, dtype=np.int64))


@dataclass(frozen=True)
class JobArrays:
    """Jobs as arrays: able, work and tail [ms] (J, L); ready, due [ms], weight, family (J,)."""

    able: np.ndarray
    work: np.ndarray
    tail: np.ndarray
    ready: np.ndarray
    due: np.ndarray
    weight: np.ndarray
    family: np.ndarray

    def flat(self) -> tuple[np.ndarray, ...]:
        """Return the arrays in the order that the rule takes them."""
        return self.able, self.work, self.tail, self.ready, self.due, self.weight, self.family


@dataclass(frozen=True)
class Pool:
    """Boards as arrays: what each job needs (J+1 offsets, board, quantity) and what comes (B+1 offsets, ms, total)."""

    need: tuple[np.ndarray, np.ndarray, np.ndarray]
    supply: tuple[np.ndarray, np.ndarray, np.ndarray]


def windows(park: Park, day: date) -> tuple[np.ndarray, np.ndarray]:
    """Return the working windows of a day, touching shifts merged: opened, closed [ms] (W,)."""
    merged: list[list[int]] = []
    for start, end in park.shifts(day):
        if merged and to_ms(start) <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], to_ms(end))
        else:
            merged.append([to_ms(start), to_ms(end)])
    table = np.array(merged, dtype=np.int64).reshape(-1, 2)
    return np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])


def lines_of(park: Park, day: date) -> Lines:
    """Return the lines of the park on a day as arrays."""
    families = {name: number for number, name in enumerate(dict.fromkeys(p.family_id for p in park.products))}
    names: list[str | None] = [*families, None]
    setup = np.array(
        [[[changeover_s(park, line, a, b) * MS for b in families] for a in names] for line in park.work_centers]
    )
    shape = (len(park.work_centers), len(families) + 1, len(families))
    return Lines(np.round(setup).astype(np.int64).reshape(shape), *windows(park, day), families)


def paces(park: Park) -> dict[tuple[str, str], Pace]:
    """Return (line id, product id) -> planned pace, where the line does the product's segment."""
    return {
        (line.id, product.id): of_product(line, product)
        for line in park.work_centers
        for product in park.products
        if product.segment_id in line.segment_ids
    }


def job_arrays(
    park: Park, jobs: pl.DataFrame, families: dict[str, int], pace: dict[tuple[str, str], Pace]
) -> JobArrays:
    """Return the jobs as arrays; `jobs` has the columns of JOBS and release, due and weight."""
    shape = (jobs.height, len(park.work_centers))
    quantity = jobs["quantity"].to_numpy()
    able = np.zeros(shape, dtype=np.bool_)
    unit_ms, flow_ms = np.zeros(shape), np.zeros(shape)
    products = jobs["product_id"].to_list()
    for number, line in enumerate(park.work_centers):
        on_line = [pace.get((line.id, product_id)) for product_id in products]
        able[:, number] = [found is not None for found in on_line]
        able[:, number] &= (quantity >= line.lot_min) & (quantity <= line.lot_max)
        unit_ms[:, number] = [found.unit_s * MS if found else 0.0 for found in on_line]
        flow_ms[:, number] = [found.flow_s * MS if found else 0.0 for found in on_line]
    work = np.ceil(unit_ms * quantity[:, None]).astype(np.int64)
    tail = np.ceil(np.maximum(flow_ms - unit_ms, 0.0)).astype(np.int64)
    ready = np.maximum(_times(jobs, "release"), _times(jobs, "kit_ready"))
    family = np.array([families[name] for name in jobs["family_id"]], dtype=np.int64)
    return JobArrays(able, work, tail, ready, _times(jobs, "due"), jobs["weight"].to_numpy().copy(), family)


def pool_of(jobs: pl.DataFrame, per_unit: dict[str, dict[str, int]], supply: dict[str, list[tuple[int, int]]]) -> Pool:
    """Return the pool: `per_unit` as boards_per_unit, `supply` board -> (ms, boards) in any order."""
    boards = {board: number for number, board in enumerate(supply)}
    offsets, kinds, wanted = [0], [], []
    for product_id, quantity in jobs.select("product_id", "quantity").iter_rows():
        for board, each in per_unit.get(product_id, {}).items():
            kinds.append(boards[board])
            wanted.append(each * quantity)
        offsets.append(len(kinds))
    at, time, total = [0], [], []
    for arrivals in supply.values():
        held = 0
        for instant, count in sorted(arrivals):
            held += count
            time.append(instant)
            total.append(held)
        at.append(len(time))
    return Pool((_ints(offsets), _ints(kinds), _ints(wanted)), (_ints(at), _ints(time), _ints(total)))


def _ints(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def _times(frame: pl.DataFrame, column: str) -> np.ndarray:
    return np.asarray(frame[column].dt.epoch("ms").to_numpy(), dtype=np.int64).copy()
