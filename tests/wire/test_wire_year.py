"""The close of a year: what its days' books say, on every engine to the last unit, with the proofs that it is whole."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from parkwright import cli
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.model.tables import POSTINGS, conform
from parkwright.run.ports import Batch
from parkwright.store import folder
from parkwright.store.journal import Journal
from parkwright.wire import restate, year
from parkwright.wire.accounts import Accounts, opened
from parkwright.wire.places import Places

DAYS = ("2026-06-30", "2026-07-01")
AT = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def accounts(closed_days: Path) -> Iterator[Accounts]:
    with opened(folder.load(closed_days / "park"), closed_days / "park", closed_days / "var") as found:
        yield found


@pytest.fixture(scope="module")
def closed(accounts: Accounts) -> dict:
    return year.year_answer(accounts, 2026)


@pytest.fixture
def changing(closed_days: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed_days, tmp_path / "home"))


def again(home: Path) -> dict:
    with opened(folder.load(home / "park"), home / "park", home / "var") as found:
        return year.year_answer(found, 2026)


def test_each_month_is_the_books_of_its_day(accounts: Accounts, closed: dict):
    keys = {
        "grid_kwh": "energy_kwh.grid", "own_kwh": "energy_kwh.pv", "export_kwh": "energy_kwh.export",
        "scope1_kg": "co2e_kg.scope1", "scope2_location_kg": "co2e_kg.scope2_location",
        "scope2_market_kg": "co2e_kg.scope2_market", "cost_cny": "cost_cny",
    }  # fmt: skip
    assert [month["month"] for month in closed["months"]] == ["2026-06", "2026-07"]
    for day, month in zip(DAYS, closed["months"], strict=True):
        books = dict(accounts.read("books", day).select("key", "value").iter_rows())
        assert {name: month[name] for name in keys} == {name: books[key] for name, key in keys.items()}
        assert month["scope2_location_kg"] > 0
        assert month["demand_cny"] == books.get("demand_cny", 0.0)


def test_the_passports_are_the_newest_of_each_unit_and_the_units_accounts_hold_nothing_else(
    accounts: Accounts, closed: dict
):
    rows = pl.concat([accounts.read("passports", day) for day in DAYS]).unique("unit_id", keep="last")
    assert closed["units"] == rows.height > 0
    for product in closed["products"]:
        mine = rows.filter(pl.col("product_id") == product["product_id"])
        assert product["units"] == mine.height
        for name in ("direct_mwh_int", "overhead_mwh_int", "location_ug", "material_ug", "cost_1e4cny"):
            assert product[name] == mine[name].sum()
    postings = pl.concat([accounts.read("postings", day) for day in DAYS])
    assert closed["proofs"]["journal_sums"] == postings.select("journal_id", *views.MEASURE).n_unique()
    assert closed["proofs"]["unbalanced"] == 0
    assert set(closed["proofs"]["beyond_passports"].values()) == {0}
    assert closed["days_open"] == []


def test_a_late_reading_moves_the_year_and_leaves_it_whole(changing: Path, closed: dict, tmp_path: Path):
    park = folder.load(changing / "park")
    meter = next(one.id for one in park.meters if one.role == "import")
    with Journal.reader(Places(changing / "var", "SM").journal) as facts:
        rows = facts.read("readings", DAYS[1]).filter((pl.col("meter_id") == meter) & (pl.col("energy_mwh_int") > 0))
    start, energy = rows.select("start", "energy_mwh_int").row(0)
    (tmp_path / "late.csv").write_text(f"start,meter_id,energy_kwh\n{start.isoformat()},{meter},{2 * energy / 1e6}\n")
    restate.late_readings(park, changing / "var", date(2026, 7, 1), tmp_path / "late.csv", "late_reading", "silent", AT)
    after = again(changing)
    assert after["months"][0] == closed["months"][0]
    assert after["months"][1]["grid_kwh"] == pytest.approx(closed["months"][1]["grid_kwh"] + energy / 1e6, abs=1e-9)
    assert after["units"] == closed["units"]
    assert after["proofs"]["unbalanced"] == 0
    assert set(after["proofs"]["beyond_passports"].values()) == {0}


def test_a_posting_too_many_is_found_and_named(changing: Path, closed: dict):
    start = datetime(2026, 6, 30, 12, tzinfo=UTC)
    odd = ("J-ODD", "unit:U", "electricity", "physical", 3, start, start, None, "m", "r")
    rows = conform(pl.DataFrame([odd], schema=POSTINGS.schema, orient="row"), POSTINGS)
    with Journal(Places(changing / "var", "SM").journal) as journal:
        journal.append([Batch("fault", "e", 0, "postings", DAYS[0], rows)], AT)
    after = again(changing)
    assert after["proofs"]["unbalanced"] == 1
    assert after["proofs"]["first_unbalanced"] == [
        {"journal_id": "J-ODD", "commodity": "electricity", "view": "physical", "quantity": 3}
    ]
    assert after["proofs"]["beyond_passports"]["energy_mwh_int"] == 3
    assert after["months"] == closed["months"]


def test_what_a_days_peak_costs_stands_apart_from_the_cost_of_its_energy(changing: Path, closed: dict):
    start = datetime(2026, 6, 30, 12, tzinfo=UTC)
    sides = (("source:grid", -70_000), ("demand:2026-06", 70_000))
    rows = [("J-D", name, "cny", "tariff", n, start, start, None, "demand_charge", "r") for name, n in sides]
    with Journal(Places(changing / "var", "SM").journal) as journal:
        charge = conform(pl.DataFrame(rows, schema=POSTINGS.schema, orient="row"), POSTINGS)
        journal.append([Batch("peak", "e", 0, "postings", DAYS[0], charge)], AT)
    after, before = again(changing)["months"][0], closed["months"][0]
    assert after == {**before, "demand_cny": pytest.approx(before["demand_cny"] + 7.0)}


def test_what_cannot_be_closed_is_said(accounts: Accounts, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(LedgerError, match="no closed day"):
        year.year_answer(accounts, 2025)
    with pytest.raises(LedgerError, match="engine 'abacus': is unknown; use one of duckdb, spark"):
        year.year_answer(accounts, 2026, "abacus")
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(LedgerError, match=r"is not installed; install parkwright\[spark\]"):
        year.year_answer(accounts, 2026, "spark")
    with pytest.raises(LedgerError, match="is closed as the ledger stands"):
        year.year_answer(replace(accounts, as_of=AT), 2026)


def test_the_command_gives_the_same_answer(closed_days: Path, closed: dict):
    words = ["carbon", "year", str(closed_days / "park"), "--year", "2026", "--var", str(closed_days / "var"), "--json"]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == closed
    wrong = CliRunner().invoke(cli.app, [*words[:4], "2031", *words[5:]])
    assert wrong.exit_code == 2


@pytest.mark.server
def test_a_spark_cluster_closes_the_year_equal_to_the_cent(accounts: Accounts, closed: dict):
    found = year.year_answer(accounts, 2026, "spark", "local-cluster[2,1,1024]")
    assert {**found, "engine": "duckdb"} == closed
