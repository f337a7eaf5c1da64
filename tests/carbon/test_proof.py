import polars as pl
from worked_day import PARK, POSTINGS_, READINGS_

from parkwright.carbon.proof import residuals
from parkwright.model.tables import POSTINGS


def test_every_booked_meter_is_fully_attributed_in_every_interval():
    found = residuals(PARK, POSTINGS_, READINGS_)
    assert found.height == 2 * 13
    assert found["residual_mwh_int"].to_list() == [0] * 26
    assert "water" not in found["meter_id"]
    assert "heat" not in found["meter_id"]


def test_a_changed_posting_shows_at_its_meter_and_those_above():
    account = (pl.col("account") == "unit:U1") & pl.col("journal_id").str.ends_with("T160000Z/electricity/m-asm")
    bent = POSTINGS_.with_columns((pl.col("quantity") - account.cast(pl.Int64) * 7).alias("quantity"))
    found = residuals(PARK, bent, READINGS_).filter(pl.col("residual_mwh_int") != 0)
    assert found.select("meter_id", "residual_mwh_int").rows() == [("m-asm", 7), ("m-b1", 7), ("m-nb", 7)]


def test_a_changed_reading_shows_at_its_meter_alone():
    more = (pl.col("meter_id") == "grid-in").cast(pl.Int64) * 5
    found = residuals(PARK, POSTINGS_, READINGS_.with_columns(pl.col("energy_mwh_int") + more))
    assert set(found.filter(pl.col("residual_mwh_int") == 5)["meter_id"]) == {"grid-in"}
    assert found["residual_mwh_int"].sum() == 10


def test_readings_without_postings_are_wholly_unattributed():
    found = residuals(PARK, POSTINGS.empty(), READINGS_)
    assert (found["attributed_mwh_int"] == 0).all()
    assert found["residual_mwh_int"].sum() > 0


def test_postings_without_readings_show_too():
    found = residuals(PARK, POSTINGS_, READINGS_.filter(pl.col("meter_id") != "pv"))
    lost = found.filter(pl.col("meter_id") == "pv")
    assert (lost["residual_mwh_int"] < 0).all()
    assert lost.height == 2
