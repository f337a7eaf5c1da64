"""A lot in parts on page Plan: each part says which it is, and the order is as late as the last of them."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from facts_fixture import MemoryFacts, table
from tiny_day import DAY, NOW, PARK, at

from parkwright.run.ports import Batch
from parkwright.show.answers.day import planned_units
from parkwright.show.answers.plan import plan
from parkwright.show.answers.planning import JobReason, RefusedLine, SetupLine, SetupMatrix
from parkwright.show.context import Context
from parkwright.show.door import Visit
from parkwright.show.frames import Frames
from parkwright.show.pages.plan import LATE_SHOWN, late_card
from parkwright.show.pages.plan_costs import setups_card
from parkwright.show.pages.planner import why_card
from parkwright.show.words import Words

ORDER = {"order_id": "O", "product_id": "NB-14", "quantity": 60, "release": at("00:00"), "due": at("10:00"),
         "weight": 3.0, "market_id": "EU"}  # fmt: skip
JOB = {"order_id": "O", "product_id": "NB-14", "segment_id": "nb", "family_id": "f-14", "kit_ready": at("06:00")}
BOARDS = JOB | {"job_id": "B-O-01", "product_id": "BRD-A", "segment_id": "smt", "quantity": 5}
"""The boards that the order needs are no part of its lot."""
PARTS = [("J-O.1", 30, "08:00", "09:00"), ("J-O.2", 20, "09:00", "10:30"), ("J-O.3", 10, "09:30", "09:50")]


REASON = JobReason(
    job_id="J-O.2", order_id="O", product_id="NB-14", quantity=20, part=2, parts=3, line_id="L-NB1",
    setup_start=at("09:00"), start=at("09:00"), end=at("10:30"), due=at("10:00"), together=[], run_units=20,
    pauses=True, work_min=85.0, bounds=[],
    from_family="", family="f-14", setup_min=0.0, price_cny_per_kwh=1.0, day_price_cny_per_kwh=1.0, co2e_kg_per_kwh=1.0,
    day_co2e_kg_per_kwh=1.0, elsewhere=[], refused=[],
)  # fmt: skip


def facts(parts):
    """A day with one order: parts are (job, units, start, end), without a place where the end is None."""
    jobs = [BOARDS, *(JOB | {"job_id": job_id, "quantity": units} for job_id, units, *_ in parts)]
    rows = [
        {"job_id": job_id, "segment_id": "nb", "work_center_id": "L-NB1", "setup_start": at(start), "start": at(start),
         "end": at(end), "energy_kwh": 1.0, "cost_cny": 1.0, "co2e_kg": 1.0}
        for job_id, _, start, end in parts if end
    ]  # fmt: skip
    rows.append(rows[0] | {"job_id": "B-O-01", "segment_id": "smt", "work_center_id": "L-SMT"})
    kinds = {"job_orders": [ORDER], "jobs": jobs, "schedule": rows}
    return MemoryFacts([Batch(k, DAY.isoformat(), 0, k, DAY.isoformat(), table(k, v)) for k, v in kinds.items()], NOW)


def shown(parts):
    return plan(PARK, Frames(facts(parts)), DAY, NOW)


def visit(language="en"):
    context = Context(PARK, facts(PARTS), None, lambda: NOW, 1.0)
    return Visit(context, Frames(context.facts), None, language, "light")


def words(language="en"):
    return Words(language, ZoneInfo("Asia/Shanghai"))


def test_each_bar_says_which_part_of_the_lot_it_is():
    bars = shown(PARTS).bars
    assert list(zip(bars.job_id, bars.quantity, bars.part, bars.parts, strict=True)) == [
        ("B-O-01", 5, 1, 1), ("J-O.1", 30, 1, 3), ("J-O.2", 20, 2, 3), ("J-O.3", 10, 3, 3),
    ]  # fmt: skip


def test_an_order_in_parts_is_one_row_as_late_as_its_last_part():
    (late,) = shown(PARTS).late
    assert (late.order_id, late.quantity, late.parts) == ("O", 60, 3)
    assert (late.expected, late.late_h, late.cost_cny) == (at("10:30"), 0.5, 1.5)
    assert shown([*PARTS[:1], ("J-O.2", 20, "09:00", "10:00"), *PARTS[2:]]).late == []
    (open_one,) = shown([*PARTS[:2], ("J-O.3", 10, "09:30", None)]).late
    assert (open_one.parts, open_one.expected, open_one.late_h) == (3, None, None)


@pytest.mark.parametrize(("language", "text"), [("en", "60 · in 3 parts"), ("zh", "60 · 分 3 批")])
def test_the_table_of_late_orders_joins_the_parts(language, text):
    assert text in late_card(visit(language), words(language), shown(PARTS))
    whole = late_card(visit(language), words(language), shown([("J-O", 60, "08:00", "10:30")]))
    assert "60" in whole
    assert text not in whole


def test_the_table_of_late_orders_counts_those_that_it_does_not_name():
    late = shown(PARTS)
    many = late.model_copy(update={"late": late.late * 12, "late_count": 40})
    assert late_card(visit(), words(), many).count("60 · in 3 parts") == LATE_SHOWN == 8
    assert "and 32 more" in late_card(visit(), words(), many)
    assert "另有 32 单" in late_card(visit("zh"), words("zh"), many)
    assert "more<" not in late_card(visit(), words(), late)


def test_changeovers_are_those_between_families_that_a_line_makes():
    families = sorted({one.family_id for one in PARK.products})
    third = [[0.0 if a == b else 4 / 3 for b in families] for a in families]
    setups = SetupMatrix(families=families, lines=[SetupLine(line_id="L-NB1", minutes=third)])
    own = {one.family_id for one in PARK.products if one.segment_id in PARK.work_center["L-NB1"].segment_ids}
    shows = setups_card(visit(), words(), setups)
    assert 1 < len(own) < len(families)
    assert all((f">{family}<" in shows) == (family in own) for family in families)
    assert shows.count(">1.33<") == len(own) * (len(own) - 1)
    none = SetupLine(line_id="L-NB1", minutes=[[0.0] * len(families)] * len(families))
    one = setups.model_copy(update={"lines": [none]})
    assert "<details" not in setups_card(visit(), words(), one)


@pytest.mark.parametrize(("language", "text"), [("en", "J-O.2 · part 2 of 3 · 20"), ("zh", "J-O.2 · 分批 2/3 · 20")])
def test_why_here_says_which_part_it_is(language, text):
    assert text in why_card(visit(language), words(language), REASON)
    whole = REASON.model_copy(update={"job_id": "J-O", "part": 1, "parts": 1})
    assert "J-O · 20" in why_card(visit(language), words(language), whole)


OVEN = replace(
    PARK,
    work_centers=tuple(
        one.model_copy(update={"room": 60}) if one.id == "L-NB1" else one for one in PARK.work_centers
    ),
)  # fmt: skip
RUN = [("J-O.1", 30, "08:00", "09:00"), ("J-O.2", 20, "08:00", "09:00"), ("J-O.3", 10, "09:00", "10:00")]


def test_the_bars_of_one_run_of_a_line_with_room_say_so_and_stand_together():
    bars = plan(OVEN, Frames(facts(RUN)), DAY, NOW).bars
    assert list(zip(bars.job_id, bars.place, bars.together, strict=True)) == [
        ("B-O-01", 1, 1), ("J-O.1", 1, 2), ("J-O.2", 2, 2), ("J-O.3", 1, 1),
    ]  # fmt: skip
    assert set(shown(RUN).bars.together) == {1}


@pytest.mark.parametrize(("until", "units"), [("08:59", 0.0), ("09:00", 50.0), ("09:30", 50.0), ("10:00", 60.0)])
def test_the_units_of_a_run_are_planned_to_leave_together(until, units):
    assert planned_units(OVEN, Frames(facts(RUN)), DAY, at(until)) == units


@pytest.mark.parametrize(("language", "text"), [("en", "One run of 50 units, together with J-O.1"), ("zh", "共 50 件")])
def test_why_here_names_what_shares_the_run(language, text):
    shared = REASON.model_copy(update={"together": ["J-O.1"], "run_units": 50})
    assert text in why_card(visit(language), words(language), shared)
    assert text not in why_card(visit(language), words(language), REASON)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "It may not pause: it needs 85 min of its line in one go."), ("zh", "不可中断：需连续占用产线 85 分钟。")],
)
def test_why_here_says_of_a_lot_that_may_not_pause_how_long_it_needs(language, text):
    assert text in why_card(visit(language), words(language), REASON.model_copy(update={"pauses": False}))
    assert text not in why_card(visit(language), words(language), REASON)


@pytest.mark.parametrize(
    ("language", "text"), [("en", "lots of 1 to 50, this is one of 64"), ("zh", "批量须为 1 至 50，本批为 64")]
)
def test_why_here_says_in_the_readers_language_why_a_line_cannot_make_it(language, text):
    refused = RefusedLine(line_id="L-1", reason="lots of 1 to 50, this is one of 64")
    assert text in why_card(visit(language), words(language), REASON.model_copy(update={"refused": [refused]}))


@pytest.mark.parametrize(("language", "text"), [("en", "Due "), ("zh", "交期 ")])
def test_why_here_says_when_the_job_is_due(language, text):
    shown = words(language).clock(REASON.due, NOW)
    assert f"{text}{shown}" in why_card(visit(language), words(language), REASON)
