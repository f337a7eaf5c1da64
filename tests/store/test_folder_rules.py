"""Rules between the nouns of a folder, tried on the small park that `new` writes; each fault is told."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from parkwright.model.errors import Finding
from parkwright.store.check import examine, findings
from parkwright.store.layout import FILES, SECTIONS
from parkwright.store.new import write_park
from parkwright.store.parse import Reader
from parkwright.store.rules.series import MAX_GAPS
from parkwright.store.weather import HOURS, read_weather

WEATHER = Path(__file__).parents[2] / "parks" / "tianjin" / "weather.epw"

IMPORT = """
[[meter_file]]
file = "power.csv"
meter_id = "grid-in"
time_column = "at"
time_format = "%Y-%m-%d %H:%M"
label = "start"
value_column = "kWh"
value_unit = "kWh"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_park(tmp_path / "mine", "MINE")
    return tmp_path / "mine"


def change(folder: Path, file: str, old: str, new: str) -> list[Finding]:
    """Replace one text of a file and return the findings."""
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1, old
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return findings(folder)


def add(folder: Path, file: str, text: str) -> list[Finding]:
    with (folder / file).open("a", encoding="utf-8") as open_file:
        open_file.write(text)
    return findings(folder)


def said(found: list[Finding]) -> list[str]:
    return [str(finding) for finding in found]


def row_of(folder: Path, file: str, text: str) -> int:
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_one_wrong_reference_is_one_finding_at_its_row(folder: Path) -> None:
    found = change(folder, "lines.toml", 'node_id = "n-line"', 'node_id = "n-lime"')
    row = row_of(folder, "lines.toml", "n-lime")
    want = f"lines.toml:{row}: work_center 'L-1': node_id: 'n-lime' is no node of this folder; did you mean 'n-line'?"
    assert said(found) == [want]


def test_broken_supplier_is_told_once_and_not_by_its_materials(folder: Path) -> None:
    found = change(folder, "suppliers.toml", 'country = "CN"', 'country = "China"')
    assert len(found) == 1
    assert "supplier 'S-1': country: is 'China'" in str(found[0])


def test_broken_line_is_told_once_and_not_by_meters_setups_and_products(folder: Path) -> None:
    found = change(folder, "lines.toml", "takt_s = 60.0", "takt_s = -60.0")
    row = row_of(folder, "lines.toml", "takt_s")
    assert said(found) == [f"lines.toml:{row}: work_center 'L-1': takt_s: is -60.0; give more than 0 in s"]


def test_file_that_does_not_parse_is_told_at_its_line(folder: Path) -> None:
    found = change(folder, "roads.toml", "at = [60.0, 18.0]", "at = [60.0, 18.0")
    assert {finding.file for finding in found} == {"roads.toml"}
    assert abs(found[0].row - row_of(folder, "roads.toml", "at = [60.0, 18.0")) <= 1


