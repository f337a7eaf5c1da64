"""Closed days go to the lake: nothing is lost, doubled or reordered on the way, and the chain still proves it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from parkwright.model.errors import LedgerError
from parkwright.model.tables import BOOKS, KITS, SAMPLES, conform
from parkwright.run.ports import Batch
from parkwright.store import chain, compactor, lake
from parkwright.store.database import lake_folder
from parkwright.store.journal import Journal

DAY, NEXT = "2026-07-15", "2026-07-16"
AT = datetime(2026, 7, 15, 1, 2, 3, tzinfo=UTC)


def samples(sequence: int, n: int = 5) -> pl.DataFrame:
    at = AT + timedelta(minutes=sequence)
    rows = {
        "start": [at] * n,
        "signal_id": [f"s{n - i}" for i in range(n)],
        "value": [sequence + i / 3 for i in range(n)],
        "quality": ["good"] * n,
    }
    return conform(pl.DataFrame(rows, schema_overrides={"start": SAMPLES.schema["start"]}), SAMPLES)


def fill(journal: Journal, sequences: range, day: str = DAY) -> None:
    for sequence in sequences:
        journal.append([Batch("run", "e", sequence, "samples", day, samples(sequence))], AT)


def close_day(journal: Journal, sequence: int, day: str = DAY) -> None:
    books = conform(pl.DataFrame({"day": [day], "key": ["units_good"], "value": [1.0]}), BOOKS)
    journal.append([Batch("run", "e", sequence, "books", day, books)], AT)


def digests(path: Path) -> dict[str, str]:
    folder = lake_folder(path)
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*.parquet"))
    }


@pytest.fixture
def journal(tmp_path: Path):
    with Journal(tmp_path / "ledger.db") as opened:
        yield opened


def test_rows_read_the_same_before_and_after_the_hand_over(journal: Journal):
    fill(journal, range(20))
    journal.append([Batch("run", "e", 20, "kits", DAY, KITS.empty())], AT)
    before = (journal.read("samples", DAY), journal.lookup("samples", DAY, "signal_id", "s2"), journal.head())
    entries = journal.since(0)
    done = lake.compact(journal.path, DAY, 0.0)
    assert (done.files, done.rows) == (1, 100)
    after = (journal.read("samples", DAY), journal.lookup("samples", DAY, "signal_id", "s2"), journal.head())
    assert before[0].equals(after[0])
    assert before[1].equals(after[1])
    assert before[2] == after[2]
    again = journal.since(0)
    assert [e[:4] for e in entries] == [e[:4] for e in again]
    assert all(a[4].equals(b[4]) for a, b in zip(entries, again, strict=True))
    assert again[0][4].schema == pl.Schema(SAMPLES.schema)
    assert chain.failures(journal.path) == []


def test_rows_that_come_later_follow_those_in_the_lake(journal: Journal):
    fill(journal, range(3))
    lake.compact(journal.path, DAY, 0.0)
    fill(journal, range(3, 5))
    expected = pl.concat([samples(n) for n in range(5)])
    assert journal.read("samples", DAY).equals(expected)
    fill(journal, range(5, 6), NEXT)
    assert journal.read("samples", DAY, NEXT).equals(pl.concat([expected, samples(5)]))
    assert journal.lookup("samples", None, "signal_id", "s1").height == 6


def test_the_order_of_recording_holds_across_days_that_interleave(journal: Journal):
    for sequence in range(6):
        fill(journal, range(sequence, sequence + 1), (DAY, NEXT)[sequence % 2])
    lake.compact(journal.path, DAY, 0.0)
    assert journal.read("samples", DAY, NEXT).equals(pl.concat([samples(n) for n in range(6)]))


def test_only_days_with_books_are_closed(journal: Journal):
    fill(journal, range(2))
    assert lake.compact(journal.path, None, 0.0).files == 0
    close_day(journal, 2)
    fill(journal, range(3, 4), NEXT)
    assert lake.compact(journal.path, None, 0.0).files == 2
    assert set(digests(journal.path)) == {
        "kind=books/day=2026-07-15/000000000003-000000000003.parquet",
        "kind=samples/day=2026-07-15/000000000001-000000000002.parquet",
    }


def test_same_appends_give_the_same_files_byte_for_byte(tmp_path: Path):
    found = []
    for name in ("a", "b"):
        with Journal(tmp_path / f"{name}.db") as journal:
            fill(journal, range(300))
            lake.compact(journal.path, DAY, 0.0)
            found.append((digests(journal.path), journal.head()))
    assert found[0] == found[1]
    assert found[0][0]


def test_small_files_become_one_and_rest_before_they_are_unlinked(journal: Journal):
    for sequence in range(lake.MERGE_AT):
        fill(journal, range(sequence, sequence + 1))
        done = lake.compact(journal.path, DAY, 1000.0)
    assert done.merged == lake.MERGE_AT
    assert len(digests(journal.path)) == lake.MERGE_AT + 1
    assert journal.read("samples", DAY).equals(pl.concat([samples(n) for n in range(lake.MERGE_AT)]))
    assert lake.compact(journal.path, DAY, 1000.0 + lake.REST_S - 1).unlinked == 0
    assert lake.compact(journal.path, DAY, 1000.0 + lake.REST_S).unlinked == lake.MERGE_AT
    assert len(digests(journal.path)) == 1
    assert journal.read("samples", DAY).height == 5 * lake.MERGE_AT
    assert chain.failures(journal.path) == []


def test_a_large_day_is_handed_over_in_bounded_portions(journal: Journal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lake, "ROWS_IN_HAND", 12)
    fill(journal, range(10))
    assert lake.compact(journal.path, DAY, 0.0).files == 5
    assert journal.read("samples", DAY).equals(pl.concat([samples(n) for n in range(10)]))
    assert chain.failures(journal.path) == []


def test_files_that_no_entry_names_are_ignored_and_removed(journal: Journal):
    fill(journal, range(2))
    lake.compact(journal.path, DAY, 0.0)
    (path,) = lake_folder(journal.path).rglob("*.parquet")
    orphans = [path.with_name("000000000009-000000000009.parquet"), path.with_name("x.part")]
    for orphan in orphans:
        orphan.write_bytes(path.read_bytes())
    assert journal.read("samples", DAY).height == 10
    lake.compact(journal.path, DAY, 0.0)
    assert path.exists()
    assert not any(orphan.exists() for orphan in orphans)


def test_a_failed_write_leaves_the_rows_in_the_journal(journal: Journal, monkeypatch: pytest.MonkeyPatch):
    fill(journal, range(3))

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(lake, "flush", full)
        with pytest.raises(LedgerError, match="No space left on device; nothing of this batch was stored"):
            lake.compact(journal.path, DAY, 0.0)
    assert journal.read("samples", DAY).height == 15
    assert lake.compact(journal.path, DAY, 0.0).rows == 15
    assert chain.failures(journal.path) == []


def test_a_file_is_on_the_disk_before_the_catalogue_names_it(journal: Journal, monkeypatch: pytest.MonkeyPatch):
    fill(journal, range(3))
    flushed = []
    real_flush = lake.flush

    def flush(path: Path) -> None:
        with Journal.reader(journal.path) as reader:
            catalogued = len(lake.live_files(reader._connection, "samples", DAY, DAY))
        flushed.append((path.name, len(digests(journal.path)), catalogued))
        real_flush(path)

    monkeypatch.setattr(lake, "flush", flush)
    lake.compact(journal.path, DAY, 0.0)
    assert flushed == [
        ("000000000001-000000000003.part", 0, 0),
        (f"day={DAY}", 1, 0),
        ("kind=samples", 1, 0),
        ("ledger.lake", 1, 0),
        (journal.path.parent.name, 1, 0),
    ]


def test_two_compactions_do_not_meet(journal: Journal):
    fill(journal, range(1))
    with lake._alone(journal.path), pytest.raises(LedgerError, match="is being compacted by another process"):
        lake.compact(journal.path, DAY, 0.0)
    assert lake.compact(journal.path, DAY, 0.0).rows == 5


def test_a_changed_byte_of_a_file_is_found_and_named(journal: Journal):
    fill(journal, range(30))
    lake.compact(journal.path, DAY, 0.0)
    (path,) = lake_folder(journal.path).rglob("*.parquet")
    sound = path.read_bytes()
    for position in range(0, len(sound), max(1, len(sound) // 40)):
        changed = bytearray(sound)
        changed[position] ^= 0x10
        path.write_bytes(changed)
        assert any(path.name in line for line in chain.failures(journal.path)), position
    path.unlink()
    assert any("is missing" in line for line in chain.failures(journal.path))


def test_duckdb_sees_files_and_journal_as_one_table(journal: Journal):
    fill(journal, range(4))
    lake.compact(journal.path, DAY, 0.0)
    fill(journal, range(4, 6))
    found = journal.query(
        "SELECT signal_id, count(*) n, sum(value) total FROM samples GROUP BY signal_id ORDER BY signal_id",
        ["samples"], DAY, DAY,
    )  # fmt: skip
    assert found["n"].to_list() == [6] * 5
    assert found["total"].sum() == pytest.approx(journal.read("samples", DAY)["value"].sum())


def test_the_compactor_runs_as_its_own_process(journal: Journal):
    fill(journal, range(4))
    close_day(journal, 4)
    done = subprocess.run(
        [sys.executable, "-m", "parkwright.store.compactor", str(journal.path), "--once"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(digests(journal.path)) == 2
    assert journal.read("samples", DAY).height == 20


def test_the_compactor_says_what_stops_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert compactor.run(tmp_path / "none.db", 1.0, once=True) == 1
    assert "there is no ledger here yet" in capsys.readouterr().err


def test_a_started_compactor_works_beside_the_writer_and_ends_on_request(journal: Journal):
    fill(journal, range(2))
    close_day(journal, 2)
    process = compactor.start(journal.path, 0.2)
    try:
        deadline = time.monotonic() + 30
        sequence = 3
        while not digests(journal.path) and time.monotonic() < deadline:
            fill(journal, range(sequence, sequence + 1))
            sequence += 1
            time.sleep(0.02)
        assert digests(journal.path)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == compactor.NICE
    finally:
        process.terminate()
        process.wait(10)
    assert journal.read("samples", DAY).height == 5 * (sequence - 1)
    assert chain.failures(journal.path) == []
