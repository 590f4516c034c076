"""People are written to around a reporting day and after a month: once each, and not when nothing is expected."""

# Over 300 lines: who is written to when, and what a mail server may answer.

from __future__ import annotations

import logging
import re
from datetime import date
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from services.indicators.reminders.occasions import occasions
from services.indicators.reminders.sender import Reminders
from shared.catalogue.loader import shipped_catalogue
from shared.domain.person import GivenRole, PersonRole
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.mail.sending import Mailer, mailer_of
from shared.mail.settings import MailSettings
from tests.conftest import BASE_URL
from tests.landskrona.loading import prepare, settle
from tests.mail.mail_server import MailServer, part
from tests.pages.due.people import browser, invite
from tests.pages.due.world import POLICE, TOWN, have_contact_officer, promise, report
from tests.pages.people import SITE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from email.message import EmailMessage

    import httpx
    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncEngine

    Remind = Callable[[date], Awaitable[None]]

REPORTER = PersonRole.REPORTER
BEFORE, AFTER, MONTH_OVER = date(2016, 5, 5), date(2016, 5, 11), date(2016, 3, 3)


@pytest.fixture
def remind(engine: AsyncEngine, server: MailServer) -> Remind:
    """Return what a worker that has just started sends on a day."""

    async def remind(day: date) -> None:
        definitions = CatalogueInForce(shipped_catalogue())
        reminders = Reminders(engine, mailer_of(server.settings), BASE_URL, definitions, lambda: day)
        await reminders.look()
        await reminders.finish()

    return remind


@pytest.fixture
async def school(client: httpx.AsyncClient) -> None:
    """Have visits lack in April and May."""
    await have_contact_officer(client)
    for day in ("2016-01-20", "2016-02-20", "2016-03-20"):
        await report(client, day)


def lines(mail: EmailMessage) -> list[str]:
    return [line[2:] for line in part(mail, "plain").splitlines() if line.startswith("- ")]


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2026, 5, 2), []),
        (date(2026, 5, 3), ["before/2026-05-10", "month/2026-04-01"]),
        (date(2026, 5, 5), ["before/2026-05-10", "month/2026-04-01"]),
        (date(2026, 5, 6), []),
        (date(2026, 5, 10), []),
        (date(2026, 5, 11), ["after/2026-05-10"]),
        (date(2026, 5, 13), ["after/2026-05-10"]),
        (date(2026, 5, 14), []),
        (date(2027, 1, 3), ["before/2027-01-10", "month/2026-12-01"]),
        (date(2027, 2, 4), ["month/2027-01-01"]),
    ],
)
def test_there_are_days_on_which_people_are_written_to(day: date, codes: list[str]) -> None:
    assert [occasion.code for occasion in occasions(day)] == codes


@pytest.mark.usefixtures("school")
async def test_everyone_gets_one_mail_with_all_that_is_theirs(
    client: httpx.AsyncClient, database_url: str, server: MailServer, remind: Remind
) -> None:
    await promise(client, "2016-05-31", party=TOWN, wording="Staden klipper häcken.", wordingEn="The town cuts it.")
    invite(database_url, "anna@landskrona.example", GivenRole(REPORTER, "1282", TOWN))
    invite(database_url, "bo@landskrona.example", GivenRole(REPORTER, "1282", POLICE), language="en")
    invite(database_url, "park@landskrona.example", GivenRole(REPORTER, "1282-lindparken"))
    invite(database_url, "chef@landskrona.example", GivenRole(PersonRole.COORDINATOR, "1282"))
    await remind(date(2016, 5, 2))
    assert server.inbox.take() == []
    await remind(BEFORE)
    mails = {mail["To"].partition("@")[0]: mail for mail in server.inbox.take()}
    assert sorted(mails) == ["anna", "bo"]
    april, may = "Skolbesök, Havsbrisskolan, april 2016", "Skolbesök, Havsbrisskolan, maj 2016"
    assert lines(mails["anna"]) == [april, "Staden klipper häcken (Landskrona)", may]
    assert lines(mails["bo"]) == ["School visit, Havsbrisskolan, April 2016", "School visit, Havsbrisskolan, May 2016"]
    assert "3 saker att rapportera senast" in mails["anna"]["Subject"]
    await remind(BEFORE)
    await remind(date(2016, 5, 5))
    assert server.inbox.take() == [], "once on each occasion"
    await report(client, "2016-04-20")
    await promise(client, "2016-05-31", party=TOWN, withdrawnOn="2016-05-06")
    await remind(AFTER)
    assert [(mail["To"], lines(mail)) for mail in server.inbox.take()] == [
        ("anna@landskrona.example", [may]),
        ("bo@landskrona.example", ["School visit, Havsbrisskolan, May 2016"]),
    ], "what is done is not reminded of"


