"""What the texts that come in may hold: the one place that says which of them are free text.

Every text is free text, in any field of any resource, unless it is listed in `EXCEPTIONS`. So a new field is guarded
before anyone thinks of it. Keys of objects are texts too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from shared.domain.case_numbers import is_uuid
from shared.domain.contact_details import as_taken, contact_details_in
from shared.domain.errors import Violation
from shared.domain.personal_numbers import holds_personal_number
from shared.domain.plain_digits import are_words_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_NAME: Final = 200

PERSONAL_NUMBER: Final = "holds a personal identity number"
REMEDY: Final = "Remove it; no personal data is ever stored."
REMEDY_OF_ID: Final = (
    "Remove it; no personal data is ever stored. If it is a case number, a mapping or pulled source may say so by the "
    "pattern that its case numbers follow."
)


class Guard(StrEnum):
    """What is refused in a text."""

    FREE_TEXT = "freeText"
    """Personal numbers, e-mail addresses and telephone numbers."""

    IDENTIFIER = "identifier"
    """Personal numbers, unless its shape says that it is none; ids that a source declares to be case numbers pass."""

    ADDRESS = "address"
    """Personal numbers: the parts of an address may look like contact details."""

    OPAQUE = "opaque"
    """Nothing: no person has written it."""


@dataclass(frozen=True, slots=True)
class Exceptional:
    """How a text that is not free text is guarded, and why so."""

    guard: Guard
    reason: str


# By resource, and field as in the specification: `[]` for an entry of a list, `*` for a key of an object.
EXCEPTIONS: Final[Mapping[tuple[str, str], Exceptional]] = {
    ("activities", "externalId"): Exceptional(Guard.IDENTIFIER, "an id of another system, perhaps a UUID"),
    ("webhooks", "url"): Exceptional(Guard.ADDRESS, "a host and a path; some hold UUID@UUID"),
    ("webhooks", "secret"): Exceptional(Guard.OPAQUE, "random bytes in base64"),
    ("webhooks", "since"): Exceptional(Guard.OPAQUE, "a cursor that this API has made; nothing of it is stored"),
    ("pulled-sources", "url"): Exceptional(Guard.ADDRESS, "a host and a path"),
    ("open-data-catalogues", "contactEmail"): Exceptional(Guard.ADDRESS, "the public address of a function"),
    ("open-data-catalogues", "organisationNumber"): Exceptional(Guard.ADDRESS, "ten digits, as of a telephone"),
}


def guard_of(resource: str, field: str) -> Guard:
    """Return how a field of a resource is guarded."""
    exception = EXCEPTIONS.get((resource, field))
    return exception.guard if exception else Guard.FREE_TEXT


def fault_of(text: str, guard: Guard = Guard.FREE_TEXT) -> str | None:
    """Return why a text is refused, or None."""
    if guard is Guard.OPAQUE or are_words_alone(text):
        return None
    if holds_personal_number(text) and not (guard is Guard.IDENTIFIER and is_uuid(text)):
        return PERSONAL_NUMBER
    return contact_details_in(text) if guard is Guard.FREE_TEXT else None


def answerable(name: str) -> str:
    """Return the name of a field as it may be answered: a client may have made it up."""
    return "(hidden)" if fault_of(name) else name[:LONGEST_NAME]


def faults_in(value: object, resource: str, field: str = "", listed: str = "") -> Iterator[Violation]:
    """Yield what is refused in a JSON value of a resource: in its texts and in the keys of its objects.

    `field` is its place as it is answered, `listed` as `EXCEPTIONS` has it.
    """
    if isinstance(value, str):
        if fault := fault_of(value, guard_of(resource, listed)):
            yield Violation(answerable(field), fault, REMEDY)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            below = f"{field}.{key}" if field else str(key)
            if fault := fault_of(str(key)):
                yield Violation(answerable(below), fault, REMEDY)
            yield from faults_in(inner, resource, below, f"{listed}.{key}" if listed else str(key))
    elif isinstance(value, Sequence):
        for index, inner in enumerate(value):
            yield from faults_in(inner, resource, f"{field}[{index}]", f"{listed}[]")


def marked(value: object, resource: str, listed: str = "") -> object:
    """Return a JSON value of a resource as it is to be stored by the operator's choice about contact details."""
    if isinstance(value, str):
        return as_taken(value) if guard_of(resource, listed) is Guard.FREE_TEXT else value
    if isinstance(value, dict):
        below = f"{listed}." if listed else ""
        return {key: marked(inner, resource, f"{below}{key}") for key, inner in value.items()}
    if isinstance(value, list):
        return [marked(inner, resource, f"{listed}[]") for inner in value]
    return value


def text_faults(texts: Iterable[tuple[str, str | None]]) -> Iterator[Violation]:
    """Yield what is refused in free texts, each with the name of its field."""
    for field, text in texts:
        fault = fault_of(text) if text else None
        if fault:
            yield Violation(field, fault, REMEDY)
