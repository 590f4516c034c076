"""The only writer of commitments, but for how much is done, which the worker counts.

That count is in `services.indicators.compute.commitment_progress`.

A commitment counts in the months of its due dates, at each of its areas: there it is marked, as it was and as it is.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.db.arrays import as_arrays
from shared.db.locks import change_area_hierarchy
from shared.db.tables import annex as annex_table
from shared.db.tables import commitment as commitment_table
from shared.db.tables import commitment_area
from shared.domain.activity import Span
from shared.domain.agreement import AgreementInUse
from shared.domain.commitment import COMMITMENTS, CommitmentContext, contradictions
from shared.domain.errors import CommitmentInUse, InvalidCommitment, UnknownAgreement, Violation
from shared.domain.owner import Owner
from shared.domain.recurrence import MOST_DUE_DATES
from shared.domain.removed_facts import of_removed_activities
from shared.facts.activities import DAY_OF_ACTIVITY
from shared.facts.commitment_content import Content, Owed, Promised, content_of
from shared.facts.marks import fact_marks
from shared.facts.removed_periods import facts_removed_before

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.activity_type import ActivityType
    from shared.domain.commitment import Commitment


async def put_commitment(
    connection: AsyncConnection,
    commitment: Commitment,
    today: date,
    activity_types: Mapping[str, ActivityType] = MappingProxyType({}),
    type_owners: Mapping[str, Owner] = MappingProxyType({}),
) -> bool:
    """Create or replace a commitment, and return whether it is new. One that is stored just so already costs nothing.

    `activity_types` are those in force, by code, and `type_owners` whose own they are: a commitment can only select
    what is among them and in force in its areas.

    It takes the structure for itself: an activity is checked against the commitments before it is recorded, and must
    not be refused for one that has meanwhile been made.

    Raises:
        UnknownAgreement: there is none with the code.
        InvalidCommitment: it contradicts itself or its agreement, or names what does not exist.
        CommitmentInUse: activities were done for it in an area that would go.

    """
    await change_area_hierarchy(connection)
    agreement = await _agreement(connection, commitment.agreement)
    span = Span(agreement.first, agreement.last)
    violations = [
        *contradictions(commitment, CommitmentContext(span, agreement.parties, today), activity_types),
        *await _unknown_annex(connection, agreement.agreement_id, commitment.annex),
    ]
    dues = commitment.dues(span)
    due_dates = [due.last for due in dues] if len(dues) <= MOST_DUE_DATES else []
    areas = await _areas(connection, agreement.agreement_id, commitment.areas, due_dates)
    violations += [*_unfit_areas(commitment, areas), *_unfit_places(commitment, areas, activity_types)]
    violations += _not_in_force(commitment, areas, type_owners)
    if violations:
        detail = "The commitment contradicts itself or its agreement, or names what does not exist."
        raise InvalidCommitment(detail, violations)
    commitment_id, stored = await _find_stored(connection, agreement.agreement_id, commitment.code)
    wanted = content_of(commitment, span, dues, areas)
    if wanted != stored:
        _refuse_uncountable(wanted, stored, await facts_removed_before(connection))
        if stored:
            await _refuse_leaving(connection, commitment_id, stored.area_ids - wanted.area_ids)
            await _mark(connection, stored)
        await _put(connection, agreement.agreement_id, commitment.code, wanted)
        await _mark(connection, wanted)
    return stored is None


async def _agreement(connection: AsyncConnection, code: str) -> Row[int, date, date, list[str]]:
    row = (await connection.execute(_AGREEMENT, {"code": code})).one_or_none()
    if row is None:
        raise UnknownAgreement
    return row


async def _areas(
    connection: AsyncConnection, agreement_id: int, codes: Sequence[str], due_dates: Sequence[date]
) -> dict[str, Row[Any]]:
    """Return each area's id and whether the agreement covers it on the due dates, by code, as far as they exist."""
    parameters = {"agreement_id": agreement_id, "codes": list(codes), "due_dates": list(due_dates)}
    return {row.code: row for row in await connection.execute(_AREAS, parameters)}


async def _unknown_annex(connection: AsyncConnection, agreement_id: int, number: int | None) -> list[Violation]:
    columns = annex_table.c
    statement = select(exists().where(columns.agreement_id == agreement_id, columns.number == number))
    if number is None or (await connection.execute(statement)).scalar_one():
        return []
    remedy = "Name one of its annexes, or none."
    return [Violation("annex", "the agreement has no annex with this number", remedy)]


