"""The door for partners' events: taken whole as the sender's own or not at all, and nobody reads another's."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from declared import NOW
from fastapi.testclient import TestClient
from jsonschema_rs import validator_for
from test_epcis_read import MADE, PACKED, SHIPPED, document, without
from test_pact_server import SECRET, quick_hash

from parkwright.connect.epcis_hash import event_hash
from parkwright.connect.epcis_read import EVENTS_MOST, read
from parkwright.connect.epcis_server import BASE, CAPTURES, READ, CaptureJob, Problem, make_events
from parkwright.connect.pact_server import BODY_MAX, make_exchange
from parkwright.run.exchange import Partner
from parkwright.store import exchange
from parkwright.store.exchange import ExchangeDesk
from parkwright.store.received import EventBook

SHIPPED_ID = quote(SHIPPED["eventID"], safe="")
PROBLEM = validator_for(Problem.model_json_schema())


class World:
    """A server with two partners whose events go into one database; the time is ours."""

    def __init__(self, path: Path) -> None:
        self.now = NOW
        url = f"sqlite:///{path / 'operations.db'}"
        self.desk, self.book = ExchangeDesk(url), EventBook(url)
        app = make_exchange(self.desk, lambda: self.now)
        app.mount(BASE, make_events(app.state.door, self.book))
        self.client = TestClient(app, base_url="https://pact.example", raise_server_exceptions=False)
        for name in ("alice", "bob"):
            self.desk.register(Partner(name, name), SECRET, NOW)
        self.tokens = {name: self.desk.issue_token(name, SECRET, NOW)[0] for name in ("alice", "bob")}

    def ask(self, method: str, path: str, who: str = "alice", body: object = None, **headers: str):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if method == "POST" else {}
        signed = {"Authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}
        return self.client.request(
            method, f"{BASE}{path}", content=content if method == "POST" else None,
            headers={**kind, **signed, **{name.replace("_", "-"): value for name, value in headers.items()}},
        )  # fmt: skip

    def post(self, path: str, body: object, who: str = "alice", **headers: str):
        return self.ask("POST", path, who, body, **headers)

    def entered(self) -> list[tuple[str, str]]:
        return [(one.sender, one.event.event_id) for one in self.book.entered()]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exchange, "_secret_hash", quick_hash)
    made = World(tmp_path)
    yield made
    made.book.close()
    made.desk.close()


def refused(answer, status: int, kind: str) -> str:
    """The detail of a refusal that keeps RFC 7807 and names its kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert PROBLEM.is_valid(told)
    assert (told["type"], told["status"]) == (f"epcisException:{kind}" if kind else "about:blank", status)
    return told["detail"]


def test_a_document_is_entered_as_the_senders_own_and_the_job_says_so(world: World):
    answer = world.post("/capture", document(SHIPPED, MADE))
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["gs1-epcis-version"] == "2.0.0"
    place = answer.headers["location"]
    assert place.startswith(f"{BASE}/capture/")
    job = world.ask("GET", place.removeprefix(BASE)).json()
    assert CaptureJob.model_validate(job).created_at == NOW
    assert (job["running"], job["success"], job["captureErrorBehaviour"], job["errors"]) == (
        False, True, "rollback", [],
    )  # fmt: skip
    assert sorted(sender for sender, _ in world.entered()) == ["alice", "alice"]
    people = {user_id: name for user_id, name, _ in world.book.users()}
    assert {people[one.user_id] for one in world.book.entered()} == {"partner:alice"}