def test_machine_in_a_line_is_named_with_its_own_row(folder: Path) -> None:
    found = change(folder, "lines.toml", "places = 6", "places = 0")
    assert found[0].row == row_of(folder, "lines.toml", "places = 0")
    assert "work_unit.2.places" in found[0].thing


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("park.toml", "medium_mean = 12.0", "medium_mean = 70.0", "medium_mean: is 70"),
        ("park.toml", "small_below = 5", "small_below = 60", "small end before large begins"),
        ("lines.toml", "run_kw = 2.0", "run_kw = 0.2", "above run_kw 0.2"),
        ("lines.toml", "idle_kw = 0.5", "idle_kw = 0.5\noff_kw = 0.7", "above idle_kw 0.5"),
        ("tariff.toml", "valley = 0.4", "valley = -1.0", "is -1 for valley"),
        ("tariff.toml", "[[8.0, 11.0]", "[[11.0, 8.0]", "runs from 11 to 8"),
        ("energy.toml", "power_kw = 50.0", "power_kw = 50000.0", "50000 kW for 100 kWh"),
        ("meters.csv", "fleet,logistics", "feet,logistics", "'feet' is no machine"),
        ("meters.csv", "line-1,electricity,load,L1-ASM", "grid-in,electricity,load,L1-ASM", "role import"),
        ("meters.csv", "车间照明,hall,", "车间照明,hall-light,", "loops"),
        ("meters.csv", "HALL,hvac", "HALL,lighting", "for the same purpose"),
        ("meters.csv", "HALL,hvac", "L-1,hvac", "purpose hvac"),
        ("meters.csv", "BAT1,other,,assumed: the meter of", "HALL,other,,assumed: the meter of", "is no battery"),
        ("factors.csv", "0.6096", "5.0", "give kg, not g"),
        ("roads.toml", 'b = "charge"', 'b = "n-line"', "is given twice"),
        ("park.toml", 'timezone = "Asia/Shanghai"', 'timezone = ""', "no IANA time zone"),
        ("park.toml", 'park_id = "MINE"', 'park_id = "my park"', "give text of the form"),
        ("park.toml", 'en = "New park"', 'en = ""', "at least 1 characters"),
        ("park.toml", 'en = "New park"', f'en = "{"x" * 81}"', "at most 80 characters"),
        ("park.toml", 'name = { en = "New park", zh = "新园区" }', 'name = "New park"', "give"),
        ("buildings.toml", "[[20.0, 20.0], [100.0, 20.0], [100.0, 60.0], [20.0, 60.0]]", "[[1.0, 1.0]]", "3 entries"),
        ("buildings.toml", "[100.0, 60.0], [20.0, 60.0]]", "[60.0, 20.0]]", "encloses no area"),
        ("buildings.toml", "[[20.0, 20.0]", "[[20.0]", "HALL"),
        ("lines.toml", 'segment_ids = ["ASSEMBLY"]', "segment_ids = []", "at least 1 entries"),
        ("lines.toml", 'segment_ids = ["ASSEMBLY"]', 'segment_ids = "ASSEMBLY"', "give a list"),
        ("lines.toml", 'kind = "pack"', 'kind = "packing"', "give one of"),
        ("factors.csv", ",true", ",yes and no", "give true or false"),
        ("tariff.toml", 'valid_from = "2020-01-01"', "valid_from = 2020-01-01", "text in quotes"),
    ],
)  # fmt: skip
def test_planted_fault_is_told(folder: Path, file: str, old: str, new: str, words: str) -> None:
    found = change(folder, file, old, new)
    assert any(words in str(finding) and finding.file == file for finding in found), said(found)


def test_nothing_to_order_is_told(folder: Path) -> None:
    change(folder, "products.toml", "share = 0.6", "share = 0.0")
    change(folder, "products.toml", "share = 1.0", "share = 0.0")
    found = change(folder, "products.toml", "share = 0.4", "share = 0.0")
    assert any("nothing to order" in str(finding) for finding in found)
    assert any("has no market" in str(finding) for finding in found)


def test_two_tariffs_from_one_day_are_told(folder: Path) -> None:
    text = (folder / "tariff.toml").read_text(encoding="utf-8").split("[[tariff.band]]")[0].replace('"tou"', '"two"')
    found = add(folder, "tariff.toml", "\n" + text)
    assert said(found) == [
        f"tariff.toml:{found[0].row}: tariff 'two': valid_from: is 2020-01-01, like that of 'tou'; "
        "let one tariff begin on a day"
    ]


def test_fleet_meter_without_fleet_is_told(folder: Path) -> None:
    text = (folder / "park.toml").read_text(encoding="utf-8")
    before, after = text.split("[fleet]")
    (folder / "park.toml").write_text(before + "[warehouse]" + after.split("[warehouse]")[1], encoding="utf-8")
    assert any("names the fleet, but there is none" in line for line in said(findings(folder)))


def test_folder_named_like_a_file_is_told(folder: Path) -> None:
    (folder / "green.csv").mkdir()
    assert said(findings(folder)) == [
        "green.csv: green.csv: is no file; give a plain file of this name or leave it out"
    ]


def test_notes_and_hidden_files_are_free(folder: Path) -> None:
    for name in ("README.md", "notes.txt", ".gitignore", "LICENSE"):
        (folder / name).write_text("x", encoding="utf-8")
    assert findings(folder) == []


def test_byte_order_mark_and_windows_lines_are_taken(folder: Path) -> None:
    for name in ("meters.csv", "park.toml"):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))
    assert findings(folder) == []


