"""What the agreement's pages and downloads show of an area's year: texts and raw numbers, and nothing of how they look.

The tables are those of the terminal (`shared.annex_tables`). A suppressed value has no numbers in any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.pages.agreement.comments import ValueComment, comments_of
from services.api.pages.agreement.commitments import CommitmentLine, commitments_of
from services.api.pages.agreement.expected import NOTHING_EXPECTED, ExpectedOfAnnex, expected_of
from shared.annex_tables.reading import Area, YearAsOf, first_year, read_period, read_year, years_with_values
from shared.completeness.sentences import missing_in_words
from shared.domain.period import PeriodType
from shared.expectations.recipients import is_named_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.agreement.areas import ReadableArea
    from shared.annex_tables.reading import AnnexTable, YearTables
    from shared.catalogue.loader import Catalogue
    from shared.domain.period import Period
    from shared.domain.wording import Language
    from shared.people.sessions import Person

# An agreement's code and an annex's number.
AnnexOf = tuple[str | None, int | None]


@dataclass(frozen=True, slots=True)
class YearRequest:
    """Whose year is asked for, by whom, in which language; without a year, the latest that has more than few values.

    Of a `period` it is the year as it was at its end. All but values can be left out: commitments, and what is
    expected, missing or late. A key is no person: who may see the area's facts by it learns all but people's names.
    """

    area: ReadableArea
    year: int | None
    language: Language
    person: Person | None
    today: date
    values_alone: bool = False
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class AnnexContent:
    """An annex: its table, what has been written about its values, what was promised, and what has not been reported.

    `gaps` sum up what of the year is missing, late or rests on little; `missing` names what the visitor may know of.
    `expected` is of today, and empty for other years than today's.
    """

    table: AnnexTable
    comments: tuple[ValueComment, ...]
    commitments: tuple[CommitmentLine, ...]
    gaps: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    expected: ExpectedOfAnnex = NOTHING_EXPECTED


@dataclass(frozen=True, slots=True)
class AgreementContent:
    """An area's year, annex by annex; `tables` has the columns, the legend and the heading of targets."""

    area: ReadableArea
    tables: YearTables
    annexes: tuple[AnnexContent, ...]
    # Those of which there are values, the year that is shown among them or not.
    years: tuple[int, ...]
    # Whether the year has not ended: its values are so far.
    is_running: bool
    # The present year, where an earlier one is shown since that has hardly any values yet.
    passed_over: int | None = None

    @property
    def year(self) -> int:
        """The year that is shown."""
        return self.tables.year

    @property
    def known_years(self) -> list[int]:
        """The years to choose from, the latest first: those that have values, and the one that is shown."""
        return sorted({*self.years, self.year}, reverse=True)

    @property
    def has_values(self) -> bool:
        """Whether there is anything in the tables."""
        return any(one.table.rows for one in self.annexes)


async def content_of(connection: AsyncConnection, catalogue: Catalogue, asked: YearRequest) -> AgreementContent:
    """Return an area's year as the visitor may see it."""
    area, language = asked.area, asked.language

    def read(sync: Connection) -> tuple[Mapping[int, int], YearTables]:
        years = years_with_values(sync, area.code)
        of_area = Area(area.area_id, area.code, area.name)
        if asked.period is not None and asked.period.type is not PeriodType.YEAR:
            return years, read_period(sync, catalogue, of_area, asked.period, language)
        year = asked.period.start.year if asked.period else asked.year or first_year(years, asked.today)
        as_of = None if asked.values_alone else asked.today
        return years, read_year(sync, catalogue, YearAsOf(of_area, year, language, as_of))

    years, tables = await connection.run_sync(read)
    passed_over = asked.today.year if asked.year is None and tables.year < asked.today.year else None
    is_running = tables.year == asked.today.year
    of_annexes: list[AnnexOf] = [(one.agreement, one.number) for one in tables.tables]
    comments = await comments_of(connection, area, tables) if area.is_own else []
    comments = [one for one in comments if one.period.end <= tables.period.end]
    commitments: Mapping[AnnexOf, Sequence[CommitmentLine]] = {}
    expected: Mapping[AnnexOf, ExpectedOfAnnex] = {}
    if not asked.values_alone:
        commitments = await commitments_of(connection, of_annexes, tables.year, asked.today, language)
    if not asked.values_alone and is_running and area.is_own:
        expected = await expected_of(connection, catalogue, asked)
    annexes = tuple(
        AnnexContent(
            table,
            tuple(comments_on(table, comments)),
            tuple(commitments.get(key, ())),
            tables.sums(table),
            tuple(_missing(table, asked)),
            expected.get(key, NOTHING_EXPECTED),
        )
        for table, key in zip(tables.tables, of_annexes, strict=True)
    )
    return AgreementContent(
        area, tables, tuple(one for one in annexes if _says_anything(one)), tuple(years), is_running, passed_over
    )


def comments_on(table: AnnexTable, comments: Iterable[ValueComment]) -> Iterator[ValueComment]:
    """Yield those of some comments that are on values of a table."""
    indicators = {row.indicator for row in table.rows}
    return (one for one in comments if one.indicator in indicators)


def _missing(table: AnnexTable, asked: YearRequest) -> list[str]:
    person = asked.person
    missing = table.completeness.missing
    named = [one for one in missing if person is None or is_named_to(one.expectation, person)]
    return missing_in_words(named, asked.language)


def _says_anything(annex: AnnexContent) -> bool:
    return bool(annex.table.rows or annex.commitments or annex.expected != NOTHING_EXPECTED)
