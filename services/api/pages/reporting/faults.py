"""What is wrong with a form, at its fields and in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.pages.faults import text_of
from shared.domain.wording import in_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.api.pages.faults import FieldFault
    from services.api.pages.reporting.fields import ReportForm
    from services.api.pages.texts import Translate
    from shared.domain.errors import Violation
    from shared.domain.wording import Language

# Where a form asks for what the API calls otherwise.
_FIELDS = {"area": "place", "agreement": "place", "externalId": "place", "": "place"}


def faults_at_fields(
    violations: Iterable[Violation], form: ReportForm, language: Language, t: Translate
) -> list[FieldFault]:
    """Return the faults in the order of the form's fields, each with its first one."""
    order = ["place", "annex", *(field.name for field in form.fields)]
    # A type is in use for some days, and not for others.
    first_day = next((field.name for field in form.fields if field.input == "date"), "place")
    found: dict[str, str] = {}
    for violation in violations:
        field = first_day if violation.field == "type" else _field_of(violation.field, order)
        found.setdefault(field, _text_of(violation, form, language, t))
    return [(field, found[field]) for field in order if field in found]


def _text_of(violation: Violation, form: ReportForm, language: Language, t: Translate) -> str:
    before = next((field.label for field in form.fields if violation.reason == f"is before '{field.name}'"), None)
    if before is not None:
        return t("form.before", label=before)
    return text_of(violation, language, t, type=in_language(form.type.name, language))


def _field_of(name: str, known: list[str]) -> str:
    """Return the form's field of a fault: an item's belongs to its list, and participants' to the first group."""
    name = _FIELDS.get(name, name).partition("[")[0]
    if name in known:
        return name
    return next((one for one in known if one.startswith(f"{name}.")), "place")
