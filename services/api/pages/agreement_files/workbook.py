"""The agreement's year as a workbook that looks like the page: a sheet for each annex, made to be printed on A4.

Text is written as text: one that begins with = is no formula.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from services.api.pages.agreement_files.annex_sheet import AnnexSheet
from services.api.pages.agreement_files.sentences import heading_of
from services.api.pages.agreement_files.styles import Styles

if TYPE_CHECKING:
    from collections.abc import Collection

    from services.api.pages.agreement.content import AgreementContent
    from services.api.pages.texts import Translate
    from shared.annex_tables.reading import AnnexTable

LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def workbook_of(content: AgreementContent, t: Translate) -> bytes:
    """Return a workbook of an area's year."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        heading = heading_of(content, t)
        book.set_properties({"title": heading})
        styles = Styles(book)
        names: list[str] = []
        for annex in content.annexes:
            names.append(name_of_sheet(annex.table, names, t))
            AnnexSheet(book.add_worksheet(names[-1]), styles, content, annex, t).write()
        if not names:
            sheet = book.add_worksheet(t("agreement.nav"))
            sheet.write_string(0, 0, heading, styles.title)
            sheet.write_string(1, 0, t("agreement.noValues", year=content.year))
    return file.getvalue()


def name_of_sheet(table: AnnexTable, taken: Collection[str], t: Translate) -> str:
    """Return the name of an annex's sheet: short, and another one than those that are taken."""
    if table.number is not None:
        name = t("files.sheet", number=table.number)
    elif table.agreement is None:
        name = t("files.withoutAnnex")
    else:
        name = _NOT_IN_NAMES.sub(" ", table.title).strip()
    name = name[:LONGEST_NAME]
    place = 2
    unique = name
    while unique.casefold() in {one.casefold() for one in taken}:
        ending = f" ({place})"
        unique, place = f"{name[: LONGEST_NAME - len(ending)]}{ending}", place + 1
    return unique
