"""The commands `energy bill` and `energy solar`: by hand from readings, and held against the books."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from parkwright.carbon import demand as demand_books
from parkwright.carbon.entries import Entries, Kind
from parkwright.cli import app
from parkwright.energy import solar, weather
from parkwright.model.errors import ParkwrightError
from parkwright.model.plant import DemandCharge
from parkwright.model.tables import READINGS, SAMPLES
from parkwright.run.ports import Batch
from parkwright.store.folder import load
from parkwright.store.journal import Journal
from parkwright.twin import sky
from parkwright.wire import bills, yields
from parkwright.wire.places import Places

CHARGE = DemandCharge(by="maximum", cny_per_kw_month=40.0, basis="assumed: a test")
TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
PLAIN = load(TIANJIN)
PARK = replace(PLAIN, tariffs=tuple(tariff.model_copy(update={"demand": CHARGE}) for tariff in PLAIN.tariffs))
DAY = date(2026, 7, 15)
DAYS = [DAY + timedelta(days=n) for n in range(14)]
RECORDED = datetime(2026, 9, 1, tzinfo=UTC)
STATION = {"weather/ghi_w_per_m2": "ghi_w_per_m2", "weather/temperature_c": "temperature_c"}
"""A weather station that measures no direct radiation, as most do."""
LOST = 6
"""Day from which the field gives a fifth less."""


def write(facts, kind, day, rows):
    facts.append([Batch(f"test/{kind}", day.isoformat(), 0, kind, day.isoformat(), rows)], RECORDED)


def reading(starts, meter_id, kw):
    energy = np.round(np.asarray(kw) * 250_000).astype(np.int64)
    frame = pl.DataFrame({"start": starts, "meter_id": [meter_id] * len(energy), "energy_mwh_int": energy})
    return frame.with_columns(value=pl.lit(None, pl.Float64), quality=pl.lit("good")).select(list(READINGS.schema))


def booked(day, starts):
    """Postings of the day's import at 100 kW and the demand charge of 100 kW."""
    low, high = PARK.day_bounds(day)
    entries = Entries(low, high)
    kind = Kind("cny", "tariff", bills.BOUGHT)
    entries.post("j", kind, -12_345, "source:grid", "m")
    entries.post("j", kind, 12_345, "base:site", "m")
    return pl.concat([entries.postings(), demand_books.postings(day, low, high, 100.0, 0.0, 4_000.0)])


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """A ledger of two weeks: import of 100 kW, once 300 kW on the second day; a field that lost a string."""
    home = tmp_path_factory.mktemp("var")
    places = Places(home, PARK.site.park_id)
    places.home.mkdir(parents=True)
    field = PARK.energy.solar[0]
    meter = next(meter.id for meter in PARK.meters if meter.role == "generation" and meter.serves == field.id)
    with Journal(places.journal) as facts:
        for number, day in enumerate(DAYS):
            starts, typical = PARK.intervals(day), weather.of_day(PARK, day)
            cloud = 0.75 + 0.05 * (number * 5 % 6)
            ghi, warm = typical["ghi_w_per_m2"].to_numpy(), typical["temperature_c"].to_numpy()
            seen = solar.sky_of(PARK, starts, ghi * cloud, warm)
            power = solar.power_kw(field, PARK.site, seen) * (0.8 if number >= LOST else 1.0)
            kw = np.full(96, 100.0)
            kw[50] = 300.0 if number == 1 else 100.0
            parts = [reading(starts, "grid-in", kw), reading(starts, meter, power)]
            if any(meter.id == "grid-out" for meter in PARK.meters):
                parts.append(reading(starts, "grid-out", np.full(96, 4.0)))
            write(facts, "readings", day, pl.concat(parts))
            write(facts, "samples", day, told(starts, seen))
            if number == 0:
                write(facts, "postings", day, booked(day, starts))
    return home


def told(starts, seen):
    """What the weather station says at the end of each interval."""
    at = starts.dt.offset_by("15m")
    frames = [
        pl.DataFrame({"start": at, "signal_id": [signal] * 96, "value": seen[name], "quality": ["good"] * 96})
        for signal, name in STATION.items()
    ]
    return pl.concat(frames).cast(dict(SAMPLES.schema))


def test_a_bill_is_the_sum_of_its_parts(var, tmp_path):
    found = bills.answer(PARK, tmp_path, var, "2026-07", 2.0)
    parts = sum(band["cny"] for band in found["energy"].values()) + found["demand"]["cny"] + found["export"]["cny"]
    assert found["total_cny"] == pytest.approx(parts + found["carbon_cny"] + found["certificate_cny"], abs=0.05)
    assert sum(band["kwh"] for band in found["energy"].values()) == pytest.approx(14 * 2400 + 50)
    assert (found["intervals"], found["missing_intervals"]) == (14 * 96, 17 * 96)
    assert found["source"] == "ledger"


