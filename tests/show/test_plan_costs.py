"""Cost against carbon and the search's curve on page Plan: units, names, and the plan in force as its own mark."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from parkwright.show.answers.planning import TradePoint, Trades
from parkwright.show.pages.charts import same_plan, trades_chart
from parkwright.show.pages.plan_costs import curve_html, trades_table
from parkwright.show.words import Words

LANGUAGES = ("en", "zh")


def words_of(language: str) -> Words:
    return Words(language, ZoneInfo("Asia/Shanghai"))


def point(price: float, cost: float, co2e: float, late: int = 0, in_force: bool = False) -> TradePoint:
    return TradePoint(
        carbon_cny_per_kg=price, cost_cny=cost, co2e_kg=co2e, late_orders=late, lateness_h=0.0, in_force=in_force
    )


POINTS = [point(0.0, 100.0, 50.0), point(0.1, 100.0, 50.0), point(1.0, 110.0, 30.0, 2)]
TRADES = Trades(
    day="2026-07-15", base="", state="ready", in_force=point(0.06, 120.0, 55.0, in_force=True), points=POINTS,
    searched=5, searches=5, detail="",
)  # fmt: skip


def test_prices_at_which_the_same_plan_is_best_are_one_point_named_with_its_unit():
    assert same_plan(POINTS) == [("0–0.1 CNY/kg", POINTS[0]), ("1 CNY/kg", POINTS[2])]
    assert same_plan([]) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chart_has_units_a_legend_and_the_plan_in_force_as_a_mark_of_its_own(language: str, theme: str):
    words = words_of(language)
    drawn = trades_chart(words, TRADES, theme)
    best, force = drawn["series"]
    assert [one["value"] for one in best["data"]] == [[100.0, 50.0], [110.0, 30.0]]
    assert [one["name"] for one in best["data"]] == ["0–0.1 CNY/kg", "1 CNY/kg"]
    assert [one["value"] for one in force["data"]] == [[120.0, 55.0]]
    assert best["symbol"] != force["symbol"]
    assert (best["name"], force["name"]) == (words.say("plan.trades_best"), words.say("plan.trades_in_force"))
    assert drawn["legend"]["top"] < drawn["grid"]["top"]
    assert "[CNY]" in drawn["xAxis"]["name"]
    assert "[kg CO₂e]" in drawn["yAxis"]["name"]
    assert words.say("plan.late", n=2) in best["data"][1]["tip"]


def test_a_sweep_that_has_not_begun_draws_no_plan_in_force():
    begun = TRADES.model_copy(update={"in_force": None, "points": []})
    assert [one["data"] for one in trades_chart(words_of("en"), begun, "light")["series"]] == [[], []]
    assert trades_table(words_of("en"), begun).count("<tr") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_tells_every_plan_and_the_one_in_force_last(language: str):
    words = words_of(language)
    told = trades_table(words, TRADES)
    places = [told.index(name) for name in ("0–0.1 CNY/kg", "1 CNY/kg", words.say("plan.trades_in_force"))]
    assert places == sorted(places)
    assert told.count("<tr") == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_curve_has_its_first_and_last_value_and_says_what_it_counts(language: str):
    words = words_of(language)
    told = curve_html(words, [5553.0, 5500.0, 5415.0])
    for value in (5553.0, 5415.0):
        assert f"<span>{words.amount(value, 'CNY', 6)}</span>" in told
    assert 'points="0.0,4.0 150.0,22.4 300.0,52.0"' in told
    for weight in ("10", "100", "2 CNY", "0.2 CNY"):
        assert weight in told
    assert curve_html(words, [5553.0]) == ""
