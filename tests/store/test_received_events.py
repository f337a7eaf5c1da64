"""Received events in the database: each told once, none changed, senders apart, errors declared beside, on both."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from test_exchange_desk import postgres_url

from parkwright.model.errors import LedgerError
from parkwright.run.exchange import ExchangeError, Partner
from parkwright.run.received import Concerned, Received
from parkwright.store.exchange import ExchangeDesk
from parkwright.store.received import EventBook, Lot, Sender

NOW = datetime(2026, 7, 15, 8, 0, tzinfo=UTC)
THINGS = (Concerned("epc", "urn:x:lot:7", "7", Decimal("2.50"), "KGM"), Concerned("parent", "urn:x:pallet", ""))
ONE = Received("urn:uuid:1", "ObjectEvent", "ADD", NOW, "shipping", "in_transit", False, THINGS, "d1", {"a": [1.5]})


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def book(request: pytest.FixtureRequest, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'operations.db'}" if request.param == "sqlite" else postgres_url()
    with EventBook(url) as opened:
        yield opened


@pytest.fixture
def ann(book: EventBook) -> str:
    return book.add_user(f"Ann {secrets.token_hex(4)}", "carbon", NOW)


def test_an_event_comes_back_as_it_was_told_with_who_and_when(book: EventBook, ann: str):
    assert book.enter("alice", [ONE], ann, NOW) == 1
    (found,) = book.entered()
    assert (found.event, found.sender, found.user_id, found.received_at) == (ONE, "alice", ann, NOW)
    assert found.in_error is False


def test_a_hash_of_other_content_is_told_for_good(book: EventBook, ann: str):
    book.enter("alice", [replace(ONE, hash_differs=True), replace(ONE, event_id="urn:uuid:2")], ann, NOW)
    assert {one.event.event_id: one.event.hash_differs for one in book.entered()} == {
        "urn:uuid:1": True, "urn:uuid:2": False,
    }  # fmt: skip


def test_an_event_that_is_known_is_passed_over(book: EventBook, ann: str):
    assert book.enter("alice", [ONE, ONE], ann, NOW) == 1
    assert book.enter("alice", [ONE, replace(ONE, event_id="urn:uuid:2")], ann, NOW + timedelta(days=1)) == 1
    assert [one.received_at - NOW for one in book.entered()] == [timedelta(days=1), timedelta(0)]


def test_other_content_under_a_known_id_is_refused_and_nothing_of_the_document_stays(book: EventBook, ann: str):
    book.enter("alice", [ONE], ann, NOW)
    other = [replace(ONE, event_id="urn:uuid:2"), replace(ONE, digest="d2")]
    with pytest.raises(ExchangeError, match=r"event 2: eventID 'urn:uuid:1' is known with other content"):
        book.enter("alice", other, ann, NOW)
    assert [one.event for one in book.entered()] == [ONE]


def test_a_sender_neither_takes_nor_sees_the_ids_of_another(book: EventBook, ann: str):
    book.enter("alice", [ONE], ann, NOW)
    assert book.enter("bob", [replace(ONE, digest="d2")], ann, NOW) == 1
    assert [one.event.digest for one in book.entered({"bob"})] == ["d2"]
    assert [one.event.digest for one in book.entered({"alice"})] == ["d1"]
    assert book.entered({"carol"}) == []


def test_an_error_declared_stands_beside_the_event_and_changes_nothing(book: EventBook, ann: str):
    book.enter("alice", [ONE], ann, NOW)
    book.enter("bob", [ONE], ann, NOW)
    wrong = replace(ONE, wrong=True)
    assert book.enter("alice", [wrong], ann, NOW) == 1
    assert book.enter("alice", [wrong, ONE], ann, NOW) == 0
    assert [(one.event.wrong, one.in_error) for one in book.entered({"alice"})] == [(True, True), (False, True)]
    assert [one.in_error for one in book.entered({"bob"})] == [False]


def test_events_of_a_lot_come_newest_first_and_within_the_limit(book: EventBook, ann: str):
    other = (Concerned("child", "urn:x:lot:8", "8"),)
    events = [
        replace(ONE, event_id=f"urn:uuid:{n}", at=NOW + timedelta(hours=n), things=THINGS if n % 2 else other)
        for n in range(6)
    ]
    book.enter("alice", events, ann, NOW)
    assert [one.event.event_id[-1] for one in book.entered(lot="7")] == ["5", "3", "1"]
    assert [one.event.event_id[-1] for one in book.entered({"alice"}, "8", 2)] == ["4", "2"]
    assert book.entered({"bob"}, "7") == []
    assert book.entered(lot="' OR 1=1 --") == []


def test_a_brief_listing_counts_what_it_leaves_out(book: EventBook, ann: str):
    book.enter("alice", [ONE, replace(ONE, event_id="urn:uuid:2", things=())], ann, NOW)
    book.enter("bob", [ONE], ann, NOW)
    bare, first = book.entered({"alice"}, brief=1)
    assert (first.event.things, first.things, first.event.content) == (THINGS[:1], 2, {})
    assert (bare.event.things, bare.things) == ((), 0)
    assert [one.things for one in book.entered({"bob"})] == [2]
    assert [book.count(), book.count({"alice"}), book.count({"alice"}, "7"), book.count(set())] == [3, 2, 1, 0]
    assert book.entered(set()) == []


def test_senders_are_told_by_name_with_their_supplier_though_they_lost_access(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'operations.db'}"
    with ExchangeDesk(url) as desk:
        desk.register(Partner("b", "Boards", supplier_id="S-2"), None, NOW)
        desk.register(Partner("a", "Zinc"), None, NOW)
        desk.revoke("b", NOW)
    with EventBook(url) as opened:
        assert opened.senders() == [Sender("b", "Boards", "S-2"), Sender("a", "Zinc", None)]


def test_events_of_lots_are_those_of_their_suppliers_newest_first_without_errors(book: EventBook, ann: str):
    with ExchangeDesk(book._engine.url.render_as_string(hide_password=False)) as desk:
        for name, supplier in (("a1", "S-1"), ("a2", "S-1"), ("b", "S-2"), ("c", None)):
            desk.register(Partner(name, name, supplier_id=supplier), None, NOW)
    both = (*THINGS, replace(THINGS[0], role="output"), Concerned("epc", "urn:x:lot:8", "8"))
    told = [replace(ONE, event_id=f"urn:uuid:{n}", at=NOW + timedelta(hours=n), things=both) for n in range(3)]
    book.enter("a1", told, ann, NOW)
    book.enter("a1", [replace(told[2], wrong=True)], ann, NOW)
    book.enter("a2", [replace(ONE, at=NOW + timedelta(hours=9))], ann, NOW)
    for sender in ("b", "c", ""):
        book.enter(sender, [ONE], ann, NOW)
    found = book.of_lots({Lot("S-1", "7"), Lot("S-1", "8"), Lot("S-2", "8")}, 2, 1)
    shown = {
        (lot.supplier_id, lot.number): [(one.sender, one.event.event_id[-1], one.things) for one in rows]
        for lot, rows in found.items()
    }
    assert shown == {("S-1", "7"): [("a2", "1", 2), ("a1", "1", 4)], ("S-1", "8"): [("a1", "1", 4), ("a1", "0", 4)]}
    assert {len(one.event.things) for rows in found.values() for one in rows} == {1}
    assert book.of_lots(set(), 2, 1) == {}


ITEMS = "https://id.gs1.org/01/"
ITEM, OTHER = f"{ITEMS}04012345123456", f"{ITEMS}09520000000011"


def test_an_event_is_of_the_lot_whose_address_it_names_whoever_sent_it(book: EventBook, ann: str):
    with ExchangeDesk(book._engine.url.render_as_string(hide_password=False)) as desk:
        for name, supplier in (("its", "S-1"), ("carrier", None), ("rival", "S-2")):
            desk.register(Partner(name, name, supplier_id=supplier), None, NOW)

    def enter(sender: str, event_id: str, *things: str) -> None:
        named = tuple(Concerned("epc", thing, "7") for thing in things)
        book.enter(sender, [replace(ONE, event_id=event_id, things=named)], ann, NOW)

    enter("its", "by number", "urn:x:lot:7")
    enter("its", "by another item", f"{OTHER}/10/7")
    enter("its", "by its serial", f"{ITEM}/21/7")
    enter("carrier", "by its address", f"{OTHER}/10/7", f"{ITEM}/10/7")
    enter("carrier", "by number", "urn:x:lot:7")
    enter("rival", "by another item", f"{OTHER}/10/7")
    enter("", "by its address", f"{ITEM}/10/7")
    lot, plain = Lot("S-1", "7", ITEM, f"{ITEM}/10/7"), Lot("S-1", "7")
    found = book.of_lots({lot, plain, Lot("S-9", "7", ITEM), Lot("S-9", "8", ITEM, f"{ITEM}/10/8")}, 9, 9)
    shown = {each: {(one.sender, one.event.event_id) for one in rows} for each, rows in found.items()}
    assert shown == {
        lot: {("its", "by number"), ("its", "by its serial"), ("carrier", "by its address"), ("", "by its address")},
        plain: {("its", "by number"), ("its", "by its serial"), ("its", "by another item")},
    }
    book.enter("carrier", [replace(ONE, event_id="by its address", wrong=True)], ann, NOW)
    assert ("carrier", "by its address") not in {
        (one.sender, one.event.event_id) for one in book.of_lots({lot}, 9, 9)[lot]
    }


def test_only_a_person_who_exists_enters_events(book: EventBook):
    with pytest.raises(LedgerError, match="name a user that exists"):
        book.enter("alice", [ONE], "ghost", NOW)
    assert book.entered() == []


def test_a_partner_captures_as_itself_and_sees_its_own_alone(book: EventBook):
    with ExchangeDesk(book._engine.url.render_as_string(hide_password=False)) as desk:
        for name in ("alice", "bob"):
            desk.register(Partner(name, name), None, NOW)
    wrong = replace(ONE, wrong=True, content={"wrong": True})
    first = book.capture("alice", [ONE, replace(ONE, event_id="urn:uuid:2")], NOW)
    later = book.capture("alice", [ONE, wrong], NOW + timedelta(hours=1))
    assert (first.events, first.new, later.events, later.new) == (2, 2, 2, 1)
    assert [book.captured("alice", one.id) for one in (first, later)] == [first, later]
    assert [book.captured("bob", first.id), book.captured("alice", "none")] == [None, None]
    assert book.told("alice", "urn:uuid:1") == [{"a": [1.5]}, {"wrong": True}]
    assert [book.told("bob", "urn:uuid:1"), book.told("alice", "urn:uuid:9")] == [[], []]
    people = {user_id: (name, role) for user_id, name, role in book.users()}
    assert {people[one.user_id] for one in book.entered()} == {("partner:alice", "partner")}


def test_a_capture_that_is_refused_leaves_no_event_no_job_and_no_user(book: EventBook):
    with ExchangeDesk(book._engine.url.render_as_string(hide_password=False)) as desk:
        desk.register(Partner("alice", "alice"), None, NOW)
    with pytest.raises(ExchangeError, match="event 2: eventID"):
        book.capture("alice", [ONE, replace(ONE, digest="d2")], NOW)
    with pytest.raises(LedgerError):
        book.capture("nobody", [ONE], NOW)
    with book._transaction() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM captures").scalar_one() == 0
    assert [book.entered(), book.users()] == [[], []]
