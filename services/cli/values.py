"""`samverkan values`: an area's year as a table: tertials, the year, the targets, and whether they are met."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy import NullPool, create_engine, text

from services.cli.database import reachable_database
from services.cli.errors import CommandError
from shared.catalogue.indicator import THEMES, IndicatorDefinition
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import today

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


class Language(StrEnum):
    """The language of a table."""

    SV = "sv"
    EN = "en"


class UnknownAreaCode(CommandError):
    """No area has the code."""


class Figure(NamedTuple):
    """One value of the read model."""

    indicator: str
    period_type: str
    month: int
    numerator: Decimal | None
    denominator: Decimal | None
    left_out: int
    targets: list[dict[str, Any]]


WORDS = {
    Language.SV: {
        "indicator": "Indikator",
        "year": "Året",
        "target": "Mål för året",
        "met": "nått",
        "onCourse": "på väg",
        "atRisk": "i fara",
        "missed": "ej nått",
        "notJudged": "ej bedömt",
        "judgement": "Nått?",
        "atMost": "högst {value}",
        "atLeast": "minst {value}",
        "between": "mellan {value} och {upperValue}",
        "lessThanBefore": "lägre än året före",
        "moreThanBefore": "högre än året före",
        "notBelowBefore": "inte lägre än året före",
        "leftOut": "+n: fall som räknas för sig, för att tiden inte gått ut eller uppgifter saknas.",
        "none": "Inga siffror för {area} {year}.",
    },
    Language.EN: {
        "indicator": "Indicator",
        "year": "The year",
        "target": "Target for the year",
        "met": "met",
        "onCourse": "on course",
        "atRisk": "at risk",
        "missed": "missed",
        "notJudged": "not judged",
        "judgement": "Met?",
        "atMost": "at most {value}",
        "atLeast": "at least {value}",
        "between": "between {value} and {upperValue}",
        "lessThanBefore": "lower than the year before",
        "moreThanBefore": "higher than the year before",
        "notBelowBefore": "not lower than the year before",
        "leftOut": "+n: cases counted apart, since their time is not up or too little is known.",
        "none": "No figures for {area} in {year}.",
    },
}
STYLES = {"met": "green", "onCourse": "green", "atRisk": "yellow", "missed": "red", "notJudged": "dim"}
TERTIAL_STARTS = (1, 5, 9)

_AREA = text("SELECT name FROM area WHERE code = :area")
_FIGURES = text(
    """SELECT indicator_code, period_type, extract(month FROM period_start)::integer, numerator, denominator, left_out,
              coalesce(targets, '[]') AS targets
       FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)
       WHERE area.code = :area AND slice = 'all' AND period_type IN ('tertial', 'year')
         AND period_start >= make_date(:year, 1, 1) AND period_start < make_date(:year + 1, 1, 1)"""
)


def show(
    area: Annotated[str, typer.Argument(help="An area's code, such as 1282.")],
    year: Annotated[int | None, typer.Argument(help="This year unless given.", min=1990, max=2079)] = None,
    language: Annotated[Language, typer.Option(help="The language of the table.")] = Language.SV,
) -> None:
    """Show an area's tertials and year against its targets."""
    with reachable_database() as url, create_engine(url, poolclass=NullPool).connect() as connection:
        print_year(Console(), connection, area, year or today().year, language)


def print_year(console: Console, connection: Connection, area: str, year: int, language: Language) -> None:
    """Print the table of one area and year.

    Raises:
        UnknownAreaCode: there is no such area.
    """
    name = connection.execute(_AREA, {"area": area}).scalar_one_or_none()
    if name is None:
        raise UnknownAreaCode(f"No area has the code {area}. Municipalities have SCB's four digits, such as 1282.")
    rows = connection.execute(_FIGURES, {"area": area, "year": year})
    figures = [Figure(*row) for row in rows]
    words = WORDS[language]
    if not figures:
        console.print(words["none"].format(area=f"{name} ({area})", year=year))
        return
    console.print(_table(f"{name} ({area}) {year}", figures, language))
    if any(figure.left_out for figure in figures):
        console.print(words["leftOut"], style="dim")


def _table(title: str, figures: Iterable[Figure], language: Language) -> Table:
    words = WORDS[language]
    table = Table(
        Column(words["indicator"], min_width=14, overflow="fold"),
        *[Column(name, justify="right", no_wrap=True) for name in ("T1", "T2", "T3", words["year"])],
        Column(words["target"], min_width=10),
        Column(words["judgement"], min_width=8),
        title=title,
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    by_indicator: dict[str, dict[tuple[str, int], Figure]] = defaultdict(dict)
    for figure in figures:
        by_indicator[figure.indicator][figure.period_type, figure.month] = figure
    theme = None
    for definition in sorted(shipped_catalogue().indicators.values(), key=_theme_order):
        if definition.code not in by_indicator:
            continue
        if theme is not None and theme != _theme_order(definition)[0]:
            table.add_section()
        theme = _theme_order(definition)[0]
        shown = by_indicator[definition.code]
        periods = [shown.get(("tertial", month)) for month in TERTIAL_STARTS] + [shown.get(("year", 1))]
        targets = periods[-1].targets if periods[-1] else []
        table.add_row(
            getattr(definition.name, language),
            *[_number(definition, figure, language) for figure in periods],
            "\n".join(_target(definition, target, language) for target in targets),
            Text("\n").join(Text(words[target["judgement"]], STYLES[target["judgement"]]) for target in targets),
        )
    return table


def _theme_order(definition: IndicatorDefinition) -> tuple[int, str]:
    return (THEMES.index(definition.themes[0]) if definition.themes else len(THEMES), definition.code)


def _number(definition: IndicatorDefinition, figure: Figure | None, language: Language) -> str:
    """Return a figure as a person reads it: a share with what it is a share of, and what is counted apart."""
    if figure is None:
        return ""
    apart = f" +{figure.left_out}" if figure.left_out else ""
    if definition.kind == "share":
        if not figure.denominator:
            return f"–{apart}"
        percent = 100 * Decimal(figure.numerator or 0) / figure.denominator
        return f"{_local(round(percent, 1), language)} %\n{figure.numerator:f}/{figure.denominator:f}{apart}"
    return f"{'–' if figure.numerator is None else _local(figure.numerator, language)}{apart}"


def _target(definition: IndicatorDefinition, target: dict[str, Any], language: Language) -> str:
    unit = " %" if definition.unit == "percent" else ""
    bounds = {name: f"{_local(Decimal(str(target.get(name, 0))), language)}{unit}" for name in ("value", "upperValue")}
    return WORDS[language][target["rule"]].format(**bounds)


def _local(number: Decimal, language: Language) -> str:
    written = f"{number.normalize():f}" if number else "0"
    return written.replace(".", ",") if language is Language.SV else written
