"""What is expected in words, the same on pages and in mails."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shared.domain.wording import in_language
from shared.expectations.expectation import ExpectationKind
from shared.wording.dates import date_in_words, month_in_words, period_in_words
from shared.wording.translation import translator_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from shared.domain.wording import Language
    from shared.expectations.expectation import Expectation

TEXTS = Path(__file__).parent / "texts"
_translator = partial(translator_in, TEXTS)


def what(expectation: Expectation, language: Language) -> str:
    """Return what is expected where and when."""
    counted: Mapping[str, object] = {"n": expectation.number} if expectation.kind is ExpectationKind.ITEMS else {}
    return _translator(language)(
        f"what.{expectation.kind}",
        subject=in_language(expectation.subject, language).rstrip("."),
        place=expectation.place.name,
        day=date_in_words(expectation.day, language),
        month=month_in_words(expectation.day, language),
        period=period_in_words(expectation.period, language) if expectation.period else "",
        **counted,
    )


def by_when(expectation: Expectation, today: date, language: Language) -> str:
    """Return by which day it is expected, and in so many words when that has passed."""
    key = "late" if expectation.is_late(today) else "due"
    return _translator(language)(key, day=date_in_words(expectation.due_on, language))
