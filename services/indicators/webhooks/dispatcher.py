"""Sends messages to subscribers: each has a task of its own, so that a slow one holds up no other."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson

from services.indicators.webhooks.outbox import (
    LEASE,
    ClaimedMessage,
    DeliveryOutcome,
    DueMessage,
    claim,
    compose,
    conclude,
    due_messages,
    forget_old_messages,
    idle_webhooks,
)
from shared import cancellation
from shared.connectors.outgoing import DeliveryAttempt, DeliveryFailure
from shared.db.engine import log_failure
from shared.db.territories import FiguresAbove
from shared.domain.errors import FeedNotReady
from shared.feed.webhooks import CHALLENGE

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncEngine

    from shared.connectors.outgoing import Sender
    from shared.domain.period import Clock

# Sent at the same time, by one process.
MOST_AT_ONCE = 64
SECONDS_BETWEEN_FORGETTING = 3600.0

log = logging.getLogger(__name__)


class Dispatcher:
    """Looks for what is to be sent, and sends it in the background; several processes may do so at once."""

    def __init__(
        self,
        engine: AsyncEngine,
        sender: Sender,
        clock: Clock,
        lease: timedelta = LEASE,
        figures_above: FiguresAbove = FiguresAbove.OPEN,
    ) -> None:
        """`lease` must be longer than the sender tries."""
        self._engine = engine
        self._sender = sender
        self._clock = clock
        self._lease = lease
        self._figures_above = figures_above
        self._sending: dict[UUID, asyncio.Task[None]] = {}
        self._forget_at = 0.0

    async def look(self) -> None:
        """Make messages of what has changed, and begin to send what is due; returns before it is sent."""
        await self._compose_all()
        async with self._engine.begin() as connection:
            due = await due_messages(connection)
        for message_id, webhook_id in due:
            if webhook_id not in self._sending and len(self._sending) < MOST_AT_ONCE:
                task = asyncio.create_task(self._send_all(webhook_id, message_id), name=f"webhook {webhook_id}")
                self._sending[webhook_id] = task
                task.add_done_callback(lambda _, sent=webhook_id: self._sending.pop(sent))  # type: ignore[misc]  # bound
        await self._forget_now_and_then()

    async def finish(self) -> None:
        """Wait until all that was begun is sent, or was tried to."""
        while self._sending:
            await asyncio.wait(self._sending.values())

    async def stop(self) -> None:
        """Leave what is being sent: it is sent again when its time is over."""
        await cancellation.cancel(self._sending.values())

    async def _compose_all(self) -> None:
        async with self._engine.begin() as connection:
            idle = [webhook_id for webhook_id in await idle_webhooks(connection) if webhook_id not in self._sending]
        for webhook_id in idle:
            try:
                await self._compose(webhook_id)
            except FeedNotReady as error:
                log.warning("nothing is told to subscribers: %s", error.detail)
                return
            except Exception as error:  # noqa: BLE001  one subscriber must not hold up the others
                log_failure(log, f"a message for webhook {webhook_id}", error)

    async def _compose(self, webhook_id: UUID) -> bool:
        async with self._engine.begin() as connection:
            return await compose(connection, webhook_id, self._clock(), self._figures_above)

    async def _send_all(self, webhook_id: UUID, message_id: UUID) -> None:
        """Send a message, and as long as they are taken those that follow it."""
        due = [DueMessage(message_id, webhook_id)]
        try:
            while due and await self._send(due[0].message_id):
                await self._compose(webhook_id)
                async with self._engine.begin() as connection:
                    due = await due_messages(connection, webhook_id)
        except Exception as error:  # noqa: BLE001  as above
            log_failure(log, f"sending to webhook {webhook_id}", error)

    async def _send(self, message_id: UUID) -> bool:
        """Send one message, unless another process does; return whether it was taken."""
        async with self._engine.begin() as connection:
            taken = await claim(connection, message_id, self._lease)
        if taken is None:
            return False
        is_challenge = taken.type == CHALLENGE
        answer = await self._sender.send(
            taken.url, str(message_id), taken.body, taken.secrets, reads_answer=is_challenge
        )
        outcome = _outcome(taken, answer)
        async with self._engine.begin() as connection:
            await conclude(connection, taken, outcome)
        return outcome.failure is None

    async def _forget_now_and_then(self) -> None:
        now = time.monotonic()
        if now >= self._forget_at:
            self._forget_at = now + SECONDS_BETWEEN_FORGETTING
            async with self._engine.begin() as connection:
                await forget_old_messages(connection)


def _outcome(taken: ClaimedMessage, answer: DeliveryAttempt) -> DeliveryOutcome:
    failure = answer.failure
    if failure is None and taken.type == CHALLENGE and not _returns_token(taken, answer):
        failure = DeliveryFailure.WRONG_ANSWER
    is_gone = answer.status == HTTPStatus.GONE
    if answer.retry_after is None:
        return DeliveryOutcome(failure, answer.status, answer.milliseconds, is_gone=is_gone)
    return DeliveryOutcome(failure, answer.status, answer.milliseconds, answer.retry_after, is_gone)


def _returns_token(taken: ClaimedMessage, answer: DeliveryAttempt) -> bool:
    """Tell whether the endpoint sent the challenge's token back, as {"token": …}."""
    try:
        returned = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return False
    token = returned.get("token") if isinstance(returned, dict) else None
    expected: str = orjson.loads(taken.body)["data"]["token"]
    return isinstance(token, str) and hmac.compare_digest(token.encode(), expected.encode())
