"""How numbers, quantities, shares, times and ages are written, in both languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.show.words import COUNTED, MISSING, SCALES, THIN_SPACE, Words

EN, ZH = (Words(language, ZoneInfo("Asia/Shanghai")) for language in ("en", "zh"))
NOW = datetime(2026, 7, 15, 4, 0, tzinfo=UTC)
FINITE = st.floats(-1e12, 1e12, allow_nan=False)


def read(text: str) -> float:
    """Return the number that a reader takes from a text."""
    return float(text.replace(THIN_SPACE, "").replace("−", "-"))


@given(FINITE, st.integers(1, 7))
def test_a_number_is_its_value_to_the_digits_asked(value: float, digits: int) -> None:
    assert read(EN.number(value, digits)) == pytest.approx(value, rel=0.6 * 10 ** (1 - digits), abs=1e-9)


@given(FINITE)
def test_both_languages_write_the_same_number(value: float) -> None:
    assert EN.number(value) == ZH.number(value)


@given(st.integers(-(10**12), 10**12))
def test_a_whole_number_keeps_every_digit_in_groups_of_three(value: int) -> None:
    text = EN.whole(value)
    assert int(text.replace(THIN_SPACE, "")) == value
    assert re.fullmatch(rf"-?\d{{1,3}}({THIN_SPACE}\d{{3}})*", text)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0, 3, "0"), (1, 3, "1.00"), (9.996, 3, "10.00"), (0.001234, 3, "0.00123"), (123.456, 3, "123"),
     (1234567, 3, "1\u2009234\u2009567"), (-0.5, 2, "-0.50"), (float("nan"), 3, MISSING), (float("inf"), 3, MISSING),
     (None, 3, MISSING), (1e-12, 3, "0")],
)  # fmt: skip
def test_numbers_by_hand(value: float | None, digits: int, text: str) -> None:
    assert EN.number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [(999.4, "kWh", "999 kWh", "999 kWh"), (1000, "kWh", "1.00 MWh", "1.00 MWh"), (1e6, "kWh", "1.00 GWh", "1.00 GWh"),
     (-2500, "kW", "-2.50 MW", "-2.50 MW"), (1500, "kg", "1.50 t", "1.50 t"),
     (7.5, "kg CO2e", "7.50 kg CO₂e", "7.50 kg CO₂e"),
     (1234, "orders", "1\u2009234 orders", "1\u2009234 单"), (7, "units", "7 units", "7 台"),
     (0, "CNY/h", "0 CNY/h", "0 CNY/h"),
     (None, "jobs", "– jobs", "– 项"), (0.123456, "tce", "0.123 tce", "0.123 tce")],
)  # fmt: skip
def test_amounts_by_hand_in_both_languages(value: float | None, unit: str, english: str, chinese: str) -> None:
    assert EN.amount(value, unit) == THIN_SPACE.join(english.rsplit(" ", 1 if "CO₂e" not in english else 2)).replace(
        f"{THIN_SPACE}CO₂e", " CO₂e"
    )
    assert ZH.amount(value, unit) == THIN_SPACE.join(chinese.rsplit(" ", 1 if "CO₂e" not in chinese else 2)).replace(
        f"{THIN_SPACE}CO₂e", " CO₂e"
    )


@given(st.sampled_from(sorted(SCALES)), st.floats(1e-3, 1e11))
def test_a_change_of_unit_keeps_the_quantity(unit: str, value: float) -> None:
    number, shown = EN.quantity(value, unit, 5)
    factor = next((least for least, larger in SCALES[unit] if EN.unit(larger) == shown), 1.0)
    assert read(number) * factor == pytest.approx(value, rel=1e-4)
    assert read(number) < 1001 or factor == SCALES[unit][0][0]


@pytest.mark.parametrize("unit", COUNTED)
@given(value=st.integers(0, 10**9))
def test_counted_things_are_never_rounded_or_scaled(unit: str, value: int) -> None:
    number, shown = ZH.quantity(float(value), unit)
    assert int(number.replace(THIN_SPACE, "")) == value
    assert re.search(r"[\u4e00-\u9fff]", shown)


@pytest.mark.parametrize(
    ("share", "signed", "text"),
    [(0.5, False, "50.0 %"), (1.0, False, "100 %"), (0.0371, False, "3.7 %"), (0.0371, True, "+3.7 %"),
     (-0.25, True, "−25 %"), (0.0, True, "+0.0 %"), (2.5, True, "+250 %"), (-0.02, False, "−2.0 %")],
)  # fmt: skip
def test_shares_by_hand(share: float, signed: bool, text: str) -> None:
    assert EN.percent(share, signed) == text.replace(" ", THIN_SPACE)
    assert ZH.percent(None) == MISSING


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [(0, "0 s ago", "0 秒前"), (89, "89 s ago", "89 秒前"), (90, "2 min ago", "2 分钟前"),
     (5399, "90 min ago", "90 分钟前"),
     (5400, "2 h ago", "2 小时前"), (129_599, "36 h ago", "36 小时前"), (129_600, "2 days ago", "2 天前")],
)  # fmt: skip
def test_ages_change_their_unit_where_they_should(seconds: float, english: str, chinese: str) -> None:
    assert (EN.age(seconds), ZH.age(seconds)) == (english, chinese)


def test_what_is_not_known_is_a_dash_everywhere() -> None:
    assert {EN.number(None), EN.whole(None), EN.percent(None), EN.clock(None), EN.age(None)} == {MISSING}


@given(st.integers(-3 * 86_400, 3 * 86_400))
def test_a_clock_carries_its_date_exactly_when_it_is_not_todays(away_s: int) -> None:
    at = NOW + timedelta(seconds=away_s)
    local, today = at.astimezone(EN.zone), NOW.astimezone(EN.zone).date()
    text = EN.clock(at, NOW)
    assert text.endswith(f"{local:%H:%M}")
    assert (len(text) == 5) == (local.date() == today)


def test_midnight_belongs_to_the_day_that_begins() -> None:
    midnight = datetime(2026, 7, 14, 16, 0, tzinfo=UTC)
    assert EN.clock(midnight, NOW) == "00:00"
    assert EN.clock(midnight - timedelta(seconds=1), NOW) == "2026-07-14 23:59"


def test_a_stamp_on_paper_names_its_offset() -> None:
    assert ZH.stamp(NOW) == "2026-07-15 12:00 (UTC+0800)"


def test_a_word_that_is_not_there_is_an_error_and_one_from_data_is_itself() -> None:
    with pytest.raises(KeyError):
        EN.say("nothing.here")
    assert EN.known("kind.teleporter", "teleporter") == "teleporter"


def test_braces_in_a_value_are_text_and_not_a_place_to_fill() -> None:
    assert EN.say("state.error", why="{0.__class__}").endswith("{0.__class__}")