@pytest.mark.usefixtures("school")
async def test_what_is_nobody_s_is_the_coordinators(database_url: str, server: MailServer, remind: Remind) -> None:
    invite(database_url, "chef@landskrona.example", GivenRole(PersonRole.COORDINATOR, "1282"))
    await remind(BEFORE)
    assert [mail["To"] for mail in server.inbox.take()] == ["chef@landskrona.example"]


@pytest.mark.usefixtures("school")
async def test_the_link_signs_in_for_seven_days_and_leads_to_the_page(
    app: FastAPI, database_url: str, engine: AsyncEngine, server: MailServer, remind: Remind
) -> None:
    invite(database_url, "anna@landskrona.example", GivenRole(REPORTER, "1282"))
    await remind(BEFORE)
    (mail,) = server.inbox.take()
    (address,) = re.findall(r'href="([^"]*/logga-in/[^"]*)"', part(mail, "html"))
    async with browser(app) as opened:
        asked = await opened.get(unescape(address).removeprefix(BASE_URL))
        assert 'name="till" value="/att-gora"' in asked.text
        token = address.partition("/logga-in/")[2].partition("?")[0]
        assert (await opened.post(f"/logga-in/{token}", data={"till": "/att-gora"}, headers={"Origin": SITE})).headers[
            "location"
        ] == "/att-gora"
    async with engine.connect() as connection:
        lasting = text("SELECT (valid_until - created_at)::text FROM sign_in_link ORDER BY created_at DESC LIMIT 1")
        assert (await connection.execute(lasting)).scalar_one() == "7 days"


