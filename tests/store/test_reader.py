"""Reading a ledger: one answer before and after the hand-over, as of any instant, and plain words where none is."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.model.errors import LedgerError
from parkwright.model.tables import ALARMS, BOOKS, JOB_RESPONSES, KITS, TABLES, conform
from parkwright.run.ports import Batch
from parkwright.store import chain, database, lake
from parkwright.store.journal import Journal, Reader

DAYS = ("2026-07-14", "2026-07-15", "2026-07-16")
AT = datetime(2026, 7, 15, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def kits(*names: str) -> pl.DataFrame:
    return conform(pl.DataFrame({"job_id": list(names), "at": [AT] * len(names)}, schema=KITS.schema), KITS)


def names(rows: pl.DataFrame) -> list[str]:
    return rows["job_id"].to_list()


def append(
    journal: Journal, sequence: int, rows: pl.DataFrame, day: str = DAYS[1], kind: str = "kits", at_min: int = 0
) -> None:
    journal.append([Batch("run", "e", sequence, kind, day, rows)], AT + at_min * MINUTE)


@pytest.fixture
def journal(tmp_path: Path):
    with Journal(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture(params=["in the journal", "in the lake", "in both"])
def filled(request: pytest.FixtureRequest, journal: Journal) -> Journal:
    """Six batches of two kits over three days, a minute apart, none, half or all of them in the lake."""
    for n in range(6):
        append(journal, n, kits(f"b{n}", f"a{n}"), DAYS[n // 2], at_min=n)
        if n == 3 and request.param == "in both":
            for day in DAYS:
                lake.compact(journal.path, day, 0.0)
    if request.param == "in the lake":
        for day in DAYS:
            lake.compact(journal.path, day, 0.0)
    return journal


@pytest.mark.parametrize(
    ("start", "end", "batches"),
    [(0, None, "01"), (1, 1, "23"), (0, 2, "012345"), (1, 2, "2345"), (2, 0, "")],
)
def test_days_are_read_from_the_first_to_the_last_and_both_count(filled: Journal, start, end, batches):
    found = filled.read("kits", DAYS[start], None if end is None else DAYS[end])
    assert names(found) == [f"{letter}{n}" for n in batches for letter in "ba"]


@pytest.mark.parametrize(
    ("at_min", "batches"), [(-1, ""), (0, "0"), (0.9, "0"), (2, "012"), (5, "012345"), (999, "012345")]
)
def test_a_reading_as_of_an_instant_holds_what_was_recorded_by_then(filled: Journal, at_min, batches):
    as_of = AT + at_min * MINUTE
    found = filled.read_as_of("kits", DAYS[0], DAYS[2], as_of)
    assert names(found) == [f"{letter}{n}" for n in batches for letter in "ba"]
    append(filled, 6, kits("late"), DAYS[0], at_min=1000)
    assert filled.read_as_of("kits", DAYS[0], DAYS[2], as_of).equals(found)


def test_as_of_knows_instants_of_any_zone_and_none_without(filled: Journal):
    here = (AT + 2 * MINUTE).astimezone(datetime.fromisoformat("2026-07-15T00:00:00+08:00").tzinfo)
    assert names(filled.read_as_of("kits", DAYS[0], DAYS[2], here)) == ["b0", "a0", "b1", "a1", "b2", "a2"]
    with pytest.raises(LedgerError, match="no time zone"):
        filled.read_as_of("kits", DAYS[0], DAYS[2], AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("day", "value", "count"), [(None, "a3", 1), (DAYS[1], "a3", 1), (DAYS[0], "a3", 0), (None, "", 0)]
)
def test_a_look_up_finds_a_row_wherever_it_lies(filled: Journal, day, value, count):
    assert names(filled.lookup("kits", day, "job_id", value)) == [value] * count


@pytest.mark.parametrize("wanted", [
    pl.col("job_id") < "b", (pl.col("job_id") < "a2") | (pl.col("job_id") >= "b4"), pl.col("at") > AT, pl.lit(True),
])  # fmt: skip
def test_rows_that_are_asked_for_are_those_of_the_whole_days_wherever_they_lie(filled: Journal, wanted: pl.Expr):
    for start, end in ((DAYS[0], DAYS[2]), (DAYS[1], None), ("2020-01-01", None)):
        whole = filled.read("kits", start, end)
        assert filled.read("kits", start, end, wanted).equals(whole.filter(wanted))
        loose = filled.read("kits", start, end, wanted, in_order=False)
        assert loose.schema == whole.schema
        assert sorted(loose.rows()) == sorted(whole.filter(wanted).rows())


def test_a_day_that_is_read_in_no_order_is_whole(filled: Journal):
    loose, whole = filled.read("kits", DAYS[0], DAYS[2], in_order=False), filled.read("kits", DAYS[0], DAYS[2])
    assert sorted(loose.rows()) == sorted(whole.rows())
    assert loose.schema == whole.schema


def test_what_is_new_comes_in_order_and_can_be_asked_for_in_portions(filled: Journal):
    everything = filled.since(0)
    assert [entry[0] for entry in everything] == [1, 2, 3, 4, 5, 6]
    portions, seq = [], 0
    while portion := filled.since(seq, limit=2):
        portions += portion
        seq = portion[-1][0]
    assert all(
        one[:4] == other[:4] and one[4].equals(other[4]) for one, other in zip(everything, portions, strict=True)
    )
    assert filled.since(6) == []
    assert filled.since(0, []) == []
    assert [entry[3] for entry in everything] == [AT + n * MINUTE for n in range(6)]


def test_a_question_in_sql_sees_every_row_once(filled: Journal):
    found = filled.query("SELECT count(*) n, count(DISTINCT job_id) d FROM kits", ["kits"], DAYS[0], DAYS[2])
    assert found.row(0) == (12, 12)
    some = filled.query("SELECT job_id FROM kits ORDER BY job_id LIMIT 1", ["kits"], DAYS[2], DAYS[2])
    assert some["job_id"].to_list() == ["a4"]


def test_two_kinds_are_joined_in_sql(journal: Journal):
    append(journal, 0, kits("j1", "j2"))
    rows = {"job_id": ["j2"], "work_center_id": ["L"], "start": [AT], "end": [AT], "good": [5], "scrapped": [1]}
    append(journal, 1, conform(pl.DataFrame(rows), JOB_RESPONSES), kind="job_responses")
    sql = "SELECT job_id, good FROM kits JOIN job_responses USING (job_id)"
    assert journal.query(sql, ["kits", "job_responses"], DAYS[1], DAYS[1]).rows() == [("j2", 5)]


@pytest.mark.parametrize(
    "deed",
    [
        lambda reader: reader.read("kit", DAYS[0]),
        lambda reader: reader.days("kit"),
        lambda reader: reader.lookup("kit", None, "job_id", "x"),
        lambda reader: reader.since(0, ["kit"]),
        lambda reader: reader.read_as_of("kit", DAYS[0], DAYS[0], AT),
        lambda reader: reader.query("SELECT 1", ["kit"], DAYS[0], DAYS[0]),
    ],
)
def test_a_kind_that_is_none_is_refused_by_name_at_every_door(journal: Journal, deed):
    with pytest.raises(LedgerError, match="kind 'kit': is no table of the ledger; use one of"):
        deed(journal)


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_an_empty_batch_of_any_kind_is_a_link_of_the_chain_and_no_rows(tmp_path: Path, kind: str):
    with Journal(tmp_path / "ledger.db") as journal:
        append(journal, 0, TABLES[kind].empty(), kind=kind)
        lake.compact(journal.path, DAYS[1], 0.0)
        assert journal.read(kind, DAYS[1]).equals(TABLES[kind].empty())
        assert journal.days(kind) == [DAYS[1]]
        assert journal.head()[0] == 1
        assert chain.failures(journal.path) == []


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(max_examples=12)
@given(st.lists(st.tuples(TEXTS, st.integers(0, 2), st.booleans()), min_size=1, max_size=12))
def test_any_text_on_any_day_comes_back_through_journal_and_lake(tmp_path_factory, steps):
    with Journal(tmp_path_factory.mktemp("any") / "ledger.db") as journal:
        for n, (text, day, compacts) in enumerate(steps):
            append(journal, n, kits(text), DAYS[day])
            if compacts:
                lake.compact(journal.path, DAYS[day], 0.0)
        assert names(journal.read("kits", DAYS[0], DAYS[2])) == [text for text, _, _ in steps]
        for text, _, _ in steps:
            assert journal.lookup("kits", None, "job_id", text).height == [one for one, _, _ in steps].count(text)
        assert chain.failures(journal.path) == []


def test_many_threads_read_one_ledger_while_it_is_written(journal: Journal):
    def count(_: int) -> int:
        return journal.read("kits", DAYS[1]).height

    with ThreadPoolExecutor(4) as pool:
        counts = []
        for n in range(20):
            append(journal, n, kits(f"j{n}"))
            counts.append(pool.submit(count, n))
        heights = [one.result() for one in counts]
    assert all(height >= n + 1 for n, height in enumerate(heights))
    assert count(0) == 20


def test_a_reader_does_not_see_half_of_an_append(journal: Journal):
    with Journal.reader(journal.path) as reader, pytest.raises(LedgerError, match="send batch 1 first"):
        journal.append([Batch("run", "e", n, "kits", DAYS[1], kits(f"j{n}")) for n in (0, 2)], AT)
    with Journal.reader(journal.path) as reader:
        assert reader.head() == (0, bytes(32))
        assert reader.days("kits") == []


def test_a_reader_cannot_change_the_ledger(journal: Journal):
    append(journal, 0, kits("j"))
    with Reader(journal.path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM batches")


def test_closing_twice_does_no_harm_and_a_closed_ledger_says_so(tmp_path: Path):
    journal = Journal(tmp_path / "ledger.db")
    journal.close()
    journal.close()
    with pytest.raises((LedgerError, sqlite3.ProgrammingError)):
        journal.head()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("PRAGMA user_version = 9", "is a ledger of version 9, this program reads 1; use the one that wrote it"),
        ("PRAGMA user_version = 0", "there is no ledger in this file; run a day of the park first"),
    ],
)
def test_a_file_of_another_version_is_refused_with_the_way_out(tmp_path: Path, change, found):
    Journal(tmp_path / "ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute(change)
    with pytest.raises(LedgerError, match=found):
        Journal.reader(tmp_path / "ledger.db")


@pytest.mark.parametrize(
    ("error", "way_out"),
    [
        (sqlite3.OperationalError("database or disk is full"), "free space on this disk"),
        (sqlite3.OperationalError("disk I/O error"), "free space on this disk"),
        (sqlite3.OperationalError("database is locked"), "another process writes to this ledger; stop it first"),
        (sqlite3.DatabaseError("database disk image is malformed"), "restore a backup"),
        (sqlite3.DatabaseError("file is not a database"), "restore a backup"),
        (OSError(28, "No space left on device", "x"), "free space on this disk"),
        (OSError(27, "File too large", "x"), "free space on this disk"),
        (PermissionError(13, "Permission denied", "x"), "check the folder and its rights"),
        (pl.exceptions.ComputeError("No space left on\ndevice"), "free space on this disk"),
    ],
)
def test_every_failure_of_the_store_is_one_line_with_a_way_out(tmp_path: Path, error, way_out):
    with pytest.raises(LedgerError) as refused, database.named(tmp_path / "ledger.db"):
        raise error
    assert way_out in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.__cause__ is error


def test_an_error_of_our_own_passes_through_unchanged(tmp_path: Path):
    with pytest.raises(LedgerError, match=r"^batch 3: wrong$"), database.named(tmp_path):
        raise LedgerError("batch 3: wrong")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(LedgerError, match=r"file: (File exists|Not a directory); check the folder and its rights"):
        Journal(tmp_path / "file" / "ledger.db")


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("DELETE FROM blobs WHERE seq = 2", "batch 2 (run 1, kits of 2026-07-15): its rows are missing"),
        ("UPDATE batches SET day = '2026-07-16' WHERE seq = 2", "batch 2 (run 1, kits of 2026-07-16): its link"),
        ("UPDATE batches SET recorded_at = '2026-07-15T00:00:00.000+00:00' WHERE seq = 3", "batch 3"),
        ("UPDATE batches SET rows = 7 WHERE seq = 1", "batch 1 (run 0, kits of 2026-07-15): its link"),
        ("UPDATE batches SET source = 'gate' WHERE seq = 3", "source gate, epoch e: batches 2 to 2, 1 of them"),
        ("DELETE FROM batches WHERE seq = 2", "batch 2 is missing before it"),
        ("DELETE FROM batches WHERE seq = 3", "source run, epoch e: batches 0 to 1, 2 of them, high-water 2"),
        ("UPDATE high_water SET sequence = 9", "source run, epoch e: batches 0 to 2, 3 of them, high-water 9"),
        ("INSERT INTO high_water VALUES ('gate', 'e', 4)", "source gate, epoch e: high-water 4 without a batch"),
        ("UPDATE blobs SET arrow = zeroblob(9) WHERE seq = 1", "batch 1: its stored bytes were changed"),
        ("UPDATE blobs SET arrow = (SELECT arrow FROM blobs WHERE seq = 3) WHERE seq = 1", "batch 1"),
        ("UPDATE batches SET content_sha256 = zeroblob(32) WHERE seq = 2", "batch 2 (run 1, kits of 2026-07-15)"),
        ("UPDATE batches SET prev_hash = zeroblob(32) WHERE seq = 2", "batch 2 (run 1, kits of 2026-07-15)"),
    ],
)
def test_whatever_is_changed_behind_the_ledger_is_found_where_it_is(journal: Journal, sql, found):
    for n in range(3):
        append(journal, n, kits(f"j{n}"))
    assert chain.failures(journal.path) == []
    with sqlite3.connect(journal.path) as connection:
        connection.execute(sql)
    told = chain.failures(journal.path)
    assert any(found in line for line in told), told


def test_books_of_a_day_close_it_for_the_lake_whatever_comes_after(journal: Journal):
    append(journal, 0, kits("early"))
    books = conform(pl.DataFrame({"day": [DAYS[1]], "key": ["units_good"], "value": [1.0]}), BOOKS)
    append(journal, 1, books, kind="books")
    append(journal, 2, kits("next day"), DAYS[2])
    assert lake.compact(journal.path, None, 0.0).rows == 2
    append(journal, 3, kits("late"))
    append(journal, 4, ALARMS.empty(), kind="alarms")
    assert lake.compact(journal.path, None, 0.0).rows == 1
    assert lake.compact(journal.path, None, 0.0) == lake.HandOver(0, 0, 0, 0)
    assert names(journal.read("kits", DAYS[1])) == ["early", "late"]
    assert names(journal.read("kits", DAYS[1], DAYS[2])) == ["early", "next day", "late"]
