"""Roles replace each other whole, and mark the months in which something is other than before."""

from collections.abc import AsyncIterator, Callable
from datetime import date

import pytest
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.catalogue.loader import shipped_catalogue
from shared.domain.errors import InvalidArea, UnknownArea
from shared.domain.role import RoleSpan
from shared.facts.areas import Area, Parent, put_areas
from shared.facts.roles import find_roles, put_roles

ALWAYS = DateRange(None, None)
SCHOOL = "1282-school"
TODAY = date(2016, 6, 20)
OFFICER = RoleSpan("contact-officer", date(2016, 2, 10), date(2016, 4, 30), 1)
PLAN = RoleSpan("online-abuse-plan", date(2015, 11, 15), None, None)

# owner, year, month
Mark = tuple[str, int, str]


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: each test takes back what it wrote."""
    return fresh_database()


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        await put_school(connection, Parent("1282", ALWAYS))
        yield connection
        await connection.rollback()


async def put_school(connection: AsyncConnection, *parents: Parent, valid: DateRange = ALWAYS) -> None:
    await put_areas(connection, [Area(SCHOOL, "place", "school", "School", None, valid, parents)])


async def put(connection: AsyncConnection, *roles: RoleSpan) -> set[Mark]:
    """Put the roles of the school, and return the marks that this made."""
    await connection.execute(text("DELETE FROM dirty_mark"))
    await put_roles(connection, SCHOOL, roles, shipped_catalogue(), TODAY)
    return await marks(connection)


async def marks(connection: AsyncConnection) -> set[Mark]:
    found = await connection.execute(
        text(
            """SELECT owner.code, year, to_char(month, 'YYYY-MM'), area.code, fact, ripens_on::text FROM dirty_mark
               JOIN area USING (area_id) JOIN area AS owner ON owner.area_id = writing_area_id"""
        )
    )
    rows = [tuple(row) for row in found]
    assert {row[3:] for row in rows} <= {(SCHOOL, "(roles)", "-infinity")}
    return {row[:3] for row in rows}


def months(owner: str, *codes: str) -> set[Mark]:
    return {(owner, int(code[:4]), code) for code in codes}


async def refused(connection: AsyncConnection, *roles: RoleSpan) -> list[str]:
    with pytest.raises(InvalidArea) as refusal:
        await put_roles(connection, SCHOOL, roles, shipped_catalogue(), TODAY)
    return [violation.field for violation in refusal.value.violations]


async def test_roles_come_back_as_they_were_put_and_replace_each_other(connection: AsyncConnection) -> None:
    await put(connection, PLAN, OFFICER)
    (area_id,) = (await connection.execute(text(f"SELECT area_id FROM area WHERE code = '{SCHOOL}'"))).scalars()
    assert await find_roles(connection, area_id) == [OFFICER, PLAN]
    await put(connection, PLAN)
    assert await find_roles(connection, area_id) == [PLAN]
    await put(connection)
    assert await find_roles(connection, area_id) == []


async def test_a_new_role_marks_its_months_up_to_today(connection: AsyncConnection) -> None:
    assert await put(connection, OFFICER) == months("1282", "2016-02", "2016-03", "2016-04")
    spring = ("2016-01", "2016-02", "2016-03", "2016-04", "2016-05", "2016-06")
    assert await put(connection, OFFICER, PLAN) == months("1282", "2015-11", "2015-12", *spring)


async def test_only_what_is_other_than_before_is_marked(connection: AsyncConnection) -> None:
    await put(connection, OFFICER, PLAN)
    assert await put(connection, PLAN, OFFICER) == set()
    needier = RoleSpan(OFFICER.role, OFFICER.first, OFFICER.last, 2)
    assert await put(connection, needier, PLAN) == months("1282", "2016-02", "2016-03", "2016-04")
    assert await put(connection, PLAN) == months("1282", "2016-02", "2016-03", "2016-04")


async def test_a_role_to_come_marks_its_first_month_if_it_is_of_this_year(connection: AsyncConnection) -> None:
    assert await put(connection, RoleSpan("certified-prodis", date(2017, 1, 1), None, None)) == set()
    this_year = RoleSpan("certified-prodis", date(2016, 7, 1), None, None)
    assert await put(connection, this_year) == months("1282", "2016-07")


async def test_a_situational_picture_ages_after_its_own_days(connection: AsyncConnection) -> None:
    picture = RoleSpan("situational-picture", date(2016, 3, 1), date(2016, 3, 31), None)
    assert await put(connection, picture) == months("1282", "2016-03", "2016-04", "2016-05", "2016-06")


async def test_months_are_marked_under_whoever_held_the_place_then(connection: AsyncConnection) -> None:
    march_10 = date(2016, 3, 10)
    await put_school(connection, Parent("1282", DateRange(None, march_10)), Parent("1283", DateRange(march_10, None)))
    assert await put(connection, OFFICER) == months("1282", "2016-02", "2016-03") | months("1283", "2016-03", "2016-04")


async def test_a_place_with_roles_that_moves_is_marked_under_both_owners(connection: AsyncConnection) -> None:
    await put(connection, OFFICER)
    await connection.execute(text("DELETE FROM dirty_mark"))
    april = date(2016, 4, 1)
    await put_school(connection, Parent("1282", DateRange(None, april)), Parent("1283", DateRange(april, None)))
    spring = months("1282", "2016-02", "2016-03", "2016-04")
    assert await marks(connection) == spring | months("1283", "2016-04")


@pytest.mark.parametrize(
    ("role", "field"),
    [
        (RoleSpan("headmaster", date(2016, 1, 1), None, None), "roles[0].role"),
        (RoleSpan("contact-officer", date(2016, 1, 1), None, None), "roles[0].need"),
        (RoleSpan("contact-officer", date(2016, 1, 1), None, -1), "roles[0].need"),
        (RoleSpan("contact-officer", date(2016, 1, 1), None, 1001), "roles[0].need"),
        (RoleSpan("contact-person", date(2016, 1, 1), None, 1), "roles[0].need"),
        (RoleSpan("contact-person", date(2016, 1, 2), date(2016, 1, 1), None), "roles[0].validTo"),
    ],
)
async def test_a_role_that_cannot_be_is_refused(connection: AsyncConnection, role: RoleSpan, field: str) -> None:
    assert await refused(connection, role) == [field]


async def test_the_same_role_twice_on_a_day_is_refused(connection: AsyncConnection) -> None:
    next_day = RoleSpan(OFFICER.role, date(2016, 5, 1), None, 3)
    assert await put(connection, OFFICER, next_day)
    assert await refused(connection, OFFICER, RoleSpan(OFFICER.role, date(2016, 4, 30), None, 3)) == ["roles[1]"]


async def test_a_role_outside_the_days_of_its_area_is_refused(connection: AsyncConnection) -> None:
    await put_school(connection, Parent("1282", ALWAYS), valid=DateRange(date(2016, 1, 1), date(2017, 1, 1)))
    assert await put(connection, RoleSpan("contact-person", date(2016, 1, 1), date(2016, 12, 31), None))
    assert await refused(connection, PLAN) == ["roles[0].validFrom", "roles[0].validTo"]


async def test_an_unknown_area_is_told(connection: AsyncConnection) -> None:
    with pytest.raises(UnknownArea):
        await put_roles(connection, "1282-nowhere", [], shipped_catalogue(), TODAY)
