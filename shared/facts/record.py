"""The only writer of activities: the fact, and the dirty marks of what it was and what it is, in one statement.

A mark names the old and the new area, month and type, so that a correction that moves an activity shows in both.
A case that a time limit hangs over also leaves a mark that ripens on the day after the limit; so does one whose limit
was yesterday, since a worker may still be at work on yesterday's figures. An activity that names a commitment marks
that one's areas too, in the month of its due date.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
from sqlalchemy import text

from shared.db.arrays import as_arrays
from shared.db.copy import copy_rows
from shared.db.locks import share_structure
from shared.domain.activity import MOMENT_NAMES, MOMENTS, PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS
from shared.domain.commitment import COMMITMENTS
from shared.facts.marks import fact_marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.activity import Activity, Setting
    from shared.domain.activity_type import ActivityType


class Outcome(StrEnum):
    """What became of one activity that was sent."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Fact:
    """An activity that has passed its checks, with what it refers to; `row` is its place in an import."""

    activity: Activity
    activity_type: ActivityType
    setting: Setting
    row: int | None = None

    def kept_as(self, activity_id: UUID) -> Fact:
        """Return the same fact as the new content of an activity that is kept already."""
        return replace(self, activity=replace(self.activity, activity_id=activity_id))


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where an activity is kept, and what happened."""

    activity_id: UUID
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows of one import chunk, by their numbers in the file; the others changed nothing.

    outdated: a newer version stands.
    """

    created: list[int]
    updated: list[int]
    outdated: list[int]


_VERSIONS = ("source_version", "source_changed_at")
_TOLD = (
    *_VERSIONS,
    "activity_type",
    "agreement_id",
    "annex_number",
    "commitment_id",
    "area_id",
    "status",
    *(f"{moment}_on" for moment in MOMENTS),
    *(f"{moment}_at" for moment in MOMENTS),
    "period_on",
    *(f"participants_{group}" for group in PARTICIPANT_GROUPS),
    "cost",
    "attributes",
    "note",
)
COLUMNS = ("activity_id", "source", "external_id", *_TOLD, "import_id", "import_row")


_NO_PARTICIPANTS = (None,) * len(PARTICIPANT_GROUPS)


def row_of(fact: Fact, import_id: str | None = None) -> tuple[object, ...]:
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
        setting.area_id,
        activity.status,
        *[moment.on if moment else None for moment in moments],
        *[moment.at if moment else None for moment in moments],
        activity.period_on(fact.activity_type),
        *(map(participants.get, PARTICIPANT_GROUP_NAMES) if participants else _NO_PARTICIPANTS),
        activity.cost,
        orjson.dumps(activity.attributes).decode() if activity.attributes else "{}",
        activity.note,
        import_id,
        fact.row,
    )


_OLDER = """(incoming.source_version < kept.source_version
             OR coalesce(incoming.source_version = kept.source_version, true)
                AND incoming.source_changed_at < kept.source_changed_at)"""

_MARKS = f"""
    side AS (
        SELECT old_area_id AS area_id, old_type AS activity_type, old_period_on AS period_on,
               old_reported_on AS reported_on
        FROM written WHERE old_area_id IS NOT NULL
        UNION ALL
        SELECT new_area_id, new_type, new_period_on, new_reported_on FROM written WHERE new_area_id IS NOT NULL
    ),
    touched AS (
        SELECT DISTINCT area_id, day, activity_type, date '-infinity' AS ripens_on
        FROM side, unnest(ARRAY[period_on, reported_on]) AS day WHERE day IS NOT NULL
        UNION ALL
        SELECT new_area_id, new_reported_on, new_type, due.day + 1
        FROM written
        JOIN unnest(CAST(:types AS text[]), CAST(:limits AS integer[])) AS deadline(activity_type, working_days)
          ON deadline.activity_type = new_type
        JOIN calendar_day AS known ON known.day = new_reported_on
        JOIN calendar_day AS due ON due.is_working AND due.ordinal = known.ordinal + deadline.working_days
        -- The first condition follows from the second: a limit is over long before, and most reports are old.
        WHERE new_reported_on > CAST(:today AS date) - 30 - 2 * working_days AND due.day >= CAST(:today AS date) - 1
        UNION ALL
        SELECT commitment_area.area_id, due_on, '{COMMITMENTS}', date '-infinity'
        FROM (SELECT old_commitment_id AS commitment_id FROM written WHERE old_commitment_id IS NOT NULL
              UNION SELECT new_commitment_id FROM written WHERE new_commitment_id IS NOT NULL) AS named
        JOIN commitment USING (commitment_id) JOIN commitment_area USING (commitment_id)
    ),
    marked AS (
        {fact_marks("TABLE touched")}
    )"""

