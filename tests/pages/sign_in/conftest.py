from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, text

from tests.pages.people import browser


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    """Return a database with Landskrona's places and agreement, which the module's tests share."""
    return landskrona_database()


@pytest.fixture
async def phone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return a browser that has never been here."""
    async with browser(app) as client:
        yield client


@pytest.fixture
async def desk(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return another one."""
    async with browser(app) as client:
        yield client


@pytest.fixture
def execute(database_url: str) -> Callable[..., int]:
    """Return what runs a statement as the owner of the tables, and returns how many rows it concerned."""

    def run(statement: str, **parameters: object) -> int:
        with create_engine(database_url, poolclass=NullPool).begin() as connection:
            return connection.execute(text(statement), parameters).rowcount

    return run
