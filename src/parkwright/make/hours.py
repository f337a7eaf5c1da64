"""Working hours and what they cost as running sums, so that any span is two look-ups.

A table is cut where a line opens or closes or where the price steps. Letters: H tables, K cuts, S price steps.
Times are integers, ms; outside its first and last cut a table is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

HOUR_MS = 3_600_000
BUCKETS_PER_CUT = 4
"""Look-up cells per cut of a table: with four, the cut is nearly always found at once."""

EDGE = 0
WORKED = 1
ENERGY = 0
EXTRA = 1
PREMIUM = 3
"""Column of scale that tells whether a table has a premium."""
SCALE = 4


@dataclass(frozen=True, slots=True)
class Windows:
    """When a line may work: opened, closed [ms] (W,), in order and apart; premium [CNY/h] (W,), 0 in ordinary time."""

    opened: np.ndarray
    closed: np.ndarray
    extra_cny_per_h: np.ndarray


@dataclass(frozen=True, slots=True)
class Steps:
    """What a kWh costs: edges [ms] (S+1,), price [CNY/kWh] and emissions [kg/kWh] (S,); held at both ends."""

    edge: np.ndarray
    cny_per_kwh: np.ndarray
    kg_per_kwh: np.ndarray


def tabulate(
    windows: Sequence[Windows], steps: Steps, carbon_cny_per_kg: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the tables of these windows with energy at its price plus its carbon: cut, sums, cell, scale.

    cut: (H, K, 2) [ms]: the cut, and the working time before it. sums: (H, K, 2): CNY for 1 kW run through all working
    time before the cut, and premium [CNY]. cell: (H, C) cut at or before each cell. scale: (H, SCALE) first cut,
    length of a cell [ms], cuts in use, 1 where there is a premium; a shorter table repeats its last cut.
    """
    tables = [_table(one, steps, carbon_cny_per_kg) for one in windows]
    width = max(len(cut) for cut, _ in tables)
    cuts = np.zeros((len(tables), width, 2), dtype=np.int64)
    sums = np.zeros((len(tables), width, 2))
    cells = np.zeros((len(tables), BUCKETS_PER_CUT * width), dtype=np.int64)
    scale = np.zeros((len(tables), SCALE), dtype=np.int64)
    for h, (cut, total) in enumerate(tables):
        used = len(cut)
        cuts[h], sums[h] = cut[-1], total[-1]
        cuts[h, :used], sums[h, :used] = cut, total
        cell_ms = max(1, -(-int(cut[-1, EDGE] - cut[0, EDGE]) // cells.shape[1]))
        at = cut[0, EDGE] + cell_ms * np.arange(cells.shape[1])
        cells[h] = np.clip(np.searchsorted(cut[:, EDGE], at, side="right") - 1, 0, max(0, used - 2))
        scale[h] = cut[0, EDGE], cell_ms, used, total[-1, EXTRA] != 0.0
    return cuts, sums, cells, scale


def _table(windows: Windows, steps: Steps, carbon_cny_per_kg: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (cut (K, 2), sums (K, 2)) of one table."""
    if windows.opened.size == 0:
        return np.zeros((2, 2), dtype=np.int64), np.zeros((2, 2))
    first, last = int(windows.opened[0]), int(windows.closed[-1])
    inner = steps.edge[(steps.edge > first) & (steps.edge < last)]
    edge = np.unique(np.concatenate((windows.opened, windows.closed, inner)))
    span = np.diff(edge)
    window = np.searchsorted(windows.opened, edge[:-1], side="right") - 1
    is_open = edge[:-1] < windows.closed[window]
    price = np.zeros(span.size)
    if steps.cny_per_kwh.size:
        step = np.clip(np.searchsorted(steps.edge, edge[:-1], side="right") - 1, 0, steps.cny_per_kwh.size - 1)
        price = (steps.cny_per_kwh + carbon_cny_per_kg * steps.kg_per_kwh)[step]
    cut = np.zeros((edge.size, 2), dtype=np.int64)
    sums = np.zeros((edge.size, 2))
    cut[:, EDGE] = edge
    cut[1:, WORKED] = np.cumsum(span * is_open)
    sums[1:, ENERGY] = np.cumsum(span * is_open * price) / HOUR_MS
    sums[1:, EXTRA] = np.cumsum(span * is_open * windows.extra_cny_per_h[window]) / HOUR_MS
    return cut, sums
