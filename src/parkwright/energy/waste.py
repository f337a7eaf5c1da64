"""What the points of the buildings show to be wasted: light, heat, cold and water while nobody works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from parkwright.energy.points import set_for
from parkwright.model.control import ControlPoint

DEAD_BAND_K = 2.0
"""Least distance of a zone's heating and cooling set-point [K], below which both can work at once; assumed."""
IDLE_WATER_SHARE = 0.1
"""Share of a point's upper bound from which water outside the shifts is taken to run for nothing; assumed."""


@dataclass(frozen=True, slots=True)
class Waste:
    """A point that wastes now, how, its value and what is wanted.

    kind: late_light, dead_band, early_heat, early_cold or idle_water.
    """

    point_id: str
    kind: str
    value: float
    wanted: float


def wastes(
    points: Sequence[ControlPoint],
    values: Mapping[str, float],
    at: datetime,
    shifts: Sequence[tuple[datetime, datetime]],
) -> list[Waste]:
    """Return what wastes now by the points' values: light and water outside the shifts, heat or cold made too early
    or against each other.
    """
    busy = any(begin <= at < end for begin, end in shifts)
    found = [one for point in points if not busy for one in _idle(point, values.get(point.id))]
    cooled = {(one.building_id, one.zone_id): one for one in points if set_for(one) == "cold"}
    for point in points:
        other = cooled.get((point.building_id, point.zone_id))
        if set_for(point) != "heat" or other is None or point.id not in values or other.id not in values:
            continue
        apart = values[other.id] - values[point.id]
        if apart < DEAD_BAND_K:
            found.append(Waste(point.id, "dead_band", round(apart, 2), DEAD_BAND_K))
    return found


def _idle(point: ControlPoint, value: float | None) -> list[Waste]:
    """Return what a point wastes outside the shifts."""
    if value is None:
        return []
    if point.kind == "water" and point.high is not None:
        most = IDLE_WATER_SHARE * point.high
        return [Waste(point.id, "idle_water", round(value, 2), most)] if value > most else []
    if point.unoccupied is None:
        return []
    kinds = {"heat": ("early_heat", 1.0), "cold": ("early_cold", -1.0), "": ("", 1.0)}
    kind, sign = ("late_light", 1.0) if point.kind == "lighting" else kinds[set_for(point)]
    more = sign * (value - point.unoccupied)
    return [Waste(point.id, kind, value, point.unoccupied)] if kind and more > 1e-9 else []
