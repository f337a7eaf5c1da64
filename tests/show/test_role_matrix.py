"""Every route x role x method of the API: served exactly when auth says so, and every input within its bounds."""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl
import pytest
from desk_fixture import make_site, session
from fastapi.testclient import TestClient
from polars.testing import assert_frame_equal

from parkwright.model.tables import TABLES
from parkwright.show.api import SHOWN_TABLES, spreadsheet_safe
from parkwright.show.auth import (
    ACKNOWLEDGE,
    ANYONE,
    APPROVE,
    COOKIE,
    GRANTS,
    HOLD,
    SEE,
    SET,
    Principal,
    allowed,
    grantors,
)

UNIT = "TP-260715-L-NB1-000040"
DAY = "2026-07-15"
NO_ID = "0" * 32
ROLES = sorted({*GRANTS, "supplier", "buyer"})
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ENTERED = {
    "registry": "GEC", "first": 2, "last": 1, "start_day": DAY, "end_day": DAY, "region": "CN", "technology": "wind",
}  # fmt: skip
"""Certificates that are no range, so that none is entered."""
ROUTES = {  # (method, template): (action, object, address, body)
    ("GET", "/api/v1/me"): (SEE, "session", "me", None),
    ("GET", "/api/v1/home"): (SEE, "home", "home", None),
    ("GET", "/api/v1/plan"): (SEE, "plan", f"plan?day={DAY}", None),
    ("GET", "/api/v1/energy"): (SEE, "energy", f"energy?day={DAY}", None),
    ("GET", "/api/v1/energy/ahead"): (SEE, "energy", "energy/ahead", None),
    ("GET", "/api/v1/energy/ahead.csv"): (SEE, "energy", "energy/ahead.csv", None),
    ("GET", "/api/v1/energy/work"): (SEE, "energy", "energy/work", None),
    ("GET", "/api/v1/energy/work.csv"): (SEE, "energy", "energy/work.csv", None),
    ("GET", "/api/v1/energy/glass"): (SEE, "energy", "energy/glass", None),
    ("GET", "/api/v1/energy/glass/{building_id}/{glass_id}"): (SEE, "energy", "energy/glass/B1/triple", None),
    ("GET", "/api/v1/energy/lamps"): (SEE, "energy", "energy/lamps", None),
    ("GET", "/api/v1/energy/solar"): (SEE, "energy", "energy/solar", None),
    ("GET", "/api/v1/energy/solar.csv"): (SEE, "energy", "energy/solar.csv", None),
    ("GET", "/api/v1/energy/lamp-faults"): (SEE, "energy", "energy/lamp-faults", None),
    ("GET", "/api/v1/energy/lamps.csv"): (SEE, "energy", "energy/lamps.csv", None),
    ("GET", "/api/v1/buildings"): (SEE, "buildings", f"buildings?day={DAY}", None),
    ("GET", "/api/v1/buildings/points.csv"): (SEE, "buildings", "buildings/points.csv", None),
    ("GET", "/api/v1/buildings/zones.csv"): (SEE, "buildings", "buildings/zones.csv", None),
    ("POST", "/api/v1/buildings/points/{point_id}/set-point"): (
        SET, "buildings", "buildings/points/none/set-point", {"value": 1, "reason": "cold"},
    ),
    ("POST", "/api/v1/buildings/points/{point_id}/take-back"): (
        SET, "buildings", "buildings/points/none/take-back", None,
    ),
    ("GET", "/api/v1/alarms"): (SEE, "alarms", "alarms", None),
    ("GET", "/api/v1/needs"): (SEE, "alarms", "needs", None),
    ("GET", "/api/v1/progress"): (SEE, "progress", "progress", None),
    ("GET", "/api/v1/passports"): (SEE, "passport", "passports?limit=1", None),
    ("GET", "/api/v1/passports/{unit_id}"): (SEE, "passport", f"passports/{UNIT}", None),
    ("GET", "/api/v1/passports/{unit_id}/explanation"): (SEE, "passport", f"passports/{UNIT}/explanation", None),
    ("GET", "/api/v1/passports/{unit_id}/genealogy"): (SEE, "passport", f"passports/{UNIT}/genealogy", None),
    ("GET", "/api/v1/passports/{unit_id}/events"): (SEE, "passport", f"passports/{UNIT}/events", None),
    ("GET", "/api/v1/passports/{unit_id}/files/{form}"): (SEE, "passport", f"passports/{UNIT}/files/epcis", None),
    ("GET", "/api/v1/tables/{kind}.{form}"): (SEE, "tables", f"tables/alarms.csv?day={DAY}", None),
    ("GET", "/api/v1/carbon/lots/{job_id}/footprint"): (SEE, "carbon", f"carbon/lots/J-1/footprint?day={DAY}", None),
    ("GET", "/api/v1/postings/accounts"): (SEE, "carbon", f"postings/accounts?day={DAY}", None),
    ("GET", "/api/v1/postings"): (SEE, "carbon", f"postings?day={DAY}&account=idle:L-NB1", None),
    ("GET", "/api/v1/postings/explanation"): (
        SEE, "carbon", f"postings/explanation?day={DAY}&account=nobody&journal=none", None,
    ),
    ("GET", "/api/v1/carbon/report"): (SEE, "carbon", "carbon/report", None),
    ("GET", "/api/v1/carbon/lines.csv"): (SEE, "carbon", "carbon/lines.csv", None),
    ("GET", "/api/v1/carbon/years/{year}"): (SEE, "carbon", "carbon/years/2026", None),
    ("GET", "/api/v1/carbon/factors"): (SEE, "carbon", "carbon/factors", None),
    ("GET", "/api/v1/carbon/factors.csv"): (SEE, "carbon", "carbon/factors.csv", None),
    ("GET", "/api/v1/carbon/indicators"): (SEE, "carbon", "carbon/indicators", None),
    ("GET", "/api/v1/carbon/greening"): (SEE, "carbon", "carbon/greening", None),
    ("GET", "/api/v1/carbon/base-year"): (
        SEE, "carbon", f"carbon/base-year?from={DAY}&to={DAY}&published={DAY}T12:00:00Z", None,
    ),
    ("GET", "/api/v1/carbon/savings/{measure_id}"): (
        SEE, "carbon", f"carbon/savings/M1?before_from={DAY}&before_to={DAY}&from={DAY}&to={DAY}", None,
    ),
    ("GET", "/api/v1/carbon/restatements"): (SEE, "carbon", "carbon/restatements", None),
    ("POST", "/api/v1/carbon/restatements"): (
        APPROVE, "carbon", "carbon/restatements",
        {"start_day": "2025-01-01", "end_day": "2025-01-02", "factor_id": "grid", "text": "new edition"},
    ),
    ("GET", "/api/v1/carbon/certificates"): (SEE, "carbon", "carbon/certificates", None),
    ("POST", "/api/v1/carbon/certificates"): (APPROVE, "carbon", "carbon/certificates", ENTERED),
    ("POST", "/api/v1/carbon/certificates/moves"): (
        APPROVE, "carbon", "carbon/certificates/moves", {"registry": "GEC", "first": 1, "last": 1, "state": "sold"},
    ),
    ("POST", "/api/v1/carbon/certificates/expirations"): (APPROVE, "carbon", "carbon/certificates/expirations", None),
    ("POST", "/api/v1/carbon/certificates/retirements"): (
        APPROVE, "carbon", "carbon/certificates/retirements",
        {"registry": "GEC", "first": 1, "last": 1, "start_day": DAY, "end_day": DAY},
    ),
    ("GET", "/api/v1/carbon/partners"): (SEE, "carbon", "carbon/partners", None),
    ("POST", "/api/v1/carbon/partners"): (
        APPROVE, "requests", "carbon/partners", {"client_id": "c", "name": "C", "supplier_id": "S-0"},
    ),
    ("POST", "/api/v1/carbon/partners/{client_id}/shares"): (
        APPROVE, "requests", "carbon/partners/no/shares", {"things": ["all"]},
    ),
    ("POST", "/api/v1/carbon/partners/{client_id}/withdrawals"): (
        APPROVE, "requests", "carbon/partners/no/withdrawals", {"things": ["x"]},
    ),
    ("POST", "/api/v1/carbon/partners/{client_id}/invitation"): (
        APPROVE, "requests", "carbon/partners/no/invitation", None,
    ),
    ("POST", "/api/v1/carbon/partners/{client_id}/revocation"): (
        APPROVE, "requests", "carbon/partners/no/revocation", None,
    ),
    ("POST", "/api/v1/carbon/restatements/readings"): (
        APPROVE, "carbon", "carbon/restatements/readings",
        {"day": DAY, "readings": "none", "reason": "error", "text": "a test"},
    ),
    ("GET", "/api/v1/carbon/declarations"): (SEE, "carbon", "carbon/declarations", None),
    ("POST", "/api/v1/carbon/declarations"): (
        APPROVE, "requests", "carbon/declarations", {"start_day": DAY, "end_day": DAY},
    ),
    ("GET", "/api/v1/carbon/footprints"): (SEE, "carbon", f"carbon/footprints?from={DAY}&to={DAY}", None),
    ("GET", "/api/v1/carbon/products/{product_id}/footprint"): (
        SEE, "carbon", f"carbon/products/NB-14/footprint?from={DAY}&to={DAY}", None,
    ),
    ("GET", "/api/v1/carbon/requests"): (SEE, "requests", "carbon/requests", None),
    ("GET", "/api/v1/carbon/events"): (SEE, "requests", "carbon/events?lot=7", None),
    ("GET", "/api/v1/report"): (SEE, "report", "report?grain=month", None),
    ("GET", "/api/v1/report.{form}"): (SEE, "report", "report.csv?compare=year", None),
    ("POST", "/api/v1/carbon/requests"): (APPROVE, "requests", "carbon/requests", {"material_id": "SSD-2"}),
    ("POST", "/api/v1/carbon/requests/{request_id}/sending"): (
        APPROVE, "requests", "carbon/requests/r4/sending", None,
    ),
    ("POST", "/api/v1/carbon/requests/reminders"): (APPROVE, "requests", "carbon/requests/reminders", None),
    ("POST", "/api/v1/carbon/requests/{request_id}/use"): (APPROVE, "requests", "carbon/requests/r2/use", None),
    ("POST", "/api/v1/carbon/requests/{request_id}/rejection"): (
        APPROVE, "requests", "carbon/requests/r1/rejection", {"reason": "a month"},
    ),
    ("POST", "/api/v1/acknowledgements"): (ACKNOWLEDGE, "alarms", "acknowledgements", {"key": "k|t|z"}),
    ("POST", "/api/v1/plans/{day}/approval"): (APPROVE, "plan", f"plans/{DAY}/approval", {"plan_hash": "0" * 64}),
    ("POST", "/api/v1/passports/{unit_id}/hold"): (HOLD, "passport", f"passports/{UNIT}/hold", {"reason": "a lot"}),
    ("GET", "/api/v1/wall"): (SEE, "wall", "wall", None),
    ("GET", "/api/v1/plans/{day}/objective"): (SEE, "plan", f"plans/{DAY}/objective", None),
    ("GET", "/api/v1/plans/{day}/setups"): (SEE, "plan", f"plans/{DAY}/setups", None),
    ("GET", "/api/v1/plans/{day}/people"): (SEE, "plan", f"plans/{DAY}/people", None),
    ("GET", "/api/v1/plans/{day}/trades"): (SEE, "plan", f"plans/{DAY}/trades", None),
    ("GET", "/api/v1/plans/{day}/certificate"): (SEE, "plan", f"plans/{DAY}/certificate", None),
    ("GET", "/api/v1/plans/{day}/jobs/{job_id}/reason"): (SEE, "plan", f"plans/{DAY}/jobs/J0059/reason", None),
    ("POST", "/api/v1/plans/{day}/drafts"): (APPROVE, "plan", f"plans/{DAY}/drafts", {"base": "0" * 64}),
    ("GET", "/api/v1/plans/{day}/drafts/{draft_id}"): (SEE, "plan", f"plans/{DAY}/drafts/{NO_ID}", None),
    ("POST", "/api/v1/plans/{day}/drafts/{draft_id}/acceptance"): (
        APPROVE, "plan", f"plans/{DAY}/drafts/{NO_ID}/acceptance", None,
    ),
    ("GET", "/api/v1/commands/{command_id}"): (SEE, "plan", f"commands/{NO_ID}", None),
}  # fmt: skip
SERVED = {
    ("POST", "/api/v1/carbon/restatements/readings"): 409,
    ("POST", "/api/v1/carbon/restatements"): 409,
    ("POST", "/api/v1/carbon/partners"): 409,
    ("POST", "/api/v1/carbon/partners/{client_id}/shares"): 409,
    ("POST", "/api/v1/carbon/partners/{client_id}/withdrawals"): 409,
    ("POST", "/api/v1/carbon/partners/{client_id}/invitation"): 409,
    ("POST", "/api/v1/carbon/partners/{client_id}/revocation"): 409,
    ("POST", "/api/v1/carbon/certificates"): 409,
    ("POST", "/api/v1/carbon/certificates/moves"): 409,
    ("POST", "/api/v1/carbon/certificates/retirements"): 409,
    ("POST", "/api/v1/plans/{day}/approval"): 409,
    ("POST", "/api/v1/plans/{day}/drafts"): 409,
    ("POST", "/api/v1/buildings/points/{point_id}/set-point"): 404,
    ("POST", "/api/v1/buildings/points/{point_id}/take-back"): 404,
    ("POST", "/api/v1/carbon/requests/{request_id}/use"): 409,
    ("GET", "/api/v1/plans/{day}/drafts/{draft_id}"): 404,
    ("POST", "/api/v1/plans/{day}/drafts/{draft_id}/acceptance"): 404,
    ("GET", "/api/v1/commands/{command_id}"): 404,
    ("GET", "/api/v1/postings/explanation"): 404,
}
"""What a request that is let in gets, where that is not 200: a plan that nobody was shown, a draft that is not kept."""


