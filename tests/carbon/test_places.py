"""What buildings and lines took: sums of the meters behind them, and their share of cost and carbon."""

import polars as pl
import pytest
from carbon_park import KWH, METERS, NAME, QUARTER, START, make_park, meter
from worked_day import BANDS_, BOOKS_UNITS, FIRST, POSTINGS_, SECOND, interval_books

from parkwright.carbon import places
from parkwright.model.site import Building

HALL = Building(
    id="B1", name=NAME, kind="production", footprint=((0, 0), (1, 0), (1, 1)), height_m=6, floor_area_m2=1,
    basis="assumed: a test",
)  # fmt: skip
PARK = make_park(buildings=(HALL,))
FOUND = places.of_day(PARK, POSTINGS_, BOOKS_UNITS)
EACH = ("electricity_kwh", "cost_cny", "co2e_kg_location", "co2e_kg_market")


def both(name):
    return (FIRST.get(name, 0) + SECOND.get(name, 0)) / KWH


def test_a_meter_stands_for_the_nearest_line_and_building():
    assert places.of_meters(PARK).rows() == [
        ("m-asm", "B1"), ("m-asm", "NB"), ("m-b1", "B1"), ("m-hvac", "B1"), ("m-nb", "B1"), ("m-nb", "NB"),
        ("m-oven", "B1"), ("m-oven", "SMT"), ("m-smt", "B1"), ("m-smt", "SMT"), ("m-test", "B1"), ("m-test", "NB"),
    ]  # fmt: skip


def test_a_loop_of_meters_ends_and_a_loose_meter_stands_for_nothing():
    loop = (
        meter("a", "b", "load", "", "other"),
        meter("b", "a", "load", "", "other"),
        meter("m-asm", "", "load", "NB-asm", "machine"),
    )
    assert places.of_meters(make_park(loop)).rows() == [("m-asm", "B1"), ("m-asm", "NB")]


def test_a_place_took_what_its_meter_read():
    assert FOUND["place.B1.electricity_kwh"] == pytest.approx(both("m-b1"), abs=1e-9)
    assert FOUND["place.NB.electricity_kwh"] == pytest.approx(both("m-nb"), abs=1e-9)
    assert FOUND["place.SMT.electricity_kwh"] == pytest.approx(both("m-smt"), abs=1e-9)


def test_lines_are_within_their_building():
    for figure in EACH:
        lines = FOUND[f"place.NB.{figure}"] + FOUND[f"place.SMT.{figure}"]
        assert 0 < lines < FOUND[f"place.B1.{figure}"]


def test_a_place_bears_its_share_of_each_intervals_cost_and_carbon():
    ends = pl.any_horizontal(pl.col("account").str.starts_with(kind) for kind in places.ENDS)
    rows = POSTINGS_.filter(ends & (pl.col("method_id") == "mwh_share"))
    for commodity, view, figure, unit in (
        ("cny", "tariff", "cost_cny", 1e4), ("co2e", "location", "co2e_kg_location", 1e9),
        ("co2e", "market", "co2e_kg_market", 1e9),
    ):  # fmt: skip
        whole = rows.filter((pl.col("commodity") == commodity) & (pl.col("view") == view))["quantity"].sum()
        assert FOUND[f"place.B1.{figure}"] == pytest.approx(whole / unit, abs=1e-5)


def test_a_line_made_what_left_it_good():
    assert (FOUND["place.NB.units_good"], FOUND["place.SMT.boards_good"]) == (2, 1)
    assert "place.B1.units_good" not in FOUND


def test_a_place_with_a_meter_and_no_energy_took_nothing():
    quiet, _ = interval_books(PARK, energies=({}, {}))
    found = places.of_day(PARK, quiet, BOOKS_UNITS.clear())
    assert found == {f"place.{name}.electricity_kwh": 0.0 for name in ("B1", "NB", "SMT")}


def test_bands_hold_what_was_bought_and_what_it_cost_less_what_was_sold():
    found = places.of_bands(POSTINGS_, BANDS_)
    assert found["band.peak.import_kwh"] == 100.0
    assert found["band.valley.import_kwh"] == 30.000001
    assert found["band.peak.cost_cny"] == pytest.approx(70.0, abs=1e-4)
    assert found["band.valley.cost_cny"] == pytest.approx(30 * 0.7001 - 2 * 0.3, abs=1e-3)


def test_an_interval_without_a_band_is_in_none():
    assert set(places.of_bands(POSTINGS_, {START: "flat"})) == {"band.flat.import_kwh", "band.flat.cost_cny"}
    assert places.of_bands(POSTINGS_, {START + 9 * QUARTER: "flat"}) == {}


def test_a_unit_on_two_lines_in_one_interval_is_shared_and_not_counted_twice():
    moved = POSTINGS_.with_columns(pl.col("account").str.replace("^(unit|idle|base):.*$", "unit:ONE"))
    found = places.of_day(PARK, moved, BOOKS_UNITS)
    rows = moved.filter(
        (pl.col("account") == "unit:ONE") & (pl.col("method_id") == "mwh_share") & (pl.col("commodity") == "cny")
    )
    assert found["place.B1.cost_cny"] == pytest.approx(rows["quantity"].sum() / 1e4, abs=1e-5)
    assert found["place.NB.cost_cny"] + found["place.SMT.cost_cny"] < found["place.B1.cost_cny"]
    assert len(METERS) == len(PARK.meters)
