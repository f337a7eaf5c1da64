"""Certificates and their moves (revision 0002)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the register of certificates."""
    op.create_table(
        "certificates",
        sa.Column("registry", sa.String(60), primary_key=True),
        sa.Column("first_serial", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last_serial", sa.BigInteger, nullable=False),
        sa.Column("vintage_start", sa.BigInteger, nullable=False),
        sa.Column("vintage_end", sa.BigInteger, nullable=False),
        sa.Column("region", sa.String(40), nullable=False),
        sa.Column("technology", sa.String(40), nullable=False),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("factor_kg_per_kwh", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("changed_by", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("load_start", sa.BigInteger),
        sa.Column("load_end", sa.BigInteger),
    )
    op.create_table(
        "certificate_moves",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("registry", sa.String(60), nullable=False),
        sa.Column("first_serial", sa.BigInteger, nullable=False),
        sa.Column("last_serial", sa.BigInteger, nullable=False),
        sa.Column("from_state", sa.String(10), nullable=False),
        sa.Column("to_state", sa.String(10), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
    )


def downgrade() -> None:
    """Drop the register of certificates."""
    for table in ("certificate_moves", "certificates"):
        op.drop_table(table)
