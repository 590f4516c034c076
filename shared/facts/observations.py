"""The only writer of observations: the fact, its earlier content, and the marks of what follows from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from shared.db.locks import share_area_hierarchy
from shared.domain.observation import POPULATION
from shared.facts.activities import FactOutcome
from shared.facts.marks import TARGETS, comparison_marks, rollup_marks, scope_marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.observation import Observation


@dataclass(frozen=True, slots=True)
class ObservationFact:
    """An observation that has passed its checks, with the id of its area."""

    observation: Observation
    area_id: int


@dataclass(frozen=True, slots=True)
class RecordedObservation:
    """The id of an observation that was sent, and what became of it."""

    observation_id: UUID
    outcome: FactOutcome


_KEY = ("source", "measure", "code", "area_id", "period_type", "period_start")
_CONTENT = ("numerator", "denominator", "status", "finality", "published_on")

_MARK_SERIES = rollup_marks(
    """SELECT DISTINCT series_id, written.area_id, extract(year FROM period_start)
       FROM written JOIN indicator_series USING (measure)"""
)
# A population is that of 31 December: the figures of the year after are reckoned by it, of the area and all above it.
_MARK_POPULATIONS = comparison_marks(
    f"""SELECT DISTINCT series_id, ancestor_id, next.year
        FROM written
        CROSS JOIN LATERAL (SELECT extract(year FROM period_start)::integer + 1 AS year) AS next
        JOIN area_closure ON descendant_id = written.area_id
                         AND area_closure.valid && daterange(make_date(next.year - 1, 12, 31),
                                                             make_date(next.year + 1, 1, 1))
        CROSS JOIN indicator_series
        WHERE written.measure = '{POPULATION}'"""
)
# So are targets per so many inhabitants, of whatever area: there are few.
_MARK_TARGETS = scope_marks(
    f"""SELECT DISTINCT coalesce(municipality_id, area.area_id), year, '{TARGETS}', date '-infinity'
        FROM written
        JOIN target ON per_inhabitants IS NOT NULL AND upper(target.valid) > period_start + interval '1 year'
        JOIN area ON area.area_id = target.area_id
        CROSS JOIN generate_series(extract(year FROM period_start)::integer + 1,
                                   extract(year FROM upper(target.valid) - 1)::integer) AS year
        WHERE written.measure = '{POPULATION}'"""
)
_MARKS = f"rolled_up AS ({_MARK_SERIES}), compared AS ({_MARK_POPULATIONS}), judged AS ({_MARK_TARGETS})"
_INCOMING = """incoming AS (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(CAST(:rows AS jsonb)) AS (
            source text, measure text, code text, area_id integer, period_type text, period_start date,
            numerator numeric, denominator numeric, status text, finality text, published_on date))
            WITH ORDINALITY AS row(source, measure, code, area_id, period_type, period_start, numerator, denominator,
                                   status, finality, published_on, place))"""
_UPSERT = text(
    f"""WITH {_INCOMING},
        written AS (
            INSERT INTO observation AS stored ({", ".join(_KEY + _CONTENT)})
            -- In one order, so that two who write the same ones wait for each other and never in a circle.
            SELECT {", ".join(_KEY + _CONTENT)} FROM incoming ORDER BY {", ".join(_KEY)}
            ON CONFLICT ({", ".join(_KEY)}) DO UPDATE
            SET {", ".join(f"{column} = excluded.{column}" for column in _CONTENT)},
                revision = stored.revision + 1, changed_at = clock_timestamp()
            WHERE ({", ".join(f"stored.{column}" for column in _CONTENT)})
                  IS DISTINCT FROM ({", ".join(f"excluded.{column}" for column in _CONTENT)})
              AND NOT (stored.finality = 'final' AND excluded.finality = 'preliminary')
            RETURNING {", ".join(f"new.{column}" for column in _KEY)}, new.observation_id,
                      old.revision AS old_revision, old.changed_at AS old_changed_at,
                      {", ".join(f"old.{column} AS old_{column}" for column in _CONTENT)}),
        traced AS (
            INSERT INTO observation_revision (observation_id, revision, changed_at, {", ".join(_CONTENT)})
            SELECT observation_id, old_revision, old_changed_at, {", ".join(f"old_{column}" for column in _CONTENT)}
            FROM written WHERE old_revision IS NOT NULL),
        {_MARKS}
        SELECT place, observation_id, old_revision IS NULL AS created
        FROM written JOIN incoming USING ({", ".join(_KEY)})"""
)
_STORED = text(
    f"""WITH {_INCOMING}
        SELECT place, observation_id, stored.finality = 'final' AND incoming.finality = 'preliminary' AS outdated
        FROM incoming JOIN observation AS stored USING ({", ".join(_KEY)})"""
)
_ERASE = text(
    f"""WITH written AS (
            DELETE FROM observation WHERE observation_id = :observation_id
            RETURNING observation_id, measure, area_id, period_start),
        {_MARKS}
        SELECT observation_id FROM written"""
)


async def record_observation(connection: AsyncConnection, fact: ObservationFact) -> RecordedObservation:
    """Write one observation, new or changed, and its marks.

    It is found again by its key. The same content changes nothing; a change keeps the earlier content, and raises the
    revision; a preliminary figure never replaces a final one, which is reported as outdated.
    """
    (recorded,) = await record_observations(connection, [fact])
    return recorded


async def record_observations(
    connection: AsyncConnection, facts: Sequence[ObservationFact]
) -> list[RecordedObservation]:
    """Write many observations at once, each as `record_observation` does; return what happened, in their order.

    No two may have the same key.
    """
    await share_area_hierarchy(connection)
    rows = {"rows": json.dumps([_row(fact) for fact in facts], default=str)}
    recorded = {
        row.place: RecordedObservation(row.observation_id, FactOutcome.CREATED if row.created else FactOutcome.UPDATED)
        for row in await connection.execute(_UPSERT, rows)
    }
    if len(recorded) < len(facts):
        # What was not written is there, and locked since the first statement looked at it.
        for row in await connection.execute(_STORED, rows):
            stored = RecordedObservation(
                row.observation_id, FactOutcome.OUTDATED if row.outdated else FactOutcome.UNCHANGED
            )
            recorded.setdefault(row.place, stored)
    return [recorded[place] for place in range(1, len(facts) + 1)]


def _row(fact: ObservationFact) -> dict[str, object]:
    observation = fact.observation
    return {
        "source": observation.source,
        "measure": observation.measure,
        "code": observation.code,
        "area_id": fact.area_id,
        "period_type": observation.period.type,
        "period_start": observation.period.start,
        "numerator": observation.numerator,
        "denominator": observation.denominator,
        "status": observation.status,
        "finality": observation.finality,
        "published_on": observation.published_on,
    }


async def erase_observation(connection: AsyncConnection, observation_id: UUID) -> bool:
    """Delete one observation with all its revisions, and mark what it counted in; False when there is none."""
    await share_area_hierarchy(connection)
    return (await connection.execute(_ERASE, {"observation_id": observation_id})).one_or_none() is not None
