"""The parts that a park folder is read with: line locator, readers, explanations, meter files, new parks."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.model.errors import Finding, ParkError
from parkwright.model.noun import Text
from parkwright.model.plant import Battery, Meter
from parkwright.model.site import WorkCenter
from parkwright.store.check import findings
from parkwright.store.draft import csv_columns
from parkwright.store.explain import inner_noun, shown, suggest
from parkwright.store.folder import load
from parkwright.store.locate import Locator
from parkwright.store.new import write_park
from parkwright.store.parse import Place, Reader
from parkwright.store.rules.place import area_m2, is_day, is_zone

STEELWORKS = Path(__file__).parents[2] / "parks" / "steelworks"

LINES = """\
# a comment with [brackets] and x = 1

[site]
name = { en = "a # b", zh = "甲" }
"quoted key" = 1

[site.basis]
name = "assumed: x"

[[line]]
id = "A"
corners = [
  [0.0, 0.0],  # first = 1
  [1.0, 0.0],
]
takt_s = 9

  [[line.unit]]
  id = "A1"

  [[line.unit]]
  id = "A2"
  text = \"\"\"
  [[line]]
  id = "no"
  \"\"\"
  cycle_s = 3

[[line]]
id = "B"

[[line.unit]]
id = "B1"
"""


def row_of(text: str) -> int:
    return next(number for number, line in enumerate(LINES.splitlines(), 1) if line.strip() == text)


def test_locator_finds_the_line_of_each_key() -> None:
    tomllib.loads(LINES)
    locator = Locator(LINES)
    assert locator.row(("site", "name")) == row_of('name = { en = "a # b", zh = "甲" }')
    assert locator.row(("site", "quoted key")) == row_of('"quoted key" = 1')
    assert locator.row(("site", "basis", "name")) == row_of('name = "assumed: x"')
    assert locator.row(("line", 0, "takt_s")) == row_of("takt_s = 9")
    assert locator.row(("line", 0, "unit", 1, "cycle_s")) == row_of("cycle_s = 3")
    assert locator.row(("line", 1, "id")) == row_of('id = "B"')
    assert locator.row(("line", 1, "unit", 0, "id")) == row_of('id = "B1"')


def test_locator_falls_back_to_the_table_around_a_missing_key() -> None:
    locator = Locator(LINES)
    assert locator.row(("line", 1, "takt_s")) == row_of('id = "B"') - 1
    assert locator.row(("line", 0, "corners", 1, 0)) == row_of("corners = [")
    assert locator.row(("nothing",)) == 0


@given(st.lists(st.integers(min_value=0, max_value=4), min_size=1, max_size=20))
def test_locator_agrees_with_the_parser_on_any_number_of_tables(inner: list[int]) -> None:
    lines: list[str] = []
    wanted: dict[tuple[str | int, ...], int] = {}
    for position, count in enumerate(inner):
        lines += ["[[table]]", f"value = {position}"]
        wanted[("table", position, "value")] = len(lines)
        for below in range(count):
            lines += ["", "[[table.part]]", f"value = {below}"]
            wanted[("table", position, "part", below, "value")] = len(lines)
    text = "\n".join(lines)
    assert len(tomllib.loads(text)["table"]) == len(inner)
    locator = Locator(text)
    assert {path: locator.row(path) for path in wanted} == wanted


@given(st.text(max_size=300))
def test_locator_takes_any_text(text: str) -> None:
    assert Locator(text).row(("a", 0, "b")) >= 0


@given(st.binary(max_size=200))
def test_any_bytes_in_any_file_give_findings_and_no_crash(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("park.toml", "meters.csv", "weather.epw", "orders.csv", "imports.toml"):
        (folder / name).write_bytes(data)
    assert findings(folder)


KEYS = st.sampled_from(["id", "name", "work_unit", "x"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@given(st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)))
def test_any_shape_of_a_table_is_explained(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    folder = tmp_path_factory.mktemp("shape")
    (folder / "lines.toml").write_text(f"work_center = {toml(value)}\n", encoding="utf-8")
    assert all(finding.found for finding in findings(folder))


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\u{ord(c) & 0x7FFF:04x}" for c in value) + '"'
    return "nan" if value is None else repr(value)


def test_csv_keeps_rows_apart_where_a_cell_holds_lines(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('a,b\n1,"two\nlines"\n\n3,4\n', encoding="utf-8")
    records = Reader(tmp_path).csv("x.csv", {"a": True, "b": False})
    assert records is not None
    assert [(record.place.row, record.fields["a"]) for record in records] == [(2, "1"), (5, "3")]


def test_csv_leaves_empty_cells_to_the_default(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,\n", encoding="utf-8")
    records = Reader(tmp_path).csv("x.csv", {"a": True, "b": False})
    assert records is not None
    assert records[0].fields == {"a": "1"}


def test_finding_is_told_once(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for _ in range(2):
        reader.report(Place("x.csv", 3), "thing", "found", "way out")
    assert reader.findings == [Finding("x.csv", 3, "thing", "found", "way out")]
    assert str(reader.findings[0]) == "x.csv:3: thing: found; way out"


def test_columns_follow_from_the_noun() -> None:
    columns = csv_columns(Meter)
    assert columns["id"]
    assert not columns["base_kw"]
    assert "name" not in columns


def test_noun_inside_an_annotation_is_found() -> None:
    assert inner_noun(WorkCenter.model_fields["work_unit"].annotation) is not None
    assert inner_noun(Battery.model_fields["name"].annotation) is Text
    assert inner_noun(float) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [({"a": 1}, "a table"), ([1, 2], "a list of 2"), (True, "true"), ("x", "'x'"), (1.5, "1.5")],
)
def test_value_is_shown_shortly(value: object, text: str) -> None:
    assert shown(value) == text
    assert len(shown("x" * 500)) == 60


def test_suggestion_names_the_closest_or_all() -> None:
    assert suggest("capacity", ["capacity_kwh", "power_kw"]) == "did you mean 'capacity_kwh'?"
    assert suggest("zzz", ["a", "b"]) == "use a, b"
    assert "park-folder.md" in suggest("zzz", [])


def test_area_is_the_same_in_either_direction() -> None:
    corners = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)]
    assert area_m2(corners) == area_m2(corners[::-1]) == 12.0


def test_days_and_zones_are_recognised() -> None:
    assert is_day("2024-02-29")
    assert not is_day("2023-02-29")
    assert not is_day("20240229")
    assert is_zone("Asia/Seoul")
    assert not is_zone("Asia/Nowhere")
    assert not is_zone("../etc/passwd")


def steelworks(tmp_path: Path, old: str, new: str) -> list[str]:
    """Return the findings on a steelworks folder whose metered data has one text replaced."""
    for source in STEELWORKS.iterdir():
        if source.name != "usage_2018.csv":
            (tmp_path / source.name).write_bytes(source.read_bytes())
    text = (STEELWORKS / "usage_2018.csv").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "usage_2018.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    return [str(finding) for finding in findings(tmp_path)]


def test_gap_in_metered_data_is_named_with_its_first_and_last_interval(tmp_path: Path) -> None:
    text = (STEELWORKS / "usage_2018.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    told = steelworks(tmp_path, "".join(text[1000:1003]), "")
    assert len(told) == 1
    assert told[0].startswith("usage_2018.csv:1001: ")
    assert "3 intervals are missing, 2018-01-11 10:00 to 2018-01-11 10:30" in told[0]


def test_interval_given_twice_is_named(tmp_path: Path) -> None:
    told = steelworks(tmp_path, "01/01/2018 00:30,4,", "01/01/2018 00:15,4,")
    assert any("does not follow 2018-01-01 00:15" in line for line in told)


def test_negative_energy_is_named(tmp_path: Path) -> None:
    told = steelworks(tmp_path, "01/01/2018 00:30,4,", "01/01/2018 00:30,-4,")
    assert told == ["usage_2018.csv:3: Usage_kWh: is '-4'; give a number of at least 0 in kWh"]


def test_time_of_another_form_is_named(tmp_path: Path) -> None:
    told = steelworks(tmp_path, "01/01/2018 00:30,", "2018-01-01T00:30,")
    assert told == ["usage_2018.csv:3: date: is '2018-01-01T00:30'; give times of the form %d/%m/%Y %H:%M"]


def test_metered_data_may_be_parquet(tmp_path: Path) -> None:
    for source in STEELWORKS.iterdir():
        if source.name not in ("usage_2018.csv", "imports.toml"):
            (tmp_path / source.name).write_bytes(source.read_bytes())
    imports = (STEELWORKS / "imports.toml").read_text(encoding="utf-8").replace(".csv", ".parquet")
    (tmp_path / "imports.toml").write_text(imports, encoding="utf-8")
    rows = pl.read_csv(STEELWORKS / "usage_2018.csv")
    rows.write_parquet(tmp_path / "usage_2018.parquet")
    assert findings(tmp_path) == []
    before = load(tmp_path).digest
    rows.with_columns(pl.col("Usage_kWh") * 2).write_parquet(tmp_path / "usage_2018.parquet")
    assert load(tmp_path).digest != before
    (tmp_path / "usage_2018.parquet").write_bytes(b"no parquet")
    assert "no Parquet file" in str(findings(tmp_path)[0])


def test_given_orders_replace_the_pattern(tmp_path: Path) -> None:
    write_park(tmp_path / "mine", "MINE")
    (tmp_path / "mine" / "orders.csv").write_text(
        "order_id,product_id,quantity,release,due,weight,market_id\n"
        "1,P-A,5,2026-07-15T08:00:00+08:00,2026-07-15T16:00:00+08:00,5,HOME\n",
        encoding="utf-8",
    )
    orders = load(tmp_path / "mine").orders
    assert orders is not None
    assert orders.row(0)[:3] == ("1", "P-A", 5)
    assert orders["release"][0].hour == 0


def test_new_park_checks_clean_and_carries_its_name(tmp_path: Path) -> None:
    write_park(tmp_path / "mine", "MINE")
    assert findings(tmp_path / "mine") == []
    park = load(tmp_path / "mine")
    assert park.site.park_id == "MINE"
    assert len(park.work_centers) == 1
    assert len(park.products) == 2
    assert park.shifts(date(2026, 7, 15))


def test_new_park_does_not_write_over_anything(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ParkError, match="not empty"):
        write_park(tmp_path, "MINE")
    assert [entry.name for entry in tmp_path.iterdir()] == ["note.txt"]


def test_new_park_needs_an_identity_and_a_place(tmp_path: Path) -> None:
    with pytest.raises(ParkError, match="'my park'"):
        write_park(tmp_path / "x", "my park")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ParkError, match="park folder"):
        write_park(tmp_path / "file" / "below", "MINE")
