"""Sheets as a new municipality has kept them by hand, of the world of `tests.pages.setup.world`; ten kinds of mess.

A title above the table, a row of groups above the headings, names of months and empty rows within it, sums below it,
dates such as 5/3 and week numbers, dates that are typed beside texts, a misspelt place, one number of participants of
whomever, no ids, a text file in Windows-1252, days that there are not and numbers that are none.
"""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING

import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

if TYPE_CHECKING:
    from collections.abc import Sequence

WALKS = (
    ("Trygghetsvandringar våren 2026",),
    (),
    ("Datum", "Plats", "Antal deltagare", "Kommentar"),
    ("5/3", "Stadsparken", 21, "Bra stämning"),
    ("12/4", "Stora torgt", 14, ""),
    (),
    ("31/4", "Lilla torget", 9, "Regn"),
    ("20/5", "Stadsparken", "ca 20", ""),
    ("Summa", "", 44, ""),
)
CLEANUPS = """\
Klottersanering 2026;;;;;
Ärende;Anmält;Åtgärdat;Plats;Kostnad;Typ av klotter
K-1;2026-03-24;2026-03-25;Stadsparken;1 250,50;rasistiskt
K-2;2026-03-30;2026-04-09;Ån;900;annat klotter
K-3;2026-04-13;2026-04-14;Lilla torget;1 000,00 kr;annat klotter
Summa;;;;3 150,50;
"""
PATROLS = (
    ("Fotpatruller 2026",),
    ("Vecka", "Område", "Poliser"),
    ("v. 12", "Centrum", 2),
    ("v. 13", "Bergsområdet", 2),
    ("v. 15", "Centrum", 3),
)
VISITS = (
    ("Skolbesök kontaktpolis 2026",),
    ("Var och när", "", "Hur många"),
    ("Datum", "Skola", "Antal elever"),
    ("Februari",),
    (date(2026, 2, 17), "Norra skolan", 24),
    ("18/2 2026", "Södra skolan", 31),
    ("Mars",),
    (date(2026, 3, 24), "Östra skolan", 19),
    ("2026-03-26", "Norra skolan", 22),
    ("Totalt", "", 96),
)


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """Return a workbook of one sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("Blad1")
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell)
    return file.getvalue()
