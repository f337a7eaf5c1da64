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
        return self.home / "ledger.db"

    @property
    def operations(self) -> Path:
        """The operational database."""
        return self.home / "operations.db"

    def writer(self, name: str) -> Path:
        """The folder whose lock the worker `name` holds while it writes."""
        return self.home / "workers" / name

    @property
    def anchor(self) -> Path:
        """Where the live worker says at which pace the park's time runs."""
        return self.home / "anchor.json"
