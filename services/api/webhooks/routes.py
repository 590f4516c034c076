"""`/webhooks`: who subscribes to changes, where they are sent, and what was delivered."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.changes.codes import unknown_codes
from services.api.http.auth import ADMINISTER
from services.api.http.dependencies import Connection, Definitions, Reading, resources_of
from services.api.http.problems import InvalidBody, MissingPrecondition, problems_of
from services.api.http.responses import Answer, IfMatch, Paging, etag, page_answer, refuse_stale, resource
from services.api.http.routing import router
from services.api.webhooks import queries
from services.api.webhooks.schemas import (
    DeliveryPage,
    ReplayBody,
    SecretBody,
    SecretWebhook,
    Webhook,
    WebhookBody,
    WebhookChange,
    WebhookPage,
)
from shared.catalogue.loader import Catalogue
from shared.connectors.outgoing import fault_of
from shared.db.cursors import Cursor
from shared.db.signing import read_signer
from shared.domain.errors import (
    FeedNotReady,
    InvalidCursor,
    InvalidWebhook,
    OutdatedCursor,
    StaleRevision,
    UnknownWebhook,
    Violation,
)
from shared.feed import webhooks as subscriptions
from shared.feed.changes import refuse_outdated

webhooks = router("webhooks")

# What is meant by no body.
MADE_HERE = SecretBody()

WebhookId = Annotated[UUID, Path(alias="webhookId", description="The webhook's id.")]


@webhooks.post(
    "",
    status_code=201,
    response_model=SecretWebhook,
    responses=problems_of(InvalidWebhook, FeedNotReady),
    dependencies=[ADMINISTER],
    summary="Subscribe to changes",
)
async def add_webhook(request: Request, connection: Connection, definitions: Definitions, body: WebhookBody) -> Answer:
    """Prenumerera på ändringar, från och med nu. / Subscribe to changes, from now on.

    Hemligheten i svaret visas bara nu. Skicka en egen, så kan adressen kontrollera redan kontrollmeddelandets signatur.
    Adressen får först ett signerat meddelande av typen `webhook.challenge` och ska svara 2xx med `{"token": …}`, samma
    `data.token` som den fick; innan dess skickas inget annat. Därefter kommer ändringar i ordning, högst 100 i ett
    meddelande av typen `indicator-values.changed`, signerade enligt Standard Webhooks. Svara 2xx inom 15 sekunder.
    Samma `webhook-id` kan komma igen: att tillämpa det två gånger ger samma resultat som en gång.
    `indicator-values.restarted` betyder att databasen har återställts: kasta det som tagits emot, allt skickas på
    nytt. /
    The secret in the answer is shown only now. Send one of your own, and the address can verify the challenge's
    signature too. The address first gets a signed message of type `webhook.challenge`, and must answer 2xx with
    `{"token": …}`, the `data.token` that it got; until then nothing else is sent. Then changes come in order, at most
    100 in a message of type `indicator-values.changed`, signed as Standard Webhooks says. Answer 2xx
    within 15 seconds. The same `webhook-id` may come again: applying it twice gives the same result as once.
    `indicator-values.restarted` means that the database was restored: discard what was received, all of it is sent
    again.
    """
    subscription = body.as_subscription()
    await _refuse_unusable(request, connection, definitions, subscription)
    webhook_id, secret = await subscriptions.subscribe(connection, subscription, body.secret)
    return await _show(request, connection, webhook_id, secret=secret, status=201)


@webhooks.get("", response_model=WebhookPage, dependencies=[ADMINISTER], summary="List webhooks")
async def list_webhooks(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa prenumerationer. / List subscriptions."""
    total = await queries.count(reading)
    page.check(total)
    return page_answer(request, page, total, "webhooks", await queries.entries(reading, page))


@webhooks.get(
    "/{webhookId}",
    response_model=Webhook,
    responses=problems_of(UnknownWebhook),
    dependencies=[ADMINISTER],
    summary="Show a webhook",
)
async def show_webhook(request: Request, reading: Reading, webhook_id: WebhookId) -> Answer:
    """Visa en prenumeration, med den ETag som en ändring ska bygga på. / Show a subscription, with its ETag."""
    return await _show(request, reading, webhook_id)


@webhooks.patch(
    "/{webhookId}",
    response_model=Webhook,
    responses=problems_of(InvalidWebhook, UnknownWebhook, StaleRevision, MissingPrecondition),
    dependencies=[ADMINISTER],
    summary="Change, pause or resume a webhook",
)
async def change_webhook(
    request: Request,
    connection: Connection,
    definitions: Definitions,
    webhook_id: WebhookId,
    body: WebhookChange,
    if_match: IfMatch = None,
) -> Answer:
    """Ändra, pausa eller återuppta en prenumeration. / Change, pause or resume a subscription.

    Det som väntar skickas när den återupptas. En ny adress måste först besvara ett kontrollmeddelande. /
    What is waiting is sent when it is resumed. Another address must first answer a challenge.
    """
    current = await _lock(connection, webhook_id)
    refuse_stale(if_match, current["revision"])
    changes = body.model_dump(by_alias=True, exclude_none=True, exclude={"status"})
    if changes:
        sent = {field.alias or name for name, field in WebhookBody.model_fields.items()}
        wanted = {name: value for name, value in current.items() if name in sent} | changes
        subscription = WebhookBody.model_validate(wanted).as_subscription()
        await _refuse_unusable(request, connection, definitions, subscription)
        await subscriptions.change(connection, webhook_id, subscription)
    if body.status == "paused":
        await subscriptions.pause(connection, webhook_id)
    elif body.status == "active":
        await subscriptions.resume(connection, webhook_id)
    return await _show(request, connection, webhook_id)


