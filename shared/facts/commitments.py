"""The only writer of commitments, but for how much is done, which the worker counts.

That count is in `services.indicators.compute.commitment_progress`.

A commitment counts in the month of its due date, at each of its areas: there it is marked, as it was and as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, exists, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.db.locks import change_area_hierarchy
from shared.db.tables import annex as annex_table
from shared.db.tables import commitment as commitment_table
from shared.db.tables import commitment_area
from shared.domain.activity import Span
from shared.domain.commitment import COMMITMENTS, contradictions
from shared.domain.errors import CommitmentInUse, InvalidCommitment, UnknownAgreement, Violation
from shared.facts.marks import fact_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.commitment import Commitment


class _Promised(NamedTuple):
    """A commitment as its table has it, but for its key."""

    annex_number: int | None
    is_promise: bool
    party: str
    wording: str
    wording_en: str | None
    times: int
    due_on: date
    withdrawn_on: date | None


@dataclass(frozen=True, slots=True)
class _Content:
    """All that a commitment contains; by area's id the day of the decision there, if there is one."""

    promised: _Promised
    decided: dict[int, date | None]


async def put_commitment(connection: AsyncConnection, commitment: Commitment, today: date) -> bool:
    """Create or replace a commitment, and return whether it is new. One that is stored just so already costs nothing.

    It takes the structure for itself: an activity is checked against the commitments before it is recorded, and must
    not be refused for one that has meanwhile been made.

    Raises:
        UnknownAgreement: there is none with the code.
        InvalidCommitment: it contradicts itself or its agreement, or names what does not exist.
        CommitmentInUse: activities were done for it in an area that would go.

    """
    await change_area_hierarchy(connection)
    agreement = await _agreement(connection, commitment.agreement)
    due_on = commitment.due_on or agreement.last
    areas = await _areas(connection, agreement.agreement_id, commitment.areas, due_on)
    violations = [
        *contradictions(commitment, Span(agreement.first, agreement.last), today),
        *await _unknown_annex(connection, agreement.agreement_id, commitment.annex),
        *_unfit_areas(commitment, areas),
    ]
    if violations:
        detail = "The commitment contradicts itself or its agreement, or names what does not exist."
        raise InvalidCommitment(detail, violations)
    commitment_id, stored = await _find_stored(connection, agreement.agreement_id, commitment.code)
    wanted = _content(commitment, due_on, areas)
    if wanted != stored:
        if stored:
            await _refuse_leaving(connection, commitment_id, stored.decided.keys() - wanted.decided.keys())
            await _mark(connection, stored)
        await _put(connection, agreement.agreement_id, commitment.code, wanted)
        await _mark(connection, wanted)
    return stored is None


async def _agreement(connection: AsyncConnection, code: str) -> Row[int, date, date]:
    row = (await connection.execute(_AGREEMENT, {"code": code})).one_or_none()
    if row is None:
        raise UnknownAgreement("No agreement has this code. /agreements lists them all.")
    return row


async def _areas(
    connection: AsyncConnection, agreement_id: int, codes: Sequence[str], due_on: date
) -> dict[str, Row[str, int, bool]]:
    """Return each area's id and whether the agreement covers it on the due date, by code, as far as they exist."""
    parameters = {"agreement_id": agreement_id, "codes": list(codes), "due_on": due_on}
    return {row.code: row for row in await connection.execute(_AREAS, parameters)}


async def _unknown_annex(connection: AsyncConnection, agreement_id: int, number: int | None) -> list[Violation]:
    columns = annex_table.c
    statement = select(exists().where(columns.agreement_id == agreement_id, columns.number == number))
    if number is None or (await connection.execute(statement)).scalar_one():
        return []
    remedy = "Name one of its annexes, or none."
    return [Violation("annex", "the agreement has no annex with this number", remedy)]


def _unfit_areas(commitment: Commitment, areas: Mapping[str, Row[str, int, bool]]) -> Iterator[Violation]:
    for index, code in enumerate(commitment.areas):
        if code not in areas:
            yield Violation(f"areas[{index}]", "no area has this code", "Take a code from /areas.")
        elif not areas[code].is_covered:
            reason = "lies outside the agreement's areas on the due date"
            yield Violation(f"areas[{index}]", reason, "Name an area inside of them.")


