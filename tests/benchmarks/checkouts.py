"""The code of another commit, in a folder and with a virtual environment of its own, kept for the next run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.servers import OURS, Installation

# Each has all packages once more.
MOST_CHECKOUTS = 2
PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def full_name(commit: str) -> str:
    """Return the whole name of a commit that is given by any name git knows.

    Raises:
        SystemExit: there is no such commit.
    """
    done = _git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    if done.returncode:
        raise SystemExit(f"There is no commit '{commit}' here.")
    return done.stdout.decode().strip()


def check_out(commit: str, folder: Path) -> Installation:
    """Return a commit's code, installed as its own Makefile does it, in a folder of many."""
    place = folder / commit
    code = place / "code"
    if not (place / "whole").exists():
        shutil.rmtree(place, ignore_errors=True)
        # An archive rather than a work tree: git need not be told when the folder is removed.
        code.mkdir(parents=True)
        subprocess.run(("tar", "-x", "-C", str(code)), input=_git("archive", commit).stdout, check=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        command = ("make", "--quiet", "-C", str(code), ".venv/installed", f"PYTHON={PYTHON}")
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"The commit {commit} cannot be installed:\n{done.stderr}")
    (place / "whole").touch()
    _forget_oldest(folder)
    return Installation(code, code / ".venv" / "bin" / "python")


def _forget_oldest(folder: Path) -> None:
    """Remove all but the checkouts that were used last, and what an interrupted run has left."""
    whole = sorted(folder.glob("*/whole"), key=lambda mark: mark.stat().st_mtime)
    recent = {mark.parent for mark in whole[-MOST_CHECKOUTS:]}
    for place in folder.iterdir():
        if place not in recent:
            shutil.rmtree(place)


def _git(*command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(("git", "-C", str(OURS.root), *command), capture_output=True, check=False)
