"""What follows from areas and their parents: closure, ancestor sets, owners, and marks for facts that change hands."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.domain.errors import InvalidArea
from shared.facts.areas import Area, Parent, put_areas
from shared.facts.reporting import refresh_reporting

ALWAYS = DateRange(None, None)
BEFORE = DateRange(None, date(2016, 7, 1))
AFTER = DateRange(date(2016, 7, 1), None)
# What lies above every municipality of Skåne since 2015.
ABOVE = {"12", "SE", "police-region-syd"}


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: each test takes back what it wrote."""
    return fresh_database()


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        yield connection
        await connection.rollback()


def district(code: str, *parents: str | Parent) -> Area:
    return Area(code, "district", None, code, None, ALWAYS, _parents(parents))


def place(code: str, *parents: str | Parent, valid: DateRange = ALWAYS) -> Area:
    return Area(code, "place", "park", code, None, valid, _parents(parents))


def _parents(parents: tuple[str | Parent, ...]) -> tuple[Parent, ...]:
    return tuple(Parent(parent, ALWAYS) if isinstance(parent, str) else parent for parent in parents)


async def rows(connection: AsyncConnection, statement: str, **parameters: object) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.execute(text(statement), parameters)]


async def above(connection: AsyncConnection, code: str, day: str) -> list[str]:
    found = await rows(
        connection,
        """SELECT above.code FROM area_closure JOIN area ON area.area_id = descendant_id
           JOIN area AS above ON above.area_id = ancestor_id
           WHERE area.code = :code AND area_closure.valid @> CAST(:day AS date)""",
        code=code,
        day=day,
    )
    return sorted(code for (code,) in found)


async def ancestor_set(connection: AsyncConnection, code: str, day: str) -> tuple[set[str], str] | None:
    """Return the ancestors and the owner of an area's ancestor set on a day."""
    found = await rows(
        connection,
        """SELECT (SELECT array_agg(above.code) FROM area AS above WHERE above.area_id = ANY(ancestors)), owner.code
           FROM area_ancestor_set JOIN area ON area.area_id = area_ancestor_set.area_id
           JOIN ancestor_set USING (ancestor_set_id)
           JOIN area AS owner ON owner.area_id = writing_area_id
           WHERE area.code = :code AND area_ancestor_set.valid @> CAST(:day AS date)""",
        code=code,
        day=day,
    )
    assert len(found) <= 1
    return (set(found[0][0]), found[0][1]) if found else None


async def home(connection: AsyncConnection, code: str) -> str | None:
    (found,) = await rows(
        connection,
        """SELECT home.code FROM area LEFT JOIN area AS home ON home.area_id = area.municipality_id
           WHERE area.code = :code""",
        code=code,
    )
    return found[0]


async def test_a_shipped_municipality_lies_in_its_county_and_the_country(connection: AsyncConnection) -> None:
    assert await above(connection, "1282", "2016-03-01") == ["12", "1282", "SE", "police-region-syd"]
    assert await ancestor_set(connection, "1282", "2016-03-01") == ({"1282", *ABOVE}, "1282")
    assert await home(connection, "1282") == "1282"


async def test_a_county_owns_itself_and_has_no_home(connection: AsyncConnection) -> None:
    assert await ancestor_set(connection, "12", "2016-03-01") == (ABOVE, "12")
    assert await home(connection, "12") is None


async def test_an_area_reached_by_two_ways_stands_once_in_the_closure(connection: AsyncConnection) -> None:
    await put_areas(
        connection,
        [
            district("1282-east", "1282"),
            district("1282-vulnerable", "1282"),
            place("1282-park", "1282-east", "1282-vulnerable"),
        ],
    )
    found = await above(connection, "1282-park", "2016-03-01")
    assert found == ["12", "1282", "1282-east", "1282-park", "1282-vulnerable", "SE", "police-region-syd"]
    assert await ancestor_set(connection, "1282-park", "2016-03-01") == (
        {"1282", "1282-east", "1282-vulnerable", *ABOVE},
        "1282",
    )


async def test_places_with_the_same_ancestors_share_an_atom(connection: AsyncConnection) -> None:
    await put_areas(connection, [place("1282-park", "1282"), place("1282-gym", "1282")])
    found = await rows(
        connection,
        """SELECT DISTINCT ancestor_set_id FROM area_ancestor_set JOIN area USING (area_id)
           WHERE code IN ('1282', '1282-park', '1282-gym') AND area_ancestor_set.valid @> date '2016-03-01'""",
    )
    assert len(found) == 1


async def test_a_place_moves_on_the_day_its_parent_changes(connection: AsyncConnection) -> None:
    await put_areas(connection, [place("1282-park", Parent("1282", BEFORE), Parent("1283", AFTER))])
    assert await ancestor_set(connection, "1282-park", "2016-06-30") == ({"1282", *ABOVE}, "1282")
    assert await ancestor_set(connection, "1282-park", "2016-07-01") == ({"1283", *ABOVE}, "1283")
    assert await home(connection, "1282-park") is None


