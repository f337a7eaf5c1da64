"""The command `energy points`: points read over their buses, judged, set, taken back, and exchanged as Brick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from parkwright.connect.bacnet import BacnetBus
from parkwright.connect.modbus import ModbusBus
from parkwright.energy import points as bms
from parkwright.energy.points import Change
from parkwright.model.command import Refusal
from parkwright.model.control import ControlPoint
from parkwright.model.errors import DeviceError, PlanError
from parkwright.model.park import Park
from parkwright.run.ports import PointBus, PointValues
from parkwright.store import brick, set_points
from parkwright.wire.places import Places

EQUAL = 1e-3
"""How near a written value must read back, relative to its size (a 32-bit float holds 7 digits, a count less)."""


def buses() -> dict[str, PointBus]:
    """Return the protocols that points are reached by."""
    return {"bacnet": BacnetBus(), "modbus": ModbusBus()}


def record_of(park: Park, var: Path) -> Path:
    """Return where the park's changes of set-points are recorded."""
    return Places(var, park.site.park_id).home / "set_points.jsonl"


def points_answer(
    park: Park, var: Path, now: datetime, reached: Mapping[str, PointBus] | None = None, building_id: str = ""
) -> dict[str, Any]:
    """Return zones by comfort, every point with its value and what is to be said of it, and who is silent and why.

    reached: buses by protocol; None asks none, so that only what was recorded is known. building_id: of one building.
    Raises PlanError when the park has no such building.
    """
    if building_id and all(one.id != building_id for one in park.buildings):
        raise PlanError(f"building {building_id!r}: is not in the park; give one of {_names(park)}")
    chosen = [one for one in park.points if building_id in {"", one.building_id}]
    history = set_points.read(record_of(park, var))
    told = _read(chosen, reached or {})
    values: dict[str, list[float]] = {key: [value] for key, value in told.values.items()}
    shifts = park.shifts(now.astimezone(park.zone).date())
    for point in chosen:
        if point.id not in values and point.role == "setpoint":
            known = _last(history, point, bms.scheduled(point, now, shifts))
            values |= {point.id: [known]} if known is not None else {}
    rows = []
    for point, judged in zip(chosen, bms.judge(chosen, values), strict=True):
        rows.append({
            "id": point.id, "name": {"en": point.name_en, "zh": point.name_zh}, "building": point.building_id,
            "zone": point.zone_id, "kind": point.kind, "quantity": point.quantity, "role": point.role,
            "value": judged.value, "state": judged.state, "low": point.low, "high": point.high,
            "writable": point.writable, "scheduled": bms.scheduled(point, now, shifts),
            "silent": told.silent.get(point.id),
        })  # fmt: skip
    away = [row["id"] for row in rows if row["state"] in {"low", "high", "stuck"}]
    return {
        "at": now.isoformat(),
        "zones": [asdict(zone) for zone in bms.zones(chosen, values)],
        "out_of_range": away,
        "points": rows,
        "changes": [_told(change) for change in history[-20:]],
    }


def set_answer(
    park: Park, var: Path, point_id: str, value: float, who: str, reason: str, now: datetime,
    reached: Mapping[str, PointBus] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Change a set-point through whitelist, limits and rate, write it, read it back and record it.

    A device that shows another value afterwards is put back to what it was. Raises PlanError when the change may not
    be made, DeviceError when the device does not take it.
    """
    point = _point(park, point_id)
    path = record_of(park, var)
    history = set_points.read(path)
    bus = _bus(point, reached)
    mine = [change for change in history if change.point_id == point_id]
    current = _current(park, point, history, bus, now)
    asked = bms.ask(point, value, current, now, who, reason, mine[-1].at if mine else None)
    return _carried_out(asked, point, bus, path)


def undo_answer(
    park: Park, var: Path, point_id: str, who: str, now: datetime, reached: Mapping[str, PointBus] | None = None
) -> dict[str, Any]:
    """Take a set-point's last change back. Raises PlanError when there is none, DeviceError as `set_answer`."""
    point = _point(park, point_id)
    path = record_of(park, var)
    asked = bms.back(set_points.read(path), point_id, now, who)
    return _carried_out(asked, point, _bus(point, reached), path)


def brick_text(park: Park) -> str:
    """Return the park's points as Brick in Turtle."""
    return brick.turtle(park)


def brick_answer(park: Park, text: str) -> dict[str, Any]:
    """Return how the points of a Turtle text differ from the park's: new, gone and changed.

    Raises TableError when the text cannot be read.
    """
    given = {point.id: point for point in brick.points(text)}
    own = {point.id: point for point in park.points}
    return {
        "points": len(given),
        "new": sorted(set(given) - set(own)),
        "gone": sorted(set(own) - set(given)),
        "changed": sorted(key for key in set(given) & set(own) if given[key] != own[key]),
    }


def _carried_out(asked: Change | Refusal, point: ControlPoint, bus: PointBus | None, path: Path) -> dict[str, Any]:
    if isinstance(asked, Refusal):
        raise PlanError(asked.reason)
    if bus is not None:
        bus.write(point, asked.value)
        shown = bus.read([point])
        found = shown.values.get(point.id)
        if found is None or abs(found - asked.value) > EQUAL * max(abs(asked.value), 1.0):
            bus.write(point, asked.before)
            what = shown.silent.get(point.id, "nothing") if found is None else f"{found:g}"
            raise DeviceError(
                f"point {point.id}: shows {what} after {asked.value:g} was written; put back to {asked.before:g}"
            )
    set_points.append(path, asked)
    return {**_told(asked), "written_to": point.address if bus is not None else None}


def _current(park: Park, point: ControlPoint, history: Sequence[Change], bus: PointBus | None, now: datetime) -> float:
    if bus is not None:
        shown = bus.read([point])
        if point.id not in shown.values:
            raise DeviceError(f"point {point.id}: its present value is not known ({shown.silent.get(point.id)})")
        return shown.values[point.id]
    shifts = park.shifts(now.astimezone(park.zone).date())
    known = _last(history, point, bms.scheduled(point, now, shifts))
    return float("nan") if known is None else known


def _last(history: Sequence[Change], point: ControlPoint, otherwise: float | None) -> float | None:
    return next((change.value for change in reversed(history) if change.point_id == point.id), otherwise)


def _read(points: Sequence[ControlPoint], reached: Mapping[str, PointBus]) -> PointValues:
    values: dict[str, float] = {}
    silent: dict[str, str] = {}
    for protocol, bus in reached.items():
        told = bus.read([one for one in points if one.protocol == protocol])
        values |= told.values
        silent |= told.silent
    return PointValues(values, silent)


def _bus(point: ControlPoint, reached: Mapping[str, PointBus] | None) -> PointBus | None:
    if point.protocol == "none":
        return None
    return (buses() if reached is None else reached).get(point.protocol)


def _point(park: Park, point_id: str) -> ControlPoint:
    found = next((one for one in park.points if one.id == point_id), None)
    if found is None:
        raise PlanError(f"point {point_id!r}: is not in points.csv; parkwright energy points lists them")
    return found


def _names(park: Park) -> str:
    return ", ".join(one.id for one in park.buildings)


def _told(change: Change) -> dict[str, Any]:
    return {**asdict(change), "at": change.at.isoformat()}
