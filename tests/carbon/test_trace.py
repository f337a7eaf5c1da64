"""Every posting of a day, of whatever kind, is explained from readings, factors and bills, and computed again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import polars as pl
import pytest
from carbon_park import DAY, KWH, QUARTER, START
from worked_day import PARK, POSTINGS_, READINGS_, day_books

from parkwright.carbon import demand
from parkwright.carbon.trace import RULES, DayTrace, Trace
from parkwright.model.errors import LedgerError

DEMAND = demand.postings(DAY, START, START + 96 * QUARTER, 400.0, 10.0, 12.5)
EVERY = pl.concat([POSTINGS_, day_books().postings, DEMAND])
PRICES = {START: 7000, START + QUARTER: 7001}
LEDGER = DayTrace(EVERY, READINGS_, PRICES, PARK)
AT = "20260714T160000Z"


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    return [LEDGER.explained(row) for row in EVERY.iter_rows(named=True)]


def one(journal: str, account: str) -> Trace:
    (found,) = LEDGER.of(journal, account)
    return found


def leaves(trace: Trace) -> list[Trace]:
    return [trace] if not trace.below else [leaf for inner in trace.below for leaf in leaves(inner)]


def test_every_posting_of_the_day_is_computed_again_to_the_last_unit(traces: list[Trace]):
    assert len(traces) == EVERY.height
    assert [trace for trace in traces if trace.computed != trace.quantity] == []


def test_every_kind_of_account_and_method_is_among_them(traces: list[Trace]):
    kinds = Counter(trace.account.partition(":")[0] for trace in traces)
    assert {"source", "unit", "idle", "base", "losses", "pool", "export", "scope1", "scope3", "meter", "demand"} <= set(
        kinds
    )
    assert {trace.method_id for trace in traces} >= set(RULES) - {"overdrawn"}


def test_idle_goes_back_to_the_reading_and_the_factor():
    found = one(f"{AT}/co2e/location", "idle:SMT")
    assert (found.rule, found.unit) == ("energy_share", "ug CO2e")
    rules = {inner.rule for inner in found.below}
    assert rules == {"ticks", "energy_x_factor"}
    readings = [known for leaf in leaves(found) for known in leaf.known if known.name.startswith("reading")]
    assert {known.name for known in readings} >= {"reading m-oven", "reading m-smt", "reading grid-in"}
    factor = next(known for leaf in leaves(found) for known in leaf.known if known.name == "factor")
    assert (factor.value, factor.source) == ("0.6796", "grid: p, d, c, 2023")


def test_scope_1_is_gas_times_its_factor():
    found = one(f"{AT}/co2e/location/gas", "scope1:BO1")
    assert (found.rule, found.quantity) == ("energy_x_factor", -7 * 182_540_000)
    assert [(known.name, known.value) for known in found.known] == [
        ("reading gas", str(7 * KWH)),
        ("factor", "0.18254"),
    ]


def test_export_and_import_are_metered_and_priced():
    journal = "20260714T161500Z/electricity"
    assert one(journal, "export:grid").computed == 2 * KWH
    income = one("20260714T161500Z/cny/tariff", "export:grid")
    assert (income.rule, income.computed) == ("energy_x_price", 2 * 3000)
    cost = next(t for t in LEDGER.of("20260714T161500Z/cny/tariff", "source:grid"))
    assert {known.name: known.value for known in cost.known}["price"] == "7001"


def test_what_leaves_idle_at_the_close_is_all_that_was_posted_on_it():
    found = one(f"{DAY}/overhead/NB/electricity/physical", "idle:NB")
    assert (found.rule, found.computed) == ("leaves", found.quantity)
    assert all(name.startswith("20260714T16") for name in found.accounts)


def test_a_reading_that_was_changed_behind_the_books_shows():
    bent = READINGS_.with_columns(
        pl.when(pl.col("meter_id") == "m-hvac").then(1).otherwise("energy_mwh_int").alias("energy_mwh_int")
    )
    ledger = replace(LEDGER, readings=bent)
    (found,) = ledger.of(f"{AT}/electricity/m-hvac", "base:m-hvac")
    assert found.computed == 1 != found.quantity


def test_what_is_not_there_or_not_known_is_named():
    with pytest.raises(LedgerError, match="account nobody: no posting stands there"):
        LEDGER.of(f"{AT}/electricity", "nobody")
    row = EVERY.row(0, named=True) | {"method_id": "magic"}
    with pytest.raises(LedgerError, match="method magic is unknown"):
        LEDGER.explained(row)
    with pytest.raises(LedgerError, match="is not in the ledger"):
        LEDGER.reading("m-none", START)