_SIDES = """old.area_id AS old_area_id, old.activity_type AS old_type, old.commitment_id AS old_commitment_id,
            old.period_on AS old_period_on, old.reported_on AS old_reported_on"""
_NEW_SIDES = """new.area_id AS new_area_id, new.activity_type AS new_type, new.commitment_id AS new_commitment_id,
            new.period_on AS new_period_on, new.reported_on AS new_reported_on"""


@cache
def _upsert(incoming: str, key: str, answer: str) -> TextClause:
    names = ", ".join(COLUMNS)
    # Who sends no version does not make the one that is known unknown.
    told_by = {column: f"excluded.{column}" for column in (*_TOLD, "import_id", "import_row")}
    told_by |= {column: f"coalesce(excluded.{column}, kept.{column})" for column in _VERSIONS}
    kept = ", ".join(f"kept.{column}" for column in _TOLD)
    told = ", ".join(told_by[column] for column in _TOLD)
    assigned = ", ".join(f"{column} = {value}" for column, value in told_by.items())
    values = names.replace("activity_id", "coalesce(activity_id, uuidv7())", 1)
    older = _OLDER.replace("incoming.", "excluded.")
    return text(
        f"""WITH written AS (
                INSERT INTO activity AS kept ({names}) SELECT {values} FROM {incoming}
                ON CONFLICT ({key}) DO UPDATE
                SET {assigned}, revision = kept.revision + 1, changed_at = clock_timestamp()
                WHERE ({kept}) IS DISTINCT FROM ({told}) AND {older} IS NOT TRUE
                RETURNING new.activity_id, new.import_row, {_SIDES}, {_NEW_SIDES}, old.activity_id IS NULL AS created
            ), {_MARKS}
            {answer}"""
    )


_ONE = "jsonb_populate_record(NULL::activity, CAST(:row AS jsonb))"
# In one order, so that two imports of the same activities wait for each other and never in a circle.
_MANY = "incoming ORDER BY source, external_id"
_KEY = "source, external_id"
_ANSWER_ONE = "SELECT activity_id, created FROM written"
_ANSWER_MANY = """SELECT coalesce(array_agg(import_row) FILTER (WHERE created), '{}') AS created,
       coalesce(array_agg(import_row) FILTER (WHERE NOT created), '{}') AS updated,
       (SELECT count(*) FROM incoming) AS sent
FROM written"""
_STANDING = f"""SELECT kept.activity_id, {_OLDER} AS outdated
                FROM {_ONE} AS incoming JOIN activity AS kept USING """
_OUTDATED_ROWS = text(
    f"""SELECT incoming.import_row FROM incoming JOIN activity AS kept USING (source, external_id)
        WHERE {_OLDER} ORDER BY 1"""
)
_LINK = f"""UPDATE activity SET duplicate_of = {{}}, revision = revision + 1, changed_at = clock_timestamp()
            WHERE {{}} RETURNING new.activity_id, {_SIDES}, {_NEW_SIDES}"""
