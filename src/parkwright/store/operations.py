"""The operational database: who may sign in, what people decided, and the commands they sent to the run.

SQLite by default, PostgreSQL by URL; migrations run when it is opened. Times are aware and given by the caller.
Tokens are shown once and stored as their SHA-256 alone, so that a stolen database lets nobody in.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from parkwright.model.errors import LedgerError
from parkwright.store import migrations
from parkwright.store.records import (
    acknowledgements,
    api_tokens,
    approvals,
    commands,
    holds,
    sessions,
    sign_in_links,
    users,
)

LINK_VALID = timedelta(hours=1)
SESSION_IDLE = timedelta(minutes=30)  # OWASP ASVS 5.0, 7.3.1: a limit of idle time; this one is our choice
SESSION_LONGEST = timedelta(hours=12)  # OWASP ASVS 5.0, 7.3.2: a limit of total time; this one is our choice
TOKEN_LONGEST = timedelta(days=90)
IDLE_STEP = timedelta(minutes=1)  # a session in use is renewed at most this often, to spare writes
BUSY_S = 30.0  # how long one waits for another that writes (assumed: far longer than any transaction takes)
LOOK_S = 0.02  # how often it is looked meanwhile
MIGRATING = 7_226_150  # key of PostgreSQL's advisory lock: two processes never migrate at once

Person = tuple[str, str, str]
"""User id, name, role."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A plan that somebody approved."""

    day: str
    plan_hash: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """A unit that somebody holds back."""

    unit_id: str
    reason: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asked of the run; state is waiting, taken, done, refused or expired."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    issuer: str
    issued_at: datetime
    expires_at: datetime
    state: str
    answer: str | None


