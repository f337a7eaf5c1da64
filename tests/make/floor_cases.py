"""Random small floors with every feature on or off, and how to read a plan out of one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parkwright.make.floor import (
    BEGIN,
    END,
    LEAVE,
    LINE,
    ROW,
    START,
    Crew,
    Floor,
    LineSet,
    Lots,
    Operations,
    Placed,
    Power,
    Problem,
    Rates,
    floor_of,
)
from parkwright.make.hours import HOUR_MS, Steps, Windows
from parkwright.make.improve import Progress, Search
from parkwright.make.listing import list_first
from parkwright.make.schedule import Schedule, retimed

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


def with_crew(problem: Problem, rng: np.random.Generator) -> Problem:
    """The problem with one or two crews that change with the shift."""
    count, lines = problem.operations.work.shape
    crews = [
        Crew(
            edge=np.array([0, rng.integers(100, 300)]) * MINUTE,
            there=rng.integers(1, 6, 2).astype(float),
            need=rng.integers(0, 3, (count, lines)).astype(float),
            setup_need=rng.integers(0, 2, lines).astype(float),
        )
        for _ in range(rng.integers(1, 3))
    ]
    return replace(problem, crews=crews)


def with_lots(problem: Problem, rng: np.random.Generator, ovens: bool = True) -> Problem:
    """The problem with lots of 1 to 40 units, lines of three modes by lot size, and now and then ovens.

    In an oven a family has one work and one power, so that lots can share a run.
    """
    ops, (count, lines) = problem.operations, problem.operations.work.shape
    units = rng.integers(1, 41, count)
    mode = rng.integers(0, 3, lines)
    room = np.where(rng.random(lines) < 0.6, rng.integers(20, 90, lines), 0) * ovens
    work, kw, crews = ops.work.copy(), ops.kw.copy(), list(problem.crews)
    for line in np.flatnonzero(room):
        recipe = rng.integers(20, 60, 4) * MINUTE
        work[:, line] = np.where(work[:, line] >= 0, recipe[ops.family], -1)
        kw[:, line] = 10.0 + ops.family
        for crew in crews:
            crew.need[:, line] = 1.0
    lots = Lots(units, np.array([1, 5, 20])[mode], np.array([12, 40, 1000])[mode], room)
    whole = None if ops.whole is None else np.where(room.any(), 0, ops.whole)
    return replace(problem, operations=replace(ops, work=work, kw=kw, whole=whole), lots=lots)


def with_kept(problem: Problem, until: int) -> Problem:
    """The problem that keeps what the rule starts before an instant."""
    floor = floor_of(problem)
    list_first(floor)
    return replace(problem, kept=[one for one in plan_of(floor) if one.start < until])


def any_problem(seed: int, jobs: int = 8) -> Problem:
    """A random problem with one to three levels, and crews and a frozen horizon now and then."""
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, jobs, int(rng.integers(1, 4)))
    if rng.random() < 0.4:
        problem = with_crew(problem, rng)
    if rng.random() < 0.5:
        problem = with_lots(problem, rng)
    if rng.random() < 0.4:
        problem = with_kept(problem, int(rng.integers(1, 200)) * MINUTE)
    return problem


def tiny(work, ready=0, windows=((0, 480),), whole=0, free=0, links=(), due=0):
    """Operations of one job or several, two lines; work: (N, 2) minutes, -1 where the line cannot."""
    work = np.array(work)
    count = len(work)
    level = np.zeros(count, dtype=int)
    for before, after in links:
        level[after] = max(level[after], level[before] + 1)
    operations = Operations(
        ready=np.full(count, ready) * MINUTE,
        due=np.full(count, due) * MINUTE,
        family=np.zeros(count, dtype=int),
        level=level,
        late_cny_per_h=np.ones(count),
        drop_cny=np.full(count, 1000.0),
        work=np.where(work < 0, -1, work * MINUTE),
        tail=np.zeros((count, 2), dtype=int),
        kw=np.ones((count, 2)),
        whole=np.full(count, whole),
    )
    lines = LineSet(
        np.full(2, free), np.full(2, 1), np.zeros(2, dtype=int), np.zeros(2), np.zeros((2, 2, 1), dtype=int)
    )
    edge = np.array(windows, dtype=np.int64).reshape(-1, 2) * MINUTE
    hours = Windows(edge[:, 0].copy(), edge[:, 1].copy(), np.zeros(len(edge)))
    names = [f"job-{n}" for n in range(count)]
    none = Steps(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    return Problem(operations, lines, np.array(links, dtype=int).reshape(-1, 2), [hours], none, Rates(), names=names)


def plan_of(floor: Floor) -> list[Placed]:
    """The operations that have a place in the floor's plan."""
    return [
        Placed(int(i), int(floor.row[row[ROW], LINE]), *(int(row[c]) for c in (BEGIN, START, LEAVE, END)))
        for i, row in enumerate(floor.op)
        if row[START] >= 0
    ]


def done_by_hand(floor: Floor, table: int, at: int, work: int) -> int:
    """When `work` ms of working time from an instant on are over, window by window; -1 where they never are."""
    if work == 0:
        return at
    used = int(floor.scale[table, 2])
    for k in range(used - 1):
        (low, before), (high, after) = floor.cut[table, k].tolist(), floor.cut[table, k + 1].tolist()
        since = max(at, low)
        if after > before and since < high:
            if work <= high - since:
                return since + work
            work -= high - since
    return -1


def sum_by_hand(floor: Floor, table: int, start: int, end: int, which: int) -> float:
    """The energy price or premium summed over the hours of a span, from the table's cuts."""
    used = int(floor.scale[table, 2])
    edges, sums = floor.cut[table, :used, 0], floor.sums[table, :used, which]
    low, high = np.interp([start, end], edges, sums)
    return float(high - low)


def improve(floor: Floor, seed: int, moves: int, slices: int = 10, members: np.ndarray | None = None) -> Progress:
    """Search the plan that the floor holds with a budget of edits, cut into slices; leave the best plan there."""
    search = Search(floor, seed, members=members)
    for number in range(slices):
        search.advance(moves // slices, (number / slices, (number + 1) / slices))
    return search.finish()


def moved(problem: Problem, plan: Schedule, op: int, line: int, before: int | None = None) -> Schedule:
    """The plan with an operation on another line, ahead of another one there or at the end, all as early as it can."""
    seat, start = plan.line.copy(), plan.start.copy()
    seat[op] = line
    start[op] = plan.makespan + 1 if before is None else plan.start[before] - 1
    return retimed(problem, replace(plan, line=seat, start=start))