def _unfit_areas(commitment: Commitment, areas: Mapping[str, Row[Any]]) -> Iterator[Violation]:
    for index, code in enumerate(commitment.areas):
        if code not in areas:
            yield Violation(f"areas[{index}]", "no area has this code", "Take a code from /areas.")
        elif not areas[code].is_covered:
            reason = "lies outside the agreement's areas on the due date"
            yield Violation(f"areas[{index}]", reason, "Name an area inside of them.")


def _unfit_places(
    commitment: Commitment,
    areas: Mapping[str, Row[Any]],
    activity_types: Mapping[str, ActivityType],
) -> Iterator[Violation]:
    """Yield the places at which none of the selected activities can happen."""
    codes = commitment.selection.activity_types if commitment.selection else ()
    kinds = [activity_types[code].place_kinds for code in codes if code in activity_types]
    if not kinds or not all(kinds):
        return
    possible = sorted({kind for some in kinds for kind in some})
    for index, code in enumerate(commitment.areas):
        place_kind = areas[code].place_kind if code in areas else None
        if place_kind is not None and place_kind not in possible:
            remedy = f"Name an area, or a place of kind {', '.join(possible)}."
            yield Violation(f"areas[{index}]", "none of the selected activities happens at such a place", remedy)


def _not_in_force(
    commitment: Commitment, areas: Mapping[str, Row[Any]], type_owners: Mapping[str, Owner]
) -> Iterator[Violation]:
    """Yield the selected types that are others' own, and the areas in which none of the selected is in force."""
    selected = commitment.selection.activity_types if commitment.selection else ()
    known = {code: Owner((code,), (frozenset(areas[code].around),)) for code in commitment.areas if code in areas}
    possible: dict[str, set[str]] = {
        one: {code for code, area in known.items() if one not in type_owners or type_owners[one].meets(area)}
        for one in selected
    }
    useless = [one for one in selected if known and not possible[one]]
    for one in useless:
        field = f"selection.activityTypes[{selected.index(one)}]"
        yield Violation(field, f"is the own type of {type_owners[one]}", "Take another code from /activity-types.")
    for index, code in enumerate(commitment.areas):
        if selected and code in known and not useless and not any(code in some for some in possible.values()):
            reason = "none of the selected activity types is in force there"
            yield Violation(f"areas[{index}]", reason, "Select a type that is in force in all of the areas.")


async def refuse_unnamed_parties(connection: AsyncConnection, agreement: str) -> None:
    """Refuse an agreement, with its commitments, whose parties lack one that a commitment names.

    Raises:
        AgreementInUse: it names parties, and not all of those that its commitments name.

    """
    codes = (await connection.execute(_UNNAMED_PARTIES, {"code": agreement})).scalars().all()
    if codes:
        violations = [
            Violation("parties", f"the commitment {code} names a party that is not among them", "Keep the party.")
            for code in codes
        ]
        raise AgreementInUse("Commitments name a party that would go.", violations)


