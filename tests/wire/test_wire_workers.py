"""Workers of a live park: they find their day, its opening and its pace in the ledger, and end with their parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from run_park import DAY, HOUR, ISO, STEADY, run_day, small_park, write_folder

from parkwright.model.errors import LedgerError
from parkwright.model.opening import folder_opening
from parkwright.store import folder, lock
from parkwright.store.journal import Journal
from parkwright.wire import headless, history, live, pace
from parkwright.wire.pace import Anchor, anchor_of
from parkwright.wire.parent import PARENT, held
from parkwright.wire.places import Places

ROOT = Path(__file__).parents[2]
PARK = small_park(3600)
NEXT = DAY + timedelta(days=1)
WORKER = """
import time
from parkwright.wire.parent import stop_event
stop = stop_event()
print("up", flush=True)
stop.wait(600)
print("stopped", flush=True)
"""
STARTER = """
import os, subprocess, sys
from parkwright.wire.parent import environment
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], env=environment(), stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """A ledger with one closed live day and the day's result."""
    journal = Journal(tmp_path_factory.mktemp("closed") / "ledger.db")
    with journal:
        yield journal, run_day(journal, PARK, cadence=STEADY)


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_worker_ends_when_its_parent_is_killed():
    starter = subprocess.Popen([sys.executable, "-c", STARTER, WORKER], stdout=subprocess.PIPE, text=True)
    pid = int(starter.stdout.readline())
    assert is_alive(pid)
    starter.kill()
    starter.wait()
    limit = time.monotonic() + 10.0
    while is_alive(pid) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not is_alive(pid)


def test_a_worker_whose_parent_was_killed_before_it_was_up_ends_too():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    worker = subprocess.run(
        [sys.executable, "-c", WORKER], env=os.environ | {PARENT: str(gone.pid)}, timeout=20, check=False
    )
    assert worker.returncode == 1


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_told_by_a_signal_stops_by_itself(name):
    worker = subprocess.Popen([sys.executable, "-c", WORKER], stdout=subprocess.PIPE, text=True)
    assert worker.stdout.readline() == "up\n"
    worker.send_signal(name)
    assert worker.communicate(timeout=20)[0] == "stopped\n"
    assert worker.returncode == 0


def test_a_lock_that_comes_free_soon_is_waited_for(tmp_path):
    first = lock.hold(tmp_path, "the old worker")
    first.__enter__()
    threading.Timer(0.3, lambda: first.__exit__(None, None, None)).start()
    with held(tmp_path, "the new worker", 10.0):
        assert json.loads((tmp_path / lock.FILE).read_text())["who"] == "the new worker"


def test_a_lock_that_does_not_come_free_is_refused_by_name(tmp_path):
    with (
        lock.hold(tmp_path, "the old worker"),
        pytest.raises(LedgerError, match="in use by 'the old worker'"),
        held(tmp_path, "the new worker", 0.2),
    ):
        pass


def test_the_first_live_day_is_remembered(tmp_path):
    places = Places(tmp_path, "P1")
    first = pace.first_day(places, PARK, tmp_path, 14)
    assert abs(first - datetime.now(UTC).astimezone(PARK.zone).date()) <= timedelta(days=1)
    pace.replace_text(places.home / "live.json", json.dumps({"first_day": "2025-01-31"}))
    assert pace.first_day(places, PARK, tmp_path, 14) == date(2025, 1, 31)


def test_a_park_read_from_files_goes_live_after_its_history(tmp_path):
    steelworks = ROOT / "parks" / "steelworks"
    first = pace.first_day(Places(tmp_path, "SW"), folder.load(steelworks), steelworks, 14)
    assert first == date(2018, 1, 1) + timedelta(days=15)


def test_the_open_day_follows_the_closed_ones(closed):
    journal, _ = closed
    assert live.open_day(journal, DAY - timedelta(days=1)) == DAY - timedelta(days=1)
    assert live.open_day(journal, DAY) == NEXT
    assert live.open_day(journal, NEXT) == NEXT


def test_the_first_day_opens_as_the_folder_says(closed):
    journal, _ = closed
    assert live.opening_at(PARK, journal, DAY, DAY) == folder_opening(PARK)


