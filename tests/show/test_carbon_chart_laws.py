"""Laws of the carbon charts and tables: whatever the accounts answer, flows are conserved and text stays text."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from carbon_fixture import FakeCarbon, target
from hypothesis import given, settings
from hypothesis import strategies as st
from page_fixture import MARK, Markup
from park_fixture import small_park

from parkwright.show.answers import carbon as answers
from parkwright.show.answers.carbon import (
    Benchmark,
    CarbonReport,
    Centre,
    ChecklistRow,
    IndicatorRow,
    MeasureRow,
    Month,
    ScopeLine,
    TargetRow,
)
from parkwright.show.answers.greening import Greening, SpeciesRow, greening
from parkwright.show.pages import carbon as page
from parkwright.show.pages import carbon_charts as charts
from parkwright.show.pages import zero_carbon
from parkwright.show.pages.greening import greening_card
from parkwright.show.theme import PALETTE
from parkwright.show.words import MISSING, Words, catalogue

PARK = small_park()
LANGUAGES = ("en", "zh")
RESERVED = [catalogue(language)[f"scopes.{name}"] for language in LANGUAGES for name in ("whole", "flow1", "flow3")]
TEXTS = st.one_of(st.sampled_from([*RESERVED, MARK, "gas", "steel", "Scope 1", "Rest of Scope 3"]), st.text(max_size=8))
NO_FIGURE = {"evidence": "", "value": None, "missing_en": "", "missing_zh": ""}
NO_BENCHMARK = Benchmark(days=0, kwh_per_unit=None, best_day=None, best_kwh_per_unit=None, median_kwh_per_unit=None)
LINES = st.lists(
    st.builds(
        ScopeLine, scope=st.sampled_from([1, 2, 3]), category=st.integers(0, 15), text=TEXTS,
        kg=st.floats(-1e5, 1e7, allow_nan=False), factor=TEXTS, basis=TEXTS,
    ),
    max_size=12,
)  # fmt: skip


def base() -> CarbonReport:
    found = answers.report(FakeCarbon(), PARK, None, None)
    assert found is not None
    return found


BASE = base()


def words(language: str = "en") -> Words:
    return Words(language, PARK.zone)


def sankey(report: CarbonReport, language: str = "en", theme: str = "light") -> dict[str, Any]:
    (series,) = charts.flow_chart(words(language), report, theme)["series"]
    return dict(series)


def cells(html: str) -> list[list[str]]:
    """Return the text of the body's cells, row by row."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [[Markup(cell).text for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in rows]


# ------------------------------------------------------------------------------------------------- flows


@settings(deadline=None, max_examples=80)
@given(lines=LINES, language=st.sampled_from(LANGUAGES))
def test_flows_are_conserved_and_never_run_in_a_circle(lines: list[ScopeLine], language: str):
    series = sankey(BASE.model_copy(update={"lines": lines}), language)
    into: dict[str, float] = defaultdict(float)
    out: dict[str, float] = defaultdict(float)
    for link in series["links"]:
        into[link["target"]] += link["value"]
        out[link["source"]] += link["value"]
    scopes = {line.scope for line in lines if line.kg > 0}
    ends = set(into) - set(out)
    middles = set(into) & set(out)
    assert len(ends) == bool(scopes)
    assert len(middles) == len(scopes)
    for name in middles:
        assert into[name] == pytest.approx(out[name], abs=1e-5)
    emitted_t = sum(line.kg for line in lines if line.kg > 0) / 1000
    assert sum(into[name] for name in ends) == pytest.approx(emitted_t, abs=1e-5)
    assert not any(link["source"] == link["target"] for link in series["links"])


@settings(deadline=None, max_examples=60)
@given(lines=LINES)
def test_every_end_of_a_flow_is_a_node_named_once(lines: list[ScopeLine]):
    series = sankey(BASE.model_copy(update={"lines": lines}))
    names = [node["name"] for node in series["data"]]
    assert len(names) == len(set(names))
    assert {link[end] for link in series["links"] for end in ("source", "target")} <= set(names)
    told = [node["tooltip"]["formatter"] for node in series["data"]]
    assert [unescape(text) for text in told] == names
    assert [text for text in told if "<" in text] == []


