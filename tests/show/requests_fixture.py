"""Requests to suppliers as the wire answers them, made up, with a free text that a test may plant something in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from parkwright.model.errors import LedgerError

AT = datetime(2026, 7, 20, tzinfo=UTC)


def row(text: str, **changes: Any) -> dict[str, Any]:
    """A request that was answered with a figure that is doubted."""
    plain = {
        "id": "r1", "material_id": "PNL-14", "name_en": text, "name_zh": text, "supplier_id": "S-1",
        "supplier_en": text, "supplier_zh": text, "state": "validated", "due": AT + timedelta(days=3), "changed": AT,
        "late": False, "reminder_due": False, "reminders": 0, "reminded": None, "unit": "piece", "kg_per_unit": 12.5,
        "counted_kg": 30.25, "primary_share": 0.4, "note": "",
        "doubts": [{"level": "warning", "thing": "total", "found": f"{text} more than three times"}],
    }  # fmt: skip
    return {**plain, **changes}


class FakeDeclarations:
    """Answers like wire.declaration_board: two versions of a product; nothing is closed before 2026."""

    def __init__(self, text: str = "a text") -> None:
        self.text = text
        self.made: list[tuple[tuple[str, ...], tuple[date, date]]] = []

    def declarations(self, product_id: str | None) -> list[dict[str, Any]]:
        first = {
            "id": "d1", "product": f"urn:x:{self.text}", "status": "deprecated", "kg_per_declared_unit": "100.5",
            "unit": "piece", "primary_share_percent": None, "created": AT.isoformat(), "replaces": [],
            "versions_before": [],
        }  # fmt: skip
        second = {
            **first, "id": "d2", "status": "active", "kg_per_declared_unit": "98.25", "primary_share_percent": "12.5",
            "created": (AT + timedelta(days=1)).isoformat(), "replaces": ["d1"], "versions_before": ["d1"],
        }  # fmt: skip
        return [] if product_id == "none" else [first, second]

    def declare(self, product_ids: Sequence[str], span: tuple[date, date]) -> dict[str, Any]:
        if span[0].year < 2026:
            raise LedgerError(f"{self.text} {span[0]} to {span[1]}: no closed day in this ledger")
        self.made.append((tuple(product_ids), span))
        return {"declared": [{"id": "d3"}], "from": str(span[0]), "to": str(span[1])}


class FakeRequests:
    """Answers like wire.request_board: three requests of two suppliers."""

    def __init__(self, text: str = "a text") -> None:
        self.text = text
        self.asked: list[str | None] = []
        self.acts: list[tuple[str, ...]] = []

    def draft(self, material_id: str, within: timedelta, by: str) -> None:
        if material_id != "SSD-2":
            raise LedgerError(f"material {material_id!r}: is not in materials.csv; name one that is {self.text}")
        self.acts.append(("draft", material_id, str(within.days), by))

    def send(self, request_id: str, by: str) -> None:
        if request_id != "r4":
            raise LedgerError(f"request {request_id}: is in_use and cannot become sent; from here it may: superseded")
        self.acts.append(("send", request_id, by))

    def use(self, request_id: str, by: str) -> None:
        if request_id != "r1":
            raise LedgerError(f"request {request_id}: is sent and cannot become in_use; from here it may: acknowledged")
        self.acts.append(("use", request_id, by))

    def reject(self, request_id: str, reason: str, by: str) -> None:
        self.acts.append(("reject", request_id, reason, by))

    def remind(self) -> int:
        self.acts.append(("remind",))
        return 2

    def requests(self, supplier_id: str | None) -> dict[str, Any]:
        self.asked.append(supplier_id)
        none = {"kg_per_unit": None, "primary_share": None, "doubts": []}
        rows = [
            row(self.text),
            row(self.text, id="r2", supplier_id="S-2", state="sent", due=AT - timedelta(days=9), late=True, reminders=2,
                reminded=AT - timedelta(days=1), **none),
            row(self.text, id="r3", supplier_id="S-2", state="in_use", doubts=[]),
            row(self.text, id="r4", supplier_id="S-2", state="rejected", note=self.text, **none),
        ]  # fmt: skip
        mine = [one for one in rows if supplier_id is None or one["supplier_id"] == supplier_id]
        return {
            "at": AT, "open": 1, "late": 1, "to_check": 1, "in_use": 1, "suppliers_asked": 2, "suppliers_answered": 2,
            "to_ask": [] if supplier_id is not None else [
                {"material_id": "SSD-2", "name_en": self.text, "name_zh": self.text, "supplier_id": "S-2",
                 "supplier_en": self.text, "supplier_zh": self.text},
            ],
            "rows": mine if supplier_id is None else [one | {"counted_kg": None} for one in mine],
        }  # fmt: skip
