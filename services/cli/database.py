"""Finds the database that a command works on."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from services.cli import embedded
from services.cli.data_directory import DataDirectory
from services.cli.errors import DataDirectoryInUse
from shared.settings import with_driver


@contextmanager
def reachable_database(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield the URL of DATABASE_URL's server, or else of the embedded PostgreSQL.

    The embedded one is that of a running `samverkan up`; with none running it is started, and stopped afterwards.
    """
    if named := environment.get("DATABASE_URL"):
        yield with_driver(named)
        return
    directory = DataDirectory.from_environment(environment)
    with ExitStack() as stack:
        try:
            stack.enter_context(directory.held())
        except DataDirectoryInUse:
            yield embedded.postgres(directory).url
        else:
            yield stack.enter_context(embedded.running_postgres(directory, keep_quiet))


def keep_quiet(_name: str, _line: str) -> None:
    """Pass nothing on: a command's output is its answer. What a failed start wrote stands in its error."""
