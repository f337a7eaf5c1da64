"""The PACT client: signs in at a partner over HTTPS, reads its footprints and brings it events.

References: PACT Technical Specifications 3.0.3; RFC 6749, section 4.4; RFC 8288.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, quote, quote_plus, urlencode, urlsplit

from parkwright.carbon.declaration import Declaration
from parkwright.connect.pact_events import CLOUD_EVENTS, event_body
from parkwright.connect.pact_wire import WireError, from_wire
from parkwright.connect.pact_wire2 import from_wire2
from parkwright.run.exchange import DeliveryError, Partner, Waiting

TIMEOUT_S = 20.0
"""Longest wait for a partner [s] (assumed)."""
ANSWER_MAX = 8 * 1024 * 1024
"""Longest answer that is read [bytes] (assumed)."""
PAGES_MAX = 10_000
"""Most pages that are followed (assumed: a bound against links in a circle)."""
EARLY = timedelta(seconds=60)
"""A token is renewed this long before it ends (assumed)."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts of this machine, the only ones that plain HTTP may go to: a test's counterpart."""
_LINK = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A partner's answer: status, headers in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def checked_address(url: str) -> SplitResult:
    """Return the parts of a partner's address.

    Raises WireError for anything but HTTPS; plain HTTP is for this machine alone.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise WireError(f"address {url[:200]!r}: cannot be read; give https://host/path") from error
    if parts.scheme == "http" and host in LOOPBACK:
        return parts
    if parts.scheme != "https" or not host or parts.username or parts.query or parts.fragment:
        raise WireError(f"address {url[:200]!r}: is not https://host/path; give one without user, query or fragment")
    return parts


class PactClient:
    """Calls partners' PACT servers; keeps each one's access token until it ends."""

    def __init__(
        self,
        secrets: Mapping[str, str],
        source: str,
        clock: Callable[[], datetime],
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Make a client.

        secrets: name -> our secret at partners (the environment). source: our own events address, told in events.
        trust: which certificates are believed; None for the system's.
        """
        self._secrets = secrets
        self._source = source
        self._clock = clock
        self._trust = trust or ssl.create_default_context()
        self._tokens: dict[str, tuple[str, datetime]] = {}

    def deliver(self, waiting: Waiting) -> None:
        """Bring a message to its partner; raises DeliveryError when it could not be reached or did not take it."""
        try:
            body = event_body(waiting.message, waiting.edition, self._source, self._clock())
            answer = self._signed(
                waiting.partner, "POST", f"/{waiting.edition}/events", json.dumps(body).encode(), CLOUD_EVENTS
            )
        except WireError as error:
            raise DeliveryError(str(error)) from error
        if not 200 <= answer.status < 300:
            raise DeliveryError(f"partner {waiting.partner.id}: answered {answer.status}; it is tried again")

    def footprints(self, partner: Partner, **criteria: str | list[str]) -> list[Declaration]:
        """Return the footprints that a partner shares with us, page after page.

        criteria: names and values as PACT writes them. Raises DeliveryError when the partner cannot be read, WireError
        when what it sends keeps no format.
        """
        read = from_wire if partner.edition == "3" else from_wire2
        query = urlencode(criteria, doseq=True)
        path: str | None = f"/{partner.edition}/footprints{'?' + query if query else ''}"
        found: list[Declaration] = []
        for _ in range(PAGES_MAX):
            if path is None:
                return found
            answer = self._signed(partner, "GET", path)
            found += [read(one) for one in _listed(partner, answer)]
            path = self._following(partner, answer)
        raise DeliveryError(f"partner {partner.id}: its pages do not end; ask it to look at its links")

    def footprint(self, partner: Partner, footprint_id: str) -> Declaration:
        """Return one footprint of a partner; raises as `footprints` does."""
        answer = self._signed(partner, "GET", f"/{partner.edition}/footprints/{quote(footprint_id, safe='')}")
        if answer.status != 200:
            raise DeliveryError(f"partner {partner.id}: answered {answer.status}; check what it shares with us")
        read = from_wire if partner.edition == "3" else from_wire2
        return read(_json(partner, answer).get("data"))

    def _following(self, partner: Partner, answer: Answer) -> str | None:
        """Return the path of the next page; a link to another host is not followed."""
        link = _LINK.search(answer.headers.get("link", ""))
        if link is None:
            return None
        base, there = _base(partner), urlsplit(link.group(1))
        if (there.scheme, there.netloc) != (base.scheme, base.netloc) or not there.path.startswith(base.path):
            raise DeliveryError(f"partner {partner.id}: its next page is on another host; ask it to look at its links")
        return there.path.removeprefix(base.path) + (f"?{there.query}" if there.query else "")

    def _signed(self, partner: Partner, method: str, path: str, body: bytes | None = None, kind: str = "") -> Answer:
        """Return the answer to a call with our token there; an expired token is renewed once."""
        headers = {"Accept": "application/json", **({"Content-Type": kind} if kind else {})}
        for attempt in (0, 1):
            headers["Authorization"] = f"Bearer {self._token(partner)}"
            answer = self._call(partner, _base(partner), method, path, headers, body)
            if answer.status != 401 or attempt:
                break
            self._tokens.pop(partner.id, None)
        return answer

    def _token(self, partner: Partner) -> str:
        token, ends = self._tokens.get(partner.id, ("", self._clock()))
        if token and self._clock() < ends:
            return token
        secret = self._secrets.get(partner.secret_name or "")
        if not partner.callback_client_id or not secret:
            raise DeliveryError(
                f"partner {partner.id}: we have no client id or secret there; register it with both and set "
                f"{partner.secret_name or 'the variable that holds the secret'}"
            )
        pair = f"{quote_plus(partner.callback_client_id)}:{quote_plus(secret)}"
        headers = {
            "Authorization": f"Basic {b64encode(pair.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        base, path = self._endpoint(partner)
        answer = self._call(partner, base, "POST", path, headers, b"grant_type=client_credentials")
        if answer.status != 200:
            raise DeliveryError(f"partner {partner.id}: refused our sign-in ({answer.status}); check id and secret")
        issued = _json(partner, answer)
        fresh, life = issued.get("access_token"), issued.get("expires_in", 3600)
        if not isinstance(fresh, str) or not fresh.isprintable() or not isinstance(life, int | float):
            raise DeliveryError(f"partner {partner.id}: issued no access token; ask it to look at its server")
        kept = max(timedelta(0), timedelta(seconds=min(life, 86_400)) - EARLY)
        self._tokens[partner.id] = (fresh, self._clock() + kept)
        return fresh

    def _endpoint(self, partner: Partner) -> tuple[SplitResult, str]:
        """Return where tokens are issued: as the partner's discovery says, on HTTPS, else /auth/token."""
        base = _base(partner)
        found = self._call(partner, base, "GET", "/.well-known/openid-configuration", {"Accept": "application/json"})
        told = _json(partner, found).get("token_endpoint") if found.status == 200 else None
        if not isinstance(told, str):
            return base, "/auth/token"
        endpoint = checked_address(told)
        return endpoint._replace(path=""), endpoint.path

    def _call(
        self,
        partner: Partner,
        base: SplitResult,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Answer:
        """Return the answer to one call; redirections are not followed."""
        connection: http.client.HTTPConnection
        if base.scheme == "https":
            connection = http.client.HTTPSConnection(
                base.hostname or "", base.port, timeout=TIMEOUT_S, context=self._trust
            )
        else:
            connection = http.client.HTTPConnection(base.hostname or "", base.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, base.path + path, body, dict(headers))
            answer = connection.getresponse()
            text = answer.read(ANSWER_MAX + 1)
            names = {name.lower(): value for name, value in answer.getheaders()}
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DeliveryError(f"partner {partner.id}: cannot be reached ({error}); it is tried again") from error
        finally:
            connection.close()
        if len(text) > ANSWER_MAX:
            raise DeliveryError(f"partner {partner.id}: its answer is longer than {ANSWER_MAX} bytes; ask for less")
        return Answer(answer.status, names, text)


def _base(partner: Partner) -> SplitResult:
    if not partner.callback_url:
        raise DeliveryError(f"partner {partner.id}: has no address of its own; register it with --callback")
    parts = checked_address(partner.callback_url)
    return parts._replace(path=parts.path.rstrip("/"))


def _json(partner: Partner, answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise DeliveryError(f"partner {partner.id}: sent no JSON that can be read; it is tried again") from error
    if not isinstance(found, dict):
        raise DeliveryError(f"partner {partner.id}: sent no JSON object; ask it to look at its server")
    return found


def _listed(partner: Partner, answer: Answer) -> list[object]:
    if answer.status not in (200, 202):
        raise DeliveryError(f"partner {partner.id}: answered {answer.status}; check what it shares with us")
    found = _json(partner, answer).get("data")
    if not isinstance(found, list):
        raise DeliveryError(f"partner {partner.id}: sent no list of footprints; ask it to look at its server")
    return found
