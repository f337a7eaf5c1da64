"""Devices polled beside the run: nobody waits, nothing stale is told, what was written is seen at once."""

from __future__ import annotations

import socket
import threading

import pytest
from test_connect_points import device, point

from parkwright.connect.bacnet import BacnetBus
from parkwright.connect.polled import PolledBus, device_of
from parkwright.model.errors import DeviceError
from parkwright.run.ports import PointValues

ROOM, FAN, FAR = (point(name, "bacnet", f"{host}/analog-value,{n}") for n, (name, host) in enumerate(
    (("room", "a:1"), ("fan", "a:1"), ("far", "b:1"))
))  # fmt: skip


class Device:
    """A bus in memory that can be held back; counts the looks at each device, and says when one has ended."""

    def __init__(self, values, held=()):
        self.values, self.looks = dict(values), []
        self.gates = {name: threading.Event() for name in ("a:1", "b:1")}
        self.ended = {name: threading.Semaphore(0) for name in self.gates}
        for name in set(self.gates) - set(held):
            self.gates[name].set()

    def read(self, points):
        name = device_of(points[0])
        self.gates[name].wait(10.0)
        self.looks.append([one.id for one in points])
        known = {one.id: self.values[one.id] for one in points if one.id in self.values}
        self.ended[name].release()
        return PointValues(known, {one.id: "asleep" for one in points if one.id not in known})

    def write(self, one, value):
        if one.id == "far":
            raise DeviceError("point far: refuses")
        self.values[one.id] = value

    def release(self, one, value):
        self.values[one.id] = value + 0.5


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def looked(device_, name, times=1):
    for _ in range(times):
        assert device_.ended[name].acquire(timeout=10.0)


def until(found, wanted):
    """Wait until a read tells what is wanted: a look that has ended is noted a moment later."""
    for _ in range(1000):
        if found() == wanted:
            return
        threading.Event().wait(0.01)
    assert found() == wanted


def test_a_point_is_silent_until_its_device_was_read_and_a_slow_device_holds_nobody_back():
    bus = Device({"room": 21.0, "fan": 1.0, "far": 5.0}, held=["b:1"])
    with PolledBus(bus, [ROOM, FAN, FAR], every_s=60.0) as polled:
        looked(bus, "a:1")
        until(lambda: polled.read([ROOM, FAN]).values, {"room": 21.0, "fan": 1.0})
        found = polled.read([ROOM, FAR])
        assert found.values == {"room": 21.0}
        assert found.silent == {"far": "b:1/analog-value,2: has not been read yet"}
        bus.gates["b:1"].set()
        until(lambda: polled.read([FAR]).values, {"far": 5.0})
    assert sorted(bus.looks) == [["far"], ["room", "fan"]]


def test_a_value_that_was_not_told_again_is_stale_and_says_why():
    bus, clock = Device({"room": 21.0}), Clock()
    with PolledBus(bus, [ROOM, FAN], every_s=10.0, clock=clock) as polled:
        until(lambda: polled.read([ROOM]).values, {"room": 21.0})
        assert polled.read([FAN]).silent == {"fan": "asleep"}
        clock.now = 60.0
        assert polled.read([ROOM]).values == {"room": 21.0}
        clock.now = 60.1
        assert polled.read([ROOM]).values == {}
        assert set(polled.read([ROOM]).silent) == {"room"}


def test_a_device_is_read_again_and_again():
    bus = Device({"room": 21.0})
    with PolledBus(bus, [ROOM], every_s=0.01) as polled:
        looked(bus, "a:1", 3)
        bus.values["room"] = 22.0
        until(lambda: polled.read([ROOM]).values, {"room": 22.0})
    count = len(bus.looks)
    assert count >= 4
    assert not bus.ended["a:1"].acquire(timeout=0.05) or len(bus.looks) == count


def test_what_was_written_or_released_is_read_at_once():
    bus = Device({"room": 21.0, "fan": 1.0})
    with PolledBus(bus, [ROOM, FAN], every_s=60.0) as polled:
        until(lambda: polled.read([ROOM, FAN]).values, {"room": 21.0, "fan": 1.0})
        bus.values["fan"] = 7.0
        polled.write(ROOM, 22.0)
        assert polled.read([ROOM, FAN]).values == {"room": 22.0, "fan": 1.0}
        polled.release(FAN, 2.0)
        assert polled.read([ROOM, FAN]).values == {"room": 22.0, "fan": 2.5}


def test_a_refusal_is_the_buses_own():
    with PolledBus(Device({}), [FAR], every_s=60.0) as polled, pytest.raises(DeviceError, match="far: refuses"):
        polled.write(FAR, 1.0)


def test_a_real_device_is_polled():
    with device("bacnet_device.py", socket.SOCK_DGRAM) as port:
        there = point("room", "bacnet", f"127.0.0.1:{port}/analog-input,1")
        lost = point("lost", "bacnet", f"127.0.0.1:{port}/analog-value,77")
        with PolledBus(BacnetBus(), [there, lost], every_s=1.0) as polled:
            until(lambda: polled.read([there]).values, {"room": 21.5})
            assert "unknown-object" in polled.read([lost]).silent["lost"]
