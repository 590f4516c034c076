"""Whose it is what is expected: of those who report in the area for the party, and of the annex's owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.person import COORDINATING, PersonRole
from shared.expectations.expectation import ExpectationKind
from shared.expectations.reading import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from shared.catalogue.loader import Catalogue
    from shared.expectations.expectation import Expectation
    from shared.people.sessions import Person, RoleInArea

_DO = (PersonRole.REPORTER, PersonRole.ANNEX_OWNER)


def is_theirs(expectation: Expectation, person: Person) -> bool:
    """Tell whether it is a person's own to do."""
    return any(_falls_to(expectation, role, person) for role in person.roles)


def question_of(person: Person, catalogue: Catalogue, today: date) -> Question:
    """Return what is asked to learn what is a person's own: of where they report or own an annex."""
    areas = frozenset(role.area_id for role in person.roles if role.role in _DO)
    return Question(areas, catalogue, today, None if person.has(PersonRole.ANNEX_OWNER) else person.person_id)


def is_seen_by(expectation: Expectation, person: Person) -> bool:
    """Tell whether a person sees it: their own, and all of where they coordinate."""
    return is_theirs(expectation, person) or _is_coordinated_by(expectation, person)


def is_named_to(expectation: Expectation, person: Person) -> bool:
    """Tell whether a person learns who is to do it: whose own it is, and who coordinates or reads where it is expected.

    Others who see the area's facts, such as those who report elsewhere in it, learn how much there is.
    """
    reads = (PersonRole.READER, *COORDINATING)
    return is_theirs(expectation, person) or any(
        role.role in reads and role.area_id in expectation.place.around for role in person.roles
    )


def of_each(expected: Iterable[Expectation], people: Sequence[Person]) -> dict[Person, list[Expectation]]:
    """Return what is each person's own; what is nobody's is of those who coordinate where it is expected."""
    found: dict[Person, list[Expectation]] = {person: [] for person in people}
    for expectation in expected:
        theirs = recipients(expectation, people)
        for person in theirs or [one for one in people if _is_coordinated_by(expectation, one)]:
            found[person].append(expectation)
    return found


def recipients(expectation: Expectation, people: Iterable[Person]) -> tuple[Person, ...]:
    """Return those whose own it is to do."""
    return tuple(person for person in people if is_theirs(expectation, person))


def _falls_to(expectation: Expectation, role: RoleInArea, person: Person) -> bool:
    if role.area_id not in expectation.place.around:
        return False
    if role.role is PersonRole.ANNEX_OWNER:
        annex = expectation.annex
        return annex is not None and (annex.agreement_id, annex.number) == (role.agreement_id, role.annex)
    # An observation is no report of somebody's, but of the whole annex.
    if role.role is not PersonRole.REPORTER or expectation.kind is ExpectationKind.OBSERVATION:
        return False
    # Who reported what it follows from goes on with it; another system's is for who answers for the annex.
    if expectation.activity_id is not None:
        return expectation.reported_by == person.person_id
    return not expectation.parties or role.party is None or role.party in expectation.parties


def _is_coordinated_by(expectation: Expectation, person: Person) -> bool:
    return any(role.role in COORDINATING and role.area_id in expectation.place.around for role in person.roles)
