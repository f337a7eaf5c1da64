"""Points judged and set: comfort, range, schedule, whitelist, limits, rate, the way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.energy import points as bms
from parkwright.energy.points import Change
from parkwright.model.command import Refusal
from parkwright.model.control import ControlPoint

NOON = datetime(2026, 7, 15, 4, tzinfo=UTC)


def point(point_id="sp", **fields):
    given_fields = {
        "id": point_id, "name_en": "a", "name_zh": "甲", "building_id": "B1", "zone_id": "north", "kind": "air_handler",
        "quantity": "temperature_c", "role": "setpoint", "write_low": 16, "write_high": 24, "rate_per_h": 2,
        "occupied": 20, "unoccupied": 17, "basis": "assumed: a test",
    }  # fmt: skip
    return ControlPoint(**given_fields | fields)


def sensor(point_id="t", **fields):
    empty = dict.fromkeys(("write_low", "write_high", "rate_per_h", "occupied", "unoccupied"))
    return point(point_id, **{"kind": "room", "role": "sensor", "low": 18, "high": 28} | empty | fields)


@pytest.mark.parametrize(
    ("temperature_c", "wanted"),
    [(23, "I"), (21, "I"), (25.5, "I"), (20.5, "II"), (26, "II"), (19.5, "III"), (27, "III"), (18, "IV"), (28, "IV"),
     (17.9, "outside"), (31, "outside"), (None, "unknown"), (float("nan"), "unknown")],
)  # fmt: skip
def test_comfort_goes_by_category(temperature_c, wanted):
    assert bms.category(temperature_c) == wanted


@pytest.mark.parametrize(
    ("ppm", "wanted"),
    [(420, "I"), (970, "I"), (971, "II"), (1220, "II"), (1770, "III"), (1771, "outside"), (None, "unknown")],
)
def test_air_goes_by_carbon_dioxide_above_the_outside(ppm, wanted):
    assert bms.air_category(ppm) == wanted


def test_hours_out_of_comfort_count_in_use_only():
    warm = np.array([19.0, 23.0, 27.0, 30.0])
    used = np.array([True, True, True, False])
    assert bms.outside_hours(warm, used, 1800.0) == 1.0
    assert bms.outside_hours(warm, used, 1800.0, "III") == 0.0
    with pytest.raises(KeyError):
        bms.outside_hours(warm, used, 1800.0, "V")


def test_a_value_is_judged_by_its_range_and_a_missing_one_is_never_0():
    asked = [
        sensor("low"),
        sensor("high"),
        sensor("ok"),
        sensor("none"),
        sensor("nan"),
        sensor("free", low=None, high=None),
    ]
    told = {"low": [10.0], "high": [40.0], "ok": [21.0], "nan": [21.0, float("nan")], "free": [99.0]}
    found = {one.point_id: one for one in bms.judge(asked, told)}
    assert {key: one.state for key, one in found.items()} == {
        "low": "low", "high": "high", "ok": "ok", "none": "missing", "nan": "missing", "free": "ok",
    }  # fmt: skip
    assert found["none"].value is None
    assert found["ok"].value == 21.0


def test_a_sensor_that_never_moves_is_stuck_and_a_set_point_is_not():
    same = [21.0] * bms.STUCK_STEPS
    asked = [sensor("t"), sensor("moves"), point("sp"), sensor("light", quantity="level_share", low=None, high=None)]
    told = {"t": same, "moves": [*same[:-1], 21.1], "sp": same, "light": same}
    assert [one.state for one in bms.judge(asked, told)] == ["stuck", "ok", "ok", "ok"]
    assert bms.judge([sensor()], {"t": same[:-1]})[0].state == "ok"


def test_zones_stand_least_comfortable_first():
    asked = [
        sensor("a", zone_id="cool"), sensor("b", zone_id="fine"), sensor("c", zone_id="hot"),
        sensor("d", zone_id="fine", quantity="co2_ppm"), sensor("e", zone_id="dark"), point(zone_id="none"),
    ]  # fmt: skip
    found = bms.zones(asked, {"a": [18.5], "b": [22.0], "c": [33.0], "d": [1000.0]})
    assert [(one.zone_id, one.category) for one in found] == [
        ("hot", "outside"), ("cool", "IV"), ("fine", "I"), ("dark", "unknown"),
    ]  # fmt: skip
    assert found[2].air_category == "II"
    assert found[0].air_category == "unknown"


def test_the_schedule_follows_the_shifts():
    shifts = [(NOON, NOON + timedelta(hours=8))]
    assert bms.scheduled(point(), NOON, shifts) == 20
    assert bms.scheduled(point(), NOON + timedelta(hours=8), shifts) == 17
    assert bms.scheduled(sensor(), NOON, shifts) is None


def asked(value, current=20.0, changed=None, reason="too cold", **fields):
    return bms.ask(point(**fields), value, current, NOON, "shift lead", reason, changed)


def test_a_change_within_limits_and_rate_is_let_through_with_the_way_back():
    assert asked(21.5) == Change("sp", 20.0, 21.5, NOON, "shift lead", "too cold")


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda: asked(25.0), "25 is outside the limits 16 to 24"),
        (lambda: asked(15.0), "15 is outside the limits 16 to 24"),
        (lambda: asked(23.0), "from 20 to 23 is more than 2 now, at 2 an hour"),
        (lambda: asked(21.0, changed=NOON - timedelta(minutes=15)), "more than 0.5 now"),
        (lambda: asked(20.0001, changed=NOON), "more than 0 now"),
        (lambda: asked(21.0, changed=NOON + timedelta(hours=1)), "more than 0 now"),
        (lambda: asked(float("nan")), "nan is no number"),
        (lambda: asked(21.0, reason="  "), "no reason is given"),
        (lambda: asked(21.0, rate_per_h=None), "may not be written"),
        (lambda: asked(21.0, write_low=None), "may not be written"),
        (lambda: bms.ask(sensor(), 21.0, 20.0, NOON, "a", "b", None), "may not be written"),
    ],
)
def test_what_may_not_be_written_is_refused_with_its_reason(refused, words):
    found = refused()
    assert isinstance(found, Refusal)
    assert words in found.reason


@given(st.floats(-50, 80), st.floats(-50, 80), st.floats(0, 5))
def test_no_change_leaves_the_limits_or_outruns_the_rate(value, current, hours):
    found = bms.ask(point(), value, current, NOON, "a", "b", NOON - timedelta(hours=hours))
    if isinstance(found, Change):
        assert 16 <= found.value <= 24
        assert abs(found.value - current) <= 2 * min(hours, 1.0) + 1e-6
        assert (found.value, found.before) == (value, current)


SHIFT = [(NOON - timedelta(hours=2), NOON + timedelta(hours=2))]


def change(before, value, reason="why", point_id="sp", takes_back=False):
    return Change(point_id, before, value, NOON, "a", reason, takes_back)


def test_a_change_is_taken_back_to_the_one_before_it_and_the_first_one_to_the_schedule():
    history = [change(18.0, 20.5, "one"), change(20.5, 21.0, "two"), change(1.0, 2.0, "three", "other")]
    assert bms.in_force(history, point(), NOON, SHIFT) == 21.0
    found = bms.back(history, point(), NOON, "b", SHIFT)
    assert found == Change("sp", 21.0, 20.5, NOON, "b", "takes back: two", takes_back=True)
    again = bms.back([*history, found], point(), NOON, "b", SHIFT)
    assert again == Change("sp", 20.5, 20.0, NOON, "b", "takes back: one", takes_back=True)
    assert bms.in_force([*history, found, again], point(), NOON, SHIFT) == 20.0
    assert bms.in_force([*history, found, again], point(), NOON + timedelta(hours=2), SHIFT) == 17.0
    for nothing in ([*history, found, again], []):
        refused = bms.back(nothing, point(), NOON, "b", SHIFT)
        assert isinstance(refused, Refusal)
        assert "nothing to take back" in refused.reason


def test_a_point_without_a_schedule_is_taken_back_to_what_it_was():
    bare = point(occupied=None, unoccupied=None)
    found = bms.back([change(18.0, 20.0)], bare, NOON, "b", SHIFT)
    assert isinstance(found, Change)
    assert found.value == 18.0
    assert bms.in_force([], bare, NOON, SHIFT) is None


@given(st.lists(st.one_of(st.floats(16, 24), st.none()), max_size=12))
def test_taking_back_is_a_stack(acts):
    history, stack = [], []
    for act in acts:
        if act is None:
            found = bms.back(history, point(), NOON, "b", SHIFT)
            assert isinstance(found, Refusal) == (not stack)
            if stack:
                stack.pop()
                history.append(found)
        else:
            history.append(change(bms.in_force(history, point(), NOON, SHIFT), act))
            stack.append(act)
        assert bms.in_force(history, point(), NOON, SHIFT) == (stack[-1] if stack else 20.0)


# ------------------------------------------------------------------------------------------------- alarms


def watched(points, told, minutes):
    """Watch points whose values stand in `told` (minute -> values); return the alarms as (minute, kind, thing)."""
    standing, found = {}, []
    for minute in minutes:
        values = {key: [value] for key, value in told(minute).items()}
        judged = {one.point_id: one for one in bms.judge(points, values)}
        standing, alarms = bms.watch(points, judged, standing, NOON + timedelta(minutes=minute))
        found += [(minute, row["kind"], row["thing_id"], row["severity"]) for row in alarms.to_dicts()]
    return found


def test_a_point_out_of_range_is_told_once_after_a_while_and_again_after_it_was_well():
    def told(minute):
        return {"t": 31.0 if 5 <= minute < 60 or minute >= 90 else 22.0}

    found = watched([sensor()], told, range(0, 120, 5))
    assert found == [(20, "point_high", "t", 2), (105, "point_high", "t", 2)]


def test_a_short_excursion_is_no_alarm():
    assert watched([sensor()], lambda minute: {"t": 31.0 if minute in (10, 20) else 22.0}, range(0, 60, 5)) == []


def test_a_device_that_is_silent_is_told_and_a_point_that_never_had_one_is_not():
    asked = [sensor("wired", protocol="modbus", address="h:502/1/1"), sensor("none"), sensor("lost")]
    found = watched(asked, lambda minute: {"lost": 22.0} if minute < 10 else {}, range(0, 40, 5))
    assert found == [(15, "point_missing", "wired", 2), (25, "point_missing", "lost", 2)]


def test_a_leak_is_told_as_severe_with_its_figures_and_what_to_do():
    leak = sensor("w", kind="water", quantity="flow_m3_per_h", low=0, high=12)
    judged = {"w": bms.Judged("w", 15.25, "high", 0.0, 12.0)}
    before = {"w": bms.Standing("high", NOON - timedelta(minutes=15))}
    standing, alarms = bms.watch([leak], judged, before, NOON)
    assert standing["w"].told
    assert alarms.to_dicts()[0]["severity"] == 1
    assert alarms["text"][0] == "Point w of B1 shows 15.25, above 12; look for a leak and close the valve."
    assert bms.watch([leak], judged, standing, NOON)[1].is_empty()
