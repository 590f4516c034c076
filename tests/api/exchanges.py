"""Sends the requests of `requests.yaml`: one for each answer with a 2xx that the specification documents."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import httpx
import xlsxwriter  # type: ignore[import-untyped]  # it tells no types
import yaml

from services.api.http.routing import BASE
from tests.contract import specification

Json = dict[str, Any]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REQUESTS: list[Json] = yaml.load(
    Path(__file__).with_name("requests.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the specification."""

    method: str
    path: str
    spec: Json

    @property
    def content(self) -> Json:
        """The content of its request body, by media type."""
        content: Json = self.spec.get("requestBody", {}).get("content", {})
        return content


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was sent, what the table says of it, and its answer."""

    operation: Operation
    asked: Json
    answer: httpx.Response

    @property
    def name(self) -> str:
        return f"{self.asked['operation']} {self.status} {self.media_type}"

    @property
    def status(self) -> int:
        """The status that the table expects."""
        status: int = self.asked.get("status", 200)
        return status

    @property
    def media_type(self) -> str:
        return self.answer.headers.get("content-type", "").partition(";")[0]

    @property
    def is_empty_list(self) -> bool:
        return self.media_type == "application/json" and self.answer.json().get("_meta", {}).get("count") == 0


def operations() -> Iterator[Operation]:
    for path, item in specification()["paths"].items():
        for method, spec in item.items():
            yield Operation(method.upper(), path, spec)


def read_at(path: str) -> str:
    """Return the path, as the specification writes it, of what is read at an address."""
    parts = path.removeprefix(BASE).split("/")
    for operation in operations():
        segments = operation.path.split("/")
        if len(segments) == len(parts) and all(
            name == part or name.startswith("{") for name, part in zip(segments, parts, strict=True)
        ):
            return operation.path
    raise LookupError(path)


def example(media: Json) -> Any:
    """Return the first example of a body."""
    return next(iter(media["examples"].values()))["value"]


@dataclass(slots=True)
class Exchanges:
    """Sends the table's requests in their order, and keeps what later ones need of the answers."""

    client: httpx.AsyncClient
    requests: list[Json] = field(default_factory=lambda: REQUESTS)
    ids: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)

    async def run(self) -> AsyncIterator[Exchange]:
        by_id = {operation.spec["operationId"]: operation for operation in operations()}
        for asked in self.requests:
            operation = by_id[asked["operation"]]
            answer = await self.client.send(self._request(operation, asked))
            self._keep(asked, answer)
            yield Exchange(operation, asked, answer)

    def _request(self, operation: Operation, asked: Json) -> httpx.Request:
        named = {name: self._meant(value) for name, value in asked.get("path", {}).items()}
        url = f"{BASE}{operation.path.format_map(named)}"
        headers = {"Accept": asked.get("accept", "application/json"), **asked.get("headers", {})}
        if asked.get("ifMatch"):
            headers["If-Match"] = self.etags[url]
        body = body_of(operation, asked)
        if body is not None:
            headers["Content-Type"] = asked.get("content", "application/json")
        return self.client.build_request(
            operation.method, url, params=asked.get("query"), headers=headers, content=body
        )

    def _meant(self, value: object) -> object:
        return self.ids[value[1:]] if isinstance(value, str) and value.startswith("$") else value

    def _keep(self, asked: Json, answer: httpx.Response) -> None:
        if "ETag" in answer.headers:
            self.etags[answer.request.url.path] = answer.headers["ETag"]
        if "keep" in asked and answer.is_success:
            self.ids[asked["keep"]] = answer.json()["id"]


def body_of(operation: Operation, asked: Json) -> bytes | None:
    """Return the body of a request: the specification's example, as the table changes it."""
    if not operation.content:
        return None
    media_type = asked.get("content", "application/json")
    if "file" in asked:
        return str(asked["file"]).encode()
    if media_type == XLSX:
        return workbook(example(operation.content["text/csv"]))
    body = example(operation.content[media_type])
    return body.encode() if isinstance(body, str) else json.dumps({**body, **asked.get("body", {})}).encode()


def workbook(lines: str) -> bytes:
    """Return a table in CSV as an Excel workbook."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(csv.reader(StringIO(lines))):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def documented_successes() -> Iterator[tuple[str, int, str]]:
    """Yield each answer with a 2xx that the specification documents: operation, status and media type."""
    for operation in operations():
        for status, response in operation.spec["responses"].items():
            if status.startswith("2"):
                for media_type in response.get("content", {"": {}}):
                    yield operation.spec["operationId"], int(status), media_type


def unlike(schema: Mapping[str, Any], example: Any, answered: Any, where: str = "") -> Iterator[str]:
    """Yield how an answer differs in shape from an example: keys of objects and JSON types, at any depth.

    What may be null may be it on either side, and of a list its first entry on each side is compared. An object whose
    schema leaves the names open has names of its own.
    """
    if example is None or answered is None:
        return
    if _type_of(example) != _type_of(answered):
        yield f"{where}: shown as {_type_of(example)}, answered as {_type_of(answered)}"
    elif isinstance(example, dict):
        yield from _unlike_objects(schema, example, answered, where)
    elif isinstance(example, list) and example and answered:
        yield from unlike(_resolved(schema, list).get("items", {}), example[0], answered[0], f"{where}[]")


def _unlike_objects(schema: Mapping[str, Any], example: Json, answered: Json, where: str) -> Iterator[str]:
    resolved = _resolved(schema, dict)
    fields = resolved.get("properties")
    if fields is None:
        return
    for name in sorted(set(example) ^ set(answered)):
        # There is no next page after the last one: only links may be missing.
        if not where.endswith("._links"):
            yield f"{where}.{name}: only {'shown' if name in example else 'answered'}"
    for name in set(example) & set(answered) & set(fields):
        yield from unlike(fields[name], example[name], answered[name], f"{where}.{name}")


def _resolved(schema: Mapping[str, Any], kind: type) -> Mapping[str, Any]:
    """Return the schema of an object or a list itself, behind references and choices."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(specification()["components"]["schemas"][name], kind)
    wanted = "object" if kind is dict else "array"
    found = [_resolved(choice, kind) for choice in schema.get("anyOf", schema.get("oneOf", ()))]
    return next((choice for choice in found if choice.get("type") == wanted), schema)


def _type_of(value: object) -> str:
    """Return the JSON type of a value; whole numbers are numbers."""
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]
