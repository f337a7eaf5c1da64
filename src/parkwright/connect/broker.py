"""An MQTT 3.1.1 broker inside the process, on loopback only, for parks that have none."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hmac
import logging
import secrets
import socket
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from amqtt.broker import Broker as AmqttBroker
from amqtt.contexts import BaseContext
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

from parkwright.model.errors import ParkwrightError

HOST = "127.0.0.1"
USER = "park"
START_S = 10.0
"""Time in which the broker must be up [s]; it takes milliseconds; assumed."""
STOP_S = 2.0
"""Time in which it may end in order [s]; then its thread ends all the same; assumed."""


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
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        self._token = token or secrets.token_urlsafe(32)
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_note)
        self._broker: AmqttBroker | None = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._serve, name="mqtt-broker", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(START_S)
        except Exception as error:
            self.stop()
            found = f"did not start ({type(error).__name__}: {error})"
            raise ParkwrightError(f"MQTT broker on port {self.port}: {found}; give another port") from error

    @property
    def url(self) -> str:
        """Address with user and token, for clients of this process: mqtt://user:token@host:port?session=clean.

        amqtt 0.12 forgets at a disconnect what was not acknowledged, and can mistake a quick return for an absence;
        so its clients keep no session there, and ask again for what they lack (MeterFeed).
        """
        return f"mqtt://{USER}:{self._token}@{HOST}:{self.port}?session=clean"

    def stop(self) -> None:
        """Disconnect all clients and end the thread; a second call does nothing."""
        if not self._thread.is_alive():
            return
        stopping = asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        with contextlib.suppress(TimeoutError):
            stopping.result(STOP_S)
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
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()
        self._socket.close()

    async def _start(self) -> None:
        settings = {
            "listeners": {"default": {"type": "external"}},
            "plugins": {f"{TokenAuth.__module__}.TokenAuth": {"user": USER, "token": self._token}},
        }
        self._broker = AmqttBroker(settings)
        await self._broker.start()
        self._server = await asyncio.start_server(self._join, sock=self._socket)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand a client's connection to amqtt, and keep it so that it can be ended."""
        self._writers.add(writer)
        try:
            if self._broker is not None:
                await self._broker.stream_connected(reader, writer, "default")
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _end(self) -> None:
        """Take no more clients, end those here, then the broker: amqtt waits for ever for one that stays."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0.05)
        if self._broker is not None:
            await self._broker.shutdown()


def _note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep amqtt's forgotten tasks out of the terminal: it gives up on a message that is not acknowledged in 5 s."""
    logging.getLogger(__name__).debug("MQTT broker: %s", context.get("exception") or context.get("message"))


def _listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback `port`, on a free one for 0."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        found = (
            f"is in use ({error.strerror})" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        )
        raise ParkwrightError(f"MQTT broker: port {port} {found}; give another port") from error
