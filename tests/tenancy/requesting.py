"""One request of each operation for what is Landskrona's, with things of Landskrona's own that it can be about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from services.api.http.routing import BASE
from tests.api.exchanges import REQUESTS, Operation, body_of, operations

Json = dict[str, Any]

# The first request of each operation that `requests.yaml` has, and all operations by id.
FIRST: Mapping[str, Json] = {entry["operation"]: entry for entry in reversed(REQUESTS)}
OPERATIONS: Mapping[str, Operation] = {operation.spec["operationId"]: operation for operation in operations()}
# Which of `requests.yaml` makes a thing, by the name that it keeps it by.
_MAKERS: Mapping[str, Json] = {entry["keep"]: entry for entry in REQUESTS if "keep" in entry}
# What is found by a code that its owner gives, and what makes it.
_BY_CODE = {"mappingCode": "replaceMapping", "sourceCode": "replacePulledSource"}
# What is found by the code of what it belongs to, and what makes it.
_MADE_BY = {
    "showCommitment": "replaceCommitment",
    "showOpenData": "putOpenData",
    "removeOpenData": "putOpenData",
    "showNoteRemoval": "putNoteRemoval",
}
NOWHERE = "00000000-0000-0000-0000-000000000000"
_numbers = count(1)


@dataclass(slots=True)
class Thing:
    """What an operation is about: its names in addresses, and the ETags of each address."""

    names: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    # What bodies that are about it must have as it was first sent.
    content: Json = field(default_factory=dict)

    @property
    def marks(self) -> set[str]:
        """What nobody else may see."""
        return {name for name in self.names.values() if name != NOWHERE}

    def elsewhere(self) -> Thing:
        """Return what does not exist."""
        names = {name: "nowhere" if name in _BY_CODE else NOWHERE for name in self.names}
        return Thing(names, content={**self.content, **({"code": "nowhere"} if "code" in self.content else {})})


# Of each list, an operation on what it lists.
LISTED: Mapping[str, str] = {
    "listActivities": "showActivity",
    "listDuplicateSuspects": "linkDuplicate",
    "listObservations": "showObservation",
    "listNotes": "showNote",
    "listNoteRemovals": "showNoteRemoval",
    "listBreaks": "showBreak",
    "listMappings": "showMapping",
    "listActivityImports": "showActivityImport",
    "listObservationImports": "showObservationImport",
    "listWebhooks": "showWebhook",
    "listApiClients": "showApiClient",
    "listPulledSources": "showPulledSource",
}


async def made_for(client: httpx.AsyncClient, name: str) -> Thing:
    """Make, as who owns it, what an operation needs."""
    name = LISTED.get(name, name)
    thing = Thing()
    if name in {"takeStepOfPeriod", "showStep"}:  # a period is prepared once, until it is reopened
        await client.send(request_of(client, "takeStepOfPeriod", thing, step="reopen", reason="Again."))
    for parameter, value in FIRST[name].get("path", {}).items():
        if isinstance(value, str) and value.startswith("$"):
            answer = await _sent(client, _MAKERS[value[1:]])
            thing.names[parameter] = answer.json()["id"]
            if name.startswith("correct"):
                thing.content["source"] = answer.json()["source"]
        elif parameter in _BY_CODE:
            code = f"owned-{next(_numbers)}"
            maker = _BY_CODE[parameter]
            url = f"{BASE}{OPERATIONS[maker].path.format_map({parameter: code})}"
            body = {**json.loads(body_of(OPERATIONS[maker], FIRST[maker]) or b"{}"), "code": code}
            (await client.put(url, json=body)).raise_for_status()
            thing.names[parameter] = thing.content["code"] = code
    if name in _MADE_BY:
        (await client.send(request_of(client, _MADE_BY[name], thing))).raise_for_status()
    if name == "unlinkDuplicate":
        linking = request_of(client, "linkDuplicate", thing)
        (await client.send(linking)).raise_for_status()
    if FIRST[name].get("ifMatch"):
        read = await client.get(_url(name, thing))
        thing.etags[read.request.url.path] = read.headers["ETag"]
    return thing


async def _sent(client: httpx.AsyncClient, entry: Json) -> httpx.Response:
    """Send a request that makes a thing which there was not before."""
    unlike = f"test-{next(_numbers)}"
    name = entry["operation"]
    changed = entry
    if name in {"reportActivity", "reportObservation"}:
        changed = {**entry, "body": {**entry.get("body", {}), "source": unlike}}
    answer = await client.send(_request(client, name, _url(name, Thing()), changed, {}))
    return answer.raise_for_status()


def request_of(client: httpx.AsyncClient, name: str, thing: Thing, **changes: object) -> httpx.Request:
    """Return the request of an operation about a thing; `changes` are of its body."""
    entry = FIRST[name]
    url = _url(name, thing)
    headers = {}
    if entry.get("ifMatch"):
        headers["If-Match"] = thing.etags.get(url, '"1"')
    body = {**entry.get("body", {}), **thing.content, **changes}
    query = {key: value for key, value in entry.get("query", {}).items() if key != "source"}
    if name in LISTED:
        query["limit"] = 1000
    return _request(client, name, url, {**entry, "body": body, "query": query}, headers)


def _request(client: httpx.AsyncClient, name: str, url: str, entry: Json, headers: Mapping[str, str]) -> httpx.Request:
    operation = OPERATIONS[name]
    headers = {"Accept": entry.get("accept", "application/json"), **entry.get("headers", {}), **headers}
    body = body_of(operation, entry)
    if body is not None:
        headers["Content-Type"] = entry.get("content", "application/json")
    return client.build_request(operation.method, url, params=entry.get("query"), headers=headers, content=body)


def _url(name: str, thing: Thing) -> str:
    named = dict(FIRST[name].get("path", {})) | thing.names
    return f"{BASE}{OPERATIONS[name].path.format_map(named)}"


def without_chance(answer: httpx.Response) -> tuple[int, object, dict[str, str]]:
    """Return of an answer what must not depend on anything but the question."""
    headers = {name: text for name, text in answer.headers.items() if name not in _BY_CHANCE}
    if answer.headers.get("content-type", "").endswith("json"):
        return answer.status_code, dict(_lasting(answer.json())), headers
    return answer.status_code, answer.content, headers


_BY_CHANCE = {"date", "traceparent", "content-length", "ratelimit", "ratelimit-policy"}


def _lasting(body: Json) -> Iterator[tuple[str, object]]:
    yield from ((name, value) for name, value in body.items() if name not in {"instance", "traceId"})