class Site:
    """The API and one session of each role."""

    def __init__(self, folder: object) -> None:
        self.app, self.operations = make_site(folder)
        self.client = TestClient(self.app, follow_redirects=False)
        self.sessions = {role: session(self.operations, role) for role in ROLES if role != "public"}

    def ask(self, method: str, address: str, role: str, body: object = None):
        token = self.sessions.get(role)
        headers = {"cookie": f"{COOKIE}={token}"} if token else {}
        return self.client.request(method, f"/api/v1/{address}", json=body, headers=headers)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("matrix"))
    yield made
    made.operations.close()


def operations_of(site: Site) -> set[tuple[str, str]]:
    paths = site.client.get("/api/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_the_matrix_names_every_route_of_the_api(site: Site) -> None:
    assert {one for one in operations_of(site) if one[1].startswith("/api/")} == set(ROUTES)


def test_what_is_open_beside_the_api_is_the_wall_and_health(site: Site) -> None:
    rest = {path for _, path in operations_of(site) if not path.startswith("/api/")}
    assert rest == {"/healthz", "/wall/scene", "/wall/live", "/wall/things/{thing_id}"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_let_in_exactly_when_auth_says_so(site: Site, role: str, route: tuple[str, str]) -> None:
    action, thing, address, body = ROUTES[route]
    who = ANYONE if role == "public" else Principal("u", "n", role)
    answer = site.ask(route[0], address, role, body)
    if allowed(who, action, thing) or thing == "wall":
        assert answer.status_code == SERVED.get(route, 200)
    elif role == "public":
        assert answer.status_code == 401
        assert "sign in first" in answer.json()["detail"]
    else:
        assert answer.status_code == 403
        assert answer.json()["detail"].endswith(", ".join(grantors(action, thing)))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_methods_that_a_route_does_not_offer_are_refused_to_everybody(site: Site, route: tuple[str, str]) -> None:
    offered = {method for method, path in ROUTES if path == route[1]}
    for method in set(METHODS) - offered:
        for role in ("public", "viewer", "admin"):
            assert site.ask(method, ROUTES[route][2], role).status_code == 405, (method, role)


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "\u00e9", "a; b=c", '"'])
def test_a_forged_session_is_nobody(site: Site, token: str) -> None:
    cookie = f"{COOKIE}={token}".encode()
    assert site.client.get("/api/v1/home", headers={"cookie": cookie}).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YTpi", "bearer x y", "Token x"])
