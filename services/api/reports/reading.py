"""Reads what a report says: the content of the agreement's page, as of the period's end, with its charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.api.http.dependencies import release
from services.api.pages.agreement.areas import ReadableArea
from services.api.pages.agreement.chart_subjects import chart_subjects
from services.api.pages.agreement.content import YearRequest, content_of
from services.api.pages.agreement.summary import judgements_in
from services.api.reports.charts import charts_of, rows_to_draw
from services.api.reports.closing import closing_of
from shared.annex_tables.reading import first_year
from shared.completeness.reports import Completeness
from shared.completeness.sentences import sums_in_words
from shared.domain.errors import InvalidPeriod, UnknownReport
from shared.domain.period import Period, PeriodType
from shared.expectations.expectation import ExpectationKind
from shared.report.content import AnnexReport, Comment, Commitment, MissingReport, Report
from shared.report.findings import findings_in
from shared.report.wording import without_stop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.dependencies import Resources
    from services.api.pages.agreement.comments import ValueComment
    from services.api.pages.agreement.commitments import CommitmentLine
    from services.api.pages.agreement.content import AgreementContent, AnnexContent
    from services.api.reports.charts import DrawnCharts
    from services.api.reports.closing import Closing
    from shared.annex_tables.reading import AnnexTable
    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language
    from shared.people.sessions import Person

_AGREEMENTS = text(
    "SELECT title FROM agreement WHERE agreement_id = ANY(:agreements) ORDER BY lower(valid), agreement_id"
)
_CHANGED = text(
    """SELECT max(computed_at) FROM served_value
       WHERE series_id = ANY(ARRAY(SELECT series_id FROM indicator_series)) AND area_id = :area
         AND period_start >= :first AND period_end <= :last"""
)
# What there is to show; what is missing is no figure.
FIGURES = frozenset({"observed", "zero", "suppressed"})
_PERIODS = text(
    """SELECT DISTINCT period_type, period_start FROM indicator_value
       WHERE series_id = ANY(ARRAY(SELECT series_id FROM indicator_series)) AND area_id = :area
         AND period_type <> 'month' AND period_start <= CAST(:today AS date) AND status = ANY(:figures)
         AND EXISTS (SELECT FROM agreement JOIN agreement_area USING (agreement_id)
                     JOIN area_closure AS closure ON ancestor_id = agreement_area.area_id
                     WHERE descendant_id = :area AND agreement.valid * closure.valid
                           && daterange(period_start, next_period_start(period_type, period_start)))
       ORDER BY period_start DESC, period_type"""
)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What a report is about, for whom: `draws` says as what its charts are drawn, None that they are not.

    `client` is whoever has one of the places for files, and a turn to have charts drawn.
    """

    client: str
    area: ReadableArea
    period: Period
    language: Language
    today: date
    # None where a key asks.
    person: Person | None = None
    draws: str | None = "svg"
    # Which revision of the period is reported on as it was decided on, and of which agreement; None: as things are now.
    revision: int | None = None
    agreement: str | None = None


def period_of(code: str) -> Period:
    """Return the period that a report can be of, by its code in any case.

    Raises:
        UnknownReport: there is no such period, or it is a month.
    """
    try:
        period = Period.parse(code.upper())
    except InvalidPeriod as error:
        raise UnknownReport("A report is named by an area's code and a period, such as 1282~2016-t1.") from error
    if period.type is PeriodType.MONTH:
        raise UnknownReport("A report is of a tertial, a quarter, a half-year or a year, not of a month.")
    return period


async def periods_to_report(connection: AsyncConnection, area: ReadableArea, today: date) -> list[Period]:
    """Return the periods of which there is a report, the shorter before the year that they are in, the latest first."""
    asked = {"area": area.area_id, "today": today, "figures": [*FIGURES]}
    found = [Period(PeriodType(kind), start) for kind, start in await connection.execute(_PERIODS, asked)]
    return sorted(found, key=lambda one: (one.start.year, one.end, -one.type.month_count), reverse=True)


def year_to_report(asked: int | None, years: Sequence[int], with_values: Mapping[int, int], today: date) -> int:
    """Return the year whose reports are shown: the one asked for, else the one that the agreement's page begins with.

    `years` are those of which there are reports, the latest first; of another one the latest is shown.
    """
    if asked is not None and asked in years:
        return asked
    first = first_year(with_values, today)
    return first if first in years else next(iter(years), today.year)


