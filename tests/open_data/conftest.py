from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from tests.api.read_model import emptied, put_shipped_series, put_value

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
    put_shipped_series(url)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for code, kind, place_kind, name in _AREAS:
            connection.execute(_PUT_AREA, {"code": code, "kind": kind, "place_kind": place_kind, "name": name})
    return url


@pytest.fixture
def rows(database_url: str) -> Iterator[Connection]:
    """Return a connection whose rows are seen at once; nothing is published, and there are no figures."""
    with emptied(database_url, "open_data_catalogue") as connection:
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
    usual = {"finality": "final", "computed_at": datetime(2016, 5, 2, 8, 15, tzinfo=UTC)}
    put_value(rows, indicator, area, part, **usual | fields)
