"""Who learns who has not reported: those whose it is, and those who coordinate or read there; others learn how much."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from shared.domain.activity_type import Wording
from shared.domain.person import PersonRole
from shared.domain.wording import Language
from shared.expectations.expectation import AnnexKey, Expectation, ExpectationKind, ExpectedPlace
from shared.expectations.recipients import is_named_to
from shared.people.sessions import Person, RoleInArea

COUNTY, TOWN, SCHOOL, OTHER_SCHOOL, OTHER_TOWN = range(5)
POLICE, STREETS = "Polisen", "Gatukontoret"
READER, REPORTER, OWNER, COORDINATOR, ADMINISTRATOR = PersonRole
ANNEX = AnnexKey(1, "a", 7)
OWN, OTHERS = UUID(int=1), UUID(int=2)
DAY = date(2016, 3, 31)


def person(role: PersonRole, area: int, party: str | None = None, annex: int | None = None) -> Person:
    agreement = 1 if annex else None
    given = RoleInArea(role, area, str(area), str(area), party, agreement, annex)
    return Person(OWN, 1, None, "a@kommun.example", Language.SV, False, TOWN, (given,))


def expectation(kind: ExpectationKind, *parties: str, reported_by: UUID | None = None) -> Expectation:
    """Return what is expected at a school."""
    place = ExpectedPlace("school", "Skolan", frozenset({COUNTY, TOWN, SCHOOL}))
    activity = UUID(int=9) if kind is ExpectationKind.PLANNED else None
    words = Wording(sv="Skolbesök", en="School visits")
    return Expectation(
        kind, "key", words, place, ANNEX, DAY, DAY, parties=parties, activity_id=activity, reported_by=reported_by
    )


EVERYTHING = [
    expectation(ExpectationKind.VISITS),
    expectation(ExpectationKind.COMMITMENT, STREETS),
    expectation(ExpectationKind.PLANNED, reported_by=OTHERS),
    expectation(ExpectationKind.OBSERVATION),
]


@pytest.mark.parametrize("role", [READER, COORDINATOR, ADMINISTRATOR])
@pytest.mark.parametrize("area", range(5))
def test_who_reads_or_coordinates_there_learns_all(role: PersonRole, area: int) -> None:
    is_around = area in {COUNTY, TOWN, SCHOOL}
    assert [is_named_to(one, person(role, area)) for one in EVERYTHING] == [is_around] * len(EVERYTHING)


@pytest.mark.parametrize(("annex", "learns"), [(7, True), (3, False)])
def test_who_answers_for_the_annex_learns_all_of_it(annex: int, *, learns: bool) -> None:
    assert [is_named_to(one, person(OWNER, TOWN, annex=annex)) for one in EVERYTHING] == [learns] * len(EVERYTHING)


@pytest.mark.parametrize(
    ("area", "party", "learns"),
    [
        # Visits are nobody's in particular: whoever reports there can make them.
        (TOWN, POLICE, [True, False, False, False]),
        (TOWN, STREETS, [True, True, False, False]),
        (SCHOOL, None, [True, True, False, False]),
        (OTHER_SCHOOL, None, [False] * 4),
        (OTHER_TOWN, None, [False] * 4),
    ],
)
def test_who_reports_learns_of_what_is_theirs(area: int, party: str | None, learns: list[bool]) -> None:
    assert [is_named_to(one, person(REPORTER, area, party)) for one in EVERYTHING] == learns
    planned = expectation(ExpectationKind.PLANNED, reported_by=OWN)
    assert is_named_to(planned, person(REPORTER, TOWN, POLICE))
