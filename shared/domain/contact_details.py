"""Finding e-mail addresses and telephone numbers in free text: they lead to a person as surely as a name does."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Literal

from shared.domain.plain_digits import with_plain_digits

if TYPE_CHECKING:
    from collections.abc import Iterator

ContactPolicy = Literal["refuse", "mark"]
"""What becomes of a text that holds one: it is refused, or taken with a mark in its place."""

contact_policy: ContextVar[ContactPolicy] = ContextVar("contact_policy", default="refuse")
"""The operator's choice, for whatever is read in this context: a request, or an import in the background."""

E_MAIL: Final = "[e-post]"
TELEPHONE: Final = "[telefon]"

_AT: Final = re.compile(r"[@＠﹫]|\s?[(\[{]\s?(?:at|snabel-?a)\s?[)\]}]\s?", re.IGNORECASE)
_MAILBOX: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\Z")
_DOMAIN: Final = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.[^\W\d_]{2,63}")
_EIGHT_DIGITS: Final = re.compile(r"[0-9](?:[^0-9]*[0-9]){7}")
_MAYBE_AT: Final = re.compile(r"[@＠﹫)\]}]")
# Neither a part of a word or number before it, nor of one that a sign joins on.
_TELEPHONE: Final = re.compile(
    r"(?<![\w+])(?<![0-9][-.,:/])(?:"
    # Abroad, or Sweden as from abroad: at least nine digits.
    r"(?:\+|00(?=46|[1-9][0-9]{0,2}[\s/-]))[1-9](?:[\s()./-]{0,3}[0-9]){8,14}"
    # An area code, something after it, and the rest whole or in groups.
    r"|\(?0(?:8|[1-9][0-9]{1,2})(?:\)\s?|\s?[-–/]\s?|\s)"
    r"(?:[0-9]{5,8}|[0-9]{2,3}(?:[\s-][0-9]{2,3}){1,3}|[0-9]{3}[\s-][0-9]{4})"
    r"|0[1-9][0-9]{7,8}"
    r")(?![\w]|[-.,:/][0-9])"
)


def contact_details_in(text: str) -> str | None:
    """Return what a text holds, as a reason to refuse it; None if it holds neither."""
    plain = with_plain_digits(text)
    if next(_e_mails(plain), None):
        return "holds an e-mail address"
    return "holds a telephone number" if _has_telephone(plain) else None


def without_contact_details(text: str) -> str:
    """Return the text with a mark in the place of each e-mail address and telephone number."""
    if contact_details_in(text) is None:
        return text
    plain = with_plain_digits(text)
    for start, end in reversed([*_e_mails(plain)]):
        plain = f"{plain[:start]}{E_MAIL}{plain[end:]}"
    return _TELEPHONE.sub(TELEPHONE, plain)


def as_taken(text: str) -> str:
    """Return a text as it is to be stored by the operator's choice; refusing it is for those who check it."""
    return without_contact_details(text) if contact_policy.get() == "mark" else text


def _e_mails(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each address begins and ends, without overlapping."""
    last = 0
    if not _MAYBE_AT.search(text):
        return
    for at in _AT.finditer(text):
        mailbox = _MAILBOX.search(text, max(last, at.start() - 64), at.start())
        domain = _DOMAIN.match(text, at.end())
        if mailbox and domain:
            last = domain.end()
            yield mailbox.start(), last


def _has_telephone(text: str) -> bool:
    # Digits are rare in a note, and this runs for every row of an import.
    return bool(_EIGHT_DIGITS.search(text) and _TELEPHONE.search(text))
