"""Roles: what is true of an area for some days, which indicators count by; their codes, and the checks of an area's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from shared.domain.activity_type import CODE_PATTERN, Definition, Wording
from shared.domain.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

# Names, in dirty marks, that roles have changed, as an activity type's code names its activities.
ROLE_CHANGES = "(roles)"
MOST_VISITS = 1000


# The code of a role; the catalogue has them all.
RoleCode = Annotated[str, Field(pattern=CODE_PATTERN, max_length=80)]


class Role(Definition):
    """What may be true of an area for some days (domain term: roll), as that it has a contact officer."""

    code: RoleCode
    version: Annotated[int, Field(ge=1)] = 1
    name: Wording
    # Whether it says how many visits a month the place needs.
    takes_need: bool = False


@dataclass(frozen=True, slots=True)
class RoleSpan:
    """That an area has a role from its first to its last day, or without end, and the visits a month that it needs."""

    role: str
    first: date
    last: date | None
    need: int | None


def contradictions(
    roles: Sequence[RoleSpan], known: Mapping[str, Role], area_first: date | None, area_last: date | None
) -> Iterator[Violation]:
    """Yield every reason to refuse the roles of an area that exists on the days given; None is without bound.

    `known` are the roles that the area may have, by code.
    """
    for index, span in enumerate(roles):
        field = f"roles[{index}]"
        if span.role not in known:
            remedy = "Take a code from /roles: one that ships, or of the area's own municipality."
            yield Violation(f"{field}.role", "is no known role", remedy)
        else:
            yield from _contradictions_of_need(field, span, known)
        if span.last is not None and span.last < span.first:
            yield Violation(f"{field}.validTo", "is before validFrom", "Give a last day that is not before the first.")
        elif any(earlier.role == span.role and _overlap(earlier, span) for earlier in roles[:index]):
            reason = "has the same role on some day as an entry before it"
            yield Violation(field, reason, "Let one end before the other begins.")
        if area_first is not None and span.first < area_first:
            yield Violation(f"{field}.validFrom", "is before the area exists", f"Give {area_first} or a later day.")
        if area_last is not None and (span.last is None or span.last > area_last):
            yield Violation(f"{field}.validTo", "is after the area exists", f"Give {area_last} or an earlier day.")


def _contradictions_of_need(field: str, span: RoleSpan, known: Mapping[str, Role]) -> Iterator[Violation]:
    if not known[span.role].takes_need:
        if span.need is not None:
            takers = ", ".join(code for code, role in known.items() if role.takes_need)
            remedy = f"Leave it out; it belongs to {takers}."
            yield Violation(f"{field}.need", "does not belong to this role", remedy)
    elif span.need is None or not 0 <= span.need <= MOST_VISITS:
        remedy = f"Give the visits that the place needs in a month: 0 to {MOST_VISITS}."
        yield Violation(f"{field}.need", "is not a number of visits", remedy)


def _overlap(one: RoleSpan, other: RoleSpan) -> bool:
    return (one.last is None or other.first <= one.last) and (other.last is None or one.first <= other.last)
