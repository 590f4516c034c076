"""The words of a report, in Swedish and English."""

from __future__ import annotations

import unicodedata
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shared.domain.period import PeriodType
from shared.domain.wording import MONTHS, PERIODS, Language
from shared.wording.translation import translator_in

if TYPE_CHECKING:
    from shared.domain.period import Period

TEXTS = Path(__file__).parent / "texts"
translator = partial(translator_in, TEXTS)
"""Finds the texts of a language."""
# How the names of periods go on after their number, with the year at the end.
_YEAR_AT_THE_END = " {year}"


def name_of_report(area: str, period: Period, language: Language, revision: int | None) -> str:
    """Return what the file of a report is called, of a revision or as things are now."""
    say = translator(language)
    name = say("name", area=area, period=period.code)
    return name if revision is None else say("nameOfRevision", name=name, revision=revision)


def isolated(name: str) -> str:
    """Return a name that is read from right to left so that what follows it in a sentence stays where it is."""
    is_right_to_left = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in name)
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}" if is_right_to_left else name


def without_stop(text: str) -> str:
    """Return what somebody wrote so that a sentence can go on with it, or end."""
    return text.strip().rstrip(".").rstrip()


def period_with_months(period: Period, language: Language) -> str:
    """Return a period as a reader meets it first: `tertial 1 (januari–april) 2016`."""
    if period.type is PeriodType.YEAR:
        return period.code
    name = PERIODS[language][period.type].removesuffix(_YEAR_AT_THE_END).format(number=period.number)
    first, last = (MONTHS[language][month - 1] for month in (period.start.month, period.end.month))
    return f"{name} ({first}–{last}) {period.start.year}"
