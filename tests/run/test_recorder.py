"""Batches are numbered by their source in the order of commits, stored together, and dropped when already there."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from run_park import contents

from parkwright.model.errors import LedgerError, TableError
from parkwright.model.tables import BOOKS, KITS
from parkwright.run.recorder import Recorder
from parkwright.store.journal import Journal

DAY = "2026-07-15"
AT = datetime(2026, 7, 15, tzinfo=UTC)


def kits(*jobs):
    return pl.DataFrame({"job_id": jobs, "at": [AT] * len(jobs)}, schema=KITS.schema)


def books(value):
    return pl.DataFrame({"day": [DAY], "key": ["x"], "value": [value]}, schema=BOOKS.schema)


@pytest.fixture
def facts(tmp_path):
    with Journal(tmp_path / "ledger.db") as journal:
        yield journal


def write_three(recorder):
    for n in range(3):
        recorder.add("plant", "kits", kits(f"a{n}"))
        recorder.add("plant", "kits", kits(f"b{n}"))
        recorder.add("plant", "books", books(float(n)))
        recorder.add("books/day", "books", books(float(n)))
        recorder.commit(AT)


def test_each_source_counts_its_own_batches_one_a_kind_and_commit(facts):
    write_three(Recorder(facts, DAY))
    numbered = [(source, sequence, kind, rows) for source, sequence, kind, _, rows, _ in contents(facts.path)]
    assert numbered == [("books/day", n, "books", 1) for n in range(3)] + [
        ("plant", n, kind, rows) for n, (kind, rows) in enumerate([("books", 1), ("kits", 2)] * 3)
    ]


def test_a_replay_stores_nothing_and_goes_on_where_the_ledger_ends(facts):
    write_three(Recorder(facts, DAY))
    before = facts.head()
    again = Recorder(facts, DAY)
    write_three(again)
    assert facts.head() == before
    again.add("plant", "kits", kits("new"))
    assert again.commit(AT) == 1
    assert facts.read("kits", DAY)["job_id"].to_list() == ["a0", "b0", "a1", "b1", "a2", "b2", "new"]


def test_a_source_that_does_not_replay_is_numbered_after_what_is_there(facts):
    write_three(Recorder(facts, DAY))
    again = Recorder(facts, DAY)
    assert (again.recorded("books/day"), again.recorded("plant"), again.recorded("other")) == (3, 6, 0)
    again.go_on("books/day")
    again.add("books/day", "books", books(9.0))
    assert again.commit(AT) == 1
    assert facts.read("books", DAY)["value"].to_list()[-1] == 9.0


def test_days_do_not_share_numbers(facts):
    write_three(Recorder(facts, DAY))
    other = Recorder(facts, "2026-07-16")
    assert other.recorded("plant") == 0
    write_three(other)
    assert facts.read("kits", DAY).equals(facts.read("kits", "2026-07-16"))


def test_no_rows_make_no_batch(facts):
    recorder = Recorder(facts, DAY)
    recorder.add("plant", "kits", KITS.empty())
    assert recorder.commit(AT) == 0
    assert facts.head()[0] == 0


def test_a_commit_is_stored_whole_or_not_at_all(facts):
    recorder = Recorder(facts, DAY)
    recorder.add("plant", "kits", kits("a"))
    recorder.add("quality", "books", kits("b"))
    with pytest.raises(TableError):
        recorder.commit(AT)
    assert facts.head()[0] == 0


def test_what_a_full_disk_refused_still_waits_under_the_same_numbers(facts, monkeypatch):
    recorder = Recorder(facts, DAY)
    recorder.add("plant", "kits", kits("a"))
    recorder.commit(AT)
    append = facts.append

    def refuse(_batches, _at):
        raise LedgerError("ledger.db: database or disk is full; free space")

    recorder.add("plant", "kits", kits("b"))
    monkeypatch.setattr(facts, "append", refuse)
    with pytest.raises(LedgerError, match="disk is full"):
        recorder.commit(AT)
    monkeypatch.setattr(facts, "append", append)
    recorder.add("plant", "kits", kits("c"))
    assert recorder.commit(AT) == 1
    assert facts.read("kits", DAY)["job_id"].to_list() == ["a", "b", "c"]
    assert facts.high_water("plant", DAY) == 1
