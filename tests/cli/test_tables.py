"""The tables of `samverkan values`: what they say of targets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from services.cli.tables import FOOTNOTES, Line, Section, TableValue, print_sections
from shared.catalogue.loader import shipped_catalogue
from shared.domain.wording import JUDGEMENTS, REASONS, SHORT_JUDGEMENTS, Language


def _line(code: str, *targets: dict[str, Any]) -> Line:
    year = TableValue(Decimal(3), None, Decimal(3), 0, "observed", "preliminary", None, list(targets), None)
    return Line(code, shipped_catalogue().indicators[code], (None, None, None, year))


def _unjudged(reason: str) -> dict[str, Any]:
    return {"rule": "atMost", "per": "year", "value": 5, "judgement": "notJudged", "reason": reason}


def _printed(language: Language, width: int, *lines: Line) -> list[str]:
    console = Console(record=True, width=width, quiet=False)
    print_sections(console, "Landskrona", 2016, [Section("Bilaga", lines)], language)
    return console.export_text().splitlines()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("width", [80, 120])
def test_trials_a14_a_footnote_says_why_a_target_is_not_judged(language: Language, width: int) -> None:
    """The same reason has one note, and the table is no wider for it."""
    reasons = [*REASONS[language], "missing"]
    judged = {"rule": "atMost", "per": "year", "value": 5, "judgement": "met"}
    lines = [_line("safety-walks", _unjudged(reason)) for reason in reasons]
    printed = _printed(language, width, *lines, _line("trainings", judged))
    word = SHORT_JUDGEMENTS[language]["notJudged"]
    marked = [line[-1] for line in printed if line.startswith("safety-walks")]
    assert marked == [*FOOTNOTES, FOOTNOTES[reasons.index("missing")]]
    for mark, reason in zip(FOOTNOTES, REASONS[language], strict=True):
        assert f"{mark} {JUDGEMENTS[language]['notJudged']}, {REASONS[language][reason]}" in printed
        assert any(line.endswith(f"{word}{mark}") for line in printed)
    assert max(map(len, printed)) <= width


def test_without_such_a_target_there_is_no_footnote() -> None:
    printed = "\n".join(_printed(Language.SV, 80, _line("safety-walks")))
    assert not set(printed) & set(FOOTNOTES)
