"""Series in a park folder: weather, orders and metered data, each with what is taken and what is refused."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from parkwright.model.errors import ParkError
from parkwright.store.check import examine, findings
from parkwright.store.folder import load
from parkwright.store.new import write_park
from parkwright.store.parse import Reader
from parkwright.store.weather import read_weather

EPW = (Path(__file__).parents[2] / "parks" / "tianjin" / "weather.epw").read_text(encoding="utf-8").splitlines()
ROW = 8 + 4000
"""A line of the weather file in the middle of the year, from 0."""
ORDER = {
    "order_id": "1", "product_id": "P-A", "quantity": "5", "release": "2026-07-15T08:00:00+08:00",
    "due": "2026-07-15T16:00:00+08:00", "weight": "1", "market_id": "HOME",
}  # fmt: skip
METERED = {
    "file": "power.csv", "meter_id": "grid-in", "time_column": "at", "time_format": "%Y-%m-%d %H:%M",
    "label": "start", "value_column": "kWh", "value_unit": "kWh",
}  # fmt: skip
STAMPS = pl.datetime_range(
    pl.datetime(2026, 7, 15), pl.datetime(2026, 7, 16), "15m", closed="left", time_unit="ms", eager=True
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_park(tmp_path / "mine", "MINE")
    return tmp_path / "mine"


def said(folder: Path) -> list[str]:
    return [str(finding) for finding in findings(folder)]


def with_cell(line: int, column: int, value: str) -> str:
    cells = EPW[line].split(",")
    cells[column] = value
    return "\n".join([*EPW[:line], ",".join(cells), *EPW[line + 1 :]])


@pytest.mark.parametrize(
    ("column", "name", "least", "most", "missing"),
    [
        (6, "temperature_c", "-70", "70", "99.9"),
        (8, "humidity_share", "0", "110", "999"),
        (13, "ghi_w_per_m2", "0", "1500", "9999"),
        (14, "dni_w_per_m2", "0", "1500", "9999"),
        (15, "dhi_w_per_m2", "0", "1500", "9999"),
        (21, "wind_m_per_s", "0", "40", "999"),
    ],
)
def test_weather_is_taken_within_what_nature_does(tmp_path, column, name, least, most, missing):
    for value in (least, most):
        (tmp_path / "w.epw").write_text(with_cell(ROW, column, value), encoding="utf-8")
        reader = Reader(tmp_path)
        frame, _ = read_weather(reader, "w.epw")
        assert reader.findings == []
        share = name == "humidity_share"
        assert frame[name][4000] == (min(float(value) / 100, 1.0) if share else float(value))
    for value in (f"{float(least) - 0.1}", f"{float(most) + 0.1}", missing, "", "nan", "mild"):
        (tmp_path / "w.epw").write_text(with_cell(ROW, column, value), encoding="utf-8")
        reader = Reader(tmp_path)
        assert read_weather(reader, "w.epw")[0].is_empty()
        assert [(found.row, found.thing) for found in reader.findings] == [(ROW + 1, name)], value


@pytest.mark.parametrize(
    ("site", "station", "found"),
    [
        ({}, {}, []),
        ({"latitude": "33.1"}, {}, []),
        ({"latitude": "33.3"}, {}, ["station at 31.2, 121.5; the site is at 33.3, 121.5"]),
        ({"longitude": "119.4"}, {}, ["station at 31.2, 121.5; the site is at 31.2, 119.4"]),
        ({}, {8: "9.0"}, ["hours are of UTC+9, the site's standard time is UTC+8"]),
        ({"timezone": '"Europe/Berlin"'}, {8: "1.0"}, []),
        ({"timezone": '"Europe/Berlin"'}, {8: "2.0"}, ["hours are of UTC+2, the site's standard time is UTC+1"]),
        ({"timezone": '"Australia/Sydney"'}, {8: "10.0"}, []),
        ({"timezone": '"Asia/Kolkata"'}, {8: "5.5"}, []),
    ],
)
def test_weather_is_of_the_sites_place_and_standard_time(folder, site, station, found):
    text = (folder / "park.toml").read_text(encoding="utf-8")
    for key, value in site.items():
        line = next(line for line in text.splitlines() if line.startswith(f"{key} = "))
        text = text.replace(line, f"{key} = {value}")
    (folder / "park.toml").write_text(text, encoding="utf-8")
    cells = EPW[0].split(",")
    for column, value in ({6: "31.2", 7: "121.5", 8: "8.0"} | station).items():
        cells[column] = value
    (folder / "weather.epw").write_text("\n".join([",".join(cells), *EPW[1:]]), encoding="utf-8")
    told = said(folder)
    assert len(told) == len(found)
    assert all(words in line for words, line in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "is no LOCATION row"),
        ("LOCATION,a,b,c,d,e,north,121.5,8\n", "is no LOCATION row"),
        ("LOCATION,a,b,c,d,e,31.2\n", "is no LOCATION row"),
        ("\n".join(EPW[:8]), "has no hours"),
        ("\n".join([*EPW[:100], *EPW[101:]]), "is not where it belongs (month-day-hour 1-4-21 is there)"),
        ("\n".join([*EPW, *EPW[8:32]]), "has 8784 hours"),
    ],
)
def test_a_file_that_is_no_year_of_weather_is_refused(tmp_path, text, found):
    (tmp_path / "w.epw").write_text(text, encoding="utf-8")
    reader = Reader(tmp_path)
    assert read_weather(reader, "w.epw")[0].is_empty()
    assert found in str(reader.findings[0])


def write_orders(folder: Path, *rows: dict[str, str]) -> None:
    lines = [",".join(ORDER), *(",".join((ORDER | row).values()) for row in rows)]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("column", "good", "bad", "way_out"),
    [
        ("order_id", ["x", "Ä 1"], ["", '""'], "give each order line an id"),
        ("quantity", ["1", "1000000"], ["0", "-1", "1.5", "five", ""], "at least 1"),
        ("weight", ["0", "0.5", "1e9"], ["-0.1", "2e9", "nan", "heavy", ""], "give CNY/h, at least 0"),
        ("product_id", ["P-A", "P-B"], ["BOARD", "p-a", ""], "name a product of this folder"),
        ("market_id", ["HOME", "stock"], ["MARS", ""], "name a market, or stock"),
        (
            "release",
            ["2026-07-15T00:00:00Z", "2026-07-15T15:59:59+08:00", "2026-07-15T08:00:00.250+0800"],
            ["2026-07-15", "2026-07-15T08:00:00", "15.07.2026 08:00+08:00", "2026-02-30T08:00:00Z", ""],
            "give ISO 8601 with UTC offset",
        ),
        ("due", ["2026-07-15T08:00:01+08:00"], ["2026-07-15T16:00:00", "soon"], "give ISO 8601 with UTC offset"),
        ("due", ["2026-07-15T00:00:01Z"], ["2026-07-15T00:00:00Z", "2026-07-14T00:00:00Z"], "after the release"),
    ],
)
def test_a_cell_of_an_order_is_taken_or_refused_at_its_row(folder, column, good, bad, way_out):
    for value in good:
        write_orders(folder, {"order_id": "0"}, {column: value})
        assert findings(folder) == [], value
    for value in bad:
        write_orders(folder, {"order_id": "0"}, {column: value})
        told = [finding for finding in findings(folder) if way_out in finding.way_out]
        assert [(finding.row, finding.thing) for finding in told] == [(3, column)], value


def test_orders_of_any_offset_are_one_instant(folder):
    write_orders(folder, {"release": "2026-07-15T02:00:00+02:00", "due": "2026-07-14T17:00:00-08:00"})
    orders = load(folder).orders
    assert orders is not None
    release, due = orders.select("release", "due").row(0)
    assert (release.hour, due - release) == (0, timedelta(hours=1))


def test_an_orders_file_without_rows_is_a_day_without_orders(folder):
    write_orders(folder)
    orders = load(folder).orders
    assert orders is not None
    assert orders.is_empty()


def test_a_broken_product_does_not_make_its_orders_wrong(folder):
    write_orders(folder, {})
    text = (folder / "products.toml").read_text(encoding="utf-8")
    (folder / "products.toml").write_text(text.replace("mass_kg = 2.0", "mass_kg = -2.0"), encoding="utf-8")
    assert {finding.file for finding in findings(folder)} == {"products.toml"}


def import_series(folder: Path, rows: pl.DataFrame | None = None, **fields: str) -> list[str]:
    """Name a file of metered data in imports.toml, write it when given, and return the findings."""
    table = "\n".join(f'{key} = "{value}"' for key, value in (METERED | fields).items())
    (folder / "imports.toml").write_text(f"[[meter_file]]\n{table}\n", encoding="utf-8")
    if rows is not None:
        name = folder / (METERED | fields)["file"]
        rows.write_parquet(name) if name.suffix == ".parquet" else rows.write_csv(
            name, datetime_format="%Y-%m-%d %H:%M"
        )
    return said(folder)


def day(**columns: pl.Series | pl.Expr) -> pl.DataFrame:
    return pl.DataFrame({"at": STAMPS, "kWh": [1.5] * 96}).with_columns(**columns)


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        ({}, day()),
        ({}, day(note=pl.lit("other columns are free"))),
        ({"file": "power.parquet"}, day()),
        ({"file": "power.parquet"}, day(at=pl.col("at").dt.to_string("%Y-%m-%d %H:%M"))),
        ({"value_unit": "register_kWh"}, day(kWh=pl.int_range(96) * -1.0)),
        ({}, day().slice(10, 1)),
        ({}, day(kWh=pl.lit(0))),
    ],
)
def test_a_whole_series_passes(folder, fields, rows):
    assert import_series(folder, rows, **fields) == []


@pytest.mark.parametrize(
    ("fields", "rows", "found"),
    [
        ({"file": "sub/power.csv"}, None, "leads out of the folder"),
        ({"file": ".power.csv"}, None, "leads out of the folder"),
        ({"file": "power.xlsx"}, None, "is neither .csv nor .parquet"),
        ({"file": "absent.csv"}, None, "is not in the folder"),
        ({"meter_id": "grid-on"}, day(), "did you mean 'grid-in'?"),
        ({"time_column": "time"}, day(), "power.csv:1: column 'time': missing column"),
        ({"value_unit": "kwh"}, day(), "give one of"),
        ({}, day().clear(), "has no rows"),
        ({}, day(kWh=pl.int_range(96) - 95.0), "power.csv:2: kWh: is '-95.0' (95 such rows)"),
        ({"time_format": "%d/%m/%Y"}, day(), "is '2026-07-15 00:00' (96 such rows)"),
        ({}, day().filter(pl.int_range(96) != 40), "1 intervals are missing, 2026-07-15 10:00 to 2026-07-15 10:00"),
        ({}, pl.concat([day(), day()[-1:]]), "power.csv:98: interval 2026-07-15 23:45: does not follow"),
        ({}, pl.concat([day()[:2], day()[3:4], day()[2:3], day()[4:]]), "power.csv:5: interval 2026-07-15 00:30"),
        ({}, day(at=pl.col("at") + pl.duration(minutes=pl.int_range(96) // 48)), "by 900 s"),
        ({"file": "power.parquet", "value_column": "Wh"}, day(), "power.parquet:1: column 'Wh': missing column"),
    ],
)
def test_a_series_that_lacks_something_is_told(folder, fields, rows, found):
    told = import_series(folder, rows, **fields)
    assert any(found in line for line in told), told


def test_a_broken_line_of_metered_data_is_told_and_not_passed_over(folder):
    (folder / "power.csv").write_text('at,kWh\n2026-07-15 00:00,1\n"2026-07-15 00:15,1\n', encoding="utf-8")
    assert any("power.csv" in line for line in import_series(folder))
    (folder / "power.csv").write_text("at,kWh\n2026-07-15 00:00,1,2\n", encoding="utf-8")
    assert any("is no CSV" in line for line in import_series(folder))


def test_the_digest_is_of_what_was_read_and_of_nothing_else(folder, tmp_path):
    import_series(folder, day())
    before = load(folder).digest
    (folder / "NOTES.md").write_text("free", encoding="utf-8")
    (folder / ".hidden").write_text("free", encoding="utf-8")
    assert load(folder).digest == before
    twin = tmp_path / "twin"
    for name in sorted((path.name for path in folder.iterdir()), reverse=True):
        twin.mkdir(exist_ok=True)
        shutil.copy(folder / name, twin / name)
    assert load(twin).digest == before
    seen = {before}
    names = sorted({path.name for path in twin.iterdir() if path.suffix in (".csv", ".toml")} - {"power.csv"})
    for name in names:
        with (twin / name).open("a", encoding="utf-8") as file:
            file.write("\n" if name.endswith(".csv") else "# a note\n")
        seen.add(load(twin).digest)
    (twin / "power.csv").write_text((twin / "power.csv").read_text(encoding="utf-8").replace("1.5", "1.6"))
    assert len(seen | {load(twin).digest}) == len(names) + 2


def test_bytes_moved_from_one_file_to_the_next_change_the_digest(folder):
    (folder / "setups.csv").write_text("work_center_id,from_family,to_family,duration_s,basis\n", encoding="utf-8")
    one = load(folder).digest
    (folder / "setups.csv").write_text("work_center_id,from_family,to_family,duration_s,basis\n\n", encoding="utf-8")
    assert load(folder).digest != one


def test_a_folder_that_cannot_be_used_gives_its_draft_and_all_findings(folder):
    (folder / "energy.toml").unlink()
    draft, found = examine(folder)
    assert draft.reader.findings
    with pytest.raises(ParkError) as refused:
        load(folder)
    assert refused.value.findings == found
    assert str(found[0]) == "energy.toml: energy.toml: is missing; add it; it holds [grid]"
