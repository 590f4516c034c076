"""What a report says of signals: each row's own sentence, what chance would give, and what stands out from that."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import docx
import pytest
from lxml import html  # type: ignore[import-untyped]  # it tells no types

from shared.annex_tables.lines import TableLine
from shared.annex_tables.rows import interval_legend, rows_of
from shared.catalogue.loader import shipped_catalogue
from shared.domain.wording import Language
from shared.report.deviations import screened
from shared.report.docx import docx_of
from shared.report.findings import FindingKind, findings_in
from shared.report.html import html_of
from shared.report.outline import outline_of
from shared.report.pdf import template_data
from tests.pages.agreement_files.sources import spaced
from tests.report.made_up import PICTURE, PNG, report_with, signal_of, value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.report.content import Report

NAMES = ("Rån", "Inbrott", "Klotter", "Vandringar", "Besök")
# Two deviate, of which chance may well have made one; two do not, and one is not judged.
P_VALUES = (1e-9, 0.0029, 0.4, 0.7, None)
SAID = [
    "Rån, T1: Färre än väntat: 3, normalt 9–17. Troligen en verklig minskning.",
    "Inbrott, T1: Färre än väntat: 4, normalt 9–17. Troligen en verklig minskning.",
    "Inom normal variation: Klotter; Vandringar.",
    "Inte bedömda: Besök.",
]
TOGETHER = (
    "Av 4 bedömda indikatorer avviker 2 tydligt. Mindre än en tydlig avvikelse är att vänta av slumpen.",
    (
        "När hänsyn tas till hur många som bedöms samtidigt (Benjamini och Hochberg) återstår 2: Rån, T1; Inbrott, T1. "
        "I genomsnitt är högst 10 procent av dem slump."
    ),
)


def _report(
    p_values: Sequence[float | None] = P_VALUES, language: Language = Language.SV, picture: bytes = PICTURE
) -> Report:
    return report_with(NAMES, language=language, picture=picture, p_values=p_values)


def test_each_row_has_the_sentence_that_is_served_of_it() -> None:
    report = _report()
    assert [*outline_of(report).annexes[0].signals] == SAID
    [english, *_] = outline_of(_report(language=Language.EN)).annexes[0].signals
    assert english == f"Rån, T1: {signal_of(3, P_VALUES[0] or 0)['text']['en']}"


@pytest.mark.parametrize("language", Language)
def test_each_format_says_it_with_how_limits_are_made_and_what_chance_would_give(language: Language) -> None:
    report = _report(language=language)
    in_word = _report(language=language, picture=PNG)
    outline, data = outline_of(report), template_data(report)
    said = [spaced(one) for one in (*outline.annexes[0].signals, *outline.method, *outline.screening)]
    page = spaced(html.fromstring(html_of(report).decode()).text_content())
    word = [spaced(one.text) for one in docx.Document(io.BytesIO(docx_of(in_word))).paragraphs]
    assert [one for one in said if one not in page] == []
    assert [one for one in said if one not in word] == []
    assert [spaced(one) for one in (*data["annexes"][0]["signals"], *data["method"], *data["screening"])] == said
    assert any("kvasi-Poisson" in one or "quasi-Poisson" in one for one in outline.method)


def test_at_the_end_is_what_chance_would_give_and_what_remains() -> None:
    assert outline_of(_report()).screening == TOGETHER
    [_, remaining] = outline_of(_report([0.0029, *[0.5] * 4])).screening
    assert remaining.endswith("återstår en: Rån, T1.")
    assert len(outline_of(_report([0.4, 0.5])).screening) == 1


def test_where_nothing_was_judged_nothing_is_said_of_it() -> None:
    outline = outline_of(_report([]))
    assert outline.annexes[0].signals == ()
    assert outline.screening == ()
    assert not any("kvasi-Poisson" in one for one in outline.method)


def test_a_row_that_two_annexes_have_counts_once() -> None:
    rows = _report().annexes[0].rows
    assert screened([*rows, *rows]) == screened(rows)
    assert screened(rows).screening.judged == 4


def test_the_first_page_has_those_alone_that_remain() -> None:
    # Of many that are judged, one that is hardly below its limit may well be chance.
    many = [f"Indikator {at}" for at in range(80)]
    report = report_with(many, p_values=[1e-9, 0.0029, *[0.5] * 78])
    deviating = [one.text for one in findings_in(report.annexes, report.tables) if one.kind is FindingKind.DEVIATES]
    assert [one.partition(",")[0] for one in deviating] == ["Indikator 0"]
    assert "återstår en: Indikator 0, T1." in outline_of(report).screening[1]


def test_a_report_of_a_tertial_has_the_signal_of_that_tertial_first() -> None:
    definition = shipped_catalogue().indicators["safety-walks"]
    columns = (("tertial", 1), ("tertial", 5))
    first, second = (value_of(one)._replace(signal=signal_of(one, 1e-9)) for one in (3, 30))
    for figures, period in (((first, second), "T2"), ((first, value_of(5)), "T1")):
        [row] = rows_of([TableLine("Vandringar", definition, figures, columns=columns)], Language.SV, is_year_said=True)
        assert row.signal is not None
        assert row.signal.period == period


def test_a_change_from_the_year_before_has_between_what_it_lies() -> None:
    definition = shipped_catalogue().indicators["safety-walks"]
    changed = {"change": -15, "lowerLimit": -25.4, "upperLimit": 4.6}
    last_year = {"value": 27, "change": -15, "changePercent": -55.555556}
    limited, bare = (
        value_of(12)._replace(last_year=last_year, signal={**signal_of(12, 0.2), **more})
        for more in ({"changeFromLastYear": changed}, {})
    )
    lines = [TableLine("Vandringar", definition, (one,), columns=(("year", 1),)) for one in (limited, bare)]
    rows = rows_of(lines, Language.SV, is_year_said=True)
    assert [row.last_year.interval for row in rows] == ["−25 till +5 st", ""]
    [legend] = interval_legend(rows, Language.SV)
    assert "till −5" in legend
    assert interval_legend(rows[1:], Language.SV) == ()
