"""Webhooks and their deliveries, read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from shared.db.tables import webhook, webhook_delivery, webhook_message
from shared.read_model.texts import instant_text

Entry = dict[str, Any]

_DELIVERIES = select(
    webhook_delivery, webhook_message.c.type, webhook_message.c.changes, webhook_message.c.status.label("message")
).join(webhook_message, webhook_message.c.message_id == webhook_delivery.c.message_id)


async def count(connection: AsyncConnection) -> int:
    """Return how many webhooks there are."""
    return (await connection.execute(select(func.count()).select_from(webhook))).scalar_one()


async def entries(connection: AsyncConnection, page: Page) -> list[Entry]:
    """Return one page of the webhooks, the oldest first."""
    ordered = select(webhook).order_by(webhook.c.webhook_id).limit(page.limit).offset(page.offset)
    return [_entry(row) for row in await connection.execute(ordered)]


async def find(connection: AsyncConnection, webhook_id: UUID) -> Entry | None:
    """Return the webhook with an id, if there is one."""
    row = (await connection.execute(select(webhook).where(webhook.c.webhook_id == webhook_id))).one_or_none()
    return None if row is None else _entry(row)


async def lock(connection: AsyncConnection, webhook_id: UUID) -> Entry | None:
    """Return a webhook and keep others from changing it, if there is one."""
    statement = select(webhook).where(webhook.c.webhook_id == webhook_id).with_for_update()
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _entry(row)


async def count_deliveries(connection: AsyncConnection, webhook_id: UUID) -> int:
    """Return how many attempts to deliver something are known of a webhook."""
    statement = select(func.count()).select_from(webhook_delivery).where(webhook_delivery.c.webhook_id == webhook_id)
    return (await connection.execute(statement)).scalar_one()


async def deliveries(connection: AsyncConnection, webhook_id: UUID, page: Page) -> list[Entry]:
    """Return one page of the attempts, the latest first."""
    ordered = _DELIVERIES.where(webhook_delivery.c.webhook_id == webhook_id).order_by(
        webhook_delivery.c.delivery_id.desc()
    )
    return [_delivery(row) for row in await connection.execute(ordered.limit(page.limit).offset(page.offset))]


def _entry(row: Row[Any]) -> Entry:
    return {
        "id": row.webhook_id,
        "url": row.url,
        "description": row.description,
        "indicators": row.indicators,
        "areas": row.areas,
        "periodTypes": row.period_types,
        "status": row.status,
        "reason": row.reason,
        "provenAt": instant_text(row.proven_at),
        "position": row.position,
        "revision": row.revision,
        "createdAt": instant_text(row.created_at),
        "changedAt": instant_text(row.changed_at),
    }


def _delivery(row: Row[Any]) -> Entry:
    return {
        "messageId": row.message_id,
        "type": row.type,
        "changes": row.changes,
        "attempt": row.attempt,
        "attemptedAt": instant_text(row.attempted_at),
        "outcome": row.outcome,
        "statusCode": row.status_code,
        "error": row.error,
        "milliseconds": row.milliseconds,
        "nextAttemptAt": instant_text(row.next_attempt_at),
        "message": row.message,
    }
