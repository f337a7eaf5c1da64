"""The close of a year for a script: every posting of its closed days added up by one engine, with the proofs."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import ibis
from ibis.expr.types import Table

from parkwright.carbon import consumed, year
from parkwright.model.errors import LedgerError
from parkwright.wire.accounts import Accounts

ENGINES = ("duckdb", "spark")
SHOWN = 5
"""Unbalanced journals that are named."""
KWH, KG, CNY = 1e6, 1e9, 1e4
Sums = Mapping[tuple[str, str, str], int]


def year_answer(accounts: Accounts, which: int, engine: str = "duckdb", master: str = "local[2]") -> dict[str, Any]:
    """Return the close of a year: each month's energy, emissions and cost, the passports of the year, and the proofs.

    engine: duckdb on this machine, or spark on the cluster that `master` names; both give the same integers.

    Raises LedgerError when no day of the year is closed, the accounts are of an earlier instant, or the engine is
    unknown or not installed.
    """
    if accounts.as_of is not None:
        raise LedgerError(f"year {which}: is closed as the ledger stands; ask the inventory for an instant")
    days = accounts.closed(date(which, 1, 1), date(which, 12, 31))
    starts = [accounts.park.midnight(date(which, month, 1)) for month in range(1, 13)]
    with _tables(accounts, (days[0], days[-1]), engine, master) as (postings, passports):
        sums = year.balances(postings, starts).to_pyarrow().to_pylist()
        (proof,) = year.journals(postings).to_pyarrow().to_pylist()
        wrong = []
        if proof["unbalanced"]:
            wrong = year.unbalanced(postings).order_by("journal_id").limit(SHOWN).to_pyarrow().to_pylist()
        made = year.issued(passports).order_by("product_id").to_pyarrow().to_pylist()
    by_month: dict[int, dict[tuple[str, str, str], int]] = {}
    for row in sums:
        by_month.setdefault(row["month"], {})[row["kind"], row["commodity"], row["view"]] = row["quantity"]
    whole: dict[tuple[str, str, str], int] = {}
    for month in by_month.values():
        for key, amount in month.items():
            whole[key] = whole.get(key, 0) + amount
    return {
        "park": accounts.park.site.park_id,
        "year": which,
        "engine": engine,
        "days_closed": len(days),
        "days_open": sorted({day for day in accounts.facts.days("postings") if days[0] <= day <= days[-1]} - set(days)),
        "months": [{"month": f"{which}-{n + 1:02d}", **_figures(by_month[n])} for n in sorted(by_month)],
        "whole": _figures(whole),
        "products": made,
        "units": sum(row["units"] for row in made),
        "proofs": {
            "journal_sums": proof["journals"],
            "unbalanced": proof["unbalanced"],
            "first_unbalanced": wrong,
            "beyond_passports": _beyond(whole, made),
        },
    }


def _figures(sums: Sums) -> dict[str, float]:
    """Return the figures of a span from its balances; exact integers divided once."""
    grid = -sums.get(("source:grid", "electricity", "physical"), 0)
    made = -sum(amount for (kind, commodity, view), amount in sums.items()
                if kind.startswith("source:") and (commodity, view) == ("electricity", "physical")) - grid  # fmt: skip
    given = [key for key in sums if key[0].startswith("source:")]
    scope1 = -sums.get(("scope1", "co2e", "location"), 0)
    figures = {
        "grid_kwh": grid / KWH,
        "own_kwh": made / KWH,
        "export_kwh": sums.get(("export", "electricity", "physical"), 0) / KWH,
        "scope1_kg": scope1 / KG,
    }
    for view in ("location", "market"):
        figures[f"scope2_{view}_kg"] = -sum(sums[key] for key in given if key[1:] == ("co2e", view)) / KG
    outside = (*given, *(key for key in sums if key[0] == "export"))
    demand = sums.get(("demand", "cny", "tariff"), 0)
    figures["cost_cny"] = (-sum(sums[key] for key in outside if key[1] == "cny") - demand) / CNY
    figures["demand_cny"] = demand / CNY
    return figures


def _beyond(whole: Sums, made: list[dict[str, Any]]) -> dict[str, int]:
    """Return what the units' accounts hold beyond the year's final passports: 0, or what is still in work.

    In mWh, ug CO2e and 1e-4 CNY; a board or a unit that waits at the end of the year, or whose restated passport came
    without its postings, shows here.
    """
    issued = {name: sum(row[name] for row in made) for name in year.SUMMED}
    held = {(view, commodity): amount for (kind, commodity, view), amount in whole.items() if kind == "unit"}
    energy = sum(amount for (view, _), amount in held.items() if view == "physical")
    return {
        "energy_mwh_int": energy - issued["direct_mwh_int"] - issued["overhead_mwh_int"],
        "location_ug": held.get(("location", "co2e"), 0) - issued["location_ug"],
        "market_ug": held.get(("market", "co2e"), 0) - issued["market_ug"],
        "material_ug": held.get((consumed.VIEW, "co2e"), 0) - issued["material_ug"],
        "cost_1e4cny": held.get(("tariff", "cny"), 0) - issued["cost_1e4cny"],
    }


@contextmanager
def _tables(accounts: Accounts, days: tuple[str, str], engine: str, master: str) -> Iterator[tuple[Table, Table]]:
    """Lend postings and passports of the days as tables of an engine; rows still in the journal are among them."""
    place = Path(tempfile.mkdtemp())
    try:
        paths = {kind: _files(accounts, kind, days, place) for kind in ("postings", "passports")}
        with _engine(engine, master) as read:
            yield read("postings", paths["postings"]), read("passports", paths["passports"])
    finally:
        shutil.rmtree(place)


def _files(accounts: Accounts, kind: str, days: tuple[str, str], place: Path) -> list[str]:
    """Return the Parquet files of a kind and span; what waits in the journal is written to one of its own."""
    files, waiting = accounts.facts.files(kind, *days)
    if waiting.height or not files:
        waiting.write_parquet(place / f"{kind}.parquet")
        files = [*files, str(place / f"{kind}.parquet")]
    return files


@contextmanager
def _engine(engine: str, master: str) -> Iterator[Any]:
    """Lend what makes a table of files in an engine: (name, paths) -> table."""
    if engine == "duckdb":
        local = ibis.duckdb.connect()
        try:
            yield lambda name, paths: local.read_parquet(paths, table_name=name, hive_partitioning=False)
        finally:
            local.disconnect()
        return
    if engine != "spark":
        raise LedgerError(f"engine {engine!r}: is unknown; use one of {', '.join(ENGINES)}")
    try:
        sql = importlib.import_module("pyspark.sql")
    except ImportError as error:
        raise LedgerError("engine spark: is not installed; install parkwright[spark] and Java 17") from error
    builder = sql.SparkSession.builder.master(master).appName("parkwright")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.executor.memory": "900m",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        cluster = ibis.pyspark.connect(session)

        def read(name: str, paths: list[str]) -> Table:
            session.read.parquet(*paths).createOrReplaceTempView(name)
            return cluster.table(name)

        yield read
    finally:
        session.stop()
