"""A line that a planner takes out of a day from one instant until another, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.tables import OUTAGES, TIME, conform

REASON_MAX = 120
"""Characters of a reason at most: what a tooltip shows on two lines (assumed)."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What a planner says of a line: out from `start`, None for now, until `until`, None for the end of the day."""

    line_id: str
    reason: str
    start: datetime | None = None
    until: datetime | None = None


def outage_rows(
    park: Park, day: date, wanted: Sequence[Outage], now: datetime, who: str = "", command_id: str = ""
) -> pl.DataFrame:
    """Return outages of a day as OUTAGES, in force from `now` on.

    Raises PlanError that names the line when it is not there, a time lies outside the day or the wrong way round, the
    outage is over already, or the reason says nothing or too much.
    """
    first, last = park.day_bounds(day)
    rows = list[tuple[object, ...]]()
    for one in wanted:
        start = max(first, now) if one.start is None else one.start
        until, reason = last if one.until is None else one.until, " ".join(one.reason.split())
        if why := _refusal(park, one.line_id, start, until, reason, (first, last), now):
            raise PlanError(f"line {one.line_id}: {why}")
        rows.append((one.line_id, start, until, reason, who, now, command_id))
    schema = {name: pl.Datetime("us", "UTC") if kind == TIME else kind for name, kind in OUTAGES.schema.items()}
    return conform(pl.DataFrame(rows, schema=schema, orient="row"), OUTAGES)


def _refusal(
    park: Park, line_id: str, start: datetime, until: datetime, reason: str, day: tuple[datetime, datetime],
    now: datetime,
) -> str:  # fmt: skip
    """Return why a line cannot be out like this; empty when it can."""
    zone = park.zone
    found = {
        f"does not exist in this park; take one of {', '.join(line.id for line in park.work_centers)}": (
            line_id not in park.work_center
        ),
        f"is to be out until {until.astimezone(zone):%Y-%m-%d %H:%M}, not after {start.astimezone(zone):%H:%M}, when"
        " that begins; give a later end": until <= start,
        f"is to be out from {start.astimezone(zone):%Y-%m-%d %H:%M} until {until.astimezone(zone):%Y-%m-%d %H:%M},"
        f" which is not within {day[0].astimezone(zone):%Y-%m-%d}; give times of that day": (
            start < day[0] or until > day[1]
        ),
        f"is to be out until {until.astimezone(zone):%Y-%m-%d %H:%M}, which is over; give a later end": until <= now,
        "is out for no reason; say why, for example maintenance, breakdown or no crew": not reason,
        f"is out for a reason of {len(reason)} characters; give one of {REASON_MAX} at most": len(reason) > REASON_MAX,
    }  # fmt: skip
    return next((why for why, holds in found.items() if holds), "")
