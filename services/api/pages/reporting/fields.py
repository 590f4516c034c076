"""The fields of a form, made from the activity type: what a type takes is in its form, without a line of code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.domain.activity import STATUSES
from shared.domain.wording import in_language
from shared.wording.refusals import label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.api.pages.texts import Translate
    from shared.catalogue.loader import Catalogue
    from shared.domain.activity_type import ActivityType, Attribute
    from shared.domain.wording import Language

# More would not be seen at once; the rest is behind a button.
MOST_IN_SIGHT = 8
# So few are shown at once, as buttons to choose from.
MOST_BUTTONS = 4
YES, NO = "yes", "no"
_INPUTS = {"number": "whole", "hours": "decimal", "items": "items", "reference": "reference"}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: `name` as the API has it, and which input it has.

    `choices` are pairs of a code and what it is called.
    """

    name: str
    input: str
    label: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_required: bool = False
    is_in_sight: bool = False


@dataclass(frozen=True, slots=True)
class ReportForm:
    """The fields of an activity type, those in sight first."""

    type: ActivityType
    fields: tuple[FormField, ...]

    @property
    def in_sight(self) -> list[FormField]:
        """The fields that are seen at once, after the place."""
        return [field for field in self.fields if field.is_in_sight]

    @property
    def behind(self) -> list[FormField]:
        """The fields that are seen when asked for."""
        return [field for field in self.fields if not field.is_in_sight]

    def without_help(self, name: str) -> ReportForm:
        """Return the form without what helps with a field while it is new."""
        fields = [replace(field, help="") if field.name == name else field for field in self.fields]
        return replace(self, fields=tuple(fields))

    def with_fewer_in_sight(self) -> ReportForm:
        """Return the form with its last field in sight behind, where the place of one more is needed."""
        last = self.in_sight[-1]
        fields = [replace(field, is_in_sight=False) if field is last else field for field in self.fields]
        return replace(self, fields=tuple(fields))

    def with_first(self, name: str) -> ReportForm:
        """Return the form with a field in sight before all others, as what there is to say."""
        first = next(field for field in self.fields if field.name == name)
        others = [field for field in self.fields if field is not first]
        form = replace(self, fields=(replace(first, is_in_sight=True), *others))
        return form if len(form.in_sight) < MOST_IN_SIGHT else form.with_fewer_in_sight()


def form_of(activity_type: ActivityType, catalogue: Catalogue, language: Language, t: Translate) -> ReportForm:
    """Return the form of a type. The place, which every form has, is one of those in sight."""
    candidates = [*_wanted(activity_type, catalogue, language, t)]
    left = MOST_IN_SIGHT - 1
    fields = []
    for field in candidates:
        is_in_sight = field.is_in_sight and left > 0
        left -= is_in_sight
        fields.append(replace(field, is_in_sight=is_in_sight))
    return ReportForm(activity_type, tuple(fields))


def _wanted(activity_type: ActivityType, catalogue: Catalogue, language: Language, t: Translate) -> Iterator[FormField]:
    """Yield the fields of a type in their order; those that may be in sight say so."""
    is_case = activity_type.counts_by == "startElseCompleted"
    if is_case:
        yield _status(t, is_in_sight=True)
    times = needs_times(activity_type, catalogue)
    for moment in ("reported", "start", "completed", "end", "policeReported"):
        if moment in activity_type.moments:
            yield from _moment(moment, t, is_case=is_case, has_time=times)
    if activity_type.takes_count:
        yield FormField("count", "whole", t("field.count"), t("field.count.help"))
    attributes = [_attribute(name, one, language, t) for name, one in activity_type.attributes.items()]
    yield from (field for field in attributes if field.is_in_sight)
    for group in activity_type.participant_groups:
        name = f"participants.{group}"
        yield FormField(
            name,
            "whole",
            label(name, language) or group,
            t("field.participants.help") if group == activity_type.participant_groups[0] else "",
            is_in_sight=activity_type.participants_required,
        )
    yield from (field for field in attributes if not field.is_in_sight)
    if activity_type.takes_cost:
        yield FormField("cost", "decimal", t("field.cost"))
    yield FormField("note", "long", t("field.note"), t("field.note.help"))
    if not is_case:
        yield _status(t, is_in_sight=False)


def _status(t: Translate, *, is_in_sight: bool) -> FormField:
    choices = tuple((status, t(f"status.{status}")) for status in STATUSES)
    return FormField("status", "buttons", t("field.status"), "", choices, is_required=True, is_in_sight=is_in_sight)


def _moment(moment: str, t: Translate, *, is_case: bool, has_time: bool) -> Iterator[FormField]:
    is_in_sight = moment in {"reported", "start", "completed"} or (moment == "end" and has_time)
    name = t(f"field.{moment}.case") if is_case and moment in {"start", "completed"} else t(f"field.{moment}")
    explained = t("field.start.help") if moment == "start" and not is_case else ""
    yield FormField(
        moment, "date", name, explained, is_required=moment == "start" and not is_case, is_in_sight=is_in_sight
    )
    if not is_case:
        yield FormField(f"{moment}-time", "time", t(f"field.{moment}-time"), "", is_in_sight=has_time)


def _attribute(name: str, attribute: Attribute, language: Language, t: Translate) -> FormField:
    choices = tuple((code, in_language(called, language)) for code, called in attribute.values.items())
    if {code for code, _ in choices} == {YES, NO}:
        choices = ((YES, t("word.yes")), (NO, t("word.no")))
    kind = _INPUTS.get(attribute.kind) or ("buttons" if len(choices) <= MOST_BUTTONS else "list")
    return FormField(
        f"attributes.{name}",
        kind,
        in_language(attribute.name, language),
        t("field.items.help") if kind == "items" else "",
        choices,
        is_required=attribute.required,
        is_in_sight=attribute.required or kind in {"buttons", "items"},
    )


def needs_times(activity_type: ActivityType, catalogue: Catalogue) -> bool:
    """Tell whether an indicator counts a type's hours, or what happens at some time of the day."""
    return any(
        (definition.sums is not None and definition.sums.times_hours)
        or definition.selects.from_time is not None
        or definition.selects.at_least_minutes is not None
        for definition in catalogue.indicators.values()
        if definition.reads(activity_type.code)
    )


def moments_of(form: ReportForm) -> list[str]:
    """Return the moments that a form asks for."""
    return [field.name for field in form.fields if field.input == "date"]
