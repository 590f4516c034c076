"""Searches every line that the product logs in a run of the tests for what must never be in one: trials D4.

Lines are those of this process, of the servers, and of every `*.log` in a temporary folder. A test that sends a text by
one of the shared clients need not say so: its texts are remembered, and searched for at the end.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any, Final

from shared.logs import DiscreetFormatter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FORBIDDEN: Final = {
    "an API key": re.compile(r"smv_[\w-]{20,}"),
    "an access token": re.compile(r"eyJ[\w-]{10,}"),
    "a webhook's secret": re.compile(r"whsec_[\w+/=-]{20,}"),
    "a user and password": re.compile(r"\w://[^\s/@]*:[^\s/@]+@"),
    "the query of an address": re.compile(r"https?://[^\s\"']+\?[^\s\"']"),
    "a personal identity number of the tests": re.compile(r"(?:19)?(?:850709.?980[45]|121212.?1212|090527.?1474)"),
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}"),
    "an address that was asked": re.compile(r"HTTP Request: "),
    "an authorization": re.compile(r"(?:Bearer|Basic) [\w+/=-]{8,}"),
}
# Texts that people write; shorter ones, or single words, are in code and names as well.
SHORTEST_TEXT: Final = 12
MOST_TEXTS: Final = 50_000


class LogGuard(logging.Handler):
    """Remembers what is logged and what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(DiscreetFormatter("%(levelname)s %(name)s: %(message)s"))
        self._lines: list[str] = []
        self._texts: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Take what this process logs, as the services would write it."""
        if not record.name.startswith(("tests", "asyncio", "schemathesis")):
            self.take(record.name, self.format(record))

    def take(self, source: str, line: str) -> None:
        """Take a line of a program."""
        self._lines.append(f"{source}: {line}")

    def take_files(self, folder: Path) -> None:
        """Take the lines of the logs in a folder."""
        for path in folder.rglob("*.log"):
            if path.is_file():
                self._lines += (f"{path.name}: {line}" for line in path.read_text(errors="replace").splitlines())

    def sent(self, content_type: str, body: bytes) -> None:
        """Remember the texts of a body that is sent."""
        if len(self._texts) < MOST_TEXTS:
            self._texts.update(_texts_of(content_type, body))

    def findings(self) -> Iterator[str]:
        """Yield each line that holds what no line may, and what that is."""
        beginnings: dict[str, list[str]] = {}
        for text in self._texts:
            beginnings.setdefault(text[:SHORTEST_TEXT], []).append(text)
        for line in self._lines:
            yield from (f"{what} in a log: {line[:300]}" for what, pattern in FORBIDDEN.items() if pattern.search(line))
            for start in range(len(line) - SHORTEST_TEXT + 1):
                for text in beginnings.get(line[start : start + SHORTEST_TEXT], ()):
                    if line.startswith(text, start):
                        yield f"a text that was sent in a log: {line[:300]}"

    def lines(self) -> list[str]:
        """Return the lines so far."""
        return [*self._lines]


def _texts_of(content_type: str, body: bytes) -> Iterator[str]:
    media_type = content_type.partition(";")[0]
    try:
        if media_type == "application/json":
            yield from _written(json.loads(body))
        elif media_type == "application/x-ndjson":
            for line in body.splitlines()[:1000]:
                yield from _written(json.loads(line))
        elif media_type == "text/csv":
            cells = re.split(r"[;,\n\"]", body[:100_000].decode("utf-8", "replace"))
            yield from filter(_is_written, cells)
    except (ValueError, RecursionError):  # what is no JSON, or nested without end, is sent on purpose
        return


def _written(value: Any) -> Iterator[str]:
    """Yield the texts of a JSON value that a person may have written."""
    entries: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for inner in entries:
        yield from _written(inner)
    if isinstance(value, str) and _is_written(value):
        yield value


def _is_written(text: str) -> bool:
    return len(text) >= SHORTEST_TEXT and " " in text.strip()


LOGS: Final = LogGuard()