def _content(commitment: Commitment, due_on: date, areas: Mapping[str, Row[str, int, bool]]) -> _Content:
    decided = {decision.area: decision.fulfilled_on for decision in commitment.decisions}
    return _Content(
        _Promised(
            commitment.annex,
            commitment.is_promise,
            commitment.party,
            commitment.wording,
            commitment.wording_en,
            commitment.times,
            due_on,
            commitment.withdrawn_on,
        ),
        {areas[code].area_id: decided.get(code) for code in commitment.areas},
    )


async def _find_stored(connection: AsyncConnection, agreement_id: int, code: str) -> tuple[int, _Content | None]:
    columns = commitment_table.c
    statement = select(columns.commitment_id, *(columns[name] for name in _Promised._fields)).where(
        columns.agreement_id == agreement_id, columns.code == code
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return 0, None
    commitment_id, *promised = row
    areas = select(commitment_area.c.area_id, commitment_area.c.decided_on)
    rows = await connection.execute(areas.where(commitment_area.c.commitment_id == commitment_id))
    return commitment_id, _Content(_Promised(*promised), {one.area_id: one.decided_on for one in rows})


async def _refuse_leaving(connection: AsyncConnection, commitment_id: int, area_ids: Collection[int]) -> None:
    parameters = {"commitment_id": commitment_id, "area_ids": list(area_ids)}
    used = (await connection.execute(_USED_AREAS, parameters)).all()
    if used:
        violations = [
            Violation(
                "areas", f"{row.activities} activities in {row.code} refer to it", "Keep the area, or withdraw it."
            )
            for row in used
        ]
        raise CommitmentInUse("Activities in an area that would go refer to the commitment.", violations)


async def _put(connection: AsyncConnection, agreement_id: int, code: str, content: _Content) -> None:
    values = content.promised._asdict()
    put = upsert(commitment_table).values(agreement_id=agreement_id, code=code, **values)
    put = put.on_conflict_do_update(index_elements=["agreement_id", "code"], set_=values)
    commitment_id = (await connection.execute(put.returning(commitment_table.c.commitment_id))).scalar_one()
    columns = commitment_area.c
    await connection.execute(
        delete(commitment_area).where(columns.commitment_id == commitment_id, columns.area_id.not_in(content.decided))
    )
    place = upsert(commitment_area)
    place = place.on_conflict_do_update(
        index_elements=["commitment_id", "area_id"], set_={"decided_on": place.excluded.decided_on}
    )
    rows = [
        {"commitment_id": commitment_id, "area_id": area_id, "decided_on": decided_on}
        for area_id, decided_on in content.decided.items()
    ]
    await connection.execute(place, rows)


async def _mark(connection: AsyncConnection, content: _Content) -> None:
    await connection.execute(_MARK, {"area_ids": list(content.decided), "due_on": content.promised.due_on})


_AGREEMENT = text(
    "SELECT agreement_id, lower(valid) AS first, upper(valid) - 1 AS last FROM agreement WHERE code = :code"
)
_AREAS = text(
    """SELECT code, area_id,
              EXISTS (SELECT FROM agreement_area JOIN area_closure ON ancestor_id = agreement_area.area_id
                      WHERE agreement_id = :agreement_id AND descendant_id = area.area_id
                        AND area_closure.valid @> CAST(:due_on AS date))
              AND EXISTS (SELECT FROM area_ancestor_set
                          WHERE area_ancestor_set.area_id = area.area_id AND area_ancestor_set.valid @> CAST(:due_on
                            AS date))
                  AS is_covered
       FROM area WHERE code = ANY(:codes)"""
)
_USED_AREAS = text(
    """SELECT area.code, count(*) AS activities
       FROM activity
       CROSS JOIN LATERAL (SELECT coalesce(period_on, start_on, end_on, reported_on, police_reported_on, completed_on)
                           AS day) AS counted
       JOIN area_closure ON descendant_id = activity.area_id AND area_closure.valid @> day
       JOIN area ON area.area_id = ancestor_id
       WHERE commitment_id = :commitment_id AND ancestor_id = ANY(CAST(:area_ids AS integer[]))
       GROUP BY 1 ORDER BY 1"""
)
_MARK = text(
    fact_marks(f"SELECT unnest(CAST(:area_ids AS integer[])), CAST(:due_on AS date), '{COMMITMENTS}', date '-infinity'")
)
