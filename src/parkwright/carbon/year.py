"""The close of a year as relational programs: the same expressions run on DuckDB, on Spark, or on any engine of Ibis.

All sums are of 64-bit integers, so that every engine gives the same figure to the last unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis
from ibis.expr.types import IntegerColumn, StringColumn, Table

SUMMED = ("direct_mwh_int", "overhead_mwh_int", "location_ug", "market_ug", "material_ug", "cost_1e4cny")
"""Columns of PASSPORTS that a year adds up."""


def balances(postings: Table, months: Sequence[datetime]) -> Table:
    """Return (month, kind, commodity, view, quantity): what was posted on each kind of account in each month.

    postings: POSTINGS. months: aware instants at which the months start, ascending; month is the place of a month among
    them, 0 for the first. kind: what stands before the colon of an account; a source keeps its whole name. Reversals
    count with what they reverse, in the month of both.
    """
    account = postings.account
    kind = account.startswith("source:").ifelse(account, _before_colon(account))
    rows = postings.mutate(kind=kind, month=_month(postings.start.epoch_seconds(), months))
    return rows.group_by("month", "kind", "commodity", "view").agg(quantity=rows.quantity.sum().cast("int64"))


def journals(postings: Table) -> Table:
    """Return one row (journals, unbalanced): journal x commodity x view, and how many of them do not sum to 0."""
    sums = postings.group_by("journal_id", "commodity", "view").agg(quantity=postings.quantity.sum().cast("int64"))
    return sums.aggregate(journals=sums.count(), unbalanced=(sums.quantity != 0).cast("int64").sum())


def unbalanced(postings: Table) -> Table:
    """Return (journal_id, commodity, view, quantity) of the journals that do not sum to 0."""
    sums = postings.group_by("journal_id", "commodity", "view").agg(quantity=postings.quantity.sum().cast("int64"))
    return sums.filter(sums.quantity != 0)


def issued(passports: Table) -> Table:
    """Return (product_id, units, and the sums of SUMMED) over the newest final passport of every unit.

    passports: PASSPORTS with _seq and _row, their place in the ledger: a later row of a unit replaces the earlier.
    """
    newest = ibis.window(group_by="unit_id", order_by=[ibis.desc("_seq"), ibis.desc("_row")])
    rows = passports.mutate(age=ibis.row_number().over(newest))
    rows = rows.filter((rows.age == 0) & (rows.status == "final"))
    sums = {name: rows[name].sum().cast("int64") for name in SUMMED}
    return rows.group_by("product_id").agg(units=rows.count(), **sums)


def _before_colon(account: StringColumn) -> StringColumn:
    return account.left(account.find(":"))


def _month(seconds: IntegerColumn, months: Sequence[datetime]) -> IntegerColumn:
    """Return how many months have started after the first."""
    found = ibis.literal(0, "int64")
    for start in months[1:]:
        found = found + (seconds >= int(start.timestamp())).cast("int64")
    return found
