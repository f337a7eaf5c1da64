"""The park as data: its days, intervals and shifts over every change of the clock, and its look-ups."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.model.park import WEEKDAYS, Park
from parkwright.model.plant import EnergyPlant, Grid
from parkwright.model.site import Calendar, Shift, Site, WorkCenter, WorkUnit

NAME = {"en": "a", "zh": "a"}
ASSUMED = "assumed: a test"
ZONES = (
    "UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe",
    "Asia/Kathmandu", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Africa/Casablanca",
)  # fmt: skip
MOST_DAYS = st.dates(date(2012, 1, 2), date(2035, 12, 30))


def unit(unit_id: str) -> WorkUnit:
    return WorkUnit(id=unit_id, name=NAME, kind="station", cycle_s=9, run_kw=2, idle_kw=1, basis=ASSUMED)


def line(line_id: str, *unit_ids: str) -> WorkCenter:
    return WorkCenter(
        id=line_id, name=NAME, building_id="B", segment_ids=("S",), start=(0, 0), end=(9, 0), takt_s=9, node_id="n",
        work_unit=tuple(unit(unit_id) for unit_id in unit_ids), basis=ASSUMED,
    )  # fmt: skip


def park(timezone: str = "Asia/Shanghai", step_s: int = 900, calendar: Calendar | None = None, **fields) -> Park:
    """A park with nothing but its site, a grid connection and what is given."""
    site = Site(
        park_id="T", name=NAME, timezone=timezone, latitude=39, longitude=117, width_m=9, depth_m=9, area_m2=81,
        metering_interval_s=step_s, accounting_grid_factor="f", residual_grid_factor="f", basis=ASSUMED,
    )  # fmt: skip
    grid = Grid(import_limit_kw=1, export_limit_kw=0, export_cny_per_kwh=0, basis=ASSUMED)
    empty = {field.name: () for field in dataclasses.fields(Park) if field.default is dataclasses.MISSING}
    alone = {"order_pattern": None, "fleet": None, "warehouse": None, "weather": pl.DataFrame()}
    given_fields = {"site": site, "energy": EnergyPlant(grid=grid), "calendar": calendar or Calendar()}
    return Park(**empty | alone | given_fields | fields)


def shift(start: str, end: str, *days: str) -> Shift:
    return Shift(days=days or WEEKDAYS, start=start, end=end)


@pytest.mark.parametrize(
    ("timezone", "day", "step_s", "count"),
    [
        ("Asia/Shanghai", date(2026, 3, 29), 900, 96),
        ("Europe/Berlin", date(2026, 3, 28), 900, 96),
        ("Europe/Berlin", date(2026, 3, 29), 900, 92),
        ("Europe/Berlin", date(2026, 10, 25), 900, 100),
        ("Europe/Berlin", date(2026, 3, 29), 3600, 23),
        ("Europe/Berlin", date(2026, 10, 25), 60, 1500),
        ("America/New_York", date(2026, 3, 8), 900, 92),
        ("America/New_York", date(2026, 11, 1), 900, 100),
        ("Australia/Lord_Howe", date(2026, 4, 5), 900, 98),
        ("Australia/Lord_Howe", date(2026, 10, 4), 900, 94),
        ("America/Sao_Paulo", date(2018, 11, 4), 900, 92),
        ("America/Sao_Paulo", date(2018, 2, 17), 900, 100),
        ("Asia/Shanghai", date(1991, 4, 14), 900, 92),
    ],
)
def test_a_day_has_as_many_intervals_as_it_has_time(timezone, day, step_s, count):
    starts = park(timezone, step_s).intervals(day)
    assert starts.len() == count
    assert starts.dtype == pl.Datetime("ms", "UTC")


@pytest.mark.parametrize(
    ("timezone", "day", "utc"),
    [
        ("Asia/Shanghai", date(2026, 7, 15), "2026-07-14T16:00"),
        ("Asia/Seoul", date(2018, 1, 1), "2017-12-31T15:00"),
        ("Asia/Kathmandu", date(2026, 1, 1), "2025-12-31T18:15"),
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00"),
        ("Europe/Berlin", date(2026, 3, 30), "2026-03-29T22:00"),
        # Clocks in Sao Paulo went from 00:00 to 01:00 that night: the day began at 01:00.
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00"),
        # In Havana 00:00 to 01:00 comes twice that night: the day begins at the first.
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00"),
    ],
)
def test_a_day_begins_at_the_first_instant_of_its_date(timezone, day, utc):
    begin = park(timezone).midnight(day)
    assert begin == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    here = park(timezone).zone
    assert begin.astimezone(here).date() == day
    assert (begin - timedelta(seconds=1)).astimezone(here).date() == day - timedelta(days=1)


@given(st.sampled_from(ZONES), MOST_DAYS)
def test_days_follow_each_other_without_gap_and_intervals_fill_them(timezone, day):
    here = park(timezone)
    (start, end), (following, _) = here.day_bounds(day), here.day_bounds(day + timedelta(days=1))
    assert end == following
    assert timedelta(hours=22) <= end - start <= timedelta(hours=26)
    starts = here.intervals(day).to_list()
    assert starts[0] == start
    assert starts[-1] + timedelta(seconds=900) == end
    assert {later - early for early, later in pairwise(starts)} == {timedelta(seconds=900)}
    assert {at.astimezone(here.zone).date() for at in starts} == {day}


def test_a_day_that_a_zone_left_out_has_no_time():
    assert park("Pacific/Apia").intervals(date(2011, 12, 30)).is_empty()


@pytest.mark.parametrize(
    ("day", "working_h"),
    [
        (date(2026, 3, 28), [8.0, 8.0]),
        (date(2026, 3, 29), [7.0]),
        (date(2026, 10, 25), [9.0]),
        (date(2026, 10, 24), [8.0, 8.0]),
        (date(2026, 12, 25), []),
    ],
)
def test_a_night_shift_is_shorter_or_longer_when_the_clock_changes(day, working_h):
    nights = Calendar(shift=(shift("16:00", "24:00", *WEEKDAYS[:6]), shift("00:00", "08:00")), holidays=("2026-12-25",))
    found = park("Europe/Berlin", calendar=nights).shifts(day)
    assert [(end - start) / timedelta(hours=1) for start, end in found] == working_h
    assert found == sorted(found)


def test_a_shift_to_midnight_ends_where_the_next_day_begins():
    here = park("Europe/Berlin", calendar=Calendar(shift=(shift("22:00", "24:00"), shift("00:00", "06:00"))))
    for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25)):
        assert here.shifts(day)[-1][1] == here.shifts(day + timedelta(days=1))[0][0] == here.day_bounds(day)[1]


@pytest.mark.parametrize(
    ("day", "count"),
    [
        (date(2026, 7, 13), 2),
        (date(2026, 7, 18), 2),
        (date(2026, 7, 19), 1),
        (date(2026, 5, 1), 0),
        (date(2026, 5, 2), 2),
        (date(2027, 5, 1), 2),
    ],
)
def test_shifts_repeat_by_weekday_and_a_holiday_has_none(day, count):
    calendar = Calendar(
        shift=(shift("14:00", "22:00", *WEEKDAYS[:6]), shift("06:00", "14:00")), holidays=("2026-05-01",)
    )
    assert len(park(calendar=calendar).shifts(day)) == count


@given(st.sampled_from(ZONES), MOST_DAYS, st.lists(st.integers(0, 1440), min_size=2, max_size=8, unique=True))
def test_shifts_lie_inside_their_day_and_do_not_cross(timezone, day, minutes):
    clock = [f"{m // 60:02d}:{m % 60:02d}" for m in sorted(minutes)]
    pairs = list(zip(clock[::2], clock[1::2], strict=False))
    here = park(timezone, calendar=Calendar(shift=tuple(shift(start, end) for start, end in reversed(pairs))))
    start, end = here.day_bounds(day)
    instants = [instant for span in here.shifts(day) for instant in span]
    assert len(instants) == 2 * len(pairs)
    assert start <= instants[0]
    assert instants[-1] <= end


def test_a_park_without_shifts_never_works():
    assert park().shifts(date(2026, 7, 15)) == []


def test_machines_are_found_by_their_id_with_their_line():
    here = park(work_centers=(line("L1", "U1", "U2"), line("L2", "U3")))
    assert here.line_of == {"U1": "L1", "U2": "L1", "U3": "L2"}
    assert here.work_unit["U3"].id == "U3"
    assert [here.work_center[here.line_of[name]].id for name in here.work_unit] == ["L1", "L1", "L2"]


def test_a_park_cannot_be_changed_in_place():
    here = park(work_centers=(line("L1", "U1"),))
    with pytest.raises(dataclasses.FrozenInstanceError):
        here.digest = "x"
    changed = dataclasses.replace(here, work_centers=())
    assert "U1" in here.work_unit
    assert changed.work_unit == {}


def test_the_zone_is_the_sites_and_local_midnight_is_midnight():
    here = park("Asia/Kathmandu")
    assert here.midnight(date(2026, 7, 15)).astimezone(here.zone).time() == time(0)
