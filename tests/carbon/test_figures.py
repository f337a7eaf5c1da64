import polars as pl
import pytest
from carbon_park import DAY, jobs, orders, responses, verdicts
from worked_day import BANDS_, JOBS_, PARK, PASSAGES_, POSTINGS_, VERDICTS_, day_books

from parkwright.carbon import figures, roster


def late(order_rows, job_rows, response_rows):
    units = roster.of_day(PARK, PASSAGES_, VERDICTS_, JOBS_)
    tables = (jobs(*job_rows), orders(*order_rows), responses(*response_rows))
    found = figures.of_day(PARK, DAY, POSTINGS_, units, day_books().passports, *tables, BANDS_)
    return found["orders_due"], found["orders_late"]


@pytest.mark.parametrize(
    ("order", "job_rows", "response_rows", "expected"),
    [
        (("O", "NB14", 1, 2, "cn"), [("J", "O", "NB14", 1)], [("J", "NB", 2, 1, 0)], (1, 0)),
        (("O", "NB14", 1, 2, "cn"), [("J", "O", "NB14", 1)], [("J", "NB", 3, 1, 0)], (1, 1)),
        (("O", "NB14", 1, 2, "cn"), [("J", "O", "NB14", 1)], [], (1, 1)),
        (("O", "NB14", 1, 2, "cn"), [], [], (1, 1)),
        (("O", "NB14", 2, 2, "cn"), [("J", "O", "NB14", 1), ("K", "O", "NB14", 1)], [("J", "NB", 1, 1, 0)], (1, 1)),
        (("O", "NB14", 1, 24, "cn"), [], [], (1, 1)),
        (("O", "NB14", 1, 25, "cn"), [], [], (0, 0)),
        (("O", "MB1", 1, 2, "stock"), [], [], (0, 0)),
    ],
)
def test_an_order_is_late_when_one_of_its_jobs_is(order, job_rows, response_rows, expected):
    assert late([order], job_rows, response_rows) == expected


def test_books_are_rows_by_key():
    rows = figures.books(DAY, {"b": 2, "a.x": 1.5})
    assert rows.rows() == [("2026-07-15", "a.x", 1.5), ("2026-07-15", "b", 2.0)]


def test_the_roster_knows_line_kind_and_weight():
    units = roster.of_day(PARK, PASSAGES_, VERDICTS_, JOBS_)
    assert units.select("unit_id", "kind", "line_id", "is_good", "weight").rows() == [
        ("B1", "board", "SMT", True, 10_000),
        ("B2", "board", "SMT", False, 10_000),
        ("U1", "finished", "NB", True, 9_000),
        ("U2", "finished", "NB", False, 9_000),
        ("U3", "finished", "NB", True, 13_500),
    ]


def test_the_last_verdict_of_a_unit_counts():
    rows = verdicts(("U1", 900, "scrap"), ("U1", 901, "rework"), ("U3", 1600, "scrap"), ("U1", 1009, "good"))
    again = roster.of_day(PARK, PASSAGES_, pl.concat([rows, verdicts(("U3", 1513, "good"))]), JOBS_)
    assert again.select("unit_id", "is_good").rows() == [("U1", True), ("U3", False)]
