"""Events of two suppliers and of the park itself in an operational database, with a free text to plant things in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from parkwright.run.exchange import Partner
from parkwright.run.received import OWN, Concerned, Received
from parkwright.store.exchange import ExchangeDesk
from parkwright.store.received import EventBook

AT = datetime(2026, 7, 14, 10, tzinfo=UTC)
LINK = "https://id.gs1.org/01/04012345123456/10"
SENT = (("panels", "S-1", "PA-1"), ("boards", "S-2", "BO-1"), ("boards-old", "S-2", "BO-1"))
"""Partner, its supplier, the lot that its event concerns."""


def shipped(name: str, lot: str, text: str, **changes: object) -> Received:
    """A shipping of a lot: its first thing is the lot, its second what `text` names."""
    things = (Concerned("epc", f"{LINK}/{lot}", lot, None, ""), Concerned("parent", text, ""))
    whole = Received(f"urn:uuid:{name}", "ObjectEvent", "OBSERVE", AT, "shipping", "", False, things, name, {"a": text})
    return replace(whole, **changes)


def enter_events(url: str, text: str) -> None:
    """Register the partners and enter an event of each, newest the last, then one of the park itself."""
    with ExchangeDesk(url) as desk:
        for partner, supplier, _ in SENT:
            desk.register(Partner(partner, f"{partner} {text}", supplier_id=supplier), None, AT)
        desk.revoke("boards-old", AT)
    with EventBook(url) as book:
        ann = book.add_user("Ann", "carbon", AT)
        for n, (sender, _, lot) in enumerate(SENT):
            at = AT + timedelta(hours=n)
            book.enter(
                sender, [shipped(sender, lot, text, at=at, business_step=text if n == 1 else "shipping")], ann, AT
            )
        book.enter(OWN, [shipped("own", "OW-1", text, at=AT + timedelta(days=1))], ann, AT)
