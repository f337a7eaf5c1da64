"""The schedule problem as flat arrays: jobs, lines, working time and boards, in the park's own order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from parkwright.make.floor import Crew
from parkwright.make.hours import Windows
from parkwright.make.pace import Pace, changeover_s, of_product
from parkwright.model.park import Park
from parkwright.model.tables import OUTAGES, conform

MS = 1000
HOUR_MS = 3_600_000


def to_ms(instant: datetime) -> int:
    """Return an aware instant as ms since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@dataclass(frozen=True)
class Lines:
    """Lines as arrays: setup [ms] (L, F+1, F), the last row for a line not set up; working windows [ms] (W,).

    out: line number -> when it is out of use (O, 2) [ms], of lines that are. own: line number -> its own working
    windows (O, 2) [ms], of lines that do not work in all of them. overtime: from, to [ms] and how much an hour of a
    line's work costs more meanwhile [CNY/h], in order and apart. crews: people whom the lines share, whose need
    (1, L) is that of any job.
    """

    setup: np.ndarray
    opened: np.ndarray
    closed: np.ndarray
    families: dict[str, int]
    out: Mapping[int, np.ndarray] = field(default_factory=dict)
    own: Mapping[int, np.ndarray] = field(default_factory=dict)
    overtime: Sequence[tuple[int, int, float]] = ()
    crews: Sequence[Crew] = ()

    @property
    def working_ms(self) -> int:
        """Working time of the day [ms]."""
        return int((self.closed - self.opened).sum())

    def hours(self, line: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the working windows of a line without its outages: opened, closed [ms] (W,)."""
        whole = self.own.get(line, np.stack((self.opened, self.closed), axis=1))
        spans = [(int(start), int(end)) for start, end in whole]
        for start, end in self.out.get(line, np.zeros((0, 2), dtype=np.int64)).tolist():
            cut = [((a, min(b, start)), (max(a, end), b)) for a, b in spans]
            spans = [(a, b) for parts in cut for a, b in parts if a < b]
        table = np.array(spans, dtype=np.int64).reshape(-1, 2)
        return np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])

    def closing(self, line: int) -> int:
        """Return when a line closes for the day, in use or not [ms]; 0 for one that does not work."""
        return int(self.own[line][:, 1].max(initial=0) if line in self.own else self.closed.max(initial=0))

    def windows(self, line: int) -> Windows:
        """Return the working windows of a line without its outages, cut where an hour begins or ends to cost more."""
        opened, closed = self.hours(line)
        edges = np.array([edge for start, end, _ in self.overtime for edge in (start, end)], dtype=np.int64)
        rows = list[tuple[int, int, float]]()
        for start, end in zip(opened.tolist(), closed.tolist(), strict=True):
            inner = np.unique(edges[(edges > start) & (edges < end)]).tolist()
            for low, high in pairwise([start, *inner, end]):
                rows.append((low, high, sum(cny for a, b, cny in self.overtime if a <= low < b)))
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        return Windows(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2].copy())

    def fresh(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the lines as the day finds them: free when work begins [ms], -1 without, set up for nothing (L,)."""
        count, families, _ = self.setup.shape
        first = self.opened[0] if self.opened.size else -1
        return np.full(count, first, dtype=np.int64), np.full(count, families - 1, dtype=np.int64)

    def after(self, work_ms: int) -> int:
        """Return when so much working time of the day is over [ms]; -1 when the day has less."""
        for opened, closed in zip(self.opened.tolist(), self.closed.tolist(), strict=True):
            if work_ms <= closed - opened:
                return int(opened + work_ms)
            work_ms -= closed - opened
        return -1


@dataclass(frozen=True)
class JobArrays:
    """Jobs as arrays: able, work and tail [ms] (J, L); ready, due [ms], weight, family, quantity [units] (J,)."""

    able: np.ndarray
    work: np.ndarray
    tail: np.ndarray
    ready: np.ndarray
    due: np.ndarray
    weight: np.ndarray
    family: np.ndarray
    quantity: np.ndarray


def windows(park: Park, day: date, line_id: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the working windows of a day, or of a line, touching shifts merged: opened, closed [ms] (W,)."""
    merged: list[list[int]] = []
    for start, end in park.shifts(day) if line_id is None else park.line_shifts(day, line_id):
        if merged and to_ms(start) <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], to_ms(end))
        else:
            merged.append([to_ms(start), to_ms(end)])
    table = np.array(merged, dtype=np.int64).reshape(-1, 2)
    return np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])


def lines_of(park: Park, day: date, outages: pl.DataFrame | None = None) -> Lines:
    """Return the lines of the park on a day as arrays; outages: OUTAGES of the day, None for none."""
    families = {name: number for number, name in enumerate(dict.fromkeys(p.family_id for p in park.products))}
    names: list[str | None] = [*families, None]
    setup = np.array(
        [[[changeover_s(park, line, a, b) * MS for b in families] for a in names] for line in park.work_centers]
    )
    shape = (len(park.work_centers), len(families) + 1, len(families))
    number = {line.id: n for n, line in enumerate(park.work_centers)}
    spans = OUTAGES.empty() if outages is None else conform(outages, OUTAGES)
    out = {
        number[str(line_id)]: rows.select(pl.col("start", "end").dt.epoch("ms")).to_numpy()
        for (line_id,), rows in spans.group_by("work_center_id")
        if line_id in number
    }
    hours = windows(park, day)
    own = {
        n: np.stack(mine, axis=1)
        for n, line in enumerate(park.work_centers)
        for mine in [windows(park, day, line.id)]
        if not all(np.array_equal(a, b) for a, b in zip(mine, hours, strict=True))
    }
    overtime = [(to_ms(start), to_ms(end), cny) for start, end, cny in park.overtime(day)]
    whole_ms = np.round(setup).astype(np.int64).reshape(shape)
    return Lines(whole_ms, *hours, families, out, own, overtime, crews_of(park, day))


def crews_of(park: Park, day: date) -> list[Crew]:
    """Return the people whom the lines of a day share; need (1, L): of any job on the line."""
    found = []
    for crew in park.crews:
        spans = [(to_ms(start), to_ms(end), heads) for start, end, heads in park.heads(day, crew)]
        edge = sorted({at for start, end, _ in spans for at in (start, end)})
        there = [float(sum(heads for start, end, heads in spans if start <= at < end)) for at in edge]
        served = {line.work_center_id: (line.run_heads, line.setup_heads) for line in crew.line}
        run, setup = np.array([served.get(line.id, (0.0, 0.0)) for line in park.work_centers]).reshape(-1, 2).T
        found.append(Crew(np.array(edge, dtype=np.int64), np.array(there), run[None, :].copy(), setup.copy()))
    return found


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
    unit_ms, flow_ms, run_ms = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    products = jobs["product_id"].to_list()
    for number, line in enumerate(park.work_centers):
        on_line = [pace.get((line.id, product_id)) for product_id in products]
        able[:, number] = [found is not None for found in on_line]
        able[:, number] &= (quantity >= line.lot_min) & (quantity <= line.lot_max)
        unit_ms[:, number] = [found.unit_s * MS if found else 0.0 for found in on_line]
        flow_ms[:, number] = [found.flow_s * MS if found else 0.0 for found in on_line]
        run_ms[:, number] = [found.run_s * MS if found else 0.0 for found in on_line]
    work = np.ceil(np.where(run_ms > 0, run_ms, unit_ms * quantity[:, None])).astype(np.int64)
    tail = np.ceil(np.where(run_ms > 0, 0.0, np.maximum(flow_ms - unit_ms, 0.0))).astype(np.int64)
    ready = np.maximum(_times(jobs, "release"), _times(jobs, "kit_ready"))
    family = np.array([families[name] for name in jobs["family_id"]], dtype=np.int64)
    weight = jobs["weight"].to_numpy().copy()
    return JobArrays(able, work, tail, ready, _times(jobs, "due"), weight, family, quantity.copy())


def _times(frame: pl.DataFrame, column: str) -> np.ndarray:
    return np.asarray(frame[column].dt.epoch("ms").to_numpy(), dtype=np.int64).copy()
