"""Reads service requests by GeoReport v2 (Open311): all of a span of time, however the server cuts its answers.

The standard knows no pages, and 1 000 requests at most in an answer. Many servers have pages all the same; others
repeat the first one for whatever is asked, cut at a number of their own. What may have been cut off is asked for again
in halves, until each has less than an answer can hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
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
# No server sends fewer at once than this when there are more.
SMALLEST_CUT = 10
# Who sets a limit takes a round number.
ROUND = 50
# What servers answer for the page after the last.
_NO_SUCH_PAGE = frozenset((HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE))
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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


@dataclass(slots=True)
class Habits:
    """What reading has shown of how a server cuts its answers; one for all spans of a run."""

    # The most requests that an answer has had: no smaller answer was cut for their number.
    largest: int = 0
    # The size of an answer that lacked requests, by those of the parts of its span.
    cut_at: int | None = None
    # Spans whose next page was the first again, so that they are read in parts.
    repeats: int = 0
    # The sizes of answers that may be cut and cannot be had in parts.
    doubtful: list[int] = field(default_factory=list)

    @property
    def is_incomplete(self) -> bool:
        """Whether there are requests that could not be read."""
        return any(self._is_cut(size) for size in self.doubtful)

    def may_be_cut(self, size: int) -> bool:
        """Tell whether an answer to a server without pages may lack requests."""
        return size >= SMALLEST_CUT and size >= (self.cut_at or self.largest)

    def _is_cut(self, size: int) -> bool:
        return size >= PAGE_SIZE or size % ROUND == 0 or (self.cut_at is not None and size >= self.cut_at)


@dataclass(slots=True)
class _Answer:
    """The ids of the requests made in a span, as far as a server has sent them, and whether it knows no pages."""

    ids: set[str] = field(default_factory=set)
    repeats: bool = False


async def requests_in(
    fetcher: Fetcher, endpoint: Endpoint, window: Window, habits: Habits | None = None
) -> AsyncIterator[Sequence[Request]]:
    """Yield all requests made in a window, a page at a time; a page holds none that came before in the window.

    What could not be read since the server cuts its answers is noted in `habits`.

    Raises:
        NotFetched: the server does not answer, or not with requests; those yielded before are sound.
    """
    async for page in _Reader(fetcher, endpoint, Habits() if habits is None else habits).read(window):
        yield page


class _Reader:
    """Reads one window, and its parts where the server has no pages."""

    def __init__(self, fetcher: Fetcher, endpoint: Endpoint, habits: Habits) -> None:
        self._fetcher = fetcher
        self._endpoint = endpoint
        self._habits = habits
        self._seen: set[str] = set()

    async def read(self, window: Window) -> AsyncIterator[Sequence[Request]]:
        """Yield all requests made in the window."""
        answer = _Answer()
        async for page in self._pages(window, answer):
            yield page
        if answer.repeats and self._habits.may_be_cut(len(answer.ids)):
            self._habits.repeats += 1
            async for page in self._parts(window, answer):
                yield page

    async def _parts(self, window: Window, whole: _Answer) -> AsyncIterator[Sequence[Request]]:
        """Yield what the halves of a window have, and theirs, until none may be cut."""
        if window.last - window.first <= SHORTEST_WINDOW:
            self._habits.doubtful.append(len(whole.ids))
            return
        halves = [(half, _Answer()) for half in window.halves()]
        for half, answer in halves:
            async for page in self._pages(half, answer):
                yield page
        first, second = (answer.ids for _, answer in halves)
        if not first | second <= whole.ids:
            self._habits.cut_at = min(len(whole.ids), self._habits.cut_at or len(whole.ids))
        if first == second:  # it does not look at the span either
            self._habits.doubtful.append(len(whole.ids))
            return
        for half, answer in halves:
            if answer.repeats and self._habits.may_be_cut(len(answer.ids)):
                async for page in self._parts(half, answer):
                    yield page

    async def _pages(self, window: Window, answer: _Answer) -> AsyncIterator[Sequence[Request]]:
        """Yield the pages of a window, each without what came before; note in `answer` what it has in all."""
        barren = first_page = 0
        page: list[Request] = []
        for number in range(1, MOST_PAGES + 1):
            page = await _page(self._fetcher, self._endpoint, window, number)
            found = {str(request["service_request_id"]) for request in page}
            self._habits.largest = max(self._habits.largest, len(found))
            barren = 0 if found - answer.ids else barren + 1
            answer.ids |= found
            first_page = first_page or len(found)
            fresh = [request for request in page if str(request["service_request_id"]) not in self._seen]
            self._seen |= found
            if fresh:
                yield fresh
            if not page or barren == BARREN_PAGES:
                break
        answer.repeats = bool(page) and len(answer.ids) == first_page


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
    try:
        async for attempt in stamina.retry_context(on=_pause, attempts=ATTEMPTS, timeout=None, wait_max=20.0):
            with attempt:
                return _read(await fetcher.get(url))
    except NotFetched as error:
        if number > 1 and error.status in _NO_SUCH_PAGE:
            return []
        raise
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
        parsed = orjson.loads(body.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        raise NotFetched(Failure.INVALID_ANSWER) from error
    if not isinstance(parsed, list) or not all(isinstance(request, dict) for request in parsed):
        raise NotFetched(Failure.INVALID_ANSWER)
    return [_with_id(request) for request in parsed if request.get("service_request_id") not in (None, "")]


def _with_id(request: Request) -> Request:
    """Return a request whose id is a text where servers send a number; what else is none is for others to judge."""
    sent = request["service_request_id"]
    return {**request, "service_request_id": str(sent)} if type(sent) is int else request
