"""What the files are made of: forms of numbers, names of sheets, and texts of which none is a formula."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from services.api.pages.agreement.areas import ReadableArea
from services.api.pages.agreement.content import AgreementContent, AnnexContent
from services.api.pages.agreement_files.number_forms import change_of, form_of, number_of
from services.api.pages.agreement_files.table import table_of
from services.api.pages.agreement_files.workbook import name_of_sheet, workbook_of
from services.api.pages.texts import translator
from shared.annex_tables.lines import NO_GAPS, Gaps, Section, TableLine, TableValue
from shared.annex_tables.reading import AnnexTable, tables_of
from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity_type import Wording
from shared.domain.wording import NO_BREAK_SPACE, Language
from tests.pages.agreement_files.sources import lines_of, sheets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

SV, EN = Language.SV, Language.EN
POINTS = f"{NO_BREAK_SPACE}%-enh."
FORMULA = '=HYPERLINK("https://evil.example";"x")'


@pytest.mark.parametrize(
    ("value", "unit", "stored", "form"),
    [
        ("60.474308", "percent", "0.60474308", f"0.0{NO_BREAK_SPACE}%"),
        ("90", "percent", "0.9", f"0{NO_BREAK_SPACE}%"),
        # A half goes up, as on the page.
        ("6.25", "percent", "0.0625", f"0.0{NO_BREAK_SPACE}%"),
        ("99.96", "percent", "0.9996", f"0{NO_BREAK_SPACE}%"),
        ("1150000", "SEK", "1150000", "#,##0"),
        ("4.25", "mean", "4.25", "#,##0.00"),
        ("136.5", "hours", "136.5", "#,##0.0"),
        ("100", "count", "100", "#,##0"),
    ],
)
def test_a_value_is_displayed_with_the_decimals_of_the_page(value: str, unit: str, stored: str, form: str) -> None:
    assert number_of(Decimal(value), unit) == Decimal(stored)
    assert form_of(Decimal(value), unit, SV) == form


def test_a_preliminary_value_bears_its_mark_and_stays_a_number() -> None:
    assert form_of(Decimal(24), "count", SV, is_preliminary=True) == '#,##0"*"'
    assert form_of(Decimal(50), "percent", EN, is_preliminary=True) == '0%"*"'


@pytest.mark.parametrize(
    ("change", "unit", "stored", "form"),
    [
        ("3.402595", "percent", "3.402595", f'"+"0.0"{POINTS}";"−"0.0"{POINTS}";"oförändrat"'),
        ("-20", "count", "-0.2", f'"+"0{NO_BREAK_SPACE}%;"−"0{NO_BREAK_SPACE}%;"oförändrat"'),
        ("0.25", "mean", "0.25", '"+"0.00;"−"0.00;"oförändrat"'),
        ("0.04", "count", "0", f'"+"0{NO_BREAK_SPACE}%;"−"0{NO_BREAK_SPACE}%;"oförändrat"'),
    ],
)
def test_a_change_bears_its_sign_and_unit(change: str, unit: str, stored: str, form: str) -> None:
    assert change_of(Decimal(change), unit, SV) == (Decimal(stored), form)


def _annex(title: str, number: int | None, agreement: str | None = "a") -> AnnexTable:
    return AnnexTable(title, (), agreement, 1, number)


def test_sheets_have_short_names_of_their_own() -> None:
    taken: list[str] = []
    for table in (
        _annex("Bilaga 1: Polisiär synlighet", 1),
        _annex("Bilaga 1: Annat (en annan överenskommelse)", 1),
        _annex("Polis & skola: [mål]/följ upp? Ett mycket långt namn", None),
        _annex("Polis & skola: [mål]/följ upp? Ett mycket långt namn", None),
        _annex("Indikatorer utan bilaga", None, None),
    ):
        taken.append(name_of_sheet(table, taken, translator(SV)))
    assert taken[:2] == ["Bilaga 1", "Bilaga 1 (2)"]
    assert taken[4] == "Utan bilaga"
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in taken)
    assert len({name.casefold() for name in taken}) == len(taken)


def _content(names: Sequence[str], language: Language = SV) -> AgreementContent:
    """Return a year of indicators that somebody has named."""
    definition = shipped_catalogue().indicators["safety-walks"]
    year = TableValue(Decimal(3), None, Decimal("1234.5"), 2, "observed", "preliminary", None, [], None)
    hidden = TableValue(None, None, None, 0, "suppressed", "preliminary", None, [], None)
    missing = hidden._replace(status="notApplicable")
    lines = [
        TableLine(
            name,
            definition.model_copy(update={"name": Wording(sv=name, en=name)}),
            (None, hidden, missing, year),
            gaps=(NO_GAPS, NO_GAPS, NO_GAPS, Gaps(3, 24, 2)),
        )
        for name in names
    ]
    section = Section(FORMULA, lines, "a", 1, 1, purpose="Tryggare gator.", goals=(FORMULA,))
    tables = tables_of([section], 2016, language)
    area = ReadableArea(1, "1282", "A&B", "municipality", is_own=True)
    annex = AnnexContent(tables.tables[0], (), (), gaps=("Ett värde har litet underlag.",))
    return AgreementContent(area, tables, (annex,), (2016,), is_running=False)


@pytest.mark.parametrize("name", [FORMULA, "+46", "-1+1", "@SUM(A1)", "\tx", "＝1"])
def test_no_text_is_a_formula(name: str) -> None:
    content = _content([name])
    [line] = lines_of(table_of(content, translator(SV)))
    assert line["Indikator"] == f"'{name}"
    assert line["Bilaga"] == f"'{FORMULA}"
    book = workbook_of(content, translator(SV))
    [sheet] = sheets_of(book).values()
    assert sheet[0][0] == FORMULA
    assert name.strip() in [str(row[0]).strip() for row in sheet if row]
    with zipfile.ZipFile(io.BytesIO(book)) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")


def test_words_are_in_the_place_of_values_and_remarks_beside_them() -> None:
    [line] = lines_of(table_of(_content(["Vandringar"]), translator(SV)))
    assert [line[heading] for heading in ("T1", "T2", "T3", "2016")] == ["", "dolt", "inte aktuellt", "1234,5"]
    assert (
        line["Anmärkning"]
        == "Räknas inte ännu: 2016 2. Rapporter: 2016 3 av 24 saknas. Aktiviteter: 2016 2 kom in sent."
    )
    assert line["Brister i bilagans underlag"] == "Ett värde har litet underlag."
    [sheet] = sheets_of(workbook_of(_content(["Vandringar"]), translator(SV))).values()
    listed = [row[0] for row in sheet if row]
    assert listed[listed.index("Syfte och mål") :][:3] == ["Syfte och mål", "Tryggare gator.", FORMULA]
    assert listed[listed.index("Brister i underlaget") :][:2] == [
        "Brister i underlaget",
        "Ett värde har litet underlag.",
    ]
    [english] = lines_of(table_of(_content(["Walks"], EN), translator(EN)), ",")
    assert [english[heading] for heading in ("Indicator", "T2", "2016")] == ["Walks", "hidden", "1234.5"]


def test_the_sheet_is_set_up_for_paper() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook_of(_content(["Vandringar"]), translator(SV)))) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
        book = package.read("xl/workbook.xml").decode()
    assert re.search(r'<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"', sheet)
    assert '<pane xSplit="1" ySplit="4" topLeftCell="B5"' in sheet
    assert "<oddFooter>&amp;LÖverenskommelsen i A&amp;&amp;B 2016, " in sheet
    assert "_xlnm.Print_Titles" in book
    assert "'Bilaga 1'!$4:$4" in book


def test_a_year_without_values_is_a_workbook_that_says_so() -> None:
    content = _content([])
    empty = AgreementContent(content.area, content.tables, (), (2015,), is_running=False)
    [rows] = sheets_of(workbook_of(empty, translator(SV))).values()
    assert rows == [["Överenskommelsen i A&B 2016"], ["Det finns inga värden för 2016 ännu."]]
    assert lines_of(table_of(empty, translator(SV))) == []
