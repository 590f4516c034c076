"""`/audit-entries`: who has done what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request

from services.api.audit_entries import queries
from services.api.audit_entries.schemas import AuditList
from services.api.http.auth import ADMINISTER
from services.api.http.dependencies import Reading
from services.api.http.problems import InvalidQuery
from services.api.http.responses import LARGEST_LIMIT, Answer, link, root_url
from services.api.http.routing import BASE, router
from shared.domain.errors import Violation
from shared.domain.fields import InstantField

audit_entries = router("audit-entries")

# A trail grows while it is read: it has no pages that could be counted, hence no `limit`.
BATCH_SIZE = 100
_LARGEST_NUMBER = 2**63 - 1


@audit_entries.get("", response_model=AuditList, dependencies=[ADMINISTER], summary="Show the audit trail")
async def list_audit_entries(
    request: Request,
    reading: Reading,
    resource: Annotated[str | None, Query(description="Of this kind, such as activities or areas/roles.")] = None,
    address: Annotated[str | None, Query(description="Of what has this address, such as areas/1282/roles.")] = None,
    actor: Annotated[str | None, Query(description="By the key with this id, or whatever else an actor is.")] = None,
    since: Annotated[InstantField | None, Query(alias="from", description="At this time or later.")] = None,
    until: Annotated[InstantField | None, Query(alias="to", description="Before this time.")] = None,
    cursor: Annotated[
        int | None, Query(ge=1, le=_LARGEST_NUMBER, description="`nextCursor` of the answer before.")
    ] = None,
    batch_size: Annotated[
        int, Query(alias="batchSize", ge=1, le=LARGEST_LIMIT, description="How many entries at most.")
    ] = BATCH_SIZE,
) -> Answer:
    """Visa vem som har gjort vad, det senaste först. / Show who has done what, the latest first.

    En post syns när den har förseglats, inom några sekunder; aldrig förrän allt som ska stå före den är klart. Det som
    gamla poster sade tas bort efter en tid, och de visas inte mer. /
    An entry is shown once it is sealed, within seconds; never before all that is to come before it has ended. What old
    entries said is removed after a time, and they are shown no more.
    """
    if since and until and until <= since:
        raise InvalidQuery("The span has no days.", [Violation("to", "is before 'from'", "Give a later day.")])
    wanted = queries.AuditFilter(resource, address, actor, since, until)
    # One more, to know whether there are older ones.
    found = await queries.entries(reading, wanted, cursor, batch_size + 1)
    listed, is_last = found[:batch_size], len(found) <= batch_size
    following = None if is_last else listed[-1]["number"]
    return Answer(
        {
            "_meta": {"count": len(listed), "batchSize": batch_size},
            "_links": _links(request, batch_size, wanted, cursor, following),
            "nextCursor": following,
            "auditEntries": listed,
        }
    )


def _links(
    request: Request, batch_size: int, wanted: queries.AuditFilter, cursor: int | None, following: int | None
) -> dict[str, dict[str, str]]:
    """Return the links of an answer to a query: itself, and the entries after it."""
    asked = {"resource": wanted.resource, "address": wanted.address, "actor": wanted.actor}
    asked |= {"from": _text(wanted.since), "to": _text(wanted.until), "batchSize": str(batch_size)}
    query = [(name, value) for name, value in asked.items() if value is not None]
    address = f"{root_url(request)}{BASE}/audit-entries?"
    places = {"self": cursor, **({} if following is None else {"next": following})}
    return {
        name: link(address + urlencode([*query, *([("cursor", place)] if place is not None else [])]), name)
        for name, place in places.items()
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
