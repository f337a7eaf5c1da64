"""A base year, a metered saving and the account of the green: the same over the API and on the pages, or why not."""

from __future__ import annotations

import re
from functools import partial
from html import unescape
from typing import Any

import pytest
from carbon_fixture import FakeCarbon
from desk_fixture import make_site
from page_fixture import MARK, Markup, Pages
from park_fixture import small_park

from parkwright.model.errors import PlanError
from parkwright.show.answers import carbon as answers
from parkwright.show.answers.carbon import CarbonReport
from parkwright.show.answers.greening import greening
from parkwright.show.auth import ANYONE
from parkwright.show.context import Context
from parkwright.show.door import Visit
from parkwright.show.frames import Frames
from parkwright.show.pages import carbon_checks as checks
from parkwright.show.pages.forms import day_of, outcome
from parkwright.show.pages.greening import account_card
from parkwright.show.words import Words, catalogue

PARK = small_park()
API = "/api/v1/carbon"
YEAR = "from=2026-01-01&to=2026-06-30&published=2026-07-01T08:00:00%2B08:00"
DAYS = "before_from=2026-05-01&before_to=2026-05-31&from=2026-06-01&to=2026-06-30"
TYPED_YEAR = {"start": "2026-01-01", "end": "2026-06-30", "published": "2026-07-01T08:00", "threshold": "5"}
TYPED_DAYS = {
    "measure": "M1", "before_start": "2026-05-01", "before_end": "2026-05-31", "start": "2026-06-01",
    "end": "2026-06-30",
}  # fmt: skip


def words(language: str = "en") -> Words:
    return Words(language, PARK.zone)


