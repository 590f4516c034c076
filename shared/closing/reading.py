"""How far periods have come, what was frozen by each closing, and what has come since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import text

from shared.closing.periods import ClosingState
from shared.db.access import current_access
from shared.domain.errors import UnknownAgreementPeriod
from shared.read_model.columns import COLUMNS, KEY, json_object
from shared.signals.series import MOST_SEASONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.closing.periods import AgreementPeriod


@dataclass(frozen=True, slots=True)
class AnnexInPeriod:
    """An annex that is in force in a period, and since when it is marked ready; None: it is not.

    By whom, too, for those who see the facts of any of the agreement's areas.
    """

    number: int
    title: str
    title_en: str
    marked_at: datetime | None
    marked_by: str | None


@dataclass(frozen=True, slots=True)
class TakenStep:
    """A step that was taken of a period. `actor` is an id, as in the audit trail; an approval made a revision.

    By whom and why is None for those who see the facts of none of the agreement's areas.
    """

    id: UUID
    step: str
    taken_at: datetime
    actor: str
    taken_by: str | None
    reason: str | None
    revision: int | None


ALL: Final = 10**6
"""The limit of a part that is to have all there is."""


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries of a list are wanted: those of an indicator or an area, by code, and so many after some others."""

    limit: int
    offset: int = 0
    indicator: str | None = None
    area: str | None = None

    @property
    def conditions(self) -> dict[str, object]:
        """What is compared with."""
        return {"indicator": self.indicator, "area": self.area}

    @property
    def parameters(self) -> dict[str, object]:
        """The conditions, and where the page of the list begins and how long it is."""
        return self.conditions | {"limit": self.limit, "offset": self.offset}


_ANNEXES = text(
    """SELECT number, title, coalesce(title_en, title), marked_at, actor_name AS marked_by
       FROM annex LEFT JOIN ready_annex ON agreement_period_id = :id AND annex_number = number
       WHERE agreement_id = :agreement_id AND valid && daterange(:first, :last, '[]')
       ORDER BY number"""
)
_AREAS = text("SELECT area_id FROM agreement_area WHERE agreement_id = :agreement_id")
_STEPS = text(
    """SELECT step_id AS id, step, taken_at, actor, actor_name AS taken_by, reason, revision
       FROM agreement_period_step WHERE agreement_period_id = :id ORDER BY step_id"""
)
IS_WANTED = """(CAST(:indicator AS text) IS NULL OR indicator_code = :indicator)
            AND (CAST(:area AS text) IS NULL OR area_code = :area)"""
"""What `Part.conditions` are compared with."""
_OF_REVISION = f"agreement_period_id = :id AND closing_revision = :revision AND {IS_WANTED}"
_PAGE = f"ORDER BY {KEY} LIMIT :limit OFFSET :offset"
_NOTHING = "CASE WHEN is_hidden THEN NULL ELSE {} END"
_MASKED = {
    **{name: _NOTHING.format(name) for name in ("numerator", "denominator", "value", "not_placed")},
    "status": "CASE WHEN is_hidden THEN 'suppressed' ELSE status END",
    "targets": """CASE WHEN tells_of_hidden THEN '[]'
        WHEN targets @? '$[*].areas' THEN targets_seen(targets) ELSE targets END""",
    "signal": "CASE WHEN tells_of_hidden THEN NULL ELSE signal END",
    "comparisons": """CASE WHEN tells_of_hidden
        THEN (SELECT jsonb_object_agg(name, NULL::text) FROM jsonb_object_keys(comparisons) AS name)
        ELSE comparisons END""",
}
_NAMES = (*KEY.split(", ")[:2], *(column.name for column in COLUMNS))
# What was shown once and is suppressed by now would tell what is hidden beside it, as would what was compared with it,
# or judged or forecast by it. Of the revision that is served, nothing is hidden besides.
_CLOSED_VALUES = text(
    f"""SELECT {json_object(COLUMNS)}
        FROM (SELECT {", ".join(f"{_MASKED.get(name, name)} AS {name}" for name in _NAMES)}
              FROM (SELECT * FROM closed_value WHERE {_OF_REVISION} {_PAGE}) AS closed
              CROSS JOIN LATERAL (
                  SELECT :is_former AND bool_or((period_type, period_start) = (closed.period_type, closed.period_start))
                             AS is_hidden,
                         :is_former AND count(*) > 0 AS tells_of_hidden
                  FROM indicator_value AS value
                  WHERE value.series_id = closed.series_id AND value.area_id = closed.area_id
                    AND value.status = 'suppressed' AND value.period_start <= closed.period_end
                    AND value.period_start >= date_trunc('year', closed.period_start) - interval '{MOST_SEASONS} years'
              ) AS by_now) AS masked
        ORDER BY {KEY}"""
)
_COUNT_CLOSED = text(f"SELECT count(*) FROM closed_value WHERE {_OF_REVISION}")
_DEFINITIONS = text(
    """SELECT definition FROM closed_definition
       WHERE agreement_period_id = :id AND closing_revision = :revision ORDER BY indicator_code"""
)
# Of a figure that would be hidden there is no number: there is none where it is computed.
_LATER = f"""
    SELECT {KEY}, value_id(indicator_code, slice, area.code, period_type, period_start) AS id, indicator_code, slice,
           area.code AS area_code, period_code(period_type, period_start) AS period, noticed_at,
           CASE WHEN served.id IS NOT NULL THEN jsonb_build_object(
               'numerator', served.numerator, 'denominator', served.denominator, 'value', served.value,
               'unit', served.unit, 'leftOut', served.left_out, 'status', served.status,
               'definitionVersion', served.definition_version)
           END AS frozen,
           CASE WHEN later.status IS NOT NULL THEN jsonb_build_object(
               'numerator', trim_scale(later.numerator), 'denominator', trim_scale(later.denominator),
               'value', rounded_value(factor, exact_value(factor, later.numerator, later.denominator)),
               'unit', series.unit, 'leftOut', later.left_out, 'status', later.status,
               'definitionVersion', later.definition_version)
           END AS later
    FROM closed_area_period
    JOIN later_value AS later USING (area_id, period_type, period_start)
    JOIN (SELECT series_id, indicator_code, slice, unit, CASE WHEN is_share THEN indicator_series.factor END AS factor
          FROM indicator_series) AS series USING (series_id)
    JOIN area USING (area_id)
    LEFT JOIN (SELECT {KEY}, id, numerator, denominator, value, unit, left_out, status, definition_version
               FROM served_value) AS served USING ({KEY})
    WHERE agreement_period_id = :id"""
