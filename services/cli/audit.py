"""`samverkan audit`: verify the audit trail, and remove what old entries say."""

from __future__ import annotations

import asyncio
import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console

from services.cli.database import migrated_database
from shared.audit.removal import remove_payloads
from shared.audit.sealing import Head
from shared.audit.verification import Verified, verify
from shared.db.actor import Actor
from shared.db.engine import build_engine
from shared.read_model.texts import instant_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")

app = typer.Typer(help="Verify the audit trail, and remove what old entries say.", no_args_is_help=True)


def account() -> str | None:
    """Return the account that a command runs as, in the form of X-Sent-By; a container may have no name for it."""
    try:
        return f"type=osAccount; {getpass.getuser()}"
    except (KeyError, OSError):
        return None


def _head(text: str) -> Head:
    number, _, digits = text.partition(":")
    try:
        return Head(int(number), bytes.fromhex(digits))
    except ValueError:
        raise typer.BadParameter("Write it as the log has it: a number, a colon and 64 digits.") from None


@app.command(name="verify")
def verify_trail(
    head: Annotated[
        Head | None,
        typer.Option(parser=_head, help="The trail's end as the log, or `verify`, once said it: <number>:<hash>."),
    ] = None,
) -> None:
    """Walk the chain of all entries. Exit code 1 if one was removed, changed, reordered or added."""
    verified = asyncio.run(_in_transaction(lambda connection: verify(connection, head), "REPEATABLE READ"))
    _tell(verified)
    if verified.finding:
        raise typer.Exit(1)


def _tell(verified: Verified) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if verified.finding is None:
        console.print(f"All {verified.head.number} entries are as they were sealed.")
        if verified.without_payload:
            reasons = "they are old, or about a removed comment"
            console.print(f"What {verified.without_payload} of them said has been removed: {reasons}.")
        console.print(f"The trail ends at {verified.head}")
        return
    found = verified.finding
    at = f", of {instant_text(found.at)}," if found.at else ""
    console.print(f"Entry {found.number}{at} was {found.fault}. What comes before it is as it was sealed.")


@app.command()
def remove(
    before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The UTC day from which entries keep what they say.")
    ],
) -> None:
    """Remove what older entries say: who, what, before and after. Their hashes stay, so that the chain verifies."""
    actor = Actor("commands/audit", "samverkan audit", account())
    moment = before.replace(tzinfo=UTC)
    if moment > datetime.now(UTC):
        raise typer.BadParameter("This day has not come yet.", param_hint="--before")
    removed = asyncio.run(_in_transaction(lambda connection: remove_payloads(connection, moment, actor)))
    Console(highlight=False).print(f"{removed} entries have only their hashes now.")


async def _in_transaction(work: Callable[[AsyncConnection], Awaitable[T]], isolation: str = "READ COMMITTED") -> T:
    with migrated_database() as url:
        engine = build_engine(url, connections=1).execution_options(isolation_level=isolation)
        try:
            async with engine.begin() as connection:
                return await work(connection)
        finally:
            await engine.dispose()
