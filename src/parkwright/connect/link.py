"""A connection to an MQTT 3.1.1 broker by URL, which comes back by itself."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from parkwright.model.errors import ParkwrightError

CONNECT_S = 10.0
"""Time in which a broker must answer the first connection [s]; assumed."""
KEEPALIVE_S = 30
"""Silence after which the link is probed [s]; MQTT 3.1.1, 3.1.2.10; assumed."""
BACK_OFF_S = (1, 30)
"""Shortest and longest pause between attempts to come back [s]; paho doubles it; assumed."""
INFLIGHT = 1000
"""Messages that a client has under way at once; assumed."""
PORTS = {"mqtt": 1883, "mqtts": 8883}
"""Schemes and their ports (IANA service names mqtt and secure-mqtt)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is, who connects, and whether it keeps a session for the client; `shown` holds no secret."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    persistent: bool

    @property
    def shown(self) -> str:
        """The address for messages, without user and password."""
        return f"{self.scheme}://{self.host}:{self.port}"


def address(url: str) -> Address:
    """Return the parts of mqtt://user:password@host:port; mqtts asks for TLS, ?session=clean for no kept session.

    Raises ParkwrightError when the text is no such address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in PORTS or not parts.hostname or not port:
        raise ParkwrightError("MQTT address: is none; give mqtt://user:password@host:port, or mqtts:// for TLS")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Address(parts.scheme, parts.hostname, port, user, password, parts.query != "session=clean")


class Link:
    """A paho client that subscribes again whenever it is back; with a persistent session if the address allows."""

    def __init__(
        self,
        url: str,
        client_id: str,
        filters: tuple[str, ...],
        heard: Callable[[paho.Client, paho.MQTTMessage, int], None],
        joined: Callable[[paho.Client], None],
    ) -> None:
        """Connect, and return when the subscriptions stand.

        filters: topic filters, subscribed with QoS 1. heard: called in the client's thread with client, message and
        the number of the connection that brought it. joined: called in that thread whenever they stand.

        Raises ParkwrightError when the broker cannot be reached or refuses the client.
        """
        self._filters, self._heard, self._joined = filters, heard, joined
        self._connection, self._refusal, self._joined_at = 0, "", 0.0
        self._ready = threading.Event()
        self._at = address(url)
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id if self._at.persistent else f"{client_id}-{secrets.token_hex(4)}",
            clean_session=not self._at.persistent,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        self._prepare()
        try:
            self.client.connect(self._at.host, self._at.port, KEEPALIVE_S)
        except OSError as error:
            found = f"cannot be reached ({error.strerror or error})"
            raise ParkwrightError(f"MQTT broker {self._at.shown}: {found}; start it or give its address") from error
        self.client.loop_start()
        if not self._ready.wait(CONNECT_S) or self._refusal:
            reason = self._refusal or f"no answer in {CONNECT_S:g} s"
            self.close()
            raise ParkwrightError(f"MQTT broker {self._at.shown}: refused ({reason}); check user, password and rights")

    @property
    def connection(self) -> int:
        """Number of the present connection, counted from 1; message ids hold within one only."""
        return self._connection

    @property
    def age_s(self) -> float:
        """Time since the present connection's subscriptions stand [s]."""
        return time.monotonic() - self._joined_at

    def close(self) -> None:
        """Disconnect and end the thread; the broker keeps the session."""
        self.client.disconnect()
        self.client.loop_stop()

    def _prepare(self) -> None:
        if self._at.user:
            self.client.username_pw_set(self._at.user, self._at.password)
        if self._at.scheme == "mqtts":
            self.client.tls_set()
        self.client.reconnect_delay_set(*BACK_OFF_S)
        self.client.max_inflight_messages_set(INFLIGHT)
        self.client.max_queued_messages_set(0)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message

    def _on_connect(
        self,
        client: paho.Client,
        _data: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            self._ready.set()
            return
        self._connection += 1
        if self._filters:
            client.subscribe([(one, 1) for one in self._filters])
        else:
            self._stand(client)

    def _on_subscribe(
        self,
        client: paho.Client,
        _data: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refusal = "no right to subscribe"
            self._ready.set()
            return
        self._stand(client)

    def _stand(self, client: paho.Client) -> None:
        self._joined_at = time.monotonic()
        self._joined(client)
        self._ready.set()

    def _on_message(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self._heard(client, message, self._connection)
