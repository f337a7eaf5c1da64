"""Partners, their messages, declared footprints and requests to suppliers (revision 0003)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
TABLES = (
    "supplier_request_moves",
    "supplier_requests",
    "exchange_messages",
    "addressed",
    "declarations",
    "partner_tokens",
    "partners",
)
"""In the order in which they are dropped."""


def upgrade() -> None:
    """Make the tables of the exchange."""
    _partners()
    _messages()


def _partners() -> None:
    op.create_table(
        "partners",
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
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
    )
    op.create_table(
        "partner_tokens",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id"), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "declarations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id")),
        sa.Column("product_id", sa.String(100), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("noted_at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
    )
    op.create_index("ix_declarations_product_id", "declarations", ["product_id"])
    op.create_table(
        "addressed",
        sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id"), primary_key=True),
        sa.Column("reference", sa.String(100), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _messages() -> None:
    op.create_table(
        "exchange_messages",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id"), nullable=False),
        sa.Column("incoming", sa.Boolean, nullable=False),
        sa.Column("event_id", sa.String(240), nullable=False),
        sa.Column("edition", sa.String(1), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("error", sa.Text),
        sa.UniqueConstraint("partner_id", "incoming", "event_id"),
    )
    op.create_index("ix_exchange_messages_state", "exchange_messages", ["state"])
    op.create_table(
        "supplier_requests",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("supplier_id", sa.String(60), nullable=False),
        sa.Column("material_id", sa.String(60), nullable=False),
        sa.Column("partner_id", sa.String(100), sa.ForeignKey("partners.id"), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.String(240), unique=True),
        sa.Column("declaration_id", sa.String(36), sa.ForeignKey("declarations.id")),
        sa.Column("reminders", sa.Integer, nullable=False),
        sa.Column("reminded", sa.BigInteger),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("ix_supplier_requests_material_id", "supplier_requests", ["material_id"])
    op.create_table(
        "supplier_request_moves",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("request_id", sa.String(32), sa.ForeignKey("supplier_requests.id"), nullable=False),
        sa.Column("from_state", sa.String(12), nullable=False),
        sa.Column("to_state", sa.String(12), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("ix_supplier_request_moves_request_id", "supplier_request_moves", ["request_id"])


def downgrade() -> None:
    """Drop the tables of the exchange."""
    for table in TABLES:
        op.drop_table(table)
