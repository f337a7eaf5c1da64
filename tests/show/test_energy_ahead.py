"""The next 24 hours and the trials: API, pages, charts and tables say what the desk answers, also before and after."""

from __future__ import annotations

import html
import io
from datetime import timedelta

import polars as pl
import pytest
from energy_fixture import QUARTER, FakeEnergy, ahead, lamp_faults, nothing, solar_yields, work_plan
from facts_fixture import DAY
from fastapi import HTTPException
from page_fixture import MARK, Pages
from park_fixture import small_park

from parkwright.show.answers.ahead import Lamps, WorkWindow
from parkwright.show.energy_api import table_of
from parkwright.show.pages import ahead_charts as charts
from parkwright.show.pages import energy_ahead, energy_solar, energy_try, energy_work
from parkwright.show.words import Words, catalogue

PARK = small_park()
EN, ZH = (Words(language, PARK.zone) for language in ("en", "zh"))
BEGIN = PARK.midnight(DAY) + timedelta(hours=14, minutes=30)
MADE = ahead(BEGIN)


def test_the_api_answers_what_the_desk_says(pages: Pages) -> None:
    found = pages.get("/api/v1/energy/ahead").json()
    assert (found["state"], found["cost_cny"], len(found["start"])) == ("ready", 1512.0, 96)
    assert pages.get("/api/v1/energy/glass").json()["buildings"][0]["building_id"] == "B1"
    trial = pages.get("/api/v1/energy/glass/B1/triple").json()
    assert (trial["saved_kwh"], trial["payback_years"]) == (500.0, None)
    assert pages.get("/api/v1/energy/glass/B1/slow").json()["state"] == "working"
    assert len(pages.get("/api/v1/energy/lamps").json()["fleets"]) == 2
    faults = pages.get("/api/v1/energy/lamp-faults").json()
    assert [(one["lamp"], one["fault"], one["silent"]) for one in faults["lamps"]] == [
        ("LA-001", None, False), ("LA-002", "panel_weak", False), ("LB-001", None, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "says"), [("none/triple", "building none: has no glass"), ("B1/none", "is not in the catalogue")]
)
def test_a_building_or_glass_that_is_not_there_is_told(pages: Pages, path: str, says: str) -> None:
    answer = pages.get(f"/api/v1/energy/glass/{path}")
    assert answer.status_code == 404
    assert says in answer.json()["detail"]


def test_the_sheets_hold_what_the_charts_draw(pages: Pages) -> None:
    rows = pl.read_csv(io.StringIO(pages.get("/api/v1/energy/ahead.csv").text))
    assert rows.height == 96
    assert {"load_q10_kw", "pv_q90_kw", "BAT1_kw", "BAT1_kwh", "grid_kw", "heat_1_waste_kw"} <= set(rows.columns)
    assert "BO1_kwh" not in rows.columns
    assert rows["load_q90_kw"].to_list() == [120.0] * 96
    lamps = pl.read_csv(io.StringIO(pages.get("/api/v1/energy/lamps.csv").text))
    assert lamps.select("east_m", "fleet", "dark_nights", "lamp", "fault", "silent").rows() == [
        (0.0, "LA", 0, "LA-001", None, False), (200.0, "LA", 0, "LA-002", "panel_weak", False),
        (5.0, "LB", 3, "LB-001", None, True),
    ]  # fmt: skip


def test_the_movable_work_is_answered_by_the_api_and_as_a_sheet(pages: Pages) -> None:
    found = pages.get("/api/v1/energy/work").json()
    assert [way["key"] for way in found["ways"]] == ["unshifted", "shifted", "joint"]
    assert (found["ways"][-1]["saved_cny"], found["works"][0]["moved_kwh"]) == (25.0, 40.0)
    rows = pl.read_csv(io.StringIO(pages.get("/api/v1/energy/work.csv").text))
    assert rows.columns == [
        "start", "band", "price_cny_per_kwh", "RACKS_unshifted_kw", "RACKS_shifted_kw", "RACKS_joint_kw",
    ]  # fmt: skip
    assert rows["RACKS_joint_kw"].sum() == rows["RACKS_unshifted_kw"].sum() == 160.0


