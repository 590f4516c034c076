"""`samverkan values`: an area's year, a table for each annex: tertials, the year, the targets, whether they are met."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from sqlalchemy import text

from services.cli.database import migrated_database
from services.cli.errors import CommandError
from services.cli.sections import Figures, YearData, sections_of
from services.cli.tables import TableValue, print_sections
from services.cli.wording import WORDS
from shared.catalogue.loader import shipped_catalogue
from shared.db.engine import build_command_engine
from shared.domain.period import today
from shared.domain.wording import Language
from shared.facts.catalogue_in_force import LATEST_DEFINITIONS, SLICED_ANNEXES, catalogue_with, sliced_annexes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from shared.catalogue.loader import Catalogue


class UnknownAreaCode(CommandError):
    """No area has the code."""


_AREA = text("SELECT name FROM area WHERE code = :area")
_FIGURES = text(
    """SELECT indicator_code, slice, period_type, extract(month FROM period_start)::integer AS month,
              numerator, denominator, value, left_out, status, finality, months_arrived, targets,
              comparisons -> 'samePeriodLastYear' AS last_year
       FROM served_value
       WHERE area_code = :area AND (period_type <> 'month' OR jsonb_array_length(targets) > 0)
         AND period_start >= make_date(:year, 1, 1) AND period_start < make_date(:year + 1, 1, 1)"""
)
# In a running year without activities there are rows of nothing: a year is worth showing where something was observed.
_YEARS = text(
    """SELECT DISTINCT extract(year FROM period_start)::integer FROM indicator_value JOIN area USING (area_id)
       WHERE code = :area AND period_type = 'year' AND status = 'observed' ORDER BY 1"""
)


def show(
    area: Annotated[str, typer.Argument(help="An area's code, such as 1282.")],
    year: Annotated[
        int | None, typer.Argument(help="The latest in which something was observed, unless given.", min=1990, max=2079)
    ] = None,
    language: Annotated[Language, typer.Option(help="The language of the tables.")] = Language.SV,
) -> None:
    """Show an area's tertials and year against its targets, a table for each annex in force."""
    with migrated_database() as url, build_command_engine(url).connect() as connection:
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
        sections = list(
            sections_of(connection, area, year, YearData(_catalogue_in_force(connection), figures, language))
        )
        print_sections(console, f"{name} ({area}) {year}", year, sections, language)
    if {*years} - {year}:
        console.print(words["years"].format(years=", ".join(map(str, years))))


def _catalogue_in_force(connection: Connection) -> Catalogue:
    """Return what ships with what municipalities and agreements have added: the tables have their figures too."""
    catalogue = catalogue_with(shipped_catalogue(), connection.execute(LATEST_DEFINITIONS))
    return replace(catalogue, annexes=sliced_annexes(connection.execute(SLICED_ANNEXES)))
