"""Tells which files of the project run between a request and its effect.

What is counted: each file under `services` and `shared` of which a function runs in the meantime and that decides where
a fact goes. Not counted: the HTTP kit, which every request passes and which CONTRIBUTING lists once; the words and
tools that all rooms share (domain, catalogue, db, texts), among them the catalogue in force; of the reader of files all
but its face, `table`; the bodies of modules and classes, which run when they are imported; what runs by itself in the
background; files without functions, such as tables.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]
FOLDERS = tuple(f"{ROOT / folder}/" for folder in ("services", "shared"))
KIT = "services/api/http/"
CATALOGUE = ("shared/catalogue/", "shared/facts/catalogue_in_force.py")
VOCABULARY = ("shared/domain/", *CATALOGUE, "shared/db/", "shared/files/", "shared/read_model/texts.py")
BACKGROUND = ("shared/heartbeat.py", "shared/redis.py", "services/indicators/audit.py", "shared/audit/")
SHARED_BY_ALL = tuple(f"{ROOT}/{name}" for name in (KIT, *VOCABULARY, *BACKGROUND))
# What of them a reader meets on the way all the same.
FACES = (f"{ROOT}/shared/files/table.py",)

_leg: ContextVar[str | None] = ContextVar("leg", default=None)


@contextmanager
def on_leg(name: str) -> Iterator[None]:
    """Let what this task does meanwhile, and all tasks that it starts, count for a leg of a way."""
    before = _leg.set(name)
    try:
        yield
    finally:
        _leg.reset(before)


@contextmanager
def files_that_run(legs: Sequence[str]) -> Iterator[dict[str, list[str]]]:
    """Gather meanwhile the files that run on some legs, as paths from the project's root.

    A file is listed under the first of the legs that it runs on, in the order in which it first does there.
    """
    seen: dict[str, dict[str, None]] = {leg: {} for leg in legs}
    found: dict[str, list[str]] = {}

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_flags & CO_OPTIMIZED and (leg := _leg.get()) in seen:
            file = frame.f_code.co_filename
            if file.startswith(FOLDERS) and (file in FACES or not file.startswith(SHARED_BY_ALL)):
                seen[leg][file] = None

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        passed: set[str] = set()
        for leg, files in seen.items():
            found[leg] = [str(Path(file).relative_to(ROOT)) for file in files if file not in passed]
            passed |= files.keys()
