"""Materials are attributed as energy is: the good units of a lot bear what the lot consumed, to the last ug."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from carbon_park import DAY, START, make_park
from hypothesis import given
from hypothesis import strategies as st
from test_footprint import METHOD, PANEL, ROAD
from worked_day import ASSEMBLIES_, PARK, POSTINGS_, VERDICTS_, day_books

from parkwright.carbon import consumed, footprint, inventory, passport, transfer
from parkwright.carbon import day as carbon_day
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.model.product import BillLine
from parkwright.model.tables import TIME

NB14, MB1 = 50_200_000_000, 20_100_000_000


def materials(postings: pl.DataFrame) -> pl.DataFrame:
    return postings.filter(pl.col("view") == consumed.VIEW)


def held(postings: pl.DataFrame, kind: str) -> dict[str, int]:
    sums = materials(postings).group_by("account").agg(pl.col("quantity").sum())
    return {name: amount for name, amount in sums.iter_rows() if name.startswith(f"{kind}:") and amount}


def roster_of(lots: list[list[bool]]) -> pl.DataFrame:
    """Units of NB14 in lots; True is good, False scrapped."""
    rows = [(f"U{j:02d}-{n:03d}", f"J{j}", good) for j, lot in enumerate(lots) for n, good in enumerate(lot)]
    units = pl.DataFrame(rows, schema={"unit_id": pl.String, "job_id": pl.String, "is_good": pl.Boolean}, orient="row")
    return units.with_columns(
        pl.lit("O").alias("order_id"), pl.lit("NB14").alias("product_id"), pl.lit("finished").alias("kind"),
        pl.lit("NB").alias("line_id"), pl.lit(START).cast(TIME).alias("at"), pl.lit(9000, pl.Int64).alias("weight"),
    )  # fmt: skip


def closed(units: pl.DataFrame) -> pl.DataFrame:
    """What a day's close posts of materials and scrap of these units."""
    own = consumed.posted(PARK, DAY, units)
    return pl.concat([own, carbon_day._scrap(DAY, "units", units, transfer.condensed(own))])


def test_what_is_lost_before_a_unit_is_the_loss_that_footprints_count():
    pcb = PANEL.model_copy(update={"material_id": "pcb", "scrap_share": Decimal("0.05"), "freight_factor_id": ""})
    known = {"panel": PANEL, "pcb": pcb}
    bare = {name: one.model_copy(update={"scrap_share": Decimal(0)}) for name, one in known.items()}
    with_loss, without = (
        sum(one.emitted_ug for one in footprint.material_parts(PARK, "NB14", rows, {"road": ROAD}, {}, METHOD)
            if one.kind == "material")
        for rows in (known, bare)
    )  # fmt: skip
    found = consumed.lost_ug(PARK, known)
    assert found["NB14"] == with_loss - without > 0
    assert consumed.lost_ug(PARK, {}) == dict.fromkeys(found, 0)


def test_a_good_unit_bears_its_bill_and_what_the_scrapped_of_its_lot_consumed():
    found = dict(day_books().passports.select("unit_id", "material_ug").iter_rows())
    assert found == {"U1": NB14 + NB14 + MB1, "U3": 0}


def test_good_units_bear_all_that_was_consumed_and_category_1_is_the_same():
    books = day_books()
    consumed_ug = -held(books.postings, "scope3")[consumed.SOURCE]
    assert consumed_ug == 2 * NB14 + MB1 == books.passports["material_ug"].sum()
    assert views.unbalanced(materials(books.postings)).is_empty()
    each = passport.materials_ug(PARK)
    units = pl.DataFrame(
        [("finished", True, each["NB14"]), ("finished", True, each["NB16"]), ("finished", False, each["NB14"]),
         ("board", True, each["MB1"]), ("board", False, each["MB1"])],
        schema=["kind", "is_good", "material_ug"], orient="row",
    ).with_columns(pl.lit(0).alias("lost_ug"))  # fmt: skip
    (line,) = inventory._purchased(units)
    assert line.location_ug == consumed_ug


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=12), min_size=1, max_size=5))
def test_the_good_units_of_a_lot_bear_its_materials_to_the_last_unit_in_equal_shares(lots: list[list[bool]]):
    rows = closed(roster_of(lots))
    left = held(rows, "unit")
    assert sum(left.values()) + sum(held(rows, "base").values()) == NB14 * sum(map(len, lots))
    for j, lot in enumerate(lots):
        mine = [amount for name, amount in left.items() if name.startswith(f"unit:U{j:02d}")]
        if any(lot) and all(any(one) for one in lots):
            assert sum(mine) == NB14 * len(lot)
        assert len(mine) == sum(lot)
        assert max(mine, default=0) - min(mine, default=0) <= 1 + len(lots)


def test_the_order_of_units_does_not_change_the_books():
    units = roster_of([[True, False, True, True], [False, True]])
    assert (
        closed(units.sample(fraction=1, shuffle=True, seed=5))
        .sort("account", "quantity", "journal_id")
        .equals(closed(units).sort("account", "quantity", "journal_id"))
    )


def test_a_board_that_waits_takes_its_share_of_scrapped_boards_with_it():
    """B1 is good and not built in: what B2 consumed waits on it, as its energy does."""
    books = day_books(assemblies=ASSEMBLIES_.filter(pl.col("component_id") != "B1"))
    assert held(books.postings, "unit") == {"unit:U1": 2 * NB14, "unit:B1": MB1}
    assert -held(books.postings, "scope3")[consumed.SOURCE] == 2 * NB14 + MB1


def test_a_lot_of_scrap_only_reaches_the_days_good_units():
    """No unit of U1's and U2's line is good but U3: it bears theirs."""
    bad = VERDICTS_.with_columns(
        pl.when(pl.col("unit_id") == "U1").then(pl.lit("scrap")).otherwise("verdict").alias("verdict")
    )
    found = dict(day_books(verdicts=bad).passports.select("unit_id", "material_ug").iter_rows())
    assert found == {"U3": 2 * NB14 + MB1}


def test_a_restated_day_keeps_its_materials():
    more = POSTINGS_.with_columns((pl.col("quantity") * 3).alias("quantity"))
    assert materials(day_books(more).postings).equals(materials(day_books().postings))
    other = make_park(materials=tuple(
        one.model_copy(update={"footprint_kg_per_unit": one.footprint_kg_per_unit * 2}) for one in PARK.materials
    ))  # fmt: skip
    twice = day_books(park=other).passports["material_ug"].to_list()
    assert twice == [2 * amount for amount in day_books().passports["material_ug"].to_list()]


def test_a_day_of_nothing_posts_nothing_and_a_bill_with_an_unknown_part_is_refused():
    assert consumed.posted(PARK, DAY, roster_of([])).is_empty()
    line = BillLine(product_id="MB1", component_id="bolt", position="x", quantity=1, basis="assumed: a test")
    with pytest.raises(LedgerError, match="bolt is unknown"):
        consumed.posted(make_park(bill=(*PARK.bill, line)), DAY, roster_of([[True]]))
