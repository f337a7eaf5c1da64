"""What a message causes, over a desk in memory: one answer an event, nothing of others, tries that double and end."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from declared import IDS, NOW, declared
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon.declaration import Declaration, Filter, lowered
from parkwright.run.exchange import (
    FIRST_WAIT,
    GIVE_UP,
    LONGEST_WAIT,
    Asked,
    DeliveryError,
    ExchangeError,
    Fulfilled,
    Partner,
    Published,
    Rejected,
    Waiting,
    deliver,
    receive,
    visible,
)

PARTNERS = {name: Partner(name, name.title()) for name in ("alice", "bob", "carol")}
PRODUCTS = [f"urn:x:product:{number}" for number in range(6)]
DECLARED = [
    declared(id=IDS[number], created=NOW + timedelta(minutes=number), product_ids=(PRODUCTS[number],))
    for number in range(6)
]


@dataclass
class Posted:
    """A message on its way."""

    waiting: Waiting
    next_at: datetime
    state: str = "waiting"
    tries: int = 0
    error: str = ""


@dataclass
class Memory:
    """A desk that keeps everything in lists; asked: event ids that we sent to a partner."""

    sees: dict[str, list[Declaration]] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    posts: list[Posted] = field(default_factory=list)
    answers: list[tuple[str, Fulfilled | Rejected]] = field(default_factory=list)

    def addressed_to(self, partner_id: str):
        return self.sees.get(partner_id, [])

    def declared(self, declaration_id: str) -> bool:
        return any(one.id == declaration_id for one in DECLARED)

    def noted(self, partner_id: str, event_id: str) -> bool:
        return (partner_id, event_id) in self.seen

    def note(self, partner_id: str, message, edition: str, now: datetime) -> bool:
        new = not self.noted(partner_id, message.event_id)
        self.seen.add((partner_id, message.event_id))
        return new

    def answer_request(self, partner_id: str, answer, now: datetime) -> None:
        if answer.request_event_id not in self.asked.get(partner_id, []):
            raise ExchangeError("was not sent to you")
        self.asked[partner_id].remove(answer.request_event_id)
        self.answers.append((partner_id, answer))

    def post(self, partner_id: str, message, edition: str, now: datetime) -> None:
        number = len(self.posts)
        self.posts.append(Posted(Waiting(number, PARTNERS[partner_id], message, edition, now, 0), now))

    def waiting(self, now: datetime):
        due = [one for one in self.posts if one.state == "waiting" and one.next_at <= now]
        return [
            Waiting(one.waiting.number, one.waiting.partner, one.waiting.message, "3", one.waiting.since, one.tries)
            for one in due
        ]

    def delivered(self, number: int, now: datetime) -> None:
        self.posts[number].state = "delivered"
        self.posts[number].tries += 1

    def postponed(self, number: int, error: str, until: datetime | None, now: datetime) -> None:
        one = self.posts[number]
        one.tries += 1
        one.error = error
        one.state, one.next_at = ("abandoned", now) if until is None else ("waiting", until)


class Road:
    """A courier that loses messages by chance, or always to some partners."""

    def __init__(
        self, chance: random.Random | None = None, lost_share: float = 0.0, closed: tuple[str, ...] = ()
    ) -> None:
        self.chance = chance or random.Random(0)
        self.lost_share = lost_share
        self.closed = closed
        self.taken: list[tuple[str, str]] = []

    def deliver(self, waiting: Waiting) -> None:
        if waiting.partner.id in self.closed or self.chance.random() < self.lost_share:
            raise DeliveryError(f"{waiting.partner.id} was not reached")
        self.taken.append((waiting.partner.id, waiting.message.event_id))


visibilities = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(DECLARED), unique_by=lambda one: one.id) for name in PARTNERS}
)
questions = st.lists(
    st.tuples(
        st.sampled_from(sorted(PARTNERS)),
        st.lists(st.sampled_from([*PRODUCTS, "urn:pact:null"]), max_size=3),
        st.integers(0, 5),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(visibilities, questions)
def test_every_question_gets_one_answer_with_nothing_that_is_not_the_askers(sees, asked):
    desk = Memory(sees)
    for name, products, number in asked:
        receive(desk, PARTNERS[name], Asked(f"e{number}", Filter(product_ids=lowered(products))), "3", NOW)
    assert len(desk.posts) == len({(name, number) for name, _, number in asked})
    for one in desk.posts:
        answer, own = one.waiting.message, {held.id for held in sees[one.waiting.partner.id]}
        if isinstance(answer, Fulfilled):
            assert answer.declarations
            assert {held.id for held in answer.declarations} <= own
        else:
            assert (answer.code, answer.message.count("urn:")) == ("NotFound", 0)


@settings(deadline=None)
@given(visibilities)
def test_a_refusal_says_the_same_whether_the_thing_exists_or_not(sees):
    for name, partner in PARTNERS.items():
        own = {product for one in sees[name] for product in one.product_ids}
        told = set()
        for product in [*(set(PRODUCTS) - own), "urn:x:nothing"]:
            desk = Memory(sees)
            receive(desk, partner, Asked("e", Filter(product_ids=lowered([product]))), "3", NOW)
            (one,) = desk.posts
            told.add((one.waiting.message.code, one.waiting.message.message))
        assert len(told) == 1


def test_what_is_visible_comes_newest_first():
    desk = Memory({"alice": DECLARED[:4]})
    assert [one.id for one in visible(desk, PARTNERS["alice"], Filter())] == [IDS[3], IDS[2], IDS[1], IDS[0]]
    assert visible(desk, PARTNERS["bob"], Filter()) == []


@pytest.mark.parametrize("answer", [Fulfilled("a", "r1", (DECLARED[0],)), Rejected("a", "r1", "NotFound", "none")])
def test_an_answer_is_taken_once_from_the_one_who_was_asked(answer):
    desk = Memory(asked={"alice": ["r1"]})
    with pytest.raises(ExchangeError):
        receive(desk, PARTNERS["bob"], answer, "3", NOW)
    assert not desk.noted("bob", "a")
    for _ in range(3):
        receive(desk, PARTNERS["alice"], answer, "3", NOW)
    assert desk.answers == [("alice", answer)]
    other = Fulfilled("b", "r1", (DECLARED[1],))
    with pytest.raises(ExchangeError):
        receive(desk, PARTNERS["alice"], other, "3", NOW)
    assert desk.posts == []


def test_news_is_noted_and_causes_nothing():
    desk = Memory()
    receive(desk, PARTNERS["alice"], Published("n", (IDS[0],)), "3", NOW)
    assert desk.noted("alice", "n")
    assert (desk.posts, desk.answers) == ([], [])


@settings(deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 0.9), st.integers(1, 30))
def test_whatever_is_lost_is_tried_until_it_is_taken_once(seed, lost_share, count):
    desk, road = Memory(), Road(random.Random(seed), lost_share)
    for number in range(count):
        desk.post("alice", Published(f"n{number}", (IDS[0],)), "3", NOW)
    at = NOW
    while any(one.state == "waiting" for one in desk.posts):
        taken, left = deliver(desk, road, at)
        assert taken + left <= count
        at = min((one.next_at for one in desk.posts if one.state == "waiting"), default=at)
    assert len(road.taken) == len(set(road.taken)) == sum(one.state == "delivered" for one in desk.posts)
    assert all(one.state == "delivered" or at - NOW > timedelta(hours=60) for one in desk.posts)


def test_pauses_double_up_to_the_longest_and_end_within_three_days():
    desk, road = Memory(), Road(closed=("bob",))
    desk.post("bob", Published("n", (IDS[0],)), "3", NOW)
    tries, (one,) = [], desk.posts
    while one.state == "waiting":
        tries.append(one.next_at)
        deliver(desk, road, one.next_at)
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses[0] == FIRST_WAIT
    assert all(later in (2 * earlier, LONGEST_WAIT) for earlier, later in itertools.pairwise(pauses))
    assert max(pauses) == LONGEST_WAIT
    assert tries[-1] - NOW <= GIVE_UP < tries[-1] - NOW + LONGEST_WAIT
    assert one.error == "bob was not reached"


def test_one_partner_that_is_away_keeps_nobody_waiting():
    desk, road = Memory(), Road(closed=("bob",))
    for number, name in enumerate(["bob", "alice", "bob", "carol"]):
        desk.post(name, Published(f"n{number}", (IDS[0],)), "3", NOW)
    assert deliver(desk, road, NOW) == (2, 2)
    assert road.taken == [("alice", "n1"), ("carol", "n3")]
    assert deliver(desk, road, NOW) == (0, 0)
