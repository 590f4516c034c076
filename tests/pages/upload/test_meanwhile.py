"""What happens to a file between two of its pages: a place goes, or something is sent at once. Nothing is lost."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from services.api.pages.upload import routes, trials, work
from services.api.pages.upload.work import MOST_REMEMBERED, work_on
from shared.facts.uploads import MOST_WAITING
from tests.abuse.loop import longest_step
from tests.pages.people import words_of
from tests.pages.upload.uploading import FAULTY, START, WALKS, check, correct, send, upload, workbook
from tests.taken_connections import note_taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncEngine

    from services.api.pages.upload.work import Work

pytestmark = [pytest.mark.long]
_END = text("UPDATE area SET valid = '[2010-01-01,2010-02-01)' WHERE code = '1282-karlslund'")
# A trial whose import nobody takes up, and its end.
_GOES_ON = text("UPDATE file_import SET status = 'running', ended_at = NULL, bytes = NULL")
_ENDS = text("UPDATE file_import SET status = 'completed', ended_at = clock_timestamp()")
_TAKE = text("UPDATE upload SET import_id = uuidv7() WHERE upload_id <> :upload_id")


def _id_of(address: str) -> UUID:
    return UUID(address.removeprefix(f"{START}/").partition("/")[0].partition("?")[0])


@contextmanager
def _most_connections(app: FastAPI) -> Iterator[list[int]]:
    """Yield how many connections for reading were held at most, in a list that grows."""
    counts = [0]
    pool = app.state.resources.reading.sync_engine.pool

    def note(*_: object) -> None:
        counts.append(pool.checkedout())

    event.listen(pool, "checkout", note)
    try:
        yield counts
    finally:
        event.remove(pool, "checkout", note)


async def test_a_place_that_is_gone_after_the_trial_is_asked_about(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    trial = await check(eva, await upload(eva, workbook(WALKS)))
    async with engine.begin() as connection:
        await connection.execute(_END)
    answer = await trial.send()
    assert answer.status_code == 303
    assert "Välj vad ”Karlslund” är." in words_of(await eva.get(answer.headers["location"]))


async def test_a_file_is_read_over_one_connection(eva: httpx.AsyncClient, app: FastAPI) -> None:
    await (await check(eva, await upload(eva, workbook(WALKS)))).send()
    trial = await check(eva, await upload(eva, workbook([*WALKS[:4], WALKS[5]])))
    for _ in range(MOST_REMEMBERED):
        await upload(eva, workbook(WALKS))
    with _most_connections(app) as counts:
        assert "Rader som saknas i filen" in words_of(await eva.get(str(trial.page.request.url)))
    assert max(counts) == 1


async def test_files_that_were_taken_push_out_none_that_waits(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    first = await upload(eva, workbook(WALKS), "Först.xlsx")
    for _ in range(MOST_WAITING):
        await upload(eva, workbook(WALKS))
    assert (await eva.get(str(first.page.request.url))).status_code == 404
    first = await upload(eva, workbook(WALKS), "Först.xlsx")
    for _ in range(MOST_WAITING):
        await upload(eva, workbook(WALKS))
        async with engine.begin() as connection:
            await connection.execute(_TAKE, {"upload_id": _id_of(first.page.request.url.path)})
    assert (await eva.get(str(first.page.request.url))).status_code == 200


async def test_answers_wait_until_a_file_has_been_taken(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    form = await upload(eva, workbook(WALKS))
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE upload SET import_id = uuidv7() WHERE upload_id = :upload_id"),
            {"upload_id": _id_of(form.page.request.url.path)},
        )
        answering = asyncio.create_task(form.send())
        await asyncio.sleep(0.5)
        assert not answering.done()
    assert "/ladda-upp/inlast/" in (await answering).headers["location"]


async def test_cells_are_corrected_while_nobody_waits(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """A trial that goes on is waited for, for some seconds, before what is wrong with a cell is shown."""
    trial = await check(eva, await upload(eva, workbook(FAULTY)))
    async with engine.begin() as connection:
        await connection.execute(_GOES_ON)
    correcting = asyncio.create_task(correct(eva, trial, C5="19811228-9874"))
    await asyncio.sleep(0.5)
    async with engine.begin() as connection:
        await connection.execute(text("SELECT FROM upload FOR UPDATE NOWAIT"))
    assert not correcting.done()
    async with engine.begin() as connection:
        await connection.execute(_ENDS)
    assert (await correcting).status_code == 422


async def test_what_another_tab_corrects_meanwhile_is_kept(
    eva: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was judged of the file as it was is judged anew."""
    trial = await check(eva, await upload(eva, workbook(FAULTY)))
    judged = []

    async def work_on_once(*asked: Any, **further: Any) -> Work:
        judged.append(asked)
        if len(judged) == 1:
            await correct(eva, trial, A5="2016-04-30")
        return await work_on(*asked, **further)

    monkeypatch.setattr(routes, "work_on", work_on_once)
    page = await correct(eva, trial, C5="17")
    assert "3 kan läsas in" in words_of(page)
    async with engine.connect() as connection:
        answers = (await connection.execute(text("SELECT answers FROM upload"))).scalar_one()
    assert {name for name in answers if name.startswith("cell-")} == {"cell-A5", "cell-C5"}


async def test_what_is_lacking_is_not_offered_while_a_row_is_refused(eva: httpx.AsyncClient) -> None:
    await eva.get((await (await check(eva, await upload(eva, workbook(WALKS)))).send()).headers["location"])
    mistyped = [*WALKS[:4], ["31/4", "Lindparken", 14, 1], WALKS[5]]
    trial = await check(eva, await upload(eva, workbook(mistyped)))
    page = words_of(trial.page)
    assert "Innan dess går det inte att se vilka som saknas." in page
    assert "Rader som saknas i filen" not in page
    assert "Filen kan vara äldre" not in page
    assert "remove" not in trial.choices


async def test_no_connection_is_held_while_a_file_is_read(
    eva: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook may take minutes, and wait for others': three of them kept everybody from reading."""
    sent = note_taken(monkeypatch, app, routes, "survey_of")
    displayed = note_taken(monkeypatch, app, work, "survey_of")
    proposed = note_taken(monkeypatch, app, work, "propose")
    rows = note_taken(monkeypatch, app, trials, "open_rows")
    await (await check(eva, await upload(eva, workbook(WALKS)))).send()
    trial = await check(eva, await upload(eva, workbook([*WALKS[:4], WALKS[5]])))
    app.state.resources.singleton(work.Surveys)._known.clear()
    assert "Rader som saknas i filen" in words_of(await eva.get(str(trial.page.request.url)))
    for counts in (sent, displayed, proposed, rows):
        assert counts
        assert set(counts) == {0}


async def test_nobody_waits_for_a_large_sheet(eva: httpx.AsyncClient) -> None:
    """It kept the loop for 7 seconds whenever its page was shown, and for one with each megabyte that was sent."""
    header, row = (";".join(f"{one} {column}" for column in range(60)) for one in ("Antal", "{number}"))
    wide = "\n".join([header, *(row.replace("{number}", str(number)) for number in range(3000))])
    long = "Datum;Plats;Antal\n" + "Summa;1\n" * 250_000
    for content in (wide, long):
        async with longest_step() as longest:
            answer = await send(eva, content.encode(), "Blad.csv")
            if answer.status_code == 303:
                assert (await eva.get(answer.headers["location"])).status_code == 200
        assert longest.seconds < 0.5
