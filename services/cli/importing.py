"""`samverkan import` and `samverkan areas`: send a file to a running service, and print what became of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from services.cli import client, faulty_rows
from services.cli.errors import CommandError

PRINTED_REMARKS = 20
COUNTS = ("rows", "created", "updated", "unchanged", "superseded", "outdated", "refused", "skipped")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv, .xlsx or .ndjson file.")]


class NothingImported(CommandError):
    """Not one row could be imported; the text says why."""


class ServiceUnreachable(CommandError):
    """No service answers at the address given, or it went away."""


class UnknownMappingFile(CommandError):
    """There is no file of this name, and no mapping that ships."""


def send(  # noqa: PLR0913, PLR0917  a command has its options
    file: File,
    key: Annotated[str, typer.Option(envvar="SAMVERKAN_KEY", help="An API key with the scope administer or report.")],
    mapping: Annotated[
        str | None, typer.Option(help="How its columns are read: a YAML file, or one that ships, such as bra-months.")
    ] = None,
    agreement: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="An agreement to put first; a YAML file.")
    ] = None,
    areas: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Areas to put before that; a CSV or XLSX file.")
    ] = None,
    observations: Annotated[
        bool, typer.Option("--observations", help="They are observations, in columns named like the fields.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, and keep none.")] = False,
    all_remarks: Annotated[
        bool, typer.Option("--all-remarks", help=f"Print every remark, not {PRINTED_REMARKS} alone.")
    ] = False,
    faults: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="An .xlsx file to write: the rows with remarks, and these beside them."),
    ] = None,
    url: Annotated[str, typer.Option(envvar="SAMVERKAN_URL", help="Where the service runs.")] = "http://127.0.0.1:8000",
) -> None:
    """Import activities or observations into a running service, and print what became of the rows.

    Rows that are refused are listed, and the others are kept: that ends with 0. It ends with 1 when nothing at all
    could be imported.
    """
    if faults is not None:
        faulty_rows.check_name(faults)
    with reaching(url), client.connect(url.rstrip("/"), key) as api:
        if areas is not None:
            client.put_areas(api, areas)
        if agreement is not None:
            client.put_agreement(api, agreement)
        stored = None if mapping is None else client.put_mapping(api, _mapping_file(mapping))
        makes = stored["makes"] if stored else "observations" if observations else "activities"
        query = {"dryRun": str(dry_run).lower()} | ({"mapping": stored["code"]} if stored else {})
        report = _send(api, file, NOUNS[makes], query)
        number = client.count_remarks(api, NOUNS[makes], report)
        wanted = number if all_remarks or faults else min(number, PRINTED_REMARKS)
        remarks = client.remarks_of(api, NOUNS[makes], report, wanted)
    show(report, remarks if all_remarks else remarks[:PRINTED_REMARKS], number)
    if faults is not None:
        rows = faulty_rows.write(faults, file, remarks, stored)
        Console().print(f"{faults} has the {rows} rows with remarks.", soft_wrap=True)
    _refuse_nothing(report)


def _refuse_nothing(report: dict[str, Any]) -> None:
    """Raise NothingImported when an import has failed, or has refused every row."""
    if report["status"] == "failed":
        raise NothingImported(report["failure"])
    if report["rows"] and report["refused"] == report["rows"]:
        raise NothingImported("every row was refused.")


def send_areas(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv or .xlsx file of areas.")],
    key: Annotated[str, typer.Option(envvar="SAMVERKAN_KEY", help="An API key with the scope administer.")],
    url: Annotated[str, typer.Option(envvar="SAMVERKAN_URL", help="Where the service runs.")] = "http://127.0.0.1:8000",
) -> None:
    """Create or replace the areas of a file in a running service, parents before their children.

    Its columns: code, kind, placeKind, name, parent, validFrom, validTo, and if need be nameEn, parentFrom, parentTo.
    Several rows with the same code are one area with several parents; they say all else alike. Areas that stand as
    they are told cost nothing, so that a file can be sent again.
    """
    with (
        reaching(url),
        client.connect(url.rstrip("/"), key) as api,
        Console(stderr=True).status(f"Sending the areas of {file.name} …"),
    ):
        count = client.put_areas(api, file)
    Console().print(f"{count} areas stand as {file.name} tells.")


NOUNS = {"activities": "activity-imports", "observations": "observation-imports"}


def _mapping_file(name: str) -> Path:
    """Return the file that holds a mapping: one of the caller's own, else one that ships."""
    if Path(name).is_file():
        return Path(name)
    with resources.as_file(resources.files("shared.data") / "mappings") as folder:
        shipped = {file.stem: file for file in folder.glob("*.yaml")}
    if name not in shipped:
        raise UnknownMappingFile(f"{name} is no file. These ship: {', '.join(sorted(shipped))}.")
    return shipped[name]


def _send(api: httpx.Client, file: Path, noun: str, query: dict[str, str]) -> dict[str, Any]:
    """Send a file, follow its import to the end, and return the report."""
    with _bars(file) as bars:
        report = client.send_file(api, file, noun, query, bars.sent)
        for latest in client.follow_import(api, noun, report):
            bars.imported(latest)
            report = latest
    return report


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Say so when no service answers at the address."""
    try:
        yield
    except httpx.TransportError as error:
        raise ServiceUnreachable(f"{url} cannot be reached ({error}). Is `samverkan up` running?") from error


class _Bars:
    """Two bars: how much of a file has been sent, and how much of it has been imported."""

    def __init__(self, progress: Progress, file: Path) -> None:
        self._progress = progress
        size = file.stat().st_size
        self._sending: TaskID = progress.add_task(file.name, total=size, status="sent")
        self._importing: TaskID = progress.add_task("", total=size, status="")

    def sent(self, size: int) -> None:
        self._progress.advance(self._sending, size)

    def imported(self, report: dict[str, Any]) -> None:
        self._progress.update(
            self._importing, completed=report["bytesRead"] if report["rows"] else 0, status=f"{report['rows']} rows"
        )


@contextmanager
def _bars(file: Path) -> Iterator[_Bars]:
    status = TextColumn("{task.fields[status]}")
    columns = (TextColumn("{task.description}"), BarColumn(), status, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bars(progress, file)


def show(report: dict[str, Any], remarks: Sequence[dict[str, Any]], number: int) -> None:
    """Print an import's report: its counts, and some of the so many remarks that it has."""
    console = Console()
    heading = "Rehearsed; nothing is kept" if report["dryRun"] else f"Import {report['status']}"
    counts = [f"{name} {report[name]}" for name in COUNTS if name == "rows" or report[name]]
    console.print(f"{heading}: {', '.join(counts)}.")
    if report.get("unusedCodes"):
        codes = ", ".join(f"{unused['code']} ({unused['rows']})" for unused in report["unusedCodes"])
        console.print(f"Read by no indicator, with so many rows: {codes}.")
    if not remarks:
        return
    table = Table("Row", "Outcome", "Field", "Reason", "Remedy", box=None)
    for remark in remarks:
        table.add_row(str(remark["row"]), remark["outcome"], remark["field"], remark["reason"], remark["remedy"])
    console.print(table)
    if len(remarks) < number:
        console.print(
            f"{len(remarks)} of {number} remarks. --all-remarks prints them all, --faults FILE.xlsx writes them beside "
            "their rows.",
            soft_wrap=True,
        )
