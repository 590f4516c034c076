"""A mail server that takes mails, refuses them, or is away."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from shared.mail.settings import MailSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

SENDER = "samverkan@landskrona.example"


# The server's own log has the addresses that it is told.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class Inbox:
    """What has arrived; `answers` are those to recipients, by their addresses."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802  as aiosmtpd calls it
        self, _server: SMTP, _session: object, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Any) -> str:  # noqa: N802  as above
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        assert mail["To"] == ", ".join(envelope.rcpt_tos)
        self.mails.append(mail)
        return "250 OK"

    def take(self) -> list[EmailMessage]:
        """Return what has arrived since the last time."""
        mails, self.mails = self.mails, []
        return mails


class MailServer:
    """A server on a port of its own, that can be stopped and started again."""

    def __init__(self, *, knows_all_letters: bool = True) -> None:
        self.inbox = Inbox()
        self._knows_all_letters = knows_all_letters
        self._controller = self._started(0)
        self.port: int = self._controller.server.sockets[0].getsockname()[1]

    @property
    def settings(self) -> MailSettings:
        return MailSettings(smtp_host="127.0.0.1", smtp_port=self.port, smtp_tls="none", smtp_sender=SENDER)

    def stop(self) -> None:
        self._controller.stop()

    def start(self) -> None:
        self._controller = self._started(self.port)

    def _started(self, port: int) -> Any:
        controller: Any = _Controller(
            self.inbox, hostname="127.0.0.1", port=port, enable_SMTPUTF8=self._knows_all_letters
        )
        controller.start()
        return controller


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """Try the port that the system has chosen, where the library would try the one that was asked for."""
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # the library's


@contextmanager
def mail_server(*, knows_all_letters: bool = True) -> Iterator[MailServer]:
    server = MailServer(knows_all_letters=knows_all_letters)
    try:
        yield server
    finally:
        server.stop()


def part(mail: EmailMessage, kind: str) -> str:
    """Return the plain or the html part of a mail."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")
