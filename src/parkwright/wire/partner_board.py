"""The partners of the exchange behind their card: who may read which footprints, registered, invited and revoked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.run.exchange import Partner
from parkwright.store.requests import RequestDesk
from parkwright.wire.exchange import address, invitation, refuse_partner


class PartnerBoard:
    """The partners of one park."""

    def __init__(self, park: Park, url: str) -> None:
        """Give the park and the URL of its operational database."""
        self._park, self._desk = park, RequestDesk(url)

    def partners(self) -> Sequence[Mapping[str, Any]]:
        """Return the partners that have access, by id, each with what it may see."""
        return [
            {"client_id": one.id, "name": one.name, "edition": one.edition, "supplier_id": one.supplier_id,
             "is_called_back": one.callback_url is not None, "sees": self._desk.addressed_references(one.id)}
            for one in self._desk.partners()
        ]  # fmt: skip

    def register(self, client_id: str, name: str, supplier_id: str | None) -> str:
        """Register a partner and return its secret, which is told this once.

        Raises LedgerError for an id that is taken or cannot be used, or a supplier that the park does not have.
        """
        if client_id in {one.id for one in self._desk.partners()}:
            raise LedgerError(f"partner {client_id}: is registered already; parkwright carbon partner add renews it")
        made = Partner(client_id, name, supplier_id=supplier_id)
        refuse_partner(self._park, made)
        return self._desk.register(made, None, datetime.now(UTC))

    def share(self, client_id: str, references: Sequence[str], by: str) -> Sequence[str]:
        """Let a partner see the footprints of products; return those that it did not see. LedgerError for others."""
        return address(self._desk, self._park, client_id, tuple(references), by, datetime.now(UTC))

    def withdraw(self, client_id: str, references: Sequence[str]) -> Sequence[str]:
        """Let a partner no longer see them; return those that it saw."""
        self._desk.partner(client_id)
        return [one for one in references if self._desk.withdraw(client_id, one)]

    def invite(self, client_id: str) -> Mapping[str, Any]:
        """Return a path that signs a supplier's people in once; raises LedgerError where the partner is no supplier."""
        return invitation(self._desk, client_id, datetime.now(UTC))

    def revoke(self, client_id: str) -> None:
        """End a partner's access at once; raises LedgerError when there is no such partner."""
        self._desk.revoke(client_id, datetime.now(UTC))
