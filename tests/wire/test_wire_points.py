"""Points by command: read over buses, set within limits, put back when the device does not follow, taken back."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.model.errors import DeviceError, ParkwrightError, PlanError
from parkwright.model.tables import SAMPLES, conform
from parkwright.run.ports import Batch, PointValues
from parkwright.store import lock
from parkwright.store.folder import load
from parkwright.store.journal import Journal
from parkwright.store.operations import Operations
from parkwright.wire import points as bms
from parkwright.wire.pace import Anchor
from parkwright.wire.places import Places

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
NOON = datetime(2026, 7, 15, 4, tzinfo=UTC)
HEAT = "OF-north-heat-sp"


class Bus:
    """A bus of values in memory; `deaf` devices take a value and keep their own."""

    def __init__(self, values, deaf=()):
        self.values, self.deaf, self.written = dict(values), set(deaf), []

    def read(self, points):
        known = {one.id: self.values[one.id] for one in points if one.id in self.values}
        return PointValues(known, {one.id: "no answer" for one in points if one.id not in known})

    def write(self, point, value):
        self.written.append((point.id, value))
        if point.id not in self.deaf:
            self.values[point.id] = value

    release = write


@pytest.fixture(scope="module")
def park():
    return load(TIANJIN)


@pytest.fixture(scope="module")
def wired(park):
    """The park with its office on a bus."""
    on_bus = [
        one.model_copy(update={"protocol": "modbus", "address": "h:502/1/1"}) if one.building_id == "OF" else one
        for one in park.points
    ]
    return replace(park, points=tuple(on_bus))


def test_the_points_of_a_building_are_told_with_zones_and_silence(wired, tmp_path):
    bus = Bus({"OF-north-t": 31.0, "OF-south-t": 22.0, "OF-south-co2": 700.0, "OF-water": 40.0})
    found = bms.points_answer(wired, tmp_path, NOON, {"modbus": bus}, "OF")
    assert [(zone["zone_id"], zone["category"]) for zone in found["zones"]] == [("north", "outside"), ("south", "I")]
    assert found["out_of_range"] == ["OF-north-t", "OF-water"]
    rows = {row["id"]: row for row in found["points"]}
    assert {row["building"] for row in rows.values()} == {"OF"}
    assert rows["OF-north-co2"]["state"] == "missing"
    assert rows["OF-north-co2"]["silent"] == "no answer"
    assert rows[HEAT]["scheduled"] == 20.0
    assert rows[HEAT]["writable"] is True


def test_without_a_bus_set_points_stand_at_their_schedule_and_sensors_are_missing(park, tmp_path):
    found = bms.points_answer(park, tmp_path, NOON)
    rows = {row["id"]: row for row in found["points"]}
    assert len(rows) == len(park.points)
    assert rows[HEAT]["value"] == 20.0
    assert rows["OF-north-t"]["value"] is None
    night = bms.points_answer(park, tmp_path, NOON - timedelta(hours=10))
    assert {row["id"]: row["value"] for row in night["points"]}[HEAT] == 17.0


def test_a_building_or_point_that_is_not_there_is_told(park, tmp_path):
    with pytest.raises(PlanError, match="building 'X': is not in the park; give one of B1"):
        bms.points_answer(park, tmp_path, NOON, None, "X")
    with pytest.raises(PlanError, match=r"point 'X': is not in points\.csv"):
        bms.set_answer(park, tmp_path, "X", 1.0, "a", "b", NOON)


def test_a_set_point_is_written_read_back_and_recorded(wired, tmp_path):
    bus = Bus({HEAT: 20.0})
    done = bms.set_answer(wired, tmp_path, HEAT, 21.5, "lead", "cold", NOON, {"modbus": bus})
    assert bus.written == [(HEAT, 21.5)]
    assert (done["before"], done["value"], done["written_to"]) == (20.0, 21.5, "h:502/1/1")
    told = bms.points_answer(wired, tmp_path, NOON, {"modbus": bus}, "OF")["changes"]
    assert [(one["value"], one["who"], one["reason"]) for one in told] == [(21.5, "lead", "cold")]


def test_a_device_that_does_not_follow_is_put_back_and_nothing_is_recorded(wired, tmp_path):
    bus = Bus({HEAT: 20.0}, deaf=[HEAT])
    with pytest.raises(DeviceError, match=r"shows 20 after 21\.5 was written; put back to 20"):
        bms.set_answer(wired, tmp_path, HEAT, 21.5, "lead", "cold", NOON, {"modbus": bus})
    assert bus.written == [(HEAT, 21.5), (HEAT, 20.0)]
    assert bms.points_answer(wired, tmp_path, NOON)["changes"] == []


def test_a_device_whose_value_is_not_known_is_not_written(wired, tmp_path):
    bus = Bus({})
    with pytest.raises(DeviceError, match=r"its present value is not known \(no answer\)"):
        bms.set_answer(wired, tmp_path, HEAT, 21.5, "lead", "cold", NOON, {"modbus": bus})
    assert bus.written == []


def test_two_changes_in_a_row_share_the_rate_of_an_hour(park, tmp_path):
    bms.set_answer(park, tmp_path, HEAT, 22.0, "lead", "cold", NOON)
    with pytest.raises(PlanError, match="more than 1 now, at 2 an hour"):
        bms.set_answer(park, tmp_path, HEAT, 20.0, "lead", "warm", NOON + timedelta(minutes=30))
    bms.set_answer(park, tmp_path, HEAT, 21.0, "lead", "warm", NOON + timedelta(minutes=30))


def test_the_last_change_is_taken_back_on_the_device_too(wired, tmp_path):
    bus = Bus({HEAT: 20.0})
    bms.set_answer(wired, tmp_path, HEAT, 22.0, "lead", "cold", NOON, {"modbus": bus})
    done = bms.undo_answer(wired, tmp_path, HEAT, "chief", NOON, {"modbus": bus})
    assert bus.values[HEAT] == 20.0
    assert (done["value"], done["who"], done["reason"]) == (20.0, "chief", "takes back: cold")
    with pytest.raises(PlanError, match="nothing to take back"):
        bms.undo_answer(wired, tmp_path, "OF-light", "chief", NOON, {"modbus": bus})


def test_a_sensor_is_never_written(wired, tmp_path):
    bus = Bus({"OF-north-t": 20.0})
    with pytest.raises(PlanError, match="may not be written"):
        bms.set_answer(wired, tmp_path, "OF-north-t", 21.0, "lead", "cold", NOON, {"modbus": bus})
    assert bus.written == []


def test_brick_goes_out_and_the_difference_comes_back(park):
    text = bms.brick_text(park)
    assert bms.brick_answer(park, text) == {"points": len(park.points), "new": [], "gone": [], "changed": []}
    fewer = replace(park, points=tuple(one.model_copy(update={"high": 99.0}) for one in park.points[1:2]))
    told = bms.brick_answer(fewer, text)
    assert told["changed"] == [park.points[1].id]
    assert len(told["new"]) == len(park.points) - 1
    assert bms.brick_answer(park, bms.brick_text(fewer))["gone"]


# ------------------------------------------------------------------------------------------------- a park that runs


class Run:
    """A run that holds the park's folder and answers commands as told."""

    def __init__(self, park, var, answer, refused=False):
        self.places, self.answer, self.refused, self.taken = Places(var, park.site.park_id), answer, refused, []
        self.stop = threading.Event()

    def __enter__(self):
        self.held = lock.hold(self.places.home, "parkwright run")
        self.held.__enter__()
        Anchor(NOON, time.monotonic(), 60.0).save(self.places.anchor)
        self.thread = threading.Thread(target=self._work)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        self.held.__exit__(None, None, None)

    def _work(self):
        with Operations(self.places.operations_url) as operations:
            while not self.stop.wait(0.05):
                for asked in operations.take_commands(NOON):
                    self.taken.append((asked.kind, dict(asked.payload)))
                    operations.answer_command(asked.id, self.answer, refused=self.refused)


