"""Which annexes follow which indicators where: what is expected is expected under one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.db.area_nesting import AREAS_AROUND, AREAS_AROUND_INSIDE, AREAS_AROUND_OR_INSIDE
from shared.domain.activity_type import Wording
from shared.expectations.expectation import AnnexKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue

# Several parties may be named together in one text.
PARTIES_OF_COMMITMENT = """CASE WHEN commitment.parties <> '{}' THEN commitment.parties ELSE ARRAY(
    SELECT one FROM unnest(agreement.parties) AS one WHERE position(one IN commitment.party) > 0
    UNION SELECT commitment.party WHERE NOT EXISTS (
        SELECT FROM unnest(agreement.parties) AS one WHERE position(one IN commitment.party) > 0)
    ORDER BY 1) END"""
# An agreement that follows something by itself has a row of its own, without a number.
_SELECT = f"""
    WITH numbered AS (
        SELECT agreement_id, number, theme, indicators, title, coalesce(title_en, title) AS title_en, valid
        FROM annex
        UNION ALL SELECT agreement_id, NULL, NULL, indicators, title, title, valid FROM agreement)
    SELECT agreement_id, agreement.code AS agreement, number, theme, numbered.indicators, numbered.title, title_en,
           numbered.valid * agreement.valid AS valid,
           ARRAY(SELECT area_id FROM agreement_area AS covered
                 WHERE covered.agreement_id = agreement.agreement_id) AS areas,
           ARRAY(SELECT indicator_code FROM target
                 WHERE target.agreement_id = agreement.agreement_id AND annex_number IS NOT DISTINCT FROM number)
               AS targeted,
           ARRAY(SELECT unnest({PARTIES_OF_COMMITMENT}) FROM commitment
                 WHERE commitment.agreement_id = agreement.agreement_id AND withdrawn_on IS NULL
                   AND annex_number IS NOT DISTINCT FROM number) AS parties
    FROM agreement JOIN numbered USING (agreement_id)"""
_ORDER = "ORDER BY agreement.code, number NULLS LAST"
_ABOUT = "agreement_id IN (SELECT agreement_id FROM agreement_area WHERE area_id IN ({areas}))"
_IN_FORCE = text(
    f"""{_SELECT} WHERE {_ABOUT.format(areas=AREAS_AROUND_INSIDE)}
          AND numbered.valid * agreement.valid && daterange(CAST(:first AS date), CAST(:day AS date), '[]') {_ORDER}"""
)
_OF_AREAS, _AROUND_AREAS = (
    text(f"{_SELECT} WHERE {_ABOUT.format(areas=areas)} AND NOT isempty(numbered.valid * agreement.valid) {_ORDER}")
    for areas in (AREAS_AROUND_OR_INSIDE, AREAS_AROUND)
)


@dataclass(frozen=True, slots=True)
class FollowedAnnex:
    """An annex, or by None as its number an agreement itself, with the codes of the indicators that it follows.

    `areas` are the ids of those that the agreement is about, and `parties` those that have commitments in it.
    """

    key: AnnexKey
    title: Wording
    areas: frozenset[int]
    first: date
    last: date
    indicators: frozenset[str]
    parties: frozenset[str]

    def covers(self, around: Collection[int], day: date) -> bool:
        """Tell whether it holds for an area, by its id and those around it, on a day."""
        return self.first <= day <= self.last and not self.areas.isdisjoint(around)


async def annexes_in_force(
    connection: AsyncConnection, catalogue: Catalogue, areas: Collection[int], first: date, day: date
) -> tuple[FollowedAnnex, ...]:
    """Return the annexes that hold anywhere in these areas, as they lie on a day, in force on it or since the first.

    Of an agreement its own part comes last.
    """
    asked = {"areas": [*areas], "first": first, "day": day}
    return _annexes(await connection.execute(_IN_FORCE, asked), catalogue)


async def annexes_of(
    connection: AsyncConnection, catalogue: Catalogue, areas: Collection[int], day: date
) -> tuple[FollowedAnnex, ...]:
    """Return the annexes of the agreements about areas around these on a day, or inside them, whenever in force."""
    return _annexes(await connection.execute(_OF_AREAS, {"areas": [*areas], "day": day}), catalogue)


async def annexes_around(
    connection: AsyncConnection, catalogue: Catalogue, area_id: int, day: date
) -> tuple[FollowedAnnex, ...]:
    """Return the annexes of the agreements about areas that this one lies in on a day, whenever in force."""
    return _annexes(await connection.execute(_AROUND_AREAS, {"areas": [area_id], "day": day}), catalogue)


def _annexes(rows: Iterable[Row[Any]], catalogue: Catalogue) -> tuple[FollowedAnnex, ...]:
    return tuple(
        FollowedAnnex(
            AnnexKey(row.agreement_id, row.agreement, row.number),
            Wording(sv=row.title, en=row.title_en),
            frozenset(row.areas),
            row.valid.lower,
            row.valid.upper - timedelta(days=1),
            frozenset(_followed(row.theme, row.indicators, row.targeted, catalogue)),
            frozenset(row.parties),
        )
        for row in rows
    )


def _followed(
    theme: str | None, listed: Sequence[str] | None, targeted: Iterable[str], catalogue: Catalogue
) -> set[str]:
    """Return the indicators of an annex: its own list, else its theme's, and those that it has targets of."""
    codes = {*targeted, *(one.partition("/")[0] for one in listed or ())}
    if theme is not None and listed is None:
        codes |= {code for code, definition in catalogue.indicators.items() if theme in definition.themes}
    return codes & catalogue.indicators.keys()
