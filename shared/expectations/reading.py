"""Reads what is expected and not there, kind by kind, by the rules that figures are computed by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, TextClause, text

from shared.catalogue.place_months import coverage_months, coverage_parts
from shared.db.area_nesting import AREAS_INSIDE
from shared.db.codes import find_area_ids
from shared.db.tables import person_report
from shared.db.tables.activity import HAS_OPEN_ITEMS
from shared.domain.period import Period, PeriodType
from shared.domain.reporting_day import first_day_asked_for, reporting_day_of
from shared.expectations.annexes import FollowedAnnex, annexes_in_force
from shared.expectations.commitments import DUE_COMMITMENTS, commitment_of, due_commitment
from shared.expectations.expectation import SOON, AnnexKey, Expectation, ExpectationKind, ExpectedPlace
from shared.expectations.observed import ASKED_FOR
from shared.expectations.places import PLACE, place_of
from shared.expectations.planned import select_unreported, unreported_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue

_INSIDE = f"area.area_id IN ({AREAS_INSIDE})"
_COMMITMENTS = text(
    f"""SELECT {due_commitment()}
        FROM {DUE_COMMITMENTS}
        WHERE progress.due_on BETWEEN :first AND :soon AND {_INSIDE}
          -- what was decided after its day is done, though the commitment is not fulfilled
          AND NOT progress.is_fulfilled AND progress.decided_on IS NULL
          AND (withdrawn_on > CAST(:as_of AS date)) IS NOT FALSE
        ORDER BY due_on, agreement.code, commitment.code, area.name_sort_key"""
)
_ITEMS, _ITEMS_OF_REPORTER = (
    text(
        f"""SELECT activity_id, activity_type, period_on, annex_number, agreement_id, agreement.code AS agreement,
                   jsonb_array_length(open) AS number, person_report.person_id, {PLACE}
            FROM activity JOIN area USING (area_id) JOIN agreement USING (agreement_id)
            LEFT JOIN person_report USING (activity_id)
            CROSS JOIN LATERAL (
                SELECT jsonb_path_query_array(attributes -> :name, '$[*] ? (@.state == "open")') AS open) AS items
            WHERE activity_type = :type AND status = 'performed' AND duplicate_of IS NULL AND period_on >= :first
              AND {HAS_OPEN_ITEMS} AND open <> '[]' AND {_INSIDE} {whose}
            ORDER BY period_on, area.name_sort_key, activity_id"""
    )
    for whose in ("", "AND person_report.person_id = :reporter")
)
_OBSERVATIONS = text(
    f"""SELECT indicator_code, slice, period_type, period_end, {PLACE}
        FROM served_value JOIN area USING (area_id)
        WHERE status = 'missing' AND period_end >= :first AND period_end < :as_of AND {_INSIDE}
          AND {ASKED_FOR}
          -- nothing is asked for without a target; of values with one there is an index, which the view hides
          AND (series_id, area_id, period_type, period_start) IN (
              SELECT series_id, area_id, period_type, period_start FROM indicator_value WHERE targets IS NOT NULL)
        ORDER BY period_end, indicator_code, slice, area.name_sort_key"""
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: of which areas, by their ids, with all that lies in them, by which definitions, on which day.

    With a `reporter` only what may be theirs to report is asked for: neither what others' reports lead to, nor
    observations.
    """

    areas: frozenset[int]
    catalogue: Catalogue
    today: date
    reporter: UUID | None = None

    @property
    def first(self) -> date:
        """The first day of which anything is still asked for."""
        return first_day_asked_for(self.today)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that the statements share."""
        return {"areas": [*self.areas], "day": self.today, "as_of": self.today, "first": self.first}


async def expectations(connection: AsyncConnection, question: Question) -> list[Expectation]:
    """Return all that is expected in the areas and not there, by the day on which it is due."""
    annexes = await annexes_in_force(connection, question.catalogue, question.areas, question.first, question.today)
    found = [
        *await _visits(connection, question, annexes),
        *await _commitments(connection, question),
        *await _planned(connection, question),
        *await _items(connection, question),
        *(await _observations(connection, question, annexes) if question.reporter is None else ()),
    ]
    return sorted(found, key=lambda one: (one.due_on, one.kind, one.place.name, one.key))


async def _visits(
    connection: AsyncConnection, question: Question, annexes: tuple[FollowedAnnex, ...]
) -> list[Expectation]:
    """Return the months in which places lack the activities that an indicator expects, by the rule of its figure."""
    found = []
    for code, definition in question.catalogue.indicators.items():
        if definition.expects is None or not any(code in annex.indicators for annex in annexes):
            continue
        owner = await _owner_ids(connection, question.catalogue, code)
        for row in await connection.execute(_lacking(definition), question.parameters):
            place, day = place_of(row), min(row.counted_on, question.today)
            annex = _following(annexes, code, place, day)
            if annex is None or (owner is not None and owner.isdisjoint(place.around)):
                continue
            activity_type = question.catalogue.activity_types[definition.activity_types[0]]
            found.append(
                Expectation(
                    ExpectationKind.VISITS,
                    f"{code}/{place.code}/{day:%Y-%m}",
                    activity_type.name,
                    place,
                    annex,
                    day,
                    Period.containing(PeriodType.MONTH, day).end,
                    activity_type=activity_type.code,
                )
            )
    return found


def _lacking(definition: IndicatorDefinition) -> TextClause:
    """Return the SELECT of the places and months in which the visits expected have not been made."""
    place_months = f"""(SELECT area_id, month FROM {coverage_months(definition, AREAS_INSIDE)} AS every
                        WHERE month BETWEEN :first AND :as_of)"""
    return text(
        f"""SELECT part.counted_on, {PLACE}
            FROM ({coverage_parts(definition, place_months)}) AS part JOIN area USING (area_id)
            WHERE numerator = 0"""
    )


async def _owner_ids(connection: AsyncConnection, catalogue: Catalogue, code: str) -> set[int] | None:
    """Return the ids of the areas whose own an indicator is; None if it is everybody's."""
    owner = catalogue.owners.get(code)
    if owner is None:
        return None
    return {*(await find_area_ids(connection, owner.areas)).values()}


