"""The letters that people get: an invitation, what is expected of them, and what became of what they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from shared.mail.rendering import render, translator
from shared.wording.dates import date_in_words, month_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from shared.domain.wording import Language
    from shared.mail.sending import Letter


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is written to, by a link that signs them in, and one that switches reminders off."""

    email: str
    language: Language
    sign_in_address: str
    switch_address: str

    @property
    def headers(self) -> Mapping[str, str]:
        """What a mail program needs to switch reminders off by a button (RFC 8058)."""
        return {
            "List-Unsubscribe": f"<{self.switch_address}/av>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


class DueItem(NamedTuple):
    """A thing that is expected: what, and by when."""

    what: str
    when: str


class ReportedActivities(NamedTuple):
    """What somebody reported in a month: the type, how many, and the values that count it now."""

    what: str
    number: int
    values: Sequence[tuple[str, str]]


def invitation(email: str, language: Language, sign_in_address: str, inviting: str) -> Letter:
    """Return a letter to who has been invited; `inviting` is whose coordinator did it, as *Landskrona*."""
    t = translator(language)
    values = {"address": sign_in_address, "inviting": inviting}
    return render("invitation", language, email, t("invitation.subject", inviting=inviting), {}, **values)


def reminder(addressee: Addressee, expected: Sequence[DueItem], reporting_day: date, *, is_past: bool) -> Letter:
    """Return a letter with all that is expected of somebody, before or after a reporting day."""
    t, day = translator(addressee.language), date_in_words(reporting_day, addressee.language)
    key = "after" if is_past else "before"
    return render(
        "reminder",
        addressee.language,
        addressee.email,
        t(f"reminder.{key}.subject", n=len(expected), day=day),
        addressee.headers,
        opening=t(f"reminder.{key}.opening", day=day),
        expected=expected,
        addressee=addressee,
    )


def month_in_figures(addressee: Addressee, month: date, done: Sequence[ReportedActivities]) -> Letter:
    """Return a letter with what somebody did in a month, and the values that it is now."""
    t, name = translator(addressee.language), month_in_words(month, addressee.language)
    return render(
        "month",
        addressee.language,
        addressee.email,
        t("month.subject", month=name),
        addressee.headers,
        month=name,
        done=done,
        addressee=addressee,
    )
