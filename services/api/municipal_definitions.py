"""Own definitions: read from what was sent, asked for by whose own they are, and shown with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.problems import InvalidQuery
from shared.catalogue.loader import validated
from shared.catalogue.municipal_definitions import MODELS, DefinitionKind
from shared.catalogue.rules import Finding, Path
from shared.db.codes import find_area_id
from shared.domain.codes import AreaCode
from shared.domain.errors import InvalidDefinition, Violation
from shared.domain.fields import YEARS
from shared.domain.free_text import faults_in
from shared.domain.matching import trimmed
from shared.domain.owner import Owner
from shared.facts.municipal_definitions import SentDefinition, field_of
from shared.intake.violations import redacted

# So many municipalities at most share a definition; for more there is their county.
MOST_OWNERS = 50
AddedBy = Annotated[str | None, Query(description="Only own ones of the area with this code, alone or with others.")]

# Whose own a definition is, as it is sent and as it is shown.
Area = Annotated[
    AreaCode | None,
    Field(description="Whose own it is: a municipality, a county, a police area, a district. Else say `areas`."),
]
Areas = Annotated[
    list[AreaCode],
    Field(
        default_factory=list,
        max_length=MOST_OWNERS,
        description="The municipalities whose own it is together. Instead of `area`. Areas can be added later, by "
        "sending what it says as it is; none is ever taken away.",
    ),
]
ServedOwner = Annotated[
    AreaCode | None,
    Field(description="The area whose own it is; null when it ships, and when it is several municipalities' own."),
]
ServedOwners = Annotated[
    list[AreaCode],
    Field(default_factory=list, description="The municipalities whose own it is, where these are several."),
]

LONGEST_TEXT = 2000
LARGEST_NUMBER = 10**6
MOST_ENTRIES = 200
# Each is a series of figures of its own.
MOST_SLICES = 20

# What pydantic adds to the path of a fault in a key, rather than in its value.
_OF_KEY = "[key]"


def read_upload(kind: DefinitionKind, code: str, sent: object) -> SentDefinition:
    """Read a definition from a JSON value.

    Raises:
        InvalidDefinition: it is no object, or holds personal data: faults reported in the rest could repeat it.

    """
    if not isinstance(sent, dict):
        violation = Violation("", "is not an object", "Write an object, in braces.")
        raise InvalidDefinition("A definition is a JSON object.", [violation])
    _refuse_personal_data(kind, {**sent, "code": code})
    faults = [*_faults_of_address(code, sent), *_beyond_limits(sent)]
    document = {name: value for name, value in sent.items() if name not in {"area", "areas", "code", "version"}}
    content = validated(MODELS[kind], {**document, "code": code, "version": 1})
    if isinstance(content, list):
        known = {fault.field for fault in faults}
        found = [_violation(kind, finding) for finding in content]
        faults += [violation for violation in found if violation.field not in known]
    return SentDefinition(
        kind=kind,
        code=code,
        areas=_areas(sent),
        content=None if isinstance(content, list) or faults else content,
        faults=tuple(faults),
    )


def _refuse_personal_data(kind: DefinitionKind, sent: Mapping[str, Any]) -> None:
    violations = [*faults_in(sent, kind.address.removeprefix("/"))]
    if violations:
        raise InvalidDefinition("The definition holds personal data.", violations)


def _faults_of_address(code: str, sent: Mapping[str, Any]) -> Iterator[Violation]:
    if sent.get("code", code) != code:
        remedy = "Leave it out, or send the body to the address of its own code."
        yield Violation("code", "is not the address's", remedy)
    if "version" in sent:
        yield Violation("version", "is counted here", "Leave it out.")
    yield from _faults_of_areas(sent)


def _areas(sent: Mapping[str, Any]) -> dict[str, str]:
    """Return the codes of the areas whose own it is to be, by their fields; none if these are faulty."""
    if any(_faults_of_areas(sent)):
        return {}
    if "areas" in sent:
        return {f"areas[{index}]": code for index, code in enumerate(sent["areas"])}
    return {"area": sent["area"]}


def _faults_of_areas(sent: Mapping[str, Any]) -> Iterator[Violation]:
    if "areas" not in sent:
        if not isinstance(sent.get("area"), str):
            yield Violation("area", "no area is named", "Give the code of the area whose own it is.")
        return
    areas = sent["areas"]
    if "area" in sent:
        yield Violation("area", "the areas are named, too", "Leave one of both out.")
    if not isinstance(areas, list) or not areas or not all(isinstance(code, str) for code in areas):
        yield Violation("areas", "is no list of codes", "Give the codes of the municipalities whose own it is.")
        return
    if len(areas) > MOST_OWNERS:
        yield Violation("areas", "has too many entries", f"Give at most {MOST_OWNERS}.")


def _beyond_limits(sent: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what has the right form, and is too much of it, stands twice or is blank."""
    for path, value in _parts(sent, ()):
        field = redacted(field_of(path))
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            yield Violation(field, "is too long", f"Write at most {LONGEST_TEXT} characters.")
        elif isinstance(value, str) and value and not trimmed(value):
            yield Violation(field, "is blank", "Write a text that can be read.")
        elif isinstance(value, int | float) and abs(value) > LARGEST_NUMBER:
            yield Violation(field, "is too large", f"Give at most {LARGEST_NUMBER}.")
        elif isinstance(value, list | dict) and len(value) > (most := _most_in(path)):
            yield Violation(field, "has too many entries", f"Give at most {most}.")
        elif isinstance(value, list):
            # A group of participants that is named twice would be added twice.
            for index, entry in enumerate(value):
                if isinstance(entry, str) and entry in value[:index]:
                    yield Violation(f"{field}[{index}]", "stands here a second time", "Leave one of them out.")
        elif path[-1] in {"validFrom", "validTo"} and not _can_be_stored(value):
            yield Violation(field, "is not a date that can be kept", f"Write it as 2016-03-24, {_YEARS}.")


