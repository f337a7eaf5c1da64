"""Lower bounds of the makespan that mean something: the longest job, and each machine group's work between its ends.

References
----------
Santos, Hunsucker and Deal (1995), Global lower bounds for flow shops with multiple processors, European Journal of
Operational Research 80: at each stage, the work plus the smallest heads and tails, over the machines.
"""

from __future__ import annotations

import numpy as np

from parkwright.make.shop import HybridFlowShop, JobShop, SetupFlowShop, Shop


def lower_bound(shop: Shop) -> int:
    """Return a makespan that no plan of the shop can beat (same unit as its durations)."""
    if isinstance(shop, HybridFlowShop):
        return _hybrid(shop.durations, shop.machines)
    if isinstance(shop, SetupFlowShop):
        return _setup(shop)
    return _job(shop)


def _hybrid(durations: np.ndarray, machines: np.ndarray) -> int:
    heads = np.cumsum(durations, axis=1) - durations
    tails = durations.sum(axis=1, keepdims=True) - heads - durations
    bound = int(durations.sum(axis=1).max())
    for stage, count in enumerate(machines.tolist()):
        used = min(count, durations.shape[0])
        ends = np.sort(heads[:, stage])[:used].sum() + np.sort(tails[:, stage])[:used].sum()
        bound = max(bound, -(-int(ends + durations[:, stage].sum()) // used))
    return bound


def _setup(shop: SetupFlowShop) -> int:
    jobs, machines = shop.durations.shape
    bound = _hybrid(shop.durations, np.ones(machines, np.int64))
    heads = np.cumsum(shop.durations, axis=1) - shop.durations
    tails = shop.durations.sum(axis=1, keepdims=True) - heads - shop.durations
    for machine in range(machines if jobs > 1 else 0):
        setups = shop.setups[machine].copy()
        np.fill_diagonal(setups, np.iinfo(np.int64).max)
        into = setups.min(axis=0)
        changes = int(into.sum() - into.max())
        work = int(shop.durations[:, machine].sum())
        bound = max(bound, int(heads[:, machine].min()) + work + changes + int(tails[:, machine].min()))
    return bound


def _job(shop: JobShop) -> int:
    able = shop.durations > 0
    least = np.where(able, shop.durations, np.iinfo(np.int64).max).min(axis=1)
    until = np.concatenate([[0], np.cumsum(least)])
    jobs = np.repeat(np.arange(shop.first.size - 1), np.diff(shop.first))
    heads = until[:-1] - until[shop.first[jobs]]
    tails = until[shop.first[jobs + 1]] - until[1:]
    bound = int((until[shop.first[1:]] - until[shop.first[:-1]]).max())
    bound = max(bound, -(-int(least.sum()) // shop.durations.shape[1]))
    for machine in range(shop.durations.shape[1]):
        only = able[:, machine] & (able.sum(axis=1) == 1)
        if only.any():
            bound = max(bound, int(heads[only].min() + least[only].sum() + tails[only].min()))
    return int(bound)
