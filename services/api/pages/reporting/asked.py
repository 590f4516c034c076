"""Which annexes ask for which activity types, where a person reports and where a thing happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.domain.wording import Language, in_language, name_sort_key
from shared.expectations.annexes import followed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue
    from shared.domain.activity_type import ActivityType

# Agreements of areas, with their annexes and what these follow: those that lie around the areas, or in them where
# `inside`. An agreement that follows something by itself has a row of its own, without a number.
_ANNEXES = text(
    """WITH covering AS (
           SELECT DISTINCT agreement_id FROM agreement_area
           WHERE area_id IN (SELECT ancestor_id FROM area_closure
                             WHERE descendant_id = ANY(:areas) AND valid @> CAST(:day AS date))
              OR :inside AND area_id IN (SELECT descendant_id FROM area_closure
                                         WHERE ancestor_id = ANY(:areas) AND valid @> CAST(:day AS date)))
       SELECT agreement.code AS agreement, number, annex.title, coalesce(title_en, annex.title) AS title_en, theme,
              annex.indicators, agreement.valid * annex.valid AS valid,
              ARRAY(SELECT indicator_code FROM target
                    WHERE target.agreement_id = agreement.agreement_id AND annex_number = number) AS targeted
       FROM covering JOIN agreement USING (agreement_id) JOIN annex USING (agreement_id)
       UNION ALL
       SELECT agreement.code, NULL, title, title, NULL, agreement.indicators, valid,
              ARRAY(SELECT indicator_code FROM target
                    WHERE target.agreement_id = agreement.agreement_id AND annex_number IS NULL)
       FROM covering JOIN agreement USING (agreement_id)
       ORDER BY agreement, number"""
)


def annex_code(agreement: str, number: int | None) -> str:
    """Return what a form calls an annex; without a number it is the agreement itself."""
    return f"{agreement}/{'' if number is None else number}"


@dataclass(frozen=True, slots=True)
class AskedAnnex:
    """An annex, or by None as its number an agreement itself, with the activity types that its indicators read."""

    agreement: str
    number: int | None
    title: str
    first: date
    last: date
    types: frozenset[str]

    @property
    def code(self) -> str:
        """What a form calls it."""
        return annex_code(self.agreement, self.number)

    def is_in_force(self, day: date) -> bool:
        """Tell whether it is in force on a day."""
        return self.first <= day <= self.last


async def annexes_of(
    connection: AsyncConnection, catalogue: Catalogue, areas: Collection[int], day: date, language: Language
) -> list[AskedAnnex]:
    """Return the annexes that concern who reports in these areas, whenever they are in force."""
    return await _annexes(connection, catalogue, {"areas": [*areas], "day": day, "inside": True}, language)


async def annexes_around(
    connection: AsyncConnection, catalogue: Catalogue, area_id: int, day: date, language: Language
) -> list[AskedAnnex]:
    """Return the annexes of agreements that an area lies in on a day, whenever they are in force."""
    return await _annexes(connection, catalogue, {"areas": [area_id], "day": day, "inside": False}, language)


def day_to_report(annexes: Iterable[AskedAnnex], today: date) -> date:
    """Return the day that a form begins with: today, or the last one with an agreement where none is in force."""
    last_days = [annex.last for annex in annexes if annex.first <= today]
    return min(today, max(last_days, default=today))


def types_asked_for(
    annexes: Iterable[AskedAnnex], catalogue: Catalogue, day: date, language: Language
) -> list[tuple[AskedAnnex, list[ActivityType]]]:
    """Return the annexes in force on a day that ask for activities, with the types, by name."""
    found = []
    for annex in annexes:
        types = [catalogue.activity_types[code] for code in annex.types]
        types = [one for one in types if (one.valid_from or day) <= day <= (one.valid_to or day)]
        if annex.is_in_force(day) and types:
            found.append((annex, by_name(types, language)))
    return found


def by_name(types: Iterable[ActivityType], language: Language) -> list[ActivityType]:
    """Return types in the order of their names."""
    return sorted(types, key=lambda one: name_sort_key(in_language(one.name, language)))


async def _annexes(
    connection: AsyncConnection, catalogue: Catalogue, asked: dict[str, Any], language: Language
) -> list[AskedAnnex]:
    rows = (await connection.execute(_ANNEXES, asked)).all()
    return [_annex(row, catalogue, language) for row in rows if not row.valid.isempty]


def _annex(row: Row[Any], catalogue: Catalogue, language: Language) -> AskedAnnex:
    title = row.title if language is Language.SV else row.title_en
    types = frozenset(
        code
        for definition in followed(row.theme, row.indicators, row.targeted, catalogue)
        for code in _types_of(definition, catalogue)
    )
    first, last = row.valid.lower, row.valid.upper - timedelta(days=1)
    return AskedAnnex(row.agreement, row.number, title, first, last, types)


def _types_of(definition: IndicatorDefinition, catalogue: Catalogue) -> Sequence[str]:
    """Return the types that an indicator asks for; one that counts every type asks for none."""
    if catalogue.written[definition.code].activity_types == "all":
        return ()
    return [code for code in definition.activity_types if code in catalogue.activity_types]
