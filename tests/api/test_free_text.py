"""Every text of every body that the specification takes is guarded, or listed with its reason: trials D1, D2, D3."""

# Over 300 lines: the texts of all operations are found and sent by one set of functions.

from __future__ import annotations

import copy
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from services.api.app import create_app
from services.api.http.routing import BASE
from services.cli.keys import app as keys
from shared.db.keys import KeyScope
from shared.domain.free_text import EXCEPTIONS, PERSONAL_NUMBER, Guard
from shared.settings import Settings
from tests.conftest import _client
from tests.contract import specification

# As free text, and as it fits the pattern of a code.
PERSONAL = ("Se 850709-9805.", "850709-9805")
CONTACTS = ("Skriv till anna@example.se", "Ring 070-123 45 67")
JSON = "application/json"
# What a line of NDJSON is.
ROWS = {
    "/activity-imports": {"$ref": "#/components/schemas/ActivityBody"},
    "/observation-imports": {"$ref": "#/components/schemas/ObservationBody"},
}
# So that what is walked is the only fault.
MORE: dict[str, dict[str, Any]] = {
    "/agreements/{agreementCode}/commitments/{commitmentCode}": {
        "decisions": [{"area": "1282", "fulfilledOn": "2016-03-01"}]
    },
    "/import-mappings/{mappingCode}": {
        "columns": {
            "note": {
                "column": "A",
                "alsoColumns": ["B"],
                "template": "{} {}",
                "when": {"column": "C", "values": ["x"]},
                "unless": {"column": "C", "values": ["y"]},
            }
        }
    },
}
# Each row passes the same judge as a line of NDJSON.
FILES = {"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
EXAMPLES = {
    "areaCode": "1282",
    "agreementCode": "landskrona-2015-2016",
    **dict.fromkeys(("commitmentCode", "mappingCode"), "x"),
    "indicatorCode": "dog-walks",
    "roleCode": "safety-host",
    "code": "dog-walk",
    "sourceCode": "city-311",
}
NIL = "00000000-0000-4000-8000-000000000000"

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Operation:
    """A way to send a body, with an example of it and where its texts are."""

    method: str
    path: str
    media_type: str
    example: dict[str, Any]
    schema: dict[str, Any]

    @property
    def resource(self) -> str:
        return self.path.split("/")[1]

    @property
    def address(self) -> str:
        parts = (EXAMPLES.get(part[1:-1], NIL) if part[0] == "{" else part for part in self.path.strip("/").split("/"))
        address = f"{BASE}/{'/'.join(parts)}"
        return f"{address}-new" if self.path == "/areas/{areaCode}" else address

    def content(self, path: Path, text: str) -> bytes:
        """Return the example with a text in one place."""
        body = copy.deepcopy(self.example)
        put(body, path, text)
        return json.dumps(body).encode()


def operations() -> Iterator[Operation]:
    for path, item in specification()["paths"].items():
        for method, operation in item.items():
            bodies = operation.get("requestBody", {}) if isinstance(operation, dict) else {}
            for media_type, content in bodies.get("content", {}).items():
                if media_type in FILES:
                    continue
                schema = resolved(content["schema"] if media_type == JSON else ROWS[path])
                examples = content.get("examples") or schema.get("examples") or [{}]
                example = next(iter(examples.values()))["value"] if isinstance(examples, dict) else examples[0]
                if isinstance(example, str):
                    example = json.loads(example.splitlines()[0])
                body = {name: value for name, value in example.items() if name != "code" or method == "post"}
                body |= MORE.get(path, {})
                yield Operation(method.upper(), path, media_type, body, schema)


def by_method(operation: Operation) -> bool:
    return operation.method == "POST"


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return resolved(specification()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def texts(schema: dict[str, Any], path: Path = (), depth: int = 0) -> Iterator[Path]:
    """Yield where a schema takes a text, a free key of an object among them: its name is the text then."""
    schema = resolved(schema)
    if depth > 8:
        return
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from texts(choice, path, depth + 1)
    if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from texts(inner, (*path, name), depth + 1)
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        yield (*path, "{key}")
        yield from texts(more, (*path, "{value}"), depth + 1)
    if "items" in schema:
        yield from texts(schema["items"], (*path, 0), depth + 1)


def put(body: Any, path: Path, text: str) -> None:
    """Put a text into a body, at a place that may be missing in it."""
    *way, last = path
    for step, following in zip(way, path[1:], strict=True):
        empty: Any = [] if following == 0 else {}
        if step == 0:
            if not body:
                body.append(empty)
            body = body[0]
        else:
            name = next(iter(body), "a") if step == "{value}" else step
            if not isinstance(body.get(name), type(empty)):
                body[name] = empty
            body = body[name]
    if last == 0:
        body[:1] = [text]
    elif last == "{key}":
        body[text] = next(iter(body.values()), "x")
    else:
        body[next(iter(body), "a") if last == "{value}" else last] = text


def listed(path: Path) -> str:
    return ".".join(str(step) for step in path).replace(".0", "[]")


# Where the same body is taken by POST, that is walked: a PUT finds nothing at an id that there is not.
OPERATIONS = [
    *{(one.resource, one.media_type, id(one.schema)): one for one in sorted(operations(), key=by_method)}.values()
]
IDS = [f"{operation.method} {operation.path} {operation.media_type}" for operation in OPERATIONS]

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    return landskrona_database()


def test_all_operations_that_take_a_body_are_walked() -> None:
    assert len(OPERATIONS) >= 18
    assert {one.path for one in OPERATIONS if not [*texts(one.schema)]} == {"/api-clients/{clientId}/keys"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
async def test_every_text_is_guarded_or_listed(client: httpx.AsyncClient, operation: Operation) -> None:
    """trials D1, D2"""
    unguarded = []
    for path in dict.fromkeys(texts(operation.schema)):
        exception = EXCEPTIONS.get((operation.resource, listed(path)))
        for text in () if exception and exception.guard is Guard.OPAQUE else PERSONAL:
            found = await violations(client, operation, path, text)
            if not any(is_of(violation, path) for violation in found):
                unguarded.append((listed(path), text, found))
    assert unguarded == []


async def violations(client: httpx.AsyncClient, operation: Operation, path: Path, text: str) -> list[dict[str, Any]]:
    """Return what the API finds wrong with a body, or with the row of a file; none when it takes it."""
    headers = {"Content-Type": operation.media_type, "If-Match": '"1"'}
    content = operation.content(path, text)
    answer = await client.request(operation.method, operation.address, content=content, headers=headers)
    assert "850709" not in answer.text
    if answer.is_success and operation.media_type != JSON:
        answer = await client.get(f"{BASE}{operation.path}/{answer.json()['id']}/remarks")
        return answer.json()["remarks"]
    return answer.json()["violations"] if answer.is_error else []


def is_of(violation: dict[str, Any], path: Path) -> bool:
    """Tell whether a fault is that a text is personal data, or of the very field that it is in."""
    named = [step for step in path if isinstance(step, str) and step[0] != "{"]
    field = re.sub(r"\[\d+\]$", "", violation["field"])
    if path[-1] == "{key}" and violation["field"] == "(hidden)":
        return True
    return violation["reason"] == PERSONAL_NUMBER or (bool(named) and named[-1] in re.split(r"[.\[]", field))


@pytest.mark.parametrize(
    "operation",
    [operation for operation in OPERATIONS if "{" in operation.path and operation.method == "PUT"],
    ids=lambda operation: operation.path,
)
async def test_no_personal_number_is_stored_as_a_code_of_the_address(
    client: httpx.AsyncClient, operation: Operation
) -> None:
    """trials D2"""
    path = operation.path[: operation.path.rindex("{")] + "850709-9805"
    address = f"{BASE}{path}".replace("{agreementCode}", EXAMPLES["agreementCode"])
    answer = await client.put(address, json=operation.example)
    assert answer.is_client_error
    assert "850709" not in answer.text


def test_every_exception_is_a_field_that_there_is_and_has_its_reason() -> None:
    known = {(operation.resource, listed(path)) for operation in OPERATIONS for path in texts(operation.schema)}
    assert [key for key in EXCEPTIONS if key not in known] == []
    assert all(len(exception.reason) > 10 for exception in EXCEPTIONS.values())


NOTE = {"indicator": "school-visits", "area": "1282", "period": "2016-T1", "notedOn": "2016-05-10"}


@pytest.mark.parametrize("text", CONTACTS)
async def test_contact_details_are_refused_with_the_reason(client: httpx.AsyncClient, text: str) -> None:
    """trials D3"""
    answer = await client.post(f"{BASE}/notes", json=NOTE | {"text": text})
    assert answer.status_code == 422
    (violation,) = [one for one in answer.json()["violations"] if one["field"] == "text"]
    assert violation["reason"] in {"holds an e-mail address", "holds a telephone number"}
    assert text not in answer.text


@pytest.fixture
async def marking(
    settings: Settings, api_keys: dict[KeyScope, str], landskrona_database: Callable[[], str]
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of an app with a database of its own: the module's app would import its files by another rule."""
    choice = {"contact_details": "mark", "database_url": landskrona_database()}
    app: FastAPI = create_app(settings.model_copy(update=choice))
    async with app.router.lifespan_context(app), _client(app, api_keys[KeyScope.ADMINISTER]) as client:
        yield client


async def test_by_the_operators_choice_they_are_marked(marking: httpx.AsyncClient) -> None:
    """trials D3"""
    area = {"kind": "municipality", "name": "Ring 070-123 45 67", "validFrom": "1971-01-01", "validTo": None}
    answer = await marking.put(f"{BASE}/areas/1299", json=area | {"parents": []})
    assert answer.json()["name"] == "Ring [telefon]"
    subscription = {"url": "https://example.se/0701234567/a@b.se", "description": "Fråga anna@example.se"}
    stored = (await marking.post(f"{BASE}/webhooks", json=subscription)).json()
    assert (stored["url"], stored["description"]) == (subscription["url"], "Fråga [e-post]")
    refused = await marking.put(f"{BASE}/areas/1299", json=area | {"name": "850709-9805", "parents": []})
    assert refused.status_code == 422


@pytest.mark.parametrize("prefer", ["", "respond-async"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
async def test_the_notes_of_a_file_are_marked_too(marking: httpx.AsyncClient, prefer: str, mark: bytes) -> None:
    """trials D3, and B6: with a byte order mark before it"""
    row = {
        "source": "s",
        "externalId": "1",
        "type": "graffiti-cleanup",
        "agreement": "nowhere",
        "area": "1282",
        "status": "planned",
        "reported": "2016-03-24",
        "note": "Ring 070-123 45 67",
    }
    headers = {"Content-Type": "application/x-ndjson", "Prefer": prefer}
    sent = mark + json.dumps(row).encode()
    report = (await marking.post(f"{BASE}/activity-imports", content=sent, headers=headers)).json()
    while report["status"] not in {"completed", "failed"}:
        report = (await marking.get(f"{BASE}/activity-imports/{report['id']}")).json()
    remarks = (await marking.get(f"{BASE}/activity-imports/{report['id']}/remarks")).json()["remarks"]
    assert {remark["field"] for remark in remarks} == {"agreement"}


@pytest.mark.parametrize("name", ["Anna 850709-9805", "anna@example.se", "Anna 070-123 45 67"])
def test_a_key_is_named_after_no_person_that_can_be_found_by_it(name: str) -> None:
    """trials D2: notes bear it"""
    result = CliRunner().invoke(keys, ["create", "--name", name, "--scope", "read"])
    assert result.exit_code == 2
    assert name not in result.output