async def test_a_move_of_a_district_moves_what_lies_below_it(connection: AsyncConnection) -> None:
    await put_areas(connection, [district("north", "1282"), place("park", "north")])
    assert await home(connection, "park") == "1282"
    await put_areas(connection, [district("north", Parent("1282", BEFORE), Parent("1283", AFTER))])
    assert await above(connection, "park", "2016-07-01") == ["12", "1283", "SE", "north", "park", "police-region-syd"]
    assert await home(connection, "park") is None


async def test_a_place_is_nowhere_outside_its_days_and_without_a_parent(connection: AsyncConnection) -> None:
    year = DateRange(date(2016, 1, 1), date(2017, 1, 1))
    await put_areas(connection, [place("park", Parent("1282", BEFORE), valid=year)])
    assert await ancestor_set(connection, "park", "2015-12-31") is None
    assert await ancestor_set(connection, "park", "2016-01-01") == ({"1282", *ABOVE}, "1282")
    assert await ancestor_set(connection, "park", "2016-07-01") is None
    assert await above(connection, "park", "2016-12-31") == ["park"]
    assert await above(connection, "park", "2017-01-01") == []


async def test_a_circle_is_refused(connection: AsyncConnection) -> None:
    await put_areas(connection, [district("one", "1282"), district("two", "one")])
    with pytest.raises(InvalidArea, match="inside itself"):
        await put_areas(connection, [district("one", "1282", "two")])


@pytest.mark.parametrize("parent", ["one", "nowhere", "park"])
async def test_a_parent_must_exist_and_be_of_a_higher_kind(connection: AsyncConnection, parent: str) -> None:
    await put_areas(connection, [place("park", "1282")])
    with pytest.raises(InvalidArea) as refusal:
        await put_areas(connection, [district("one", parent)])
    assert refusal.value.violations[0].field == "parents[0].code"


async def test_two_municipalities_on_one_day_are_refused(connection: AsyncConnection) -> None:
    overlap = DateRange(None, date(2016, 7, 2))
    with pytest.raises(InvalidArea, match="two municipalities"):
        await put_areas(connection, [place("park", Parent("1282", overlap), Parent("1283", AFTER))])


async def test_two_municipalities_by_way_of_districts_are_refused(connection: AsyncConnection) -> None:
    await put_areas(connection, [district("one", "1282"), district("two", "1283")])
    with pytest.raises(InvalidArea, match="two municipalities"):
        await put_areas(connection, [place("park", "one", "two")])


async def test_two_counties_on_one_day_are_refused(connection: AsyncConnection) -> None:
    """What is observed of the municipality would be counted twice in the country."""
    county = Area("1282", "municipality", None, "Landskrona", None, ALWAYS, (Parent("12", ALWAYS), Parent("13", AFTER)))
    with pytest.raises(InvalidArea, match="two municipalities, counties") as refusal:
        await put_areas(connection, [county])
    assert [one.field for one in refusal.value.violations] == ["parents"]


async def test_facts_of_a_moved_place_are_marked_under_the_old_and_the_new_owner(connection: AsyncConnection) -> None:
    """Trials A13: those of March also under who has the place later in the year, and may count them then."""
    await put_areas(connection, [place("park", "1282")])
    await _add_activities(connection, "park", "2016-03-10", "2016-08-10")
    await put_areas(connection, [place("park", Parent("1282", BEFORE), Parent("1283", AFTER))])
    found = await rows(
        connection,
        """SELECT owner.code, area.code, year, month::text, ripens_on::text FROM dirty_mark
           JOIN area AS owner ON owner.area_id = writing_area_id JOIN area ON area.area_id = dirty_mark.area_id
           WHERE fact IS NULL AND month IS NOT NULL""",
    )
    assert set(found) == {
        ("1282", "park", 2016, "2016-03-01", "-infinity"),
        ("1282", "park", 2016, "2016-08-01", "-infinity"),
        ("1283", "park", 2016, "2016-03-01", "-infinity"),
        ("1283", "park", 2016, "2016-08-01", "-infinity"),
    }


async def test_states_are_marked_where_reporting_is_on_and_a_place_comes_moves_or_goes(
    connection: AsyncConnection,
) -> None:
    await _report_in_2016(connection, "1282")
    await connection.execute(text("DELETE FROM dirty_mark"))
    spring = DateRange(date(2015, 1, 1), date(2016, 3, 10))
    await put_areas(connection, [place("park", Parent("1282", BEFORE), Parent("1283", AFTER), valid=spring)])
    assert await _state_marks(connection) == {("1282", "2016-01"), ("1282", "2016-02"), ("1282", "2016-03")}
    await connection.execute(text("DELETE FROM dirty_mark"))
    await put_areas(connection, [place("park", Parent("1283", ALWAYS), valid=spring)])
    assert await _state_marks(connection) == {("1282", "2016-01"), ("1282", "2016-02"), ("1282", "2016-03")}


