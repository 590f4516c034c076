"""The shares of the areas of one kind in an area, and their funnel.

It is computed where it is asked for, unlike a signal: it is a closed formula of the very rows that are shown, without a
past and without a library. So it cannot be stale, rests on nothing that the reader does not see, and stays as it is
where the values do, as those of a closed period. Only who sees the whole area sees it: others would be told limits that
follow from their own few.
"""

from __future__ import annotations

from asyncio import to_thread
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.access import may_see, may_see_figures
from shared.domain.activity_type import Wording
from shared.domain.wording import in_language
from shared.signals.funnel import Funnel, FunnelPoint, funnel_of_shares
from shared.signals.sentences import area_in_words, funnel_in_words
from shared.signals.signal import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.domain.period import Period
    from shared.domain.wording import Language

# What is hidden is unknown here. Swedish order of names, and no other.
_SHARES = text(
    """SELECT CASE area.kind WHEN 'place' THEN area.place_kind ELSE area.kind END AS kind,
              area.area_id, area.code, area.name, coalesce(area.name_en, area.name) AS name_en,
              served.numerator, served.denominator
       FROM area_closure AS inside
       JOIN area ON area.area_id = inside.descendant_id
       JOIN served_value AS served ON served.area_id = area.area_id
       WHERE inside.ancestor_id = :area AND inside.descendant_id <> :area AND inside.valid @> CAST(:day AS date)
         AND served.series_id = (SELECT series_id FROM indicator_series
                                 WHERE indicator_code = :indicator AND slice = :slice)
         AND served.period_type = :period_type AND served.period_start = :start
         AND served.status = 'observed' AND served.unit = 'percent' AND served.denominator > 0
       ORDER BY kind, area.name_sort_key, area.code"""
)


@dataclass(frozen=True, slots=True)
class AreaShare:
    """An area's share in a period, by both parts."""

    code: str
    name: Wording
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Differences:
    """The areas of a kind by their names, and their funnel, whose points are in the same order."""

    kind: str
    areas: tuple[AreaShare, ...]
    funnel: Funnel

    def __iter__(self) -> Iterator[tuple[AreaShare, FunnelPoint]]:
        """Yield each area with its point."""
        return zip(self.areas, self.funnel.points, strict=True)

    def in_words(self, language: Language) -> tuple[str, ...]:
        """Return what they come to together, and a sentence for each that differs, by their names."""
        outside = ((area, point) for area, point in self if point.verdict is not Verdict.NONE)
        return (
            funnel_in_words(self.funnel, language),
            *(
                area_in_words(in_language(area.name, language), area.numerator, area.denominator, point, language)
                for area, point in outside
            ),
        )


def is_comparable(definition: IndicatorDefinition) -> bool:
    """Whether chance decides an indicator's share: of neither what is so or not on a day, nor what was promised."""
    is_of_chance = definition.kind != "commitments" and (
        definition.over_time != "last" or definition.kind == "measured"
    )
    return definition.unit == "percent" and is_of_chance


async def differences_in(
    connection: AsyncConnection,
    definition: IndicatorDefinition,
    series: tuple[str, str],
    area_id: int,
    period: Period,
    today: date,
) -> Sequence[Differences]:
    """Return the differences between areas inside one, for each kind of which enough have a share of cases."""
    if not is_comparable(definition) or not may_see(area_id):
        return []
    rows = await connection.execute(
        _SHARES,
        {
            "area": area_id,
            "day": min(period.end, today),
            "indicator": series[0],
            "slice": series[1],
            "period_type": period.type.value,
            "start": period.start,
        },
    )
    served = [row for row in rows if may_see_figures(row.area_id) and _is_of_cases(row.numerator, row.denominator)]
    found = []
    for kind, some in groupby(served, lambda row: str(row.kind)):
        areas = tuple(
            AreaShare(row.code, Wording(sv=row.name, en=row.name_en), int(row.numerator), int(row.denominator))
            for row in some
        )
        # Of all schools of the country it takes a tenth of a second.
        funnel = await to_thread(funnel_of_shares, [one.numerator for one in areas], [one.denominator for one in areas])
        if funnel is not None:
            found.append(Differences(kind, areas, funnel))
    return found


def _is_of_cases(numerator: Decimal, denominator: Decimal) -> bool:
    """Whether both parts are whole numbers, one of the other."""
    return numerator % 1 == denominator % 1 == 0 <= numerator <= denominator
