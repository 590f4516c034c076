"""A form as it is shown and read: the type's fields, the places and annexes to choose from, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.pages.reporting import asked
from services.api.pages.reporting.asked import AskedAnnex
from services.api.pages.reporting.earlier import with_earlier
from services.api.pages.reporting.fields import MOST_IN_SIGHT, ReportForm, form_of
from services.api.pages.reporting.places import ReportingPlace, ReportingPlaces, has_ended, place_with_code, places_of
from services.api.pages.reporting.reading import SOURCE, FormReader, filled_in_of, local_day
from services.api.pages.texts import translator
from shared.db.area_nesting import AREAS_AROUND_OR_INSIDE
from shared.domain.errors import UnknownActivityType, Violation
from shared.people.roles import reporting_areas

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.forms import Form
    from shared.catalogue.loader import Catalogue
    from shared.domain.activity_type import ActivityType
    from shared.domain.wording import Language
    from shared.people.sessions import Person

_AROUND = text(f"SELECT code FROM area WHERE area_id IN ({AREAS_AROUND_OR_INSIDE})")


@dataclass(frozen=True, slots=True)
class ReportingSetting:
    """Who reports by which definitions: the areas where they may, and the annexes that concern these."""

    catalogue: Catalogue
    language: Language
    today: date
    areas: frozenset[int]
    annexes: tuple[AskedAnnex, ...]
    # Of their areas, those around them and those inside.
    around: frozenset[str]

    @property
    def day(self) -> date:
        """The day that a form begins with."""
        return asked.day_to_report(self.annexes, self.today)

    @property
    def is_past(self) -> bool:
        """Tell whether no agreement is in force any more."""
        return self.day < self.today

    def has_type(self, code: str) -> bool:
        """Tell whether a type is in use here: others' own types are not."""
        owner = self.catalogue.type_owners.get(code)
        return code in self.catalogue.activity_types and (owner is None or owner.has(self.around))

    def types(self) -> list[ActivityType]:
        """Return the types in use here, by name."""
        return asked.by_name(
            [one for code, one in self.catalogue.activity_types.items() if self.has_type(code)], self.language
        )


async def setting_of(
    connection: AsyncConnection, person: Person, catalogue: Catalogue, today: date, language: Language
) -> ReportingSetting:
    """Return where and by what a person reports."""
    areas = reporting_areas(person.roles)
    annexes = await asked.annexes_of(connection, catalogue, areas, today, language)
    around = (await connection.execute(_AROUND, {"areas": [*areas], "day": today})).scalars()
    return ReportingSetting(catalogue, language, today, areas, tuple(annexes), frozenset(around))


@dataclass(frozen=True, slots=True)
class FormPage:
    """The form of a type, with the places to choose from, and the annexes where there is a choice.

    `day` is the one that these are of. Of a correction `stored` is the activity, as the API shows it.
    """

    setting: ReportingSetting
    form: ReportForm
    places: ReportingPlaces
    day: date
    stored: Mapping[str, Any] | None = None

    @property
    def annexes(self) -> Sequence[AskedAnnex]:
        """The annexes in force that ask for the type, where a person has to say which; and the one that it is of."""
        code = self.form.type.code
        found = [
            annex
            for annex in self.setting.annexes
            if annex.code == self.stored_annex or (code in annex.types and annex.is_in_force(self.day))
        ]
        return found if len(found) > 1 else ()

    @property
    def stored_annex(self) -> str:
        """What a form calls the annex that the stored activity is of."""
        if self.stored is None:
            return ""
        return asked.annex_code(self.stored["agreement"], self.stored["annex"])

    def filled_in(self) -> dict[str, Any]:
        """Return the stored activity as the values of its form, with its place and annex."""
        if self.stored is None:
            return {}
        place = self.places.by_code(self.stored["area"])
        return {**filled_in_of(self.stored), "place": place.label if place else "", "annex": self.stored_annex}


