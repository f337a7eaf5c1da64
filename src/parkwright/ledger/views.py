"""Views over postings: balances, proofs that journals close, totals of the day and flows between accounts."""

from __future__ import annotations

import polars as pl

from parkwright.model.tables import READINGS, conform

MEASURE = ("commodity", "view")
"""What quantities may be added within: a commodity in a view."""

IDENTITY = ("journal_id", "account", "commodity", "view", "start", "end", "factor_id", "method_id", "activity_ref")
"""Columns of a posting that say what it is; a reversal repeats them with the opposite quantity."""


def net(postings: pl.DataFrame) -> pl.DataFrame:
    """Return the POSTINGS that stand after all reversals: one a posting's identity, none at 0, in order of writing.

    postings: POSTINGS as recorded, restatements after what they correct.
    """
    sums = postings.group_by(*IDENTITY, maintain_order=True).agg(pl.col("quantity").sum())
    return sums.filter(pl.col("quantity") != 0).select(postings.columns)


def current_readings(readings: pl.DataFrame, restatements: pl.DataFrame) -> pl.DataFrame:
    """Return the READINGS with those that a restatement corrected replaced; the replaced are of quality repaired.

    readings: READINGS as recorded. restatements: RESTATEMENTS in order of recording; the last one of a reading counts.
    """
    given = (
        restatements.filter(pl.col("start").is_not_null())
        .group_by("start", pl.col("thing_id").alias("meter_id"), maintain_order=True)
        .agg(pl.col("after").last().cast(pl.Int64))
    )
    rows = readings.join(given, on=["start", "meter_id"], how="left", maintain_order="left")
    repaired = pl.when(pl.col("after").is_null()).then("quality").otherwise(pl.lit("repaired"))
    energy = pl.coalesce("after", "energy_mwh_int")
    return conform(rows.with_columns(repaired.alias("quality"), energy.alias("energy_mwh_int")).drop("after"), READINGS)


def balances(postings: pl.DataFrame) -> pl.DataFrame:
    """Return (account, commodity, view, quantity): the balance of each account, sorted; accounts at 0 included.

    postings: POSTINGS.
    """
    return postings.group_by("account", *MEASURE).agg(pl.col("quantity").sum()).sort("account", *MEASURE)


def unbalanced(postings: pl.DataFrame) -> pl.DataFrame:
    """Return (journal_id, commodity, view, quantity) of the journals that do not sum to 0; none in a sound ledger.

    postings: POSTINGS, whole journals.
    """
    sums = postings.group_by("journal_id", *MEASURE).agg(pl.col("quantity").sum())
    return sums.filter(pl.col("quantity") != 0).sort("journal_id", *MEASURE)


def journal_count(postings: pl.DataFrame) -> int:
    """Return how many journals the postings hold."""
    return postings["journal_id"].n_unique()


def total(postings: pl.DataFrame, prefix: str, commodity: str, view: str) -> int:
    """Return the sum of the quantities on accounts that begin with `prefix`, in one commodity and view.

    postings: POSTINGS. Returns mWh, ug CO2e or 1e-4 CNY, by commodity; 0 where there is no posting.
    """
    chosen = pl.col("account").str.starts_with(prefix) & (pl.col("commodity") == commodity) & (pl.col("view") == view)
    return int(postings.filter(chosen)["quantity"].sum())


def of_account(postings: pl.DataFrame, account: str) -> pl.DataFrame:
    """Return the POSTINGS on one account, in order of time, journal and method."""
    return postings.filter(pl.col("account") == account).sort("start", "journal_id", "method_id", maintain_order=True)


def by_kind(postings: pl.DataFrame) -> pl.DataFrame:
    """Return (kind, commodity, view, quantity): sums by kind of account (source, unit, idle, base, losses, ...)."""
    kind = pl.col("account").str.split(":").list.first().alias("kind")
    return postings.group_by(kind, *MEASURE).agg(pl.col("quantity").sum()).sort("kind", *MEASURE)


def by_interval(postings: pl.DataFrame, commodity: str, view: str) -> pl.DataFrame:
    """Return (start, kind, quantity): what went into each kind of account in each interval, one commodity and view.

    postings: POSTINGS of intervals; those that span a day (overheads) come with the start of the day.
    """
    kind = pl.col("account").str.split(":").list.first().alias("kind")
    chosen = postings.filter((pl.col("commodity") == commodity) & (pl.col("view") == view))
    return chosen.group_by("start", kind).agg(pl.col("quantity").sum()).sort("start", "kind")


def flows(postings: pl.DataFrame) -> pl.DataFrame:
    """Return (from_account, to_account, energy_mwh_int): physical electricity between accounts, for a Sankey picture.

    postings: POSTINGS of intervals. In each journal the credits go to the debits in proportion, so that a journal of
    one credit (a meter) is exact and the site's busbar is its mix; fractions of a mWh are dropped. Single units are
    put together as "unit:".
    """
    physical = postings.filter((pl.col("commodity") == "electricity") & (pl.col("view") == "physical"))
    account = pl.when(pl.col("account").str.starts_with("unit:")).then(pl.lit("unit:")).otherwise("account")
    sums = physical.group_by("journal_id", account.alias("account")).agg(pl.col("quantity").sum())
    gives = sums.filter(pl.col("quantity") < 0).select("journal_id", "account", -pl.col("quantity").alias("given"))
    takes = sums.filter(pl.col("quantity") > 0)
    both = gives.join(takes, on="journal_id", suffix="_to")
    whole = pl.col("quantity").sum().over("journal_id", "account")
    amount = (pl.col("given").cast(pl.Int128) * pl.col("quantity") // whole).cast(pl.Int64)
    return (
        both.with_columns(amount.alias("energy_mwh_int"))
        .group_by(pl.col("account").alias("from_account"), pl.col("account_to").alias("to_account"))
        .agg(pl.col("energy_mwh_int").sum())
        .sort("from_account", "to_account")
    )
