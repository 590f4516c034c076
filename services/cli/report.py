"""`samverkan report`: fetches the report on an area's period from a running service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli import client
from services.cli.errors import CommandError
from services.cli.importing import reaching
from shared.domain.wording import Language

FORMATS = ("pdf", "html", "docx", "xlsx")


class ReportNotWritten(CommandError):
    """The report cannot be written where it was to be."""


def fetch(  # noqa: PLR0913, PLR0917  each is an argument or option of the command
    area: Annotated[str, typer.Argument(help="An area's code, such as 1282.")],
    period: Annotated[str, typer.Argument(help="A tertial, quarter, half-year or year, such as 2016-T1.")],
    key: Annotated[str, typer.Option(envvar="SAMVERKAN_KEY", help="An API key with the scope read.")],
    file: Annotated[
        Path | None,
        typer.Option(help="Where to write it; its ending is the format. report-1282-2016-T1.pdf unless given."),
    ] = None,
    revision: Annotated[
        int | None, typer.Option(min=1, help="As the period was closed in this revision; `closing list` has the last.")
    ] = None,
    language: Annotated[Language, typer.Option(help="The language of the report.")] = Language.SV,
    url: Annotated[str, typer.Option(envvar="SAMVERKAN_URL", help="Where the service runs.")] = "http://127.0.0.1:8000",
) -> None:
    """Write the report on an area's tertial or year for the council to a file.

    The formats are pdf, html, docx and xlsx.
    """
    target = file or Path(f"report-{area}-{period}.{FORMATS[0]}")
    form = target.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise ReportNotWritten(f"{target} names no format: let it end in {' or '.join(f'.{one}' for one in FORMATS)}.")
    with reaching(url), client.connect(url.rstrip("/"), key) as api:
        report = client.fetch_report(api, area, period, form, language, revision)
    try:
        target.write_bytes(report)
    except OSError as error:
        raise ReportNotWritten(f"{target} cannot be written: {error.strerror}. Name another file.") from None
    Console().print(f"{target}: {len(report)} bytes.", soft_wrap=True)
