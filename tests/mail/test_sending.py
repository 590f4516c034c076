"""Mails are handed over to a real server, or it is said why not, without an address."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from shared.domain.wording import Language
from shared.mail.invitations import send_invitation
from shared.mail.letters import Addressee, DueItem, invitation, reminder
from shared.mail.sending import Mailer, MailPostponed, MailRefused, MailServerAway, mailer_of
from shared.mail.settings import MailSettings
from tests.mail.mail_server import SENDER, MailServer, mail_server, part

if TYPE_CHECKING:
    from pathlib import Path

    from shared.mail.sending import Letter

ADDRESS = "anna.berg@kommun.example"
LINK, SWITCH = "https://s.example/logga-in/abc", "https://s.example/paminnelser/def"


def letter(language: Language = Language.SV) -> Letter:
    expected = [DueItem("Skolbesök <b>, Ljungbacksskolan, april 2016", "senast 30 april 2016")]
    addressee = Addressee(ADDRESS, language, LINK, SWITCH)
    return reminder(addressee, expected, date(2016, 5, 10), is_past=False)


async def test_a_letter_arrives_as_text_and_as_html(server: MailServer) -> None:
    await Mailer(server.settings).send(letter())
    (mail,) = server.inbox.take()
    assert (mail["From"], mail["To"]) == (SENDER, ADDRESS)
    assert mail["Subject"].replace("\xa0", " ") == "En sak att rapportera senast 10 maj 2016"
    assert mail["List-Unsubscribe"] == f"<{SWITCH}/av>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = part(mail, "plain"), part(mail, "html")
    for content in (plain, html):
        assert all(piece in content for piece in ("Ljungbacksskolan", LINK, SWITCH, "Hej!", "Inställd"))
    assert "Skolbesök <b>," in plain
    assert "Skolbesök &lt;b&gt;," in html
    assert 'lang="sv"' in html


async def test_a_letter_is_in_the_language_of_its_reader(server: MailServer) -> None:
    await Mailer(server.settings).send(letter(Language.EN))
    (mail,) = server.inbox.take()
    assert mail["Subject"].replace("\xa0", " ") == "One thing to report by 10 May 2016"
    assert ("Hello," in part(mail, "plain"), "Hej" in part(mail, "html")) == (True, False)


@pytest.mark.parametrize(("code", "is_postponed"), [("451 later", True), ("421 later", False)])
async def test_a_server_that_takes_it_later_is_away_or_has_no_room_for_this_one(
    server: MailServer, code: str, *, is_postponed: bool
) -> None:
    server.inbox.answers[ADDRESS] = code
    with pytest.raises(MailServerAway) as away:
        await Mailer(server.settings).send(letter())
    assert isinstance(away.value, MailPostponed) == is_postponed
    assert ADDRESS not in str(away.value)


async def test_an_address_with_letters_that_the_server_does_not_know_is_refused() -> None:
    """It was taken to be away: nobody was written to, since the same person came first the next time."""
    with mail_server(knows_all_letters=False) as server:
        with pytest.raises(MailRefused):
            await Mailer(server.settings).send(replace(letter(), recipient="åsa@kommun.example"))
        await Mailer(server.settings).send(letter())
        assert len(server.inbox.take()) == 1


async def test_a_recipient_that_does_not_exist_is_refused(server: MailServer) -> None:
    server.inbox.answers[ADDRESS] = f"550 no such user {ADDRESS}"
    with pytest.raises(MailRefused) as refused:
        await Mailer(server.settings).send(letter())
    assert (str(refused.value), refused.value.__cause__) == ("answered 550", None)


async def test_a_server_that_does_not_answer_is_away(server: MailServer) -> None:
    server.stop()
    with pytest.raises(MailServerAway):
        await Mailer(server.settings).send(letter())
    server.start()
    await Mailer(server.settings).send(letter())
    assert len(server.inbox.take()) == 1


async def test_nothing_is_sent_unencrypted_unless_that_is_asked_for(server: MailServer, tmp_path: Path) -> None:
    """The server here has no TLS: what asks for it does not send its password, or the mail, without."""
    secret = tmp_path / "password"
    secret.write_text("hush", encoding="utf-8")
    plain = server.settings.model_dump() | {"smtp_user": "u", "smtp_password_file": secret}
    for way in ("starttls", "tls"):
        with pytest.raises(MailServerAway):
            await Mailer(MailSettings(**{**plain, "smtp_tls": way})).send(letter())
    assert server.inbox.take() == []


@pytest.mark.parametrize("language", Language)
async def test_who_is_invited_gets_the_link(server: MailServer, language: Language) -> None:
    assert await send_invitation(mailer_of(server.settings), ADDRESS, language, LINK, "Landskrona")
    (mail,) = server.inbox.take()
    assert "Landskrona" in mail["Subject"]
    assert (LINK in part(mail, "plain"), LINK in part(mail, "html")) == (True, True)
    assert mail["List-Unsubscribe"] is None


async def test_without_a_server_nothing_is_sent() -> None:
    assert mailer_of(MailSettings()) is None
    assert not await send_invitation(None, ADDRESS, Language.SV, LINK, "Landskrona")


def test_no_line_of_a_subject_makes_a_header() -> None:
    sent = invitation(ADDRESS, Language.SV, LINK, "Landskrona\nBcc: x@y.example")
    with pytest.raises(ValueError, match="linefeed"):
        Mailer(MailSettings(smtp_host="h", smtp_sender=SENDER))._message(sent)