@pytest.mark.usefixtures("school")
async def test_who_has_switched_reminders_off_gets_none(
    app: FastAPI, database_url: str, server: MailServer, remind: Remind
) -> None:
    invite(database_url, "anna@landskrona.example", GivenRole(REPORTER, "1282"))
    await remind(BEFORE)
    (mail,) = server.inbox.take()
    async with browser(app) as opened:
        switch = mail["List-Unsubscribe"].strip("<>").removeprefix(BASE_URL)
        answer = await opened.post(switch, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    await remind(AFTER)
    assert server.inbox.take() == []


@pytest.mark.usefixtures("school")
async def test_a_server_that_is_away_is_tried_again_and_nobody_gets_two(
    database_url: str, server: MailServer, remind: Remind, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("anna", "bo", "cia"):
        invite(database_url, f"{name}@landskrona.example", GivenRole(REPORTER, "1282"))
    server.inbox.answers["bo@landskrona.example"] = "421 later"
    with caplog.at_level(logging.WARNING):
        await remind(BEFORE)
    assert [mail["To"] for mail in server.inbox.take()] == ["anna@landskrona.example"]
    assert "the mail server does not take reminders (answered 421)" in caplog.text
    assert "landskrona.example" not in caplog.text
    server.stop()
    await remind(BEFORE)
    server.start()
    server.inbox.answers.clear()
    await remind(BEFORE)
    assert [mail["To"][:3] for mail in server.inbox.take()] == ["bo@", "cia"]


@pytest.mark.usefixtures("school")
async def test_an_address_that_does_not_exist_holds_up_nobody(
    database_url: str, engine: AsyncEngine, server: MailServer, remind: Remind, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("anna", "bo"):
        invite(database_url, f"{name}@landskrona.example", GivenRole(REPORTER, "1282"))
    server.inbox.answers["anna@landskrona.example"] = "550 no such user"
    with caplog.at_level(logging.WARNING):
        await remind(BEFORE)
        await remind(BEFORE)
    assert [mail["To"] for mail in server.inbox.take()] == ["bo@landskrona.example"]
    assert caplog.text.count("cannot be reminded") == 1
    assert "anna" not in caplog.text
    async with engine.connect() as connection:
        sent = await connection.execute(text("SELECT sent_at IS NOT NULL FROM reminder ORDER BY 1"))
        assert [*sent.scalars()] == [False, True]


@pytest.mark.parametrize(
    ("table", "rights"),
    [
        ("reminder", "SELECT,INSERT,UPDATE,DELETE"),
        ("sign_in_link", "INSERT"),
        ("audit_pending", "INSERT"),
        ("cursor_secret", "SELECT"),
        ("person_contact", "SELECT"),
        ("person_report", "SELECT"),
    ],
)
async def test_a_worker_s_role_has_the_rights_for_it(engine: AsyncEngine, table: str, rights: str) -> None:
    statement = text(
        """SELECT bool_and(has_table_privilege('samverkan_worker', :table, one))
           FROM unnest(CAST(:rights AS text[])) AS one"""
    )
    async with engine.connect() as connection:
        assert (await connection.execute(statement, {"table": table, "rights": rights.split(",")})).scalar_one()


class _Killed(BaseException):
    """What ends a worker between two steps."""


@pytest.mark.usefixtures("school")
async def test_a_worker_killed_while_it_sends_sends_nothing_twice(
    database_url: str, engine: AsyncEngine, server: MailServer, remind: Remind
) -> None:
    """It is noted first: the mail that was on its way is not sent again, nor does anybody else's get lost."""
    for name in ("anna", "bo"):
        invite(database_url, f"{name}@landskrona.example", GivenRole(REPORTER, "1282"))

    class Dying(Mailer):
        async def send(self, letter: object) -> None:
            raise _Killed

    definitions = CatalogueInForce(shipped_catalogue())
    reminders = Reminders(engine, Dying(server.settings), BASE_URL, definitions, lambda: BEFORE)
    await reminders.look()
    with pytest.raises(_Killed):
        await reminders._sending  # type: ignore[misc]  # it runs
    await remind(BEFORE)
    assert [mail["To"] for mail in server.inbox.take()] == ["bo@landskrona.example"]


async def test_several_workers_send_each_mail_once(
    client: httpx.AsyncClient, school: None, database_url: str, engine: AsyncEngine, server: MailServer
) -> None:
    for number in range(6):
        invite(database_url, f"p{number}@landskrona.example", GivenRole(REPORTER, "1282"))
    workers = [
        Reminders(engine, mailer_of(server.settings), BASE_URL, CatalogueInForce(shipped_catalogue()), lambda: BEFORE)
        for _ in range(3)
    ]
    for worker in workers:
        await worker.look()
    for worker in workers:
        await worker.finish()
    assert sorted(mail["To"][:2] for mail in server.inbox.take()) == [f"p{number}" for number in range(6)]


async def test_without_a_mail_server_nothing_is_noted(school: None, database_url: str, engine: AsyncEngine) -> None:
    invite(database_url, "anna@landskrona.example", GivenRole(REPORTER, "1282"))
    definitions = CatalogueInForce(shipped_catalogue())
    reminders = Reminders(engine, mailer_of(MailSettings()), BASE_URL, definitions, lambda: BEFORE)
    await reminders.look()
    await reminders.finish()
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM reminder"))).scalar_one() == 0


async def test_after_a_month_it_is_said_what_became_of_it(
    client: httpx.AsyncClient, database_url: str, engine: AsyncEngine, server: MailServer, remind: Remind
) -> None:
    await prepare(engine)
    await have_contact_officer(client)
    for name in ("anna", "bo"):
        invite(database_url, f"{name}@landskrona.example", GivenRole(REPORTER, "1282"))
    mine = [await report(client, day) for day in ("2016-02-03", "2016-02-17")]
    await report(client, "2016-02-18")
    async with engine.begin() as connection:
        noted = text(
            """INSERT INTO person_report (activity_id, person_id)
               SELECT CAST(:activity_id AS uuid), person_id FROM person_contact WHERE email LIKE 'anna%'"""
        )
        await connection.execute(noted, [{"activity_id": one} for one in mine])
    await settle(engine)
    await remind(MONTH_OVER)
    (mail,) = server.inbox.take()
    assert (mail["To"], mail["Subject"]) == ("anna@landskrona.example", "Det du rapporterade i februari 2016")
    plain = part(mail, "plain")
    assert "Skolbesök: 2\n" in plain
    assert "Skolbesök, Landskrona: 3" in lines(mail)
    assert any(one.startswith("Skolbesök efter behov, Landskrona: 100") for one in lines(mail))
    await remind(MONTH_OVER)
    assert server.inbox.take() == []


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize("answer", ["452 mailbox full", "450 come again"])
async def test_a_mailbox_that_takes_nothing_now_holds_up_nobody(
    database_url: str, server: MailServer, remind: Remind, answer: str
) -> None:
    """Who came after was written to by none of the looks of an occasion."""
    for name in ("anna", "bo", "cia"):
        invite(database_url, f"{name}@landskrona.example", GivenRole(REPORTER, "1282"))
    server.inbox.answers["anna@landskrona.example"] = answer
    await remind(BEFORE)
    assert [mail["To"][:3] for mail in server.inbox.take()] == ["bo@", "cia"]
    server.inbox.answers.clear()
    await remind(BEFORE)
    assert [mail["To"][:3] for mail in server.inbox.take()] == ["ann"]
