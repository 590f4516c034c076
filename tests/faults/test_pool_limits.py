"""No session waits for ever, and no process has more of them than its budget: `trials G3` and `trials G4`."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from fastapi import FastAPI
from psycopg_pool import PoolTimeout
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from services.api.odata.routes import ROOT
from shared.db import budget
from shared.db.engine import PoolKind, build_pool
from shared.limits import Limits

LIMITS = Limits()
NOTE = {"indicator": "workshops", "area": "1282", "period": "2016-03", "text": "Snö."}


@pytest.mark.parametrize("shares", [budget.API_SHARES, budget.WORKER_SHARES])
@pytest.mark.parametrize("sessions", [8, 16, 23, 64])
def test_pools_share_out_the_whole_budget_and_no_more(shares: budget.Shares, sessions: int) -> None:
    pools = budget.share_out(sessions, shares)
    assert sum(pools.values()) == sessions
    assert all(pools[kind] >= 1 for kind in shares)
    assert pools.get(PoolKind.WRITING, 2) >= 2


def test_four_of_each_fit_into_a_server_as_it_comes() -> None:
    room = 100 - 3  # of its 100 connections PostgreSQL reserves 3
    assert room - 5 >= 4 * (LIMITS.api_sessions + LIMITS.worker_sessions)
    assert budget.share_out(LIMITS.api_sessions, budget.API_SHARES) == budget.API_SHARES
    assert budget.share_out(LIMITS.worker_sessions, budget.WORKER_SHARES) == budget.WORKER_SHARES


async def test_however_many_ask_at_once_the_sessions_are_those_of_the_budget(
    reporter: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    paths = ("areas", "activities", "indicator-values", "changes")
    addresses = [*(f"{BASE}/{path}" for path in paths), f"{ROOT}/Areas?$top=1"]
    answers = await asyncio.gather(
        *(reporter.get(address) for address in addresses for _ in range(5)),
        *(reporter.post(f"{BASE}/notes", json=NOTE | {"text": str(number)}) for number in range(6)),
    )
    # Whoever waits longer than that, on a busy machine, is told to come again.
    assert {200, 201} <= {answer.status_code for answer in answers} <= {200, 201, 503}
    async with engine.connect() as connection:
        sessions = await connection.execute(
            text(
                """SELECT application_name, count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1"""
            )
        )
    found = {name: number for name, number in sessions if name.startswith("samverkan")}
    assert found["samverkan writing"] > 1
    assert sum(found.values()) <= LIMITS.api_sessions


async def test_who_meets_a_lock_is_told_to_come_again(
    app: FastAPI, reporter: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """A lock that is held for longer than anyone waits, of every table that is read or written here."""
    assert (await reporter.get(f"{BASE}/areas")).status_code == 200  # the key is known from now on
    requests = [
        ("GET", f"{BASE}/areas", None),
        ("GET", f"{BASE}/indicator-values", None),
        ("GET", f"{BASE}/indicator-value-files", None),
        ("POST", f"{BASE}/notes", NOTE),
    ]
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE area, indicator_value, indicator_note IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        answers = await asyncio.gather(*(reporter.request(*request[:2], json=request[2]) for request in requests))
        assert time.monotonic() - began < 8
    for answer, request in zip(answers, requests, strict=True):
        assert answer.status_code == 503, (request, answer.text)
        assert int(answer.headers["retry-after"]) > 0
        assert "is being computed, or changed by somebody else" in answer.json()["detail"], request
    answers = await asyncio.gather(*(reporter.request(*request[:2], json=request[2]) for request in requests))
    assert {answer.status_code for answer in answers} == {200, 201}


async def test_whose_key_cannot_be_looked_up_is_told_so_soon(reader: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        answer = await reader.get(f"{BASE}/areas")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert time.monotonic() - began < 2
    assert (await reader.get(f"{BASE}/areas")).status_code == 200


async def test_every_pool_has_limits(app: FastAPI) -> None:
    resources = app.state.resources
    found = {}
    for engine in (resources.engine, resources.reading):
        async with engine.connect() as connection:
            found[engine] = (await connection.execute(text(TIMEOUTS))).one()
    for pool in (resources.figures, resources.feed, resources.keys._pool):
        async with pool.connection() as connection:
            found[pool] = await (await connection.execute(TIMEOUTS)).fetchone()
    assert len(found) == 5
    assert all(lock != "0" and statement != "0" for lock, statement in found.values())


async def test_who_waits_for_a_connection_is_in_line_and_not_for_ever(database_url: str) -> None:
    async def use() -> int:
        async with pool.connection() as connection:
            row = await (await connection.execute("SELECT 1 FROM pg_sleep(0.02)")).fetchone()
        return row[0] if row else 0

    async with build_pool(database_url, PoolKind.FIGURES, connections=2) as pool:
        assert await asyncio.gather(*(use() for _ in range(20))) == [1] * 20
        async with pool.connection(), pool.connection():
            gone, waiting = asyncio.create_task(use()), asyncio.create_task(use())
            with pytest.raises(PoolTimeout):
                await pool.getconn(0.1)
            assert pool.get_stats()["requests_waiting"] == 2
            gone.cancel()
            await asyncio.wait([gone])
        assert await waiting == 1
        assert await asyncio.gather(*(use() for _ in range(4))) == [1] * 4
        assert pool.get_stats()["requests_waiting"] == 0


TIMEOUTS = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
