"""The police hierarchy and the municipal one: what reaches which area, what moves when, which boundaries change."""

from collections.abc import AsyncIterator, Callable
from datetime import date

import pytest
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.domain.errors import InvalidArea
from shared.facts.areas import PARENT_KINDS, Area, Parent, find_areas, put_areas
from shared.facts.reference_data import load_reference

ALWAYS = DateRange(None, None)
JULY_1 = date(2016, 7, 1)
BEFORE, AFTER = DateRange(None, JULY_1), DateRange(JULY_1, None)
SYD, NORTHWEST, FIRST, SECOND = "police-region-syd", "district-northwest", "local-first", "local-second"
CITY, CITY_AREAS = "0180", ("local-north", "local-middle", "local-south")


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: each test takes back what it wrote."""
    return fresh_database()


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        yield connection
        await connection.rollback()


def area(code: str, kind: str, *parents: str | Parent, valid: DateRange = ALWAYS) -> Area:
    above = tuple(Parent(parent, ALWAYS) if isinstance(parent, str) else parent for parent in parents)
    return Area(code, kind, "school" if kind == "place" else None, code, None, valid, above)


async def put_police(connection: AsyncConnection) -> None:
    """Put two local police areas: Landskrona and Svalöv lie in the first, Helsingborg in the second."""
    await put_areas(
        connection,
        [
            area(NORTHWEST, "police-district", SYD),
            area(FIRST, "local-police-area", NORTHWEST),
            area(SECOND, "local-police-area", NORTHWEST),
            area("1282", "municipality", "12", FIRST),
            area("1214", "municipality", "12", FIRST),
            area("1283", "municipality", "12", SECOND),
        ],
    )


async def put_city(connection: AsyncConnection) -> None:
    """Put three local police areas of one city, with a district in the first."""
    await put_areas(
        connection,
        [
            *(area(code, "local-police-area", "police-region-stockholm", CITY) for code in CITY_AREAS),
            area("0180-kista", "district", CITY, "local-north"),
        ],
    )


async def forget_regions(connection: AsyncConnection) -> None:
    """Return to the areas of before the police regions."""
    for table in ("area_closure", "area_ancestor_set", "ancestor_set_member", "ancestor_set", "boundary_change"):
        await connection.execute(text(f"DELETE FROM {table}"))
    regions = "(SELECT area_id FROM area WHERE kind = 'police-region')"
    await connection.execute(text(f"DELETE FROM area_edge WHERE parent_id IN {regions} OR child_id IN {regions}"))
    await connection.execute(text("DELETE FROM area WHERE kind = 'police-region'"))


async def above(connection: AsyncConnection, code: str, day: date = date(2016, 3, 1)) -> set[str]:
    """Return what an activity in the area reaches on a day: the areas that hold it, and itself."""
    found = await connection.execute(
        text(
            """SELECT above.code FROM area_closure JOIN area ON area.area_id = descendant_id
               JOIN area AS above ON above.area_id = ancestor_id
               WHERE area.code = :code AND area_closure.valid @> CAST(:day AS date)"""
        ),
        {"code": code, "day": day},
    )
    return set(found.scalars())


async def ancestor_set(connection: AsyncConnection, code: str, day: date = date(2016, 3, 1)) -> list[tuple[str, bool]]:
    """Return the owner of an area's ancestor set on a day, and whether it lies in a local police area."""
    found = await connection.execute(
        text(
            """SELECT owner.code, in_local_police_area FROM area_ancestor_set JOIN area USING (area_id)
               JOIN ancestor_set USING (ancestor_set_id) JOIN area AS owner ON owner.area_id = writing_area_id
               WHERE area.code = :code AND area_ancestor_set.valid @> CAST(:day AS date)"""
        ),
        {"code": code, "day": day},
    )
    return [tuple(row) for row in found]


