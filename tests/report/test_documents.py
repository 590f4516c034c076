"""HTML, Word and workbook hold whatever is written in a report as text, and are the same when made again."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html  # type: ignore[import-untyped]  # it tells no types

from shared.domain.wording import Language, speakable
from shared.report.docx import docx_of
from shared.report.html import content_policy, html_of
from shared.report.outline import outline_of
from shared.report.pdf import template_data
from tests.extent import amount
from tests.pages.agreement_files.sources import spaced
from tests.report.made_up import PICTURE, PNG, report_with
from tests.report.reading import rows_of_docx, rows_of_html

if TYPE_CHECKING:
    from shared.report.content import Report

HOSTILE = (
    '<script>alert("1")</script>',
    "</style><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    '=HYPERLINK("http://x")',
    "&amp; \x00\x08\x1b\ufffe nolltecken",
    "شارع 中文 😀",
)


def _report(text: str = HOSTILE[0], **more: Any) -> Report:
    return report_with(HOSTILE, text, ["missed", "atRisk"], **more)


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_a_text_is_text(text: str) -> None:
    document = html.fromstring(html_of(_report(text)).decode())
    assert document.findall(".//script") == []
    assert {one.get("src", "")[:19] for one in document.findall(".//img")} == {"data:image/svg+xml;"}
    said = spaced(document.text_content())
    assert spaced(speakable(text)) in said
    assert "49" not in said
    word = docx.Document(io.BytesIO(docx_of(_report(text, picture=PNG))))
    assert spaced(speakable(text)) in spaced(" ".join(one.text for one in word.paragraphs))


def test_the_html_runs_nothing_fetches_nothing_and_its_policy_knows_its_style() -> None:
    made = html_of(_report()).decode()
    document = html.fromstring(made)
    assert document.xpath("//link | //script | //iframe | //object | //*[@style] | //*[@onclick]") == []
    assert "default-src 'none'" in content_policy()
    assert "unsafe" not in content_policy()
    assert "url(" not in document.findtext(".//style")
    assert document.get("lang") == "sv"


@settings(max_examples=amount(10, 200), deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_in_a_document_that_can_be_read(text: str) -> None:
    report = report_with([f"x{text}"], text, ["missed"], picture=PNG)
    assert len(rows_of_html(html_of(report))) == len(rows_of_docx(docx_of(report))) == 1


def test_four_hundred_rows_are_all_in_each() -> None:
    names = [f"Indikator {at} med ett ganska långt namn" for at in range(400)]
    report = report_with(names, picture=PNG)
    assert [row[0] for row in rows_of_html(html_of(report))] == names
    made = docx.Document(io.BytesIO(docx_of(report)))
    assert len(made.tables[0].rows) == 1 + len(names)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "En indikator har inget diagram i rapporten."),
        (85, "85 indikatorer har inget diagram i rapporten."),
    ],
)
def test_charts_that_have_no_room_are_said_to_be_left_out(number: int, said: str) -> None:
    """A municipality with many indicators of its own has more than the report draws."""
    drawn, pictured = (replace(report_with("ab", picture=one), left_out_charts=number) for one in (PICTURE, PNG))
    assert said in html_of(drawn).decode()
    assert said in " ".join(template_data(drawn)["method"])
    assert said in " ".join(one.text for one in docx.Document(io.BytesIO(docx_of(pictured))).paragraphs)


def test_a_sentence_ends_once_whatever_somebody_wrote() -> None:
    outline = outline_of(_report("Det gick bra. "))
    assert outline.about[0] == "Gäller: Det gick bra."
    assert spaced(outline.annexes[0].commitments[0][1]) == "Det gick bra. Klart senast den 31 mars 2016. Det gick bra."
    assert any("Det gick bra. Det gick bra. Skulle vara klart" in text for _, text, _ in outline.findings)


def test_a_promise_is_called_one_within_its_sentence() -> None:
    outline = outline_of(_report("Det gick bra. "))
    assert spaced(outline.annexes[0].commitments[0][0]) == "Det gick bra (medborgarlöfte)."


def test_the_word_document_has_headings_languages_and_descriptions() -> None:
    made = docx_of(_report("Prosa", language=Language.EN, picture=PNG))
    document = docx.Document(io.BytesIO(made))
    styles = [one.style.name for one in document.paragraphs if one.style]
    assert {"Title", "Heading 1", "Heading 2", "List Bullet", "List Number", "Caption"} <= {*styles}
    assert styles.count("Title") == 1
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        body = etree.fromstring(package.read("word/document.xml"))
        style = etree.fromstring(package.read("word/styles.xml"))
        assert {one.date_time for one in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    described = [one.get("descr") for one in body.iter(qn("wp:docPr"))]
    assert len(described) == 2
    assert all(described)
    assert {one.get(qn("w:val")) for one in body.iter(qn("w:lang"))} == {"sv-SE"}
    assert "en-GB" in {one.get(qn("w:val")) for one in style.iter(qn("w:lang"))}
    assert len([*body.iter(qn("w:tblHeader"))]) == 1


def test_made_again_they_are_the_same_to_the_byte() -> None:
    assert html_of(_report()) == html_of(_report())
    assert docx_of(_report(picture=PNG)) == docx_of(_report(picture=PNG))
