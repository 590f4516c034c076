"""`trials B17`: `$batch` in both forms and `POST …/$query`, answered as each request alone, within bounds."""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson
import pytest

from services.api.odata.batch import LARGEST_BODY, MOST_PARTS
from services.api.odata.batch_answers import LARGEST_QUERY
from services.api.odata.routes import ROOT
from shared.db.keys import KeyScope
from tests.api.odata.conftest import asked
from tests.conftest import BASE_URL

# What OpenUI5's model sends.
LINES = (
    "--batch_id-1\r\nContent-Type:application/http\r\nContent-Transfer-Encoding:binary\r\n\r\n"
    "GET {} HTTP/1.1\r\nAccept:application/json;odata.metadata=minimal;IEEE754Compatible=true\r\n"
    "Accept-Language:sv\r\n\r\n\r\n"
)
TYPE = {"Content-Type": "multipart/mixed;boundary=batch_id-1"}

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(star: str) -> str:
    return star


def multipart(*urls: str, line: str = LINES) -> bytes:
    return ("".join(line.format(url) for url in urls) + "--batch_id-1--\r\n").encode()


def parts_of(answer: httpx.Response) -> list[tuple[int, dict[str, str], bytes]]:
    """Return status, headers and body of each part; the form is checked on the way."""
    assert answer.status_code == 200, answer.text
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/mixed"
    first, *pieces, last = answer.content.split(b"--" + boundary.encode())
    assert (first, last) == (b"", b"--\r\n")
    found = []
    for piece in pieces:
        around, head, body = piece.removeprefix(b"\r\n").removesuffix(b"\r\n").split(b"\r\n\r\n", 2)
        assert around.startswith(b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary")
        status, *headers = head.decode().split("\r\n")
        found.append((int(status.split()[1]), dict(header.split(": ", 1) for header in headers), body))
    return found


def statuses(answer: httpx.Response) -> list[int]:
    return [status for status, _, _ in parts_of(answer)]


def objects(*requests: Mapping[str, Any]) -> dict[str, Any]:
    return {"requests": [{"id": str(number), "method": "get", **one} for number, one in enumerate(requests)]}


ADDRESSES = (
    "Areas?$top=3&$orderby=code",
    asked("IndicatorValues", filter="areaCode eq '1282' and status ne 'zero'", expand="Area", count="true"),
    "IndicatorValues('graffiti-cleanups~all~1282~2016')",
    "Areas/$count",
    "$metadata",
    "Areas?$filter=unknown%20eq%201",
    "Nothing",
)


async def test_every_part_is_answered_as_it_would_be_alone(feed: httpx.AsyncClient) -> None:
    """A part may name its address in three ways."""
    headers = {**TYPE, "Prefer": "odata.continue-on-error"}
    sent = [address for one in ADDRESSES for address in (one, f"{ROOT}/{one}", f"{BASE_URL}{ROOT}/{one}")]
    parts = parts_of(await feed.post("$batch", content=multipart(*sent), headers=headers))
    as_objects = await feed.post(
        "$batch", json=objects(*({"url": url} for url in sent)), headers={"Prefer": headers["Prefer"]}
    )
    assert len(parts) == len(sent) == len(as_objects.json()["responses"])
    for number, (address, (status, head, body), one) in enumerate(
        zip(sent, parts, as_objects.json()["responses"], strict=True)
    ):
        alone = await feed.get(
            address.removeprefix(f"{ROOT}/"),
            headers={"Accept": "application/json;odata.metadata=minimal;IEEE754Compatible=true"},
        )
        assert (status, body) == (alone.status_code, alone.content)
        assert head["Content-Type"] == alone.headers["content-type"]
        assert head["Odata-Version"] == "4.0"
        plain = await feed.get(address.removeprefix(f"{ROOT}/"))
        assert (one["id"], one["status"]) == (str(number), plain.status_code)
        is_json = plain.headers["content-type"].startswith("application/json")
        assert one["body"] == (plain.json() if is_json else plain.text)


async def test_after_a_fault_no_more_is_answered_unless_it_is_wanted(feed: httpx.AsyncClient) -> None:
    body = multipart("Areas?$top=1", "Nothing", "Areas?$top=1")
    assert statuses(await feed.post("$batch", content=body, headers=TYPE)) == [200, 404]
    for preference in ("odata.continue-on-error", "continue-on-error=true", "return=minimal, odata.continue-on-error"):
        answer = await feed.post("$batch", content=body, headers={**TYPE, "Prefer": preference})
        assert statuses(answer) == [200, 404, 200]
    refused = await feed.post("$batch", content=body, headers={**TYPE, "Prefer": "odata.continue-on-error=false"})
    assert statuses(refused) == [200, 404]


async def test_the_credential_of_the_whole_holds_inside(
    feed: httpx.AsyncClient, api_keys: Mapping[KeyScope, str]
) -> None:
    key = api_keys[KeyScope.READ]
    with_key = LINES.replace("Accept-Language:sv", "Authorization: Bearer {key}")
    for inside, status in ((key, 200), (api_keys[KeyScope.ADMINISTER], 400), ("wrong", 400)):
        line = with_key.replace("{key}", inside)
        assert statuses(await feed.post("$batch", content=multipart("Areas?$top=1", line=line), headers=TYPE)) == [
            status
        ]
        asked_so = {"url": "Areas?$top=1", "headers": {"AUTHORIZATION": f"Bearer {inside}"}}
        (one,) = (await feed.post("$batch", json=objects(asked_so))).json()["responses"]
        assert one["status"] == status
    without = {"Authorization": ""}
    with_own = {"url": "Areas", "headers": {"Authorization": f"Bearer {key}"}}
    for answer in (
        await feed.post("$batch", json=objects(with_own), headers=without),
        await feed.post("$batch", content=multipart("Areas"), headers={**TYPE, **without}),
        await feed.post("Areas/$query", content="$top=1", headers={"Content-Type": "text/plain", **without}),
    ):
        assert answer.status_code == 401


async def test_nothing_is_written_in_a_batch(feed: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "NONSENSE"):
        line = LINES.replace("GET", method)
        answer = await feed.post("$batch", content=multipart("Areas('1282')", line=line), headers=TYPE)
        assert statuses(answer) == [405]
    change_set = "--batch_id-1\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c\r\n\r\n--c--\r\n{}"
    assert statuses(await feed.post("$batch", content=multipart("", line=change_set), headers=TYPE)) == [501]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"url": "Areas", "atomicityGroup": "g"}, 501),
        ({"url": "Areas", "if": "$0"}, 501),
        ({"url": "$0/Municipality"}, 501),
        ({"url": "$batch", "method": "post"}, 400),
        ({"url": "/elsewhere"}, 400),
        ({"url": "https://example.se/samverkan/v1/areas"}, 400),
        ({"url": f"{ROOT}/../../v1/areas"}, 404),
        ({"url": "Areas('å ä')"}, 404),
        ({"url": "Areas?$filter=nameSv eq 'Malmö'"}, 200),
        ({"url": "Areas?$filter=nameSv+eq+'Malmö'"}, 200),
        ({"url": "Areas", "dependsOn": ["9"]}, 424),
        ({"url": "Areas", "headers": {"Accept": "text/csv"}}, 406),
        ({"url": "Areas", "method": "head"}, 200),
        ({"url": "Areas/$query", "method": "post", "headers": {"content-type": "text/plain"}, "body": "$top=1"}, 200),
        ({"url": "Areas/$query", "method": "post", "body": "$top=1"}, 415),
    ],
)
async def test_a_part_that_cannot_be_had_is_refused_alone(
    feed: httpx.AsyncClient, request_: dict[str, Any], status: int
) -> None:
    answer = await feed.post("$batch", json=objects(request_))
    (one,) = answer.json()["responses"]
    assert (one["status"], one["headers"]["odata-version"]) == (status, "4.0"), one
    assert status < 400 or one["body"]["error"]["code"]


