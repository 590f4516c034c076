"""Many are invited at once, or nobody is: until every line is sound, what was typed stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from services.api.pages.people.pasted_lines import MOST_LINES, PastedLine
from shared.domain.errors import DomainError, Violation
from shared.domain.person import GivenRole, Invitation, faults_of
from shared.people import people

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection


class NewLink(NamedTuple):
    """Somebody for whom a link has been made; its token is known now and never again."""

    email: str
    name: str | None
    token: str


class LineFault(NamedTuple):
    """What is wrong with a line: a violation, or why the person can be given no link."""

    line: PastedLine
    fault: Violation | DomainError


@dataclass(slots=True)
class Invited:
    """What has become of the lines: links for all, or what is wrong."""

    links: list[NewLink]
    faults: list[LineFault]


def faults_in(lines: Sequence[PastedLine]) -> Iterator[LineFault]:
    """Yield what of the lines cannot be stored, whatever their roles and whoever has been invited."""
    if len(lines) > MOST_LINES:
        remedy = f"Invite up to {MOST_LINES} people at a time."
        yield LineFault(lines[MOST_LINES], Violation("people", "is one too many", remedy))
        return
    for line in lines:
        if line.same_as is not None:
            yield LineFault(line, Violation("people", "repeats an address", "Remove one of the two lines."))
        for violation in faults_of(Invitation(line.email, (), line.name)):
            if violation.field != "roles":
                yield LineFault(line, violation)


def invite_all(connection: Connection, lines: Sequence[PastedLine], role: GivenRole) -> Invited:
    """Invite everybody with a role, and make a link for each; where something is wrong, nobody is invited."""
    invited = Invited([], [*faults_in(lines)])
    if invited.faults:
        return invited
    savepoint = connection.begin_nested()
    for line in lines:
        try:
            person_id = people.invite(connection, Invitation(line.email, (role,), line.name))
            invited.links.append(NewLink(line.email, line.name, people.create_link(connection, person_id)))
        except DomainError as error:
            invited.faults += [LineFault(line, one) for one in error.violations or (error,)]
    if invited.faults:
        savepoint.rollback()
        invited.links.clear()
    return invited
