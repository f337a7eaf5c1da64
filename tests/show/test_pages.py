"""The pages as served: drawn whole, in both languages, for each role; nothing planted in a park or its facts runs."""

from __future__ import annotations

import itertools
import json
import re
import sys
from datetime import timedelta

import pytest
from desk_fixture import session
from facts_fixture import DAY, MemoryFacts, table
from fastapi.testclient import TestClient
from page_fixture import MARK, Drawn, Markup, Pages

from parkwright.model.errors import LedgerError
from parkwright.run.ports import Batch
from parkwright.show import wall
from parkwright.show.auth import COOKIE, GRANTS, SEE, Principal, allowed, grantors, object_of
from parkwright.show.context import Context
from parkwright.show.door import Door
from parkwright.show.frames import Frames
from parkwright.show.scene import make_scene
from parkwright.show.words import catalogue

UNIT = "TP-260715-L-NB1-000040"
PATHS = (
    "/", "/plan", "/energy", "/buildings", "/passport", f"/passport/{UNIT}", "/carbon", "/zero-carbon", "/greening",
    "/report", "/energy/ahead", "/energy/try", "/requests", "/factors",
)  # fmt: skip
ROLES = sorted({*GRANTS, "supplier", "buyer"} - {"public"})


# ------------------------------------------------------------------------------------------------- planted markup


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PATHS)
def test_planted_markup_is_text_on_every_page(pages: Pages, path: str, language: str) -> None:
    shown = pages.drawn(path, language=language)
    assert [piece.planted for piece in shown.pieces if piece.planted] == []
    assert MARK in shown.text
    assert "<script>planted" not in shown.head


@pytest.mark.parametrize("language", ["en", "zh"])
def test_planted_markup_is_text_on_paper(pages: Pages, language: str) -> None:
    sheet = Markup(pages.get(f"/passport/{UNIT}/paper", language=language).text)
    assert sheet.planted == []
    assert MARK in sheet.text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_tooltip_of_a_chart_is_html_and_its_names_are_escaped_there(pages: Pages, language: str) -> None:
    flow = next(
        chart for chart in pages.drawn("/energy", language=language).charts if chart["series"][0]["type"] == "sankey"
    )
    told = [each["tooltip"]["formatter"] for part in ("data", "links") for each in flow["series"][0][part]]
    assert [text for text in told if Markup(text).planted] == []
    assert any(MARK in Markup(text).text for text in told)


def test_the_wall_is_one_page_whose_only_scripts_are_its_own(pages: Pages) -> None:
    text = pages.get("/wall", role=None).text
    page = Markup(text)
    assert "img" not in page.tags
    assert text.count("<script") == 3
    assert "&lt;script&gt;planted()" in text


def test_words_in_the_walls_page_cannot_end_their_script(pages: Pages) -> None:
    held = re.search(r'id="words">(.*?)</script>', pages.get("/wall", role=None).text, re.S)
    assert held is not None
    assert "<" not in held.group(1)
    assert json.loads(held.group(1)) == wall.words()


def test_a_search_is_given_back_as_text(pages: Pages) -> None:
    shown = pages.drawn(f"/passport?q={MARK.replace('<', '%3C').replace('>', '%3E')}")
    assert [piece.planted for piece in shown.pieces if piece.planted] == []
    field = re.search(r'name="q" value="([^"]*)"', shown.html)
    assert field is not None
    assert field.group(1).startswith("&lt;script&gt;planted()")


def test_the_next_address_of_the_sign_in_is_text(pages: Pages) -> None:
    shown = pages.drawn('/sign-in?next="><script>planted()</script>')
    assert [piece.planted for piece in shown.pieces if piece.planted] == []


def test_an_api_error_repeats_planted_markup_as_json_only(pages: Pages) -> None:
    answer = pages.get("/api/v1/passports/%3Cscript%3E")
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"


# ------------------------------------------------------------------------------------------------- content


