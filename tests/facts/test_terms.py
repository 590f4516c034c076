"""Terms replace each other whole; the term days of months follow, and what is expected in them is marked."""

from collections.abc import AsyncIterator, Callable
from datetime import date

import pytest
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity import Span
from shared.domain.errors import InvalidArea, UnknownArea
from shared.domain.role import RoleSpan
from shared.domain.term import Term
from shared.facts.areas import Area, Parent, put_areas
from shared.facts.reference_data import load_reference
from shared.facts.roles import put_roles
from shared.facts.terms import find_terms, put_terms

ALWAYS = DateRange(None, None)
TODAY = date(2016, 4, 20)
SPRING = Term("Vårterminen 2016", Span(date(2016, 1, 18), date(2016, 6, 10)))
AUTUMN = Term("Höstterminen 2016", Span(date(2016, 8, 18), date(2016, 12, 21)))


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: each test takes back what it wrote."""
    return fresh_database()


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Return a connection to a world with two schools in Landskrona, of which one has had a contact officer."""
    async with engine.connect() as connection:
        for code in ("1282-visited", "1282-other"):
            await put_areas(connection, [Area(code, "place", "school", code, None, ALWAYS, (Parent("1282", ALWAYS),))])
        officer = RoleSpan("contact-officer", date(2014, 1, 1), date(2014, 12, 31), 1)
        await put_roles(connection, "1282-visited", [officer], shipped_catalogue(), TODAY)
        yield connection
        await connection.rollback()


async def put(connection: AsyncConnection, *terms: Term) -> set[tuple[str, int, str | None, str | None]]:
    """Put Landskrona's terms, and return the marks that this made: owner, year, area, month."""
    await connection.execute(text("DELETE FROM dirty_mark"))
    await put_terms(connection, "1282", terms, TODAY)
    found = await connection.execute(
        text(
            """SELECT owner.code, year, area.code, to_char(month, 'YYYY-MM'), fact FROM dirty_mark
               LEFT JOIN area USING (area_id) JOIN area AS owner ON owner.area_id = writing_area_id"""
        )
    )
    rows = [tuple(row) for row in found]
    assert all(fact == (area and "(terms)") for _, _, area, _, fact in rows)
    return {row[:4] for row in rows}


async def term_days(connection: AsyncConnection) -> dict[str, int]:
    found = await connection.execute(text("SELECT to_char(month, 'YYYY-MM'), working_days FROM term_month ORDER BY 1"))
    return dict(tuple(row) for row in found)


async def refused(connection: AsyncConnection, code: str, *terms: Term) -> list[str]:
    with pytest.raises(InvalidArea) as refusal:
        await put_terms(connection, code, terms, TODAY)
    return [violation.field for violation in refusal.value.violations]


async def test_every_month_of_a_year_with_terms_has_its_working_days(connection: AsyncConnection) -> None:
    await put(connection, AUTUMN, SPRING)
    counts = [10, 21, 21, 21, 21, 7, 0, 10, 22, 21, 22, 15]
    assert await term_days(connection) == {f"2016-{month:02}": days for month, days in enumerate(counts, 1)}


async def test_a_term_over_new_year_makes_both_years_known(connection: AsyncConnection) -> None:
    await put(connection, Term("Vintern", Span(date(2015, 12, 30), date(2016, 1, 5))))
    days = await term_days(connection)
    assert len(days) == 24
    assert {month: count for month, count in days.items() if count} == {"2015-12": 1, "2016-01": 2}
    await put(connection)
    assert await term_days(connection) == {}


async def test_terms_come_back_as_they_were_put(connection: AsyncConnection) -> None:
    await put(connection, AUTUMN, SPRING)
    (area_id,) = (await connection.execute(text("SELECT area_id FROM area WHERE code = '1282'"))).scalars()
    assert await find_terms(connection, area_id) == [SPRING, AUTUMN]


async def test_places_with_a_need_and_the_years_are_marked_up_to_today(connection: AsyncConnection) -> None:
    spring = {("1282", 2016, "1282-visited", f"2016-0{month}") for month in range(1, 5)}
    assert await put(connection, SPRING, AUTUMN) == {("1282", 2016, None, None), *spring}
    assert await put(connection, AUTUMN, SPRING) == set()
    assert await put(connection, SPRING) == {("1282", 2016, None, None)}
    assert await put(connection) == {("1282", 2016, None, None), *spring}


async def test_terms_of_a_year_to_come_mark_nothing_yet(connection: AsyncConnection) -> None:
    assert await put(connection, Term("Vårterminen 2017", Span(date(2017, 1, 9), date(2017, 6, 9)))) == set()


async def test_a_mended_calendar_counts_the_term_days_anew(connection: AsyncConnection) -> None:
    await put(connection, SPRING)
    await connection.execute(text("UPDATE calendar_day SET is_working = false WHERE day = '2016-03-23'"))
    await connection.execute(text("UPDATE term_month SET working_days = 0"))
    await load_reference(connection)
    assert (await term_days(connection))["2016-03"] == 21


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ([Term("x", Span(date(2016, 1, 2), date(2016, 1, 1)))], "terms[0].validTo"),
        ([Term("x", Span(date(2016, 1, 1), date(2017, 1, 1)))], "terms[0].validTo"),
        ([SPRING, Term("x", Span(date(2016, 6, 10), date(2016, 6, 12)))], "terms[1]"),
        ([Term("Anna 19121212-1212", SPRING.days)], "terms[0].name"),
    ],
)
async def test_a_term_that_cannot_be_is_refused(connection: AsyncConnection, terms: list[Term], field: str) -> None:
    assert await refused(connection, "1282", *terms) == [field]


async def test_only_municipalities_have_terms(connection: AsyncConnection) -> None:
    assert await refused(connection, "1282-visited", SPRING) == ["terms"]
    with pytest.raises(UnknownArea):
        await put_terms(connection, "9999", [SPRING], TODAY)
