"""What each person is to be written on an occasion."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.indicators.reminders.occasions import Occasion, OccasionKind
from shared.catalogue.counting import indicators_counting
from shared.domain.period import Period, PeriodType
from shared.domain.wording import in_language
from shared.expectations.reading import Question, expectations
from shared.expectations.recipients import of_each
from shared.expectations.sentences import by_when, what
from shared.mail.letters import DueItem, ReportedActivities, month_in_figures, reminder
from shared.people.directory import everyone
from shared.people.reminders import noted_on
from shared.read_model.counted_in import value_in_words, values_of_month

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language
    from shared.expectations.expectation import Expectation
    from shared.mail.letters import Addressee
    from shared.mail.sending import Letter
    from shared.people.sessions import Person

# By type and municipality; what lies in none, by its own area.
_REPORTED = text(
    """SELECT person_id, activity_type, coalesce(municipality_id, area.area_id) AS area_id,
              sum(activity.count) AS number
       FROM person_report JOIN activity USING (activity_id) JOIN area USING (area_id)
       WHERE status = 'performed' AND duplicate_of IS NULL AND period_on BETWEEN :first AND :last
       GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2, 3"""
)


@dataclass(frozen=True, slots=True)
class Message:
    """What a person is to be written: what is expected of them, or what they did and the values that count it."""

    person: Person
    occasion: Occasion
    expected: Sequence[Expectation] = ()
    done: Sequence[ReportedActivities] = ()

    @property
    def subjects(self) -> list[str]:
        """The keys of what is expected."""
        return [one.key for one in self.expected]

    def letter(self, addressee: Addressee, today: date) -> Letter:
        """Return it as a letter."""
        if self.occasion.kind is OccasionKind.MONTH:
            return month_in_figures(addressee, self.occasion.day, self.done)
        language = addressee.language
        expected = [DueItem(what(one, language), by_when(one, today, language)) for one in self.expected]
        return reminder(addressee, expected, self.occasion.day, is_past=self.occasion.kind is OccasionKind.AFTER)


async def messages(connection: AsyncConnection, catalogue: Catalogue, occasion: Occasion, today: date) -> list[Message]:
    """Return what is to be sent on an occasion to those who want it and have not been written to yet."""
    noted = await noted_on(connection, occasion.code)
    people = await everyone(connection)
    if occasion.kind is OccasionKind.MONTH:
        done = await _done(connection, catalogue, people, occasion.day)
        found = [Message(person, occasion, done=done[person.person_id]) for person in people]
    else:
        areas = frozenset(role.area_id for person in people for role in person.roles)
        expected = await expectations(connection, Question(areas, catalogue, today))
        found = [Message(person, occasion, theirs) for person, theirs in of_each(expected, people).items()]
    return [
        one
        for one in found
        if (one.expected or one.done) and one.person.wants_reminders and one.person.person_id not in noted
    ]


async def _done(
    connection: AsyncConnection, catalogue: Catalogue, people: Sequence[Person], month: date
) -> dict[UUID, list[ReportedActivities]]:
    """Return what each person reported of a month, with the values that it counts in."""
    languages = {person.person_id: person.language for person in people}
    span = {"first": month, "last": Period.containing(PeriodType.MONTH, month).end}
    found: dict[UUID, list[ReportedActivities]] = defaultdict(list)
    for row in (await connection.execute(_REPORTED, span)).all():
        activity_type = catalogue.activity_types.get(row.activity_type)
        if activity_type is not None and row.person_id in languages:
            language = languages[row.person_id]
            codes = indicators_counting(catalogue, row.activity_type)
            values = [
                _value(one, catalogue, language)
                for one in await values_of_month(connection, codes, row.area_id, month, language)
                if one.value is not None
            ]
            found[row.person_id].append(
                ReportedActivities(in_language(activity_type.name, language), row.number, values)
            )
    return found


def _value(row: Row[Any], catalogue: Catalogue, language: Language) -> tuple[str, str]:
    """Return what a value is called, with its area, and the value in words."""
    name = in_language(catalogue.indicators[row.indicator_code].name, language)
    in_words = value_in_words(row.value, row.numerator, row.denominator, row.status, row.unit, language)
    return f"{name}, {row.area_name}", in_words
