"""The report as served: endpoint, tables and page, with the filter bar that asks for another one."""

import io
import zipfile

import polars as pl
import pytest
from desk_fixture import make_site, session
from fastapi.testclient import TestClient
from page_fixture import Pages
from starlette.requests import Request

from parkwright.show.auth import COOKIE
from parkwright.show.pages.filter_bar import Choose, exports, filter_bar, span_of
from parkwright.show.words import Words

EN = Words("en", None)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    app, operations = make_site(tmp_path_factory.mktemp("report"))
    found = TestClient(app)
    found.cookies.set(COOKIE, session(operations, "viewer"))
    yield found
    operations.close()


def test_the_endpoint_reports_the_days_before(client):
    found = client.get("/api/v1/report").json()
    assert (found["grain"], found["compare"], len(found["periods"])) == ("day", "previous", 14)
    keys = [one["key"] for one in found["whole"]["measures"]]
    assert keys == ["electricity", "gas", "cost", "location", "market", "units", "coal", "electricity_each",
                    "cost_each", "location_each"]  # fmt: skip
    assert found["bands"][-1]["band"] == "sum"


def test_a_line_by_month_against_the_year_before(client):
    found = client.get("/api/v1/report?scope=L-NB1&grain=month&compare=year&from=2026-07-01&to=2026-07-31").json()
    assert (found["place"]["place_id"], found["periods"][0]["days"]) == ("L-NB1", 31)
    assert found["periods"][0]["measures"][0]["reference"] is None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("scope=NIX", 400), ("from=2026-07-10&to=2026-07-01", 400), ("from=2001-01-01&to=2026-07-01", 400),
        ("grain=week", 422), ("compare=x", 422), ("scope=%00", 422), ("from=x", 422),
        ("from=2090-01-01&to=2091-01-01&grain=year", 200),
    ],
)  # fmt: skip
def test_what_cannot_be_reported_is_refused(client, query, status):
    answer = client.get(f"/api/v1/report?{query}")
    assert answer.status_code == status
    if status == 400:
        assert ";" in answer.json()["detail"]


def test_the_table_comes_in_three_forms_with_the_whole_last(client):
    text = client.get("/api/v1/report.csv?from=2026-07-10&to=2026-07-12")
    rows = pl.read_csv(io.BytesIO(text.content))
    assert rows["start_day"].to_list() == ["2026-07-10", "2026-07-11", "2026-07-12", "2026-07-10"]
    assert rows["cost_CNY"][3] == pytest.approx(sum(rows["cost_CNY"].to_list()[:3]))
    assert "TP-report-site-2026-07-10-2026-07-12.csv" in text.headers["content-disposition"]
    kept = client.get("/api/v1/report.parquet?from=2026-07-10&to=2026-07-12").content
    assert pl.read_parquet(io.BytesIO(kept))["electricity_kWh"].to_list() == rows["electricity_kWh"].to_list()
    book = zipfile.ZipFile(io.BytesIO(client.get("/api/v1/report.xlsx?from=2026-07-10&to=2026-07-12").content))
    assert "location_kg_CO2e" in book.read("xl/worksheets/sheet1.xml").decode()


def test_the_report_is_not_there_before_a_day_is_closed(tmp_path):
    app, operations = make_site(tmp_path, history=0)
    answer = TestClient(app).get("/api/v1/report", headers={"cookie": f"{COOKIE}={session(operations, 'viewer')}"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "no day is closed yet; run the park for a day")
    operations.close()


@pytest.mark.parametrize(("language", "words"), [("en", ("Period before", "Report")), ("zh", ("环比", "报表"))])
def test_the_page_shows_figures_charts_and_its_bar(pages: Pages, language, words):
    shown = pages.drawn("/report?grain=day&from=2026-07-08&to=2026-07-14", language=language)
    assert all(word in shown.text for word in words)
    kinds = [[series["type"] for series in chart["series"]] for chart in shown.charts]
    assert kinds == [["bar", "line"], ["bar", "line"]]
    assert len(shown.charts[0]["series"][0]["data"]) == 7
    assert shown.charts[0]["yAxis"]["name"] == "MWh"


def test_every_figure_says_what_it_was_made_of(pages: Pages):
    shown = pages.drawn("/report?grain=day&from=2026-07-12&to=2026-07-14")
    assert shown.html.count("<template>") == 5
    assert "divided by the good units made in them" in shown.html
    assert "Days closed" in shown.html


def test_an_address_with_nonsense_shows_the_plain_report(pages: Pages):
    plain, shown = pages.drawn("/report"), pages.drawn("/report?grain=week&compare=%3Cscript%3E&from=x")
    assert len(plain.charts[0]["series"][0]["data"]) == 3
    assert shown.charts == plain.charts


def test_a_scope_that_is_none_is_told_on_the_page(pages: Pages):
    assert "scope NIX: no building or line of this park" in pages.drawn("/report?scope=NIX").text


def test_the_bar_keeps_what_was_chosen_and_escapes_it():
    bar = filter_bar(EN, "/report", [Choose("scope", "S<", [("a", "A&"), ("b", "B")], "b")], "2026-07-01", "")
    assert '<option value="b" selected>B</option>' in bar
    assert "S&lt;" in bar
    assert "A&amp;" in bar
    assert 'name="from" value="2026-07-01"' in bar
    assert 'name="to" value=""' in bar


def test_exports_carry_the_query_in_the_forms_asked_for():
    links = exports(EN, "/x", "Lines", {"from": "2026-07-01", "scope": "a&b"}, forms=("csv",))
    assert 'href="/x.csv?from=2026-07-01&amp;scope=a%26b"' in links
    assert links.count("<a ") == 1


def test_days_of_an_address_are_dates_or_nothing():
    request = Request({"type": "http", "query_string": b"from=2026-02-30&to=2026-03-01", "headers": []})
    assert [str(day) for day in span_of(request)] == ["None", "2026-03-01"]
