"""An empty server's database, for what a migration does to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import NullPool, create_engine, make_url


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    """Yield the URL of a database without tables."""
    server = create_engine(server_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE without_tables")
    yield make_url(server_url).set(database="without_tables").render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE without_tables WITH (FORCE)")