async def test_what_depends_on_a_failure_is_not_asked(feed: httpx.AsyncClient) -> None:
    body = objects({"url": "Nothing"}, {"url": "Areas", "dependsOn": ["0"]}, {"url": "Areas/$count", "dependsOn": []})
    answer = await feed.post("$batch", json=body, headers={"Prefer": "continue-on-error"})
    assert [one["status"] for one in answer.json()["responses"]] == [404, 424, 200]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("", b"", 415),
        ("text/plain", b"", 415),
        ("application/xml", b"<a/>", 415),
        ("multipart/mixed", multipart("Areas"), 400),
        (f"multipart/mixed;boundary={'b' * 71}", multipart("Areas"), 400),
        ("multipart/mixed;boundary=other", multipart("Areas"), 400),
        (TYPE["Content-Type"], b"", 400),
        (TYPE["Content-Type"], multipart("Areas")[:-10], 400),
        (TYPE["Content-Type"], multipart("Areas", line="--batch_id-1\r\n\r\n{}\r\n"), 400),
        (TYPE["Content-Type"], multipart("Areas", line=LINES.replace(" HTTP/1.1", "")), 400),
        (TYPE["Content-Type"], multipart(*["Areas"] * (MOST_PARTS + 1)), 400),
        (TYPE["Content-Type"], b"--batch_id-1" * 20_000, 400),
        (TYPE["Content-Type"], b"x" * (LARGEST_BODY + 1), 413),
        ("application/json", b"", 400),
        ("application/json", b"[]", 400),
        ("application/json", b'{"requests": {}}', 400),
        ("application/json", b'{"requests": [1]}', 400),
        ("application/json", b'{"requests": [{"id": 1, "method": "get", "url": "Areas"}]}', 400),
        ("application/json", b'{"requests": [{"id": "1", "method": "get"}]}', 400),
        ("application/json", b'{"requests": [{"id": "1", "method": "get", "url": "A", "headers": {"a": 1}}]}', 400),
        ("application/json", b'{"requests": [{"id": "1", "method": "get", "url": "A", "dependsOn": [1]}]}', 400),
        ("application/json", orjson.dumps(objects(*[{"url": "Areas", "id": "1"}] * 2)), 400),
        ("application/json", orjson.dumps(objects(*[{"url": "Areas"}] * (MOST_PARTS + 1))), 400),
    ],
)
async def test_what_is_no_batch_is_refused_as_a_whole(
    feed: httpx.AsyncClient, content_type: str, body: bytes, status: int
) -> None:
    answer = await feed.post("$batch", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status, answer.text


async def test_forms_of_a_batch_differ_in_blanks_and_line_ends(feed: httpx.AsyncClient) -> None:
    plain = multipart("Areas?$top=1", "Areas/$count")
    for body in (plain, b"a preamble\r\n" + plain, plain + b"and more", plain.replace(b"\r\n", b"\n")):
        assert statuses(await feed.post("$batch", content=body, headers=TYPE)) == [200, 200]
    quoted = {"Content-Type": 'Multipart/Mixed; charset=utf-8; BOUNDARY="batch_id-1"'}
    assert statuses(await feed.post("$batch", content=plain, headers=quoted)) == [200, 200]
    numbered = plain.replace(b"Content-Transfer-Encoding:binary", b"Content-ID: 7")
    answer = await feed.post("$batch", content=numbered, headers=TYPE)
    assert answer.text.count("Content-ID: 7") == 2


async def test_options_in_a_body_are_those_of_an_address(feed: httpx.AsyncClient) -> None:
    options = asked("IndicatorValues", filter="areaCode eq '1282'", orderby="period,slice", select="id,value", top=20)
    alone = (await feed.get(options)).json()
    for body, address in (
        (options.partition("?")[2], "IndicatorValues/$query"),
        (options.partition("?")[2].replace("%20", "+"), "IndicatorValues/$query"),
        (f"\r\n{options.partition('?')[2].replace('%20', ' ')}\r\n", "IndicatorValues/$query"),
        (options.partition("?")[2].replace("&%24top=20", ""), "IndicatorValues/$query?$top=20"),
    ):
        for media_type in ("text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded"):
            answer = await feed.post(address, content=body, headers={"Content-Type": media_type})
            assert answer.json() == alone


async def test_an_address_beyond_all_bounds_can_be_sent_as_a_body(feed: httpx.AsyncClient) -> None:
    codes = ",".join(f"'{number}'" for number in range(1200, 2800))
    assert len(codes) > 10_000
    headers = {"Content-Type": "text/plain", "Prefer": "odata.maxpagesize=200"}
    answer = await feed.post("Areas/$query", content=f"$filter=code in ({codes})&$select=code", headers=headers)
    found = answer.json()["value"]
    while "@odata.nextLink" in answer.json():
        answer = await feed.get(answer.json()["@odata.nextLink"], headers=headers)
        found += answer.json()["value"]
    everything = (await feed.get("Areas?$select=code")).json()["value"]
    expected = {row["code"] for row in everything if f"'{row['code']}'" in codes}
    assert len(found) == len(expected) == 195
    assert {row["code"] for row in found} == expected
    counted = await feed.post("Areas/$count/$query", content="$filter=kind eq 'county'", headers=headers)
    assert counted.text == "21"


async def test_options_in_a_body_are_bounded_and_of_a_known_type(feed: httpx.AsyncClient) -> None:
    for content_type, body, status in (
        ("", "$top=1", 415),
        ("application/json", "{}", 415),
        ("text/plain", "$top=1" + " " * LARGEST_QUERY, 413),
        ("text/plain", "$top=x", 400),
        ("text/plain", "$top=1&$top=1", 400),
        ("text/plain", "$filter=contains(nameSv,'a+b')", 400),
        ("text/plain", b"$filter=nameSv eq '\xff'", 400),
        ("text/plain", "", 200),
    ):
        answer = await feed.post("Areas/$query", content=body, headers={"Content-Type": content_type})
        assert answer.status_code == status, answer.text
    assert (await feed.post("Areas/$query?$top=1", content="$top=1", headers={"Content-Type": "text/plain"})).is_error


async def test_each_address_names_its_methods(feed: httpx.AsyncClient) -> None:
    for address in ("$batch", "Areas/$query", "Areas/$count/$query"):
        for method in ("GET", "PUT", "HEAD", "DELETE"):
            answer = await feed.request(method, address)
            assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")
        assert (await feed.options(address)).headers["allow"] == "OPTIONS, POST"
