"""What is expected under an annex while it is in force, of places while they lie in the area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, create_engine, text

from services.cli.show import catalogue_in_force
from shared.annex_tables.reading import YearAsOf, area_of, read_year
from shared.domain.wording import Language
from shared.expectations.expectation import ExpectationKind
from tests.completeness.conftest import AS_OF, CLOSING, SILENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from shared.completeness.reports import Completeness, ExpectedReport

pytestmark = [pytest.mark.long]
_HOLDS = text("UPDATE annex SET valid = CAST(:valid AS daterange) WHERE number = :number")
_REMOVE_FACTS = text("INSERT INTO fact_removal (before) VALUES ('2017-01-01')")
_LAY_INSIDE = text(
    """UPDATE area_closure SET valid = daterange(lower(valid), CAST(:until AS date))
       WHERE descendant_id = (SELECT area_id FROM area WHERE code = :place)"""
)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """Return a connection whose changes nobody else sees."""
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        yield connection


def annex(connection: Connection, number: int) -> Completeness:
    asked = YearAsOf(area_of(connection, "1282"), 2016, Language.SV, AS_OF)
    tables = read_year(connection, catalogue_in_force(connection), asked).tables
    return next(one.completeness for one in tables if one.number == number)


def months(completeness: Completeness, kind: ExpectationKind) -> set[int]:
    return {one.period.start.month for one in completeness.expected if one.expectation.kind is kind}


@pytest.mark.parametrize(
    ("valid", "expected"),
    [
        ("[2016-04-01,2016-10-01)", {4, 5, 8, 9}),
        ("[2016-04-15,2016-09-30)", {4, 5, 8}),
        # The last day of term of this January is Friday 29: it decides, as in what there is to do.
        ("[2015-01-01,2016-01-30)", {1}),
        ("[2015-01-01,2016-01-29)", set()),
        ("[2015-01-01,2017-01-01)", {1, 2, 3, 4, 5, 8, 9, 10}),
    ],
)
def test_an_annex_expects_visits_while_it_is_in_force(connection: Connection, valid: str, expected: set[int]) -> None:
    """What two agreements follow one after the other is missing under one of them, as in what there is to do."""
    connection.execute(_HOLDS, {"valid": valid, "number": 7})
    assert months(annex(connection, 7), ExpectationKind.VISITS) == expected


def test_it_expects_observations_while_it_is_in_force(connection: Connection) -> None:
    assert months(annex(connection, 4), ExpectationKind.OBSERVATION) == {1, 2, 3, 4, 5, 6, 7, 8}
    connection.execute(_HOLDS, {"valid": "[2016-05-01,2016-08-01)", "number": 4})
    assert months(annex(connection, 4), ExpectationKind.OBSERVATION) == {5, 6, 7}


def planned(connection: Connection) -> list[ExpectedReport]:
    return [one for one in annex(connection, 3).expected if one.expectation.kind is ExpectationKind.PLANNED]


def test_what_was_planned_is_missing_where_the_place_lay_on_that_day(connection: Connection) -> None:
    """It was planned for 4 October."""
    connection.execute(_LAY_INSIDE, {"place": "1282-karlslund", "until": "2016-10-04"})
    assert planned(connection) == []


def test_who_coordinates_learns_of_a_place_that_has_ended_since(connection: Connection) -> None:
    area_id = area_of(connection, "1282").area_id
    connection.execute(_LAY_INSIDE, {"place": "1282-karlslund", "until": "2016-10-05"})
    (one,) = planned(connection)
    assert area_id in one.expectation.place.around
    visits = [one for one in annex(connection, 7).missing if one.expectation.place.code in {SILENT, CLOSING}]
    assert all(area_id in one.expectation.place.around for one in visits)


def test_of_a_year_without_facts_it_is_not_said_that_all_visits_were_reported(connection: Connection) -> None:
    assert annex(connection, 7).missing
    connection.execute(_REMOVE_FACTS)
    assert months(annex(connection, 7), ExpectationKind.VISITS) == set()