def test_a_removal_is_no_flow():
    lines = [BASE.lines[0], BASE.lines[0].model_copy(update={"kg": -30.0, "text": "a credit"})]
    series = sankey(BASE.model_copy(update={"lines": lines}))
    assert "a credit" not in {node["name"] for node in series["data"]}
    assert sum(link["value"] for link in series["links"] if link["target"] == "Whole") == 0.04


@pytest.mark.parametrize(("kg", "own"), [(5.0, True), (4.9, False)])
def test_a_line_has_its_own_name_from_half_a_percent(kg: float, own: bool):
    lines = [
        ScopeLine(scope=1, category=0, text="small", kg=kg, factor="", basis=""),
        ScopeLine(scope=1, category=0, text="large", kg=1000.0 - kg, factor="", basis=""),
    ]
    sources = {link["source"] for link in sankey(BASE.model_copy(update={"lines": lines}))["links"]}
    assert ("small" in sources) is own
    assert ("Rest of Scope 1" in sources) is not own


def test_lines_of_one_name_are_one_flow():
    line = BASE.lines[0].model_copy(update={"kg": 1500.0, "text": "gas"})
    links = sankey(BASE.model_copy(update={"lines": [line, line]}))["links"]
    assert [link["value"] for link in links if link["source"] == "gas"] == [3.0]


# ------------------------------------------------------------------------------------------------- months, path, curve


@settings(deadline=None, max_examples=40)
@given(
    kgs=st.lists(st.tuples(*[st.floats(0, 1e8, allow_nan=False)] * 4), max_size=24),
    language=st.sampled_from(LANGUAGES),
    theme=st.sampled_from(sorted(PALETTE)),
)
def test_months_show_each_kilogram_once(kgs: list[tuple[float, ...]], language: str, theme: str):
    months = [
        Month(month=f"{2020 + n // 12}-{n % 12 + 1:02}", scope1_kg=a, location_kg=b, market_kg=c, scope3_kg=d)
        for n, (a, b, c, d) in enumerate(kgs)
    ]
    options = charts.months_chart(words(language), BASE.model_copy(update={"months": months}), theme)
    assert all(axis["data"] == [month.month for month in months] for axis in options["xAxis"])
    heights = dict.fromkeys(("location", "market", "chain"), 0.0)
    for series in options["series"]:
        assert len(series["data"]) == len(months)
        heights[series["stack"]] += sum(series["data"])
    assert heights["location"] == pytest.approx(sum(a + b for a, b, _, _ in kgs) / 1000, abs=1e-4)
    assert heights["market"] == pytest.approx(sum(c for _, _, c, _ in kgs) / 1000, abs=1e-4)
    assert heights["chain"] == pytest.approx(sum(d for _, _, _, d in kgs) / 1000, abs=1e-4)
    assert len({series["name"] for series in options["series"]}) == 4
    assert {series["itemStyle"]["color"] for series in options["series"]} <= set(PALETTE[theme].values())


@pytest.mark.parametrize("year", [2019, 2021, 2026, 2030, 2034])
def test_the_pace_is_within_the_axis_in_every_year(year: int):
    options = charts.path_chart(words(), BASE.targets[:1], year, "light")
    allowed, pace = (series["data"] for series in options["series"])
    assert options["xAxis"]["min"] <= year <= options["xAxis"]["max"]
    assert pace == [[year, BASE.targets[0].pace_t]]
    assert [at for at, _ in allowed] == list(range(2021, 2031))
    assert (options["xAxis"]["min"], options["xAxis"]["max"]) == (min(2021, year), max(2030, year))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", sorted(PALETTE))
def test_the_curve_has_a_bar_for_each_measure_in_the_order_of_the_answer(language: str, theme: str):
    measures = [
        MeasureRow(id=f"M{n}", name_en=f"en{n}", name_zh=f"zh{n}", status="idea", avoided_t=1.0, cny_per_t=cost,
                   cumulative_t=n + 1.0)
        for n, cost in enumerate((-3.14159, 0.0, 7.5))
    ]  # fmt: skip
    options = charts.curve_chart(words(language), BASE.model_copy(update={"measures": measures}), theme)
    bars = options["series"][0]["data"]
    assert options["yAxis"]["data"] == [f"{language}{n}" for n in range(3)]
    assert options["yAxis"]["inverse"] is True
    assert [bar["value"] for bar in bars] == [-3.14, 0.0, 7.5]
    good, grid = PALETTE[theme]["good"], PALETTE[theme]["grid"]
    assert [bar["itemStyle"]["color"] for bar in bars] == [good, good, grid]


