"""The PDF is PDF/UA-1 and PDF/A-2a by two programs each, whatever is written in it.

What an archive and a screen reader ask first is looked at here too.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf, String

from shared.domain.wording import Language
from shared.report.content import Report
from shared.report.displayable import REPLACEMENT, displayable, plain
from shared.report.pdf import NotSet, pdf_of, template_data
from shared.report.typesetting import typeset
from tests.extent import amount
from tests.report.checkers import faults_by_outloud, faults_by_page_validation, faults_by_pikepdf
from tests.report.made_up import report_with

pytestmark = pytest.mark.slow

PDFTOTEXT = shutil.which("pdftotext")
NEEDS_POPPLER = pytest.mark.skipif(PDFTOTEXT is None, reason="needs pdftotext: Debian's package poppler-utils")
NAMES = (
    "Trygghetsvandringar med boende, fastighetsägare och föreningar i hela kommunens samtliga stadsdelar och tätorter",
    "شارع المدينة",
    "中文街道名称",
    "Ζωή, Жизнь, שלום, ไทย, हिन्दी",
    "😀🚓 å\u0323 e\u0301",
    "#strong[fet] $x^2$ *b* _i_ `kod` @ref <etikett> \\ // kommentar /* a */ #panic()",
    "=SUM(A1)",
    "\ue000\U0001d518\u202e\u0000",
)


P_VALUES = (1e-9, 0.0029, 0.4)


def _report() -> Report:
    judgements = ["missed", "atRisk", "met", "onCourse", "outOfReach", "notJudged"]
    return report_with(NAMES, "Texten med #markup[] och\ntvå rader.", judgements, p_values=P_VALUES)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return pdf_of(_report())


def _elements(pdf: Pdf) -> Iterator[Any]:
    def walk(node: Any) -> Iterator[Any]:
        if isinstance(node, Dictionary) and "/S" in node:
            yield node
        children = node.get("/K") if isinstance(node, Dictionary) else None
        for child in children if isinstance(children, Array) else [children]:
            if isinstance(child, Dictionary):
                yield from walk(child)

    yield from walk(pdf.Root.StructTreeRoot)


def without_language(pdf: Pdf) -> None:
    del pdf.Root["/Lang"]


def without_alternative_text(pdf: Pdf) -> None:
    figure = next(one for one in _elements(pdf) if one.S == "/Figure")
    del figure["/Alt"]


def without_tag(pdf: Pdf) -> None:
    """Leave a piece of the first page's content without its tag."""
    first, is_found, remaining = pdf.pages[0], False, []
    depth = removed_at = 0
    for one in pikepdf.parse_content_stream(first):
        operator = str(one.operator)
        if operator in {"BDC", "BMC"}:
            depth += 1
            if not is_found and str(one.operands[0]) != "/Artifact":
                is_found, removed_at = True, depth
                continue
        if operator == "EMC":
            depth -= 1
            if removed_at == depth + 1:
                removed_at = 0
                continue
        remaining.append(one)
    assert is_found
    first.Contents = pdf.make_stream(pikepdf.unparse_content_stream(remaining))


def with_hidden_link(pdf: Pdf) -> None:
    link = next(annotation for page in pdf.pages for annotation in page.get("/Annots", []))
    link["/F"] = 2


def without_font(pdf: Pdf) -> None:
    for one in pdf.objects:
        if isinstance(one, Dictionary) and one.get("/Type") == "/FontDescriptor":
            for name in {"/FontFile", "/FontFile2", "/FontFile3"} & {*one.keys()}:
                del one[name]


def with_script(pdf: Pdf) -> None:
    pdf.Root["/OpenAction"] = Dictionary(S=Name.JavaScript, JS=String("app.alert('')"))


def _changed(pdf: bytes, change: Callable[[Pdf], None]) -> bytes:
    changed = io.BytesIO()
    with Pdf.open(io.BytesIO(pdf)) as opened:
        change(opened)
        opened.save(changed, deterministic_id=True)
    return changed.getvalue()


def test_no_program_finds_anything(pdf: bytes) -> None:
    assert faults_by_page_validation(pdf) == []
    assert faults_by_outloud(pdf) == []
    assert faults_by_pikepdf(pdf) == []


