"""Companies over the wire: a buyer asks, a supplier's server answers, the buyer checks; others see nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from declared import IDS, NOW, d, declared
from fastapi.testclient import TestClient

from parkwright.carbon.declaration import Filter
from parkwright.carbon.plausible import Expected
from parkwright.connect.pact_events import CLOUD_EVENTS, event_body
from parkwright.connect.pact_server import make_exchange
from parkwright.connect.pact_wire import from_wire, to_wire
from parkwright.connect.pact_wire2 import from_wire2
from parkwright.run.exchange import Asked, DeliveryError, Fulfilled, Partner, Published, deliver
from parkwright.store import exchange
from parkwright.store.requests import RequestDesk

SECRET = "correct horse battery"
URN = "urn:x:material:panel"
PIECE = Expected("piece", d("30"))


@dataclass
class Company:
    """A company with its desk and its server; `away` while nobody reaches it."""

    name: str
    desk: RequestDesk
    client: TestClient
    user: str
    away: bool = False

    def token_of(self, who: str) -> str:
        issued = self.desk.issue_token(who, SECRET, NOW)
        assert issued is not None
        return issued[0]

    def get(self, who: str, path: str):
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token_of(who)}"})


class Roads:
    """Brings messages of one company to the servers of the others, as the wire has them."""

    def __init__(self, sender: str, companies: dict[str, Company]) -> None:
        self.sender = sender
        self.companies = companies
        self.bodies: list[dict] = []

    def deliver(self, waiting) -> None:
        there = self.companies[waiting.partner.id]
        if there.away:
            raise DeliveryError(f"{there.name} is away")
        body = event_body(waiting.message, waiting.edition, f"https://{self.sender}.example/3/events", NOW)
        self.bodies.append(body)
        headers = {"Authorization": f"Bearer {there.token_of(self.sender)}", "Content-Type": CLOUD_EVENTS}
        answer = there.client.post(f"/{waiting.edition}/events", content=json.dumps(body), headers=headers)
        if answer.status_code != 200:
            raise DeliveryError(f"{there.name} answered {answer.status_code}")


@pytest.fixture(params=["3", "2"])
def companies(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exchange, "_secret_hash", lambda secret, salt: hashlib.sha256(secret.encode()).hexdigest())
    made: dict[str, Company] = {}
    for name in ("buyer", "supplier", "rival"):
        desk = RequestDesk(f"sqlite:///{tmp_path / name}.db")
        client = TestClient(make_exchange(desk, lambda: NOW), base_url=f"https://{name}.example")
        made[name] = Company(name, desk, client, desk.add_user("Ann", "carbon", NOW))
    for one in made.values():
        for other in set(made) - {one.name}:
            partner = Partner(other, other, edition=request.param, callback_url=f"https://{other}.example")
            one.desk.register(partner, SECRET, NOW)
    yield made
    for one in made.values():
        one.desk.close()


def round_trip(companies: dict[str, Company], at=NOW) -> None:
    """Let the post of everybody go round twice: questions there, answers back."""
    for _ in range(2):
        for name, one in companies.items():
            deliver(one.desk, Roads(name, companies), at)


def offered(companies: dict[str, Company], **changes):
    supplier = companies["supplier"]
    one = declared(product_ids=(URN,), country="CN", subdivision=None, **changes)
    supplier.desk.declare(one, "panel", NOW)
    supplier.desk.address("buyer", "panel", supplier.user, NOW)
    return one


def asked(companies: dict[str, Company]):
    buyer = companies["buyer"].desk
    drafted = buyer.draft("S-PANEL", "PNL", "supplier", "ann", NOW)
    return buyer.send(drafted.id, [URN], "ann", NOW)


def test_a_footprint_goes_from_the_suppliers_desk_into_the_buyers_use(companies):
    one = offered(companies)
    request = asked(companies)
    round_trip(companies)
    buyer = companies["buyer"].desk
    assert buyer.request(request.id).state == "fulfilled"
    came = buyer.declaration(one.id)
    assert came.company_name == one.company_name
    assert abs(came.total_kg - one.total_kg) < d("1e-9")
    buyer.validate(request.id, PIECE, "ann", NOW)
    buyer.use(request.id, "ann", NOW)
    assert set(buyer.in_use()) == {"PNL"}
    states = [move.to_state for move in buyer.moves(request.id)]
    assert states == ["draft", "sent", "acknowledged", "fulfilled", "validated", "in_use"]


def test_what_is_not_shared_is_rejected_and_the_buyer_learns_nothing_of_it(companies):
    supplier = companies["supplier"]
    supplier.desk.declare(declared(product_ids=(URN,)), "panel", NOW)
    supplier.desk.address("rival", "panel", supplier.user, NOW)
    request = asked(companies)
    round_trip(companies)
    found = companies["buyer"].desk.request(request.id)
    assert found.state == "rejected"
    assert IDS[1] not in found.note
    assert companies["buyer"].desk.declaration(IDS[1]) is None
    assert companies["supplier"].get("buyer", f"/3/footprints/{IDS[1]}").status_code == 403
    assert companies["supplier"].get("rival", f"/3/footprints/{IDS[1]}").status_code == 200


def test_a_rival_cannot_answer_for_the_supplier(companies):
    request = asked(companies)
    rival = companies["rival"]
    edition = rival.desk.partners()[0].edition
    forged = Fulfilled("forged", request.event_id, (declared(id=IDS[7], product_ids=(URN,)),))
    rival.desk.post("buyer", forged, edition, NOW)
    assert deliver(rival.desk, Roads("rival", companies), NOW) == (0, 1)
    buyer = companies["buyer"].desk
    assert buyer.request(request.id).state == "sent"
    assert buyer.declaration(IDS[7]) is None


def test_a_supplier_that_was_away_answers_when_it_is_back(companies):
    offered(companies)
    companies["supplier"].away = True
    request = asked(companies)
    round_trip(companies)
    assert companies["buyer"].desk.request(request.id).state == "sent"
    companies["supplier"].away = False
    round_trip(companies, NOW + timedelta(minutes=1))
    assert companies["buyer"].desk.request(request.id).state == "fulfilled"


def test_a_new_version_is_told_asked_for_and_takes_the_place_of_the_old(companies):
    old = offered(companies)
    first = asked(companies)
    round_trip(companies)
    supplier, buyer = companies["supplier"], companies["buyer"].desk
    buyer.validate(first.id, PIECE, "ann", NOW)
    buyer.use(first.id, "ann", NOW)
    new = replace(old, id=IDS[2], created=NOW + timedelta(hours=1), preceding=(old.id,))
    supplier.desk.declare(new, "panel", NOW)
    supplier.desk.post("buyer", Published("news", (new.id,)), supplier.desk.partners()[0].edition, NOW)
    second = asked(companies)
    round_trip(companies)
    assert buyer.noted("supplier", "news")
    assert buyer.request(second.id).declaration_id == new.id
    buyer.validate(second.id, PIECE, "ann", NOW)
    buyer.use(second.id, "ann", NOW)
    assert buyer.request(first.id).state == "superseded"
    assert buyer.in_use()["PNL"].id == new.id
    assert buyer.declaration(old.id).status == "deprecated"


def test_a_withdrawn_product_is_no_longer_answered_with(companies):
    offered(companies)
    companies["supplier"].desk.withdraw("buyer", "panel")
    request = asked(companies)
    round_trip(companies)
    assert companies["buyer"].desk.request(request.id).state == "rejected"


def test_a_revoked_partner_is_shut_out_at_once(companies):
    offered(companies)
    supplier = companies["supplier"]
    headers = {"Authorization": f"Bearer {supplier.token_of('buyer')}"}
    assert supplier.client.get("/3/footprints", headers=headers).status_code == 200
    supplier.desk.revoke("buyer", NOW)
    for path in ("/3/footprints", f"/3/footprints/{IDS[1]}", "/2/footprints"):
        assert supplier.client.get(path, headers=headers).status_code == 401
    body = event_body(Asked("e", Filter(), ""), "3", "https://buyer.example", NOW)
    assert supplier.client.post("/3/events", content=json.dumps(body), headers=headers).status_code == 401


def test_both_editions_tell_the_same_footprint(companies):
    one = offered(companies)
    supplier = companies["supplier"]
    third = from_wire(supplier.get("buyer", f"/3/footprints/{one.id}").json()["data"])
    second = from_wire2(supplier.get("buyer", f"/2/footprints/{one.id}").json()["data"])
    assert to_wire(third) == to_wire(one)
    assert (third.id, third.company_ids, third.period) == (second.id, second.company_ids, second.period)
    assert abs(third.total_kg - second.total_kg) < d("1e-9")
    assert second.mass_kg == third.mass_kg
