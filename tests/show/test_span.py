"""Periods and what they are compared with."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.show.answers.span import Span, compared, moved, periods

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
GRAINS = st.sampled_from(["day", "month", "year"])


@given(GRAINS, DAYS, st.integers(0, 900))
def test_periods_follow_each_other_and_hold_every_day(grain, first, length):
    last = first + timedelta(days=length)
    found = periods(grain, first, last)
    assert found[0].first <= first < found[0].after
    assert found[-1].first <= last < found[-1].after
    assert all(one.after == two.first for one, two in pairwise(found))


@given(GRAINS, DAYS, st.integers(-30, 30))
def test_moving_on_never_turns_the_order_of_days(grain, day, count):
    assert moved(day, grain, count) <= moved(day + timedelta(days=1), grain, count)
    assert moved(day.replace(day=1), "month", count).day == 1


@pytest.mark.parametrize(
    ("day", "grain", "count", "then"),
    [
        (date(2026, 3, 31), "month", -1, date(2026, 2, 28)),
        (date(2024, 3, 31), "month", -1, date(2024, 2, 29)),
        (date(2024, 2, 29), "year", -1, date(2023, 2, 28)),
        (date(2026, 1, 15), "month", -2, date(2025, 11, 15)),
        (date(2026, 1, 1), "day", -1, date(2025, 12, 31)),
        (date(2026, 12, 1), "month", 1, date(2027, 1, 1)),
    ],
)
def test_days_move_by_periods(day, grain, count, then):
    assert moved(day, grain, count) == then


def test_a_closed_month_is_compared_with_the_whole_month_before():
    march = Span(date(2026, 3, 1), date(2026, 4, 1))
    found = compared(march, set(march.days()), "month", 1)
    assert (found[0], found[-1], len(found)) == (date(2026, 2, 1), date(2026, 2, 28), 28)


def test_a_month_that_runs_is_compared_with_the_same_dates():
    march = Span(date(2026, 3, 1), date(2026, 4, 1))
    closed = set(march.days()[:10])
    assert compared(march, closed, "month", 1) == [date(2026, 2, day) for day in range(1, 11)]


def test_dates_that_the_other_month_lacks_are_left_out():
    march = Span(date(2026, 3, 20), date(2026, 4, 1))
    closed = set(march.days()[:-1])
    assert compared(march, closed, "month", 1)[-1] == date(2026, 2, 28)
    assert len(compared(march, closed, "month", 1)) == 9
    leap = Span(date(2024, 2, 28), date(2024, 3, 2))
    assert compared(leap, {date(2024, 2, 29)}, "year", 1) == []


def test_a_span_of_days_is_compared_with_as_many_before_it():
    week = Span(date(2026, 7, 8), date(2026, 7, 15))
    assert compared(week, set(week.days()), "day", 7) == Span(date(2026, 7, 1), date(2026, 7, 8)).days()
    assert week.last == date(2026, 7, 14)
