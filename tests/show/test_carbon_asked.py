"""What people ask page Carbon for: the footprint of a lot and the close of a year, as the API tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from carbon_fixture import FakeCarbon
from desk_fixture import make_site
from page_fixture import MARK, Markup, Pages
from park_fixture import small_park

from parkwright.show.answers.carbon import CarbonReport, report
from parkwright.show.answers.footprints import product_footprints
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


GIVEN = {"start_day": "2026-07-14", "end_day": "2026-07-15", "material_id": "SSD-2", "kg": "12.5", "draws": "100"}
SPAN = "from=2026-07-14&to=2026-07-15"


def test_a_change_is_told_beside_what_each_product_is_and_its_band(visit: Visit):
    text = Markup(asked.change_told(visit, words(), GIVEN)).text
    assert words().say("foot_change.drawn", n="100", start="2026-07-14", end="2026-07-15") in text
    assert words().say("foot_change.recomputed", of="SSD-2 = 12.50 kg", n="3") in text
    for figure in ("75.00 – 130.0", "90.500", "-10.000"):
        assert figure in text.replace("\u2212", "-")
    plain = Markup(asked.change_told(visit, words(), {**GIVEN, "material_id": "", "kg": "", "draws": ""})).text
    assert words().say("foot_change.by_law", n="0", start="2026-07-14", end="2026-07-15") in plain
    assert "72.60 – 135.6" in plain
    assert words().say("foot_change.change") not in plain
    assert Markup(asked.change_html(words(), footprints(MARK))).planted == []


def footprints(text: str):
    return product_footprints(FakeCarbon(text), PARK, (date(2026, 7, 14), date(2026, 7, 15)), 0, 1, (f"{text}=1",))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kg": ""}, "choose a material and give its kg CO2e a unit, or neither"),
        ({"material_id": ""}, "choose a material"),
        ({"kg": "-1"}, "choose a material"),
        ({"material_id": "NONE"}, "process 'NONE': is not in the chain"),
        ({"draws": "10001"}, "give a whole number up to 10000"),
        ({"start_day": ""}, "nothing is no day"),
        ({"start_day": "2025-07-14", "end_day": "2025-07-15"}, "no closed day"),
    ],
)
def test_a_change_that_cannot_be_told_says_why(visit: Visit, change: dict[str, str], why: str):
    html = outcome(words(), "foot_change", lambda one: asked.change_told(visit, words(), one), {**GIVEN, **change})
    assert 'role="alert"' in html
    assert why in Markup(html).text


def test_footprints_over_the_api_are_of_every_product_or_of_one(pages: Pages):
    found = pages.get(f"{API}/footprints?{SPAN}&draws=10&change=SSD-2=12.5").json()
    assert [one["product_id"] for one in found["products"]] == ["NB-14", "gone"]
    assert (found["draws"], found["products"][0]["low_kg"], found["change"]["new_kg"]) == (10, 75.0, {"SSD-2": 12.5})
    one = pages.get(f"{API}/products/NB-14/footprint?{SPAN}&change=SSD-2=12.5").json()
    assert [row["product_id"] for row in one["products"]] == ["NB-14"]
    assert one["change"]["products"] == [{"product_id": "NB-14", "kg_per_unit": 90.5, "change_kg": -10.0}]
    other = pages.get(f"{API}/products/gone/footprint?{SPAN}&change=SSD-2=12.5").json()
    assert other["change"]["products"] == []
    assert pages.get(f"{API}/products/gone/footprint?{SPAN}").json()["change"] is None
    assert pages.get(f"{API}/products/nothing/footprint?{SPAN}").status_code == 404
    assert pages.get(f"{API}/footprints?{SPAN}&change=NONE=1").status_code == 404
    for wrong in ("change=SSD-2", "change=SSD-2=-1", "change=SSD-2=nan", "draws=10001", "draws=-1", "seed=-1"):
        assert pages.get(f"{API}/footprints?{SPAN}&{wrong}").status_code == 422


def test_nothing_is_offered_before_a_day_is_closed(found: CarbonReport):
    assert asked.lot_fields(words(), None) == asked.year_fields(words(), None) == ""
    assert asked.change_fields(words(), None, PARK.materials) == ""
    assert asked.change_fields(words(), found.model_copy(update={"products": []}), PARK.materials) == ""
    offered = asked.change_fields(words("zh"), found, PARK.materials)
    assert all(f'value="{one.id}"' in offered for one in PARK.materials)
    assert asked.lot_fields(words(), found.model_copy(update={"products": []})) == ""
    assert f'value="{found.end_day}"' in asked.lot_fields(words(), found)
    assert 'value="2026"' in asked.year_fields(words(), found)
