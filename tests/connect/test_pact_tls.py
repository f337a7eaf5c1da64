"""Over real TLS: the client believes the right certificate alone, the server speaks no plain HTTP, pages arrive."""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from declared import IDS, NOW, declared

from parkwright.carbon.declaration import Filter, lowered
from parkwright.connect.pact_client import PactClient
from parkwright.connect.pact_server import make_exchange
from parkwright.run.exchange import Asked, DeliveryError, Fulfilled, Partner, Published, Waiting
from parkwright.store import exchange
from parkwright.store.exchange import ExchangeDesk

SECRET = "correct horse battery"
COUNT = 7


class Site:
    """A server of the exchange over TLS in a thread, with its desk and its certificate."""

    def __init__(self, home: Path) -> None:
        self.certificate = home / "certificate.pem"
        key = home / "key.pem"
        words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", self.certificate]
        subprocess.run(["openssl", *words, *names], check=True, capture_output=True)
        self.desk = ExchangeDesk(f"sqlite:///{home / 'operations.db'}")
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self.port = held.getsockname()[1]
        config = uvicorn.Config(
            make_exchange(self.desk, lambda: NOW), host="127.0.0.1", port=self.port, log_level="critical",
            ssl_certfile=str(self.certificate), ssl_keyfile=str(key),
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)

    @property
    def partner(self) -> Partner:
        return Partner("them", "Them", (), "3", f"https://localhost:{self.port}", "us", "OUR_SECRET")

    def client(self, secret: str = SECRET, trust: ssl.SSLContext | None = None) -> PactClient:
        known = trust or ssl.create_default_context(cafile=str(self.certificate))
        return PactClient({"OUR_SECRET": secret}, "https://us.example/3/events", lambda: NOW, known)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "_secret_hash", lambda secret, salt: hashlib.sha256(secret.encode()).hexdigest())
        made = Site(tmp_path_factory.mktemp("tls"))
        ann = made.desk.add_user("Ann", "carbon", NOW)
        made.desk.register(Partner("us", "Us", callback_url="https://us.example"), SECRET, NOW)
        for number in range(1, COUNT + 1):
            one = declared(id=IDS[number], created=NOW + timedelta(hours=number), product_ids=(f"urn:x:{number}",))
            made.desk.declare(one, "panel", NOW)
        made.desk.address("us", "panel", ann, NOW)
        yield made
        made.server.should_exit = True
        made.thread.join(10)
        made.desk.close()


@pytest.mark.parametrize("edition", ["3", "2"])
def test_every_footprint_comes_page_by_page(site: Site, edition):
    found = site.client().footprints(replace(site.partner, edition=edition), limit="2")
    assert [one.id for one in found] == [IDS[number] for number in range(COUNT, 0, -1)]


def test_criteria_go_along_to_every_page(site: Site):
    found = site.client().footprints(site.partner, limit="1", productId=["urn:x:2", "urn:x:5", "urn:x:9"])
    assert [one.id for one in found] == [IDS[5], IDS[2]]


def test_one_footprint_comes_as_it_was_declared(site: Site):
    assert site.client().footprint(site.partner, IDS[3]).total_kg == declared().total_kg
    with pytest.raises(DeliveryError, match="answered 404"):
        site.client().footprint(site.partner, IDS[19])


def test_an_event_is_brought_and_answered(site: Site):
    asked = Asked("over-tls", Filter(product_ids=lowered(["urn:x:4"])))
    site.client().deliver(Waiting(1, site.partner, asked, "3", NOW, 0))
    site.client().deliver(Waiting(2, site.partner, Published("news-tls", (IDS[4],)), "2", NOW, 0))
    (waiting,) = [one for one in site.desk.waiting(NOW) if one.message.event_id.startswith("over-tls")]
    assert isinstance(waiting.message, Fulfilled)
    assert [one.id for one in waiting.message.declarations] == [IDS[4]]
    assert site.desk.noted("us", "news-tls")


def test_a_certificate_that_is_not_known_is_not_believed(site: Site):
    with pytest.raises(DeliveryError, match="cannot be reached"):
        site.client(trust=ssl.create_default_context()).footprints(site.partner)


def test_a_certificate_of_another_name_is_not_believed(site: Site):
    other = replace(site.partner, callback_url=f"https://127.0.0.1:{site.port}")
    with pytest.raises(DeliveryError, match="cannot be reached"):
        site.client().footprints(other)


def test_a_wrong_secret_is_refused(site: Site):
    with pytest.raises(DeliveryError, match="refused our sign-in"):
        site.client(secret="wrong").footprints(site.partner)


@pytest.mark.parametrize("path", ["/3/footprints", "/auth/token", "/.well-known/openid-configuration"])
def test_plain_http_gets_nothing(site: Site, path):
    plain = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
    plain.request("GET", path)
    with pytest.raises((http.client.HTTPException, OSError)):
        plain.getresponse()
    plain.close()


def test_old_versions_of_tls_are_refused(site: Site):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as held, pytest.raises((ssl.SSLError, OSError)):
        old.wrap_socket(held)
