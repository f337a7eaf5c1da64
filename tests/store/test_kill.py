"""Acknowledged means durable: whatever kills the writer or fills the disk, nothing is lost and nothing counts twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import kill_writer
import polars as pl
import pytest

from parkwright.ledger import facts
from parkwright.model.errors import LedgerError
from parkwright.store import chain, lake
from parkwright.store.journal import Journal

AT = datetime(2026, 7, 15, tzinfo=UTC)
KILLS = 10


def run_until_killed(path: Path, delay_s: float) -> list[tuple[str, int]]:
    """Start the writer, SIGKILL it `delay_s` after its first acknowledgement, and return what it acknowledged."""
    writer = subprocess.Popen([sys.executable, kill_writer.__file__, str(path), "3"], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(delay_s)
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate(timeout=30)
    lines = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
    return [(line.split()[0], int(line.split()[1])) for line in lines]


@pytest.mark.slow
def test_ten_kills_lose_nothing_double_nothing_and_change_nothing(tmp_path: Path):
    path = tmp_path / "ledger.db"
    rng = random.Random(7)
    acknowledged: set[tuple[str, int]] = set()
    for _ in range(KILLS):
        acknowledged |= set(run_until_killed(path, rng.random() * 0.25))
        with Journal(path) as journal:
            lost = [(s, n) for s, n in acknowledged if n > journal.high_water(s, "e1")]
            assert lost == []
    assert len(acknowledged) >= 4 * KILLS
    assert chain.failures(path) == []
    with Journal(path) as journal:
        marks = {source: journal.high_water(source, "e1") for source in kill_writer.SOURCES}
        stored = journal.read("samples", "2026-01-01", "2026-12-31")
        expected_rows = sum(mark + 1 for mark in marks.values()) * kill_writer.ROWS
        assert stored.height == expected_rows
        for source, mark in marks.items():
            mine = stored.filter(pl.col("signal_id").str.starts_with(source))
            wanted = pl.concat([kill_writer.rows_of(source, n) for n in range(mark + 1)])
            assert mine.equals(wanted), source


def fill_until_refused(journal: Journal) -> tuple[int, str]:
    """Append until the disk refuses, and return the sequence that was refused and what was said."""
    for sequence in range(journal.high_water("gate-a", "e1") + 1, 10_000):
        try:
            journal.append([kill_writer.batch_of("gate-a", sequence)], AT)
        except LedgerError as error:
            return sequence, str(error)
    raise AssertionError("the disk never filled")


def refill(journal: Journal, refused: int) -> None:
    """Go on after the disk has room again, and check that every batch is there once."""
    assert journal.high_water("gate-a", "e1") == refused - 1
    for sequence in range(max(0, refused - 3), refused + 3):
        journal.append([kill_writer.batch_of("gate-a", sequence)], AT)
    stored = journal.read("samples", "2026-01-01", "2027-12-31")
    wanted = pl.concat([kill_writer.rows_of("gate-a", n) for n in range(refused + 3)])
    assert stored.equals(wanted)
    assert chain.failures(journal.path) == []


def test_a_full_database_is_named_and_resumes_in_place(tmp_path: Path):
    with Journal(tmp_path / "ledger.db") as journal:
        journal._connection.execute("PRAGMA max_page_count = 60")
        refused, said = fill_until_refused(journal)
        assert said == (
            f"{journal.path}: database or disk is full; "
            "nothing of this batch was stored; free space on this disk and send it again"
        )
        assert refused > 5
        with pytest.raises(LedgerError, match="disk is full"):
            journal.append([kill_writer.batch_of("gate-a", refused)], AT)
        journal._connection.execute("PRAGMA max_page_count = 1000000")
        refill(journal, refused)


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_kill
from parkwright.ledger import facts
from parkwright.model.errors import LedgerError
from parkwright.store import lake
from parkwright.store.journal import Journal
with Journal(Path(sys.argv[1])) as journal:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    refused, said = test_kill.fill_until_refused(journal)
    print(said)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        lake.compact(journal.path, "2026-07-01", 0.0)
    except LedgerError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    test_kill.refill(journal, refused)
    lake.compact(journal.path, "2026-07-01", 0.0)
    test_kill.refill(journal, refused + 3)
"""


def test_a_file_that_cannot_grow_is_named_and_resumes_in_place(tmp_path: Path):
    path = tmp_path / "ledger.db"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), str(Path(__file__).parent)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert len(said) == 2
    assert all(line.endswith("free space on this disk and send it again") for line in said)
    assert str(path) in said[0]
    assert "ledger.lake" in said[1]


