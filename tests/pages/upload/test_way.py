"""A sheet is uploaded, looked through, tried and taken; the next one is known again, and what it lacks is offered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.pages.filling import open_form
from tests.pages.people import words_of
from tests.pages.upload.uploading import START, WALKS, check, upload, workbook

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

pytestmark = [pytest.mark.long]
_STORED = text(
    """SELECT start_on::text, area.code, participants_residents, activity.source FROM activity JOIN area USING (area_id)
       WHERE source LIKE 'blad-%' ORDER BY start_on"""
)


async def _stored(engine: AsyncEngine) -> list[tuple[object, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(_STORED)]


async def test_a_sheet_becomes_activities_once(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    content = workbook(WALKS)
    trial = await check(eva, await upload(eva, content))
    page = words_of(trial.page)
    assert "Vi hittade 3 rader. 3 kan läsas in." in page
    assert await _stored(engine) == []
    done = await trial.send()
    report = words_of(await eva.get(done.headers["location"]))
    assert "3 nya rader är sparade." in report
    once = [
        ("2016-04-12", "1282-karlslund", 21, "blad-vandringar"),
        ("2016-05-13", "1282-lindparken", 14, "blad-vandringar"),
        ("2016-05-20", "1282-karlslund", 9, "blad-vandringar"),
    ]
    assert await _stored(engine) == once
    # The button pressed twice, and the same file once more.
    assert (await trial.send()).headers["location"] == done.headers["location"]
    again = await upload(eva, content, "En kopia.xlsx")
    assert "Vi känner igen kolumnerna från ”Vandringar”" in words_of(again.page)
    assert again["name"] == "Vandringar"
    page = words_of((await check(eva, again)).page)
    assert "3 är redan inlästa" in page
    assert "Den här filen är redan inläst, den" in page
    assert await _stored(engine) == once


async def test_a_later_sheet_corrects_and_offers_to_remove_what_it_lacks(
    eva: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await (await check(eva, await upload(eva, workbook(WALKS)))).send()
    # A walk has another number now, one is gone, and one is new.
    later = [*WALKS[:3], ["12/4", "Karlslund", 25, 2], ["14/5", "Lindparken", 3, 1], ["20/5", "Karlslund", 9, 2]]
    trial = await check(eva, await upload(eva, workbook(later)))
    page = words_of(trial.page)
    assert "Vi hittade 3 rader. 2 kan läsas in och en är redan inläst. En av dem rättar en rad" in page
    assert "Trygghetsvandring, Lindparken, den 13 maj 2016" in page
    assert "13 maj" in page
    assert trial.fields.get("remove") is None, "it is ticked already"
    await trial.send({"remove": trial.choices["remove"]})
    days = [(day, residents) for day, _, residents, _ in await _wait(engine, 3, 25)]
    assert days == [("2016-04-12", 25), ("2016-05-14", 3), ("2016-05-20", 9)]


async def _wait(engine: AsyncEngine, rows: int, residents: int) -> list[tuple[object, ...]]:
    for _ in range(100):
        stored = await _stored(engine)
        if len(stored) == rows and stored[0][2] == residents:
            break
        await asyncio.sleep(0.1)
    return await _stored(engine)


async def test_an_older_sheet_after_a_newer_is_said(eva: httpx.AsyncClient) -> None:
    done = await (await check(eva, await upload(eva, workbook(WALKS)))).send()
    await eva.get(done.headers["location"])
    older = [*WALKS[:4], ["20/5", "Karlslund", 9, 2]]
    assert "Filen kan vara äldre" in words_of((await check(eva, await upload(eva, workbook(older)))).page)


async def test_what_means_two_things_is_asked_and_answers_stay(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    rows: list[list[object]] = [
        ["Vandringar"],
        ["Datum", "Plats", "Antal deltagare"],
        ["5/4", "Lindpark", 14],
        ["6/4", "Norra torget, entrén", 7],
    ]
    form = await upload(eva, workbook(rows), "Lista.xlsx")
    assert form["type"] == ""
    form = await open_form(eva, (await form.send({"type": "safety-walk"})).headers["location"])
    answer = await form.send()
    assert answer.status_code == 422
    page = words_of(answer)
    for asked in (
        "Välj vad kolumnen Antal deltagare är.",
        "Välj hur datumen i kolumnen Datum ska läsas.",
        "Välj vad ”Lindpark” är.",
        "Välj vilket år som gäller.",
        "5/4 är den 5 april",
        "5/4 är den 4 maj",
    ):
        assert asked in page, asked
    fields = {name: "1282-lindparken" for name in form.choices if name.startswith("word-B-area-")}
    torget = next(name for name in fields if "1282-norra-torget" in form.choices[name])
    fields |= {torget: "other", f"{torget}-typed": "norra torget", "dates-A": "dayFirst", "year": "2016"}
    answer = await form.send(fields)
    assert "Välj vad kolumnen Antal deltagare är." in words_of(answer)
    # What was chosen stays, also when the page is opened anew.
    form = await open_form(eva, str(form.page.request.url))
    assert (form["dates-A"], form["year"], form[torget]) == ("dayFirst", "2016", "1282-norra-torget")
    assert form[f"{torget}-typed"] == ""
    trial = await check(eva, form, {"field-C": "participants.residents"})
    await eva.get((await trial.send()).headers["location"])
    assert [(day, code) for day, code, _, _ in await _stored(engine)] == [
        ("2016-04-05", "1282-lindparken"),
        ("2016-04-06", "1282-norra-torget"),
    ]


async def test_a_faulty_row_is_told_by_its_cell(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    rows = [*WALKS[:5], ["31/4", "Karlslund", 5, 1], ["14/5", "Karlslund", "många", 1]]
    trial = await check(eva, await upload(eva, workbook(rows)))
    page = words_of(trial.page)
    assert "2 kan läsas in och 2 behöver rättas" in page
    assert "Rad 6, cell A6: Datum Datumet går inte att läsa eller finns inte." in page
    assert 'value="31/4"' in trial.page.text
    assert "Rad 7, cell C7: Boende Skriv" in page
    done = await trial.send()
    assert "2 rader lästes inte in." in words_of(await eva.get(done.headers["location"]))
    assert len(await _stored(engine)) == 2


async def test_a_file_is_seen_by_who_has_uploaded_it_alone(eva: httpx.AsyncClient, mia: httpx.AsyncClient) -> None:
    form = await upload(eva, workbook(WALKS))
    address = str(form.page.request.url)
    assert (await mia.get(address)).status_code == 404
    assert "Vandringar.xlsx" not in (await mia.get(START)).text
    # Both at once: each has their own.
    other = await upload(mia, workbook(WALKS), "Andra.xlsx")
    assert (await check(mia, other)).page.status_code == 200
    assert "Vandringar.xlsx" in (await eva.get(START)).text


async def test_a_sheet_of_observations_is_taken(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    rows: list[list[object]] = [["Månad", "Kostnad"], ["januari", 1200], ["februari", 900]]
    form = await upload(eva, workbook(rows), "Skadegörelse 2016.xlsx")
    form = await open_form(eva, (await form.send({"type": "measure:vandalism-cost"})).headers["location"])
    trial = await check(eva, form, {"field-B": "numerator", "place-typed": "Landskrona"})
    assert "Vi hittade 2 rader. 2 kan läsas in." in words_of(trial.page)
    done = await trial.send()
    assert "2 nya rader är sparade." in words_of(await eva.get(done.headers["location"]))
    async with engine.connect() as connection:
        statement = text(
            "SELECT numerator::int FROM observation WHERE measure = 'vandalism-cost' ORDER BY period_start"
        )
        assert [*(await connection.execute(statement)).scalars()] == [1200, 900]
