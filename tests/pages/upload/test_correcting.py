"""A refused row is corrected on the page of its trial: the rest of the sheet, and the file, stay as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from services.api.pages.upload import correcting
from services.api.pages.upload.report import report_of
from services.api.pages.upload.sheet_form import LONGEST_CORRECTION
from services.api.pages.upload.trials import MOST_LISTED
from shared.domain.wording import Language
from tests.pages.filling import open_form
from tests.pages.people import words_of
from tests.pages.upload.uploading import FAULTY, START, WALKS, check, correct, upload, upload_of, workbook

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.pages.filling import FilledForm

pytestmark = [pytest.mark.long]
_STORED = text(
    """SELECT start_on::text, area.code, participants_residents FROM activity JOIN area USING (area_id)
       WHERE source LIKE 'blad-%' ORDER BY 1"""
)
_RECORDED = text("SELECT mapping -> 'corrections' FROM file_import WHERE NOT dry_run")


async def test_cells_are_corrected_where_their_faults_are(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    trial = await check(eva, await upload(eva, workbook(FAULTY)))
    assert 'name="cell-A5"' in trial.page.text
    assert 'value="31/4"' in trial.page.text
    page = await correct(eva, trial, A5="2016-04-30", C5="många")
    assert "2 kan läsas in och en behöver rättas" in words_of(page)
    assert "A5: ”31/4” är nu ”2016-04-30”" in words_of(page)
    page = await correct(eva, trial, C5="17")
    assert "3 kan läsas in" in words_of(page)
    # How the sheet is read can still be changed: what was corrected stays.
    again = await check(eva, await _opened(eva, trial), {"name": "Vandringar i april"})
    assert "3 kan läsas in" in words_of(again.page)
    await eva.get((await again.send()).headers["location"])
    async with engine.connect() as connection:
        stored = [tuple(row) for row in await connection.execute(_STORED)]
        recorded = (await connection.execute(_RECORDED)).scalar_one()
    assert stored == [
        ("2016-04-12", "1282-karlslund", 21),
        ("2016-04-30", "1282-lindparken", 17),
        ("2016-05-20", "1282-karlslund", 9),
    ]
    assert recorded == {"A5": {"was": "31/4", "becomes": "2016-04-30"}, "C5": {"was": "många", "becomes": "17"}}
    # The sheet that was corrected by hand says the same.
    mended = [*WALKS[:4], ["2016-04-30", "Lindparken", 17, 1], WALKS[5]]
    assert "3 är redan inlästa" in words_of((await check(eva, await upload(eva, workbook(mended)))).page)


async def _opened(client: httpx.AsyncClient, trial: FilledForm) -> FilledForm:
    return await open_form(client, f"{START}/{upload_of(trial)}")


async def test_a_place_that_becomes_unknown_is_asked_about(eva: httpx.AsyncClient) -> None:
    trial = await check(eva, await upload(eva, workbook(FAULTY)))
    page = await correct(eva, trial, B5="Lindallén")
    assert "Välj vad ”Lindallén” är." in words_of(page)


async def test_no_personal_data_is_kept_of_a_cell(eva: httpx.AsyncClient, engine: AsyncEngine) -> None:
    trial = await check(eva, await upload(eva, workbook(FAULTY)))
    page = await correct(eva, trial, C5="19811228-9874")
    assert page.status_code == 422
    assert "personnummer" in words_of(page)
    assert await correct(eva, trial, C5="5", Z9="6", A1="7", x="8")
    async with engine.connect() as connection:
        answers = (await connection.execute(text("SELECT answers FROM upload"))).scalar_one()
    assert {name for name in answers if name.startswith("cell-")} == {"cell-C5"}


async def test_refused_rows_are_listed_before_all_others(eva: httpx.AsyncClient) -> None:
    """However many rows are the same as a later one, what has to be corrected can be."""
    same = [["20/4", "Karlslund", 21, 2]] * (MOST_LISTED + 2)
    trial = await check(eva, await upload(eva, workbook([*WALKS[:3], *same, ["31/4", "Lindparken", 14, 1]])))
    assert f'name="cell-A{3 + len(same) + 1}"' in trial.page.text


async def test_a_correction_that_is_too_long_is_refused_and_not_cut(eva: httpx.AsyncClient) -> None:
    trial = await check(eva, await upload(eva, workbook(FAULTY)))
    page = await correct(eva, trial, B5="x" * (LONGEST_CORRECTION + 1))
    assert page.status_code == 422
    assert "Skriv högst 500 tecken." in words_of(page)


async def test_more_corrections_than_are_kept_are_refused_and_not_dropped(
    eva: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correcting, "MOST_CORRECTIONS", 1)
    trial = await check(eva, await upload(eva, workbook(FAULTY)))
    page = await correct(eva, trial, A5="2016-04-30", C5="17")
    assert page.status_code == 422
    assert "Här går det att rätta högst 1 celler." in words_of(page)
    assert 'value="17"' in page.text
    async with engine.connect() as connection:
        answers = (await connection.execute(text("SELECT answers FROM upload"))).scalar_one()
    assert not [name for name in answers if name.startswith("cell-")]


def test_rows_that_are_not_listed_are_counted() -> None:
    """A row may have several remarks."""
    remark = {"outcome": "refused", "field": "", "reason": "x", "remedy": "x"}
    listed = [remark | {"row": 2 + number // 3} for number in range(MOST_LISTED)]
    counts = dict.fromkeys(("rows", "created", "updated", "unchanged", "superseded", "outdated", "skipped"), 0)
    entry = {"makes": "activities", "status": "completed", "failure": None, **counts, "refused": 50}
    assert report_of(entry, listed, Language.SV).more == 50 - 34
    assert report_of(entry | {"refused": 1}, [remark | {"row": 2, "outcome": "superseded"}], Language.SV).more == 1
