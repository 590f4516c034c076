"""Roles: what is true of an area for some days, which indicators count by; their codes, and the checks of an area's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from shared.domain.activity_type import Wording
from shared.domain.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

ROLES = {
    "contact-officer-school": Wording(
        sv="Ska ha kontaktpolis enligt överenskommelsen", en="Should have a contact officer by the agreement"
    ),
    "contact-officer": Wording(sv="Har en utsedd kontaktpolis", en="Has an appointed contact officer"),
    "contact-person": Wording(sv="Har en utsedd kontaktperson", en="Has an appointed contact person"),
    "certified-prodis": Wording(sv="Certifierat enligt Prodis", en="Certified by the Prodis model"),
    "works-by-prodis": Wording(sv="Arbetar efter Prodis", en="Works by the Prodis model"),
    "online-abuse-plan": Wording(sv="Planen tar upp kränkningar på nätet", en="Its plan covers online harassment"),
    "active-collaboration-group": Wording(
        sv="Har en samverkansgrupp som är i gång", en="Has an active collaboration group"
    ),
    "situational-picture": Wording(sv="Lägesbilden är uppdaterad", en="The situational picture is updated"),
    "neighbourhood-watch": Wording(sv="Har aktiv grannsamverkan", en="Has an active neighbourhood watch"),
    "open-to-public": Wording(sv="Öppet för allmänheten", en="Open to the public"),
}
# The roles that say how many visits a month a place needs.
ROLES_WITH_NEED = ("contact-officer",)
# The roles that are also judged by how long ago they began.
ROLES_THAT_AGE = ("situational-picture",)
# Names, in dirty marks, that roles have changed, as an activity type's code names its activities.
ROLE_CHANGES = "(roles)"
MOST_VISITS = 1000


def _known_role(code: str) -> str:
    if code not in ROLES:
        message = f"unknown role '{code}': write one of {', '.join(ROLES)}"
        raise ValueError(message)
    return code


RoleCode = Annotated[str, AfterValidator(_known_role)]


@dataclass(frozen=True, slots=True)
class RoleSpan:
    """That an area has a role from its first to its last day, or without end, and the visits a month that it needs."""

    role: str
    first: date
    last: date | None
    need: int | None


def contradictions(roles: Sequence[RoleSpan], area_first: date | None, area_last: date | None) -> Iterator[Violation]:
    """Yield every reason to refuse the roles of an area that exists on the days given; None is without bound."""
    for index, span in enumerate(roles):
        field = f"roles[{index}]"
        if span.role not in ROLES:
            yield Violation(f"{field}.role", "is no known role", f"Take one of {', '.join(ROLES)}.")
        else:
            yield from _contradictions_of_need(field, span)
        if span.last is not None and span.last < span.first:
            yield Violation(f"{field}.validTo", "is before validFrom", "Give a last day that is not before the first.")
        elif any(earlier.role == span.role and _overlap(earlier, span) for earlier in roles[:index]):
            reason = "has the same role on some day as an entry before it"
            yield Violation(field, reason, "Let one end before the other begins.")
        if area_first is not None and span.first < area_first:
            yield Violation(f"{field}.validFrom", "is before the area exists", f"Give {area_first} or a later day.")
        if area_last is not None and (span.last is None or span.last > area_last):
            yield Violation(f"{field}.validTo", "is after the area exists", f"Give {area_last} or an earlier day.")


def _contradictions_of_need(field: str, span: RoleSpan) -> Iterator[Violation]:
    if span.role not in ROLES_WITH_NEED:
        if span.need is not None:
            remedy = f"Leave it out; it belongs to {', '.join(ROLES_WITH_NEED)}."
            yield Violation(f"{field}.need", "does not belong to this role", remedy)
    elif span.need is None or not 0 <= span.need <= MOST_VISITS:
        remedy = f"Give the visits that the place needs in a month: 0 to {MOST_VISITS}."
        yield Violation(f"{field}.need", "is not a number of visits", remedy)


def _overlap(one: RoleSpan, other: RoleSpan) -> bool:
    return (one.last is None or other.first <= one.last) and (other.last is None or one.first <= other.last)
