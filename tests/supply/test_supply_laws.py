"""Kits as laws: never before the release, never sooner for a worse supplier, and each order line for itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.model.tables import JOB_ORDERS
from parkwright.store.folder import load
from parkwright.supply.available import expected_delay_ms, kits

PARK = load(Path(__file__).parents[2] / "parks" / "tianjin")
RELEASE = datetime(2026, 7, 14, 16, tzinfo=UTC)
PRODUCTS = [product.id for product in PARK.products]
LATENESS = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 864_000)), min_size=len(PARK.suppliers), max_size=len(PARK.suppliers)
)


def park_with(lateness):
    """The park with the lateness (share, mean [s]) of each supplier."""
    pairs = zip(PARK.suppliers, lateness, strict=True)
    return replace(
        PARK, suppliers=tuple(s.model_copy(update={"late_share": a, "late_mean_s": m}) for s, (a, m) in pairs)
    )


def orders(rows):
    """JOB_ORDERS from (product, minutes after RELEASE)."""
    found = [
        (f"o{n}", name, 1, RELEASE + timedelta(minutes=at), RELEASE + timedelta(days=9), 1.0, "CN")
        for n, (name, at) in enumerate(rows)
    ]
    return pl.DataFrame(found, schema=JOB_ORDERS.schema, orient="row")


ROWS = st.lists(st.tuples(st.sampled_from(PRODUCTS), st.integers(0, 1440)), max_size=10)


@settings(max_examples=30)
@given(LATENESS, ROWS)
def test_a_kit_is_complete_at_its_release_plus_the_worst_expected_delay_of_its_bill(lateness, rows):
    park = park_with(lateness)
    delay_s = {supplier.id: share * mean for supplier, (share, mean) in zip(park.suppliers, lateness, strict=True)}
    found = kits(park, orders(rows))
    for (name, minute), ready in zip(rows, found["kit_ready"], strict=True):
        bought = [park.material.get(line.component_id) for line in park.bill if line.product_id == name]
        worst = max((delay_s[material.supplier_id] for material in bought if material), default=0.0)
        assert ready == RELEASE + timedelta(minutes=minute, milliseconds=round(worst * 1000))


@settings(max_examples=30)
@given(LATENESS, st.integers(0, len(PARK.suppliers) - 1), st.floats(1, 3))
def test_a_supplier_that_gets_worse_makes_no_kit_come_sooner(lateness, which, times):
    worse = [(share, mean * times if n == which else mean) for n, (share, mean) in enumerate(lateness)]
    before, after = expected_delay_ms(park_with(lateness)), expected_delay_ms(park_with(worse))
    assert all(after[name] >= before[name] for name in PRODUCTS)


@settings(max_examples=20)
@given(ROWS)
def test_each_order_line_has_its_kit_whatever_else_is_ordered(rows):
    together = kits(PARK, orders(rows))
    alone = [kits(PARK, orders([row]))["kit_ready"][0] for row in rows]
    assert together["kit_ready"].to_list() == alone
    assert together["order_id"].to_list() == [f"o{n}" for n in range(len(rows))]


@pytest.mark.parametrize(
    ("share", "mean_s", "delay_ms"), [(0.0, 3600, 0), (1.0, 3600, 3_600_000), (0.05, 5400, 270_000)]
)
def test_the_expected_delay_is_the_share_of_late_kits_times_their_mean(share, mean_s, delay_ms):
    park = park_with([(share, mean_s)] * len(PARK.suppliers))
    bought = {line.product_id for line in park.bill if line.component_id in park.material}
    assert {name: ms for name, ms in expected_delay_ms(park).items() if name in bought} == dict.fromkeys(
        (name for name in PRODUCTS if name in bought), delay_ms
    )
