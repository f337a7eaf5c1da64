"""Spans of days, their periods, and what they are compared with: the same days a period or a year before."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Grain = Literal["day", "month", "year"]
Compare = Literal["previous", "year"]
MONTHS: dict[Grain, int] = {"day": 0, "month": 1, "year": 12}
"""Months in a period of that grain."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` up to, not including, `after`."""

    first: date
    after: date

    def days(self) -> list[date]:
        """Return the days of the span, in order."""
        return [self.first + timedelta(days=n) for n in range((self.after - self.first).days)]

    @property
    def last(self) -> date:
        """The last day of the span."""
        return self.after - timedelta(days=1)


def periods(grain: Grain, first: date, last: date) -> list[Span]:
    """Return the whole days, months or years that hold the days from `first` to `last`, in order."""
    start = _beginning(grain, first)
    found = []
    while start <= last:
        after = moved(start, grain, 1)
        found.append(Span(start, after))
        start = after
    return found


def _beginning(grain: Grain, day: date) -> date:
    return {"day": day, "month": day.replace(day=1), "year": date(day.year, 1, 1)}[grain]


def moved(day: date, grain: Grain, count: int) -> date:
    """Return `day` that many periods later (earlier when negative); the month's last day where it has no such date."""
    if grain == "day":
        return day + timedelta(days=count)
    years, month = divmod(day.year * 12 + day.month - 1 + MONTHS[grain] * count, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def compared(span: Span, closed: Collection[date], grain: Grain, count: int) -> list[date]:
    """Return the days that `span` is compared with: `count` periods of `grain` earlier.

    Where every day of the span is closed, the whole span then; else the same dates of the closed days, without those
    that there was no such date for, so that a month that runs is compared with as much of the one before.
    """
    days = span.days()
    if all(day in closed for day in days):
        return Span(moved(span.first, grain, -count), moved(span.after, grain, -count)).days()
    same = [(day, moved(day, grain, -count)) for day in days if day in closed]
    return [then for day, then in same if grain == "day" or then.day == day.day]
