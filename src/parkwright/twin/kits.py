"""Kits on their way: called off, late where a supplier is late, there."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from parkwright.model.park import Park
from parkwright.twin.random import exponential, stream, uniform

JUST_AFTER_S = 0.001
"""A kit called off for a time that has passed arrives this much later [s]: the least step of the tables' times."""


class Kits:
    """Which kits were called off, when they come, and which are there."""

    def __init__(self, park: Park, seed: int, replication: int) -> None:
        """Begin with nothing called off."""
        self._seed, self._replication = seed, replication
        self._suppliers = _late_suppliers(park)
        self._coming: list[tuple[float, str]] = []
        self._at: dict[str, float] = {}

    def call_off(self, job_id: str, product_id: str, ready: float, now: float) -> bool:
        """Call off a job's kit planned for `ready` [s of the day]; False when that was done before."""
        if job_id in self._at:
            return False
        delay = 0.0
        for supplier_id, late_share, late_mean_s in self._suppliers.get(product_id, ()):
            key = stream(self._seed, self._replication, f"late/{supplier_id}", job_id)
            if uniform(key[0], key[1], 0) < late_share:
                delay = max(delay, exponential(key[0], key[1], 1, late_mean_s))
        at = max(ready + delay, now + JUST_AFTER_S)
        self._at[job_id] = at
        heapq.heappush(self._coming, (at, job_id))
        return True

    def arrived(self, until: float) -> list[tuple[str, float]]:
        """Return the kits that came up to `until` and were not returned before, as (job id, when [s])."""
        found = []
        while self._coming and self._coming[0][0] <= until:
            at, job_id = heapq.heappop(self._coming)
            found.append((job_id, at))
        return found

    def missing(self, job_id: str, now: float) -> str:
        """Return why the job's kit is not there at `now` [s of the day]; empty when it is."""
        if job_id not in self._at:
            return "its kit was not called off"
        return "" if self._at[job_id] <= now else "its kit has not arrived"


def _late_suppliers(park: Park) -> Mapping[str, tuple[tuple[str, float, float], ...]]:
    late = {s.id: (s.id, s.late_share, s.late_mean_s) for s in park.suppliers if s.late_share > 0.0}
    found: dict[str, dict[str, tuple[str, float, float]]] = {}
    for line in park.bill:
        material = park.material.get(line.component_id)
        if material is not None and material.supplier_id in late:
            found.setdefault(line.product_id, {})[material.supplier_id] = late[material.supplier_id]
    return {product_id: tuple(rows[key] for key in sorted(rows)) for product_id, rows in found.items()}
