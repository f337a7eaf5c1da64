"""The report: sums over closed days held to plain arithmetic, comparisons only where every day is known."""

from datetime import date, timedelta

import polars as pl
import pytest
from facts_fixture import MemoryFacts, table
from hypothesis import given
from hypothesis import strategies as st
from park_fixture import small_park

from parkwright.model.errors import ParkwrightError
from parkwright.run.ports import Batch
from parkwright.show.answers.energy import KGCE_PER_KWH
from parkwright.show.answers.report import MOST_PERIODS, Choice, asked, books_by_day, places_of, report

PARK = small_park()
FIRST = date(2026, 6, 1)
LINE = PARK.work_centers[0].id
HALL = PARK.buildings[0].id


def figures(n, **changes):
    """Figures of the n-th closed day; n makes each day another."""
    return {
        "energy_kwh.grid": 100.0 + n, "energy_kwh.pv": 50.0, "energy_kwh.battery_out": 8.0,
        "energy_kwh.battery_in": 10.0, "energy_kwh.export": 5.0,
        "energy_kwh.gas": 20.0, "cost_cny": 80.0 + n, "co2e_kg.location": 60.0 + n,
        "co2e_kg.market": 50.0 + n, "units_good": 10.0, f"place.{LINE}.electricity_kwh": 40.0 + n,
        f"place.{LINE}.units_good": 10.0, f"place.{HALL}.electricity_kwh": 90.0, "band.peak.import_kwh": 30.0,
        "band.peak.cost_cny": 36.0, "band.valley.import_kwh": 70.0, "band.valley.cost_cny": 28.0, **changes,
    }  # fmt: skip


def books(count, first=FIRST):
    return {first + timedelta(days=n): figures(n) for n in range(count)}


def choice(start, end, place="", grain="day", compare="previous"):
    return Choice(place, grain, compare, start, end)


def measures(period):
    return {one.key: one for one in period.measures}


def day(n):
    return FIRST + timedelta(days=n)


def test_a_day_stands_beside_the_day_before():
    found = report(PARK, books(3), choice(day(1), day(2)))
    second = measures(found.periods[1])
    assert second["electricity"].value == 102 + 50 + 8 - 10 - 5
    assert second["electricity"].reference == 101 + 43
    assert second["cost"].change == pytest.approx(1 / 81)
    assert second["coal"].value == pytest.approx((145 + 20) * KGCE_PER_KWH / 1000)
    assert second["electricity_each"].value == 14.5
    assert [one.days_closed for one in found.periods] == [1, 1]


def test_the_whole_span_stands_beside_as_many_days_before():
    found = report(PARK, books(4), choice(day(2), day(3)))
    whole = measures(found.whole)
    assert (whole["cost"].value, whole["cost"].reference) == (82 + 83, 80 + 81)
    assert (found.whole.start_day, found.whole.end_day) == ("2026-06-03", "2026-06-04")


def test_nothing_is_compared_with_days_that_are_not_all_closed():
    found = report(PARK, books(3), choice(day(0), day(2)))
    assert measures(found.periods[0])["cost"].reference is None
    assert measures(found.periods[1])["cost"].reference == 80
    assert measures(found.whole)["cost"].reference is None
    assert measures(found.whole)["cost"].change is None


def test_an_open_day_counts_for_nothing():
    found = report(PARK, books(2), choice(day(0), day(3)))
    assert measures(found.whole)["cost"].value == 161
    assert measures(found.periods[3])["cost"].value is None
    assert (found.whole.days_closed, found.whole.days) == (2, 4)


def test_a_month_that_runs_is_compared_with_the_same_dates():
    known = books(40)
    found = report(PARK, known, choice(FIRST, date(2026, 7, 31), grain="month"))
    june, july = found.periods
    assert (june.days_closed, july.days_closed, july.days) == (30, 10, 31)
    assert measures(july)["cost"].reference == sum(80 + n for n in range(10))
    assert measures(june)["cost"].reference is None


def test_a_year_before_is_the_same_day_then():
    known = books(1) | books(1, date(2025, 6, 1))
    known[FIRST] = figures(5)
    found = report(PARK, known, choice(FIRST, FIRST, compare="year"))
    assert measures(found.periods[0])["cost"].change == pytest.approx(5 / 80)


def test_a_line_has_its_own_figures_and_no_bands():
    found = report(PARK, books(2), choice(day(0), day(1), place=LINE))
    whole = measures(found.whole)
    assert (whole["electricity"].value, whole["units"].value, whole["cost"].value) == (81, 20, None)
    assert "gas" not in whole
    assert found.bands == []
    assert whole["electricity_each"].value == 81 / 20