_ERASE = text(
    f"""WITH erased AS (
            DELETE FROM activity WHERE activity_id = :activity_id RETURNING old.activity_id, {_SIDES}, {_NEW_SIDES}
        ), freed AS (
            {_LINK.format("NULL", "duplicate_of = :activity_id")}
        ), written AS (
            TABLE erased UNION ALL TABLE freed
        ), {_MARKS}
        SELECT activity_id FROM erased"""
)
_SET_DUPLICATE_OF = text(
    f"""WITH written AS ({_LINK.format("CAST(:original_id AS uuid)", "activity_id = :activity_id")}), {_MARKS}
        SELECT activity_id FROM written"""
)


def _limits(deadlines: Mapping[str, Sequence[int]], today: date) -> dict[str, object]:
    pairs = [(code, limit) for code, limits in deadlines.items() for limit in limits]
    return as_arrays(("types", "limits"), pairs) | {"today": today}


async def record(
    connection: AsyncConnection, fact: Fact, deadlines: Mapping[str, Sequence[int]], today: date
) -> Recorded:
    """Write one activity, new or corrected, and its marks.

    It is found again by its id when it has one, else by source and external id. The same content changes nothing;
    an older version than the one kept changes nothing either, and is told.
    """
    await share_structure(connection)
    row = json.dumps(
        dict(zip(COLUMNS, row_of(fact), strict=True)) | {"attributes": fact.activity.attributes}, default=str
    )
    key = "activity_id" if fact.activity.activity_id else _KEY
    parameters = {"row": row} | _limits(deadlines, today)
    while True:
        written = (await connection.execute(_upsert(_ONE, key, _ANSWER_ONE), parameters)).one_or_none()
        if written is not None:
            return Recorded(written.activity_id, Outcome.CREATED if written.created else Outcome.UPDATED)
        standing = (await connection.execute(text(f"{_STANDING} ({key})"), {"row": row})).one_or_none()
        if standing is not None:
            return Recorded(standing.activity_id, Outcome.OUTDATED if standing.outdated else Outcome.UNCHANGED)
        # It stood in the way of the first statement and was deleted before the second: now it is new.


async def send_all(connection: AsyncConnection, facts: Sequence[Fact], import_id: UUID) -> None:
    """Send many activities to the database by COPY, for `record_sent` to write in the same transaction.

    No two may have the same source and external id.
    """
    await share_structure(connection)
    await connection.exec_driver_sql(_INCOMING)
    imported_by = str(import_id)
    await copy_rows(connection, "incoming", COLUMNS, (row_of(fact, imported_by) for fact in facts))


async def record_sent(connection: AsyncConnection, deadlines: Mapping[str, Sequence[int]], today: date) -> Tally:
    """Write the activities that have been sent, and their marks."""
    written = (await connection.execute(_upsert(_MANY, _KEY, _ANSWER_MANY), _limits(deadlines, today))).one()
    has_rest = len(written.created) + len(written.updated) < written.sent
    outdated = list((await connection.execute(_OUTDATED_ROWS)).scalars()) if has_rest else []
    return Tally(written.created, written.updated, outdated)


_INCOMING = f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {', '.join(COLUMNS)} FROM activity WITH NO DATA"


async def erase(connection: AsyncConnection, activity_id: UUID, today: date) -> bool:
    """Delete one activity and mark where it counted; False when there is none. Its duplicates count again."""
    await share_structure(connection)
    parameters = {"activity_id": activity_id} | _limits({}, today)
    return (await connection.execute(_ERASE, parameters)).one_or_none() is not None


async def set_duplicate_of(
    connection: AsyncConnection, activity_id: UUID, original_id: UUID | None, today: date
) -> None:
    """Say which activity counts instead of this one, or by None that it counts itself, and mark where it does."""
    await share_structure(connection)
    parameters = {"activity_id": activity_id, "original_id": original_id} | _limits({}, today)
    await connection.execute(_SET_DUPLICATE_OF, parameters)
