"""A case as text: whatever a case holds comes back, and a file that is mangled is refused in one line."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import golden
from parkwright.energy.case import MOST_CNY_PER_KG, MOST_CNY_PER_KWH, Case, CaseError, system
from parkwright.model.errors import PlanError
from parkwright.store import energy_case

POSITIVE = st.floats(0.1, 1e5)
CARBON = st.floats(0.1, MOST_CNY_PER_KG)
PRICE = st.floats(0.1, MOST_CNY_PER_KWH)
SHARE = st.floats(0.01, 1.0)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,9}", fullmatch=True)


def tables(fields):
    return st.lists(st.fixed_dictionaries(fields[0], optional=fields[1]), max_size=2)


CASES = st.fixed_dictionaries(
    {
        "grid": st.fixed_dictionaries(
            {"import_limit_kw": POSITIVE},
            optional={"export_limit_kw": POSITIVE, "demand_cny_per_kw_month": POSITIVE, "demand_reached_kw": POSITIVE},
        )
    },
    optional={
        "timezone": st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin"]),
        "carbon_cny_per_kg": CARBON,
        "carbon_cap_kg": POSITIVE,
        "battery": tables(
            (
                {"id": NAMES, "capacity_kwh": POSITIVE, "charge_kw": POSITIVE, "discharge_kw": POSITIVE},
                {"charge_efficiency": SHARE, "opening_kwh": st.floats(-10, 1e6), "lowest_kwh": POSITIVE},
            )
        ),
        "tank": tables(
            ({"id": NAMES, "capacity_kwh": POSITIVE}, {"charge_kw": POSITIVE, "end_kwh": st.floats(0, 1e6)})
        ),
        "heat_pump": tables(
            ({"id": NAMES, "power_kw": POSITIVE}, {"source": st.sampled_from(["surroundings", "waste_heat"])})
        ),
        "boiler": tables(({"id": NAMES, "power_kw": POSITIVE, "heat_cny_per_kwh": PRICE}, {"co2e_kg_per_kwh": SHARE})),
        "job": tables(({"id": NAMES, "power_kw": st.lists(POSITIVE, min_size=1, max_size=4)}, {"machine": NAMES})),
        "flexible": tables(({"id": NAMES, "power_kw": POSITIVE, "energy_kwh": POSITIVE}, {"efficiency": SHARE})),
    },
)


def written(case, given_series):
    folder = Path(tempfile.mkdtemp()) / "case"
    energy_case.write(folder, case, given_series)
    return folder


@settings(max_examples=60)
@given(CASES)
def test_any_case_comes_back_as_it_was_written(fields):
    case = Case.model_validate(fields)
    folder = written(case, golden.series(8))
    found, given_series = energy_case.read(folder)
    assert found == case
    assert len(given_series.starts) == 8


@settings(max_examples=60)
@given(CASES)
def test_any_case_is_a_system_or_is_refused_in_one_line(fields):
    told, built, repairs = made(Case.model_validate(fields))
    assert len(told.splitlines()) <= 1
    assert bool(told) != (built is not None)
    if built is not None:
        assert built.steps == 8
        assert all("held to" in line for line in repairs)


def made(case):
    """What is told about a case that is no system, or the system and its repairs."""
    try:
        built, repairs = system(case, golden.series(8))
    except PlanError as error:
        return str(error), None, ()
    return "", built, repairs


@settings(max_examples=80)
@given(st.integers(0, 10**6), st.sampled_from(["=", "[", '"', "\n", "9", "-", ".", "nan", "\x00", "é"]))
def test_a_case_with_a_character_more_is_read_or_refused_in_one_line(place, more):
    folder = written(golden.CASE, golden.series(4))
    path = folder / "case.toml"
    text = path.read_text("utf-8")
    cut = place % len(text)
    path.write_text(text[:cut] + more + text[cut:], "utf-8")
    told = refusal(folder)
    assert told == "" or (told.startswith("case.toml: ") and len(told.splitlines()) == 1)


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_a_series_that_is_cut_off_anywhere_is_read_or_refused_by_its_row(place):
    folder = written(golden.CASE, golden.series(6))
    path = folder / "series.csv"
    text = path.read_text("utf-8")
    path.write_text(text[: place % len(text)], "utf-8")
    told = refusal(folder)
    assert told == "" or (told.startswith("series.csv") and len(told.splitlines()) == 1)


def refusal(folder):
    """What reading a folder refuses, nothing where it reads."""
    try:
        energy_case.read(folder)
    except CaseError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("missing", ["case.toml", "series.csv"])
def test_a_file_that_is_missing_is_named_with_the_way_out(missing):
    folder = written(golden.CASE, golden.series(4))
    (folder / missing).unlink()
    assert missing in refusal(folder)
    assert "parkwright energy golden writes one" in refusal(folder)
