"""The tables of the operational database: people, sessions, decisions, commands, certificates, the exchange, events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as integer milliseconds since 1970 UTC: the same in every database, and sortable."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Return the milliseconds of an aware instant; raises ValueError for one without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the instant {value} has no time zone; give an aware datetime")
        return (value - _EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return the aware instant (UTC) of stored milliseconds."""
        return None if value is None else _EPOCH + timedelta(milliseconds=value)


metadata = sa.MetaData()

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)
sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("idle_until", Instant, nullable=False),
)
api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
)
approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("plan_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
)
holds = sa.Table(
    "holds",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("unit_id", sa.String(100), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("released_by", sa.String(32), sa.ForeignKey("users.id")),
    sa.Column("released_at", Instant),
    sa.Index(
        "holds_open",
        "unit_id",
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    ),
)
acknowledgements = sa.Table(
    "acknowledgements",
    metadata,
    sa.Column("alarm_key", sa.String(300), primary_key=True),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
)
commands = sa.Table(
    "commands",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("issuer", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("answer", sa.Text),
)
certificates = sa.Table(
    "certificates",
    metadata,
    sa.Column("registry", sa.String(60), primary_key=True),
    sa.Column("first_serial", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_serial", sa.BigInteger, nullable=False),
    sa.Column("vintage_start", Instant, nullable=False),
    sa.Column("vintage_end", Instant, nullable=False),
    sa.Column("region", sa.String(40), nullable=False),
    sa.Column("technology", sa.String(40), nullable=False),
    sa.Column("own", sa.Boolean, nullable=False),
    sa.Column("factor_kg_per_kwh", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("changed_by", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("load_start", Instant),
    sa.Column("load_end", Instant),
)
certificate_moves = sa.Table(
    "certificate_moves",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("registry", sa.String(60), nullable=False),
    sa.Column("first_serial", sa.BigInteger, nullable=False),
    sa.Column("last_serial", sa.BigInteger, nullable=False),
    sa.Column("from_state", sa.String(10), nullable=False),
    sa.Column("to_state", sa.String(10), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
)
partners = sa.Table(
    "partners",
    metadata,
    sa.Column("id", sa.String(100), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("secret_salt", sa.String(32), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("company_ids", sa.JSON, nullable=False),
    sa.Column("edition", sa.String(1), nullable=False),
    sa.Column("callback_url", sa.String(500)),
    sa.Column("callback_client_id", sa.String(200)),
    sa.Column("secret_name", sa.String(200)),
    sa.Column("supplier_id", sa.String(60)),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
)
partner_tokens = sa.Table(
    "partner_tokens",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id"), nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)
declarations = sa.Table(
    "declarations",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id")),
    sa.Column("product_id", sa.String(100), nullable=False, index=True),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("noted_at", Instant, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
addressed = sa.Table(
    "addressed",
    metadata,
    sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id"), primary_key=True),
    sa.Column("reference", sa.String(100), primary_key=True),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
)
exchange_messages = sa.Table(
    "exchange_messages",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id"), nullable=False),
    sa.Column("incoming", sa.Boolean, nullable=False),
    sa.Column("event_id", sa.String(240), nullable=False),
    sa.Column("edition", sa.String(1), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", Instant, nullable=False),
    sa.Column("error", sa.Text),
    sa.UniqueConstraint("partner_id", "incoming", "event_id"),
)
supplier_requests = sa.Table(
    "supplier_requests",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("supplier_id", sa.String(60), nullable=False),
    sa.Column("material_id", sa.String(60), nullable=False, index=True),
    sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id"), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("due", Instant, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("changed", Instant, nullable=False),
    sa.Column("event_id", sa.String(240), unique=True),
    sa.Column("declaration_id", sa.String(36), sa.ForeignKey("declarations.id")),
    sa.Column("reminders", sa.Integer, nullable=False),
    sa.Column("reminded", Instant),
    sa.Column("note", sa.Text, nullable=False),
)
supplier_request_moves = sa.Table(
    "supplier_request_moves",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("request_id", sa.String(32), sa.ForeignKey("supplier_requests.id"), nullable=False, index=True),
    sa.Column("from_state", sa.String(12), nullable=False),
    sa.Column("to_state", sa.String(12), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
received_events = sa.Table(
    "received_events",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sender", sa.String(100), nullable=False),
    sa.Column("event_id", sa.String(500), nullable=False),
    sa.Column("wrong", sa.Boolean, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("action", sa.String(10), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("business_step", sa.String(500), nullable=False),
    sa.Column("disposition", sa.String(500), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("hash_differs", sa.Boolean, nullable=False),
    sa.UniqueConstraint("sender", "event_id", "wrong"),
)
received_things = sa.Table(
    "received_things",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("event_n", sa.Integer, sa.ForeignKey("received_events.n"), nullable=False, index=True),
    sa.Column("role", sa.String(10), nullable=False),
    sa.Column("thing", sa.String(500), nullable=False),
    sa.Column("lot", sa.String(20), nullable=False, index=True),
    sa.Column("quantity", sa.String(40)),
    sa.Column("unit", sa.String(3), nullable=False),
)
captures = sa.Table(
    "captures",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("sender", sa.String(100), sa.ForeignKey("partners.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("new", sa.Integer, nullable=False),
)