def test_series_of_a_meter_is_read_through_its_import(folder: Path) -> None:
    (folder / "imports.toml").write_text(IMPORT, encoding="utf-8")
    assert "is not in the folder" in said(findings(folder))[0]
    rows = ["at,kWh", *(f"2026-07-15 {m // 60:02d}:{m % 60:02d},1.5" for m in range(0, 1440, 15))]
    (folder / "power.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert findings(folder) == []
    (folder / "power.csv").write_text("at,kWh\n", encoding="utf-8")
    assert "has no rows" in said(findings(folder))[0]
    (folder / "power.csv").write_text("time,kWh\n1,2\n", encoding="utf-8")
    assert "column 'at': missing column" in said(findings(folder))[0]


def test_many_gaps_are_counted(folder: Path) -> None:
    (folder / "imports.toml").write_text(IMPORT, encoding="utf-8")
    rows = ["at,kWh", *(f"2026-07-15 {m // 60:02d}:{m % 60:02d},1.5" for m in range(0, 1440, 30))]
    (folder / "power.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    told = said(findings(folder))
    assert len(told) == MAX_GAPS + 1
    assert any(f"has {47 - MAX_GAPS} more such places" in line for line in told)


def test_meter_read_twice_from_one_file_is_told(folder: Path) -> None:
    (folder / "imports.toml").write_text(IMPORT + IMPORT, encoding="utf-8")
    (folder / "power.csv").write_text("at,kWh\n2026-07-15 00:00,1\n", encoding="utf-8")
    assert any("'grid-in' is read twice" in line for line in said(findings(folder)))


def test_orders_of_a_thousand_lines_are_read_with_their_types(folder: Path) -> None:
    lines = ["order_id,product_id,quantity,release,due,weight,market_id"]
    lines += [f"{n},P-A,{1 + n % 7},2026-07-15T00:00:00Z,2026-07-15T08:00:00Z,{n % 7 + 1},HOME" for n in range(1000)]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft, found = examine(folder)
    assert found == []
    assert draft.orders is not None
    assert draft.orders["quantity"].sum() == sum(1 + n % 7 for n in range(1000))
    assert draft.orders["due"].dtype == pl.Datetime("ms", "UTC")


def test_bad_order_names_its_row(folder: Path) -> None:
    lines = ["order_id,product_id,quantity,release,due,weight,market_id"]
    lines += [f"{n},P-A,1,2026-07-15T00:00:00Z,2026-07-15T08:00:00Z,1,HOME" for n in range(10)]
    lines[7] = lines[7].replace("HOME", "MARS")
    (folder / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert said(findings(folder)) == ["orders.csv:8: market_id: is 'MARS'; name a market, or stock"]


def test_weather_keeps_the_year_and_its_units(tmp_path: Path) -> None:
    (tmp_path / "weather.epw").write_bytes(WEATHER.read_bytes())
    frame, station = read_weather(Reader(tmp_path), "weather.epw")
    assert frame.height == HOURS
    assert station is not None
    assert station.zone_h == 8.0
    assert frame["humidity_share"].is_between(0.0, 1.0).all()
    assert frame.null_count().sum_horizontal().sum() == 0
    cells = WEATHER.read_text(encoding="utf-8").splitlines()[8 + 5000].split(",")
    row = frame.row(5000, named=True)
    assert row["month"] == int(cells[1])
    assert row["hour"] == int(cells[3]) - 1
    assert row["temperature_c"] == float(cells[6])
    assert row["ghi_w_per_m2"] == float(cells[13])
    assert row["wind_m_per_s"] == float(cells[21])


def test_weather_of_a_leap_year_is_refused_at_its_day(tmp_path: Path) -> None:
    lines = WEATHER.read_text(encoding="utf-8").splitlines()
    day = [line.replace(",2,28,", ",2,29,") for line in lines[8 + 58 * 24 - 24 : 8 + 58 * 24]]
    (tmp_path / "weather.epw").write_text(
        "\n".join(lines[: 8 + 59 * 24] + day + lines[8 + 59 * 24 :]), encoding="utf-8"
    )
    reader = Reader(tmp_path)
    read_weather(reader, "weather.epw")
    assert [finding.thing for finding in reader.findings] == ["hour 03-01 00:00"]


def test_every_section_stands_in_a_known_file() -> None:
    assert {section.file for section in SECTIONS} < set(FILES)
    assert len({(section.file, section.key) for section in SECTIONS}) == len(SECTIONS)


@pytest.mark.parametrize(
    "file", sorted(set(FILES) - {"weather.epw", "orders.csv", "imports.toml", "green.csv", "points.csv"})
)
def test_unreadable_file_is_told_alone(folder: Path, file: str) -> None:
    (folder / file).write_bytes(b"\xff\xfe broken")
    assert {finding.file for finding in findings(folder)} == {file}
