"""Where a park's ledger, operational data and lock live below the var folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parkwright.connect.broker import Broker

OPERATIONS_URL = "PARKWRIGHT_OPERATIONS_URL"
"""Environment variable: SQLAlchemy URL of the operational database, for example a PostgreSQL server's."""
MQTT_URL = "PARKWRIGHT_MQTT_URL"
"""Environment variable: URL of the MQTT broker, for example mqtts://user:password@host:8883. No secret in arguments."""


@contextmanager
def broker_url() -> Iterator[str]:
    """Yield the broker's URL: the one the environment names, or an embedded broker's on loopback."""
    given = os.environ.get(MQTT_URL)
    if given:
        yield given
        return
    with Broker() as broker:
        yield broker.url


@dataclass(frozen=True, slots=True)
class Places:
    """The paths of one park below `var`."""

    var: Path
    park_id: str

    @property
    def home(self) -> Path:
        """The park's own folder; its lock says who works in it."""
        return self.var / self.park_id

    @property
    def journal(self) -> Path:
        """The ledger's journal; its lake lies beside it."""
        return self.home / "ledger.db"

    @property
    def operations_url(self) -> str:
        """The operational database: the one the environment names, or SQLite beside the ledger."""
        return os.environ.get(OPERATIONS_URL) or f"sqlite:///{self.home / 'operations.db'}"

    def writer(self, name: str) -> Path:
        """The folder whose lock the worker `name` holds while it writes."""
        return self.home / "workers" / name

    @property
    def anchor(self) -> Path:
        """Where the live worker says at which pace the park's time runs."""
        return self.home / "anchor.json"
