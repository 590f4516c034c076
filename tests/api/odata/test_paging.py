"""Pages: every row once, in the order asked for, whatever the options, and links that count only for their query."""

import base64
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.odata import paging
from shared.db.signing import Signer, read_signer
from tests.api.odata.conftest import Rows, asked
from tests.api.odata.star import put_star, writing

LANDSKRONA = "areaCode eq '1282'"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(star: str) -> str:
    return star


def _options(link: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link).query)


async def test_pages_are_the_whole_in_its_order(rows: Rows) -> None:
    for order in (
        "",
        "value desc",
        "value",
        "status,value desc",
        "Area/nameSv,denominator desc,id",
    ):
        options = {"filter": "periodType eq 'tertial' and areaKind ne 'municipality'"} | (
            {"orderby": order} if order else {}
        )
        whole = await rows("IndicatorValues", **options)
        assert len(whole) == 2 * 22 * 3
        assert await rows("IndicatorValues", page_size=7, **options) == whole


async def test_null_comes_before_every_value(rows: Rows) -> None:
    for direction in (
        "asc",
        "desc",
    ):
        found = await rows("IndicatorValues", page_size=5, filter=LANDSKRONA, orderby=f"value {direction}")
        values = [row["value"] for row in found]
        assert None in values
        known = [value for value in values if value is not None]
        nulls = [None] * (len(values) - len(known))
        assert values == (nulls + sorted(known) if direction == "asc" else sorted(known, reverse=True) + nulls)


async def test_a_link_keeps_every_option(feed: httpx.AsyncClient) -> None:
    options = {
        "filter": f"{LANDSKRONA} and periodType eq 'month'",
        "orderby": "period desc",
        "select": "id,period",
        "expand": "Area($select=nameSv)",
        "count": "true",
        "top": "12",
        "skip": "2",
        "format": "application/json;odata.metadata=none",
    }
    address = f"{asked('IndicatorValues', **options)}&team=own"
    first = await feed.get(address, headers={"Prefer": "odata.maxpagesize=5"})
    assert first.headers["preference-applied"] == "odata.maxpagesize=5"
    linked = _options(first.json()["@odata.nextLink"])
    token = linked.pop("$skiptoken")
    del options["skip"]
    assert linked == {f"${name}": [value] for name, value in {**options, "top": "7"}.items()} | {"team": ["own"]}
    assert len(token) == 1
    second = await feed.get(first.json()["@odata.nextLink"])
    third = await feed.get(second.json()["@odata.nextLink"])
    assert "@odata.nextLink" not in third.json()
    pages = [page.json() for page in (first, second, third)]
    assert [len(page["value"]) for page in pages] == [5, 5, 2]
    assert {page["@odata.count"] for page in pages} == {24}
    assert not any("@odata.context" in page for page in pages)
    periods = [row["period"] for page in pages for row in page["value"]]
    assert periods == sorted(periods, reverse=True)
    assert periods[0] == "2016-11"
    assert pages[2]["value"][0]["Area"] == {"nameSv": "Landskrona"}


async def test_a_page_is_as_long_as_the_client_prefers(feed: httpx.AsyncClient) -> None:
    for preference in (
        "maxpagesize=3",
        "return=minimal, odata.maxpagesize=3",
        "maxpagesize=3;foo",
    ):
        answer = await feed.get("Areas", headers={"Prefer": preference})
        assert len(answer.json()["value"]) == 3
        assert answer.headers["preference-applied"] == "odata.maxpagesize=3"


async def test_a_preference_that_says_nothing_is_left_aside(feed: httpx.AsyncClient) -> None:
    for preference in (
        "odata.maxpagesize=0",
        "odata.maxpagesize=many",
        "respond-async",
        "",
    ):
        answer = await feed.get("Areas", headers={"Prefer": preference})
        assert len(answer.json()["value"]) > 300
        assert "preference-applied" not in answer.headers


async def test_a_page_is_never_longer_than_the_service_wants(feed: httpx.AsyncClient) -> None:
    answer = await feed.get("Areas", headers={"Prefer": "odata.maxpagesize=900000000"})
    assert answer.headers["preference-applied"] == "odata.maxpagesize=20000"


