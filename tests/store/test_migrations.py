"""The operational database over its revisions and over time: up and down, instants, links, sessions, commands."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from parkwright.model.errors import LedgerError
from parkwright.run.received import Received
from parkwright.store import migrations, operations, records
from parkwright.store.operations import Operations
from parkwright.store.received import EventBook

NOW = datetime(2026, 7, 15, 8, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def config(connection: sa.Connection | None = None) -> Config:
    found = Config()
    found.set_main_option("script_location", str(Path(migrations.__file__).parent))
    found.attributes["connection"] = connection
    return found


REVISIONS = [script.revision for script in reversed(list(ScriptDirectory.from_config(config()).walk_revisions()))]


def at_revision(path: Path, revision: str) -> dict[str, set[str]]:
    """Bring a database to a revision, up or down, and return its columns by table."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        now = sa.inspect(connection).has_table("alembic_version")
        stands = connection.scalar(sa.text("SELECT version_num FROM alembic_version")) if now else None
        order = [None, *REVISIONS]
        down = order.index(stands) > order.index(None if revision == "base" else revision)
        (command.downgrade if down else command.upgrade)(config(connection), revision)
        inspector = sa.inspect(connection)
        tables = [name for name in inspector.get_table_names() if name != "alembic_version"]
        found = {name: {column["name"] for column in inspector.get_columns(name)} for name in tables}
    engine.dispose()
    return found


@pytest.fixture
def desk(tmp_path: Path):
    with Operations(f"sqlite:///{tmp_path / 'operations.db'}") as opened:
        yield opened


@pytest.fixture
def ann(desk: Operations) -> str:
    return desk.add_user("Ann", "planner", NOW)


def test_revisions_follow_one_another_in_a_single_line():
    scripts = ScriptDirectory.from_config(config())
    assert len(scripts.get_heads()) == 1
    assert sorted(REVISIONS) == REVISIONS
    assert [scripts.get_revision(name).down_revision for name in REVISIONS] == [None, *REVISIONS[:-1]]


def test_the_way_down_is_the_way_up_backwards(tmp_path: Path):
    path = tmp_path / "operations.db"
    climbed = [at_revision(path, revision) for revision in REVISIONS]
    for revision, tables in zip(reversed(REVISIONS[:-1]), reversed(climbed[:-1]), strict=True):
        assert at_revision(path, revision) == tables
    assert at_revision(path, "base") == {}
    assert at_revision(path, REVISIONS[-1]) == climbed[-1]
    assert climbed[-1].keys() == records.metadata.tables.keys()


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_older_database_is_brought_up_with_all_that_people_did(tmp_path: Path, revision: str):
    path = tmp_path / "operations.db"
    at_revision(path, revision)
    with sqlite3.connect(path) as old:
        old.execute("INSERT INTO users VALUES ('u1', 'Ann', 'planner', 1784102400000)")
        old.execute("INSERT INTO holds VALUES (7, 'unit-1', 'cold joint', 'u1', 1784102400123, NULL, NULL)")
    with Operations(f"sqlite:///{path}") as desk:
        assert desk.users() == [("u1", "Ann", "planner")]
        assert desk.held_units() == [
            operations.Hold("unit-1", "cold joint", "u1", datetime(2026, 7, 15, 8, 0, 0, 123_000, tzinfo=UTC))
        ]
        assert desk.hold_unit("unit-2", "scratch", "u1", NOW)


def test_an_event_from_before_event_hashes_is_known_by_its_id(tmp_path: Path):
    path = tmp_path / "operations.db"
    at_revision(path, "0005")
    row = ("urn:uuid:1", 0, "d" * 64, "ObjectEvent", "ADD", 1784102400000, "shipping", "", "{}", "u1", 1784102400000)
    with sqlite3.connect(path) as old:
        old.execute("INSERT INTO users VALUES ('u1', 'Ann', 'carbon', 1784102400000)")
        old.execute(f"INSERT INTO received_events VALUES (1, 'alice', {', '.join('?' * len(row))})", row)
    again = Received("urn:uuid:1", "ObjectEvent", "ADD", NOW, "shipping", "", False, (), "e" * 64, {})
    with EventBook(f"sqlite:///{path}") as book:
        assert book.enter("alice", [again], "u1", NOW) == 0
        assert [(one.event.digest, one.event.hash_differs) for one in book.entered()] == [("", False)]


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path):
    path = tmp_path / "operations.db"
    at_revision(path, REVISIONS[0])
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE certificate_moves (n INTEGER)")
    with pytest.raises(LedgerError, match=r"operations\.db: .*certificate_moves"):
        Operations(f"sqlite:///{path}")
    with sqlite3.connect(path) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISIONS[0],)]
        assert not old.execute("SELECT 1 FROM sqlite_master WHERE name = 'certificates'").fetchall()


@given(st.integers(-(10**13), 10**14), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_kept_to_the_millisecond_whatever_its_offset(ms, offset_min):
    instant, kind = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms), records.Instant()
    here = instant.astimezone(timezone(timedelta(minutes=offset_min)))
    stored = kind.process_bind_param(here, sa.create_mock_engine("sqlite://", print).dialect)
    assert stored == ms
    assert kind.process_result_value(stored, sa.create_mock_engine("sqlite://", print).dialect) == instant


@given(st.integers(-(10**15), 10**15), st.integers(0, 10**12))
def test_instants_sort_as_their_stored_numbers_do(moment_us, later_us):
    early = NOW + timedelta(microseconds=moment_us)
    dialect = sa.create_mock_engine("sqlite://", print).dialect
    low, high = (
        records.Instant().process_bind_param(at, dialect) for at in (early, early + timedelta(microseconds=later_us))
    )
    assert low <= high


