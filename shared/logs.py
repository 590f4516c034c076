"""The log of a service: lines on standard error that repeat nothing of what was sent, and no address that is a secret.

What went wrong is told by where and by which error. The text of an error is left out: a database's, a parser's or a
model's often repeats the value that it was about.

Each line has the time in UTC, the level, the logger and the trace of the request that it was written for, as text or as
an object of JSON.
"""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    ErrorInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]

# They log the addresses that they ask, or statements and what is in them, from these levels on.
TALKATIVE = ("httpx", "httpcore", "sqlalchemy", "urllib3", "hpack")
# It has lines of its own, with texts of errors.
SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.access")


NO_TRACE = "-"

LogForm = Literal["text", "json"]


def start_log(level: str, form: LogForm, filters: Iterable[logging.Filter] = ()) -> None:
    """Let the process log, from a level of the logging module on; a filter may give records their `trace`."""
    lines = logging.StreamHandler()
    lines.setFormatter(TextLines() if form == "text" else JsonLines())
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


class TextLines(DiscreetFormatter):
    """Formats records as lines for people; those of an error are several."""

    def __init__(self) -> None:
        form = "%(asctime)s %(levelname)s %(name)s [%(trace)s]: %(message)s"
        super().__init__(form, defaults={"trace": NO_TRACE})

    def formatTime(self, record: logging.LogRecord, _form: str | None = None) -> str:  # noqa: N802  the library's name
        """Return when a record was made, in UTC to the millisecond."""
        return _instant(record)


class JsonLines(DiscreetFormatter):
    """Formats each record as one line with an object, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object; `trace` and `error` are there where the record has one."""
        trace = getattr(record, "trace", NO_TRACE)
        entry = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            **({} if trace == NO_TRACE else {"trace": trace}),
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return orjson.dumps(entry, default=str).decode()


def json_line(process: str, line: str) -> str:
    """Return a line of a program as an object of JSON that names the program; one that is an object stays as it is."""
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        entry = None
    if not isinstance(entry, dict):
        now = datetime.now(UTC)
        entry = {"time": _written(now), "message": line}
    return orjson.dumps({"process": process, **entry}).decode()


def _instant(record: logging.LogRecord) -> str:
    return _written(datetime.fromtimestamp(record.created, UTC))


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
