"""Problems and remarks in the language that the client likes best: trials B24."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from services.api.http.routing import BASE

AREA = f"{BASE}/areas/1282-park"
SWEDISH = {"Accept-Language": "sv-SE,sv;q=0.9,en;q=0.8"}
ENGLISH_WORDS = {"the", "is", "give", "write", "take", "leave", "not", "of", "a", "no", "with", "and"}
ROWS = (
    b"externalId,type,status,start,participants.police,note\nw-1,safety-walk,performed,2999-01-01,2,\nw-2,walk,,,x,\n"
)

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: nothing here is ever stored but an import's remarks."""
    return fresh_database()


def words_of(problem: dict[str, object]) -> str:
    """Return all that a person reads of a problem."""
    violations = problem["violations"]
    assert isinstance(violations, list)
    texts = [problem["title"], problem["detail"], *(one[name] for one in violations for name in ("reason", "remedy"))]
    return " ".join(map(str, texts))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/areas/9999", None),
        ("GET", "/nothing", None),
        ("GET", "/areas?page=77", None),
        ("GET", "/areas?unknown=1", None),
        ("GET", "/indicator-values?area=9999&from=2016-13", None),
        ("GET", "/indicator-values/chart.svg", None),
        ("GET", "/indicator-values?fields=x", None),
        ("GET", "/changes?since=x", None),
        ("DELETE", "/areas", None),
        ("PUT", "/areas/1282-park", b"{"),
        ("PUT", "/areas/1282-park", b'{"kind": "street", "name": 5, "size": 1, "validFrom": "never"}'),
        ("PUT", "/areas/1282-park", b'{"kind": "place", "name": "19121212-1212", "validFrom": "2016-01-01"}'),
        ("PUT", "/areas/1282/roles", b'{"roles": [{"role": "x", "validFrom": "2016-02-01", "validTo": "2016-01-01"}]}'),
        ("POST", "/activities", b'{"source": "s", "externalId": "1", "type": "x", "agreement": "y", "area": "z"}'),
        ("POST", "/observations", b'{"source": "s", "measure": "x", "area": "1282", "period": "2016-13"}'),
        ("POST", "/notes", b'{"indicator": "x", "area": "9999", "period": "2016-01", "text": "x"}'),
        ("POST", "/webhooks", b'{"url": "ftp://x"}'),
        ("PUT", "/pulled-sources/x", b'{"url": "http://x?y=1"}'),
        ("PUT", "/import-mappings/x", b'{"columns": {"nothing": {"column": "x"}}}'),
        ("PUT", "/indicators/x", b'{"area": "1282", "kind": "count", "activityTypes": ["walks"], "unit": "percent"}'),
        ("PUT", "/agreements/x", b'{"title": "x", "validFrom": "2016-02-01", "validTo": "2016-01-01", "areas": ["9"]}'),
    ],
)
async def test_trials_b24_a_problem_is_swedish_where_that_is_liked(
    client: httpx.AsyncClient, method: str, path: str, body: bytes | None
) -> None:
    headers = {"Content-Type": "application/json"}
    english = await client.request(method, BASE + path, content=body, headers=headers)
    swedish = await client.request(method, BASE + path, content=body, headers=headers | SWEDISH)
    assert english.is_client_error, english.text
    assert (english.headers["content-language"], swedish.headers["content-language"]) == ("en", "sv")
    assert "Accept-Language" in swedish.headers["vary"]
    one, other = english.json(), swedish.json()
    # What machines read is the same.
    assert (one["type"], one["status"]) == (other["type"], other["status"])
    assert [it["field"] for it in one["violations"]] == [it["field"] for it in other["violations"]]
    assert not ENGLISH_WORDS & set(words_of(other).lower().replace(".", " ").replace(",", " ").split()), other
    assert one["title"] != other["title"]


async def test_trials_b24_a_field_is_named_as_in_a_form(client: httpx.AsyncClient) -> None:
    names = {"source": "s", "externalId": "1", "type": "safety-walk", "agreement": "y", "area": "z"}
    body = {**names, "status": "performed", "participants": {"police": -1}, "start": "x", "nothing": 1}
    answer = await client.post(f"{BASE}/activities", json=body, headers=SWEDISH)
    labels = {one["field"]: one["label"] for one in answer.json()["violations"]}
    assert labels.items() >= {"participants.police": "Antal poliser", "start": "Började", "nothing": None}.items()


async def test_trials_b24_remarks_on_rows_are_swedish_too(client: httpx.AsyncClient) -> None:
    report = await client.post(f"{BASE}/activity-imports", content=ROWS, headers={"Content-Type": "text/csv"} | SWEDISH)
    assert report.status_code == 201, report.text
    remarks = report.json()["remarks"]
    assert remarks
    listed = await client.get(report.json()["_links"]["remarks"]["href"], headers=SWEDISH)
    assert listed.json()["remarks"] == remarks
    english = (await client.get(report.json()["_links"]["remarks"]["href"])).json()["remarks"]
    assert [one["field"] for one in english] == [one["field"] for one in remarks]
    assert all(one["reason"] != other["reason"] for one, other in zip(english, remarks, strict=True))
    assert {one["reason"] for one in remarks} >= {"Uppgiften är inget tal."}


async def test_trials_b24_why_an_import_failed_is_swedish_too(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}
    sent = await client.post(f"{BASE}/activity-imports", content=b"source,colour\n", headers=headers)
    assert sent.status_code == 202, sent.text
    async with asyncio.timeout(20):
        while (report := (await client.get(sent.headers["location"], headers=SWEDISH)).json())["endedAt"] is None:
            assert report["failure"] is None
            await asyncio.sleep(0.05)
    failure = "Filen har okända kolumner, och ingen kolumnkoppling är angiven."
    assert report["failure"] == failure
    listed = (await client.get(f"{BASE}/activity-imports", headers=SWEDISH)).json()["activityImports"]
    assert failure in {one["failure"] for one in listed}


@pytest.mark.parametrize("header", ["", "en", "de, fr;q=0.5", "*", "sv;q=0.5, en", "x" * 100_000])
async def test_problems_are_english_elsewhere(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get(f"{BASE}/areas/9999", headers={"Accept-Language": header})
    assert answer.headers["content-language"] == "en"
    assert answer.json()["title"] == "Unknown area"
