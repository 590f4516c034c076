"""`samverkan areas`: sends a file of areas, such as the local police areas of a region, to a running service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli import client
from services.cli.importing import reaching


def send(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv file of areas.")],
    key: Annotated[str, typer.Option(envvar="SAMVERKAN_KEY", help="An API key with the scope administer.")],
    url: Annotated[str, typer.Option(envvar="SAMVERKAN_URL", help="Where the service runs.")] = "http://127.0.0.1:8000",
) -> None:
    """Create or replace the areas of a file in a running service, parents before their children.

    Its columns: code, kind, placeKind, name, parent, validFrom, validTo, and if need be nameEn, parentFrom, parentTo.
    Several rows with the same code are one area with several parents; they say all else alike. Rows are counted from
    1, below the header. Areas that stand as they are told cost nothing, so that a file can be sent again.
    """
    with (
        reaching(url),
        client.connect(url.rstrip("/"), key) as api,
        Console(stderr=True).status(f"Sending the areas of {file.name} …"),
    ):
        count = client.put_areas(api, file)
    Console().print(f"{count} areas stand as {file.name} tells.")
