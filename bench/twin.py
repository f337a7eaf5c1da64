"""How fast the twin is: a park-day beside SimPy, the lines alone, the price of asking every minute, a day of Tianjin.

Run: python bench/twin.py [PARK]. CPU seconds of one core, after the kernels were compiled or read from the cache.
Peer: SimPy, one process for each unit, the same line and the same figures.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Generator
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import simpy

from parkwright.model.opening import folder_opening
from parkwright.plan.day import make_plan
from parkwright.run.desk import Desk
from parkwright.store.folder import load
from parkwright.twin.layout import Release, Station, empty_log, lay_out, opening_state, release
from parkwright.twin.line import advance
from parkwright.twin.park import Twin, warm

DAY_S = 86_400.0
UNITS, STAGES = 12_000, 5
CYCLE_S, CYCLE_CV, MTBF_S, MTTR_S, BUFFER = 6.0, 0.2, 3600.0, 180.0, 20
DATE = date(2026, 7, 15)


def line_day(seed: int, step_s: float = DAY_S) -> tuple[float, int]:
    """Return CPU seconds and operations of a day of one line: 5 stages, 12,000 units, asked every `step_s`."""
    line = [Station(f"s{n}", CYCLE_S, CYCLE_CV, False, 1, BUFFER if n else 0, MTBF_S, MTTR_S) for n in range(STAGES)]
    layout = lay_out([line], [[(0.0, DAY_S)]], [False], [[]], seed)
    state = opening_state(layout)
    for at in np.cumsum(np.random.default_rng(seed).exponential(DAY_S / UNITS, UNITS)):
        state = release(layout, state, Release(0, 0, 1, 0.0, 1.0, float(at)))
    log = empty_log(layout)
    begun, rows = time.process_time(), 0
    for end in np.arange(step_s, DAY_S + step_s, step_s):
        rows += len(advance(layout, state, log, float(end)).passage)
    return time.process_time() - begun, rows


def simpy_day(seed: int) -> tuple[float, int]:
    """Return CPU seconds and operations of the same day in SimPy: a process a unit, blocking after service."""
    rng, env = np.random.default_rng(seed), simpy.Environment()
    entry = [simpy.Resource(env, 1 + BUFFER if n else UNITS) for n in range(STAGES)]
    place = [simpy.Resource(env, 1) for _ in range(STAGES)]
    life = [rng.exponential(MTBF_S) for _ in range(STAGES)]
    sigma = np.sqrt(np.log1p(CYCLE_CV**2))
    done = [0]

    def unit() -> Generator[simpy.Event, None, None]:
        held = entry[0].request()
        yield held
        for n in range(STAGES):
            here = place[n].request()
            yield here
            cycle = rng.lognormal(np.log(CYCLE_S) - sigma**2 / 2, sigma)
            life[n] -= cycle
            while life[n] < 0:
                cycle += rng.exponential(MTTR_S)
                life[n] += rng.exponential(MTBF_S)
            yield env.timeout(cycle)
            if n + 1 < STAGES:
                following = entry[n + 1].request()
                yield following
            place[n].release(here)
            entry[n].release(held)
            done[0] += 1
            held = following

    def source() -> Generator[simpy.Event, None, None]:
        for _ in range(UNITS):
            yield env.timeout(rng.exponential(DAY_S / UNITS))
            env.process(unit())

    env.process(source())
    begun = time.process_time()
    env.run(DAY_S)
    return time.process_time() - begun, done[0]


def park_day(path: Path) -> dict[str, float]:
    """Return the seconds that the twin takes of a whole day of a park, asked every minute, orders by the plan."""
    park = load(path)
    opening = folder_opening(park)
    plan = make_plan(park, DATE, 1, opening)
    desk = Desk(park, plan)
    begun = time.process_time()
    twin = Twin(park, DATE, 1, opening)
    spent, passages = time.process_time() - begun, 0
    tick, end = park.day_bounds(DATE)
    while tick < end:
        tick += timedelta(seconds=60)
        begun = time.process_time()
        image = twin.sense(tick)
        spent += time.process_time() - begun
        orders = desk.decide(image)
        begun = time.process_time()
        receipts = twin.act(orders)
        twin.readings(tick)
        spent += time.process_time() - begun
        desk.note(orders, receipts)
        passages += image.tables["passages"].height if "passages" in image.tables else 0
    return {"park_day_s": round(spent, 3), "park_day_passages": passages}


def main() -> None:
    """Print the figures as one JSON object."""
    begun = time.process_time()
    warm()
    found: dict[str, float] = {"warm_s": round(time.process_time() - begun, 3)}
    best = min(line_day(seed) for seed in range(5))
    stepped = min(line_day(seed, 60.0) for seed in range(5))
    peer = min(simpy_day(seed) for seed in range(3))
    found |= {
        "line_day_s": round(best[0], 4),
        "line_day_operations": best[1],
        "line_day_every_minute_s": round(stepped[0], 4),
        f"simpy_{simpy.__version__}_line_day_s": round(peer[0], 4),
        "faster_than_simpy": round(peer[0] / best[0], 1),
    }
    found |= park_day(Path(sys.argv[1] if len(sys.argv) > 1 else "parks/tianjin"))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
