"""The only writer of agreements, their annexes and targets.

Where reporting is on follows from them; where a target changes, the figures that it judges are marked.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from psycopg.types.range import DateRange
from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.db.locks import change_structure
from shared.db.tables import agreement as agreement_table
from shared.db.tables import agreement_area
from shared.db.tables import annex as annex_table
from shared.db.tables import area as area_table
from shared.db.tables import target as target_table
from shared.domain.agreement import AgreementInUse, contradictions
from shared.domain.errors import InvalidAgreement, Violation
from shared.facts.reporting import refresh_reporting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from decimal import Decimal

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.activity import Span
    from shared.domain.agreement import Agreement, SetTarget


class _TargetRow(NamedTuple):
    """A target as the table has it, but for the agreement's id and its own."""

    annex_number: int
    indicator_code: str
    area_id: int
    rule: str
    value: Decimal | None
    upper_value: Decimal | None
    per: str
    first: date
    last: date
    wording: str | None


async def put_agreement(
    connection: AsyncConnection,
    agreement: Agreement,
    themes: Collection[str],
    indicators: Collection[str],
    today: date,
) -> None:
    """Create or replace an agreement with its annexes and targets, and all that follows from them.

    It takes the structure for itself: an activity is checked against the agreement before it is recorded, and must not
    be recorded under an agreement that has meanwhile become another.

    Raises:
        InvalidAgreement: it contradicts itself, or names what does not exist.
        AgreementInUse: activities would lose their annex, or lie outside of the agreement.

    """
    await change_structure(connection)
    areas = await _area_ids(connection, agreement)
    violations = [*contradictions(agreement, themes, indicators), *_unknown_areas(agreement, areas)]
    succeeds_id = await _succeeded(connection, agreement, violations)
    if violations:
        raise InvalidAgreement("The agreement contradicts itself, or names what does not exist.", violations)
    agreement_id = await _put_agreement(connection, agreement, succeeds_id)
    await _put_areas(connection, agreement_id, {areas[code] for code in agreement.areas})
    await _refuse_uncovered_targets(connection, agreement_id, agreement, areas)
    await _put_annexes(connection, agreement_id, agreement)
    changed = await _put_targets(connection, agreement_id, [_target_row(one, areas) for one in agreement.targets])
    await _mark(connection, changed, today)
    await _drop_annexes(connection, agreement_id, agreement)
    await _refuse_stranding(connection, agreement_id)
    await refresh_reporting(connection)


async def _area_ids(connection: AsyncConnection, agreement: Agreement) -> dict[str, int]:
    """Return the ids of all areas that the agreement names, as far as they exist."""
    codes = {*agreement.areas, *(target.area for target in agreement.targets)}
    rows = await connection.execute(
        select(area_table.c.code, area_table.c.area_id).where(area_table.c.code.in_(sorted(codes)))
    )
    return {row.code: row.area_id for row in rows}


def _unknown_areas(agreement: Agreement, areas: Mapping[str, int]) -> Iterable[Violation]:
    fields = {f"areas[{index}]": code for index, code in enumerate(agreement.areas)}
    fields |= {f"targets[{index}].area": target.area for index, target in enumerate(agreement.targets)}
    return [
        Violation(field, "no area has this code", "Take a code from /areas.")
        for field, code in fields.items()
        if code not in areas
    ]


async def _succeeded(connection: AsyncConnection, agreement: Agreement, violations: list[Violation]) -> int | None:
    """Return the id of the agreement before this one; one that cannot be is added to the violations."""
    if agreement.succeeds is None:
        return None
    statement = select(agreement_table.c.agreement_id).where(
        agreement_table.c.code == agreement.succeeds, agreement_table.c.code != agreement.code
    )
    found = (await connection.execute(statement)).scalar_one_or_none()
    if found is None:
        violations.append(Violation("succeeds", "no other agreement has this code", "Take a code from /agreements."))
    return found


async def _put_agreement(connection: AsyncConnection, agreement: Agreement, succeeds_id: int | None) -> int:
    values = {
        "title": agreement.title,
        "case_number": agreement.case_number,
        "parties": list(agreement.parties),
        "valid": _range(agreement.valid),
        "succeeds_id": succeeds_id,
    }
    statement = (
        upsert(agreement_table)
        .values(code=agreement.code, **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
        .returning(agreement_table.c.agreement_id)
    )
    agreement_id: int = (await connection.execute(statement)).scalar_one()
    return agreement_id


async def _put_areas(connection: AsyncConnection, agreement_id: int, area_ids: Iterable[int]) -> None:
    await connection.execute(delete(agreement_area).where(agreement_area.c.agreement_id == agreement_id))
    rows = [{"agreement_id": agreement_id, "area_id": area_id} for area_id in area_ids]
    await connection.execute(insert(agreement_area), rows)


async def _refuse_uncovered_targets(
    connection: AsyncConnection, agreement_id: int, agreement: Agreement, areas: Mapping[str, int]
) -> None:
    covered = set((await connection.execute(_COVERED, {"agreement_id": agreement_id})).scalars())
    violations = [
        Violation(f"targets[{index}].area", "lies outside the agreement's areas", "Name an area inside of them.")
        for index, target in enumerate(agreement.targets)
        if areas[target.area] not in covered
    ]
    if violations:
        raise InvalidAgreement("A target is set for an area that the agreement does not cover.", violations)


async def _drop_annexes(connection: AsyncConnection, agreement_id: int, agreement: Agreement) -> None:
    kept = [annex.number for annex in agreement.annexes]
    parameters = {"agreement_id": agreement_id, "kept": kept}
    used = (await connection.execute(_USED_ANNEXES, parameters)).all()
    if used:
        violations = [
            Violation("annexes", f"{row.activities} activities refer to annex {row.annex_number}", "Keep the annex.")
            for row in used
        ]
        raise AgreementInUse("Activities refer to an annex that would go.", violations)
    await connection.execute(_DROP_ANNEXES, parameters)


async def _put_annexes(connection: AsyncConnection, agreement_id: int, agreement: Agreement) -> None:
    for annex in agreement.annexes:
        values = {
            "theme": annex.theme,
            "title": annex.title,
            "title_en": annex.title_en,
            "valid": _range(annex.valid),
            "purpose": annex.purpose,
            "goals": list(annex.goals),
            "actions": list(annex.actions),
            "follow_up": list(annex.follow_up),
        }
        statement = upsert(annex_table).values(agreement_id=agreement_id, number=annex.number, **values)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["agreement_id", "number"], set_=values)
        )