CONTENT = {
    "/energy/ahead": (
        "ahead.dispatch",
        "ahead.forecast_heat",
        "ahead.recovered",
        "ahead.comfort",
        "work.title",
        "energy.tab_try",
    ),
    "/energy/try": ("ahead.glass", "ahead.catalogue", "ahead.lamps", "ahead.choose", "energy.tab_ahead"),
    "/": ("figure.units_out", "figure.on_time", "home.question", "home.strip", "home.needs", "page.as_of"),
    "/plan": ("figure.plan_on_time", "plan.gantt", "plan.lines", "plan.approve", "plan.busy"),
    "/energy": ("figure.site_use", "figure.coal_equivalent", "energy.bands", "energy.largest", "energy.placeholder"),
    "/buildings": (
        "figure.comfort_share",
        "buildings.zones",
        "buildings.wastes",
        "buildings.setting",
        "buildings.idle",
    ),
    "/passport": ("passport.title", "passport.find", "passport.packed", "status.provisional"),
    f"/passport/{UNIT}": ("passport.origin", "passport.quality", "passport.genealogy", "carbon.steps", "carbon.total"),
    "/carbon": (
        "figure.carbon_scope1",
        "scopes.targets",
        "scopes.products",
        "scopes.lines",
        "scopes.left_out",
        "national.total",
        "claims.about",
        "solder.about",
        "lot_foot.about",
        "year_close.about",
    ),
    "/zero-carbon": ("centre.indicators", "centre.function", "centre.supply", "centre.unproved", "centre.benchmark"),
    "/greening": ("greening.stock", "greening.apart", "greening.all"),
    "/factors": ("factors.packs", "factors.stands", "factors.unverified", "factors.share_alike", "factors.how"),
    "/requests": ("requests.list", "requests.counted", "request_state.in_use", "doubt.warning", "requests.answered"),
    "/report": ("report.table", "report.worst", "measure.coal", "compare.previous", "report.note"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_says_what_it_shows_in_its_language(pages: Pages, path: str, language: str) -> None:
    words, other = catalogue(language), catalogue("zh" if language == "en" else "en")
    shown = pages.drawn(path, language=language)
    for key in CONTENT[path]:
        said, unsaid = words[key].partition("{")[0], other[key].partition("{")[0]
        assert said in shown.html, key
        assert unsaid not in shown.text, key


@pytest.mark.parametrize("path", PATHS)
def test_both_languages_show_the_same_figures(pages: Pages, path: str) -> None:
    def numbers(shown: Drawn) -> list[str]:
        return re.findall(r'(?:<div class="value">|<td class="n">)([\d.\u2009]+)<', shown.html)

    assert numbers(pages.drawn(path, language="en")) == numbers(pages.drawn(path, language="zh"))


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_one_first_heading_a_main_part_and_marks_where_one_is(pages: Pages, path: str) -> None:
    shown = pages.drawn(path)
    tags = [tag for piece in shown.pieces for tag in piece.tags]
    assert tags.count("h1") == 1
    assert tags.count("nav") == 1
    assert shown.html.count("aria-current=page") == 1
    assert any(one.get("props", {}).get("id") == "main" for one in shown.elements)
    assert '<a class="skip" href="#main">' in shown.html


@pytest.mark.parametrize("path", PATHS)
def test_every_control_without_words_has_a_name(pages: Pages, path: str) -> None:
    html = pages.drawn(path).html
    for tag, attributes, inner in re.findall(r"<(button|a)\b([^>]*)>(.*?)</\1>", html, re.S):
        words = Markup(inner).text.strip()
        assert len(words) > 1 or "aria-label" in attributes, f"{tag} {attributes} {inner}"


@pytest.mark.parametrize("path", PATHS)
def test_the_other_language_and_the_other_theme_keep_the_page(pages: Pages, path: str) -> None:
    asked = f"{path}?day={DAY}"
    html = pages.drawn(asked).html
    for kind in ("language/zh", "theme/dark"):
        link = re.search(rf'href="(/{kind}\?next=[^"]+)"', html)
        assert link is not None
        answer = pages.get(link.group(1))
        assert (answer.status_code, answer.headers["location"]) == (303, asked)


def test_the_page_says_its_language_and_theme_to_the_browser(pages: Pages) -> None:
    for language, code in (("en", "en"), ("zh", "zh-CN")):
        text = pages.get("/plan", language=language, theme="dark").text
        assert f"lang='{code}'" in text
        assert "theme:'dark'" in text


def test_the_alarms_on_home_are_told_in_the_readers_language(pages: Pages) -> None:
    chinese, english = pages.drawn("/", language="zh"), pages.drawn("/", language="en")
    assert catalogue("zh")["alarm.meter_silent"] in chinese.text
    assert "压缩空气（air）在截至" in chinese.text
    assert "Compressed air (air) gave no reading" in english.text
    assert MARK in chinese.text


def test_what_needs_somebody_carries_the_key_that_the_api_takes(pages: Pages) -> None:
    bodies = re.findall(r'data-body="([^"]+)"', pages.drawn("/").html)
    keys = {json.loads(Markup(body).text)["key"] for body in bodies}
    assert keys == {need["key"] for need in pages.get("/api/v1/needs").json()}


def test_the_gantt_reads_the_plan_of_the_day_shown(pages: Pages) -> None:
    gantt = next(one for one in pages.drawn(f"/plan?day={DAY}").elements if "plan-url" in one.get("props", {}))
    assert gantt["props"]["plan-url"] == f"/api/v1/plan?day={DAY}"
    assert gantt["props"]["labels"]["band.peak"] == "peak"
    assert gantt["props"]["timezone"] == "Asia/Shanghai"


def test_the_strip_of_home_and_of_energy_is_the_same_chart(pages: Pages) -> None:
    (home,) = pages.drawn("/").charts
    energy = pages.drawn("/energy").charts
    assert [series["data"] for series in home["series"]] == [series["data"] for series in energy[1]["series"]]
    assert [axis["name"] for axis in home["yAxis"]] == ["kW", "CNY/kWh", "kg/kWh"]
    assert home["series"][0]["markLine"]["data"] == [{"xAxis": 58}]


def test_planned_series_are_dashed_and_metered_ones_filled(pages: Pages) -> None:
    (chart,) = pages.drawn("/").charts
    load, load_plan, solar, solar_plan = chart["series"][:4]
    assert load["lineStyle"].get("type") is None
    assert "areaStyle" in load
    assert "areaStyle" in solar
    assert load_plan["lineStyle"]["type"] == solar_plan["lineStyle"]["type"] == [4, 3]
    assert "areaStyle" not in load_plan


def test_price_bands_are_shaded_from_midnight_to_midnight_without_a_gap(pages: Pages) -> None:
    areas = pages.drawn("/").charts[0]["series"][0]["markArea"]["data"]
    assert areas[0][0]["xAxis"] == 0
    assert areas[-1][1]["xAxis"] == 95
    assert all(left[1]["xAxis"] == right[0]["xAxis"] for left, right in itertools.pairwise(areas))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_price_band_says_its_name_where_it_has_room(pages: Pages, language: str) -> None:
    chart = pages.drawn("/", language=language).charts[0]
    named = []
    for begin, end in chart["series"][0]["markArea"]["data"]:
        assert begin["label"]["show"] == bool(begin["label"]["formatter"])
        if begin["label"]["show"]:
            assert end["xAxis"] - begin["xAxis"] >= 5
            assert begin["itemStyle"]["color"] != "rgba(0,0,0,0)"
            named.append(begin["label"]["formatter"])
    words = catalogue(language)
    assert {words["band_short.peak"], words["band_short.valley"]} <= set(named)


def test_both_sides_of_the_flow_have_room_on_a_phone(pages: Pages) -> None:
    flow = pages.drawn("/energy").charts[0]
    (narrow,) = flow["media"]
    wide, phone = flow["series"][0], narrow["option"]["series"][0]
    assert [node["name"] for node in phone["data"]] == [node["name"] for node in wide["data"]]
    ends = {link["target"] for link in wide["links"]} - {link["source"] for link in wide["links"]}
    for node in phone["data"]:
        assert ("kWh" in node["label"]["formatter"]) == (node["name"] in ends)
    assert all("Wh" in node["label"]["formatter"] for node in wide["data"])
    assert narrow["query"] == {"maxWidth": 480}


def test_the_battery_chart_shows_its_capacity_as_its_axis(pages: Pages) -> None:
    store = pages.drawn("/energy").charts[2]
    assert store["yAxis"][0]["max"] == 200
    assert len(store["series"]) == 4


@pytest.mark.parametrize("path", ["/plan", "/energy", "/passport"])
def test_the_day_switch_leads_to_the_day_before_and_after_and_back_to_today(pages: Pages, path: str) -> None:
    html = pages.drawn(f"{path}?day=2026-07-15").html
    assert f'href="{path}?day=2026-07-14"' in html
    assert f'href="{path}?day=2026-07-16"' in html
    assert f'href="{path}">2026-07-15<' in html


@pytest.mark.parametrize("day", ["", "yesterday", "2026-02-30", "1999-12-31", "2100-01-01", "2026-07-15T00:00", "%00"])
def test_a_day_that_is_none_shows_today(pages: Pages, day: str) -> None:
    shown = pages.drawn(f"/plan?day={day}")
    assert shown.status == 200
    assert ">2026-07-15<" in shown.html


def test_downloads_beside_a_chart_lead_to_its_table(pages: Pages) -> None:
    for path in ("/", "/plan", "/energy"):
        links = re.findall(r'href="(/api/v1/tables/[^"]+)"', pages.drawn(path).html)
        assert links
        assert {pages.get(link).status_code for link in links} == {200}


def test_links_between_pages_lead_somewhere(pages: Pages) -> None:
    found: dict[str, str] = {}
    for path in PATHS:
        links = set(re.findall(r'href="(/[^"]*)"', pages.drawn(path).html)) - {"/wall"}
        found = dict.fromkeys(sorted(links)[:25], path) | found
    assert len(found) > len(PATHS)
    for link, path in found.items():
        assert pages.get(link.replace("&amp;", "&")).status_code in (200, 303), f"{path} -> {link}"


# ------------------------------------------------------------------------------------------------- states


def test_a_day_without_facts_says_what_comes_first(pages: Pages) -> None:
    assert catalogue("en")["plan.no_plan"] in pages.drawn("/plan?day=2026-01-01").text
    empty = pages.drawn("/energy?day=2026-01-01")
    assert empty.text.count(catalogue("en")["state.empty_chart"]) >= 3
    assert empty.charts == []


def test_a_search_without_a_result_says_what_to_try(pages: Pages) -> None:
    shown = pages.drawn("/passport?q=zzzz", language="zh")
    assert catalogue("zh")["passport.none"] in shown.text
    assert str(DAY) in shown.text


def test_an_unknown_unit_is_told_with_a_way_back(pages: Pages) -> None:
    shown = pages.drawn("/passport/TP-260715-L-NB1-999999")
    assert "TP-260715-L-NB1-999999 is not known" in shown.text
    assert 'href="/passport"' in shown.html


@pytest.mark.parametrize("path", PATHS)
def test_a_ledger_that_cannot_be_read_is_said_on_the_page(
    pages: Pages, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise LedgerError("ledger.db: the file is damaged; restore a backup")

    for name in ("keep", "read", "refresh"):
        monkeypatch.setattr(Frames, name, broken)
    shown = pages.drawn(path)
    assert shown.status == 200
    assert "could not be brought up to date: ledger.db: the file is damaged; restore a backup" in shown.text
    assert 'role="alert"' in shown.html


def test_old_facts_and_days_to_come_are_said_above_every_page(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    later = pages.now
    monkeypatch.setattr(pages, "now", later + timedelta(hours=2))
    monkeypatch.setattr("parkwright.show.frames.ANSWER_AGE_S", -1.0)
    monkeypatch.setattr("parkwright.show.frames.ANSWER_RENEWED_S", -1.0)
    for path in PATHS[:4]:
        text = pages.drawn(path).text
        assert "The newest facts are from" in text, path
        assert "3 of 4 closed" in text, path


def test_a_forged_figure_of_the_future_is_zero_seconds_old(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "now", pages.now - timedelta(hours=1))
    assert "-" not in "".join(re.findall(r'<div class="foot"[^>]*>([^<]*)<', pages.drawn("/").html))


# ------------------------------------------------------------------------------------------------- roles


@pytest.mark.parametrize("path", [*PATHS, f"/passport/{UNIT}/paper"])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_a_page_exactly_when_auth_says_so(pages: Pages, role: str, path: str) -> None:
    may = allowed(Principal("u", "n", role), SEE, object_of(path))
    answer = pages.get(path, role)
    if path.endswith("/paper"):
        assert answer.status_code == (200 if may else 403)
        return
    assert answer.status_code == 200
    refused = catalogue("en")["state.forbidden"] in answer.text
    assert refused is not may
    if not may:
        assert "administrator" in answer.text
        assert "plan_hash" not in answer.text
        assert len(grantors(SEE, object_of(path))) == 10


@pytest.mark.parametrize("path", [*PATHS, f"/passport/{UNIT}/paper"])
def test_nobody_is_led_to_the_sign_in_and_comes_back_to_the_page(pages: Pages, path: str) -> None:
    answer = pages.get(path, role=None)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
    assert f'name="next" value="{path}"' in pages.drawn(answer.headers["location"], role="viewer").html


@pytest.mark.parametrize(
    ("role", "approves", "takes", "holds"),
    [("viewer", 0, 0, 0), ("auditor", 0, 0, 0), ("operator", 0, 1, 1), ("planner", 1, 1, 0), ("quality", 0, 1, 1),
     ("energy", 1, 1, 0), ("carbon", 0, 1, 0), ("engineer", 0, 1, 1), ("admin", 1, 1, 1)],
)  # fmt: skip
def test_a_button_is_there_for_those_who_may_press_it(
    pages: Pages, role: str, approves: int, takes: int, holds: int
) -> None:
    assert ("/approval" in pages.drawn("/plan", role).html) == bool(approves)
    assert ("/api/v1/acknowledgements" in pages.drawn("/", role).html) == bool(takes)
    assert ("/hold" in pages.drawn(f"/passport/{UNIT}", role).html) == bool(holds)


@pytest.mark.parametrize("path", ["/nothing", "/plan/x", "/passport/a/b", "/admin", "/.git/config", "/api/v1/nothing"])
def test_what_does_not_exist_is_404_for_those_inside_and_401_or_404_outside(pages: Pages, path: str) -> None:
    assert pages.get(path).status_code == 404
    assert pages.get(path, role=None).status_code in (303, 401, 404)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_that_does_not_exist_says_so_and_leads_on(pages: Pages, language: str) -> None:
    words = catalogue(language)
    asked = f"/no/{'x' * 200}"
    shown = pages.drawn(asked, language=language)
    assert shown.status == 404
    assert words["state.missing"] in shown.text
    assert words["state.go_home"] in shown.text
    assert asked[:80] in shown.text
    assert asked not in shown.text


def test_planted_markup_in_an_address_that_does_not_exist_is_text(pages: Pages) -> None:
    shown = pages.drawn("/no/%3Cscript%3Eplanted()%3C%2Fscript%3E")
    assert [piece.planted for piece in shown.pieces if piece.planted] == []


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/_nicegui/nothing"])
def test_a_program_that_asks_for_what_does_not_exist_gets_json(pages: Pages, path: str) -> None:
    answer = pages.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {"detail": "Not Found"}


def test_a_page_that_fails_says_where_the_reason_stands(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bool:
        raise ZeroDivisionError("a planted fault")

    monkeypatch.setattr(sys.modules["parkwright.show.pages.plan"], "permitted", fail)
    client = TestClient(pages.app, raise_server_exceptions=False)
    answer = client.get("/plan", headers={"cookie": f"{COOKIE}={session(pages.operations, 'admin')}"})
    assert answer.status_code == 500
    assert catalogue("en")["state.broken"] in answer.text
    assert "a planted fault" not in answer.text


async def test_a_visitor_who_leaves_before_the_answer_is_no_fault(pages: Pages) -> None:
    async def left(*_: object) -> None:
        raise RuntimeError("No response returned.")

    async def fails(*_: object) -> None:
        raise RuntimeError("a planted fault")

    async def nothing(*_: object) -> None:
        return None

    context = visit_context(pages)
    scope = {"type": "http", "method": "GET", "path": "/healthz", "headers": []}
    await Door(left, context, Frames(context.facts))(scope, nothing, nothing)
    with pytest.raises(RuntimeError, match="a planted fault"):
        await Door(fails, context, Frames(context.facts))(scope, nothing, nothing)


def visit_context(pages: Pages) -> Context:
    return Context(
        park=pages.park, facts=pages.facts, operations=pages.operations, clock=lambda: pages.now, speed=1.0,
        history_days=4,
    )  # fmt: skip


def test_a_plan_of_a_day_that_is_over_offers_no_button(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    day = pages.get("/api/v1/plan").json()["day"]
    assert "/approval" in pages.drawn("/plan").html
    monkeypatch.setattr(pages, "now", pages.now + timedelta(days=1))
    shown = pages.drawn(f"/plan?day={day}")
    assert "/approval" not in shown.html
    assert catalogue("en")["plan.waiting"] in shown.text


def test_an_approved_plan_says_when_and_offers_no_button(pages: Pages) -> None:
    shown = pages.get("/api/v1/plan").json()
    user = pages.operations.add_user("planner", "planner", pages.now)
    pages.operations.approve_plan(shown["day"], shown["plan_hash"], user, pages.now)
    page = pages.drawn("/plan")
    assert "Approved 14:37" in page.text
    assert "/approval" not in page.html
    assert shown["plan_hash"][:10] in page.text


def test_a_held_unit_shows_the_reason_as_text(pages: Pages) -> None:
    user = pages.operations.add_user("inspector", "quality", pages.now)
    pages.operations.hold_unit(UNIT, MARK, user, pages.now)
    shown = pages.drawn(f"/passport/{UNIT}")
    assert "Held: " + MARK in shown.text
    assert [piece.planted for piece in shown.pieces if piece.planted] == []


def test_the_scene_of_a_planted_park_is_json_and_not_markup(pages: Pages) -> None:
    answer = pages.get("/wall/scene", role=None)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(make_scene(pages.park)))


def test_a_park_that_just_starts_says_so(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    books = Batch(
        "b",
        "2026-07-14",
        0,
        "books",
        "2026-07-14",
        table("books", [{"day": "2026-07-14", "key": "units_good", "value": 1.0}]),
    )
    empty = Frames(MemoryFacts([books], pages.now))
    monkeypatch.setattr(Frames, "read", lambda self, kind, day, own=empty._facts: own.read(kind, day))
    monkeypatch.setattr(Frames, "keep", lambda self, key, make, *, lasting=False: make())
    text = pages.drawn("/").text
    assert catalogue("en")["state.starting"] in text
    assert "1 of 4 closed" in text
    assert catalogue("en")["home.nothing"] in text