@pytest.fixture(scope="module")
def report() -> CarbonReport:
    found = answers.report(FakeCarbon(), PARK, None, None)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A visit to a site that keeps accounts, as a page has it."""
    app, operations = make_site(tmp_path_factory.mktemp("checks"))
    context: Context = next(one.kwargs["context"] for one in app.user_middleware if "context" in one.kwargs)
    yield Visit(context, Frames(context.facts), ANYONE, "en", "light")
    operations.close()


def rows_of(html: str) -> list[list[str]]:
    """The text of the cells of each row of the table, without what explains it."""
    body = re.sub(r"<template>.*?</template>", "", html, flags=re.S).partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)
    ]


# ------------------------------------------------------------------------------------------------- over the API


def test_a_base_year_is_held_to_the_threshold_that_was_asked_for(pages: Pages):
    found = pages.get(f"{API}/base-year?{YEAR}").json()
    assert (found["start_day"], found["end_day"]) == ("2026-01-01", "2026-06-30")
    assert (found["recalculate"], found["threshold"]) == (True, 0.05)
    assert {one["name"]: one["now_kg"] - one["published_kg"] for one in found["figures"]} == {
        "scope1": 0.0, "scope2_location": 6.0, "scope2_market": 0.0, "scope3": 0.0,
    }  # fmt: skip
    assert pages.get(f"{API}/base-year?{YEAR}&threshold=0.2").json()["recalculate"] is False


def test_a_saving_says_what_it_is_made_of(pages: Pages):
    found = pages.get(f"{API}/savings/M1?{DAYS}").json()
    assert found["expected_kwh"] == pytest.approx(found["before_kwh"] / found["units_before"] * found["units_after"])
    assert found["saved_kwh"] == found["expected_kwh"] - found["metered_kwh"] == 20.0
    assert (found["before"], found["after"]) == (["2026-05-01", "2026-05-31"], ["2026-06-01", "2026-06-30"])


def test_the_green_is_told_since_the_inventory_that_was_asked_for(pages: Pages):
    newest, asked = (pages.get(f"{API}/greening{query}").json()["account"] for query in ("", "?since=2024-06-30"))
    assert (newest["since"], asked["since"]) == ("2025-06-30", "2024-06-30")
    assert newest["change_kg"] == newest["growth_kg"] + newest["planted_kg"] - newest["felled_kg"]
    assert newest["stock_after_kg"] == newest["stock_before_kg"] + newest["change_kg"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"base-year?{YEAR.replace('published=2026', 'published=2025')}", "no closed day in this ledger"),
        (f"savings/M2?{DAYS}", "names no meter"),
        ("greening?since=2023-01-01", "one of 2024-06-30, 2025-06-30"),
    ],
)
def test_what_cannot_be_said_is_404_with_the_finding(pages: Pages, address: str, said: str):
    answer = pages.get(f"{API}/{address}", "viewer")
    assert (answer.status_code, said in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    "address",
    ["base-year?from=2026-01-01&to=2026-06-30", f"base-year?{YEAR}&threshold=0", f"base-year?{YEAR}&threshold=1.1",
     f"base-year?{YEAR}".replace("%2B08:00", ""), "savings/M1?from=2026-06-01&to=2026-06-30", f"savings/%20?{DAYS}",
     f"savings/M1?{DAYS}".replace("2026-05-31", "2026-05-32"), "greening?since=soon"],
)  # fmt: skip
def test_what_is_no_question_is_refused(pages: Pages, address: str):
    assert pages.get(f"{API}/{address}", "viewer").status_code == 422


# ------------------------------------------------------------------------------------------------- on the pages


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_of_a_base_year_says_whether_it_stands(visit: Visit, language: str):
    said = words(language)
    told = checks.base_year_told(visit, said, TYPED_YEAR)
    assert said.say("base_year.recalculate") in told
    assert said.say("base_year.stands") in checks.base_year_told(visit, said, {**TYPED_YEAR, "threshold": "7"})
    location = rows_of(told)[1]
    assert location[0] == said.say("scopes.location")
    assert location[1:] == [said.amount(100.0, "kg CO2e", 6), said.amount(106.0, "kg CO2e", 6), "+6.0\u2009%"]
    assert told.count("badge warn") == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_of_a_saving_tells_less_and_more_apart(visit: Visit, language: str):
    said = words(language)
    less = checks.saving_told(visit, said, TYPED_DAYS)
    turned = {**TYPED_DAYS, "before_start": "2026-07-01", "before_end": "2026-07-31"}
    more = checks.saving_told(visit, said, turned)
    kwh, kg = said.amount(20.0, "kWh", 4), said.amount(10.0, "kg CO2e", 4)
    assert said.say("saving.saved", kwh=kwh, kg=kg) in less
    assert said.say("saving.used_more", kwh=kwh, kg=kg) in more
    assert [row[1:3] for row in rows_of(less)] == [
        [said.amount(kwh, "kWh", 6), units] for kwh, units in ((100.0, "50"), (80.0, "40"), (60.0, "40"))
    ]
    assert said.say("why.measured_saving") in unescape(less)


def test_the_fields_stand_only_where_something_can_be_asked(report: CarbonReport):
    fields = checks.saving_fields(words(), report)
    assert re.findall(r'<option value="(\w+)"', fields) == ["M1"]
    bare = report.model_copy(update={"measures": [one for one in report.measures if not one.is_metered]})
    assert checks.saving_fields(words(), bare) == checks.saving_fields(words(), None) == ""
    assert checks.base_year_fields(words(), None) == ""
    assert f'value="{report.start_day}"' in checks.base_year_fields(words(), report)
    assert 'value="5"' in checks.base_year_fields(words(), report)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"threshold": "much"}, "threshold: 'much' is no number"), ({"published": ""}, "published: nothing is no date"),
     ({"end": "June"}, "end: June is no day"), ({"published": "2025-01-01T00:00"}, "no closed day in this ledger")],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_typed_wrong_is_named_in_the_cards_own_words(visit: Visit, language: str, given: dict, said: str):
    asking = partial(checks.base_year_told, visit, words(language))
    told = outcome(words(language), "base_year", asking, {**TYPED_YEAR, **given})
    assert 'role="alert"' in told
    assert said in unescape(told)
    assert words(language).say("base_year.failed", why="") in unescape(told)


def test_a_day_that_was_not_typed_is_named():
    with pytest.raises(PlanError, match="start: nothing is no day"):
        day_of({}, "start")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_account_of_the_green_adds_up_and_says_that_nothing_is_netted(language: str):
    said = words(language)
    found = greening(PARK, FakeCarbon(MARK))
    html = account_card(said, found.account)
    assert Markup(html).planted == []
    assert [row[1] for row in rows_of(html)] == ["900.0", "+130.0", "+20.00", "−50.00", "1\u2009000"]
    assert "+100.0" in html.partition("<tfoot>")[2]
    assert said.say("greening.never_netted") in html
    assert re.findall(r'<option value="([^"]+)"( selected)?', html) == [("2025-06-30", " selected"), ("2024-06-30", "")]
    alone = found.account.model_copy(update={"inventories": ["2025-06-30"]})
    assert "<select" not in account_card(said, alone)
    assert said.say("greening.no_earlier") in account_card(said, None)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_have_the_cards(pages: Pages, language: str):
    said, shown = catalogue(language), pages.drawn("/carbon", language=language)
    for family in ("base_year", "saving"):
        assert said[f"{family}.about"] in shown.text
        assert said[f"{family}.act"] in shown.text
    assert said["greening.account"] in pages.drawn("/greening?since=2024-06-30", language=language).text
    unknown = pages.drawn("/greening?since=2023-01-01", language=language)
    assert "one of 2024-06-30" in unknown.text
