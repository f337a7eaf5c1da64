"""Whether the id of a received event is the hash of other content than its own (revision 0006)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the finding; what was entered before was not looked at, and its digest was made by another rule."""
    with op.batch_alter_table("received_events") as table:
        table.add_column(sa.Column("hash_differs", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(sa.text("UPDATE received_events SET digest = ''"))


def downgrade() -> None:
    """Take the finding away."""
    with op.batch_alter_table("received_events") as table:
        table.drop_column("hash_differs")
