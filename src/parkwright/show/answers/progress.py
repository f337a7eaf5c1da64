"""How far the back-fill of past days has come, and how old the newest facts are."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers.day import today
from parkwright.show.answers.figure import Answer, Rows

STALE_AFTER_S = 180.0
"""Age of the newest sample, in park time, from which a page says that its data are old: three run cycles of 60 s."""


class Progress(Answer):
    """The past days that a new park fills in behind the running one."""

    days_wanted: int = Field(description="closed days before today that the park wants")
    days_closed: int = Field(description="of them, closed and in the books")
    missing: list[str] = Field(description="ISO days still to come")
    running: bool = Field(description="whether today has facts at all")
    newest: datetime | None = Field(description="instant of the newest sample of today")
    age_s: float | None = Field(description="its age [s] in park time")
    stale: bool = Field(description="older than three run cycles")


def progress(park: Park, rows: Rows, now: datetime, history_days: int) -> Progress:
    """Return how many of the `history_days` days before today are closed, and the age of the newest facts.

    A park that only meters has no samples: its newest facts are readings, which come once an interval.
    """
    day = today(park, now)
    wanted = [day - timedelta(days=back) for back in range(history_days, 0, -1)]
    missing = [past.isoformat() for past in wanted if not rows.read("books", past.isoformat()).height]
    newest, patience_s = newest_sample(rows, day), STALE_AFTER_S
    if newest is None:
        newest = newest_reading(park, rows, day)
        patience_s += park.site.metering_interval_s
    age_s = None if newest is None else max(0.0, (now - newest).total_seconds())
    return Progress(
        days_wanted=history_days,
        days_closed=history_days - len(missing),
        missing=missing,
        running=newest is not None,
        newest=newest,
        age_s=age_s,
        stale=age_s is not None and age_s > patience_s,
    )


def newest_sample(rows: Rows, day: date) -> datetime | None:
    """Return the instant of the newest sample of `day`; None when it has none."""
    samples = rows.read("samples", day.isoformat())
    if not samples.height:
        return None
    newest: datetime = samples.select(pl.col("start").last()).item()
    return newest


def newest_reading(park: Park, rows: Rows, day: date) -> datetime | None:
    """Return the end of the newest metered interval of `day`; None when it has none."""
    newest = rows.read("readings", day.isoformat())["start"].max()
    return newest + timedelta(seconds=park.site.metering_interval_s) if isinstance(newest, datetime) else None
