"""`samverkan import`: sends a file of activities to a running service, and prints what became of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from services.cli import client
from services.cli.errors import CommandError

REMARKS_SHOWN = 20
COUNTS = ("rows", "created", "updated", "unchanged", "superseded", "outdated", "refused")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv or .ndjson file of activities.")]


class NothingImported(CommandError):
    """Not one activity could be imported; the text says why."""


class ServiceUnreachable(CommandError):
    """No service answers at the address given, or it went away."""


def send(  # noqa: PLR0913, PLR0917  a command has its options
    file: File,
    key: Annotated[str, typer.Option(envvar="SAMVERKAN_KEY", help="An API key with the scope administer or report.")],
    mapping: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="How its columns are read; a YAML file.")
    ] = None,
    agreement: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="An agreement to put first; a YAML file.")
    ] = None,
    areas: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Areas to put before that; a CSV file.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, and keep none.")] = False,
    url: Annotated[str, typer.Option(envvar="SAMVERKAN_URL", help="Where the service runs.")] = "http://127.0.0.1:8000",
) -> None:
    """Import activities into a running service, and print what became of the rows.

    Rows that are refused are listed, and the others are kept: that ends with 0. It ends with 1 when nothing at all
    could be imported.
    """
    with reaching(url), client.connect(url.rstrip("/"), key) as api:
        if areas is not None:
            client.put_areas(api, areas)
        if agreement is not None:
            client.put_agreement(api, agreement)
        code = None if mapping is None else client.put_mapping(api, mapping)
        with progress_of(file) as sent:
            report = client.send_activities(api, file, code, dry_run=dry_run, sent=sent)
    show(report)
    if report["rows"] and report["refused"] == report["rows"]:
        raise NothingImported("every row was refused.")


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Say so when no service answers at the address."""
    try:
        yield
    except httpx.TransportError as error:
        raise ServiceUnreachable(f"{url} cannot be reached ({error}). Is `samverkan up` running?") from error


@contextmanager
def progress_of(file: Path) -> Iterator[Callable[[int], None]]:
    """Show a bar of how much of a file has been sent, and yield what it must be told."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file.name, total=file.stat().st_size)
        yield lambda sent: bar.advance(task, sent)


def show(report: dict[str, Any]) -> None:
    """Print an import's report: its counts, and the first of its remarks."""
    console = Console()
    heading = "Rehearsed; nothing is kept" if report["dryRun"] else f"Import {report['status']}"
    counts = [f"{name} {report[name]}" for name in COUNTS if name == "rows" or report[name]]
    console.print(f"{heading}: {', '.join(counts)}.")
    if not report["remarks"]:
        return
    table = Table("Row", "Outcome", "Field", "Reason", "Remedy", box=None)
    for told in report["remarks"][:REMARKS_SHOWN]:
        table.add_row(str(told["row"]), told["outcome"], told["field"], told["reason"], told["remedy"])
    console.print(table)
    console.print(f"All remarks: {report['_links']['remarks']['href']}", soft_wrap=True)
