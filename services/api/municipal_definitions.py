"""Definitions that municipalities have added: read from what was sent, and asked for by whose own they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.problems import InvalidQuery
from shared.catalogue.loader import validated
from shared.catalogue.municipal_definitions import MODELS, DefinitionKind
from shared.catalogue.rules import Finding, Path
from shared.db.codes import find_area_id
from shared.domain.errors import InvalidDefinition, Violation
from shared.domain.fields import YEARS
from shared.domain.free_text import faults_in
from shared.facts.municipal_definitions import Upload, field_of
from shared.intake.violations import redacted

AddedBy = Annotated[str | None, Query(description="Only those that the municipality with this code has added.")]

LONGEST_TEXT = 2000
LARGEST_NUMBER = 10**6
MOST_ENTRIES = 200
# Each is a series of figures of its own.
MOST_SLICES = 20

# What pydantic adds to the path of a fault in a key, rather than in its value.
_OF_KEY = "[key]"
# Where the form of each kind can be seen.
_ADDRESSES = {
    DefinitionKind.ACTIVITY_TYPE: "/activity-types",
    DefinitionKind.INDICATOR: "/indicators",
    DefinitionKind.ROLE: "/roles",
}


def read_upload(kind: DefinitionKind, code: str, sent: object) -> Upload:
    """Read a definition from a JSON value.

    Raises:
        InvalidDefinition: it is no object, or holds personal data: faults reported in the rest could repeat it.

    """
    if not isinstance(sent, dict):
        violation = Violation("", "is not an object", "Write an object, in braces.")
        raise InvalidDefinition("A definition is a JSON object.", [violation])
    _refuse_personal_data(kind, {**sent, "code": code})
    faults = [*_faults_of_address(code, sent), *_beyond_limits(sent)]
    document = {name: value for name, value in sent.items() if name not in {"area", "code", "version"}}
    content = validated(MODELS[kind], {**document, "code": code, "version": 1})
    if isinstance(content, list):
        known = {fault.field for fault in faults}
        found = [_violation(kind, finding) for finding in content]
        faults += [violation for violation in found if violation.field not in known]
    owner = sent.get("area")
    return Upload(
        kind=kind,
        code=code,
        owner=owner if isinstance(owner, str) else None,
        content=None if isinstance(content, list) or faults else content,
        faults=tuple(faults),
    )


def _refuse_personal_data(kind: DefinitionKind, sent: Mapping[str, Any]) -> None:
    violations = [*faults_in(sent, _ADDRESSES[kind].removeprefix("/"))]
    if violations:
        raise InvalidDefinition("The definition holds personal data.", violations)


def _faults_of_address(code: str, sent: Mapping[str, Any]) -> Iterator[Violation]:
    if sent.get("code", code) != code:
        remedy = "Leave it out, or send the body to the address of its own code."
        yield Violation("code", "is not the address's", remedy)
    if "version" in sent:
        yield Violation("version", "is counted here", "Leave it out.")
    if not isinstance(sent.get("area"), str):
        yield Violation("area", "no municipality is named", "Give the code of the municipality whose own it is.")


def _beyond_limits(sent: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what has the right form, and is too much of it."""
    for path, value in _parts(sent, ()):
        field = redacted(field_of(path))
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            yield Violation(field, "is too long", f"Write at most {LONGEST_TEXT} characters.")
        elif isinstance(value, int | float) and abs(value) > LARGEST_NUMBER:
            yield Violation(field, "is too large", f"Give at most {LARGEST_NUMBER}.")
        elif isinstance(value, list | dict) and len(value) > (most := _most_in(path)):
            yield Violation(field, "has too many entries", f"Give at most {most}.")
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
    form = f"write it as those at {_ADDRESSES[kind]} are written; the specification names every field"
    return Violation(field, reason[0].lower() + reason[1:], _sentence(remedy or form))


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


async def refuse_unknown_area(connection: AsyncConnection, code: str | None) -> None:
    """Raise InvalidQuery if no area has the code: an empty list would look like an answer."""
    if code is not None and await find_area_id(connection, code) is None:
        violation = Violation("area", "no area has this code", "Take a code from /areas.")
        raise InvalidQuery("The area is unknown.", [violation])
