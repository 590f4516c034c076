"""Subscriptions to changes: who wants which, where to, and whether the endpoint has confirmed it.

Nothing here sends: what is to be sent is written down, and the worker delivers it. A subscription is `challenged` until
its endpoint has proved that it wants our messages, `active`, or `paused` by its owner or because nothing gets through.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import ColumnElement, case, delete, func, insert, null, select, text, update

from shared.db.cursors import Cursor
from shared.db.tables import webhook, webhook_message
from shared.feed.changes import current_epoch
from shared.read_model.texts import instant_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.feed.changes import ChangeFilter

CHALLENGE = "webhook.challenge"
CHANGED = "indicator-values.changed"
RESTARTED = "indicator-values.restarted"

SECRET_PREFIX = "whsec_"  # noqa: S105  the scheme's, and no secret
SECRET_BYTES = 32
# As Standard Webhooks recommends.
SECRET_SIZES = range(24, 65)
TOKEN_BYTES = 24
# Until a receiver knows the new secret, the former one signs too.
FORMER_SECRET_SIGNS_FOR = timedelta(days=1)

BY_OPERATOR = "byOperator"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a subscriber asks for."""

    url: str
    description: str
    wanted: ChangeFilter

    @property
    def columns(self) -> dict[str, Any]:
        """The subscription as it is stored."""
        return {
            "url": self.url,
            "description": self.description,
            "indicators": list(self.wanted.indicators),
            "areas": list(self.wanted.areas),
            "period_types": list(self.wanted.period_types),
        }


async def subscribe(
    connection: AsyncConnection, subscription: Subscription, secret: str | None = None
) -> tuple[UUID, str]:
    """Store a new subscription and challenge its endpoint; return its id, and the secret, which is not returned again.

    A secret that the subscriber has made is known to the endpoint when the challenge arrives; else one is made here.
    It begins with what changes from now on.
    """
    secret = secret or _new_secret()
    epoch = await current_epoch(connection)
    columns = {**subscription.columns, "secret": secret, "position": (await _horizon(connection, epoch)).stored()}
    statement = insert(webhook).values(columns).returning(webhook.c.webhook_id)
    webhook_id: UUID = (await connection.execute(statement)).scalar_one()
    await challenge(connection, webhook_id)
    return webhook_id, secret


async def change(connection: AsyncConnection, webhook_id: UUID, subscription: Subscription) -> None:
    """Keep a subscription as it is now to be; another address must prove itself as the first one had to."""
    is_moved = webhook.c.url != subscription.url
    statement = (
        update(webhook)
        .where(webhook.c.webhook_id == webhook_id)
        .values(**subscription.columns, **_touched(), proven_at=case((is_moved, null()), else_=webhook.c.proven_at))
        .returning(webhook.c.proven_at, webhook.c.status)
    )
    row = (await connection.execute(statement)).one()
    if row.proven_at is None and row.status != "paused":
        await challenge(connection, webhook_id)


async def challenge(connection: AsyncConnection, webhook_id: UUID) -> None:
    """Ask the endpoint to prove that it wants our messages: it must send back what it is sent."""
    await _withdraw(connection, webhook_id, webhook_message.c.type == CHALLENGE)
    await _put_status(connection, webhook_id, "challenged", None)
    content = {"token": secrets.token_urlsafe(TOKEN_BYTES)}
    await put_message(connection, webhook_id, CHALLENGE, content)


async def pause(connection: AsyncConnection, webhook_id: UUID, reason: str = BY_OPERATOR) -> None:
    """Send nothing more, until it is resumed; what is pending waits."""
    await _put_status(connection, webhook_id, "paused", reason)


async def resume(connection: AsyncConnection, webhook_id: UUID) -> None:
    """Go on where it stopped, with all attempts left; an endpoint that has not proved itself is challenged first."""
    row = (await connection.execute(_STATUS, {"webhook_id": webhook_id})).one()
    if row.proven_at is None:
        if row.status == "paused":
            await challenge(connection, webhook_id)
        return
    await _put_status(connection, webhook_id, "active", None)
    statement = update(webhook_message).where(*_pending(webhook_id)).values(attempts=0, due_at=func.now())
    await connection.execute(statement)