async def test_top_and_skip_alone(rows: Rows) -> None:
    whole = await rows("Periods")
    assert await rows("Periods", top=3, skip=4) == whole[4:7]
    assert await rows("Periods", top=0) == []
    assert await rows("Periods", skip=len(whole) - 1) == whole[-1:]


async def test_a_page_that_is_just_full_is_the_last(feed: httpx.AsyncClient) -> None:
    answer = await feed.get(asked("Areas", filter="kind eq 'county'"), headers={"Prefer": "maxpagesize=21"})
    assert len(answer.json()["value"]) == 21
    assert "@odata.nextLink" not in answer.json()


async def test_groups_are_paged(rows: Rows) -> None:
    options = {"apply": "groupby((Area/kind,period,value),aggregate($count as rows))", "orderby": "rows desc"}
    whole = await rows("IndicatorValues", **options)
    assert len(whole) > 300
    assert await rows("IndicatorValues", page_size=100, **options) == whole
    assert len({str(row) for row in whole}) == len(whole)


@pytest.fixture
async def signer(engine: AsyncEngine) -> Signer:
    async with engine.connect() as connection:
        return await read_signer(connection)


async def _link(feed: httpx.AsyncClient, **options: str) -> str:
    answer = await feed.get(asked("Areas", **options), headers={"Prefer": "maxpagesize=2"})
    return answer.json()["@odata.nextLink"]


async def test_a_link_counts_only_for_its_query(feed: httpx.AsyncClient) -> None:
    token = _options(await _link(feed, filter="kind eq 'county'"))["$skiptoken"][0]
    for other in (
        {},
        {"filter": "kind eq 'county'", "orderby": "nameSv"},
        {"filter": "kind eq 'country'"},
        {"apply": "groupby((kind))"},
    ):
        answer = await feed.get(asked("Areas", skiptoken=token, **other))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidPageLink")
    answer = await feed.get(asked("AreaPaths", skiptoken=token))
    assert answer.json()["error"]["code"] == "InvalidPageLink"


async def test_a_tampered_link_is_refused(feed: httpx.AsyncClient) -> None:
    token = _options(await _link(feed))["$skiptoken"][0]
    decoded = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    decoded[-2] ^= 1
    forged = base64.urlsafe_b64encode(decoded).decode().rstrip("=")
    for wrong in (forged, token[:-1], token[1:], "A", "å", "!", "AAAAAAAAAAAA", f"{token}AAAA"):
        answer = await feed.get(asked("Areas", skiptoken=wrong))
        assert (answer.status_code, answer.json()["error"]["target"]) == (400, "$skiptoken")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{}",
        b"1",
        b"[]",
        b"[1,10,null]",
        b'[1,10,null,"1","2"]',
        b'[2,10,null,"1"]',
        b'[1,"10",null,"1"]',
        b'[1,true,null,"1"]',
        b'[1,1e3,null,"1"]',
        b'[1,0,null,"1"]',
        b'[1,-1,null,"1"]',
        b'[1,400000,null,"1"]',
        b'[1,10,"many","1"]',
        b'[1,10,-1,"1"]',
        b"[1,10,null,1]",
        b"[1,10,null,[]]",
        b'[1,10,null,{"a":1}]',
    ],
)
async def test_a_link_that_bears_our_signature_is_looked_at_all_the_same(
    feed: httpx.AsyncClient, signer: Signer, content: bytes
) -> None:
    """`trials C8`: what it holds has the types and the bounds that the service gives it."""
    answer = await feed.get(asked("Areas", skiptoken=_token(signer, content)))
    assert (answer.status_code, answer.json()["error"]["target"]) == (400, "$skiptoken")


@pytest.mark.parametrize("value", ["x", "1.5", "", "99999999999999999999", "\\u0000"])
async def test_a_place_that_no_column_can_have_is_refused(feed: httpx.AsyncClient, signer: Signer, value: str) -> None:
    token = _token(signer, f'[1,10,null,"{value}"]'.encode())
    assert (await feed.get(asked("Areas", skiptoken=token))).status_code == 400