def test_the_solar_fields_are_answered_by_the_api_and_as_a_sheet_of_days(pages: Pages) -> None:
    found = pages.get("/api/v1/energy/solar").json()
    assert [(one["field"], len(one["faults"])) for one in found["fields"]] == [("PV1", 0), ("PV2", 3), ("PV3", 0)]
    assert found["fields"][2]["performance_ratio"] is None
    rows = pl.read_csv(io.StringIO(pages.get("/api/v1/energy/solar.csv").text))
    assert rows.columns == ["field", "day", "measured_kwh", "expected_kwh", "against_weather"]
    assert rows["measured_kwh"].sum() == 2 * (80.0 + 81.0)


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_the_card_of_the_solar_fields_names_what_is_wrong_in_each_state(words: Words) -> None:
    say = words.say
    full = energy_solar.solar_card(words, solar_yields("<b>Roof</b>"))
    assert "<b>Roof" not in full
    assert full.count("<tr>") == 1 + 3
    for kind, size in (("string_out", words.percent(0.2)), ("clock_shift", "2"), ("soiling", "0.12\u2009%")):
        since = "2026-07-11" if kind == "string_out" else "2026-07-10"
        assert html.escape(say(f"solar_do.{kind}", size=size, since=since)) in full
        assert say(f"solar_fault.{kind}") in full
    assert words.percent(0.79) in full
    assert full.count("<svg") == 2
    assert say("solar.basis_measured") in html.unescape(full)
    typical = energy_solar.solar_card(words, solar_yields(weather="typical year"))
    assert say("solar.basis_typical") in html.unescape(typical)
    assert full.count(say("solar.sound")) == 1
    assert say("solar.looked") in energy_solar.solar_card(words, solar_yields(state="working", fields=[]))
    assert say("solar.no_field") in html.unescape(energy_solar.solar_card(words, solar_yields(fields=[])))
    failed = energy_solar.solar_card(words, solar_yields(state="failed", fields=[], detail="<no> ledger"))
    assert "&lt;no&gt; ledger" in failed
    bare = energy_solar.solar_card(words, solar_yields(fields=solar_yields().fields[2:]))
    assert html.escape(say("solar.none_yet", why="").strip()) in bare


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_before_the_first_sunrise_nothing_is_judged_and_without_direct_light_no_shade(words: Words) -> None:
    sound = solar_yields().fields[0]
    dark = sound.model_copy(update={"judged": False, "measured_kwh": 0.0, "expected_kwh": 0.0, "against_weather": None})
    early = html.unescape(energy_solar.solar_card(words, solar_yields(fields=[dark])))
    assert words.say("solar.not_yet") in early
    assert words.say("solar.sound") not in early
    plain, bare = (
        html.unescape(energy_solar.solar_card(words, solar_yields(not_judged=which))) for which in ([], ["shading"])
    )
    assert words.say("solar.global_only") not in plain
    assert words.say("solar.global_only") in bare


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_energy_shows_the_solar_fields_of_the_desk(pages: Pages, language: str) -> None:
    shown = pages.drawn("/energy", language=language)
    assert catalogue(language)["solar.title"] in shown.text
    assert catalogue(language)["solar_fault.string_out"] in shown.text
    assert [piece.planted for piece in shown.pieces if piece.planted] == []


def test_a_table_of_nothing_has_its_columns_and_no_rows() -> None:
    assert table_of(nothing(BEGIN)).height == 0


# ------------------------------------------------------------------------------------------------- charts


