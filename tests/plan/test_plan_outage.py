"""What a planner says of a line that goes out: taken with what is left unsaid, or refused by name."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from laid_day import DAY, PARK
from make_park import local

from parkwright.model.errors import PlanError
from parkwright.plan.outage import REASON_MAX, Outage, outage_rows

NOW = local(9.0)
FIRST, LAST = PARK.day_bounds(DAY)


def test_an_outage_runs_from_now_to_the_end_of_the_day_unless_it_says_otherwise():
    found = outage_rows(
        PARK, DAY, [Outage("B", "  no\n crew "), Outage("A", "service", local(10.0), local(12.5))], NOW, "Wang", "c7"
    )
    assert found.rows() == [
        ("B", NOW, LAST, "no crew", "Wang", NOW, "c7"),
        ("A", local(10.0), local(12.5), "service", "Wang", NOW, "c7"),
    ]
    assert outage_rows(PARK, DAY, [Outage("B", "x")], FIRST - timedelta(hours=5))["start"][0] == FIRST
    assert outage_rows(PARK, DAY, [], NOW).is_empty()


@pytest.mark.parametrize(
    ("line", "reason", "start", "until", "says"),
    [
        ("Z", "x", None, None, "line Z: does not exist in this park; take one of SMT, A, B"),
        ("B", "x", local(12.0), local(11.0), "until 2026-07-15 11:00, not after 12:00, when that begins"),
        ("B", "x", local(12.0), local(12.0), "not after 12:00"),
        ("B", "x", FIRST - timedelta(hours=1), None, "which is not within 2026-07-15; give times of that day"),
        ("B", "x", None, LAST + timedelta(minutes=1), "which is not within 2026-07-15"),
        ("B", "x", local(7.0), local(8.0), "is to be out until 2026-07-15 08:00, which is over; give a later end"),
        ("B", " \n ", None, None, "line B: is out for no reason; say why"),
        ("B", "x" * (REASON_MAX + 1), None, None, "a reason of 121 characters; give one of 120 at most"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    line: str, reason: str, start: datetime | None, until: datetime | None, says: str
):
    with pytest.raises(PlanError, match=r"^line ") as refused:
        outage_rows(PARK, DAY, [Outage(line, reason, start, until)], NOW)
    assert says in str(refused.value)
