"""When, of which commit and on which machine a part was measured: what a figure means nothing without."""

from __future__ import annotations

import os
import platform
import subprocess

from shared.domain.period import today
from tests.benchmarks.bench import Bench
from tests.benchmarks.database import Database
from tests.benchmarks.report import RESULTS
from tests.benchmarks.servers import OURS

GIB = 2**30
# Processes that run at the same time, on average. What a machine does anyway is less.
QUIET = 0.5


def load_of_others() -> float:
    """Return the load of the last minute, which is that of other programs: ask before anything of ours runs."""
    return os.getloadavg()[0]


def describe(bench: Bench | None, load: float, seconds: float) -> str:
    """Return the line above a part's table. Neither the machine's name nor a path is in it.

    What is simulated needs no bench.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    servers = ""
    if bench is not None:
        servers = f" PostgreSQL {str(Database(bench.servers.postgres_url).run('SHOW server_version')).split()[0]},"
    busy = "" if load < QUIET else f"; the machine was not quiet: its load was {load:.1f} before the run"
    return (
        f"{bench.today if bench else today()}, commit {_commit()}, {os.cpu_count()} cores shared by all, "
        f"{memory:.0f} GiB, Python {platform.python_version()},{servers} in {seconds:.0f} s{busy}."
    )


def _commit() -> str:
    commit = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", f":!{RESULTS.relative_to(OURS.root)}")
    return f"{commit} with changes" if changed else commit


def _git(*command: str) -> str:
    """Return what git says of our code; nothing where it was not cloned."""
    done = subprocess.run(("git", "-C", str(OURS.root), *command), capture_output=True, text=True, check=False)
    return done.stdout.strip()
