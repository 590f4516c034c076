"""What a PUT of an area refuses: every contradiction, with its field."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

URL = "/samverkan/v1/areas"
PARK: dict[str, Any] = {
    "code": "1282-karlslund",
    "kind": "place",
    "placeKind": "park",
    "name": "Karlslund",
    "validFrom": "2015-01-01",
    "validTo": "2020-12-31",
    "parents": [{"code": "1282", "validFrom": "2015-01-01"}],
}

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: nothing here is ever stored."""
    return fresh_database()


async def fields_refused(client: httpx.AsyncClient, code: str, body: object) -> list[str]:
    answer = await client.put(f"{URL}/{code}", json=body)
    assert answer.status_code == 422, answer.text
    return [violation["field"] for violation in answer.json()["violations"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"placeKind": None}, "placeKind"),
        ({"kind": "district"}, "placeKind"),
        ({"validTo": "2014-12-31"}, "validTo"),
        ({"name": "Annas plats 19121212-1212"}, "name"),
        ({"parents": [{"code": "9999"}]}, "parents[0].code"),
        ({"parents": [{"code": "1282-karlslund"}]}, "parents[0].code"),
        ({"parents": [{"code": "1282", "validFrom": "2016-01-01", "validTo": "2015-01-01"}]}, "parents[0].validTo"),
        ({"parents": [{"code": "1282"}, {"code": "1282", "validFrom": "2016-01-01"}]}, "parents[1]"),
        ({"parents": [{"code": "1282"}, {"code": "1281"}]}, "parents"),
        ({"code": "1282-other"}, "code"),
        ({"kind": "street"}, "kind"),
        ({"name": 5}, "name"),
        ({"name": ""}, "name"),
        ({"validFrom": "2015-13-01"}, "validFrom"),
        ({"validFrom": 20150101}, "validFrom"),
        ({"validFrom": "0001-01-01"}, "validFrom"),
        ({"validTo": "9999-12-31"}, "validTo"),
        ({"parents": None}, "parents"),
        ({"size": 1}, "size"),
    ],
)
async def test_a_contradiction_is_refused_with_its_field(
    client: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    assert await fields_refused(client, "1282-karlslund", {**PARK, **change}) == [field]
    assert (await client.get(f"{URL}/1282-karlslund")).status_code == 404


async def test_a_municipality_cannot_become_a_place(client: httpx.AsyncClient) -> None:
    assert await fields_refused(client, "1282", {**PARK, "code": "1282"}) == ["kind"]


@pytest.mark.parametrize("code", ["Karlslund", "a b", "a_b", "-a", "a" * 81])
async def test_a_code_must_fit_an_address(client: httpx.AsyncClient, code: str) -> None:
    assert (await client.put(f"{URL}/{code}", json={**PARK, "code": None})).status_code == 404
