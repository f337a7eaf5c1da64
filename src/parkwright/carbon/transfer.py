"""Second journals: what is moved from one set of accounts to another, by largest remainder."""

from __future__ import annotations

import polars as pl

from parkwright.carbon.attribution import apportion_groups
from parkwright.carbon.entries import ROW_SCHEMA

BOARD_DIRECT = "board_transfer"
"""Method: a board's direct energy, carbon and cost go with it into the unit."""
BOARD_OVERHEAD = "board_overhead_transfer"
"""Method: a board's share of scrapped boards goes with it into the unit."""
SCRAP = "scrap_transfer"
"""Method: what a scrapped unit holds goes to the good units of its job, else of its line."""
OVERHEAD = "overhead_takt"
"""Method: idle, base load and losses of a day go to its good units, by takt x cycle factor."""
OVERHEAD_METHODS = (BOARD_OVERHEAD, SCRAP, OVERHEAD)
"""Methods whose postings on a unit are overhead; all others are direct."""
GIVES = " gives"
"""End of the activity_ref of what leaves an account; a share ends with its weight over all weights instead."""
MEASURE = ["commodity", "view"]


def condensed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return (account, is_overhead, commodity, view, quantity): balances by account, split in direct and overhead."""
    is_overhead = pl.col("method_id").is_in(OVERHEAD_METHODS).alias("is_overhead")
    return rows.group_by("account", is_overhead, *MEASURE).agg(pl.col("quantity").sum()).filter(pl.col("quantity") != 0)


def held(balances: pl.DataFrame, added: list[pl.DataFrame]) -> pl.DataFrame:
    """Return condensed balances after the rows of `added` were posted."""
    frames = [balances, *(condensed(rows) for rows in added)]
    columns = balances.columns
    return (
        pl.concat([frame.select(columns) for frame in frames])
        .group_by("account", "is_overhead", *MEASURE)
        .agg(pl.col("quantity").sum())
        .filter(pl.col("quantity") != 0)
        .sort("account", "is_overhead", *MEASURE)
    )


def spread(journal: str, method_id: str, out: pl.DataFrame, receivers: pl.DataFrame) -> pl.DataFrame:
    """Move balances to receivers of the same scope, by weight; return the rows (ROW_SCHEMA), credits first.

    out: (scope, account, commodity, view, quantity), what leaves each account. receivers: (scope, account,
    weight >= 0), every scope of `out` among them. A journal is journal/scope/commodity/view; a share's
    activity_ref names the scope and its weight over all weights.
    """
    scopes = out.group_by("scope", *MEASURE).agg(pl.col("quantity").sum().alias("amount")).sort("scope", *MEASURE)
    rows = scopes.join(receivers, on="scope", how="inner").sort("scope", *MEASURE, "account")
    if rows.is_empty():
        return pl.DataFrame(schema=ROW_SCHEMA)
    groups = rows.group_by("scope", *MEASURE, maintain_order=True).agg(
        pl.len(), pl.col("amount").first(), pl.col("weight").sum().alias("total")
    )
    starts = (groups["len"].cum_sum() - groups["len"]).cast(pl.Int64)
    shares = apportion_groups(groups["amount"].to_numpy(), starts.to_numpy(), rows["weight"].to_numpy())
    debits = rows.with_columns(pl.Series("quantity", shares)).join(
        groups.select("scope", *MEASURE, "total"), on=["scope", *MEASURE], maintain_order="left"
    )
    ref = pl.format("{} {}/{}", "scope", "weight", "total").alias("activity_ref")
    credits_ = out.sort("scope", *MEASURE, "account").with_columns(
        (-pl.col("quantity")).alias("quantity"), pl.format("{}" + GIVES, "scope").alias("activity_ref")
    )
    columns = ["scope", "account", *MEASURE, "quantity", "activity_ref"]
    both = pl.concat([credits_.select(columns), debits.with_columns(ref).select(columns)])
    return rows_of(both, pl.format(f"{journal}/{{}}/{{}}/{{}}", "scope", *MEASURE), method_id)


def rows_of(frame: pl.DataFrame, journal_id: pl.Expr, method_id: str) -> pl.DataFrame:
    """Return ROW_SCHEMA rows of a frame with account, commodity, view, quantity and activity_ref."""
    return frame.select(
        journal_id.alias("journal_id"),
        "account",
        *MEASURE,
        "quantity",
        pl.lit(None, pl.String).alias("factor_id"),
        pl.lit(method_id).alias("method_id"),
        "activity_ref",
    ).filter(pl.col("quantity") != 0)
