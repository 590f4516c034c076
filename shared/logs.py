"""The log of a service: lines on standard error that repeat nothing of what was sent, and no address that is a secret.

What went wrong is told by where and by which error. The text of an error is left out: a database's, a parser's or a
model's often repeats the value that it was about.
"""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    ErrorInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]

# They log the addresses that they ask, or statements and what is in them, from these levels on.
TALKATIVE = ("httpx", "httpcore", "sqlalchemy", "urllib3", "hpack")
# It has lines of its own, with texts of errors.
SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.access")


def start_log(level: str, form: str, filters: Iterable[logging.Filter] = ()) -> None:
    """Let the process log, from a level of the logging module on, in a form with its attributes."""
    lines = logging.StreamHandler()
    lines.setFormatter(DiscreetFormatter(form))
    for one in filters:
        lines.addFilter(one)
    logging.basicConfig(level=level.upper(), handlers=[lines])
    for name in SERVERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    quiet_libraries()


def quiet_libraries() -> None:
    """Let libraries log only what they warn of, at every level of the process."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class DiscreetFormatter(logging.Formatter):
    """Formats errors without their texts."""

    def formatException(self, ei: ErrorInfo) -> str:  # noqa: N802  the library's name
        """Return where an error was raised, and which it is, with those that it comes from."""
        error = ei[1]
        return "" if error is None else "\n".join(_lines_of(error)).rstrip()


def _lines_of(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _lines_of(cause)
        yield "… and from there:"
    yield from (line.rstrip() for line in traceback.format_tb(error.__traceback__))
    sqlstate = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    kind = type(error)
    yield f"{kind.__module__}.{kind.__qualname__}" + (f" ({sqlstate})" if sqlstate else "")
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _lines_of(inner)
