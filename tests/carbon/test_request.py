"""A request's life is one table of moves; a reminder is due once it is late, and again a week later."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from parkwright.carbon.request import MOVES, OPEN, REMIND_AFTER, Request, refuse_move, reminder_due
from parkwright.model.errors import LedgerError

NOW = datetime(2026, 7, 20, tzinfo=UTC)
SENT = Request("r1", "S1", "M1", "p1", "sent", NOW, NOW, NOW)
LIFE = ("draft", "sent", "acknowledged", "fulfilled", "validated", "in_use", "superseded")


@pytest.mark.parametrize(("before", "after"), list(itertools.pairwise(LIFE)))
def test_the_straight_life_is_allowed(before, after):
    assert after in MOVES[before]
    assert refuse_move(replace(SENT, state=before), after) is None


@pytest.mark.parametrize(("before", "after"), list(itertools.product(MOVES, MOVES)))
def test_what_is_not_in_the_table_is_refused_with_what_may_follow(before, after):
    if after in MOVES[before]:
        assert refuse_move(replace(SENT, state=before), after) is None
        return
    with pytest.raises(LedgerError, match=f"is {before} and cannot become {after}; from here it may"):
        refuse_move(replace(SENT, state=before), after)


def test_every_state_is_reached_and_every_life_ends():
    reached = {"draft"} | {after for moves in MOVES.values() for after in moves}
    assert reached == set(MOVES)
    assert MOVES["superseded"] == ()


@pytest.mark.parametrize("state", MOVES)
def test_only_what_waits_for_the_supplier_is_reminded(state):
    assert reminder_due(replace(SENT, state=state), NOW) is (state in OPEN)


@pytest.mark.parametrize(
    ("reminded", "after_due", "expected"),
    [
        (None, timedelta(0), True),
        (None, timedelta(seconds=-1), False),
        (NOW, REMIND_AFTER - timedelta(seconds=1), False),
        (NOW, REMIND_AFTER, True),
    ],
)
def test_a_reminder_is_due_at_the_date_and_again_a_week_later(reminded, after_due, expected):
    assert reminder_due(replace(SENT, reminded=reminded), NOW + after_due) is expected
