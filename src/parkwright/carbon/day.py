"""The books of a day: boards, scrap and overheads reach the good units, and every good unit gets its passport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from parkwright.carbon import consumed, figures, passport, proof, roster, transfer
from parkwright.carbon.entries import ROW_SCHEMA
from parkwright.ledger import views
from parkwright.model.park import Park
from parkwright.model.tables import POSTINGS, TIME, conform

PARK_SCOPE = "park"
"""Scope of the overheads that all good finished units of the day share."""


@dataclass(frozen=True, slots=True)
class DayBooks:
    """What closing a day gives: the second journals (POSTINGS), the final PASSPORTS and the BOOKS."""

    postings: pl.DataFrame
    passports: pl.DataFrame
    books: pl.DataFrame


def close(
    park: Park,
    day: date,
    postings: pl.DataFrame,
    passages: pl.DataFrame,
    verdicts: pl.DataFrame,
    assemblies: pl.DataFrame,
    jobs: pl.DataFrame,
    orders: pl.DataFrame,
    job_responses: pl.DataFrame,
    bands: Mapping[datetime, str],
) -> DayBooks:
    """Close a day: second journals, final passports and the day's figures.

    postings: POSTINGS of the day's intervals; open balances of earlier days may be put with them, as POSTINGS on their
    unit: accounts. passages, verdicts, assemblies, job_responses: of the day. jobs: JOBS that ran. orders: JOB_ORDERS.
    bands: interval start -> tariff band.

    In this order: every unit is posted the materials it consumed; a scrapped board goes to the good boards of its job
    (else its line's, else base:<line>); a board goes into the unit that it was built into; a scrapped unit goes to the
    good units of its job, and so on; idle:<line> and base:<line> go to the line's good finished units, then what is
    left of idle:, base: and losses: to all good finished units, by takt x cycle factor. A day without good finished
    units keeps its overheads.

    Raises LedgerError when a unit with a verdict has no passage or no job.
    """
    units = roster.of_day(park, passages, verdicts, jobs)
    balances = transfer.condensed(postings)
    written: list[pl.DataFrame] = [consumed.posted(park, day, units)]
    boards = units.filter(pl.col("kind") == "board")
    finished = units.filter(pl.col("kind") == "finished")
    written.append(_scrap(day, "boards", boards, transfer.held(balances, written)))
    written.append(_boards(day, assemblies, transfer.held(balances, written)))
    written.append(_scrap(day, "units", finished, transfer.held(balances, written)))
    good = finished.filter(pl.col("is_good"))
    written.append(_overhead(park, day, good, transfer.held(balances, written)))
    first, last = park.day_bounds(day)
    span = (pl.lit(first).cast(TIME).alias("start"), pl.lit(last).cast(TIME).alias("end"))
    second = conform(pl.concat(written).with_columns(span), POSTINGS)
    passports = passport.of_units(good, transfer.held(balances, written), "final")
    values = figures.of_day(park, day, postings, units, passports, jobs, orders, job_responses, bands)
    return DayBooks(second, passports, figures.books(day, values))


def _scrap(day: date, name: str, units: pl.DataFrame, balances: pl.DataFrame) -> pl.DataFrame:
    """Move what scrapped units hold to good units of their job, else of their line, else to the line's base load."""
    good = units.filter(pl.col("is_good"))
    lost = units.filter(~pl.col("is_good"))
    by_job, by_line = pl.format("job {}", "job_id"), pl.format("line {}", "line_id")
    scope = (
        pl.when(pl.col("job_id").is_in(good["job_id"].unique().to_list()))
        .then(by_job)
        .when(pl.col("line_id").is_in(good["line_id"].unique().to_list()))
        .then(by_line)
        .otherwise(pl.format("base {}", "line_id"))
    )
    owner = pl.format("unit:{}", "unit_id").alias("account")
    out = lost.select(scope.alias("scope"), owner).join(balances, on="account")
    receivers = pl.concat(
        [
            good.select(by_job.alias("scope"), owner, "weight"),
            good.select(by_line.alias("scope"), owner, "weight"),
            lost.select(
                pl.format("base {}", "line_id").alias("scope"),
                pl.format("base:{}", "line_id").alias("account"),
                pl.lit(1, pl.Int64).alias("weight"),
            ).unique(),
        ]
    )
    return transfer.spread(f"{day}/scrap/{name}", transfer.SCRAP, out, receivers)


def _boards(day: date, assemblies: pl.DataFrame, balances: pl.DataFrame) -> pl.DataFrame:
    """Move what boards hold into the units that they were built into; direct and overhead apart."""
    built = (
        assemblies.sort("at", "unit_id", "component_id")
        .unique("component_id", keep="first", maintain_order=True)
        .select(
            pl.format("unit:{}", "component_id").alias("account"), pl.format("unit:{}", "unit_id").alias("to_account")
        )
    )
    rows = balances.join(built, on="account").sort("account", "is_overhead", *transfer.MEASURE)
    frames = []
    for is_overhead, method_id in ((False, transfer.BOARD_DIRECT), (True, transfer.BOARD_OVERHEAD)):
        part = rows.filter(pl.col("is_overhead") == is_overhead)
        out = part.with_columns(-pl.col("quantity"), pl.col("to_account").alias("activity_ref"))
        into = part.with_columns(pl.col("to_account").alias("account"), pl.col("account").alias("activity_ref"))
        both = pl.concat([out, into])
        journal = pl.format(f"{day}/{method_id}/{{}}/{{}}", *transfer.MEASURE)
        frames.append(transfer.rows_of(both, journal, method_id))
    return pl.concat(frames)


def _overhead(park: Park, day: date, good: pl.DataFrame, balances: pl.DataFrame) -> pl.DataFrame:
    """Move idle, base load and losses to the good finished units: a line's own to its units, the rest to all."""
    if good.is_empty():
        return pl.DataFrame(schema=ROW_SCHEMA)
    lines = [line for line in park.work_center if line in set(good["line_id"])]
    own = {f"{kind}:{line}": line for line in lines for kind in ("idle", "base")}
    overhead = pl.any_horizontal(pl.col("account").str.starts_with(kind) for kind in ("idle:", "base:", "losses:"))
    out = (
        balances.filter(overhead)
        .group_by("account", *transfer.MEASURE)
        .agg(pl.col("quantity").sum())
        .with_columns(pl.col("account").replace_strict(own, default=PARK_SCOPE, return_dtype=pl.String).alias("scope"))
    )
    owner = pl.format("unit:{}", "unit_id").alias("account")
    receivers = pl.concat(
        [
            good.select(pl.col("line_id").alias("scope"), owner, "weight"),
            good.select(pl.lit(PARK_SCOPE).alias("scope"), owner, "weight"),
        ]
    )
    return transfer.spread(f"{day}/overhead", transfer.OVERHEAD, out, receivers)


def summary(park: Park, day: date, postings: pl.DataFrame, readings: pl.DataFrame, books: DayBooks) -> dict[str, Any]:
    """Return the figures of a closed day, nested by the dots of their keys, and the proofs that its books close.

    postings: POSTINGS of the day's intervals. readings: READINGS of the day. books: what `close` returned.
    meters.attributed_kwh_residual_max compares every booked meter's readings with the postings that rest on them;
    journals.unbalanced counts journals, the second ones included, that do not sum to 0.
    """
    every = pl.concat([postings, books.postings])
    residuals = proof.residuals(park, postings, readings)
    worst = residuals["residual_mwh_int"].abs().max() if residuals.height else 0
    nested: dict[str, Any] = {}
    for key, value in books.books.select("key", "value").iter_rows():
        *path, leaf = key.split(".")
        place = nested
        for name in path:
            place = place.setdefault(name, {})
        place[leaf] = int(value) if leaf in figures.COUNTS else value
    nested["day"] = day.isoformat()
    nested["meters"] = {
        "count": residuals["meter_id"].n_unique(),
        "attributed_kwh_residual_max": int(str(worst)) / 1e6 if worst else 0,
    }
    nested["journals"] = {
        "count": views.journal_count(every),
        "unbalanced": views.unbalanced(every)["journal_id"].n_unique(),
    }
    return nested
