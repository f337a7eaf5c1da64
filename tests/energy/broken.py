"""Energy systems that are broken in a way drawn at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from systems import random_park

from parkwright.energy.blocks import Converter, Demand, Flexible, Grid, Job, Load, Source, Store

WAYS = (
    "nothing", "import", "export", "no_heat", "empty", "full", "end", "surplus", "cap", "car", "work", "negative_price",
    "dear_export", "no_store", "huge", "zero_cop", "flat", "one_step", "lossy", "peak",
)  # fmt: skip
"""What may be broken in a system."""


def a_broken_system(seed):
    """Return (system, ways): a random park with one to four things broken."""
    rng = np.random.default_rng([77, seed])
    steps = 1 if rng.random() < 0.05 else int(rng.integers(2, 24))
    park = random_park(rng, steps)
    ways = tuple(rng.choice(WAYS, rng.integers(1, 5), replace=False))
    for way in ways:
        park = _break(park, way, rng)
    return park, ways


def _break(park, way, rng):
    blocks = [_broken(block, way, rng, park) for block in park.blocks]
    size = float(np.abs(park.blocks[0].power_kw).mean()) + 1.0
    if way == "car":
        blocks.append(Flexible("car", "power", size * rng.random(), size * rng.uniform(0, 9), 0, park.steps, 0.9))
    if way == "work":
        length = int(rng.integers(1, park.steps + 1))
        starts = np.arange(park.steps - length + 1)
        blocks += [Job(f"job{n}", "power", np.full(length, size), starts, "oven") for n in range(2)]
    cap = size * rng.uniform(0, 5) if way == "cap" else park.carbon_cap_kg
    return replace(park, blocks=tuple(blocks), carbon_cap_kg=cap)


def _broken(block, way, rng, park):
    steps = park.steps
    if isinstance(block, Grid):
        return _broken_grid(block, way, rng, steps)
    if isinstance(block, Store):
        return _broken_store(block, way, rng)
    if isinstance(block, Load) and way == "surplus" and block.id == "load":
        return replace(block, power_kw=block.power_kw - 3 * block.power_kw.max() * (rng.random(steps) < 0.3))
    if isinstance(block, Load) and way == "huge":
        return replace(block, power_kw=block.power_kw * 10 ** rng.uniform(0, 3))
    if isinstance(block, Source) and way == "no_heat" and block.bus == "heat":
        return replace(block, limit_kw=np.zeros(steps))
    if isinstance(block, Converter) and way in ("no_heat", "zero_cop"):
        return replace(block, ratio=np.zeros(steps))
    return block


def _broken_grid(grid, way, rng, steps):
    if way == "import":
        return replace(grid, import_limit_kw=np.full(steps, 1000 * rng.random()))
    if way == "export":
        return replace(grid, export_limit_kw=np.zeros(steps))
    if way == "negative_price":
        return replace(
            grid, import_limit_kw=np.full(steps, 1e4), import_price=grid.import_price - 2 * (rng.random(steps) < 0.4)
        )
    if way == "dear_export":
        wide = np.full(steps, 1e4)
        return replace(grid, import_limit_kw=wide, export_price=grid.import_price + 0.2 * (rng.random(steps) < 0.5))
    if way == "flat":
        return replace(grid, import_price=np.zeros(steps), export_price=np.zeros(steps))
    if way == "peak":
        window = int(rng.integers(1, steps + 1))
        return replace(grid, demand=Demand(np.zeros(steps, dtype=np.int64), np.array([40.0]), np.array([50.0]), window))
    return grid


def _broken_store(store, way, rng):
    if way == "empty":
        return replace(store, opening_kwh=0.0, end_kwh=store.capacity_kwh)
    if way == "full":
        return replace(store, opening_kwh=store.capacity_kwh * rng.uniform(0.9, 9.0), end_kwh=0.0)
    if way == "end":
        return replace(store, opening_kwh=-5.0, end_kwh=store.capacity_kwh * 2)
    if way == "no_store":
        return replace(store, capacity_kwh=0.0, charge_kw=0.0, discharge_kw=0.0)
    if way == "lossy":
        return replace(store, kept_share=0.0, opening_kwh=store.capacity_kwh)
    return store
