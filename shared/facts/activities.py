"""The only writer of activities: the fact, and the dirty marks of what it was and what it is, in one statement.

A mark names the old and the new area, month and type, so that a correction shows in both. A case with a time limit also
gets a mark that ripens on the day after the limit, and for one day more: a worker may still be at yesterday's figures.
One that names a commitment marks that one's areas too, in the month of its due date.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

import orjson
from sqlalchemy import text

from shared.db.arrays import as_arrays
from shared.db.copy import copy_rows
from shared.db.locks import share_area_hierarchy
from shared.domain.activity import MOMENT_NAMES, MOMENTS, PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS
from shared.facts.activity_marks import BEFORE_AND_AFTER, MARKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.times import TimeLimit
    from shared.domain.activity import Activity, References
    from shared.domain.activity_type import ActivityType


# The day that a stored activity counts as of where one is asked for, in SQL, as `judge` takes it.
DAY_OF_ACTIVITY: Final = f"coalesce(period_on, {', '.join(f'{name}_on' for name in MOMENTS)})"


class FactOutcome(StrEnum):
    """What became of one activity that was sent."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class ActivityFact:
    """An activity that has passed its checks, with what it refers to; `row` is its place in an import."""

    activity: Activity
    activity_type: ActivityType
    setting: References
    row: int | None = None

    def with_id(self, activity_id: UUID) -> ActivityFact:
        """Return the same fact as the new content of an activity that is stored already."""
        return replace(self, activity=replace(self.activity, activity_id=activity_id))


@dataclass(frozen=True, slots=True)
class RecordedActivity:
    """The id of an activity that was sent, and what became of it."""

    activity_id: UUID
    outcome: FactOutcome


@dataclass(frozen=True, slots=True)
class ChunkOutcome:
    """The rows of an import's chunk that were created, updated or older than what is stored; others changed nothing."""

    created: list[int]
    updated: list[int]
    outdated: list[int]


_VERSIONS = ("source_version", "source_changed_at")
# What a correction replaces.
_CONTENT = (
    *_VERSIONS,
    "activity_type",
    "agreement_id",
    "annex_number",
    "commitment_id",
    "commitment_ids",
    "area_id",
    "status",
    *(f"{moment}_on" for moment in MOMENTS),
    *(f"{moment}_at" for moment in MOMENTS),
    "period_on",
    *(f"participants_{group}" for group in PARTICIPANT_GROUPS),
    "cost",
    "count",
    "attributes",
    "note",
)
_IMPORT_ROW = ("import_id", "import_row")
COLUMNS = ("activity_id", "source", "external_id", *_CONTENT, *_IMPORT_ROW)


def as_row(fact: ActivityFact, import_id: str | None = None) -> tuple[object, ...]:
    """Return the fact as a row of `activity`, in the order of COLUMNS."""
    activity, setting = fact.activity, fact.setting
    moments = [*map(activity.moments.get, MOMENT_NAMES)]
    participants = activity.participants
    return (
        activity.activity_id,
        activity.source,
        activity.external_id,
        activity.version,
        activity.changed_at,
        activity.type,
        setting.agreement_id,
        activity.annex,
        setting.commitment_id,
        list(setting.commitment_ids) or None,
        setting.area_id,
        activity.status,
        *[moment.on if moment else None for moment in moments],
        *[moment.at if moment else None for moment in moments],
        activity.period_on(fact.activity_type),
        *(map(participants.get, PARTICIPANT_GROUP_NAMES) if participants else [None] * len(PARTICIPANT_GROUPS)),
        activity.cost,
        activity.count,
        orjson.dumps(activity.attributes).decode() if activity.attributes else "{}",
        activity.note,
        import_id,
        fact.row,
    )


def _is_older(incoming: str) -> str:
    """Return the condition that a row has an older version than the activity as it is stored; null if neither has."""
    return f"""({incoming}.source_version < stored.source_version
             OR coalesce({incoming}.source_version = stored.source_version, true)
                AND {incoming}.source_changed_at < stored.source_changed_at)"""


def _upsert(incoming: str, key: str) -> str:
    """Return the INSERT of rows, found again by `key`, that corrects those that differ unless theirs is newer."""
    # Who sends no version does not make the one that is known unknown.
    values = {column: f"excluded.{column}" for column in (*_CONTENT, *_IMPORT_ROW)}
    values |= {column: f"coalesce(excluded.{column}, stored.{column})" for column in _VERSIONS}
    selected = ["coalesce(activity_id, uuidv7())" if name == "activity_id" else name for name in COLUMNS]
    return f"""
        INSERT INTO activity AS stored ({", ".join(COLUMNS)}) SELECT {", ".join(selected)} FROM {incoming}
        ON CONFLICT ({key}) DO UPDATE
        SET {", ".join(f"{column} = {value}" for column, value in values.items())},
            revision = stored.revision + 1, changed_at = clock_timestamp()
        WHERE ({", ".join(f"stored.{column}" for column in _CONTENT)})
              IS DISTINCT FROM ({", ".join(values[column] for column in _CONTENT)})
          AND {_is_older("excluded")} IS NOT TRUE
        RETURNING {BEFORE_AND_AFTER}, new.import_row, old.activity_id IS NULL AS created"""


_KEY = "owner_area_id, source, external_id"
_ONE = "jsonb_populate_record(NULL::activity, CAST(:row AS jsonb))"
# In one order, so that two imports of the same activities wait for each other and never in a circle.
_MANY = "incoming ORDER BY source, external_id"
# By the columns that it is found again by.
_RECORD_ONE = {
    key: text(f"WITH written AS ({_upsert(_ONE, key)}), {MARKING} SELECT activity_id, created FROM written")
    for key in ("activity_id", _KEY)
}
_OUTDATED = f"SELECT stored.activity_id, {_is_older('incoming')} AS outdated"
_IS_SAME = """stored.owner_area_id = acting_owner()
    AND (stored.source, stored.external_id) = (incoming.source, incoming.external_id)"""
