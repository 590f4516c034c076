"""What the page of the agreement tells whom about a year with gaps, in one world."""

from __future__ import annotations

from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING

import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.api.today import let_today_be
from tests.completeness.conftest import AGREEMENT, AS_OF, DILIGENT
from tests.pages.people import browser, invite, sign_in, words_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from fastapi import FastAPI

pytestmark = [pytest.mark.long]
READER, REPORTER, OWNER, COORDINATOR, _ = PersonRole
_numbers = count(1)


@asynccontextmanager
async def visiting(app: FastAPI, database_url: str, role: GivenRole) -> AsyncIterator[httpx.AsyncClient]:
    let_today_be(app, AS_OF)
    async with browser(app) as client:
        await sign_in(client, invite(database_url, f"{next(_numbers)}@kommun.example", [role]))
        yield client


def annex_of(page: str, number: int) -> str:
    """Return what a page says of an annex, as it is read."""
    return (
        page.partition(f"Bilaga {number}: ")[2]
        .partition(f"Bilaga {number}: ")[2]
        .partition(f"Bilaga {number + 1}: ")[0]
    )


@pytest.mark.parametrize(
    ("role", "names_schools", "names_walk"),
    [
        (GivenRole(READER, "1282"), True, True),
        (GivenRole(COORDINATOR, "1282"), True, True),
        (GivenRole(OWNER, "1282", None, AGREEMENT, 7), True, False),
        (GivenRole(OWNER, "1282", None, AGREEMENT, 3), False, True),
        (GivenRole(REPORTER, "1282", "Lokalpolisområde Landskrona"), True, False),
    ],
)
async def test_others_learn_how_much_is_missing_and_not_who(
    app: FastAPI, database_url: str, role: GivenRole, *, names_schools: bool, names_walk: bool
) -> None:
    async with visiting(app, database_url, role) as client:
        page = words_of(await client.get("/overenskommelsen", params={"ar": "2016"}))
    schools, walks = annex_of(page, 7), annex_of(page, 3)
    assert "8 av 18 månadsrapporter om skolbesök har inte kommit in." in schools
    assert "En planerad aktivitet har varken rapporterats som genomförd eller inställd." in walks
    assert ("Kornblomsskolan: skolbesök för februari, april, maj" in schools) is names_schools
    assert ("Skolbesök, Kornblomsskolan, oktober 2016" in schools) is names_schools
    assert ("rapporter väntas från andra." in schools) is not names_schools
    assert ("planerad till 4 oktober 2016" in walks) is names_walk
    assert ("En rapport väntas från någon annan." in walks) is not names_walk


async def test_who_sees_one_school_alone_is_told_of_no_gaps(app: FastAPI, database_url: str) -> None:
    """Of facts that somebody does not see, all would seem to be missing."""
    async with visiting(app, database_url, GivenRole(REPORTER, DILIGENT)) as client:
        page = words_of(await client.get("/overenskommelsen", params={"ar": "2016", "omrade": "1282"}))
        school = words_of(await client.get("/overenskommelsen", params={"ar": "2016", "omrade": DILIGENT}))
    assert "har inte rapporterat" not in page
    assert "månadsrapporter" not in page
    assert "planerad aktivitet" not in page
    assert "En skola har inte rapporterat skolbesök för augusti." in school


async def test_annexes_say_what_they_are_for(app: FastAPI, database_url: str) -> None:
    async with visiting(app, database_url, GivenRole(READER, "1282")) as client:
        answer = await client.get("/overenskommelsen", params={"ar": "2016", "sprak": "en"})
        sheet = await client.get("/overenskommelsen/tabell.csv", params={"ar": "2016", "sprak": "sv"})
    purpose = "Skolan och polisen når varandra lätt, och eleverna möter polisen i vardagen."
    assert f'<p lang="sv">{purpose}</p>' in answer.text
    assert "Goals of the annex Fem till åtta skolor har en egen kontaktpolis." in words_of(answer)
    assert "8 av 18 månadsrapporter om skolbesök har inte kommit in." in sheet.text
    assert "Rapporter: T1 3 av 10 saknas" in sheet.text
