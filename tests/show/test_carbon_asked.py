"""What people ask page Carbon for: the footprint of a lot and the close of a year, as the API tells them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from carbon_fixture import FakeCarbon
from desk_fixture import make_site
from page_fixture import MARK, Markup, Pages
from park_fixture import small_park

from parkwright.show.answers.carbon import CarbonReport, report
from parkwright.show.answers.year import YearClose, year_close
from parkwright.show.auth import ANYONE
from parkwright.show.context import Context
from parkwright.show.door import Visit
from parkwright.show.frames import Frames
from parkwright.show.pages import carbon_asked as asked
from parkwright.show.pages.forms import outcome
from parkwright.show.words import Words

PARK = small_park()
API = "/api/v1/carbon"


def words(language: str = "en") -> Words:
    return Words(language, PARK.zone)


@pytest.fixture(scope="module")
def found() -> CarbonReport:
    answer = report(FakeCarbon(), PARK, None, None)
    assert answer is not None
    return answer


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """A visit to a site that keeps accounts, as a page has it."""
    app, operations = make_site(tmp_path_factory.mktemp("asked"))
    context: Context = next(one.kwargs["context"] for one in app.user_middleware if "context" in one.kwargs)
    yield Visit(context, Frames(context.facts), ANYONE, "en", "light")
    operations.close()


def closed(text: str = "a text") -> YearClose:
    return year_close(FakeCarbon(text), 2026)


def test_the_footprint_of_a_lot_is_told_whole_and_a_unit_with_its_parts(visit: Visit):
    html = asked.lot_told(visit, words(), {"job_id": " J-1 ", "day": "2026-07-15"})
    assert words().say("lot_foot.told", job="J-1", n="2", kg="201.0\u2009kg CO₂e", each="100.5\u2009kg CO₂e") in html
    assert words().say("foot.contributions") in html
    assert "120.0 – 316.0 kg" in html


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"job_id": "nobody", "day": "2026-07-15"}, "footprint of nobody: has no unit"),
        ({"job_id": "J-1", "day": "2025-07-15"}, "2025-07-15: is not closed yet"),
        ({"job_id": "J-1", "day": ""}, "nothing is no day"),
    ],
)
def test_a_lot_that_cannot_be_told_says_why(visit: Visit, given: dict[str, str], why: str):
    html = outcome(words(), "lot_foot", lambda one: asked.lot_told(visit, words(), one), given)
    assert 'role="alert"' in html
    assert why in Markup(html).text


def test_a_year_over_the_api_is_what_the_page_shows(visit: Visit, pages: Pages):
    found = pages.get(f"{API}/years/2026").json()
    assert (found["days_closed"], found["units"], found["whole"]["grid_kwh"]) == (2, 90, 200.0)
    text = Markup(asked.year_told(visit, words(), {"year": "2026"})).text
    assert words().say("year_close.days", year=2026, n=2, units="90") in text
    assert "10.0000\u2009t CO₂e" in text
    assert pages.get(f"{API}/years/2025").status_code == 404
    assert pages.get(f"{API}/years/1999").status_code == 422


@pytest.mark.parametrize(("unbalanced", "kind", "key"), [(1, "stop", "unbalanced"), (0, "good", "balanced")])
def test_a_journal_that_does_not_sum_to_zero_is_named(unbalanced: int, kind: str, key: str):
    year = closed(MARK)
    proofs = year.proofs.model_copy(
        update={"unbalanced": unbalanced, "first_unbalanced": year.proofs.first_unbalanced[:unbalanced]}
    )
    html = asked.year_html(words(), year.model_copy(update={"proofs": proofs}))
    assert Markup(html).planted == []
    assert f'class="badge {kind}"' in html
    told = words().say(f"year_close.{key}", n="7", wrong="1", first=f"{MARK} co2e location")
    assert told in Markup(html).text


@pytest.mark.parametrize(("location_ug", "key"), [(0, "all_in"), (5 * 10**8, "in_work")])
def test_what_is_still_in_work_is_told_apart_from_what_is_in_passports(location_ug: int, key: str):
    year = closed()
    beyond = {**year.proofs.beyond_passports, "location_ug": location_ug}
    proofs = year.proofs.model_copy(update={"beyond_passports": beyond})
    text = Markup(asked.year_html(words(), year.model_copy(update={"proofs": proofs}))).text
    assert words().say(f"year_close.{key}", kwh="0\u2009kWh", kg="0.500000\u2009kg CO₂e") in text


@pytest.mark.parametrize("text", ["", "x", "26", "20260", "-2026", "2²26"])
def test_what_is_no_year_is_refused(visit: Visit, text: str):
    html = outcome(words(), "year_close", lambda one: asked.year_told(visit, words(), one), {"year": text})
    assert "give one from 2000 to 2099" in Markup(html).text


def test_nothing_is_offered_before_a_day_is_closed(found: CarbonReport):
    assert asked.lot_fields(words(), None) == asked.year_fields(words(), None) == ""
    assert asked.lot_fields(words(), found.model_copy(update={"products": []})) == ""
    assert f'value="{found.end_day}"' in asked.lot_fields(words(), found)
    assert 'value="2026"' in asked.year_fields(words(), found)
