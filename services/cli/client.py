"""What the commands ask of a running API: areas, agreements, activities and all that goes with them, over HTTP."""

# Over 300 lines: all requests that commands make.

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import quote

import httpx
import orjson

from services.cli.errors import CommandError
from shared.catalogue.yaml_lines import UnreadableYaml, read_yaml
from shared.db.days import last_day
from shared.domain.errors import Violation
from shared.facts.area_file import FaultyAreaFile, read_areas
from shared.files.cells import text_of
from shared.files.media_types import CSV, NDJSON, XLSX
from shared.files.reader import read_table
from shared.files.table import Fit
from shared.wording.full_stop import with_full_stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from psycopg.types.range import Range

    from shared.domain.wording import Language
    from shared.facts.areas import Area

BASE = "/samverkan/v1"
CHUNK = 256 * 1024
_JSON = {"Content-Type": "application/json"}
REMARKS_OF_A_PAGE = 1000
ENTRIES_OF_A_PAGE = 1000
MEDIA_TYPES = {".ndjson": NDJSON, ".jsonl": NDJSON, ".xlsm": XLSX, ".xlsx": XLSX}
# Between two looks at how an import goes: a small one has ended at once.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0

_Item = TypeVar("_Item")
# Receives how many bytes of a file have been sent since the last call.
Sent: TypeAlias = "Callable[[int], None]"


class RefusedByApi(CommandError):
    """The API refused a request; the text is its problem's detail and violations."""


class UnreadableFile(CommandError):
    """A file is not of the form that it should have."""


def ignore_progress(_size: int) -> None:
    """Report nothing of how much has been sent."""


def connect(base_url: str, key: str) -> httpx.Client:
    """Return a client of the API at an address, with an API key. An import may take long to be answered."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=base_url + BASE, headers=headers, timeout=httpx.Timeout(30, read=3600, write=3600))


def put_areas(client: httpx.Client, file: Path, sent: Sent = ignore_progress) -> int:
    """Create or replace the areas of a CSV or a workbook, parents first, and return how many there are."""
    try:
        with file.open("rb") as opened:
            entries = read_areas(opened)
    except FaultyAreaFile as error:
        raise UnreadableFile(f"{file} is no file of areas: {error}") from error
    for entry in _tracked(entries, file, sent):
        try:
            checked(client.put(f"/areas/{quote(entry.area.code, safe='')}", json=_area_body(entry.area)))
        except RefusedByApi as error:
            raise RefusedByApi(f"Row {', '.join(map(str, entry.rows))} of {file}: {error}") from error
    return len(entries)


def _area_body(area: Area) -> dict[str, Any]:
    return {
        "kind": area.kind,
        "placeKind": area.place_kind,
        "name": area.name,
        "nameEn": area.name_en,
        **_days(area.valid),
        "parents": [{"code": parent.code, **_days(parent.valid)} for parent in area.parents],
    }


def _days(valid: Range) -> dict[str, str | None]:  # type: ignore[type-arg]  # generic only to type checkers
    """Return the days of a range as the API takes them."""
    days = {"validFrom": valid.lower, "validTo": last_day(valid)}
    return {name: day.isoformat() if day else None for name, day in days.items()}


def put_agreement(client: httpx.Client, file: Path, sent: Sent = ignore_progress) -> None:
    """Create or replace the agreement in a YAML file, with its commitments if it has any."""
    for agreement in _tracked([_document(file)], file, sent):
        put_document(client, agreement)


def put_document(client: httpx.Client, document: dict[str, Any]) -> httpx.Response:
    """Create or replace an agreement, and its commitments if the document has any."""
    return _put(client, f"/agreements/{document['code']}", document)


def check_document(client: httpx.Client, document: dict[str, Any], language: Language) -> list[dict[str, Any]]:
    """Return what must be mended in the document of an agreement before it can be put."""
    answer = client.put(
        f"/agreements/{document['code']}",
        params={"dryRun": "true"},
        content=orjson.dumps(document),
        headers={**_JSON, "Accept-Language": language},
    )
    if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
        checked(answer)
        return []
    violations: list[dict[str, Any]] = answer.json()["violations"]
    return violations


def put_roles(client: httpx.Client, file: Path, sent: Sent = ignore_progress) -> None:
    """Replace the roles of the areas in a CSV file: area, role, validFrom, validTo, need."""
    _put_by_area(client, file, "roles", sent)


def put_terms(client: httpx.Client, file: Path, sent: Sent = ignore_progress) -> None:
    """Replace the terms of the municipalities in a CSV file: area, name, validFrom, validTo."""
    _put_by_area(client, file, "terms", sent)


def _put_by_area(client: httpx.Client, file: Path, noun: str, sent: Sent) -> None:
    by_area: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(file):
        by_area.setdefault(row.pop("area") or "", []).append(row)
    for area, entries in _tracked(list(by_area.items()), file, sent):
        checked(client.put(f"/areas/{quote(area, safe='')}/{noun}", json={noun: entries}))


def send_observations(client: httpx.Client, file: Path, sent: Sent = ignore_progress) -> int:
    """Report the observations of a CSV file, whose columns are the names of the API, and return how many they are."""
    observations = _rows(file)
    for observation in _tracked(observations, file, sent):
        checked(client.post("/observations", json=observation))
    return len(observations)


def put_commitments(client: httpx.Client, file: Path, sent: Sent = ignore_progress) -> None:
    """Create or replace the commitments in a YAML file, each with its code, of the agreement that the file names."""
    document = _document(file, "agreement")
    for commitment in _tracked(document["commitments"], file, sent):
        _put(client, f"/agreements/{document['agreement']}/commitments/{commitment['code']}", commitment)


def add_notes(client: httpx.Client, file: Path, sent: Sent = ignore_progress) -> None:
    """Write the notes of a CSV file that are not there yet: two notes are the same when figure and text are.

    Its columns: indicator, area, period, notedOn, text.
    """
    for note in _tracked(_rows(file), file, sent):
        figure = {name: note[name] for name in ("indicator", "area", "period")}
        existing = checked(client.get("/notes", params={**figure, "limit": 100})).json()["notes"]
        if note["text"] not in [one["text"] for one in existing]:
            checked(client.post("/notes", json=note))


def put_mapping(client: httpx.Client, file: Path) -> dict[str, Any]:
    """Create or replace the mapping in a YAML file, and return it as it is stored."""
    mapping = _document(file)
    stored: dict[str, Any] = _put(client, f"/import-mappings/{mapping['code']}", mapping).json()
    return stored


def send_activities(client: httpx.Client, file: Path, sent: Sent = ignore_progress) -> dict[str, Any]:
    """Send a file of activities and return the report once they are imported; call `sent` with each piece's size."""
    answer = client.post("/activity-imports", content=_pieces(file, sent), headers={"Content-Type": media_type(file)})
    report: dict[str, Any] = checked(answer).json()
    return report


