"""In which form the answers come: how much metadata they have, and decimals as numbers or as text."""

from decimal import Decimal

import httpx
import pytest

from tests.api.odata.conftest import asked, one

VALUE = "IndicatorValues('graffiti-started-in-time~all~1282~2016-t1')"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(star: str) -> str:
    return star


async def test_as_accepted(feed: httpx.AsyncClient) -> None:
    for accepted, level in (
        ("application/json", "minimal"),
        ("application/json;odata.metadata=none", "none"),
        ("application/json;metadata=full", "full"),
        ("application/json;odata.metadata=minimal;q=0.5, application/json;odata.metadata=full", "full"),
        (
            "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,*/*;q=0.1",
            "minimal",
        ),
        ("text/html, */*;q=0.1", "minimal"),
        ("application/json;odata.metadata=full;odata.streaming=true;charset=utf-8", "full"),
    ):
        answer = await feed.get("Areas?$top=1", headers={"Accept": accepted})
        assert answer.headers["content-type"] == f"application/json;odata.metadata={level}"
        assert ("@odata.context" in answer.json()) == (level != "none")
        assert ("@odata.id" in answer.json()["value"][0]) == (level == "full")


async def test_nothing_else_is_had(feed: httpx.AsyncClient) -> None:
    for accepted in (
        "text/html",
        "application/json;odata.metadata=much",
        "application/json;q=0",
        "*/xml",
    ):
        assert (await feed.get("Areas", headers={"Accept": accepted})).status_code == 406


async def test_format_stands_before_accept(feed: httpx.AsyncClient) -> None:
    answer = await feed.get(
        asked("Areas", top=1, format="application/json;odata.metadata=none"), headers={"Accept": "text/html"}
    )
    assert answer.headers["content-type"] == "application/json;odata.metadata=none"
    assert (await feed.get("Areas?$format=json&$top=1")).status_code == 200


async def test_decimals_as_text_lose_no_digit(feed: httpx.AsyncClient) -> None:
    exact = await one(feed, VALUE, Accept="application/json;IEEE754Compatible=true")
    plain = await one(feed, VALUE)
    assert isinstance(exact["value"], str)
    assert Decimal(exact["value"]) == Decimal(str(plain["value"]))
    assert exact["leftOut"] == plain["leftOut"]
    counted = asked("Areas", count="true", top=1, format="application/json;IEEE754Compatible=true")
    assert (await one(feed, counted))["@odata.count"].isdigit()


async def test_full_metadata_tell_addresses_and_types(feed: httpx.AsyncClient) -> None:
    (row,) = (
        await one(feed, asked("IndicatorValues", top=1, expand="Area", format="application/json;odata.metadata=full"))
    )["value"]
    assert row["@odata.type"] == "#Samverkan.IndicatorValue"
    assert row["@odata.id"] == f"IndicatorValues('{row['id']}')"
    assert row["Indicator@odata.navigationLink"] == f"{row['@odata.id']}/Indicator"
    assert row["periodStart@odata.type"] == "#Date"
    assert row["computedAt@odata.type"] == "#DateTimeOffset"
    assert row["Area"]["@odata.type"] == "#Samverkan.Area"
    assert (await feed.get(row["@odata.id"])).json()["id"] == row["id"]
    assert (await feed.get(row["Indicator@odata.navigationLink"])).json()["code"] == row["indicatorCode"]


async def test_groups_have_neither_type_nor_address(feed: httpx.AsyncClient) -> None:
    found = await one(
        feed, asked("Areas", apply="groupby((kind,placeKind))", format="application/json;odata.metadata=full")
    )
    assert found["@odata.context"].endswith("#Areas(kind,placeKind)")
    assert all(row.keys() <= {"kind", "placeKind"} for row in found["value"])


async def test_a_client_that_is_too_old_is_told(feed: httpx.AsyncClient) -> None:
    for version, status in (
        ("4.0", 200),
        ("4.01", 200),
        ("5.0", 200),
        ("3.0", 400),
        ("old", 400),
    ):
        assert (await feed.get("Areas?$top=1", headers={"OData-MaxVersion": version})).status_code == status
