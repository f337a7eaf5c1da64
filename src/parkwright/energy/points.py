"""Points of the buildings judged and set: comfort, range, schedule, and a set-point's way through limits and rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.model.command import Refusal
from parkwright.model.control import ControlPoint
from parkwright.model.tables import ALARMS, conform

Reals = NDArray[np.float64]

COMFORT_C: tuple[tuple[str, float, float], ...] = (
    ("I", 21.0, 25.5), ("II", 20.0, 26.0), ("III", 19.0, 27.0), ("IV", 18.0, 28.0),
)  # fmt: skip
"""Category, lowest in the heating season and highest in the cooling season of the operative temperature [degC] for
sedentary work; EN 16798-1:2019, table B.5."""
CO2_ABOVE_OUTSIDE_PPM: tuple[tuple[str, float], ...] = (("I", 550.0), ("II", 800.0), ("III", 1350.0))
"""Category and highest carbon dioxide above the outside's [ppm]; EN 16798-1:2019, table B.9."""
OUTSIDE_PPM = 420.0
"""Carbon dioxide outside [ppm]; NOAA, global mean of 2023 (419)."""
STUCK_STEPS = 12
"""Equal samples in a row after which a sensor is held to be stuck; assumed, three hours of quarters."""
STUCK_EVERY = timedelta(minutes=15)
"""Between two samples that are compared for a stuck sensor, as rooms move slowly; assumed."""
ALARM_KINDS = {"low": "point_low", "high": "point_high", "missing": "point_missing", "stuck": "point_stuck"}
"""State of a point -> kind of the alarm that it gives."""
PATIENCE = timedelta(minutes=15)
"""How long a point is out of range or silent before it is an alarm: an on-delay (ISA-18.2-2016, clause 10); assumed."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A point with its value and what is to be said of it: ok, low, high, missing or stuck."""

    point_id: str
    value: float | None
    state: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone by comfort: the category of its air and of its temperature, "outside" where it is in none."""

    building_id: str
    zone_id: str
    temperature_c: float | None
    category: str
    air_category: str


@dataclass(frozen=True, slots=True)
class Change:
    """A set-point that was changed: what it was, what it is, when, by whom and why; the way back is `before`.

    takes_back: whether it undoes the last change that still stood.
    """

    point_id: str
    before: float
    value: float
    at: datetime
    who: str
    reason: str
    takes_back: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How a point stands, since when, and whether that was told as an alarm."""

    state: str
    since: datetime
    told: bool = False


def category(temperature_c: float | None) -> str:
    """Return the comfort category of an operative temperature: I (best) to IV, "outside", "unknown" where None."""
    if temperature_c is None or not np.isfinite(temperature_c):
        return "unknown"
    return next((name for name, low, high in COMFORT_C if low <= temperature_c <= high), "outside")


def air_category(co2_ppm: float | None, outside_ppm: float = OUTSIDE_PPM) -> str:
    """Return the category of the air by its carbon dioxide: I to III, "outside" above, "unknown" where None."""
    if co2_ppm is None or not np.isfinite(co2_ppm):
        return "unknown"
    return next((name for name, above in CO2_ABOVE_OUTSIDE_PPM if co2_ppm - outside_ppm <= above), "outside")


def outside_hours(operative_c: Reals, occupied: NDArray[np.bool_], step_s: float, wanted: str = "II") -> float:
    """Return the hours in use (T,) in which the temperature (T,) [degC] is not in the wanted category or better.

    Raises KeyError when there is no such category.
    """
    low, high = {name: (low, high) for name, low, high in COMFORT_C}[wanted]
    away = occupied & ((operative_c < low) | (operative_c > high))
    return float(away.sum()) * step_s / 3600.0


def judge(points: Iterable[ControlPoint], values: Mapping[str, Sequence[float]]) -> list[Judged]:
    """Return each point with its newest value and what is to be said of it.

    values: point id -> samples, oldest first; a point without any, or whose newest is no number, is missing.
    """
    found = []
    for point in points:
        samples = [float(one) for one in values.get(point.id, ())]
        value = samples[-1] if samples and np.isfinite(samples[-1]) else None
        found.append(Judged(point.id, value, _state(point, samples, value), point.low, point.high))
    return found


def zones(points: Sequence[ControlPoint], values: Mapping[str, Sequence[float]]) -> list[Zone]:
    """Return the zones that have a room sensor, the least comfortable first."""
    order = ["outside", "IV", "III", "II", "I", "unknown"]
    rooms = [one for one in points if one.kind == "room" and one.role == "sensor"]
    found = []
    for building_id, zone_id in sorted({(one.building_id, one.zone_id) for one in rooms}):
        told = {}
        for one in rooms:
            samples = values.get(one.id, ())
            if (one.building_id, one.zone_id) == (building_id, zone_id) and len(samples):
                told[one.quantity] = float(samples[-1])
        warm = told.get("temperature_c")
        found.append(Zone(building_id, zone_id, warm, category(warm), air_category(told.get("co2_ppm"))))
    return sorted(found, key=lambda zone: order.index(zone.category))


def scheduled(point: ControlPoint, at: datetime, shifts: Sequence[tuple[datetime, datetime]]) -> float | None:
    """Return what the schedule wants of a set-point at an instant; None for a point without a schedule."""
    busy = any(begin <= at < end for begin, end in shifts)
    return point.occupied if busy else point.unoccupied


