"""Inviting people by mail, where mail is on: what the page of people and commands call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.mail.letters import invitation

if TYPE_CHECKING:
    from shared.domain.wording import Language
    from shared.mail.sending import Mailer


async def send_invitation(
    mailer: Mailer | None, email: str, language: Language, sign_in_address: str, inviting: str
) -> bool:
    """Send a person the link by which they sign in, and tell whether that was done; else it is to be copied.

    Call it once the link is committed. `inviting` is whose coordinator invites, as *Landskrona*.

    Raises:
        MailServerAway: it was not taken now.
        MailRefused: the address does not exist.
    """
    if mailer is None:
        return False
    await mailer.send(invitation(email, language, sign_in_address, inviting))
    return True
