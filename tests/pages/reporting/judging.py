"""A form without a server: read, judged as the API judges it, and said at its fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from services.api.pages.forms import Form
from services.api.pages.reporting.faults import faults_at_fields
from services.api.pages.reporting.fields import ReportForm, form_of
from services.api.pages.reporting.reading import FormReader
from services.api.pages.texts import translator
from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity import References, Span
from shared.domain.activity_type import ActivityType, Attribute, Wording
from shared.domain.owner import Owner
from shared.domain.wording import Language
from shared.intake.activities import judge, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.domain.errors import Violation
    from shared.facts.activities import ActivityFact

TODAY = date(2026, 5, 3)
ALWAYS = Span(date(2026, 1, 1), date(2026, 12, 31))
HERE = References(
    agreement_id=1,
    agreement=ALWAYS,
    annex=ALWAYS,
    area_id=1,
    place_kind="park",
    covered=(ALWAYS,),
    placed=(ALWAYS,),
    owners=(("1282", ALWAYS),),
)
WORDS = Wording(sv="Antal", en="Number")
CHOICE = Attribute(kind="choice", name=WORDS, values={"one": WORDS, "two": WORDS}, required=True)
# Of each kind of field one, and in use for a while.
EVERYTHING = ActivityType(
    code="everything",
    name=Wording(sv="Allt möjligt", en="All sorts"),
    description=WORDS,
    moments=("reported", "start", "completed", "end"),
    participant_groups=("residents", "police"),
    participants_required=True,
    attributes={
        "choice": CHOICE,
        "number": Attribute(kind="number", name=WORDS),
        "hours": Attribute(kind="hours", name=WORDS),
        "items": Attribute(kind="items", name=WORDS, excluded_by="follows", exclusion=WORDS),
        "follows": Attribute(kind="reference", name=WORDS),
    },
    takes_cost=True,
    takes_count=True,
    valid_from=date(2026, 2, 1),
)
FILLED: Mapping[str, str] = {
    "status": "performed",
    "start": "2026-04-12",
    "participants.residents": "21",
    "attributes.choice": "one",
}


def form(activity_type: ActivityType = EVERYTHING, language: Language = Language.SV) -> ReportForm:
    """Return the form of a type."""
    return form_of(activity_type, shipped_catalogue(), language, translator(language))


def filled(**changed: str | list[str]) -> Form:
    """Return a form that is right but for what has been changed; `__` stands for a point, `_` for a hyphen."""
    fields: dict[str, str | list[str]] = dict(FILLED)
    fields |= {name.replace("__", ".").replace("_", "-"): value for name, value in changed.items()}
    return Form(
        [(name, one) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)]
    )


def reading_of(sent: Form, activity_type: ActivityType = EVERYTHING) -> tuple[dict[str, Any], list[Violation]]:
    """Return what a form has sent, and what of it cannot be read."""
    reading = FormReader(sent, form(activity_type))
    return reading.activity(), reading.faults


def judged(
    sent: Form, setting: References = HERE, activity_type: ActivityType = EVERYTHING, owner: Owner | None = None
) -> ActivityFact | list[Violation]:
    """Return what a form has sent as a fact, or everything that is wrong with it."""
    activity, faults = reading_of(sent, activity_type)
    catalogue = replace(
        shipped_catalogue(),
        activity_types={activity_type.code: activity_type},
        type_owners={activity_type.code: owner} if owner else {},
    )
    whole = activity | {"agreement": "agreement", "annex": 1, "area": "1282-park", "externalId": "one"}
    return judge(read(whole, faults), setting, catalogue, TODAY)


def said(violations: list[Violation], language: Language, activity_type: ActivityType = EVERYTHING) -> dict[str, str]:
    """Return what a page says of violations, by field."""
    return dict(faults_at_fields(violations, form(activity_type, language), language, translator(language)))
