"""What all meters keep, simulated, from files or over a broker: the contract of the port Meters."""

from __future__ import annotations

import dataclasses
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from parkwright.connect.broker import Broker
from parkwright.connect.files import FileMeters
from parkwright.connect.mqtt import MeterFeed, MeterPublisher, WiredMeters
from parkwright.energy import registers
from parkwright.model.opening import folder_opening
from parkwright.model.park import Park
from parkwright.model.plant import MeterFile
from parkwright.model.tables import ALARMS, READINGS
from parkwright.run.ports import Meters
from parkwright.store.folder import load
from parkwright.store.new import write_park
from parkwright.twin.park import Twin

DAY = date(2026, 7, 15)
STEP = timedelta(minutes=15)
LAST = 8
"""Intervals that the meters have metered when a test begins."""


@dataclass
class Bench:
    """Meters under test, with what they metered."""

    park: Park
    meters: Meters
    names: set[str]
    close: Callable[[], None] = lambda: None

    def at(self, k: float) -> datetime:
        return self.park.midnight(DAY) + k * STEP


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("meters") / "park"
    write_park(path, "PORTS")
    return path


def of_twin(folder, tmp_path):
    park = load(folder)
    twin = Twin(park, DAY, 1, folder_opening(park))
    twin.sense(park.midnight(DAY) + LAST * STEP)
    return Bench(park, twin, set(park.meter))


def of_files(folder, tmp_path):
    park = load(folder)
    rows = "".join(f"{(datetime.fromisoformat('2026-07-15') + k * STEP):%Y-%m-%d %H:%M},{k}.5\n" for k in range(LAST))
    (tmp_path / "m.csv").write_text("t,v\n" + rows)
    files = tuple(
        MeterFile(
            file="m.csv", meter_id=meter_id, time_column="t", time_format="%Y-%m-%d %H:%M", label="start",
            value_column="v", value_unit="kWh",
        )
        for meter_id in ("grid-in", "hall")
    )  # fmt: skip
    one = dataclasses.replace(park, meter_files=files)
    return Bench(one, FileMeters(one, tmp_path), {"grid-in", "hall"})


def wired(folder, url, wrapped, close_broker=lambda: None):
    park = load(folder)
    site = park.site.model_copy(update={"park_id": "P" + uuid.uuid4().hex[:12]})
    start = park.midnight(DAY)
    twin = Twin(park, DAY, 1, folder_opening(park))
    park = dataclasses.replace(park, site=site)
    twin.sense(start + LAST * STEP)
    feed = MeterFeed(url, park, registers.opening(park.meters, start), wait_s=10.0)
    publisher = MeterPublisher(url, park)

    def close():
        publisher.close()
        feed.close()
        close_broker()

    if wrapped:
        return Bench(park, WiredMeters(twin, publisher, feed), set(park.meter), close)
    publisher.publish(twin.readings(start + LAST * STEP))
    return Bench(park, feed, set(park.meter), close)


def of_feed(folder, tmp_path):
    broker = Broker()
    return wired(folder, broker.url, False, broker.stop)


def of_wire(folder, tmp_path):
    broker = Broker()
    return wired(folder, broker.url, True, broker.stop)


def of_server(folder, tmp_path):
    return wired(folder, os.environ["PARKWRIGHT_TEST_MQTT"], False)


KINDS = [of_twin, of_files, of_feed, of_wire, pytest.param(of_server, marks=pytest.mark.server)]


@pytest.fixture(params=KINDS)
def bench(request, folder, tmp_path):
    found = request.param(folder, tmp_path)
    yield found
    found.close()


def test_readings_keep_the_contract_of_their_table(bench):
    found = bench.meters.readings(bench.at(3))
    assert dict(found.schema) == READINGS.schema
    assert set(found["quality"]) <= {"good", "estimated", "repaired", "suspect"}


def test_every_meter_has_one_reading_an_interval(bench):
    found = bench.meters.readings(bench.at(4))
    assert found.height == 4 * len(bench.names)
    assert set(found["meter_id"]) == bench.names
    assert found.select("start", "meter_id").is_unique().all()
    assert found["start"].unique().sort().to_list() == [bench.at(k) for k in range(4)]


def test_nothing_is_read_before_its_interval_has_ended(bench):
    assert bench.meters.readings(bench.at(0.9)).is_empty()
    assert bench.meters.readings(bench.at(1.9))["start"].unique().to_list() == [bench.at(0)]


def test_nothing_is_read_twice(bench):
    bench.meters.readings(bench.at(2))
    assert bench.meters.readings(bench.at(2)).is_empty()
    assert bench.meters.readings(bench.at(3))["start"].unique().to_list() == [bench.at(2)]


def test_acknowledging_loses_nothing_that_was_not_read(bench):
    parts = []
    for k in range(1, LAST + 1):
        parts.append(bench.meters.readings(bench.at(k)))
        bench.meters.acknowledge()
        bench.meters.acknowledge()
    assert pl.concat(parts).height == LAST * len(bench.names)


@pytest.mark.parametrize("kind", KINDS)
def test_the_steps_in_which_one_reads_do_not_matter(kind, folder, tmp_path):
    at_once, in_steps = kind(folder, tmp_path), kind(folder, tmp_path)
    try:
        whole = at_once.meters.readings(at_once.at(LAST))
        parts = pl.concat([in_steps.meters.readings(in_steps.at(k / 2)) for k in range(2 * LAST + 1)])
        assert whole.sort("start", "meter_id").equals(parts.sort("start", "meter_id"))
    finally:
        at_once.close()
        in_steps.close()


def test_sound_meters_raise_no_alarm_and_alarms_come_once(bench):
    bench.meters.readings(bench.at(LAST))
    found = bench.meters.alarms()
    assert dict(found.schema) == ALARMS.schema
    assert found.is_empty()
    assert bench.meters.alarms().is_empty()


def test_what_comes_over_the_wire_is_what_was_metered(folder, tmp_path):
    direct, wire = of_twin(folder, tmp_path), of_feed(folder, tmp_path)
    try:
        metered = direct.meters.readings(direct.at(LAST)).sort("start", "meter_id")
        assert wire.meters.readings(wire.at(LAST)).sort("start", "meter_id").equals(metered)
    finally:
        wire.close()
