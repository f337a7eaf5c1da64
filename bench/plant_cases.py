"""Generated plants: four stages of unrelated lines, families with setups, kit dates, due dates, a tariff and kW.

A case is a size, a load and a seed; the same three give the same plant on every machine. Minutes inside, ms outside.
The times, prices and powers are invented to look like an electronics plant; none is measured.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parkwright.make.floor import LineSet, Operations, Problem, Rates
from parkwright.make.hours import HOUR_MS, Steps, Windows

MINUTE_MS = 60_000
STAGES = ("smt", "assembly", "test", "pack")
WORK_MIN = ((15, 90), (20, 120), (10, 60), (5, 30))
"""Least and most work of a job on a mean line, by stage [min]."""
KW = ((25, 60), (4, 12), (6, 15), (2, 5))
"""Least and most power of a line, by stage [kW]."""
SETUP_MIN = ((10, 45), (5, 20), (5, 15), (0, 5))
"""Least and most setup between two families, by stage [min]."""
FAMILIES = 24
DAY_MIN = 1200
"""Two shifts of ten hours [min]."""
LOADS = (0.6, 0.85, 1.0)
TARIFF = ((0, 8, 0.31), (8, 11, 1.17), (11, 17, 0.70), (17, 22, 1.17), (22, 24, 0.31))
"""From hour, to hour, price [CNY/kWh]: shaped like a Chinese industrial tariff of three bands."""
CARBON = ((0, 8, 0.62), (8, 11, 0.58), (11, 17, 0.45), (17, 22, 0.60), (22, 24, 0.62))
"""From hour, to hour, emissions [kg/kWh]."""


def plant(ops: int, lines: int, load: float, seed: int, energy: float = 0.0) -> Problem:
    """Return a plant of ops / 4 jobs; load: work and likely setups over what the busiest stage can do until the last
    due date. energy: factor of the tariff; 0 plans for tardiness alone.
    """
    rng = np.random.default_rng([ops, lines, round(100 * load), seed])
    jobs, count = ops // 4, 4 * (ops // 4)
    mean = np.array([sum(span) / 2 for span in WORK_MIN]) + 0.3 * np.array([sum(span) / 2 for span in SETUP_MIN])
    stage_of = _shared_out(mean, lines)
    stage = np.tile(np.arange(4), jobs)
    job = np.repeat(np.arange(jobs), 4)
    family = rng.integers(0, FAMILIES, jobs)
    base = np.column_stack([rng.uniform(low, high, jobs) for low, high in WORK_MIN]).ravel()
    speed = rng.uniform(0.8, 1.25, lines)
    eligible = (stage_of[None, :] == stage[:, None]) & (rng.random((FAMILIES, lines)) < 0.8)[family[job]]
    for s in range(4):
        mine = np.flatnonzero(stage_of == s)
        lacking = np.flatnonzero((stage == s) & ~eligible[:, mine].any(axis=1))
        eligible[lacking, mine[family[job[lacking]] % mine.size]] = True
    noise = rng.uniform(0.9, 1.1, (count, lines))
    work = np.where(eligible, np.ceil(base[:, None] / speed[None, :] * noise) * MINUTE_MS, -1).astype(np.int64)
    busiest = max(jobs * mean[s] / (stage_of == s).sum() for s in range(4))
    horizon = busiest / load
    kit = np.sort(rng.uniform(0, 0.9 * horizon, jobs))
    total = base.reshape(jobs, 4).sum(axis=1)
    due = kit + total * rng.uniform(1.5, 6.0, jobs) + 60
    weight = rng.integers(1, 11, jobs) * 6.0
    kw = np.array([rng.uniform(*KW[s]) for s in stage_of])
    zero = np.zeros(count)
    operations = Operations(
        ready=np.where(stage == 0, np.ceil(kit)[job], 0).astype(np.int64) * MINUTE_MS,
        due=np.ceil(due)[job].astype(np.int64) * MINUTE_MS,
        family=family[job],
        level=stage,
        late_cny_per_h=np.where(stage == 3, weight[job], 0.0),
        drop_cny=zero + 1e6,
        work=work,
        tail=np.zeros((count, lines), dtype=np.int64),
        kw=np.broadcast_to(kw, (count, lines)).copy(),
    )
    setup = np.zeros((lines, FAMILIES + 1, FAMILIES), dtype=np.int64)
    for line in range(lines):
        low, high = SETUP_MIN[stage_of[line]]
        setup[line] = np.ceil(rng.uniform(low, high, (FAMILIES + 1, FAMILIES))) * MINUTE_MS
        setup[line][np.arange(FAMILIES), np.arange(FAMILIES)] = 0
    line_set = LineSet(
        np.zeros(lines, dtype=np.int64), np.full(lines, FAMILIES), np.zeros(lines, dtype=np.int64), 0.3 * kw, setup
    )
    at = np.arange(count).reshape(jobs, 4)
    links = np.concatenate([at[:, n : n + 2] for n in range(3)])
    days = int(np.ceil(3 * horizon / 1440)) + 7
    hours = Windows(np.zeros(1, dtype=np.int64), np.array([days * 24 * HOUR_MS]), np.zeros(1))
    problem = Problem(operations, line_set, links, [hours], _tariff(days, energy), Rates())
    if energy == 0.0:
        none = np.zeros(count * lines).reshape(count, lines)
        problem = replace(problem, operations=replace(operations, kw=none), lines=replace(line_set, setup_kw=0 * kw))
    return problem


def _shared_out(mean: np.ndarray, lines: int) -> np.ndarray:
    """Return the stage of each line, so that the stages are about equally loaded."""
    count = np.ones(4, dtype=int)
    for _ in range(lines - 4):
        count[np.argmax(mean / count)] += 1
    return np.repeat(np.arange(4), count)


def _tariff(days: int, factor: float) -> Steps:
    edge = [24 * day + low for day in range(days) for low, _, _ in TARIFF]
    price = [factor * cny for _ in range(days) for _, _, cny in TARIFF]
    kg = [one for _ in range(days) for _, _, one in CARBON]
    return Steps(np.array([*edge, 24 * days]) * HOUR_MS, np.array(price), np.array(kg))


def busy_day(orders: int, lines: int, seed: int) -> Problem:
    """Return a day of two shifts on assembly lines: one operation an order, 80 % of the orders below 5 units.

    The share of small orders and the counts that the bench takes are those of a sister plant (Liang et al., INFORMS J.
    Applied Analytics 52(1), 2022); times and prices are invented. Work and likely setups fill about 0.85 of the day.
    """
    rng = np.random.default_rng([orders, lines, seed])
    quantity = np.where(rng.random(orders) < 0.8, rng.integers(1, 5, orders), 4 + rng.geometric(1 / 16, orders))
    family = rng.integers(0, FAMILIES, orders)
    eligible = (rng.random((FAMILIES, lines)) < 0.3)[family]
    eligible[np.arange(orders), family % lines] = True
    unit_min = 0.8 * 0.85 * lines * DAY_MIN / float(quantity.sum()) * rng.uniform(0.8, 1.25, (orders, lines))
    work = np.where(eligible, np.ceil(quantity[:, None] * unit_min * MINUTE_MS), -1).astype(np.int64)
    kit, zero = rng.uniform(0, 0.6 * DAY_MIN, orders), np.zeros(orders)
    due = np.minimum(kit + rng.uniform(120, DAY_MIN, orders), DAY_MIN)
    kw = np.broadcast_to(rng.uniform(*KW[1], lines), (orders, lines)).copy()
    none = np.zeros(orders, dtype=np.int64)
    operations = Operations(
        ready=np.ceil(kit).astype(np.int64) * MINUTE_MS, due=np.ceil(due).astype(np.int64) * MINUTE_MS, family=family,
        level=none, late_cny_per_h=rng.integers(1, 11, orders) * 6.0, drop_cny=zero + 1e6, work=work,
        tail=np.zeros((orders, lines), dtype=np.int64), kw=kw,
    )  # fmt: skip
    setup = np.ceil(rng.uniform(2, 8, (lines, FAMILIES + 1, FAMILIES))).astype(np.int64) * MINUTE_MS
    setup[:, np.arange(FAMILIES), np.arange(FAMILIES)] = 0
    free = np.zeros(lines, dtype=np.int64)
    line_set = LineSet(free, np.full(lines, FAMILIES), free.copy(), np.zeros(lines), setup)
    shift = np.arange(3) * 24 * HOUR_MS
    hours = Windows(shift, shift + DAY_MIN * MINUTE_MS, np.zeros(3))
    return Problem(operations, line_set, np.zeros((0, 2), dtype=np.int64), [hours], _tariff(3, 1.0), Rates())
