"""An MQTT 3.1.1 broker inside the process, on loopback only, for parks that have none."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
import threading
from dataclasses import dataclass
from types import TracebackType

from amqtt.broker import Broker as AmqttBroker
from amqtt.contexts import BaseContext
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

from parkwright.model.errors import ParkwrightError

HOST = "127.0.0.1"
USER = "park"
START_S = 10.0
"""Time in which the broker must be up [s]; it takes milliseconds."""


class TokenAuth(BaseAuthPlugin):  # amqtt loads it by its dotted path
    """Admits a client that gives the broker's user and token; nobody else, and nobody without a name."""

    @dataclass
    class Config:
        """What amqtt hands to the plugin: the user and the token."""

        user: str
        token: str

    def __init__(self, context: BaseContext) -> None:
        """Keep the user and the token."""
        super().__init__(context)
        self._user = str(self._get_config_option("user", ""))
        self._token = str(self._get_config_option("token", ""))

    async def authenticate(self, *, session: Session) -> bool:
        """Return whether the session gave the user and the token."""
        user, token = session.username or "", session.password or ""
        named = hmac.compare_digest(user.encode(), self._user.encode())
        return bool(self._token) and named and hmac.compare_digest(token.encode(), self._token.encode())


class Broker:
    """A broker in a thread of its own; stop it, or use it in a `with` block.

    It holds what it knows in memory: MQTT fans out live state and never owns a fact.
    """

    def __init__(self, port: int = 0, token: str | None = None) -> None:
        """Start the broker on loopback `port`, 0 for a free one; `token` as None makes a new one.

        Raises ParkwrightError when the port is in use or the broker does not come up.
        """
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.WARNING)
        self.port = _free_port(port)
        self._token = token or secrets.token_urlsafe(32)
        self._loop = asyncio.new_event_loop()
        self._broker: AmqttBroker | None = None
        self._thread = threading.Thread(target=self._serve, name="mqtt-broker", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(START_S)
        except Exception as error:
            self.stop()
            raise ParkwrightError(
                f"MQTT broker on port {self.port}: did not start ({error}); give another port"
            ) from error

    @property
    def url(self) -> str:
        """Address with user and token, for clients of this process: mqtt://user:token@host:port."""
        return f"mqtt://{USER}:{self._token}@{HOST}:{self.port}"

    def stop(self) -> None:
        """Disconnect all clients and end the thread; a second call does nothing."""
        if not self._thread.is_alive():
            return
        if self._broker is not None:
            broker, self._broker = self._broker, None
            stopping = asyncio.run_coroutine_threadsafe(broker.shutdown(), self._loop)
            try:
                stopping.result(START_S)
            except Exception:
                logging.getLogger(__name__).warning("MQTT broker on port %d: did not stop cleanly", self.port)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)

    def __enter__(self) -> Broker:
        """Return the running broker."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the broker."""
        self.stop()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _start(self) -> None:
        settings = {
            "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{self.port}"}},
            "plugins": {f"{TokenAuth.__module__}.TokenAuth": {"user": USER, "token": self._token}},
        }
        self._broker = AmqttBroker(settings)
        await self._broker.start()


def _free_port(port: int) -> int:
    """Return `port` when nobody listens on it, a free one for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ParkwrightError(
                f"MQTT broker: port {port} is in use ({error.strerror}); give another port"
            ) from error
        return int(probe.getsockname()[1])
