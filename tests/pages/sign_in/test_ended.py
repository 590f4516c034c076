"""Once a day, sessions and links that have ended are removed, and nothing is lost that anybody needs."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.sign_ins import SECONDS_BETWEEN_REMOVALS, EndedSignIns
from tests.pages.people import Invited, browser, find, invite, sign_in, words_of

LINKS = "SELECT count(*) FROM sign_in_link"
SESSIONS = "SELECT count(*) FROM web_session"
AGED = "UPDATE {table} SET {column} = {column} - make_interval(days => :days) WHERE person_id IN ({person})"
PERSON = "SELECT person_id FROM person WHERE number = :n"


@pytest.fixture
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
def age(execute: Callable[..., int]) -> Callable[..., None]:
    """Return what makes a person's link or session older by so many days."""

    def make_older(somebody: Invited, days: int, table: str = "sign_in_link", column: str = "valid_until") -> None:
        statement = AGED.format(table=table, column=column, person=PERSON)
        assert execute(statement, days=days, n=somebody.number) == 1

    return make_older


async def count(engine: AsyncEngine, statement: str) -> int:
    async with engine.connect() as connection:
        number: int = (await connection.execute(text(statement))).scalar_one()
        return number


async def test_what_has_ended_is_removed_once_a_day(
    app: FastAPI,
    database_url: str,
    engine: AsyncEngine,
    age: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used, expired, recent = (invite(database_url, f"{name}@kommun.example") for name in ("used", "expired", "recent"))
    waiting = invite(database_url, "waiting@kommun.example")
    async with browser(app) as phone, browser(app) as desk:
        await sign_in(phone, used)
        await sign_in(desk, recent)
        age(used, 31, column="used_at")
        age(expired, 32)
        age(recent, 1)
        age(recent, 30, "web_session")
        sign_ins = EndedSignIns(engine)
        await sign_ins.look()
        assert (await count(engine, LINKS), await count(engine, SESSIONS)) == (2, 1)
        assert (await phone.get("/mina-uppgifter")).status_code == 200, "it is thirty days"
        assert (await desk.get("/mina-uppgifter")).status_code == 303
        assert "redan använd" in words_of(await desk.get(recent.address))
        assert (await desk.get(waiting.address)).status_code == 200
    person = find(database_url, used.number)
    assert person is not None
    assert person.signed_in_at is not None, "it is known without the link"
    age(waiting, 32)
    await sign_ins.look()
    assert await count(engine, LINKS) == 2
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + SECONDS_BETWEEN_REMOVALS + 1)
    await sign_ins.look()
    assert await count(engine, LINKS) == 1
    actors = "SELECT count(*) FROM audit_pending WHERE operation = 'deleted' AND actor <> 'worker'"
    assert await count(engine, actors) == 0
