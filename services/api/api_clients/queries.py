"""Clients of the API, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.db import api_clients
from shared.db.api_clients import StoredClient
from shared.read_model.texts import instant_text

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.responses import Page

Entry = dict[str, Any]


async def count(connection: AsyncConnection) -> int:
    """Return how many clients the caller administers."""
    return await connection.run_sync(api_clients.count)


async def entries(connection: AsyncConnection, page: Page) -> list[Entry]:
    """Return one page of the clients, the oldest first."""
    return [entry(client) for client in await connection.run_sync(api_clients.listed, page.limit, page.offset)]


async def find(connection: AsyncConnection, client_id: UUID) -> Entry | None:
    """Return the client with an id, if there is one."""
    client = await connection.run_sync(api_clients.find, client_id)
    return None if client is None else entry(client)


def entry(client: StoredClient) -> Entry:
    """Return a client as it is answered."""
    return {
        "id": client.key_id,
        "name": client.name,
        "owner": client.owner,
        "grants": [{"scope": scope, "area": area} for scope, area in client.grants],
        "createdAt": instant_text(client.created_at),
        "expiresAt": instant_text(client.expires_at),
        "revokedAt": instant_text(client.revoked_at),
        "lastUsedAt": instant_text(client.last_used_at),
        "formerKeyUntil": instant_text(client.former_until),
        "revision": client.revision,
    }
