"""A live park killed at any moment goes on from its ledger: nothing acknowledged is lost, nothing counts twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import live_child
import pytest
from run_park import DAY, ISO, contents, facts_of, write_folder

from parkwright.ledger.views import unbalanced
from parkwright.store import chain
from parkwright.store.journal import Journal
from parkwright.wire.places import Places

NEXT = "2026-07-16"
KILLS = 20
PATIENCE_S = 120.0
SPAWN = multiprocessing.get_context("forkserver")


class Killed:
    """A live park of the small folder that is started and killed; remembers every link that was acknowledged."""

    def __init__(self, place: Path) -> None:
        SPAWN.set_forkserver_preload(["parkwright.wire.live", "parkwright.store.folder"])
        self.folder = write_folder(place / "park", 3600)
        self.places = Places(place / "var", "P1")
        self.places.home.mkdir(parents=True)
        (self.places.home / "live.json").write_text(json.dumps({"first_day": ISO}))
        Journal(self.places.journal).close()
        self.seen: dict[int, bytes] = {}

    def start(self):
        child = SPAWN.Process(target=live_child.run, args=(self.folder, self.places.var))
        child.start()
        return child

    def reach(self, seq: int, child) -> None:
        """Wait until the ledger holds batch `seq`, noting what is acknowledged on the way."""
        limit = time.monotonic() + PATIENCE_S
        with Journal.reader(self.places.journal) as reader:
            while True:
                at, link = reader.head()
                self.seen[at] = link
                if at >= seq:
                    return
                assert child.exitcode is None, f"the live park ended by itself, exit code {child.exitcode}"
                assert time.monotonic() < limit, f"batch {seq} did not come, the ledger is at {at}"
                time.sleep(0.002)

    def kill_at(self, seq: int, later_s: float) -> None:
        child = self.start()
        self.reach(seq, child)
        time.sleep(later_s)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode == -signal.SIGKILL

    def run_into_next_day(self) -> None:
        """Run until some of the next day is recorded, then kill."""
        child = self.start()
        limit = time.monotonic() + PATIENCE_S
        with Journal.reader(self.places.journal) as reader:
            while not reader.read("samples", NEXT).height:
                assert child.exitcode is None, f"the live park ended by itself, exit code {child.exitcode}"
                assert time.monotonic() < limit
                time.sleep(0.05)
        os.kill(child.pid, signal.SIGKILL)
        child.join()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The ledger of a park that was left alone, up to the morning of its second day."""
    park = Killed(tmp_path_factory.mktemp("alone"))
    park.run_into_next_day()
    return park.places.journal


def moments(last: int) -> list[tuple[int, float]]:
    """Return 20 random moments: batch that must be there, and a pause [s]; early ones are likelier, as replays cost."""
    rng = random.Random(20260715)
    at = sorted(int(last * rng.random() ** 2) for _ in range(KILLS - 2))
    return [(seq, rng.random() * 0.05) for seq in [*at, last - 1, last]]


def of_day(path: Path, day: str) -> list[tuple]:
    return [row for row in contents(path) if row[3] == day]


@pytest.mark.slow
def test_a_park_killed_at_twenty_moments_tells_the_same_facts_as_one_left_alone(uninterrupted, tmp_path):
    with Journal(uninterrupted) as alone:
        expected = facts_of(alone)
        last = max(seq for seq, _, day, _, _ in alone.since(0) if day == ISO)
        morning = {kind: alone.read(kind, NEXT) for kind in ("runs", "jobs", "schedule", "dispatch")}
    park = Killed(tmp_path)
    for seq, later_s in moments(last):
        park.kill_at(seq, later_s)
    park.run_into_next_day()
    assert chain.failures(park.places.journal) == []
    with Journal(park.places.journal) as facts:
        kept = {seq: link for seq, link in links(facts).items() if seq in park.seen}
        assert kept == {seq: link for seq, link in park.seen.items() if seq}
        for kind, rows in facts_of(facts).items():
            assert rows.equals(expected[kind]), kind
        for kind, rows in morning.items():
            assert facts.read(kind, NEXT).equals(rows), f"{kind} of the next day"
        assert unbalanced(facts.read("postings", ISO)).is_empty()
        final = facts.read("passports", ISO).filter(status="final")
        assert final["unit_id"].is_unique().all()
        books = dict(facts.read("books", ISO).select("key", "value").rows())
        assert final.height == books["units_good"] == books["passports"] > 100
    assert of_day(park.places.journal, ISO) == of_day(uninterrupted, ISO)


def links(facts: Journal) -> dict[int, bytes]:
    """Return the link of every batch by its place in the ledger."""
    with facts._reading() as connection:
        return {seq: bytes(link) for seq, link in connection.execute("SELECT seq, hash FROM batches")}


@pytest.mark.slow
def test_the_live_worker_killed_twenty_times_by_the_clock_closes_the_same_day(tmp_path):
    """The command itself, in cycles of a minute, killed 0 to 12 s after its start: starting, planning, running."""
    park = Killed(tmp_path / "killed")
    alone = Killed(tmp_path / "alone")
    rng = random.Random(7)
    for _ in range(KILLS):
        worker(park, rng.random() * 12.0)
    for one in (park, alone):
        worker(one, PATIENCE_S, until_closed=True)
        assert chain.failures(one.places.journal) == []
    assert of_day(park.places.journal, ISO) == of_day(alone.places.journal, ISO)
    with Journal(park.places.journal) as facts:
        assert facts.read("passports", ISO).filter(status="final").height > 100
        # a worker that is quick goes on into the next day before it is killed; this day is closed once all the same
        assert facts.days("books")[0] == DAY.isoformat()
        assert facts.read("books", ISO).filter(key="units_good").height == 1


def worker(park: Killed, life_s: float, *, until_closed: bool = False) -> None:
    """Start `parkwright worker live` and kill it after `life_s`, or once the day is closed."""
    command = [
        sys.executable, "-m", "parkwright.cli", "worker", "live", str(park.folder),
        "--var", str(park.places.var), "--speed", "1e9",
    ]  # fmt: skip
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    limit = time.monotonic() + life_s
    with Journal.reader(park.places.journal) as reader:
        while time.monotonic() < limit and not (until_closed and reader.days("books")):
            assert child.poll() is None
            time.sleep(0.01)
    child.kill()
    child.wait()