async def boundaries(connection: AsyncConnection) -> set[tuple[str, date]]:
    """Return whose boundaries changed when, from 2016 on."""
    found = await connection.execute(
        text("SELECT code, day FROM boundary_change JOIN area USING (area_id) WHERE day > '2015-12-31'")
    )
    return {tuple(row) for row in found}


async def test_every_county_lies_in_the_police_region_that_is_its_since_2015(connection: AsyncConnection) -> None:
    regions = await connection.execute(
        text(
            """SELECT parent.code, string_agg(child.code, ' ' ORDER BY child.code), min(lower(area_edge.valid))
               FROM area_edge JOIN area AS parent ON parent.area_id = parent_id
               JOIN area AS child ON child.area_id = child_id WHERE parent.kind = 'police-region' GROUP BY 1"""
        )
    )
    assert {code: counties for code, counties, _ in regions} == {
        "police-region-nord": "22 23 24 25",
        "police-region-mitt": "03 19 21",
        "police-region-stockholm": "01 09",
        "police-region-ost": "04 05 06",
        "police-region-vast": "13 14",
        "police-region-syd": "07 08 10 12",
        "police-region-bergslagen": "17 18 20",
    }
    assert SYD not in await above(connection, "1282", date(2014, 12, 31))
    assert SYD in await above(connection, "1282", date(2015, 1, 1))


async def test_a_local_police_area_holds_two_municipalities(connection: AsyncConnection) -> None:
    await put_police(connection)
    for code in ("1282", "1214"):
        assert await above(connection, code) == {code, "12", "SE", FIRST, NORTHWEST, SYD}
        assert await ancestor_set(connection, code) == [(code, True)]
    assert await ancestor_set(connection, FIRST) == [(FIRST, True)]


async def test_what_is_known_as_the_city_reaches_none_of_its_local_police_areas(connection: AsyncConnection) -> None:
    await put_city(connection)
    assert await above(connection, CITY) == {CITY, "01", "SE", "police-region-stockholm"}
    assert await ancestor_set(connection, CITY) == [(CITY, False)]
    assert await above(connection, "0180-kista") == {"0180-kista", "local-north", *await above(connection, CITY)}
    assert await ancestor_set(connection, "0180-kista") == [(CITY, True)]
    assert await ancestor_set(connection, "local-south") == [(CITY, True)]


async def test_a_municipality_changes_local_police_area_in_mid_year(connection: AsyncConnection) -> None:
    await put_police(connection)
    await put_areas(connection, [area("1282-school", "place", "1282")])
    before = await boundaries(connection)
    moves = (Parent(FIRST, BEFORE), Parent(SECOND, AFTER))
    await put_areas(connection, [area("1282", "municipality", "12", *moves)])
    for code in ("1282", "1282-school"):
        assert {FIRST, SECOND} & await above(connection, code, date(2016, 6, 30)) == {FIRST}
        assert {FIRST, SECOND} & await above(connection, code, JULY_1) == {SECOND}
    assert before == set()
    assert await boundaries(connection) == {(FIRST, JULY_1), (SECOND, JULY_1)}
    await put_areas(connection, [area("1282", "municipality", "12", FIRST)])
    assert await boundaries(connection) == set()


async def test_a_vulnerable_area_divides_the_ground_and_changes_no_boundary_but_its_own(
    connection: AsyncConnection,
) -> None:
    await put_police(connection)
    since = DateRange(JULY_1, date(2017, 1, 1))
    await put_areas(
        connection,
        [
            area("1282-vulnerable", "vulnerable-area", "1282", valid=since),
            area("1282-school", "place", "1282", "1282-vulnerable"),
        ],
    )
    assert "1282-vulnerable" not in await above(connection, "1282-school", date(2016, 6, 30))
    assert {"1282-vulnerable", FIRST} < await above(connection, "1282-school", JULY_1)
    assert "1282-vulnerable" not in await above(connection, "1282-school", date(2017, 1, 1))
    assert await boundaries(connection) == {("1282-vulnerable", JULY_1), ("1282-vulnerable", date(2017, 1, 1))}


