"""What a report says, in words: by the labels of its form, as people read numbers, days and choices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.api.pages.texts import translator
from shared.domain.wording import NO_BREAK_SPACE, number
from shared.wording.dates import date_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from services.api.pages.reporting.fields import FormField, ReportForm
    from shared.domain.wording import Language

Words = dict[str, tuple[str, str]]
"""By a form's field: what it is called, and what it says."""


def words_of(values: Mapping[str, Any], form: ReportForm, language: Language) -> Words:
    """Return what the values of a form say, field by field; what is empty is left out.

    `values` are those of `reading.filled_in_of`, and perhaps `place` and `annex` in words.
    """
    t = translator(language)
    labels = (("place", t("field.place")), ("annex", t("word.annex")))
    words: Words = {name: (label, values[name]) for name, label in labels if values.get(name)}
    for field in form.fields:
        if field.input != "time" and field.name != "status" and (said := _said(field, values, language)):
            words[field.name] = (field.label, said)
    words["status"] = (t("said.status"), t(f"said.status.{values['status']}"))
    return words


def differing(former: Words, latter: Words) -> Iterator[tuple[str, str, str | None, str | None]]:
    """Yield each field that two reports say something else of: its name and label, and what each of them says."""
    for name in dict.fromkeys((*former, *latter)):
        before, after = former.get(name), latter.get(name)
        if before != after:
            label = (after or before or ("", ""))[0]
            yield name, label, before and before[1], after and after[1]


def _said(field: FormField, values: Mapping[str, Any], language: Language) -> str:
    value, t = values.get(field.name), translator(language)
    if not value:
        said = ""
    elif isinstance(value, list):
        said = "; ".join(t(f"said.item.{one['state']}", item=one["item"]) for one in value)
    elif field.input == "date":
        said = _moment(value, values.get(f"{field.name}-time"), language)
    elif field.choices:
        said = dict(field.choices).get(value) or t("said.otherChoice")
    elif field.input == "reference":
        said = t("said.otherActivity")
    elif field.name == "cost":
        said = f"{number(Decimal(value.replace(',', '.')), language)}{NO_BREAK_SPACE}kr"
    else:
        said = str(value)
    return said


def _moment(day: str, at: str | None, language: Language) -> str:
    said = date_in_words(date.fromisoformat(day), language)
    return said if at is None else translator(language)("said.time", day=said, time=at.replace(":", "."))
