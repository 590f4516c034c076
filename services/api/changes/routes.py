"""`/changes`: what has become of values since a reader last looked."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request

from services.api.changes.codes import unknown_codes
from services.api.changes.schemas import ChangeList
from services.api.http.auth import READ
from services.api.http.dependencies import Definitions, Reading, resources_of
from services.api.http.problems import InvalidQuery, problems_of
from services.api.http.reads import record_read
from services.api.http.responses import LARGEST_LIMIT, Answer, link, root_url
from services.api.http.routing import BASE, router
from services.api.http.schemas import PERIOD_TYPES, PeriodTypeName
from shared.db.cursors import Cursor
from shared.db.signing import SignerInUse
from shared.domain.errors import FeedNotReady, InvalidCursor, OutdatedCursor
from shared.feed.changes import ChangeFilter, read_changes

changes = router("changes")

# A feed has no pages that could be counted, hence no `limit`.
BATCH_SIZE = 100


@changes.get(
    "",
    response_model=ChangeList,
    responses=problems_of(InvalidCursor, OutdatedCursor, FeedNotReady),
    dependencies=[READ],
    summary="Follow changes",
)
async def list_changes(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    since: Annotated[
        str | None, Query(description="`nextCursor` of the answer before; from the start when left out.")
    ] = None,
    batch_size: Annotated[
        int, Query(alias="batchSize", ge=1, le=LARGEST_LIMIT, description="How many changes at most.")
    ] = BATCH_SIZE,
    indicator: Annotated[tuple[str, ...], Query(description="Indicator codes; any when left out.")] = (),
    area: Annotated[tuple[str, ...], Query(description="Area codes; any when left out.")] = (),
    period_type: Annotated[
        PeriodTypeName | None, Query(alias="periodType", description=f"{PERIOD_TYPES}; any when left out.")
    ] = None,
) -> Answer:
    """Visa vad som har ändrats sedan sist. / Show what has changed since last time.

    Den som tillämpar svaren i ordning har samma värden som /indicator-values: varje värde visas vid sin senaste
    ändring, och ett borttaget som `removed`. Inget hoppas över och inget visas förrän det är sparat. Samma värde kan
    komma igen, också oförändrat. En sida i ett flöde har inget nummer: `since` anger var det fortsätter, så att inget
    kan falla mellan två sidor medan annat ändras. Ett värde vars bedömning eller gränser ändras kommer igen.
    Jämförelser hör inte till ett värde, och att de kommer är ingen ändring. Den som får se andra områdens värden än
    förut, eller inte längre ser några, får 410 och läser om från början. /
    A client that applies the answers in order has the same values as /indicator-values: each value is listed at its
    latest change, and a removed one as `removed`. Nothing is skipped, and nothing is published before it is committed.
    The same value may come again, also unchanged. A page of a feed has no number: `since` says where it continues, so
    that nothing can fall between two pages while other things change. A value whose judgement or signal changes is
    listed again. Comparisons are not part of a value, and their arrival is no change. Whoever comes to see figures of
    other areas than before, or sees some no longer, is answered 410 and reads from the start.
    """
    wanted = ChangeFilter(indicator, area, (period_type,) if period_type else ())
    wrong = await unknown_codes(reading, definitions, wanted, indicators="indicator", areas="area")
    if wrong:
        raise InvalidQuery("The query asks for what does not exist.", wrong)
    signer = await resources_of(request).singleton(SignerInUse).on(reading)
    found = await read_changes(reading, Cursor.parse(since, signer) if since is not None else None, wanted, batch_size)
    if since is None and found.has_more:
        await record_read(request, "changes", request.query_params.multi_items())
    following = found.next.signed(signer)
    return Answer(
        {
            "_meta": {"count": len(found.entries), "batchSize": batch_size},
            "_links": _links(request, wanted, batch_size, since, following),
            "nextCursor": following,
            "hasMore": found.has_more,
            "changes": found.entries,
        }
    )


def _links(
    request: Request, wanted: ChangeFilter, batch_size: int, since: str | None, following: str
) -> dict[str, dict[str, str]]:
    """Return the links of an answer to a query: itself, and the changes after it."""
    query = [
        *(("indicator", code) for code in wanted.indicators),
        *(("area", code) for code in wanted.areas),
        *(("periodType", period_type) for period_type in wanted.period_types),
        ("batchSize", str(batch_size)),
    ]
    places = {"self": since, "next": following}
    address = f"{root_url(request)}{BASE}/changes?"
    return {
        name: link(address + urlencode([*query, *([("since", place)] if place is not None else [])]), name)
        for name, place in places.items()
    }
