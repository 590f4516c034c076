"""The only writer of targets, for `shared.facts.agreements`. Where one changes, the figures it judges are marked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from psycopg.types.range import DateRange
from sqlalchemy import delete, insert, text

from shared.db.tables import target as target_table
from shared.domain.errors import InvalidAgreement, Violation
from shared.facts.marks import rollup_marks, scope_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.agreement import SetTarget


class _TargetRow(NamedTuple):
    """A target as the table has it, but for the agreement's id and its own."""

    annex_number: int | None
    indicator_code: str
    slice: str
    area_id: int
    rule: str
    value: Decimal | None
    upper_value: Decimal | None
    per: str
    first: date
    last: date
    wording: str | None


async def put_targets(
    connection: AsyncConnection,
    agreement_id: int,
    targets: Sequence[SetTarget],
    areas: Mapping[str, int],
    today: date,
) -> None:
    """Make an agreement's targets the wanted ones; its areas and annexes are stored already. `areas` are ids by code.

    Raises:
        InvalidAgreement: a target is for an area that the agreement does not cover.

    """
    await _refuse_uncovered(connection, agreement_id, targets, areas)
    changed = await _replace(connection, agreement_id, [_row(target, areas) for target in targets])
    await _mark(connection, changed, today)


async def _refuse_uncovered(
    connection: AsyncConnection, agreement_id: int, targets: Sequence[SetTarget], areas: Mapping[str, int]
) -> None:
    covered = set((await connection.execute(_COVERED, {"agreement_id": agreement_id})).scalars())
    violations = [
        Violation(f"targets[{index}].area", "lies outside the agreement's areas", "Name an area inside of them.")
        for index, target in enumerate(targets)
        if areas[target.area] not in covered
    ]
    if violations:
        raise InvalidAgreement("A target is set for an area that the agreement does not cover.", violations)


async def _replace(connection: AsyncConnection, agreement_id: int, wanted: Collection[_TargetRow]) -> set[_TargetRow]:
    """Make the stored targets the wanted ones, and return those that came or went."""
    rows = await connection.execute(_STORED_TARGETS, {"agreement_id": agreement_id})
    stored = {_TargetRow(*columns): target_id for target_id, *columns in rows}
    removed = [target_id for row, target_id in stored.items() if row not in wanted]
    await connection.execute(delete(target_table).where(target_table.c.target_id.in_(removed)))
    new = [row for row in wanted if row not in stored]
    for row in new:
        values = {name: value for name, value in row._asdict().items() if name not in {"first", "last"}}
        valid = DateRange(row.first, row.last + _ONE_DAY)
        await connection.execute(insert(target_table).values(agreement_id=agreement_id, valid=valid, **values))
    return set(wanted) ^ set(stored)


async def _mark(connection: AsyncConnection, changed: Iterable[_TargetRow], today: date) -> None:
    """Mark every year up to today's that a changed target covers: its figures are judged again."""
    for area_id, indicator, part, year in {
        (row.area_id, row.indicator_code, row.slice, year)
        for row in changed
        for year in range(row.first.year, min(row.last.year, today.year) + 1)
    }:
        parameters = {"area_id": area_id, "indicator_code": indicator, "slice": part, "year": year}
        await connection.execute(_MARK, parameters)


def _row(target: SetTarget, areas: Mapping[str, int]) -> _TargetRow:
    return _TargetRow(
        target.annex,
        target.indicator,
        target.slice,
        areas[target.area],
        target.rule,
        target.value,
        target.upper_value,
        target.per,
        target.valid.first,
        target.valid.last,
        target.wording,
    )


_ONE_DAY = timedelta(days=1)
_COVERED = text(
    """SELECT descendant_id FROM agreement JOIN agreement_area USING (agreement_id)
       JOIN area_closure ON ancestor_id = area_id AND area_closure.valid && agreement.valid
       WHERE agreement_id = :agreement_id"""
)
_STORED_TARGETS = text(
    """SELECT target_id, annex_number, indicator_code, slice, area_id, rule, value, upper_value, per,
              lower(valid), upper(valid) - 1, wording
       FROM target WHERE agreement_id = :agreement_id"""
)
_MARK_MUNICIPALITY = scope_marks(
    """SELECT municipality_id, :year, NULL, date '-infinity' FROM area
       WHERE area_id = :area_id AND municipality_id IS NOT NULL"""
)
# A whole scope of the municipality that holds the area; what no single one holds is judged in the pass for the levels
# above.
_MARK = text(
    f"WITH whole AS ({_MARK_MUNICIPALITY}) "
    + rollup_marks(
        """SELECT series_id, area_id, :year FROM area, indicator_series
           WHERE area_id = :area_id AND municipality_id IS NULL AND indicator_code = :indicator_code
             AND slice = :slice"""
    )
)
