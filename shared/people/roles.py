"""What a person's roles let them do: each is a scope in its area, as an API client's grant is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.db.keys import KeyScope
from shared.domain.person import PersonRole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.db.territories import Grants
    from shared.people.sessions import RoleInArea

SCOPES = {
    PersonRole.READER: KeyScope.READ,
    PersonRole.REPORTER: KeyScope.REPORT,
    PersonRole.ANNEX_OWNER: KeyScope.REPORT,
    PersonRole.COORDINATOR: KeyScope.COORDINATE,
    PersonRole.ADMINISTRATOR: KeyScope.ADMINISTER,
}


def reporting_areas(roles: Iterable[RoleInArea]) -> frozenset[int]:
    """Return the ids of the areas in which a person with these roles reports."""
    return frozenset(area_id for scope, area_id in grants_of(roles) if scope is not KeyScope.READ)


def coordinated_areas(roles: Iterable[RoleInArea]) -> frozenset[int]:
    """Return the ids of the areas that a person with these roles coordinates or administers."""
    return frozenset(area_id for scope, area_id in grants_of(roles) if KeyScope.COORDINATE in scope.included)


def grants_of(roles: Iterable[RoleInArea]) -> Grants:
    """Return the grants of a person with these roles."""
    return frozenset((SCOPES[given.role], given.area_id) for given in roles)
