"""The only writer of targets, for `shared.facts.agreements`. Where one changes, the figures it judges are marked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from psycopg.types.range import DateRange
from sqlalchemy import delete, insert, text

from shared.db.days import days_from
from shared.db.tables import target as target_table
from shared.domain.errors import InvalidAgreement, Violation
from shared.facts.marks import rollup_marks, scope_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy import Row
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
    percent: Decimal | None
    tolerance: Decimal | None
    per_inhabitants: int | None
    baseline: DateRange | None
    area_ids: tuple[int, ...]


async def put_targets(
    connection: AsyncConnection,
    agreement_id: int,
    targets: Sequence[SetTarget],
    areas: Mapping[str, int],
    today: date,
) -> None:
    """Make an agreement's targets the wanted ones; its areas and annexes are stored already. `areas` are ids by code.

    Raises:
        InvalidAgreement: a target is for an area that the agreement does not cover, or asks of an indicator what its
            figures cannot say.

    """
    await _refuse_uncovered(connection, agreement_id, targets, areas)
    await _refuse_senseless(connection, targets, areas)
    rows = [row for target in targets for row in _rows(target, areas)]
    changed = await _replace(connection, agreement_id, rows)
    await _mark(connection, changed, today)


async def _refuse_uncovered(
    connection: AsyncConnection, agreement_id: int, targets: Sequence[SetTarget], areas: Mapping[str, int]
) -> None:
    covered = set((await connection.execute(_COVERED, {"agreement_id": agreement_id})).scalars())
    violations = [
        Violation(target_field(index, target, at), "lies outside the agreement's areas", "Name an area inside of them.")
        for index, target in enumerate(targets)
        for at, code in enumerate(target.all_areas)
        if areas[code] not in covered
    ]
    if violations:
        raise InvalidAgreement("A target is set for an area that the agreement does not cover.", violations)


def target_field(index: int, target: SetTarget, at: int) -> str:
    """Return the field in which a target names the area that it has at a place."""
    return f"targets[{index}].area" if target.area is not None else f"targets[{index}].areas[{at}]"


async def _refuse_senseless(
    connection: AsyncConnection, targets: Sequence[SetTarget], areas: Mapping[str, int]
) -> None:
    """Refuse what a target asks of several areas, inhabitants or a baseline where the figures cannot say it."""
    special = [(index, one) for index, one in enumerate(targets) if one.areas or one.per_inhabitants or one.baseline]
    if not special:
        return
    series = {
        (row.indicator_code, row.slice): row
        for row in await connection.execute(_SERIES, {"codes": [one.indicator for _, one in special]})
    }
    violations: list[Violation] = []
    for index, target in special:
        of_series = series.get((target.indicator, target.slice))
        if of_series is not None:
            violations += _senseless(f"targets[{index}].", target, of_series)
        together = {areas[code]: at for at, code in enumerate(target.areas)}
        asked = {"area_ids": list(together), "first": target.valid.first, "last": target.valid.last}
        for area_id in (await connection.execute(_OVERLAPPING, asked)).scalars() if together else ():
            reason = "has places in common with another of the areas"
            field = target_field(index, target, together[area_id])
            violations.append(Violation(field, reason, "Name areas that do not overlap."))
    if violations:
        raise InvalidAgreement("A target asks what the indicator's figures cannot say.", violations)


def _senseless(field: str, target: SetTarget, series: Row[tuple[str, str, str, str, bool]]) -> Iterator[Violation]:
    accumulates = series.over_time != "last" and not series.is_share
    if target.areas and series.kind == "measured":
        remedy = "Set a target for each area, or for the area that holds them all."
        yield Violation(f"{field}areas", "a survey's figures of several areas make no figure together", remedy)
    if target.per_inhabitants is not None and not accumulates:
        remedy = "Leave it out, or take an indicator that counts."
        yield Violation(f"{field}perInhabitants", "a share or a state is no number per inhabitants", remedy)
    baseline = target.as_target().baseline
    if accumulates and baseline is not None:
        lengths = {span.month_count for span in target.spans.all()}
        if lengths != {baseline.month_count}:
            remedy = "Give a baseline of as many months as each of the target's spans."
            yield Violation(f"{field}baseline", "has another number of months than a span of the target", remedy)


async def _replace(connection: AsyncConnection, agreement_id: int, wanted: Collection[_TargetRow]) -> set[_TargetRow]:
    """Make the stored targets the wanted ones, and return those that came or went."""
    rows = await connection.execute(_STORED_TARGETS, {"agreement_id": agreement_id})
    stored = {_TargetRow._make((*columns, tuple(ids))): target_id for target_id, *columns, ids in rows}
    removed = [target_id for row, target_id in stored.items() if row not in wanted]
    await connection.execute(delete(target_table).where(target_table.c.target_id.in_(removed)))
    new = [row for row in wanted if row not in stored]
    for row in new:
        values = {name: value for name, value in row._asdict().items() if name not in {"first", "last"}}
        values["area_ids"] = list(row.area_ids)
        valid = days_from(row.first, row.last)
        await connection.execute(insert(target_table).values(agreement_id=agreement_id, valid=valid, **values))
    return set(wanted) ^ set(stored)


async def _mark(connection: AsyncConnection, changed: Iterable[_TargetRow], today: date) -> None:
    """Mark every year up to tomorrow's that a changed target covers: its figures are judged again.

    Tomorrow may have begun by the time this is committed.
    """
    for area_id, indicator, part, year in {
        (row.area_id, row.indicator_code, row.slice, year)
        for row in changed
        for year in range(row.first.year, min(row.last.year, (today + timedelta(days=1)).year) + 1)
    }:
        parameters = {"area_id": area_id, "indicator_code": indicator, "slice": part, "year": year}
        await connection.execute(_MARK, parameters)


def _rows(target: SetTarget, areas: Mapping[str, int]) -> Iterator[_TargetRow]:
    """Yield a row for each area that the target is judged in."""
    baseline = target.as_target().baseline
    together = tuple(sorted(areas[code] for code in target.areas))
    for code in target.all_areas:
        yield _TargetRow(
            target.annex,
            target.indicator,
            target.slice,
            areas[code],
            target.rule,
            target.value,
            target.upper_value,
            target.per,
            target.valid.first,
            target.valid.last,
            target.wording,
            target.percent,
            target.tolerance,
            target.per_inhabitants,
            None if baseline is None else days_from(baseline.start, baseline.end),
            together,
        )


_COVERED = text(
    """SELECT descendant_id FROM agreement JOIN agreement_area USING (agreement_id)
       JOIN area_closure ON ancestor_id = area_id AND area_closure.valid && agreement.valid
       WHERE agreement_id = :agreement_id"""
)
_SERIES = text(
    """SELECT indicator_code, slice, kind, over_time, is_share FROM indicator_series
       WHERE indicator_code = ANY(:codes)"""
)
# The areas that have something in common with another one on any of the days: one inside the other, or a place in both.
_OVERLAPPING = text(
    """WITH inside AS (SELECT ancestor_id, descendant_id, valid * daterange(:first, :last, '[]') AS valid
                       FROM area_closure WHERE ancestor_id = ANY(:area_ids)
                       UNION SELECT area_id, area_id, daterange(:first, :last, '[]') FROM area
                       WHERE area_id = ANY(:area_ids))
       SELECT DISTINCT one.ancestor_id FROM inside AS one JOIN inside AS other USING (descendant_id)
       WHERE one.ancestor_id <> other.ancestor_id AND one.valid && other.valid
       ORDER BY 1"""
)
_STORED_TARGETS = text(
    """SELECT target_id, annex_number, indicator_code, slice, area_id, rule, value, upper_value, per,
              lower(valid), upper(valid) - 1, wording, percent, tolerance, per_inhabitants, baseline, area_ids
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
