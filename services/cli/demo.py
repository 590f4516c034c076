"""`samverkan demo`: Landskrona's agreement with a made-up year of activities, sent in over HTTP and shown."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from sqlalchemy import NullPool, create_engine

from services.cli import client
from services.cli.errors import ServiceFailed
from services.cli.running import running
from services.cli.up import Address
from services.cli.values import Language, print_year
from shared.db import keys
from shared.db.keys import Scope

if TYPE_CHECKING:
    import httpx

    from services.cli.running import Running

DATA = Path(__file__).parents[2] / "shared" / "data" / "landskrona"
AREA, YEAR = "1282", 2016
# The second file corrects the first: a visit entered in March was in May.
FILES = ("activities-2016.csv", "corrections-2016.csv")
COUNTS = {"created": "new", "updated": "corrected", "unchanged": "there already", "outdated": "older than what is kept"}
SECONDS_TO_SHOW = 60.0
SECONDS_BETWEEN_LOOKS = 0.05


def show(
    leave: Annotated[bool, typer.Option("--exit", help="End after the table instead of serving on.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    language: Annotated[Language, typer.Option(help="The language of the table.")] = Language.SV,
) -> None:
    """Start everything, load Landskrona's year 2016, show it against its targets, and serve until Ctrl-C."""
    console = Console()
    with ExitStack() as stack:
        with console.status("Starting PostgreSQL, Redis, the API and the worker …"):
            service = stack.enter_context(running(Address("127.0.0.1", port)))
        key = _key(service)
        with client.connect(service.base_url, key) as api:
            _load(api, console)
        with create_engine(service.database_url, poolclass=NullPool).connect() as connection:
            print_year(console, connection, AREA, YEAR, language)
        console.print("The activities are made up; the agreement and its targets follow Landskrona's.", style="dim")
        if not leave:
            _invite(console, service, key)
            with suppress(KeyboardInterrupt):
                service.wait()


def _key(service: Running) -> str:
    """Return a key that may do everything for a day."""
    with create_engine(service.database_url, poolclass=NullPool).begin() as connection:
        return keys.create(connection, "demo", [Scope.ADMINISTER], datetime.now(UTC) + timedelta(days=1))


def _load(api: httpx.Client, console: Console) -> None:
    """Send in the places, the agreement and the year, with a bar that moves by bytes, and wait for the figures."""
    client.put_areas(api, DATA / "places.csv")
    client.put_agreement(api, DATA / "agreement-2015-2016.yaml")
    files = [DATA / name for name in FILES]
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Sending the year's activities", total=sum(file.stat().st_size for file in files))
        reports = [client.send_activities(api, file, sent=lambda size: progress.advance(task, size)) for file in files]
    counts = {name: sum(report[name] for report in reports) for name in COUNTS}
    told = ", ".join(f"{counts[name]} {words}" for name, words in COUNTS.items())
    console.print(f"{sum(report['rows'] for report in reports)} activities sent: {told}.", soft_wrap=True)
    _wait_until_shown(api)


def _wait_until_shown(api: httpx.Client) -> None:
    """Wait until the worker has shown all that was sent."""
    deadline = time.monotonic() + SECONDS_TO_SHOW
    while api.get(api.base_url.copy_with(path="/health/ready")).json()["oldestMarkSeconds"] is not None:
        if time.monotonic() > deadline:
            raise ServiceFailed(f"The worker has not shown the figures after {SECONDS_TO_SHOW:g} s; see its log.")
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _invite(console: Console, service: Running, key: str) -> None:
    """Say where to go on."""
    address = f"{service.base_url}{client.BASE}"
    console.print(
        f"\nServing at {service.base_url} until Ctrl-C. The API is described at {address}/docs\n", soft_wrap=True
    )
    console.print("Ask it, in another terminal:", style="bold")
    question = f"{address}/indicator-values?area={AREA}&periodType=tertial"
    console.print(f"curl -H 'Authorization: Bearer {key}' '{question}'", soft_wrap=True, highlight=False)
