"""The requests for suppliers' footprints behind their page: each with its answer, its checks and its reminders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from parkwright.carbon.declaration import Declaration
from parkwright.carbon.own import Identity
from parkwright.carbon.plausible import per_unit_kg
from parkwright.carbon.request import OPEN, UNFINISHED, Request, reminder_due
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.store.requests import RequestDesk
from parkwright.wire.exchange import draft, expected_of, send, take_into_use

ANSWERED = ("fulfilled", "validated", "in_use")
"""States of a request whose answer is there and was not rejected."""


class RequestBoard:
    """Answers the page Suppliers' requests of one park."""

    def __init__(self, park: Park, url: str, identity: Identity | None) -> None:
        """Give the park, the URL of its operational database, and how it names itself; None where it does not say."""
        self._park, self._identity = park, identity
        self._desk = RequestDesk(url)

    def requests(self, supplier_id: str | None) -> Mapping[str, Any]:
        """Return the requests with their answers and checks: of one supplier, or of all where None."""
        now = datetime.now(UTC)
        mine = [one for one in self._desk.requests() if supplier_id is None or one.supplier_id == supplier_id]
        in_use = self._desk.in_use()
        rows = [self._row(one, in_use, now, own=supplier_id is not None) for one in mine]
        asked = {one.supplier_id for one in mine}
        return {
            "at": now,
            "open": sum(one.state in OPEN for one in mine),
            "late": sum(row["late"] for row in rows),
            "to_check": sum(one.state in ("fulfilled", "validated") for one in mine),
            "in_use": sum(one.state == "in_use" for one in mine),
            "suppliers_asked": len(asked),
            "suppliers_answered": len({one.supplier_id for one in mine if one.state in ANSWERED}),
            "rows": rows,
            "to_ask": [] if supplier_id is not None else self._to_ask(mine),
        }

    def _to_ask(self, asked: Sequence[Request]) -> list[dict[str, str]]:
        """Return the materials whose supplier is a partner, and for which no request is under way."""
        partners = {one.supplier_id for one in self._desk.partners()}
        waiting = {one.material_id for one in asked if one.state in UNFINISHED}
        suppliers = {one.id: one.name for one in self._park.suppliers}
        return [
            {"material_id": one.id, "name_en": one.name.en, "name_zh": one.name.zh, "supplier_id": one.supplier_id,
             "supplier_en": suppliers[one.supplier_id].en, "supplier_zh": suppliers[one.supplier_id].zh}
            for one in self._park.materials
            if one.supplier_id in partners and one.id not in waiting
        ]  # fmt: skip

    def draft(self, material_id: str, within: timedelta, by: str) -> None:
        """Draft a request for a material's footprint; raises LedgerError where nobody can be asked, or was."""
        draft(self._desk, self._park, material_id, within, by, datetime.now(UTC))

    def send(self, request_id: str, by: str) -> None:
        """Send a drafted or rejected request; raises LedgerError where it is another, or the park has no name."""
        if self._identity is None:
            raise LedgerError("carbon/exchange.toml: is missing; say there how the park names itself")
        send(self._desk, self._identity, request_id, by, datetime.now(UTC))

    def use(self, request_id: str, by: str) -> None:
        """Take a validated answer into use; raises LedgerError where it is none or is of another unit."""
        take_into_use(self._desk, self._park, request_id, by, datetime.now(UTC))

    def reject(self, request_id: str, reason: str, by: str) -> None:
        """Reject an answer with a reason; raises LedgerError where there is none to reject."""
        self._desk.reject(request_id, reason, by, datetime.now(UTC))

    def remind(self) -> int:
        """Post a reminder for every request that is due, and return how many; the exchange's server delivers them."""
        return len(self._desk.remind(datetime.now(UTC)))

    def _row(self, one: Request, in_use: Mapping[str, Declaration], now: datetime, *, own: bool) -> dict[str, Any]:
        """Return a request as the page shows it; own: to the supplier itself, without what the park counts with."""
        material = self._park.material.get(one.material_id)
        supplier = next((each for each in self._park.suppliers if each.id == one.supplier_id), None)
        expected = expected_of(self._park, one.material_id, in_use)
        answer, doubts = self._desk.checked(one, None if own else expected)  # the park's figure stays with the park
        each = per_unit_kg(answer, expected.unit) if answer is not None and expected is not None else None
        names = {f"{kind}_{language}": getattr(noun.name, language) if noun else name
                 for kind, noun, name in (("name", material, one.material_id), ("supplier", supplier, one.supplier_id))
                 for language in ("en", "zh")}  # fmt: skip
        counted_kg = None if own or expected is None else expected.footprint_kg
        share = None if answer is None else answer.primary_share_percent
        return {
            **names,
            "id": one.id,
            "material_id": one.material_id,
            "supplier_id": one.supplier_id,
            "state": one.state,
            "due": one.due,
            "changed": one.changed,
            "late": one.state in OPEN and now >= one.due,
            "reminder_due": reminder_due(one, now),
            "reminders": one.reminders,
            "reminded": one.reminded,
            "unit": expected.unit if expected else "",
            "kg_per_unit": None if each is None else float(each),
            "counted_kg": None if counted_kg is None else float(counted_kg),
            "primary_share": None if share is None else float(share) / 100,
            "doubts": [{"level": doubt.level, "thing": doubt.thing, "found": doubt.found} for doubt in doubts],
            "note": one.note,
        }
