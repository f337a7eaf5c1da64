"""`parkwright run` as a user starts it: killed hard, it leaves no worker behind and starts again at once."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from run_park import write_folder

from parkwright.store import chain
from parkwright.store.journal import Journal

PATIENCE_S = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/wall", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def until(holds, server) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not holds():
        assert server.poll() is None, f"the server ended by itself, exit code {server.returncode}"
        assert time.monotonic() < limit
        time.sleep(0.1)


def children(pid: int) -> set[int]:
    """Return the process ids of the children of `pid`, whichever of its threads started them."""
    lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return {int(word) for words in lists for word in words.split()}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def start(park_dir: Path, var: Path, port: int) -> subprocess.Popen:
    command = [
        sys.executable, "-m", "parkwright.cli", "run", str(park_dir), "--port", str(port), "--var", str(var),
        "--speed", "600", "--history", "1",
    ]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def head(var: Path) -> int:
    with Journal.reader(var / "P1" / "ledger.db") as reader:
        return reader.head()[0]


@pytest.mark.slow
def test_a_running_park_killed_hard_leaves_no_worker_and_goes_on_when_started_again(tmp_path):
    park_dir, var, port = write_folder(tmp_path / "park", 3600), tmp_path / "var", free_port()
    first = start(park_dir, var, port)
    try:
        until(lambda: answers(port), first)
        until((var / "P1" / "anchor.json").exists, first)
        until(lambda: len(children(first.pid)) >= 2, first)  # live and compactor, before history
        workers = children(first.pid)
    finally:
        first.kill()
        first.wait()
    second = start(park_dir, var, port)
    try:
        kept = head(var)
        until(lambda: answers(port), second)
        until((var / "P1" / "anchor.json").exists, second)
        assert kept > 0
        until(lambda: head(var) > kept, second)  # the page may answer before the first new fact is on disk
        assert not [pid for pid in workers if alive(pid)]
        until(lambda: len([pid for pid in children(second.pid) if alive(pid)]) >= 2, second)
    finally:
        second.terminate()
        said = second.communicate(timeout=40)[0]
    assert "live from" in said
    assert "Sign in once with: http://127.0.0.1" in said
    assert "is in use" not in said
    assert chain.failures(var / "P1" / "ledger.db") == []
