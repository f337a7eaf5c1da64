"""The exchange in the database: secrets hashed, tokens that end, addresses kept apart, messages once, on both."""

from __future__ import annotations

import itertools
import os
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from declared import IDS, NOW, d, declared
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon.declaration import Filter, lowered
from parkwright.model.errors import LedgerError
from parkwright.run.exchange import (
    GIVE_UP,
    Asked,
    DeliveryError,
    ExchangeError,
    Fulfilled,
    Partner,
    Published,
    Rejected,
    deliver,
    receive,
)
from parkwright.store.declared import content_of, declaration_of, document_of, message_of
from parkwright.store.exchange import TOKEN_LIFE, ExchangeDesk

SECRET = "correct horse battery"
ALICE = Partner("alice", "Alice", ("urn:x:alice",), "3", "https://alice.example", "us", "ALICE_SECRET")
BOB = Partner("bob", "Bob")


def postgres_url() -> str:
    """A fresh schema of the server that PARKWRIGHT_TEST_POSTGRES names."""
    url = os.environ.get("PARKWRIGHT_TEST_POSTGRES")
    assert url, "set PARKWRIGHT_TEST_POSTGRES to the URL of a PostgreSQL server"
    schema = f"parkwright_{secrets.token_hex(6)}"
    with sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg")).begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def desk(request: pytest.FixtureRequest, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'operations.db'}" if request.param == "sqlite" else postgres_url()
    with ExchangeDesk(url) as opened:
        opened.register(ALICE, SECRET, NOW)
        opened.register(BOB, SECRET, NOW)
        yield opened


@pytest.fixture
def ann(desk: ExchangeDesk) -> str:
    return desk.add_user("Ann", "carbon", NOW)


def test_a_secret_is_stored_as_its_hash_with_a_salt_of_its_own(desk: ExchangeDesk):
    with desk._transaction() as connection:
        rows = connection.execute(sa.text("SELECT secret_hash, secret_salt FROM partners")).all()
    assert len({row.secret_hash for row in rows}) == len({row.secret_salt for row in rows}) == 2
    assert not any(SECRET in str(row) for row in rows)


def test_the_right_secret_gets_a_token_and_the_wrong_one_none(desk: ExchangeDesk):
    token, life = desk.issue_token("alice", SECRET, NOW)
    assert life == TOKEN_LIFE
    assert desk.partner_of(token, NOW) == ALICE
    for client, secret in (("alice", "wrong"), ("nobody", SECRET), ("alice", ""), ("", "")):
        assert desk.issue_token(client, secret, NOW) is None


def test_a_token_ends_and_is_told_apart_from_one_that_never_was(desk: ExchangeDesk):
    token, _ = desk.issue_token("alice", SECRET, NOW)
    last = NOW + TOKEN_LIFE - timedelta(milliseconds=1)
    assert desk.partner_of(token, last) == ALICE
    assert desk.partner_of(token, NOW + TOKEN_LIFE) is None
    assert desk.expired(token, NOW + TOKEN_LIFE)
    assert not desk.expired(token, last)
    assert not desk.expired("never issued", NOW)


def test_a_new_secret_and_a_revocation_end_every_token(desk: ExchangeDesk):
    token, _ = desk.issue_token("alice", SECRET, NOW)
    made = desk.register(ALICE, None, NOW)
    assert desk.partner_of(token, NOW) is None
    assert desk.issue_token("alice", SECRET, NOW) is None
    fresh, _ = desk.issue_token("alice", made, NOW)
    desk.revoke("alice", NOW)
    assert desk.partner_of(fresh, NOW) is None
    assert desk.issue_token("alice", made, NOW) is None
    assert [one.id for one in desk.partners()] == ["bob"]
    with pytest.raises(LedgerError, match="not registered"):
        desk.revoke("alice", NOW)


@pytest.mark.parametrize(
    ("partner_id", "secret"), [("a b", None), ("", None), ("x" * 101, None), ("a\n", None), ("ok", "short")]
)
def test_an_id_or_a_secret_that_cannot_be_used_is_refused(desk: ExchangeDesk, partner_id, secret):
    with pytest.raises(LedgerError):
        desk.register(Partner(partner_id, "x"), secret, NOW)


