"""Random small floors with every feature on or off, and how to read a plan out of one."""

from __future__ import annotations

import numpy as np

from parkwright.make.account import Placed
from parkwright.make.floor import (
    BEGIN,
    END,
    LEAVE,
    LINE,
    ROW,
    START,
    Floor,
    LineSet,
    Operations,
    Power,
    Problem,
    Rates,
)
from parkwright.make.hours import HOUR_MS, Steps, Windows

MINUTE = 60_000


def random_problem(rng: np.random.Generator, jobs: int = 8, levels: int = 2) -> Problem:
    """Jobs of one operation a level on two lines a level, and now and then a line that serves every level."""
    features = rng.random(12) < 0.5
    lines, count, families = 2 * levels + 1, jobs * levels, 3
    level = np.tile(np.arange(levels), jobs)
    own = np.arange(lines - 1) // 2
    able = (own[None, :] == level[:, None]) & (rng.random((count, lines - 1)) < 0.8)
    able = np.column_stack((able, rng.random(count) < (0.5 if features[0] else 0.0)))
    work = np.where(able, rng.integers(1, 40, (count, lines)) * MINUTE, -1)
    late = np.where(level == levels - 1, rng.integers(0, 5, count), 0).astype(float)
    operations = Operations(
        ready=rng.integers(0, 120, count) * MINUTE * features[1],
        due=rng.integers(30, 400, count) * MINUTE,
        family=np.repeat(rng.integers(0, families, jobs), levels),
        level=level,
        late_cny_per_h=late,
        drop_cny=rng.integers(50, 200, count).astype(float),
        work=work,
        tail=rng.integers(0, 10, (count, lines)) * MINUTE * features[2],
        kw=rng.integers(1, 30, (count, lines)).astype(float),
        was_line=rng.integers(-1, lines, count) if features[3] else None,
        was_start=rng.integers(0, 200, count) * MINUTE if features[3] else None,
        whole=rng.integers(0, 2, count) if features[4] else None,
    )
    setup = rng.integers(0, 20, (lines, families + 1, families)) * MINUTE
    free = np.where(rng.random(lines) < 0.1, -1, rng.integers(0, 60, lines) * MINUTE)
    shifts = [0, 90, 130, 300, 310, 460] if features[5] else [0, 460]
    edge = np.array(shifts) * MINUTE
    extra = rng.integers(0, 50, edge.size // 2).astype(float) * features[6]
    windows = [Windows(edge[::2], edge[1::2], extra)]
    windows.append(Windows(np.array([30 * MINUTE]), np.array([430 * MINUTE]), np.zeros(1)))
    idx = np.arange(count).reshape(jobs, levels)
    links = [np.stack([idx[:, n], idx[:, n + 1]], axis=1) for n in range(levels - 1)]
    power = None
    if features[7]:
        power = Power(0, 15 * MINUTE, rng.integers(0, 20, 40).astype(float), rng.integers(20, 90, 40).astype(float))
    steps = Steps(np.arange(9) * HOUR_MS, rng.random(8), rng.random(8))
    rates = Rates(*(rng.random(6) * 10 * features[:6]))
    return Problem(
        operations,
        LineSet(free, np.full(lines, families), rng.integers(0, 2, lines), rng.random(lines) * 5, setup),
        np.concatenate(links) if features[8] and links else np.zeros((0, 2), dtype=np.int64),
        windows,
        steps,
        rates,
        power,
    )


def plan_of(floor: Floor) -> list[Placed]:
    """The operations that have a place in the floor's plan."""
    return [
        Placed(int(i), int(floor.row[row[ROW], LINE]), *(int(row[c]) for c in (BEGIN, START, LEAVE, END)))
        for i, row in enumerate(floor.op)
        if row[START] >= 0
    ]
