"""A unit is found by its serial number, in full or without our hyphens; never one of two that could be meant."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from parkwright.model.tables import PASSPORTS
from parkwright.store.linked import unit_with

AT = datetime(2026, 7, 15, 1, tzinfo=UTC)


class Memory:
    """Passports in memory, by day."""

    def __init__(self, **days: list[str]) -> None:
        self.tables = {
            f"2026-07-{day[1:]}": pl.DataFrame(
                [(unit, "NB", "O", AT, "final", 1, 1, 1, 1, 1, 1) for unit in units], schema=PASSPORTS.schema,
                orient="row",
            )
            for day, units in days.items()
        }  # fmt: skip
        self.read_days: list[str] = []

    def read(self, kind, start_day, end_day=None):
        self.read_days.append(start_day)
        return self.tables[start_day]

    def days(self, kind):
        return sorted(self.tables)

    def lookup(self, kind, day, column, value):
        return pl.concat([*self.tables.values()]).filter(pl.col(column) == value)


LEDGER = Memory(d14=["TJ-260714-L-1"], d15=["TJ-260715-L-1", "TJ-260715-L-2", "TJ-260715-L1-1", "TJ-260715-L-11"])


@pytest.mark.parametrize(
    ("serial", "found"),
    [("TJ-260715-L-1", "TJ-260715-L-1"), ("TJ260715L1", "TJ-260715-L-1"), ("TJ260714L1", "TJ-260714-L-1"),
     ("TJ260715L11", None), ("TJ260716L1", None), ("", None), ("TJ260715", None)],
)  # fmt: skip
def test_a_unit_is_found_or_not(serial, found):
    assert unit_with(LEDGER, serial) == (None if found is None else (found, "NB"))


def test_only_the_day_in_the_number_is_read():
    LEDGER.read_days.clear()
    unit_with(LEDGER, "TJ260714L1")
    assert LEDGER.read_days == ["2026-07-14"]
