"""Keeps the answers of a running service as files, byte for byte."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

ANSWERS = "answers.tsv"
# Replaces the service's own address in a stored answer, so that two services may have different ports.
ROOT = b"{service}"
LARGEST_LIMIT = 1000
SECONDS = 120


class Recorder:
    """Asks a service, and keeps each body in a folder under a name that says what was asked.

    Besides the bodies, `answers.tsv` has a line for each: name, status, media type, link header and address. No other
    header is stored: a date or a request's id differs between any two answers.
    """

    def __init__(self, url: str, key: str, folder: Path) -> None:
        self._root = url.rstrip("/").encode()
        self._folder = folder
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=SECONDS)
        folder.mkdir(parents=True)
        self._file = (folder / ANSWERS).open("w", encoding="utf-8", newline="")
        self._answers = csv.writer(self._file, delimiter="\t", lineterminator="\n")
        self._answers.writerow(("name", "status", "type", "link", "address"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._client.close()

    def get(self, name: str, address: str, headers: Mapping[str, str] | None = None, *, keep: bool = True) -> bytes:
        """Return the body of an answer, and store it under the name unless it is stored in another form.

        Raises:
            httpx.HTTPStatusError: the service refused.
        """
        # A link holds the address that clients are given, which is not always the one that this one uses.
        path = httpx.URL(address).raw_path.decode()
        answer = self._client.get(path, headers=headers).raise_for_status()
        link = answer.headers.get("link", "").replace(self._root.decode(), ROOT.decode())
        self._answers.writerow((name, answer.status_code, answer.headers.get("content-type", ""), link, path))
        if keep:
            self.keep(name, answer.content)
        return answer.content

    def document(self, name: str, address: str) -> Any:
        """Return the JSON document of an answer, which is stored under the name."""
        return orjson.loads(self.get(f"{name}.json", address))

    def pages(self, name: str, address: str) -> Iterator[dict[str, Any]]:
        """Keep every page of a list at the largest limit, and yield their documents."""
        for number in count(1):
            page = self.document(f"{name}/{number:04}", _page(address, number))
            yield page
            if number >= page["_meta"]["totalPages"]:
                return

    def sheets(self, name: str, address: str, pages: int) -> None:
        """Keep every page of a list as CSV."""
        for number in range(1, pages + 1):
            self.get(f"{name}/{number:04}.csv", _page(address, number), {"Accept": "text/csv"})

    def keep(self, name: str, content: bytes) -> None:
        """Keep some bytes under a name."""
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.replace(self._root, ROOT))


def _page(address: str, number: int) -> str:
    return f"{address}{'&' if '?' in address else '?'}limit={LARGEST_LIMIT}&page={number}"
