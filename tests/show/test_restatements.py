"""Restatements on the page of the ledger and over the API: what was before and after, why and when; who may, acts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from carbon_fixture import FakeCarbon
from facts_fixture import MemoryFacts, table
from page_fixture import MARK, Markup, Pages
from park_fixture import small_park

from parkwright.run.ports import Batch
from parkwright.show.answers.restatements import SHOWN_MOST, restatements
from parkwright.show.pages import restatements as page
from parkwright.show.words import Words

PARK = small_park()
AT = datetime(2026, 9, 1, 4, tzinfo=UTC)
DAYS = [date(2026, 7, day).isoformat() for day in (14, 15)]
LATE = 25


def words(language: str = "en") -> Words:
    return Words(language, PARK.zone)


def rows_of(day: str, number: int, reason: str, changes: list[dict]) -> Batch:
    name = f"R-{day}-{number}"
    told = {"restatement_id": name, "day": day, "reason": reason, "text": MARK}
    return Batch(f"restatement/{name}", day, 0, "restatements", day, table("restatements", [told | c for c in changes]))


def posting(account: str, view: str, ug: int) -> dict:
    start = PARK.midnight(date(2026, 7, 14))
    told = {"journal_id": "j", "start": start, "end": start, "account": account, "commodity": "co2e", "view": view}
    return told | {"quantity": ug, "method_id": "m", "factor_id": "loc", "activity_ref": "grid-in@x"}


def facts(*later: Batch) -> MemoryFacts:
    start = PARK.midnight(date(2026, 7, 14))
    late = [
        {"thing_id": "grid-in", "start": start + timedelta(hours=n), "before": str(n * 10**6), "after": "1500000"}
        for n in range(LATE)
    ]
    edition = {"thing_id": "accounting_grid_factor", "start": None, "before": "gone", "after": "loc"}
    posted = [
        posting(account, view, ug)
        for account, view, ug in (("source:grid", "location", -5 * 10**8), ("line:L", "location", 5 * 10**8),
                                  ("source:grid", "market", 2 * 10**8), ("line:L", "market", -2 * 10**8))
    ]  # fmt: skip
    first = rows_of(DAYS[0], 1, "late_reading", late)
    moved = Batch(first.source, DAYS[0], 1, "postings", DAYS[0], table("postings", posted))
    return MemoryFacts([first, moved, rows_of(DAYS[1], 1, "factor_edition", [edition]), *later], AT)


def test_each_restatement_is_one_row_with_what_was_before_and_after():
    found = restatements(PARK, facts(), None, 10)
    assert found.total == 2
    edition, late = found.rows
    assert (edition.id, edition.at, edition.reason, edition.text) == (f"R-{DAYS[1]}-1", AT, "factor_edition", MARK)
    assert (edition.shown[0].before_value, edition.shown[0].after_value) == (None, 0.6796)
    assert (late.corrections, len(late.shown)) == (LATE, SHOWN_MOST)
    assert [(one.before_value, one.after_value, one.unit) for one in late.shown[:2]] == [
        (0.0, 1.5, "kWh"), (1.0, 1.5, "kWh"),
    ]  # fmt: skip


def test_what_it_changed_is_of_its_own_postings_alone():
    close = Batch("close", DAYS[0], 0, "postings", DAYS[0], table("postings", [posting("source:grid", "location", -9)]))
    edition, late = restatements(PARK, facts(close), None, 10).rows
    assert (late.location_change_kg, late.market_change_kg) == (0.5, -0.2)
    assert (edition.location_change_kg, edition.market_change_kg) == (0.0, 0.0)
    html = page.restatements_card(words(), restatements(PARK, facts(), None, 10))
    assert "+0.500000" in html


def test_a_span_and_a_page_of_them_are_given():
    known, held = facts(), date(2026, 7, 14)
    assert [row.day for row in restatements(PARK, known, (held, held), 10).rows] == [DAYS[0]]
    assert [row.day for row in restatements(PARK, known, None, 1, 1).rows] == [DAYS[0]]
    assert restatements(PARK, known, None, 1, 1).total == 2
    assert restatements(PARK, MemoryFacts([], AT), None, 10).rows == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_says_what_changed_why_and_when_in_the_reader_s_language(language: str):
    said, found = words(language), restatements(PARK, facts(), None, 10)
    html = page.restatements_card(said, found)
    assert Markup(html).planted == []
    edition, late = re.findall(r"<tr>(.*?)</tr>", html.partition("<tbody>")[2], re.S)
    assert said.stamp(AT) in edition
    assert f'<a href="/postings?day={DAYS[1]}">' in edition
    assert said.say("restated.factor_edition") in edition
    assert "gone" in edition
    assert "loc (0.6796 kg CO2/kWh)" in edition
    assert said.say("restated.more", n=LATE - page.NAMED) in late
    assert late.count("grid-in") == page.NAMED
    bare = page.restatements_card(said, restatements(PARK, MemoryFacts([], AT), None, 10))
    assert said.say("restated.none") in bare
    assert "<table" not in bare


BODY = {"start_day": "2026-07-14", "end_day": "2026-07-15", "factor_id": "loc", "text": "MEE announcement"}
ADDRESS = "/api/v1/carbon/restatements"


def post(pages: Pages, body: dict, role: str = "carbon", path: str = ""):
    pages.get("/api/v1/me", role)
    cookie = f"parkwright_session={pages._sessions[role]}"
    return pages.client.post(f"{ADDRESS}{path}", json=body, headers={"cookie": cookie, "origin": "http://testserver"})


def test_the_api_restates_for_who_may_act_and_says_who_it_was(pages: Pages):
    done = post(pages, BODY)
    assert done.json() == {
        "restatements": ["R-2026-07-14-1"], "days_left": ["2026-07-15"], "location_change_kg": -245.0,
        "market_change_kg": 0.0,
    }  # fmt: skip
    assert post(pages, BODY, "viewer").status_code == 403
    refused = post(pages, {**BODY, "start_day": "2025-07-14"})
    assert (refused.status_code, "no closed day" in refused.json()["detail"]) == (409, True)
    for wrong in ({"factor_id": "a b"}, {"text": ""}, {"start_day": "1999-01-01"}, {"end_day": "soon"}):
        assert post(pages, {**BODY, **wrong}).status_code == 422
    assert pages.get(ADDRESS).json() == {"total": 0, "rows": []}


def test_the_form_is_there_for_who_may_act_and_wants_to_be_sure(pages: Pages):
    said = words()
    assert said.say("restated.none") in pages.drawn("/postings").html
    assert 'name="factor_id"' in pages.drawn("/postings", "carbon").html
    looked = pages.drawn("/postings", "viewer").html
    assert 'name="factor_id"' not in looked
    assert 'name="readings"' not in looked
    assert 'name="readings"' in pages.drawn("/postings", "carbon").html
    assert 'name="factor_id"' not in pages.drawn("/postings?account=idle:L-NB1", "carbon").html


class Acting:
    """A visitor who may act on the carbon accounts."""

    def __init__(self, carbon: FakeCarbon) -> None:
        self.context = type("Context", (), {"park": PARK, "carbon": carbon})
        self.principal = type("Principal", (), {"name": "Ann"})
        self.now = AT

    def may(self, action: str, thing: str) -> bool:
        return True


def test_what_was_typed_is_restated_once_it_is_marked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("parkwright.show.restatements_api.demand", lambda *_: None)
    carbon, said = FakeCarbon(), words()
    with pytest.raises(page.LedgerError, match="mark that these days are to be restated"):
        page.restated(Acting(carbon), said, BODY)
    told = page.restated(Acting(carbon), said, {**BODY, "sure": "on"})
    assert (
        said.say("restate.done", n=1, change=said.amount(-245.0, "kg CO2e"), market=said.amount(0.0, "kg CO2e")) in told
    )
    assert carbon.restated == ((date(2026, 7, 14), date(2026, 7, 15)), "loc", "MEE announcement (Ann)", AT)
    fields = page.edition_fields(Acting(carbon), said)
    assert re.findall(r'<option value="(\w+)">', fields) == [
        one.id for one in PARK.factors if one.kind == "grid_average"
    ]


LATE_BODY = {
    "day": "2026-07-14", "readings": "start,meter_id,energy_kwh\n2026-07-14T08:00:00+08:00,grid-in,45.5\n",
    "reason": "late_reading", "text": "the gateway was silent",
}  # fmt: skip


def test_late_readings_are_restated_over_the_api_for_who_may(pages: Pages):
    done = post(pages, LATE_BODY, path="/readings")
    assert done.json() == {
        "restatements": ["R-2026-07-14-1"], "days_left": [], "location_change_kg": -245.0, "market_change_kg": 12.0,
    }  # fmt: skip
    for role in ("viewer", "supplier:S-1"):
        assert post(pages, LATE_BODY, role, "/readings").status_code == 403
    refused = post(pages, {**LATE_BODY, "readings": "x"}, path="/readings")
    assert (refused.status_code, "is no meter" in refused.json()["detail"]) == (409, True)
    for wrong in ({"reason": "factor_edition"}, {"text": ""}, {"readings": ""}, {"day": "1999-01-01"}):
        assert post(pages, {**LATE_BODY, **wrong}, path="/readings").status_code == 422


def test_late_readings_that_were_typed_are_restated_once_it_is_marked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("parkwright.show.restatements_api.demand", lambda *_: None)
    carbon, said = FakeCarbon(), words()
    with pytest.raises(page.LedgerError, match="mark that these days are to be restated"):
        page.restated_late(Acting(carbon), said, LATE_BODY)
    told = page.restated_late(Acting(carbon), said, {**LATE_BODY, "sure": "on"})
    assert said.say("restated.late_reading") in told
    assert "12.0" in told
    assert carbon.restated == (
        date(2026, 7, 14), LATE_BODY["readings"], "late_reading", "the gateway was silent (Ann)", AT,
    )  # fmt: skip
    fields = page.late_fields(said)
    assert re.findall(r'<option value="(\w+)">', fields) == ["late_reading", "method", "structural", "error"]
