"""Fresh water by meter: today, the day before at the same time, and what runs while nobody works."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import polars as pl
from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers.figure import Answer, Rows, ratio

LITRES_PER_M3 = 1000.0


class Water(Answer):
    """The fresh water of a meter."""

    meter_id: str
    name_en: str
    name_zh: str
    is_part: bool = Field(description="whether another water meter counts it as well")
    today_m3: float
    yesterday_m3: float | None = Field(description="the day before up to the same time")
    idle_m3_per_h: float | None = Field(
        description="mean flow outside the shifts of the day; null before there was any"
    )
    by_interval_m3: list[float | None]


def water(park: Park, rows: Rows, day: date, at: datetime, shifts: Sequence[tuple[datetime, datetime]]) -> list[Water]:
    """Return what each water meter measured on `day` up to `at`, and outside the shifts."""
    meters = [one for one in park.meters if one.commodity == "water"]
    ids = {one.id for one in meters}
    starts = park.intervals(day).to_list()
    step = timedelta(seconds=park.site.metering_interval_s)
    today = _litres(rows, day, at - step)
    before = _litres(rows, day - timedelta(days=1), at - step - timedelta(days=1))
    found = []
    for meter in meters:
        mine, then = today.get(meter.id, {}), before.get(meter.id, {})
        idle = [mine[s] for s in mine if not any(begin <= s < end for begin, end in shifts)]
        hours = len(idle) * step.total_seconds() / 3600.0
        found.append(
            Water(
                meter_id=meter.id,
                name_en=meter.name_en,
                name_zh=meter.name_zh,
                is_part=meter.parent_id in ids,
                today_m3=sum(mine.values()) / LITRES_PER_M3,
                yesterday_m3=sum(then.values()) / LITRES_PER_M3 if then else None,
                idle_m3_per_h=ratio(sum(idle) / LITRES_PER_M3, hours) if idle else None,
                by_interval_m3=[mine[s] / LITRES_PER_M3 if s in mine else None for s in starts],
            )
        )
    return found


def _litres(rows: Rows, day: date, until: datetime) -> dict[str, dict[datetime, float]]:
    """Return litres by meter and start of the intervals of `day` that begin at `until` or before."""
    read = rows.read("readings", day.isoformat()).filter(pl.col("value").is_not_null(), pl.col("start") <= until)
    found: dict[str, dict[datetime, float]] = {}
    for meter_id, start, value in read.select("meter_id", "start", "value").iter_rows():
        found.setdefault(meter_id, {})[start] = value
    return found