def test_the_dispatch_stands_over_its_price_bands_with_price_and_carbon_below() -> None:
    chart = charts.dispatch_chart(EN, MADE, "light")
    named = {series["name"]: series for series in chart["series"]}
    assert named["Battery"]["type"] == "bar"
    assert named[EN.say("flow.grid")]["data"] == [90.0] * 96
    assert named[EN.say("series.price")]["yAxisIndex"] == 1
    spans = chart["series"][0]["markArea"]["data"]
    assert [span[0]["label"]["formatter"] for span in spans] == ["valley", "peak"]
    assert [axis["name"] for axis in chart["yAxis"]] == ["kW", "CNY/kWh", "kg/kWh"]
    assert chart["xAxis"][0]["data"][0] == "14:30"


def test_a_forecast_is_drawn_as_two_bands_around_its_median() -> None:
    series = charts.forecast_chart(EN, MADE, "load", "dark")["series"]
    outer_low, outer, inner_low, inner, median, planned = series
    assert (outer_low["data"][0], outer["data"][0]) == (80.0, 40.0)
    assert (inner_low["data"][0], inner["data"][0]) == (90.0, 20.0)
    assert outer_low["stack"] == outer["stack"] != inner["stack"]
    assert median["data"][0] == 100.0
    assert planned["lineStyle"]["type"] == [4, 3]


def test_heat_adds_up_to_what_is_needed_and_says_its_temperatures() -> None:
    chart = charts.heat_chart(EN, MADE, "light")
    *sources, needed = chart["series"]
    assert sum(series["data"][0] for series in sources) == needed["data"][0] == 30.0
    assert {series["stack"] for series in sources} == {"heat"}
    assert charts.heat_key(EN, MADE)[0][0].endswith("30 → 55 °C")


def test_stores_are_drawn_as_a_share_of_what_they_hold_and_other_assets_not() -> None:
    series = charts.stores_chart(EN, MADE, "light")["series"]
    assert [one["data"][0] for one in series] == [25.0, 25.0]
    assert len(charts.stores_key(EN, MADE)) == 2


def test_a_tank_says_how_warm_it_is_now_and_at_its_coldest() -> None:
    warm = [60.0] * 50 + [51.4] * 46
    assets = [one.model_copy(update={"top_c": warm} if one.kind == "tank" else {}) for one in MADE.assets]
    found = MADE.model_copy(update={"assets": assets})
    battery, tank = (name for name, _, _ in charts.stores_key(EN, found))
    assert "°C" not in battery
    assert tank == f"Battery · top 60 °C, least 51 °C at {EN.clock(found.start[50])}"


def test_lamps_lie_on_the_site_and_a_fleet_with_dark_nights_has_another_sign() -> None:
    sound = lamp_faults(BEGIN, lamps=[])
    chart = charts.lamps_chart(EN, FakeEnergy().lamps(), sound, (260.0, 180.0), "light")
    assert (chart["xAxis"]["max"], chart["yAxis"]["max"]) == (260.0, 180.0)
    assert [one["symbol"] for one in chart["series"]] == ["circle", "diamond"]
    assert [one["value"] for one in chart["series"][0]["data"]] == [[0.0, 20.0], [200.0, 20.0]]


def test_lamps_with_a_fault_and_silent_ones_stand_out_on_the_map_and_say_why() -> None:
    chart = charts.lamps_chart(EN, FakeEnergy().lamps(), lamp_faults(BEGIN), (260.0, 180.0), "dark")
    assert [one["symbol"] for one in chart["series"]] == ["circle", "diamond", "circle", "pin"]
    silent, ill = chart["series"][-2:]
    assert silent["data"] == [{"name": f"LB-001 · {EN.say('ahead.lamp_silent')}", "value": [5.0, 6.0]}]
    assert ill["data"] == [{"name": "LA-002 · Weak panel", "value": [200.0, 20.0]}]


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_faults_of_lamps_are_listed_with_what_to_do_in_each_state(words: Words) -> None:
    shown = energy_try.faults_html(words, lamp_faults(BEGIN))
    weak = html.escape(words.say("lamp_do.panel_weak", share=words.percent(0.47)))
    for said in (weak, words.say("ahead.lamp_silent_do"), words.say("ahead.lamps_ill", n=2), "1 of 1 tell a charge"):
        assert said in shown
    assert shown.count("<tr>") == 1 + 2
    assert "LA-001" not in shown
    sound = energy_try.faults_html(words, lamp_faults(BEGIN, lamps=lamp_faults(BEGIN).lamps[:1]))
    assert words.say("ahead.lamps_sound") in sound
    assert "<table" not in sound
    assert words.say("ahead.lamps_looked") in energy_try.faults_html(words, lamp_faults(BEGIN, state="working"))
    failed = energy_try.faults_html(words, lamp_faults(BEGIN, state="failed", detail="<no> ledger"))
    assert "&lt;no&gt; ledger" in failed


