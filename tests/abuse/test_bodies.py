"""A body is read for who has a key, and takes little time whatever it is: trials C2 and its siblings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product

import httpx
from fastapi import FastAPI

from services.api.http.routing import BASE
from shared.db.keys import KeyScope
from tests.abuse.conftest import WithNeighbours
from tests.abuse.loop import longest_step
from tests.abuse.service import WALK, Service
from tests.abuse.sockets import connected, exchange, received, request, status_of
from tests.conftest import BASE_URL
from tests.extent import IS_LONG

# Of processor time, at one thing; bodies of a megabyte are made to take a second where they are not bounded.
MOST_SECONDS = 0.15
OBJECTS = b"[" + b"{}," * 350_000 + b"{}]"
LISTS = ("targets", "annexes", "commitments", "parents", "parties", "slices", "terms")
# What they are called, and how they are answered: too large, too deep, unreadable, or of a wrong form.
BODIES: Mapping[str, bytes] = {
    "a megabyte of objects": OBJECTS,
    "lists of empty objects": json.dumps({name: [{}] * 1999 for name in LISTS}).encode(),
    "lists of objects with unknown fields": json.dumps(
        {name: [{f"k{number}": number for number in range(9)}] * 300 for name in LISTS}
    ).encode(),
    "two thousand unknown fields": json.dumps({f"k{number}": number for number in range(1999)}).encode(),
    "a megabyte of digits": json.dumps({name: ["1 " * 16_000] * 2 for name in LISTS}).encode(),
    "digits in every field": json.dumps(
        {**WALK, "externalId": "1", "attributes": {f"k{number}": "1." * 200 for number in range(1000)}}
    ).encode(),
    "a text of a megabyte": json.dumps({"note": "a" * 1_000_000}).encode(),
    "characters that cannot be kept": json.dumps({name: ["\0"] * 1999 for name in LISTS}).encode(),
    "lists in lists": b"[" * 1000 + b"]" * 1000,
    "a number of a megabyte": b'{"count":' + b"9" * 1_000_000 + b"}",
    "halves of characters": b'{"note":"' + b"\\ud800" * 100_000 + b'"}',
}
ROUTES = (
    ("POST", "activities"),
    ("PUT", "agreements/x"),
    ("PUT", "activity-types/x"),
    ("PUT", "agreements/x?dryRun=true"),
    ("PUT", "areas/1282-x"),
    ("PUT", "areas/1282/terms"),
    ("POST", "observations"),
    ("POST", "notes"),
    ("PUT", "import-mappings/x"),
    ("PUT", "indicators/x"),
    ("PUT", "roles/x"),
    ("POST", "webhooks"),
    ("PUT", "pulled-sources/x"),
)


def test_the_body_of_a_stranger_is_not_read(service: Service, neighbours: WithNeighbours) -> None:
    """trials C2: a megabyte of `[{},…]` froze the loop for a second before the key was looked at."""
    head = request(
        f"{BASE}/activities", {"Content-Type": "application/json", "Content-Length": str(len(OBJECTS))}, "POST"
    )
    with neighbours(service) as report:
        with connected(service) as connection:
            connection.sendall(head)
            assert status_of(received(connection)) == 401, "answered though nothing of the body has come"
        for _ in range(5):
            assert status_of(exchange(service, head + OBJECTS)) == 401
    report.assert_unharmed(mib=400)


def test_a_key_that_may_only_read_is_refused_before_its_body(service: Service) -> None:
    """trials C2: the scope too comes before the body."""
    headers = {**service.headers(KeyScope.READ), "Content-Type": "application/json", "Content-Length": "1000"}
    with connected(service) as connection:
        connection.sendall(request(f"{BASE}/activities", headers, "POST"))
        assert status_of(received(connection)) == 403


def test_a_client_with_a_key_cannot_stop_the_others(service: Service, neighbours: WithNeighbours) -> None:
    """trials C2: the same from somebody who may write."""
    with neighbours(service) as report, service.client(KeyScope.ADMINISTER) as client:
        for body in BODIES.values():
            answer = client.post("/activities", content=body, headers={"Content-Type": "application/json"})
            assert 400 <= answer.status_code < 500
    report.assert_unharmed(mib=600)


async def test_no_body_keeps_the_loop_at_one_thing(app: FastAPI, api_keys: Mapping[KeyScope, str]) -> None:
    """trials C2: parsed aside where it is large, and bounded in depth, entries and values."""
    headers = {"Authorization": f"Bearer {api_keys[KeyScope.ADMINISTER]}", "Content-Type": "application/json"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE_URL}{BASE}", headers=headers) as client:
        await client.get("/areas")
        for (name, body), (method, path) in product(BODIES.items(), ROUTES if IS_LONG else ROUTES[:2]):
            async with longest_step() as longest:
                answer = await client.request(method, path, content=body)
            assert 400 <= answer.status_code < 500, f"{method} {path}, {name}: {answer.status_code}"
            assert len(answer.content) < 200_000, f"{method} {path}, {name}"
            assert longest.seconds < MOST_SECONDS, f"{method} {path}, {name}: {longest.seconds:.3f} s"