def test_one_event_is_entered_and_read_back_at_the_address_that_is_told(world: World):
    answer = world.post("/events", SHIPPED)
    assert (answer.status_code, answer.json()) == (201, SHIPPED)
    assert answer.headers["location"] == f"{BASE}/events/{SHIPPED_ID}"
    found = world.ask("GET", f"/events/{SHIPPED_ID}").json()
    assert found["type"] == "EPCISQueryDocument"
    assert [one.event_id for one in read(json.dumps(found).encode())] == [SHIPPED["eventID"]]
    assert found["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == [SHIPPED]


def test_an_event_without_an_id_gets_one_that_leads_to_it(world: World):
    answer = world.post("/events", without(SHIPPED, "eventID"))
    given = answer.json()["eventID"]
    assert world.entered() == [("alice", given)]
    place = answer.headers["location"].removeprefix(BASE)
    (event,) = world.ask("GET", place).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert event == {**SHIPPED, "eventID": given}
    assert given == event_hash(SHIPPED)
    assert world.post("/events", {**SHIPPED, "eventID": given}).status_code == 201
    assert world.entered() == [("alice", given)]


def test_an_event_that_was_changed_after_it_was_named_is_taken_and_told(world: World):
    other = {**SHIPPED, "eventID": event_hash(SHIPPED), "bizStep": "storing"}
    assert world.post("/events", other).status_code == 201
    assert [one.event.hash_differs for one in world.book.entered()] == [True]
    assert refused(world.post("/events", {**other, "bizStep": "shipping"}), 409, "ResourceAlreadyExistsException")


def test_an_id_that_is_an_address_is_found_too(world: World):
    event = {**SHIPPED, "eventID": "https://alice.example/events/7?x=1#y"}
    place = world.post("/events", event).headers["location"].removeprefix(BASE)
    assert world.ask("GET", place).status_code == 200


def test_the_same_again_is_taken_and_entered_once(world: World):
    assert [world.post("/events", SHIPPED).status_code for _ in range(2)] == [201, 201]
    assert world.post("/capture", document(SHIPPED)).status_code == 202
    assert world.entered() == [("alice", SHIPPED["eventID"])]


def test_an_error_that_the_sender_declares_stands_beside_its_event(world: World):
    world.post("/events", SHIPPED)
    told = {"declarationTime": "2026-07-16T00:00:00Z", "reason": "did_not_occur"}
    assert world.post("/events", {**SHIPPED, "errorDeclaration": told}).status_code == 201
    assert [one.in_error for one in world.book.entered()] == [True, True]
    found = world.ask("GET", f"/events/{SHIPPED_ID}").json()["epcisBody"]["queryResults"]["resultsBody"]
    assert ["errorDeclaration" in one for one in found["eventList"]] == [False, True]


def test_nobody_reads_or_changes_the_events_of_another(world: World):
    place = world.post("/capture", document(SHIPPED)).headers["location"].removeprefix(BASE)
    for path in (place, f"/events/{SHIPPED_ID}"):
        detail = refused(world.ask("GET", path, "bob"), 404, "NoSuchResourceException")
        assert detail == refused(world.ask("GET", f"{path}x", "bob"), 404, "NoSuchResourceException")
        assert world.ask("GET", path).status_code == 200
    other = {**SHIPPED, "bizStep": "storing"}
    told = {"declarationTime": "2026-07-16T00:00:00Z", "reason": "did_not_occur"}
    assert world.post("/events", other, "bob").status_code == 201
    assert world.post("/events", {**SHIPPED, "errorDeclaration": told}, "alice").status_code == 201
    assert {(one.sender, one.event.business_step, one.in_error) for one in world.book.entered()} == {
        ("alice", "shipping", True), ("bob", "storing", False),
    }  # fmt: skip
    assert "storing" not in world.ask("GET", f"/events/{SHIPPED_ID}").text
    assert "shipping" not in world.ask("GET", f"/events/{SHIPPED_ID}", "bob").text


@pytest.mark.parametrize("path", ["/events/a%20b", "/events/%E6%89%B9", f"/events/{'x' * 501}", f"/capture/{'x' * 41}"])
def test_what_can_be_no_id_is_refused_as_such(world: World, path: str):
    detail = refused(world.ask("GET", path), 400, "ValidationException")
    assert detail.startswith("path.")


@pytest.mark.parametrize("named", ["sender", "instanceIdentifier", "receiver"])
def test_a_document_that_names_another_sender_is_still_the_partners_own(world: World, named: str):
    assert world.post("/capture", document(SHIPPED, **{named: "bob"})).status_code == 202
    assert world.entered() == [("alice", SHIPPED["eventID"])]


def test_other_content_under_a_known_id_is_refused_and_nothing_is_entered(world: World):
    world.post("/events", SHIPPED)
    other = {**SHIPPED, "bizStep": "storing"}
    for path, body in (("/events", other), ("/capture", document(MADE, other))):
        detail = refused(world.post(path, body), 409, "ResourceAlreadyExistsException")
        assert "is known with other content" in detail
    assert world.entered() == [("alice", SHIPPED["eventID"])]


DEEP = {**SHIPPED, "urn:x:deep": 0}
for _ in range(40):
    DEEP["urn:x:deep"] = [DEEP["urn:x:deep"]]
HOSTILE = (
    document(SHIPPED, {**MADE, "eventTime": "yesterday"}),
    document(SHIPPED, type="EPCISMasterDataDocument"),
    document(SHIPPED, schemaVersion="1.2"),
    document({**SHIPPED, "sender": "bob"}),
    document({**SHIPPED, "epcList": ["' OR 1=1 --"]}),
    document({**SHIPPED, "epcList": ["urn:epc:id:sgtin:9"]}),
    document({**SHIPPED, "bizStep": "<script>"}),
    document(DEEP),
    SHIPPED,
    [SHIPPED],
    None,
    7,
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"1" * 10_000,
    b'{"type": NaN}',
    b'{"type": 1e999}',
    json.dumps(document(SHIPPED)).encode().replace(b"2.5", b"1e400"),
    json.dumps(document(SHIPPED)).encode().replace(b'"po"', b'"\\ud800"'),
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
)


def test_what_is_wrong_is_refused_by_name_and_nothing_of_it_is_entered(world: World):
    for body in HOSTILE:
        detail = refused(world.post("/capture", body), 400, "ValidationException")
        assert detail.startswith(("event ", "document", "eventList")), detail
        assert len(detail) < 400
    for body in (document(SHIPPED), {**SHIPPED, "action": "MOVE"}, b"[]", b"{", {}, {"type": ["ObjectEvent"]}):
        refused(world.post("/events", body), 400, "ValidationException")
    assert world.entered() == []
    with world.book._transaction() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM captures").scalar_one() == 0


def test_too_much_at_once_is_refused(world: World):
    small = {"type": "ObjectEvent", "eventTime": MADE["eventTime"], "eventTimeZoneOffset": "+00:00", "action": "ADD",
             "epcList": ["urn:x:1"]}  # fmt: skip
    many = document(*[small] * (EVENTS_MOST + 1))
    content = json.dumps(many, separators=(",", ":")).encode()
    assert len(content) < BODY_MAX
    detail = refused(world.post("/capture", content), 413, "CaptureLimitExceededException")
    assert str(EVENTS_MOST) in detail
    for path in ("/capture", "/events"):
        long = refused(world.post(path, b" " * (BODY_MAX + 1)), 413, "CaptureLimitExceededException")
        assert str(BODY_MAX) in long
    assert world.entered() == []


@pytest.mark.parametrize("kind", [*READ, "application/json; charset=utf-8"])
def test_json_is_read_by_either_name(world: World, kind: str):
    assert world.post("/capture", document(SHIPPED), Content_Type=kind).status_code == 202


@pytest.mark.parametrize("kind", ["application/xml", "text/plain", "", "multipart/form-data"])
def test_another_media_type_is_not_read(world: World, kind: str):
    refused(world.post("/capture", document(SHIPPED), Content_Type=kind), 415, "UnsupportedMediaTypeException")
    assert world.entered() == []


@pytest.mark.parametrize(
    "header",
    [{"GS1_EPCIS_Version": "1.2"}, {"GS1_CBV_Version": "1.2"}, {"GS1_Capture_Error_Behaviour": "proceed"}],
)
def test_another_edition_or_a_part_of_the_events_is_not_served(world: World, header: dict[str, str]):
    refused(world.post("/capture", document(SHIPPED), **header), 406, "NotAcceptableException")
    refused(world.ask("GET", f"/events/{SHIPPED_ID}", **header), 406, "NotAcceptableException")
    assert world.entered() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/capture"), ("POST", "/events"), ("GET", "/capture/1"), ("GET", f"/events/{SHIPPED_ID}"),
     ("OPTIONS", "/capture"), ("OPTIONS", "/events")],
)  # fmt: skip
def test_without_a_valid_token_or_over_plain_http_nothing_is_taken_or_told(world: World, method: str, path: str):
    world.post("/events", SHIPPED, "bob")
    refused(world.ask(method, path, "", document(MADE)), 401, "SecurityException")
    signed = {"Authorization": f"Bearer {world.tokens['alice']}"}
    refused(world.client.request(method, f"http://pact.example{BASE}{path}", headers=signed), 403, "")
    world.desk.revoke("alice", NOW)
    refused(world.ask(method, path, "alice", document(MADE)), 401, "SecurityException")
    assert world.entered() == [("bob", SHIPPED["eventID"])]


