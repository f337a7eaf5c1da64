"""A year's programs add up what plain Polars adds up, to the last unit, and see what is missing or counted twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import polars as pl
import pytest

from parkwright.carbon import year
from parkwright.ledger import views
from parkwright.model.tables import PASSPORTS, POSTINGS, conform

ZONE = ZoneInfo("Asia/Shanghai")
MONTHS = [datetime(2026, month, 1, tzinfo=ZONE) for month in range(1, 13)]
MEASURES = [
    ("electricity", "physical"), ("co2e", "location"), ("co2e", "market"), ("cny", "tariff"),
]  # fmt: skip
ACCOUNTS = ["unit:U1", "unit:U2", "idle:L", "source:solar", "export:grid", "base:gas"]


def journals_of(count: int, seed: int) -> pl.DataFrame:
    """Journals of three postings each that sum to 0, at instants of a whole year."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(count):
        start = MONTHS[0].astimezone(UTC) + timedelta(minutes=15 * int(rng.integers(0, 35040)))
        commodity, view = MEASURES[n % len(MEASURES)]
        first, second = (int(x) for x in rng.integers(-(10**15), 10**15, 2))
        accounts = ["source:grid", *rng.choice(ACCOUNTS, 2)]
        for account, quantity in zip(accounts, (-first - second, first, second), strict=True):
            rows.append(
                (f"J{n}", account, commodity, view, quantity, start, start + timedelta(minutes=15), None, "m", "r")
            )
    return conform(pl.DataFrame(rows, schema=POSTINGS.schema, orient="row"), POSTINGS)


def table(rows: pl.DataFrame):
    return ibis.memtable(rows.to_arrow())


def asked(expression) -> list[dict]:
    return expression.to_pyarrow().to_pylist()


def summed(rows: pl.DataFrame) -> dict[tuple, int]:
    """What `balances` must give, posting by posting."""
    found: dict[tuple, int] = {}
    for row in rows.iter_rows(named=True):
        account = row["account"]
        kind = account if account.startswith("source:") else account.partition(":")[0]
        key = (row["start"].astimezone(ZONE).month - 1, kind, row["commodity"], row["view"])
        found[key] = found.get(key, 0) + row["quantity"]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_each_month_of_the_parks_own_calendar_holds_what_was_posted_in_it(seed: int):
    rows = journals_of(400, seed)
    found = asked(year.balances(table(rows), MONTHS))
    assert {(r["month"], r["kind"], r["commodity"], r["view"]): r["quantity"] for r in found} == summed(rows)


def test_the_months_together_are_the_balances_by_kind():
    rows = journals_of(300, 7)
    found = pl.DataFrame(asked(year.balances(table(rows), MONTHS)))
    kinds = found.with_columns(pl.col("kind").str.split(":").list.first())
    sums = kinds.group_by("kind", "commodity", "view").agg(pl.col("quantity").sum()).sort("kind", "commodity", "view")
    assert sums.rows() == views.by_kind(rows).rows()


def test_the_last_second_of_a_month_is_in_it_and_the_first_of_the_next_is_not():
    rows = journals_of(2, 1)
    instants = [MONTHS[6] - timedelta(milliseconds=1), MONTHS[6]]
    at = pl.Series([instant.astimezone(UTC) for instant in instants for _ in range(3)], dtype=POSTINGS.schema["start"])
    found = asked(year.balances(table(rows.with_columns(at.alias("start"))), MONTHS))
    assert {row["view"]: row["month"] for row in found} == {"physical": 5, "location": 6}


def test_a_journal_that_does_not_sum_to_zero_is_counted_and_named():
    rows = journals_of(120, 2)
    whole = table(rows)
    assert asked(year.journals(whole)) == [{"journals": 120, "unbalanced": 0}]
    assert asked(year.unbalanced(whole)) == []
    broken = rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 100).then(pl.col("quantity") + 1).otherwise("quantity").alias("quantity")
    )
    lost = table(broken)
    assert asked(year.journals(lost)) == [{"journals": 120, "unbalanced": 1}]
    assert asked(year.unbalanced(lost)) == views.unbalanced(broken).to_dicts()
    assert [row["quantity"] for row in asked(year.unbalanced(lost))] == [1]


def passport(unit: str, product: str, status: str, amount: int, place: tuple[int, int]) -> dict:
    sums = {name: amount + n for n, name in enumerate(year.SUMMED)}
    at = datetime(2026, 7, 1, tzinfo=UTC)
    fields = {"unit_id": unit, "product_id": product, "order_id": "O", "at": at, "status": status}
    return {**fields, **sums, "_seq": place[0], "_row": place[1]}


def test_the_newest_final_passport_of_a_unit_counts_once():
    rows = pl.DataFrame(
        [
            passport("U1", "A", "provisional", 900, (1, 0)),
            passport("U1", "A", "final", 100, (5, 3)),
            passport("U2", "A", "final", 700, (5, 4)),
            passport("U2", "A", "final", 200, (9, 0)),
            passport("U3", "B", "final", 50, (5, 5)),
            passport("U4", "B", "provisional", 800, (6, 0)),
        ],
        schema={**PASSPORTS.schema, "_seq": pl.Int64, "_row": pl.Int64},
    )
    found = {row["product_id"]: row for row in asked(year.issued(table(rows.sample(fraction=1, shuffle=True, seed=1))))}
    assert {name: row["units"] for name, row in found.items()} == {"A": 2, "B": 1}
    assert [found["A"][name] for name in year.SUMMED] == [300 + 2 * n for n in range(len(year.SUMMED))]
    assert [found["B"][name] for name in year.SUMMED] == [50 + n for n in range(len(year.SUMMED))]


def test_the_programs_are_one_expression_for_every_engine():
    instant = ibis.dtype("timestamp('UTC', 3)")
    names = ["journal_id", "account", "commodity", "view", "factor_id", "method_id", "activity_ref"]
    postings = ibis.table({**dict.fromkeys(names, "string"), "quantity": "int64", "start": instant}, name="postings")
    sums = dict.fromkeys(year.SUMMED, "int64")
    passports = ibis.table(
        {"unit_id": "string", "product_id": "string", "status": "string", **sums, "_seq": "int64", "_row": "int64"},
        name="passports",
    )
    for program in (year.balances(postings, MONTHS), year.journals(postings), year.issued(passports)):
        for dialect in ("duckdb", "pyspark"):
            assert "SUM" in ibis.to_sql(program, dialect=dialect).upper()
