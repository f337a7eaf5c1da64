"""The carbon pages and their API as served: dates, roles, empty ledgers, planted markup, one set of figures in both."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from carbon_fixture import FakeCarbon
from desk_fixture import make_site, session
from fastapi.testclient import TestClient
from page_fixture import MARK, Drawn, Markup, Pages

from parkwright.model.errors import LedgerError
from parkwright.show.auth import COOKIE, GRANTS, SEE, Principal, allowed
from parkwright.show.pages.carbon_charts import line_name
from parkwright.show.pages.zero_carbon import PLACES
from parkwright.show.words import Words, catalogue

API = ("report", "indicators", "lines.csv", "greening")
SPANNED = API[:3]
PATHS = {"/carbon": "carbon", "/zero-carbon": "centre", "/greening": "greening"}
TABS = {**PATHS, "/requests": "requests", "/factors": "factors"}
ROLES = sorted({*GRANTS, "supplier", "buyer", "nobody-knows"} - {"public"})
LANGUAGES = ("en", "zh")
SECRET = {"report": "grid-2023", "indicators": "power-station", "lines.csv": "grid-2023", "greening": "ginkgo"}
"""What only those who may see carbon read in an answer."""


def table_of(shown: Drawn, title: str) -> list[list[str]]:
    """Return the text of a card's rows, its head and the tables within its cells left out."""
    part = next(html for html in shown.html.split("<section") if f"<h2>{title}</h2>" in html)
    within = re.sub(r"<table[^>]*>.*?</table>", "", part.partition("<tbody>")[2], flags=re.S)
    body = within.partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [[Markup(cell).text for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in rows]


# ------------------------------------------------------------------------------------------------- the API


@pytest.mark.parametrize("address", API)
def test_nobody_and_a_forged_session_are_refused(pages: Pages, address: str):
    for headers in ({}, {"cookie": f"{COOKIE}=forged"}, {"authorization": "Bearer forged"}):
        answer = pages.client.get(f"/api/v1/carbon/{address}", headers=headers)
        assert answer.status_code == 401
        assert "kg" not in answer.json()["detail"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("address", API)
def test_a_role_reads_the_accounts_exactly_when_it_may_see_carbon(pages: Pages, address: str, role: str):
    may = allowed(Principal("u", "n", role), SEE, "carbon")
    answer = pages.get(f"/api/v1/carbon/{address}", role)
    assert answer.status_code == (200 if may else 403)
    assert (SECRET[address] in answer.text) is may


@pytest.mark.parametrize("address", SPANNED)
@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize(
    "day", ["x", "", "2026-02-30", "1999-12-31", "2100-01-01", "2026-07-15T12:00", "%00", "-1", "26-7-1", "<script>"]
)
def test_a_day_that_is_none_is_refused_and_the_field_is_named(pages: Pages, address: str, name: str, day: str):
    answer = pages.get(f"/api/v1/carbon/{address}?{name}={day}", "viewer")
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/json")
    assert name in answer.text


@pytest.mark.parametrize("address", SPANNED)
@pytest.mark.parametrize(
    ("query", "span"),
    [
        ("", (None, None)),
        ("?from=2026-01-01", (date(2026, 1, 1), None)),
        ("?to=2026-07-31", (None, date(2026, 7, 31))),
        ("?from=2000-01-01&to=2099-12-31", (date(2000, 1, 1), date(2099, 12, 31))),
        ("?from=2026-07-14&to=2026-07-14", (date(2026, 7, 14), date(2026, 7, 14))),
        ("?start=2026-07-14&end=x", (None, None)),
    ],
)
def test_the_accounts_are_asked_for_the_days_of_the_address(
    tmp_path: Any, address: str, query: str, span: tuple[date | None, date | None]
):
    carbon = FakeCarbon()
    app, operations = make_site(tmp_path, carbon=carbon)
    headers = {"cookie": f"{COOKIE}={session(operations, 'auditor')}"}
    assert TestClient(app).get(f"/api/v1/carbon/{address}{query}", headers=headers).status_code == 200
    assert carbon.asked == [span]
    operations.close()


def test_two_spans_are_two_answers_and_one_span_is_one(pages: Pages):
    days = [
        pages.get(f"/api/v1/carbon/report?from={day}&to={day}").json()["start_day"]
        for day in ("2026-07-01", "2026-07-02", "2026-07-01")
    ]
    assert days == ["2026-07-01", "2026-07-02", "2026-07-01"]


class Broken:
    """Accounts whose ledger cannot be read."""

    def report(self, _start: date | None, _end: date | None) -> None:
        raise LedgerError("ledger.db: the file is damaged; restore a backup")

    def sinks(self, _since: date | None) -> None:
        return None

    indicators = report


class Empty:
    """Accounts without a closed day."""

    def report(self, *_days: date | None) -> None:
        return None

    indicators = sinks = report


@pytest.mark.parametrize("address", SPANNED)
@pytest.mark.parametrize(
    ("carbon", "status", "said"),
    [
        (Broken(), 503, "ledger.db: the file is damaged; restore a backup"),
        (Empty(), 404, "no day of that span is closed yet"),
        (None, 404, "no day of that span is closed yet"),
    ],
)
def test_accounts_that_cannot_answer_say_why(tmp_path: Any, address: str, carbon: Any, status: int, said: str):
    app, operations = make_site(tmp_path, carbon=carbon)
    headers = {"cookie": f"{COOKIE}={session(operations, 'viewer')}"}
    asking = TestClient(app, raise_server_exceptions=False)
    answer = asking.get(f"/api/v1/carbon/{address}", headers=headers)
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert asking.get("/api/v1/carbon/greening", headers=headers).status_code == 200
    operations.close()


def test_the_file_is_named_after_the_park_and_the_days(pages: Pages):
    answer = pages.get("/api/v1/carbon/lines.csv?from=2026-07-03&to=2026-07-04")
    name = re.search(r'filename="([^"]+)"', answer.headers["content-disposition"])
    assert name is not None
    assert name.group(1) == f"{pages.park.site.park_id}-inventory-2026-07-03-2026-07-04.csv"
    assert answer.headers["content-type"].startswith("text/csv")


def test_the_api_is_described_with_its_answers(pages: Pages):
    paths = pages.app.openapi()["paths"]
    for address in API:
        (method,) = paths[f"/api/v1/carbon/{address}"]
        assert method == "get"
    asked = {one["name"]: one["required"] for one in paths["/api/v1/carbon/report"]["get"]["parameters"]}
    assert {"from", "to"} <= set(asked)
    assert not any(asked.values())
    assert {"401", "403", "404", "503"} <= set(paths["/api/v1/carbon/report"]["get"]["responses"])


# ------------------------------------------------------------------------------------------------- table and file


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_holds_the_lines_of_the_table(pages: Pages, language: str):
    shown = pages.drawn("/carbon", language=language)
    link = re.search(r'href="(/api/v1/carbon/lines\.csv[^"]*)"', shown.html)
    assert link is not None
    rows = list(csv.DictReader(io.StringIO(pages.get(unescape(link.group(1))).text)))
    seen = table_of(shown, catalogue(language)["scopes.lines"])
    assert len(rows) == len(seen) == 3
    for row, (scope, text, kg, factor, basis) in zip(rows, seen, strict=True):
        assert scope == (row["scope"] if row["category"] == "0" else f"{row['scope']}.{row['category']}")
        assert (text, basis) == (line_name(Words(language, pages.park.zone), row["text"], row["text_zh"]), row["basis"])
        assert factor == row["factor"].removeprefix("'")
        assert float(kg.replace("\u2009", "")) == float(row["kg"])


def test_the_file_the_report_and_the_page_are_of_the_same_days(pages: Pages):
    asked = "?from=2026-07-05&to=2026-07-06"
    shown = pages.drawn(f"/carbon{asked}")
    link = re.search(r'href="(/api/v1/carbon/lines\.csv[^"]*)"', shown.html)
    assert link is not None
    assert parse_qs(urlsplit(unescape(link.group(1))).query) == {"from": ["2026-07-05"], "to": ["2026-07-06"]}
    assert re.findall(r'type="date" name="(\w+)" value="([^"]*)"', shown.html) == [
        ("from", "2026-07-05"),
        ("to", "2026-07-06"),
    ]


def test_the_figures_of_the_page_are_those_of_the_report(pages: Pages):
    report = pages.get("/api/v1/carbon/report").json()
    values = re.findall(r'<div class="value">([^<]*)<small>([^<]*)', pages.drawn("/carbon").html)
    scale = {"kg CO₂e": 1.0, "t CO₂e": 1000.0}
    shown = [float(number.replace("\u2009", "")) * scale[unit] for number, unit in values]
    assert shown == pytest.approx([figure["value"] for figure in report["figures"]], rel=5e-3)
    assert len(shown) == 5


def test_the_centre_shows_a_row_for_each_answer(pages: Pages):
    centre = pages.get("/api/v1/carbon/indicators").json()
    shown, words = pages.drawn("/zero-carbon"), catalogue("en")
    assert len(table_of(shown, words["centre.indicators"])) == len(centre["indicators"])
    for part in ("function", "supply"):
        rows = table_of(shown, words[f"centre.{part}"])
        wanted = [item for item in centre["checklist"] if item["part"] == part]
        for row, item in zip(rows, wanted, strict=True):
            page = words.get(PLACES.get(item["proof"], ""), "")
            starts = {"found": page, "named": words["centre.named"], "": words["centre.unproved"]}
            assert row[2].startswith(starts[item["by"]])
            assert {"found": page, "named": item["proof"], "": item["missing_en"]}[item["by"]] in row[2]
            assert page or item["by"] != "found"
            assert ("%" in row[2]) == (item["value"] is not None)


def test_the_green_of_the_page_is_that_of_the_answer(pages: Pages):
    found = pages.get("/api/v1/carbon/greening").json()
    rows = table_of(pages.drawn("/greening"), catalogue("en")["greening.stock"])
    assert [(row[0], int(row[1])) for row in rows] == [(one["species"], one["trees"]) for one in found["species"]]
    assert sum(int(row[1]) for row in rows) == found["trees"] == 18


# ------------------------------------------------------------------------------------------------- the pages


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", TABS)
def test_a_carbon_page_leads_to_the_others_and_not_to_itself(pages: Pages, path: str, language: str):
    words = catalogue(language)
    heading = next(
        html for html in (p for p in pages.drawn(path, language=language).html.split("\n")) if "<h1>" in html
    )
    assert f"<h1>{words[f'scopes.{TABS[path]}']}</h1>" in heading
    links = dict(re.findall(r'<a class="tool" href="([^"]+)">([^<]+)</a>', heading))
    assert links == {other: words[f"scopes.{name}"] for other, name in TABS.items() if other != path}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_charts_of_the_page_are_four_and_in_its_language(pages: Pages, language: str):
    charts, words = pages.drawn("/carbon", language=language).charts, catalogue(language)
    assert [chart["series"][0]["type"] for chart in charts] == ["bar", "sankey", "line", "bar"]
    assert [series["name"] for series in charts[0]["series"]] == [
        words[f"scopes.{name}"] for name in ("scope1", "location", "market", "scope3")
    ]
    names = [series["name"] for series in charts[2]["series"]]
    assert len(names) == 4
    assert names[0] == names[1] != names[2] == names[3]
    nodes = {node["name"] for node in charts[1]["series"][0]["data"]}
    assert words["scopes.whole"] in nodes


@pytest.mark.parametrize("language", LANGUAGES)
def test_planted_markup_in_a_chart_is_escaped_where_a_chart_writes_html(pages: Pages, language: str):
    flow = pages.drawn("/carbon", language=language).charts[1]["series"][0]
    told = [node["tooltip"]["formatter"] for node in flow["data"]]
    assert [text for text in told if Markup(text).planted] == []
    assert any(MARK in Markup(text).text for text in told)


@pytest.mark.parametrize("path", PATHS)
def test_planted_markup_in_the_days_of_the_address_is_dropped(pages: Pages, path: str):
    shown = pages.drawn(f"{path}?from=%22%3E%3Cscript%3Eplanted()%3C/script%3E&to=%3Cimg%20src=x%3E")
    assert shown.status == 200
    assert [piece.planted for piece in shown.pieces if piece.planted] == []
    assert 'value=""><script' not in shown.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/carbon", "/zero-carbon"])
def test_a_span_before_the_first_closed_day_says_what_to_do(pages: Pages, path: str, language: str):
    words = catalogue(language)
    shown = pages.drawn(f"{path}?from=2024-01-01&to=2024-12-31", language=language)
    assert shown.status == 200
    assert words["scopes.none"] in shown.text
    assert words["scopes.lines"] not in shown.text
    assert 'name="from" value="2024-01-01"' in shown.html
    assert 'name="to" value="2024-12-31"' in shown.html
    assert "lines.csv" not in shown.html
    assert shown.charts == []
    assert "<h1>" in shown.html


@pytest.mark.parametrize("role", ["supplier", "buyer"])
@pytest.mark.parametrize("path", PATHS)
def test_who_may_not_see_carbon_gets_no_figure(pages: Pages, path: str, role: str):
    shown = pages.drawn(path, role)
    assert catalogue("en")["state.forbidden"] in shown.text
    assert "<table" not in shown.html
    assert shown.charts == []
    assert "lines.csv" not in shown.html


@pytest.mark.parametrize("path", PATHS)
def test_the_carbon_pages_change_nothing_but_certificates_for_those_who_may(pages: Pages, path: str):
    html = pages.drawn(path).html
    posted = re.findall(r'data-post="([^"]*)"', html)
    assert posted == (["/api/v1/carbon/certificates/moves"] if path == "/zero-carbon" else [])
    assert "data-post" not in pages.drawn(path, "viewer").html
    forms = re.findall(r"<form[^>]*>", html)
    assert [form for form in forms if 'method="post"' in form and "/sign-out" not in form] == []
    assert len(forms) == 2
