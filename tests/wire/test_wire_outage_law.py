"""A line may go out at any time of its shift, for any time: the draft can be taken, and stands as it was taken."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from planner_day import LINE, SHIFT, Day

from parkwright.show.answers.planning import AskedOutage


@pytest.mark.parametrize(("told", "minutes"), [(0, 18), (6, 25), (6, 60), (0, 200), (20, 400)])
def test_an_outage_can_be_taken_at_any_time_of_the_shift_and_the_plan_stands_as_it_was_taken(
    tmp_path: Path, told: int, minutes: int
):
    for begins in range(20 + told, 460, 16):
        day = Day(tmp_path / f"{begins}.db")
        start = SHIFT + timedelta(minutes=begins)
        asked = AskedOutage(line_id=LINE, start=start, until=start + timedelta(minutes=minutes), reason="crew")
        now = start - timedelta(minutes=told)
        draft = day.price(now, out=[asked])
        assert draft.violations == [], begins
        day.take(draft, now)
        after = day.price(now + timedelta(minutes=1))
        assert (after.changed, after.violations) == (0, []), begins
        day.close()


@pytest.mark.parametrize("minutes", [18, 20, 25, 30])
def test_a_line_may_go_out_shortly_before_its_shift_is_over(tmp_path: Path, minutes: int):
    day = Day(tmp_path / "ledger.db")
    for begins in range(426, 462, 3):
        start = SHIFT + timedelta(minutes=begins)
        asked = AskedOutage(line_id=LINE, start=start, until=start + timedelta(minutes=minutes), reason="crew")
        assert day.price(start - timedelta(minutes=3), out=[asked]).violations == [], begins
    day.close()