async def form_page_of(
    connection: AsyncConnection, setting: ReportingSetting, type_code: str, stored: Mapping[str, Any] | None = None
) -> FormPage:
    """Return the form of a type, or of a stored activity that is of it.

    Raises:
        UnknownActivityType: no type here has the code.
    """
    # What is stored can be corrected also where the type is no longer in use.
    if stored is None and not setting.has_type(type_code):
        raise UnknownActivityType
    activity_type = setting.catalogue.activity_types[type_code]
    t = translator(setting.language)
    form = await with_earlier(
        connection,
        form_of(activity_type, setting.catalogue, setting.language, t),
        SOURCE if stored is None else stored["source"],
        stored,
        setting.language,
    )
    day = setting.day if stored is None else _day_of(stored, setting.today)
    places = await places_of(connection, setting.areas, activity_type.place_kinds, day, t)
    if stored is not None and places.by_code(stored["area"]) is None:
        places = places.with_one(await place_with_code(connection, stored["area"], t))
    if stored is not None:
        form = form.without_help("start")
        # What was planned is looked at again to say whether it has been done.
        form = form.with_first("status") if stored["status"] == "planned" else form
    form_page = FormPage(setting, form, places, day, stored)
    # The place is in sight, too, and so is the annex.
    is_full = len(form.in_sight) + 1 == MOST_IN_SIGHT
    return replace(form_page, form=form_page.form.with_fewer_in_sight()) if form_page.annexes and is_full else form_page


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was sent, as an activity of the API, and what of it cannot be read; `near` are places alike."""

    activity: dict[str, Any]
    faults: tuple[Violation, ...]
    day: date
    near: tuple[ReportingPlace, ...] = ()


async def read_filled(connection: AsyncConnection, form_page: FormPage, sent: Form) -> Filled:
    """Read what a form has sent: the fields, the place by its name, and the annex that asks for it there."""
    reading = FormReader(sent, form_page.form)
    activity = reading.activity()
    faults, day = [*reading.faults], _day_of(activity, form_page.setting.today)
    place, near = _place(form_page.places, sent)
    if place is None and day != form_page.day:
        # What was there then may be gone now.
        place, near = _place(await _places_on(connection, form_page, day), sent)
    if place is None:
        faults.insert(0, await _unknown_place(connection, form_page, sent["place"], near))
    else:
        activity["area"] = place.code
        faults += await _add_annex(connection, form_page, sent, activity, place)
    return Filled(activity, tuple(faults), day, tuple(near))


def for_day(form_page: FormPage, day: date) -> FormPage:
    """Return a form with the annexes to choose from of another day."""
    return replace(form_page, day=day)


async def _places_on(connection: AsyncConnection, form_page: FormPage, day: date) -> ReportingPlaces:
    setting, kinds = form_page.setting, form_page.form.type.place_kinds
    return await places_of(connection, setting.areas, kinds, day, translator(setting.language))


def _place(places: ReportingPlaces, sent: Form) -> tuple[ReportingPlace | None, Sequence[ReportingPlace]]:
    """Return the place that is meant, or those that may be."""
    chosen = places.by_code(sent["place-code"])
    if chosen is not None:
        return chosen, ()
    named = places.named(sent["place"])
    if len(named) == 1:
        return named[0], ()
    return None, named or places.near(sent["place"])


async def _unknown_place(
    connection: AsyncConnection, form_page: FormPage, typed: str, near: Sequence[ReportingPlace]
) -> Violation:
    if not typed:
        return Violation("area", "no place is given", "Begin to write its name, and choose it from the list.")
    if await has_ended(connection, form_page.setting.areas, typed, form_page.day):
        return Violation("area", "the place is not there any more", "Choose another place.")
    if near:
        return Violation("area", "several places may be meant", "Choose one of them.")
    return Violation("area", "no place where you report has this name", "Look at its spelling.")


async def _add_annex(
    connection: AsyncConnection, form_page: FormPage, sent: Form, activity: dict[str, Any], place: ReportingPlace
) -> Sequence[Violation]:
    """Add the agreement and annex that an activity is of: those in force there on its day, else the last ones."""
    setting, day = form_page.setting, _day_of(activity, form_page.setting.today)
    around: list[AskedAnnex] = []
    for asked_on in (day, form_page.day):
        around = around or await asked.annexes_around(
            connection, setting.catalogue, place.area_id, asked_on, setting.language
        )
    candidates = [annex for annex in around if annex.is_in_force(day)] or around[-1:]
    asking = [annex for annex in candidates if form_page.form.type.code in annex.types]
    wanted = sent["annex"] or form_page.stored_annex
    chosen = next((annex for annex in candidates if annex.code == wanted), None)
    annex = chosen or next(iter(asking), None)
    if candidates:
        # Also where the annex is at fault: that the agreement is not stated would be told of the place.
        activity["agreement"] = (annex or candidates[0]).agreement
    if sent["annex"] and sent["annex"] != form_page.stored_annex and chosen is None:
        field = "annex" if for_day(form_page, day).annexes else "start"
        reason = f"annex {sent['annex'].partition('/')[2]} is not in force on {day}"
        return [Violation(field, reason, "Choose another annex or another day.")]
    if chosen is None and len(asking) > 1:
        return [Violation("annex", "several annexes ask for this", "Choose one of them.")]
    if not candidates:
        return [Violation("area", "lies in no agreement", "Choose another place.")]
    if annex is not None and annex.number is not None:
        activity["annex"] = annex.number
    return ()


def _day_of(activity: Mapping[str, Any], today: date) -> date:
    """Return the day by which the agreement is chosen: the start, or what else is known of a case."""
    moments = [activity[name] for name in ("start", "completed", "reported", "end") if activity.get(name)]
    return local_day(moments[0]) if moments else today


def types_to_choose(setting: ReportingSetting, listed: Collection[str]) -> list[ActivityType]:
    """Return the types in use here beyond those that are listed already, by name."""
    return [one for one in setting.types() if one.code not in listed]