async def test_a_changed_boundary_has_what_is_compared_across_it_made_anew(connection: AsyncConnection) -> None:
    await put_police(connection)
    await connection.execute(
        text(
            """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, left_out, status)
               SELECT 1, area_id, 'year', make_date(year, 1, 1), 0, 'zero'
               FROM area, generate_series(2014, 2020) AS year WHERE code IN ('SE', 'local-first')"""
        )
    )
    await put_areas(connection, [area("1282", "municipality", "12", Parent(FIRST, BEFORE), Parent(SECOND, AFTER))])
    marked = await connection.execute(text("SELECT code, year FROM comparison_mark JOIN area USING (area_id)"))
    assert {tuple(row) for row in marked} == {(FIRST, 2016), (FIRST, 2017), (FIRST, 2018)}


async def test_a_municipality_and_a_local_police_area_cannot_lie_in_each_other(connection: AsyncConnection) -> None:
    await put_police(connection)
    with pytest.raises(InvalidArea, match="inside itself"):
        await put_areas(connection, [area(FIRST, "local-police-area", NORTHWEST, "1282")])


async def test_a_place_by_way_of_two_local_police_areas_in_two_cities_is_refused(connection: AsyncConnection) -> None:
    await put_areas(
        connection,
        [area("local-a", "local-police-area", "0180"), area("local-b", "local-police-area", "1283")],
    )
    with pytest.raises(InvalidArea, match="two municipalities"):
        await put_areas(connection, [area("place", "place", "local-a", "local-b")])


async def is_taken(connection: AsyncConnection, new: Area) -> bool:
    """Tell whether an area can be put; take it back if so."""
    savepoint = await connection.begin_nested()
    try:
        await put_areas(connection, [new])
    except InvalidArea:
        return False
    else:
        return True
    finally:
        await savepoint.rollback()


KINDS = {
    "SE": "country",
    "12": "county",
    "1282": "municipality",
    "x-district": "district",
    SYD: "police-region",
    NORTHWEST: "police-district",
    FIRST: "local-police-area",
    "x-vulnerable": "vulnerable-area",
    "x-place": "place",
}


@pytest.mark.parametrize("kind", PARENT_KINDS)
async def test_each_kind_lies_in_the_kinds_that_may_hold_it_and_in_no_other(
    connection: AsyncConnection, kind: str
) -> None:
    await put_police(connection)
    await put_areas(
        connection,
        [
            area("x-district", "district", "1282"),
            area("x-vulnerable", "vulnerable-area", "1282"),
            area("x-place", "place", "1282"),
        ],
    )
    taken = {
        parent_kind for code, parent_kind in KINDS.items() if await is_taken(connection, area("x-new", kind, code))
    }
    assert taken == set(PARENT_KINDS[kind])


async def test_a_database_from_before_the_regions_gets_them_and_keeps_what_was_changed(
    connection: AsyncConnection,
) -> None:
    await forget_regions(connection)
    since = DateRange(date(1997, 1, 1), None)
    await put_areas(connection, [Area("12", "county", None, "Skåne", None, since, (Parent("SE", ALWAYS),))])
    await load_reference(connection)
    county = (await find_areas(connection, ["12"]))["12"]
    assert (county.name, county.valid.lower) == ("Skåne", date(1997, 1, 1))
    assert {parent.code: parent.valid.lower for parent in county.parents} == {"SE": None, SYD: date(2015, 1, 1)}
    assert SYD in await above(connection, "1282")
    assert "police-region-stockholm" in await above(connection, CITY)
    assert await ancestor_set(connection, "1282") == [("1282", False)]


async def test_a_county_that_was_taken_out_of_its_region_stays_out(connection: AsyncConnection) -> None:
    await put_areas(connection, [area("12", "county", "SE")])
    await load_reference(connection)
    assert SYD not in await above(connection, "12")
