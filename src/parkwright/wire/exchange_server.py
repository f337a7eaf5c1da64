"""The server of the exchange: PACT, AAS and EPCIS for partners over HTTPS, and the post that is tried again."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from parkwright.connect import aas_server, epcis_server
from parkwright.connect.aas_door import Shells
from parkwright.connect.pact_client import PactClient
from parkwright.connect.pact_server import make_exchange
from parkwright.model.errors import ParkwrightError
from parkwright.model.park import Park
from parkwright.run.exchange import deliver
from parkwright.store.received import EventBook
from parkwright.store.requests import RequestDesk
from parkwright.wire.exchange import PERSON, Exchange, validate
from parkwright.wire.places import Places

ROUND_S = 2.0
"""Pause between rounds of the post [s] (assumed)."""
CONNECTIONS = 256
"""Most connections at once (assumed: a bound against exhaustion)."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where and how the exchange is served.

    certificate, key: PEM files; there is no server without them. address: how partners reach us, told in events; None
    for host and port. trust: PEM file of the authorities that partners' certificates are checked by; None for the
    system's.
    """

    certificate: Path | None
    key: Path | None
    host: str = "127.0.0.1"
    port: int = 9443
    address: str | None = None
    trust: Path | None = None


def serve(exchange: Exchange, served: Served, say: Callable[[str], None]) -> None:
    """Serve the exchange until interrupted.

    Raises ParkwrightError when certificate or key is missing or cannot be used.
    """
    certificate, key = checked_pair(served.certificate, served.key)
    address = (served.address or f"https://{served.host}:{served.port}").rstrip("/")
    app = make_exchange(exchange.desk, now)
    shells = Shells(exchange.shelf, exchange.identity, exchange.park.site.park_id)
    app.mount(aas_server.BASE, aas_server.make_shells(app.state.door, shells))
    inbox = EventBook(Places(exchange.var, exchange.park.site.park_id).operations_url)
    app.mount(epcis_server.BASE, epcis_server.make_events(app.state.door, inbox))
    client = PactClient(os.environ, f"{address}/3/events", now, trusting(served.trust))
    ended = threading.Event()
    worker = threading.Thread(target=post_rounds, args=(exchange.desk, exchange.park, client, ended, say), daemon=True)
    worker.start()
    say(f"Exchange of {exchange.park.site.name.en}: {address}")
    try:
        uvicorn.run(
            app,
            host=served.host,
            port=served.port,
            ssl_certfile=str(certificate),
            ssl_keyfile=str(key),
            log_level="warning",
            access_log=False,
            limit_concurrency=CONNECTIONS,
            h11_max_incomplete_event_size=64 * 1024,
            proxy_headers=False,
            server_header=False,
        )
    finally:
        inbox.close()
        ended.set()
        worker.join(timeout=5)


def now() -> datetime:
    """Return the present instant: partners live in the world's time, whatever the park's twin does."""
    return datetime.now(UTC)


def checked_pair(certificate: Path | None, key: Path | None) -> tuple[Path, Path]:
    """Return certificate and key once they fit together; raises ParkwrightError where they do not."""
    if certificate is None or key is None:
        raise ParkwrightError(
            "carbon serve: plain HTTP is refused; give --certificate and --key, for a try here from: openssl "
            "req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost "
            "-keyout key.pem -out certificate.pem"
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ParkwrightError(f"{certificate}, {key}: cannot be used ({error}); give a PEM pair that fits") from error
    return certificate, key


def trusting(trust: Path | None) -> ssl.SSLContext:
    """Return which certificates of partners are believed; raises ParkwrightError when the file cannot be read."""
    try:
        return ssl.create_default_context(cafile=None if trust is None else str(trust))
    except (OSError, ssl.SSLError) as error:
        raise ParkwrightError(f"{trust}: cannot be read ({error}); give a PEM file of certificates") from error


def post_rounds(
    desk: RequestDesk, park: Park, client: PactClient, ended: threading.Event, say: Callable[[str], None]
) -> None:
    """Deliver what waits, check what came and remind who is late, round after round until `ended`."""
    by = desk.add_user(PERSON, "carbon", now())
    while not ended.wait(ROUND_S):
        try:
            one_round(desk, park, client, by, now())
        except ParkwrightError as error:
            say(str(error))


def one_round(desk: RequestDesk, park: Park, client: PactClient, by: str, at: datetime) -> tuple[int, int]:
    """Do one round of the post; return how many messages were taken and how many wait on or were abandoned."""
    desk.remind(at)
    done = deliver(desk, client, at)
    for request in desk.requests("fulfilled"):
        if request.material_id in park.material:
            validate(desk, park, request.id, by, at)
    return done
