"""Figures that cannot be computed again, since their facts have been removed: what they are of must stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.locks import share_closings
from shared.domain.agreement import AgreementInUse
from shared.domain.errors import DefinitionInUse, Violation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection

_IRREPLACEABLE = text(
    """SELECT indicator_code, slice FROM indicator_series
       WHERE series_id = ANY(:series) AND EXISTS (
           SELECT FROM indicator_value AS value
           WHERE value.series_id = indicator_series.series_id AND period_start < (SELECT facts_removed_before()))
       ORDER BY 1, 2"""
)
_FROZEN = text(
    """SELECT indicator_code, slice FROM indicator_series
       WHERE series_id = ANY(:series) AND EXISTS (
           SELECT FROM closed_area_period JOIN indicator_value AS value USING (area_id, period_type, period_start)
           WHERE value.series_id = indicator_series.series_id)
       ORDER BY 1, 2"""
)
_OF_OTHER_MEANING = text(
    """SELECT series_id FROM indicator_series
       WHERE indicator_code = :indicator_code AND slice = :slice
         AND (kind, unit, factor, is_share) IS DISTINCT FROM
             (:kind, :unit, CAST(:factor AS integer), CAST(:is_share AS boolean))"""
)
_REASON = "figures whose facts have been removed are of it, and cannot be computed again"
_REASON_IF_FROZEN = "figures of closed periods are of it, and keep their unit"
_REMEDY = "Keep it as it is, and give what is new a code of its own."


async def irreplaceable(connection: AsyncConnection, series: Iterable[int]) -> list[str]:
    """Return those of the series that have such figures, as trainings/all."""
    return await _having(connection, _IRREPLACEABLE, series)


async def _having(connection: AsyncConnection, figures: TextClause, series: Iterable[int]) -> list[str]:
    ids = [*series]
    rows = await connection.execute(figures, {"series": ids}) if ids else ()
    return [f"{row.indicator_code}/{row.slice}" for row in rows]


async def refuse_definition(
    connection: AsyncConnection, removed: Sequence[int], wanted: Iterable[Mapping[str, object]]
) -> None:
    """Refuse a definition without some of its series, or by whose rows in `wanted` a figure would mean something else.

    Raises:
        DefinitionInUse: there are figures of these series that cannot be computed again, or are frozen.

    """
    other = [one for row in wanted for one in (await connection.execute(_OF_OTHER_MEANING, dict(row))).scalars()]
    if used := await irreplaceable(connection, [*removed, *other]):
        raise DefinitionInUse("Figures whose facts have been removed build on the definition.", _of(used, _REASON))
    # A frozen figure stays without its series' definition, and keeps its unit; those after it would be in another.
    await share_closings(connection)
    if used := await _having(connection, _FROZEN, other):
        raise DefinitionInUse("Figures of closed periods build on the definition.", _of(used, _REASON_IF_FROZEN))


def _of(used: Iterable[str], reason: str) -> list[Violation]:
    return [Violation(f"slices.{one.partition('/')[2]}", reason, _REMEDY) for one in used]


async def refuse_annexes(connection: AsyncConnection, removed: Sequence[int]) -> None:
    """Refuse an agreement without annexes that some series are of.

    Raises:
        AgreementInUse: there are figures of these series that cannot be computed again.

    """
    if await irreplaceable(connection, removed):
        violations = [Violation("annexes", _REASON, _REMEDY)]
        raise AgreementInUse("Figures whose facts have been removed are of an annex that would go.", violations)