def test_a_park_that_runs_is_asked_and_its_answer_told(park, tmp_path):
    with Run(park, tmp_path, "point OF-shade is set to 0.5") as run:
        done = bms.set_answer(park, tmp_path, "OF-shade", 0.5, "lead", "sun", NOON)
        back = bms.undo_answer(park, tmp_path, "OF-shade", "lead", NOON)
    assert done["answer"] == back["answer"] == "point OF-shade is set to 0.5"
    assert run.taken == [
        ("set_point", {"point_id": "OF-shade", "value": 0.5, "who": "lead", "reason": "sun"}),
        ("take_back", {"point_id": "OF-shade", "who": "lead"}),
    ]
    assert not run.places.journal.exists()


def test_what_the_run_refuses_is_told_as_it_says_it(park, tmp_path):
    with (
        Run(park, tmp_path, "point OF-shade: 9 is outside the limits 0 to 1", refused=True),
        pytest.raises(PlanError, match="9 is outside the limits 0 to 1"),
    ):
        bms.set_answer(park, tmp_path, "OF-shade", 9.0, "lead", "sun", NOON)


def test_a_folder_that_another_holds_without_a_running_park_is_told(park, tmp_path):
    with (
        lock.hold(Places(tmp_path, park.site.park_id).home, "restatement"),
        pytest.raises(ParkwrightError, match="restatement"),
    ):
        bms.set_answer(park, tmp_path, "OF-shade", 0.5, "lead", "sun", NOON)


def test_sensors_stand_at_what_the_ledger_holds_of_its_newest_day(park, tmp_path):
    path = Places(tmp_path, park.site.park_id).journal
    rows = [(NOON, "OF-north-t/temperature_c", 22.5, "good"), (NOON, "L1/units_out", 3.0, "good")]
    frame = conform(pl.DataFrame(rows, schema=SAMPLES.schema, orient="row"), SAMPLES)
    path.parent.mkdir(parents=True)
    with Journal(path) as journal:
        journal.append([Batch("points", "2026-07-15", 0, "samples", "2026-07-15", frame)], NOON)
    found = {row["id"]: row["value"] for row in bms.points_answer(park, tmp_path, NOON)["points"]}
    assert found["OF-north-t"] == 22.5
    assert found["OF-south-t"] is None


def command(*given):
    return CliRunner().invoke(app, ["energy", "points", str(TIANJIN), *given])


def test_the_command_lists_sets_takes_back_and_exchanges(tmp_path):
    var = ("--var", str(tmp_path))
    listed = json.loads(command("--json", *var, "--building", "WH").output)
    assert {row["building"] for row in listed["points"]} == {"WH"}
    assert command("--set", "OF-shade", *var).exit_code == 2
    assert command("--set", "OF-shade", "--value", "2", "--reason", "sun", *var).exit_code == 2
    done = command("--set", "OF-shade", "--value", "0.5", "--reason", "sun", "--who", "lead", "--json", *var)
    assert json.loads(done.output)["value"] == 0.5
    assert json.loads(command("--undo", "OF-shade", "--json", *var).output)["value"] == 0.0
    out = tmp_path / "points.ttl"
    assert command("--brick", str(out), *var).exit_code == 0
    assert json.loads(command("--compare", str(out), "--json", *var).output)["changed"] == []
    assert command("--compare", str(tmp_path / "none.ttl"), *var).exit_code == 2
    asked = json.loads(command("--read", "--json", *var).output)
    assert all(row["silent"] is None for row in asked["points"])
