"""Two people's corrections of one report: what the stored one says, what the later one says, and what is chosen."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from services.api.pages.forms import Form
from services.api.pages.rendering import page, redirect
from services.api.pages.reporting.asked import annex_code
from services.api.pages.reporting.reading import filled_in_of
from services.api.pages.reporting.said import differing, words_of
from services.api.pages.routing import sent_form
from services.api.pages.texts import translator
from shared.domain.activity import MOMENT_NAMES
from shared.domain.wording import in_language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from services.api.pages.reporting.form_pages import FormPage, ReportingSetting

# An activity that says nothing but its status.
_NOTHING: dict[str, Any] = {
    "participants": {},
    "attributes": {},
    "cost": None,
    "count": 1,
    "note": None,
    **dict.fromkeys(MOMENT_NAMES),
}
TAKE = "take."
STORED, MINE = "stored", "mine"
# Fields of which a form has several of its own.
_PARTS = ("-time", ".done", "-code")


def differences(form_page: FormPage, activity: Mapping[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    """Return each field that the stored report and a correction say something else of, by name and label."""
    setting = form_page.setting
    stored, mine = dict(form_page.filled_in()), filled_in_of({**_NOTHING, **activity})
    stored["annex"] = annex_in_words(setting, form_page.stored_annex)
    place = form_page.places.by_code(activity["area"])
    mine["place"] = activity["area"] if place is None else place.label
    mine["annex"] = annex_in_words(setting, annex_code(activity["agreement"], activity.get("annex")))
    former, latter = (words_of(values, form_page.form, setting.language) for values in (stored, mine))
    return [*differing(former, latter)]


def ask(request: Request, form_page: FormPage, activity: Mapping[str, Any], form_id: str = "") -> Response:
    """Answer with what the stored report says beside what was sent, for a choice field by field.

    `form_id` is that of a form which was sent again, after its report had been changed. Where both say the same, lead
    to the report.
    """
    found = differences(form_page, activity)
    entry = form_page.stored
    if entry is None or not found:
        return redirect(f"/mina-rapporter/{entry['id']}" if entry else "/mina-rapporter")
    own = {"whole", "revision", "external-id"}
    hidden = [(name, value) for name, value in sent_form(request).items() if name not in own]
    return page(
        request,
        "report_conflict.html",
        HTTPStatus.CONFLICT,
        entry=entry,
        name=in_language(form_page.form.type.name, form_page.setting.language),
        differences=found,
        hidden=[(name, value) for name, value in hidden if not name.startswith(TAKE)],
        form_id=form_id,
    )


def annex_in_words(setting: ReportingSetting, code: str) -> str:
    """Return what an annex is called, by what a form calls it; of what is of no annex, nothing."""
    annex = next((one for one in setting.annexes if one.code == code), None)
    if annex is None or annex.number is None:
        return ""
    return translator(setting.language)("report.annex", number=annex.number, title=annex.title)


def chosen(sent: Form, form_page: FormPage) -> Form:
    """Return a correction with what was chosen of the stored report in it, field by field."""
    taken = {name.removeprefix(TAKE) for name, value in sent.items() if name.startswith(TAKE) and value == STORED}
    own = [
        (name, value)
        for name, value in sent.items()
        if not name.startswith(TAKE) and (sent["whole"] == MINE or _field_of(name) not in taken)
    ]
    if sent["whole"] == MINE:
        return Form(own)
    stored = [pair for pair in _fields(form_page.filled_in()) if _field_of(pair[0]) in taken]
    return Form([*own, *stored])


def _field_of(name: str) -> str:
    """Return the field that a part of a form belongs to."""
    for part in _PARTS:
        name = name.removesuffix(part)
    return name


def _fields(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a form that has these values."""
    for name, value in values.items():
        if not isinstance(value, list):
            yield name, str(value)
            continue
        for place, item in enumerate(value):
            yield name, item["item"]
            if item["state"] == "done":
                yield f"{name}.done", str(place)
