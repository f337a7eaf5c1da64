"""The exchange for a script: declare our footprints, register partners, address what they see, ask suppliers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from parkwright.carbon import own
from parkwright.carbon.declaration import ACTIVE, Declaration, chain
from parkwright.carbon.editions import LifeCycleFactor
from parkwright.carbon.factors import decimal
from parkwright.carbon.own import Identity
from parkwright.carbon.plausible import Doubt, Expected, per_unit_kg
from parkwright.carbon.request import Request, reminder_due
from parkwright.connect.pact_client import checked_address
from parkwright.connect.pact_wire import to_wire
from parkwright.connect.pact_wire2 import to_wire2
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.run.exchange import Partner
from parkwright.store import carbon_book
from parkwright.store.requests import RequestDesk
from parkwright.wire import footprint
from parkwright.wire.accounts import Accounts
from parkwright.wire.accounts import opened as accounts_opened
from parkwright.wire.places import Places
from parkwright.wire.shelf import UnitShelf

PERSON = "command line"
"""Name of the user that commands act as in the operational database."""
INVITED = timedelta(days=3)
"""How long a supplier's sign-in link is good (assumed: over a weekend)."""
Refs = tuple[str, ...]


@dataclass(frozen=True)
class Exchange:
    """A park with its identity, its desk open, its finished units, and the instant of the act; by: who acts."""

    park: Park
    park_dir: Path
    var: Path
    identity: Identity
    desk: RequestDesk
    now: datetime
    by: str
    shelf: UnitShelf


@contextmanager
def opened(park: Park, park_dir: Path, var: Path, now: datetime | None = None) -> Iterator[Exchange]:
    """Open a park's exchange below `var`.

    Raises LedgerError when the park has no carbon/exchange.toml, or the database cannot be opened.
    """
    identity = carbon_book.load(park_dir).identity
    if identity is None:
        raise LedgerError(f"{park_dir / 'carbon' / 'exchange.toml'}: is missing; say there how the park names itself")
    places, at = Places(var, park.site.park_id), now or datetime.now(UTC)
    with RequestDesk(places.operations_url) as desk:
        shelf = UnitShelf(park, park_dir, var, identity, desk)
        with closing(shelf):
            yield Exchange(park, park_dir, var, identity, desk, at, desk.add_user(PERSON, "carbon", at), shelf)


def declare_answer(exchange: Exchange, product_ids: Refs, start: date, end: date) -> dict[str, Any]:
    """Declare the footprints of products (all that have final passports where none is named) from [start, end].

    Raises LedgerError as `declare` does.
    """
    with accounts_opened(exchange.park, exchange.park_dir, exchange.var) as accounts:
        return declare(exchange.desk, exchange.identity, accounts, product_ids, (start, end), exchange.now)


def declare(
    desk: RequestDesk, identity: Identity, accounts: Accounts, product_ids: Refs, span: tuple[date, date], now: datetime
) -> dict[str, Any]:
    """Declare the footprints of products, as `declare_answer` does, from the accounts of the days of a span.

    The newest active declaration of a product is replaced and named as preceding.

    Raises LedgerError when no day of the span is closed, or a product has no final passport in it.
    """
    park, made, days = accounts.park, [], accounts.closed(*span)
    ground = footprint.ground(accounts, days)
    for product_id in product_ids or tuple(ground.finished["product_id"].unique().sort().to_list()):
        found = footprint.product_footprint(accounts, ground, product_id)
        before = [one for one in desk.own_declarations(product_id) if one.status == ACTIVE]
        version = (str(uuid.uuid4()), now, tuple(one.id for one in before))
        one = own.of_footprint(park, identity, found, _period(park, days), _sources(accounts), version)
        desk.declare(one, product_id, now)
        made.append(_told(one))
    return {"declared": made, "from": days[0], "to": days[-1]}


def _period(park: Park, days: list[str]) -> tuple[datetime, datetime]:
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    return park.day_bounds(first)[0].astimezone(UTC), park.day_bounds(last)[1].astimezone(UTC)


