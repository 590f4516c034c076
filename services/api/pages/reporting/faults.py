"""What is wrong with a form, at its fields and in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.domain.wording import Language, in_language
from shared.wording.refusals import in_swedish, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.api.pages.reporting.fields import ReportForm
    from services.api.pages.texts import Translate
    from shared.domain.errors import Violation


class FieldFault(NamedTuple):
    """What is wrong at a field of a form, by the field's name there."""

    field: str
    text: str


# Where a form asks for what the API calls otherwise.
_FIELDS = {"area": "place", "agreement": "place", "type": "place", "externalId": "place", "": "place"}


def faults_at_fields(
    violations: Iterable[Violation], form: ReportForm, language: Language, t: Translate
) -> list[FieldFault]:
    """Return the faults in the order of the form's fields, each with its first one."""
    order = ["place", "annex", *(field.name for field in form.fields)]
    found: dict[str, str] = {}
    for violation in violations:
        field = _field_of(violation.field, order)
        found.setdefault(field, text_of(violation, form, language, t))
    return [FieldFault(field, found[field]) for field in order if field in found]


def _field_of(name: str, known: list[str]) -> str:
    """Return the form's field of a fault: an item's belongs to its list, and participants' to the first group."""
    name = _FIELDS.get(name, name).partition("[")[0]
    if name in known:
        return name
    return next((one for one in known if one.startswith(f"{name}.")), "place")


def text_of(violation: Violation, form: ReportForm, language: Language, t: Translate) -> str:
    """Return what is wrong and what to do; a page has words of its own for what the API says by its names."""
    key = f"fault.{key_of(violation.reason)}"
    if t.knows(key):
        return t(key, type=in_language(form.type.name, language))
    if language is Language.EN:
        return f"{_sentence(violation.reason)} {violation.remedy}"
    return f"{_sentence(in_swedish(violation.reason))} {violation.swedish_remedy or in_swedish(violation.remedy)}"


def _sentence(reason: str) -> str:
    whole = reason[:1].upper() + reason[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."
