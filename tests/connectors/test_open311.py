"""Reading from a GeoReport server that misbehaves, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import pairwise

import httpx
import pytest

from shared.connectors import open311
from shared.connectors.fetching import Failure, Fetcher, NotFetched
from shared.connectors.open311 import Endpoint, Habits, Window, requests_in, windows
from tests.connectors.conftest import HERE, GeoReport, Request, answer, fails, is_cut, is_slow, request, says
from tests.extent import sample_of

pytestmark = pytest.mark.server
MARCH = Window(datetime(2016, 3, 1, tzinfo=UTC), datetime(2016, 3, 31, tzinfo=UTC))


async def read(
    fetcher: Fetcher,
    server: GeoReport,
    window: Window = MARCH,
    jurisdiction: str | None = None,
    habits: Habits | None = None,
) -> list[str]:
    endpoint = Endpoint(server.address, jurisdiction, ["klotter", "nedskräpning"])
    pages = [page async for page in requests_in(fetcher, endpoint, window, habits)]
    return [entry["service_request_id"] for page in pages for entry in page]


async def test_a_request_asks_as_the_standard_says(server: GeoReport, fetcher: Fetcher) -> None:
    await read(fetcher, server, jurisdiction="landskrona.se")
    (asked,) = server.asked
    assert asked == {
        "jurisdiction_id": "landskrona.se",
        "service_code": "klotter,nedskräpning",
        "start_date": "2016-03-01T00:00:00Z",
        "end_date": "2016-03-31T00:00:00Z",
        "page": "1",
        "page_size": "200",
    }


async def test_every_page_is_read(server: GeoReport, fetcher: Fetcher) -> None:
    server.requests = [request(number) for number in range(450)]
    server.most = 100
    assert await read(fetcher, server) == [f"r-{number}" for number in range(450)]


async def test_a_page_that_comes_twice_adds_nothing(server: GeoReport, fetcher: Fetcher) -> None:
    pages = {1: [request(1), request(2)], 2: [request(1), request(2)], 3: [request(2), request(3)], 4: []}
    server.answers = lambda asked: pages[int(asked["page"])]
    assert await read(fetcher, server) == ["r-1", "r-2", "r-3"]


async def test_a_server_that_repeats_its_first_page_is_not_asked_for_ever(server: GeoReport, fetcher: Fetcher) -> None:
    server.requests, server.pages = [request(number) for number in range(5)], False
    assert len(await read(fetcher, server)) == 5
    assert len(server.asked) == 3


async def test_what_a_server_without_pages_cuts_off_is_asked_for_in_halves(server: GeoReport, fetcher: Fetcher) -> None:
    server.pages = False
    server.requests = [
        request(number, requested_datetime=f"2016-03-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:00Z")
        for number in range(1500)
    ]
    assert set(await read(fetcher, server)) == {f"r-{number}" for number in range(1500)}


def spread(number: int) -> Request:
    """Return a request of a moment of its own in March."""
    at = MARCH.first + timedelta(minutes=1 + 89 * number)
    return request(number, requested_datetime=at.isoformat(), updated_datetime=at.isoformat())


@pytest.mark.slow
@pytest.mark.parametrize("most", sample_of([37, 25, 100, 200], 2))
@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_server_without_pages_that_cuts_its_answers_is_read_whole(
    server: GeoReport, fetcher: Fetcher, most: int, newest_first: bool
) -> None:
    """trials A10"""
    server.pages, server.most = False, most
    server.requests = [spread(number) for number in range(281)]
    if newest_first:
        server.requests.reverse()
    habits = Habits()
    found = await read(fetcher, server, habits=habits)
    assert sorted(found) == sorted(f"r-{number}" for number in range(281))
    assert habits.repeats
    assert not habits.is_incomplete
    assert len(server.asked) < 1500


@pytest.mark.slow
@pytest.mark.parametrize(("amount", "most"), sample_of([(60, 50), (260, 250), (281, 100)], 2))
async def test_a_moment_with_more_than_can_be_read_is_reported_and_does_not_halve_for_ever(
    server: GeoReport, fetcher: Fetcher, amount: int, most: int
) -> None:
    """trials A10"""
    server.pages, server.most = False, most
    server.requests = [request(number) for number in range(amount)]
    habits = Habits()
    assert len(set(await read(fetcher, server, habits=habits))) == most
    assert habits.is_incomplete
    assert len(server.asked) < 200


@pytest.mark.slow
async def test_a_cut_that_other_spans_prove_makes_an_odd_number_doubtful_too(
    server: GeoReport, fetcher: Fetcher
) -> None:
    """trials A10"""
    server.pages, server.most = False, 37
    server.requests = [spread(number) for number in range(100)] + [request(number) for number in range(100, 150)]
    habits = Habits()
    await read(fetcher, server, habits=habits)
    assert habits.is_incomplete


@pytest.mark.slow
@pytest.mark.parametrize("amount", sample_of([1, 9, 10, 12, 49, 137], 2))
async def test_many_of_one_moment_are_not_taken_for_cut_without_a_reason(
    server: GeoReport, fetcher: Fetcher, amount: int
) -> None:
    server.pages = False
    server.requests = [request(number) for number in range(amount)]
    habits = Habits()
    assert len(await read(fetcher, server, habits=habits)) == amount
    assert not habits.is_incomplete


async def test_a_server_that_looks_at_no_span_either_is_given_up(server: GeoReport, fetcher: Fetcher) -> None:
    """trials A10"""
    server.answers = lambda _asked: [spread(number) for number in range(100)]
    habits = Habits()
    assert len(await read(fetcher, server, habits=habits)) == 100
    assert habits.is_incomplete
    assert len(server.asked) < 20


@pytest.mark.parametrize("status", [404, 410, 416])
@pytest.mark.parametrize("amount", [0, 7, 200, 450])
async def test_no_page_after_the_last_is_the_end(server: GeoReport, fetcher: Fetcher, status: int, amount: int) -> None:
    """trials B7"""
    server.requests = [spread(number) for number in range(amount)]
    server.missing_page = status
    assert len(await read(fetcher, server)) == amount


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_another_refusal_of_a_later_page_is_none(server: GeoReport, fetcher: Fetcher, status: int) -> None:
    """trials B7: what else is refused may hide requests"""
    server.requests = [spread(number) for number in range(200)]
    server.missing_page = status
    with pytest.raises(NotFetched, match="refused"):
        await read(fetcher, server)


async def test_a_byte_order_mark_is_passed_over(server: GeoReport, fetcher: Fetcher) -> None:
    """trials B6"""
    server.misbehaves = [says("\ufeff" + json.dumps([request(1)])), says("\ufeff[]")]
    assert await read(fetcher, server) == ["r-1"]


@pytest.mark.parametrize(
    "misbehaviour",
    [fails(500), fails(502), fails(429), is_cut, says("[{"), says('{"error": 1}'), says("[1]"), says("")],
    ids=["500", "502", "429", "cut", "half JSON", "an object", "no request", "nothing"],
)
@pytest.mark.usefixtures("hasty")
async def test_what_fails_in_passing_is_tried_again(
    server: GeoReport, fetcher: Fetcher, misbehaviour: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    server.requests = [request(1)]
    server.misbehaves = [misbehaviour, misbehaviour]
    assert await read(fetcher, server) == ["r-1"]


@pytest.mark.parametrize(
    ("misbehaviour", "failure"),
    [(fails(500), Failure.BROKEN), (fails(429), Failure.BUSY), (is_cut, Failure.CUT_OFF), (says("["), "invalidAnswer")],
)
@pytest.mark.usefixtures("hasty")
async def test_what_keeps_failing_is_told(
    server: GeoReport, fetcher: Fetcher, misbehaviour: Callable[[BaseHTTPRequestHandler], None], failure: Failure | str
) -> None:
    server.misbehaves = [misbehaviour] * 10
    with pytest.raises(NotFetched) as raised:
        await read(fetcher, server)
    assert raised.value.failure == failure
    assert len(server.asked) == open311.ATTEMPTS


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_a_refusal_is_not_tried_again(server: GeoReport, fetcher: Fetcher, status: int) -> None:
    server.misbehaves = [fails(status)] * 2
    with pytest.raises(NotFetched, match="refused"):
        await read(fetcher, server)
    assert len(server.asked) == 1


async def test_a_short_pause_that_is_asked_for_is_kept(server: GeoReport, fetcher: Fetcher) -> None:
    server.requests = [request(1)]
    server.misbehaves = [fails(429, Retry_After="1")]
    assert await read(fetcher, server) == ["r-1"]
    assert server.asked_at[1] - server.asked_at[0] >= 1


async def test_who_asks_for_a_long_pause_is_left_alone(server: GeoReport, fetcher: Fetcher) -> None:
    server.misbehaves = [fails(503, Retry_After="3600")]
    with pytest.raises(NotFetched) as raised:
        await read(fetcher, server)
    assert raised.value.retry_after == timedelta(hours=1)
    assert len(server.asked) == 1


@pytest.mark.usefixtures("hasty")
async def test_a_server_that_sends_a_byte_at_a_time_is_given_up(server: GeoReport) -> None:
    server.misbehaves = [is_slow(5.0)] * 4
    with pytest.raises(NotFetched, match="timedOut"):
        await read(Fetcher(HERE, seconds=0.3), server)


async def test_an_answer_without_end_is_cut(server: GeoReport) -> None:
    server.requests = [request(1)]
    with pytest.raises(NotFetched, match="tooLarge"):
        await read(Fetcher(HERE, most_bytes=10), server)


@pytest.mark.usefixtures("hasty")
async def test_a_port_where_nobody_listens_is_told(fetcher: Fetcher, server: GeoReport) -> None:
    server.address = "http://127.0.0.1:9/v2"
    with pytest.raises(NotFetched, match="notConnected"):
        await read(fetcher, server)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:1/v2/requests.json",
        "https://10.0.0.1/v2/requests.json",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://localhost/",
        "ftp://127.0.0.1/",
        "https://user:password@127.0.0.1/",
    ],
)
async def test_a_redirect_to_what_may_not_be_reached_is_not_followed(
    server: GeoReport, fetcher: Fetcher, location: str
) -> None:
    server.misbehaves = [fails(302, Location=location)]
    with pytest.raises(NotFetched, match="addressNotAllowed"):
        await read(fetcher, server)


async def test_a_redirect_to_what_may_be_reached_is_followed(server: GeoReport, fetcher: Fetcher) -> None:
    server.requests = [request(1)]

    def redirect(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, 307, "", Location=handler.path)

    server.misbehaves = [redirect]
    assert await read(fetcher, server) == ["r-1"]
    server.misbehaves = [redirect] * 4
    with pytest.raises(NotFetched, match="tooManyRedirects"):
        await read(fetcher, server)


async def test_an_address_that_is_not_public_is_not_reached_unless_the_operator_allows_it(server: GeoReport) -> None:
    server.requests = [request(1)]
    with pytest.raises(NotFetched, match="addressNotAllowed"):
        await read(Fetcher(), server)
    with pytest.raises(NotFetched, match="addressNotAllowed"):
        await Fetcher().get(httpx.URL("https://localhost/"))
    assert server.asked == []


async def test_a_request_without_an_id_is_not_known_yet(server: GeoReport, fetcher: Fetcher) -> None:
    server.answers = lambda asked: [request(1, service_request_id=None), request(2, service_request_id=7)]
    assert await read(fetcher, server) == ["7"]


def test_windows_cover_the_whole_span_without_a_gap() -> None:
    first, last = datetime(2015, 1, 1, tzinfo=UTC), datetime(2016, 3, 5, 7, tzinfo=UTC)
    found = windows(first, last)
    assert (found[0].first, found[-1].last) == (first, last)
    assert all(earlier.last == later.first for earlier, later in pairwise(found))
    assert max(window.last - window.first for window in found) == timedelta(days=30)
    assert windows(last, first) == []