@pytest.mark.parametrize("change", [without_language, without_alternative_text, without_tag])
def test_both_programs_object_to_what_cannot_be_read_aloud(pdf: bytes, change: Callable[[Pdf], None]) -> None:
    changed = _changed(pdf, change)
    assert faults_by_page_validation(changed, "pdfua1")
    assert faults_by_outloud(changed)


@pytest.mark.parametrize("change", [without_font, with_hidden_link, with_script])
def test_both_programs_object_to_what_cannot_be_archived(pdf: bytes, change: Callable[[Pdf], None]) -> None:
    changed = _changed(pdf, change)
    assert faults_by_page_validation(changed, "pdfa2a")
    assert faults_by_pikepdf(changed)


def test_it_says_what_it_is_and_has_all_that_it_needs(pdf: bytes) -> None:
    """Our own look, of what an archive and a screen reader ask first."""
    with Pdf.open(io.BytesIO(pdf)) as opened:
        assert not opened.is_encrypted
        assert str(opened.Root.Lang).startswith("sv")
        assert bool(opened.Root.MarkInfo.Marked)
        assert opened.Root.OutputIntents
        assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
        with opened.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "2"
            assert metadata["pdfaid:conformance"] == "A"
            assert metadata["pdfuaid:part"] == "1"
        fonts = [one for one in opened.objects if isinstance(one, Dictionary) and one.get("/Type") == "/FontDescriptor"]
        assert fonts
        assert all({"/FontFile", "/FontFile2", "/FontFile3"} & {*one.keys()} for one in fonts)
        tags = [str(one.S) for one in _elements(opened)]
        assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/L", "/LI", "/Figure", "/Caption", "/TOC"} <= {*tags}
        assert all(one.get("/Alt") for one in _elements(opened) if one.S == "/Figure")
        assert len(opened.open_outline().root) >= 2


def test_made_again_it_is_the_same_to_the_byte(pdf: bytes) -> None:
    assert pdf_of(_report()) == pdf


@NEEDS_POPPLER
def test_text_is_read_in_its_order_and_markup_is_text(pdf: bytes) -> None:
    said = subprocess.run([str(PDFTOTEXT), "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    words = " ".join(said.split())
    order = [
        "Rapport till det brottsförebyggande rådet",
        "Fem saker att veta",
        "Mål som inte är nått.",
        "Åtagande som inte är uppfyllt i tid.",
        "Innehåll",
        "Syfte och mål",
        "Värden",
        "Åtaganden",
        "Hur fullständigt underlaget är",
        "Kommentarer",
        "Diagram",
        "Så har värdena räknats",
        "Teckenförklaring",
    ]
    assert re.search(".*?".join(map(re.escape, order)), words)
    for written in ("#strong[fet] $x^2$ *b* _i_ `kod`", "#panic()", "#markup[]", "=SUM(A1)", "中文街道名称", "1 200"):
        assert written in words.replace("\u202f", " "), written
    assert "Tecknet \ufffd står för" in words


@settings(max_examples=amount(4, 60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=80))
def test_any_text_can_be_set(text: str) -> None:
    data = json.loads(json.dumps(template_data(report_with([text], text, ["missed"])), default=str))
    assert faults_by_page_validation(typeset(data), "pdfua1", "pdfa2a") == []


@settings(deadline=None)  # the first reads the fonts
@given(st.text())
def test_what_can_be_displayed_stays(text: str) -> None:
    assert displayable(displayable(text)) == displayable(text)
    assert plain(plain(text)) == plain(text)
    assert displayable("Åtgärd 中文 شارع –\u202f%") == "Åtgärd 中文 شارع –\u202f%"
    assert displayable("\ue000\U0001d518") == 2 * REPLACEMENT


def test_an_english_report_says_that_its_goals_are_swedish() -> None:
    made = pdf_of(report_with(["Walks"], "Svenska", language=Language.EN))
    assert faults_by_page_validation(made) == []
    with Pdf.open(io.BytesIO(made)) as opened:
        assert str(opened.Root.Lang).startswith("en")
        assert any(str(one.get("/Lang", "")).startswith("sv") for one in _elements(opened))


def test_four_hundred_rows_are_set_in_good_time() -> None:
    made = pdf_of(report_with([f"Indikator {at} med ett ganska långt namn" for at in range(400)]))
    assert faults_by_page_validation(made, "pdfua1") == []


def test_what_the_program_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.report.pdf.COMMAND", ("false",))
    with pytest.raises(NotSet):
        pdf_of(report_with(["x"]))