# ------------------------------------------------------------------------------------------------- states


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_work_failure_and_limits_that_gave_way_are_told(words: Words) -> None:
    assert energy_ahead.told_html(words, MADE) == ""
    assert "width:30%" in energy_ahead.told_html(words, nothing(BEGIN))
    failed = energy_ahead.told_html(words, nothing(BEGIN, state="failed", detail="<no> weather"))
    assert "&lt;no&gt; weather" in failed
    assert 'role="alert"' in failed
    assert "relaxed" in energy_ahead.told_html(words, ahead(BEGIN, status="relaxed(import_limit)"))
    again = ahead(BEGIN, state="working", share=0.1)
    assert energy_ahead.told_html(words, again) == ""


def test_figures_without_a_plan_are_dashes() -> None:
    assert energy_ahead.figures_html(EN, nothing(BEGIN)).count("–") == 6
    assert "1\u2009512" in energy_ahead.figures_html(EN, MADE)


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_a_trial_is_shown_in_each_of_its_states(words: Words) -> None:
    desk, say = FakeEnergy(), words.say
    offer = desk.offer()

    def shown(trial, problem="", asked=("B1", "triple")):
        return energy_try.glass_card(words, offer, trial, problem, asked)

    assert say("ahead.choose") in shown(None)
    assert say("ahead.year_runs") in shown(desk.trial("B1", "slow"))
    assert "no weather" in shown(desk.trial("B1", "bad"))
    ready = shown(desk.trial("B1", "triple"))
    assert say("ahead.never") in ready
    assert "405" in ready
    assert 'value="triple" selected' in ready
    assert "not there" in shown(None, "building x: not there")
    bare = offer.model_copy(update={"buildings": []})
    assert say("ahead.no_glass") in energy_try.glass_card(words, bare, None, "", ("", ""))
    assert "href" not in energy_try.catalogue_card(words, bare)


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_lamps_are_shown_in_each_of_their_states(words: Words) -> None:
    def shown(**changes):
        bare = Lamps(state="ready", detail="", places_m={}, fleets=[])
        return energy_try.lamps_card(words, bare.model_copy(update=changes), lamp_faults(BEGIN))

    full = energy_try.lamps_card(words, FakeEnergy().lamps(), lamp_faults(BEGIN))
    assert words.say("ahead.no_dark") in full
    assert words.say("ahead.dark", n=3) in full
    assert words.say("ahead.year_runs") in shown(state="working")
    assert "oh" in shown(state="failed", detail="oh")
    assert words.say("ahead.no_lamps") in shown()


# ------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", ["/energy/ahead", "/energy/try?building=B1&glass=triple"])
def test_a_page_is_drawn_in_its_language_without_running_what_was_planted(
    pages: Pages, path: str, language: str
) -> None:
    shown = pages.drawn(path, language=language)
    assert [piece.planted for piece in shown.pieces if piece.planted] == []
    assert MARK in shown.text
    assert catalogue(language)["energy.tab_ahead"] in shown.text
    assert shown.html.count("<h1>") == 1
    assert shown.html.count('aria-current="true"') == 1
    assert len(shown.charts) == (6 if "ahead" in path else 1)