def test_a_partner_sees_what_is_addressed_to_it_and_nothing_else(desk: ExchangeDesk, ann: str):
    desk.declare(declared(id=IDS[1]), "P1", NOW)
    desk.declare(declared(id=IDS[2]), "P2", NOW)
    desk.note_declaration("bob", declared(id=IDS[3]), NOW)
    assert desk.addressed_to("alice") == []
    assert desk.address("alice", "P1", ann, NOW)
    assert not desk.address("alice", "P1", ann, NOW)
    assert [one.id for one in desk.addressed_to("alice")] == [IDS[1]]
    assert desk.addressed_to("bob") == []
    desk.address("alice", IDS[3], ann, NOW)
    assert sorted(one.id for one in desk.addressed_to("alice")) == [IDS[1], IDS[3]]
    assert desk.addressed_references("alice") == sorted(["P1", IDS[3]])
    assert desk.withdraw("alice", "P1")
    assert not desk.withdraw("alice", "P1")
    assert [one.id for one in desk.addressed_to("alice")] == [IDS[3]]


def test_a_suppliers_footprint_is_not_ours_whatever_product_it_names(desk: ExchangeDesk, ann: str):
    desk.note_declaration("bob", declared(id=IDS[3]), NOW)
    desk.address("alice", "", ann, NOW)
    assert desk.addressed_to("alice") == []
    assert desk.own_declarations() == []


def test_a_new_version_deprecates_the_one_it_replaces_and_no_one_elses(desk: ExchangeDesk):
    desk.declare(declared(id=IDS[1]), "P1", NOW)
    desk.note_declaration("bob", declared(id=IDS[2]), NOW)
    desk.note_declaration("bob", declared(id=IDS[3], preceding=(IDS[1], IDS[2])), NOW)
    assert desk.declaration(IDS[1]).status == "active"
    assert desk.declaration(IDS[2]).status == "deprecated"
    desk.declare(declared(id=IDS[4], preceding=(IDS[1],)), "P1", NOW)
    assert [one.status for one in desk.own_declarations("P1")] == ["deprecated", "active"]


def test_an_id_is_given_once(desk: ExchangeDesk):
    assert desk.note_declaration("bob", declared(id=IDS[1]), NOW)
    assert not desk.note_declaration("bob", declared(id=IDS[1]), NOW)
    with pytest.raises(ExchangeError, match="this id is taken"):
        desk.note_declaration("bob", declared(id=IDS[1], total_kg=d("1")), NOW)
    with pytest.raises(ExchangeError, match="this id is taken"):
        desk.note_declaration("alice", declared(id=IDS[1]), NOW)
    with pytest.raises(LedgerError, match="entered before"):
        desk.declare(declared(id=IDS[1]), "P1", NOW)
    assert desk.declared(IDS[1])
    assert not desk.declared(IDS[9])
    assert desk.declaration(IDS[9]) is None


