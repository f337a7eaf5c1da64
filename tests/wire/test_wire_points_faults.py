"""Points by command against devices that fail: nothing is recorded that was not done, and all is put back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkwright.energy.points import scheduled
from parkwright.model.errors import DeviceError, PlanError, TableError
from parkwright.run.ports import PointValues
from parkwright.store import set_points
from parkwright.store.folder import load
from parkwright.store.journal import Journal
from parkwright.wire import points as bms
from parkwright.wire.places import Places

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
NOON = datetime(2026, 7, 15, 4, tzinfo=UTC)
HEAT = "OF-north-heat-sp"


class Device:
    """A device in memory: off by `error` when it shows a value, silent after a write, or refusing to be written."""

    def __init__(self, values, error=0.0, mute=False, locked=False):
        self.values, self.error, self.mute, self.locked = dict(values), error, mute, locked
        self.written = []

    def read(self, points):
        shown = {one.id: self.values[one.id] for one in points if one.id in self.values}
        if self.written:
            shown = {} if self.mute else {key: value + self.error for key, value in shown.items()}
        return PointValues(shown, {one.id: "asleep" for one in points if one.id not in shown})

    def write(self, point, value):
        if self.locked:
            raise DeviceError(f"point {point.id}: refuses {value:g}")
        self.written.append((point.id, value))
        self.values[point.id] = value

    release = write


@pytest.fixture(scope="module")
def park():
    return load(TIANJIN)


@pytest.fixture(scope="module")
def wired(park):
    kinds = {"OF": "modbus", "WH": "bacnet"}
    points = tuple(
        one.model_copy(update={"protocol": kinds[one.building_id], "address": f"at-{one.id}"})
        if one.building_id in kinds else one
        for one in park.points
    )  # fmt: skip
    return replace(park, points=points)


def recorded(park, var):
    path = Places(var, park.site.park_id).journal
    if not path.exists():
        return []
    with Journal.reader(path) as facts:
        return set_points.read(facts)


def test_a_device_that_refuses_changes_nothing_and_nothing_is_recorded(wired, tmp_path):
    device = Device({HEAT: 20.0}, locked=True)
    with pytest.raises(DeviceError, match="refuses 21"):
        bms.set_answer(wired, tmp_path, HEAT, 21.0, "lead", "cold", NOON, {"modbus": device})
    assert device.values == {HEAT: 20.0}
    assert recorded(wired, tmp_path) == []


def test_a_device_that_falls_silent_is_written_back(wired, tmp_path):
    device = Device({HEAT: 20.0}, mute=True)
    with pytest.raises(DeviceError, match="shows asleep after 21 was written; put back to 20"):
        bms.set_answer(wired, tmp_path, HEAT, 21.0, "lead", "cold", NOON, {"modbus": device})
    assert device.written == [(HEAT, 21.0), (HEAT, 20.0)]
    assert recorded(wired, tmp_path) == []


@pytest.mark.parametrize(("error", "taken"), [(0.0, True), (0.02, True), (-0.02, True), (0.03, False), (-1.0, False)])
def test_a_value_reads_back_within_a_thousandth_or_not_at_all(wired, tmp_path, error, taken):
    device = Device({HEAT: 20.0}, error=error)
    if taken:
        assert bms.set_answer(wired, tmp_path, HEAT, 21.0, "lead", "cold", NOON, {"modbus": device})["value"] == 21.0
    else:
        with pytest.raises(DeviceError, match="put back to 20"):
            bms.set_answer(wired, tmp_path, HEAT, 21.0, "lead", "cold", NOON, {"modbus": device})
    assert device.values[HEAT] == (21.0 if taken else 20.0)
    assert len(recorded(wired, tmp_path)) == taken


@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        (float("nan"), "cold", "is no number"),
        (float("inf"), "cold", "is no number"),
        (21.0, "  ", "no reason is given"),
        (23.5, "cold", "is outside the limits 16 to 23"),
        (15.9, "warm", "is outside the limits 16 to 23"),
        (22.5, "cold", "more than 2 now"),
    ],
)
def test_what_may_not_be_asked_never_reaches_the_device(wired, tmp_path, value, reason, words):
    device = Device({HEAT: 20.0})
    with pytest.raises(PlanError, match=words):
        bms.set_answer(wired, tmp_path, HEAT, value, "lead", reason, NOON, {"modbus": device})
    assert device.written == []
    assert recorded(wired, tmp_path) == []


def test_each_protocol_is_asked_for_its_own_points_and_both_answers_count(wired, tmp_path):
    ids = {kind: [one.id for one in wired.points if one.protocol == kind] for kind in ("modbus", "bacnet")}
    devices = {kind: Device(dict.fromkeys(keys[:1], 21.0)) for kind, keys in ids.items()}
    rows = {row["id"]: row for row in bms.points_answer(wired, tmp_path, NOON, devices)["points"]}
    for keys in ids.values():
        assert rows[keys[0]]["value"] == 21.0
        assert rows[keys[0]]["silent"] is None
        assert {rows[key]["silent"] for key in keys[1:]} == {"asleep"}


def test_what_was_set_stands_until_it_is_set_again(park, tmp_path):
    for value, hours in ((21.0, 0), (22.0, 2), (21.5, 4)):
        bms.set_answer(park, tmp_path, HEAT, value, "lead", "cold", NOON + timedelta(hours=hours))
        rows = {row["id"]: row for row in bms.points_answer(park, tmp_path, NOON + timedelta(hours=hours))["points"]}
        assert rows[HEAT]["value"] == value
        assert rows[HEAT]["scheduled"] is not None
    assert [one.before for one in recorded(park, tmp_path)] == [20.0, 21.0, 22.0]


def test_an_undo_on_a_device_that_refuses_is_not_recorded(wired, tmp_path):
    bms.set_answer(wired, tmp_path, HEAT, 21.0, "lead", "cold", NOON, {"modbus": Device({HEAT: 20.0})})
    with pytest.raises(DeviceError, match="refuses 20"):
        bms.undo_answer(wired, tmp_path, HEAT, "chief", NOON, {"modbus": Device({HEAT: 21.0}, locked=True)})
    assert len(recorded(wired, tmp_path)) == 1


def test_only_the_last_twenty_changes_are_told(park, tmp_path):
    for row in range(23):
        at = NOON + timedelta(hours=row)
        bms.set_answer(park, tmp_path, HEAT, 20.0 + row % 2, "lead", f"no. {row}", at)
    told = bms.points_answer(park, tmp_path, NOON)["changes"]
    assert [one["reason"] for one in told] == [f"no. {row}" for row in range(3, 23)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(10.0, 30.0), st.floats(0.0, 3.0)), max_size=6))
def test_no_row_of_wishes_drives_a_device_out_of_its_limits_or_past_its_rate(wired, tmp_path, wishes):
    var = tmp_path / str(len(list(tmp_path.iterdir())))
    var.mkdir()
    device, at = Device({HEAT: 20.0}), NOON
    for value, hours in wishes:
        at += timedelta(hours=hours)
        before, record = device.values[HEAT], len(recorded(wired, var))
        try:
            bms.set_answer(wired, var, HEAT, value, "lead", "wish", at, {"modbus": device})
        except PlanError:
            assert device.values[HEAT] == before
            assert len(recorded(wired, var)) == record
        assert 16.0 <= device.values[HEAT] <= 23.0
        assert abs(device.values[HEAT] - before) <= 2.0 + 1e-9


def test_a_text_that_is_no_brick_is_told(park):
    with pytest.raises(TableError, match="Turtle, near character 2: 'no' is no address"):
        bms.brick_answer(park, "no turtle")
    assert bms.brick_answer(park, "")["gone"] == sorted(one.id for one in park.points)


def test_a_schedule_holds_in_a_shift_up_to_its_end(park):
    point = next(one for one in park.points if one.id == HEAT)
    shift = [(NOON, NOON + timedelta(hours=1))]
    instants = (NOON - timedelta(seconds=1), NOON, NOON + timedelta(hours=1))
    assert [scheduled(point, at, shift) for at in instants] == [17.0, 20.0, 17.0]