async def test_a_link_is_forged_by_nobody_who_lacks_the_secret(feed: httpx.AsyncClient, signer: Signer) -> None:
    """`trials C8`: 400 000 rows came in a page, since the digest had no key."""
    for content in (b'[1,400000,null,"1"]', b'[1,10,null,"1"]'):
        for secret in (b"", b"\0" * 32, signer.secret[:-1]):
            answer = await feed.get(asked("Areas", skiptoken=_token(Signer(secret), content)))
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidPageLink")
    assert (await feed.get(asked("Areas", skiptoken=_token(signer, b'[1,10,null,"1"]')))).status_code == 200


def _token(signer: Signer, content: bytes) -> str:
    """Return a link's token for all areas, signed as `paging` does."""
    signature = signer.sign("page", paging._signed(content, ["Areas", None, None, None]))
    return base64.urlsafe_b64encode(signature + content).decode().rstrip("=")


@pytest.fixture
def changing(fresh_database: Callable[[], str]) -> str:
    """Return a database of the test's own, which it may change."""
    url = fresh_database()
    put_star(url, kinds=("county",))
    return url


@pytest.mark.own_app
class TestWhileTheDataChange:
    """Rows come, go and change between two pages."""

    @pytest.fixture
    def database_url(self, changing: str) -> str:
        return changing

    async def test_no_row_that_stays_is_skipped_or_told_twice(self, feed: httpx.AsyncClient, database_url: str) -> None:
        before = {row["id"] for row in (await feed.get("IndicatorValues")).json()["value"]}
        ids, link, gone = [], "IndicatorValues", set()
        with writing(database_url) as connection:
            while link:
                answer = (await feed.get(link, headers={"Prefer": "odata.maxpagesize=50"})).json()
                ids += [row["id"] for row in answer["value"]]
                link = answer.get("@odata.nextLink")
                first, last = ids[-50], ids[-1]
                gone |= {first, last}
                for value_id in (first, last):
                    _erase(connection, value_id)
                _add_next(connection)
        assert len(ids) == len(set(ids))
        assert before - gone <= set(ids)

    async def test_sorted_by_what_stays(self, feed: httpx.AsyncClient, rows: Rows, database_url: str) -> None:
        link, ids = "IndicatorValues?$orderby=periodStart desc,areaCode", []
        with writing(database_url) as connection:
            while link:
                answer = (await feed.get(link, headers={"Prefer": "odata.maxpagesize=40"})).json()
                ids += [row["id"] for row in answer["value"]]
                link = answer.get("@odata.nextLink")
                connection.execute(text("UPDATE indicator_value SET numerator = 1 + coalesce(numerator, 0)"))
        assert ids == [row["id"] for row in await rows("IndicatorValues", orderby="periodStart desc,areaCode")]


def _erase(connection: Connection, value_id: str) -> None:
    indicator, _, area, period = value_id.split("~")
    length = {4: "year", 7: "tertial" if "t" in period else "month"}[len(period)]
    connection.execute(
        text(
            """DELETE FROM indicator_value USING indicator_series, area
               WHERE indicator_series.series_id = indicator_value.series_id AND indicator_code = :indicator
                 AND area.area_id = indicator_value.area_id AND area.code = :area
                 AND period_type = :length AND period_start = :start"""
        ),
        {"indicator": indicator, "area": area, "length": length, "start": _start(period)},
    )


def _start(period: str) -> str:
    year, _, part = period.partition("-")
    month = {"": "01", "t1": "01", "t2": "05", "t3": "09"}.get(part, part)
    return f"{year}-{month}-01"


def _add_next(connection: Connection) -> None:
    """Add a year of figures before all that are there: such rows must not move those that come after."""
    connection.execute(
        text(
            """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, left_out, status)
               SELECT series_id, area_id, period_type, (min(period_start) - interval '1 year')::date, 1, 0, 'observed'
               FROM indicator_value GROUP BY series_id, area_id, period_type"""
        )
    )
