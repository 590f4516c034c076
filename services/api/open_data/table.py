"""What is published of one indicator: its figures, and what their codes are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.open_data import queries
from services.api.values.names import names_of_values
from services.api.values.selection import catalogue_with

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import AsyncConnection

    from services.api.http.dependencies import Resources
    from services.api.open_data.queries import OpenDataCatalogue, PublishedFigure
    from services.api.values.names import Key, Names
    from shared.catalogue.indicator import IndicatorDefinition


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """The figures of an indicator, at least one, in the order in which they are published."""

    catalogue: OpenDataCatalogue
    definition: IndicatorDefinition
    figures: Sequence[PublishedFigure]
    names: Mapping[Key, Names]


async def table_of(
    resources: Resources, connection: AsyncConnection, catalogue: OpenDataCatalogue, indicator: str
) -> PublishedTable | None:
    """Return what a catalogue publishes of an indicator; None where that is nothing.

    Nothing is published of an indicator that is defined no more: nobody could say what its figures are.
    """
    figures = await queries.figures_of(connection, catalogue, indicator)
    definitions = await catalogue_with(resources, {indicator} if figures else ())
    definition = definitions.indicators.get(indicator)
    if not figures or definition is None:
        return None
    keys = {figure.key for figure in figures}
    return PublishedTable(catalogue, definition, figures, await names_of_values(connection, definitions, keys, {}))