class Operations:
    """The operational database, open; safe to share between threads and processes."""

    def __init__(self, url: str) -> None:
        """Open the database at `url` (sqlite:///file or postgresql://...) and bring it to the newest revision.

        Raises LedgerError when it cannot be reached or was written by a newer program.
        """
        self._engine = _engine(url)
        try:
            with self._named():
                _migrate(self._engine)
        except BaseException:
            self._engine.dispose()
            raise

    # People and sessions

    def add_user(self, name: str, role: str, now: datetime) -> str:
        """Return the id of the user of that name, added with `role` when there is none."""
        with self._transaction() as connection:
            return user_of(connection, name, role, now)

    def users(self) -> list[Person]:
        """Return everybody as (id, name, role), by name."""
        with self._transaction() as connection:
            found = connection.execute(sa.select(users.c.id, users.c.name, users.c.role).order_by(users.c.name))
            return [(row.id, row.name, row.role) for row in found]

    def create_sign_in_link(self, role: str, now: datetime, valid: timedelta = LINK_VALID) -> str:
        """Return a token that signs in once as `role` until `now` + `valid`."""
        token = secrets.token_urlsafe(32)
        with self._transaction() as connection:
            connection.execute(
                sign_in_links.insert().values(token_hash=_hash(token), role=role, expires_at=now + valid)
            )
        return token

    def redeem(self, token: str, now: datetime) -> str | None:
        """Return a new session's token for a sign-in link that is unused and not expired; None otherwise.

        The session belongs to the user named like the link's role, who is added at the first sign-in.
        """
        link = sign_in_links.c
        unused = sa.and_(link.token_hash == _hash(token), link.used_at.is_(None), link.expires_at > now)
        with self._transaction() as connection:
            used = connection.execute(sign_in_links.update().where(unused).values(used_at=now).returning(link.role))
            role = used.scalar_one_or_none()
            if role is None:
                return None
            session = secrets.token_urlsafe(32)
            connection.execute(
                sessions.insert().values(
                    token_hash=_hash(session),
                    user_id=user_of(connection, role, role, now),
                    created_at=now,
                    expires_at=now + SESSION_LONGEST,
                    idle_until=now + SESSION_IDLE,
                )
            )
            return session

    def session_user(self, token: str, now: datetime) -> Person | None:
        """Return (user id, name, role) of a session that has not run out, and renew it; None otherwise."""
        session = sessions.c
        with self._transaction() as connection:
            row = connection.execute(
                sa.select(users.c.id, users.c.name, users.c.role, session.idle_until)
                .join_from(sessions, users)
                .where(session.token_hash == _hash(token), session.idle_until > now, session.expires_at > now)
            ).one_or_none()
            if row is None:
                return None
            if now + SESSION_IDLE - row.idle_until >= IDLE_STEP:
                renewed = sessions.update().where(session.token_hash == _hash(token))
                connection.execute(renewed.values(idle_until=now + SESSION_IDLE))
            return row.id, row.name, row.role

    def end_session(self, token: str) -> None:
        """Sign a session out."""
        with self._transaction() as connection:
            connection.execute(sessions.delete().where(sessions.c.token_hash == _hash(token)))

    def create_api_token(self, user_id: str, name: str, now: datetime, valid: timedelta = TOKEN_LONGEST) -> str:
        """Return a token that acts as the user until `now` + `valid`, at most 90 days.

        Raises LedgerError when it is to live longer, or there is no such user.
        """
        if valid > TOKEN_LONGEST:
            raise LedgerError(f"token {name}: is to live {valid.days} days; ask for at most {TOKEN_LONGEST.days}")
        token = secrets.token_urlsafe(32)
        row = {"token_hash": _hash(token), "user_id": user_id, "name": name, "created_at": now}
        with self._transaction() as connection:
            connection.execute(api_tokens.insert().values(expires_at=now + valid, **row))
        return token

    def api_token_user(self, token: str, now: datetime) -> Person | None:
        """Return (user id, name, role) of an API token that is neither expired nor revoked; None otherwise."""
        mine = api_tokens.c
        with self._transaction() as connection:
            row = connection.execute(
                sa.select(users.c.id, users.c.name, users.c.role)
                .join_from(api_tokens, users)
                .where(mine.token_hash == _hash(token), mine.expires_at > now, mine.revoked_at.is_(None))
            ).one_or_none()
        return None if row is None else (row.id, row.name, row.role)

    def revoke_api_token(self, token: str, now: datetime) -> None:
        """Make an API token worthless from now on."""
        with self._transaction() as connection:
            mine = api_tokens.update().where(api_tokens.c.token_hash == _hash(token))
            connection.execute(mine.values(revoked_at=now))

    # Decisions

    def approve_plan(self, day: str, plan_hash: str, user_id: str, at: datetime) -> bool:
        """Approve the plan of a day; return False when this very plan was approved before."""
        return self._once(approvals, day=day, plan_hash=plan_hash, user_id=user_id, at=at)

    def approval(self, day: str) -> Approval | None:
        """Return the latest approval for a day; None when its plan waits."""
        latest = sa.select(approvals).where(approvals.c.day == day).order_by(approvals.c.at.desc()).limit(1)
        with self._transaction() as connection:
            row = connection.execute(latest).one_or_none()
        return None if row is None else Approval(row.day, row.plan_hash, row.user_id, row.at)

    def hold_unit(self, unit_id: str, reason: str, user_id: str, at: datetime) -> bool:
        """Hold a unit back; return False when it is held already."""
        return self._once(holds, unit_id=unit_id, reason=reason, user_id=user_id, at=at)

    def release_unit(self, unit_id: str, user_id: str, at: datetime) -> bool:
        """Release a held unit; return False when it is not held."""
        held = holds.update().where(holds.c.unit_id == unit_id, holds.c.released_at.is_(None))
        with self._transaction() as connection:
            return connection.execute(held.values(released_by=user_id, released_at=at)).rowcount == 1

    def held_units(self) -> list[Hold]:
        """Return what is held now, oldest first."""
        with self._transaction() as connection:
            found = connection.execute(sa.select(holds).where(holds.c.released_at.is_(None)).order_by(holds.c.n))
            return [Hold(row.unit_id, row.reason, row.user_id, row.at) for row in found]

    def acknowledge(self, alarm_key: str, user_id: str, at: datetime) -> bool:
        """Note that somebody has seen an alarm; return False when it was acknowledged before."""
        return self._once(acknowledgements, alarm_key=alarm_key, user_id=user_id, at=at)

    def acknowledged(self, alarm_keys: Iterable[str]) -> set[str]:
        """Return those of the alarms that somebody has acknowledged."""
        key = acknowledgements.c.alarm_key
        with self._transaction() as connection:
            return set(connection.scalars(sa.select(key).where(key.in_(list(alarm_keys)))))

    # Commands

    def issue_command(
        self,
        kind: str,
        payload: Mapping[str, Any],
        issuer: str,
        now: datetime,
        valid: timedelta,
        command_id: str | None = None,
    ) -> str:
        """Queue a command for the run until `now` + `valid` and return its id.

        command_id: the sender's own id, so that a repeated request is one command; None for a new one. Raises
        LedgerError when the id was used before, the payload is no JSON, or there is no such issuer.
        """
        command_id = command_id or secrets.token_hex(16)
        try:
            json.dumps(payload, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise LedgerError(f"command {kind}: its payload is no JSON: {error}; send plain values") from error
        row = {"id": command_id, "kind": kind, "payload": dict(payload), "issuer": issuer, "issued_at": now}
        if not self._once(commands, **row, expires_at=now + valid, state="waiting"):
            raise LedgerError(f"command {command_id}: was issued before; ask for its answer instead")
        return command_id

    def take_commands(self, now: datetime) -> list[Command]:
        """Return the waiting commands in order, each to one taker and once; those past their time expire instead.

        A command taken before a kill is not handed out again: better asked for twice than done twice.
        """
        waiting = commands.c.state == "waiting"
        with self._transaction() as connection:
            connection.execute(commands.update().where(waiting, commands.c.expires_at <= now).values(state="expired"))
            taken = connection.execute(commands.update().where(waiting).values(state="taken").returning(commands)).all()
        return [_command(row) for row in sorted(taken, key=lambda row: int(row.n))]

    def unanswered(self) -> list[Command]:
        """Return the commands that were taken and not answered, in order."""
        taken = sa.select(commands).where(commands.c.state == "taken").order_by(commands.c.n)
        with self._engine.connect() as connection:
            return [_command(row) for row in connection.execute(taken)]

    def answer_command(self, command_id: str, answer: str, *, refused: bool = False) -> None:
        """Close a taken command with what came of it; raises LedgerError when it was not taken."""
        mine = commands.update().where(commands.c.id == command_id, commands.c.state == "taken")
        with self._transaction() as connection:
            closed = connection.execute(mine.values(state="refused" if refused else "done", answer=answer))
            if closed.rowcount != 1:
                raise LedgerError(f"command {command_id}: was not taken; take it before you answer it")

    def command(self, command_id: str) -> Command | None:
        """Return a command with its state and answer; None when there is none of that id."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(commands).where(commands.c.id == command_id)).one_or_none()
        return None if row is None else _command(row)

    def close(self) -> None:
        """Close the database's connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _once(self, table: sa.Table, **row: object) -> bool:
        """Insert a row and return True; return False when a row like it is there already."""
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        with self._transaction() as connection:
            new = dialect.insert(table).values(**row).on_conflict_do_nothing().returning(*table.primary_key)
            return connection.execute(new).first() is not None

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with self._named(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turn the database's errors into one LedgerError that names it, without its password."""
        try:
            yield
        except sa.exc.IntegrityError as error:
            raise LedgerError(f"{self._engine.url}: {error.orig}; name a user that exists") from error
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(f"{self._engine.url}: {error}; is the database there, and its disk not full?") from error


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def user_of(connection: sa.Connection, name: str, role: str, now: datetime) -> str:
    """Return the id of the user of that name, added when there is none."""
    found = connection.scalar(sa.select(users.c.id).where(users.c.name == name))
    if found is not None:
        return str(found)
    user_id = secrets.token_hex(16)
    connection.execute(users.insert().values(id=user_id, name=name, role=role, created_at=now))
    return user_id


def _command(row: sa.Row[Any]) -> Command:
    return Command(row.id, row.kind, row.payload, row.issuer, row.issued_at, row.expires_at, row.state, row.answer)


def _engine(url: str) -> sa.Engine:
    """Return an engine for `url`; SQLite gets WAL, foreign keys and write transactions that wait for each other."""
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise LedgerError(
            f"operations database {url!r}: is no URL; write sqlite:///file or postgresql://..."
        ) from error
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if parsed.get_backend_name() != "sqlite":
        raise LedgerError(f"operations database {parsed}: use sqlite:///file or postgresql://...")
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_S})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says, DDL included
    _write_ahead(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn to a write-ahead log; where another process does so at this moment, wait for it.

    SQLite asks no busy handler while a new file turns to it (its documentation, "Write-Ahead Logging").
    """
    until = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(LOOK_S)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate(engine: sa.Engine) -> None:
    """Bring the database to the newest revision in one transaction; two processes never do so at once."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATING)))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise LedgerError(f"{engine.url}: {error}; it was written by a newer program, use that one") from error
