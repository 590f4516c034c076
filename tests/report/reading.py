"""The tables and texts of a report as its formats have them, read back from each."""

from __future__ import annotations

import io
import re
import subprocess
from decimal import Decimal
from math import isclose
from typing import TYPE_CHECKING

import docx
from lxml import html  # type: ignore[import-untyped]  # it tells no types

from shared.report.deviations import limits_in_words, screening_of, signals_in_words
from tests.pages.agreement_files.sources import sheets_of, spaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from services.api.reports.making import Format
    from shared.annex_tables.reading import YearTables

Rows = list[list[str]]
_QUOTED = re.compile(r'^(\s*)"(.*)"$')
_ELEMENT = re.compile(r"^(\s*)([A-Z]\w*)\b")


def rows_of_html(content: bytes) -> Rows:
    """Return the rows of all tables, headings left out."""
    document = html.fromstring(content.decode())
    return [[spaced(cell.text_content()) for cell in row] for row in document.iterfind(".//tbody/tr")]


def rows_of_docx(content: bytes) -> Rows:
    """Return the rows of all tables, headings left out."""
    tables = docx.Document(io.BytesIO(content)).tables
    return [[spaced(cell.text) for cell in row.cells] for table in tables for row in table.rows[1:]]


def tagged_lines(content: bytes, program: str) -> list[str]:
    """Return the tags and texts of a PDF as a screen reader comes upon them, a line each; it takes ten seconds."""
    asked = [program, "-struct-text", "-"]
    said = subprocess.run(asked, input=content, capture_output=True, check=True).stdout
    return said.decode(errors="replace").splitlines()


def rows_of_pdf(lines: Iterable[str]) -> Rows:
    """Return the rows of all tables, headings left out; each cell by its lines."""
    rows: Rows = []
    depth_of_cell = None
    for line in lines:
        if quoted := _QUOTED.match(line):
            if depth_of_cell is not None and len(quoted[1]) > depth_of_cell:
                rows[-1][-1] += f"{quoted[2]}\n"
        elif element := _ELEMENT.match(line):
            depth = len(element[1])
            if element[2] == "TR":
                rows.append([])
            if element[2] == "TD":
                depth_of_cell = depth
                rows[-1].append("")
            elif depth_of_cell is not None and depth <= depth_of_cell:
                depth_of_cell = None
    return [row for row in rows if row]


def text_of_pdf(lines: Iterable[str]) -> str:
    """Return all the text."""
    return " ".join(quoted[2] for line in lines if (quoted := _QUOTED.match(line)))


def sentences_of_html(content: bytes) -> list[str]:
    """Return what stands in no table, paragraph by paragraph."""
    document = html.fromstring(content.decode())
    return [spaced(one.text_content()) for one in document.iter("h1", "h2", "h3", "p", "li", "dt", "dd")]


def shows(said: str, value: Decimal | None, *parts: Decimal | None) -> bool:
    """Whether a cell begins with a number as exact as its decimals, and tells which share it is; or with a word."""
    written = re.match(r"(−?)([\d\s]*\d)(?:,(\d+))?", said.partition("\n")[0])
    if value is None or written is None:
        return value is None and written is None
    decimals = written[3] or ""
    number = Decimal(f"{'-' if written[1] else ''}{''.join(written[2].split())}.{decimals}")
    share = [re.sub(r"\s", "", one) for one in re.findall(r"([\d\s]+) av ([\d\s]+)", said)[:1] for one in one]
    of_share = not share or [*map(Decimal, share)] == [*parts]
    return abs(number - value) <= Decimal(5) / 10 ** (len(decimals) + 1) and of_share


def texts_in(made: Mapping[Format, bytes]) -> dict[str, str]:
    """Return all that a report says in the formats that tell their texts in order, tables of Word apart."""
    lines = [line for sheet in sheets_of(made["xlsx"]).values() for line in sheet]
    said: dict[str, str] = {
        "html": html.fromstring(made["html"].decode()).text_content(),
        "docx": " ".join(one.text for one in docx.Document(io.BytesIO(made["docx"])).paragraphs),
        "xlsx": " ".join(str(one) for line in lines for one in line),
    }
    return {form: spaced(text) for form, text in said.items()}


def signals_of(tables: YearTables) -> Iterator[str]:
    """Yield all that a report says of the signals of its tables, as the texts of formats have it."""
    rows = [row for table in tables.filled for row in table.rows]
    for table in tables.filled:
        yield from map(spaced, signals_in_words(table.rows, tables.language))
    yield from map(spaced, (limits_in_words(rows, tables.language), *screening_of(rows, tables.language)))


def joined(said: str) -> str:
    """Return a text without spaces and hyphens of lines, and without what poppler drops: units after a hyphen."""
    return re.sub(r"-enh\.|[\s\u00ad-]", "", said)


def has_same_numbers(workbook: bytes, tables: YearTables) -> bool:
    """Whether each row of a workbook's sheets begins with the values of its row in the tables, as numbers."""
    sheets = [*sheets_of(workbook).values()][1:-1]
    for table, sheet in zip(tables.filled, sheets, strict=False):
        lines = {line[0]: line for line in sheet if line}
        for row in table.rows:
            numbers = [float(one) for one in lines[row.name][1:] if isinstance(one, Decimal)]
            values = [float(cell.value) for cell in row.cells if cell.value is not None]
            if not all(map(isclose, numbers, values)) or len(numbers) < len(values):
                return False
    return True
