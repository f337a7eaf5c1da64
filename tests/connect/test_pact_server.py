"""The PACT server: only registered partners over HTTPS, each sees its own, and no message makes it stumble."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from declared import IDS, NOW, d, declared
from fastapi.testclient import TestClient

from parkwright.connect.pact_events import CLOUD_EVENTS, TYPES
from parkwright.connect.pact_server import BODY_MAX, CALLS, FAILED_SIGN_INS, PAGE, make_exchange
from parkwright.connect.pact_wire import to_wire
from parkwright.run.exchange import Fulfilled, Partner, Rejected
from parkwright.store import exchange
from parkwright.store.exchange import TOKEN_LIFE, ExchangeDesk

SECRET = "correct horse battery"


def quick_hash(secret: str, salt: str) -> str:
    """A hash that is as long as the real one and costs nothing: these tests sign in a hundred times."""
    return hashlib.sha256(f"{salt}{secret}".encode()).hexdigest()


class World:
    """A server with two partners, of which alice sees the panels and bob the boards; the time is ours."""

    def __init__(self, path: Path) -> None:
        self.now = NOW
        self.desk = ExchangeDesk(f"sqlite:///{path / 'operations.db'}")
        self.client = TestClient(
            make_exchange(self.desk, lambda: self.now), base_url="https://pact.example", raise_server_exceptions=False
        )
        ann = self.desk.add_user("Ann", "carbon", NOW)
        for name in ("alice", "bob"):
            self.desk.register(Partner(name, name, callback_url=f"https://{name}.example"), SECRET, NOW)
        for number in range(1, 6):
            one = declared(
                id=IDS[number],
                created=NOW + timedelta(hours=number),
                country="CN" if number % 2 else "DE",
                subdivision=None,
                product_ids=(f"urn:x:panel:{number}",),
            )
            self.desk.declare(one, "panel", NOW)
        self.desk.declare(declared(id=IDS[9], product_ids=("urn:x:board",)), "board", NOW)
        self.desk.address("alice", "panel", ann, NOW)
        self.desk.address("bob", "board", ann, NOW)
        self.tokens = {name: self.desk.issue_token(name, SECRET, NOW)[0] for name in ("alice", "bob")}

    def get(self, path: str, who: str = "alice", **options):
        return self.client.get(path, headers={"Authorization": f"Bearer {self.tokens[who]}"}, **options)

    def post(self, body: object, who: str = "alice", edition: str = "3", kind: str = CLOUD_EVENTS):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": kind}
        return self.client.post(f"/{edition}/events", content=content, headers=headers)

    def ids(self, query: str = "", who: str = "alice") -> list[str]:
        return [one["id"] for one in self.get(f"/3/footprints{query}", who).json()["data"]]

    def sign_in(self, client: str, secret: str, body: bytes = b"grant_type=client_credentials"):
        pair = b64encode(f"{client}:{secret}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}
        return self.client.post("/auth/token", content=body, headers=headers)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exchange, "_secret_hash", quick_hash)
    made = World(tmp_path)
    yield made
    made.desk.close()


def event(kind: str, data: object, event_id: str = "e1", edition: str = "3", **changes) -> dict:
    body = {
        "type": TYPES[edition][kind], "specversion": "1.0", "id": event_id, "source": "https://alice.example/3/events",
        "time": "2026-07-20T08:00:00Z", "data": data,
    }  # fmt: skip
    return {**body, **changes}


# Signing in


def test_a_partner_signs_in_and_reads(world: World):
    answer = world.sign_in("alice", SECRET)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 3600
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert world.client.get("/3/footprints", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("client", "secret", "body", "status"),
    [
        ("alice", "wrong", b"grant_type=client_credentials", 401),
        ("nobody", SECRET, b"grant_type=client_credentials", 401),
        ("", SECRET, b"grant_type=client_credentials", 400),
        ("alice", "", b"grant_type=client_credentials", 400),
        ("alice", SECRET, b"grant_type=password", 400),
        ("alice", SECRET, b"", 400),
        ("alice", SECRET, b"\xff\xfe", 400),
    ],
)
def test_a_wrong_sign_in_is_refused(world: World, client, secret, body, status):
    answer = world.sign_in(client, secret, body)
    assert answer.status_code == status
    assert answer.json()["code"] == "BadRequest"


@pytest.mark.parametrize("header", ["", "Basic", "Basic ???", "Bearer x", "Basic " + "A" * 3000, "Basic /w=="])
def test_a_header_that_is_no_basic_sign_in_is_refused(world: World, header):
    answer = world.client.post(
        "/auth/token", content=b"grant_type=client_credentials", headers={"Authorization": header}
    )
    assert answer.status_code == 400


def test_failed_sign_ins_make_a_client_wait_and_nobody_else(world: World):
    times, span = FAILED_SIGN_INS
    for _ in range(times):
        assert world.sign_in("alice", "wrong").status_code == 401
    waiting = world.sign_in("alice", SECRET)
    assert (waiting.status_code, waiting.headers["retry-after"]) == (429, "60")
    assert world.sign_in("bob", SECRET).status_code == 200
    world.now += span
    assert world.sign_in("alice", SECRET).status_code == 200


def test_too_many_calls_make_a_partner_wait(world: World):
    world.client.app.state.door.calls._times = 3
    assert [world.get("/3/footprints?limit=1").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert world.get("/3/footprints", "bob").status_code == 200
    world.now += CALLS[1]
    assert world.get("/3/footprints?limit=1").status_code == 200


@pytest.mark.parametrize(
    "path", ["/3/footprints", f"/3/footprints/{IDS[1]}", "/2/footprints", f"/2/footprints/{IDS[1]}"]
)
def test_without_a_valid_token_nothing_is_told(world: World, path):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}, {"Authorization": "Bearer "}):
        answer = world.client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "BadRequest"
        assert "data" not in answer.json()


def test_an_expired_token_is_told_to_be_expired(world: World):
    world.now += TOKEN_LIFE
    answer = world.get("/3/footprints")
    assert (answer.status_code, answer.json()["code"]) == (401, "TokenExpired")


def test_plain_http_is_refused_before_anything_is_read(world: World):
    plain = TestClient(world.client.app, base_url="http://pact.example")
    headers = {"Authorization": f"Bearer {world.tokens['alice']}", "X-Forwarded-Proto": "https"}
    for answer in (plain.get("/3/footprints", headers=headers), plain.post("/auth/token")):
        assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")


def test_discovery_says_where_tokens_are_issued(world: World):
    found = world.client.get("/.well-known/openid-configuration").json()
    assert found["token_endpoint"] == "https://pact.example/auth/token"


# Footprints


def test_each_partner_sees_its_own_and_cannot_read_the_others(world: World):
    assert world.ids() == [IDS[5], IDS[4], IDS[3], IDS[2], IDS[1]]
    assert world.ids(who="bob") == [IDS[9]]
    assert world.ids("?productId=urn:x:board") == []
    for path in (f"/3/footprints/{IDS[9]}", f"/2/footprints/{IDS[9]}"):
        answer = world.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")
        assert "urn:x:board" not in answer.text
        assert world.get(path, "bob").json()["data"]["id"] == IDS[9]
    world.desk.withdraw("alice", "panel")
    assert world.ids() == []
    assert world.get(f"/3/footprints/{IDS[1]}").status_code == 403


@pytest.mark.parametrize(("edition", "code"), [("3", "NotFound"), ("2", "NoSuchFootprint")])
def test_what_is_not_there_is_not_found(world: World, edition, code):
    answer = world.get(f"/{edition}/footprints/{IDS[19]}")
    assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert world.get(f"/{edition}/footprints/no-uuid").status_code == 400


def test_figures_are_text_as_pact_wants_them(world: World):
    pcf = world.get(f"/3/footprints/{IDS[1]}").json()["data"]["pcf"]
    assert pcf["pcfExcludingBiogenicUptake"] == "33"
    assert pcf["biogenicCO2Uptake"] == "-3"
    assert pcf["geographyCountry"] == "CN"
    assert "geographyCountrySubdivision" not in pcf


FILTERED = (
    ("?geography=cn", [5, 3, 1]),
    ("?geography=DE&geography=FR", [4, 2]),
    ("?productId=urn:x:panel:1&productId=URN:X:PANEL:2", [2, 1]),
    ("?productId=urn:x:panel:1&geography=DE", []),
    ("?companyId=whatever", []),
    ("?status=Active", [5, 4, 3, 2, 1]),
    ("?status=Bogus", []),
    ("?classification=urn:pact:productclassification:un-cpc:4529", [5, 4, 3, 2, 1]),
    ("?validOn=2026-07-01T00:00:00Z", [5, 4, 3, 2, 1]),
    ("?validOn=1900-01-01T00:00:00Z", []),
    ("?validAfter=2025-12-31T23:59:59Z", [5, 4, 3, 2, 1]),
    ("?validBefore=2029-01-01T00:00:00Z", []),
)


def test_filters_are_any_within_and_all_between(world: World):
    for query, numbers in FILTERED:
        assert world.ids(query) == [IDS[number] for number in numbers], query


@pytest.mark.parametrize(
    "query",
    ["?validOn=yesterday", "?validOn=2026-07-01T00:00:00", "?limit=-1", "?limit=x", "?after=x"],
)
def test_a_question_that_cannot_be_read_is_refused(world: World, query):
    assert world.get(f"/3/footprints{query}").status_code == 400


@pytest.mark.parametrize("edition", ["3", "2"])
def test_pages_follow_each_other_and_hold_everything_once(world: World, edition):
    path, seen = f"/{edition}/footprints?limit=2&geography=CN&geography=DE", []
    while path:
        answer = world.get(path)
        page = [one["id"] for one in answer.json()["data"]]
        assert 1 <= len(page) <= 2
        seen += page
        link = answer.headers.get("link")
        if link is None:
            break
        assert link.endswith('>; rel="next"')
        url = urlsplit(link[1:].partition(">")[0])
        assert (url.scheme, url.netloc) == ("https", "pact.example")
        assert parse_qs(url.query)["geography"] == ["CN", "DE"]
        path = f"{url.path}?{url.query}"
    assert seen == [IDS[5], IDS[4], IDS[3], IDS[2], IDS[1]]


def test_a_page_that_is_not_the_partners_is_not_found(world: World):
    for number in (9, 19):
        answer = world.get(f"/3/footprints?after={IDS[number]}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")


def test_a_limit_of_nothing_gives_nothing_and_a_large_one_no_more_than_a_page(world: World):
    answer = world.get("/3/footprints?limit=0")
    assert answer.json() == {"data": []}
    assert "link" not in answer.headers
    assert PAGE < 1_000_000
    assert len(world.ids("?limit=1000000")) == 5


def test_edition_2_tells_pieces_in_kilograms_and_leaves_out_what_it_cannot(world: World):
    world.desk.declare(declared(id=IDS[10], unit="hour", mass_kg=d("0")), "panel", NOW)
    listed = world.get("/2/footprints").json()["data"]
    assert IDS[10] not in [one["id"] for one in listed]
    assert {one["pcf"]["declaredUnit"] for one in listed} == {"kilogram"}
    assert d(listed[0]["pcf"]["pCfExcludingBiogenic"]) * d("2.5") == d("33")
    assert world.get(f"/2/footprints/{IDS[10]}").status_code == 404


@pytest.mark.parametrize(
    ("expression", "numbers"),
    [
        ("created ge '2026-07-20T12:00:00Z'", [5, 4]),
        ("created lt '2026-07-20T17:00:00+08:00'", []),
        ("pcf/geographyCountry eq 'DE' and created ge '2026-07-20T12:00:00Z'", [4]),
        ("productIds/any(productId:(productId eq 'urn:x:panel:1'))", [1]),
        ("companyIds/any(c: c eq 'nobody')", []),
        ("productCategoryCpc eq '4529'", [5, 4, 3, 2, 1]),
    ],
)
def test_edition_2_filters(world: World, expression, numbers):
    found = world.get("/2/footprints", params={"$filter": expression}).json()["data"]
    assert [one["id"] for one in found] == [IDS[number] for number in numbers]


@pytest.mark.parametrize("expression", ["created ge 'x'", "created ge '2026-01-01'", "drop table", "a or b", "("])
def test_edition_2_refuses_a_filter_that_it_does_not_understand(world: World, expression):
    assert world.get("/2/footprints", params={"$filter": expression}).status_code == 400


# Events


@pytest.mark.parametrize("edition", ["3", "2"])
def test_a_request_is_answered_from_what_is_addressed(world: World, edition):
    named = {"productId": ["urn:x:panel:1"]} if edition == "3" else {"pf": {"productIds": ["urn:x:panel:1"]}}
    none = {"productId": ["urn:pact:null"]} if edition == "3" else {"pf": {"productIds": ["urn:pact:null"]}}
    assert world.post(event("asked", named, "a/12", edition), edition=edition).status_code == 200
    assert world.post(event("asked", named, "a/12", edition), edition=edition).status_code == 200
    assert world.post(event("asked", none, "a/14", edition), edition=edition).status_code == 200
    first, second = (one.message for one in world.desk.waiting(NOW))
    assert isinstance(first, Fulfilled)
    assert [one.id for one in first.declarations] == [IDS[1]]
    assert isinstance(second, Rejected)
    assert {one.edition for one in world.desk.waiting(NOW)} == {edition}


def test_a_request_for_the_boards_of_another_partner_is_rejected(world: World):
    assert world.post(event("asked", {"productId": ["urn:x:board"]})).status_code == 200
    (waiting,) = world.desk.waiting(NOW)
    assert isinstance(waiting.message, Rejected)


def test_answers_go_to_the_registered_address_and_never_to_the_source_of_the_event(world: World):
    hostile = event("asked", {"productId": ["urn:x:panel:1"]}, source="http://169.254.169.254/latest")
    assert world.post(hostile).status_code == 200
    (waiting,) = world.desk.waiting(NOW)
    assert waiting.partner.callback_url == "https://alice.example"


MALFORMED = (
    event("published", {"pfIds": ["urn:gtin:4712345060507"]}),
    event("published", {"pfIds": []}),
    event("published", {}),
    event("published", {"pfIds": IDS[:1]}, specversion="2.0"),
    event("published", {"pfIds": IDS[:1]}, time="today"),
    event("published", {"pfIds": IDS[:1]}, type="unknown"),
    event("published", {"pfIds": IDS[:1]}, id=""),
    event("published", {"pfIds": IDS[:1]}, id="x" * 201),
    event("published", [IDS[0]]),
    event("published", {"pfIds": IDS[:1] * 1001}),
    event("asked", {"productId": "urn:x:panel:1"}),
    event("asked", {"validOn": "2026-07-01"}),
    event("fulfilled", {"requestEventId": "e", "pfs": []}),
    event("fulfilled", {"requestEventId": "e", "pfs": [{}]}),
    event("rejected", {"requestEventId": "e", "error": {}}),
    event("rejected", {"requestEventId": "never sent", "error": {"code": "NotFound", "message": "x"}}),
    [],
    None,
    "text",
    5,
    b"",
    b"{",
    b"\xff\xff",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"1" * 10_000,
    b'{"type": NaN}',
)


@pytest.mark.parametrize("half", [MALFORMED[::2], MALFORMED[1::2]], ids=["even", "odd"])
def test_a_malformed_event_is_refused_and_leaves_nothing(world: World, half):
    for body in half:
        refused(world, body)
    assert world.desk.waiting(NOW + timedelta(days=1)) == []
    assert world.ids() == sorted(world.ids(), reverse=True) != []


def refused(world: World, body: object) -> None:
    answer = world.post(body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "BadRequest"
    assert world.desk.waiting(NOW) == []


def test_news_is_taken(world: World):
    assert world.post(event("published", {"pfIds": IDS[:2]})).status_code == 200
    assert world.post(event("published", {"pfIds": IDS[:2]}), kind="application/json").status_code == 200
    assert world.post(event("published", {"pfIds": IDS[:2]}), kind="text/plain").status_code == 400


@pytest.mark.parametrize("edition", ["3", "2"])
def test_an_event_of_the_other_edition_is_refused(world: World, edition):
    other = "2" if edition == "3" else "3"
    assert world.post(event("published", {"pfIds": IDS[:1]}, edition=other), edition=edition).status_code == 400


def test_a_body_that_is_too_long_is_refused_by_its_header_and_as_it_arrives(world: World):
    assert world.post(b" " * (BODY_MAX + 1)).status_code == 413

    def pieces():
        for _ in range(BODY_MAX // 65_536 + 2):
            yield b" " * 65_536

    headers = {"Authorization": f"Bearer {world.tokens['alice']}", "Content-Type": CLOUD_EVENTS}
    assert world.client.post("/3/events", content=pieces(), headers=headers).status_code == 413


def test_a_message_of_a_thousand_megabytes_declared_is_not_waited_for(world: World):
    headers = {"Content-Length": "99999999999999999999999999"}
    assert world.client.post("/3/events", content=b"x", headers=headers).status_code == 413


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_as_pact_errors(world: World, method):
    answer = world.client.request(method, "/3/footprints")
    assert (answer.status_code, answer.json()["code"]) == (405, "BadRequest")


def test_a_database_that_cannot_be_read_is_no_server_error_of_unknown_kind(world: World):
    with world.desk._transaction() as connection:
        connection.exec_driver_sql("DROP TABLE partner_tokens")
    answer = world.get("/3/footprints")
    assert (answer.status_code, answer.json()["code"]) == (503, "InternalError")
    assert "sqlite" not in answer.text.lower()


def test_what_is_fulfilled_unasked_is_refused(world: World):
    body = event("fulfilled", {"requestEventId": "x", "pfs": [to_wire(replace(declared(), id=IDS[11]))]})
    assert world.post(body).status_code == 400
    assert not world.desk.declared(IDS[11])
