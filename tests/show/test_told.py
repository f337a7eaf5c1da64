"""Alarms in the reader's language: every kind that is raised has words, and its figures arrive."""

from __future__ import annotations

import ast
import re
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from park_fixture import small_park

import parkwright
from parkwright.energy import registers
from parkwright.model.tables import TABLES
from parkwright.show.told import PATTERNS, thing_named, told
from parkwright.show.words import Words, catalogue

SOURCE = Path(parkwright.__file__).parent
PARK = small_park()
AT = datetime(2026, 7, 15, 2, 30, tzinfo=UTC)
START = AT - timedelta(minutes=15)
EN, ZH = (Words(language, PARK.zone) for language in ("en", "zh"))
COLUMNS = {name for table in TABLES.values() for name in table.schema} | set(TABLES)
NO_KINDS = {"first_seen", "owed_mwh_int", "last_mwh_int", "register_mwh_int"}
"""Words in modules that raise alarms which look like kinds, and are columns or states of a counter."""


def raised() -> set[str]:
    """Return the kinds of alarms that modules raise: words in tuples and tables of modules that know ALARMS."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "ALARMS" not in text or "show" in path.parts:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Tuple | ast.Return | ast.IfExp | ast.Dict):
                words = [one.value for one in ast.iter_child_nodes(node) if isinstance(one, ast.Constant)]
                found |= {word for word in words if isinstance(word, str) and re.fullmatch("[a-z]+(_[a-z]+)+", word)}
    return found - COLUMNS - NO_KINDS


RAISED = sorted(raised())


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def say(words: Words, kind: str, thing: str, text: str) -> str:
    return told(words, PARK, kind, thing, AT, text)


def test_the_kinds_that_are_raised_are_found_in_the_source() -> None:
    assert set(RAISED) == {
        "battery_overdrawn", "estimate_carried", "file_conflict", "file_gap", "file_off_grid", "file_stuck",
        "meter_backwards",
        "meter_conflict", "meter_first_seen", "meter_imbalance", "meter_reset", "meter_rollover", "meter_silent",
        "meter_unknown", "payload_malformed", "reject_share_high", "plan_violation", "jobs_unplaced", "point_high",
        "point_low",
        "point_missing", "point_stuck", "store_outside", "store_stuck",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", RAISED)
def test_every_kind_has_a_name_a_sentence_and_where_its_figures_may_lack_an_advice(kind: str, language: str) -> None:
    words = catalogue(language)
    assert words[f"alarm.{kind}"]
    assert "thing}" in words[f"told.{kind}"]
    assert (f"advice.{kind}" in words) == (kind in PATTERNS)
    given_ = {"thing", "at"} | (set(PATTERNS[kind].groupindex) if kind in PATTERNS else set())
    assert fields(words[f"told.{kind}"]) <= given_


def test_no_kind_in_the_catalogue_is_never_raised() -> None:
    told_ = {key.removeprefix("told.") for key in catalogue("en") if key.startswith("told.")} - {"named"}
    assert told_ == {key.removeprefix("alarm.") for key in catalogue("en") if key.startswith("alarm.")} == set(RAISED)
    advice = {key.removeprefix("advice.") for key in catalogue("en") if key.startswith("advice.")}
    assert advice == set(PATTERNS) | {"order_late"}


TEXTS = {
    "meter_imbalance": (
        "b1",
        "Meters below meter b1 measured 1.250000 kWh more than it did at 2026-07-15T02:15; the difference is booked as "
        "imbalance. Compare the registers and the wiring of the meters below it.",
        ["1.250000", "Building 1 (b1)", "10:30"],
    ),
    "battery_overdrawn": (
        "BAT1",
        "Battery BAT1 gave 0.750000 kWh at 2026-07-15T02:15 that it did not hold by its books; booked as imbalance. "
        "Compare its meters with its state of charge.",
        ["0.750000", "Battery (BAT1)"],
    ),
    "reject_share_high": (
        "L-NB1",
        "Line L-NB1 rejected 9 of 60 units in the hour (15.0%, expected 1.5%), most at NB1-TST; look at that station "
        "and at the lots mounted since.",
        ["9 of 60", "15.0 %", "1.5 %", "Burn-in test (NB1-TST)", "Notebook line 1 (L-NB1)"],
    ),
    "file_gap": (
        "grid-in",
        "meters/2018.csv: from 2018-03-01 10:15: 3 intervals are missing and estimated",
        ["meters/2018.csv", "2018-03-01 10:15", "3 intervals", "Grid import (grid-in)"],
    ),
    "file_conflict": (
        "grid-in",
        "meters/2018.csv: from 2018-03-01 10:15: two values for one instant; the later row is used",
        ["meters/2018.csv", "2018-03-01 10:15"],
    ),
    "file_off_grid": (
        "grid-in",
        "meters/2018.csv: from 2018-03-01 10:22: 5 rows begin off the grid of 900 s; each counts in the interval in "
        "which it lies",
        ["meters/2018.csv", "2018-03-01 10:22", "5", "Grid import (grid-in)"],
    ),
    "file_stuck": (
        "grid-in",
        "meters/2018.csv: from 2018-03-01 10:15: one value for 48 intervals; it is booked as it is and forecasts leave "
        "it out. Check the meter",
        ["meters/2018.csv", "2018-03-01 10:15", "48", "Grid import (grid-in)"],
    ),
    "payload_malformed": ("air", "air: not JSON", ["Compressed air (air)", "10:30"]),
    "meter_silent": (
        "air",
        "Meter air sent nothing for the interval from 10:15; ...",
        ["Compressed air (air)", "10:30"],
    ),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_the_figures_of_a_fact_arrive_in_both_languages(kind: str) -> None:
    thing, text, parts = TEXTS[kind]
    english, chinese = say(EN, kind, thing, text), say(ZH, kind, thing, text)
    assert [part for part in parts if part not in english] == []
    assert [
        figure for part in parts for figure in re.findall(r"\d+\.\d+|\d\d:\d\d", part) if figure not in chinese
    ] == []
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert "{" not in english + chinese


def counted(meter_id: str, before: int, *values: tuple[datetime, int]) -> dict[str, str]:
    """Return the alarms by kind that energy.registers raises when a counter goes from `before` through `values`."""
    previous = pl.DataFrame([(meter_id, START, before)], schema=registers.REGISTERS, orient="row")
    seen = pl.DataFrame([(meter_id, at, value) for at, value in values], schema=registers.REGISTERS, orient="row")
    _, alarms = registers.intervals(seen, previous, [PARK.meter[meter_id]], (START, AT))
    return {row["kind"]: row["text"] for row in alarms.iter_rows(named=True)}


WIDTH = PARK.meter["air"].register_mwh_max


@pytest.mark.parametrize(
    ("kind", "before", "value", "shown"),
    [
        ("meter_rollover", WIDTH - 5, 2_500_000, "2.50000 kWh"),
        ("meter_reset", 900_000_000, 1_000_000, "1.00000 kWh"),
        ("meter_backwards", 900_000_000, 812_500_000, "812.500 kWh"),
    ],
)
def test_the_counter_that_registers_tell_is_shown_in_kwh(kind: str, before: int, value: int, shown: str) -> None:
    texts = counted("air", before, (AT, value))
    assert shown in say(EN, kind, "air", texts[kind])
    assert shown in say(ZH, kind, "air", texts[kind])


def test_a_water_meter_is_told_in_litres() -> None:
    texts = counted("water", 900_000_000, (AT, 812_500_000))
    assert "812\u2009500 L" in say(EN, "meter_backwards", "water", texts["meter_backwards"])


def test_two_values_for_one_instant_are_both_shown() -> None:
    texts = counted("air", 1_000_000, (AT, 2_000_000), (AT, 3_000_000))
    shown = say(ZH, "meter_conflict", "air", texts["meter_conflict"])
    assert "2.00000 kWh" in shown
    assert "3.00000 kWh" in shown


def test_a_silent_and_an_unknown_meter_are_told_by_name() -> None:
    silent = counted("air", 1_000_000)
    assert "压缩空气（air）" in say(ZH, "meter_silent", "air", silent["meter_silent"])
    assert "m-77 is not a meter" in say(EN, "meter_unknown", "m-77", "meter m-77 is not in the park")


def test_a_text_without_figures_gives_the_advice_of_its_kind() -> None:
    text = "m.csv: from 2018-03-01 10:15: the counter fell; the interval is estimated"
    assert say(ZH, "meter_backwards", "grid-in", text) == catalogue("zh")["advice.meter_backwards"]
    assert say(ZH, "meter_conflict", "air", "air: two counters at 2026-07-15 02:30:00 UTC") == ZH.say(
        "advice.meter_conflict"
    )


def test_an_unknown_kind_says_what_the_fact_says() -> None:
    assert say(ZH, "roof_leak", "B1", "Roof of B1 leaks; call the roofer.") == "Roof of B1 leaks; call the roofer."


def test_things_are_named_in_the_language_and_the_site_by_its_name() -> None:
    assert thing_named(ZH, PARK, "L-NB1") == "笔记本一线（L-NB1）"
    assert thing_named(EN, PARK, "NB1-TST") == "Burn-in test (NB1-TST)"
    assert thing_named(EN, PARK, "BAT1") == "Battery (BAT1)"
    assert thing_named(ZH, PARK, "site") == "测试园区"
    assert thing_named(EN, PARK, "nothing") == "nothing"


@given(st.sampled_from([*RAISED, "unknown"]), st.text(max_size=80), st.text(max_size=80))
def test_no_text_of_a_fact_breaks_the_sentence(kind: str, thing: str, text: str) -> None:
    for words in (EN, ZH):
        assert isinstance(say(words, kind, thing, text), str)
