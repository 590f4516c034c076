"""Who publishes open data: a name, an address of a function, and perhaps the number that portals know them by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.domain.errors import Violation
from shared.domain.free_text import text_faults
from shared.domain.person import is_email
from shared.domain.personal_numbers import holds_personal_number

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_PUBLISHER: Final = 200
LONGEST_CONTACT: Final = 254
# The third digit of an organisation's number is at least 2, by which it is told from a person's.
_ORGANISATION_NUMBER = re.compile(r"([0-9]{2}[2-9][0-9]{3})-?([0-9]{4})", re.ASCII)

_EMAIL_REMEDY = "Write one such as oppnadata@kommun.example, without å, ä and ö."


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whom a catalogue of open data names as its publisher; `organisation_number` has ten digits."""

    name: str
    contact_email: str
    organisation_number: str | None = None


def read_organisation_number(text: str) -> str | None:
    """Return the ten digits of an organisation's number, written as 212000-1140 or 2120001140; None if it is none."""
    match = _ORGANISATION_NUMBER.fullmatch(text)
    return "".join(match.groups()) if match else None


def faults_of(publisher: Publisher) -> Iterator[Violation]:
    """Yield what a publisher cannot be published with."""
    name = publisher.name
    if not name.strip() or len(name) > LONGEST_PUBLISHER or any(character < " " for character in name):
        yield Violation(
            "publisher", "is no publisher's name", "Write the name of the municipality, such as Landskrona stad."
        )
    yield from text_faults([("publisher", name)])
    email = publisher.contact_email
    if not is_email(email) or not email.isascii():
        yield Violation("contactEmail", "cannot be published as an e-mail address", _EMAIL_REMEDY)
    elif holds_personal_number(email):
        yield Violation("contactEmail", "holds a personal identity number", "Write the address of a function.")
    number = publisher.organisation_number
    if number is not None and read_organisation_number(number) is None:
        yield Violation("organisationNumber", "is no organisation's number", "Write it as 212000-1140, or omit it.")
