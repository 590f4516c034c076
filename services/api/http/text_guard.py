"""No text that is sent holds personal data: every body is searched before its route sees it, keys too.

Where all faults of a body are reported at once, the resource searches for itself; a test sees that it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.api.http.problems import InvalidBody
from shared.domain.contact_details import contact_policy
from shared.domain.errors import Violation
from shared.domain.free_text import REMEDY, Guard, fault_of, faults_in, marked

if TYPE_CHECKING:
    from collections.abc import Mapping

SEARCHES_FOR_ITSELF = frozenset(
    (
        "activities",
        "observations",
        "areas",
        "agreements",
        "notes",
        "import-mappings",
        "activity-types",
        "indicators",
        "roles",
    )
)


def without_personal_data(content: object, path_parameters: Mapping[str, Any], resource: str) -> object:
    """Return a body as it may be stored: as it was sent, or with marks where the operator wants them.

    Raises:
        InvalidBody: a text in it, or in its address, holds personal data.
    """
    violations = [
        Violation("code" if name.endswith("Code") else name, fault, REMEDY)
        for name, value in path_parameters.items()
        if (fault := fault_of(str(value), Guard.IDENTIFIER))
    ]
    taken = marked(content, resource) if contact_policy.get() == "mark" else content
    if resource not in SEARCHES_FOR_ITSELF:
        violations += faults_in(taken, resource)
    if violations:
        raise InvalidBody("The body or its address holds personal data.", violations)
    return taken