_LATER_VALUES = text(f"SELECT * FROM ({_LATER}) AS later WHERE {IS_WANTED} {_PAGE}")
_COUNT_LATER = text(
    f"""SELECT count(*)
        FROM closed_area_period
        JOIN later_value USING (area_id, period_type, period_start)
        JOIN indicator_series USING (series_id)
        JOIN (SELECT area_id, code AS area_code FROM area) AS area USING (area_id)
        WHERE agreement_period_id = :id AND {IS_WANTED}"""
)


async def annexes_of(connection: AsyncConnection, found: AgreementPeriod) -> list[AnnexInPeriod]:
    """Return the annexes in force in a period, by number, with whether they are marked ready."""
    period = found.period
    asked = {"id": found.id, "agreement_id": found.agreement_id, "first": period.start, "last": period.end}
    annexes = [AnnexInPeriod(*row) for row in await connection.execute(_ANNEXES, asked)]
    return annexes if await _is_own(connection, found) else [replace(one, marked_by=None) for one in annexes]


async def steps_of(connection: AsyncConnection, found: AgreementPeriod) -> list[TakenStep]:
    """Return the steps that have been taken of a period, the first first."""
    steps = [TakenStep(*row) for row in await connection.execute(_STEPS, {"id": found.id})]
    return steps if await _is_own(connection, found) else [replace(one, taken_by=None, reason=None) for one in steps]


async def _is_own(connection: AsyncConnection, found: AgreementPeriod) -> bool:
    """Tell whether who asks sees the facts of any of the agreement's areas; a command does."""
    access = current_access()
    areas = (await connection.execute(_AREAS, {"agreement_id": found.agreement_id})).scalars()
    return access is None or any(area_id in access.details for area_id in areas)


def revision_of(found: AgreementPeriod, number: int | None) -> int:
    """Return the number of a revision, of the last one if None; 0 where the period has never been closed.

    Raises:
        UnknownAgreementPeriod: the period has no such revision.
    """
    if number is not None and number > found.revision:
        raise UnknownAgreementPeriod("The period has no such revision. The steps that approved it name each.")
    return found.revision if number is None else number


async def closed_values(
    connection: AsyncConnection, found: AgreementPeriod, revision: int, wanted: EntryQuery
) -> list[str]:
    """Return values of a revision, each as JSON text: as they were served when it was closed.

    Of a former revision, those are suppressed that are by now.
    """
    is_former = revision < found.revision or found.state is not ClosingState.CLOSED
    asked = {"id": found.id, "revision": revision, "is_former": is_former} | wanted.parameters
    return [*(await connection.execute(_CLOSED_VALUES, asked)).scalars()]


async def count_closed_values(
    connection: AsyncConnection, found: AgreementPeriod, revision: int, wanted: EntryQuery
) -> int:
    """Return how many values of a revision there are, whatever part of them is wanted."""
    asked = {"id": found.id, "revision": revision} | wanted.conditions
    return int((await connection.execute(_COUNT_CLOSED, asked)).scalar_one())


async def closed_definitions(connection: AsyncConnection, found: AgreementPeriod, revision: int) -> list[Any]:
    """Return the definitions of a revision's indicators as they were, by code."""
    return [*(await connection.execute(_DEFINITIONS, {"id": found.id, "revision": revision})).scalars()]


async def later_values(connection: AsyncConnection, found: AgreementPeriod, wanted: EntryQuery) -> Sequence[Any]:
    """Return what frozen figures of a closed period would be by what has come since, beside what they are.

    Each row has the value's id, indicator_code, slice, area_code, period and noticed_at; `frozen` and `later` are what
    is served and what it would be, None where there is no such figure.
    """
    return (await connection.execute(_LATER_VALUES, {"id": found.id} | wanted.parameters)).all()


async def count_later_values(connection: AsyncConnection, found: AgreementPeriod, wanted: EntryQuery) -> int:
    """Return how many frozen figures would be others now, whatever part of them is wanted."""
    return int((await connection.execute(_COUNT_LATER, {"id": found.id} | wanted.conditions)).scalar_one())
