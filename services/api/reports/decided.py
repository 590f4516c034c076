"""The report of a revision of a closed period: the document that was decided on, made again of what was kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from services.api.http.dependencies import release
from services.api.pages.agreement.chart_subjects import YEARS, chart_subjects_of
from services.api.pages.agreement.comments import comments_then
from services.api.pages.agreement.content import AgreementContent, AnnexContent, comments_on
from services.api.reports.charts import charts_of, rows_to_draw
from services.api.reports.closing import closing_then
from services.api.reports.reading import FIGURES, compose, titles_of
from shared.annex_tables.reading import Area, DecidedPeriod, read_decided
from shared.catalogue.indicator import IndicatorDefinition
from shared.closing.decided import Revision, agreements_with, closed_then, notes_then, values_then
from shared.closing.periods import find_period
from shared.closing.reading import closed_definitions
from shared.domain.errors import UnknownReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.dependencies import Resources
    from services.api.reports.reading import ReportRequest
    from shared.catalogue.loader import Catalogue
    from shared.report.content import Report


@dataclass(frozen=True, slots=True)
class Decided:
    """What a revision has of an area, with the other periods that were closed then: values as the API served them."""

    revision: Revision
    catalogue: Catalogue
    content: AgreementContent
    values: Sequence[dict[str, Any]]


async def decided_for(connection: AsyncConnection, catalogue: Catalogue, subject: ReportRequest) -> Decided:
    """Return what the revision has that a subject names.

    Raises:
        UnknownReport: there is no such revision, or several agreements have one and none is named.
    """
    area = subject.area
    revision = await _revision(connection, subject)
    # As far back as charts show parts of years.
    since = date(subject.period.start.year - YEARS + 1, 1, 1)
    then = await closed_then(connection, revision, area.area_id, since)
    values = await values_then(connection, then, area.code)
    catalogue = with_definitions(catalogue, await closed_definitions(connection, revision.found, revision.number))
    of_area = Area(area.area_id, area.code, area.name)
    asked = DecidedPeriod(of_area, subject.period, subject.language, revision.found.agreement)
    tables = await connection.run_sync(lambda sync: read_decided(sync, catalogue, asked, values))
    if not any(row.cells[-1].status in FIGURES for table in tables.tables for row in table.rows):
        raise UnknownReport("The area has no figures for this period.")
    notes = await notes_then(connection, then, area.code) if area.is_own else []
    comments = [one for one in comments_then(notes, tables) if one.period.start.year == tables.year]
    annexes = tuple(AnnexContent(table, tuple(comments_on(table, comments)), commitments=()) for table in tables.filled)
    content = AgreementContent(area, tables, annexes, (tables.year,), is_running=False)
    return Decided(revision, catalogue, content, values)


async def decided_report(
    resources: Resources, connection: AsyncConnection, decided: Decided, subject: ReportRequest
) -> Report:
    """Return the report on what was decided; its connection is given back before the charts are drawn."""
    content = decided.content
    closing, titles = await closing_then(connection, content, decided.revision), await titles_of(connection, content)
    await release(connection)
    rows = [] if subject.draws is None else [*rows_to_draw(content).values()]
    subjects = chart_subjects_of(decided.catalogue, content, rows, decided.values, subject.today)
    drawn = await charts_of(resources, content, subjects, subject.draws, subject.client)
    year = str(content.tables.year)
    of_year = [one["computedAt"] for one in decided.values if one["periodStart"].startswith(year)]
    return compose(content, titles, drawn, closing, datetime.fromisoformat(max(of_year)))


async def _revision(connection: AsyncConnection, subject: ReportRequest) -> Revision:
    number = subject.revision or 0
    having = await agreements_with(connection, subject.area.area_id, subject.period, number)
    if subject.agreement is not None:
        having = [one for one in having if one == subject.agreement]
    if not having:
        raise UnknownReport("The period has no such revision with figures of the area.")
    if len(having) > 1:
        codes = ", ".join(having)
        raise UnknownReport(f"Several agreements have such a revision: name one of {codes} in `agreement`.")
    return Revision(await find_period(connection, having[0], subject.period), number)


def with_definitions(catalogue: Catalogue, documents: Sequence[dict[str, Any]]) -> Catalogue:
    """Return a catalogue with the definitions that indicators had when a revision was made."""
    former = {one["code"]: IndicatorDefinition.model_validate(one) for one in documents}
    return replace(catalogue, written={**catalogue.written, **former})
