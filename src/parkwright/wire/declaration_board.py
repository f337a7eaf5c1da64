"""The footprints that the park declares, behind their card and their API: listed, and declared from closed days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from parkwright.carbon.own import Identity
from parkwright.model.park import Park
from parkwright.store.requests import RequestDesk
from parkwright.wire.accounts import opened
from parkwright.wire.exchange import declare, declared
from parkwright.wire.places import Places


class DeclarationBoard:
    """The declarations of one park."""

    def __init__(self, park: Park, park_dir: Path, var: Path, identity: Identity) -> None:
        """Give the park, its folder, the folder of ledgers, and how the park names itself."""
        self._park, self._park_dir, self._var, self._identity = park, park_dir, var, identity
        self._desk = RequestDesk(Places(var, park.site.park_id).operations_url)

    def declarations(self, product_id: str | None) -> Sequence[Mapping[str, Any]]:
        """Return the park's declarations of a product, of all where None, oldest first."""
        return declared(self._desk, product_id)

    def declare(self, product_ids: Sequence[str], span: tuple[date, date]) -> Mapping[str, Any]:
        """Declare footprints of products from the closed days of a span, of all that were finished where none is named.

        Raises LedgerError when no day of it is closed, or a product has no final passport in it.
        """
        with opened(self._park, self._park_dir, self._var) as accounts:
            return declare(self._desk, self._identity, accounts, tuple(product_ids), span, datetime.now(UTC))
