"""Material lots on the lines: mounted for a job, changed when used up, taken off when another job begins."""

from __future__ import annotations

from collections.abc import Iterable

from parkwright.model.park import Park

Mount = tuple[str, str, str, str, float, float | None]
"""lot, material, work unit, position; mounted and taken off [s of the day], None while it is still mounted."""


class Lots:
    """The lots of each line's first station: what is left in each, and what is mounted now."""

    def __init__(self, park: Park, day_text: str) -> None:
        """Begin with nothing mounted; `day_text` (yymmdd) goes into the lots' ids."""
        self._day_text = day_text
        self._needs: dict[str, list[tuple[str, str, float, float]]] = {}
        for line in park.bill:
            material = park.material.get(line.component_id)
            if material is not None:
                need = (material.id, line.position, line.quantity, material.lot_size)
                self._needs.setdefault(line.product_id, []).append(need)
        self._left: dict[tuple[str, str], float] = {}
        self._number: dict[tuple[str, str], int] = {}
        self._job: dict[str, str] = {}
        self._mounted: dict[str, dict[tuple[str, str], tuple[str, float]]] = {}
        self._head = {line.id: line.work_unit[0].id for line in park.work_centers}

    def take(self, starts: Iterable[tuple[str, str, str, float]]) -> list[Mount]:
        """Use up material for units that entered lines; return the mounts that ended.

        starts: line, job, product, when [s of the day], in order of time by line.
        """
        ended: list[Mount] = []
        for line_id, job_id, product_id, at in starts:
            mounted = self._mounted.setdefault(line_id, {})
            if self._job.get(line_id) != job_id:
                ended += self._end(line_id, at)
                self._job[line_id] = job_id
            for material_id, position, quantity, lot_size in self._needs.get(product_id, ()):
                self._use(line_id, (material_id, position), quantity, lot_size, at, mounted, ended)
        return ended

    def _use(
        self,
        line_id: str,
        place: tuple[str, str],
        quantity: float,
        lot_size: float,
        at: float,
        mounted: dict[tuple[str, str], tuple[str, float]],
        ended: list[Mount],
    ) -> None:
        key = (line_id, place[0])
        left = self._left.get(key, 0.0)
        if left < quantity:
            if place in mounted and mounted[place][1] < at:
                lot_id, since = mounted[place]
                ended.append((lot_id, place[0], self._head[line_id], place[1], since, at))
            mounted.pop(place, None)
            opened = max(1, -int(-quantity // lot_size))
            self._number[key] = self._number.get(key, 0) + opened
            left = opened * lot_size
        self._left[key] = left - quantity
        if place not in mounted:
            number = self._number[key]
            mounted[place] = (f"{place[0]}-{self._day_text}-{line_id}-{number:05d}", at)

    def finish(self, line_id: str, job_id: str, at: float) -> list[Mount]:
        """Take off the lots of a job whose last unit has left the first station; nothing when another job has begun."""
        if self._job.get(line_id) != job_id:
            return []
        self._job[line_id] = ""
        return self._end(line_id, at)

    def still_mounted(self) -> list[Mount]:
        """Return what is mounted now, without an end."""
        return [
            (lot_id, material_id, self._head[line_id], position, since, None)
            for line_id, mounted in self._mounted.items()
            for (material_id, position), (lot_id, since) in mounted.items()
        ]

    def _end(self, line_id: str, at: float) -> list[Mount]:
        mounted = self._mounted.get(line_id, {})
        ended: list[Mount] = [
            (lot_id, material_id, self._head[line_id], position, since, at)
            for (material_id, position), (lot_id, since) in mounted.items()
        ]
        mounted.clear()
        return ended
