"""Sends people their mails, in the background: one message for each person and occasion.

A message is noted before it is handed to the mail server. A worker that is killed between the two has lost that one
message: it is not sent again, since a second mail of the same is worse than one that is missing. The list on the page
is there all the same, and the next occasion comes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from services.indicators.reminders.content import messages
from services.indicators.reminders.occasions import occasions
from shared import cancellation
from shared.db.actor import WORKER, acting_as
from shared.db.engine import log_failure
from shared.db.signing import SignerInUse
from shared.mail.letters import Addressee
from shared.mail.sending import MailPostponed, MailRefused, MailServerAway
from shared.people.addresses import sign_in_address, switch_address
from shared.people.people import create_link
from shared.people.reminders import forget, note, note_sent, switch_token

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from services.indicators.reminders.content import Message
    from shared.domain.period import Clock
    from shared.facts.catalogue_in_force import CatalogueInForce
    from shared.mail.sending import Mailer

LINK_LASTS = timedelta(days=7)
SECONDS_BETWEEN_LOOKS = 900.0
SECONDS_WHILE_AWAY = 60.0
_LEADS_TO = "/att-gora"

log = logging.getLogger(__name__)


class Reminders:
    """Looks whom to write to, and writes; without a mail server it never does."""

    def __init__(
        self,
        engine: AsyncEngine,
        mailer: Mailer | None,
        public_url: str,
        definitions: CatalogueInForce,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._mailer = mailer
        self._public_url = public_url
        self._definitions = definitions
        self._clock = clock
        self._signer = SignerInUse()
        self._sending: asyncio.Task[None] | None = None
        self._looks_at = 0.0

    async def look(self) -> None:
        """Begin to send what is to be sent today, unless that is being done; returns before it is sent."""
        if self._mailer is None or time.monotonic() < self._looks_at or self._sending is not None:
            return
        self._looks_at = time.monotonic() + SECONDS_BETWEEN_LOOKS
        self._sending = asyncio.create_task(self._send_all(self._mailer), name="reminders")
        self._sending.add_done_callback(self._ended)

    async def finish(self) -> None:
        """Wait until all that was begun is sent, or was tried to."""
        if self._sending is not None:
            await asyncio.wait([self._sending])

    async def stop(self) -> None:
        """Leave what is being sent."""
        if self._sending is not None:
            await cancellation.cancel([self._sending])

    def _ended(self, _task: asyncio.Task[None]) -> None:
        self._sending = None

    async def _send_all(self, mailer: Mailer) -> None:
        today = self._clock()
        try:
            for occasion in occasions(today):
                async with self._engine.connect() as connection:
                    catalogue = await self._definitions.current(connection)
                    found = await messages(connection, catalogue, occasion, today)
                for message in found:
                    with suppress(MailPostponed):  # until the next look
                        await self._send(mailer, message)
        except MailServerAway as error:
            self._looks_at = time.monotonic() + SECONDS_WHILE_AWAY
            log.warning("the mail server does not take reminders (%s): they are sent when it does", error)
        except Exception as error:  # noqa: BLE001  the next look tries again
            log_failure(log, "reminders", error)

    async def _send(self, mailer: Mailer, message: Message) -> None:
        """Send one message, unless another process does."""
        person, occasion = message.person, message.occasion.code
        with acting_as(WORKER):
            async with self._engine.begin() as connection:
                if not await note(connection, person.person_id, occasion, message.subjects):
                    return
                signer = await self._signer.on(connection)
                make_link = partial(create_link, person_id=person.person_id, lasting=LINK_LASTS)
                link = await connection.run_sync(make_link)
        addressee = Addressee(
            person.email,
            person.language,
            sign_in_address(self._public_url, link, _LEADS_TO),
            switch_address(self._public_url, switch_token(signer, person.person_id)),
        )
        try:
            await mailer.send(message.letter(addressee, self._clock()))
        except MailServerAway as error:
            if isinstance(error, MailPostponed):
                log.warning("person/%d cannot be reminded now: the mail server %s", person.number, error)
            async with self._engine.begin() as connection:
                await forget(connection, person.person_id, occasion)
            raise
        except MailRefused as error:
            log.warning("person/%d cannot be reminded: the mail server %s", person.number, error)
        else:
            async with self._engine.begin() as connection:
                await note_sent(connection, person.person_id, occasion)
