"""Days as people read them on pages; mails write them likewise."""

from shared.wording.dates import date_in_words, month_in_words, short_date

__all__ = ["date_in_words", "month_in_words", "short_date"]
