"""A made-up supply chain like a bill of material: tiers from raw material to products, energy that uses machines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIZES = (200, 1_000, 3_000, 5_000, 5_500, 3_960, 1_300)
"""Processes a tier, products first; with ENERGY of them 20,000."""
ENERGY = 40


@dataclass(frozen=True)
class Chain:
    """A chain as graph.graph takes it."""

    ids: list[str]
    direct: np.ndarray
    users: np.ndarray
    inputs: np.ndarray
    amounts: np.ndarray
    product_ids: list[str]


def chain(seed: int, scale: float = 1.0) -> Chain:
    """Return a chain; scale 1 has 20,000 processes."""
    rng = np.random.default_rng(seed)
    sizes = [max(int(size * scale), 2) for size in SIZES]
    energy = max(int(ENERGY * scale), 2)
    firsts = np.concatenate(([0], np.cumsum(sizes)))
    total = int(firsts[-1]) + energy
    names = [f"P{tier}-{n:05d}" for tier, size in enumerate(sizes) for n in range(size)]
    names += [f"E-{n:03d}" for n in range(energy)]
    users, inputs, amounts = [], [], []
    for tier, size in enumerate(sizes):
        nodes = np.arange(firsts[tier], firsts[tier + 1])
        if tier + 1 < len(sizes):
            parts = rng.integers(5, 15, size)
            users.append(np.repeat(nodes, parts))
            inputs.append(rng.integers(firsts[tier + 1], firsts[tier + 2], int(parts.sum())))
            amounts.append(rng.lognormal(-2.3, 0.6, int(parts.sum())))
        users.append(nodes)
        inputs.append(total - energy + rng.integers(0, energy, size))
        amounts.append(rng.lognormal(-1.0, 0.5, size))
    grid = np.arange(total - energy, total)
    users.append(np.repeat(grid, 6))
    inputs.append(rng.integers(firsts[2], firsts[3], 6 * energy))
    amounts.append(rng.lognormal(-5.0, 0.5, 6 * energy))
    direct = rng.lognormal(-1.0, 1.0, total)
    parts = (np.concatenate(users), np.concatenate(inputs), np.concatenate(amounts))
    return Chain(names, direct, *parts, names[: sizes[0]])
