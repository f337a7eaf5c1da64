"""The points of the buildings while a day runs: sampled, watched, set on command, met again in a replay.

What points tell are samples like any other; a changed set-point is a fact of its own. Neither is read anew in a replay:
the run goes on where the facts end, and the plant that is replayed is given what was set at the instant it was set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from parkwright.energy import points as bms
from parkwright.energy.points import Change, Standing
from parkwright.model.command import Refusal
from parkwright.model.control import ControlPoint
from parkwright.model.errors import DeviceError
from parkwright.model.park import Park
from parkwright.model.tables import POINT_CHANGES, SAMPLES, conform
from parkwright.run.hear import RefusedError
from parkwright.run.ports import Command, Facts, PointBus, PointValues
from parkwright.run.recorder import Recorder

SET = "set_point"
TAKE_BACK = "take_back"
SOURCE = "points"
PLANT = "none"
"""Protocol of the points that the plant itself knows: they begin anew when it does, devices do not."""
EQUAL = 1e-3
"""How near a written value must read back, relative to its size (a 32-bit float holds 7 digits, a count less)."""
FIRST_DAY = "2000-01-01"


class RoutedPoints:
    """The points of a park over all its protocols; implements PointBus."""

    def __init__(self, buses: Mapping[str, PointBus]) -> None:
        """Give the buses by protocol, "none" for points that the plant itself knows."""
        self._buses = dict(buses)

    def read(self, points: Sequence[ControlPoint]) -> PointValues:
        """Return the present values over all protocols; a point whose protocol has no bus here is silent."""
        values: dict[str, float] = {}
        silent: dict[str, str] = {}
        for protocol in dict.fromkeys(point.protocol for point in points):
            mine = [point for point in points if point.protocol == protocol]
            bus = self._buses.get(protocol)
            told = bus.read(mine) if bus else PointValues({}, dict.fromkeys((one.id for one in mine), "has no device"))
            values |= told.values
            silent |= told.silent
        return PointValues(values, silent)

    def write(self, point: ControlPoint, value: float) -> None:
        """Write a set-point; raises DeviceError when nothing here reaches it, or as its bus does."""
        self._bus(point).write(point, value)

    def release(self, point: ControlPoint, value: float) -> None:
        """Let a set-point follow its schedule again; raises DeviceError as `write`."""
        self._bus(point).release(point, value)

    def _bus(self, point: ControlPoint) -> PointBus:
        bus = self._buses.get(point.protocol)
        if bus is None:
            raise DeviceError(f"point {point.id}: has no device here; give it a protocol and an address in points.csv")
        return bus


def signal_of(point: ControlPoint) -> str:
    """Return the signal that a point's samples stand under."""
    return f"{point.id}/{point.quantity}"


def changes_of(rows: pl.DataFrame) -> list[Change]:
    """Return POINT_CHANGES as changes, in order of recording."""
    return [
        Change(
            row["point_id"], row["before"], row["value"], row["at"], row["who"], row["reason"], bool(row["takes_back"])
        )
        for row in rows.iter_rows(named=True)
    ]


def row_of(change: Change, command_id: str = "") -> pl.DataFrame:
    """Return a change as POINT_CHANGES."""
    row = (
        change.at, change.point_id, change.before, change.value, change.who, change.reason, int(change.takes_back),
        command_id,
    )  # fmt: skip
    return conform(pl.DataFrame([row], schema=POINT_CHANGES.schema, orient="row"), POINT_CHANGES)


def carry_out(bus: PointBus, point: ControlPoint, change: Change, *, to_schedule: bool) -> None:
    """Write a change that was let through and read it back; a device that shows another value is put back.

    to_schedule: whether the set-point is to follow its schedule again: a device with a program of its own may then show
    another value than the park's schedule, yet no longer what was set. Raises DeviceError when the device is silent,
    refuses, or does not follow.
    """
    if to_schedule:
        bus.release(point, change.value)
    else:
        bus.write(point, change.value)
    shown = bus.read([point])
    found = shown.values.get(point.id)
    follows = found is not None and _equal(found, change.value)
    if to_schedule and found is not None:
        follows = follows or not _equal(found, change.before)
    if not follows:
        bus.write(point, change.before)
        what = shown.silent.get(point.id, "nothing") if found is None else f"{found:g}"
        raise DeviceError(
            f"point {point.id}: shows {what} after {change.value:g} was written; put back to {change.before:g}"
        )


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= EQUAL * max(abs(other), 1.0)