async def test_a_commitment_is_marked_when_its_area_moves_or_what_fulfils_it_does(connection: AsyncConnection) -> None:
    await put_areas(connection, [district("north", "1282"), place("park", "north"), place("gym", "1282")])
    await _add_activities(connection, "park", "2016-03-10")
    await connection.execute(
        text(
            """WITH promise AS (
                   INSERT INTO commitment (agreement_id, code, is_promise, party, wording, times)
                   SELECT agreement_id, 'walks', true, 'x', 'x', 1 FROM agreement
                   RETURNING commitment_id),
               area_of AS (INSERT INTO commitment_area (commitment_id, area_id, due_on)
                           SELECT commitment_id, area_id, '2016-11-30' FROM promise, area WHERE code = 'north')
               UPDATE activity SET commitment_id = promise.commitment_id FROM promise"""
        )
    )
    for area, marked in (
        (place("gym", "1283"), set()),
        (place("park", "1282"), {("1282", "north", "2016-11")}),
        (district("north", "1283"), {("1282", "north", "2016-11"), ("1283", "north", "2016-11")}),
    ):
        await connection.execute(text("DELETE FROM dirty_mark"))
        await put_areas(connection, [area])
        found = await rows(
            connection,
            """SELECT owner.code, area.code, to_char(month, 'YYYY-MM') FROM dirty_mark JOIN area USING (area_id)
               JOIN area AS owner ON owner.area_id = writing_area_id WHERE fact = '(commitments)'""",
        )
        assert set(found) == marked


async def test_putting_the_same_again_marks_nothing(connection: AsyncConnection) -> None:
    areas = [place("park", Parent("1282", BEFORE), Parent("1283", AFTER))]
    await put_areas(connection, areas)
    await _add_activities(connection, "park", "2016-03-10")
    await put_areas(connection, areas)
    assert await rows(connection, "SELECT * FROM dirty_mark") == []


async def test_another_name_marks_nothing(connection: AsyncConnection) -> None:
    await put_areas(connection, [place("park", "1282")])
    await _add_activities(connection, "park", "2016-03-10")
    await put_areas(connection, [replace(place("park", "1282"), name="Parken", name_en="The park")])
    assert await rows(connection, "SELECT * FROM dirty_mark") == []
    assert await rows(connection, "SELECT name, name_en FROM area WHERE code = 'park'") == [("Parken", "The park")]


async def test_an_area_that_gets_another_home_has_its_figures_made_anew(connection: AsyncConnection) -> None:
    await put_areas(connection, [place("park", "1282")])
    await connection.execute(
        text(
            """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, left_out, status)
               SELECT 1, area_id, 'year', date '2016-01-01', 0, 'zero' FROM area WHERE code = 'park'"""
        )
    )
    await put_areas(connection, [place("park", Parent("1282", BEFORE), Parent("1283", AFTER))])
    found = await rows(connection, "SELECT series_id, code, year FROM rollup_mark JOIN area USING (area_id)")
    assert found == [(1, "park", 2016)]
    await put_areas(connection, [place("park", "1283")])
    found = await rows(
        connection,
        """SELECT code, year FROM dirty_mark JOIN area ON area.area_id = writing_area_id
           WHERE dirty_mark.area_id IS NULL""",
    )
    assert found == [("1283", 2016)]


async def _report_in_2016(connection: AsyncConnection, area: str) -> None:
    await connection.execute(
        text(
            """WITH agreed AS (INSERT INTO agreement (code, title, valid)
                               VALUES ('test', 'Test', '[2016-01-01,2017-01-01)') RETURNING agreement_id, valid),
                    served AS (INSERT INTO annex (agreement_id, number, theme, code, title, valid)
                               SELECT agreement_id, 1, 'planning', 'planning', 'x', valid FROM agreed)
               INSERT INTO agreement_area (agreement_id, area_id)
               SELECT agreement_id, area_id FROM agreed, area WHERE area.code = :area"""
        ),
        {"area": area},
    )
    await refresh_reporting(connection)


async def _state_marks(connection: AsyncConnection) -> set[tuple[Any, ...]]:
    return set(
        await rows(
            connection,
            """SELECT owner.code, to_char(month, 'YYYY-MM') FROM dirty_mark
               JOIN area AS owner ON owner.area_id = writing_area_id WHERE fact = '(roles)'""",
        )
    )


async def _add_activities(connection: AsyncConnection, area: str, *days: str) -> None:
    await connection.execute(
        text(
            """INSERT INTO agreement (code, title, valid) VALUES ('test', 'Test', '[2016-01-01,2017-01-01)')
               ON CONFLICT DO NOTHING"""
        )
    )
    for day in days:
        await connection.execute(
            text(
                """INSERT INTO activity (source, activity_type, agreement_id, area_id, status, period_on)
                   SELECT 'test', 'training', agreement_id, area_id, 'performed', CAST(:day AS date)
                   FROM agreement, area WHERE area.code = :area"""
            ),
            {"day": day, "area": area},
        )
