"""Buildings: who is uncomfortable, what wastes, what the points tell, and what was set."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from pydantic import Field

from parkwright.energy import points as bms
from parkwright.energy import waste
from parkwright.model.control import ControlPoint
from parkwright.model.park import Park
from parkwright.run.points import FIRST_DAY, changes_of, signal_of
from parkwright.show.answers.alarms import Alarm, alarms
from parkwright.show.answers.figure import Answer, Figure, Input, Rows, Why, ratio
from parkwright.show.answers.water import Water, water
from parkwright.show.context import FactsReader

PEOPLE_IN = ("production", "office")
"""Kinds of buildings in which people work at one place, so that comfort is judged; others are judged by range."""
GOOD_CATEGORIES = ("I", "II")
"""Categories of a normal level of expectation or better; EN 16798-1:2019, table 4."""
CHANGES_SHOWN = 20


class Zone(Answer):
    """A zone of a building by comfort. Null: not known."""

    building_id: str
    zone_id: str
    temperature_c: float | None
    co2_ppm: float | None
    humidity_share: float | None
    heat_c: float | None = Field(description="heating set-point in force")
    cold_c: float | None = Field(description="cooling set-point in force")
    judged: str = Field(description="comfort: by EN 16798-1 categories; range: by the point's own bounds")
    category: str = Field(description="I to IV, outside, unknown; or in_range, out_of_range where judged by range")
    air: str = Field(description="category of the air by its carbon dioxide: I to III, outside, unknown")
    outside_h: float = Field(description="hours in the shifts of the day outside category II, or out of range")
    trend_c: list[float | None] = Field(description="room temperature at the end of each metering interval")


class Point(Answer):
    """A point: what it tells, how old that is, within which bounds, and who set it. Null: not known."""

    point_id: str
    name_en: str
    name_zh: str
    building_id: str
    zone_id: str
    kind: str
    quantity: str = Field(description="what it tells, with its unit")
    role: str
    value: float | None
    at: datetime | None = Field(description="when it was told")
    state: str = Field(description="ok, low, high, missing or stuck")
    low: float | None
    high: float | None
    writable: bool
    write_low: float | None
    write_high: float | None
    rate_per_h: float | None
    occupied: float | None = Field(description="what the schedule wants in the shifts")
    unoccupied: float | None = Field(description="what the schedule wants outside the shifts")
    scheduled: float | None = Field(description="what the schedule wants now")
    set_by: str = Field(description="who set it; empty while it follows its schedule")
    set_at: datetime | None
    set_reason: str


class Waste(Answer):
    """Something that wastes now."""

    point_id: str
    building_id: str
    kind: str = Field(description="message key waste.<kind>")
    quantity: str
    value: float
    wanted: float


class Changed(Answer):
    """A set-point that was changed."""

    point_id: str
    at: datetime
    before: float
    value: float
    who: str
    reason: str
    takes_back: bool


class OpenAlarm(Alarm):
    """An alarm about a point, and whether the point still stands so."""

    still: bool


class Building(Answer):
    """A building that has points, and how many of them need a look."""

    building_id: str
    name_en: str
    name_zh: str
    points: int
    away: int = Field(description="points out of range, silent or stuck")
    worst: str = Field(description="the worst category of its zones; empty where it has none")


class Buildings(Answer):
    """The buildings at one instant of a day."""

    at: datetime
    day: str
    told_until: datetime | None = Field(description="instant of the newest value")
    start: list[datetime] = Field(description="starts of the metering intervals")
    shifts: list[tuple[datetime, datetime]] = Field(description="when people work on the day")
    next_change: datetime | None = Field(description="when the schedule wants something else")
    figures: list[Figure]
    buildings: list[Building]
    zones: list[Zone] = Field(description="the least comfortable first")
    points: list[Point]
    wastes: list[Waste]
    water: list[Water]
    alarms: list[OpenAlarm] = Field(description="alarms of the day about points, the worst first")
    changes: list[Changed] = Field(description="the last changes of set-points, newest first")


@dataclass(frozen=True)
class _Told:
    """What the points told: newest values and their instants, and by interval (T,) in the order of `start`."""

    values: Mapping[str, float]
    at: Mapping[str, datetime]
    by_interval: Mapping[str, list[float | None]]


def buildings(
    park: Park, rows: Rows, facts: FactsReader, day: date, now: datetime, acknowledged: Collection[str]
) -> Buildings:
    """Return the buildings of `day` as they stand at `now`, or stood at its end."""
    at = min(now, park.day_bounds(day)[1] - timedelta(seconds=1))
    shifts = park.shifts(day)
    told = _told(park, rows, day, at)
    samples = {key: [v for v in told.by_interval[key] if v is not None] for key in told.values}
    samples |= {key: [*kept[:-1], told.values[key]] for key, kept in samples.items() if kept}
    judged = {one.point_id: one for one in bms.judge(park.points, samples)}
    history = [one for one in changes_of(facts.read("point_changes", FIRST_DAY, day.isoformat())) if one.at <= at]
    points = [_point(one, judged[one.id], told, history, at, shifts) for one in park.points]
    zones = _zones(park, told, samples, shifts, day)
    found = alarms(rows, day, acknowledged)
    raised = [one for one in found if one.kind in bms.ALARM_KINDS.values() and one.at <= at]
    fresh = water(park, rows, day, at, shifts)
    return Buildings(
        at=at,
        day=day.isoformat(),
        told_until=max(told.at.values(), default=None),
        start=park.intervals(day).to_list(),
        shifts=shifts,
        next_change=min((edge for shift in shifts for edge in shift if edge > at), default=None),
        figures=_figures(zones, points, fresh, raised, max(told.at.values(), default=None)),
        buildings=_buildings(park, zones, points),
        zones=zones,
        points=points,
        wastes=_wastes(park, told, at, shifts),
        water=fresh,
        alarms=_worst_first(raised, judged),
        changes=[_changed(one) for one in reversed(history[-CHANGES_SHOWN:])],
    )


def _told(park: Park, rows: Rows, day: date, at: datetime) -> _Told:
    """Return what the points told up to `at`."""
    names = {signal_of(one): one.id for one in park.points}
    step = f"{park.site.metering_interval_s}s"
    mine = (
        rows.read("samples", day.isoformat())
        .filter(pl.col("signal_id").is_in(list(names)), pl.col("start") <= at)
        .sort("start", maintain_order=True)
    )
    newest = mine.unique("signal_id", keep="last", maintain_order=True)
    starts = park.intervals(day)
    slot = {start: n for n, start in enumerate(starts.to_list())}
    by_interval: dict[str, list[float | None]] = {one.id: [None] * len(slot) for one in park.points}
    ends = (
        mine.with_columns((pl.col("start") - pl.duration(milliseconds=1)).dt.truncate(step).alias("slot"))
        .unique(["signal_id", "slot"], keep="last", maintain_order=True)
        .select("signal_id", "slot", "value")
    )
    for signal_id, start, value in ends.iter_rows():
        if start in slot:
            by_interval[names[signal_id]][slot[start]] = value
    return _Told(
        {names[signal]: value for signal, value in newest.select("signal_id", "value").iter_rows()},
        {names[signal]: when for signal, when in newest.select("signal_id", "start").iter_rows()},
        by_interval,
    )


def _point(
    point: ControlPoint,
    judged: bms.Judged,
    told: _Told,
    history: Sequence[bms.Change],
    at: datetime,
    shifts: Sequence[tuple[datetime, datetime]],
) -> Point:
    standing = bms.standing_changes(history, point.id)
    last = standing[-1] if standing else None
    return Point(
        point_id=point.id,
        name_en=point.name_en,
        name_zh=point.name_zh,
        building_id=point.building_id,
        zone_id=point.zone_id,
        kind=point.kind,
        quantity=point.quantity,
        role=point.role,
        value=judged.value,
        at=told.at.get(point.id),
        state=judged.state,
        low=point.low,
        high=point.high,
        writable=point.writable,
        write_low=point.write_low,
        write_high=point.write_high,
        rate_per_h=point.rate_per_h,
        occupied=point.occupied,
        unoccupied=point.unoccupied,
        scheduled=bms.scheduled(point, at, shifts),
        set_by=last.who if last else "",
        set_at=last.at if last else None,
        set_reason=last.reason if last else "",
    )


def _zones(
    park: Park,
    told: _Told,
    samples: Mapping[str, Sequence[float]],
    shifts: Sequence[tuple[datetime, datetime]],
    day: date,
) -> list[Zone]:
    kinds = {one.id: one.kind for one in park.buildings}
    starts = park.intervals(day).to_list()
    step_s = float(park.site.metering_interval_s)
    used = np.array([any(begin <= start < end for begin, end in shifts) for start in starts], dtype=bool)
    found = []
    for zone in bms.zones(park.points, samples):
        mine = [one for one in park.points if (one.building_id, one.zone_id) == (zone.building_id, zone.zone_id)]
        room = {one.quantity: one for one in mine if one.kind == "room" and one.role == "sensor"}
        sensor = room.get("temperature_c")
        trend = told.by_interval[sensor.id] if sensor else [None] * len(starts)
        comfort = kinds.get(zone.building_id) in PEOPLE_IN
        warm = np.array([np.nan if value is None else value for value in trend])
        category, outside_h = zone.category, bms.outside_hours(warm, used, step_s)
        if not comfort and sensor is not None:
            category = _in_range(zone.temperature_c, sensor)
            low, high = sensor.low, sensor.high
            away = (warm < (-np.inf if low is None else low)) | (warm > (np.inf if high is None else high))
            outside_h = float((away & used).sum()) * step_s / 3600.0
        value = {name: told.values.get(one.id) for name, one in room.items()}
        sets = {bms.set_for(one): told.values.get(one.id) for one in mine}
        found.append(
            Zone(
                building_id=zone.building_id,
                zone_id=zone.zone_id,
                temperature_c=value.get("temperature_c"),
                co2_ppm=value.get("co2_ppm"),
                humidity_share=value.get("humidity_share"),
                heat_c=sets.get("heat"),
                cold_c=sets.get("cold"),
                judged="comfort" if comfort else "range",
                category=category,
                air=zone.air_category,
                outside_h=outside_h,
                trend_c=trend,
            )
        )
    return sorted(found, key=lambda zone: (RANK.index(zone.category), -zone.outside_h, zone.building_id, zone.zone_id))


RANK = ("outside", "out_of_range", "IV", "III", "unknown", "II", "I", "in_range")
"""Categories, the one that needs a look first before the others."""


def _in_range(value: float | None, sensor: ControlPoint) -> str:
    if value is None:
        return "unknown"
    inside = (sensor.low is None or value >= sensor.low) and (sensor.high is None or value <= sensor.high)
    return "in_range" if inside else "out_of_range"


def _wastes(park: Park, told: _Told, at: datetime, shifts: Sequence[tuple[datetime, datetime]]) -> list[Waste]:
    point = {one.id: one for one in park.points}
    return [
        Waste(
            point_id=one.point_id,
            building_id=point[one.point_id].building_id,
            kind=one.kind,
            quantity=point[one.point_id].quantity,
            value=one.value,
            wanted=one.wanted,
        )
        for one in waste.wastes(park.points, told.values, at, shifts)
    ]


def _worst_first(raised: Sequence[Alarm], judged: Mapping[str, bms.Judged]) -> list[OpenAlarm]:
    found = [
        OpenAlarm(
            still=one.thing_id in judged and judged[one.thing_id].state == one.kind.removeprefix("point_"),
            **one.model_dump(),
        )
        for one in raised
    ]
    return sorted(found, key=lambda one: (one.acknowledged, not one.still, one.severity, one.at))


def _buildings(park: Park, zones: Sequence[Zone], points: Sequence[Point]) -> list[Building]:
    found = []
    for one in park.buildings:
        mine = [point for point in points if point.building_id == one.id]
        if not mine:
            continue
        worst = min((RANK.index(zone.category) for zone in zones if zone.building_id == one.id), default=None)
        found.append(
            Building(
                building_id=one.id,
                name_en=one.name.en,
                name_zh=one.name.zh,
                points=len(mine),
                away=sum(point.state != "ok" for point in mine),
                worst="" if worst is None else RANK[worst],
            )
        )
    return found


def _figures(
    zones: Sequence[Zone],
    points: Sequence[Point],
    drawn: Sequence[Water],
    raised: Sequence[Alarm],
    as_of: datetime | None,
) -> list[Figure]:
    """Return comfort, hours out of it, air, points away, water and alarms that wait."""

    def figure(key: str, value: float | None, unit: str, good_is: str, inputs: Mapping[str, float | None]) -> Figure:
        source = "readings" if key == "water_today" else "samples"
        told = [Input(name=f"input.{name}", value=found, unit=unit, source=source) for name, found in inputs.items()]
        why = Why(formula=f"why.{key}", inputs=told)
        return Figure(key=key, value=value, unit=unit, good_is=good_is, as_of=as_of, why=why)

    people = [one for one in zones if one.judged == "comfort"]
    warm, good = _counted([one.category for one in people])
    air, fresh = _counted([one.air for one in people])
    told = sum(one.value is not None for one in points)
    away = float(sum(one.state != "ok" for one in points)) if told else None
    whole = [one for one in drawn if not one.is_part]
    begun = any(value is not None for one in whole for value in one.by_interval_m3)
    before = [one.yesterday_m3 for one in whole if one.yesterday_m3 is not None]
    flowed = figure(
        "water_today", sum(one.today_m3 for one in whole) if begun else None, "m³", "low",
        {"water_before": sum(before) if before else None},
    )  # fmt: skip
    return [
        figure("comfort_share", _percent(good, warm), "%", "high", {"zones_good": good, "zones_rated": warm}),
        figure("discomfort_h", ratio(sum(one.outside_h for one in people), warm), "h", "low", {"zones_rated": warm}),
        figure("air_share", _percent(fresh, air), "%", "high", {"zones_fresh": fresh, "zones_air": air}),
        figure("points_away", away, "points", "low", {"points_told": told, "points_all": len(points)}),
        flowed.model_copy(update={"yesterday": sum(before)}) if begun and before else flowed,
        figure(
            "point_alarms",
            float(sum(not one.acknowledged for one in raised)),
            "alarms",
            "low",
            {"alarms_raised": len(raised)},
        ),
    ]


def _counted(categories: Sequence[str]) -> tuple[int, int]:
    """Return how many categories are known, and how many of them are of a normal level or better."""
    known = [one for one in categories if one != "unknown"]
    return len(known), sum(one in GOOD_CATEGORIES for one in known)


def _percent(part: int, whole: int) -> float | None:
    return 100.0 * part / whole if whole else None


def _changed(change: bms.Change) -> Changed:
    return Changed(
        point_id=change.point_id, at=change.at, before=change.before, value=change.value, who=change.who,
        reason=change.reason, takes_back=change.takes_back,
    )  # fmt: skip