@pytest.mark.parametrize(
    ("after", "works"),
    [(timedelta(0), True), (operations.LINK_VALID - SECOND, True), (operations.LINK_VALID, False), (-MINUTE, True)],
)
def test_a_sign_in_link_works_until_its_hour_is_over(desk: Operations, after, works):
    token = desk.create_sign_in_link("admin", NOW)
    assert (desk.redeem(token, NOW + after) is not None) is works


@pytest.mark.parametrize(
    ("visits_min", "at_min", "lives"),
    [
        ([], 29, True),
        ([], 30, False),
        ([29], 58, True),
        ([29], 59, False),
        ([0.5], 30, False),  # renewed at most once a minute: this visit moved nothing
        ([1], 30.5, True),
        ([20 * n for n in range(1, 36)], 719, True),
        ([20 * n for n in range(1, 36)], 720, False),
        ([31], 32, False),
    ],
)
def test_a_session_lives_by_its_use_and_twelve_hours_at_most(desk: Operations, visits_min, at_min, lives):
    session = desk.redeem(desk.create_sign_in_link("viewer", NOW), NOW)
    assert session is not None
    for minutes in visits_min:
        desk.session_user(session, NOW + minutes * MINUTE)
    assert (desk.session_user(session, NOW + at_min * MINUTE) is not None) is lives


def test_signing_out_ends_one_session_of_many(desk: Operations):
    first, second = (desk.redeem(desk.create_sign_in_link("viewer", NOW), NOW) for _ in range(2))
    desk.end_session(first)
    desk.end_session(first)
    assert desk.session_user(first, NOW) is None
    assert desk.session_user(second, NOW) is not None


@pytest.mark.parametrize(
    ("valid", "after", "works"),
    [
        (timedelta(days=90), timedelta(days=90) - SECOND, True),
        (timedelta(days=90), timedelta(days=90), False),
        (timedelta(0), timedelta(0), False),
    ],
)
def test_an_api_token_works_until_its_time_is_over(desk: Operations, ann, valid, after, works):
    token = desk.create_api_token(ann, "export", NOW, valid)
    assert (desk.api_token_user(token, NOW + after) is not None) is works


def test_a_token_of_one_kind_opens_no_other_door(desk: Operations, ann):
    link = desk.create_sign_in_link("admin", NOW)
    api = desk.create_api_token(ann, "export", NOW)
    assert desk.session_user(link, NOW) is None
    assert desk.session_user(api, NOW) is None
    assert desk.api_token_user(link, NOW) is None
    assert desk.redeem(api, NOW) is None
    session = desk.redeem(link, NOW)
    assert desk.api_token_user(session, NOW) is None


def test_tokens_are_never_the_same(desk: Operations):
    tokens = {desk.create_sign_in_link("admin", NOW) for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 43


@pytest.mark.parametrize(
    ("after", "state"), [(MINUTE - SECOND, "taken"), (MINUTE, "expired"), (timedelta(days=9), "expired")]
)
def test_a_command_is_taken_in_time_or_not_at_all(desk: Operations, ann, after, state):
    name = desk.issue_command("hold", {}, ann, NOW, MINUTE)
    desk.take_commands(NOW + after)
    found = desk.command(name)
    assert found is not None
    assert found.state == state
    if state == "expired":
        with pytest.raises(LedgerError, match=f"command {name}: was not taken"):
            desk.answer_command(name, "too late")
    else:
        assert desk.take_commands(NOW + timedelta(days=9)) == []
        desk.answer_command(name, "done")


def test_an_expired_command_does_not_hold_up_those_behind_it(desk: Operations, ann):
    names = [desk.issue_command("hold", {"n": n}, ann, NOW, n * MINUTE) for n in (1, 9, 2, 8)]
    taken = desk.take_commands(NOW + 5 * MINUTE)
    assert [one.id for one in taken] == [names[1], names[3]]


@pytest.mark.parametrize("payload", [{}, {"a": [1, 2.5, None, True]}, {"名": {"deep": {"er": "x" * 10_000}}}])
def test_a_payload_comes_back_as_it_was_given(desk: Operations, ann, payload):
    desk.issue_command("hold", payload, ann, NOW, MINUTE)
    assert desk.take_commands(NOW)[0].payload == payload


def test_an_approval_of_two_plans_at_once_is_the_later_of_them(desk: Operations, ann):
    for n, plan in enumerate(("b", "a", "c")):
        desk.approve_plan("2026-07-15", plan, ann, NOW + n * MINUTE)
    latest = desk.approval("2026-07-15")
    assert latest is not None
    assert (latest.plan_hash, latest.at) == ("c", NOW + 2 * MINUTE)


def test_nobody_unknown_decides_anything(desk: Operations):
    for deed in (
        lambda: desk.approve_plan("2026-07-15", "a", "ghost", NOW),
        lambda: desk.acknowledge("k", "ghost", NOW),
        lambda: desk.create_api_token("ghost", "t", NOW),
        lambda: desk.issue_command("hold", {}, "ghost", NOW, MINUTE),
    ):
        with pytest.raises(LedgerError, match="name a user that exists"):
            deed()
    assert desk.acknowledged(["k"]) == set()
    assert desk.approval("2026-07-15") is None


def test_releasing_a_unit_keeps_who_held_it_and_who_let_it_go(desk: Operations, ann, tmp_path: Path):
    ben = desk.add_user("Ben", "quality", NOW)
    desk.hold_unit("u", "cold joint", ann, NOW)
    desk.release_unit("u", ben, NOW + MINUTE)
    assert desk.held_units() == []
    with sqlite3.connect(tmp_path / "operations.db") as database:
        rows = database.execute("SELECT user_id, released_by, released_at - at FROM holds").fetchall()
    assert rows == [(ann, ben, 60_000)]
