"""The tables of a report as its formats have them: rows of texts, read back from each."""

from __future__ import annotations

import io
import re
import subprocess

import docx
from lxml import html  # type: ignore[import-untyped]  # it tells no types

from tests.pages.agreement_files.sources import spaced

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


def rows_of_pdf(content: bytes, program: str) -> Rows:
    """Return the rows of all tables by their tags, headings left out: as a screen reader comes upon them."""
    asked = [program, "-struct-text", "-"]
    said = subprocess.run(asked, input=content, capture_output=True, check=True).stdout.decode(errors="replace")
    rows: Rows = []
    depth_of_cell = None
    for line in said.splitlines():
        if quoted := _QUOTED.match(line):
            if depth_of_cell is not None and len(quoted[1]) > depth_of_cell:
                rows[-1][-1] += quoted[2]
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
