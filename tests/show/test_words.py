"""The message catalogue: complete in both languages, without dead entries; numbers as people read them."""

from __future__ import annotations

import json
import re
import string
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from show_park import make_park

import parkwright.show as show
from parkwright.show import wall
from parkwright.show.answers.energy import BANDS
from parkwright.show.auth import GRANTS
from parkwright.show.picture import STATES
from parkwright.show.scene import make_scene
from parkwright.show.words import COUNTED, Words, catalogue, drawn

SOURCE = Path(show.__file__).parent
CODE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py")))
EN = Words("en", ZoneInfo("Asia/Shanghai"))
FROM_DATA = (
    "posting_rule",
    "posting_known",
    "foot_kind",
    "factor_kind",
    "foot_from",
    "foot_component",
    "certificate_finding",
    "event_kind",
    "indicator",
    "term",
    "event_role",
    "event_step",
    "advice",
    "told",
    "alarm",
    "kind",
    "position",
    "request_state",
    "role",
    "scope3",
    "evidence",
    "certificate",
    "purpose",
    "count",
    "band",
    "verdict",
    "result",
    "quality",
    "status",
    "view",
    "band_short",
    "zone",
    "comfort",
    "waste",
    "point_state",
    "lamp_fault",
    "lamp_do",
    "solar_fault",
    "solar_do",
)
"""Families whose last part is a word of the data: nouns of the model, kinds of alarms, roles."""
FACT = r'(?<!add)\("([a-z_]+)", [^()\[\]]*(?:\([^()]*\))?, "[a-zA-Z0-9]*"\)'
"""A fact of a thing as show.scene writes it: ("takt", line.takt_s, "s")."""
IN_BROWSER = ("wall", "gantt")
"""Families that scripts of the browser use."""


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def test_both_languages_have_the_same_messages_with_the_same_values() -> None:
    en, zh = catalogue("en"), catalogue("zh")
    assert set(en) == set(zh)
    assert [key for key in en if fields(en[key]) != fields(zh[key])] == []


def test_no_message_is_empty_and_chinese_is_chinese() -> None:
    assert [key for key, text in (catalogue("en") | catalogue("zh")).items() if not text.strip()] == []
    latin = [
        key
        for key, text in catalogue("zh").items()
        if not re.search(r"[\u4e00-\u9fff]", text) and not key.startswith(("count.", "nav."))
    ]
    assert set(latin) <= {"wall.lang", "told.named"}


def test_every_message_that_the_code_names_exists() -> None:
    named = set(re.findall(r'(?:say|heads)\(\s*(?:words,\s*)?"([a-z_]+\.[a-z0-9_.]+)[>~!]*"', CODE))
    named |= set(re.findall(r'"((?:why|input|flow|state|need)\.[a-z0-9_]+)"', CODE))
    named |= {
        f"{family}.{name}"
        for family, name in re.findall(r'"(plan|energy|passport|carbon|page)\.([a-z_0-9]+)[>~!]*"', CODE)
    }
    assert sorted(named - set(catalogue("en"))) == []


def test_no_message_is_dead() -> None:
    quoted = set(re.findall(r"""["']([a-zA-Z0-9_.]+)[>~!]*["']""", CODE))
    built = set(re.findall(r"""f["']([a-z_]+\.[a-z_]*)\{""", CODE))
    built |= {f"{family}." for family in re.findall(r'AskCard\(words, "([a-z_]+)"', CODE)}
    dead = []
    for key in catalogue("en"):
        rests = [key.removeprefix(start) for start in built if key.startswith(start)]
        from_code = any(rest in quoted or rest.removesuffix("_why") in quoted for rest in rests)
        from_step = key.removesuffix("_why") in quoted
        if not (key in quoted or from_code or from_step or key.partition(".")[0] in FROM_DATA + IN_BROWSER):
            dead.append(key)
    assert dead == []


def scripts(view: str) -> str:
    folder = SOURCE / "views"
    files = (
        [folder / "gantt.js"] if view == "gantt" else [*(folder / "wall").glob("*.js"), *(folder / "park").glob("*.js")]
    )
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def named_in(view: str) -> set[str]:
    """Return the words that a view's script asks for by name."""
    if view == "wall":
        return set(re.findall(r'\bword\("([a-z_.]+)"', scripts(view)))
    return set(re.findall(r"\b(?:labels|l)\.([a-z_]+)", scripts(view)))


