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


def test_the_last_change_of_a_point_is_taken_back():
    history = [
        Change("sp", 18.0, 20.0, NOON, "a", "one"), Change("sp", 20.0, 21.0, NOON, "a", "two"),
        Change("other", 1.0, 2.0, NOON, "a", "three"),
    ]  # fmt: skip
    found = bms.back(history, "sp", NOON, "b")
    assert found == Change("sp", 21.0, 20.0, NOON, "b", "takes back: two")
    refused = bms.back(history, "never", NOON, "b")
    assert isinstance(refused, Refusal)
    assert "was never changed" in refused.reason
