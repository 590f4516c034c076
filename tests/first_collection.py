"""In a fresh checkout one process of a run compiles all tests: the others wait, and find them compiled.

To compile them, with pytest's asserts, takes a process as long as all else until its first test.
"""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Set by xdist, the same in each process of a run.
RUN = "PYTEST_XDIST_TESTRUNUID"
# Where there is one, a run has been here before.
COMPILED = Path(__file__).parent / "domain" / "__pycache__"


@contextmanager
def after_the_first() -> Iterator[None]:
    """Let the process that comes first do what is inside; the others do the same when it has done so."""
    if RUN not in os.environ or COMPILED.exists() or sys.dont_write_bytecode:
        yield
        return
    path = Path(tempfile.gettempdir()) / f"samverkan-tests-{os.environ[RUN]}.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    with suppress(OSError):  # another one has removed it
        path.unlink()