def test_a_forged_token_is_nobody(site: Site, header: str) -> None:
    assert site.client.get("/api/v1/home", headers={"authorization": header}).status_code == 401


def test_a_session_of_one_site_opens_no_other(site: Site, tmp_path: object) -> None:
    other = Site(tmp_path)
    assert other.ask("GET", "me", "admin").json()["role"] == "admin"
    other.sessions["admin"] = site.sessions["admin"]
    assert other.ask("GET", "me", "admin").status_code == 401
    other.operations.close()


@pytest.mark.parametrize(
    "address", [f"passports/{UNIT}9", "passports/U", "passports/U/explanation", "passports/U/genealogy"]
)
def test_an_unknown_unit_is_404_for_those_who_may_look_and_no_hint_for_others(site: Site, address: str) -> None:
    assert site.ask("GET", address, "viewer").status_code == 404
    assert site.ask("GET", address, "supplier").status_code == 403
    assert site.ask("GET", address, "public").status_code == 401


@pytest.mark.parametrize(
    "address",
    ["plan?day=2026-02-30", "plan?day=1999-12-31", "plan?day=2100-01-01", "plan?day=today", "energy?day=0",
     "passports?limit=0", "passports?limit=501", "passports?offset=-1", "passports?offset=1000001",
     f"passports?query={'a' * 65}", "passports?limit=ten", "passports/%20", f"passports/{'a' * 65}", "passports/-a",
     "tables/postings.csv", "tables/readings.ods", "tables/readings.csv?day=9999-12-31"],
)  # fmt: skip
def test_an_input_beyond_its_bounds_is_422_and_names_the_field(site: Site, address: str) -> None:
    answer = site.ask("GET", address, "viewer")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][1] in address.replace("passports/", "unit_id ").replace(
        "tables/", "kind form "
    )


