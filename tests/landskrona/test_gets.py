"""A GET never writes, and never aggregates facts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, make_url, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

BASE = "/samverkan/v1"
VALUE = "graffiti-started-in-time~all~1282~2016-t1"
FIGURES = (
    f"{BASE}/indicator-values?area=1282&limit=100",
    f"{BASE}/indicator-values?area=SE&periodType=year",
    f"{BASE}/indicator-values/{VALUE}",
    f"{BASE}/indicator-value-charts?indicator=graffiti-started-in-time&area=1282&periodType=tertial",
)
MADE_OF = (
    f"{BASE}/indicator-values/{VALUE}/activities",
    f"{BASE}/indicator-values/schools-with-contact-officer~all~1282~2016-t1/places",
    f"{BASE}/indicator-values/commitments-fulfilled~all~1282~2016/commitments",
    f"{BASE}/indicator-values/reported-assaults~all~1282~2016/observations",
)
# How often what figures are made from has been read.
READS = text(
    """SELECT sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0)) FROM pg_stat_user_tables
       WHERE relname IN ('activity', 'area_role', 'commitment_area', 'observation', 'cell', 'ancestor_set_total')"""
)


@pytest.fixture
def read_only(database_url: str) -> None:
    """Let no new session write."""
    name = make_url(database_url).database
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))


async def test_every_get_is_answered_where_nothing_can_be_written(
    read_only: None, app: FastAPI, client: httpx.AsyncClient
) -> None:
    paths = [path for path, item in app.openapi()["paths"].items() if "get" in item and "{" not in path]
    assert len(paths) > 8
    # A picture is of something: it is among the figures.
    lists = [f"{BASE}{path.removeprefix(BASE)}" for path in paths if not path.endswith("-charts")]
    for address in [*lists, *FIGURES, *MADE_OF]:
        assert (await client.get(address)).status_code == 200, address


async def test_figures_are_read_from_the_read_model_alone(reporter: httpx.AsyncClient, database_url: str) -> None:
    def reads() -> int:
        with create_engine(database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            return int(connection.execute(READS).scalar_one())

    async def ask(addresses: Sequence[str]) -> None:
        """Ask twice: a session reports its reads at the end of a statement, but at most once a second."""
        for _ in range(2):
            for address in addresses:
                assert (await reporter.get(address)).status_code == 200
            await asyncio.sleep(1.2)

    before = reads()
    await ask(FIGURES)
    assert reads() == before
    await ask(MADE_OF)
    assert reads() > before
