"""Sends invitations by mail where mail is on, once their links are committed. The page has the links in any case."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from shared.connectors.certificates import tls_context
from shared.domain.wording import Language
from shared.mail.invitations import send_invitation
from shared.mail.sending import Mailer, MailRefused, MailServerAway, mailer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.settings import Settings

logger = logging.getLogger(__name__)


@cache
def mailer(settings: Settings) -> Mailer | None:
    """Return what sends mails by the settings, if that is on."""
    return mailer_of(settings, tls_context(settings.trusted_cas)) if settings.smtp_host else None


async def send_invitations(mailer: Mailer, invited: Sequence[tuple[str, str]], inviting: str) -> None:
    """Send each address its link; those that are not taken are counted in the log, and their links are on the page."""
    not_taken = 0
    for email, link in invited:
        try:
            # Who has not signed in yet has not chosen another.
            await send_invitation(mailer, email, Language.SV, link, inviting)
        except (MailServerAway, MailRefused):
            not_taken += 1
    if not_taken:
        logger.warning("%s of %s invitations were not taken by the mail server", not_taken, len(invited))
