"""`samverkan demo`: Landskrona's agreement with a made-up year of all that its annexes ask for, sent in and printed."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from sqlalchemy import text

from services.cli import client, people
from services.cli.background_service import running
from services.cli.demo_continuation import send_continuation
from services.cli.errors import ServiceFailed
from services.cli.serve import Address
from services.cli.show import print_year
from services.cli.wording import WORDS
from shared.db import keys
from shared.db.engine import build_command_engine
from shared.db.keys import COUNTRY, KeyScope
from shared.domain.period import today
from shared.domain.person import GivenRole, Invitation, PersonRole
from shared.domain.wording import Language
from shared.people.people import create_link

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from sqlalchemy import Connection

    from services.cli.background_service import Running

DATA = Path(__file__).parents[2] / "shared" / "data" / "landskrona"
AREA, YEAR, PICTURED = "1282", 2016, "graffiti-cleanups"
# What goes in first, each after what it needs.
BEFORE: dict[str, Callable[[httpx.Client, Path, client.Sent], object]] = {
    "police-areas.csv": client.put_areas,
    "places.csv": client.put_areas,
    "terms.csv": client.put_terms,
    "roles.csv": client.put_roles,
    "agreement-2015-2016.yaml": client.put_agreement,
}
OBSERVATIONS = ("observations-2015.csv", "observations-2016.csv")
COMMITMENTS = "commitments.yaml"
# The last file corrects others: a visit entered in March was in May, and three walks get their lists of actions.
ACTIVITIES = (
    "activities-2015.csv",
    "activities-2016.csv",
    "activities-2016-police.csv",
    "activities-2016-municipality.csv",
    "corrections-2016.csv",
)
NOTES = "notes.csv"
FILES = (*BEFORE, *OBSERVATIONS, COMMITMENTS, *ACTIVITIES, NOTES)
COUNTS = ("created", "updated", "unchanged", "outdated")
SECONDS_TO_SHOW = 60.0
SECONDS_BETWEEN_LOOKS = 0.05

# Nothing waits for the worker any more: no facts, no roll-up, no comparisons, no signals.
_IS_UP_TO_DATE = text(
    """SELECT NOT EXISTS (SELECT FROM dirty_mark WHERE ripens_on <= :today)
          AND NOT EXISTS (SELECT FROM rollup_mark) AND NOT EXISTS (SELECT FROM comparison_mark)
          AND NOT EXISTS (SELECT FROM signal_mark)"""
)


def show(
    leave: Annotated[bool, typer.Option("--exit", help="End after the tables instead of serving on.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    language: Annotated[Language, typer.Option(help="The language of what is printed.")] = Language.SV,
) -> None:
    """Start everything, load Landskrona's year 2016, show it against its targets, and serve until Ctrl-C."""
    console = Console()
    with ExitStack() as stack:
        words = WORDS[language]
        console.print(words["starting"])
        service = stack.enter_context(running(Address("127.0.0.1", port)))
        key = _key(service)
        with client.connect(service.base_url, key) as api:
            _load(api, console, language)
        with build_command_engine(service.database_url).connect() as connection:
            console.print(words["waiting"])
            _wait_until_up_to_date(connection)
            print_year(console, connection, AREA, YEAR, language)
        console.print(f"\n{words['invented']}", style="dim")
        if not leave:
            _invite(console, service, key, language)
            with suppress(KeyboardInterrupt):
                service.wait()


def _key(service: Running) -> str:
    """Return a key that may do everything for a day."""
    with build_command_engine(service.database_url).begin() as connection:
        return keys.create(connection, "demo", [KeyScope.ADMINISTER], [COUNTRY], datetime.now(UTC) + timedelta(days=1))


def _load(api: httpx.Client, console: Console, language: Language) -> None:
    """Send in all files, with a bar that moves by their bytes, and say what became of them."""
    words = WORDS[language]
    console.print(f"{words['sending']} …")
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(words["sending"], total=sum((DATA / name).stat().st_size for name in FILES))
        reports, observations = send_year(api, lambda size: progress.advance(task, size))
        send_continuation(api, DATA, today())
    counts = {name: sum(report[name] for report in reports) for name in COUNTS}
    rows = sum(report["rows"] for report in reports)
    console.print(words["activitiesSent"].format(rows=rows, **counts), soft_wrap=True)
    console.print(words["observationsSent"].format(observations=observations))


def send_year(api: httpx.Client, sent: client.Sent = client.ignore_progress) -> tuple[list[dict[str, Any]], int]:
    """Send in all files, each after what it needs; return the imports' reports, and how many observations there are."""
    for name, put in BEFORE.items():
        put(api, DATA / name, sent)
    # Meanwhile the worker makes the rows that the agreement asks for: a commitment would wait for it.
    observations = sum(client.send_observations(api, DATA / name, sent) for name in OBSERVATIONS)
    client.put_commitments(api, DATA / COMMITMENTS, sent)
    reports = [client.send_activities(api, DATA / name, sent=sent) for name in ACTIVITIES]
    client.add_notes(api, DATA / NOTES, sent)
    return reports, observations


def _wait_until_up_to_date(connection: Connection) -> None:
    """Wait until the worker has computed all figures of what was sent, their comparisons and signals."""
    deadline = time.monotonic() + SECONDS_TO_SHOW
    while not connection.execute(_IS_UP_TO_DATE, {"today": today()}).scalar_one():
        if time.monotonic() > deadline:
            raise ServiceFailed(f"The worker has not shown the figures after {SECONDS_TO_SHOW:g} s; see its log.")
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _people(service: Running) -> dict[PersonRole, str]:
    """Return a link to sign in by for each of the demo's people."""
    links = {}
    with build_command_engine(service.database_url).begin() as connection:
        people.act_for(connection, AREA)
        for role in (PersonRole.COORDINATOR, PersonRole.REPORTER):
            invitation = Invitation(f"{role}@landskrona.example", (GivenRole(role, AREA),))
            token = create_link(connection, people.invite_on(connection, invitation))
            links[role] = people.link_of(token, service.base_url)
    return links


def _invite(console: Console, service: Running, key: str, language: Language) -> None:
    """Say where to go on."""
    words = WORDS[language]
    console.print(f"\n{words['pages'].format(url=service.base_url)}", style="bold", soft_wrap=True)
    for role, link in _people(service).items():
        console.print(f"{words[role]}: {link}", soft_wrap=True, highlight=False)
    address = f"{service.base_url}{client.BASE}"
    console.print(f"\n{words['serving'].format(url=service.base_url, address=address)}\n", soft_wrap=True)
    console.print(words["ask"], style="bold")
    for question, option in (
        (f"indicator-values?area={AREA}&periodType=tertial", ""),
        (f"indicator-values/chart.svg?indicator={PICTURED}&area={AREA}&periodType=month", " -o chart.svg"),
    ):
        command = f"curl -H 'Authorization: Bearer {key}' '{address}/{question}'{option}"
        console.print(command, soft_wrap=True, highlight=False)
    console.print(words["powerBi"].format(url=service.base_url), soft_wrap=True)