_YEARS = f"from the years {YEARS[0]} to {YEARS[-1]}"


def _most_in(path: Path) -> int:
    return MOST_SLICES if path == ("slices",) else MOST_ENTRIES


def _can_be_stored(day: object) -> bool:
    try:
        return day is None or date.fromisoformat(str(day)).year in YEARS
    except ValueError:
        return False


def _parts(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    """Yield all that a JSON value holds, with the keys that lead there."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*path, key), inner
        yield from _parts(inner, (*path, key))


def _violation(kind: DefinitionKind, finding: Finding) -> Violation:
    path, fault = finding
    field = redacted(field_of(part for part in path if part != _OF_KEY))
    reason, _, remedy = fault.removeprefix("Value error, ").partition(": ")
    form = f"write it as those at {kind.address} are written; the specification names every field"
    return Violation(field, reason[0].lower() + reason[1:], _sentence(remedy or form))


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def named_owner(owner: Owner | None) -> dict[str, Any]:
    """Return whose own a definition is as it is shown: one area's, or several municipalities'; null if it ships."""
    if owner is None or len(owner.areas) == 1:
        return {"owner": owner and owner.areas[0]}
    return {"owner": None, "owners": list(owner.areas)}


def is_of(owner: Owner | None, area: str | None) -> bool:
    """Tell whether a definition is asked for by the code of an area whose own it is."""
    return area is None or (owner is not None and area in owner.areas)


async def refuse_unknown_area(connection: AsyncConnection, code: str | None) -> None:
    """Raise InvalidQuery if no area has the code: an empty list would look like an answer."""
    if code is not None and await find_area_id(connection, code) is None:
        violation = Violation("area", "no area has this code", "Take a code from /areas.")
        raise InvalidQuery("The area is unknown.", [violation])