async def _find_stored(connection: AsyncConnection, agreement_id: int, code: str) -> tuple[int, Content | None]:
    columns = commitment_table.c
    statement = select(columns.commitment_id, *(columns[name] for name in Promised._fields)).where(
        columns.agreement_id == agreement_id, columns.code == code
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return 0, None
    commitment_id, *promised = row
    columns = commitment_area.c
    areas = select(columns.area_id, columns.due_on, columns.first_on, columns.decided_on)
    rows = await connection.execute(areas.where(columns.commitment_id == commitment_id))
    owed = {Owed(one.area_id, one.due_on): (one.first_on, one.decided_on) for one in rows}
    return commitment_id, Content(Promised(*promised), owed)


def _refuse_uncountable(wanted: Content, stored: Content | None, before: date | None) -> None:
    """Refuse what would count activities that have been removed: other due dates then, or another selection."""
    violations = []
    if before is not None and wanted.owed_before(before) != (stored.owed_before(before) if stored else {}):
        violations.append(of_removed_activities("dueOn", before))
    if before is not None and wanted.selects_from_before(before) and not wanted.selects_as(stored):
        violations.append(of_removed_activities("selection.from", before))
    if violations:
        raise InvalidCommitment("What the commitment would count has been removed.", violations)


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


async def _put(connection: AsyncConnection, agreement_id: int, code: str, content: Content) -> None:
    values = content.promised._asdict()
    put = upsert(commitment_table).values(agreement_id=agreement_id, code=code, **values)
    put = put.on_conflict_do_update(index_elements=["agreement_id", "code"], set_=values)
    commitment_id = (await connection.execute(put.returning(commitment_table.c.commitment_id))).scalar_one()
    columns = ("area_id", "due_on", "first_on", "decided_on")
    rows = [(*owed, *days) for owed, days in content.owed.items()]
    parameters = {"commitment_id": commitment_id} | as_arrays(columns, rows)
    for statement in _PUT_DUE_DATES:
        await connection.execute(statement, parameters)


async def _mark(connection: AsyncConnection, content: Content) -> None:
    await connection.execute(_MARK, as_arrays(Owed._fields, content.owed))


_AGREEMENT = text(
    "SELECT agreement_id, lower(valid) AS first, upper(valid) - 1 AS last, parties FROM agreement WHERE code = :code"
)
_AREAS = text(
    """SELECT code, area_id, place_kind,
              ARRAY(SELECT above.code FROM area_closure AS up JOIN area AS above ON above.area_id = up.ancestor_id
                    WHERE up.descendant_id = area.area_id) AS around, (
                  SELECT coalesce(bool_and(
                             EXISTS (SELECT FROM agreement_area AS covered
                                     JOIN area_closure ON ancestor_id = covered.area_id
                                     WHERE agreement_id = :agreement_id AND descendant_id = area.area_id
                                       AND area_closure.valid @> due_on)
                             AND EXISTS (SELECT FROM area_ancestor_set AS placed
                                         WHERE placed.area_id = area.area_id AND placed.valid @> due_on)), true)
                  FROM unnest(CAST(:due_dates AS date[])) AS due_on) AS is_covered
       FROM area WHERE code = ANY(:codes)"""
)
_UNNAMED_PARTIES = text(
    """SELECT commitment.code FROM commitment JOIN agreement USING (agreement_id)
       WHERE agreement.code = :code AND agreement.parties <> '{}' AND NOT commitment.parties <@ agreement.parties
       ORDER BY 1"""
)
_USED_AREAS = text(
    f"""SELECT area.code, count(*) AS activities
       FROM activity
       CROSS JOIN LATERAL (SELECT {DAY_OF_ACTIVITY} AS day) AS counted
       JOIN area_closure ON descendant_id = activity.area_id AND area_closure.valid @> day
       JOIN area ON area.area_id = ancestor_id
       WHERE (commitment_id = :commitment_id OR commitment_ids @> ARRAY[CAST(:commitment_id AS integer)])
         AND ancestor_id = ANY(CAST(:area_ids AS integer[]))
       GROUP BY 1 ORDER BY 1"""
)
_GIVEN = """unnest(CAST(:area_id AS integer[]), CAST(:due_on AS date[]), CAST(:first_on AS date[]),
                         CAST(:decided_on AS date[])) AS given (area_id, due_on, first_on, decided_on)"""
_PUT_DUE_DATES = tuple(
    map(
        text,
        (
            # The only due date of an area moves with what is done for it.
            f"""UPDATE commitment_area AS stored SET due_on = given.due_on
                FROM (SELECT area_id, min(due_on) AS due_on FROM {_GIVEN} GROUP BY 1 HAVING count(*) = 1) AS given
                WHERE stored.commitment_id = :commitment_id AND stored.area_id = given.area_id
                  AND 1 = (SELECT count(*) FROM commitment_area AS every
                           WHERE every.commitment_id = :commitment_id AND every.area_id = given.area_id)""",
            f"""DELETE FROM commitment_area
                WHERE commitment_id = :commitment_id
                  AND (area_id, due_on) NOT IN (SELECT area_id, due_on FROM {_GIVEN})""",
            f"""INSERT INTO commitment_area AS stored (commitment_id, area_id, due_on, first_on, decided_on)
                SELECT :commitment_id, area_id, due_on, first_on, decided_on FROM {_GIVEN}
                ON CONFLICT (commitment_id, area_id, due_on)
                DO UPDATE SET first_on = excluded.first_on, decided_on = excluded.decided_on""",
        ),
    )
)
_MARK = text(
    fact_marks(
        f"""SELECT area_id, due_on, '{COMMITMENTS}', date '-infinity'
            FROM unnest(CAST(:area_id AS integer[]), CAST(:due_on AS date[])) AS owed (area_id, due_on)"""
    )
)
