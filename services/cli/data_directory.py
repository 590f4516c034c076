"""The directory where the embedded servers keep what they hold, and the lock that lets one command use it at a time."""

import fcntl
import hashlib
import os
import pwd
import re
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from services.cli.errors import DataDirectoryInUse, DataDirectoryUnusable

DEFAULT_DIRECTORY = ".samverkan"
LONGEST_SOCKET_DIRECTORY = 80
"""Bytes. A socket's path may take 107, and the longest name put after this one is `/.s.PGSQL.5432.lock`."""

UNPRIVILEGED_ACCOUNT = "nobody"

OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR

CONTENTS = {"postgres", "postgres.unfinished", "passwords", "run", "valkey.conf", "up.log"}
"""All that is ever in a data directory."""


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """Where the embedded PostgreSQL keeps its data, and both servers their sockets."""

    path: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Take SAMVERKAN_DATA, or `.samverkan` in the current directory."""
        return cls(Path(environment.get("SAMVERKAN_DATA") or DEFAULT_DIRECTORY).resolve())

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory."""
        return self.path / "postgres"

    def password(self, name: str) -> Path:
        """The file with one of the embedded servers' passwords."""
        return self.path / "passwords" / name

    @property
    def valkey_settings(self) -> Path:
        """The file that Valkey reads when it starts."""
        return self.path / "valkey.conf"

    @property
    def log(self) -> Path:
        """What a service in the background writes."""
        return self.path / "up.log"

    @property
    def sockets(self) -> Path:
        """Where both servers listen: no network port, and only the account that runs them may enter.

        A path that is too long for a socket, or needs quoting in a URL, gives way to one in the temporary directory.
        """
        usual = self.path / "run"
        if len(str(usual)) <= LONGEST_SOCKET_DIRECTORY and re.fullmatch(r"[\w./-]+", str(usual), re.ASCII):
            return usual
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"samverkan-{digest}"

    @property
    def account(self) -> str | None:
        """Who runs the servers: None for the caller; PostgreSQL refuses to be run by root."""
        return UNPRIVILEGED_ACCOUNT if os.geteuid() == 0 else None

    @property
    def owner(self) -> int:
        """The number of the account that runs the servers."""
        return os.geteuid() if self.account is None else pwd.getpwnam(self.account).pw_uid

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the directory, and keep every other command out of it meanwhile.

        The lock lies on the directory itself and goes with the process, however that ends: no file is left behind.

        Raises:
            DataDirectoryInUse: another process has locked it.
            DataDirectoryUnusable: it belongs to someone else.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            self._lock(descriptor)
            self._prepare()
            try:
                yield
            finally:
                with suppress(OSError):  # not empty where a server was killed outright
                    self.sockets.rmdir()
        finally:
            os.close(descriptor)

    def hand_over(self, directory: Path) -> None:
        """Make a directory that the servers' account alone may enter, or see that it is theirs and closed to others.

        Raises:
            DataDirectoryUnusable: it belongs to another account.
        """
        if not directory.exists():
            directory.mkdir(mode=stat.S_IRWXU)
            os.chown(directory, self.owner, -1)
        if directory.stat().st_uid != self.owner:
            raise DataDirectoryUnusable(
                f"{directory} belongs to another account than {pwd.getpwuid(self.owner).pw_name}. Run the command as "
                "the account that made it, or name another data directory in SAMVERKAN_DATA."
            )
        directory.chmod(stat.S_IRWXU)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataDirectoryInUse(
                f"Samverkan already runs on the data directory {self.path}. "
                "Stop it first (Ctrl-C where it runs), or name another directory in SAMVERKAN_DATA."
            ) from error

    def _prepare(self) -> None:
        try:
            self._close()
            if self.account is not None:
                open_way_to(self.path)
            self.hand_over(self.sockets)
        except OSError as error:
            raise self._unusable(error) from error

    def _close(self) -> None:
        """Set the modes of what lies in the directory; its own, unless it is used for something else too."""
        passwords = self.password("")
        if passwords.exists():
            passwords.chmod(stat.S_IRWXU)
            for path in passwords.iterdir():
                path.chmod(OWNER_ONLY)
        for path in (self.log, self.valkey_settings):
            if path.exists():
                path.chmod(OWNER_ONLY)
        if {path.name for path in self.path.iterdir()} <= CONTENTS:
            self.path.chmod(stat.S_IRWXU if self.account is None else stat.S_IRWXU | stat.S_IXGRP | stat.S_IXOTH)

    def _unusable(self, error: OSError) -> DataDirectoryUnusable:
        return DataDirectoryUnusable(
            f"The data directory {self.path} cannot be used: {error.strerror}. Name another one in SAMVERKAN_DATA."
        )


def open_way_to(directory: Path) -> None:
    """Let every account pass through, but not list, the directories down to and including this one.

    Root's home directory is closed to others as a rule, and a program run as an unprivileged account
    can neither be started from there nor keep its data there.
    """
    for step in (directory, *directory.parents):
        mode = step.stat().st_mode
        if not mode & stat.S_IXOTH:
            step.chmod(mode | stat.S_IXOTH)
            print(
                f"samverkan: {step} now lets other accounts pass through; PostgreSQL cannot run as root",
                file=sys.stderr,
            )
