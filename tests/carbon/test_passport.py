import polars as pl
import pytest
from carbon_park import ASSUMED, QUARTER, START, make_park, passages, verdicts
from worked_day import ASSEMBLIES_, JOBS_, PARK, PASSAGES_, POSTINGS_, VERDICTS_, day_books

from parkwright.carbon.passport import counted, materials_ug, provisional
from parkwright.model.errors import LedgerError
from parkwright.model.product import BillLine
from parkwright.model.tables import FOOTPRINTS, PASSPORTS


def provisionals(until=2, rows=VERDICTS_):
    return provisional(PARK, START + until * QUARTER, POSTINGS_, PASSAGES_, rows, ASSEMBLIES_, JOBS_)


def test_materials_open_the_board_and_are_exact():
    """NB14 = 1 panel of 30.1 kg + 1 board of 2 x 10.05 kg."""
    assert materials_ug(PARK) == {"NB14": 50_200_000_000, "NB16": 0, "MB1": 20_100_000_000}


def test_a_footprint_that_a_supplier_declared_counts_in_place_of_the_folders_to_the_microgram():
    """D4: a board takes 2 of the component; at 8 instead of 10 it loses 4.000 kg, and so does the unit around it."""

    def ug(kg: float) -> dict[str, int]:
        rows = pl.DataFrame([("2026-07-15", "pcb", kg, "a"), ("2026-07-15", "gone", 1.0, "b")],
                            schema=FOOTPRINTS.schema, orient="row")  # fmt: skip
        return dict(materials_ug(counted(PARK, rows)))

    assert {product: ug(8.0)[product] - amount for product, amount in ug(10.0).items()} == {
        "NB14": -4_000_000_000, "NB16": 0, "MB1": -4_000_000_000,
    }  # fmt: skip
    assert counted(PARK, FOOTPRINTS.empty()) is PARK
    twice = pl.DataFrame([("d", "pcb", 10.0, "a"), ("d", "pcb", 8.0, "b")], schema=FOOTPRINTS.schema, orient="row")
    assert dict(materials_ug(counted(PARK, twice))) == ug(8.0)


@pytest.mark.parametrize(("component", "says"), [("NB14", "contains itself"), ("bolt", "bolt is unknown")])
def test_a_bill_that_cannot_be_opened_is_refused(component, says):
    line = BillLine(product_id="MB1", component_id=component, position="x", quantity=1, basis=ASSUMED)
    with pytest.raises(LedgerError, match=says):
        materials_ug(make_park(bill=(*PARK.bill, line)))


def test_a_provisional_passport_has_the_direct_figures_of_the_final_one():
    final = day_books().passports
    early = provisionals()
    assert early["unit_id"].to_list() == final["unit_id"].to_list()
    assert early["direct_mwh_int"].to_list() == final["direct_mwh_int"].to_list()
    assert early["material_ug"].to_list() == [50_200_000_000, 0]
    assert early["overhead_mwh_int"].to_list() == [0, 0]
    assert early["status"].unique().to_list() == ["provisional"]
    assert (early["location_ug"] < final["location_ug"]).all()


def test_a_unit_waits_until_its_last_interval_is_closed():
    assert provisionals(until=1).is_empty()
    assert provisionals(until=1).schema == PASSPORTS.schema
    assert provisionals(until=2)["unit_id"].to_list() == ["U1", "U3"]


def test_only_the_units_asked_for_get_one():
    assert provisionals(rows=verdicts(("U1", 1009, "good"), ("U2", 1200, "scrap")))["unit_id"].to_list() == ["U1"]


def test_a_provisional_passport_is_the_units_own_postings_and_its_boards():
    row = provisionals().row(0, named=True)
    both = POSTINGS_.filter(pl.col("account").is_in(["unit:U1", "unit:B1"]))
    assert row["location_ug"] == both.filter(pl.col("view") == "location")["quantity"].sum()
    assert row["cost_1e4cny"] == both.filter(pl.col("view") == "tariff")["quantity"].sum()
    assert row["at"] == START.replace(minute=16, second=49)


def test_a_passage_that_ends_with_the_closed_interval_is_in_it():
    rows = passages(("U1", "J1", "NB-asm", 0, 900))
    tables = (POSTINGS_, rows, verdicts(("U1", 900, "good")), ASSEMBLIES_, JOBS_)
    assert provisional(PARK, START + QUARTER, *tables)["unit_id"].to_list() == ["U1"]
