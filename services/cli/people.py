"""`samverkan people`: invite the first people, make links for them to sign in by, and remove them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import text

from services.cli.audit import account
from services.cli.database import migrated_database
from services.cli.errors import CommandError
from services.cli.serve import Address
from shared.db.actor import Actor, acting_as
from shared.db.engine import build_command_engine
from shared.domain.errors import InvalidPerson
from shared.domain.person import GivenRole, Invitation, PersonRole
from shared.people import people
from shared.people.addresses import sign_in_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Connection

app = typer.Typer(no_args_is_help=True, help="Invite people, make links for them to sign in by, and remove them.")

# To whom a person belongs, until the transaction ends.
_ACT_FOR = text("SELECT set_config('samverkan.owner', area_id::text, true) FROM area WHERE code = :code")

Number = Annotated[int, typer.Argument(help="The person's number, from `samverkan people list`.")]


class PersonRefused(CommandError):
    """A person cannot be invited so, or there is nobody with the number."""


@app.command()
def invite(  # noqa: PLR0913, PLR0917  all that is said of a person
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    role: Annotated[PersonRole, typer.Option(help="What the person does there.")],
    area: Annotated[str, typer.Option(help="The code of an area, such as 1282.")],
    owner: Annotated[
        str | None, typer.Option(help="The municipality whose coordinators see the person; the area unless given.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    agreement: Annotated[str | None, typer.Option(help="The agreement of an annex owner's annex, by code.")] = None,
    annex: Annotated[int | None, typer.Option(help="The number of an annex owner's annex.")] = None,
) -> None:
    """Invite a person, and print the link by which they sign in once, within a day."""
    given = GivenRole(role, area, None, agreement, annex)
    with _database(owner or area) as database:
        person_id = invite_on(database, Invitation(email, (given,), name))
        print(link_of(people.create_link(database, person_id)))


@app.command()
def link(number: Number) -> None:
    """Print a new link by which a person signs in once, within a day."""
    with _database() as database:
        print(link_of(people.create_link(database, _find(database, number).person_id)))


@app.command(name="list")
def list_people() -> None:
    """List the people who can sign in."""
    with _database() as database:
        listed = people.listed(database)
    table = Table("Number", "E-mail", "Name", Column("Roles", overflow="fold"), "Signed in", box=None, pad_edge=False)
    for person in listed:
        roles = " ".join(f"{given.role}:{given.area}" for given in person.roles)
        signed_in = f"{person.signed_in_at:%Y-%m-%d}" if person.signed_in_at else "never"
        table.add_row(str(person.number), person.email, person.name or "", roles, signed_in)
    Console().print(table)


@app.command()
def remove(number: Number) -> None:
    """Let a person in no more, and forget their name and address. What they have reported stays."""
    with _database() as database:
        people.remove(database, _find(database, number))


def invite_on(database: Connection, invitation: Invitation) -> UUID:
    """Invite a person on a connection.

    Raises:
        PersonRefused: with everything that is wrong.
    """
    try:
        return people.invite(database, invitation)
    except InvalidPerson as error:
        faults = "\n".join(f"{one.field} {one.reason}. {one.remedy}" for one in error.violations)
        raise PersonRefused(faults) from error


def link_of(token: str, base_url: str | None = None) -> str:
    """Return the whole address of a link to sign in by."""
    base_url = base_url or os.environ.get("SAMVERKAN_PUBLIC_URL") or Address("127.0.0.1", 8000).url
    return sign_in_address(base_url, token)


def act_for(database: Connection, owner: str) -> None:
    """Let what is stored in the transaction belong to an area.

    Raises:
        PersonRefused: there is no such area.
    """
    if database.execute(_ACT_FOR, {"code": owner}).one_or_none() is None:
        raise PersonRefused(f"No area has the code {owner}. Municipalities have SCB's four digits, such as 1282.")


def _actor() -> Actor:
    return Actor("commands/people", "samverkan people", account())


def _find(database: Connection, number: int) -> people.InvitedPerson:
    found = people.find(database, number)
    if found is None:
        raise PersonRefused(f"Nobody has the number {number}. `samverkan people list` shows everybody.")
    return found


@contextmanager
def _database(owner: str | None = None) -> Iterator[Connection]:
    """Yield a connection; what was done is committed unless it is refused."""
    with migrated_database() as url, acting_as(_actor()), build_command_engine(url).begin() as database:
        if owner is not None:
            act_for(database, owner)
        yield database
