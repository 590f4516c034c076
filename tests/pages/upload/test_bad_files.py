"""What is wrong with a file is said in words: what, where in the sheet, and what to do; what can be read, is."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from tests.pages.people import words_of
from tests.pages.upload.uploading import WALKS, send, upload, workbook

if TYPE_CHECKING:
    import httpx

pytestmark = [pytest.mark.long]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


def _bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", b"0" * 300_000_000)
    return file.getvalue()


# What files begin with is tried in tests/proposals.
UNREADABLE: tuple[tuple[Callable[[], bytes], str], ...] = (
    (lambda: b"", "Filen är tom."),
    (lambda: workbook([]), "Filen är tom."),
    (lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "Filen har ett lösenord. Ta bort lösenordet i Excel"),
    (lambda: b"PK\x03\x04 broken", "Filen går inte att öppna."),
    (_bomb, "Filen är för stor när den packas upp."),
)


async def test_a_file_that_cannot_be_read_says_why(eva: httpx.AsyncClient) -> None:
    for content, said in UNREADABLE:
        answer = await send(eva, content(), "Fil.xlsx")
        assert answer.status_code == 422
        assert said in words_of(answer)
    assert "Välj en fil." in words_of(await send(eva, b"", ""))


def _untidy() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Vandringar")
        book.add_worksheet("Tomt")
        for number, row in enumerate(WALKS):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell)
        sheet.merge_range("B4:B5", "Karlslund")
        sheet.set_row(5, None, None, {"hidden": True})
        sheet.write(1, 1, "Var")
        sheet.write(1, 2, "Deltagare")
        for column, cell in enumerate(["Datum", "Plats", "Elever"], 6):
            sheet.write(2, column, cell)
            sheet.write(3, column, "1/2" if column == 6 else "Skola")
    # As other programs write a formula that was never computed.
    content = io.BytesIO()
    with zipfile.ZipFile(file) as package, zipfile.ZipFile(content, "w") as other:
        for name in package.namelist():
            part = package.read(name).replace(b'<c r="D5"><v>1</v></c>', b'<c r="D5"><f>1+1</f></c>')
            other.writestr(name, part)
    return content.getvalue()


async def test_what_a_sheet_has_that_a_person_should_know_is_said_with_its_place(eva: httpx.AsyncClient) -> None:
    form = await upload(eva, _untidy(), "Vandringar.xlsm")
    page = words_of(form.page)
    for said in (
        "Dolda rader läses också: 6.",
        "Celler är sammanfogade: B4:B5.",
        "formler utan värde: D5.",
        "Rubrikerna står på två rader, 2 och 3. Vi använder rad 3.",
        "Rader under tabellen läses inte: 7.",
        "två tabeller bredvid varandra: A–D och G–I",
        "Filen innehåller makron. De körs aldrig här.",
    ):
        assert said in page, said


async def test_a_text_file_is_read_and_another_row_of_headings_can_be_named(eva: httpx.AsyncClient) -> None:
    rows = "Klottersanering 2016;;;\r\nÅtgärdat;Plats;Kostnad;Typ av klotter\r\n13/4;Lindparken;1 200 kr;rasistiskt\r\n"
    form = await upload(eva, rows.encode("cp1252"), "klotter.csv")
    assert (form["field-A"], form["field-B"], form["field-C"]) == ("completed", "area", "cost")
    assert form["field-D"] == "attributes.contentKind"
    form = await upload(eva, workbook(WALKS))
    answer = await form.send({"header": "4"})
    assert answer.status_code == 303
    page = await eva.get(answer.headers["location"])
    assert "Rubrikerna finns på rad 4." in words_of(page)
    assert "Vi har läst om bladet." in words_of(page)