def test_the_demand_is_the_months_highest_import_in_full(var, tmp_path):
    found = bills.answer(PARK, tmp_path, var, "2026-07", 0.0)
    assert found["demand"] == {"kw": pytest.approx(300.0), "cny": 12_000.0}


def test_what_is_booked_stands_beside_the_bill(var, tmp_path):
    found = bills.answer(PARK, tmp_path, var, "2026-07", 0.0)
    assert found["booked"]["energy_less_export_cny"] == pytest.approx(1.2345)
    assert found["booked"]["demand_cny"] == 4_000.0
    energy = sum(band["cny"] for band in found["energy"].values()) + found["export"]["cny"]
    assert found["booked"]["difference_cny"] == pytest.approx(1.2345 + 4_000.0 - energy - 12_000.0, abs=0.05)


@pytest.mark.parametrize("month", ["2026-7", "July", "2026-13"])
def test_a_month_that_is_none_is_refused(var, tmp_path, month):
    with pytest.raises(ParkwrightError, match="is no month; write it as YYYY-MM"):
        bills.answer(PARK, tmp_path, var, month, 0.0)


def test_a_month_in_which_nothing_was_metered_is_refused(var, tmp_path):
    with pytest.raises(ParkwrightError, match="2026-05: nothing was metered at the grid point"):
        bills.answer(PARK, tmp_path, var, "2026-05", 0.0)


def test_a_field_that_follows_the_weather_has_a_ratio_of_one_and_a_lost_string_is_found(var, tmp_path):
    found = yields.answer(PARK, tmp_path, var, 60)
    assert found["weather"] == "measured"
    field = found["fields"][0]
    assert (field["days"], field["first_day"], field["last_day"]) == (14, "2026-07-15", "2026-07-28")
    assert [fault["kind"] for fault in field["faults"]] == ["string_out"]
    assert field["faults"][0]["since"] == DAYS[LOST].isoformat()
    assert field["faults"][0]["size"] == pytest.approx(0.2, abs=0.02)
    assert 0.85 < field["against_weather"] < 0.92
    assert 0.5 < field["performance_ratio"] < 0.9


def test_before_the_fault_the_field_gives_what_the_weather_promises(var, tmp_path):
    with Journal(Places(var, PARK.site.park_id).journal) as facts:
        assert len(facts.days("readings")) == 14
    field = yields.answer(PARK, tmp_path, var, 60)["fields"][0]
    assert field["worst_day"]["against_weather"] == pytest.approx(0.8, abs=0.01)
    last = yields.answer(PARK, tmp_path, var, 3)["fields"][0]
    assert (last["days"], last["first_day"]) == (3, "2026-07-26")
    assert last["against_weather"] == pytest.approx(0.8, abs=0.01)


def test_days_add_up_to_the_field_and_fall_where_the_string_was_lost(var, tmp_path):
    field = yields.answer(PARK, tmp_path, var, 60)["fields"][0]
    days = field["daily"]
    assert [day["day"] for day in days] == [day.isoformat() for day in DAYS]
    assert sum(day["measured_kwh"] for day in days) == pytest.approx(field["measured_kwh"], abs=0.01)
    assert sum(day["expected_kwh"] for day in days) == pytest.approx(field["expected_kwh"], abs=0.01)
    ratio = [day["against_weather"] for day in days]
    assert min(ratio[:LOST]) - max(ratio[LOST:]) > 0.15
    assert yields.answer(PARK, tmp_path, var, 60)["fields"][1]["daily"] == []


def test_a_station_of_global_radiation_alone_judges_no_shade_and_a_field_before_sunrise_is_not_judged(var, tmp_path):
    found = yields.answer(PARK, tmp_path, var, 60)
    assert found["not_judged"] == ["shading"]
    assert [one["judged"] for one in found["fields"]] == [True, False, False]
    names = ("ghi", "dni", "dhi")
    full = pl.DataFrame({"signal_id": [f"weather/{name}_w_per_m2" for name in names]})
    assert yields._beam_known(full)
    assert not yields._beam_known(full.head(2))
    night, field = PARK.midnight(DAYS[0]), PARK.energy.solar[0]
    meter = next(meter.id for meter in PARK.meters if meter.role == "generation" and meter.serves == field.id)
    early = pl.DataFrame({
        "start": [night + timedelta(minutes=15 * n) for n in range(4)], "meter_id": meter, "energy_mwh_int": 0,
        "value": None, "quality": "good",
    }, schema=dict(READINGS.schema))  # fmt: skip
    told_of = yields._field(PARK, field, early, pl.DataFrame(), 60, beam_known=True)
    assert (told_of["days"], told_of["judged"], told_of["faults"], told_of["expected_kwh"]) == (1, False, [], 0.0)