async def _commitments(connection: AsyncConnection, question: Question) -> list[Expectation]:
    """Return the commitments that are due soon, or were, and are not fulfilled."""
    rows = await connection.execute(_COMMITMENTS, {**question.parameters, "soon": question.today + SOON})
    return [commitment_of(row) for row in rows]


async def _planned(connection: AsyncConnection, question: Question) -> list[Expectation]:
    """Return the activities that were planned for a day that has passed, of agreements that are not long over."""
    statement = select_unreported(question.today).where(text(_INSIDE), text("upper(agreement.valid) > :first"))
    if question.reporter is not None:
        statement = statement.where(person_report.c.person_id == question.reporter)
    rows = await connection.execute(statement, question.parameters)
    return [
        unreported_of(row, question.catalogue) for row in rows if row.activity_type in question.catalogue.activity_types
    ]


async def _items(connection: AsyncConnection, question: Question) -> list[Expectation]:
    """Return the lists with open items. They are due with the year: in autumn spring's walks are walked again."""
    asked = {**question.parameters, "first": question.first.replace(month=1, day=1), "reporter": question.reporter}
    statement = _ITEMS if question.reporter is None else _ITEMS_OF_REPORTER
    found = []
    for code, name in _lists(question.catalogue):
        rows = await connection.execute(statement, {**asked, "type": code, "name": name})
        found += [
            Expectation(
                ExpectationKind.ITEMS,
                f"{row.activity_id}/{name}",
                question.catalogue.activity_types[code].name,
                place_of(row),
                _annex(row),
                row.period_on,
                row.period_on.replace(month=12, day=31),
                activity_id=row.activity_id,
                reported_by=row.person_id,
                number=row.number,
            )
            for row in rows
        ]
    return found


def _lists(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield the types with lists of items, each with the attribute's name."""
    for code, activity_type in catalogue.activity_types.items():
        yield from ((code, name) for name, one in activity_type.attributes.items() if one.kind == "items")


async def _observations(
    connection: AsyncConnection, question: Question, annexes: Collection[FollowedAnnex]
) -> list[Expectation]:
    """Return what targets in force are judged by and has not arrived, of periods that have ended."""
    found = []
    for row in await connection.execute(_OBSERVATIONS, question.parameters):
        annex = _following(annexes, row.indicator_code, place_of(row), row.period_end)
        if annex is not None:
            found.append(
                Expectation(
                    ExpectationKind.OBSERVATION,
                    f"{row.indicator_code}/{row.slice}/{row.area_code}/{row.period_type}/{row.period_end}",
                    question.catalogue.indicators[row.indicator_code].name,
                    place_of(row),
                    annex,
                    row.period_end,
                    reporting_day_of(row.period_end),
                    period=Period.containing(PeriodType(row.period_type), row.period_end),
                )
            )
    return found


def _following(annexes: Iterable[FollowedAnnex], indicator: str, place: ExpectedPlace, day: date) -> AnnexKey | None:
    """Return the annex under which an indicator is followed at a place on a day."""
    found = (one.key for one in annexes if indicator in one.indicators and one.covers(place.around, day))
    return next(found, None)


def _annex(row: Row[Any]) -> AnnexKey:
    return AnnexKey(row.agreement_id, row.agreement, row.annex_number)
