"""What the tests of clients send, and how they read what comes back."""

from __future__ import annotations

from typing import Any

import httpx

from services.api.http.routing import BASE
from shared.db.keys import is_key

CLIENTS = f"{BASE}/api-clients"
# What any key may read.
READABLE = f"{BASE}/activity-types"
BODY: dict[str, Any] = {"name": "Gatukontoret", "owner": "1282", "grants": [{"scope": "report", "area": "1282"}]}


def grant(scope: str, area: str) -> dict[str, str]:
    return {"scope": scope, "area": area}


async def add(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """Make a client, and return it with its key."""
    answer = await client.post(CLIENTS, json=BODY | changes)
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    assert is_key(added["key"])
    return added


async def own(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return the client that speaks: of those in force that administer what it does, the one that was made last."""
    listed: list[dict[str, Any]] = (await client.get(CLIENTS, params={"limit": 1000})).json()["apiClients"]
    in_force = [one for one in listed if one["revokedAt"] is None]
    return next(one for one in reversed(in_force) if one["grants"][-1]["scope"] == "administer")


async def patch(client: httpx.AsyncClient, current: dict[str, Any], **changes: Any) -> httpx.Response:
    """Change a client as it was shown."""
    headers = {"If-Match": f'"{current["revision"]}"'}
    return await client.patch(f"{CLIENTS}/{current['id']}", json=changes, headers=headers)


async def revoke(client: httpx.AsyncClient, current: dict[str, Any]) -> httpx.Response:
    """Revoke a client as it was shown."""
    return await client.delete(f"{CLIENTS}/{current['id']}", headers={"If-Match": f'"{current["revision"]}"'})


async def rotate(client: httpx.AsyncClient, current: dict[str, Any], **body: Any) -> httpx.Response:
    """Give a client another key."""
    return await client.post(f"{CLIENTS}/{current['id']}/keys", json=body)


async def show(client: httpx.AsyncClient, current: dict[str, Any]) -> dict[str, Any]:
    """Return a client as it is now."""
    answer = await client.get(f"{CLIENTS}/{current['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def works(client: httpx.AsyncClient) -> bool:
    """Tell whether a client is let in."""
    status = (await client.get(READABLE)).status_code
    assert status in {200, 401}
    return status == 200


def faults(answer: httpx.Response) -> dict[str, str]:
    """Return what is wrong with which field of a body that was refused."""
    assert answer.status_code == 422, answer.text
    violations = answer.json()["violations"]
    assert all(one["remedy"] for one in violations)
    return {one["field"]: one["reason"] for one in violations}
