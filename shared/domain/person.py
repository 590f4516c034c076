"""People who sign in: their roles, and what of an address and a name can be stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.domain.errors import Violation
from shared.domain.free_text import LONGEST_NAME
from shared.domain.personal_numbers import holds_personal_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_EMAIL = 254
"""RFC 5321, 4.5.3.1.3, without its angle brackets."""
LONGEST_PARTY = 100

# As browsers check it, with a domain of two parts at least.
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~åäöÅÄÖéÉ-]+@[A-Za-z0-9åäöÅÄÖéÉ-]+(\.[A-Za-z0-9åäöÅÄÖéÉ-]+)+")


class PersonRole(StrEnum):
    """What a person does in an area; `shared.people.roles` says which scope that is."""

    READER = "reader"
    REPORTER = "reporter"
    ANNEX_OWNER = "annex-owner"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"


COORDINATING = (PersonRole.COORDINATOR, PersonRole.ADMINISTRATOR)
"""The roles of those who coordinate: who administers does so, too."""


@dataclass(frozen=True, slots=True)
class GivenRole:
    """A role of a person in an area, by its code.

    A reporter may report for a party of the agreement; an annex owner has an annex, by agreement and number.
    """

    role: PersonRole
    area: str
    party: str | None = None
    agreement: str | None = None
    annex: int | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person as they are to be: an e-mail address, perhaps a name, and the roles."""

    email: str
    roles: tuple[GivenRole, ...]
    name: str | None = None


def is_email(address: str) -> bool:
    """Tell whether a text is an e-mail address of somebody who can be invited."""
    return len(address) <= LONGEST_EMAIL and _EMAIL.fullmatch(address) is not None


def faults_of(invitation: Invitation) -> Iterator[Violation]:
    """Yield what of an invitation cannot be stored, whatever exists."""
    email = invitation.email
    if not is_email(email):
        yield Violation("email", "is no e-mail address", "Write one such as anna.berg@kommun.example.")
    elif holds_personal_number(email):
        yield Violation("email", "holds a personal identity number", "Use another address of the person.")
    yield from faults_of_name(invitation.name)
    yield from _faults_of_roles(invitation.roles)


def faults_of_name(name: str | None) -> Iterator[Violation]:
    """Yield what of a person's name cannot be stored."""
    if name and (len(name) > LONGEST_NAME or any(character < " " for character in name)):
        yield Violation("name", "is no name of a person", f"Write up to {LONGEST_NAME} characters.")
    elif name and holds_personal_number(name):
        yield Violation("name", "holds a personal identity number", "Remove it; no personal data is ever stored.")


def _faults_of_roles(roles: Sequence[GivenRole]) -> Iterator[Violation]:
    if not roles:
        yield Violation("roles", "is empty", "Give the person at least one role in one area.")
    for place, given in enumerate(roles):
        field = f"roles[{place}]"
        if (given.role is PersonRole.ANNEX_OWNER) != (given.annex is not None and given.agreement is not None):
            yield Violation(f"{field}.annex", "does not go with the role", "Name an annex for an annex owner alone.")
        if given.party is not None and (len(given.party) > LONGEST_PARTY or holds_personal_number(given.party)):
            yield Violation(f"{field}.party", "is no party", f"Name a party in up to {LONGEST_PARTY} characters.")
