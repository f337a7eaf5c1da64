"""The lines out of use on page Plan: what stands there, what may be done about each, and what a draft says of it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from facts_fixture import MemoryFacts, table
from tiny_day import DAY, NOW, PARK, at

from parkwright.model.errors import PlanError
from parkwright.run.ports import Batch
from parkwright.show.answers.plan import LineOutage, outages_of, plan
from parkwright.show.context import Context
from parkwright.show.door import Visit
from parkwright.show.frames import Frames
from parkwright.show.pages.plan_outages import end_of, outage_line, outages_card
from parkwright.show.words import Words

HOUR = timedelta(hours=1)


def outage(start, end, was=None, who="Wang"):
    return LineOutage(line_id="L-NB1", start=start, end=end, reason="crew <b>", who=who, was_end=was)


def visit(language="en"):
    context = Context(PARK, MemoryFacts([], NOW), None, lambda: NOW, 1.0)
    return Visit(context, Frames(context.facts), None, language, "light")


def words(language="en"):
    return Words(language, ZoneInfo("Asia/Shanghai"))


def card(*outages, may=True, language="en"):
    return outages_card(visit(language), words(language), list(outages), may=may)


def test_a_card_offers_what_may_still_be_changed():
    under_way, to_come, over = (
        outage(NOW - HOUR, NOW + HOUR),
        outage(NOW + HOUR, NOW + 2 * HOUR),
        outage(NOW - 2 * HOUR, NOW),
    )
    now, later, past = (card(one) for one in (under_way, to_come, over))
    assert ("End now" in now, "Take back" in now, "Change the end" in now) == (True, False, True)
    assert ("End now" in later, "Take back" in later, "Change the end" in later) == (False, True, True)
    assert ("<form" in past, ">over<" in past) == (False, True)
    assert all("crew &lt;b&gt;" in one and "Wang" in one for one in (now, later, past))
    assert "<form" not in card(under_way, may=False)
    assert "立即结束" in card(under_way, language="zh")
    assert card() == ""
    both = card(to_come, over)
    assert both.index(">over<") < both.index("Take back")


def test_maintenance_of_the_folder_is_told_as_planned_and_may_be_changed_like_any_other():
    planned = outage(NOW + HOUR, NOW + 2 * HOUR, who="")
    assert "planned maintenance" in card(planned)
    assert "said by" not in card(planned)
    assert "计划内维护" in card(planned, language="zh")
    assert "Take back" in card(planned)
    assert "planned maintenance" not in card(outage(NOW + HOUR, NOW + 2 * HOUR))


def test_what_is_pressed_names_the_outage_and_the_end_in_the_parks_zone():
    given = {"line_id": "L-NB1", "start": (NOW - HOUR).isoformat(), "until": "2026-07-15T16:30"}
    asked = end_of(visit(), given | {"act": "change"})
    assert (asked.line_id, asked.start, asked.until) == ("L-NB1", NOW - HOUR, at("16:30"))
    assert end_of(visit(), given | {"act": "now"}).until is None
    for wrong, says in (({"until": ""}, "until: nothing"), ({"line_id": "<b>"}, "line_id"), ({"start": "x"}, "start")):
        with pytest.raises(PlanError, match=says):
            end_of(visit(), given | wrong)


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (outage(at("10:00"), at("12:00")), " out 10:00–12:00: crew <b>"),
        (outage(at("10:00"), at("12:00"), at("14:00")), " out from 10:00: ends 12:00 instead of 14:00"),
        (outage(at("10:00"), at("10:00"), at("14:00")), " out from 10:00: taken back"),
    ],
)
def test_a_draft_says_whether_an_outage_comes_ends_otherwise_or_is_taken_back(one, says):
    assert outage_line(visit(), words(), one).endswith(says)
    assert outage_line(visit("zh"), words("zh"), one) != outage_line(visit(), words(), one)


def test_the_plan_tells_the_last_word_on_each_outage():
    def row(start, end, said, reason="crew"):
        return {"work_center_id": "L-NB1", "start": at(start), "end": at(end), "reason": reason, "who": "Wang",
                "at": at(said), "command_id": said}  # fmt: skip

    rows = [row("10:00", "14:00", "09:00"), row("15:00", "16:00", "09:10"), row("10:00", "12:00", "11:00"),
            row("15:00", "15:00", "11:10")]  # fmt: skip
    kinds = [("outages", table("outages", rows))]
    facts = MemoryFacts([Batch(k, DAY.isoformat(), 0, k, DAY.isoformat(), t) for k, t in kinds], NOW)
    (told,) = plan(PARK, Frames(facts), DAY, NOW).outages
    assert (told.start, told.end, told.was_end) == (at("10:00"), at("12:00"), None)
    whole = table("outages", rows)
    assert [one.was_end for one in outages_of(whole.tail(2), whole.head(1))] == [at("14:00"), None]