_STORED = {
    key: text(f"{_OUTDATED} FROM {_ONE} AS incoming JOIN activity AS stored ON {condition}")
    for key, condition in (("activity_id", "stored.activity_id = incoming.activity_id"), (_KEY, _IS_SAME))
}
_RECORD_MANY = text(
    f"""WITH written AS ({_upsert(_MANY, _KEY)}), {MARKING}
        SELECT coalesce(array_agg(import_row) FILTER (WHERE created), '{{}}') AS created,
               coalesce(array_agg(import_row) FILTER (WHERE NOT created), '{{}}') AS updated,
               (SELECT count(*) FROM incoming) AS sent
        FROM written"""
)
_OUTDATED_ROWS = text(
    f"""SELECT incoming.import_row FROM incoming JOIN activity AS stored ON {_IS_SAME}
        WHERE {_is_older("incoming")} ORDER BY 1"""
)
_ERASE = text(
    f"""WITH erased AS (
            DELETE FROM activity WHERE activity_id = :activity_id
            RETURNING old.activity_id AS erased_id, {BEFORE_AND_AFTER}
        ), freed AS (
            UPDATE activity SET duplicate_of = NULL, revision = revision + 1, changed_at = clock_timestamp()
            WHERE duplicate_of = :activity_id RETURNING NULL::uuid AS erased_id, {BEFORE_AND_AFTER}
        ), written AS (
            TABLE erased UNION ALL TABLE freed
        ), {MARKING}
        SELECT erased_id FROM erased"""
)
_SET_DUPLICATE_OF = text(
    f"""WITH written AS (
            UPDATE activity
            SET duplicate_of = CAST(:original_id AS uuid), revision = revision + 1, changed_at = clock_timestamp()
            WHERE activity_id = :activity_id RETURNING {BEFORE_AND_AFTER}
        ), {MARKING}
        SELECT activity_id FROM written"""
)
_INCOMING = f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {', '.join(COLUMNS)} FROM activity WITH NO DATA"


def limit_parameters(deadlines: Mapping[str, Sequence[TimeLimit]]) -> dict[str, object]:
    """Return the time limits by activity type as the statements take them."""
    limits = [(code, *limit) for code, limits in deadlines.items() for limit in limits]
    return {**as_arrays(("types", "working_days", "minutes"), limits)}


async def record(
    connection: AsyncConnection, fact: ActivityFact, deadlines: Mapping[str, Sequence[TimeLimit]], today: date
) -> RecordedActivity:
    """Write one activity, new or corrected, and its marks.

    It is found again by its id when it has one, else by owner, source and external id. The same content changes
    nothing, nor does an older version than the one stored. `deadlines` are the time limits by activity type.
    """
    await share_area_hierarchy(connection)
    row = json.dumps(
        dict(zip(COLUMNS, as_row(fact), strict=True)) | {"attributes": fact.activity.attributes}, default=str
    )
    key = "activity_id" if fact.activity.activity_id else _KEY
    parameters = {"row": row} | limit_parameters(deadlines) | {"today": today}
    while True:
        written = (await connection.execute(_RECORD_ONE[key], parameters)).one_or_none()
        if written is not None:
            return RecordedActivity(
                written.activity_id, FactOutcome.CREATED if written.created else FactOutcome.UPDATED
            )
        stored = (await connection.execute(_STORED[key], {"row": row})).one_or_none()
        if stored is not None:
            return RecordedActivity(
                stored.activity_id, FactOutcome.OUTDATED if stored.outdated else FactOutcome.UNCHANGED
            )
        # It conflicted with the first statement and was deleted before the second: now it is new.


async def stage_activities(connection: AsyncConnection, facts: Sequence[ActivityFact], import_id: UUID) -> None:
    """Send many activities to the database by COPY, for `record_staged` to write in the same transaction.

    No two may have the same source and external id.
    """
    await share_area_hierarchy(connection)
    await connection.exec_driver_sql(_INCOMING)
    imported_by = str(import_id)
    await copy_rows(connection, "incoming", COLUMNS, (as_row(fact, imported_by) for fact in facts))


async def record_staged(
    connection: AsyncConnection, deadlines: Mapping[str, Sequence[TimeLimit]], today: date
) -> ChunkOutcome:
    """Write the activities that have been sent, and their marks."""
    written = (await connection.execute(_RECORD_MANY, limit_parameters(deadlines) | {"today": today})).one()
    has_rest = len(written.created) + len(written.updated) < written.sent
    outdated = list((await connection.execute(_OUTDATED_ROWS)).scalars()) if has_rest else []
    return ChunkOutcome(written.created, written.updated, outdated)


async def erase(connection: AsyncConnection, activity_id: UUID, today: date) -> bool:
    """Delete one activity and mark where it counted; False when there is none. Its duplicates count again."""
    await share_area_hierarchy(connection)
    erased = await connection.execute(_ERASE, {"activity_id": activity_id} | limit_parameters({}) | {"today": today})
    return erased.one_or_none() is not None


async def set_duplicate_of(
    connection: AsyncConnection, activity_id: UUID, original_id: UUID | None, today: date
) -> None:
    """Say which activity counts instead of this one, or by None that it counts itself, and mark where it does."""
    await share_area_hierarchy(connection)
    ids = {"activity_id": activity_id, "original_id": original_id}
    await connection.execute(_SET_DUPLICATE_OF, ids | limit_parameters({}) | {"today": today})
