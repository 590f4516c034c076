"""`samverkan values`: an area's year, a table for each annex: tertials, the year, the targets, whether they are met."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from sqlalchemy import NullPool, create_engine, text

from services.cli.database import migrated_database
from services.cli.errors import CommandError
from services.cli.tables import PERIODS, Line, Section, TableValue, print_sections
from services.cli.wording import WORDS, name_with_unit
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import today
from shared.domain.wording import Language, in_language, name_of_slice, name_sort_key
from shared.facts.catalogue_in_force import LATEST_DEFINITIONS, catalogue_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue

# An indicator and a slice, by their codes.
Series = tuple[str, str]
# The figures of a year, by series and by the type and first month of their period.
Figures = dict[Series, dict[tuple[str, int], TableValue]]


class UnknownAreaCode(CommandError):
    """No area has the code."""


_AREA = text("SELECT name FROM area WHERE code = :area")
_FIGURES = text(
    """SELECT indicator_code, slice, period_type, extract(month FROM period_start)::integer AS month,
              numerator, denominator, value, left_out, status, finality, months_arrived, targets,
              comparisons -> 'samePeriodLastYear' AS last_year
       FROM served_value
       WHERE area_code = :area AND (period_type IN ('tertial', 'year') OR jsonb_array_length(targets) > 0)
         AND period_start >= make_date(:year, 1, 1) AND period_start < make_date(:year + 1, 1, 1)"""
)
# In a running year without activities there are rows of nothing: a year is worth showing where something was observed.
_YEARS = text(
    """SELECT DISTINCT extract(year FROM period_start)::integer FROM indicator_value JOIN area USING (area_id)
       WHERE code = :area AND period_type = 'year' AND status = 'observed' ORDER BY 1"""
)
_YEAR = "daterange(make_date(:year, 1, 1), make_date(:year + 1, 1, 1))"
# Above a municipality several agreements may have an annex of the same theme: then it has no one number, and the title
# that most of them give it.
_ANNEXES = text(
    f"""SELECT theme, CASE WHEN count(DISTINCT number) = 1 THEN min(number) END AS number,
               mode() WITHIN GROUP (ORDER BY annex.title) AS sv,
               mode() WITHIN GROUP (ORDER BY coalesce(title_en, annex.title)) AS en
        FROM area CROSS JOIN agreement_area
        JOIN area_closure AS closure ON (closure.descendant_id, closure.ancestor_id) IN (
            (area.area_id, agreement_area.area_id), (agreement_area.area_id, area.area_id))
        JOIN agreement USING (agreement_id) JOIN annex USING (agreement_id)
        WHERE area.code = :area AND annex.valid * agreement.valid * closure.valid && {_YEAR}
        GROUP BY theme ORDER BY min(number), theme"""
)
_TARGETED = text(
    f"""SELECT theme, indicator_code, slice FROM target
        JOIN annex ON annex.agreement_id = target.agreement_id AND annex.number = annex_number
        JOIN area USING (area_id)
        WHERE area.code = :area AND target.valid && {_YEAR} ORDER BY target_id"""
)


def show(
    area: Annotated[str, typer.Argument(help="An area's code, such as 1282.")],
    year: Annotated[
        int | None, typer.Argument(help="The latest in which something was observed, unless given.", min=1990, max=2079)
    ] = None,
    language: Annotated[Language, typer.Option(help="The language of the tables.")] = Language.SV,
) -> None:
    """Show an area's tertials and year against its targets, a table for each annex in force."""
    with migrated_database() as url, create_engine(url, poolclass=NullPool).connect() as connection:
        print_year(Console(), connection, area, year, language)


