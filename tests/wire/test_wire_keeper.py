"""The keeper of a live park's workers: what fails is started again and said, what is done stays done."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from parkwright.wire import workers
from parkwright.wire.places import Places

CHOICE = workers.Choice(Path("parks/none"), Path("var"), 1, 60.0, 1, 14)


class Stage:
    """Starts small scripts instead of workers, and remembers what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, scripts: dict[str, list[str]]) -> None:
        self.asked: list[str] = []
        self.scripts = {name: list(lines) for name, lines in scripts.items()}
        monkeypatch.setattr(workers.Keeper, "_start", lambda _keeper, name: self.start(name))
        monkeypatch.setattr(workers.compactor, "start", lambda _journal: self.start("compactor"))
        monkeypatch.setattr(workers, "LOOK_S", 0.02)
        monkeypatch.setattr(workers, "BACK_OFF_S", (0.05, 0.2))

    def start(self, name: str) -> subprocess.Popen[bytes]:
        self.asked.append(name)
        lines = self.scripts.get(name, [])
        script = lines.pop(0) if lines else "import time; time.sleep(600)"
        return subprocess.Popen([sys.executable, "-S", "-c", script])


def until(holds) -> None:
    limit = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_a_live_worker_that_fails_is_started_again_and_said(tmp_path, monkeypatch):
    stage, said = Stage(monkeypatch, {"live": ["raise SystemExit(3)", "raise SystemExit(4)"]}), []
    keeper = workers.Keeper(CHOICE, Places(tmp_path, "P"), said.append)
    try:
        until(lambda: stage.asked.count("live") == 3)
    finally:
        keeper.end()
    assert [line.split(";")[0] for line in said[:2]] == [
        "The live worker ended with code 3",
        "The live worker ended with code 4",
    ]


def test_the_history_waits_for_the_live_park_and_is_not_repeated_when_done(tmp_path, monkeypatch):
    stage, said, places = Stage(monkeypatch, {"history": ["raise SystemExit(0)"]}), [], Places(tmp_path, "P")
    keeper = workers.Keeper(CHOICE, places, said.append)
    try:
        time.sleep(0.3)
        assert "history" not in stage.asked
        places.anchor.parent.mkdir(parents=True)
        places.anchor.write_text("{}")
        until(lambda: "history" in stage.asked)
        time.sleep(0.5)
    finally:
        keeper.end()
    assert stage.asked.count("history") == 1
    assert said == []


def test_the_end_of_the_keeper_is_the_end_of_its_workers(tmp_path, monkeypatch):
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    )
    Stage(monkeypatch, {"live": [stubborn]})
    monkeypatch.setattr(workers, "END_S", 1.0)
    keeper = workers.Keeper(CHOICE, Places(tmp_path, "P"), lambda _line: None)
    started = list(keeper._running.values())
    time.sleep(0.3)
    keeper.end()
    assert all(process.poll() is not None for process in started)
