"""Which annexes follow which indicators where: what is expected is expected under one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.domain.activity_type import Wording
from shared.expectations.expectation import AnnexKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue

# An agreement that follows something by itself has a row of its own, without a number.
_IN_FORCE = text(
    """WITH numbered AS (
           SELECT agreement_id, number, theme, indicators, title, coalesce(title_en, title) AS title_en, valid
           FROM annex
           UNION ALL SELECT agreement_id, NULL, NULL, indicators, title, title, valid FROM agreement)
       SELECT agreement_id, agreement.code AS agreement, number, theme, numbered.indicators, numbered.title, title_en,
              numbered.valid * agreement.valid AS valid,
              ARRAY(SELECT area_id FROM agreement_area AS covered
                    WHERE covered.agreement_id = agreement.agreement_id) AS areas,
              ARRAY(SELECT indicator_code FROM target
                    WHERE target.agreement_id = agreement.agreement_id AND annex_number IS NOT DISTINCT FROM number)
                  AS targeted
       FROM agreement JOIN numbered USING (agreement_id)
       WHERE numbered.valid * agreement.valid && daterange(CAST(:first AS date), CAST(:last AS date), '[]')
       ORDER BY agreement.code, number NULLS LAST"""
)


@dataclass(frozen=True, slots=True)
class Annex:
    """An annex, or by None as its number an agreement itself, with the codes of the indicators that it follows."""

    key: AnnexKey
    title: Wording
    areas: frozenset[int]
    first: date
    last: date
    indicators: frozenset[str]

    def covers(self, around: Collection[int], day: date) -> bool:
        """Tell whether it holds for an area, by its id and those around it, on a day."""
        return self.first <= day <= self.last and not self.areas.isdisjoint(around)


async def annexes_in_force(
    connection: AsyncConnection, catalogue: Catalogue, first: date, last: date
) -> tuple[Annex, ...]:
    """Return the annexes that are in force on any of these days, of an agreement its own part last."""
    rows = await connection.execute(_IN_FORCE, {"first": first, "last": last})
    return tuple(
        Annex(
            AnnexKey(row.agreement_id, row.agreement, row.number),
            Wording(sv=row.title, en=row.title_en),
            frozenset(row.areas),
            row.valid.lower,
            row.valid.upper - timedelta(days=1),
            frozenset(one.code for one in followed(row.theme, row.indicators, row.targeted, catalogue)),
        )
        for row in rows
    )


def followed(
    theme: str | None, listed: Sequence[str] | None, targeted: Iterable[str], catalogue: Catalogue
) -> list[IndicatorDefinition]:
    """Return the indicators of an annex: its own list, else its theme's, and those that it has targets of."""
    codes = {*targeted, *(one.partition("/")[0] for one in listed or ())}
    if theme is not None and listed is None:
        codes |= {code for code, definition in catalogue.indicators.items() if theme in definition.themes}
    return [catalogue.indicators[code] for code in sorted(codes) if code in catalogue.indicators]
