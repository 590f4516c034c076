"""Files by what they begin with: what is no table is told by a word for what it is."""

from __future__ import annotations

import pytest

from services.api.http.problems import InflatedImport, InvalidImport, type_of
from services.api.imports import workbook_reader
from services.api.imports.proposals.reading import NoTable, media_type_of
from services.api.imports.workbooks import _refuse_failure
from shared.files.media_types import CSV, XLSX

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
OPEN_DOCUMENT = b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        (OLE, "oldExcel"),
        (OPEN_DOCUMENT, "openDocument"),
        (b"%PDF-1.7", "other"),
        (b"\x89PNG\r\n", "other"),
        (b"\n<html><table>", "other"),
    ],
)
def test_what_is_no_table_is_told_by_a_word(content: bytes, reason: str) -> None:
    with pytest.raises(NoTable) as found:
        media_type_of(content)
    assert found.value.reason == reason


def test_tables_are_told_apart() -> None:
    assert media_type_of(b"PK\x03\x04 and so on") == XLSX
    assert media_type_of("Datum;Plats\n".encode("cp1252")) == CSV


def test_a_workbook_that_unpacks_to_too_much_is_told_from_one_that_is_broken() -> None:
    with pytest.raises(InflatedImport):
        _refuse_failure(1)
    with pytest.raises(InvalidImport) as broken:
        _refuse_failure(workbook_reader.NO_WORKBOOK)
    assert not isinstance(broken.value, InflatedImport)
    assert type_of(InflatedImport) == type_of(InvalidImport)
