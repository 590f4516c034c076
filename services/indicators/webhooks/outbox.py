"""Makes messages of changes for those who subscribe, one at a time for each, and writes down what became of them.

All that matters is in tables, and every step is a transaction of its own: a process that dies at any moment leaves a
message that another sends again, the same bytes under the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from shared.db.cursors import Cursor
from shared.db.signing import read_signer
from shared.db.territories import FiguresAbove, acting_for
from shared.domain.errors import InvalidCursor, OutdatedCursor
from shared.feed.changes import ChangeFilter, current_epoch, read_changes
from shared.feed.webhooks import CHALLENGE, CHANGED, RESTARTED, pause, put_message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

MOST_CHANGES = 100
# How long to wait after the first attempt, the second, and so on: nearly four days in all.
BACK_OFF = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# An attempt that has not ended by then never will: its process is dead.
LEASE = timedelta(seconds=40)
RETENTION = timedelta(days=30)


class DueMessage(NamedTuple):
    """A message to be sent now."""

    message_id: UUID
    webhook_id: UUID


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that this process alone may send now."""

    message_id: UUID
    webhook_id: UUID
    delivery_id: UUID
    type: str
    body: str
    attempt: int
    url: str
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """What became of an attempt; a failure is named, and may ask to be left alone for a while or for good."""

    failure: str | None
    status_code: int | None
    milliseconds: int
    retry_after: timedelta = timedelta()
    is_gone: bool = False


async def idle_webhooks(connection: AsyncConnection) -> list[UUID]:
    """Return the active subscriptions for which no message is pending."""
    return list((await connection.execute(_IDLE)).scalars())


async def due_messages(connection: AsyncConnection, webhook_id: UUID | None = None) -> list[DueMessage]:
    """Return messages to be sent now, of one subscription or of all, those that have waited longest first."""
    return [DueMessage(*row) for row in await connection.execute(_DUE, {"webhook_id": webhook_id})]


async def compose(connection: AsyncConnection, webhook_id: UUID, today: date, figures_above: FiguresAbove) -> bool:
    """Make a message of the next changes that a subscription wants; return whether there may be work left.

    The message and the place that it reaches to are written together, or neither is. It tells what the subscription's
    owner may see.
    """
    row = (await connection.execute(_SUBSCRIPTION, {"webhook_id": webhook_id})).one_or_none()
    if row is None:
        return False
    async with acting_for(connection, row.owner_area_id, today, figures_above):
        return await _compose(connection, row)


async def _compose(connection: AsyncConnection, row: Row[Any]) -> bool:
    wanted = ChangeFilter(tuple(row.indicators), tuple(row.areas), tuple(row.period_types))
    try:
        since = None if row.position is None else Cursor.of_stored(row.position)
        found = await read_changes(connection, since, wanted, MOST_CHANGES)
    except (OutdatedCursor, InvalidCursor):
        start = Cursor(await current_epoch(connection))
        if await _advance(connection, row, start):
            await put_message(connection, row.webhook_id, RESTARTED, {})
        return True
    if found.next == (since or Cursor(found.next.epoch)):
        return False
    if not await _advance(connection, row, found.next):
        return False
    if found.entries:
        # The subscriber's key may see more than the owner, or less.
        following = found.next.unseen().signed(await read_signer(connection))
        content = {"nextCursor": following, "changes": found.entries}
        await put_message(connection, row.webhook_id, CHANGED, content, len(found.entries))
    return True


async def _advance(connection: AsyncConnection, row: Row[Any], place: Cursor) -> bool:
    """Move a subscription on, unless another has been there first."""
    parameters = {"webhook_id": row.webhook_id, "before": row.position, "position": place.stored()}
    return bool((await connection.execute(_ADVANCE, parameters)).rowcount)


async def claim(connection: AsyncConnection, message_id: UUID, lease: timedelta = LEASE) -> ClaimedMessage | None:
    """Take a message to send it, unless another process is at it or it is no longer to be sent."""
    row = (await connection.execute(_CLAIM, {"message_id": message_id, "lease": lease})).one_or_none()
    if row is None:
        return None
    await connection.execute(_INTERRUPTED, {"message_id": message_id})
    parameters = {"message_id": message_id, "webhook_id": row.webhook_id, "attempt": row.attempts}
    delivery_id: UUID = (await connection.execute(_BEGIN, parameters)).scalar_one()
    signers = [secret for secret in (row.secret, row.former_secret) if secret]
    return ClaimedMessage(message_id, row.webhook_id, delivery_id, row.type, row.body, row.attempts, row.url, signers)


async def conclude(connection: AsyncConnection, taken: ClaimedMessage, outcome: DeliveryOutcome) -> None:
    """Write down what became of an attempt, and what follows from it."""
    following = None
    if outcome.failure is None:
        await connection.execute(_DELIVERED, {"message_id": taken.message_id})
        if taken.type == CHALLENGE:
            await connection.execute(_PROVEN, {"webhook_id": taken.webhook_id, "url": taken.url})
    elif taken.type == CHALLENGE:
        await connection.execute(_FAILED, {"message_id": taken.message_id})
        parameters = {"webhook_id": taken.webhook_id, "url": taken.url, "reason": outcome.failure}
        await connection.execute(_NOT_PROVEN, parameters)
    else:
        following = await _postpone(connection, taken, outcome)
    parameters = {
        "delivery_id": taken.delivery_id,
        "outcome": "failed" if outcome.failure else "delivered",
        "status_code": outcome.status_code,
        "error": outcome.failure,
        "milliseconds": outcome.milliseconds,
        "wait": following,
    }
    await connection.execute(_CONCLUDE, parameters)


