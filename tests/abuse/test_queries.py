"""Queries that are short to send and long to read, and places in lists that are made up."""

from __future__ import annotations

import base64

import httpx
import pytest

from services.api.odata.routes import ROOT
from shared.db.cursors import Cursor
from shared.db.signing import Signer
from tests.abuse.conftest import WithNeighbours
from tests.abuse.service import Service

SIZE = 16_000
WAY = "Municipality/"
ALIAS = "å" * 40 + "a" * 23
# Each is an option and its value; all of them are refused.
LONG = {
    "quotes": ("$select", '"' + '\\"' * (SIZE // 2)),
    "parentheses": ("$filter", "(" * 8000),
    "parentheses that close": ("$filter", "(" * 6000 + "1" + ")" * 6000),
    "minus": ("$filter", "-" * SIZE + "1"),
    "a list": ("$filter", f"startYear in ({','.join('1' * 8000)})"),
    "calls": ("$filter", "length(" * 2000 + "1" + ")" * 2000),
    "lambdas": ("$filter", "a/any(x:" * 1000 + "1" + ")" * 1000),
    "an order by much": ("$orderby", ",".join(["kind"] * 3000 + ["-"])),
    "steps": ("$apply", "filter(kind eq 1)/" * 800 + "x"),
    "a search": ("$search", "(" * SIZE),
    "expansions": ("$expand", "a(" + "b;" * 8000 + ")"),
    "a long way": ("$filter", f"{WAY * 1000}code eq '1282'"),
    "too much altogether": ("$filter", "kind eq 'county' or " * 800 + f"kind eq 'x'&$orderby={'code,' * 500}code"),
    "options": ("a", "&a=" * 20_000),
    "a body": ("$filter", "x" * 200_000),
}
# What PostgreSQL would cut, or count as too much, if it got the names as they are sent.
NAMED = {
    "two names alike": ("$apply", f"groupby((kind),aggregate($count as {ALIAS}x,code with max as {ALIAS}y))"),
    "a way of six": ("$filter", f"{WAY * 6}code eq '1282'"),
}


def test_no_query_of_the_feed_takes_the_loop(service: Service, neighbours: WithNeighbours) -> None:
    """trials C9: 16 KB of quotes took 2.5 s in which nothing else was answered."""
    with neighbours(service) as report, _feed(service) as feed:
        statuses = {name: _asked(feed, option, value) for name, (option, value) in LONG.items()}
        batch = [
            {"id": str(number), "method": "GET", "url": f"Areas?{option}={value[:12_000].replace('&', '%26')}"}
            for number, (option, value) in enumerate([*LONG.values()][:5])
        ]
        answer = feed.post("$batch", json={"requests": batch}, headers={"Prefer": "continue-on-error"})
        in_batch = [one["status"] for one in answer.json()["responses"]]
        lines = b"--b\r\nContent-Type: application/http\r\n\r\nGET Areas HTTP/1.1\r\n" + b"".join(
            b"a%d:b\n" % number for number in range(20_000)
        )
        headers = {"Content-Type": "multipart/mixed; boundary=b"}
        lines_status = feed.post("$batch", content=lines + b"\r\n--b--", headers=headers).status_code
    report.assert_unharmed()
    assert {name: status for name, status in statuses.items() if status not in {400, 413, 501}} == {}
    assert set(in_batch) <= {200, 400, 501}
    assert lines_status == 400


def test_no_name_is_too_long_for_the_database(service: Service, neighbours: WithNeighbours) -> None:
    """trials C12: the names were those of the SQL, which cuts them after 63 bytes; the fault logged them."""
    with neighbours(service) as report, _feed(service) as feed:
        statuses = {name: _asked(feed, option, value) for name, (option, value) in NAMED.items()}
    report.assert_unharmed()
    assert statuses == dict.fromkeys(NAMED, 200)
    log = service.log.read_text(encoding="utf-8")
    assert "SELECT" not in log
    assert ALIAS[:20] not in log


@pytest.mark.parametrize("content", [b'[1,400000,null,"1"]', b'[1,10,null,"1"]', b"[]", b"x"])
def test_no_place_in_the_feed_is_made_up(service: Service, neighbours: WithNeighbours, content: bytes) -> None:
    """trials C8: 400 000 rows came in a page, 1.6 GiB."""
    with neighbours(service) as report, _feed(service) as feed:
        signature = Signer(b"guessed").sign("page", content)
        token = base64.urlsafe_b64encode(signature + content).decode().rstrip("=")
        statuses = [feed.get(f"Areas?$skiptoken={one}").status_code for one in (token, token[:-2], "A" * 4000)]
    report.assert_unharmed()
    assert statuses == [400, 400, 400]


def test_no_cursor_of_the_changes_is_made_up(service: Service, neighbours: WithNeighbours) -> None:
    """trials C8: some were a fault of ours."""
    places = (Cursor(0), Cursor(-(2**63), 2**64 - 1, 2**63 - 1), Cursor(1, 2, 2**63))
    with neighbours(service) as report, service.client() as client:
        guessed = [client.get("/changes", params={"since": place.signed(Signer(b"guessed"))}) for place in places]
        earlier = [client.get("/changes", params={"since": place.stored()}) for place in places]
        genuine = client.get("/changes").json()["nextCursor"]
        followed = client.get("/changes", params={"since": genuine})
        spoilt = [client.get("/changes", params={"since": one}) for one in (genuine[:-1], f"{genuine}A", "A" * 4000)]
    report.assert_unharmed()
    assert {answer.status_code for answer in [*guessed, *spoilt]} == {400}
    assert all(answer.json()["violations"][0]["remedy"] for answer in [*guessed, *spoilt])
    assert [answer.status_code for answer in earlier] == [410, 410, 400]
    assert followed.status_code == 200


def test_no_list_parameter_takes_the_loop(service: Service, neighbours: WithNeighbours) -> None:
    """trials C9, its siblings in the JSON API: what comes many times, and pages that no list has."""
    asked = (
        "/indicator-values?" + "&".join(["indicator=x"] * 600),
        "/indicator-values?indicator=" + ",".join("x" * 3900),
        "/changes?" + "&".join(f"area={number}" for number in range(700)),
        f"/areas?page={10**18}",
        f"/areas?page={'9' * 5000}",
        "/activities?limit=1e999",
    )
    with neighbours(service) as report, service.client() as client:
        statuses = [client.get(path).status_code for path in asked]
    report.assert_unharmed()
    assert set(statuses) <= {400, 404, 414}


def _feed(service: Service) -> httpx.Client:
    return httpx.Client(base_url=f"{service.url}{ROOT}/", headers=service.headers(), timeout=60)


def _asked(feed: httpx.Client, option: str, value: str) -> int:
    """Ask by a body, which may be longer than an address."""
    content = f"{option}={value}"
    return feed.post("Areas/$query", content=content, headers={"Content-Type": "text/plain"}).status_code
