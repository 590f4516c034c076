"""`samverkan open-data`: have a municipality publish its final figures as open data, or publish no more."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console

from services.cli import client
from services.cli.errors import CommandError
from services.cli.importing import reaching


class UnknownPublisher(CommandError):
    """It is not said who publishes."""


def publish(  # noqa: PLR0913, PLR0917  all that a catalogue names
    area: Annotated[str, typer.Argument(help="The code of a municipality, such as 1282.")],
    key: Annotated[str, typer.Option(envvar="SAMVERKAN_KEY", help="An API key with the scope administer there.")],
    publisher: Annotated[str | None, typer.Option(help="Who publishes, such as Landskrona stad.")] = None,
    contact: Annotated[str | None, typer.Option(help="The e-mail address of a function, which is published.")] = None,
    number: Annotated[
        str | None, typer.Option("--organisation-number", help="By which portals know the publisher.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Publish no more.")] = False,
    url: Annotated[str, typer.Option(envvar="SAMVERKAN_URL", help="Where the service runs.")] = "http://127.0.0.1:8000",
) -> None:
    """Publish a municipality's final figures for everybody, under CC0, and print where; or, with --off, no more."""
    if not off and (publisher is None or contact is None):
        raise UnknownPublisher("Say who publishes: --publisher 'Landskrona stad' --contact oppnadata@kommun.example.")
    address = f"/open-data-catalogues/{quote(area, safe='')}"
    with reaching(url), client.connect(url.rstrip("/"), key) as api:
        if off:
            client.checked(api.delete(address))
            outcome = f"{area} publishes no more."
        else:
            who = {"publisher": publisher, "contactEmail": contact, "organisationNumber": number}
            outcome = f"{area} publishes at {client.checked(api.put(address, json=who)).json()['address']}"
    Console().print(outcome, soft_wrap=True)
