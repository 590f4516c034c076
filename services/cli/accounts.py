"""Whom the services run as: the caller, but where that is root an account that may do nothing to the machine."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

from services.cli.child_process import Report, identity
from services.cli.data_directory import UNPRIVILEGED_ACCOUNT

LOWEST_FREE_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
USUAL_LOWEST_FREE_PORT = 1024
SECONDS_TO_TRY = 20.0


def service_account(port: int, report: Report) -> str | None:
    """Return the account that the API and the worker are to run as, or None for the caller's own.

    They are root only where that cannot be avoided, which is said: the code is closed to others, or the port is.
    """
    if os.geteuid() != 0:
        return None
    if port < _lowest_free_port():
        why = f"port {port} is for root alone; take a higher one, with a reverse proxy in front"
    elif not _may_run_the_code(UNPRIVILEGED_ACCOUNT):
        why = (
            f"{UNPRIVILEGED_ACCOUNT} may not read {sys.prefix} and {Path.cwd()}, or the Python there; "
            "install where every account may read"
        )
    else:
        return UNPRIVILEGED_ACCOUNT
    report("up", f"the services run as root: {why}, or start this as an account of its own")
    return None


def home_of(account: str | None) -> dict[str, str]:
    """Return the variables that say where an account is at home: libraries look for files there."""
    return {} if account is None else {"HOME": pwd.getpwnam(account).pw_dir, "USER": account, "LOGNAME": account}


def give(path: Path, account: str | None) -> None:
    """Make an account the owner of a folder."""
    if account is not None:
        os.chown(path, pwd.getpwnam(account).pw_uid, -1)


def _may_run_the_code(account: str) -> bool:
    command = [sys.executable, "-c", "import services.cli.child_process, shared.domain.period, psycopg, uvicorn"]
    environment = {**os.environ, **home_of(account)}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, check=False, timeout=SECONDS_TO_TRY, **identity(account)
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _lowest_free_port() -> int:
    try:
        return int(LOWEST_FREE_PORT.read_text())
    except (OSError, ValueError):
        return USUAL_LOWEST_FREE_PORT
