"""Suppliers' requests: the page says what the answer says, and a supplier's people see theirs and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from desk_fixture import make_site, session
from fastapi.testclient import TestClient
from page_fixture import Pages
from requests_fixture import FakeRequests

from parkwright.show.answers.requests import RequestList, requests
from parkwright.show.auth import COOKIE, GRANTS, SEE, Principal, allowed
from parkwright.show.pages.requests import counts_row, requests_card
from parkwright.show.words import Words, catalogue

WHOLE = requests(FakeRequests("A & B"), None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, str]]]:
    app, operations = make_site(tmp_path_factory.mktemp("requests"))
    roles = ("carbon", "supplier", "supplier:S-1", "supplier:S-2", "supplier:S-9", "supplier:", "buyer")
    yield TestClient(app), {role: session(operations, role) for role in roles}
    operations.close()


def seen(site: tuple[TestClient, dict[str, str]], role: str, path: str = "carbon/requests"):
    client, sessions = site
    return client.get(f"/api/v1/{path}", headers={"cookie": f"{COOKIE}={sessions[role]}"})


@pytest.mark.parametrize(
    ("role", "ids"),
    [("carbon", ["r1", "r2", "r3", "r4"]), ("supplier:S-1", ["r1"]), ("supplier:S-2", ["r2", "r3", "r4"]),
     ("supplier:S-9", []), ("supplier:", []), ("supplier", [])],
)  # fmt: skip
def test_a_supplier_sees_its_own_requests_alone(site, role: str, ids: list[str]):
    answer = seen(site, role)
    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["rows"]] == ids
    if role != "carbon":
        assert {row["counted_kg"] for row in answer.json()["rows"]} <= {None}


@pytest.mark.parametrize("query", ["?supplier_id=S-2", "?supplier=S-2", "?role=carbon", "?supplier_id="])
def test_nothing_in_the_address_widens_what_a_supplier_sees(site, query: str):
    assert [row["id"] for row in seen(site, "supplier:S-1", f"carbon/requests{query}").json()["rows"]] == ["r1"]


@pytest.mark.parametrize(
    "path", ["home", "plan", "energy", "passports", "carbon/report", "carbon/indicators", "alarms", "tables/alarms.csv"]
)
def test_a_supplier_reaches_no_other_answer(site, path: str):
    assert seen(site, "supplier:S-1", path).status_code == 403


def test_who_is_nothing_sees_nothing(site):
    assert seen(site, "buyer").status_code == 403
    assert TestClient(site[0].app).get("/api/v1/carbon/requests").status_code == 401


@pytest.mark.parametrize(
    ("role", "kind", "supplier"),
    [("carbon", "carbon", None), ("supplier:S-1", "supplier", "S-1"), ("supplier", "supplier", ""),
     ("supplier:a:b", "supplier", "a:b"), ("suppliers", "suppliers", None), ("admin:S-1", "admin:S-1", None)],
)  # fmt: skip
def test_a_role_names_its_supplier(role: str, kind: str, supplier: str | None):
    principal = Principal("u", "n", role)
    assert (principal.kind, principal.supplier_id) == (kind, supplier)
    assert allowed(principal, SEE, "requests") is (kind in GRANTS)
    assert allowed(principal, SEE, "home") is (kind == "carbon")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_tells_every_request_with_its_figures_and_checks(language: str):
    words, told = Words(language, ZoneInfo("Asia/Shanghai")), catalogue(language)
    html = requests_card(words, WHOLE)
    assert html.count("<tr>") == 1 + len(WHOLE.rows)
    assert "A &amp; B" in html
    for key in ("request_state.validated", "request_state.rejected", "doubt.warning", "requests.is_late"):
        assert told[key] in html
    assert html.count(told["requests.sound"]) == 1
    assert "12.5" in html
    assert "30.25" in html
    assert "2026-07-11" in html
    assert "2 · 2026-07-19" in html
    counts = counts_row(words, WHOLE)
    assert counts.count("<article") == 5
    assert counts.count("warn") == 1
    assert "warn" not in counts_row(words, WHOLE.model_copy(update={"late": 0}))


def test_the_page_says_what_to_do_first_and_a_supplier_that_nothing_is_asked(pages: Pages):
    shown = pages.drawn("/requests", role="supplier:S-9")
    assert catalogue("en")["requests.none_own"] in shown.text
    assert "/zero-carbon" not in shown.html.partition("<h1>")[2]
    received = catalogue("en")["events.title"].partition("(")[0]
    assert pages.drawn("/requests").html.partition(received)[0].count("<tr>") == 1 + len(WHOLE.rows)
    one = pages.drawn("/requests", role="supplier:S-1")
    assert one.html.partition(received)[0].count("<tr>") == 2
    assert isinstance(RequestList.model_validate(pages.get("/api/v1/carbon/requests").json()), RequestList)


@pytest.fixture
def acting(tmp_path):
    fake = FakeRequests()
    app, operations = make_site(tmp_path, requests=fake)
    clients = {}
    for role in ("carbon", "viewer", "supplier:S-1"):
        clients[role] = TestClient(app)
        clients[role].cookies.set(COOKIE, session(operations, role))
    yield fake, clients
    operations.close()


def test_a_carbon_officer_uses_rejects_and_reminds(acting):
    fake, clients = acting
    post = clients["carbon"].post
    assert post("/api/v1/carbon/requests/r1/use").json() == {"changed": True}
    assert post("/api/v1/carbon/requests/r1/rejection", json={"reason": "the period is missing"}).status_code == 200
    assert post("/api/v1/carbon/requests/reminders").json() == {"reminded": 2}
    by = fake.acts[0][2]
    assert fake.acts == [("use", "r1", by), ("reject", "r1", "the period is missing", by), ("remind",)]
    assert by


def test_what_cannot_be_decided_says_why(acting):
    fake, clients = acting
    answer = clients["carbon"].post("/api/v1/carbon/requests/r2/use")
    assert (answer.status_code, "from here it may" in answer.json()["detail"]) == (409, True)
    assert clients["carbon"].post("/api/v1/carbon/requests/r1/rejection", json={"reason": "x"}).status_code == 422
    assert clients["carbon"].post("/api/v1/carbon/requests/R!/use").status_code == 422
    assert fake.acts == []


@pytest.mark.parametrize("role", ["viewer", "supplier:S-1"])
@pytest.mark.parametrize("path", ["r1/use", "r1/rejection", "reminders"])
def test_nobody_else_decides_about_an_answer(acting, role: str, path: str):
    fake, clients = acting
    assert clients[role].post(f"/api/v1/carbon/requests/{path}", json={"reason": "mine is best"}).status_code == 403
    assert fake.acts == []


def test_the_buttons_stand_where_something_can_be_decided():
    words = Words("en", ZoneInfo("Asia/Shanghai"))
    html = requests_card(words, WHOLE, acts=True)
    assert html.count("data-post") == 2
    assert "/api/v1/carbon/requests/r1/use" in html
    assert "data-post" not in requests_card(words, WHOLE)
    due = WHOLE.model_copy(update={"rows": [WHOLE.rows[1].model_copy(update={"reminder_due": True})]})
    assert "/api/v1/carbon/requests/reminders" in requests_card(words, due, acts=True)
    assert "requests/reminders" not in requests_card(words, due)


def test_a_supplier_has_no_column_of_what_the_park_counts_with():
    words, told = Words("en", ZoneInfo("Asia/Shanghai")), catalogue("en")["requests.counted"]
    assert told in requests_card(words, WHOLE)
    assert told not in requests_card(words, WHOLE, own=True)