@pytest.mark.parametrize(
    ("made", "says"),
    [(nothing(BEGIN), "ahead.soon"), (ahead(BEGIN, forecasts={}), "ahead.no_forecast")],
    ids=["no plan", "no forecast"],
)
def test_a_chart_without_data_says_what_it_waits_for(pages: Pages, monkeypatch: pytest.MonkeyPatch, made, says) -> None:
    desk = FakeEnergy()
    desk.made = made
    monkeypatch.setattr(energy_ahead, "energy_desk_of", lambda _visit: desk)
    shown = pages.drawn("/energy/ahead")
    assert catalogue("en")[says] in shown.text
    assert catalogue("en")["state.empty_chart"] not in shown.text


def test_the_plan_leads_to_the_zones_it_keeps_comfortable(pages: Pages) -> None:
    assert 'href="/buildings?building=B1"' in pages.drawn("/energy/ahead").html


def test_a_server_that_looks_no_further_says_so(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_visit):
        raise HTTPException(404, "this server looks no further than the day")

    monkeypatch.setattr(energy_ahead, "energy_desk_of", none)
    monkeypatch.setattr(energy_try, "energy_desk_of", none)
    for path in ("/energy/ahead", "/energy/try"):
        assert "looks no further than the day" in pages.drawn(path).text


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_the_card_of_movable_work_is_shown_in_each_of_its_states(words: Words) -> None:
    midnight, say = PARK.midnight(DAY), words.say
    full = energy_work.work_card(words, work_plan(midnight))
    assert html.escape(say("work.saves", saved="25.0", n="40.00")) in full
    assert "0.40 CNY" in full
    assert say("work.piece") in full
    assert full.count("<tr>") == 2 + 3 + 1
    bare = {"ways": [], "works": [], "start": []}
    assert html.escape(say("work.soon")) in energy_work.work_card(words, work_plan(midnight, state="working", **bare))
    assert "[[movable]]" in energy_work.work_card(words, work_plan(midnight, **bare))
    failed = energy_work.work_card(words, work_plan(midnight, state="failed", detail="<no> weather"))
    assert "&lt;no&gt; weather" in failed


def test_a_works_lane_draws_its_window_the_joint_plan_and_the_other_ways() -> None:
    found = work_plan(PARK.midnight(DAY), "Racks & cars")
    drawn = energy_work.lane(EN, found, found.works[0])
    assert 'class="window" x="0" y="0.5" width="48"' in drawn
    assert 'class="joint" x="0" y="2.00" width="16" height="12.00"' in drawn
    assert '<line class="unshifted" x1="32" x2="48"' in drawn
    assert '<line class="shifted" x1="0" x2="16"' in drawn
    assert "Racks &amp; cars: window 00:00–12:00" in drawn


def test_a_lane_goes_on_until_the_last_window_is_over_and_says_what_yesterday_left() -> None:
    midnight = PARK.midnight(DAY)
    found = work_plan(midnight)
    (racks,) = found.works
    rest = WorkWindow(earliest=midnight, latest=midnight + 16 * QUARTER, energy_kwh=12.5, of_yesterday=True)
    night = WorkWindow(
        earliest=midnight + 88 * QUARTER, latest=midnight + 112 * QUARTER, energy_kwh=40.0, of_yesterday=False
    )
    tail = {f"{name}_kw": [*getattr(racks, f"{name}_kw"), *[0.0] * 24] for name in ("joint", "shifted", "unshifted")}
    racks = racks.model_copy(update={"windows": [rest, night], **tail})
    longer = [midnight + n * QUARTER for n in range(120)]
    found = found.model_copy(update={"works": [racks], "start": longer})
    drawn = energy_work.lane(EN, found, racks)
    assert 'class="window" x="0" y="0.5" width="16"' in drawn
    assert 'class="window" x="88" y="0.5" width="24"' in drawn
    assert "window 00:00–04:00, 22:00–04:00" in drawn
    assert 'viewBox="0 0 120 22"' in drawn
    assert "<span>18</span><span>24</span><span>6</span></div>" in drawn
    for words in (EN, ZH):
        told = html.escape(words.say("work.left", n=words.number(12.5, 4)))
        assert told in energy_work.work_card(words, found)
        assert told not in energy_work.work_card(words, work_plan(midnight))
