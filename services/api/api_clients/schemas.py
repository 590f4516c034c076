"""Clients of the API, as it takes and shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.db.keys import LONGEST_OVERLAP, USUAL_OVERLAP, Expiry, Grant, KeyScope, NewClient
from shared.domain.codes import AreaCode
from shared.domain.fields import Document, Instant, InstantField
from shared.domain.free_text import LONGEST_NAME

MOST_GRANTS = 1000

_HOUR = timedelta(hours=1)
_ID = "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a12"
EXAMPLE: dict[str, Any] = {
    "name": "Gatukontorets felanmälan",
    "owner": "1282",
    "grants": [{"scope": "read", "area": "1282"}, {"scope": "report", "area": "1282-karlslund"}],
    "expiresAt": "2079-01-01T00:00:00Z",
}
ENTRY_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    **EXAMPLE,
    "createdAt": "2026-11-30T08:00:01.000000Z",
    "revokedAt": None,
    "lastUsedAt": "2026-11-30T09:00:00.000000Z",
    "formerKeyUntil": None,
    "revision": 2,
}
# Has the form of a key, and is none.
KEY_EXAMPLE = "smv_example-of-a-key"

Name = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_NAME, description="Which system or office uses it; no personal data."),
]
ExpiresAt = Annotated[InstantField | None, Field(description="From when its keys no longer hold; null: never.")]


class ApiClientGrant(Document):
    """What a client may do in an area and in all that lies in it."""

    scope: Annotated[
        KeyScope,
        Field(strict=False, description="read, report, coordinate or administer; each includes those before."),
    ]
    area: Annotated[AreaCode, Field(description="From /areas; SE is everywhere.")]


Grants = Annotated[
    tuple[ApiClientGrant, ...],
    # That there is one is seen to by `shared.db.keys`: here a list of wrong ones would count as empty, too.
    Field(
        max_length=MOST_GRANTS,
        strict=False,
        description="What it may do, and where.",
        json_schema_extra={"minItems": 1},
    ),
]


def _pairs(grants: tuple[ApiClientGrant, ...]) -> tuple[Grant, ...]:
    return tuple((grant.scope, grant.area) for grant in grants)


class ApiClientBody(Document):
    """A client as it is to be. Owner and grants lie in areas that the caller administers."""

    name: Name
    owner: Annotated[AreaCode, Field(description="The area that what it stores belongs to.")]
    grants: Grants
    expires_at: ExpiresAt = None

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def as_client(self) -> NewClient:
        """Return the client as it is to be stored."""
        return NewClient(self.name, self.owner, _pairs(self.grants), self.expires_at)


class ApiClientChange(Document):
    """What is to change of a client; what is left out stays."""

    name: Name | None = None
    grants: Annotated[
        Grants | None, Field(description="All that it is to have. What it has may stay, whoever gave it.")
    ] = None
    expires_at: ExpiresAt = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Gatukontoret", "expiresAt": None}]})

    def changes(self) -> dict[str, Any]:
        """Return what `shared.db.keys.change` is to change."""
        return {
            "name": self.name,
            "grants": None if self.grants is None else _pairs(self.grants),
            "expiry": Expiry(self.expires_at) if "expires_at" in self.model_fields_set else None,
        }


class KeyBody(Document):
    """How the present key is replaced."""

    overlap_hours: Annotated[
        int,
        Field(
            ge=0,
            le=LONGEST_OVERLAP // _HOUR,
            description="For how many hours the former key holds on; 0 ends it, and those before it, at once.",
        ),
    ] = USUAL_OVERLAP // _HOUR

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlapHours": 48}]})

    @property
    def overlap(self) -> timedelta:
        """For how long the former key holds on."""
        return self.overlap_hours * _HOUR


class ApiClientEntry(Document):
    """A client as it is kept; its key is not, only what it is recognised by."""

    id: UUID
    name: str
    owner: Annotated[str, Field(description="The code of the area that what it stores belongs to.")]
    grants: list[ApiClientGrant]
    created_at: Instant
    expires_at: Annotated[Instant | None, Field(description="From when its keys no longer hold; null: never.")]
    revoked_at: Annotated[Instant | None, Field(description="When it was revoked, for good.")]
    last_used_at: Annotated[Instant | None, Field(description="To the hour; null: never.")]
    former_key_until: Annotated[
        Instant | None, Field(description="Until when a key that was replaced holds on; null: none does.")
    ]
    revision: Annotated[int, Field(description="Rises with every change, though not with use; the ETag.")]


class ApiClient(ApiClientEntry, Resource):
    """One client."""

    model_config = ConfigDict(json_schema_extra={"examples": [example_resource(f"api-clients/{_ID}", ENTRY_EXAMPLE)]})


class KeyedApiClient(ApiClient):
    """A client with its new key, which is told this once."""

    key: Annotated[str, Field(description="Goes into the header `Authorization: Bearer`. Keep it safe.")]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                example_resource(
                    f"api-clients/{_ID}", {**ENTRY_EXAMPLE, "lastUsedAt": None, "revision": 1, "key": KEY_EXAMPLE}
                )
            ]
        }
    )


class ApiClientPage(PageOf):
    """A page of clients, the oldest first."""

    api_clients: list[ApiClientEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("api-clients", "apiClients", ENTRY_EXAMPLE)]}
    )