async def content_for(connection: AsyncConnection, catalogue: Catalogue, subject: ReportRequest) -> AgreementContent:
    """Return the content of the agreement's page as of the period's end.

    Raises:
        UnknownReport: no agreement covers the area then, or there are no figures.
    """
    asked = YearRequest(subject.area, None, subject.language, subject.person, subject.today, period=subject.period)
    content = await content_of(connection, catalogue, asked)
    if not any(annex.table.agreement for annex in content.annexes):
        raise UnknownReport("No agreement covers the area in this period, and a report is of an agreement's annexes.")
    cells = (row.cells[-1] for annex in content.annexes for row in annex.table.rows)
    if not any(cell.status in FIGURES for cell in cells):
        raise UnknownReport("The area has no figures for this period.")
    return content


async def report_of(
    resources: Resources,
    connection: AsyncConnection,
    catalogue: Catalogue,
    content: AgreementContent,
    subject: ReportRequest,
) -> Report:
    """Return the report on a content; its connection is given back before the charts are drawn."""
    rows = [] if subject.draws is None else [*rows_to_draw(content).values()]
    subjects = await chart_subjects(connection, catalogue, content, rows, subject.today)
    closing, changed_at = await closing_of(connection, catalogue, content), await _changed_at(connection, content)
    titles = await titles_of(connection, content)
    await release(connection)
    drawn = await charts_of(resources, content, subjects, subject.draws, subject.client)
    return compose(content, titles, drawn, closing, changed_at)


async def titles_of(connection: AsyncConnection, content: AgreementContent) -> Sequence[str]:
    """Return the titles of the agreements that a content is of."""
    agreements = [*{one.table.agreement_id for one in content.annexes if one.table.agreement_id is not None}]
    return (await connection.execute(_AGREEMENTS, {"agreements": agreements})).scalars().all()


def compose(
    content: AgreementContent,
    titles: Sequence[str],
    drawn: DrawnCharts,
    closing: Closing,
    changed_at: datetime,
) -> Report:
    """Return a report of its parts."""
    annexes = tuple(_annex(one, content, drawn) for one in content.annexes)
    return Report(
        content.tables.language,
        content.area.name,
        content.tables,
        tuple(titles),
        changed_at,
        findings_in(annexes, content.tables),
        tuple(judgements_in([one.table for one in content.annexes])),
        annexes,
        drawn.left_out,
        content.tables.legend(tells_interval=True, has_marks=True),
        closing.state,
        closing.revisions,
    )


async def _changed_at(connection: AsyncConnection, content: AgreementContent) -> datetime:
    period = content.tables.period
    asked = {"area": content.area.area_id, "first": content.tables.columns[0].period.start, "last": period.end}
    changed: datetime = (await connection.execute(_CHANGED, asked)).scalar_one()
    return changed


def _annex(annex: AnnexContent, content: AgreementContent, drawn: DrawnCharts) -> AnnexReport:
    table = annex.table
    expected = [MissingReport(one.what, one.when, one.who, one.is_late) for one in annex.expected.lines]
    return AnnexReport(
        table.title,
        table.purpose,
        tuple(table.goals),
        table.rows,
        tuple(drawn.of(table)),
        tuple(_commitment(one) for one in annex.commitments),
        tuple(dict.fromkeys(row.name for row in table.rows if row.cells[-1].status in {None, "missing"})),
        tuple(expected),
        tuple(_comment(one) for one in annex.comments),
        content.area.is_own,
        # What is expected now is said by name.
        gaps=(*annex.gaps, *(() if expected else (f"{without_stop(one)}." for one in annex.missing))),
        missing_reports=_missing_reports(table, content.tables.language),
    )


def _missing_reports(table: AnnexTable, language: Language) -> str:
    expected = (one for one in table.completeness.expected if one.expectation.kind is not ExpectationKind.COMMITMENT)
    return next(iter(sums_in_words(Completeness(tuple(expected)), language)), "")


def _comment(line: ValueComment) -> Comment:
    is_former = line.is_former and not line.is_removed
    return Comment(line.name, line.period_name, line.noted_on, line.text, line.is_after_closing, is_former)


def _commitment(line: CommitmentLine) -> Commitment:
    outcome = ". ".join(filter(None, (", ".join(filter(None, (line.state_text, line.done))), without_stop(line.said))))
    return Commitment(line.text, line.parties, line.is_promise, line.due_on, line.state, outcome)
