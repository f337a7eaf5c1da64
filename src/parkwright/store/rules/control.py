"""Points of the buildings: where they belong, and limits that can be kept."""

from __future__ import annotations

import math

from parkwright.model.control import ControlPoint
from parkwright.model.site import Building
from parkwright.store.draft import Draft
from parkwright.store.parse import Place
from parkwright.store.rules.reference import refer


def check(draft: Draft) -> None:
    """Report what is wrong with the points of the buildings."""
    for placed in draft.of(ControlPoint):
        point, place = placed.noun, placed.place
        thing = f"point '{point.id}'"
        refer(draft, place, thing, "building_id", point.building_id, Building)
        _pair(draft, place, thing, "low", point.low, "high", point.high)
        _pair(draft, place, thing, "write_low", point.write_low, "write_high", point.write_high)
        _written(draft, place, point)
        if point.protocol != "none" and not point.address:
            draft.reader.report(place, f"{thing}: address", "is empty", f"say where {point.protocol} finds it")


def _pair(
    draft: Draft, place: Place, thing: str, low_name: str, low: float | None, high_name: str, high: float | None
) -> None:
    if low is not None and high is not None and low > high:
        found = f"{low_name} is {low:g}, above {high_name} {high:g}"
        draft.reader.report(place, thing, found, "give the lower one as the lower", low_name)


def _written(draft: Draft, place: Place, point: ControlPoint) -> None:
    thing = f"point '{point.id}'"
    given = (point.write_low, point.write_high, point.rate_per_h)
    wants = any(one is not None for one in (*given, point.occupied, point.unoccupied))
    if point.role == "sensor" and wants:
        draft.reader.report(
            place, thing, "is a sensor with limits to write", "make it a setpoint or empty them", "role"
        )
        return
    if point.role == "setpoint" and any(one is None for one in given) and any(one is not None for one in given):
        found = "has some of write_low, write_high and rate_per_h, not all"
        draft.reader.report(place, thing, found, "give all three, or none to forbid writing", "write_low")
    low = -math.inf if point.write_low is None else point.write_low
    high = math.inf if point.write_high is None else point.write_high
    for name, value in (("occupied", point.occupied), ("unoccupied", point.unoccupied)):
        if value is not None and not low <= value <= high:
            found = f"{name} is {value:g}, outside what may be written"
            draft.reader.report(place, f"{thing}: {name}", found, f"give {low:g} to {high:g}", name)
