"""Every operation answers in the shape of its examples, in every media type, over Landskrona's year."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from jsonschema import ValidationError  # type: ignore[import-untyped]  # it tells no types

from services.api.http.routing import BASE
from tests.api.exchanges import REQUESTS, Exchanges, Operation, documented_successes, example, operations, unlike
from tests.contract import specification

NOWHERE = "00000000-0000-0000-0000-000000000000"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    """Return a database with the year in it, for all tests here."""
    return year_database()


def test_every_documented_answer_has_a_request() -> None:
    asked = {(entry["operation"], entry.get("status", 200)) for entry in REQUESTS}
    assert {(operation, status) for operation, status, _ in documented_successes()} == asked


def test_every_documented_body_is_sent() -> None:
    by_id = {operation.spec["operationId"]: operation for operation in operations()}
    sent = {
        (entry["operation"], entry.get("content", "application/json"))
        for entry in REQUESTS
        if by_id[entry["operation"]].content
    }
    assert {(name, media_type) for name, operation in by_id.items() for media_type in operation.content} == sent


async def test_every_operation_answers_as_its_examples_show(client: httpx.AsyncClient) -> None:
    seen, wrong = set(), []
    async for exchange in Exchanges(client).run():
        seen.add((exchange.asked["operation"], exchange.answer.status_code, exchange.media_type))
        if exchange.answer.status_code != exchange.status:
            wrong.append(f"{exchange.name}: {exchange.answer.status_code} {exchange.answer.text}")
        wrong += [f"{exchange.name}: {found}" for found in unlike_documented(exchange.operation, exchange.answer)]
        if exchange.is_empty_list and not exchange.asked.get("empty"):
            wrong.append(f"{exchange.name}: nothing is listed")
        if exchange.status in {201, 202}:
            made = await client.get(exchange.answer.headers.get("Location", "no Location"))
            if made.status_code != httpx.codes.OK:
                wrong.append(f"{exchange.name}: {made.url} answers {made.status_code}")
    assert wrong == []
    assert set(documented_successes()) - seen == set()


async def test_every_operation_shows_its_errors_as_its_examples_do(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    wrong = []
    for operation in operations():
        url = f"{BASE}{operation.path.format_map(Nowhere())}"
        answers = [await client.request(operation.method, f"{url}?unknown=1")]
        if "security" in operation.spec:
            answers.append(await stranger.request(operation.method, url))
        if "{" in operation.path and not operation.content:
            answers.append(await client.request(operation.method, url, headers={"If-Match": '"1"'}))
        assert [answer.status_code for answer in answers] == [400, 401, 404][: len(answers)], url
        for answer in answers:
            wrong += [f"{operation.method} {url}: {found}" for found in unlike_documented(operation, answer)]
    assert wrong == []


def test_another_shape_is_told() -> None:
    schema: dict[str, Any] = {"properties": {"list": {"items": {"properties": {"a": {}}}}, "n": {}}}
    example = {"list": [{"a": 1}], "n": None}
    assert list(unlike(schema, example, {"list": [{"a": 2.5}], "n": "any"})) == []
    assert list(unlike(schema, example, {"list": [{"a": "1"}], "n": 1})) == [
        ".list[].a: shown as number, answered as string"
    ]
    assert list(unlike(schema, example, {"list": [{}], "m": 1})) == [
        ".m: only answered",
        ".n: only shown",
        ".list[].a: only shown",
    ]


async def test_every_answer_that_a_test_gets_is_compared_with_the_specification(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    responses = specification()["paths"]["/api-info"]["get"]["responses"]
    schema = {"type": "object", "required": ["left out"]}
    monkeypatch.setitem(responses["200"]["content"]["application/json"], "schema", schema)
    with pytest.raises(ValidationError, match="left out"):
        await client.get(f"{BASE}/api-info")
    monkeypatch.delitem(responses, "200")
    with pytest.raises(AssertionError):
        await client.get(f"{BASE}/api-info")


class Nowhere(dict[str, object]):
    """Names, for any parameter of a path, what does not exist."""

    def __missing__(self, name: str) -> object:
        return {"number": 32767}.get(name, NOWHERE if name.endswith("Id") else "nowhere")


def unlike_documented(operation: Operation, answer: httpx.Response) -> Iterator[str]:
    """Yield how an answer differs from what its operation documents for its status and media type."""
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    content = operation.spec["responses"].get(str(answer.status_code), {}).get("content", {})
    if media_type not in content:
        documented = {
            status: list(response.get("content", {})) for status, response in operation.spec["responses"].items()
        }
        if answer.content or str(answer.status_code) not in documented:
            yield f"{answer.status_code} {media_type} is not among {documented}: {answer.text[:500]}"
    elif media_type.endswith("json"):
        media = content[media_type]
        yield from unlike(media["schema"], example(media), answer.json())
    else:
        yield from unlike_text(media_type, example(content[media_type]), answer.content)


def unlike_text(media_type: str, example: str, answered: bytes) -> Iterator[str]:
    """Yield how a body that is not JSON differs: a table in its columns, all else in how it begins."""
    line = answered.partition(b"\n")[0].decode("utf-8", "replace").rstrip("\r")
    expected = example.partition("\r\n")[0]
    is_alike = {
        "text/csv": line == expected,
        "text/tab-separated-values": line.count("\t") == expected.count("\t"),
    }
    if not is_alike.get(media_type, line.startswith(expected.partition("…")[0])):
        yield f"it begins with {line[:200]}, and not with {expected[:200]}"
