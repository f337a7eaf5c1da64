"""The options of the charts: what is drawn where, with which unit, and where the present is."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.show.answers.energy import Flow, Link, Node, Store
from parkwright.show.answers.home import Strip
from parkwright.show.pages import charts
from parkwright.show.theme import PALETTE
from parkwright.show.words import Words

WORDS = Words("en", ZoneInfo("Asia/Shanghai"))
MIDNIGHT = datetime(2026, 7, 14, 16, 0, tzinfo=UTC)
BANDS = ("sharp", "peak", "flat", "valley")


def strip_of(bands: list[str | None], interval_s: int = 900) -> Strip:
    count = len(bands)
    series = [float(n) for n in range(count)]
    return Strip(
        start=[MIDNIGHT + timedelta(seconds=interval_s * n) for n in range(count)],
        interval_s=interval_s, band=bands, price_cny_per_kwh=series, co2e_kg_per_kwh=series, load_plan_kw=series,
        load_kw=[*series[: count // 2], *[None] * (count - count // 2)], solar_plan_kw=series, solar_kw=series,
    )  # fmt: skip


DAY = strip_of(["valley"] * 36 + ["flat"] * 24 + ["peak"] * 20 + ["sharp"] * 8 + ["peak"] * 4 + ["flat"] * 4)


def areas(strip: Strip, theme: str = "light") -> list[tuple[int, int, str, str]]:
    """Return (from, to, colour, name) of each shaded area."""
    found = charts.band_areas(WORDS, strip, PALETTE[theme])["data"]
    for begin, _ in found:
        assert begin["label"]["show"] == bool(begin["label"]["formatter"])
    return [(a["xAxis"], b["xAxis"], a["itemStyle"]["color"], a["label"]["formatter"]) for a, b in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_bands_of_a_summer_day_are_shaded_and_named_where_there_is_room(theme: str) -> None:
    colour = PALETTE[theme]
    assert areas(DAY, theme) == [
        (0, 36, colour["valley"], "valley"), (36, 60, colour["flat"], ""), (60, 80, colour["peak"], "peak"),
        (80, 88, colour["sharp"], "sharp"), (88, 92, colour["peak"], ""), (92, 95, colour["flat"], ""),
    ]  # fmt: skip


@given(st.lists(st.sampled_from([*BANDS, None]), max_size=96))
def test_areas_follow_each_other_without_a_gap_and_change_with_the_band(bands: list[str | None]) -> None:
    found = areas(strip_of(bands))
    assert len(found) == sum(1 for _ in itertools.groupby(bands))
    if found:
        assert (found[0][0], found[-1][1]) == (0, len(bands) - 1)
    assert all(left[1] == right[0] for left, right in itertools.pairwise(found))
    for begin, end, _, name in found:
        band = bands[begin]
        long_enough = (end - begin) * 900 >= charts.NAMED_FROM_S - 900
        assert not name or (name == WORDS.say(f"band_short.{band}") and long_enough)


def test_a_day_without_a_tariff_has_one_area_without_a_colour_or_a_name() -> None:
    assert areas(strip_of([None] * 96)) == [(0, 95, "rgba(0,0,0,0)", "")]


@pytest.mark.parametrize(
    ("now", "index"),
    [
        (MIDNIGHT, 0),
        (MIDNIGHT + timedelta(minutes=14, seconds=59), 0),
        (MIDNIGHT + timedelta(minutes=15), 1),
        (MIDNIGHT + timedelta(hours=23, minutes=59), 95),
        (MIDNIGHT + timedelta(hours=24), None),
        (MIDNIGHT - timedelta(seconds=1), None),
    ],
)
def test_the_present_is_a_line_on_its_own_day_only(now: datetime, index: int | None) -> None:
    load = charts.strip_chart(WORDS, DAY, now, "light")["series"][0]
    assert ("markLine" in load) == (index is not None)
    if index is not None:
        assert load["markLine"]["data"] == [{"xAxis": index}]
        assert load["markLine"]["label"]["formatter"] == WORDS.clock(now)


def test_the_strip_draws_what_the_key_says_with_a_unit_on_every_axis() -> None:
    chart = charts.strip_chart(WORDS, DAY, MIDNIGHT, "light")
    assert [axis["name"] for axis in chart["yAxis"]] == ["kW", "CNY/kWh", "kg/kWh"]
    key = charts.strip_key(WORDS)
    assert [series["name"] for series in chart["series"]] == [label for label, _, _ in key]
    for series, (_, colour, line) in zip(chart["series"], key, strict=True):
        assert series["lineStyle"]["color"] == PALETTE["light"][colour]
        dashes = series["lineStyle"].get("type")
        assert {"full": dashes is None, "dash": dashes == [4, 3], "dot": bool(dashes) and dashes[0] < 2}[line]
    assert chart["xAxis"][0]["data"][:2] == ["00:00", "00:15"]
    assert chart["series"][0]["data"][48:] == [None] * 48


def battery(**more: object) -> Store:
    known = {
        "asset_id": "b1", "name_en": "Battery", "name_zh": "储能", "capacity_kwh": 2000.0, "plan_kw": [1.0] * 96,
        "power_kw": [-1.0] * 96, "plan_kwh": [5.0] * 96, "stored_kwh": [6.0] * 96, "reason": [None] * 96,
    }  # fmt: skip
    return Store(**(known | more))


def test_the_battery_is_drawn_between_empty_and_full_and_its_power_below() -> None:
    chart = charts.store_chart(WORDS, DAY, battery(), MIDNIGHT + timedelta(hours=36), "dark")
    charge, power = chart["yAxis"]
    assert (charge["name"], charge["min"], charge["max"], power["name"]) == ("kWh", 0, 2000.0, "kW")
    stored, plan, actual, planned = chart["series"]
    assert (stored["data"][0], plan["data"][0], actual["data"][0], planned["data"][0]) == (6.0, 5.0, -1.0, 1.0)
    assert all(series.get("xAxisIndex") == 1 for series in (actual, planned))
    assert "markLine" not in stored
    assert [label for label, _, _ in charts.store_key(WORDS)] == [stored["name"], plan["name"]]


FLOW = Flow(
    nodes=[
        Node(id="site", label="flow.site", colour="load"),
        Node(id="grid", label="flow.grid", colour="grid"),
        Node(id="pv", label="", name_en="<Solar>", name_zh="光伏", colour="solar"),
        Node(id="hvac", label="purpose.hvac", colour="cooling"),
        Node(id="l1", label="", name_en="Line 1", name_zh="一线", colour="load"),
    ],
    links=[
        Link(source="grid", target="site", energy_kwh=1500.0), Link(source="pv", target="site", energy_kwh=500.0),
        Link(source="site", target="hvac", energy_kwh=1900.0), Link(source="site", target="l1", energy_kwh=100.0),
    ],
)  # fmt: skip


def labels(series: dict[str, object]) -> dict[str, str]:
    return {node["name"]: node["label"]["formatter"] for node in series["data"]}


def test_every_place_of_the_flow_shows_what_passes_through_it() -> None:
    (series,) = charts.flow_chart(WORDS, FLOW, "light")["series"]
    assert labels(series) == {
        "site": "Park  2.00\u2009MWh", "grid": "Grid  1.50\u2009MWh", "pv": "<Solar>  500\u2009kWh",
        "hvac": "Air conditioning  1.90\u2009MWh", "l1": "Line 1  100\u2009kWh",
    }  # fmt: skip
    assert [link["value"] for link in series["links"]] == [1500.0, 500.0, 1900.0, 100.0]


def test_on_a_phone_only_what_flows_out_shows_amounts_and_all_labels_have_a_width() -> None:
    chart = charts.flow_chart(WORDS, FLOW, "light")
    (narrow,) = chart["media"]
    (phone,) = narrow["option"]["series"]
    named = labels(phone)
    assert (named["site"], named["grid"], named["pv"]) == ("Park", "Grid", "<Solar>")
    assert named["l1"].endswith("100\u2009kWh")
    assert phone["label"]["fontSize"] < chart["series"][0]["label"]["fontSize"]
    assert (
        phone["right"] - phone["label"]["width"] == chart["series"][0]["right"] - chart["series"][0]["label"]["width"]
    )


def test_tooltips_of_the_flow_are_html_with_names_escaped() -> None:
    (series,) = charts.flow_chart(WORDS, FLOW, "light")["series"]
    told = [node["tooltip"]["formatter"] for node in series["data"]]
    told += [link["tooltip"]["formatter"] for link in series["links"]]
    assert not any("<Solar>" in text for text in told)
    assert sum("&lt;Solar&gt;" in text for text in told) == 2


def test_a_flow_of_nothing_is_an_empty_picture() -> None:
    (series,) = charts.flow_chart(WORDS, Flow(nodes=[], links=[]), "dark")["series"]
    assert (series["data"], series["links"]) == ([], [])
