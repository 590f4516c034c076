"""What is wrong with something that was filled in, in words for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.domain.wording import Language, capitalized
from shared.wording.full_stop import with_full_stop
from shared.wording.refusals import in_swedish, key_of

if TYPE_CHECKING:
    from services.api.pages.texts import Translate
    from shared.domain.errors import Violation


FieldFault = tuple[str, str]
"""A field of a form, and what is wrong with it in words."""

_ADDRESS = re.compile(r"(?<!\S)/[a-z]")


def text_of(violation: Violation, language: Language, t: Translate, **values: str) -> str:
    """Return what is wrong and what to do; a page has words of its own for what the API says by its names.

    `values` are for the places in these.
    """
    if violation.swedish_remedy:
        return violation.swedish_remedy if language is Language.SV else violation.remedy
    key = f"fault.{key_of(violation.reason)}"
    if t.knows(key):
        return t(key, **values)
    return refusal_text(violation, language)


def refusal_text(violation: Violation, language: Language) -> str:
    """Return what is wrong and what to do as the API says it; what names an address of the API helps nobody here."""
    remedy = "" if _ADDRESS.search(violation.remedy) else violation.remedy
    texts = (violation.reason, remedy) if language is Language.EN else map(in_swedish, (violation.reason, remedy))
    reason, remedy = texts
    return f"{with_full_stop(capitalized(reason))} {remedy}".strip()