def built_in(view: str) -> set[str]:
    """Return the words that a view's script puts together: `state.${key}` for each state, and so on."""
    if view == "gantt":
        return {f"band.{band}" for band in BANDS}
    scene = make_scene(make_park())
    things = scene["things"].values()
    return (
        {f"band.{band}" for band in BANDS}
        | {f"state.{state}" for state in STATES}
        | {f"kind.{thing['kind']}" for thing in things}
        | {f"fact.{name}" for name in re.findall(FACT, (SOURCE / "scene.py").read_text("utf-8"))}
        | {f"caption.{stop['caption']}" for stop in scene["tour"]}
    )


@pytest.mark.parametrize("view", IN_BROWSER)
def test_every_word_that_a_script_names_is_in_the_catalogue(view: str) -> None:
    named = named_in(view)
    assert len(named) > 10
    assert sorted((named | built_in(view)) - set(drawn("en", view))) == []


@pytest.mark.parametrize("view", IN_BROWSER)
def test_no_word_of_a_script_is_dead(view: str) -> None:
    text = scripts(view)
    quoted = {one or two for one, two in re.findall(r"""["'`]([a-z0-9_.]+)["'`]|\b([a-z0-9_]+):""", text)}
    begins = set(re.findall(r"`([a-z]+\.)\$\{", text))
    named, built = named_in(view), built_in(view)
    dead = []
    for key in drawn("en", view):
        start = key.partition(".")[0] + "."
        by_name = start in begins and "." in key and (key in built or key.partition(".")[2] in quoted)
        if key not in named | quoted | built and not by_name:
            dead.append(key)
    assert dead == []


def test_the_wall_and_the_gantt_are_given_the_catalogues_words() -> None:
    given = wall.words()
    assert given["state.run"] == [catalogue("en")["wall.state.run"], catalogue("zh")["wall.state.run"]]
    assert given["band.peak"] == ["peak", "峰"]
    assert (
        json.dumps(given["tour.play"], ensure_ascii=False).replace(" ", "")
        in wall.page(make_scene(make_park())).body.decode()
    )
    assert drawn("zh", "gantt")["next_late"] == catalogue("zh")["gantt.next_late"]


def test_there_is_no_other_file_of_words() -> None:
    assert [file.name for file in SOURCE.rglob("*.json")] == []
    assert sorted(file.name for file in SOURCE.rglob("*.toml")) == ["en.toml", "zh.toml"]


def test_every_role_and_counted_unit_has_a_name() -> None:
    roles = {role for role in GRANTS if role not in ("public", "wall")}
    assert roles <= {key.removeprefix("role.") for key in catalogue("en") if key.startswith("role.")}
    assert {f"unit.{unit}" for unit in COUNTED} <= set(catalogue("en"))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (7.5698, "kWh", "7.57\u2009kWh"),
        (50_040.0, "kWh", "50.0\u2009MWh"),
        (1_234_567.0, "kWh", "1.23\u2009GWh"),
        (13_125.0, "units", "13\u2009125\u2009units"),
        (20_437.35, "kg CO2e", "20.4\u2009t CO₂e"),
        (0.0, "CNY", "0\u2009CNY"),
        (None, "kWh", "–\u2009kWh"),
        (-12.3456, "kW", "-12.3\u2009kW"),
        (-4.9e-10, "CNY", "0\u2009CNY"),
        (1.23e-8, "CNY", "0.000000012\u2009CNY"),
    ],
)
def test_numbers_have_three_digits_and_a_unit_that_fits(value: float | None, unit: str, text: str) -> None:
    assert EN.amount(value, unit) == text


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_float_can_be_written(value: float) -> None:
    assert EN.number(value)


def test_times_are_the_parks_and_carry_the_date_on_another_day() -> None:
    now = datetime(2026, 7, 15, 4, 0, tzinfo=UTC)
    assert EN.clock(datetime(2026, 7, 15, 6, 5, tzinfo=UTC), now) == "14:05"
    assert EN.clock(datetime(2026, 7, 14, 6, 5, tzinfo=UTC), now) == "2026-07-14 14:05"
    assert EN.clock(None) == "–"


def test_ages_use_the_coarsest_unit_that_says_enough() -> None:
    assert [EN.age(s) for s in (20, 600, 7200, 400_000)] == ["20 s ago", "10 min ago", "2 h ago", "5 days ago"]