# ------------------------------------------------------------------------------------------------- tables


@settings(deadline=None, max_examples=40)
@given(lines=LINES)
def test_the_table_of_lines_is_the_lines_in_their_order(lines: list[ScopeLine]):
    html = page.lines_card(words(), BASE.model_copy(update={"lines": lines}))
    assert Markup(html).planted == []
    assert html.count("<tr>") == len(lines) + 1
    scopes = re.findall(r"<tr><td>([\d.]+)</td>", html)
    assert scopes == [f"{line.scope}.{line.category}" if line.category else str(line.scope) for line in lines]


def test_a_line_shows_six_digits_its_factor_and_its_basis():
    line = ScopeLine(scope=3, category=4, text="lorry", kg=1234567.8, factor="", basis="cited: a book")
    assert cells(page.lines_card(words(), BASE.model_copy(update={"lines": [line]}))) == [
        ["3.4", "lorry", "1\u2009234\u2009568", MISSING, "cited: a book"]
    ]


def test_a_target_shows_goal_pace_gap_and_chance():
    plain = target("Half", goal_t=55.0, pace_t=1234.0, gap_t=-5.0, probability=0.4)
    path = [{"year": 2021, "allowed_t": 100.0}]
    row = TargetRow.model_validate(
        {
            **{k: v for k, v in plain.items() if k not in ("path_t", "title", "rule_title")},
            "path": path,
            "name_en": "Half",
            "name_zh": "减半",
            "rule_en": "Half in all",
            "rule_zh": "共减半",
        }
    )
    bare = row.model_copy(update={"gap_t": None, "probability": None, "provisional": False})
    first, second = cells(page.targets_card(words(), BASE.model_copy(update={"targets": [row, bare]})))
    thin = "\u2009"
    assert first == [
        "Half provisional", "Half in allhalf-2030 · 2021–2030", f"55.0{thin}t CO₂e", f"1{thin}234{thin}t CO₂e",
        f"-5.00{thin}t CO₂e", f"40.0{thin}%",
    ]  # fmt: skip
    assert second[0] == "Half "
    chinese = page.targets_card(words("zh"), BASE.model_copy(update={"targets": [row]}))
    assert "共减半<br>" in chinese
    assert "Half" not in chinese
    assert second[4:] == [MISSING, MISSING]


def test_products_come_heaviest_first():
    light, heavy = (BASE.products[0].model_copy(update={"product_id": n, "kg_per_unit": w}) for n, w in
                    (("light", 1.0), ("heavy", 9.0)))  # fmt: skip
    rows = cells(page.products_card(words(), BASE.model_copy(update={"products": [light, heavy]})))
    assert ["heavy" in row[0] for row in rows] == [True, False]
    assert [row[2] for row in rows] == ["9.0000", "1.0000"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("value", "entry", "goal", "verdicts", "word"),
    [
        (None, 0.3, 0.9, (None, None), "unknown"),
        (0.95, 0.3, 0.9, (True, True), "kept"),
        (0.5, 0.3, None, (True, None), "kept"),
        (0.5, 0.3, 0.9, (True, False), "entered"),
        (0.1, 0.3, 0.9, (False, False), "missed"),
        (0.1, 0.3, None, (False, None), "missed"),
        (0.1, None, 0.9, (None, False), "missed"),
        (0.1, None, None, (None, None), "no_limit"),
    ],
)
@pytest.mark.parametrize("verified", [True, False])
def test_the_state_of_an_indicator(
    language: str, value: float | None, entry: float | None, goal: float | None,
    verdicts: tuple[bool | None, bool | None], word: str, verified: bool,
):  # fmt: skip
    row = IndicatorRow(
        id="i", programme="park", name_en="n", name_zh="n", unit="share", value=value, entry=entry, goal=goal,
        meets_entry=verdicts[0], meets_goal=verdicts[1], verified=verified,
    )  # fmt: skip
    said = words(language)
    centre = Centre(
        start_day="",
        end_day="",
        conversion="c",
        standard_coal_t=14.4,
        indicators=[row],
        checklist=[],
        benchmark=NO_BENCHMARK,
        certificates_mwh={},
    )
    ((_, programme, shown, *limits, state),) = cells(zero_carbon.indicators_card(said, centre))
    assert programme == said.say("centre.of_park")
    assert shown == said.percent(value)
    assert limits == [said.percent(entry), said.percent(goal)]
    assert state == said.say(f"centre.{word}") + ("" if verified else f" {said.say('centre.unverified')}")