def test_bands_add_up_to_their_sum():
    found = report(PARK, books(2), choice(day(0), day(1)))
    assert [(one.band, one.import_kwh, one.cost_cny) for one in found.bands] == [
        ("peak", 60, 72), ("valley", 140, 56), ("sum", 200, 128)
    ]  # fmt: skip
    assert found.bands[-1].cny_per_kwh == 0.64


def test_books_of_before_the_bands_have_none():
    known = {FIRST: {"cost_cny": 1.0}}
    found = report(PARK, known, choice(FIRST, FIRST))
    assert (found.bands, found.worst) == ([], [])
    assert measures(found.whole)["electricity"].value is None
    assert measures(found.whole)["coal"].value is None


def test_the_worst_rose_most():
    found = report(PARK, books(2), choice(day(1), day(1)))
    assert [(one.place_id, one.reference_kwh) for one in found.worst] == [(LINE, 40), (HALL, 90)]
    assert found.worst[0].change == pytest.approx(1 / 40)


def test_without_a_comparison_the_worst_used_most():
    found = report(PARK, books(1), choice(day(0), day(0)))
    assert [(one.place_id, one.change) for one in found.worst] == [(HALL, None), (LINE, None)]


@given(st.integers(1, 60), st.integers(0, 70), st.integers(0, 70), st.sampled_from(["day", "month", "year"]))
def test_periods_add_up_to_the_whole(count, start, length, grain):
    found = report(PARK, books(count), choice(day(start), day(start + length), grain=grain))
    for key in ("electricity", "gas", "cost", "location", "market", "units"):
        parts = [measures(one)[key].value for one in found.periods]
        known = [value for value in parts if value is not None]
        assert measures(found.whole)[key].value == (pytest.approx(sum(known)) if known else None)
    assert sum(one.days for one in found.periods) == length + 1
    assert sum(one.days_closed for one in found.periods) == found.whole.days_closed


@pytest.mark.parametrize(
    ("wrong", "finding"),
    [
        (choice(FIRST, FIRST, place="NIX"), "scope NIX: no building or line"),
        (choice(day(1), day(0)), "ends before it starts"),
        (choice(FIRST, day(MOST_PERIODS)), "choose a coarser grain"),
    ],
)
def test_what_cannot_be_reported_is_refused(wrong, finding):
    with pytest.raises(ParkwrightError, match=finding):
        report(PARK, books(1), wrong)


def facts(known):
    rows = [
        Batch("books", one.isoformat(), 0, "books", one.isoformat(),
              table("books", [{"day": one.isoformat(), "key": key, "value": value} for key, value in values.items()]))
        for one, values in sorted(known.items())
    ]  # fmt: skip
    return MemoryFacts(rows, PARK.midnight(FIRST))


def test_the_newest_fortnight_is_shown_where_no_days_are_named():
    found = asked(PARK, facts(books(40)))
    assert (found.start_day, found.end_day, len(found.periods)) == ("2026-06-27", "2026-07-10", 14)
    assert measures(found.whole)["cost"].reference == sum(80 + n for n in range(12, 26))


def test_a_young_ledger_is_shown_from_its_first_day():
    found = asked(PARK, facts(books(3)))
    assert (found.start_day, found.end_day) == ("2026-06-01", "2026-06-03")


def test_no_ledger_no_report():
    assert asked(PARK, facts({})) is None


def test_what_is_compared_with_is_read_too():
    known = books(1, date(2025, 7, 1)) | books(31, date(2026, 6, 1)) | books(1, date(2026, 7, 1))
    month = asked(PARK, facts(known), grain="month", start=date(2026, 7, 1), end=date(2026, 7, 1))
    assert measures(month.periods[0])["cost"].reference == 80
    year = asked(PARK, facts(known), compare="year", start=date(2026, 7, 1), end=date(2026, 7, 1))
    assert measures(year.periods[0])["cost"].reference == 80


def test_a_restated_figure_stands_in_place_of_the_first():
    rows = table("books", [{"day": "2026-06-01", "key": "cost_cny", "value": value} for value in (1.0, 2.0)])
    assert books_by_day(rows) == {FIRST: {"cost_cny": 2.0}}
    assert books_by_day(pl.DataFrame(schema=rows.schema)) == {}


def test_the_site_its_buildings_and_its_lines_can_be_chosen():
    found = [one.place_id for one in places_of(PARK)]
    assert found[0] == ""
    assert {HALL, LINE} < set(found)
    assert len(found) == 1 + len(PARK.buildings) + len(PARK.work_centers)
