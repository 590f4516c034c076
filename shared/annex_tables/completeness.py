"""Whose figures lack what: what was expected under each annex, and beside each value what is missing and late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from shared.annex_tables.lines import NO_GAPS, Gaps
from shared.annex_tables.rows import STATUSES_WITHOUT_VALUE, is_little
from shared.completeness.reports import (
    Completeness,
    ExpectedReport,
    LittleValue,
    count_missing,
    each_once,
    of_period,
)
from shared.domain.period import Period, PeriodType
from shared.domain.reporting_day import reporting_day_of
from shared.expectations.expectation import AnnexKey, Expectation, ExpectationKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shared.annex_tables.lines import Section, TableLine
    from shared.catalogue.indicator import IndicatorDefinition
    from shared.completeness.reports import YearReports
    from shared.expectations.expectation import ExpectedPlace


def with_completeness(section: Section, reports: YearReports, place: ExpectedPlace, year: int) -> Section:
    """Return a section with what was expected under its annex in a year, and each value with what it lacks."""
    key = None
    if section.agreement is not None and section.agreement_id is not None:
        key = AnnexKey(section.agreement_id, section.agreement, section.number)
    expected = (*_expected_under(section, key, reports), *_observations(section, key, place))
    late = tuple(one for one in reports.late if key and (one.agreement, one.annex) == (key.agreement, key.number))
    lines = [line._replace(gaps=tuple(_gaps(line, expected, reports, year))) for line in section.lines]
    return section._replace(lines=lines, completeness=Completeness(tuple(each_once(expected)), late))


def little_in(lines: Iterable[TableLine], year: int) -> tuple[LittleValue, ...]:
    """Return the values that rest on little."""
    return tuple(
        LittleValue((line.definition.code, line.slice), line.name, period)
        for line in lines
        for period, value in zip(_periods(line, year), line.figures, strict=True)
        if value is not None and is_little(line.definition, value)
    )


def _expected_under(section: Section, key: AnnexKey | None, reports: YearReports) -> Iterator[ExpectedReport]:
    """Yield what was expected under a section's annex: while it is in force, visits where it follows these."""
    followed = {line.definition.code for line in section.lines}
    for one in reports.expected:
        if one.indicator in followed and _is_in_force(section, one.expectation.day):
            yield replace(one, expectation=replace(one.expectation, annex=key))
        elif one.indicator is None and key is not None and one.expectation.annex == key:
            yield one


def _observations(section: Section, key: AnnexKey | None, place: ExpectedPlace) -> Iterator[ExpectedReport]:
    """Yield the observations that a section's figures are made of and somebody is asked for."""
    for line in section.lines:
        for period, is_missing in line.observations:
            if not _is_in_force(section, period.end):
                continue
            expectation = Expectation(
                ExpectationKind.OBSERVATION,
                f"{line.definition.code}/{line.slice}/{place.code}/{period.type}/{period.end}",
                line.definition.name,
                place,
                key,
                period.end,
                reporting_day_of(period.end),
                period=period,
            )
            yield ExpectedReport(expectation, is_missing, line.definition.code, observes=_observed_by(line.definition))


def _observed_by(definition: IndicatorDefinition) -> tuple[str, ...]:
    """Return the measure that a definition observes, and its codes."""
    if definition.observes is None:
        return ()
    codes = definition.observes.codes
    return definition.observes.measure, *(sorted({one.code for one in codes.entries}) if codes else ())


def _is_in_force(section: Section, day: date) -> bool:
    return section.in_force is None or any(day in span for span in section.in_force)


def _gaps(line: TableLine, expected: Sequence[ExpectedReport], reports: YearReports, year: int) -> Iterator[Gaps]:
    awaited = each_once(one for one in expected if _belongs_to(one, line))
    if not awaited and (line.definition.code, line.slice) not in reports.late_in:
        return
    for period, value in zip(_periods(line, year), line.figures, strict=True):
        if value is None or value.status in STATUSES_WITHOUT_VALUE:
            yield NO_GAPS
            continue
        within = of_period(awaited, period)
        missing = count_missing(within)
        # What was planned and done is not there to be counted any more.
        is_of_known = all(one.expectation.kind is not ExpectationKind.PLANNED for one in within)
        late = reports.late_of((line.definition.code, line.slice), period)
        yield Gaps(missing, len(within) if missing and is_of_known else 0, late)


def _belongs_to(report: ExpectedReport, line: TableLine) -> bool:
    """Tell whether a figure would have what is missing in it; of one that is observed, its own status tells."""
    definition = line.definition
    match report.expectation.kind:
        case ExpectationKind.VISITS:
            return {*report.activity_types} == {*definition.activity_types}
        case ExpectationKind.PLANNED:
            return {*report.activity_types} <= {*definition.activity_types}
        case ExpectationKind.COMMITMENT:
            return definition.kind == "commitments" and not definition.promises_only
        case _:
            return False


def _periods(line: TableLine, year: int) -> Iterator[Period]:
    return (Period(PeriodType(period_type), date(year, month, 1)) for period_type, month in line.columns)
