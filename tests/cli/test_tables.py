"""The tables of `samverkan values`: what they say of targets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from services.cli.tables import FOOTNOTES, print_tables
from shared.annex_tables.lines import COLUMNS, Section, TableLine, TableValue
from shared.annex_tables.reading import first_year, tables_of
from shared.catalogue.loader import shipped_catalogue
from shared.domain.target_wording import JUDGEMENTS, REASONS, SHORT_JUDGEMENTS
from shared.domain.wording import Language


def _line(code: str, *targets: dict[str, Any]) -> TableLine:
    year = TableValue(Decimal(3), None, Decimal(3), 0, "observed", "preliminary", None, list(targets), None)
    return TableLine(code, shipped_catalogue().indicators[code], (None, None, None, year))


def _unjudged(reason: str) -> dict[str, Any]:
    return {"rule": "atMost", "per": "year", "value": 5, "judgement": "notJudged", "reason": reason}


def _printed(language: Language, width: int, *lines: TableLine) -> list[str]:
    console = Console(record=True, width=width, quiet=False)
    print_tables(console, "Landskrona", tables_of([Section("Bilaga", lines)], 2016, language))
    return console.export_text().splitlines()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("width", [80, 120])
def test_trials_a14_a_footnote_says_why_a_target_is_not_judged(language: Language, width: int) -> None:
    """The same reason has one note, and the table is no wider for it."""
    reasons = [*(reason for reason in REASONS[language] if reason != "longerThanSpan"), "missing"]
    judged = {"rule": "atMost", "per": "year", "value": 5, "judgement": "met"}
    lines = [_line("safety-walks", _unjudged(reason)) for reason in reasons]
    printed = _printed(language, width, *lines, _line("trainings", judged))
    word = SHORT_JUDGEMENTS[language]["notJudged"]
    marked = [line[-1] for line in printed if line.startswith("safety-walks")]
    assert marked == [*FOOTNOTES[: len(reasons) - 1], FOOTNOTES[reasons.index("missing")]]
    for mark, reason in zip(FOOTNOTES, reasons[:-1], strict=False):
        assert f"{mark} {JUDGEMENTS[language]['notJudged']}, {REASONS[language][reason]}" in printed
        assert any(line.endswith(f"{word}{mark}") for line in printed)
    assert max(map(len, printed)) <= width


def test_a_name_of_long_words_is_parted_where_words_meet() -> None:
    """What is counted apart has a line of its own, so that names have room; a word that has none gets a hyphen."""
    target = {"rule": "atMost", "per": "year", "value": 1_150_000, "judgement": "met"}
    hours, cost, year = _value("136.5", 1), _value("361850", 0), _value("1082650", 0, target)
    names = ("Startmöten dit trygghetssamordnaren bjudits in", "Informationskampanjer", "Deltagare")
    lines = [_line("trainings", target)._replace(name=name, figures=(hours, cost, hours, year)) for name in names]
    printed = _printed(Language.SV, 80, *lines, lines[-1]._replace(name="Kostnad", figures=(cost, cost, cost, year)))
    first = [line[:20].strip() for line in printed]
    assert "trygghetssamordnaren" in first
    assert first[first.index("Informations-") :][:2] == ["Informations-", "kampanjer"]
    assert any(line.startswith("Deltagare ") and " 136,5  361\N{NARROW NO-BREAK SPACE}850 " in line for line in printed)
    assert any(line.split()[:2] == ["+1", "+1"] for line in printed)
    assert max(map(len, printed)) <= 80


def _value(number: str, left_out: int, *targets: dict[str, Any]) -> TableValue:
    value = Decimal(number)
    return TableValue(value, None, value, left_out, "observed", "preliminary", None, [*targets], None)


@pytest.mark.parametrize("width", [80, 99, 120])
def test_what_a_year_that_runs_is_expected_to_come_to_is_said_below_the_table(width: int) -> None:
    forecast = {"forecastRule": "monthlyCounts", "forecast": 10.2, "forecastLower": 9, "forecastUpper": 12}
    running = _target("year", judgement="onCourse", probability=0.951, **forecast)
    printed = _printed(
        Language.SV, width, _line("trainings", running), _line("safety-walks", _target("year", judgement="met"))
    )
    said = "trainings, minst 5: helårsprognos 9–12; sannolikhet 95\N{NO-BREAK SPACE}%"
    assert [line for line in printed if "prognos" in line] == [said]


def test_with_room_a_change_has_its_interval() -> None:
    signal = {"changeFromLastYear": {"lowerLimit": -25.2, "upperLimit": 5.1}, "verdict": "none", "text": {"sv": ""}}
    last_year = {"value": 20, "change": -10, "changePercent": -50}
    line = _line("trainings")
    year = line.figures[-1]
    assert year is not None
    changed = line._replace(figures=(None, None, None, year._replace(last_year=last_year, signal=signal)))
    narrow, wide = (_printed(Language.SV, width, changed) for width in (99, 120))
    interval = "\N{MINUS SIGN}25 till +5 st"
    assert any(interval in line for line in wide)
    assert any("med hänsyn till slumpen" in line for line in wide)
    assert not any(interval in line for line in narrow)


def test_without_such_a_target_there_is_no_footnote() -> None:
    printed = "\n".join(_printed(Language.SV, 80, _line("safety-walks")))
    assert not set(printed) & set(FOOTNOTES)


def _target(per: str, **outcome: Any) -> dict[str, Any]:
    return {"rule": "atLeast", "per": per, "value": 5, **outcome}


def test_generality_w7_a_target_per_tertial_is_under_no_heading_of_the_year() -> None:
    year = _line("trainings", _target("tertial", judgement="notJudged", reason="longerThanSpan"))
    tertials = tuple(
        TableValue(Decimal(3), None, Decimal(3), 0, "observed", "preliminary", None, [_target("tertial", **said)], None)
        for said in ({"judgement": "met"}, {"judgement": "missed"}, {"judgement": "notJudged", "reason": "missing"})
    )
    printed = _printed(Language.SV, 120, year._replace(figures=(*tertials, year.figures[-1])))
    table = "\n".join(printed)
    assert "Mål för året" not in table
    assert "Mål per tertial: minst 5" in table
    assert [line.strip() for line in printed if line.strip().startswith(("T2", "T3"))] == [
        "T2 inte nått",
        f"T3 inte bedömt{FOOTNOTES[0]}",
    ]
    assert "längre än den" not in table


def test_generality_w7_the_year_s_target_keeps_its_heading() -> None:
    assert "Mål för året" in "\n".join(_printed(Language.SV, 120, _line("trainings", _target("year", judgement="met"))))


@pytest.mark.parametrize(
    ("rhythm", "language", "headings"),
    [
        ("quarter", Language.SV, ["kv 1", "kv 2", "kv 3", "kv 4", "2016"]),
        ("quarter", Language.EN, ["Q1", "Q2", "Q3", "Q4", "2016"]),
        ("halfYear", Language.SV, ["H1", "H2", "2016"]),
    ],
)
def test_generality_e3_an_agreement_s_rhythm_has_its_columns(
    rhythm: str, language: Language, headings: list[str]
) -> None:
    line = _line("trainings", _target("year", judgement="met"))
    year = line.figures[-1]
    printed = _printed(language, 120, line._replace(columns=COLUMNS[rhythm], figures=(year,) * len(headings)))
    heading = next(row for row in printed if "2016" in row and "Landskrona" not in row)
    assert [heading.find(name) for name in headings] == sorted(heading.find(name) for name in headings)
    assert heading.find(headings[0]) > 0
    assert not any("T1 =" in row for row in printed)


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ({}, 2026),
        ({2016: 60}, 2016),
        ({2016: 60, 2026: 29}, 2016),
        ({2016: 60, 2026: 30}, 2026),
        # As many as the year before is compared with, not the fullest ever.
        ({2016: 60, 2025: 20, 2026: 10}, 2026),
        ({2026: 1}, 2026),
        ({2016: 60, 2027: 2}, 2016),
    ],
)
def test_the_year_that_is_shown_first(years: dict[int, int], expected: int) -> None:
    assert first_year(years, date(2026, 3, 1)) == expected


@pytest.mark.parametrize(("verdict", "is_printed"), [("fewer", True), ("none", False)])
def test_a_clear_deviation_is_said_below_the_table(verdict: str, *, is_printed: bool) -> None:
    signal = {"verdict": verdict, "text": {"sv": "Färre än väntat: 3, normalt 9–17.", "en": "x"}}
    line = _line("trainings")
    second = line.figures[-1]
    assert second is not None
    figures = (None, second._replace(signal=signal), None, second)
    printed = _printed(Language.SV, 80, line._replace(figures=figures))
    said = "Tydlig avvikelse: trainings, T2. Färre än väntat: 3, normalt 9–17."
    assert (said in printed) is is_printed


def test_what_has_come_in_for_some_months_is_not_said_to_be_unreported() -> None:
    partly = TableValue(None, None, None, 0, "missing", "preliminary", 11, [], None)
    line = TableLine("Skador", shipped_catalogue().indicators["reported-damage"], (None, None, None, partly))
    printed = "\n".join(_printed(Language.SV, 120, line))
    assert "11/12 mån" in printed
    assert "n/m mån: värdet saknas, eftersom" in printed
    assert "inget har rapporterats" not in printed
