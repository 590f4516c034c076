"""`samverkan values`: an area's year, a table for each annex: tertials, the year, the targets, whether they are met."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from services.cli.database import migrated_database
from services.cli.errors import CommandError
from services.cli.tables import print_tables
from services.cli.wording import WORDS
from shared.annex_tables.reading import YearAsOf, area_of, first_year, read_year, years_with_values
from shared.catalogue.loader import shipped_catalogue
from shared.db.engine import build_command_engine
from shared.domain.errors import UnknownArea
from shared.domain.period import today
from shared.domain.wording import Language
from shared.facts.catalogue_in_force import LATEST_DEFINITIONS, SLICED_ANNEXES, catalogue_with, sliced_annexes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from shared.catalogue.loader import Catalogue


class UnknownAreaCode(CommandError):
    """No area has the code."""


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
    try:
        found = area_of(connection, area)
    except UnknownArea as error:
        text = f"No area has the code {area}. Municipalities have SCB's four digits, such as 1282."
        raise UnknownAreaCode(text) from error
    words = WORDS[language]
    years, day = years_with_values(connection, area), today()
    year = year or first_year(years, day)
    asked = YearAsOf(found, year, language, day)
    tables = read_year(connection, catalogue_in_force(connection), asked)
    if tables.filled:
        print_tables(console, f"{found.name} ({area}) {year}", tables)
    else:
        console.print(words["none"].format(area=f"{found.name} ({area})", year=year))
    if {*years} - {year}:
        console.print(words["years"].format(years=", ".join(map(str, years))))


def catalogue_in_force(connection: Connection) -> Catalogue:
    """Return what ships with what municipalities and agreements have added: the tables have their figures too."""
    catalogue = catalogue_with(shipped_catalogue(), connection.execute(LATEST_DEFINITIONS))
    return replace(catalogue, annexes=sliced_annexes(connection.execute(SLICED_ANNEXES)))
