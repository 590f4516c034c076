"""`samverkan closing`: how far the closing of an agreement's periods has come, its steps, and what has come since."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.cli import client
from services.cli.importing import reaching
from shared.closing.steps import Step

if TYPE_CHECKING:
    import httpx

app = typer.Typer(no_args_is_help=True, help="Close the periods of an agreement, and reopen them.")

Agreement = Annotated[str, typer.Argument(help="The agreement's code.")]
PeriodCode = Annotated[str, typer.Argument(help="The period: a tertial, a year, or of the agreement's rhythm.")]
Key = Annotated[str, typer.Option(envvar="SAMVERKAN_KEY", help="An API key.")]
Url = Annotated[str, typer.Option(envvar="SAMVERKAN_URL", help="Where the service runs.")]
LOCAL = "http://127.0.0.1:8000"
_NO_FIGURE = "no row"


class Readiness(StrEnum):
    """Whether an annex is ready."""

    READY = "ready"
    NOT_READY = "not-ready"


@app.command(name="list")
def list_periods(agreement: Agreement, key: Key, url: Url = LOCAL) -> None:
    """Print how far each period of an agreement has come."""
    table = Table("period", "state", "revision")
    with reaching(url), client.connect(url.rstrip("/"), key) as api:
        for one in client.entries_of(api, f"/agreements/{agreement}/periods", "periods"):
            table.add_row(one["period"], one["state"], str(one["revision"] or ""))
    Console().print(table)


@app.command()
def annex(  # noqa: PLR0913, PLR0917  what is marked, and by whom where
    agreement: Agreement,
    period: PeriodCode,
    number: Annotated[int, typer.Argument(help="The annex's number.")],
    readiness: Annotated[Readiness, typer.Argument(help="What it is.")],
    key: Key,
    url: Url = LOCAL,
) -> None:
    """Mark an annex ready for the closing of a period, or take that back."""
    with reaching(url), client.connect(url.rstrip("/"), key) as api:
        client.mark_annex(api, agreement, period, number, is_ready=readiness is Readiness.READY)
    Console().print(f"Annex {number} is {readiness.replace('-', ' ')} for {period.upper()}.")


@app.command()
def take(  # noqa: PLR0913, PLR0917  a step, and by whom where
    agreement: Agreement,
    period: PeriodCode,
    step: Annotated[Step, typer.Argument(help="What is done with the period; whoever approves it closes it.")],
    key: Key,
    reason: Annotated[str | None, typer.Option(help="Why; a period is reopened for a reason.")] = None,
    url: Url = LOCAL,
) -> None:
    """Prepare a period, submit it, approve it, which closes it, or reopen it for a reason."""
    with reaching(url), client.connect(url.rstrip("/"), key) as api:
        state = client.take_step(api, agreement, period, step, reason)
    Console().print(f"{period.upper()} is {state}.")


@app.command()
def later(agreement: Agreement, period: PeriodCode, key: Key, url: Url = LOCAL) -> None:
    """Print what has come since a period was closed, and what it would change."""
    table = Table("value", "frozen", "would be")
    with reaching(url), client.connect(url.rstrip("/"), key) as api:
        for one in _later_values(api, agreement, period):
            table.add_row(one["id"], _figure(one["frozen"]), _figure(one["later"]))
    Console().print(table if table.row_count else "Nothing has come that would change a figure.")


def _later_values(api: httpx.Client, agreement: str, period: str) -> list[dict[str, Any]]:
    return client.entries_of(api, f"/agreements/{agreement}/periods/{period.lower()}/later-values", "laterValues")


def _figure(figure: dict[str, Any] | None) -> str:
    if figure is None:
        return _NO_FIGURE
    return figure["status"] if figure["value"] is None else f"{figure['value']:g}"
