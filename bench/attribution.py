"""Share a month of meter intervals over units: 144,000 intervals, 3.6 million shares; exact against plain float64.

Peer: numpy float64 splitting, which is no exact method; the figure is how many intervals it fails to add up.
Run: python bench/attribution.py
"""

from __future__ import annotations

import time

import numpy as np

from parkwright.carbon.attribution import apportion_groups

INTERVALS, SHARES_EACH = 144_000, 25


def main() -> None:
    """Print CPU seconds, shares a second, the largest difference, and how often float64 and rounding fail."""
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 2 * SHARES_EACH, INTERVALS)
    starts = np.cumsum(sizes) - sizes
    quantities = rng.integers(0, 10**10, INTERVALS)
    weights = rng.integers(1, 9 * 10**8, sizes.sum())
    apportion_groups(quantities[:1], starts[:1], weights[: sizes[0]])
    begun = time.process_time()
    shares = apportion_groups(quantities, starts, weights)
    spent = time.process_time() - begun
    worst = np.abs(np.add.reduceat(shares, starts) - quantities).max()
    plain = np.repeat(quantities, sizes) * (weights / np.repeat(np.add.reduceat(weights, starts), sizes))
    float_fails = (np.add.reduceat(plain, starts) != quantities).sum()
    rounded_fails = (np.add.reduceat(np.rint(plain).astype(np.int64), starts) != quantities).sum()
    print(f"shares                       {weights.size:>12,}")
    print(f"CPU                          {spent:>12.3f} s")
    print(f"shares a second              {weights.size / spent:>12,.0f}")
    print(f"largest difference           {worst:>12} mWh")
    print(f"float64 does not add up      {float_fails:>12,} of {INTERVALS:,} intervals")
    print(f"rounded does not add up      {rounded_fails:>12,} of {INTERVALS:,} intervals")


if __name__ == "__main__":
    main()