@pytest.mark.parametrize(
    "address",
    ["plan?day=2000-01-01", "plan?day=2099-12-31", "energy?day=2000-01-01", "passports?limit=500", "passports?limit=1",
     "passports?offset=1000000", f"passports?query={'a' * 64}", "passports?query=%25_%5B%28", "alarms?day=2000-01-01"],
)  # fmt: skip
def test_an_input_at_its_bound_is_served(site: Site, address: str) -> None:
    assert site.ask("GET", address, "viewer").status_code == 200


@pytest.mark.parametrize(
    ("address", "body"),
    [("acknowledgements", {}), ("acknowledgements", {"key": ""}), ("acknowledgements", {"key": "a" * 161}),
     ("acknowledgements", {"key": "a\nb"}), ("acknowledgements", {"key": 5}), ("acknowledgements", []),
     (f"plans/{DAY}/approval", {"plan_hash": "0" * 63}), (f"plans/{DAY}/approval", {"plan_hash": "Z" * 64}),
     ("plans/1999-12-31/approval", {"plan_hash": "0" * 64}), (f"passports/{UNIT}/hold", {"reason": "ab"}),
     (f"passports/{UNIT}/hold", {"reason": "a" * 201}), (f"passports/{UNIT}/hold", {"reason": "a\x00bc"})],
)  # fmt: skip
def test_a_body_beyond_its_bounds_changes_nothing(site: Site, address: str, body: object) -> None:
    before = len(site.operations.held_units())
    assert site.ask("POST", address, "admin", body).status_code == 422
    assert len(site.operations.held_units()) == before
    assert site.operations.approval(DAY) is None


