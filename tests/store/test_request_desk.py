"""A request goes its way once: only its supplier answers it, every move is noted, one footprint is in use."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from declared import IDS, NOW, d, declared

from parkwright.carbon.plausible import REFUSED, WARNING, Expected
from parkwright.carbon.request import ANSWER_WITHIN, REMIND_AFTER
from parkwright.model.errors import LedgerError
from parkwright.run.exchange import Asked, ExchangeError, Fulfilled, Partner, Rejected, deliver, receive
from parkwright.store import exchange
from parkwright.store.requests import RequestDesk

SUPPLIER = Partner("panels", "Panels", callback_url="https://panels.example", supplier_id="S-PANEL")
OTHER = Partner("boards", "Boards", callback_url="https://boards.example", supplier_id="S-BOARD")
EXPECTED = Expected("piece", d("30"))
URNS = ["urn:x:material:PANEL"]


class Carrier:
    """A courier that everybody takes messages from."""

    def deliver(self, waiting) -> None:
        assert waiting.partner.callback_url


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exchange, "_secret_hash", lambda secret, salt: hashlib.sha256(secret.encode()).hexdigest())
    with RequestDesk(f"sqlite:///{tmp_path / 'operations.db'}") as opened:
        for partner in (SUPPLIER, OTHER):
            opened.register(partner, None, NOW)
        yield opened


def sent(desk: RequestDesk, material: str = "PANEL"):
    drafted = desk.draft("S-PANEL", material, "panels", "ann", NOW)
    return desk.send(drafted.id, URNS, "ann", NOW)


def answered(desk: RequestDesk, material: str = "PANEL", **changes):
    request = sent(desk, material)
    one = declared(**changes)
    receive(desk, SUPPLIER, Fulfilled(f"answer {request.id}", request.event_id, (one,)), "3", NOW)
    return desk.request(request.id)


def in_use(desk: RequestDesk, **changes):
    request = answered(desk, **changes)
    desk.validate(request.id, EXPECTED, "ann", NOW)
    return desk.use(request.id, "ann", NOW)


def test_the_whole_life_is_noted_with_who_and_when(desk: RequestDesk):
    request = sent(desk)
    assert deliver(desk, Carrier(), NOW) == (1, 0)
    assert desk.request(request.id).state == "acknowledged"
    receive(desk, SUPPLIER, Fulfilled("a", request.event_id, (declared(),)), "3", NOW)
    assert desk.validate(request.id, EXPECTED, "checker", NOW) == []
    desk.use(request.id, "ann", NOW)
    second = in_use(desk, id=IDS[2], preceding=(IDS[1],))
    moves = [(move.from_state, move.to_state, move.by) for move in desk.moves(request.id)]
    assert moves == [
        ("", "draft", "ann"),
        ("draft", "sent", "ann"),
        ("sent", "acknowledged", "panels"),
        ("acknowledged", "fulfilled", "panels"),
        ("fulfilled", "validated", "checker"),
        ("validated", "in_use", "ann"),
        ("in_use", "superseded", "ann"),
    ]
    assert desk.moves(request.id)[-1].note == f"request {second.id}"
    assert {material: one.id for material, one in desk.in_use().items()} == {"PANEL": IDS[2]}
    assert desk.declaration(IDS[1]).status == "deprecated"


def test_the_message_names_the_material_and_comes_with_the_request(desk: RequestDesk):
    request = sent(desk)
    (waiting,) = desk.waiting(NOW)
    assert isinstance(waiting.message, Asked)
    assert waiting.message.criteria.product_ids == {urn.lower() for urn in URNS}
    assert waiting.message.event_id == request.event_id == request.id
    assert request.due == NOW + ANSWER_WITHIN


def test_one_request_for_a_material_is_open_at_a_time(desk: RequestDesk):
    sent(desk)
    with pytest.raises(LedgerError, match="is open; finish that one"):
        desk.draft("S-PANEL", "PANEL", "panels", "ann", NOW)
    desk.draft("S-PANEL", "FRAME", "panels", "ann", NOW)


def test_an_unknown_partner_or_request_is_refused(desk: RequestDesk):
    with pytest.raises(LedgerError, match="not registered"):
        desk.draft("S-PANEL", "PANEL", "nobody", "ann", NOW)
    for act in (desk.request, lambda id_: desk.send(id_, URNS, "ann", NOW), lambda id_: desk.use(id_, "ann", NOW)):
        with pytest.raises(LedgerError, match="there is none"):
            act("nothing")


def test_only_the_supplier_that_was_asked_answers(desk: RequestDesk):
    request = sent(desk)
    for partner in (OTHER, replace(OTHER, id="panels2")):
        with pytest.raises(ExchangeError, match="was not sent to you"):
            desk.answer_request(partner.id, Fulfilled("a", request.event_id, (declared(),)), NOW)
    assert desk.request(request.id).state == "sent"
    assert not desk.declared(IDS[1])


def test_a_request_is_answered_once_and_the_same_event_again_is_nothing_new(desk: RequestDesk):
    request = sent(desk)
    answer = Fulfilled("a", request.event_id, (declared(),))
    for _ in range(3):
        receive(desk, SUPPLIER, answer, "3", NOW)
    with pytest.raises(ExchangeError, match="was answered before"):
        receive(desk, SUPPLIER, Fulfilled("b", request.event_id, (declared(id=IDS[2]),)), "3", NOW)
    assert desk.request(request.id).declaration_id == IDS[1]
    assert not desk.declared(IDS[2])


def test_of_several_footprints_the_newest_active_one_is_taken(desk: RequestDesk):
    request = sent(desk)
    answer = (
        declared(id=IDS[1]),
        declared(id=IDS[2], created=NOW + timedelta(hours=1)),
        declared(id=IDS[3], created=NOW + timedelta(hours=2), status="deprecated"),
    )
    receive(desk, SUPPLIER, Fulfilled("a", request.event_id, answer), "3", NOW)
    assert desk.request(request.id).declaration_id == IDS[2]


def test_a_rejection_keeps_its_reason_and_the_request_may_be_sent_again(desk: RequestDesk):
    request = sent(desk)
    receive(desk, SUPPLIER, Rejected("a", request.event_id, "NotFound", "no such panel"), "3", NOW)
    assert desk.request(request.id).note == "NotFound: no such panel"
    again = desk.send(request.id, URNS, "ann", NOW)
    assert again.state == "sent"
    receive(desk, SUPPLIER, Fulfilled("b", again.event_id, (declared(),)), "3", NOW)
    assert desk.request(request.id).state == "fulfilled"


def test_what_cannot_be_used_is_rejected_with_its_findings(desk: RequestDesk):
    request = answered(desk, amount=d("0"))
    found = desk.validate(request.id, EXPECTED, "ann", NOW)
    assert found[0].level == REFUSED
    assert desk.request(request.id).state == "rejected"
    assert "refused: amount is 0" in desk.request(request.id).note
    with pytest.raises(LedgerError, match="cannot become in_use"):
        desk.use(request.id, "ann", NOW)


def test_doubts_wait_for_a_person_and_are_kept_in_the_note(desk: RequestDesk):
    request = answered(desk, total_kg=d("999"))
    found = desk.validate(request.id, EXPECTED, "ann", NOW)
    assert {doubt.level for doubt in found} == {WARNING}
    assert desk.request(request.id).state == "validated"
    assert "placeholder" in desk.request(request.id).note
    rejected = desk.reject(request.id, " a form filled with nines ", "ann", NOW)
    assert (rejected.state, rejected.note) == ("rejected", "a form filled with nines")
    with pytest.raises(LedgerError, match="give a reason"):
        desk.reject(request.id, "  ", "ann", NOW)


def test_a_check_looks_at_the_version_that_is_replaced(desk: RequestDesk):
    in_use(desk)
    request = answered(desk, id=IDS[2], preceding=(IDS[1],), unit="liter")
    assert any("was piece and is liter" in one.found for one in desk.validate(request.id, EXPECTED, "ann", NOW))


def test_without_an_answer_there_is_nothing_to_check(desk: RequestDesk):
    with pytest.raises(LedgerError, match="has no answer yet"):
        desk.validate(sent(desk).id, EXPECTED, "ann", NOW)


def test_reminders_go_out_at_the_date_and_weekly_until_the_answer(desk: RequestDesk):
    request = sent(desk)
    deliver(desk, Carrier(), NOW)
    due = request.due
    assert desk.remind(due - timedelta(seconds=1)) == []
    assert [one.reminders for one in desk.remind(due)] == [1]
    assert desk.remind(due + REMIND_AFTER - timedelta(seconds=1)) == []
    assert [one.reminders for one in desk.remind(due + REMIND_AFTER)] == [2]
    messages = [one.message for one in desk.waiting(due + REMIND_AFTER)]
    assert [one.event_id for one in messages] == [f"{request.id}/reminder-1", f"{request.id}/reminder-2"]
    assert all(one.criteria.product_ids == {urn.lower() for urn in URNS} for one in messages)
    receive(desk, SUPPLIER, Fulfilled("a", f"{request.id}/reminder-2", (declared(),)), "3", due)
    assert desk.remind(due + 5 * REMIND_AFTER) == []


def test_lists_are_by_state_and_due_date(desk: RequestDesk):
    first = desk.draft("S-PANEL", "A", "panels", "ann", NOW, timedelta(days=9))
    second = desk.draft("S-PANEL", "B", "panels", "ann", NOW, timedelta(days=3))
    assert [one.id for one in desk.requests()] == [second.id, first.id]
    desk.send(first.id, URNS, "ann", NOW)
    assert [one.id for one in desk.requests("sent")] == [first.id]
    assert desk.requests("in_use") == []


def test_of_twenty_who_take_a_footprint_into_use_one_does(desk: RequestDesk):
    request = answered(desk)
    desk.validate(request.id, EXPECTED, "ann", NOW)

    def use(_: int) -> bool:
        try:
            desk.use(request.id, "ann", NOW)
        except LedgerError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(20))) == 1
    assert [move.to_state for move in desk.moves(request.id)].count("in_use") == 1
