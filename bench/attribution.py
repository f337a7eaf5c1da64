"""Share a month of meter intervals over units: 144,000 intervals, 3.6 million shares; exact against plain float64.

Peer: numpy float64 splitting, which is no exact method; the figure is how many intervals it fails to add up. Beside it
the same sharing as a relational program on DuckDB, and a month with 1,000 late corrections.
Run: python bench/attribution.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import ibis
import numpy as np
import polars as pl

from parkwright.carbon import apportionment
from parkwright.carbon.attribution import Ints, apportion_groups

INTERVALS, SHARES_EACH, LATE = 144_000, 25, 1000


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
    late = rng.choice(INTERVALS, LATE, replace=False)
    corrected = quantities.copy()
    corrected[late] = rng.integers(0, 10**10, LATE)
    again = apportion_groups(corrected, starts, weights)
    members = np.repeat(np.isin(np.arange(INTERVALS), late), sizes)
    postings = int(shares.sum()) + int((again[members] - shares[members]).sum())
    print(f"after {LATE:,} late corrections  {postings - int(corrected.sum()):>12} mWh difference")
    print(f"shares they change           {int((again != shares)[~members].sum()):>12} outside their intervals")
    relational(quantities, sizes, weights, shares)


def relational(quantities: Ints, sizes: Ints, weights: Ints, shares: Ints) -> None:
    """Print what the relational program takes on DuckDB, and how many shares differ from the kernel's."""
    with tempfile.TemporaryDirectory() as place:
        groups = np.arange(INTERVALS)
        members = {"group_id": np.repeat(groups, sizes), "member_id": np.arange(weights.size), "weight": weights}
        pl.DataFrame({"group_id": groups, "quantity": quantities}).write_parquet(Path(place) / "q.parquet")
        pl.DataFrame(members).write_parquet(Path(place) / "w.parquet")
        engine = ibis.duckdb.connect()
        tables = [engine.read_parquet(str(Path(place) / name)) for name in ("q.parquet", "w.parquet")]
        begun = time.process_time()
        found = apportionment.shares(*tables).order_by("member_id").to_pyarrow()["share"].to_numpy()
        print(f"Ibis on DuckDB               {time.process_time() - begun:>12.3f} s CPU")
    print(f"shares unlike the kernel's   {int((found != shares).sum()):>12,}")


if __name__ == "__main__":
    main()
