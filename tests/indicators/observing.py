"""Definitions whose figures are observed, for tests to vary, and their figures without any database."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from services.indicators.compute.measure_suppression import Served, without_few
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.observed import Edge, Observed, Spot, Tree, figures_of
from shared.domain.activity import Span
from shared.domain.period import Period, periods_of

TEXT = {"sv": "x", "en": "x"}


def definition(**fields: Any) -> IndicatorDefinition:
    plain = {
        "code": "crimes",
        "version": 1,
        "unit": "count",
        "direction": "lower",
        "kind": "observed",
        "observes": {"measure": "crimes"},
        **dict.fromkeys(("name", "definition", "numerator"), TEXT),
    }
    return IndicatorDefinition.model_validate(plain | fields)


CRIMES = definition()

ALWAYS = Span(date.min, date.max)
COUNTRY, COUNTY, OTHER_COUNTY, NORTH, SOUTH = 1, 2, 3, 4, 5
REGION, POLICE_DISTRICT, LOCAL = 11, 12, 13
COUNTRY_IN_SMALL = (
    Edge(COUNTRY, "country", COUNTY, "county", ALWAYS),
    Edge(COUNTY, "county", NORTH, "municipality", ALWAYS),
    Edge(COUNTY, "county", SOUTH, "municipality", ALWAYS),
)


def seen(
    area: int,
    period: str,
    numerator: int | None,
    *,
    denominator: int | None = None,
    code: str = "",
    status: str = "observed",
    finality: str = "preliminary",
) -> Observed:
    """Return an observation; without a number its status says why."""
    above, below = (None if figure is None else Decimal(figure) for figure in (numerator, denominator))
    return Observed(code, Spot(area, Period.parse(period)), above, below, status, finality)


def computed(
    observations: Sequence[Observed],
    of: IndicatorDefinition = CRIMES,
    edges: Sequence[Edge] = COUNTRY_IN_SMALL,
    reporting: Sequence[tuple[int, str]] = (),
    year: int = 2016,
) -> dict[tuple[int, str], Any]:
    """Return (numerator, status, finality, months arrived) by area and period."""
    on = [Spot(area, Period.parse(period)) for area, period in reporting]
    figures = figures_of(of, observations, Tree(edges), periods_of(year), on)
    if of.suppress_below is not None:
        (figures,) = without_few([Served(of, figures)], observations, Tree(edges), periods_of(year), of.suppress_below)
    return {
        (spot.area_id, spot.period.code): (
            figure.numerator,
            figure.status,
            "final" if figure.is_final else "preliminary",
            figure.months_arrived,
        )
        for spot, figure in figures.items()
    }


def months(area: int, numbers: Sequence[int | None], year: int = 2016, finality: str = "final") -> list[Observed]:
    return [seen(area, f"{year}-{month:02}", number, finality=finality) for month, number in enumerate(numbers, 1)]
