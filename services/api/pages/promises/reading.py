"""The citizen promises of a municipality, each with how far it has come there; nothing of others and of activities."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.commitments.queries import newest
from shared.domain.commitment_state import CommitmentPart, CommitmentState, state_of
from shared.domain.follow_up import FollowUpStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_IS_RECURRENT = "coalesce(jsonb_typeof(recurrence) = 'object', false)"
_IN_MUNICIPALITY = """commitment JOIN commitment_progress AS progress USING (commitment_id)
       JOIN area ON area.area_id = progress.area_id
       JOIN area_closure ON descendant_id = progress.area_id AND ancestor_id = :municipality
                        AND area_closure.valid @> progress.due_on"""
# Once for each: what was said of one can be a megabyte.
_PROMISES = text(
    f"""SELECT commitment_id, agreement.code AS agreement, agreement.title, lower(agreement.valid) AS first_on,
              upper(agreement.valid) - 1 AS last_on, wording, wording_en, party, times, withdrawn_on, follow_ups,
              {_IS_RECURRENT} AS is_recurrent
       FROM commitment JOIN agreement USING (agreement_id)
       JOIN (SELECT commitment_id, max(progress.due_on) AS last_due_on FROM {_IN_MUNICIPALITY}
             WHERE is_promise GROUP BY commitment_id) AS found USING (commitment_id)
       ORDER BY lower(agreement.valid) DESC, agreement.code, last_due_on, commitment_id"""
)
_PARTS = text(
    f"""SELECT commitment_id, progress.due_on, done, decided_on, is_fulfilled,
              CASE WHEN area.area_id <> :municipality THEN area.name END AS place
       FROM {_IN_MUNICIPALITY}
       WHERE is_promise AND NOT {_IS_RECURRENT}
       ORDER BY commitment_id, progress.due_on, area.area_id <> :municipality, area.name_sort_key, area.code"""
)
# Of one that recurs no place is named: those that are alike by a due date are one. There may be thousands.
_RECURRENT_PARTS = text(
    f"""SELECT DISTINCT commitment_id, progress.due_on, least(done, 1) AS done, decided_on, is_fulfilled,
              NULL AS place
       FROM {_IN_MUNICIPALITY}
       WHERE is_promise AND {_IS_RECURRENT}
       ORDER BY commitment_id, progress.due_on"""
)
_WITH_PROMISES = text(
    """SELECT DISTINCT ancestor_id FROM commitment JOIN commitment_area USING (commitment_id)
       JOIN area_closure ON descendant_id = commitment_area.area_id AND valid @> due_on
       WHERE is_promise"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisePart(CommitmentPart):
    """A promise in one area, None for the whole municipality, by one due date.

    One that recurs has a part for all places where as much has become of it.
    """

    place: str | None


@dataclass(frozen=True, slots=True)
class Promise:
    """What has been promised, and how far it has come in a municipality."""

    wording: str
    wording_en: str | None
    party: str
    times: int
    withdrawn_on: date | None
    # In the words of who follows it up.
    reason: str | None
    is_recurrent: bool
    parts: Sequence[PromisePart]

    @property
    def due_on(self) -> date:
        """The last day for all of it."""
        return self.parts[-1].due_on

    def state(self, today: date) -> CommitmentState:
        """Return how far it has come."""
        return state_of(self.parts, self.withdrawn_on, today)

    def by_due_date(self) -> list[Sequence[PromisePart]]:
        """Return its parts of each due date."""
        return [[*parts] for _, parts in groupby(self.parts, lambda part: part.due_on)]


@dataclass(frozen=True, slots=True)
class AgreementPromises:
    """An agreement by which something was promised, and the promises."""

    title: str
    first_on: date
    last_on: date
    promises: Sequence[Promise]


async def promises_of(connection: AsyncConnection, municipality: int) -> list[AgreementPromises]:
    """Return what has been promised in a municipality, by agreement, the latest first, and by due date."""
    asked = {"municipality": municipality}
    rows = (await connection.execute(_PROMISES, asked)).all()
    parts: dict[int, list[PromisePart]] = defaultdict(list)
    for statement in (_PARTS, _RECURRENT_PARTS):
        for row in await connection.execute(statement, asked):
            parts[row.commitment_id].append(_part(row))
    # What has come between the statements has no parts yet.
    rows = [row for row in rows if row.commitment_id in parts]
    return [_agreement([*of_agreement], parts) for _, of_agreement in groupby(rows, lambda row: row.agreement)]


async def areas_with_promises(connection: AsyncConnection) -> set[int]:
    """Return the ids of the areas in which something has been promised."""
    return {*(await connection.execute(_WITH_PROMISES)).scalars()}


def _agreement(rows: Sequence[Row[Any]], parts: Mapping[int, Sequence[PromisePart]]) -> AgreementPromises:
    first = rows[0]
    promises = [_promise(row, parts[row.commitment_id]) for row in rows]
    return AgreementPromises(first.title, first.first_on, first.last_on, promises)


def _promise(row: Row[Any], parts: Sequence[PromisePart]) -> Promise:
    return Promise(
        wording=row.wording,
        wording_en=row.wording_en,
        party=row.party,
        times=row.times,
        withdrawn_on=row.withdrawn_on,
        reason=_reason(row.follow_ups) if row.withdrawn_on else None,
        is_recurrent=row.is_recurrent,
        parts=parts,
    )


def _part(row: Row[Any]) -> PromisePart:
    return PromisePart(
        place=row.place, due_on=row.due_on, done=row.done, decided_on=row.decided_on, is_fulfilled=row.is_fulfilled
    )


def _reason(follow_ups: Iterable[dict[str, Any]]) -> str | None:
    """Return why something was withdrawn, as its latest follow-up that says that it was cancelled has it."""
    cancelled = [one for one in follow_ups if one["status"] == FollowUpStatus.CANCELLED and one["text"]]
    return (newest(cancelled) or {}).get("text")
