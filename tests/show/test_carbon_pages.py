"""The carbon pages and their API say what the accounts answered, in both languages, and nothing of their own."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import polars as pl
import pytest
from carbon_fixture import FakeCarbon
from desk_fixture import make_site, session
from fastapi.testclient import TestClient
from park_fixture import small_park

from parkwright.carbon import sinks, zerocarbon
from parkwright.show.answers import carbon as answers
from parkwright.show.answers import greening as green
from parkwright.show.answers.carbon import CarbonReport, ChecklistRow
from parkwright.show.answers.greening import Greening, SpeciesRow
from parkwright.show.auth import COOKIE
from parkwright.show.pages import carbon as page
from parkwright.show.pages import carbon_charts, filter_bar, zero_carbon
from parkwright.show.pages import greening as greening_page
from parkwright.show.words import Words
from parkwright.store import carbon_book

PARK = small_park()
FAKE = FakeCarbon()


def words(language: str = "en") -> Words:
    return Words(language, PARK.zone)


@pytest.fixture(scope="module")
def report() -> CarbonReport:
    found = answers.report(FAKE, PARK, None, None)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app, operations = make_site(tmp_path_factory.mktemp("carbon"))
    asking = TestClient(app, follow_redirects=False)
    asking.headers["cookie"] = f"{COOKIE}={session(operations, 'viewer')}"
    yield asking
    operations.close()


def test_the_report_is_what_the_accounts_answered(report: CarbonReport):
    figures = {figure.key: figure.value for figure in report.figures}
    assert figures == {
        "carbon_scope1": 40.0, "carbon_location": 100.0, "carbon_market": 80.0, "carbon_scope3": 10_000.0,
        "carbon_unit": 1.4,
    }  # fmt: skip
    assert [(line.scope, line.category, line.kg) for line in report.lines] == [
        (1, 0, 40.0),
        (2, 0, 100.0),
        (3, 1, 10_000.0),
    ]
    assert report.targets[0].path[0].allowed_t == 100.0
    assert [(m.id, m.cumulative_t) for m in report.measures] == [("M1", 2.0), ("M2", 3.0)]
    assert report.products[1].name_en == "gone"
    assert (report.start_day, report.end_day) == ("2026-07-14", "2026-07-15")
    assert [(one.category, one.is_excluded) for one in report.not_included] == [(2, False), (14, True)]


def test_every_figure_explains_itself_in_both_languages(report: CarbonReport):
    for language in ("en", "zh"):
        for figure in report.figures:
            assert words(language).say(figure.why.formula)
            assert words(language).say(f"figure.{figure.key}")


def test_the_months_show_all_scopes_in_tons_and_scope_3_on_its_own_axis(report: CarbonReport):
    series = carbon_charts.months_chart(words(), report, "light")["series"]
    assert [(one["stack"], one["yAxisIndex"], one["data"]) for one in series] == [
        ("location", 0, [0.04]),
        ("location", 0, [0.1]),
        ("market", 0, [0.08]),
        ("chain", 1, [10.0]),
    ]


def test_the_flows_add_up_to_the_whole_and_small_lines_are_one_flow(report: CarbonReport):
    links = carbon_charts.flow_chart(words(), report, "dark")["series"][0]["links"]
    into = sum(link["value"] for link in links if link["target"] == "Whole")
    assert into == pytest.approx(sum(line.kg for line in report.lines) / 1000)
    assert sum(link["value"] for link in links) == pytest.approx(2 * into)
    sources = {link["source"] for link in links}
    assert "Rest of Scope 1" in sources
    assert "purchased electricity" in sources
    nodes = {node["name"] for node in carbon_charts.flow_chart(words(), report, "light")["series"][0]["data"]}
    assert nodes == sources | {link["target"] for link in links}


def test_the_path_runs_from_base_to_target_with_the_pace_as_a_point(report: CarbonReport):
    options = carbon_charts.path_chart(words(), report.targets[:1], 2026, "light")
    assert (options["xAxis"]["min"], options["xAxis"]["max"]) == (2021, 2030)
    assert options["series"][1]["data"] == [[2026, 80.0]]
    assert options["series"][0]["data"][-1] == [2030, 55.0]


def test_every_target_has_its_path_and_its_pace_under_one_name_of_the_legend(report: CarbonReport):
    second = report.targets[1].model_copy(update={"name_zh": "净零", "target_year": 2050, "pace_t": 7.0})
    options = carbon_charts.path_chart(words("zh"), [report.targets[0], second], 2026, "dark")
    assert [(one["name"], one["type"]) for one in options["series"]] == [
        ("a line", "line"), ("a line", "scatter"), ("净零", "line"), ("净零", "scatter"),
    ]  # fmt: skip
    assert options["xAxis"]["max"] == 2050
    assert options["series"][3]["data"] == [[2026, 7.0]]
    assert len({one["itemStyle"]["color"] for one in options["series"]}) == 2


def test_a_measure_that_pays_is_green(report: CarbonReport):
    bars = carbon_charts.curve_chart(words(), report, "light")["series"][0]["data"]
    assert bars[0]["value"] == -50.0
    assert bars[0]["itemStyle"] != bars[1]["itemStyle"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_cards_show_targets_products_and_lines(report: CarbonReport, language: str):
    said = words(language)
    targets = page.targets_card(said, report)
    assert said.say("scopes.provisional") in targets
    assert "–" in targets
    products = page.products_card(said, report)
    assert "NB-14" in products
    assert "gone" in products
    assert "72.60 – 135.6" in products
    assert said.say("scopes.made_of", product=said.name(report.products[0]), n=1) in unescape(products)
    assert said.percent(0.6) in products
    assert said.percent(0.4) in products  # all else
    lines = page.lines_card(said, report)
    assert "grid-2021" in lines
    assert "3.1" in lines


def test_what_is_empty_says_what_to_do(report: CarbonReport):
    bare = report.model_copy(update={"targets": [], "products": [], "unverified_factors": [], "not_included": []})
    assert "carbon/targets.toml" in page.targets_card(words(), bare)
    assert "[footprint]" in page.products_card(words(), bare)
    assert "Register trees" in greening_page.greening_card(
        words(), green.greening(PARK).model_copy(update={"trees": 0})
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_left_out_of_scope_3_stands_by_its_name_with_why(report: CarbonReport, language: str):
    said = words(language)
    shown = page.left_out_card(said, report)
    rows = re.findall(r"<td>(.*?)</td><td>(.*?)</td>", shown)
    assert rows == [
        (f"3.2 {said.say('scope3.2')}", said.say("scopes.no_data")),
        (f"3.14 {said.say('scope3.14')}", report.not_included[1].why),
    ]
    assert page.left_out_card(said, report.model_copy(update={"not_included": []})) == ""


@pytest.mark.parametrize("name", ["carbon", "centre"])
def test_the_days_that_were_asked_for_stay_in_the_bar_where_nothing_was_found(report: CarbonReport, name: str):
    asked = (date(2024, 1, 1), None)
    assert re.findall(r'name="(\w+)" value="(.*?)"', page.heading_of(words("en"), name, None, asked)) == [
        ("from", "2024-01-01"), ("to", ""),
    ]  # fmt: skip
    found = page.heading_of(words("en"), name, report, asked)
    assert re.findall(r'name="(\w+)" value="(.*?)"', found) == [("from", report.start_day), ("to", report.end_day)]


def test_the_centre_judges_each_indicator_by_what_is_published():
    found = answers.centre(FAKE, None, None)
    assert found is not None
    card = zero_carbon.indicators_card(words(), found)
    for text in ("kept", "entered", "missed", "not known", "no limit", "limit not verified"):
        assert text in card
    functions, supply = (zero_carbon.checklist_card(words(), found, part) for part in ("function", "supply"))
    found_text = words().say("evidence.supplied_share", n=words().percent(0.25))
    newest = words().say("centre.newest", day="2026-07-14")
    assert f'<a href="/carbon">Carbon</a> <span class="muted small">{found_text}; {newest}</span>' in functions
    assert f"{words().say('centre.named')}</span> <span>cited: a line</span>" in functions
    assert "not shown" in supply
    assert "not yet: a line" in supply
    assert "not yet" not in functions


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_indicator_opens_its_explanation(language: str):
    found, said = answers.centre(FAKE, None, None), words(language)
    card = zero_carbon.indicators_card(said, found)
    told = re.findall(r"data-why.*?<template>(.*?)</template>", card, re.S)
    assert len(told) == len(found.indicators) == 5
    made, given, _, unstated, _ = told
    for text in (said.say("indicator.traceable_share"), said.say("term.power_used"), "600", "postings"):
        assert text in made
    assert said.say("indicator.given") in given
    assert said.say("centre.given", basis="assumed: a line") in given
    assert said.say("centre.limits", basis="goal: a line") in given
    assert said.say("unstated.no_bill") in unstated
    assert "<table" not in unstated


def test_every_reason_for_no_value_has_its_sentence():
    reasons = {*zerocarbon.WITHOUT.values(), zerocarbon.NOT_GIVEN, "no_bill"}
    assert set(answers.UNSTATED) == reasons
    plain = answers.centre(FAKE, None, None).indicators[3]
    said = [plain.model_copy(update={"unstated": why}).why.formula for why in sorted(reasons)]
    assert said == [f"unstated.{why}" for why in sorted(reasons)]
    assert all(words(language).say(key) for key in said for language in ("en", "zh"))


def test_every_computed_indicator_of_the_programmes_has_its_sentence_and_its_terms_their_names():
    figures = zerocarbon.Figures(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
    checklist = carbon_book.load(Path("nowhere")).checklist
    proofs = zerocarbon.proved(checklist.item, {}, {})
    for language in ("en", "zh"):
        for one in zerocarbon.indicators(figures, checklist.conversion[0], checklist.limit, {}, proofs):
            if one.terms:
                assert words(language).say(f"indicator.{one.id}")
                assert [words(language).say(f"term.{term.name}") for term in one.terms]


def test_the_stock_of_the_trees_opens_its_explanation():
    trees = Greening(trees=1, others=0, stock_kg=5.0, species=[SpeciesRow(species="Acer", trees=1, stock_kg=5.0)])
    card = greening_page.greening_card(words(), trees)
    assert words().say("why.of_stock") in unescape(card)
    assert card.count("data-why") == 1


def test_counts_are_written_as_counts_and_shares_as_shares():
    said = words("zh")
    assert zero_carbon._amount(said, 11.0, "functions") == "11\u2009项功能"
    assert zero_carbon._amount(said, 0.85, "share") == said.percent(0.85)
    found = answers.centre(FAKE, None, None)
    assert found is not None
    row = found.checklist[0]
    for value, shown in ((2.0, "2"), (1200.0, "1,200"), (2.5, "2.500")):
        told = zero_carbon.proof(words(), row.model_copy(update={"evidence": "certificates_mwh", "value": value}))
        assert words().say("evidence.certificates_mwh", n=shown) in told
    short = row.model_copy(
        update={"by": "", "proof": "", "evidence": "recycled_share", "value": 0.5, "missing_en": "weigh it"}
    )
    told = zero_carbon.proof(words(), short)
    assert words().say("evidence.recycled_share", n=words().percent(0.5)) in told
    assert "weigh it" in told


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_figures_behind_two_functions_stand_below_the_checklist(language: str):
    found, said = answers.centre(FAKE, None, None), words(language)
    rows = re.findall(r"<td>(.*?)</td><td[^>]*>(.*?)</td>", zero_carbon.benchmark_card(said, found))
    assert rows == [
        (said.say("centre.of_span"), "3.250"), (said.say("centre.of_best"), "3.000"),
        (said.say("centre.of_middle"), "3.500"),
    ]  # fmt: skip
    one = found.model_copy(update={"benchmark": found.benchmark.model_copy(update={"days": 1})})
    assert ("Closed days with good units: 1;" in zero_carbon.benchmark_card(said, one)) is (language == "en")
    bare = found.model_copy(update={"benchmark": found.benchmark.model_copy(update={"best_day": None})})
    assert said.say("scopes.none") in zero_carbon.benchmark_card(said, bare)


def test_the_green_is_what_the_sinks_say():
    found = green.greening(PARK)
    trees = [one for one in PARK.green if one.kind == "tree"]
    assert found.trees == len(trees)
    assert found.stock_kg == pytest.approx(sum(map(sinks.stock_ug, PARK.green)) / 1e9)
    assert sum(row.trees for row in found.species) == found.trees


def test_the_api_answers_and_passes_the_span_on(client: TestClient):
    answer = client.get("/api/v1/carbon/report?from=2026-07-01&to=2026-07-02")
    assert answer.status_code == 200
    assert (answer.json()["start_day"], answer.json()["end_day"]) == ("2026-07-01", "2026-07-02")
    assert client.get("/api/v1/carbon/indicators").json()["standard_coal_t"] == 14.4
    assert client.get("/api/v1/carbon/greening").json()["trees"] == green.greening(PARK).trees


@pytest.mark.parametrize("address", ["report", "indicators", "lines.csv"])
def test_a_span_without_a_closed_day_says_so(client: TestClient, address: str):
    answer = client.get(f"/api/v1/carbon/{address}?from=2024-01-01&to=2024-12-31")
    assert answer.status_code == 404
    assert "no day of that span is closed yet" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["from=x", "to=1999-12-31", "from=2100-01-01"])
def test_days_out_of_bounds_are_refused(client: TestClient, query: str):
    assert client.get(f"/api/v1/carbon/report?{query}").status_code == 422


def test_the_lines_go_to_a_spreadsheet_that_takes_none_for_a_formula(client: TestClient):
    answer = client.get("/api/v1/carbon/lines.csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = pl.read_csv(io.BytesIO(answer.content))
    assert rows["kg"].to_list() == [40.0, 100.0, 10_000.0]
    assert rows["factor"].to_list() == ["'=gas", "grid-2023", "'=gas"]


def test_without_accounts_there_is_no_report(tmp_path):
    app, operations = make_site(tmp_path, carbon=None)
    headers = {"cookie": f"{COOKIE}={session(operations, 'viewer')}"}
    for address in ("report", "indicators"):
        assert TestClient(app).get(f"/api/v1/carbon/{address}", headers=headers).status_code == 404
    operations.close()


class Asked:
    """A request with a query."""

    def __init__(self, **query: str) -> None:
        self.query_params = query


@pytest.mark.parametrize(
    ("query", "span"),
    [
        ({}, (None, None)),
        ({"from": "2026-01-02", "to": "2026-02-03"}, (date(2026, 1, 2), date(2026, 2, 3))),
        ({"from": "<script>", "to": "1800-01-01"}, (None, None)),
    ],
)
def test_the_address_names_the_span_or_nothing(query: dict[str, str], span: tuple):
    assert filter_bar.span_of(Asked(**query)) == span


def test_a_figure_and_the_way_to_prove_it_are_told_apart():
    row = ChecklistRow(
        id="data", part="supply", number=2, name_en="data", name_zh="数据", by="", proof="",
        evidence="supplied_share", value=0.0, missing_en="Ask a supplier.", missing_zh="请询问供应商。",
    )  # fmt: skip
    told = re.sub(r"<[^>]+>", "", zero_carbon.proof(words(), row))
    assert f"{words().say('evidence.supplied_share', n=words().percent(0.0))} · Ask a supplier." in told
    bare = row.model_copy(update={"value": None})
    assert "·" not in zero_carbon.proof(words(), bare)


def test_an_activity_is_called_in_chinese_what_the_park_calls_it(report: CarbonReport):
    line = report.lines[0].model_copy(update={"text": "commuting by bus", "text_zh": "公交通勤", "kg": 1e6})
    shown = report.model_copy(update={"lines": [line]})
    for language, name in (("en", "commuting by bus"), ("zh", "公交通勤")):
        assert f"<td>{name}</td>" in page.lines_card(words(language), shown)
        links = carbon_charts.flow_chart(words(language), shown, "dark")["series"][0]["links"]
        assert name in {link["source"] for link in links}


@pytest.mark.parametrize(
    ("text", "zh"),
    [("purchased electricity", "购入电力"), ("fuel, BO1", "燃料，BO1"),
     ("making and bringing of uk-gas", "uk-gas 的生产与运输"), ("commuting by bus", "commuting by bus")],
)  # fmt: skip
def test_a_line_that_the_ledger_gives_is_named_in_the_readers_language(report: CarbonReport, text: str, zh: str):
    chinese = words("zh")
    assert carbon_charts.line_name(chinese, text) == zh
    assert carbon_charts.line_name(words(), text) == text
    shown = report.model_copy(update={"lines": [report.lines[0].model_copy(update={"text": text})]})
    assert f"<td>{zh}</td>" in page.lines_card(chinese, shown)
    sources = {link["source"] for link in carbon_charts.flow_chart(chinese, shown, "dark")["series"][0]["links"]}
    assert zh in sources
