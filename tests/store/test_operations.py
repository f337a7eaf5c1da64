"""The operational database keeps its promises on SQLite, and the same on PostgreSQL."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from parkwright.model.errors import LedgerError
from parkwright.store import operations, records
from parkwright.store.operations import Operations

NOW = datetime(2026, 7, 15, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def postgres_url() -> str:
    """A fresh schema of the server that PARKWRIGHT_TEST_POSTGRES names."""
    url = os.environ.get("PARKWRIGHT_TEST_POSTGRES")
    assert url, "set PARKWRIGHT_TEST_POSTGRES to the URL of a PostgreSQL server"
    schema = f"parkwright_{secrets.token_hex(6)}"
    with sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg")).begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'var' / 'operations.db'}" if request.param == "sqlite" else postgres_url()


@pytest.fixture
def desk(url: str):
    with Operations(url) as opened:
        yield opened


@pytest.fixture
def ann(desk: Operations) -> str:
    return desk.add_user("Ann", "planner", NOW)


def test_a_sign_in_link_works_once(desk: Operations):
    token = desk.create_sign_in_link("admin", NOW)
    session = desk.redeem(token, NOW)
    assert session is not None
    user = desk.session_user(session, NOW)
    assert user is not None
    assert user[1:] == ("admin", "admin")
    assert desk.redeem(token, NOW) is None
    assert desk.redeem("guess", NOW) is None


def test_a_sign_in_link_runs_out(desk: Operations):
    token = desk.create_sign_in_link("admin", NOW, 5 * MINUTE)
    assert desk.redeem(token, NOW + 5 * MINUTE) is None


def test_the_same_role_signs_in_as_the_same_user(desk: Operations):
    found = set()
    for _ in range(2):
        session = desk.redeem(desk.create_sign_in_link("admin", NOW), NOW)
        assert session is not None
        found.add(desk.session_user(session, NOW))
    assert len(found) == 1
    assert desk.users() == list(found)


def test_only_one_of_many_redeems_a_link(desk: Operations):
    token = desk.create_sign_in_link("admin", NOW)
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(lambda _: desk.redeem(token, NOW), range(16)))
    assert sum(session is not None for session in sessions) == 1


def test_a_session_lives_while_it_is_used_but_not_for_ever(desk: Operations):
    session = desk.redeem(desk.create_sign_in_link("viewer", NOW), NOW)
    assert session is not None
    for minutes in range(0, 12 * 60, 20):
        assert desk.session_user(session, NOW + minutes * MINUTE) is not None, minutes
    assert desk.session_user(session, NOW + operations.SESSION_LONGEST) is None


def test_an_idle_session_ends_and_so_does_one_signed_out(desk: Operations):
    first, second = (desk.redeem(desk.create_sign_in_link("viewer", NOW), NOW) for _ in range(2))
    assert first is not None
    assert second is not None
    assert desk.session_user(first, NOW + operations.SESSION_IDLE) is None
    desk.end_session(second)
    assert desk.session_user(second, NOW) is None
    assert desk.session_user("guess", NOW) is None


def test_an_api_token_acts_until_it_expires_or_is_revoked(desk: Operations, ann: str):
    token = desk.create_api_token(ann, "export", NOW, timedelta(days=1))
    assert desk.api_token_user(token, NOW) == (ann, "Ann", "planner")
    assert desk.api_token_user(token, NOW + timedelta(days=1)) is None
    desk.revoke_api_token(token, NOW)
    assert desk.api_token_user(token, NOW) is None
    with pytest.raises(LedgerError, match="token export: is to live 91 days; ask for at most 90"):
        desk.create_api_token(ann, "export", NOW, timedelta(days=91))


def test_the_latest_approval_of_a_day_counts(desk: Operations, ann: str):
    assert desk.approval("2026-07-15") is None
    assert desk.approve_plan("2026-07-15", "aa", ann, NOW)
    assert desk.approve_plan("2026-07-15", "bb", ann, NOW + MINUTE)
    assert not desk.approve_plan("2026-07-15", "aa", ann, NOW + 2 * MINUTE)
    assert desk.approval("2026-07-15") == operations.Approval("2026-07-15", "bb", ann, NOW + MINUTE)
    assert desk.approval("2026-07-16") is None


def test_a_unit_is_held_once_and_may_be_held_again_after_release(desk: Operations, ann: str):
    assert desk.hold_unit("u1", "cold joint", ann, NOW)
    assert not desk.hold_unit("u1", "again", ann, NOW)
    assert desk.held_units() == [operations.Hold("u1", "cold joint", ann, NOW)]
    assert desk.release_unit("u1", ann, NOW + MINUTE)
    assert not desk.release_unit("u1", ann, NOW + MINUTE)
    assert desk.hold_unit("u1", "again", ann, NOW + MINUTE)
    assert [hold.reason for hold in desk.held_units()] == ["again"]


def test_an_alarm_is_acknowledged_once(desk: Operations, ann: str):
    assert desk.acknowledge("meter_silent/m1/08:00", ann, NOW)
    assert not desk.acknowledge("meter_silent/m1/08:00", ann, NOW)
    assert desk.acknowledged(["meter_silent/m1/08:00", "other"]) == {"meter_silent/m1/08:00"}


def test_commands_are_taken_once_in_order_and_answered(desk: Operations, ann: str):
    ids = [desk.issue_command("approve_plan", {"n": n, "名": "计划"}, ann, NOW, 5 * MINUTE) for n in range(3)]
    taken = desk.take_commands(NOW)
    assert [(c.id, c.payload["n"], c.state) for c in taken] == [(ids[n], n, "taken") for n in range(3)]
    assert taken[0].payload["名"] == "计划"
    assert desk.take_commands(NOW) == []
    assert [c.id for c in desk.unanswered()] == ids
    desk.answer_command(ids[0], "approved")
    desk.answer_command(ids[1], "the day is closed", refused=True)
    assert [c.id for c in desk.unanswered()] == ids[2:]
    first, second, third = (desk.command(i) for i in ids)
    assert (first and first.state, first and first.answer) == ("done", "approved")
    assert (second and second.state) == "refused"
    assert (third and third.state) == "taken"
    with pytest.raises(LedgerError, match="was not taken"):
        desk.answer_command(ids[0], "twice")
    assert desk.command("none") is None


def test_a_command_past_its_time_is_never_taken(desk: Operations, ann: str):
    late = desk.issue_command("hold", {}, ann, NOW, MINUTE)
    assert desk.take_commands(NOW + MINUTE) == []
    command = desk.command(late)
    assert command is not None
    assert command.state == "expired"


def test_a_repeated_command_is_one_command(desk: Operations, ann: str):
    desk.issue_command("hold", {}, ann, NOW, MINUTE, "c1")
    with pytest.raises(LedgerError, match="command c1: was issued before"):
        desk.issue_command("hold", {}, ann, NOW, MINUTE, "c1")
    assert len(desk.take_commands(NOW)) == 1


def test_many_takers_share_the_commands_without_a_double(desk: Operations, ann: str):
    ids = [desk.issue_command("hold", {"n": n}, ann, NOW, MINUTE) for n in range(20)]
    with ThreadPoolExecutor(6) as pool:
        taken = [c.id for part in pool.map(lambda _: desk.take_commands(NOW), range(12)) for c in part]
    assert sorted(taken) == sorted(ids)


def test_bad_input_is_refused_by_name(desk: Operations, ann: str):
    with pytest.raises(LedgerError, match="payload is no JSON"):
        desk.issue_command("hold", {"at": NOW}, ann, NOW, MINUTE)
    with pytest.raises(LedgerError, match="payload is no JSON"):
        desk.issue_command("hold", {"x": float("nan")}, ann, NOW, MINUTE)
    with pytest.raises(LedgerError, match="name a user that exists"):
        desk.hold_unit("u1", "why", "nobody", NOW)
    with pytest.raises(LedgerError, match="no time zone"):
        desk.hold_unit("u1", "why", ann, NOW.replace(tzinfo=None))


def test_everything_is_there_after_reopening(url: str):
    with Operations(url) as desk:
        session = desk.redeem(desk.create_sign_in_link("admin", NOW), NOW)
    with Operations(url) as desk:
        assert session is not None
        assert desk.session_user(session, NOW) is not None


def test_migrations_make_exactly_the_tables_of_the_records(desk: Operations):
    with desk._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, records.metadata) == []


def test_no_token_is_stored(tmp_path: Path):
    path = tmp_path / "operations.db"
    with Operations(f"sqlite:///{path}") as desk:
        link = desk.create_sign_in_link("admin", NOW)
        session = desk.redeem(link, NOW)
        assert session is not None
        api = desk.create_api_token(desk.users()[0][0], "export", NOW)
    stored = "\n".join(sqlite3.connect(path).iterdump())
    assert not any(token in stored for token in (link, session, api))
    assert "sign_in_links" in stored


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path):
    path = tmp_path / "operations.db"
    Operations(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="written by a newer program"):
        Operations(f"sqlite:///{path}")


def test_a_wrong_url_is_refused_and_no_password_is_shown():
    with pytest.raises(LedgerError, match="is no URL"):
        Operations("here")
    with pytest.raises(LedgerError, match=r"use sqlite:///file or postgresql://"):
        Operations("mysql://x/y")
    with pytest.raises(LedgerError) as refused:
        Operations("postgresql://me:hidden-word@127.0.0.1:9/none")
    assert "hidden-word" not in str(refused.value)
    assert "127.0.0.1:9" in str(refused.value)


def test_a_new_database_that_another_writes_is_waited_for(tmp_path: Path):
    file = tmp_path / "new.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ends = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    ends.start()
    with Operations(f"sqlite:///{file}") as one:
        assert one.add_user("lead", "admin", NOW)
    ends.join()
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
