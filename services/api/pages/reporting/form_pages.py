"""A form as it is shown and read: the type's fields, the places and annexes to choose from, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.pages.reporting import asked
from services.api.pages.reporting.asked import AskedAnnex
from services.api.pages.reporting.fields import ReportForm, form_of
from services.api.pages.reporting.places import Place, Places, places_of
from services.api.pages.reporting.reading import Reading
from services.api.pages.texts import translator
from shared.db.keys import KeyScope
from shared.domain.errors import UnknownActivityType, Violation
from shared.people.roles import grants_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.forms import Form
    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language
    from shared.people.sessions import Person

_AROUND = text(
    """SELECT code FROM area WHERE area_id IN (
           SELECT ancestor_id FROM area_closure WHERE descendant_id = ANY(:areas) AND valid @> CAST(:day AS date)
           UNION
           SELECT descendant_id FROM area_closure WHERE ancestor_id = ANY(:areas) AND valid @> CAST(:day AS date))"""
)


@dataclass(frozen=True, slots=True)
class Setting:
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


async def setting_of(
    connection: AsyncConnection, person: Person, catalogue: Catalogue, today: date, language: Language
) -> Setting:
    """Return where and by what a person reports."""
    areas = frozenset(area_id for scope, area_id in grants_of(person.roles) if scope is not KeyScope.READ)
    annexes = await asked.annexes_of(connection, catalogue, areas, today, language)
    around = (await connection.execute(_AROUND, {"areas": [*areas], "day": today})).scalars()
    return Setting(catalogue, language, today, areas, tuple(annexes), frozenset(around))


@dataclass(frozen=True, slots=True)
class FormPage:
    """The form of a type, with the places to choose from, and the annexes where there is a choice."""

    setting: Setting
    form: ReportForm
    places: Places

    @property
    def annexes(self) -> Sequence[AskedAnnex]:
        """The annexes in force that ask for the type, where a person has to say which."""
        code, day = self.form.type.code, self.setting.day
        found = [annex for annex in self.setting.annexes if code in annex.types and annex.is_in_force(day)]
        return found if len(found) > 1 else ()


async def form_page_of(connection: AsyncConnection, setting: Setting, type_code: str) -> FormPage:
    """Return the form of a type.

    Raises:
        UnknownActivityType: no type here has the code.
    """
    if not setting.has_type(type_code):
        raise UnknownActivityType("No activity type has this code. /activity-types lists them all.")
    activity_type = setting.catalogue.activity_types[type_code]
    t = translator(setting.language)
    form = form_of(activity_type, setting.catalogue, setting.language, t)
    return FormPage(
        setting, form, await places_of(connection, setting.areas, activity_type.place_kinds, setting.day, t)
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was sent, as an activity of the API, and what of it cannot be read; `near` are places alike."""

    activity: dict[str, Any]
    faults: tuple[Violation, ...]
    near: tuple[Place, ...] = ()


async def read_filled(connection: AsyncConnection, form_page: FormPage, sent: Form) -> Filled:
    """Read what a form has sent: the fields, the place by its name, and the annex that asks for it there."""
    reading = Reading(sent, form_page.form)
    activity = reading.activity()
    place, near = _place(form_page.places, sent)
    faults = [*reading.faults]
    if place is None:
        faults.insert(0, _unknown_place(sent["place"], near))
    else:
        activity["area"] = place.code
        faults += await _add_annex(connection, form_page, sent, activity, place)
    return Filled(activity, tuple(faults), tuple(near))


def _place(places: Places, sent: Form) -> tuple[Place | None, Sequence[Place]]:
    """Return the place that is meant, or those that may be."""
    chosen = places.by_code(sent["place-code"])
    if chosen is not None:
        return chosen, ()
    named = places.named(sent["place"])
    if len(named) == 1:
        return named[0], ()
    return None, named or places.near(sent["place"])


def _unknown_place(typed: str, near: Sequence[Place]) -> Violation:
    if not typed:
        return Violation("area", "no place is given", "Begin to write its name, and choose it from the list.")
    if near:
        return Violation("area", "several places may be meant", "Choose one of them.")
    return Violation("area", "no place where you report has this name", "Look at its spelling.")


async def _add_annex(
    connection: AsyncConnection, form_page: FormPage, sent: Form, activity: dict[str, Any], place: Place
) -> Sequence[Violation]:
    """Add the agreement and annex that an activity is of: those in force there on its day, else the last ones."""
    setting, day = form_page.setting, _day_of(activity, form_page.setting.today)
    around = await asked.annexes_around(connection, setting.catalogue, place.area_id, setting.today, setting.language)
    candidates = [annex for annex in around if annex.is_in_force(day)] or around[-1:]
    asking = [annex for annex in candidates if form_page.form.type.code in annex.types]
    chosen = next((annex for annex in candidates if annex.code == sent["annex"]), None)
    if chosen is None and len(asking) > 1:
        return [Violation("annex", "several annexes ask for this", "Choose one of them.")]
    if not candidates:
        return [Violation("area", "lies in no agreement", "Choose another place.")]
    annex = chosen or next(iter(asking), None)
    activity["agreement"] = (annex or candidates[0]).agreement
    if annex is not None and annex.number is not None:
        activity["annex"] = annex.number
    return ()


def _day_of(activity: dict[str, Any], today: date) -> date:
    """Return the day by which the agreement is chosen: of a case its report's, else the start."""
    given = next((str(activity[name]) for name in ("start", "completed", "reported") if name in activity), None)
    return today if given is None else today.fromisoformat(given[:10])


def types_to_choose(setting: Setting, listed: Collection[str]) -> list[Any]:
    """Return the types in use here beyond those that are listed already, by name."""
    types = setting.catalogue.activity_types.values()
    rest = [one for one in types if one.code not in listed and setting.has_type(one.code)]
    return asked.by_name(rest, setting.language)
