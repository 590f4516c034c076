"""What the commands ask of a running API: areas, an agreement, a mapping and activities go in over HTTP."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import httpx
import yaml

from services.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BASE = "/samverkan/v1"
CHUNK = 256 * 1024


class RefusedByApi(CommandError):
    """The API refused a request; the text says what it said."""


class UnreadableFile(CommandError):
    """A file is not of the form that it should have."""


def connect(base_url: str, key: str) -> httpx.Client:
    """Return a client of the API at an address, with an API key. An import may take long to be answered."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=base_url + BASE, headers=headers, timeout=httpx.Timeout(30, read=3600, write=3600))


def put_areas(client: httpx.Client, file: Path) -> int:
    """Create or replace the areas of a CSV, parents first: code, kind, placeKind, name, parent, validFrom, validTo."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = csv.DictReader(opened)
        missing = {"code", "kind", "placeKind", "name", "parent", "validFrom", "validTo"} - set(lines.fieldnames or ())
        if missing:
            raise UnreadableFile(f"{file} lacks the columns {', '.join(sorted(missing))}.")
        rows = list(lines)
    for row in rows:
        valid = {"validFrom": row["validFrom"] or None, "validTo": row["validTo"] or None}
        area = {"kind": row["kind"], "placeKind": row["placeKind"] or None, "name": row["name"], **valid}
        parents = [{"code": row["parent"], "validFrom": None, "validTo": None}] if row["parent"] else []
        _checked(client.put(f"/areas/{row['code']}", json={**area, "parents": parents}))
    return len(rows)


def put_agreement(client: httpx.Client, file: Path) -> None:
    """Create or replace the agreement in a YAML file."""
    agreement = _document(file)
    _checked(client.put(f"/agreements/{agreement['code']}", json=agreement))


def put_mapping(client: httpx.Client, file: Path) -> str:
    """Create or replace the mapping in a YAML file, and return its code."""
    mapping = _document(file)
    code: str = mapping["code"]
    _checked(client.put(f"/import-mappings/{code}", json=mapping))
    return code


def send_activities(
    client: httpx.Client,
    file: Path,
    mapping: str | None = None,
    *,
    dry_run: bool = False,
    sent: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Send a CSV or NDJSON file of activities and return the import's report; tell `sent` the bytes of each piece."""
    media_type = "application/x-ndjson" if file.suffix in {".ndjson", ".jsonl"} else "text/csv"
    query = {"dryRun": str(dry_run).lower()} | ({"mapping": mapping} if mapping else {})
    answer = client.post(
        "/activity-imports", params=query, content=_pieces(file, sent), headers={"Content-Type": media_type}
    )
    report: dict[str, Any] = _checked(answer).json()
    return report


def _document(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{file} is not YAML in UTF-8: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("code"), str):
        raise UnreadableFile(f"{file} must hold an object with a code.")
    return document


def _pieces(file: Path, sent: Callable[[int], None]) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(CHUNK):
            yield piece
            sent(len(piece))


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        lines = [
            problem["detail"],
            *(f"{one['field']}: {one['reason']}. {one['remedy']}" for one in problem["violations"]),
        ]
    except (ValueError, KeyError, TypeError):
        lines = [answer.text[:500]]
    raise RefusedByApi("\n  ".join([f"{answer.request.url} answered {answer.status_code}:", *lines]))
