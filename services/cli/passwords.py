"""The passwords of the embedded servers: made at random, each in a file that its owner alone may read."""

import os
import secrets
import stat
from pathlib import Path

from services.cli.data_directory import OWNER_ONLY
from services.cli.errors import DataDirectoryUnusable

BYTES = 32


def password_in(path: Path) -> str:
    """Return the password of a file; the file is made unless it is there. Several may do so at once.

    Raises:
        DataDirectoryUnusable: the file cannot be read or made, or has nothing in it.
    """
    try:
        if not path.exists():
            write_password(path, secrets.token_urlsafe(BYTES), replace=False)
        password = path.read_text().strip()
    except OSError as error:
        raise DataDirectoryUnusable(
            f"{path} cannot be used: {error.strerror}. It holds a password of the embedded servers, so run commands "
            "as the account that runs `samverkan up`."
        ) from error
    if not password:
        raise DataDirectoryUnusable(f"{path} is empty. Remove it, and start again: a new password is set then.")
    return password


def write_password(path: Path, password: str, *, replace: bool = True) -> None:
    """Put a password into a file as a whole; without `replace`, one that is there stays."""
    path.parent.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    write_private(unfinished, f"{password}\n")
    if replace:
        unfinished.rename(path)
        return
    try:
        os.link(unfinished, path)  # unlike a renaming, this leaves what another process has put there meanwhile
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()


def write_private(path: Path, content: str, owner: int = -1) -> None:
    """Write a file that its owner alone may read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
        os.fchown(file.fileno(), owner, -1)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
