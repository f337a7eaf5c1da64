"""Check a plan of a shop from the definition, in plain Python, without any code of the search."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from parkwright.make.shop import HybridFlowShop, JobShop, SetupFlowShop, Shop, ShopPlan

Row = tuple[int, int, int, int, int]


def check(shop: Shop, plan: ShopPlan) -> list[str]:
    """Return what is wrong with a plan, one line each; empty when it is valid."""
    columns = (plan.job, plan.stage, plan.machine, plan.start, plan.end)
    rows: list[Row] = list(zip(*(column.tolist() for column in columns), strict=True))
    wrong = _completeness(shop, rows)
    if wrong:
        return wrong
    wrong = _durations(shop, rows) + _routes(rows)
    return wrong + (_setups(shop, rows) if isinstance(shop, SetupFlowShop) else _machines(shop, rows))


def _completeness(shop: Shop, rows: list[Row]) -> list[str]:
    if isinstance(shop, JobShop):
        first = shop.first.tolist()
        wanted = {(j, o) for j in range(len(first) - 1) for o in range(first[j + 1] - first[j])}
    else:
        jobs, stages = shop.durations.shape
        wanted = {(j, k) for j in range(jobs) for k in range(stages)}
    wrong = []
    for job, stage, _, _, _ in rows:
        if (job, stage) in wanted:
            wanted.remove((job, stage))
        else:
            wrong.append(f"job {job}, stage {stage}: planned twice or not in the shop")
    return wrong + [f"job {job}, stage {stage}: not planned" for job, stage in sorted(wanted)]


def _durations(shop: Shop, rows: list[Row]) -> list[str]:
    wrong = []
    for job, stage, machine, start, end in rows:
        count = 1
        if isinstance(shop, JobShop):
            count = shop.durations.shape[1]
            row = int(shop.first[job]) + stage
            lasts = int(shop.durations[row, machine]) if 0 <= machine < count else 0
            if lasts == 0:
                wrong.append(f"job {job}, operation {stage}: machine {machine} cannot do it")
                continue
        else:
            lasts = int(shop.durations[job, stage])
            if isinstance(shop, HybridFlowShop):
                count = int(shop.machines[stage])
        if not 0 <= machine < count:
            wrong.append(f"job {job}, stage {stage}: machine {machine} is none of its {count}")
        if start < 0 or end - start != lasts:
            wrong.append(f"job {job}, stage {stage}: runs {start}..{end}, takes {lasts}")
    return wrong


def _routes(rows: list[Row]) -> list[str]:
    wrong = []
    by_job = defaultdict(list)
    for job, stage, _, start, end in rows:
        by_job[job].append((stage, start, end))
    for job, steps in by_job.items():
        steps.sort()
        for (_, _, before), (stage, start, _) in pairwise(steps):
            if start < before:
                wrong.append(f"job {job}, stage {stage}: starts at {start}, the stage before ends at {before}")
    return wrong


def _machines(shop: Shop, rows: list[Row]) -> list[str]:
    wrong = []
    by_machine = defaultdict(list)
    for job, stage, machine, start, end in rows:
        place = (stage, machine) if isinstance(shop, HybridFlowShop) else (0, machine)
        if end > start:
            by_machine[place].append((start, end, job))
    for (stage, machine), runs in by_machine.items():
        runs.sort()
        for (_, before, first), (start, _, job) in pairwise(runs):
            if start < before:
                wrong.append(f"stage {stage}, machine {machine}: jobs {first} and {job} overlap at {start}")
    return wrong


def _setups(shop: SetupFlowShop, rows: list[Row]) -> list[str]:
    jobs, machines = shop.durations.shape
    at = {(job, stage): (start, end) for job, stage, _, start, end in rows}
    order = sorted(range(jobs), key=lambda job: [at[job, machine] for machine in range(machines)])
    wrong = []
    for machine in range(machines):
        for before, job in pairwise(order):
            ready = at[before, machine][1] + int(shop.setups[machine, before, job])
            if at[job, machine][0] < ready:
                wrong.append(f"machine {machine}: job {job} starts at {at[job, machine][0]}, set up at {ready}")
    return wrong
