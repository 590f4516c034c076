"""`/duplicate-suspects`: pairs of activities that may be one event."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query, Request

from services.api.duplicate_suspects import queries
from services.api.duplicate_suspects.schemas import DuplicateSuspectPage
from services.api.http.auth import READ
from services.api.http.dependencies import Definitions, Reading, Today
from services.api.http.filter_codes import area_id_of, unknown_code
from services.api.http.problems import InvalidQuery
from services.api.http.responses import Answer, Paging, page_answer
from services.api.http.routing import router
from services.api.http.time_limits import narrowed_by
from shared.domain.errors import Violation
from shared.domain.fields import Day

duplicate_suspects = router("duplicate-suspects")

# From a day to the same day of the next year: what can be compared while someone waits, however much is stored.
LONGEST_SPAN = timedelta(days=366)


@duplicate_suspects.get(
    "",
    response_model=DuplicateSuspectPage,
    dependencies=[READ, narrowed_by("Name an `area` or a `type`, or a shorter span by `from` and `to`.")],
    summary="List suspected duplicates",
)
async def list_duplicate_suspects(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    page: Paging,
    area: Annotated[str | None, Query(description="In this area, or anywhere inside it.")] = None,
    type_: Annotated[str | None, Query(alias="type", description="Of this activity type.")] = None,
    first: Annotated[
        Day | None, Query(alias="from", description="Counting on this day or later; else a year before `to`.")
    ] = None,
    last: Annotated[
        Day | None,
        Query(alias="to", description="Counting on this day or earlier; else a year after `from`, or today."),
    ] = None,
) -> Answer:
    """Visa möjliga dubbletter. / List possible duplicates.

    Samma typ, område och dag; varken inställda eller redan kopplade. Från en och samma källa visas de som gäller en
    plats, som saknar `externalId` eller som är lika i allt annat. Högst ett år åt gången. /
    The same type, area and day; neither cancelled nor linked already. Of one source, those at a place, without an
    `externalId`, or alike in all else. A year at a time, at most.
    """
    if type_ is not None and type_ not in definitions.activity_types:
        raise unknown_code("type", "Take a code from /activity-types.")
    first, last = _span(first, last, today)
    wanted = queries.SuspectFilter(first, last, await area_id_of(reading, area), type_)
    total = await queries.count(reading, wanted)
    page.check(total)
    return page_answer(request, page, total, "duplicateSuspects", await queries.entries(reading, wanted, page))


def _span(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return the first and last day to compare; what is left out is a year from what is given."""
    last = last or (first + LONGEST_SPAN if first else today)
    first = first or last - LONGEST_SPAN
    if last < first:
        raise InvalidQuery("The span has no days.", [Violation("to", "is before 'from'", "Give a later day.")])
    if last - first > LONGEST_SPAN:
        violation = Violation("to", "is more than a year after 'from'", "Ask for a year at a time.")
        raise InvalidQuery("The span is too long.", [violation])
    return first, last
