"""Storing what a person reports: judged as the API judges it, found again by the form's id, and noted as theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import text

from services.api.pages.reporting.reading import local_day
from shared.domain.errors import InvalidActivity, Violation
from shared.facts.activities import FactOutcome, record
from shared.intake.activities import admit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.facts.references import ReferenceCache

_NOTE = text(
    """WITH noted AS (
           INSERT INTO person_report (activity_id, person_id) VALUES (:activity_id, :person_id)
           ON CONFLICT DO NOTHING RETURNING person_id)
       SELECT person_id FROM noted
       UNION ALL SELECT person_id FROM person_report WHERE activity_id = :activity_id"""
)
# One much like it that somebody else has reported: of the same type, at the same place, on the same day.
_ALIKE = text(
    """SELECT activity_id FROM activity
       WHERE activity_type = :type AND area_id = (SELECT area_id FROM area WHERE code = :area)
         AND coalesce(reported_on, start_on, completed_on) = :day
         AND status <> 'cancelled' AND duplicate_of IS NULL
         AND NOT EXISTS (SELECT FROM person_report AS own
                         WHERE own.activity_id = activity.activity_id AND person_id = :person_id)
       ORDER BY recorded_at LIMIT 1"""
)
_LATEST_TYPES = text(
    """SELECT activity_type FROM person_report JOIN activity USING (activity_id)
       WHERE person_id = :person_id GROUP BY activity_type ORDER BY max(recorded_at) DESC LIMIT 3"""
)


_TAKEN_BACK_AT = text("SELECT taken_back_at(:source, :external_id)")
_REVISION = text("SELECT revision FROM activity WHERE activity_id = :activity_id")
# That of a report which has been changed once.
_CHANGED_ONCE = 2


class TakenBack(Exception):
    """The report of the form was removed; `at` is when."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at


class ChangedSince(Exception):
    """The report of the form was changed after it was sent, and would be again."""

    def __init__(self, activity_id: UUID) -> None:
        super().__init__()
        self.activity_id = activity_id


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, and by which definitions on which day it is judged."""

    person_id: UUID
    catalogue: Catalogue
    references: ReferenceCache
    today: date


async def store(
    connection: AsyncConnection, reporter: Reporter, sent: Mapping[str, Any], faults: Sequence[Violation] = ()
) -> UUID:
    """Record an activity of the person's, new or sent again, and return its id; `faults` are known already.

    What is raised is to be asked about or told, and nothing that was stored to be kept.

    Raises:
        InvalidActivity: with everything that is wrong.
        TakenBack: it was reported before, and removed.
        ChangedSince: it was reported before, and changed.
    """
    catalogue, today = reporter.catalogue, reporter.today
    fact = await admit(connection, reporter.references, catalogue, today, sent, faults)
    recorded = await record(connection, fact, catalogue.deadlines, today)
    noted = {"activity_id": recorded.activity_id, "person_id": reporter.person_id}
    if (await connection.execute(_NOTE, noted)).scalar_one() != reporter.person_id:
        raise InvalidActivity(
            "The activity cannot be recorded as it is.",
            [Violation("externalId", "is that of another's report", "Open the form anew, and fill it in there.")],
        )
    if recorded.outcome is FactOutcome.CREATED:
        form = {"source": sent["source"], "external_id": sent["externalId"]}
        if (at := (await connection.execute(_TAKEN_BACK_AT, form)).scalar_one()) is not None:
            raise TakenBack(at)
    if recorded.outcome is FactOutcome.UPDATED:
        revision = (await connection.execute(_REVISION, {"activity_id": recorded.activity_id})).scalar_one()
        if revision > _CHANGED_ONCE:
            raise ChangedSince(recorded.activity_id)
    return recorded.activity_id


async def find_alike(connection: AsyncConnection, person_id: UUID, sent: Mapping[str, Any]) -> UUID | None:
    """Return another's report that is much like this one of a person's, if there is one."""
    moments = [sent[name] for name in ("reported", "start", "completed") if name in sent]
    if not moments:
        return None
    asked = {"type": sent["type"], "area": sent["area"], "day": local_day(moments[0]), "person_id": person_id}
    alike: UUID | None = (await connection.execute(_ALIKE, asked)).scalar_one_or_none()
    return alike


async def latest_types(connection: AsyncConnection, person_id: UUID) -> list[str]:
    """Return the types that a person has reported last, the last first."""
    return list((await connection.execute(_LATEST_TYPES, {"person_id": person_id})).scalars())
