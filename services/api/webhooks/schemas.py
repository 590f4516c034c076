"""Webhooks as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.api.changes.schemas import CURSOR
from services.api.http.schemas import PageOf, PeriodTypeName, Resource, example_page, example_resource
from shared.connectors.outgoing import LONGEST_URL
from shared.domain.codes import AreaCode
from shared.domain.fields import DefinedCode, Document, Instant, InstantField
from shared.feed.changes import ChangeFilter
from shared.feed.webhooks import SECRET_PREFIX, SECRET_SIZES, Subscription, is_secret

LONGEST_DESCRIPTION = 500
LONGEST_SECRET = 100
MOST_CODES = 1000

# Says so itself, to who decodes it.
SECRET_EXAMPLE = "whsec_bWFkZSB1cCwgYW5kIG5vdCBhbnlvbmUncyBzZWNyZXQ="  # noqa: S105
_ID = "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a11"
EXAMPLE: dict[str, Any] = {
    "url": "https://intranet.example.se/samverkan-changes",
    "description": "Intranätets startsida",
    "indicators": ["graffiti-cleanups", "school-visits"],
    "areas": ["1282"],
    "periodTypes": ["tertial", "year"],
}
ENTRY_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    **EXAMPLE,
    "status": "active",
    "reason": None,
    "provenAt": "2026-11-22T08:00:02.000000Z",
    "position": CURSOR,
    "revision": 2,
    "createdAt": "2026-11-22T08:00:01.000000Z",
    "changedAt": "2026-11-22T08:00:02.000000Z",
}
_DELIVERY_EXAMPLE: dict[str, Any] = {
    "messageId": "0199c3a1-1d2e-7f00-8a4b-9c0d1e2f3a4b",
    "type": "indicator-values.changed",
    "changes": 3,
    "attempt": 1,
    "attemptedAt": "2026-11-22T08:05:00.000000Z",
    "outcome": "failed",
    "statusCode": 503,
    "error": "refused",
    "milliseconds": 41,
    "nextAttemptAt": "2026-11-22T08:05:05.000000Z",
    "message": "pending",
}

Indicators = Annotated[
    tuple[DefinedCode, ...], Field(max_length=MOST_CODES, strict=False, description="From /indicators.")
]
Areas = Annotated[tuple[AreaCode, ...], Field(max_length=MOST_CODES, strict=False, description="From /areas.")]
PeriodTypes = Annotated[tuple[PeriodTypeName, ...], Field(max_length=5, strict=False, description="Any when empty.")]


def _secret(sent: str) -> str:
    if not is_secret(sent):
        remedy = f"Write {SECRET_PREFIX} and then {SECRET_SIZES[0]} to {SECRET_SIZES[-1]} random bytes in base64."
        raise PydanticCustomError("secret", "is no secret of Standard Webhooks", {"remedy": remedy})
    return sent


OwnSecret = Annotated[
    Annotated[str, Field(max_length=LONGEST_SECRET), AfterValidator(_secret)] | None,
    Field(
        description="A secret of your own, so that the endpoint can verify the first challenge. Left out, one is made.",
        json_schema_extra={"writeOnly": True},
    ),
]


class WebhookBody(Document):
    """A subscription as a client sends it. Only changes that pass all three lists are sent; an empty one lets all pass.

    An address must be https, and public unless the operator has allowed its network. It holds no user name or password.
    """

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL, description="Where messages are sent by POST.")]
    description: Annotated[str, Field(max_length=LONGEST_DESCRIPTION, description="For people; no personal data.")] = ""
    indicators: Indicators = ()
    areas: Areas = ()
    period_types: PeriodTypes = ()
    secret: OwnSecret = None

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def as_subscription(self) -> Subscription:
        """Return the subscription as it is to be stored."""
        return Subscription(self.url, self.description, ChangeFilter(self.indicators, self.areas, self.period_types))


class SecretBody(Document):
    """The secret that replaces the present one."""

    secret: OwnSecret = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"secret": SECRET_EXAMPLE}]})


class WebhookChange(Document):
    """What is to change of a subscription; what is left out stays."""

    url: Annotated[
        str | None,
        Field(min_length=1, max_length=LONGEST_URL, description="Another address is challenged before it is used."),
    ] = None
    description: Annotated[str | None, Field(max_length=LONGEST_DESCRIPTION, description="For people.")] = None
    indicators: Indicators | None = None
    areas: Areas | None = None
    period_types: PeriodTypes | None = None
    status: Annotated[
        Literal["active", "paused"] | None,
        Field(description="paused: send nothing. active: go on where it stopped, at once."),
    ] = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "Startsidan", "status": "paused"}]})


class WebhookEntry(Document):
    """A subscription as it is kept; its secret is not shown again."""

    id: UUID
    url: str
    description: str
    indicators: list[str]
    areas: list[str]
    period_types: list[PeriodTypeName]
    status: Annotated[
        Literal["challenged", "active", "paused"],
        Field(description="challenged: the endpoint has not yet proved that it wants messages; nothing else is sent."),
    ]
    reason: Annotated[
        str | None,
        Field(
            description=(
                "Why nothing is sent. Paused: byOperator, failing (the last attempt of several days failed), gone (the "
                "endpoint answered 410) or databaseMoved. Challenged: what the last challenge failed by, as in a "
                "delivery's `error`."
            )
        ),
    ]
    proven_at: Annotated[Instant | None, Field(description="When the endpoint last returned a challenge.")]
    position: Annotated[
        str | None, Field(description="A cursor of /changes: messages have been made of all before. Null: of none.")
    ]
    revision: Annotated[int, Field(description="Rises with every change; the ETag.")]
    created_at: Instant
    changed_at: Instant


class Webhook(WebhookEntry, Resource):
    """One subscription."""

    model_config = ConfigDict(json_schema_extra={"examples": [example_resource(f"webhooks/{_ID}", ENTRY_EXAMPLE)]})


class SecretWebhook(Webhook):
    """A subscription with its secret, which is told this once."""

    secret: Annotated[str, Field(description="Verifies signatures, by any library of Standard Webhooks. Keep it safe.")]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                example_resource(
                    f"webhooks/{_ID}",
                    {
                        **ENTRY_EXAMPLE,
                        "status": "challenged",
                        "provenAt": None,
                        "revision": 1,
                        "secret": SECRET_EXAMPLE,
                    },
                )
            ]
        }
    )


class WebhookPage(PageOf):
    """A page of subscriptions, the oldest first."""

    webhooks: list[WebhookEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page("webhooks", "webhooks", ENTRY_EXAMPLE)]})


class Delivery(Document):
    """One attempt to deliver a message."""

    message_id: Annotated[UUID, Field(description="What the receiver saw as `webhook-id`; the same in each attempt.")]
    type: Annotated[
        str, Field(description="webhook.challenge, indicator-values.changed or indicator-values.restarted.")
    ]
    changes: Annotated[int, Field(description="How many changes the message holds.")]
    attempt: Annotated[int, Field(description="Which attempt, from 1; after a pause it is counted anew.")]
    attempted_at: Instant
    outcome: Annotated[
        Literal["sending", "delivered", "failed", "interrupted"],
        Field(description="interrupted: it is not known what the receiver got; it is sent again."),
    ]
    status_code: Annotated[int | None, Field(description="The receiver's HTTP status, if it answered.")]
    error: Annotated[
        Literal[
            "addressNotAllowed",
            "unknownHost",
            "notConnected",
            "certificateIssuerUnknown",
            "certificateExpired",
            "certificateNotYetValid",
            "certificateOtherName",
            "certificateInvalid",
            "tlsFailed",
            "timedOut",
            "cutOff",
            "redirected",
            "refused",
            "wrongAnswer",
        ]
        | None,
        Field(
            description="What went wrong. certificateIssuerUnknown: the operator trusts the authorities of a "
            "municipality's own by SAMVERKAN_TRUSTED_CAS."
        ),
    ]
    milliseconds: Annotated[int | None, Field(description="How long the attempt took.")]
    next_attempt_at: Annotated[Instant | None, Field(description="When this attempt let the next one wait until.")]
    message: Annotated[
        Literal["pending", "delivered", "failed", "withdrawn"],
        Field(description="What has become of the message. withdrawn: a replay or a new challenge stands for it."),
    ]


class DeliveryPage(PageOf):
    """A page of deliveries, the latest first; they are kept for 30 days."""

    deliveries: list[Delivery]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page(f"webhooks/{_ID}/deliveries", "deliveries", _DELIVERY_EXAMPLE)]}
    )


class ReplayBody(Document):
    """From where to tell changes again: a cursor or a time, or neither for everything from the start."""

    since: Annotated[str | None, Field(description="`nextCursor` of a message or of /changes.")] = None
    changed_from: Annotated[
        InstantField | None, Field(alias="from", description="All that changed at this time or later, with zone.")
    ] = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "2026-11-20T08:00:00Z"}]})
