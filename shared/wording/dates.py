"""Days as people read them on pages and in mails: `3 maj 2026` in text, `2026-05-03` in tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.period import PeriodType
from shared.domain.wording import MONTHS, NO_BREAK_SPACE, PERIODS

if TYPE_CHECKING:
    from datetime import date

    from shared.domain.period import Period
    from shared.domain.wording import Language


def date_in_words(day: date, language: Language) -> str:
    """Return a day with the name of its month."""
    return f"{day.day}{NO_BREAK_SPACE}{MONTHS[language][day.month - 1]} {day.year}"


def month_in_words(day: date, language: Language) -> str:
    """Return the month of a day, with its year."""
    return f"{MONTHS[language][day.month - 1]} {day.year}"


def period_in_words(period: Period, language: Language) -> str:
    """Return a period as it is read aloud."""
    match period.type:
        case PeriodType.MONTH:
            return month_in_words(period.start, language)
        case PeriodType.YEAR:
            return period.code
        case _:
            return PERIODS[language][period.type].format(number=period.number, year=period.start.year)


def short_date(day: date) -> str:
    """Return a day as tables have it."""
    return day.isoformat()
