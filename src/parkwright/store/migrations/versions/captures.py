"""Uploads of events by partners themselves (revision 0005)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of captures."""
    op.create_table(
        "captures",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("sender", sa.String(100), sa.ForeignKey("partners.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("new", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop the table of captures."""
    op.drop_table("captures")
