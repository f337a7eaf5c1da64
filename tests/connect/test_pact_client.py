"""The PACT client: signs in, follows pages on the same host alone, renews a token, and tells failure from success."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from declared import IDS, NOW, declared

from parkwright.connect.pact_client import ANSWER_MAX, PactClient, checked_address
from parkwright.connect.pact_wire import WireError, to_wire
from parkwright.connect.pact_wire2 import to_wire2
from parkwright.run.exchange import DeliveryError, Partner, Published, Waiting


class Handler(BaseHTTPRequestHandler):
    """Answers from the table of its server and keeps what it was asked."""

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        status, headers, content = self.server.table.get(self.path, (404, {}, b"{}"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def there():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.table = [], {}
    server.table["/auth/token"] = (200, {}, json.dumps({"access_token": "t1", "expires_in": 3600}).encode())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        return self.now


def partner(there, **changes) -> Partner:
    url = f"http://127.0.0.1:{there.server_address[1]}"
    known = {"callback_url": url, "callback_client_id": "us", "secret_name": "S", **changes}
    return Partner("p", "P", **known)


def client(clock=None) -> PactClient:
    return PactClient({"S": "s3cret"}, "https://us.example/3/events", clock or Time())


def waiting(one: Partner, edition: str = "3") -> Waiting:
    return Waiting(1, one, Published("e1", (IDS[1],)), edition, NOW, 0)


def body(*ids: str, write=to_wire) -> bytes:
    return json.dumps({"data": [write(declared(id=id_)) for id_ in ids]}).encode()


def test_an_event_is_brought_with_a_token_of_our_own(there):
    there.table["/3/events"] = (200, {}, b"")
    client().deliver(waiting(partner(there)))
    (_, _, signed, form), (_, _, sent, event) = there.seen[1:]
    assert b64decode(signed["Authorization"].removeprefix("Basic ")) == b"us:s3cret"
    assert form == b"grant_type=client_credentials"
    assert sent["Authorization"] == "Bearer t1"
    assert sent["Content-Type"] == "application/cloudevents+json"
    assert json.loads(event)["source"] == "https://us.example/3/events"
    assert json.loads(event)["data"] == {"pfIds": [IDS[1]]}


def test_a_token_is_kept_until_it_ends(there):
    there.table["/2/events"] = (202, {}, b"")
    clock = Time()
    ours = client(clock)
    for _ in range(3):
        ours.deliver(waiting(partner(there), "2"))
    assert [path for _, path, _, _ in there.seen].count("/auth/token") == 1
    clock.now += timedelta(hours=1)
    ours.deliver(waiting(partner(there), "2"))
    assert [path for _, path, _, _ in there.seen].count("/auth/token") == 2


def test_a_token_that_is_refused_is_renewed_once(there):
    there.table["/3/events"] = (401, {}, b"{}")
    with pytest.raises(DeliveryError, match="answered 401"):
        client().deliver(waiting(partner(there)))
    assert [path for _, path, _, _ in there.seen].count("/auth/token") == 2


@pytest.mark.parametrize("status", [301, 302, 400, 403, 500, 503])
def test_what_is_not_taken_is_said_and_no_redirection_is_followed(there, status):
    there.table["/3/events"] = (status, {"Location": "/elsewhere"}, b"")
    with pytest.raises(DeliveryError, match=f"answered {status}"):
        client().deliver(waiting(partner(there)))
    assert "/elsewhere" not in [path for _, path, _, _ in there.seen]


@pytest.mark.parametrize(
    ("issued", "match"),
    [
        ((401, {}, b"{}"), "refused our sign-in"),
        ((200, {}, b"no json"), "no JSON"),
        ((200, {}, b"[]"), "no JSON object"),
        ((200, {}, b"{}"), "issued no access token"),
        ((200, {}, b'{"access_token": "a\\r\\nX: y"}'), "issued no access token"),
        ((200, {}, b"[" * 100_000), "no JSON"),
    ],
)
def test_a_token_that_is_none_is_said(there, issued, match):
    there.table["/auth/token"] = issued
    with pytest.raises(DeliveryError, match=match):
        client().deliver(waiting(partner(there)))


def test_discovery_is_believed_on_https_alone(there):
    address = f"http://127.0.0.1:{there.server_address[1]}"
    there.table["/3/events"] = (200, {}, b"")
    there.table["/tokens"] = there.table.pop("/auth/token")
    there.table["/.well-known/openid-configuration"] = (
        200,
        {},
        json.dumps({"token_endpoint": f"{address}/tokens"}).encode(),
    )
    client().deliver(waiting(partner(there)))
    there.table["/.well-known/openid-configuration"] = (200, {}, b'{"token_endpoint": "http://evil.example/t"}')
    with pytest.raises(DeliveryError, match="is not https"):
        client().deliver(waiting(partner(there)))


def test_pages_are_followed_to_their_end(there):
    address = f"http://127.0.0.1:{there.server_address[1]}"
    there.table["/3/footprints?geography=CN"] = (
        200,
        {"Link": f'<{address}/3/footprints?after=1>; rel="next"'},
        body(IDS[1]),
    )
    there.table["/3/footprints?after=1"] = (200, {}, body(IDS[2], IDS[3]))
    found = client().footprints(partner(there), geography="CN")
    assert [one.id for one in found] == IDS[1:4]


def test_a_page_on_another_host_is_not_followed(there):
    there.table["/3/footprints"] = (200, {"Link": '<https://evil.example/3/footprints?x>; rel="next"'}, body(IDS[1]))
    with pytest.raises(DeliveryError, match="another host"):
        client().footprints(partner(there))


def test_pages_in_a_circle_end(there, monkeypatch):
    monkeypatch.setattr("parkwright.connect.pact_client.PAGES_MAX", 3)
    address = f"http://127.0.0.1:{there.server_address[1]}"
    there.table["/3/footprints"] = (200, {"Link": f"<{address}/3/footprints>; rel=next"}, body(IDS[1]))
    with pytest.raises(DeliveryError, match="do not end"):
        client().footprints(partner(there))


def test_one_footprint_is_read_in_both_editions(there):
    there.table[f"/3/footprints/{IDS[1]}"] = (200, {}, json.dumps({"data": to_wire(declared())}).encode())
    there.table[f"/2/footprints/{IDS[1]}"] = (200, {}, json.dumps({"data": to_wire2(declared())}).encode())
    assert client().footprint(partner(there), IDS[1]).id == IDS[1]
    assert client().footprint(partner(there, edition="2"), IDS[1]).unit == "kilogram"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, {}, b'{"data": {}}'), DeliveryError),
        ((200, {}, b"{}"), DeliveryError),
        ((500, {}, b"{}"), DeliveryError),
        ((200, {}, b'{"data": [{"id": 1}]}'), WireError),
        ((200, {}, b" " * (ANSWER_MAX + 1)), DeliveryError),
    ],
    ids=["object", "nothing", "error", "format", "long"],
)
def test_an_answer_that_cannot_be_read_is_said(there, answer, error):
    there.table["/3/footprints"] = answer
    with pytest.raises(error):
        client().footprints(partner(there))


def test_who_cannot_be_reached_or_signed_in_to_is_said(there):
    for changes, match in (
        ({"callback_url": None}, "has no address"),
        ({"callback_url": "http://127.0.0.1:1"}, "cannot be reached"),
        ({"callback_client_id": None}, "no client id or secret"),
        ({"secret_name": "MISSING"}, "set MISSING"),
    ):
        with pytest.raises(DeliveryError, match=match):
            client().deliver(waiting(partner(there, **changes)))


@pytest.mark.parametrize(
    "url",
    ["http://pact.example", "ftp://pact.example", "https://", "https://a:b@pact.example", "https://pact.example/?x=1",
     "https://pact.example/#x", "pact.example", "", "https://pact.example:x", "http://169.254.169.254",
     "//pact.example"],
)  # fmt: skip
def test_an_address_is_https_and_nothing_else(url):
    with pytest.raises(WireError, match="give"):
        checked_address(url)


@pytest.mark.parametrize("url", ["https://pact.example", "https://pact.example:8443/base", "http://localhost:8004"])
def test_https_anywhere_and_http_on_this_machine_are_addresses(url):
    assert checked_address(url).geturl() == url