def test_two_writers_at_once_keep_one_sound_chain(tmp_path: Path):
    path = tmp_path / "ledger.db"

    def write(source: str) -> None:
        with Journal(path) as journal:
            for sequence in range(25):
                journal.append([kill_writer.batch_of(source, sequence)], AT)

    threads = [threading.Thread(target=write, args=(source,)) for source in kill_writer.SOURCES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Journal(path) as journal:
        assert journal.head()[0] == 100
    assert chain.failures(path) == []


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with Journal(path) as journal:
        for sequence in range(8):
            journal.append([kill_writer.batch_of("gate-a", sequence)], AT)
    lake.compact(path, kill_writer.day_of(0), 0.0)
    return path


TAMPERING = {
    "UPDATE batches SET source = 'x' WHERE seq = 3": "batch 3 (x 2, samples of 2026-07-01): its link does not follow",
    "UPDATE batches SET recorded_at = '2026' WHERE seq = 3": "batch 3 (gate-a 2, samples of 2026-07-01): its link",
    "UPDATE batches SET content_sha256 = zeroblob(32) WHERE seq = 4": "batch 4 (gate-a 3, samples of 2026-07-01): its",
    "UPDATE batches SET hash = zeroblob(32) WHERE seq = 8": "batch 8 (gate-a 7, samples of 2026-07-02): its link",
    "DELETE FROM batches WHERE seq = 7": "batch 7 is missing before it",
    "DELETE FROM blobs WHERE seq = 7": "batch 7 (gate-a 6, samples of 2026-07-02): its rows are missing",
    "UPDATE blobs SET arrow = (SELECT arrow FROM blobs WHERE seq = 8) WHERE seq = 7": "its rows were changed",
    "UPDATE blobs SET arrow = zeroblob(50) WHERE seq = 7": "batch 7: a batch's bytes are damaged",
    "UPDATE high_water SET sequence = 9": "source gate-a, epoch e1: batches 0 to 7, 8 of them, high-water 9",
    "DELETE FROM files": "batch 1 (gate-a 0, samples of 2026-07-01): its rows are missing",
    "INSERT INTO high_water VALUES ('ghost', 'e', 1)": "source ghost, epoch e: high-water 1 without a batch",
    "INSERT INTO blobs SELECT 1, arrow, arrow_sha256 FROM blobs WHERE seq = 7": "batch 1: is in the journal and in a",
}


@pytest.mark.parametrize("change", list(TAMPERING))
def test_tampering_with_the_ledgers_file_is_found_and_named(sound: Path, change: str):
    assert chain.failures(sound) == []
    with Journal(sound) as journal:
        journal._connection.execute(change)
    found = chain.failures(sound)
    assert any(TAMPERING[change] in line for line in found), found


def flipped(raw: bytes, at: int, rng: random.Random) -> bytes:
    changed = bytearray(raw)
    changed[at] ^= 1 << rng.randrange(8)
    return bytes(changed)


def test_one_changed_byte_of_a_batch_in_the_ledgers_file_is_found(sound: Path):
    with Journal(sound) as journal:
        blobs = journal._connection.execute("SELECT arrow FROM blobs").fetchall()
        hashes = journal._connection.execute("SELECT content_sha256 FROM batches").fetchall()
    raw = sound.read_bytes()
    rng = random.Random(3)
    for part in [piece[start : start + 40] for (piece,) in blobs for start in (0, 60, 200)] + [h for (h,) in hashes]:
        for _ in range(4):
            sound.write_bytes(flipped(raw, raw.index(part) + rng.randrange(len(part)), rng))
            assert chain.failures(sound)
    sound.write_bytes(raw)
    assert chain.failures(sound) == []


def content(path: Path) -> tuple[object, ...]:
    with Journal.reader(path) as reader:
        rows = reader.read("samples", "2026-01-01", "2026-12-31")
        return reader.head(), reader.high_water("gate-a", "e1"), facts.canonical(rows)


def test_a_changed_byte_anywhere_is_found_or_changes_nothing(sound: Path):
    raw, truth = sound.read_bytes(), content(sound)
    rng = random.Random(5)
    found = 0
    for _ in range(150):
        sound.write_bytes(flipped(raw, rng.randrange(len(raw)), rng))
        try:
            if chain.failures(sound):
                found += 1
                continue
        except LedgerError:
            found += 1
            continue
        assert content(sound) == truth
    assert found > 30


def test_a_commit_waits_for_the_disk(tmp_path: Path):
    with Journal(tmp_path / "ledger.db") as journal:
        assert journal._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert journal._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_small_batch_costs_less_than_two_milliseconds(tmp_path: Path):
    rows = kill_writer.rows_of("gate-a", 0).head(20)
    batches = [kill_writer.Batch("gate-a", "e1", n, "samples", "2026-07-01", rows) for n in range(200)]
    with Journal(tmp_path / "ledger.db") as journal:
        journal.append(batches[:1], AT)
        start_s = time.process_time()
        for batch in batches[1:]:
            journal.append([batch], AT)
        assert (time.process_time() - start_s) / 199 < 0.002
