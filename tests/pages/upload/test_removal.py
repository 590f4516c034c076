"""What a later sheet lacks goes when that sheet has been imported whole: not before, and not what has become newer."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from services.api.http.routing import BASE
from shared.db.locks import change_area_hierarchy
from shared.facts.imports import MOST_ATTEMPTS
from tests.pages.people import words_of
from tests.pages.upload.uploading import WALKS, check, upload, workbook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from sqlalchemy import TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from tests.pages.filling import FilledForm

pytestmark = [pytest.mark.long]
# One walk is gone, and one is new.
LATER = [*WALKS[:4], ["14/5", "Lindparken", 3, 1], WALKS[5]]
OLD, NEW = ["2016-04-12", "2016-05-13", "2016-05-20"], ["2016-04-12", "2016-05-14", "2016-05-20"]
_DAYS = text("SELECT start_on::text FROM activity WHERE source LIKE 'blad-%' ORDER BY 1")
# Ends whoever waits for the structure, as when their process is killed or the database goes.
_KILLED = """SELECT count(pg_terminate_backend(pid)) AS connections FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'"""
_ONCE = text(f"SELECT FROM ({_KILLED}) AS killed WHERE connections > 0")
_FOR_GOOD = text(
    f"SELECT FROM ({_KILLED}) AS killed, file_import WHERE connections >= 0 AND status = 'failed' AND NOT dry_run"
)
# As when somebody corrects it on its page.
_CORRECT = text(
    """UPDATE activity SET note = 'Med boende', import_id = NULL, import_row = NULL, revision = revision + 1,
              changed_at = clock_timestamp()
       WHERE start_on = '2016-05-13'"""
)
_GIVE_UP = text("UPDATE file_import SET attempts = :attempts WHERE ended_at IS NULL")


async def _days(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return [*(await connection.execute(_DAYS)).scalars()]


@asynccontextmanager
async def _killed_before_a_row_is_written(engine: AsyncEngine, until: TextClause) -> AsyncIterator[AsyncConnection]:
    """Let no row be written meanwhile, and kill the import whenever it is about to, until a statement finds a row."""
    async with engine.connect() as holding, engine.connect() as other, holding.begin() as transaction:
        await change_area_hierarchy(holding)
        yield other
        for _ in range(400):
            async with other.begin():
                if (await other.execute(until)).one_or_none() is not None:
                    break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("no import has waited")
        await transaction.rollback()


async def _tried(eva: httpx.AsyncClient, engine: AsyncEngine) -> FilledForm:
    """Take a sheet, then try a later one; return the form that takes it."""
    first = await (await check(eva, await upload(eva, workbook(WALKS)))).send()
    await _report(eva, first.headers["location"])
    assert await _days(engine) == OLD
    return await check(eva, await upload(eva, workbook(LATER)))


async def _report(eva: httpx.AsyncClient, address: str) -> str:
    for _ in range(5):  # each waits some seconds
        page = words_of(await eva.get(address))
        if "Raderna läses in" not in page:
            break
    return page


async def test_what_is_to_be_removed_stays_until_the_rows_are_stored(
    eva: httpx.AsyncClient, engine: AsyncEngine, client: httpx.AsyncClient
) -> None:
    trial = await _tried(eva, engine)
    async with _killed_before_a_row_is_written(engine, _ONCE):
        answer = await trial.send({"remove": trial.choices["remove"]})
        assert answer.status_code == 303
    assert await _days(engine) == OLD
    page = await _report(eva, answer.headers["location"])
    assert "En ny rad är sparad." in page
    assert "En rad som saknas i filen är borttagen." in page
    import_id = answer.headers["location"].rpartition("/")[2]
    report = (await client.get(f"{BASE}/activity-imports/{import_id}")).json()
    assert (report["created"], report["removed"]) == (1, 1)
    assert await _days(engine) == NEW


async def test_an_import_that_fails_removes_nothing(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    trial = await _tried(eva, engine)
    async with _killed_before_a_row_is_written(engine, _FOR_GOOD) as connection:
        answer = await trial.send({"remove": trial.choices["remove"]})
        async with connection.begin():
            await connection.execute(_GIVE_UP, {"attempts": 2 * MOST_ATTEMPTS})
    page = await _report(eva, answer.headers["location"])
    assert "En rad som skulle tas bort finns kvar." in page
    assert await _days(engine) == OLD


async def test_what_another_has_brought_again_meanwhile_stays(
    eva: httpx.AsyncClient, mia: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """Her newer sheet has the row as it was, so that the row itself tells nothing of it."""
    trial = await _tried(eva, engine)
    newer = await check(mia, await upload(mia, workbook([*WALKS[:6], ["27/5", "Lindparken", 7, 1]])))
    await _report(mia, (await newer.send()).headers["location"])
    page = await _report(eva, (await trial.send({"remove": trial.choices["remove"]})).headers["location"])
    assert "En rad som skulle tas bort finns kvar, eftersom den har ändrats eller lästs in igen under tiden." in page
    assert await _days(engine) == [*OLD[:2], *NEW[1:], "2016-05-27"]


async def test_what_another_is_about_to_bring_again_stays(
    eva: httpx.AsyncClient, mia: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    trial = await _tried(eva, engine)
    newer = await check(mia, await upload(mia, workbook([*WALKS[:6], ["27/5", "Lindparken", 7, 1]])))
    async with _killed_before_a_row_is_written(engine, _ONCE):
        answer = await trial.send({"remove": trial.choices["remove"]})
        later = await newer.send()
    assert "En rad som skulle tas bort finns kvar" in await _report(eva, answer.headers["location"])
    await _report(mia, later.headers["location"])
    assert await _days(engine) == [*OLD[:2], *NEW[1:], "2016-05-27"]


async def test_what_another_has_corrected_meanwhile_stays(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    trial = await _tried(eva, engine)
    async with engine.begin() as connection:
        await connection.execute(_CORRECT)
    answer = await trial.send({"remove": trial.choices["remove"]})
    assert "En rad som skulle tas bort finns kvar" in await _report(eva, answer.headers["location"])
    assert await _days(engine) == [*OLD[:2], *NEW[1:]]


async def test_what_has_become_newer_is_not_offered(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    trial = await _tried(eva, engine)
    async with engine.begin() as connection:
        await connection.execute(_CORRECT)
    page = await eva.get(str(trial.page.request.url))
    assert "En rad som saknas i filen har ändrats eller lästs in igen" in words_of(page)
    assert 'id="remove-' not in page.text
    # Who looks at what is there now may remove it.
    again = await check(eva, await upload(eva, workbook(LATER)))
    said = await _report(eva, (await again.send({"remove": again.choices["remove"]})).headers["location"])
    assert "En rad som saknas i filen är borttagen." in said
    assert await _days(engine) == NEW


async def test_what_is_gone_already_is_not_said_to_be_there(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    trial = await _tried(eva, engine)
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM activity WHERE start_on = '2016-05-13'"))
    page = await _report(eva, (await trial.send({"remove": trial.choices["remove"]})).headers["location"])
    assert "finns kvar" not in page
