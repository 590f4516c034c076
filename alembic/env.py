"""Runs migrations on the database that the caller names in the configuration's attributes."""

import warnings

from alembic import context
from sqlalchemy.exc import SAWarning

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
    with context.begin_transaction(), warnings.catch_warnings():
        # Of a constraint that was not validated, `check` reads what SQLAlchemy then names to itself in an unknown way.
        warnings.filterwarnings("ignore", "Can't validate argument 'dialect_options'", SAWarning)
        context.run_migrations()
