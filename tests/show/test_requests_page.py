"""Suppliers' requests: the page says what the answer says, and a supplier's people see theirs and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from desk_fixture import make_site, session
from fastapi.testclient import TestClient
from page_fixture import Pages
from requests_fixture import FakeRequests

from parkwright.show.answers.requests import RequestList, requests
from parkwright.show.auth import COOKIE, GRANTS, SEE, Principal, allowed
from parkwright.show.door import Visit
from parkwright.show.frames import Frames
from parkwright.show.pages.forms import outcome
from parkwright.show.pages.requests import counts_row, draft_fields, drafted, requests_card
from parkwright.show.words import Words, catalogue

API = "/api/v1/carbon/requests"
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


def test_a_carbon_officer_drafts_and_sends_over_the_api(acting):
    fake, clients = acting
    post = clients["carbon"].post
    assert post(API, json={"material_id": "SSD-2"}).json() == {"changed": True}
    assert post(API, json={"material_id": "SSD-2", "within_days": 7}).json() == {"changed": True}
    assert post(f"{API}/r4/sending").json() == {"changed": True}
    by = fake.acts[0][3]
    assert fake.acts == [("draft", "SSD-2", "30", by), ("draft", "SSD-2", "7", by), ("send", "r4", by)]
    for path, body, said in (("", {"material_id": "X"}, "is not in materials.csv"), ("/r3/sending", None, "in_use")):
        answer = post(f"{API}{path}", json=body)
        assert (answer.status_code, said in answer.json()["detail"]) == (409, True)
    for body in ({}, {"material_id": "a b"}, {"material_id": "SSD-2", "within_days": 0},
                 {"material_id": "SSD-2", "within_days": 366}):  # fmt: skip
        assert post(API, json=body).status_code == 422
    assert len(fake.acts) == 3


def test_what_cannot_be_decided_says_why(acting):
    fake, clients = acting
    answer = clients["carbon"].post("/api/v1/carbon/requests/r2/use")
    assert (answer.status_code, "from here it may" in answer.json()["detail"]) == (409, True)
    assert clients["carbon"].post("/api/v1/carbon/requests/r1/rejection", json={"reason": "x"}).status_code == 422
    assert clients["carbon"].post("/api/v1/carbon/requests/R!/use").status_code == 422
    assert fake.acts == []


@pytest.mark.parametrize("role", ["viewer", "supplier:S-1"])
@pytest.mark.parametrize("path", ["", "/r4/sending", "/r1/sending", "/r1/use", "/r1/rejection", "/reminders"])
def test_nobody_else_asks_or_decides_about_an_answer(acting, role: str, path: str):
    fake, clients = acting
    body = {"reason": "mine is best", "material_id": "SSD-2"}
    assert clients[role].post(f"{API}{path}", json=body).status_code == 403
    assert fake.acts == []


def test_the_buttons_stand_where_something_can_be_decided():
    words = Words("en", ZoneInfo("Asia/Shanghai"))
    html = requests_card(words, WHOLE, acts=True)
    assert html.count("data-post") == 3
    assert re.findall(r'data-post="([^"]*)/sending"', html) == [f"{API}/r4"]
    assert words.say("requests.send_sure", supplier="A &amp; B", material="A &amp; B") in html
    assert "/api/v1/carbon/requests/r1/use" in html
    assert "data-post" not in requests_card(words, WHOLE)
    due = WHOLE.model_copy(update={"rows": [WHOLE.rows[1].model_copy(update={"reminder_due": True})]})
    assert "/api/v1/carbon/requests/reminders" in requests_card(words, due, acts=True)
    assert "requests/reminders" not in requests_card(words, due)


def visit_as(acting, role: str) -> Visit:
    """A visit as a page has it, by somebody of a role."""
    app = acting[1]["carbon"].app
    context = next(one.kwargs["context"] for one in app.user_middleware if "context" in one.kwargs)
    return Visit(context, Frames(context.facts), Principal("u1", role, role), "en", "light")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_typed_is_drafted_and_the_card_says_that_nothing_is_sent(acting, language: str):
    words = Words(language, ZoneInfo("Asia/Shanghai"))
    given = {"material_id": "SSD-2", "within_days": "14"}
    told = drafted(visit_as(acting, "carbon"), words, given)
    assert words.say("request_draft.done", material="SSD-2") in told
    assert acting[0].acts == [("draft", "SSD-2", "14", "u1")]
    asking = partial(drafted, visit_as(acting, "carbon"), words)
    for change, said in (({"material_id": "X"}, "is not in materials.csv"), ({"within_days": "soon"}, "within_days: ")):
        refused = outcome(words, "request_draft", asking, {**given, **change})
        assert said in unescape(refused)
        assert words.say("request_draft.failed", why="") in unescape(refused)
    assert len(acting[0].acts) == 1


@pytest.mark.parametrize("role", ["viewer", "supplier:S-1", "supplier:S-2", "buyer"])
def test_the_form_drafts_nothing_for_who_may_not(acting, role: str):
    words = Words("en", ZoneInfo("Asia/Shanghai"))
    asking = partial(drafted, visit_as(acting, role), words)
    assert "may not approve requests" in outcome(words, "request_draft", asking, {"material_id": "SSD-2"})
    assert acting[0].acts == []


def test_only_who_may_ask_has_the_form_and_a_supplier_no_materials_of_others(pages: Pages):
    for role, stands in (("admin", True), ("carbon", True), ("viewer", False), ("supplier:S-1", False)):
        shown = pages.drawn("/requests", role=role)
        assert ('name="material_id"' in shown.html) is stands
        assert (catalogue("en")["request_draft.about"] in shown.text) is stands
    for role in ("supplier:S-1", "supplier:S-9", "supplier:"):
        assert pages.get(API, role).json()["to_ask"] == []
    assert [one["material_id"] for one in pages.get(API, "viewer").json()["to_ask"]] == ["SSD-2"]
    fields = draft_fields(Words("zh", ZoneInfo("Asia/Shanghai")), WHOLE)
    assert '<option value="SSD-2">A &amp; B SSD-2 · A &amp; B</option>' in fields
    assert 'value="30"' in fields
    assert draft_fields(Words("en", ZoneInfo("UTC")), WHOLE.model_copy(update={"to_ask": []})) == ""


def test_a_supplier_has_no_column_of_what_the_park_counts_with():
    words, told = Words("en", ZoneInfo("Asia/Shanghai")), catalogue("en")["requests.counted"]
    assert told in requests_card(words, WHOLE)
    assert told not in requests_card(words, WHOLE, own=True)