def test_a_station_that_measures_direct_and_diffuse_radiation_is_taken_at_its_word():
    starts, at = PARK.intervals(DAY), PARK.intervals(DAY).dt.offset_by("15m")
    real = weather.of_day(PARK, DAY)
    frames = [
        pl.DataFrame({"start": at, "signal_id": [signal] * 96, "value": real[name], "quality": ["good"] * 96})
        for signal, name in yields.SKY.items()
    ]
    found = yields.sky_of_day(PARK, DAY, pl.concat(frames).cast(dict(SAMPLES.schema)))
    for name in yields.SKY.values():
        assert found[name].to_numpy() == pytest.approx(real[name].to_numpy())
    plain = yields.sky_of_day(PARK, DAY, pl.concat(frames[:2]).cast(dict(SAMPLES.schema)))
    split = solar.sky_of(PARK, starts, real["ghi_w_per_m2"].to_numpy(), real["temperature_c"].to_numpy())
    assert plain["dni_w_per_m2"].to_numpy() == pytest.approx(split["dni_w_per_m2"].to_numpy())
    assert not np.allclose(found["dni_w_per_m2"].to_numpy(), plain["dni_w_per_m2"].to_numpy())


def test_sound_fields_of_the_twin_have_no_fault_and_a_lost_string_is_named(tmp_path):
    places = Places(tmp_path, PARK.site.park_id)
    places.home.mkdir(parents=True)
    with Journal(places.journal) as facts:
        for number, day in enumerate([date(2026, 11, 14) + timedelta(days=n) for n in range(12)]):
            seen, starts = sky.of_day(PARK, day, 1440, 1, 0), PARK.intervals(day)
            measured = (seen.ghi_w_per_m2, seen.outside_c, seen.dni_w_per_m2, seen.dhi_w_per_m2)
            rows = [
                (start + timedelta(minutes=15), signal, float(value), "good")
                for signal, values in zip(yields.SKY, measured, strict=True)
                for start, value in zip(starts.to_list(), values, strict=True)
            ]
            write(facts, "samples", day, pl.DataFrame(rows, schema=SAMPLES.schema, orient="row"))
            power = seen.solar_kw.reshape(len(PARK.energy.solar), 96, 15).mean(axis=2)
            power[1] *= 0.8 if number >= LOST else 1.0
            meters = {one.serves: one.id for one in PARK.meters if one.role == "generation"}
            parts = [reading(starts, meters[one.id], power[row]) for row, one in enumerate(PARK.energy.solar)]
            write(facts, "readings", day, pl.concat(parts))
    fields = yields.answer(PARK, tmp_path, tmp_path, 60)["fields"]
    assert [[fault["kind"] for fault in one["faults"]] for one in fields] == [[], ["string_out"], []]
    assert fields[0]["against_weather"] == pytest.approx(1.0, abs=0.02)


def test_a_park_without_fields_or_without_a_ledger_is_told_what_to_add(tmp_path):
    with pytest.raises(ParkwrightError, match="there is no ledger yet; run parkwright day"):
        yields.answer(PARK, tmp_path, tmp_path, 10)
    bare = replace(PARK, energy=PARK.energy.model_copy(update={"solar": ()}))
    with pytest.raises(ParkwrightError, match="has no solar field; add"):
        yields.answer(bare, tmp_path, tmp_path, 10)


def test_weather_that_is_not_known_stays_so():
    starts = PARK.intervals(DAY)
    ghi = np.full(96, 500.0)
    ghi[40] = np.nan
    sky = solar.sky_of(PARK, starts, ghi, np.full(96, 20.0))
    assert np.isnan(sky["ghi_w_per_m2"][40])
    assert sky["dhi_w_per_m2"][48] > 0.0


def test_the_commands_print_their_answers(var):

    for command in (["bill", str(TIANJIN), "--month", "2026-07"], ["solar", str(TIANJIN)]):
        result = CliRunner().invoke(app, ["energy", *command, "--var", str(var), "--json"])
        assert result.exit_code == 0, result.output
        assert json.loads(result.output)["park"] == PARK.site.park_id