def test_an_act_is_done_once_and_says_so(site: Site) -> None:
    body = {"key": "meter_silent|air|once"}
    assert site.ask("POST", "acknowledgements", "operator", body).json() == {"changed": True}
    assert site.ask("POST", "acknowledgements", "quality", body).json() == {"changed": False}


# ------------------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize("kind", SHOWN_TABLES)
def test_a_parquet_table_is_the_facts_to_the_last_bit(site: Site, kind: str) -> None:
    facts = site.app.user_middleware[-1].kwargs["context"].facts
    answer = site.ask("GET", f"tables/{kind}.parquet?day={DAY}", "viewer")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert_frame_equal(pl.read_parquet(io.BytesIO(answer.content)), facts.read(kind, DAY))


@pytest.mark.parametrize("kind", SHOWN_TABLES)
def test_a_csv_table_has_the_facts_columns_rows_and_numbers(site: Site, kind: str) -> None:
    facts = site.app.user_middleware[-1].kwargs["context"].facts.read(kind, DAY)
    answer = site.ask("GET", f"tables/{kind}.csv?day={DAY}", "viewer")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f'filename="TP-{kind}-{DAY}.csv"' in answer.headers["content-disposition"]
    assert answer.text.splitlines()[0].split(",") == list(TABLES[kind].schema)
    if not facts.height:
        return
    rows = pl.read_csv(io.BytesIO(answer.content), infer_schema_length=None)
    assert rows.height == facts.height
    for name, dtype in facts.schema.items():
        if dtype.is_numeric() and facts[name].null_count() < facts.height:
            assert rows[name].cast(dtype).equals(facts[name], null_equal=True), name


def test_a_table_of_a_day_without_facts_is_its_head_alone(site: Site) -> None:
    text = site.ask("GET", "tables/readings.csv?day=2020-01-01", "viewer").text
    assert text == "start,meter_id,energy_mwh_int,value,quality\n"


def test_only_text_is_guarded_against_spreadsheets_and_numbers_stay_numbers() -> None:
    rows = pl.DataFrame({"a": ["-5", "=A1", "\tx", "a=b"], "n": [-5, -4, 3, 2], "x": [-0.5, 1.0, None, 2.0]})
    safe = spreadsheet_safe(rows)
    assert safe["a"].to_list() == ["'-5", "'=A1", "'\tx", "a=b"]
    assert safe.select("n", "x").equals(rows.select("n", "x"))
    assert "-5,-0.5" in safe.write_csv()
