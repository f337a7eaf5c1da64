"""The command `energy points`: points read over their buses, judged, set, taken back, and exchanged as Brick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.energy import points as bms
from parkwright.energy.points import Change
from parkwright.model.command import Refusal
from parkwright.model.control import ControlPoint
from parkwright.model.errors import DeviceError, ParkwrightError, PlanError
from parkwright.model.park import Park
from parkwright.model.tables import SAMPLES
from parkwright.run.points import SET, TAKE_BACK, RoutedPoints, carry_out, signal_of
from parkwright.run.ports import PointBus
from parkwright.store import brick, lock, set_points
from parkwright.store.folder import load
from parkwright.store.journal import Journal, Reader
from parkwright.wire.commanding import asked_of_run
from parkwright.wire.pace import anchor_of
from parkwright.wire.places import Places
from parkwright.wire.plants import buses

POINTS = "points.csv"
"""File of the park folder that holds its points."""


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
    asked = [one for one in chosen if one.protocol in (reached or {})]
    told = RoutedPoints(reached or {}).read(asked)
    with _facts(park, var) as facts:
        history = set_points.read(facts) if facts else []
        newest = _newest(facts, [one for one in chosen if one not in asked]) if facts else {}
    values: dict[str, list[float]] = {key: [value] for key, value in (newest | dict(told.values)).items()}
    shifts = _shifts(park, now)
    for point in chosen:
        if point.id not in values and point.role == "setpoint":
            known = bms.in_force(history, point, now, shifts)
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

    Where the park runs, the run is asked and does so; a device that shows another value afterwards is put back to what
    it was. Raises PlanError when the change may not be made, DeviceError when the device does not take it.
    """
    point = _point(park, point_id)
    asked = {"point_id": point_id, "value": value, "who": who, "reason": reason}
    with _ledger(park, var, "set a point") as journal:
        if journal is None:
            return _asked(park, var, SET, asked, now)
        history, shifts = set_points.read(journal), _shifts(park, now)
        bus = _bus(point, reached)
        current = _current(point, bms.in_force(history, point, now, shifts), bus)
        last = next((change.at for change in reversed(history) if change.point_id == point_id), None)
        change = bms.ask(point, value, current, now, who, reason, last)
        return _carried_out(park, journal, change, point, bus, now, to_schedule=False)


def undo_answer(
    park: Park, var: Path, point_id: str, who: str, now: datetime, reached: Mapping[str, PointBus] | None = None
) -> dict[str, Any]:
    """Take a set-point's last standing change back, to the one before it or to the schedule.

    Raises PlanError when there is none, DeviceError as `set_answer`.
    """
    point = _point(park, point_id)
    with _ledger(park, var, "take a point back") as journal:
        if journal is None:
            return _asked(park, var, TAKE_BACK, {"point_id": point_id, "who": who}, now)
        history = set_points.read(journal)
        change = bms.back(history, point, now, who, _shifts(park, now))
        to_schedule = len(bms.standing_changes(history, point_id)) == 1
        return _carried_out(park, journal, change, point, _bus(point, reached), now, to_schedule=to_schedule)


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


def take_brick(park: Park, folder: Path, text: str) -> dict[str, Any]:
    """Take the points of a Brick text into the folder's points.csv; points that it does not name stay.

    The folder is read again with them before they count; what it refuses is not written.
    Raises TableError when the text cannot be taken, ParkError when the folder would not load.
    """
    given = brick.taken(text, park)
    own = {point.id: point for point in park.points}
    changed = [point.id for point in given.points if point.id in own and own[point.id] != point]
    new = [point.id for point in given.points if point.id not in own]
    merged = {**own, **{point.id: point for point in given.points}}
    path = folder / POINTS
    before = path.read_bytes() if path.exists() else None
    path.write_text(brick.rows(list(merged.values())), encoding="utf-8")
    try:
        load(folder)
    except ParkwrightError:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
        raise
    return {"points": len(merged), "new": new, "changed": changed, "left_out": list(given.left_out), "file": str(path)}


@contextmanager
def _ledger(park: Park, var: Path, deed: str) -> Iterator[Journal | None]:
    """Open the ledger to write what was done; None where a run of the park holds it and is to be asked."""
    places = Places(var, park.site.park_id)
    with ExitStack() as held:
        try:
            held.enter_context(lock.hold(places.home, deed))
        except ParkwrightError:
            if anchor_of(places.anchor) is None:
                raise
            yield None
            return
        yield held.enter_context(Journal(places.journal))


@contextmanager
def _facts(park: Park, var: Path) -> Iterator[Reader | None]:
    """Open the ledger for reading; None where there is none yet."""
    path = Places(var, park.site.park_id).journal
    if not path.exists():
        yield None
        return
    with Journal.reader(path) as facts:
        yield facts


def _newest(facts: Reader, points: Sequence[ControlPoint]) -> dict[str, float]:
    """Return what sensors told last on the newest day in the ledger, by point id."""
    days = facts.days("samples")
    samples = facts.read("samples", days[-1]) if days else SAMPLES.empty()
    named = {signal_of(one): one.id for one in points if one.role == "sensor"}
    last = samples.filter(pl.col("signal_id").is_in(list(named))).sort("start").unique("signal_id", keep="last")
    return {named[signal]: value for signal, value in last.select("signal_id", "value").iter_rows()}


def _asked(park: Park, var: Path, kind: str, payload: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Ask the running park, which holds the ledger; raises PlanError when it refuses or does not answer."""
    command_id, answer = asked_of_run(park, var, kind, payload, now, f"point {payload['point_id']}")
    return {"command_id": command_id, "answer": answer, **payload}


def _carried_out(
    park: Park,
    journal: Journal,
    asked: Change | Refusal,
    point: ControlPoint,
    bus: PointBus | None,
    now: datetime,
    *,
    to_schedule: bool,
) -> dict[str, Any]:
    if isinstance(asked, Refusal):
        raise PlanError(asked.reason)
    if bus is not None:
        carry_out(bus, point, asked, to_schedule=to_schedule)
    set_points.append(journal, now.astimezone(park.zone).date().isoformat(), asked, now)
    return {**_told(asked), "written_to": point.address if bus is not None else None}


def _current(point: ControlPoint, known: float | None, bus: PointBus | None) -> float:
    if bus is not None:
        shown = bus.read([point])
        if point.id not in shown.values:
            raise DeviceError(f"point {point.id}: its present value is not known ({shown.silent.get(point.id)})")
        return shown.values[point.id]
    return float("nan") if known is None else known


def _shifts(park: Park, now: datetime) -> list[tuple[datetime, datetime]]:
    return park.shifts(now.astimezone(park.zone).date())


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