@pytest.mark.parametrize(("method", "path"), [("GET", "/events"), ("GET", "/capture"), ("DELETE", "/events/1"),
                                              ("PUT", "/events/1"), ("GET", "/queries"), ("GET", "/epcs")])  # fmt: skip
def test_what_is_not_served_is_refused(world: World, method: str, path: str):
    world.post("/events", SHIPPED)
    answer = world.ask(method, path)
    assert answer.status_code in (404, 405)
    assert answer.headers["content-type"] == "application/problem+json"
    assert world.entered() == [("alice", SHIPPED["eventID"])]


def test_too_many_captures_make_a_partner_wait_and_nobody_else(world: World):
    codes = [world.post("/events", PACKED).status_code for _ in range(CAPTURES[0] + 1)]
    assert codes == [201] * CAPTURES[0] + [429]
    assert world.post("/events", PACKED).headers["retry-after"] == "60"
    assert world.post("/events", PACKED, "bob").status_code == 201
    world.now += CAPTURES[1]
    assert world.post("/events", PACKED).status_code == 201


def test_the_bounds_are_told(world: World):
    answer = world.ask("OPTIONS", "/capture")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["gs1-epcis-capture-limit"] == str(EVENTS_MOST)
    assert answer.headers["gs1-epcis-capture-file-size-limit"] == str(BODY_MAX)
    assert answer.headers["gs1-capture-error-behaviour"] == "rollback"


def test_a_database_that_cannot_be_written_is_told_to_be_so_and_nothing_is_entered(world: World):
    with world.book._transaction() as connection:
        connection.exec_driver_sql("DROP TABLE captures")
    for path, body in (("/capture", document(SHIPPED)), ("/events", SHIPPED)):
        answer = world.post(path, body)
        detail = refused(answer, 503, "ImplementationException")
        assert answer.headers["retry-after"] == "60"
        assert "sqlite" not in detail.lower()
    assert world.entered() == []


def test_an_expired_token_is_refused(world: World):
    world.now += timedelta(days=1)
    assert "expired" in refused(world.post("/capture", document(SHIPPED)), 401, "SecurityException")
