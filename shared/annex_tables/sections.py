"""Which figures of an area's year stand under which heading: as agreements have them, and what none has at the end."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from shared.annex_tables.lines import COLUMNS, Section, TableLine, TableValue
from shared.annex_tables.wording import WORDS, name_with_unit
from shared.catalogue.observed import IN_YEAR
from shared.domain.period import Period, PeriodType
from shared.domain.reporting_day import reporting_day_of
from shared.domain.wording import Language, in_language, name_of_slice, name_sort_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg.types.range import Range
    from sqlalchemy import Connection, Row

    from shared.catalogue.indicator import IndicatorDefinition, Slice
    from shared.catalogue.loader import Catalogue

# An indicator and a slice, by their codes.
Series = tuple[str, str]
# The figures of a year, by series and by the type and first month of their period.
Figures = dict[Series, dict[tuple[str, int], TableValue]]

# The agreements that cover the area: what each follows by itself, and then its annexes.
_COVERING = f"""covering AS (
    SELECT agreement.agreement_id, agreement.code AS agreement, agreement.title, agreement.indicators,
           lower(agreement.valid) AS first, range_agg(agreement.valid * closure.valid) AS valid
    FROM area JOIN area_closure AS closure ON descendant_id = area.area_id
    JOIN agreement_area ON agreement_area.area_id = ancestor_id JOIN agreement USING (agreement_id)
    WHERE area.code = :area AND agreement.valid * closure.valid && {IN_YEAR}
    GROUP BY agreement.agreement_id)"""
# Of the agreements below, several may have an annex of the same theme: then it has no one number, and the title that
# most of them give it. These come last.
_PARTS = text(
    f"""WITH {_COVERING}
        SELECT false AS is_below, first, agreement, agreement_id, title, CAST(NULL AS smallint) AS number,
               CAST(NULL AS text) AS theme, CAST(NULL AS text) AS code, indicators, title AS sv, title AS en,
               '' AS purpose, ARRAY[]::text[] AS goals, valid, CAST(NULL AS smallint) AS place
        FROM covering
        UNION ALL
        SELECT false, first, agreement, agreement_id, covering.title, number, theme, annex.code, annex.indicators,
               annex.title, coalesce(title_en, annex.title), purpose, goals,
               datemultirange(annex.valid) * covering.valid, number
        FROM covering JOIN annex USING (agreement_id) WHERE datemultirange(annex.valid) * covering.valid && {IN_YEAR}
        UNION ALL
        SELECT true, NULL, NULL, NULL, NULL, CASE WHEN count(DISTINCT number) = 1 THEN min(number) END, theme, NULL,
               NULL, mode() WITHIN GROUP (ORDER BY annex.title),
               mode() WITHIN GROUP (ORDER BY coalesce(title_en, annex.title)), '', ARRAY[]::text[], NULL, min(number)
        FROM area JOIN area_closure AS closure ON ancestor_id = area.area_id
        JOIN agreement_area ON agreement_area.area_id = descendant_id
        JOIN agreement USING (agreement_id) JOIN annex USING (agreement_id)
        WHERE area.code = :area AND annex.valid * agreement.valid * closure.valid && {IN_YEAR}
          AND agreement_id NOT IN (SELECT agreement_id FROM covering) AND annex.indicators IS NULL
        GROUP BY theme
        ORDER BY is_below, first, agreement, place NULLS FIRST, theme"""
)
_TARGETED = text(
    f"""SELECT agreement_id, annex_number, theme, indicator_code, slice FROM target
        LEFT JOIN annex USING (agreement_id)
        JOIN area USING (area_id)
        WHERE area.code = :area AND target.valid && {IN_YEAR}
          AND (annex_number IS NULL AND annex.number IS NULL OR annex.number = annex_number) ORDER BY target_id"""
)


class YearData(NamedTuple):
    """What the tables of one area and year are made of."""

    catalogue: Catalogue
    figures: Figures
    language: Language
    year: int
    # The periods that are shown, the one that the tables are of last.
    columns: tuple[tuple[str, int], ...] = COLUMNS["tertial"]
    # What the area's own agreements call their annexes, by the codes of these.
    titles: Mapping[str, str] = MappingProxyType({})
    # As of which day it is told what observations are missing; None where that is not told.
    today: date | None = None


def rhythm_of(figures: Figures) -> str:
    """Return by which periods a year is shown: those that an agreement names, else tertials."""
    types = {period_type for of_series in figures.values() for period_type, _ in of_series}
    return next((rhythm for rhythm in COLUMNS if rhythm in types), "tertial")


class _Part(NamedTuple):
    """What a section is of: an annex, an agreement itself, or the annexes of a theme in the agreements below."""

    title: str
    # What it follows exactly; None: the list of its theme.
    listed: Sequence[Series] | None
    theme: str | None = None
    code: str | None = None
    # The series that it has targets of, in its order.
    targeted: Sequence[Series] = ()
    # Of an annex of the area's own agreements.
    agreement: str | None = None
    agreement_id: int | None = None
    number: int | None = None
    purpose: str = ""
    goals: Sequence[str] = ()
    in_force: Sequence[Range[date]] | None = None


def sections_of(connection: Connection, area: str, data: YearData) -> Iterator[Section]:
    """Yield a section for each part of the agreements, and one for what has figures though no part asks for it."""
    words = WORDS[data.language]
    displayed: set[Series] = set()
    rows = connection.execute(_PARTS, asked := {"area": area, "year": data.year}).all()
    data = data._replace(titles={row.code: getattr(row, data.language) for row in reversed(rows) if row.code})
    for part in _parts(connection, asked, rows, data.language):
        series = [one for one in _asked_for(part, data) if one in data.figures]
        displayed.update(series)
        lines = [_line(one, part, data) for one in series]
        where = (part.agreement, part.agreement_id, part.number)
        yield Section(part.title, lines, *where, part.purpose, tuple(part.goals), part.in_force)
    lines = []
    for code, definition in data.catalogue.indicators.items():
        if (code, "all") in data.figures and (code, "all") not in displayed:
            line = _line((code, "all"), None, data)
            in_parts = any((code, part) in displayed for part in definition.slices)
            lines.append(line._replace(name=words["inAll"].format(name=line.name)) if in_parts else line)
    yield Section(words["beyond"], sorted(lines, key=lambda line: name_sort_key(line.name)))


def _parts(
    connection: Connection, asked: Mapping[str, object], rows: Sequence[Row[Any]], language: Language
) -> Iterator[_Part]:
    targeted: dict[tuple[int, int | None], list[Series]] = defaultdict(list)
    by_theme: dict[str, list[Series]] = defaultdict(list)
    for agreement_id, number, theme, *series in connection.execute(_TARGETED, asked):
        targeted[agreement_id, number].append((series[0], series[1]))
        by_theme[theme].append((series[0], series[1]))
    own = [row for row in rows if not row.is_below]
    several = len({row.agreement for row in own if row.number is not None}) > 1
    for row in own:
        title = _title(row, language)
        listed = None if row.indicators is None else [(one.split("/")[0], one.split("/")[1]) for one in row.indicators]
        if several and row.number is not None:
            title = f"{title} ({row.title})"
        asked_for = targeted[row.agreement_id, row.number]
        found = (row.agreement, row.agreement_id, row.number, row.purpose, row.goals, (*row.valid,))
        yield _Part(title, listed, row.theme, row.code, asked_for, *found)
    themes = {row.theme for row in own}
    for row in rows:
        if row.is_below and row.theme not in themes:
            yield _Part(_title(row, language), None, row.theme, None, by_theme[row.theme])


def _title(row: Row[tuple[object, ...]], language: Language) -> str:
    title: str = getattr(row, language)
    return title if row.number is None else WORDS[language]["annex"].format(number=row.number, title=title)


def _asked_for(part: _Part, data: YearData) -> list[Series]:
    """Return the series of a part: its list in its order, and what else it has targets of.

    Of a theme's list, first those with targets, in the agreement's order. The others follow by their names, commitments
    last. An indicator of several annexes is listed under each by that annex's slice, if it has one.
    """
    targeted, known = part.targeted, data.catalogue.series
    if part.listed is not None:
        promised = [(code, own) for code, own in known if own == part.code and known[code, own].kind == "commitments"]
        return [one for one in dict.fromkeys((*part.listed, *targeted, *promised)) if one in known]
    order = {code: place for place, (code, _) in reversed(list(enumerate(targeted)))}
    definitions = [one for one in data.catalogue.indicators.values() if part.theme in one.themes or one.code in order]
    last = len(targeted)
    definitions.sort(
        key=lambda one: (
            one.kind == "commitments",
            order.get(one.code, last),
            name_sort_key(in_language(one.name, data.language)),
        )
    )
    return [(one.code, code) for one in definitions for code in _slices(one, part)]


def _slices(definition: IndicatorDefinition, part: _Part) -> Iterator[str]:
    """Yield the slices listed under an annex: its own, else the whole; and those that have a target themselves."""
    targets = [code for indicator, code in part.targeted if indicator == definition.code]
    slices = definition.slices_by_code
    own = [code for code, one in slices.items() if _is_own(one, part)]
    whole = own[-1] if own else "all"
    if part.theme in definition.themes or whole in targets:
        yield whole
    yield from (code for code in ("all", *slices) if code != whole and code in targets)


def _is_own(one: Slice, part: _Part) -> bool:
    """Tell whether a slice is of all under the annex, or under those of its theme. A slice by code comes later."""
    return not one.attributes and (
        (one.annex is not None and one.annex == part.theme)
        or (one.annex_code is not None and one.annex_code == part.code)
    )


def _line(series: Series, of: _Part | None, data: YearData) -> TableLine:
    definition, (code, part) = data.catalogue.series[series], series
    name = name_with_unit(definition, data.language)
    one = data.catalogue.indicators[code].slices_by_code.get(part)
    if one is not None and one.attributes:
        activity_type = data.catalogue.activity_types[definition.activity_types[0]]
        name = name_of_slice(name, one.name, one.attributes, activity_type, data.language)
    elif one is not None and one.name is not None and not (of and _is_own(one, of)):
        name = f"{name}, {data.titles.get(one.annex_code or '') or in_language(one.name, data.language)}"
    figures = data.figures[series]
    months = [("month", month, one.targets) for (kind, month), one in sorted(figures.items()) if kind == "month"]
    return TableLine(
        name,
        definition,
        tuple(figures.get(period) for period in data.columns),
        months,
        data.columns,
        part,
        observations=[*_observations(figures, data)],
    )


def _observations(figures: Mapping[tuple[str, int], TableValue], data: YearData) -> Iterator[tuple[Period, bool]]:
    """Yield the periods of which an observation should be there by now, and whether it is missing."""
    if data.today is None:
        return
    for (period_type, month), one in sorted(figures.items()):
        period = Period(PeriodType(period_type), date(data.year, month, 1))
        if one.is_asked_for and one.status != "notApplicable" and reporting_day_of(period.end) < data.today:
            yield period, one.status == "missing"
