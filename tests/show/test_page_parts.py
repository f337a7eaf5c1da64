"""The pieces of pages: what a card, a table and a control say, and that text from data stays text."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_fixture import Markup

from parkwright.show.answers.figure import Figure, Input, Why
from parkwright.show.pages import parts
from parkwright.show.words import MISSING, Words, catalogue

ZONE = ZoneInfo("Asia/Shanghai")
EN, ZH = Words("en", ZONE), Words("zh", ZONE)
NOW = datetime(2026, 7, 15, 4, 0, tzinfo=UTC)
PLANTED = "<img src=x onerror=planted()>\"'&"


def figure(**more: object) -> Figure:
    """Return a figure of energy per unit, 5 kWh."""
    given = {
        "key": "kwh_per_unit",
        "value": 5.0,
        "unit": "kWh",
        "good_is": "low",
        "as_of": NOW - timedelta(minutes=9),
        "why": Why(formula="why.per_unit", inputs=[]),
    }
    return Figure(**(given | more))


def card(words: Words = EN, **more: object) -> str:
    return parts.figure_card(words, figure(**more), NOW)


# ------------------------------------------------------------------------------------------------- a figure


@pytest.mark.parametrize(
    ("value", "good_is", "kind", "said"),
    [
        (104.9, "low", "", None),
        (105.0, "low", "warn", "▲ 5.0\u2009% above plan"),
        (119.9, "low", "warn", "▲ 19.9\u2009% above plan"),
        (120.0, "low", "stop", "▲ 20.0\u2009% above plan"),
        (60.0, "low", "", None),
        (60.0, "high", "stop", "▼ 40.0\u2009% below plan"),
        (95.1, "high", "", None),
        (94.0, "high", "warn", "▼ 6.0\u2009% below plan"),
        (300.0, "high", "", None),
    ],
)
def test_a_card_is_marked_by_the_deviation_from_its_own_target(
    value: float, good_is: str, kind: str, said: str | None
) -> None:
    shown = card(value=value, target=100.0, good_is=good_is)
    classes = re.search(r'<article class="card figure ?(\w*)"', shown)
    assert classes is not None
    assert classes.group(1) == kind
    off = re.search(r'<span class="off">(.*?)</span>', shown)
    assert (off.group(1) if off else None) == said


def test_a_card_without_a_target_is_never_marked() -> None:
    shown = card(value=1e9)
    assert 'class="card figure "' in shown
    assert catalogue("en")["page.target"] not in Markup(shown).text


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
@pytest.mark.parametrize("key", ["units_out", "on_time", "kwh_per_unit", "cny_per_unit", "co2e_per_unit"])
def test_a_figure_of_home_that_is_not_known_says_what_it_waits_for(words: Words, key: str) -> None:
    shown = card(words, key=key, value=None)
    assert 'class="value none"' in shown
    assert words.say(f"yet.{key}") in shown
    assert words.say("yet.other") not in shown


def test_another_figure_that_is_not_known_says_that_nothing_is_recorded() -> None:
    assert EN.say("yet.other") in card(key="grid_import", value=None)


def test_a_known_figure_waits_for_nothing_also_when_it_is_zero() -> None:
    shown = card(value=0.0)
    waiting = [text for key, text in catalogue("en").items() if key.startswith("yet.")]
    assert not any(text in shown for text in waiting)
    assert 'class="value"' in shown


def test_changes_are_shares_of_yesterday_and_of_the_year_before() -> None:
    shown = Markup(card(value=5.0, yesterday=4.0, last_year=10.0)).text
    assert "Day +25\u2009%" in shown
    assert "Year −50\u2009%" in shown


def test_a_change_that_is_not_known_is_a_dash_that_says_why() -> None:
    shown = card(value=5.0, yesterday=4.0)
    day, year = re.findall(r'<span( title="[^"]*")?>(?:Day|Year) <b>(.*?)</b>', shown)
    assert day[0] == ""
    assert year == (f' title="{EN.say("page.no_year")}"', MISSING)
    both = card(value=5.0, spark=[1.0, 2.0])
    assert EN.say("page.no_day") in both
    assert EN.say("page.no_year") in both


def test_a_figure_without_a_past_shows_no_changes() -> None:
    assert "Day" not in Markup(card()).text.split("Why")[0]
    assert EN.say("page.no_year") not in card()


def test_the_age_of_a_figure_is_never_negative_and_names_its_instant() -> None:
    assert "9 min ago" in card()
    early = card(as_of=NOW + timedelta(hours=1))
    assert "0 s ago" in early
    assert 'title="Complete up to 13:00"' in early
    assert "foot" not in card(as_of=None)


def test_the_explanation_lists_each_number_with_its_unit_and_where_it_was_read() -> None:
    why = Why(
        formula="why.per_unit",
        inputs=[
            Input(name="input.energy_used", value=1234.5, unit="kWh", source="readings"),
            Input(name="input.units_closed", value=None, unit="units", source="verdicts"),
        ],
    )
    held = re.search(r"<template>(.*)</template>", card(why=why), re.S)
    assert held is not None
    told = Markup(held.group(1)).text
    assert EN.say("why.per_unit") in told
    assert "1.23450\u2009MWh" in told
    assert MISSING in told
    assert "verdicts" in told


@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), max_size=20))
def test_a_spark_line_stays_within_its_picture_and_skips_what_is_missing(values: list[float | None]) -> None:
    drawn = parts.spark(figure(spark=values))
    known = [v for v in values if v is not None]
    assert bool(drawn) == (len(known) >= 2)
    if drawn:
        points = re.search(r'points="([^"]*)"', drawn)
        assert points is not None
        places = [tuple(map(float, point.split(","))) for point in points.group(1).split()]
        assert len(places) == len(known)
        assert all(0 <= x <= parts.SPARK_W and 0 <= y <= parts.SPARK_H for x, y in places)
        assert [x for x, _ in places] == sorted(x for x, _ in places)


def test_the_spark_lines_highest_day_is_its_highest_point() -> None:
    drawn = parts.spark(figure(spark=[1.0, None, 9.0, 4.0]))
    points = re.search(r'points="([^"]*)"', drawn)
    assert points is not None
    assert points.group(1) == "0.0,25.0 80.0,3.0 120.0,16.8"


# ------------------------------------------------------------------------------------------------- other pieces


def test_heads_take_messages_or_text_and_say_what_is_numeric_and_what_a_phone_leaves_out() -> None:
    assert parts.heads(EN, "page.value", "=kWh>", "page.source~", "page.input>~") == [
        ("Value", ""), ("kWh", "n"), ("Read from", "hide-phone"), ("Number used", "n hide-phone"),
    ]  # fmt: skip


def test_a_table_gives_each_cell_the_class_of_its_column_and_ends_with_its_foot() -> None:
    made = parts.table([("a", ""), ("b", "n")], [("1", "2"), ("3", "4")], ("5", "6"))
    assert made.count('<td class="n">') == 3
    assert made.endswith('<tfoot><tr><td>5</td><td class="n">6</td></tr></tfoot></table></div>')
    assert "<tfoot>" not in parts.table([("a", "")], [])


def test_a_row_of_another_length_than_the_head_is_a_fault() -> None:
    with pytest.raises(ValueError, match="zip"):
        parts.table([("a", ""), ("b", "n")], [("1",)])


@pytest.mark.parametrize("line", ["full", "dash", "dot"])
def test_the_key_of_a_chart_shows_the_line_that_the_chart_draws(line: str) -> None:
    assert parts.key([(PLANTED, "carbon", line)]).startswith(
        f'<div class="key"><span><i class="{line}" style="--c:var(--carbon)"></i>&lt;img'
    )


def test_a_button_sends_what_it_was_given_and_asks_only_when_told() -> None:
    body = {"reason": PLANTED, "n": [1, 2]}
    button = parts.post_button("Hold", "/api/v1/x", body, "Held")
    sent = re.search(r'data-body="([^"]*)"', button)
    assert sent is not None
    assert json.loads(unescape(sent.group(1))) == body
    assert "data-ask" not in button
    assert "data-sure" not in button
    assert f'data-sure="{parts.e(PLANTED)}"' in parts.post_button("Hold", "/x", {}, "Held", sure=PLANTED)
    assert f'data-ask="{parts.e(PLANTED)}"' in parts.post_button("Hold", "/x", {}, "Held", ask=PLANTED)


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_downloads_offer_excel_csv_and_parquet_of_the_day_with_a_name_for_each(words: Words) -> None:
    made = parts.downloads(words, "readings", "2026-07-15")
    links = re.findall(r'href="([^"]*)" aria-label="([^"]*)">(\w+)</a>', made)
    assert [address for address, _, _ in links] == [
        f"/api/v1/tables/readings.{form}?day=2026-07-15" for form in ("xlsx", "csv", "parquet")
    ]
    assert [name for _, _, name in links] == ["Excel", "CSV", "Parquet"]
    assert all(words.say("table.readings") in label and name in label for _, label, name in links)


@pytest.mark.parametrize(
    "made",
    [
        parts.card(PLANTED, ""), parts.section_head(PLANTED), parts.state(PLANTED, PLANTED), parts.badge(PLANTED),
        parts.post_button(PLANTED, PLANTED, PLANTED, PLANTED, PLANTED), parts.key([(PLANTED, "load", "full")]),
        parts.table([(PLANTED, "")], []), parts.downloads(EN, "readings", PLANTED),
        parts.why_template(EN, PLANTED, Why(formula="why.metered", inputs=[
            Input(name="input.cost", value=1.0, unit=PLANTED, source=PLANTED)])),
    ],
    ids=["card", "head", "state", "badge", "button", "key", "table", "downloads", "why"],
)  # fmt: skip
def test_planted_markup_is_text_in_every_piece(made: str) -> None:
    assert "img" not in Markup(made).tags
    assert "<img" not in made


def heights(drawn: str) -> list[float]:
    """Return the heights of the points of a small line."""
    return [float(point.split(",")[1]) for point in re.findall(r'points="([^"]*)"', drawn)[0].split(" ")]


def test_a_small_change_looks_small_where_the_height_stands_for_more() -> None:
    whole, small = heights(parts.spark_line([20.0, 20.1])), heights(parts.spark_line([20.0, 20.1], 4.0))
    assert whole == [parts.SPARK_H - 3, 3.0]
    assert small[0] - small[1] == pytest.approx(0.1 / 4.0 * (parts.SPARK_H - 6), abs=0.1)
    assert sum(small) / 2 == pytest.approx(parts.SPARK_H / 2, abs=0.1)


def test_a_line_without_change_stands_in_the_middle() -> None:
    assert set(heights(parts.spark_line([5.0, 5.0]))) == {parts.SPARK_H / 2}
