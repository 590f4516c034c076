"""A database, and how the benchmarks reach it: with SQLAlchemy as the services do, or with psycopg alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from psycopg.conninfo import make_conninfo
from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.engine import build_engine

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Database:
    """The URL of a database, and an API key that it knows; empty while it knows none."""

    url: str
    key: str = ""

    @property
    def name(self) -> str:
        """Its name on the server."""
        name = make_url(self.url).database
        assert name
        return name

    @property
    def conninfo(self) -> str:
        """How psycopg reaches it; times are shown as the services show them."""
        url = make_url(self.url).set(drivername="postgresql")
        return make_conninfo(url.render_as_string(hide_password=False), options="-c timezone=UTC")

    def run(self, statement: str) -> object:
        """Run a statement outside of every transaction and return the first column of its first row, if any."""
        with create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            result = connection.exec_driver_sql(statement)
            return result.scalar() if result.returns_rows else None

    def with_connection(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Do some work in one transaction."""

        async def begin(engine: AsyncEngine) -> T:
            async with engine.begin() as connection:
                return await work(connection)

        return self.with_engine(begin)

    def with_engine(self, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
        """Do some work that begins its transactions itself."""

        async def run() -> T:
            engine = build_engine(self.url, application="benchmarks")
            try:
                return await work(engine)
            finally:
                await engine.dispose()

        return asyncio.run(run())
