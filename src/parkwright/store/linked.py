"""Find a unit by the serial number in its product link, which may stand without the hyphens of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import polars as pl


class Passports(Protocol):
    """The passports of a ledger; store.reader.Reader gives them."""

    def read(self, kind: str, start_day: str, end_day: str | None = None) -> pl.DataFrame:
        """Return the rows of `kind` of the days [start_day, end_day]."""
        ...

    def days(self, kind: str) -> Sequence[str]:
        """Return the ISO days that hold rows of `kind`, in order."""
        ...

    def lookup(self, kind: str, day: str | None, column: str, value: str | int) -> pl.DataFrame:
        """Return the rows of `kind` of that day (of all days when None) whose `column` equals `value`."""
        ...


def unit_with(facts: Passports, serial: str) -> tuple[str, str] | None:
    """Return serial number and product of the unit that has a passport and this serial number, in full or as linked.

    None where there is none, or where more than one could be meant.
    """
    found = facts.lookup("passports", None, "unit_id", serial)
    if not found.height:
        named = [day for day in facts.days("passports") if day[2:].replace("-", "") in serial]
        rows = [facts.read("passports", day) for day in named]
        bare = pl.col("unit_id").str.replace_all("-", "", literal=True) == serial
        found = pl.concat([row.filter(bare) for row in rows]) if rows else found
    units = found.select("unit_id", "product_id").unique().rows()
    return (units[0][0], units[0][1]) if len(units) == 1 else None