def ask(
    point: ControlPoint, value: float, current: float, at: datetime, who: str, reason: str, changed: datetime | None
) -> Change | Refusal:
    """Return the change of a set-point that may be made, or why it may not.

    current: the value now. changed: when it was changed last; None allows an hour's worth of change. Only a set-point
    with limits and a rate is on the whitelist; a value is never clipped to what would be allowed.
    """
    if not point.writable or point.write_low is None or point.write_high is None or point.rate_per_h is None:
        return Refusal(point.id, f"point {point.id} may not be written: it is no set-point with limits and a rate")
    if not np.isfinite(value):
        return Refusal(point.id, f"point {point.id}: {value} is no number")
    if not reason.strip():
        return Refusal(point.id, f"point {point.id}: no reason is given")
    if not point.write_low <= value <= point.write_high:
        allowed = f"{point.write_low:g} to {point.write_high:g}"
        return Refusal(point.id, f"point {point.id}: {value:g} is outside the limits {allowed}")
    hours = 1.0 if changed is None else min(max((at - changed).total_seconds() / 3600.0, 0.0), 1.0)
    reach = point.rate_per_h * hours
    if abs(value - current) > reach + 1e-9:
        moved = f"from {current:g} to {value:g}"
        return Refusal(
            point.id, f"point {point.id}: {moved} is more than {reach:g} now, at {point.rate_per_h:g} an hour"
        )
    return Change(point.id, current, value, at, who, reason)


def standing_changes(history: Iterable[Change], point_id: str) -> list[Change]:
    """Return the changes of a point that still stand, oldest first: those that were set and not taken back."""
    found: list[Change] = []
    for one in history:
        if one.point_id != point_id:
            continue
        if not one.takes_back:
            found.append(one)
        elif found:
            found.pop()
    return found


def in_force(
    history: Iterable[Change], point: ControlPoint, at: datetime, shifts: Sequence[tuple[datetime, datetime]]
) -> float | None:
    """Return the set-point in force: what a person set last and nobody took back, else what the schedule wants."""
    standing = standing_changes(history, point.id)
    return standing[-1].value if standing else scheduled(point, at, shifts)


def back(
    history: Sequence[Change],
    point: ControlPoint,
    at: datetime,
    who: str,
    shifts: Sequence[tuple[datetime, datetime]],
) -> Change | Refusal:
    """Return the change that takes a point's last standing change back: to the one before it, else to the schedule.

    It is not held to the rate: it undoes harm.
    """
    standing = standing_changes(history, point.id)
    if not standing:
        return Refusal(point.id, f"point {point.id}: no change of it stands, so there is nothing to take back")
    last = standing[-1]
    wanted = standing[-2].value if len(standing) > 1 else scheduled(point, at, shifts)
    value = last.before if wanted is None else wanted
    return Change(point.id, last.value, value, at, who, f"takes back: {last.reason}", takes_back=True)


def watch(
    points: Iterable[ControlPoint],
    judged: Mapping[str, Judged],
    before: Mapping[str, Standing],
    at: datetime,
) -> tuple[dict[str, Standing], pl.DataFrame]:
    """Return how the points stand at an instant and the ALARMS that this gives.

    A point that was out of range, silent or stuck for PATIENCE is told once, until it was well again. A silent point
    is told only where a device is to answer, or where it told something before.
    """
    standing: dict[str, Standing] = {}
    rows = []
    for point in points:
        state = judged[point.id].state
        known = before.get(point.id)
        if known is None and state == "missing" and point.protocol == "none":
            continue
        now = known if known is not None and known.state == state else Standing(state, at)
        if state != "ok" and not now.told and (at - now.since >= PATIENCE or state == "stuck"):
            now = Standing(state, now.since, told=True)
            rows.append((at, ALARM_KINDS[state], point.id, _severity(point, state), _told(point, judged[point.id])))
        standing[point.id] = now
    return standing, conform(pl.DataFrame(rows, schema=ALARMS.schema, orient="row"), ALARMS)


def set_for(point: ControlPoint) -> str:
    """Return whether a set-point is of heat or cold: what is set back outside the shifts downwards is heat."""
    if point.quantity != "temperature_c" or point.kind != "air_handler" or point.role != "setpoint":
        return ""
    if point.occupied is None or point.unoccupied is None or point.occupied == point.unoccupied:
        return ""
    return "heat" if point.unoccupied < point.occupied else "cold"


def _severity(point: ControlPoint, state: str) -> int:
    if point.kind == "water" and state == "high":
        return 1
    return 3 if state == "stuck" else 2


def _told(point: ControlPoint, judged: Judged) -> str:
    """Return the sentence of an alarm: what happened, to what, and what to do."""
    thing = f"Point {point.id} of {point.building_id}"
    if judged.state == "missing":
        return f"{thing} tells nothing; look at its device and at the network to it."
    if judged.state == "stuck" or judged.value is None:
        return f"{thing} has not moved for hours; look at its sensor."
    bound, side = (judged.low, "below") if judged.state == "low" else (judged.high, "above")
    way = "look for a leak and close the valve" if point.kind == "water" else "look at its set-points and its plant"
    return f"{thing} shows {judged.value:.4g}, {side} {bound:g}; {way}."


def _state(point: ControlPoint, samples: list[float], value: float | None) -> str:
    if value is None:
        return "missing"
    if point.low is not None and value < point.low:
        return "low"
    if point.high is not None and value > point.high:
        return "high"
    tail = samples[-STUCK_STEPS:]
    moves = point.role == "sensor" and point.quantity in {"temperature_c", "co2_ppm", "humidity_share"}
    if moves and len(tail) == STUCK_STEPS and len(set(tail)) == 1:
        return "stuck"
    return "ok"
