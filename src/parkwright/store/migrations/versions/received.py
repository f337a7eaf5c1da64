"""Events received from partners and the things that they concern (revision 0004)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of received events."""
    op.create_table(
        "received_events",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("sender", sa.String(100), nullable=False),
        sa.Column("event_id", sa.String(500), nullable=False),
        sa.Column("wrong", sa.Boolean, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("business_step", sa.String(500), nullable=False),
        sa.Column("disposition", sa.String(500), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("sender", "event_id", "wrong"),
    )
    op.create_table(
        "received_things",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("event_n", sa.Integer, sa.ForeignKey("received_events.n"), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("thing", sa.String(500), nullable=False),
        sa.Column("lot", sa.String(20), nullable=False),
        sa.Column("quantity", sa.String(40)),
        sa.Column("unit", sa.String(3), nullable=False),
    )
    op.create_index("ix_received_things_event_n", "received_things", ["event_n"])
    op.create_index("ix_received_things_lot", "received_things", ["lot"])


def downgrade() -> None:
    """Drop the tables of received events."""
    op.drop_table("received_things")
    op.drop_table("received_events")
