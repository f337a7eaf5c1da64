"""Small and random energy systems for tests of the core."""

from __future__ import annotations

import numpy as np

from parkwright.energy.blocks import Converter, Demand, Grid, Load, Source, Store, System


def reals(values, steps):
    return np.broadcast_to(np.asarray(values, dtype=float), steps).copy()


def grid(price, *, export=0.0, limit=1e4, export_limit=1e4, **fields):
    steps = len(price)
    return Grid("grid", "power", reals(limit, steps), reals(export_limit, steps), reals(price, steps),
                reals(export, steps), **fields)  # fmt: skip


def site(load, price, *others, step_h=1.0, cap=None, **fields):
    """A load on a grid with other blocks."""
    price = np.asarray(price, dtype=float)
    blocks = (Load("load", "power", reals(load, len(price))), grid(price, **fields), *others)
    return System(step_h, len(price), blocks, cap)


def battery(capacity=10.0, power=5.0, efficiency=1.0, opening=None, end=None, wear=0.0, **fields):
    return Store("battery", "power", capacity, power, power, efficiency, efficiency, wear_price=wear,
                 opening_kwh=opening, end_kwh=end, **fields)  # fmt: skip


def heated(heat, *others):
    """Blocks of a heat bus with its load."""
    return (Load("heat", "heat", np.asarray(heat, dtype=float)), *others)


def random_park(rng, steps, step_h=0.25):
    """A park of random size with sun, battery, heat pump, tank, boiler, waste heat and a peak price."""
    hour = np.arange(steps) * step_h % 24
    size = rng.uniform(200, 5000)
    load = size * (0.5 + 0.5 * ((hour > 7) & (hour < 20)) + 0.1 * rng.random(steps))
    sun = rng.uniform(0, 2) * size * np.clip(np.sin((hour - 6) / 12 * np.pi), 0, None) * rng.random(steps)
    price = rng.uniform(0.2, 0.5) + rng.uniform(0.1, 1.0) * ((hour > 8) & (hour < 21)) + 0.01 * rng.random(steps)
    heat = rng.uniform(0.05, 0.4) * size * (0.5 + rng.random(steps))
    peak = Demand(np.zeros(steps, dtype=np.int64), np.array([rng.uniform(0, 2)]), np.zeros(1))
    wide = np.full(steps, np.inf)
    return System(
        step_h, steps,
        (
            Load("load", "power", load),
            Grid("grid", "power", wide, reals(rng.uniform(0, 1) * size, steps), price, reals(0.1, steps), peak, 0.5),
            Source("sun", "power", sun),
            Load("heat", "heat", heat),
            Source("waste", "heat", rng.uniform(0, 0.1) * size * rng.random(steps)),
            Store("battery", "power", rng.uniform(0, 3) * size, *(rng.uniform(0.1, 1) * size,) * 2,
                  rng.uniform(0.85, 1), rng.uniform(0.85, 1), 0.9999, 0.02),
            Store("tank", "heat", rng.uniform(0, 3) * size, np.inf, np.inf, kept_share=0.999),
            Converter("pump", "power", "heat", reals(rng.uniform(0.01, 0.2) * size, steps), 2 + 2 * rng.random(steps)),
            Source("boiler", "heat", reals(size, steps), rng.uniform(0.2, 0.8), 0.2),
        ),
    )  # fmt: skip
