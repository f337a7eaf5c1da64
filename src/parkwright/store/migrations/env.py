"""Run the migrations on the connection that `store.operations` hands over."""

from __future__ import annotations

from alembic import context

from parkwright.store.records import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
