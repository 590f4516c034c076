"""Which municipalities publish, and which of their figures: the one place that says what open data may show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.values.queries import rows_of
from shared.db.access import NO_ACCESS, Access, Areas, act_with
from shared.db.territories import FiguresAbove

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from psycopg import AsyncConnection
    from sqlalchemy.ext.asyncio import AsyncConnection as ReadingConnection

    from services.api.http.dependencies import Resources
    from shared.domain.open_data import Publisher

# A figure that can still change, and one that is missing or suppressed, is not published: not even that it is there.
_IS_PUBLISHED = "finality = 'final' AND status IN ('observed', 'zero') AND value IS NOT NULL"
# The municipality and its districts: places, such as schools, and vulnerable areas are no open data.
_CATALOGUES = """SELECT catalogue.area_id, area.code, area.name, coalesce(area.name_en, area.name) AS name_en,
                        publisher, contact_email, organisation_number, published_at,
                        ARRAY(SELECT inside.area_id FROM area AS inside
                              WHERE inside.area_id = catalogue.area_id
                                 OR inside.kind = 'district' AND inside.municipality_id = catalogue.area_id) AS areas
                 FROM open_data_catalogue AS catalogue JOIN area USING (area_id)"""
_CATALOGUE = text(f"{_CATALOGUES} WHERE area.code = :code")
_PAGE = text(f"{_CATALOGUES} ORDER BY area.code LIMIT :limit OFFSET :offset")
_COUNT = text("SELECT count(*) FROM open_data_catalogue")
_IS_MUNICIPALITY = text(
    """SELECT kind = 'municipality' AND (upper(valid) <= CAST(:today AS date)) IS NOT TRUE
       FROM area WHERE area_id = :area_id"""
)
_PUT = text(
    """INSERT INTO open_data_catalogue AS former (area_id, publisher, contact_email, organisation_number)
       VALUES (:area_id, :publisher, :contact_email, :organisation_number)
       ON CONFLICT (area_id) DO UPDATE
       SET publisher = excluded.publisher, contact_email = excluded.contact_email,
           organisation_number = excluded.organisation_number
       WHERE (former.publisher, former.contact_email, former.organisation_number)
             IS DISTINCT FROM (excluded.publisher, excluded.contact_email, excluded.organisation_number)"""
)
_REMOVE = text("DELETE FROM open_data_catalogue WHERE area_id = :area_id")
_DATASETS = f"""SELECT indicator_code, min(period_start), max(period_end), max(computed_at), max(definition_version),
                       array_agg(DISTINCT period_type)
                FROM served_value WHERE area_id = ANY(%(areas)s::integer[]) AND {_IS_PUBLISHED}
                GROUP BY indicator_code ORDER BY indicator_code"""
# By slice, the whole first; by area, the municipality first; then by time, a longer period before those in it.
_FIGURES = f"""SELECT indicator_code, slice, area_code, period_type, period, period_start, period_end, value, numerator,
                      denominator, unit, definition_version, computed_at
               FROM served_value
               WHERE area_id = ANY(%(areas)s::integer[]) AND {_IS_PUBLISHED}
                 AND series_id IN (SELECT series_id FROM indicator_series WHERE indicator_code = %(indicator)s)
               ORDER BY slice <> 'all', slice, area_kind <> 'municipality', area_code, period_start, period_end DESC"""


@dataclass(frozen=True, slots=True)
class OpenDataCatalogue:
    """A municipality that publishes, as whom, and the ids of the areas whose figures it publishes."""

    area_id: int
    code: str
    name: str
    name_en: str
    publisher: str
    contact_email: str
    organisation_number: str | None
    published_at: datetime
    areas: Sequence[int]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is published of an indicator: from which day to which, of which types of periods, and when it last changed.

    `version` is that of the latest definition by which a figure of it was computed.
    """

    indicator: str
    first: date
    last: date
    modified_at: datetime
    version: int
    period_types: Sequence[str]


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A published figure, by the names that the API has for its columns."""

    indicator_code: str
    slice: str
    area_code: str
    period_type: str
    period: str
    period_start: date
    period_end: date
    value: Decimal
    numerator: Decimal | None
    denominator: Decimal | None
    unit: str
    definition_version: int
    computed_at: datetime

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The codes that its names go by."""
        return self.indicator_code, self.slice, self.area_code, self.unit


async def find_catalogue(connection: ReadingConnection, code: str) -> OpenDataCatalogue | None:
    """Return the catalogue of an area, if it has one."""
    row = (await connection.execute(_CATALOGUE, {"code": code})).one_or_none()
    return None if row is None else _catalogue(row)


async def catalogues(connection: ReadingConnection, limit: int, offset: int) -> list[OpenDataCatalogue]:
    """Return some of the catalogues that there are, by the code of their municipality."""
    rows = await connection.execute(_PAGE, {"limit": limit, "offset": offset})
    return [_catalogue(row) for row in rows]


async def count(connection: ReadingConnection) -> int:
    """Return how many catalogues there are."""
    total: int = (await connection.execute(_COUNT)).scalar_one()
    return total


async def is_municipality(connection: ReadingConnection, area_id: int, today: date) -> bool:
    """Tell whether an area is a municipality that has not ended."""
    return bool((await connection.execute(_IS_MUNICIPALITY, {"area_id": area_id, "today": today})).scalar_one())


async def put(connection: ReadingConnection, area_id: int, publisher: Publisher) -> None:
    """Publish an area's final figures from now on, or as somebody else."""
    values = {
        "publisher": publisher.name,
        "contact_email": publisher.contact_email,
        "organisation_number": publisher.organisation_number,
    }
    await connection.execute(_PUT, {"area_id": area_id, **values})


async def remove(connection: ReadingConnection, area_id: int) -> bool:
    """Publish nothing of an area any more; tell whether anything was."""
    return bool((await connection.execute(_REMOVE, {"area_id": area_id})).rowcount)


async def published_by(resources: Resources, code: str) -> OpenDataCatalogue | None:
    """Return the catalogue by which an area publishes. From then on the request sees its figures, and nothing else.

    Where figures are closed to other municipalities nothing is published: whoever knew one more municipality's figures
    could tell others' by those above.
    """
    act_with(NO_ACCESS)
    if resources.settings.figures_above is FiguresAbove.CLOSED:
        return None
    async with resources.reading.connect() as connection:
        catalogue = await find_catalogue(connection, code)
    if catalogue is not None:
        act_with(Access(figures=Areas.of(catalogue.areas)))
    return catalogue


async def datasets_of(connection: AsyncConnection, catalogue: OpenDataCatalogue) -> list[Dataset]:
    """Return what a catalogue publishes, by the code of the indicator."""
    rows = await rows_of(connection, _DATASETS, {"areas": [*catalogue.areas]})
    return [Dataset(*row) for row in rows]


async def figures_of(
    connection: AsyncConnection, catalogue: OpenDataCatalogue, indicator: str
) -> Sequence[PublishedFigure]:
    """Return what a catalogue publishes of an indicator."""
    rows = await rows_of(connection, _FIGURES, {"areas": [*catalogue.areas], "indicator": indicator})
    return [PublishedFigure(*row) for row in rows]


def _catalogue(row: Any) -> OpenDataCatalogue:  # noqa: ANN401  a row of _CATALOGUES
    return OpenDataCatalogue(*row)
