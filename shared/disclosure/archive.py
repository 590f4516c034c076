"""Writes all that is stored about an agreement into a ZIP file, line by line, as of one moment."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from shared.disclosure.contents import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from typing import IO, Any

    from sqlalchemy import Connection

README = "README.md"
LINES_AT_A_TIME = 1000

_AGREEMENT = text(
    """SELECT agreement_id, code, title, lower(valid) AS first, upper(valid) - 1 AS last,
              ARRAY(SELECT DISTINCT descendant_id
                    FROM agreement_area AS covered JOIN area_closure ON ancestor_id = covered.area_id
                    WHERE covered.agreement_id = agreement.agreement_id AND area_closure.valid && agreement.valid
                   ) AS areas,
              now() AS at
       FROM agreement WHERE code = :code"""
)


class Subject(NamedTuple):
    """The agreement that an archive is about, and as of when."""

    agreement_id: int
    code: str
    title: str
    first: date
    last: date
    areas: list[int]
    at: datetime


def write_archive(connection: Connection, code: str, file: IO[bytes]) -> Mapping[str, int] | None:
    """Write the archive about an agreement, and return how many lines each of its files has; None if there is no such.

    The connection is in a transaction with one snapshot: what is written meanwhile is not in the archive.
    """
    row = connection.execute(_AGREEMENT, {"code": code}).one_or_none()
    if row is None:
        return None
    subject = Subject(*row)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        lines = {one.name: _write(connection, archive, one.name, one.select, subject._asdict()) for one in FILES}
        archive.writestr(README, _readme(subject, lines))
    return lines


def _write(connection: Connection, archive: zipfile.ZipFile, name: str, select: str, asked: Mapping[str, Any]) -> int:
    statement = text(select)
    parameters = {name: asked[name] for name in statement.compile().params}
    options = {"stream_results": True, "max_row_buffer": LINES_AT_A_TIME}
    lines = 0
    # Of unknown size: from two gigabytes on, a file needs another form.
    with archive.open(name, "w", force_zip64=True) as entry:
        for (line,) in connection.execute(statement, parameters, execution_options=options):
            entry.write(f"{line}\n".encode())
            lines += 1
    return lines


def _readme(subject: Subject, lines: Mapping[str, int]) -> str:
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
