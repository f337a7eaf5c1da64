"""What a person should know, and what needs one now, sorted by what waiting costs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import polars as pl
from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers.day import order_ends
from parkwright.show.answers.figure import Answer, Rows

NEEDS_AT_MOST = 7
"""Items that need a person, shown at once (FACES, Home)."""

LATE_ORDERS_AT_MOST = 3
LINE_HOUR_CNY = 600.0
"""What an hour of waiting is taken to cost by severity 1, so that alarms and late orders sort together (assumed)."""

COST_BY_SEVERITY = {1: LINE_HOUR_CNY, 2: LINE_HOUR_CNY / 6, 3: 0.0}


class Alarm(Answer):
    """One alarm of the day."""

    key: str = Field(description="identity for acknowledging: kind|thing|instant")
    at: datetime = Field(description="when it was raised")
    kind: str = Field(description="message key alarm.<kind>")
    thing_id: str = Field(description="what it is about")
    severity: int = Field(description="1 now, 2 today, 3 to know")
    text: str = Field(description="what happened, to what, what to do; English")
    acknowledged: bool = Field(description="whether someone has taken it")


class Need(Answer):
    """Something that waits for a person."""

    key: str = Field(description="identity")
    kind: str = Field(description="message key need.<kind> or alarm.<kind>")
    thing_id: str = Field(description="what it is about")
    severity: int = Field(description="1 now, 2 today")
    since: datetime = Field(description="waiting since")
    text: str = Field(description="one sentence in English; empty when the kind says it all")
    waiting_cny_per_h: float = Field(description="what an hour of waiting costs [CNY/h]")
    act: str = Field(description="acknowledge, or open")
    link: str = Field(description="page of the thing")


def alarm_key(kind: str, thing_id: str, at: datetime) -> str:
    """Return the identity by which an alarm is acknowledged."""
    return f"{kind}|{thing_id}|{at:%Y-%m-%dT%H:%M:%S}Z"


def alarms(rows: Rows, day: date, acknowledged: Collection[str]) -> list[Alarm]:
    """Return the alarms of `day`, newest first; one alarm repeated about one thing is given once, the newest."""
    frame = rows.read("alarms", day.isoformat())
    if not frame.height:
        return []
    frame = frame.sort("at", maintain_order=True).unique(["kind", "thing_id"], keep="last", maintain_order=True)
    found = []
    for row in frame.reverse().iter_rows(named=True):
        key = alarm_key(row["kind"], row["thing_id"], row["at"])
        found.append(Alarm(key=key, acknowledged=key in acknowledged, **row))
    return found


def needs(park: Park, rows: Rows, day: date, now: datetime, acknowledged: Collection[str]) -> list[Need]:
    """Return at most seven things that need a person, dearest first: open alarms of severity 1 and 2, late orders."""
    found = [
        Need(
            key=alarm.key,
            kind=f"alarm.{alarm.kind}",
            thing_id=alarm.thing_id,
            severity=alarm.severity,
            since=alarm.at,
            text=alarm.text,
            waiting_cny_per_h=COST_BY_SEVERITY.get(alarm.severity, 0.0),
            act="acknowledge",
            link=_page_of(park, alarm.thing_id),
        )
        for alarm in alarms(rows, day, acknowledged)
        if alarm.severity <= 2 and not alarm.acknowledged
    ]
    found += _late_orders(rows, day, now, acknowledged)
    return sorted(found, key=lambda need: (-need.waiting_cny_per_h, need.since, need.key))[:NEEDS_AT_MOST]


def _late_orders(rows: Rows, day: date, now: datetime, acknowledged: Collection[str]) -> list[Need]:
    late = (
        order_ends(rows, day)
        .filter(pl.col("actual_end").is_null(), pl.col("due") <= now)
        .sort("weight", descending=True, maintain_order=True)
        .head(LATE_ORDERS_AT_MOST)
    )
    return [
        Need(
            key=f"order_late|{row['order_id']}",
            kind="need.order_late",
            thing_id=row["order_id"],
            severity=2,
            since=row["due"],
            text="",
            waiting_cny_per_h=row["weight"],
            act="acknowledge",
            link="/plan",
        )
        for row in late.iter_rows(named=True)
        if f"order_late|{row['order_id']}" not in acknowledged
    ]


def _page_of(park: Park, thing_id: str) -> str:
    if thing_id in park.meter:
        return "/energy"
    if any(point.id == thing_id for point in park.points):
        return "/buildings"
    return "/plan"