def _sources(accounts: Accounts) -> tuple[tuple[str, str], ...]:
    """Return the published factors behind the energy of a footprint, with their data years."""
    method = accounts.book.footprint
    names = [method.life_cycle_id, method.solar_id] if method else []
    editions = [accounts.library.get(name, LifeCycleFactor) for name in names]
    return tuple((f"{one.publisher}, {one.document}, {one.cell}", str(one.data_year)) for one in editions)


def declarations_answer(exchange: Exchange, product_id: str | None) -> dict[str, Any]:
    """Return our declarations with their chain of versions, oldest first."""
    return {"declarations": declared(exchange.desk, product_id)}


def declared(desk: RequestDesk, product_id: str | None) -> list[dict[str, Any]]:
    """Return our declarations of a product, of all where None, with their chain of versions, oldest first."""
    found = desk.own_declarations(product_id)
    known = {one.id: one for one in found}
    return [{**_told(one), "versions_before": chain(known, one.id)} for one in found]


def written(exchange: Exchange, declaration_id: str, edition: str) -> dict[str, Any]:
    """Return a declaration as PACT writes it, of edition "3" or "2"; raises LedgerError for an unknown one."""
    found = exchange.desk.declaration(declaration_id)
    if found is None:
        raise LedgerError(f"footprint {declaration_id}: there is none; list them with carbon declarations")
    return to_wire(found) if edition == "3" else to_wire2(found)


def _told(one: Declaration) -> dict[str, Any]:
    return {
        "id": one.id,
        "product": one.product_ids[0],
        "status": one.status,
        "kg_per_declared_unit": str(one.total_kg),
        "unit": one.unit,
        "primary_share_percent": None if one.primary_share_percent is None else str(one.primary_share_percent),
        "created": one.created.isoformat(),
        "replaces": list(one.preceding),
    }


# Partners


def register_answer(exchange: Exchange, partner: Partner, secret: str | None) -> dict[str, Any]:
    """Register a partner; the answer holds its secret once, where it was generated here."""
    if partner.callback_url is not None:
        checked_address(partner.callback_url)
    refuse_partner(exchange.park, partner)
    made = exchange.desk.register(partner, secret, exchange.now)
    shown = {"client_secret": made} if secret is None else {}
    return {"client_id": partner.id, **shown, "edition": partner.edition, "callback": partner.callback_url}


def refuse_partner(park: Park, partner: Partner) -> None:
    """Raise LedgerError when a partner is to be a supplier that the park does not have."""
    if partner.supplier_id is not None and partner.supplier_id not in {one.id for one in park.suppliers}:
        raise LedgerError(f"supplier {partner.supplier_id!r}: is not in suppliers.toml; name one that is")


def partners_answer(exchange: Exchange) -> dict[str, Any]:
    """Return the partners and what is addressed to each."""
    rows = [
        {
            "client_id": one.id,
            "name": one.name,
            "edition": one.edition,
            "callback": one.callback_url,
            "supplier_id": one.supplier_id,
            "sees": exchange.desk.addressed_references(one.id),
        }
        for one in exchange.desk.partners()
    ]
    return {"partners": rows}


def address_answer(exchange: Exchange, partner_id: str, references: Refs) -> dict[str, Any]:
    """Let a partner see the declarations of products, or single declarations; all products for "all"."""
    added = address(exchange.desk, exchange.park, partner_id, references, exchange.by, exchange.now)
    return {"partner": partner_id, "added": added, "sees": exchange.desk.addressed_references(partner_id)}


def address(desk: RequestDesk, park: Park, partner_id: str, references: Refs, by: str, now: datetime) -> list[str]:
    """Let a partner see declarations, as `address_answer` does, and return those that it did not see.

    Raises LedgerError for what is neither a product nor declared, or a partner that is not registered.
    """
    wanted: Refs = tuple(one.id for one in park.products) if references == ("all",) else references
    for reference in wanted:
        if reference not in park.product and not desk.declared(reference):
            raise LedgerError(f"{reference!r}: is no product and no declared footprint; name one")
    return [one for one in wanted if desk.address(partner_id, one, by, now)]


