"""A form as a page: what is filled in, what is wrong with it, and what there is to choose from."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from services.api.pages.rendering import page, visit_of
from services.api.pages.reporting.faults import faults_at_fields
from services.api.pages.texts import translator
from shared.domain.wording import in_language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from services.api.pages.forms import Form
    from services.api.pages.reporting.form_pages import FormPage
    from services.api.pages.reporting.places import ReportingPlace
    from shared.domain.errors import Violation


def show(
    request: Request,
    form_page: FormPage,
    filled: Mapping[str, Any],
    violations: Sequence[Violation] = (),
    near: Sequence[ReportingPlace] = (),
    *,
    is_alike: bool = False,
) -> Response:
    """Answer with a form, for a new report or for a stored one's correction."""
    language, activity_type = visit_of(request).language, form_page.form.type
    faults = faults_at_fields(violations, form_page.form, language, translator(language))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return page(
        request,
        "report_form.html",
        status,
        form=form_page.form,
        day=None if form_page.setting.is_past else form_page.setting.day.isoformat(),
        name=in_language(activity_type.name, language),
        about=in_language(activity_type.description, language),
        places=form_page.places,
        annexes=form_page.annexes,
        filled=filled,
        faults=faults,
        near=near,
        is_alike=is_alike,
        stored=form_page.stored,
    )


def sent_again(sent: Form) -> dict[str, Any]:
    """Return what was filled in, for the form to show it again; of a list of items each with whether it is done."""
    filled: dict[str, Any] = dict(sent.items())
    for name in [name for name in filled if name.startswith("attributes.") and not name.endswith(".done")]:
        texts, done = sent.every(name), {*sent.every(f"{name}.done")}
        if len(texts) > 1:
            filled[name] = [
                {"item": one, "state": "done" if str(place) in done else "open"}
                for place, one in enumerate(texts)
                if one
            ]
    return filled
