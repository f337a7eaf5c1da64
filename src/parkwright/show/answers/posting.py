"""A posting of any kind and why it says what it says; the accounts of a day, and what was posted on each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl
from pydantic import Field

from parkwright.carbon.passport import counted
from parkwright.carbon.trace import UNITS, DayTrace, Trace
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.show.answers.figure import Answer
from parkwright.show.context import FactsReader


class AccountRow(Answer):
    """What an account of the ledger holds after a day, in one commodity and view."""

    account: str
    commodity: str
    view: str
    debited: int = Field(description="what came in on the day: the sum of its debits")
    balance: int = Field(description="what is left of it: debits less credits")
    unit: str


class Accounts(Answer):
    """The accounts of a day; those of units are counted and not listed."""

    day: str
    units: int = Field(description="accounts of units, which are found by their serial number")
    rows: list[AccountRow]


class PostingRow(Answer):
    """A posting on an account."""

    journal_id: str
    commodity: str
    view: str
    method_id: str
    start: datetime
    end: datetime
    quantity: int = Field(description="debit positive, credit negative")
    unit: str


class AccountPostings(Answer):
    """The postings of a day on an account, restatements netted."""

    day: str
    account: str
    total: int
    rows: list[PostingRow]


class KnownFigure(Answer):
    """Something that a step was computed from."""

    name: str
    value: str = Field(description="exact, as text")
    unit: str
    source: str


class Traced(Answer):
    """A posting with the rule that made it, its inputs, and the postings that it rests on, explained in turn."""

    journal_id: str
    account: str
    commodity: str
    view: str
    method_id: str
    activity_ref: str
    start: datetime
    end: datetime
    quantity: int = Field(description="debit positive, credit negative")
    unit: str
    rule: str = Field(description="message key of the rule, posting_rule.*")
    known: list[KnownFigure]
    accounts: dict[str, int] = Field(description="accounts or journals that the rule sums or shares -> quantity")
    computed: int = Field(description="what the rule gives when it is applied again")
    difference: int = Field(description="computed less posted; 0 in a sound ledger")
    below: list[Traced]


class Explanation(Answer):
    """The postings of a journal on an account, each back to readings, factors and bills."""

    day: str
    postings: list[Traced]


def accounts(facts: FactsReader, day: date) -> Accounts:
    """Return the accounts of a day with their balances; those of single units are only counted."""
    rows = facts.read("postings", day.isoformat())
    of_units = pl.col("account").str.starts_with("unit:")
    net = views.net(rows.filter(~of_units))
    debited, balance = pl.col("quantity").clip(0).sum().alias("debited"), pl.col("quantity").sum().alias("balance")
    sums = net.group_by("account", *views.MEASURE).agg(debited, balance).sort("account", *views.MEASURE)
    return Accounts(
        day=day.isoformat(),
        units=rows.filter(of_units)["account"].n_unique(),
        rows=[AccountRow(**row, unit=UNITS[row["commodity"]]) for row in sums.iter_rows(named=True)],
    )


def postings(facts: FactsReader, day: date, account: str, limit: int, offset: int) -> AccountPostings:
    """Return the postings of a day on an account, in order of time."""
    rows = views.of_account(views.net(facts.lookup("postings", day.isoformat(), "account", account)), account)
    kept = [name for name in PostingRow.model_fields if name != "unit"]
    page = rows.select(kept).slice(offset, limit)
    return AccountPostings(
        day=day.isoformat(),
        account=account,
        total=rows.height,
        rows=[PostingRow(**row, unit=UNITS[row["commodity"]]) for row in page.iter_rows(named=True)],
    )


def explanation(park: Park, facts: FactsReader, day: date, journal_id: str, account: str) -> Explanation | None:
    """Return why the postings of a journal on an account say what they say; None where there is none."""
    iso = day.isoformat()
    if not facts.lookup("postings", iso, "account", account).filter(pl.col("journal_id") == journal_id).height:
        return None
    signal = facts.read("signal", iso)
    ledger = DayTrace(
        facts.read("postings", iso),
        views.current_readings(facts.read("readings", iso), facts.read("restatements", iso)),
        {start: round(price * 10_000) for start, price in signal.select("start", "price_cny_per_kwh").iter_rows()},
        counted(park, facts.read("footprints", iso)),
    )
    try:
        found = ledger.of(journal_id, account)
    except LedgerError:
        return None
    return Explanation(day=iso, postings=[_traced(one) for one in found])


def _traced(one: Trace) -> Traced:
    kept = (
        "journal_id", "account", "commodity", "view", "method_id", "activity_ref", "start", "end", "quantity", "unit",
        "rule", "computed",
    )  # fmt: skip
    plain: Mapping[str, object] = {name: getattr(one, name) for name in kept}
    return Traced.model_validate(
        {
            **plain,
            "known": [KnownFigure(name=k.name, value=k.value, unit=k.unit, source=k.source) for k in one.known],
            "accounts": dict(one.accounts),
            "difference": one.computed - one.quantity,
            "below": [_traced(inner) for inner in one.below],
        }
    )
