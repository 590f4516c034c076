"""Runs migrations on the database that the caller names in the configuration's attributes."""

from alembic import context

from shared.db.engine import build_command_engine
from shared.db.tables import metadata

engine = build_command_engine(context.config.attributes["database_url"])

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