async def _postpone(connection: AsyncConnection, taken: ClaimedMessage, outcome: DeliveryOutcome) -> timedelta | None:
    """Let a message wait, or pause its subscription, for which it then waits; return how long it is to wait."""
    is_last = taken.attempt > len(BACK_OFF)
    wait = None if is_last or outcome.is_gone else max(BACK_OFF[taken.attempt - 1], outcome.retry_after)
    parameters = {"message_id": taken.message_id, "attempt": taken.attempt, "wait": wait or timedelta()}
    is_still_ours = (await connection.execute(_POSTPONE, parameters)).rowcount
    if not is_still_ours:
        return None
    if wait is None:
        await pause(connection, taken.webhook_id, "gone" if outcome.is_gone else "failing")
    return wait


async def forget_old_messages(connection: AsyncConnection) -> int:
    """Forget messages that have long been done with, and their deliveries; return how many."""
    return (await connection.execute(_FORGET, {"retention": RETENTION})).rowcount


_HAS_PENDING = f"""EXISTS (SELECT FROM webhook_message AS message
                          WHERE message.webhook_id = webhook.webhook_id AND message.status = 'pending'
                            AND message.type <> '{CHALLENGE}')"""
_IDLE = text(f"SELECT webhook_id FROM webhook WHERE status = 'active' AND NOT {_HAS_PENDING} ORDER BY webhook_id")
_SUBSCRIPTION = text(
    f"SELECT * FROM webhook WHERE webhook_id = :webhook_id AND status = 'active' AND NOT {_HAS_PENDING}"
)
_ADVANCE = text(
    f"""UPDATE webhook SET position = :position
        WHERE webhook_id = :webhook_id AND status = 'active' AND position IS NOT DISTINCT FROM CAST(:before AS text)
          AND NOT {_HAS_PENDING}"""
)
_MAY_GO = f"webhook.status = CASE message.type WHEN '{CHALLENGE}' THEN 'challenged' ELSE 'active' END"
_DUE = text(
    f"""SELECT message_id, webhook_id FROM webhook_message AS message JOIN webhook USING (webhook_id)
        WHERE message.status = 'pending' AND due_at <= now() AND {_MAY_GO}
          AND (CAST(:webhook_id AS uuid) IS NULL OR webhook_id = :webhook_id)
        ORDER BY due_at LIMIT 500"""
)
# The time is the statement's, since the row may have been waited for.
_CLAIM = text(
    f"""UPDATE webhook_message AS message SET attempts = attempts + 1, due_at = clock_timestamp() + :lease
        FROM webhook
        WHERE message.message_id = :message_id AND webhook.webhook_id = message.webhook_id
          AND message.status = 'pending' AND due_at <= clock_timestamp()
          AND {_MAY_GO}
        RETURNING message.webhook_id, type, body, attempts, url, secret,
                  CASE WHEN former_secret_until > now() THEN former_secret END AS former_secret"""
)
_INTERRUPTED = text(
    "UPDATE webhook_delivery SET outcome = 'interrupted' WHERE message_id = :message_id AND outcome = 'sending'"
)
_BEGIN = text(
    """INSERT INTO webhook_delivery (webhook_id, message_id, attempt) VALUES (:webhook_id, :message_id, :attempt)
       RETURNING delivery_id"""
)
_DELIVERED = text(
    """UPDATE webhook_message SET status = 'delivered', body = NULL
       WHERE message_id = :message_id AND status = 'pending'"""
)
_FAILED = text(
    "UPDATE webhook_message SET status = 'failed', body = NULL WHERE message_id = :message_id AND status = 'pending'"
)
# An answer proves the address that it came from, which may have been changed since.
_PROVEN = text(
    """UPDATE webhook SET status = 'active', reason = NULL, proven_at = now(), revision = revision + 1,
                          changed_at = now()
       WHERE webhook_id = :webhook_id AND url = :url AND status = 'challenged'"""
)
_NOT_PROVEN = text(
    """UPDATE webhook SET reason = :reason, revision = revision + 1, changed_at = now()
       WHERE webhook_id = :webhook_id AND url = :url AND status = 'challenged'"""
)
_POSTPONE = text(
    """UPDATE webhook_message SET due_at = now() + :wait
       WHERE message_id = :message_id AND status = 'pending' AND attempts = :attempt"""
)
_CONCLUDE = text(
    """UPDATE webhook_delivery
       SET outcome = :outcome, status_code = :status_code, error = :error, milliseconds = :milliseconds,
           next_attempt_at = now() + CAST(:wait AS interval)
       WHERE delivery_id = :delivery_id"""
)
_FORGET = text("DELETE FROM webhook_message WHERE status <> 'pending' AND created_at < now() - :retention")
