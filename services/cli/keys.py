"""`samverkan keys`: create, list and revoke the API's keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import Connection

from services.cli.audit import account
from services.cli.database import existing_database, migrated_database
from services.cli.migrations import upgrade
from shared.db import keys
from shared.db.actor import Actor, acting_as
from shared.db.engine import build_command_engine
from shared.db.keys import IssuedKey, KeyScope, UnknownArea
from shared.domain.free_text import fault_of

UUID_LENGTH = 36

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Who uses the key, and for what.")],
    scope: Annotated[list[KeyScope], typer.Option(help="What it may do. May be given several times.")],
    area: Annotated[list[str], typer.Option(help="The code of an area in which it may do so; SE is everywhere.")],
    owner: Annotated[
        str | None, typer.Option(help="The area that what it stores belongs to. Default: the first --area.")
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The UTC day from which it no longer holds.")
    ] = None,
) -> None:
    """Create a key and print it: the only time it is shown."""
    if fault := fault_of(name):
        raise typer.BadParameter(
            f"It {fault}: notes bear this name. Say which system, or which office.", param_hint="--name"
        )
    expires_at = expires and expires.replace(tzinfo=UTC)
    if expires_at and expires_at <= datetime.now(UTC):
        raise typer.BadParameter("This day has come already.", param_hint="--expires")
    with existing_database() as url:
        upgrade(url)  # a key may be wanted before the first start on a server of one's own
        with _transaction(url) as database:
            try:
                print(keys.create(database, name, scope, area, expires_at, owner))
            except UnknownArea as error:
                raise typer.BadParameter(str(error), param_hint="--area") from error


@app.command(name="list")
def show() -> None:
    """List every key ever created. The keys themselves are not kept."""
    with migrated_database() as url, _transaction(url) as database:
        issued = keys.list_all(database)
    table = Table(Column("Id", min_width=UUID_LENGTH, no_wrap=True), "Name", "Scopes", "For", "State", box=None)
    for key in issued:
        scopes = " ".join(f"{scope}:{code}" for scope, code in key.grants)
        table.add_row(str(key.key_id), key.name, scopes, key.owner, state(key))
    Console().print(table)


@app.command()
def revoke(key_id: Annotated[UUID, typer.Argument(help="As `samverkan keys list` shows it.")]) -> None:
    """End a key's validity at once and for good."""
    with migrated_database() as url, _transaction(url) as database:
        if not keys.revoke(database, key_id):
            raise typer.BadParameter("No key in force has this id. See `samverkan keys list`.", param_hint="KEY_ID")


@contextmanager
def _transaction(url: str) -> Iterator[Connection]:
    """Yield a connection; what was done is committed unless an error ends it."""
    with (
        acting_as(Actor("commands/keys", "samverkan keys", account())),
        build_command_engine(url).begin() as connection,
    ):
        yield connection


def state(key: IssuedKey) -> str:
    """Say in words whether a key is in force."""
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "in force"
    return f"{'expired' if key.expires_at <= datetime.now(UTC) else 'expires'} {key.expires_at:%Y-%m-%d}"
