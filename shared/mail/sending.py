"""Hands mails over to the municipality's server, by SMTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING

import aiosmtplib

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from shared.mail.settings import MailSettings

SECONDS_TO_SEND = 20.0
_FIRST_PERMANENT = 500
_SERVICE_CLOSES = 421


class MailServerAway(Exception):
    """The mail was not taken now; later it may be. The text holds no address."""


class MailPostponed(MailServerAway):
    """The mail was not taken now, as a mailbox is full; those to others may be."""


class MailRefused(Exception):
    """The mail will never be taken, as its recipient does not exist. The text holds no address."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to one person, as text and as HTML."""

    recipient: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Mailer:
    """Sends letters, each on a connection of its own: there are few, and a server may be away at any time."""

    def __init__(self, settings: MailSettings, tls: ssl.SSLContext | None = None) -> None:
        """Mail must be on: `mailer_of` says whether it is. `tls` says whose certificates are trusted."""
        path = settings.smtp_password_file
        self._settings = settings
        self._tls = tls
        self._password = path.read_text(encoding="utf-8").strip() if path else None

    async def send(self, letter: Letter) -> None:
        """Hand a letter over.

        Raises:
            MailServerAway: it was not taken, but may be later.
            MailPostponed: so it is, and another may be taken now.
            MailRefused: it is not taken, now or later.
        """
        settings = self._settings
        try:
            await aiosmtplib.send(
                self._message(letter),
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_user,
                password=self._password,
                use_tls=settings.smtp_tls == "tls",
                start_tls=settings.smtp_tls == "starttls",
                tls_context=None if settings.smtp_tls == "none" else self._tls,
                timeout=SECONDS_TO_SEND,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = min((one.code for one in error.recipients), default=_FIRST_PERMANENT)
            raise _refusal(code) from None  # the library's text has the address
        except aiosmtplib.SMTPDataError as error:
            raise _refusal(error.code) from None
        except aiosmtplib.SMTPNotSupported:
            raise MailRefused("does not know all letters of the address") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailServerAway(type(error).__name__) from None

    def _message(self, letter: Letter) -> EmailMessage:
        sender = str(self._settings.smtp_sender)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, letter.recipient, letter.subject
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        for name, value in letter.headers.items():
            message[name] = value
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message


def mailer_of(settings: MailSettings, tls: ssl.SSLContext | None = None) -> Mailer | None:
    """Return what sends mails, if that is on."""
    return Mailer(settings, tls) if settings.smtp_host else None


def _refusal(code: int) -> MailServerAway | MailRefused:
    text = f"answered {code}"
    if code >= _FIRST_PERMANENT:
        return MailRefused(text)
    return MailServerAway(text) if code == _SERVICE_CLOSES else MailPostponed(text)
