"""The demand charge in the books: each day is booked what it raises its month's charge by."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from parkwright.carbon.entries import Entries, Kind

DEMAND = "demand_charge"
"""Method of the posting of what a day raises the month's demand charge by. It follows no kWh: no unit bears it."""
PEAK = "peak_kw"
"""Key in BOOKS of the day's highest import as the demand meter shows it [kW]."""
ADDED = "demand_cny"
"""Key in BOOKS of what the day raised the month's demand charge by [CNY]."""
_PER_CNY = 10_000


def postings(
    day: date, start: datetime, end: datetime, peak_kw: float, before_cny: float, after_cny: float
) -> pl.DataFrame:
    """Return the POSTINGS of a day [start, end) that raises its month's charge from before_cny to after_cny [CNY].

    Both ends are rounded to 1e-4 CNY before they are subtracted, so that the days of a month add up to its charge.
    """
    entries = Entries(start, end)
    journal, kind = f"{day}/demand", Kind("cny", "tariff", DEMAND)
    amount = round(after_cny * _PER_CNY) - round(before_cny * _PER_CNY)
    for account, sign in (("source:grid", -1), (f"demand:{day.isoformat()[:7]}", 1)):
        entries.post(journal, kind, sign * amount, account, f"highest import {peak_kw:.6f} kW")
    return entries.postings()
