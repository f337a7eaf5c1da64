"""Clocks: simulated time is where the run waited to; paced time rests on the monotonic clock alone."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.run import clock
from parkwright.run.clock import PacedClock, SimulatedClock

START = datetime(2026, 7, 15, tzinfo=UTC)


class FakeTime:
    """The clock module's `time`, moved by hand; its wall clock may jump as it likes."""

    def __init__(self) -> None:
        self.mono = 1000.0
        self.wall = 1.7e9

    def monotonic(self) -> float:
        return self.mono

    def time(self) -> float:
        return self.wall


class Stop:
    """An event whose wait lets the fake time pass."""

    def __init__(self, fake: FakeTime) -> None:
        self.fake, self.waits = fake, []

    def wait(self, timeout: float) -> bool:
        self.waits.append(timeout)
        self.fake.mono += timeout
        self.fake.wall += timeout
        return False


@pytest.fixture
def fake(monkeypatch):
    found = FakeTime()
    monkeypatch.setattr(clock, "time", found)
    return found


def test_a_simulated_clock_is_where_it_was_waited_for_and_waits_no_time():
    simulated = SimulatedClock(START)
    began = time.monotonic()
    simulated.wait_until(START + timedelta(days=365))
    assert time.monotonic() - began < 0.1
    assert simulated.now() == START + timedelta(days=365)


@given(st.lists(st.integers(-5000, 5000), min_size=1, max_size=20))
def test_a_simulated_clock_never_goes_back(steps):
    simulated, seen = SimulatedClock(START), [START]
    for step in steps:
        simulated.wait_until(START + timedelta(seconds=step))
        seen.append(simulated.now())
    assert seen == sorted(seen)
    assert seen[-1] == START + timedelta(seconds=max(0, *steps))


def test_a_paced_clock_catches_up_without_waiting_and_is_not_anchored_before_its_pace(fake):
    told, stop = [], Stop(fake)
    paced = PacedClock(START, 60.0, stop, lambda *anchor: told.append(anchor))
    for minute in range(-600, 1):
        paced.wait_until(START + timedelta(minutes=minute))
        assert paced.now() == START + timedelta(minutes=minute)
    assert (told, stop.waits) == ([], [])


def test_a_paced_clock_waits_a_speedth_of_the_time_and_tells_its_anchor_once(fake):
    told, stop = [], Stop(fake)
    paced = PacedClock(START, 60.0, stop, lambda *anchor: told.append(anchor))
    for minute in range(1, 4):
        paced.wait_until(START + timedelta(minutes=minute))
        assert paced.now() == START + timedelta(minutes=minute)
    assert stop.waits == pytest.approx([1.0, 1.0, 1.0])
    assert told == [(START, 1000.0)]


def test_a_slow_cycle_is_made_up_for_and_nothing_drifts(fake):
    stop = Stop(fake)
    paced = PacedClock(START, 60.0, stop)
    paced.wait_until(START + timedelta(minutes=1))
    fake.mono += 2.5  # a cycle that took two and a half minutes of park time
    for minute in range(2, 5):
        paced.wait_until(START + timedelta(minutes=minute))
    assert stop.waits == pytest.approx([1.0, 0.0, 0.0, 0.5])
    assert fake.mono == pytest.approx(1004.0)


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0, 86_400.0 * 365, -1.7e9])
def test_a_jump_of_the_wall_clock_moves_neither_the_time_nor_a_wait(fake, jump_s):
    stop = Stop(fake)
    paced = PacedClock(START, 60.0, stop)
    paced.wait_until(START + timedelta(minutes=1))
    before = paced.now()
    fake.wall += jump_s
    assert paced.now() == before
    paced.wait_until(START + timedelta(minutes=2))
    assert stop.waits == pytest.approx([1.0, 1.0])
    assert paced.now() == START + timedelta(minutes=2)


def test_a_stop_ends_every_wait_at_once():
    stop = threading.Event()
    paced = PacedClock(START, 1.0, stop)
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    paced.wait_until(START + timedelta(hours=1))
    paced.wait_until(START + timedelta(hours=2))
    assert 0.05 < time.monotonic() - began < 5.0


@pytest.mark.parametrize("speed", [0.0, -1.0])
def test_a_speed_that_is_not_positive_is_refused(speed):
    with pytest.raises(ValueError, match=f"speed is {speed}; give a positive factor"):
        PacedClock(START, speed, threading.Event())
