"""Where a park's ledger, operational data and lock live below the var folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
        return self.home / "ledger" / "journal.db"

    @property
    def operations_url(self) -> str:
        """The operational database, SQLite unless an administrator says otherwise."""
        return f"sqlite:///{self.home / 'operations.db'}"

    def writer(self, name: str) -> Path:
        """The folder whose lock the worker `name` holds while it writes."""
        return self.home / "workers" / name
