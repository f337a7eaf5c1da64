"""The journal keeps every batch once, in order, and gives it back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from parkwright.model.errors import LedgerError, TableError
from parkwright.model.tables import KITS, SAMPLES, conform
from parkwright.run.ports import Batch
from parkwright.store.journal import Journal

DAY = "2026-07-15"
AT = datetime(2026, 7, 15, 1, 2, 3, tzinfo=UTC)


def samples(n: int, first: int = 0) -> pl.DataFrame:
    rows = {
        "start": [AT] * n,
        "signal_id": [f"L1/s{first + i}" for i in range(n)],
        "value": [(first + i) / 7 for i in range(n)],
        "quality": ["good"] * n,
    }
    return conform(pl.DataFrame(rows, schema_overrides={"start": SAMPLES.schema["start"]}), SAMPLES)


def batch(sequence: int, rows: pl.DataFrame | None = None, kind: str = "samples", day: str = DAY, source: str = "run"):
    return Batch(source, "e1", sequence, kind, day, samples(3, 10 * sequence) if rows is None else rows)


@pytest.fixture
def journal(tmp_path: Path):
    with Journal(tmp_path / "ledger.db") as opened:
        yield opened


def test_rows_come_back_in_order_of_recording_with_their_types(journal: Journal):
    assert journal.append([batch(0), batch(1)], AT) == 2
    assert journal.append([batch(2)], AT) == 1
    assert journal.read("samples", DAY).equals(pl.concat([samples(3, 0), samples(3, 10), samples(3, 20)]))
    assert journal.read("samples", DAY).schema == pl.Schema(SAMPLES.schema)


def test_a_kind_or_a_day_without_rows_reads_as_an_empty_table(journal: Journal):
    assert journal.read("kits", DAY).equals(KITS.empty())
    assert journal.lookup("kits", DAY, "job_id", "j1").equals(KITS.empty())
    assert journal.days("kits") == []


def test_a_duplicate_is_dropped_and_a_gap_stores_nothing(journal: Journal):
    journal.append([batch(0)], AT)
    head = journal.head()
    assert journal.append([batch(0)], AT) == 0
    with pytest.raises(LedgerError, match="source run, epoch e1: batch 3 follows 1; send batch 2 first"):
        journal.append([batch(1), batch(3)], AT)
    assert journal.head() == head
    assert journal.high_water("run", "e1") == 0
    assert journal.append([batch(0), batch(1)], AT) == 1


def test_a_new_epoch_and_another_source_start_at_zero(journal: Journal):
    journal.append([batch(0), batch(0, source="gate"), Batch("run", "e2", 0, "samples", DAY, samples(1))], AT)
    assert [journal.high_water(s, e) for s, e in (("run", "e1"), ("gate", "e1"), ("run", "e2"), ("run", "e3"))] == [
        0,
        0,
        0,
        -1,
    ]
    with pytest.raises(LedgerError, match="send batch 0 first"):
        journal.append([Batch("run", "e3", 1, "samples", DAY, samples(1))], AT)


def test_bad_batches_are_refused_by_name(journal: Journal):
    with pytest.raises(LedgerError, match="kind 'sample'"):
        journal.append([batch(0, kind="sample")], AT)
    with pytest.raises(LedgerError, match="is no date; write YYYY-MM-DD"):
        journal.append([batch(0, day="15.07.2026")], AT)
    with pytest.raises(TableError, match="missing columns"):
        journal.append([batch(0, samples(1).drop("value"))], AT)
    with pytest.raises(LedgerError, match="no time zone"):
        journal.append([batch(0)], AT.replace(tzinfo=None))
    with pytest.raises(LedgerError, match="no column colour"):
        journal.lookup("samples", DAY, "colour", "x")
    assert journal.head() == (0, bytes(32))


def test_since_gives_new_batches_of_the_asked_kinds(journal: Journal):
    journal.append([batch(0), batch(1, KITS.empty(), "kits"), batch(2)], AT)
    assert [(seq, kind, day, at) for seq, kind, day, at, _ in journal.since(0)] == [
        (1, "samples", DAY, AT),
        (2, "kits", DAY, AT),
        (3, "samples", DAY, AT),
    ]
    assert [entry[0] for entry in journal.since(1, ["samples"])] == [3]
    assert [entry[0] for entry in journal.since(0, limit=2)] == [1, 2]
    assert journal.since(0)[2][4].equals(samples(3, 20))


def test_lookup_finds_rows_by_value(journal: Journal):
    journal.append([batch(0), batch(1), batch(2, day="2026-07-16")], AT)
    assert journal.lookup("samples", DAY, "signal_id", "L1/s11")["value"].to_list() == [11 / 7]
    assert journal.lookup("samples", None, "quality", "good").height == 9
    assert journal.read("samples", DAY, "2026-07-16").height == 9
    assert journal.days("samples") == [DAY, "2026-07-16"]


def test_a_reader_sees_what_is_committed_and_cannot_write(journal: Journal):
    with Journal.reader(journal.path) as reader:
        assert reader.head() == (0, bytes(32))
        journal.append([batch(0)], AT)
        assert reader.head() == journal.head()
        assert reader.read("samples", DAY).height == 3
        assert not hasattr(reader, "append")


def test_a_reader_without_a_ledger_says_so(tmp_path: Path):
    with pytest.raises(LedgerError, match="there is no ledger here yet"):
        Journal.reader(tmp_path / "none.db")
    (tmp_path / "other.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError, match="set it aside and restore a backup"):
        Journal(tmp_path / "other.db")


def test_same_appends_give_the_same_chain_head(tmp_path: Path):
    heads = []
    for name in ("a", "b"):
        with Journal(tmp_path / f"{name}.db") as journal:
            journal.append([batch(0), batch(1)], AT)
            heads.append(journal.head())
    assert heads[0] == heads[1]
    assert heads[0][1] != bytes(32)


def test_reopening_goes_on_where_it_stopped(tmp_path: Path):
    with Journal(tmp_path / "a.db") as journal:
        journal.append([batch(0)], AT)
    with Journal(tmp_path / "a.db") as journal:
        assert journal.append([batch(0), batch(1)], AT) == 1
        assert journal.head()[0] == 2
