"""Kits: planned complete after the expected delay of the slowest supplier in the bill."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from parkwright.model.errors import TableError
from parkwright.model.tables import JOB_ORDERS, TIME
from parkwright.store.folder import load
from parkwright.supply.available import expected_delay_ms, kits

PARK = load(Path(__file__).parents[2] / "parks" / "tianjin")
RELEASE = datetime(2026, 7, 14, 16, tzinfo=UTC)


def orders(*products):
    rows = [(f"o{n}", p, 3, RELEASE, RELEASE + timedelta(hours=9), 1.0, "CN") for n, p in enumerate(products)]
    return pl.DataFrame(rows, schema=JOB_ORDERS.schema, orient="row")


def with_suppliers(**changes):
    """The park with every supplier's lateness replaced: id -> (late_share, late_mean_s), the rest on time."""
    suppliers = tuple(
        s.model_copy(update=dict(zip(("late_share", "late_mean_s"), changes.get(s.id, (0.0, 0.0)), strict=True)))
        for s in PARK.suppliers
    )
    return replace(PARK, suppliers=suppliers)


def suppliers_of(product_id):
    lines = [line for line in PARK.bill if line.product_id == product_id and line.component_id in PARK.material]
    return [PARK.material[line.component_id].supplier_id for line in lines]


PRODUCT = next(p.id for p in PARK.products if len(set(suppliers_of(p.id))) > 1)


def test_kits_of_punctual_suppliers_are_complete_at_release():
    found = kits(with_suppliers(), orders(PRODUCT, PRODUCT))
    assert found.columns == ["order_id", "kit_ready"]
    assert found.schema["kit_ready"] == TIME
    assert found["kit_ready"].to_list() == [RELEASE, RELEASE]


def test_the_slowest_supplier_in_the_bill_sets_the_time():
    first, second = list(dict.fromkeys(suppliers_of(PRODUCT)))[:2]
    park = with_suppliers(**{first: (0.1, 3600.0), second: (0.5, 7200.0)})
    assert kits(park, orders(PRODUCT))["kit_ready"].to_list() == [RELEASE + timedelta(seconds=3600)]


def test_a_late_supplier_of_something_else_does_not_matter():
    own = set(suppliers_of(PRODUCT))
    other = next(s.id for s in PARK.suppliers if s.id not in own)
    assert expected_delay_ms(with_suppliers(**{other: (1.0, 9999.0)}))[PRODUCT] == 0


def test_every_product_of_the_park_has_a_delay_and_three_suppliers_are_late():
    assert set(expected_delay_ms(PARK)) == {p.id for p in PARK.products}
    assert sum(s.late_share > 0 for s in PARK.suppliers) == 3


def test_order_lines_keep_their_order_and_none_is_lost():
    given = orders(*(p.id for p in PARK.products))
    assert kits(PARK, given)["order_id"].to_list() == given["order_id"].to_list()
    assert kits(PARK, given.clear()).height == 0


def test_a_table_that_is_no_order_table_is_refused():
    with pytest.raises(TableError, match="job_orders"):
        kits(PARK, orders(PRODUCT).drop("due"))
