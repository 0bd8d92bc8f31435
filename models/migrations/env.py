"""What alembic runs; the connection comes from `models.migrations`."""

from __future__ import annotations

from alembic import context

from models.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a table in place; a batch copies it.
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
