"""What clients and the gateways before them write in headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from services.api.http.media_types import MediaType, media_type_of, preferred
from services.api.http.responses import names_tag
from services.api.http.routing import BASE

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = "https://intranet.example.se"
PARK: dict[str, Any] = {"kind": "place", "placeKind": "park", "validFrom": "2015-01-01", "parents": [{"code": "1282"}]}
NOTE = {"indicator": "workshops", "area": "1282", "period": "2016-03", "text": "Snö."}

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


# ETags: `trials B11`.

SAME = (
    '"1"',
    'W/"1"',
    '"1-gzip"',
    'W/"1-gzip"',
    '"1--gzip"',
    '"1-br"',
    '"1;gzip"',
    '"1-zstd"',
    '"1+gzip"',
    '"9", "1-br"',
    "*",
)
OTHER = (
    '"2"',
    '"2-gzip"',
    '"11-gzip"',
    '"-gzip"',
    '"gzip"',
    '"1-gzipx"',
    '"1-"',
    '"1gzip"',
    "1",
    "1-gzip",
    '"',
    "",
    '""',
)


@pytest.mark.parametrize("header", SAME)
def test_a_tag_that_a_gateway_has_changed_is_the_same(header: str) -> None:
    assert names_tag(header, "1")


@pytest.mark.parametrize("header", OTHER)
def test_another_tag_is_another(header: str) -> None:
    assert not names_tag(header, "1")


async def test_a_change_and_a_question_may_name_it_so(reporter: httpx.AsyncClient) -> None:
    made = await reporter.post(f"{BASE}/notes", json=NOTE)
    address = made.headers["location"]
    for number, suffix in enumerate(("-gzip", "--gzip", "-br", ";gzip"), start=1):
        late = await reporter.put(address, json=NOTE, headers={"If-Match": f'"{number + 1}{suffix}"'})
        assert late.status_code == 412
        put = await reporter.put(address, json=NOTE | {"text": suffix}, headers={"If-Match": f'"{number}{suffix}"'})
        assert (put.status_code, put.headers["etag"]) == (200, f'"{number + 1}"')
    values = await reporter.get(f"{BASE}/indicator-values")
    for suffix in ("", "-gzip", "--gzip", "-br", ";gzip"):
        tag = values.headers["etag"][:-1] + f'{suffix}"'
        again = await reporter.get(f"{BASE}/indicator-values", headers={"If-None-Match": tag})
        assert again.status_code == 304


# Media types: `trials B12`.


@pytest.mark.parametrize(
    ("header", "name", "parameters"),
    [
        ("application/json", "application/json", {}),
        ("Application/JSON ; Charset=UTF-8;profile=x", "application/json", {"charset": "UTF-8", "profile": "x"}),
        ('a/b;x="1;2, \\"3\\"";y', "a/b", {"x": '1;2, "3"'}),
        ("a/b;x=1;x=2;;", "a/b", {"x": "1"}),
        ('a/b;x="open', "a/b", {"x": '"open'}),
        ("", "", {}),
        (";charset=utf-8", "", {"charset": "utf-8"}),
    ],
)
def test_parameters_of_a_media_type_are_read(header: str, name: str, parameters: dict[str, str]) -> None:
    assert media_type_of(header) == MediaType(name, parameters)


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("application/json; charset=utf-8; profile=x", "utf-8"),
        ('application/json;profile="https://example.se/;a,b";charset="UTF8"', "utf-8"),
        ("application/json; profile=x", "utf-8"),
        ("application/json;", "utf-8"),
        ("APPLICATION/JSON; Charset=us-ascii", "utf-8"),
        ("application/json; charset=iso-8859-1", "latin-1"),
        ("application/json; charset=Windows-1252", "cp1252"),
        ("application/json; charset=utf-16", "utf-16"),
        ("application/json; charset=UTF-16LE", "utf-16-le"),
    ],
)
async def test_a_charset_that_is_named_is_used(client: httpx.AsyncClient, content_type: str, charset: str) -> None:
    body = httpx.Request("PUT", PAGE, json=PARK | {"name": "Slottsängen"}).content.decode().encode(charset)
    answer = await client.put(f"{BASE}/areas/1282-park", content=body, headers={"Content-Type": content_type})
    assert answer.status_code in {200, 201}, answer.text
    assert answer.json()["name"] == "Slottsängen"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-7", 415),
        ("application/json; charset=unknown", 415),
        ("application/json; charset=rot13", 415),
        ('application/json; charset="', 415),
        ("application/jsonx; charset=utf-8", 415),
        ("application/json, text/plain", 415),
        ("application/json; charset=utf-16", 400),
        ("application/json; charset=utf-8", 400),
    ],
)
async def test_a_body_in_another_charset_is_refused(client: httpx.AsyncClient, content_type: str, status: int) -> None:
    body = '{"name": "Ängen"}'.encode("latin-1")
    answer = await client.put(f"{BASE}/areas/1282-park", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status, answer.text


# Accept: `trials B20`.

OFFERED = ("text/csv", "application/vnd.apache.parquet")


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, "text/csv"),
        ("", "text/csv"),
        ("*/*", "text/csv"),
        ("text/*", "text/csv"),
        ("application/*", "application/vnd.apache.parquet"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("TEXT/CSV; charset=utf-8; header=present", "text/csv"),
        ("text/csv;q=0.5, application/vnd.apache.parquet;q=0.6", "application/vnd.apache.parquet"),
        ("text/csv;q=0, */*", "application/vnd.apache.parquet"),
        ("text/html, application/xhtml+xml;q=0.9, */*;q=0.1", "text/csv"),
        ("text/csv;q=nonsense", None),
        ("text/csv;q=0.000", None),
        ("application/json", None),
        ("text", None),
    ],
)
def test_a_client_gets_what_it_likes_best(header: str | None, wanted: str | None) -> None:
    assert preferred(header, OFFERED) == wanted


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(
    ("accept", "query", "expected"),
    [
        ("application/vnd.apache.parquet", "", "application/vnd.apache.parquet"),
        (XLSX, "", XLSX),
        ("text/tab-separated-values", "?periodType=month", "text/tab-separated-values; charset=utf-8"),
        ("text/csv", "", "text/csv; charset=utf-8"),
        ("text/html, */*;q=0.1", "", "text/csv; charset=utf-8"),
        ("application/vnd.apache.parquet", "?format=csv", "text/csv; charset=utf-8"),
        ("application/json", "?format=parquet", "application/vnd.apache.parquet"),
    ],
)
async def test_a_file_comes_in_the_format_that_is_accepted(
    reader: httpx.AsyncClient, accept: str, query: str, expected: str
) -> None:
    answer = await reader.get(f"{BASE}/indicator-value-files{query}", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, expected)


async def test_what_is_in_no_format_that_is_accepted_is_406(reader: httpx.AsyncClient) -> None:
    for address in ("indicator-value-files", "indicator-value-charts?indicator=workshops&area=1282"):
        for accept in ("application/json", "text/csv;q=0, text/plain", "image/webp"):
            answer = await reader.get(f"{BASE}/{address}", headers={"Accept": accept})
            assert (answer.status_code, answer.json()["title"]) == (406, "Not acceptable")


async def test_a_list_is_csv_only_where_that_is_liked_better_than_json(reader: httpx.AsyncClient) -> None:
    for accept, kind in (
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
        ("application/json, text/csv;q=0.5", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
        ("text/csvx", "application/json"),
        ("application/json", "application/json"),
    ):
        answer = await reader.get(f"{BASE}/indicator-values", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind), accept
