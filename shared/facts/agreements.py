"""The only writer of agreements and their annexes, and, with `shared.facts.targets`, of their targets.

Where reporting is on follows from them. Where an annex changes its theme, what was reported and promised under it is
marked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.catalogue.indicator import THEMES
from shared.db.arrays import as_arrays
from shared.db.codes import find_agreement_id, find_area_ids
from shared.db.days import days_from
from shared.db.locks import change_area_hierarchy
from shared.db.tables import agreement as agreement_table
from shared.db.tables import agreement_area
from shared.db.tables import annex as annex_table
from shared.domain.agreement import AgreementInUse, contradictions
from shared.domain.commitment import COMMITMENTS
from shared.domain.errors import InvalidAgreement, Violation
from shared.domain.followed import WHOLE, KnownIndicator, spelt_out
from shared.facts.activities import DAY_OF_ACTIVITY
from shared.facts.catalogue_in_force import SLICED_ANNEXES, sliced_annexes
from shared.facts.marks import fact_marks
from shared.facts.reporting import refresh_reporting
from shared.facts.series import put_annex_series
from shared.facts.targets import put_targets, target_field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.domain.agreement import Agreement
    from shared.domain.followed import Followed
    from shared.facts.catalogue_in_force import CatalogueInForce


async def put_agreement(
    connection: AsyncConnection, in_force: CatalogueInForce, agreement: Agreement, today: date
) -> None:
    """Create or replace an agreement with its annexes and targets, and all that follows from them.

    It takes the structure for itself: an activity is checked against the agreement before it is recorded, and must not
    be recorded under an agreement that has meanwhile become another.

    Raises:
        InvalidAgreement: it contradicts itself, or names what does not exist.
        AgreementInUse: activities or commitments would lose their annex, or lie outside of the agreement.

    """
    await change_area_hierarchy(connection)
    catalogue = await in_force.current(connection)
    areas = await _area_ids(connection, agreement)
    known = _known_indicators(catalogue)
    violations = [*contradictions(agreement, THEMES, known, today), *_unknown_areas(agreement, areas)]
    violations += await _of_others(connection, agreement, areas, catalogue)
    succeeds_id = await _succeeded(connection, agreement, violations)
    if violations:
        raise InvalidAgreement("The agreement contradicts itself, or names what does not exist.", violations)
    agreement = spelt_out(agreement, known)
    agreement_id = await _put_agreement(connection, agreement, succeeds_id)
    await _put_areas(connection, agreement_id, {areas[code] for code in agreement.areas})
    await _put_annexes(connection, agreement_id, agreement)
    await put_targets(connection, agreement_id, agreement.targets, areas, today)
    await _drop_annexes(connection, agreement_id, agreement)
    await _refuse_orphans(connection, agreement_id)
    annexes = sliced_annexes(await connection.execute(SLICED_ANNEXES))
    await put_annex_series(connection, replace(catalogue, annexes=annexes))
    await refresh_reporting(connection)


def _known_indicators(catalogue: Catalogue) -> dict[str, KnownIndicator]:
    return {
        code: KnownIndicator(
            {WHOLE: None}
            | {
                name: None if part.attributes else part.annex
                for name, part in definition.slices_by_code.items()
                if part.annex_code is None
            },
            definition.basis in {"activity", "commitment"},
            definition.unit == "percent",
        )
        for code, definition in catalogue.indicators.items()
    }


async def _of_others(
    connection: AsyncConnection, agreement: Agreement, areas: Mapping[str, int], catalogue: Catalogue
) -> list[Violation]:
    """Return where the agreement names an own indicator that is in force in other areas only."""
    named = {
        f"indicators[{index}].indicator": (one.indicator, agreement.areas)
        for index, one in enumerate(agreement.indicators)
    }
    for number, annex in enumerate(agreement.annexes):
        for index, one in enumerate(annex.indicators or ()):
            named[f"annexes[{number}].indicators[{index}].indicator"] = (one.indicator, agreement.areas)
    for index, target in enumerate(agreement.targets):
        named[f"targets[{index}].indicator"] = (target.indicator, target.all_areas)
    named = {field: one for field, one in named.items() if one[0] in catalogue.owners}
    asked = {
        (owner, areas[code])
        for indicator, codes in named.values()
        for owner in catalogue.owners[indicator].areas
        for code in codes
        if code in areas
    }
    own = set(await connection.execute(_OWN, as_arrays(("owners", "areas"), asked))) if asked else set()
    return [
        Violation(
            field, f"is the own indicator of {catalogue.owners[indicator]}", "Take another code from /indicators."
        )
        for field, (indicator, codes) in named.items()
        if not any((owner, areas.get(code)) in own for owner in catalogue.owners[indicator].areas for code in codes)
    ]


async def _area_ids(connection: AsyncConnection, agreement: Agreement) -> dict[str, int]:
    """Return the ids of all areas that the agreement names, as far as they exist."""
    codes = {*agreement.areas, *(code for target in agreement.targets for code in target.all_areas)}
    return await find_area_ids(connection, codes)


def _unknown_areas(agreement: Agreement, areas: Mapping[str, int]) -> Iterable[Violation]:
    fields = {f"areas[{index}]": code for index, code in enumerate(agreement.areas)}
    for index, target in enumerate(agreement.targets):
        fields |= {target_field(index, target, at): code for at, code in enumerate(target.all_areas)}
    return [
        Violation(field, "no area has this code", "Take a code from /areas.")
        for field, code in fields.items()
        if code not in areas
    ]


async def _succeeded(connection: AsyncConnection, agreement: Agreement, violations: list[Violation]) -> int | None:
    """Return the id of the agreement before this one; one that cannot be is added to the violations."""
    if agreement.succeeds is None:
        return None
    found = None if agreement.succeeds == agreement.code else await find_agreement_id(connection, agreement.succeeds)
    if found is None:
        violations.append(Violation("succeeds", "no other agreement has this code", "Take a code from /agreements."))
    return found


async def _put_agreement(connection: AsyncConnection, agreement: Agreement, succeeds_id: int | None) -> int:
    values = {
        "title": agreement.title,
        "case_number": agreement.case_number,
        "parties": list(agreement.parties),
        "rhythms": list(agreement.rhythms),
        "valid": days_from(agreement.valid.first, agreement.valid.last),
        "succeeds_id": succeeds_id,
        "indicators": _stored(agreement.indicators),
        "closing_by_two_persons": agreement.closing.two_persons,
        "closing_needs_ready_annexes": agreement.closing.ready_annexes,
    }
    statement = (
        upsert(agreement_table)
        .values(code=agreement.code, **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
        .returning(agreement_table.c.agreement_id)
    )
    agreement_id: int = (await connection.execute(statement)).scalar_one()
    return agreement_id


async def _put_areas(connection: AsyncConnection, agreement_id: int, area_ids: Collection[int]) -> None:
    columns = agreement_area.c
    gone = delete(agreement_area).where(columns.agreement_id == agreement_id, columns.area_id.not_in([*area_ids]))
    await connection.execute(gone)
    rows = [{"agreement_id": agreement_id, "area_id": area_id} for area_id in area_ids]
    await connection.execute(upsert(agreement_area).on_conflict_do_nothing(), rows)


async def _drop_annexes(connection: AsyncConnection, agreement_id: int, agreement: Agreement) -> None:
    parameters = {"agreement_id": agreement_id, "numbers": [annex.number for annex in agreement.annexes]}
    used = (await connection.execute(_USED_ANNEXES, parameters)).all()
    if used:
        violations = [
            Violation("annexes", f"{row.uses} {row.users} refer to annex {row.annex_number}", "Keep the annex.")
            for row in used
        ]
        raise AgreementInUse("Activities or commitments refer to an annex that would go.", violations)
    await connection.execute(_DROP_ANNEXES, parameters)


async def _put_annexes(connection: AsyncConnection, agreement_id: int, agreement: Agreement) -> None:
    """Put the annexes; facts under one whose theme or code changes are marked, since slices follow them."""
    columns = annex_table.c
    statement = select(columns.number, columns.theme, columns.code).where(columns.agreement_id == agreement_id)
    names = {row.number: (row.theme, row.code) for row in await connection.execute(statement)}
    moved = [
        annex.number
        for annex in agreement.annexes
        if annex.number in names and names[annex.number] != (annex.theme, annex.code)
    ]
    if moved:
        await connection.execute(_MARK_ANNEXES, {"agreement_id": agreement_id, "numbers": moved})
    for annex in agreement.annexes:
        values = {
            "theme": annex.theme,
            "code": annex.code,
            "indicators": None if annex.indicators is None else _stored(annex.indicators),
            "title": annex.title,
            "title_en": annex.title_en,
            "valid": days_from(annex.valid.first, annex.valid.last),
            "purpose": annex.purpose,
            "goals": list(annex.goals),
            "actions": list(annex.actions),
            "follow_up": list(annex.follow_up),
            "follow_ups": [follow_up.document for follow_up in annex.follow_ups],
        }
        put = upsert(annex_table).values(agreement_id=agreement_id, number=annex.number, **values)
        await connection.execute(put.on_conflict_do_update(index_elements=["agreement_id", "number"], set_=values))


async def _refuse_orphans(connection: AsyncConnection, agreement_id: int) -> None:
    stranded = (await connection.execute(_STRANDED, {"agreement_id": agreement_id})).one()
    reasons = (
        f"{stranded.activities} activities would lie outside the agreement's or their annex's days or areas",
        f"{stranded.commitments} commitments would be due outside the agreement's days or areas",
    )
    numbers = (stranded.activities, stranded.commitments)
    stranded_facts = (reason for number, reason in zip(numbers, reasons, strict=True) if number)
    violations = [Violation("validFrom", reason, "Keep them inside.") for reason in stranded_facts]
    if violations:
        raise AgreementInUse("Activities or commitments would lie outside of the agreement.", violations)


def _stored(followed: Iterable[Followed]) -> list[str]:
    return [f"{one.indicator}/{one.slice}" for one in followed]


# An own indicator has figures in the areas of its owner; an agreement may also cover more than these.
_OWN = text(
    """SELECT owner.code, asked.area_id
       FROM unnest(CAST(:owners AS text[]), CAST(:areas AS integer[])) AS asked(owner, area_id)
       JOIN area AS owner ON owner.code = asked.owner
       WHERE EXISTS (SELECT FROM area_closure
                     WHERE (descendant_id, ancestor_id) IN ((asked.area_id, owner.area_id),
                                                            (owner.area_id, asked.area_id)))"""
)
_USED_ANNEXES = text(
    """SELECT annex_number, users, count(*) AS uses
       FROM (SELECT agreement_id, annex_number, 'activities' AS users FROM activity
             UNION ALL SELECT agreement_id, annex_number, 'commitments' FROM commitment) AS used
       WHERE agreement_id = :agreement_id AND annex_number IS NOT NULL
         AND annex_number <> ALL(CAST(:numbers AS smallint[]))
       GROUP BY 1, 2 ORDER BY 1, 2"""
)
_DROP_ANNEXES = text(
    "DELETE FROM annex WHERE agreement_id = :agreement_id AND number <> ALL(CAST(:numbers AS smallint[]))"
)
_STRANDED = text(
    f"""WITH covered AS (
           SELECT descendant_id AS area_id, area_closure.valid * agreement.valid AS valid
           FROM agreement JOIN agreement_area USING (agreement_id) JOIN area_closure ON ancestor_id = area_id
           WHERE agreement_id = :agreement_id)
       SELECT (SELECT count(*) FROM activity
               LEFT JOIN annex ON annex.agreement_id = activity.agreement_id AND annex.number = activity.annex_number
               CROSS JOIN LATERAL (
                   SELECT {DAY_OF_ACTIVITY} AS day)
               WHERE activity.agreement_id = :agreement_id
                 AND NOT (coalesce(annex.valid @> day, true)
                          AND EXISTS (SELECT FROM covered
                                      WHERE covered.area_id = activity.area_id AND covered.valid @> day)))
                  AS activities,
              (SELECT count(DISTINCT commitment_id) FROM commitment JOIN commitment_area USING (commitment_id)
               WHERE agreement_id = :agreement_id
                 AND NOT EXISTS (SELECT FROM covered
                                 WHERE covered.area_id = commitment_area.area_id AND covered.valid @> due_on))
                  AS commitments"""
)
_MARK_ANNEXES = text(
    fact_marks(
        f"""SELECT area_id, unnest(ARRAY[period_on, reported_on]), activity_type, date '-infinity'
            FROM activity WHERE agreement_id = :agreement_id AND annex_number = ANY(CAST(:numbers AS smallint[]))
            UNION
            SELECT area_id, due_on, '{COMMITMENTS}', date '-infinity'
            FROM commitment JOIN commitment_area USING (commitment_id)
            WHERE agreement_id = :agreement_id AND annex_number = ANY(CAST(:numbers AS smallint[]))"""
    )
)