def withdraw_answer(exchange: Exchange, partner_id: str, references: Refs) -> dict[str, Any]:
    """Let a partner no longer see them."""
    gone = [one for one in references if exchange.desk.withdraw(partner_id, one)]
    return {"partner": partner_id, "withdrawn": gone, "sees": exchange.desk.addressed_references(partner_id)}


def revoke_answer(exchange: Exchange, partner_id: str) -> dict[str, Any]:
    """End a partner's access at once."""
    exchange.desk.revoke(partner_id, exchange.now)
    return {"revoked": partner_id}


def invite_answer(exchange: Exchange, partner_id: str) -> dict[str, Any]:
    """Return a path that signs a supplier's people in once; they see the requests to that supplier alone."""
    return invitation(exchange.desk, partner_id, exchange.now)


def invitation(desk: RequestDesk, partner_id: str, now: datetime) -> dict[str, Any]:
    """Return a path that signs a supplier's people in once; raises LedgerError where the partner is no supplier."""
    supplier_id = desk.partner(partner_id).supplier_id
    if supplier_id is None:
        raise LedgerError(f"partner {partner_id}: is no supplier; register it with carbon partner add --supplier")
    token = desk.create_sign_in_link(f"supplier:{supplier_id}", now, INVITED)
    hours = INVITED.total_seconds() / 3600
    return {"supplier_id": supplier_id, "open": f"/sign-in/{token}?next=/requests", "valid_h": hours}


# Requests to suppliers


def draft_answer(exchange: Exchange, material_id: str, within: timedelta) -> dict[str, Any]:
    """Draft a request for a material to its supplier's partner; raises LedgerError where there is none."""
    return _request(exchange, draft(exchange.desk, exchange.park, material_id, within, exchange.by, exchange.now))


def draft(desk: RequestDesk, park: Park, material_id: str, within: timedelta, by: str, now: datetime) -> Request:
    """Draft a request for a material to its supplier's partner.

    Raises LedgerError when there is no such material or partner, or a request for it is open already.
    """
    if material_id not in park.material:
        raise LedgerError(f"material {material_id!r}: is not in materials.csv; name one that is")
    supplier_id = park.material[material_id].supplier_id
    partner = next((one for one in desk.partners() if one.supplier_id == supplier_id), None)
    if partner is None:
        raise LedgerError(f"supplier {supplier_id}: is no partner; register it with carbon partner add --supplier")
    return desk.draft(supplier_id, material_id, partner.id, by, now, within)


def send_answer(exchange: Exchange, request_id: str) -> dict[str, Any]:
    """Send a drafted or rejected request; carbon serve delivers it."""
    return _request(exchange, send(exchange.desk, exchange.identity, request_id, exchange.by, exchange.now))


def send(desk: RequestDesk, identity: Identity, request_id: str, by: str, now: datetime) -> Request:
    """Send a drafted or rejected request under the park's name for its material; raises LedgerError for another."""
    urns = [f"{identity.material_urn}{desk.request(request_id).material_id}"]
    return desk.send(request_id, urns, by, now)


def requests_answer(exchange: Exchange, state: str | None) -> dict[str, Any]:
    """Return the requests to suppliers, what is due first at the top."""
    return {"requests": [_request(exchange, one) for one in exchange.desk.requests(state)]}


def request_answer(exchange: Exchange, request_id: str) -> dict[str, Any]:
    """Return a request with all its moves, and what is doubtful about its answer as the park counts now."""
    request = exchange.desk.request(request_id)
    expected = expected_of(exchange.park, request.material_id, exchange.desk.in_use())
    doubts = exchange.desk.checked(request, expected)[1] if request.declaration_id else []
    moves = exchange.desk.moves(request_id)
    told = [{"from": m.from_state, "to": m.to_state, "at": m.at.isoformat(), "by": m.by, "note": m.note} for m in moves]
    return {**_request(exchange, request), "doubts": _doubts(doubts), "moves": told}


