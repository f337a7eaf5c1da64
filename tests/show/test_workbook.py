"""A table as an Excel workbook: every value comes back from the sheet, instants as dates, and text is only text."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Xml
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.show import workbook as book
from parkwright.show.workbook import DAY_0, MAIN, workbook

TIANJIN = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 7, 15, 4, 0, 0, 250_000, tzinfo=UTC)


def cells(made: bytes) -> list[list[object]]:
    """Return the cells of the one sheet: text, numbers, and dates as local instants."""
    package = zipfile.ZipFile(io.BytesIO(made))
    assert package.testzip() is None
    for name in package.namelist():
        Xml.fromstring(package.read(name))
    found = []
    for row in Xml.fromstring(package.read("xl/worksheets/sheet1.xml")).iter(f"{{{MAIN}}}row"):
        found.append([value(cell) for cell in row])
    return found


def value(cell: Xml.Element) -> object:
    text = cell.find(f".//{{{MAIN}}}t")
    if text is not None:
        assert cell.get("t") == "inlineStr"
        return text.text or ""
    number = cell.find(f"{{{MAIN}}}v")
    if number is None:
        return None
    if cell.get("t") == "b":
        return number.text == "1"
    if cell.get("s") == "2":
        return DAY_0 + timedelta(days=float(number.text))
    return float(number.text)


def test_a_table_of_every_kind_of_value_comes_back() -> None:
    rows = pl.DataFrame(
        {"start": [NOON, None], "meter_id": ["site", None], "kwh": [1.5, None], "n": [-3, 2], "ok": [True, False]},
        schema_overrides={"start": pl.Datetime("ms", "UTC")},
    )
    head, first, second = cells(workbook(rows, "readings", TIANJIN))
    assert head == ["start (Asia/Shanghai)", "meter_id", "kwh", "n", "ok"]
    local = first.pop(0)
    assert abs(local - datetime(2026, 7, 15, 12, 0, 0, 250_000, tzinfo=UTC)) < timedelta(milliseconds=1)
    assert first == ["site", 1.5, -3.0, True]
    assert second == [None, None, None, 2.0, False]


def test_an_integer_that_a_cell_would_round_is_text() -> None:
    rows = pl.DataFrame({"ug": [999_999_999_999_999, 1_000_000_000_000_000, -12_345_678_901_234_567]})
    assert [row[0] for row in cells(workbook(rows, "p", TIANJIN))[1:]] == [
        999_999_999_999_999.0, "1000000000000000", "-12345678901234567",
    ]  # fmt: skip


def test_what_is_no_number_is_an_empty_cell() -> None:
    rows = pl.DataFrame({"x": [float("nan"), float("inf"), 0.0]})
    assert [row[0] for row in cells(workbook(rows, "x", TIANJIN))[1:]] == [None, None, 0.0]


def test_a_formula_is_text_and_so_is_markup() -> None:
    rows = pl.DataFrame({"a": ["=1+1", '<f>"&</f>', " kept ", "温度"]})
    made = workbook(rows, 'a"<b>', TIANJIN)
    assert [row[0] for row in cells(made)[1:]] == ["=1+1", '<f>"&</f>', " kept ", "温度"]
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml")


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=5))
def test_any_text_makes_a_sound_sheet(texts: list[str]) -> None:
    shown = [row[0] for row in cells(workbook(pl.DataFrame({"a": texts}), "a", TIANJIN))[1:]]
    for text, back in zip(texts, shown, strict=True):
        assert back.replace("\n", "\r") == book.UNWRITABLE.sub(" ", text).replace("\r\n", "\r").replace("\n", "\r")


def test_a_table_without_rows_has_its_head() -> None:
    rows = pl.DataFrame(schema={"start": pl.Datetime("ms", "UTC"), "kwh": pl.Float64})
    assert cells(workbook(rows, "readings", ZoneInfo("UTC"))) == [["start (UTC)", "kwh"]]


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "MOST_ROWS", 2)
    assert len(cells(workbook(pl.DataFrame({"a": [1, 2]}), "a", TIANJIN))) == 3
    with pytest.raises(ValueError, match="a: 3 rows are more than the 2 that a sheet holds; take CSV"):
        workbook(pl.DataFrame({"a": [1, 2, 3]}), "a", TIANJIN)
