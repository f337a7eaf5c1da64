"""Many at once, through several handles on one database: each thing happens once, and nobody sees half of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from declared import IDS, NOW, d, declared

from parkwright.carbon.declaration import Filter, lowered
from parkwright.carbon.plausible import Expected
from parkwright.model.errors import ParkwrightError
from parkwright.run.exchange import Asked, Fulfilled, Partner, Published, receive
from parkwright.store import exchange
from parkwright.store.requests import RequestDesk

TIMES = 16
ALICE = Partner("alice", "Alice", callback_url="https://alice.example", supplier_id="S-1")


@pytest.fixture
def desks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two handles, as the server and a command have them."""
    monkeypatch.setattr(exchange, "_secret_hash", lambda secret, salt: hashlib.sha256(secret.encode()).hexdigest())
    made = [RequestDesk(f"sqlite:///{tmp_path / 'operations.db'}") for _ in range(2)]
    made[0].register(ALICE, "correct horse battery", NOW)
    yield made
    for one in made:
        one.close()


def at_once(act: Callable[[int], object]) -> list[object]:
    """What came of the act in every thread; an error of ours where it was refused."""

    def one(number: int) -> object:
        try:
            return act(number)
        except ParkwrightError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(TIMES)))


def refused(found: list[object]) -> int:
    return sum(isinstance(one, ParkwrightError) for one in found)


def test_an_event_is_noted_once(desks):
    found = at_once(lambda n: desks[n % 2].note("alice", Published("e", (IDS[1],)), "3", NOW))
    assert (found.count(True), found.count(False)) == (1, TIMES - 1)


def test_a_request_that_comes_many_times_is_answered_once(desks):
    ann = desks[0].add_user("Ann", "carbon", NOW)
    desks[0].declare(declared(), "P1", NOW)
    desks[0].address("alice", "P1", ann, NOW)
    asked = Asked("e", Filter(product_ids=lowered(["urn:gtin:4712345060507"])))
    at_once(lambda n: receive(desks[n % 2], ALICE, asked, "3", NOW))
    (answer,) = desks[1].waiting(NOW)
    assert answer.message.request_event_id == "e"


def test_an_id_is_declared_once(desks):
    found = at_once(lambda n: desks[n % 2].declare(declared(), f"P{n}", NOW))
    assert refused(found) == TIMES - 1
    assert len(desks[0].own_declarations()) == 1


def test_one_request_for_a_material_is_drafted(desks):
    found = at_once(lambda n: desks[n % 2].draft("S-1", "PNL", "alice", f"user {n}", NOW))
    assert refused(found) == TIMES - 1
    (request,) = desks[0].requests()
    assert [move.to_state for move in desks[1].moves(request.id)] == ["draft"]


def test_a_request_is_sent_once_and_its_message_posted_once(desks):
    drafted = desks[0].draft("S-1", "PNL", "alice", "ann", NOW)
    found = at_once(lambda n: desks[n % 2].send(drafted.id, ["urn:x:1"], "ann", NOW))
    assert refused(found) == TIMES - 1
    assert len(desks[0].waiting(NOW)) == 1


def test_of_many_answers_one_is_taken(desks):
    drafted = desks[0].draft("S-1", "PNL", "alice", "ann", NOW)
    sent = desks[0].send(drafted.id, ["urn:x:1"], "ann", NOW)
    answers = [Fulfilled(f"a{n}", sent.event_id, (declared(id=IDS[n]),)) for n in range(TIMES)]
    found = at_once(lambda n: receive(desks[n % 2], ALICE, answers[n], "3", NOW))
    assert refused(found) == TIMES - 1
    taken = desks[1].request(drafted.id).declaration_id
    assert [id_ for id_ in IDS[:TIMES] if desks[0].declared(id_)] == [taken]


def test_of_many_footprints_for_a_material_one_is_in_use(desks):
    requests = []
    for number in range(4):
        drafted = desks[0].draft("S-1", "PNL", "alice", "ann", NOW)
        sent = desks[0].send(drafted.id, ["urn:x:1"], "ann", NOW)
        one = declared(id=IDS[number], preceding=())
        receive(desks[0], ALICE, Fulfilled(f"a{number}", sent.event_id, (one,)), "3", NOW)
        desks[0].validate(drafted.id, Expected("piece", d("30")), "ann", NOW)
        if number < 3:
            desks[0].use(drafted.id, "ann", NOW)
        requests.append(drafted.id)
    at_once(lambda n: desks[n % 2].use(requests[3], "ann", NOW))
    states = [desks[1].request(id_).state for id_ in requests]
    assert states == ["superseded"] * 3 + ["in_use"]
    assert desks[1].in_use()["PNL"].id == IDS[3]


def test_reminders_of_two_servers_go_out_once(desks):
    drafted = desks[0].draft("S-1", "PNL", "alice", "ann", NOW)
    late = desks[0].send(drafted.id, ["urn:x:1"], "ann", NOW).due
    at_once(lambda n: desks[n % 2].remind(late))
    assert desks[0].request(drafted.id).reminders == 1
    posted = [one.message.event_id for one in desks[0].waiting(late)]
    assert posted == [drafted.id, f"{drafted.id}/reminder-1"]


def test_what_is_addressed_is_there_at_once_for_the_other_handle(desks):
    ann = desks[0].add_user("Ann", "carbon", NOW)
    desks[0].declare(declared(), "P1", NOW)
    assert desks[1].addressed_to("alice") == []
    assert [one for one in at_once(lambda n: desks[n % 2].address("alice", "P1", ann, NOW)) if one] == [True]
    assert [one.id for one in desks[1].addressed_to("alice")] == [IDS[1]]
    assert at_once(lambda n: desks[n % 2].withdraw("alice", "P1")).count(True) == 1
    assert desks[0].addressed_to("alice") == []