def check_answer(exchange: Exchange, request_id: str) -> dict[str, Any]:
    """Check a fulfilled request's footprint; it becomes validated, or rejected where it cannot be used."""
    doubts = validate(exchange.desk, exchange.park, request_id, exchange.by, exchange.now)
    return {
        **_request(exchange, exchange.desk.request(request_id)),
        "doubts": _doubts(doubts),
    }


def _doubts(doubts: list[Doubt]) -> list[dict[str, str]]:
    return [{"level": one.level, "thing": one.thing, "found": one.found} for one in doubts]


def validate(desk: RequestDesk, park: Park, request_id: str, by: str, now: datetime) -> list[Doubt]:
    """Check a fulfilled request against the park's material and the figure in use; return what is doubtful."""
    expected = expected_of(park, desk.request(request_id).material_id, desk.in_use())
    return desk.validate(request_id, expected, by, now)


def expected_of(park: Park, material_id: str, in_use: Mapping[str, Declaration]) -> Expected | None:
    """Return what the park counts a material with: its unit and the supplier's figure in use, or its own.

    No figure where the one in use does not convert to the unit: the park then counts with none until one is there.
    """
    material = park.material.get(material_id)
    if material is None:
        return None
    held = in_use.get(material_id)
    if held is not None:
        return Expected(material.unit, per_unit_kg(held, material.unit))
    return Expected(material.unit, decimal(material.footprint_kg_per_unit))


def use_answer(exchange: Exchange, request_id: str) -> dict[str, Any]:
    """Take a validated footprint into use; the next declaration of a product counts with it."""
    return _request(exchange, take_into_use(exchange.desk, exchange.park, request_id, exchange.by, exchange.now))


def take_into_use(desk: RequestDesk, park: Park, request_id: str, by: str, now: datetime) -> Request:
    """Take a validated footprint into use.

    Raises LedgerError when there is none, or its material has had another unit since, to which it does not convert.
    """
    request = desk.request(request_id)
    declaration = desk.declaration(request.declaration_id) if request.declaration_id else None
    material = park.material.get(request.material_id)
    if declaration and material and per_unit_kg(declaration, material.unit) is None:
        raise LedgerError(
            f"request {request_id}: the footprint is per {declaration.unit} and material {material.id} is counted in "
            f"{material.unit}; reject it and ask for that unit or the mass"
        )
    return desk.use(request_id, by, now)


def reject_answer(exchange: Exchange, request_id: str, reason: str) -> dict[str, Any]:
    """Reject a footprint with a reason."""
    return _request(exchange, exchange.desk.reject(request_id, reason, exchange.by, exchange.now))


def remind_answer(exchange: Exchange) -> dict[str, Any]:
    """Remind the suppliers whose requests are due."""
    return {"reminded": [_request(exchange, one) for one in exchange.desk.remind(exchange.now)]}


def _request(exchange: Exchange, request: Request) -> dict[str, Any]:
    declaration = exchange.desk.declaration(request.declaration_id) if request.declaration_id else None
    material = exchange.park.material.get(request.material_id)
    each = per_unit_kg(declaration, material.unit) if declaration and material else None
    return {
        "id": request.id,
        "material_id": request.material_id,
        "supplier_id": request.supplier_id,
        "partner_id": request.partner_id,
        "state": request.state,
        "due": request.due.isoformat(),
        "reminder_due": reminder_due(request, exchange.now),
        "reminders": request.reminders,
        "declaration_id": request.declaration_id,
        "kg_per_unit": None if each is None else str(each),
        "note": request.note,
    }


def secret_of(name: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the secret in the environment variable `name`; None for no name. Raises LedgerError for an empty one."""
    if name is None:
        return None
    found = environ.get(name, "")
    if not found:
        raise LedgerError(f"variable {name}: is not set; set it to the secret, or leave the option out to get one")
    return found