async def _refuse_stranding(connection: AsyncConnection, agreement_id: int) -> None:
    stranded = (await connection.execute(_STRANDED, {"agreement_id": agreement_id})).scalar_one()
    if stranded:
        reason = f"{stranded} activities would lie outside the agreement's or their annex's days or areas"
        raise AgreementInUse(
            "Activities would lie outside of the agreement.", [Violation("validFrom", reason, "Keep them inside.")]
        )


async def _put_targets(
    connection: AsyncConnection, agreement_id: int, wanted: Collection[_TargetRow]
) -> set[_TargetRow]:
    """Make the agreement's targets the wanted ones, and return those that came or went."""
    rows = await connection.execute(_KEPT_TARGETS, {"agreement_id": agreement_id})
    kept = {_TargetRow(*columns): target_id for target_id, *columns in rows}
    gone = [target_id for row, target_id in kept.items() if row not in wanted]
    await connection.execute(delete(target_table).where(target_table.c.target_id.in_(gone)))
    new = [row for row in wanted if row not in kept]
    for row in new:
        values = {name: value for name, value in row._asdict().items() if name not in {"first", "last"}}
        valid = DateRange(row.first, row.last + _ONE_DAY)
        await connection.execute(insert(target_table).values(agreement_id=agreement_id, valid=valid, **values))
    return set(wanted) ^ set(kept)


async def _mark(connection: AsyncConnection, changed: Iterable[_TargetRow], today: date) -> None:
    """Mark every year up to today's that a changed target covers: its figures are judged again."""
    for area_id, indicator, year in {
        (row.area_id, row.indicator_code, year)
        for row in changed
        for year in range(row.first.year, min(row.last.year, today.year) + 1)
    }:
        await connection.execute(_MARK, {"area_id": area_id, "indicator_code": indicator, "year": year})


def _target_row(target: SetTarget, areas: Mapping[str, int]) -> _TargetRow:
    return _TargetRow(
        target.annex,
        target.indicator,
        areas[target.area],
        target.rule,
        target.value,
        target.upper_value,
        target.per,
        target.valid.first,
        target.valid.last,
        target.wording,
    )


def _range(span: Span) -> DateRange:
    return DateRange(span.first, span.last + _ONE_DAY)


_ONE_DAY = timedelta(days=1)
_COVERED = text(
    """SELECT descendant_id FROM agreement JOIN agreement_area USING (agreement_id)
       JOIN area_closure ON ancestor_id = area_id AND area_closure.valid && agreement.valid
       WHERE agreement_id = :agreement_id"""
)
_USED_ANNEXES = text(
    """SELECT annex_number, count(*) AS activities FROM activity
       WHERE agreement_id = :agreement_id AND annex_number <> ALL(CAST(:kept AS smallint[]))
       GROUP BY 1 ORDER BY 1"""
)
_DROP_ANNEXES = text(
    "DELETE FROM annex WHERE agreement_id = :agreement_id AND number <> ALL(CAST(:kept AS smallint[]))"
)
_STRANDED = text(
    """SELECT count(*) FROM activity
       JOIN agreement USING (agreement_id)
       LEFT JOIN annex ON annex.agreement_id = activity.agreement_id AND annex.number = activity.annex_number
       CROSS JOIN LATERAL (SELECT coalesce(period_on, start_on, end_on, reported_on, police_reported_on, completed_on)
                           AS day) AS counted
       WHERE activity.agreement_id = :agreement_id
         AND NOT (agreement.valid @> day AND coalesce(annex.valid @> day, true)
                  AND EXISTS (SELECT FROM agreement_area
                              JOIN area_closure ON ancestor_id = agreement_area.area_id
                              WHERE agreement_area.agreement_id = agreement.agreement_id
                                AND descendant_id = activity.area_id AND area_closure.valid @> day))"""
)
_KEPT_TARGETS = text(
    """SELECT target_id, annex_number, indicator_code, area_id, rule, value, upper_value, per,
              lower(valid), upper(valid) - 1, wording
       FROM target WHERE agreement_id = :agreement_id"""
)
# A whole scope of the municipality that holds the area; what no single one holds is judged in the pass for the levels
# above.
_MARK = text(
    """WITH whole AS (
           INSERT INTO dirty_mark (owner_id, year, ripens_on)
           SELECT home_id, :year, date '-infinity' FROM area WHERE area_id = :area_id AND home_id IS NOT NULL)
       INSERT INTO rollup_mark (series_id, area_id, year)
       SELECT series_id, area_id, :year FROM area, indicator_series
       WHERE area_id = :area_id AND home_id IS NULL AND indicator_code = :indicator_code"""
)
