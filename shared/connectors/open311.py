"""Reads service requests by GeoReport v2 (Open311): all of a span of time, however the server cuts its answers.

The standard knows no pages, and 1 000 requests at most in an answer. Many servers have pages all the same; others
repeat the first one for whatever is asked. What may have been cut off is asked for again in halves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import stamina

from shared.connectors.fetching import Failure, NotFetched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from shared.connectors.fetching import Fetcher

    Request = Mapping[str, Any]

PAGE_SIZE = 200
MOST_PAGES = 1000
# Servers go no further in one answer: the standard's own bound is 90 days.
LONGEST_WINDOW = timedelta(days=30)
SHORTEST_WINDOW = timedelta(minutes=1)
ATTEMPTS = 4
# Who asks for a longer pause is left alone, and read in a later run.
LONGEST_PAUSE = timedelta(seconds=30)
# After so many pages without a request that is new, there are no more.
BARREN_PAGES = 2


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whose requests are read: those of some services, of one jurisdiction or of all."""

    url: str
    jurisdiction: str | None
    service_codes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time in which requests were made."""

    first: datetime
    last: datetime

    def halves(self) -> tuple[Window, Window]:
        """Return the two spans that it is made of."""
        middle = self.first + (self.last - self.first) / 2
        return Window(self.first, middle), Window(middle, self.last)


def windows(first: datetime, last: datetime) -> list[Window]:
    """Return the windows from the first moment to the last, each short enough to be asked for."""
    found = []
    while first < last:
        found.append(Window(first, min(first + LONGEST_WINDOW, last)))
        first = found[-1].last
    return found


async def requests_in(fetcher: Fetcher, endpoint: Endpoint, window: Window) -> AsyncIterator[Sequence[Request]]:
    """Yield all requests made in a window, a page at a time; a page holds none that came before in the window.

    Raises:
        NotFetched: the server does not answer, or not with requests; those yielded before are sound.
    """
    seen: set[str] = set()
    first_page = barren = 0
    for number in range(1, MOST_PAGES + 1):
        page = await _page(fetcher, endpoint, window, number)
        fresh = [request for request in page if str(request["service_request_id"]) not in seen]
        seen.update(str(request["service_request_id"]) for request in page)
        first_page = first_page or len(seen)
        if fresh:
            yield fresh
        barren = 0 if fresh else barren + 1
        if not page or barren == BARREN_PAGES:
            break
    # As many as a page can hold, and asking for the next brings none: there may be more that it leaves out.
    is_cut = page and len(seen) == first_page >= PAGE_SIZE
    if is_cut and window.last - window.first > SHORTEST_WINDOW:
        for half in window.halves():
            async for part in requests_in(fetcher, endpoint, half):
                yield part


async def _page(fetcher: Fetcher, endpoint: Endpoint, window: Window, number: int) -> list[Request]:
    """Return one page; what fails in passing is tried again, after as long as the server asks for."""
    asked = {
        "service_code": ",".join(endpoint.service_codes),
        "start_date": _utc_text(window.first),
        "end_date": _utc_text(window.last),
        "page": str(number),
        "page_size": str(PAGE_SIZE),
    }
    if endpoint.jurisdiction:
        asked["jurisdiction_id"] = endpoint.jurisdiction
    url = httpx.URL(f"{endpoint.url.rstrip('/')}/requests.json", params=asked)
    async for attempt in stamina.retry_context(on=_pause, attempts=ATTEMPTS, timeout=None, wait_max=20.0):
        with attempt:
            return _read(await fetcher.get(url))
    raise AssertionError  # the last attempt lets its error through


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pause(error: Exception) -> bool | timedelta:
    """Return whether to try again, or after how long."""
    if not isinstance(error, NotFetched) or not error.may_pass:
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_PAUSE else False


def _read(body: bytes) -> list[Request]:
    """Return the requests in an answer; those still without an id are not known yet."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotFetched(Failure.INVALID_ANSWER) from error
    if not isinstance(parsed, list) or not all(isinstance(request, dict) for request in parsed):
        raise NotFetched(Failure.INVALID_ANSWER)
    return [_with_id(request) for request in parsed if request.get("service_request_id") not in (None, "")]


def _with_id(request: Request) -> Request:
    """Return a request whose id is a text where servers send a number; what else is none is for others to judge."""
    sent = request["service_request_id"]
    return {**request, "service_request_id": str(sent)} if type(sent) is int else request