@webhooks.delete(
    "/{webhookId}",
    status_code=204,
    responses=problems_of(UnknownWebhook, StaleRevision, MissingPrecondition),
    dependencies=[ADMINISTER],
    summary="Unsubscribe",
)
async def remove_webhook(connection: Connection, webhook_id: WebhookId, if_match: IfMatch = None) -> Response:
    """Avsluta en prenumeration; inget mer skickas. / End a subscription; nothing more is sent."""
    refuse_stale(if_match, (await _lock(connection, webhook_id))["revision"])
    await subscriptions.unsubscribe(connection, webhook_id)
    return Response(status_code=204)


@webhooks.post(
    "/{webhookId}/challenges",
    status_code=202,
    response_model=Webhook,
    responses=problems_of(UnknownWebhook),
    dependencies=[ADMINISTER],
    summary="Challenge the endpoint again",
)
async def add_challenge(request: Request, connection: Connection, webhook_id: WebhookId) -> Answer:
    """Kontrollera adressen på nytt; tills den svarar skickas inget annat. / Challenge the endpoint again.

    Hur det gick visar prenumerationens `status` och `reason`. /
    Until it answers, nothing else is sent. The subscription's `status` and `reason` show how it went.
    """
    await _lock(connection, webhook_id)
    await subscriptions.challenge(connection, webhook_id)
    return await _show(request, connection, webhook_id, status=202)


@webhooks.post(
    "/{webhookId}/secrets",
    status_code=201,
    response_model=SecretWebhook,
    responses=problems_of(UnknownWebhook),
    dependencies=[ADMINISTER],
    summary="Replace the secret",
)
async def add_secret(
    request: Request, connection: Connection, webhook_id: WebhookId, body: SecretBody = MADE_HERE
) -> Answer:
    """Byt hemlighet; i ett dygn signerar båda. / Replace the secret; for a day both sign.

    Den nya visas bara nu; den kan vara din egen. / The new one is shown only now; it can be your own.
    """
    await _lock(connection, webhook_id)
    secret = await subscriptions.change_secret(connection, webhook_id, body.secret)
    return await _show(request, connection, webhook_id, secret=secret, status=201)


@webhooks.post(
    "/{webhookId}/replays",
    status_code=202,
    response_model=Webhook,
    responses=problems_of(InvalidCursor, OutdatedCursor, FeedNotReady, UnknownWebhook),
    dependencies=[ADMINISTER],
    summary="Tell changes again",
)
async def add_replay(request: Request, connection: Connection, webhook_id: WebhookId, body: ReplayBody) -> Answer:
    """Skicka ändringar på nytt från en punkt, eller allt. / Send changes again from a point, or everything.

    Varje värde skickas som det är nu, i ordning efter sin senaste ändring. Det som väntar återtas. /
    Each value comes as it is now, in the order of the latest changes. What is waiting is withdrawn.
    """
    await _lock(connection, webhook_id)
    if body.since is not None and body.changed_from is not None:
        violation = Violation("from", "cannot stand beside 'since'", "Give one of them.")
        raise InvalidBody("A replay begins at one point.", [violation])
    since = None
    if body.since is not None:
        since = Cursor.parse(body.since, await read_signer(connection))
        await refuse_outdated(connection, since)
    elif body.changed_from is not None:
        since = await subscriptions.place_of(connection, body.changed_from)
    await subscriptions.replay(connection, webhook_id, since)
    return await _show(request, connection, webhook_id, status=202)


@webhooks.get(
    "/{webhookId}/deliveries",
    response_model=DeliveryPage,
    responses=problems_of(UnknownWebhook),
    dependencies=[ADMINISTER],
    summary="List deliveries",
)
async def list_deliveries(request: Request, reading: Reading, page: Paging, webhook_id: WebhookId) -> Answer:
    """Visa varje försök att leverera, det senaste först. / List every attempt to deliver, the latest first."""
    if await queries.find(reading, webhook_id) is None:
        raise UnknownWebhook
    total = await queries.count_deliveries(reading, webhook_id)
    page.check(total)
    return page_answer(request, page, total, "deliveries", await queries.deliveries(reading, webhook_id, page))


async def _show(
    request: Request,
    connection: AsyncConnection,
    webhook_id: UUID,
    *,
    secret: str | None = None,
    status: int = 200,
) -> Answer:
    entry = await queries.find(connection, webhook_id)
    if entry is None:
        raise UnknownWebhook
    content = entry if secret is None else {**entry, "secret": secret}
    headers = {"ETag": etag(entry["revision"])}
    answer = resource(request, f"webhooks/{webhook_id}", content, created=status != HTTPStatus.OK, headers=headers)
    if secret is not None:
        answer.headers["Cache-Control"] = "no-store"
    answer.status_code = status
    return answer


async def _lock(connection: AsyncConnection, webhook_id: UUID) -> queries.Entry:
    """Return a webhook, and keep others from changing it."""
    entry = await queries.lock(connection, webhook_id)
    if entry is None:
        raise UnknownWebhook
    return entry


async def _refuse_unusable(
    request: Request, connection: AsyncConnection, definitions: Catalogue, wanted: subscriptions.Subscription
) -> None:
    """Refuse an address that nothing may be sent to, and codes that do not exist."""
    wrong = await unknown_codes(connection, definitions, wanted.wanted, indicators="indicators", areas="areas")
    fault = fault_of(wanted.url, resources_of(request).settings.trusted_networks)
    if fault is not None:
        wrong.append(Violation("url", fault, "Give a public https address, or ask the operator to allow its network."))
    if wrong:
        raise InvalidWebhook("The subscription cannot be kept.", wrong)
