from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from shared.catalogue.loader import shipped_catalogue
from shared.db.engine import build_engine
from shared.facts.series import put_series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from sqlalchemy import Connection

SWITCH = f"{BASE}/open-data-catalogues"
PUBLISHER = {
    "publisher": "Landskrona stad",
    "contactEmail": "oppnadata@landskrona.example",
    "organisationNumber": "212000-1140",
}
DISTRICT, SCHOOL, VULNERABLE = "1282-centrum", "1282-skola", "1282-utsatt"
_AREAS = (
    (DISTRICT, "district", None, "Centrum & hamnen <1>"),
    (SCHOOL, "place", "school", "Skolan"),
    (VULNERABLE, "vulnerable-area", None, "Utsatta"),
)
_PUT_AREA = text(
    """WITH municipality AS (SELECT area_id FROM area WHERE code = '1282'), made AS (
           INSERT INTO area (code, kind, place_kind, name, valid, municipality_id)
           SELECT :code, :kind, :place_kind, :name, '[2015-01-01,)', area_id FROM municipality RETURNING area_id)
       INSERT INTO area_edge SELECT made.area_id, municipality.area_id, '[2015-01-01,)' FROM made, municipality"""
)


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all of a module, with areas of each kind in Landskrona and the catalogue's series."""
    url = fresh_database()
    asyncio.run(_put_series(url))
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for code, kind, place_kind, name in _AREAS:
            connection.execute(_PUT_AREA, {"code": code, "kind": kind, "place_kind": place_kind, "name": name})
    return url


async def _put_series(url: str) -> None:
    engine = build_engine(url)
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), date(2017, 1, 1))
    await engine.dispose()


@pytest.fixture
def rows(database_url: str) -> Iterator[Connection]:
    """Return a connection whose rows are seen at once; nothing is published, and there are no figures."""
    with create_engine(database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("TRUNCATE indicator_value, comparison, open_data_catalogue"))
        yield connection


@pytest.fixture
async def landskrona(rows: Connection, client: httpx.AsyncClient) -> str:
    """Have Landskrona publish, and return the address of its catalogue."""
    answer = await client.put(f"{SWITCH}/1282", json=PUBLISHER)
    assert answer.status_code == 201, answer.text
    address: str = answer.json()["address"]
    return address


def put(rows: Connection, indicator: str, area: str = "1282", part: str = "all", **fields: Any) -> None:
    """Put a final value for March 2016, unless the fields say otherwise."""
    value = {"period_type": "month", "period_start": date(2016, 3, 1), "numerator": 5, "denominator": None}
    value |= {"left_out": 0, "status": "observed", "finality": "final"}
    value |= {"computed_at": datetime(2016, 5, 2, 8, 15, tzinfo=UTC)} | fields
    columns = ", ".join(value)
    done = rows.execute(
        text(
            f"""INSERT INTO indicator_value (series_id, area_id, {columns})
                SELECT series_id, area_id, {", ".join(f":{name}" for name in value)} FROM indicator_series, area
                WHERE indicator_code = :indicator AND slice = :part AND area.code = :area"""
        ),
        value | {"indicator": indicator, "area": area, "part": part},
    )
    assert done.rowcount == 1