@pytest.mark.parametrize(
    ("given_proof", "page_name"),
    [("/carbon", "Carbon"), ("/zero-carbon", "Zero-carbon centre"), ("/plan", "Plan"), ("cited: our rule", ""),
     ("javascript:planted()", ""), ("//elsewhere.example", ""), ("/carbon?x", ""), (MARK, "")],
)  # fmt: skip
def test_only_a_page_of_the_park_that_shows_what_was_found_is_a_link(given_proof: str, page_name: str):
    name = {"name_en": "n", "name_zh": "n"}
    item = ChecklistRow(id="f", part="function", number=1, by="found", proof=given_proof, **name, **NO_FIGURE)
    named = item.model_copy(update={"by": "named"})
    drawn = zero_carbon.proof(words(), item)
    html = Markup(drawn)
    assert set(html.tags) == {"a" if page_name else "span"}
    assert html.text.endswith(page_name or given_proof)
    assert (f'href="{given_proof}"' in drawn) == bool(page_name)
    assert set(Markup(zero_carbon.proof(words(), named)).tags) == {"span"}


def test_the_green_adds_up_in_its_table():
    rows = [SpeciesRow(species=MARK, trees=3, stock_kg=30.0), SpeciesRow(species="elm", trees=1, stock_kg=5.5)]
    found = Greening(trees=4, others=2, stock_kg=35.5, species=rows)
    html = greening_card(words(), found)
    assert Markup(html).planted == []
    assert [row[1:] for row in cells(html)] == [["3", "30.00"], ["1", "5.500"]]
    foot = re.findall(r"<td[^>]*>(.*?)</td>", html.partition("<tfoot>")[2])
    assert foot[1:] == ["4", "35.50"]
    assert words().say("greening.others", n=2) in Markup(html).text


def test_green_whose_rate_is_not_known_is_counted_apart_and_not_shown_as_zero():
    wall = PARK.green[0].model_copy(update={"id": "w1", "kind": "wall", "species": "ivy"})
    bare, found = (greening(replace(PARK, green=green)) for green in (PARK.green, (*PARK.green, wall)))
    assert (bare.others, found.others) == (0, 1)
    assert found.species == bare.species
    assert found.stock_kg == bare.stock_kg > 0


def test_a_phone_gives_the_flows_more_room_than_their_names():
    options = charts.flow_chart(words("zh"), BASE, "dark")
    (narrow,) = options["media"]
    wide, phone = options["series"][0], narrow["option"]["series"][0]
    assert narrow["query"] == {"maxWidth": 480}
    assert phone["label"]["width"] < phone["right"] < wide["right"]
    assert wide["label"]["width"] < wide["right"]
    assert wide["labelLayout"] == {"hideOverlap": True}


def test_a_phone_keeps_what_is_judged_and_leaves_the_limits_out():
    centre = answers.centre(FakeCarbon(), None, None)
    assert centre is not None
    head = zero_carbon.indicators_card(words(), centre).partition("</thead>")[0]
    kept = [text for kind, text in re.findall(r"<th([^>]*)>([^<]*)</th>", head) if "hide-phone" not in kind]
    assert kept == [words().say(f"centre.{name}") for name in ("indicator", "value", "state")]
    head = page.targets_card(words(), BASE).partition("</thead>")[0]
    kept = [text for kind, text in re.findall(r"<th([^>]*)>([^<]*)</th>", head) if "hide-phone" not in kind]
    assert kept == [words().say(f"scopes.{name}") for name in ("target", "gap", "chance")]
