"""The `samverkan` command: every subcommand is gathered here."""

import sys
from typing import Annotated

import psycopg
import typer
from sqlalchemy.exc import DBAPIError

from services.cli import (
    agreement,
    audit,
    backup,
    closing,
    demo,
    doctor,
    export,
    facts,
    importing,
    keys,
    migrations,
    open_data,
    people,
    report,
    serve,
    show,
    verify,
)
from services.cli.database import reachable_database
from services.cli.errors import CommandError
from services.cli.server_errors import refused
from shared.environment import UnusableSettings
from shared.settings import unknown_variables

app = typer.Typer(
    name="samverkan",
    help="Follows up agreements between municipality and police.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(keys.app, name="keys")
app.add_typer(people.app, name="people")
app.add_typer(audit.app, name="audit")
app.add_typer(facts.app, name="facts")
app.add_typer(closing.app, name="closing")
app.command(name="areas")(importing.send_areas)
app.command(name="agreement")(agreement.send)
app.command(name="import")(importing.send)
app.command(name="demo")(demo.show)
app.command(name="values")(show.show)
app.command(name="open-data")(open_data.publish)
app.command(name="report")(report.fetch)
app.command(name="export")(export.export)
app.command(name="backup")(backup.back_up)
app.command(name="restore")(backup.restore)
app.command(name="doctor")(doctor.examine)
app.command(name="rebuild")(verify.rebuild_figures)
app.command(name="verify")(verify.verify_figures)


@app.command(name="up")
def run(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    announce_to: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the servers, the API and the worker until Ctrl-C.

    PostgreSQL and Valkey are embedded, with their data in SAMVERKAN_DATA (.samverkan unless set),
    unless DATABASE_URL and REDIS_URL name other servers.
    """
    serve.run(serve.Address(host, port), announce_to)


@app.command()
def migrate(
    check: Annotated[bool, typer.Option(help="Also check that the migrations agree with the code.")] = False,
    owner: Annotated[
        str | None,
        typer.Option(help="The area that activities, files, webhooks, sources and keys without an owner belong to."),
    ] = None,
) -> None:
    """Bring the database's tables up to date, and load the areas and the calendar."""
    with reachable_database() as url:
        migrations.upgrade(url, owner)
        if check:
            migrations.check(url)


def main() -> None:
    """Run the command line; what a person can mend is reported without a traceback."""
    for line in unknown_variables().values():
        print(f"samverkan: {line}", file=sys.stderr)
    try:
        app()
    except CommandError as error:
        if error.args:
            print(f"samverkan: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except UnusableSettings as error:
        print(f"samverkan: {error}", file=sys.stderr)
        sys.exit(2)
    except (DBAPIError, psycopg.Error) as error:
        if (known := refused(error)) is None:
            raise
        print(f"samverkan: {known}", file=sys.stderr)
        sys.exit(known.exit_code)


if __name__ == "__main__":
    main()
