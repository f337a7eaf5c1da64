"""The folder of an energy case: written and read bit for bit, refused in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parkwright.energy import golden
from parkwright.energy.case import CASE_NOUNS, COLUMNS, Case, CaseError
from parkwright.store import energy_case

PAGE = Path(__file__).parents[2] / "docs" / "look-up" / "energy-case.md"


@pytest.fixture
def folder(tmp_path):
    energy_case.write(tmp_path / "case", golden.CASE, golden.series(96))
    return tmp_path / "case"


def test_a_case_comes_back_as_it_was_written(folder):
    case, given = energy_case.read(folder)
    wanted = golden.series(96)
    assert case == golden.CASE
    assert given.step_h == wanted.step_h
    assert list(given.starts) == list(wanted.starts)
    for name, column in wanted.columns.items():
        assert np.array_equal(given.columns[name], column)


def test_lists_and_texts_come_back_too(tmp_path):
    job = {"id": "j", "power_kw": [1.5, 2.0], "machine": "m"}
    case = Case.model_validate({"carbon_cap_kg": 5.0, "grid": {"import_limit_kw": 9.0}, "job": [job]})
    energy_case.write(tmp_path / "c", case, golden.series(4))
    assert energy_case.read(tmp_path / "c")[0] == case


def test_a_folder_that_holds_something_is_not_written_over(folder):
    with pytest.raises(CaseError, match="is not empty; give a folder of its own"):
        energy_case.write(folder, golden.CASE, golden.series(4))


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CaseError, match="give a folder that can be written"):
        energy_case.write(tmp_path / "file" / "case", golden.CASE, golden.series(4))


def test_a_folder_without_a_case_is_refused(tmp_path):
    with pytest.raises(CaseError, match=r"case.toml: No such file.*parkwright energy golden writes one"):
        energy_case.read(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "capacity_kwh = 4000.0",
            "capacity_mwh = 4.0",
            "battery.1.capacity_mwh: unknown key; did you mean 'capacity_kwh'?",
        ),
        ("capacity_kwh = 4000.0", 'capacity_kwh = "4 MWh"', "battery.1.capacity_kwh: is '4 MWh'; give a number in kWh"),
        ("capacity_kwh = 4000.0", "capacity_kwh = -4.0", "battery.1.capacity_kwh: is -4.0; give more than 0 in kWh"),
        ("charge_efficiency = 0.96", "charge_efficiency = 96", "charge_efficiency: is 96; give at most 1 in share"),
        (
            "import_limit_kw = 12000.0",
            "import_limit_kw = nan",
            "grid.import_limit_kw: is nan; give a finite number in kW",
        ),
        ('timezone = "Asia/Shanghai"', 'timezone = "Tianjin"', "timezone: is 'Tianjin'; is no time zone"),
        ("[grid]", "[grid", "case.toml: is no TOML"),
    ],
)
def test_a_field_that_cannot_be_is_refused_in_one_line_with_its_unit(folder, old, new, words):
    path = folder / "case.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(CaseError) as told:
        energy_case.read(folder)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_a_job_below_zero_is_refused():
    with pytest.raises(ValueError, match="holds a power outside 0 to"):
        Case.model_validate({"grid": {"import_limit_kw": 1.0}, "job": [{"id": "j", "power_kw": [-1.0]}]})


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"\xff\xfe", "byte 0 is not UTF-8")])
def test_a_series_that_is_no_text_or_nothing_is_refused(folder, content, words):
    (folder / "series.csv").write_bytes(content)
    with pytest.raises(CaseError, match=words):
        energy_case.read(folder)


def test_a_mark_at_the_beginning_and_empty_lines_do_no_harm(folder):
    path = folder / "series.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\n\n")
    assert len(energy_case.read(folder)[1].starts) == 96


def test_the_look_up_page_is_what_the_model_says():
    assert PAGE.read_text("utf-8") == energy_case.document(), (
        "write it anew: python -m parkwright.store.energy_case > docs/look-up/energy-case.md"
    )


def test_every_field_and_column_stands_on_the_page():
    text = PAGE.read_text("utf-8")
    for name in [*COLUMNS, *(field for noun in CASE_NOUNS for field in noun.model_fields)]:
        assert f"`{name}`" in text
