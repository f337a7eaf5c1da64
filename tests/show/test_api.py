"""The HTTP API: who gets in, what comes out, and that no input makes it fail."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import schemathesis
from desk_fixture import make_site, session
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from parkwright.model.errors import LedgerError
from parkwright.show import workbook
from parkwright.show.api import SHOWN_TABLES, spreadsheet_safe
from parkwright.show.auth import COOKIE
from parkwright.show.site import own_path
from parkwright.show.workbook import MEDIA_TYPE
from parkwright.store.operations import Operations

UNIT = "TP-260715-L-NB1-000040"
READS = ("home", "plan", "energy", "alarms", "needs", "progress", "passports", f"passports/{UNIT}", "me",
         f"passports/{UNIT}/explanation", f"passports/{UNIT}/genealogy", "tables/readings.csv")  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Operations]]:
    app, operations = make_site(tmp_path_factory.mktemp("api"))
    yield app, operations
    operations.close()


def client_of(site: tuple[FastAPI, Operations], role: str | None = None) -> TestClient:
    app, operations = site
    client = TestClient(app, follow_redirects=False)
    if role:
        client.cookies.set(COOKIE, session(operations, role))
    return client


@pytest.mark.parametrize("path", READS)
def test_nobody_reads_without_signing_in(site: tuple[FastAPI, Operations], path: str) -> None:
    answer = client_of(site).get(f"/api/v1/{path}")
    assert answer.status_code == 401
    assert "sign in" in answer.json()["detail"]


@pytest.mark.parametrize("path", READS)
def test_a_viewer_reads_every_answer(site: tuple[FastAPI, Operations], path: str) -> None:
    assert client_of(site, "viewer").get(f"/api/v1/{path}").status_code == 200


@pytest.mark.parametrize("path", [path for path in READS if path != "me"])
def test_a_supplier_reads_nothing_and_learns_who_may(site: tuple[FastAPI, Operations], path: str) -> None:
    answer = client_of(site, "supplier").get(f"/api/v1/{path}")
    assert answer.status_code == 403
    assert "ask one of: admin" in answer.json()["detail"]


def test_the_wall_is_public_and_holds_no_person_no_price_and_no_order(site: tuple[FastAPI, Operations]) -> None:
    answer = client_of(site).get("/api/v1/wall")
    assert answer.status_code == 200
    assert not {"CNY", "order_id", "user", "J0005"} & set(answer.text.replace('"', " ").split())


@pytest.mark.parametrize("path", ["/plan", "/energy", "/passport", f"/passport/{UNIT}", f"/passport/{UNIT}/paper", "/"])
def test_pages_lead_to_the_sign_in(site: tuple[FastAPI, Operations], path: str) -> None:
    answer = client_of(site).get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path}"


def test_what_is_not_known_is_refused_without_a_hint(site: tuple[FastAPI, Operations]) -> None:
    assert client_of(site).get("/admin").status_code == 401
    assert client_of(site).get("/.env").status_code == 401


def test_a_link_signs_in_once(site: tuple[FastAPI, Operations]) -> None:
    app, operations = site
    link = operations.create_sign_in_link("viewer", datetime.now(UTC))
    first = client_of(site).get(f"/sign-in/{link}?next=/plan")
    assert (first.status_code, first.headers["location"]) == (303, "/plan")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    client = TestClient(app)
    client.cookies.set(COOKIE, first.cookies[COOKIE])
    assert client.get("/api/v1/me").json()["role"] == "viewer"
    again = client_of(site).get(f"/sign-in/{link}")
    assert again.headers["location"] == "/sign-in?failed=1"
    assert COOKIE not in again.cookies


def test_an_expired_link_and_a_guess_sign_nobody_in(site: tuple[FastAPI, Operations]) -> None:
    _, operations = site
    old = operations.create_sign_in_link("admin", datetime.now(UTC) - timedelta(hours=3))
    for token in (old, "guess", "%00", "a" * 190):
        assert client_of(site).get(f"/sign-in/{token}").headers["location"] == "/sign-in?failed=1"


def test_signing_out_ends_the_session(site: tuple[FastAPI, Operations]) -> None:
    client = client_of(site, "viewer")
    assert client.get("/api/v1/me").status_code == 200
    token = client.cookies[COOKIE]
    client.post("/sign-out")
    client.cookies.set(COOKIE, token)
    assert client.get("/api/v1/me").status_code == 401


def test_an_api_token_stands_in_for_a_session(site: tuple[FastAPI, Operations]) -> None:
    _, operations = site
    now = datetime.now(UTC)
    token = operations.create_api_token(operations.add_user("script", "viewer", now), "script", now)
    headers = {"authorization": f"Bearer {token}"}
    assert client_of(site).get("/api/v1/me", headers=headers).json()["name"] == "script"
    assert client_of(site).get("/api/v1/me", headers={"authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "/a\nb"]
)
def test_no_redirect_leads_elsewhere(target: str) -> None:
    assert own_path(target) == "/"


def test_a_post_from_another_site_is_refused(site: tuple[FastAPI, Operations]) -> None:
    client = client_of(site, "admin")
    body = {"key": "k|t|2026-07-15T00:00:00Z"}
    elsewhere = {"origin": "https://evil.example"}
    assert client.post("/api/v1/acknowledgements", json=body, headers=elsewhere).status_code == 403
    own = {"origin": "http://testserver"}
    assert client.post("/api/v1/acknowledgements", json=body, headers=own).json() == {"changed": True}
    assert client.post("/api/v1/acknowledgements", json=body).json() == {"changed": False}


def test_an_acknowledged_alarm_leaves_the_list_of_needs(site: tuple[FastAPI, Operations]) -> None:
    client = client_of(site, "operator")
    key = client.get("/api/v1/needs").json()[0]["key"]
    client.post("/api/v1/acknowledgements", json={"key": key})
    assert key not in [need["key"] for need in client.get("/api/v1/needs").json()]
    assert {alarm["key"]: alarm["acknowledged"] for alarm in client.get("/api/v1/alarms").json()}[key]


def test_a_plan_is_approved_as_it_was_shown_or_not_at_all(site: tuple[FastAPI, Operations]) -> None:
    _, operations = site
    client = client_of(site, "planner")
    shown = client.get("/api/v1/plan").json()
    path = f"/api/v1/plans/{shown['day']}/approval"
    assert client.post(path, json={"plan_hash": "0" * 64}).status_code == 409
    assert operations.approval(shown["day"]) is None
    assert client_of(site, "quality").post(path, json={"plan_hash": shown["plan_hash"]}).status_code == 403
    assert client.post(path, json={"plan_hash": shown["plan_hash"]}).json() == {"changed": True}
    found = operations.approval(shown["day"])
    assert found is not None
    assert found.plan_hash == shown["plan_hash"]


def test_a_held_unit_is_held_with_its_reason(site: tuple[FastAPI, Operations]) -> None:
    _, operations = site
    client = client_of(site, "quality")
    body = {"reason": "panel lot under suspicion"}
    assert client.post(f"/api/v1/passports/{UNIT}/hold", json=body).json() == {"changed": True}
    assert (operations.held_units()[-1].unit_id, operations.held_units()[-1].reason) == (UNIT, body["reason"])
    assert client.post("/api/v1/passports/nothing/hold", json=body).status_code == 404


def test_an_unknown_unit_is_not_found_and_says_what_to_check(site: tuple[FastAPI, Operations]) -> None:
    answer = client_of(site, "viewer").get("/api/v1/passports/TP-260715-L-NB1-999999")
    assert answer.status_code == 404
    assert "check the serial number" in answer.json()["detail"]


@pytest.mark.parametrize("kind", SHOWN_TABLES)
def test_the_table_behind_a_chart_comes_as_csv_parquet_and_excel(site: tuple[FastAPI, Operations], kind: str) -> None:
    client = client_of(site, "viewer")
    rows = pl.read_parquet(io.BytesIO(client.get(f"/api/v1/tables/{kind}.parquet?day=2026-07-15").content))
    text = client.get(f"/api/v1/tables/{kind}.csv?day=2026-07-15").text
    assert len(text.strip().splitlines()) == rows.height + 1 or kind == "books"
    book = client.get(f"/api/v1/tables/{kind}.xlsx?day=2026-07-15")
    assert book.headers["content-type"] == MEDIA_TYPE
    sheet = zipfile.ZipFile(io.BytesIO(book.content)).read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row>") == rows.height + 1


def test_a_table_that_no_sheet_holds_is_refused_with_the_way_out(
    site: tuple[FastAPI, Operations], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    answer = client_of(site, "viewer").get("/api/v1/tables/readings.xlsx?day=2026-07-15")
    assert answer.status_code == 413
    assert answer.json()["detail"].endswith("that a sheet holds; take CSV")


def test_cells_that_a_spreadsheet_would_run_are_quoted() -> None:
    rows = pl.DataFrame({"a": ["=1+1", "+1", "-x", "@x", "plain", None], "b": [1, 2, 3, 4, 5, 6]})
    assert spreadsheet_safe(rows)["a"].to_list() == ["'=1+1", "'+1", "'-x", "'@x", "plain", None]


def test_names_from_the_folder_are_text_on_paper(site: tuple[FastAPI, Operations]) -> None:
    client = client_of(site, "viewer")
    unit = client.get("/api/v1/passports?query=NB-16").json()["rows"][0]["unit_id"]
    sheet = client.get(f"/passport/{unit}/paper")
    assert "Notebook 16&quot; &lt;Pro&gt;" in sheet.text
    assert "<Pro>" not in sheet.text
    assert "<svg" in sheet.text


def test_the_printed_passport_speaks_the_visitors_language(site: tuple[FastAPI, Operations]) -> None:
    client = client_of(site, "viewer")
    client.cookies.set("parkwright_language", "zh")
    assert "产品碳护照" in client.get(f"/passport/{UNIT}/paper").text


def test_nothing_may_be_loaded_from_elsewhere(site: tuple[FastAPI, Operations]) -> None:
    policy = client_of(site).get("/api/v1/wall").headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "http" not in policy.replace("https://", "")


def test_the_plan_of_a_big_day_stays_below_the_page_budget(site: tuple[FastAPI, Operations]) -> None:
    answer = client_of(site, "viewer").get("/api/v1/plan")
    per_job = len(answer.content) / 66
    assert per_job * 2500 < 700_000
    assert len(client_of(site, "viewer").get("/api/v1/home").content) < 40_000


def test_a_ledger_that_cannot_be_read_is_a_clear_503(site: tuple[FastAPI, Operations], tmp_path: Path) -> None:
    app, operations = make_site(tmp_path)
    client = client_of((app, operations), "viewer")

    def broken(*_args: object) -> None:
        raise LedgerError("ledger.db: the file is damaged; restore a backup")

    fresh = app.user_middleware[-1].kwargs["context"]
    fresh.facts.lookup = broken
    answer = client.get(f"/api/v1/passports/{UNIT}")
    assert answer.status_code == 503
    assert "damaged" in answer.json()["detail"]


def test_language_and_theme_are_remembered(site: tuple[FastAPI, Operations]) -> None:
    answer = client_of(site).get("/language/zh?next=/plan")
    assert answer.headers["location"] == "/plan"
    assert "parkwright_language=zh" in answer.headers["set-cookie"]
    assert "parkwright_theme=light" in client_of(site).get("/theme/nonsense").headers["set-cookie"]


def test_health_needs_no_session(site: tuple[FastAPI, Operations]) -> None:
    assert client_of(site).get("/healthz").json()["ledger_seq"] > 0


def test_every_endpoint_is_described(site: tuple[FastAPI, Operations]) -> None:
    schema = client_of(site).get("/api/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description") or operation.get("summary"), f"{method} {path}"
            assert "200" in operation["responses"], f"{method} {path}"


@pytest.mark.slow
def test_no_input_makes_the_api_fail(site: tuple[FastAPI, Operations]) -> None:
    """Every endpoint under generated input, signed in as somebody who may do everything."""
    app, operations = site
    cookies = {COOKIE: session(operations, "admin")}
    checks = [not_a_server_error, status_code_conformance, response_schema_conformance]
    tried: dict[str, int] = {}
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.startswith("/wall"):
            continue

        @settings(max_examples=15, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def attack(case: schemathesis.Case) -> None:
            tried[case.operation.label] = tried.get(case.operation.label, 0) + 1
            case.call_and_validate(cookies=cookies, checks=checks)

        attack()
    assert len(tried) >= 16
    assert min(tried.values()) >= 1
