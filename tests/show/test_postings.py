"""Every posting can be explained over the API and on its page, from what closes a journal to the raw reading."""

from __future__ import annotations

from urllib.parse import quote

import polars as pl
import pytest
from facts_fixture import DAY
from page_fixture import MARK, Pages

from parkwright.show.answers import posting
from parkwright.show.pages.postings import link
from parkwright.show.words import catalogue

ISO = DAY.isoformat()


def explained(pages: Pages, account: str, journal: str) -> dict:
    asked = f"day={ISO}&account={quote(account)}&journal={quote(journal)}"
    answer = pages.get(f"/api/v1/postings/explanation?{asked}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(pages: Pages, account: str) -> dict:
    answer = pages.get(f"/api/v1/postings?day={ISO}&account={quote(account)}&limit=1000")
    assert answer.status_code == 200, answer.text
    return answer.json()


def of_all_kinds(pages: Pages) -> list[tuple[str, str]]:
    """One (account, journal) of each kind of account, commodity, view and method in the served day."""
    rows = pages.facts.read("postings", ISO)
    kind = pl.col("account").str.split(":").list.first()
    return (
        rows.unique([kind, "commodity", "view", "method_id"], maintain_order=True)
        .select("account", "journal_id")
        .rows()
    )


def test_one_posting_of_every_kind_is_computed_again_to_the_last_unit(pages: Pages) -> None:
    wanted = of_all_kinds(pages)
    assert {account.split(":")[0] for account, _ in wanted} >= {"source", "unit", "idle", "base", "meter"}
    for account, journal in wanted:
        found = posting.explanation(pages.park, pages.facts, DAY, journal, account)
        assert found is not None
        assert [(one.rule, one.difference) for one in found.postings if one.difference] == []


def test_accounts_lead_to_their_postings_and_those_to_readings(pages: Pages) -> None:
    rows = pages.get(f"/api/v1/postings/accounts?day={ISO}").json()
    assert rows["units"] > 0
    assert not [row for row in rows["rows"] if row["account"].startswith("unit:")]
    idle = next(row["account"] for row in rows["rows"] if row["account"].startswith("idle:"))
    assert next(row["debited"] for row in rows["rows"] if row["account"] == idle) > 0
    found = listed(pages, idle)
    assert found["total"] == len(found["rows"]) > 0
    carbon = next(row for row in found["rows"] if row["view"] == "location")
    (why,) = explained(pages, idle, carbon["journal_id"])["postings"]
    assert (why["quantity"], why["computed"], why["difference"]) == (carbon["quantity"], carbon["quantity"], 0)
    known = [k["name"] for inner in why["below"] for k in inner["known"]]
    assert any(name.startswith("reading ") for name in known)
    assert "factor" in known


def test_what_is_not_there_is_404_and_what_cannot_be_is_422(pages: Pages) -> None:
    asked = f"/api/v1/postings/explanation?day={ISO}&account=idle:none&journal=nothing"
    assert pages.get(asked).status_code == 404
    assert "list the account's postings" in pages.get(asked).json()["detail"]
    assert pages.get("/api/v1/postings?day=2026-13-40&account=idle:x").status_code == 422
    assert pages.get(f"/api/v1/postings?day={ISO}&account=x").status_code == 422
    assert listed(pages, "idle:none")["rows"] == []
    assert pages.get(f"/api/v1/postings/accounts?day={ISO}", role=None).status_code == 401


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_goes_from_accounts_to_the_explanation(pages: Pages, language: str) -> None:
    words = catalogue(language)
    first = pages.drawn(f"/postings?day={ISO}", language=language)
    assert words["posting.accounts"] in first.text
    account = next(a for a, _ in of_all_kinds(pages) if a.startswith("base:"))
    assert link(ISO, account).replace("&", "&amp;") in first.html
    second = pages.drawn(link(ISO, account), language=language)
    journal = next(row["journal_id"] for row in listed(pages, account)["rows"] if row["view"] == "location")
    assert link(ISO, account, journal).replace("&", "&amp;") in second.html
    third = pages.drawn(link(ISO, account, journal), language=language)
    assert words["posting_rule.energy_share"] in third.text
    assert words["posting_known.factor"] in third.text
    assert "bad" not in third.html


def test_the_page_says_what_is_not_there_and_runs_nothing_that_is_planted(pages: Pages) -> None:
    shown = pages.drawn(f"/postings?day={ISO}&account={quote(MARK)}&journal=x")
    assert catalogue("en")["posting.unknown"] in shown.text
    assert [piece.planted for piece in shown.pieces if piece.planted] == []
    assert catalogue("en")["posting.none"] in pages.drawn("/postings?day=2020-01-01").text


def test_a_passport_leads_to_its_units_postings(pages: Pages) -> None:
    unit = "TP-260715-L-NB1-000040"
    shown = pages.drawn(f"/passport/{unit}")
    assert link(ISO, f"unit:{unit}").replace("&", "&amp;") in shown.html
