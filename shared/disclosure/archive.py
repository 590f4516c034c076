"""Makes a ZIP file of all that is stored about an agreement, piece by piece, as of one moment."""

from __future__ import annotations

import asyncio
import zipfile
from io import RawIOBase
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from shared.db.codes import get_agreement_id
from shared.disclosure.contents import FILES

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping
    from datetime import date, datetime
    from typing import Any

    from _typeshed import ReadableBuffer
    from sqlalchemy.ext.asyncio import AsyncConnection

README = "README.md"
LINES_AT_A_TIME = 1000

_AGREEMENT = text(
    """SELECT agreement_id, code, title, lower(valid) AS first, upper(valid) - 1 AS last,
              ARRAY(SELECT DISTINCT descendant_id
                    FROM agreement_area AS covered JOIN area_closure ON ancestor_id = covered.area_id
                    WHERE covered.agreement_id = agreement.agreement_id AND area_closure.valid && agreement.valid
                   ) AS areas,
              now() AS at
       FROM agreement WHERE agreement_id = :agreement_id"""
)


class ArchivedAgreement(NamedTuple):
    """The agreement that an archive is about, and as of when."""

    agreement_id: int
    code: str
    title: str
    first: date
    last: date
    areas: list[int]
    at: datetime


async def pieces_of_archive(connection: AsyncConnection, code: str) -> AsyncGenerator[bytes]:
    """Yield the archive about an agreement, first an empty piece, once there is such an agreement.

    The connection is in a transaction with one snapshot: what is written meanwhile is not in the archive. It has what
    the session may see. Lines are compressed in a thread: other requests are answered meanwhile.

    Raises:
        UnknownAgreement: there is none with the code.
    """
    agreement_id = await get_agreement_id(connection, code)
    row = (await connection.execute(_AGREEMENT, {"agreement_id": agreement_id})).one()
    subject, lines, pipe = ArchivedAgreement(*row), dict[str, int](), _Pipe()
    yield b""
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in FILES:
            lines[one.name] = 0
            # Of unknown size: from two gigabytes on, a file needs another form.
            with archive.open(one.name, "w", force_zip64=True) as entry:
                async for some in _lines(connection, one.select, subject._asdict()):
                    lines[one.name] += len(some)
                    await asyncio.to_thread(entry.write, "".join(f"{line}\n" for line in some).encode())
                    yield pipe.taken()
        archive.writestr(README, _readme(subject, lines))
    yield pipe.taken()


async def _lines(connection: AsyncConnection, select: str, asked: Mapping[str, Any]) -> AsyncIterator[list[str]]:
    statement = text(select)
    parameters = {name: asked[name] for name in statement.compile().params}
    async with connection.stream_scalars(statement, parameters) as rows:
        async for some in rows.partitions(LINES_AT_A_TIME):
            yield [*some]


class _Pipe(RawIOBase):
    """Takes what is written, to be fetched; nothing in it can be changed afterwards."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        before = len(self._written)
        self._written += memoryview(data)
        return len(self._written) - before

    def taken(self) -> bytes:
        """Return what has been written since the last time."""
        taken, self._written = bytes(self._written), bytearray()
        return taken


def _readme(subject: ArchivedAgreement, lines: Mapping[str, int]) -> str:
    at, days = f"{subject.at:%Y-%m-%d %H:%M} UTC", f"{subject.first} – {subject.last}"
    return f"""# {subject.title}

## På svenska

Här är allt som Samverkan har lagrat om överenskommelsen `{subject.code}` ({days}), {at}.
Varje fil har ett JSON-objekt på varje rad (NDJSON, UTF-8), med tabellens kolumner som namn. `valid` är dagar, den sista
inte inräknad. Innan något lämnas ut: pröva om det omfattas av sekretess. Filerna innehåller fritext, och mätvärden om
få personer.

| fil | rader | innehåll |
| --- | --- | --- |
{_table(lines, {one.name: one.says.sv for one in FILES})}

## In English

This is all that Samverkan has stored about the agreement `{subject.code}` ({days}), {at}.
Each file has an object of JSON on each line (NDJSON, UTF-8), named by the table's columns. `valid` is days, the last
not included. Before you hand anything out, examine whether it is confidential: the files hold free text, and figures
of few persons.

| file | lines | content |
| --- | --- | --- |
{_table(lines, {one.name: one.says.en for one in FILES})}
"""


def _table(lines: Mapping[str, int], says: Mapping[str, str]) -> str:
    return "\n".join(f"| `{name}` | {lines[name]} | {content} |" for name, content in says.items())
