"""Run by Alembic: migrations use the connection that ``inventory.store`` opened."""

from alembic import context

from inventory.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot alter most things in place
)
with context.begin_transaction():
    context.run_migrations()