def test_a_later_day_opens_with_what_the_ledger_says_the_days_before_left(closed):
    journal, result = closed
    assert live.opening_at(PARK, journal, DAY, NEXT) == result.opening
    assert result.opening != folder_opening(PARK)


def test_days_of_history_do_not_move_the_pools_of_the_live_days(closed, tmp_path):
    _, result = closed
    with Journal(tmp_path / "ledger.db") as journal:
        run_day(journal, PARK, day=DAY - timedelta(days=1))
        run_day(journal, PARK, cadence=STEADY)
        assert live.opening_at(PARK, journal, DAY, NEXT) == result.opening


def test_counters_go_on_from_all_that_was_read_since_the_first_day(closed):
    journal, _ = closed
    assert set(live.counters_at(PARK, journal, DAY, DAY).values()) == {0}
    readings = journal.read("readings", ISO)
    found = live.counters_at(PARK, journal, DAY, NEXT)
    assert found["grid-in"] == readings.filter(meter_id="grid-in")["energy_mwh_int"].sum() > 0
    assert set(found) == {meter.id for meter in PARK.meters}


def test_a_new_park_is_paced_from_its_first_look_and_a_known_one_from_its_last_fact(closed, tmp_path):
    journal, _ = closed
    start, end = PARK.day_bounds(DAY)
    with Journal(tmp_path / "ledger.db") as new:
        assert live.pace_from(PARK, DAY, new, DAY) == PARK.shifts(DAY)[0][0] + live.FIRST_LOOK
        sunday = date(2026, 7, 19)
        assert live.pace_from(PARK, sunday, new, sunday) == PARK.day_bounds(sunday)[0] + live.FIRST_LOOK_HOUR * HOUR
        assert live.pace_from(PARK, NEXT, new, DAY) == end
        run_day(new, PARK, cadence=STEADY, stop_after=30)
        assert live.pace_from(PARK, DAY, new, DAY) == PARK.shifts(DAY)[0][0] + live.FIRST_LOOK
        run_day(new, PARK, cadence=STEADY, stop_after=120)
        assert live.pace_from(PARK, DAY, new, DAY) == start + 10 * HOUR
    assert live.pace_from(PARK, DAY, journal, DAY) == end


def test_an_anchor_is_found_again_and_runs_at_its_speed(tmp_path):
    path = tmp_path / "home" / "anchor.json"
    assert anchor_of(path) is None
    anchor = Anchor(datetime(2026, 7, 15, tzinfo=UTC), time.monotonic() - 10.0, 60.0)
    anchor.save(path)
    assert anchor_of(path) == anchor
    assert timedelta(minutes=10) <= anchor_of(path).now() - anchor.instant < timedelta(minutes=11)


def test_history_is_filled_newest_first_without_the_days_that_are_closed(closed):
    journal, _ = closed
    assert history.missing_days(journal, NEXT, 3) == [DAY - timedelta(days=1), DAY - timedelta(days=2)]
    assert history.missing_days(journal, DAY, 0) == []


def test_history_told_to_stop_leaves_its_day_open_and_goes_on_with_it(tmp_path):
    park_dir = write_folder(tmp_path / "park", 3600)
    park, places = folder.load(park_dir), Places(tmp_path / "var", "P1")
    pace.replace_text(places.home / "live.json", json.dumps({"first_day": NEXT.isoformat()}))
    with Journal(places.journal) as journal:
        left = iter(range(400))
        assert headless.close_day(park, park_dir, DAY, 1, journal, stopped=lambda: next(left, None) is None) is None
        assert journal.days("books") == []
        assert journal.read("readings", ISO).height > 0
    said = []
    history.fill(park, park_dir, places, 1, 1, threading.Event(), said.append)
    assert len(said) == 1
    assert said[0].startswith(f"{ISO}: books closed, ")
    assert said[0].endswith("1 of 1 days of history")
    with Journal(places.journal) as journal:
        assert journal.read("readings", ISO).height == 24 * len(park.meters)
        with pytest.raises(LedgerError, match="is closed in this ledger already"):
            headless.refuse_closed(park, DAY, journal)