async def change_secret(connection: AsyncConnection, webhook_id: UUID, secret: str | None = None) -> str:
    """Replace the secret, by the subscriber's own or a new one, and return it a last time; for a day both sign."""
    secret = secret or _new_secret()
    statement = update(webhook).where(webhook.c.webhook_id == webhook_id)
    former = {"former_secret": webhook.c.secret, "former_secret_until": func.now() + FORMER_SECRET_SIGNS_FOR}
    await connection.execute(statement.values(**former, **_touched(), secret=secret))
    return secret


async def replay(connection: AsyncConnection, webhook_id: UUID, since: Cursor | None) -> None:
    """Send everything after a point again, or from the start; what is pending is withdrawn."""
    await _withdraw(connection, webhook_id, webhook_message.c.type != CHALLENGE)
    # What whoever asks for it sees is not what the owner sees.
    position = None if since is None else since.unseen().stored()
    statement = update(webhook).where(webhook.c.webhook_id == webhook_id)
    await connection.execute(statement.values(position=position, **_touched()))


async def place_of(connection: AsyncConnection, moment: datetime) -> Cursor:
    """Return the place in the feed before the first change that was made at the moment or later."""
    epoch = await current_epoch(connection)
    horizon = await _horizon(connection, epoch)
    row = (await connection.execute(_PLACE_OF, {"moment": moment, "horizon": str(horizon.changed_in)})).one_or_none()
    return horizon if row is None else Cursor(epoch, int(row.changed_in), row.change_number - 1)


async def _horizon(connection: AsyncConnection, epoch: int) -> Cursor:
    """Return the place after all that can be sent now; what is not yet committed has its place later."""
    return Cursor(epoch, int((await connection.execute(_HORIZON)).scalar_one()))


async def unsubscribe(connection: AsyncConnection, webhook_id: UUID) -> None:
    """Forget a subscription and all that was sent for it."""
    await connection.execute(delete(webhook).where(webhook.c.webhook_id == webhook_id))


async def put_message(
    connection: AsyncConnection, webhook_id: UUID, kind: str, content: Mapping[str, object], changes: int = 0
) -> None:
    """Write down a message to be sent at once: the bytes that every attempt will send."""
    now: datetime = (await connection.execute(select(func.now()))).scalar_one()
    body = {
        "type": kind,
        "timestamp": instant_text(now),
        "data": {"webhookId": webhook_id, **content},
    }
    message = {"webhook_id": webhook_id, "type": kind, "body": orjson.dumps(body).decode(), "changes": changes}
    await connection.execute(insert(webhook_message).values(message))


async def _withdraw(connection: AsyncConnection, webhook_id: UUID, which: ColumnElement[bool]) -> None:
    statement = update(webhook_message).where(*_pending(webhook_id), which)
    await connection.execute(statement.values(status="withdrawn", body=null()))


async def _put_status(connection: AsyncConnection, webhook_id: UUID, status: str, reason: str | None) -> None:
    statement = update(webhook).where(webhook.c.webhook_id == webhook_id)
    await connection.execute(statement.values(status=status, reason=reason, **_touched()))


def _pending(webhook_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return webhook_message.c.webhook_id == webhook_id, webhook_message.c.status == "pending"


def _touched() -> dict[str, Any]:
    return {"revision": webhook.c.revision + 1, "changed_at": func.now()}


def is_secret(text: str) -> bool:
    """Tell whether a text is a secret by the scheme: its prefix, and as many bytes in base64 as a good one has."""
    encoded = text.removeprefix(SECRET_PREFIX)
    try:
        size = len(b64decode(encoded, validate=True))
    except ValueError:
        return False
    return text.startswith(SECRET_PREFIX) and size in SECRET_SIZES


def _new_secret() -> str:
    return SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


_STATUS = text("SELECT status, proven_at FROM webhook WHERE webhook_id = :webhook_id")
_HORIZON = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
_PLACE_OF = text(
    """SELECT changed_in::text, change_number
       FROM (SELECT changed_in, change_number FROM indicator_value WHERE computed_at >= :moment
             UNION ALL
             SELECT changed_in, change_number FROM removed_value WHERE removed_at >= :moment) AS later
       WHERE changed_in < CAST(:horizon AS xid8)
       ORDER BY changed_in, change_number LIMIT 1"""
)
