"""Parks read from files: the real steel year, and every way in which a file can be odd."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from wire_park import at, wire_park

from parkwright.connect import files
from parkwright.connect.files import FileMeters
from parkwright.model.errors import ParkError
from parkwright.model.plant import MeterFile
from parkwright.model.tables import ALARMS, READINGS
from parkwright.store.folder import load

STEEL = Path(__file__).parents[2] / "parks" / "steelworks"
PARK = wire_park()


def source(**fields):
    given = {
        "file": "m.csv", "meter_id": "grid-in", "time_column": "t", "time_format": "%Y-%m-%d %H:%M", "label": "start",
        "value_column": "v", "value_unit": "kWh",
    }  # fmt: skip
    return MeterFile(**given | fields)


def read(tmp_path, rows, **fields):
    (tmp_path / "m.csv").write_text("t,v\n" + "".join(f"{t},{v}\n" for t, v in rows))
    readings, alarms = files.read(PARK, tmp_path, source(**fields))
    assert readings.columns == list(READINGS.schema)
    assert alarms.columns == list(ALARMS.schema)
    return readings, alarms


def clock(k, minutes=15, start="2026-07-15T00:00"):
    return (datetime.fromisoformat(start) + timedelta(minutes=minutes * k)).strftime("%Y-%m-%d %H:%M")


def energies(readings):
    return readings["energy_mwh_int"].to_list()


@pytest.mark.parametrize("day", [date(2018, 1, 1), date(2018, 2, 28), date(2018, 12, 31)])
def test_every_day_of_the_steel_year_has_96_good_intervals(day):
    park = load(STEEL)
    start, end = park.day_bounds(day)
    found = FileMeters(park, STEEL, start).readings(end)
    assert found["start"].to_list() == park.intervals(day).to_list()
    assert set(found["quality"]) == {"good"}


def test_the_steel_year_adds_up_to_what_its_file_says():
    park = load(STEEL)
    meters = FileMeters(park, STEEL)
    found = meters.readings(datetime(2019, 1, 1, tzinfo=UTC))
    assert found.height == 35_040
    assert found["energy_mwh_int"].sum() == 959_640_310_000
    assert meters.alarms().is_empty()


def test_the_first_row_of_the_steel_file_is_the_first_interval_of_the_year():
    park = load(STEEL)
    found = FileMeters(park, STEEL).readings(park.midnight(date(2018, 1, 1)) + timedelta(minutes=15))
    assert found.row(0)[:3] == (park.midnight(date(2018, 1, 1)), "grid-in", 3_170_000)


def test_rows_are_labelled_by_start_or_end(tmp_path):
    by_start, _ = read(tmp_path, [(clock(0), 1), (clock(1), 2)])
    by_end, _ = read(tmp_path, [(clock(1), 1), (clock(2), 2)], label="end")
    assert by_start.equals(by_end)
    assert by_start["start"].to_list() == [at(0), at(1)]


def test_a_midnight_row_that_ends_its_day_is_put_at_its_end(tmp_path):
    rows = [(clock(k), k) for k in range(1, 96)] + [("2026-07-15 00:00", 96), ("2026-07-16 00:15", 97)]
    found, alarms = read(tmp_path, rows, label="end")
    assert energies(found) == [k * 1_000_000 for k in range(1, 98)]
    assert alarms.is_empty()


@pytest.mark.parametrize(("unit", "scale"), [("mWh", 1), ("Wh", 1000), ("kWh", 10**6), ("MWh", 10**9)])
def test_units_are_kept_to_the_milliwatt_hour(tmp_path, unit, scale):
    found, _ = read(tmp_path, [(clock(0), 3), (clock(1), "4")], value_unit=unit)
    assert energies(found) == [3 * scale, 4 * scale]


def test_decimals_are_exact_and_finer_ones_rounded_half_up(tmp_path):
    found, _ = read(tmp_path, [(clock(0), "0.1"), (clock(1), "0.0000005"), (clock(2), "0.0000004"), (clock(3), "1e-3")])
    assert energies(found) == [100_000, 1, 0, 1000]


def test_finer_rows_are_added_up_and_an_interval_that_lacks_one_is_estimated(tmp_path):
    rows = [(clock(k, 5), 1) for k in range(9) if k != 4]
    found, alarms = read(tmp_path, rows)
    assert energies(found) == [3_000_000, 3_000_000, 3_000_000]
    assert found["quality"].to_list() == ["good", "estimated", "good"]
    assert alarms["kind"].to_list() == ["file_gap"]


def test_coarser_rows_are_split_without_losing_a_milliwatt_hour(tmp_path):
    found, _ = read(tmp_path, [(clock(0, 60), 7), (clock(1, 60), 10)], value_unit="mWh")
    assert sum(energies(found)[:4]) == 7
    assert sum(energies(found)[4:]) == 10
    assert max(energies(found)) - min(energies(found)) <= 2


def test_a_counter_gives_the_energy_between_its_rows(tmp_path):
    found, _ = read(tmp_path, [(clock(0), 100), (clock(1), "100.5"), (clock(2), 102)], value_unit="register_kWh")
    assert energies(found) == [500_000, 1_500_000]
    assert found["start"].to_list() == [at(0), at(1)]


def test_a_counter_that_rolls_over_counts_on_and_one_that_falls_is_told(tmp_path):
    width = PARK.meter["grid-in"].register_mwh_max
    rows = [(clock(0), width - 5), (clock(1), 15), (clock(2), 25), (clock(3), 20), (clock(4), 30)]
    found, alarms = read(tmp_path, [(t, f"{v // 10**6}.{v % 10**6:06d}") for t, v in rows], value_unit="register_kWh")
    assert energies(found) == [20, 10, 10, 10]
    assert found["quality"].to_list() == ["good", "good", "estimated", "good"]
    assert "meter_backwards" in alarms["kind"].to_list()


def test_a_gap_takes_the_week_before_and_is_named(tmp_path):
    week = 7 * 96
    rows = [(clock(k), k) for k in range(week + 4) if k != week + 1]
    found, alarms = read(tmp_path, rows)
    assert energies(found)[week + 1] == 1_000_000
    assert found["quality"][week + 1] == "estimated"
    assert "2026-07-22 00:15" in alarms["text"][0]


def test_equal_repeats_are_dropped_and_of_different_ones_the_later_counts(tmp_path):
    found, alarms = read(tmp_path, [(clock(0), 1), (clock(0), 1), (clock(1), 2), (clock(1), 3)])
    assert energies(found) == [1_000_000, 3_000_000]
    assert alarms["kind"].to_list() == ["file_conflict"]


def test_rows_in_any_order_are_the_same(tmp_path):
    rows = [(clock(k), k * k) for k in range(10)]
    forward, _ = read(tmp_path, rows)
    assert read(tmp_path, rows[::-1])[0].equals(forward)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "cannot be read"),
        ("t,v\n", "has none"),
        ("t,w\n2026-07-15 00:00,1\n", "lacks v"),
        ("t,v\n2026-07-15 00:00,1\n", "has 1 instants"),
        ("t,v\n2026-07-15 00:00,1\nsoon,2\n", "m.csv:3: t: is 'soon'"),
        ("t,v\n2026-07-15 00:00,1\n2026-07-15 00:15,two\n", "m.csv:3: v: is 'two'"),
        ("t,v\n2026-07-15 00:00,1\n2026-07-15 00:15,\n", "m.csv:3: v: is None"),
        ("t,v\n2026-07-15 00:00,nan\n2026-07-15 00:15,1\n", "m.csv:2: v: is 'nan'"),
        ("t,v\n2026-07-15 00:00,-1\n2026-07-15 00:15,1\n", "m.csv:2: v: is '-1'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_file_row_and_finding(tmp_path, text, found):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(ParkError) as error:
        files.read(PARK, tmp_path, source())
    assert found in str(error.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ParkError, match=r"m\.csv: file: cannot be read"):
        files.read(PARK, tmp_path, source())


def test_parquet_reads_as_csv_does(tmp_path):
    instants = [datetime.fromisoformat("2026-07-15T00:00") + k * timedelta(minutes=15) for k in range(3)]
    pl.DataFrame({"t": instants, "v": [0.1, 0.2, 0.3]}).write_parquet(tmp_path / "m.parquet")
    found, _ = files.read(PARK, tmp_path, source(file="m.parquet"))
    assert energies(found) == [100_000, 200_000, 300_000]
    assert found["start"][0] == at(0)


def test_two_files_come_as_one(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(f"t,v\n{clock(0)},1\n{clock(1)},2\n")
    both = (source(file="a.csv"), source(file="b.csv", meter_id="hall"))
    meters = FileMeters(dataclasses.replace(PARK, meter_files=both), tmp_path)
    found = meters.readings(at(1))
    assert found["meter_id"].to_list() == ["grid-in", "hall"]
    assert meters.readings(at(2))["start"].unique().to_list() == [at(1)]


def test_a_park_without_files_has_no_readings(tmp_path):
    assert FileMeters(PARK, tmp_path).readings(at(5)).is_empty()


def test_a_stamp_with_its_offset_keeps_the_instant_it_names(tmp_path):
    rows = [(f"2026-07-15T{k:02d}:00:00+02:00", k) for k in range(4)]
    readings, _ = read(tmp_path, rows, time_format="%Y-%m-%dT%H:%M:%S%z")
    assert readings["start"][0] == datetime(2026, 7, 14, 22, tzinfo=UTC)
    stamps = [datetime(2026, 7, 15, k, tzinfo=UTC) for k in range(4)]
    pl.DataFrame({"t": stamps, "v": [1.0, 2.0, 3.0, 4.0]}).write_parquet(tmp_path / "m.parquet")
    aware, _ = files.read(PARK, tmp_path, source(file="m.parquet"))
    assert aware["start"][0] == stamps[0]


def berlin():
    return dataclasses.replace(PARK, site=PARK.site.model_copy(update={"timezone": "Europe/Berlin"}))


@pytest.mark.parametrize("minutes", [15, 30, 60])
@pytest.mark.parametrize("label", ["start", "end"])
def test_the_hour_that_comes_twice_in_autumn_is_read_twice(tmp_path, minutes, label):
    first, last = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
    steps = (last - first) // timedelta(minutes=minutes)
    late = int(label == "end")
    stamps = [first + timedelta(minutes=minutes * (k + late)) for k in range(steps)]
    local = pl.Series(stamps).dt.convert_time_zone("Europe/Berlin").dt.strftime("%Y-%m-%d %H:%M")
    (tmp_path / "m.csv").write_text("t,v\n" + "".join(f"{t},{k}\n" for k, t in enumerate(local)))
    readings, alarms = files.read(berlin(), tmp_path, source(label=label))
    assert alarms.is_empty()
    assert readings["start"][0] == first
    assert readings.height == 100
    assert sum(energies(readings)) == sum(range(steps)) * 1_000_000


def test_an_hour_that_the_clocks_leave_out_in_spring_is_refused_by_row(tmp_path):
    rows = [(f"2026-03-29 {k:02d}:00", k) for k in range(6)]
    (tmp_path / "m.csv").write_text("t,v\n" + "".join(f"{t},{v}\n" for t, v in rows))
    with pytest.raises(ParkError, match=r"m.csv:4: t: .*the clocks leave that hour out"):
        files.read(berlin(), tmp_path, source())


def test_a_number_that_no_meter_shows_is_refused(tmp_path):
    with pytest.raises(ParkError, match=r"m.csv:3: v: .*give what a meter can show"):
        read(tmp_path, [(clock(0), 1), (clock(1), "1e15")])


def test_one_value_for_half_a_day_is_named_and_kept(tmp_path):
    stuck, alarms = read(tmp_path, [(clock(k), 5 if 4 <= k < 52 else k % 7) for k in range(96)])
    assert alarms["kind"].to_list() == ["file_stuck"]
    assert "one value for 48 intervals" in alarms["text"][0]
    assert set(stuck["quality"]) == {"good"}
    _, fine = read(tmp_path, [(clock(k), 5 if 4 <= k < 51 else k % 7) for k in range(96)])
    assert fine.is_empty()
    _, off = read(tmp_path, [(clock(k), 0) for k in range(96)])
    assert off.is_empty()


def test_stamps_off_the_grid_count_where_they_lie_and_are_named(tmp_path):
    late = [(clock(k, start="2026-07-15T00:07" if k >= 3 else "2026-07-15T00:00"), k + 1) for k in range(8)]
    readings, alarms = read(tmp_path, late)
    assert energies(readings) == [(k + 1) * 1_000_000 for k in range(8)]
    assert alarms["kind"].to_list() == ["file_off_grid"]
    assert "from 2026-07-15 00:52: 5 rows begin off the grid of 900 s" in alarms["text"][0]
    _, minutes = read(tmp_path, [(clock(k, 1), 1) for k in range(30)])
    assert minutes.is_empty()


def test_hours_off_the_grid_are_split_on_it_and_lose_nothing(tmp_path):
    hours, alarms = read(tmp_path, [(clock(k, 60, "2026-07-15T00:07"), 4) for k in range(3)])
    assert hours["start"].to_list() == read(tmp_path, [(clock(k), 1) for k in range(12)])[0]["start"].to_list()
    assert energies(hours) == [1_000_000] * 12
    assert alarms["kind"].to_list() == ["file_off_grid"]