def send_file(
    client: httpx.Client, file: Path, noun: str, query: dict[str, str], sent: Sent = ignore_progress
) -> dict[str, Any]:
    """Send a file that is imported in the background, and return the report so far; `noun` is that of the imports."""
    headers = {"Content-Type": media_type(file), "Prefer": "respond-async"}
    answer = client.post(f"/{noun}", params=query, content=_pieces(file, sent), headers=headers)
    report: dict[str, Any] = checked(answer).json()
    return report


def follow_import(client: httpx.Client, noun: str, report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the report of an import again and again, until it has ended."""
    pause = SHORTEST_PAUSE
    while True:
        yield report
        if report["endedAt"]:
            return
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
        report = checked(client.get(f"/{noun}/{report['id']}")).json()


def count_remarks(client: httpx.Client, noun: str, report: dict[str, Any]) -> int:
    """Return how many remarks an import has."""
    if not report["remarks"]:
        return 0
    page = checked(client.get(f"/{noun}/{report['id']}/remarks", params={"limit": 1})).json()
    return int(page["_meta"]["totalRecords"])


def remarks_of(client: httpx.Client, noun: str, report: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Return the first remarks of an import, by row."""
    remarks: list[dict[str, Any]] = []
    while len(remarks) < number:
        parameters = {"limit": REMARKS_OF_A_PAGE, "page": len(remarks) // REMARKS_OF_A_PAGE + 1}
        page = checked(client.get(f"/{noun}/{report['id']}/remarks", params=parameters)).json()["remarks"]
        if not page:
            break
        remarks += page
    return remarks[:number]


def entries_of(client: httpx.Client, address: str, noun: str) -> list[dict[str, Any]]:
    """Return all entries of a list, page by page."""
    entries: list[dict[str, Any]] = []
    pages, number = 1, 1
    while number <= pages:
        page = checked(client.get(address, params={"limit": ENTRIES_OF_A_PAGE, "page": number})).json()
        entries += page[noun]
        pages, number = page["_meta"]["totalPages"], number + 1
    return entries


def mark_annex(client: httpx.Client, agreement: str, period: str, number: int, *, is_ready: bool) -> None:
    """Mark an annex ready for the closing of a period, or take that back."""
    address = f"/agreements/{agreement}/periods/{period.lower()}/ready-annexes/{number}"
    checked(client.put(address) if is_ready else client.delete(address))


def take_step(client: httpx.Client, agreement: str, period: str, step: str, reason: str | None) -> str:
    """Take a step of a period of an agreement, and return the state that it is in then."""
    address = f"/agreements/{agreement}/periods/{period.lower()}"
    checked(client.post(f"{address}/steps", json={"step": step, "reason": reason}))
    state: str = checked(client.get(address)).json()["state"]
    return state


def fetch_report(  # noqa: PLR0913, PLR0917  what is reported on, and how
    client: httpx.Client, area: str, period: str, form: str, language: Language, revision: int | None
) -> bytes:
    """Return the report on an area's period in a format and a language, of a revision or as things are now."""
    name = quote(f"{area}~{period.lower()}", safe="~")
    asked = {"format": form, "language": language} | ({} if revision is None else {"revision": revision})
    return checked(client.get(f"/reports/{name}", params=asked)).content


def media_type(file: Path) -> str:
    """Return the form of a file that is to be imported, by its name."""
    return MEDIA_TYPES.get(file.suffix.lower(), CSV)


def _document(file: Path, key: str = "code") -> dict[str, Any]:
    """Return the object in a YAML file, which has a text under the key; all keys are texts, as JSON has them."""
    try:
        read = read_yaml(file.read_bytes())
    except UnreadableYaml as error:
        raise UnreadableFile(f"{file}:{error.line}: {error}") from error
    if read.faults:
        raise UnreadableFile("\n".join(f"{file}:{line}: {text}" for line, text in read.faults))
    document = read.content
    if not isinstance(document, dict) or not isinstance(document.get(key), str):
        raise UnreadableFile(f"{file} must hold an object with its {key}.")
    return document


def _rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a CSV file by its header; an empty cell is null, and `_NUMBERS` are numbers."""
    with file.open("rb") as opened:
        header, records = read_table(opened, lambda names: Fit(len(names), is_header=True))
    return [
        {name: _cell(name, text_of(cell)) for name, cell in zip(header.names, cells, strict=True)}
        for _, cells in records
        if not isinstance(cells, Violation) and not isinstance(header.names, Violation)
    ]


_NUMBERS = frozenset({"need", "numerator", "denominator", "value"})


def _cell(name: str, text: str) -> str | float | None:
    if not text or name not in _NUMBERS:
        return text or None
    return int(text) if text.isdigit() else float(text)


def _tracked(items: Sequence[_Item], file: Path, sent: Sent) -> Iterator[_Item]:
    """Yield the items of a file; after each, call `sent` with its share of the file's bytes."""
    size = file.stat().st_size
    for number, item in enumerate(items):
        yield item
        sent(size * (number + 1) // len(items) - size * number // len(items))


def _pieces(file: Path, sent: Sent) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(CHUNK):
            yield piece
            sent(len(piece))


def _put(client: httpx.Client, address: str, document: dict[str, Any]) -> httpx.Response:
    """Put a document of YAML, in which a date may be one and no text."""
    return checked(client.put(address, content=orjson.dumps(document), headers=_JSON))


def checked(answer: httpx.Response) -> httpx.Response:
    """Return an answer of the API.

    Raises:
        RefusedByApi: it refuses the request.
    """
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        lines = [
            problem["detail"],
            *(f"{one['field']}: {with_full_stop(one['reason'])} {one['remedy']}" for one in problem["violations"]),
        ]
    except (ValueError, KeyError, TypeError):
        lines = [answer.text[:500]]
    raise RefusedByApi("\n  ".join([f"{answer.request.url} answered {answer.status_code}:", *lines]))