class Carrier:
    """A courier that keeps what it is given, and refuses as often as it is told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.taken = []

    def deliver(self, waiting) -> None:
        if self.refusals:
            self.refusals -= 1
            raise DeliveryError("not reached")
        self.taken.append((waiting.partner.id, waiting.message))


def asking(event_id: str, product: str) -> Asked:
    return Asked(event_id, Filter(product_ids=lowered([product])))


def test_a_request_is_answered_once_with_what_is_addressed_to_the_asker(desk: ExchangeDesk, ann: str):
    desk.declare(declared(), "P1", NOW)
    desk.address("alice", "P1", ann, NOW)
    for _ in range(3):
        receive(desk, ALICE, asking("e1", "urn:gtin:4712345060507"), "3", NOW)
    receive(desk, ALICE, asking("e2", "urn:pact:null"), "3", NOW)
    carrier = Carrier()
    assert deliver(desk, carrier, NOW) == (2, 0)
    (_, fulfilled), (_, rejected) = carrier.taken
    assert (fulfilled.request_event_id, [one.id for one in fulfilled.declarations]) == ("e1", [IDS[1]])
    assert (rejected.request_event_id, rejected.code) == ("e2", "NotFound")
    assert deliver(desk, carrier, NOW) == (0, 0)


def test_a_request_for_what_is_addressed_to_others_is_rejected_as_if_it_were_not_there(desk: ExchangeDesk, ann: str):
    desk.declare(declared(), "P1", NOW)
    desk.address("alice", "P1", ann, NOW)
    receive(desk, replace(BOB, callback_url="x"), asking("e1", "urn:gtin:4712345060507"), "3", NOW)
    receive(desk, replace(BOB, callback_url="x"), asking("e2", "urn:gtin:0000000000000"), "3", NOW)
    with desk._transaction() as connection:
        found = connection.execute(sa.text("SELECT kind, content FROM exchange_messages WHERE NOT incoming")).all()
    assert [row.kind for row in found] == ["rejected", "rejected"]


def test_the_same_event_id_of_two_partners_is_two_events(desk: ExchangeDesk):
    assert desk.note("alice", Published("e", (IDS[1],)), "3", NOW)
    assert not desk.note("alice", Published("e", (IDS[1],)), "3", NOW)
    assert desk.note("bob", Published("e", (IDS[1],)), "3", NOW)
    assert desk.noted("bob", "e")
    assert not desk.noted("bob", "f")


def test_a_message_is_tried_again_with_longer_pauses_and_abandoned_after_three_days(desk: ExchangeDesk):
    desk.post("alice", Published("e", (IDS[1],)), "3", NOW)
    carrier, at, tries = Carrier(refusals=10**6), NOW, []
    while at <= NOW + GIVE_UP + timedelta(days=1):
        if deliver(desk, carrier, at) != (0, 0):
            tries.append(at)
        at += timedelta(seconds=30) if at < NOW + timedelta(hours=1) else timedelta(minutes=30)
    pauses = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(tries)]
    assert pauses[:3] == [30, 60, 120]
    assert pauses == sorted(pauses)
    assert tries[-1] <= NOW + GIVE_UP
    with desk._transaction() as connection:
        row = connection.execute(sa.text("SELECT state, error FROM exchange_messages")).one()
    assert row == ("abandoned", "not reached")


def test_nothing_is_tried_for_a_partner_without_an_address_or_access(desk: ExchangeDesk):
    desk.post("bob", Published("e", (IDS[1],)), "3", NOW)
    desk.post("alice", Published("f", (IDS[1],)), "3", NOW)
    desk.revoke("alice", NOW)
    assert desk.waiting(NOW) == []


def test_an_answer_that_nobody_asked_for_is_refused_and_not_noted(desk: ExchangeDesk):
    answer = Rejected("e", "never sent", "NotFound", "none")
    for _ in range(2):
        with pytest.raises(ExchangeError, match="was not sent"):
            receive(desk, ALICE, answer, "3", NOW)
    assert not desk.noted("alice", "e")


instants = st.integers(0, 10**9).map(lambda s: datetime.fromtimestamp(s, UTC))
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9)
filters = st.builds(
    Filter, *[st.frozensets(st.text(min_size=1, max_size=8), max_size=3)] * 5, *[st.none() | instants] * 3
)
some_parts = st.dictionaries(st.sampled_from(["fossil", "uptake"]), decimals)
declarations = st.builds(
    declared, total_kg=decimals, mass_kg=decimals, created=instants, period=st.tuples(instants, instants),
    valid=st.none() | st.tuples(instants, instants), parts=some_parts,
    biogenic_carbon_kg=st.none() | decimals, preceding=st.lists(st.sampled_from(IDS), max_size=3).map(tuple),
    product_name=st.text(max_size=20), quality=st.just({}),
)  # fmt: skip


@settings(deadline=None)
@given(declarations)
def test_a_declaration_comes_back_as_it_went(one):
    assert declaration_of(document_of(one)) == one


@settings(deadline=None)
@given(
    st.builds(Asked, st.text(max_size=9), filters, st.text(max_size=9))
    | st.builds(Fulfilled, st.text(max_size=9), st.text(max_size=9), st.lists(declarations, max_size=2).map(tuple))
    | st.builds(Rejected, *[st.text(max_size=9)] * 4)
    | st.builds(Published, st.text(max_size=9), st.lists(st.sampled_from(IDS), max_size=3).map(tuple))
)
def test_a_message_comes_back_as_it_went(message):
    assert message_of(message.event_id, *content_of(message)) == message
