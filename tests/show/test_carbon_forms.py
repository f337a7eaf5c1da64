"""The cards beside the inventory and the page of the factors: each figure explained, claims never taken for results."""

from __future__ import annotations

import csv
import io
import re

import pytest
from carbon_fixture import FakeCarbon
from page_fixture import Markup, Pages
from park_fixture import small_park

from parkwright.carbon.editions import KINDS
from parkwright.show.answers.carbon import CarbonReport, report
from parkwright.show.pages import carbon_forms, factors
from parkwright.show.words import MISSING, Words, catalogue

PARK = small_park()
LANGUAGES = ("en", "zh")


def words(language: str = "en") -> Words:
    return Words(language, PARK.zone)


@pytest.fixture(scope="module")
def found() -> CarbonReport:
    answer = report(FakeCarbon("a text"), PARK, None, None)
    assert answer is not None
    return answer


def rows_of(html: str) -> list[list[str]]:
    """Return the text of the cells of a table's body without the explanations in them."""
    body = re.sub(r"<template>.*?</template>", "", html, flags=re.S).partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [[Markup(cell).text for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in rows]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_national_form_adds_up_as_it_is_shown_and_each_row_explains_itself(found: CarbonReport, language: str):
    html = carbon_forms.national_card(words(language), found)
    shown = rows_of(html)
    assert [row[0] for row in shown] == ["1", "2", "3", "4"]
    assert sum(float(row[2]) for row in shown) == pytest.approx(found.national.total_t)
    assert shown[3][2].startswith("-")
    assert html.count("<template>") == 4
    assert catalogue(language)["why.national_4"] in Markup(html).text
    assert "a ministry" not in html
    assert 'href="/factors"' in html


def test_power_of_the_form_is_explained_by_what_was_read_and_the_factor(found: CarbonReport):
    why = found.national.why(found.national.rows[2])
    assert [(one.value, one.source) for one in why.inputs] == [(200.0, "postings"), (0.5, "grid-2023")]
    assert found.national.why(found.national.rows[1]).inputs == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_editions_that_earlier_days_were_posted_with_stand_beside_the_last(found: CarbonReport, language: str):
    older = found.national.electricity_factor.model_copy(update={"id": "older-2022", "value": "0.7041"})
    form = found.national.model_copy(update={"other_electricity_factors": [older]})
    said = words(language)
    assert said.say("national.earlier") not in carbon_forms.national_card(said, found)
    html = carbon_forms.national_card(said, found.model_copy(update={"national": form}))
    assert f'{said.say("national.earlier")} <a class="mono" href="/factors">older-2022</a>' in html
    inputs = form.why(form.rows[2]).inputs
    assert [(one.value, one.source) for one in inputs[1:]] == [
        (0.7041, "older-2022"), (float(form.electricity_factor.value), form.electricity_factor.id),
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_computed_stands_first_and_every_claim_is_marked_as_one(found: CarbonReport, language: str):
    said = words(language)
    first, bare, known = rows_of(carbon_forms.solder_card(said, found.solder))
    assert first[0].startswith(said.say("solder.metered"))
    assert all(row[0].startswith(said.say("solder.claimed")) for row in (bare, known))
    assert (first[1], bare[1], known[1]) == ("22.40", "6\u2009000", "6\u2009000")
    assert (bare[2], bare[3]) == (MISSING, MISSING)
    assert known[3] == "14.00 grid-2021"
    assert known[4].startswith(said.say("solder.said", n=said.number(2.5e6, 4)))
    assert "us-gasoline" in first[4]


def test_without_a_board_the_claims_stand_alone_and_it_says_so(found: CarbonReport):
    assert found.solder is not None
    html = carbon_forms.solder_card(words(), found.solder.model_copy(update={"computed": None}))
    assert len(rows_of(html)) == 2
    assert words().say("solder.no_boards") in Markup(html).text
    assert carbon_forms.solder_card(words(), None) == ""
    assert carbon_forms.claims_card(words(), []) == ""


def test_a_published_target_is_cited_with_its_source(found: CarbonReport):
    ((title, reduction, years, measure, source),) = rows_of(carbon_forms.claims_card(words(), found.claims))
    assert (title, reduction, years) == ("a text", "50.0\u2009%", "FY2019 – FY2030")
    assert (measure, source) == ("a text", "a text")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pack_shows_its_terms_and_an_edition_where_it_stands(pages: Pages, language: str):
    shown, said = pages.drawn("/factors", language=language), catalogue(language)
    own, gases = rows_of(next(one for one in shown.html.split("<section") if said["factors.packs"] in one))
    assert own[2].endswith(said["factors.share_alike"])
    assert gases[1] == "AR6"
    assert said["factors.share_alike_note"] in shown.text
    found = pages.get("/api/v1/carbon/factors").json()
    kept = list(csv.DictReader(io.StringIO(pages.get("/api/v1/carbon/factors.csv").text)))
    assert [row["sha256"] for row in kept] == [row["sha256"] for row in found["factors"]]
    assert {"publisher", "document", "cell", "data_year", "geography", "gas", "licence", "pack"} <= set(kept[0])


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("", ["grid-2023", "b"]),
        ("text=2023+cn-TJ", ["grid-2023"]),
        ("text=2024", []),
        ("kind=fuel", []),
        ("pack=own&text=ministry", ["b"]),
        ("kind=grid_emission&pack=park", ["grid-2023"]),
    ],
)
def test_editions_are_sifted_alike_on_the_page_over_the_api_and_in_the_file(pages: Pages, asked: str, ids: list[str]):
    every = pages.get("/api/v1/carbon/factors").json()["factors"]
    assert [row["id"] for row in pages.get(f"/api/v1/carbon/factors?{asked}").json()["factors"]] == ids
    kept = csv.DictReader(io.StringIO(pages.get(f"/api/v1/carbon/factors.csv?{asked}").text))
    assert [row["id"] for row in kept] == ids
    assert list(kept.fieldnames or ()) == list(every[0])
    html = pages.drawn(f"/factors?{asked}").html
    assert [row["id"] for row in every if f'<span class="mono">{row["id"]}</span>' in html] == ids
    assert f"{len(ids)} of {len(every)} editions" in html
    assert ("Show all editions" in html) == (not ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_factor_has_a_name(language: str):
    assert {f"factor_kind.{kind}" for kind in KINDS} <= set(catalogue(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_with_share_alike_factors_says_so_on_the_page_and_in_its_file(pages: Pages, language: str):
    (one,) = pages.get("/api/v1/carbon/report").json()["share_alike"]
    told = catalogue(language)["scopes.keep_terms"].format(**one)
    assert told in pages.drawn("/carbon", language=language).text
    rows = list(csv.DictReader(io.StringIO(pages.get("/api/v1/carbon/lines.csv").text)))
    assert [row["terms"].removeprefix("'") for row in rows] == [one["licence"], "", one["licence"]]


def test_a_hash_is_shown_short_and_told_whole():
    assert factors.HASH_SHOWN < 64
    row = FakeCarbon().factors()["factors"][0]
    html = factors.editions_table(words(), [factors.FactorRow.model_validate(row)])
    assert f'title="{row["sha256"]}"' in html
    assert Markup(html).text.count(row["sha256"]) == 0
