"""Points while a day runs: sampled, watched, set by command, met again in a replay, carried to the next day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from run_park import COARSE, DAY, HOUR, ISO, MINUTE, contents, small_park

from parkwright.energy.points import Change
from parkwright.model.control import ControlPoint
from parkwright.model.errors import DeviceError
from parkwright.model.opening import folder_opening
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayRun
from parkwright.run.hear import Hearing, RefusedError
from parkwright.run.points import SET, TAKE_BACK, PointDesk, RoutedPoints, changes_of, row_of
from parkwright.run.ports import PointValues
from parkwright.run.recorder import Recorder
from parkwright.store import set_points
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin

PLAIN = {"name_en": "a", "name_zh": "甲", "building_id": "B1", "zone_id": "north", "basis": "assumed: a test"}
SENSOR = ControlPoint(
    id="t", kind="room", quantity="temperature_c", role="sensor", low=18, high=28, protocol="none", **PLAIN
)
HEAT = ControlPoint(
    id="sp", kind="air_handler", quantity="temperature_c", role="setpoint", write_low=16, write_high=24, rate_per_h=2,
    occupied=20, unoccupied=17, protocol="none", **PLAIN,
)  # fmt: skip
WIRED = HEAT.model_copy(update={"id": "wired", "protocol": "modbus", "address": "h:502/1/1"})
PARK = replace(small_park(), points=(SENSOR, HEAT, WIRED))
HOME = PARK.buildings[0].id
LIVED = replace(PARK, points=tuple(one.model_copy(update={"building_id": HOME}) for one in (SENSOR, HEAT)))
"""The park whose points its twin knows."""
START = PARK.midnight(DAY)
SHIFT = PARK.shifts(DAY)[0][0] + HOUR


class Bus:
    """Points in memory; `deaf` keep their value; each write and release is noted."""

    def __init__(self, values, deaf=()):
        self.values, self.deaf, self.done, self.reads = dict(values), set(deaf), [], 0

    def read(self, points):
        self.reads += 1
        known = {one.id: self.values[one.id] for one in points if one.id in self.values}
        return PointValues(known, {one.id: "asleep" for one in points if one.id not in known})

    def write(self, point, value):
        self.done.append(("write", point.id, value))
        if point.id not in self.deaf:
            self.values[point.id] = value

    def release(self, point, value):
        self.done.append(("release", point.id, value))
        self.values[point.id] = value


@dataclass(frozen=True)
class Ask:
    id: str
    kind: str
    payload: dict[str, Any]


@dataclass
class Box:
    waiting: list[Ask]
    answers: dict[str, tuple[str, bool]] = field(default_factory=dict)
    not_before: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def take_commands(self, now):
        if now < self.not_before:
            return []
        taken, self.waiting = self.waiting, []
        return taken

    def unanswered(self):
        return []

    def answer_command(self, command_id, answer, *, refused=False):
        self.answers[command_id] = (answer, refused)


def ask(value=21.0, point_id="sp", reason="cold", command_id="c1", kind=SET):
    return Ask(command_id, kind, {"point_id": point_id, "value": value, "who": "lead", "reason": reason})


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "ledger.db") as facts:
        yield facts


def bus_of(**values):
    return Bus({"t": 22.0, "sp": 20.0, "wired": 20.0} | values)


def desk(journal, bus, day=DAY):
    recorder = Recorder(journal, day.isoformat())
    return PointDesk(PARK, day, journal, recorder, RoutedPoints({"none": bus, "modbus": bus})), recorder


def told(journal, kind="samples", day=ISO):
    return journal.read(kind, day)


# ------------------------------------------------------------------------------------------------- samples and alarms


def test_what_points_tell_becomes_samples_and_a_silent_one_none(journal):
    bus = bus_of()
    del bus.values["wired"]
    points, recorder = desk(journal, bus)
    points.sample(START + MINUTE)
    recorder.commit(START + MINUTE)
    rows = told(journal).select("signal_id", "value").rows()
    assert rows == [("t/temperature_c", 22.0), ("sp/temperature_c", 20.0)]


def test_a_point_out_of_range_raises_one_alarm_and_a_restart_does_not_repeat_it(journal):
    bus = bus_of(t=31.0)
    points, recorder = desk(journal, bus)
    for n in range(1, 31):
        points.sample(START + n * MINUTE)
    recorder.commit(START + HOUR)
    alarms = told(journal, "alarms")
    assert alarms.select("kind", "thing_id", "at").rows() == [("point_high", "t", START + 16 * MINUTE)]
    again, recorder = desk(journal, bus)
    for n in range(1, 61):
        again.sample(START + n * MINUTE)
    recorder.commit(START + 2 * HOUR)
    assert told(journal, "alarms").height == 1
    assert told(journal).filter(told(journal)["signal_id"] == "t/temperature_c").height == 60


def test_what_is_recorded_already_is_not_read_from_a_device_again(journal):
    bus = bus_of()
    points, recorder = desk(journal, bus)
    points.sample(START + MINUTE)
    recorder.commit(START + MINUTE)
    before = bus.reads
    again, _ = desk(journal, bus)
    again.sample(START + MINUTE)
    assert bus.reads == before
    again.sample(START + 2 * MINUTE)
    assert bus.reads > before


# ------------------------------------------------------------------------------------------------- commands


def heard(journal, bus, *asks, tick=SHIFT):
    points, recorder = desk(journal, bus)
    box = Box(list(asks))
    hearing = Hearing(journal, ISO, box, {SET: points, TAKE_BACK: points})
    points.meet(tick)
    done = hearing.hear(tick)
    recorder.commit(tick)
    hearing.answer()
    return box, done


def test_a_set_point_is_written_recorded_and_answered(journal):
    bus = bus_of()
    box, done = heard(journal, bus, ask())
    assert done
    assert bus.done == [("write", "sp", 21.0)]
    assert box.answers == {"c1": ("point sp is set to 21", False)}
    assert changes_of(told(journal, "point_changes")) == [Change("sp", 20.0, 21.0, SHIFT, "lead", "cold")]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (ask(25.0), "outside the limits 16 to 24"),
        (ask(23.0), "more than 2 now"),
        (ask(point_id="none"), "is not in points.csv"),
        (ask(point_id="t"), "may not be written"),
        (ask("warm"), "is no number"),
        (ask(True), "is no number"),
        (ask(reason=" "), "no reason is given"),
        (ask(kind=TAKE_BACK), "nothing to take back"),
        (Ask("c1", "burn", {}), "knows no command 'burn'; it takes 'set_point', 'take_back'"),
    ],
)
def test_what_may_not_be_is_refused_and_leaves_nothing(journal, asked, says):
    bus = bus_of()
    box, done = heard(journal, bus, asked)
    assert not done
    assert box.answers["c1"][1]
    assert says in box.answers["c1"][0]
    assert bus.done == []
    assert told(journal, "point_changes").is_empty()


def test_a_device_that_does_not_follow_is_put_back_and_the_command_refused(journal):
    bus = bus_of()
    bus.deaf = {"wired"}
    box, _ = heard(journal, bus, ask(point_id="wired"))
    assert bus.done == [("write", "wired", 21.0), ("write", "wired", 20.0)]
    assert box.answers["c1"] == ("point wired: shows 20 after 21 was written; put back to 20", True)
    assert told(journal, "point_changes").is_empty()


def test_a_device_whose_value_is_not_known_is_not_written(journal):
    bus = bus_of()
    del bus.values["wired"]
    box, _ = heard(journal, bus, ask(point_id="wired"))
    assert "present value is not known (asleep)" in box.answers["c1"][0]
    assert bus.done == []


def test_changes_are_taken_back_one_by_one_and_the_first_one_to_the_schedule(journal):
    bus = bus_of()
    heard(journal, bus, ask(21.0))
    heard(journal, bus, ask(22.0, command_id="c2"), tick=SHIFT + HOUR)
    box, _ = heard(journal, bus, ask(command_id="c3", kind=TAKE_BACK), tick=SHIFT + 2 * HOUR)
    assert box.answers["c3"] == ("point sp is back to 21", False)
    heard(journal, bus, ask(command_id="c4", kind=TAKE_BACK), tick=SHIFT + 3 * HOUR)
    assert bus.done[-1] == ("release", "sp", 20.0)
    assert [one.value for one in changes_of(told(journal, "point_changes"))] == [21.0, 22.0, 21.0, 20.0]


class OwnProgram(Bus):
    """A device that shows what its own program says, or what it had, when it is released."""

    after: float = 18.5

    def release(self, point, value):
        self.done.append(("release", point.id, value))
        self.values[point.id] = self.after


@pytest.mark.parametrize(("after", "answer"), [
    (18.5, ("point wired is back to 20", False)),
    (20.0, ("point wired is back to 20", False)),
    (21.0, ("point wired: shows 21 after 20 was written; put back to 21", True)),
])  # fmt: skip
def test_a_released_device_may_follow_its_own_program_and_not_stay_where_it_was_set(journal, after, answer):
    bus = OwnProgram(bus_of().values)
    bus.after = after
    heard(journal, bus, ask(21.0, point_id="wired"))
    box, _ = heard(journal, bus, ask(command_id="c2", kind=TAKE_BACK, point_id="wired"), tick=SHIFT + HOUR)
    assert box.answers["c2"] == answer


def test_a_command_whose_fact_is_durable_is_answered_after_a_restart(journal):
    points, recorder = desk(journal, bus_of())
    assert points.carry_out(ask(), SHIFT) == "point sp is set to 21"
    recorder.commit(SHIFT)
    again, _ = desk(journal, bus_of())
    box = Box([])
    Hearing(journal, ISO, box, {SET: again}).answer()
    assert box.answers == {"c1": ("point sp is set to 21", False)}


# ------------------------------------------------------------------------------------------------- replay and next day


def test_a_replayed_plant_is_given_a_set_point_when_it_was_set_and_a_device_never(journal):
    points, recorder = desk(journal, bus_of())
    points.carry_out(ask(), SHIFT)
    points.carry_out(ask(point_id="wired", command_id="c2"), SHIFT + MINUTE)
    recorder.commit(SHIFT + MINUTE)
    bus = bus_of()
    again, _ = desk(journal, bus)
    again.meet(SHIFT - MINUTE)
    assert bus.done == []
    again.meet(SHIFT + HOUR)
    assert bus.done == [("write", "sp", 21.0)]


def test_the_next_day_opens_with_what_stands_and_not_with_what_was_taken_back(journal):
    points, recorder = desk(journal, bus_of())
    points.carry_out(ask(), SHIFT)
    recorder.commit(SHIFT)
    bus = bus_of()
    desk(journal, bus, DAY + timedelta(days=1))
    assert bus.done == [("write", "sp", 21.0)]
    again, recorder = desk(journal, bus_of())
    again.meet(SHIFT)
    again.carry_out(ask(command_id="c2", kind=TAKE_BACK), SHIFT + HOUR)
    recorder.commit(SHIFT + HOUR)
    bus = bus_of()
    desk(journal, bus, DAY + timedelta(days=1))
    assert bus.done == [("release", "sp", 17.0)]
    assert desk(journal, Bus({}), DAY - timedelta(days=1))[0].recorded == {}


def test_changes_by_hand_are_numbered_on_and_read_back_in_order(journal):
    changes = [Change("sp", 20.0, 20.0 + n, SHIFT + n * HOUR, "lead", "冷", takes_back=n == 2) for n in range(3)]
    for change in changes:
        set_points.append(journal, ISO, change, change.at)
    assert set_points.read(journal) == changes
    assert changes_of(row_of(changes[2], "c9")) == [changes[2]]


def ran(journal, box, stop_at):
    """Run the day on its twin until an instant, with its points behind the twin."""
    opening = folder_opening(LIVED)
    twin = Twin(LIVED, DAY, 1, opening)
    clock = SimulatedClock(START)
    bus = RoutedPoints({"none": twin})
    run = DayRun(LIVED, DAY, 1, twin, twin, journal, clock, opening, COARSE, commands=box, points=bus)
    assert run.run(lambda: clock.now() >= stop_at) is None


@pytest.mark.slow
def test_a_running_day_keeps_its_points_and_a_day_that_was_stopped_goes_on_as_if_it_had_not(tmp_path):
    def box():
        return Box([ask(21.0, reason="cold")], not_before=SHIFT)

    with Journal(tmp_path / "whole.db") as facts:
        first = box()
        ran(facts, first, SHIFT + 3 * HOUR)
        assert first.answers == {"c1": ("point sp is set to 21", False)}
        samples = facts.read("samples", ISO)
    told_ = dict(samples.filter(samples["signal_id"] == "sp/temperature_c").select("start", "value").rows())
    assert (told_[SHIFT - 2 * HOUR], told_[SHIFT - HOUR]) == (17.0, 20.0)
    assert told_[SHIFT] == told_[SHIFT + 2 * HOUR] == 21.0
    with Journal(tmp_path / "cut.db") as facts:
        ran(facts, box(), SHIFT + 90 * MINUTE)
    with Journal(tmp_path / "cut.db") as facts:
        ran(facts, Box([]), SHIFT + 3 * HOUR)

    def of_points(path):
        return [row for row in contents(path) if row[0] in ("points", "books", "plant")]

    assert of_points(tmp_path / "cut.db") == of_points(tmp_path / "whole.db")


# ------------------------------------------------------------------------------------------------- routing


def test_each_point_goes_to_its_protocol_and_one_without_is_silent():
    here, there = bus_of(), bus_of(wired=23.0)
    routed = RoutedPoints({"none": here, "modbus": there})
    found = routed.read([SENSOR, HEAT, WIRED])
    assert found.values == {"t": 22.0, "sp": 20.0, "wired": 23.0}
    routed.write(WIRED, 22.0)
    routed.release(HEAT, 20.0)
    assert (there.done, here.done) == ([("write", "wired", 22.0)], [("release", "sp", 20.0)])
    alone = RoutedPoints({"none": here})
    assert alone.read([WIRED]) == PointValues({}, {"wired": "has no device"})
    for deed in (alone.write, alone.release):
        with pytest.raises(DeviceError, match="wired: has no device here; give it a protocol"):
            deed(WIRED, 21.0)


def test_a_refusal_is_one_line_that_names_the_point(journal):
    points, _ = desk(journal, bus_of())
    with pytest.raises(RefusedError, match=r"^point sp: 30 is outside the limits 16 to 24$"):
        points.carry_out(ask(30.0), SHIFT)