def print_year(console: Console, connection: Connection, area: str, year: int | None, language: Language) -> None:
    """Print the tables of one area and year, or of its latest year with values; and which years there are, if several.

    Raises:
        UnknownAreaCode: there is no such area.
    """
    name = connection.execute(_AREA, {"area": area}).scalar_one_or_none()
    if name is None:
        raise UnknownAreaCode(f"No area has the code {area}. Municipalities have SCB's four digits, such as 1282.")
    words = WORDS[language]
    years = connection.execute(_YEARS, {"area": area}).scalars().all()
    year = year or max(years, default=today().year)
    asked = {"area": area, "year": year}
    figures: Figures = defaultdict(dict)
    for code, part, period_type, month, *columns in connection.execute(_FIGURES, asked):
        figures[code, part][period_type, month] = TableValue(*columns)
    if not figures:
        console.print(words["none"].format(area=f"{name} ({area})", year=year))
    else:
        targeted: dict[str, list[Series]] = defaultdict(list)
        for theme, code, part in connection.execute(_TARGETED, asked):
            targeted[theme].append((code, part))
        data = _YearData(_catalogue_in_force(connection), figures, targeted, language)
        sections = list(_sections(connection.execute(_ANNEXES, asked).all(), data))
        print_sections(console, f"{name} ({area}) {year}", year, sections, language)
    if {*years} - {year}:
        console.print(words["years"].format(years=", ".join(map(str, years))))


class _YearData(NamedTuple):
    """What the tables of one area and year are made of."""

    catalogue: Catalogue
    figures: Figures
    # The series with targets of the year, by the theme of their annex.
    targeted: Mapping[str, Sequence[Series]]
    language: Language


def _catalogue_in_force(connection: Connection) -> Catalogue:
    """Return what ships with what municipalities have added: the tables have their figures too."""
    return catalogue_with(shipped_catalogue(), connection.execute(LATEST_DEFINITIONS))


def _sections(annexes: Iterable[Row[str, int | None, str, str]], data: _YearData) -> Iterator[Section]:
    """Yield a section for each annex, and one for what has figures though no annex asks for it."""
    words = WORDS[data.language]
    listed: set[Series] = set()
    for annex in annexes:
        series = [one for one in _asked_for(annex.theme, data) if one in data.figures]
        listed.update(series)
        title = getattr(annex, data.language)
        if annex.number is not None:
            title = words["annex"].format(number=annex.number, title=title)
        yield Section(title, [_line(one, data) for one in series])
    lines = []
    for code, definition in data.catalogue.indicators.items():
        if (code, "all") in data.figures and (code, "all") not in listed:
            line = _line((code, "all"), data)
            in_parts = any((code, part) in listed for part in definition.slices)
            lines.append(line._replace(name=words["inAll"].format(name=line.name)) if in_parts else line)
    yield Section(words["beyond"], sorted(lines, key=lambda line: name_sort_key(line.name)))


def _asked_for(theme: str, data: _YearData) -> list[Series]:
    """Return the series listed under an annex of the theme: first those with targets, in the agreement's order.

    The others follow by their names, commitments last. An indicator of several annexes is listed under each by that
    annex's slice, if it has one.
    """
    targeted = data.targeted.get(theme, ())
    order = {code: place for place, (code, _) in reversed(list(enumerate(targeted)))}
    definitions = [one for one in data.catalogue.indicators.values() if theme in one.themes]
    last = len(targeted)
    definitions.sort(
        key=lambda one: (
            one.kind == "commitments",
            order.get(one.code, last),
            name_sort_key(in_language(one.name, data.language)),
        )
    )
    return [(one.code, part) for one in definitions for part in _parts(one, theme, targeted)]


def _parts(definition: IndicatorDefinition, theme: str, targeted: Sequence[Series]) -> Iterator[str]:
    """Yield the slices listed under the theme: the annex's, else the whole; and those that have a target themselves."""
    slices = definition.slices_by_code
    own = [code for code, part in slices.items() if part.annex == theme and not part.attributes]
    whole = own[0] if own else "all"
    yield whole
    yield from (code for code in slices if code != whole and (definition.code, code) in targeted)


def _line(series: Series, data: _YearData) -> Line:
    definition, (code, part) = data.catalogue.series[series], series
    name = name_with_unit(definition, data.language)
    slices = data.catalogue.indicators[code].slices_by_code
    if part != "all" and (attributes := slices[part].attributes):
        activity_type = data.catalogue.activity_types[definition.activity_types[0]]
        name = name_of_slice(name, slices[part].name, attributes, activity_type, data.language)
    figures = data.figures[series]
    months = [("month", month, one.targets) for (kind, month), one in sorted(figures.items()) if kind == "month"]
    return Line(name, definition, tuple(figures.get(period) for period in PERIODS), months)
