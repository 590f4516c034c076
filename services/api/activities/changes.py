"""Changing a stored activity, by whichever way it is asked for: locked, seen to be as it was read, judged, recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from services.api.activities import queries
from services.api.http.responses import refuse_stale
from shared.db.access import FOR_ALL
from shared.domain.errors import InvalidActivity, OutdatedVersion, UnknownActivity, Violation
from shared.facts.activities import FactOutcome, erase, record
from shared.intake.activities import admit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.facts.activities import ActivityFact, RecordedActivity
    from shared.facts.references import ReferenceCache

_NOTE_TAKEN_BACK = text("SELECT note_taken_back(:activity_id)")


async def lock(connection: AsyncConnection, activity_id: UUID, if_match: str | None) -> Row[int, str, str | None]:
    """Return an activity's revision, source and external id, and keep others from changing it.

    Raises:
        UnknownActivity: there is none that the caller may change.
        MissingPrecondition: `if_match` is None.
        StaleRevision: it has changed since the revision of `if_match`.
    """
    current = await queries.lock(connection, activity_id)
    if current is None:
        raise UnknownActivity
    refuse_stale(if_match, current.revision)
    return current


async def correct(
    connection: AsyncConnection,
    references: ReferenceCache,
    catalogue: Catalogue,
    today: date,
    activity_id: UUID,
    current: Row[int, str, str | None],
    sent: object,
    faults: Sequence[Violation] = (),
) -> None:
    """Replace an activity that is locked by what was sent; `faults` are known already.

    Raises:
        InvalidActivity: with everything that is wrong.
        OutdatedVersion: a newer version of the source's is stored.
    """
    fact = await admit(connection, references, catalogue, today, sent, faults, corrected_id=activity_id)
    _refuse_other_identity(fact, current)
    await record_latest(connection, fact.with_id(activity_id), catalogue, today)


async def record_latest(
    connection: AsyncConnection, fact: ActivityFact, catalogue: Catalogue, today: date
) -> RecordedActivity:
    """Record an activity.

    Raises:
        OutdatedVersion: a newer version of the source's is stored.
    """
    recorded = await record(connection, fact, catalogue.deadlines, today)
    if recorded.outcome is FactOutcome.OUTDATED:
        raise OutdatedVersion("A newer version of this activity is kept. Read it, and send a later `version`.")
    return recorded


async def take_back(connection: AsyncConnection, activity_id: UUID, today: date) -> None:
    """Remove an activity that is locked, as if it had never been reported."""
    await connection.execute(_NOTE_TAKEN_BACK, {"activity_id": activity_id})
    # Others' reports of it count again.
    await connection.exec_driver_sql(FOR_ALL)
    await erase(connection, activity_id, today)


def _refuse_other_identity(fact: ActivityFact, current: Row[int, str, str | None]) -> None:
    pairs = (
        ("source", fact.activity.source, current.source),
        ("externalId", fact.activity.external_id, current.external_id),
    )
    remedy = "Send it as it is kept; for another one, report a new activity."
    violations = [Violation(name, "cannot change", remedy) for name, sent, known in pairs if sent != known]
    if violations:
        raise InvalidActivity("The activity cannot become another one.", violations)