class PointDesk:
    """The points of one day: what they tell goes to the ledger, what people set goes to the bus."""

    def __init__(self, park: Park, day: date, facts: Facts, recorder: Recorder, bus: PointBus) -> None:
        """Read what the ledger holds, give the plant what was set before this day, and go on after the last sample."""
        self._park, self._recorder, self._bus = park, recorder, bus
        self._point = {one.id: one for one in park.points}
        self._shifts, self._start = park.shifts(day), park.midnight(day)
        before = facts.read("point_changes", FIRST_DAY, day.isoformat()).sort("at", maintain_order=True)
        self._history = changes_of(before.filter(pl.col("at") <= self._start))
        self._past = changes_of(before.filter(pl.col("at") > self._start))
        asked = before.filter((pl.col("at") > self._start) & (pl.col("command_id") != ""))
        self.recorded = {
            command_id: _done(change) for command_id, change in zip(asked["command_id"], changes_of(asked), strict=True)
        }
        recorder.go_on(SOURCE)
        self._standing: dict[str, Standing] = {}
        self._kept: dict[str, list[float]] = {one.id: [] for one in park.points}
        self._kept_at: datetime | None = None
        self._sampled = self._see_again(facts.read("samples", day.isoformat()))
        for point in park.points:
            self._give(point)

    def meet(self, tick: datetime) -> None:
        """Give the plant what was set up to `tick`, as it was then."""
        while self._past and self._past[0].at <= tick:
            change = self._past.pop(0)
            self._history.append(change)
            if change.point_id in self._point:
                self._give(self._point[change.point_id])

    def sample(self, tick: datetime) -> None:
        """Read the points and record what they tell, with the alarms that follow; nothing that is recorded already."""
        if not self._park.points or (self._sampled is not None and tick <= self._sampled):
            return
        told = self._bus.read(self._park.points)
        rows = [(tick, signal_of(self._point[key]), value, "good") for key, value in told.values.items()]
        self._recorder.add(SOURCE, "samples", conform(pl.DataFrame(rows, schema=SAMPLES.schema, orient="row"), SAMPLES))
        self._recorder.add(SOURCE, "alarms", self._watch(tick, told.values))

    def carry_out(self, command: Command, tick: datetime) -> str:
        """Set a point or take its last change back, and return what came of it.

        Raises RefusedError when it may not be, or the device does not follow.
        """
        asked, point, to_schedule = self._asked(command, tick)
        if isinstance(asked, Refusal):
            raise RefusedError(asked.reason)
        try:
            carry_out(self._bus, point, asked, to_schedule=to_schedule)
        except DeviceError as error:
            raise RefusedError(str(error)) from error
        self._history.append(asked)
        self._recorder.add(SOURCE, "point_changes", row_of(asked, command.id))
        return _done(asked)

    def _asked(self, command: Command, tick: datetime) -> tuple[Change | Refusal, ControlPoint, bool]:
        payload: Mapping[str, Any] = command.payload
        point = self._point.get(str(payload.get("point_id")))
        if point is None:
            raise RefusedError(f"point {payload.get('point_id')!r} is not in points.csv; name a point of the park")
        who, reason = str(payload.get("who", "")), str(payload.get("reason", ""))
        standing = bms.standing_changes(self._history, point.id)
        if command.kind == TAKE_BACK:
            return bms.back(self._history, point, tick, who, self._shifts), point, len(standing) == 1
        value = payload.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RefusedError(f"point {point.id}: {value!r} is no number; give one")
        shown = self._bus.read([point])
        if point.id not in shown.values:
            why = shown.silent.get(point.id, "it tells nothing")
            raise RefusedError(f"point {point.id}: its present value is not known ({why}); look at its device")
        last = next((one.at for one in reversed(self._history) if one.point_id == point.id), None)
        return bms.ask(point, float(value), shown.values[point.id], tick, who, reason, last), point, False

    def _give(self, point: ControlPoint) -> None:
        """Bring a point of the plant to what stands; a device keeps what it has."""
        if point.protocol != PLANT or point.role != "setpoint":
            return
        standing = bms.standing_changes(self._history, point.id)
        wanted = bms.scheduled(point, self._start, self._shifts)
        if standing:
            self._bus.write(point, standing[-1].value)
        elif wanted is not None and any(one.point_id == point.id for one in self._history):
            self._bus.release(point, wanted)

    def _see_again(self, samples: pl.DataFrame) -> datetime | None:
        """Look again at what was recorded of the day, so that no alarm is told twice; return its last instant."""
        names = {signal_of(one): one.id for one in self._park.points}
        mine = samples.filter(pl.col("signal_id").is_in(list(names))).sort("start", maintain_order=True)
        last: datetime | None = None
        for _, rows in mine.group_by("start", maintain_order=True):
            last = rows["start"][0]
            values = {names[signal]: value for signal, value in rows.select("signal_id", "value").iter_rows()}
            self._watch(rows["start"][0], values)
        return last

    def _watch(self, tick: datetime, values: Mapping[str, float]) -> pl.DataFrame:
        """Return the ALARMS that the values of an instant give."""
        if self._kept_at is None or tick - self._kept_at >= bms.STUCK_EVERY:
            self._kept_at = tick
            for key, kept in self._kept.items():
                kept.append(values.get(key, float("nan")))
                del kept[: -bms.STUCK_STEPS]
        samples = {
            key: [*kept[:-1], values.get(key, float("nan"))] if len(kept) == bms.STUCK_STEPS else [values[key]]
            for key, kept in self._kept.items()
            if key in values
        }
        judged = {one.point_id: one for one in bms.judge(self._park.points, samples)}
        self._standing, alarms = bms.watch(self._park.points, judged, self._standing, tick)
        return alarms


def _done(change: Change) -> str:
    told = "back to" if change.takes_back else "set to"
    return f"point {change.point_id} is {told} {change.value:g}"
