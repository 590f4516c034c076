"""Which annexes ask for which activity types, where a person reports and where a thing happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.person import PersonRole
from shared.domain.wording import in_language, name_sort_key
from shared.expectations import annexes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue
    from shared.domain.activity_type import ActivityType
    from shared.domain.wording import Language
    from shared.expectations.annexes import FollowedAnnex
    from shared.people.sessions import Person, RoleInArea


def annex_code(agreement: str, number: int | None) -> str:
    """Return what a form calls an annex; without a number it is the agreement itself."""
    return f"{agreement}/{'' if number is None else number}"


@dataclass(frozen=True, slots=True)
class AskedAnnex:
    """An annex, or by None as its number an agreement itself, with the activity types that its indicators read.

    `parties` are those that have commitments in it.
    """

    agreement_id: int
    agreement: str
    number: int | None
    title: str
    first: date
    last: date
    types: frozenset[str]
    parties: frozenset[str]

    @property
    def code(self) -> str:
        """What a form calls it."""
        return annex_code(self.agreement, self.number)

    def is_in_force(self, day: date) -> bool:
        """Tell whether it is in force on a day."""
        return self.first <= day <= self.last


Section = tuple["AskedAnnex", "list[ActivityType]"]
"""An annex, with the types that it asks for."""


async def annexes_of(
    connection: AsyncConnection, catalogue: Catalogue, areas: Collection[int], day: date, language: Language
) -> list[AskedAnnex]:
    """Return the annexes that concern who reports in these areas, whenever they are in force."""
    found = await annexes.annexes_of(connection, catalogue, areas, day)
    return [_asked(annex, catalogue, language) for annex in found]


async def annexes_around(
    connection: AsyncConnection, catalogue: Catalogue, area_id: int, day: date, language: Language
) -> list[AskedAnnex]:
    """Return the annexes of agreements that an area lies in on a day, whenever they are in force."""
    found = await annexes.annexes_around(connection, catalogue, area_id, day)
    return [_asked(annex, catalogue, language) for annex in found]


def day_to_report(asked: Iterable[AskedAnnex], today: date) -> date:
    """Return the day that a form begins with: today, or the last one with an agreement where none is in force."""
    last_days = [annex.last for annex in asked if annex.first <= today]
    return min(today, max(last_days, default=today))


def types_asked_for(asked: Iterable[AskedAnnex], catalogue: Catalogue, day: date, language: Language) -> list[Section]:
    """Return the annexes in force on a day that ask for activities, with the types, by name."""
    found = []
    for annex in asked:
        types = [catalogue.activity_types[code] for code in annex.types]
        types = [one for one in types if (one.valid_from or day) <= day <= (one.valid_to or day)]
        if annex.is_in_force(day) and types:
            found.append((annex, by_name(types, language)))
    return found


def own_and_others(sections: Sequence[Section], person: Person) -> tuple[list[Section], list[Section]]:
    """Return which annexes are a person's own, and the others.

    Those are the annexes that they own, and those in which the parties that they report for have commitments. Of who
    reports for no party, or coordinates, and where no annex is theirs, all are.
    """
    own = [one for one in sections if any(_is_of(role, one[0]) for role in person.roles)]
    return (own, [one for one in sections if one not in own]) if own else ([*sections], [])


def _is_of(role: RoleInArea, annex: AskedAnnex) -> bool:
    if role.role is PersonRole.ANNEX_OWNER:
        return (role.agreement_id, role.annex) == (annex.agreement_id, annex.number)
    return role.role is not PersonRole.READER and (role.party is None or role.party in annex.parties)


def by_name(types: Iterable[ActivityType], language: Language) -> list[ActivityType]:
    """Return types in the order of their names."""
    return sorted(types, key=lambda one: name_sort_key(in_language(one.name, language)))


def _asked(annex: FollowedAnnex, catalogue: Catalogue, language: Language) -> AskedAnnex:
    types = frozenset(code for one in annex.indicators for code in _types_of(catalogue.indicators[one], catalogue))
    key, title = annex.key, in_language(annex.title, language)
    return AskedAnnex(key.agreement_id, key.agreement, key.number, title, annex.first, annex.last, types, annex.parties)


def _types_of(definition: IndicatorDefinition, catalogue: Catalogue) -> Sequence[str]:
    """Return the types that an indicator asks for; one that counts every type asks for none."""
    if catalogue.written[definition.code].activity_types == "all":
        return ()
    return [code for code in definition.activity_types if code in catalogue.activity_types]
