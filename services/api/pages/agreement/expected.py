"""Who has not reported what an annex needs, as of today."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.person import COORDINATING
from shared.expectations.reading import Question, expectations
from shared.expectations.recipients import is_named_to, recipients
from shared.expectations.sentences import by_when, what
from shared.people.directory import everyone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.agreement.content import YearRequest
    from shared.catalogue.loader import Catalogue
    from shared.expectations.expectation import Expectation
    from shared.people.sessions import Person


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """A thing that is expected and not there, by when, and of whom: parties, or people by name to who coordinates."""

    what: str
    when: str
    who: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class ExpectedOfAnnex:
    """What the visitor may know of what is expected under an annex, and how much more is expected of others."""

    lines: tuple[ExpectedLine, ...] = ()
    others: int = 0


NOTHING_EXPECTED = ExpectedOfAnnex()


async def expected_of(
    connection: AsyncConnection, catalogue: Catalogue, asked: YearRequest
) -> Mapping[tuple[str | None, int | None], ExpectedOfAnnex]:
    """Return what is expected in an area and not there, by annex, what is due first at the beginning.

    Of a period no more than what belongs to it or to the time before.
    """
    person = asked.person
    coordinates = person is not None and person.has(*COORDINATING)
    people = await everyone(connection) if coordinates else []
    found: dict[tuple[str | None, int | None], list[ExpectedLine | None]] = defaultdict(list)
    for one in await expectations(connection, Question(frozenset({asked.area.area_id}), catalogue, asked.today)):
        if one.annex is None or (asked.period is not None and one.day > asked.period.end):
            continue
        named = person is None or is_named_to(one, person)
        found[one.annex.agreement, one.annex.number].append(_line(one, asked, people) if named else None)
    return {
        annex: ExpectedOfAnnex(tuple(one for one in lines if one is not None), lines.count(None))
        for annex, lines in found.items()
    }


def _line(one: Expectation, asked: YearRequest, people: Sequence[Person]) -> ExpectedLine:
    names = [person.name or person.email for person in recipients(one, people)]
    return ExpectedLine(
        what(one, asked.language),
        by_when(one, asked.today, asked.language),
        ", ".join(names or one.parties),
        one.is_late(asked.today),
    )
