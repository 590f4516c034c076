"""What is expected, as lists on a page: a person's own, and for who coordinates everyone's by party and person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from services.api.pages.decisions.content import coordinated_agreements, marking_address
from shared.domain.period import local_date
from shared.domain.person import PersonRole
from shared.domain.wording import name_sort_key
from shared.expectations.expectation import ExpectationKind
from shared.expectations.reading import Question, expectations
from shared.expectations.recipients import is_seen_by, is_theirs, question_of, recipients
from shared.expectations.sentences import by_when, what
from shared.people.directory import everyone
from shared.people.reminders import last_sent
from shared.people.roles import coordinated_areas, reporting_areas
from shared.wording.dates import date_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.rendering import Visit
    from services.api.pages.texts import Translate
    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language
    from shared.expectations.expectation import Expectation
    from shared.people.sessions import Person

# Of more people that one thing is expected of, only some are named.
MOST_NAMED = 3


class DueLink(NamedTuple):
    """Where something is done that is no report, by the key of its text."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class DueLine:
    """A thing that is expected, in words; `address` is where it is reported, and `reminded` when somebody was reminded.

    `note` is the key of what else is said of it: how it is done, where that is for somebody else.
    """

    what: str
    when: str
    address: str | None
    is_late: bool
    link: DueLink | None = None
    note: str | None = None
    reminded: str = ""


_UPLOAD = DueLink("/ladda-upp", "due.upload")


@dataclass(frozen=True, slots=True)
class Group:
    """What is expected of the same people, by the party that they report for.

    `people` are the first of them, by name and number, and `more` how many there are besides; where nobody is named, it
    is nobody's.
    """

    party: str
    people: tuple[tuple[str, int], ...]
    more: int
    lines: tuple[DueLine, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """In which words and as of which day lists are made, for who coordinates some agreements and areas, or none."""

    language: Language
    today: date
    agreements: frozenset[str]
    areas: frozenset[int]

    def line(self, expectation: Expectation, reminded: str = "") -> DueLine:
        """Return a thing that is expected in words."""
        link, note = self._other_than_report(expectation)
        return DueLine(
            what(expectation, self.language),
            by_when(expectation, self.today, self.language),
            expectation.address,
            expectation.is_late(self.today),
            link,
            note,
            reminded,
        )

    def _other_than_report(self, expectation: Expectation) -> tuple[DueLink | None, str | None]:
        """Return where it is done other than by a report, or the key of what is said of that."""
        place, annex, commitment = expectation.place, expectation.annex, expectation.commitment
        if expectation.kind is ExpectationKind.PLANNED:
            return None, "due.cancelled"
        if expectation.kind is ExpectationKind.OBSERVATION:
            return (None, "due.uploaded") if self.areas.isdisjoint(place.around) else (_UPLOAD, None)
        if commitment is None or annex is None:
            return None, None
        if annex.agreement not in self.agreements:
            return None, "due.marked"
        chosen = f"plats={place.code}&senast={expectation.due_on.isoformat()}"
        return DueLink(f"{marking_address(annex.agreement, commitment)}?{chosen}", "decision.mark"), None


async def words_for(connection: AsyncConnection, visit: Visit, seen: Iterable[Expectation], today: date) -> Words:
    """Return the words in which what is expected is listed for somebody who is signed in."""
    named = {one.annex.agreement for one in seen if one.annex is not None and one.commitment is not None}
    agreements = await coordinated_agreements(connection, visit.visitor, named)
    areas = coordinated_areas(visit.visitor.person.roles) if visit.visitor else frozenset[int]()
    return Words(visit.language, today, agreements, areas)


async def seen_by(
    connection: AsyncConnection, person: Person, catalogue: Catalogue, today: date
) -> Sequence[Expectation]:
    """Return all that is expected and that a person sees: their own, and what they coordinate."""
    if not coordinated_areas(person.roles):
        return await own_of(connection, person, catalogue, today)
    found = await expectations(connection, Question(reporting_areas(person.roles), catalogue, today))
    return [one for one in found if is_seen_by(one, person)]


async def own_of(
    connection: AsyncConnection, person: Person, catalogue: Catalogue, today: date
) -> Sequence[Expectation]:
    """Return what is expected of a person, what is late first."""
    found = await expectations(connection, question_of(person, catalogue, today))
    return [one for one in found if is_theirs(one, person)]


def own_lines(seen: Iterable[Expectation], person: Person, words: Words) -> list[DueLine]:
    """Return what is a person's own, what is late first."""
    return [words.line(one) for one in seen if is_theirs(one, person)]


async def groups_of(
    connection: AsyncConnection, seen: Sequence[Expectation], words: Words, t: Translate
) -> list[Group]:
    """Return what is expected by party and person, each thing once, with when somebody was reminded of it."""
    people = await everyone(connection)
    sent = await last_sent(connection, [one.key for one in seen])
    found: dict[tuple[str, tuple[Person, ...]], list[DueLine]] = defaultdict(list)
    for expectation in seen:
        theirs = recipients(expectation, people)
        found[_party(expectation, theirs), theirs].append(
            words.line(expectation, _reminded(expectation, sent, words.language, t))
        )
    ordered = sorted(found.items(), key=lambda one: _order_of(*one[0]))
    return [_group(party, theirs, lines, t) for (party, theirs), lines in ordered]


def _party(expectation: Expectation, theirs: Sequence[Person]) -> str:
    """Return by which party it is to be done: those that promised it, else the one that all report for."""
    if expectation.parties:
        return ", ".join(expectation.parties)
    reporters = {
        role.party
        for person in theirs
        for role in person.roles
        if role.role is PersonRole.REPORTER and role.area_id in expectation.place.around
    }
    return (reporters.pop() or "") if len(reporters) == 1 else ""


def _order_of(party: str, theirs: Sequence[Person]) -> tuple[bool, str, list[str]]:
    """Return where a group stands: what is of no party comes last."""
    names = [person.name or person.email for person in theirs]
    return not party, name_sort_key(party), [name_sort_key(name) for name in names]


def _group(party: str, theirs: Sequence[Person], lines: Sequence[DueLine], t: Translate) -> Group:
    people = tuple((person.name or person.email, person.number) for person in theirs[:MOST_NAMED])
    return Group(party or t("due.noParty"), people, len(theirs) - len(people), tuple(lines))


def _reminded(expectation: Expectation, sent: Mapping[str, datetime], language: Language, t: Translate) -> str:
    moment = sent.get(expectation.key)
    if moment is None:
        return ""
    return t("due.reminded", day=date_in_words(local_date(moment), language))
