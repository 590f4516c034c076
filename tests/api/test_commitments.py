"""Commitments: what is promised, what is linked to it, and that neither can be lost."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from services.indicators.compute.commitment_progress import recount_all_progress
from tests.api.import_files import HEADER, csv_of, row, send

pytestmark = pytest.mark.begins_with("landskrona")
AGREEMENT = f"{BASE}/agreements/landskrona-2015-2016"
WALKS = f"{AGREEMENT}/commitments/safety-walks-2016"
LIGHTS = f"{AGREEMENT}/commitments/lights"


@pytest.fixture
def promise() -> dict[str, Any]:
    """Return a promise that breaks no rule."""
    return {
        "annex": 3,
        "promise": True,
        "party": "Landskrona stad",
        "wording": "Staden håller minst fyra trygghetsvandringar under året.",
        "times": 4,
        "areas": ["1282"],
    }


async def put(client: httpx.AsyncClient, url: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = await client.put(url, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def refused(client: httpx.AsyncClient, body: dict[str, Any], status: int = 422) -> dict[str, str]:
    problem = await put(client, WALKS, body, status)
    assert all(violation["remedy"] for violation in problem["violations"])
    return {violation["field"]: violation["reason"] for violation in problem["violations"]}


async def report(client: httpx.AsyncClient, walk: dict[str, Any], number: int = 1, **changed: object) -> dict[str, Any]:
    answer = await client.post(f"{BASE}/activities", json=walk | {"externalId": f"walk-{number}"} | changed)
    assert answer.is_success, answer.text
    return answer.json()


async def progress(client: httpx.AsyncClient, engine: AsyncEngine, url: str = WALKS) -> dict[str, tuple[int, bool]]:
    async with engine.begin() as connection:
        await recount_all_progress(connection)
    body = (await client.get(url)).json()
    return {part["area"]: (part["done"], part["fulfilled"]) for part in body["progress"]}


async def marks(engine: AsyncEngine) -> set[tuple[str, str, str]]:
    """Return the areas, months and owners that commitments are marked for, and forget all marks."""
    async with engine.begin() as connection:
        rows = await connection.execute(
            text(
                """WITH gone AS (DELETE FROM dirty_mark RETURNING *)
                   SELECT area.code, to_char(month, 'YYYY-MM') AS month, owner.code AS owner
                   FROM gone JOIN area USING (area_id) JOIN area AS owner ON owner.area_id = writing_area_id
                   WHERE fact = '(commitments)'"""
            )
        )
        return {tuple(row) for row in rows}


async def test_a_promise_comes_back_whole_and_is_due_with_its_agreement(
    client: httpx.AsyncClient, promise: dict[str, Any]
) -> None:
    commitment = await put(client, WALKS, promise)
    assert commitment["_links"]["self"]["href"].endswith(WALKS)
    del commitment["_links"]
    assert commitment == {
        **promise,
        "agreement": "landskrona-2015-2016",
        "code": "safety-walks-2016",
        "wordingEn": None,
        "dueOn": "2016-12-31",
        "withdrawnOn": None,
        "decisions": [],
        "parties": [],
        "eachArea": False,
        "status": None,
        "followUps": [],
        "recurrence": None,
        "fulfilledBy": "activities",
        "selection": None,
        "progress": [{"area": "1282", "done": 0, "fulfilled": False}],
    }
    listed = (await client.get(f"{AGREEMENT}/commitments")).json()
    assert listed["commitments"] == [commitment]


async def test_the_list_is_paged_by_code(client: httpx.AsyncClient, promise: dict[str, Any]) -> None:
    for code in ("b", "a", "c"):
        await put(client, f"{AGREEMENT}/commitments/{code}", promise)
    listed = (await client.get(f"{AGREEMENT}/commitments", params={"limit": 2})).json()
    assert [entry["code"] for entry in listed["commitments"]] == ["a", "b"]
    assert listed["_meta"]["totalRecords"] == 3


async def test_three_of_four_is_published_and_not_fulfilled(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    for number in range(3):
        await report(client, walk, number, commitment="safety-walks-2016")
    assert await progress(client, engine) == {"1282": (3, False)}
    await report(client, walk, 3, commitment="safety-walks-2016")
    await report(client, walk, 4)
    assert await progress(client, engine) == {"1282": (4, True)}


async def test_a_decision_fulfils_it_only_by_the_due_date(client: httpx.AsyncClient, promise: dict[str, Any]) -> None:
    promise |= {"dueOn": "2016-06-30", "decisions": [{"area": "1282", "fulfilledOn": "2016-07-01"}]}
    late = await put(client, WALKS, promise)
    assert late["progress"] == [{"area": "1282", "done": 0, "fulfilled": False}]
    promise["decisions"][0]["fulfilledOn"] = "2016-06-30"
    assert (await put(client, WALKS, promise, 200))["progress"][0]["fulfilled"]


async def test_an_activity_names_its_commitment_and_is_corrected_to_another(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    await put(client, LIGHTS, promise | {"dueOn": "2016-05-31", "areas": ["1282-karlslund"]})
    await marks(engine)
    first = await report(client, walk, commitment="safety-walks-2016")
    assert first["commitment"] == "safety-walks-2016"
    assert await marks(engine) == {("1282", "2016-12", "1282")}
    assert (await report(client, walk, commitment="safety-walks-2016"))["revision"] == 1
    assert await marks(engine) == set()
    second = await report(client, walk, commitment="lights")
    assert (second["commitment"], second["revision"]) == ("lights", 2)
    assert await marks(engine) == {("1282", "2016-12", "1282"), ("1282-karlslund", "2016-05", "1282")}
    assert await progress(client, engine) == {"1282": (0, False)}
    assert await progress(client, engine, LIGHTS) == {"1282-karlslund": (1, False)}
    answer = await client.get(f"{BASE}/activities/{first['id']}")
    assert answer.json()["commitment"] == "lights"
    await client.delete(f"{BASE}/activities/{first['id']}", headers={"If-Match": answer.headers["ETag"]})
    assert await marks(engine) == {("1282-karlslund", "2016-05", "1282")}


async def test_a_commitment_of_another_agreement_is_unknown(
    client: httpx.AsyncClient, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    other = {"title": "x", "areas": ["1282"], "validFrom": "2016-01-01", "validTo": "2016-12-31"}
    await put(client, f"{BASE}/agreements/other", other)
    answer = await client.post(
        f"{BASE}/activities", json=walk | {"agreement": "other", "annex": None, "commitment": "safety-walks-2016"}
    )
    assert answer.status_code == 422
    (violation,) = answer.json()["violations"]
    assert violation["field"] == "commitment"
    assert "commitments" in violation["remedy"]


async def test_an_import_links_by_its_column_and_tells_what_is_unknown(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    rows = [f"{row(number)},{code}" for number, code in enumerate(["safety-walks-2016", "nowhere", ""], 1)]
    content = csv_of(*rows).replace(HEADER.encode(), f"{HEADER},commitment".encode())
    report = await send(client, content)
    assert (report["created"], [(remark["row"], remark["field"]) for remark in report["remarks"]]) == (
        2,
        [(3, "commitment")],
    )
    assert await progress(client, engine) == {"1282": (1, False)}


async def test_an_import_links_by_a_mapping_and_by_lines_of_json(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    mapping = {
        "constants": {"source": "test", "type": "safety-walk", "agreement": "landskrona-2015-2016", "annex": 3}
        | {"area": "1282", "status": "performed", "commitment": "safety-walks-2016", "participants.residents": 20},
        "columns": {"externalId": {"column": "Nr"}, "start": {"column": "Dag"}},
    }
    await put(client, f"{BASE}/import-mappings/walks", mapping)
    assert (await send(client, b"Nr,Dag\na,2016-04-12\n", mapping="walks"))["created"] == 1
    line = str(walk | {"commitment": "safety-walks-2016"}).replace("'", '"').encode()
    assert (await send(client, line, "application/x-ndjson"))["created"] == 1
    assert await progress(client, engine) == {"1282": (2, False)}


async def test_a_commitment_made_while_an_import_runs_is_found(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any]
) -> None:
    """What was looked up before it was made is looked up again."""
    rows = csv_of(*(f"{row(number)},safety-walks-2016" for number in (1, 2)))
    content = rows.replace(HEADER.encode(), f"{HEADER},commitment".encode())
    assert (await send(client, content))["refused"] == 2
    await put(client, WALKS, promise)
    assert (await send(client, content))["created"] == 2


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"annex": 99}, {"annex"}),
        ({"dueOn": "2017-01-01"}, {"dueOn"}),
        ({"areas": ["1282", "1282"]}, {"areas[1]"}),
        ({"areas": ["1283"]}, {"areas[0]"}),
        ({"areas": ["1282-nowhere"]}, {"areas[0]"}),
        ({"withdrawnOn": "2150-01-01"}, {"withdrawnOn"}),
        ({"decisions": [{"area": "1283", "fulfilledOn": "2016-01-01"}]}, {"decisions[0].area"}),
        ({"decisions": [{"area": "1282", "fulfilledOn": "2150-01-01"}]}, {"decisions[0].fulfilledOn"}),
        ({"decisions": [{"area": "1282", "fulfilledOn": "2014-12-31"}]}, {"decisions[0].fulfilledOn"}),
        ({"decisions": [{"area": "1282", "fulfilledOn": "2016-01-01"}] * 2}, {"decisions[1].area"}),
        ({"party": "19121212-1212"}, {"party"}),
        ({"wording": "Ring 850709-9805"}, {"wording"}),
        ({"wordingEn": "Call 850709-9805"}, {"wordingEn"}),
        ({"times": 0}, {"times"}),
        ({"times": 2**40}, {"times"}),
        ({"annex": 2**40}, {"annex"}),
        ({"areas": []}, {"areas"}),
        ({"party": "a\0b"}, {"party"}),
        ({"code": "other"}, {"code"}),
    ],
)
async def test_what_contradicts_itself_is_refused_with_every_reason(
    client: httpx.AsyncClient, promise: dict[str, Any], changed: dict[str, Any], fields: set[str]
) -> None:
    assert set(await refused(client, promise | changed)) == fields


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, promise: dict[str, Any]) -> None:
    for url in (f"{BASE}/agreements/nowhere/commitments", f"{BASE}/agreements/nowhere/commitments/a", WALKS):
        assert (await client.get(url)).status_code == 404
    assert (await client.put(f"{BASE}/agreements/nowhere/commitments/a", json=promise)).status_code == 404


async def test_only_an_administrator_puts_commitments(reporter: httpx.AsyncClient, promise: dict[str, Any]) -> None:
    assert (await reporter.put(WALKS, json=promise)).status_code == 403


async def test_an_area_that_activities_were_done_in_stays(
    client: httpx.AsyncClient, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    promise["areas"] = ["1282-karlslund", "1282-norra-torget"]
    await put(client, WALKS, promise)
    await report(client, walk, commitment="safety-walks-2016")
    reasons = await refused(client, promise | {"areas": ["1282-norra-torget"]}, 409)
    assert reasons == {"areas": "1 activities in 1282-karlslund refer to it"}
    await put(client, WALKS, promise | {"areas": ["1282-karlslund"]}, 200)


async def test_putting_the_same_twice_changes_and_marks_nothing(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    assert await marks(engine) == {("1282", "2016-12", "1282")}
    await put(client, WALKS, promise, 200)
    await put(client, WALKS, promise | {"dueOn": "2016-12-31"}, 200)
    assert await marks(engine) == set()


async def test_a_change_marks_what_it_was_and_what_it_is(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any]
) -> None:
    await put(client, WALKS, promise | {"dueOn": "2016-06-30", "areas": ["1282", "1282-karlslund"]})
    await marks(engine)
    await put(client, WALKS, promise | {"dueOn": "2015-06-30"}, 200)
    assert await marks(engine) == {
        ("1282", "2016-06", "1282"),
        ("1282-karlslund", "2016-06", "1282"),
        ("1282", "2015-06", "1282"),
    }
    withdrawn = await put(client, WALKS, promise | {"dueOn": "2015-06-30", "withdrawnOn": "2015-03-01"}, 200)
    assert withdrawn["withdrawnOn"] == "2015-03-01"
    assert await marks(engine) == {("1282", "2015-06", "1282")}


async def test_what_is_done_is_kept_when_the_words_change(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    await report(client, walk, commitment="safety-walks-2016")
    await progress(client, engine)
    commitment = await put(client, WALKS, promise | {"wording": "Fyra vandringar.", "times": 1}, 200)
    assert commitment["progress"] == [{"area": "1282", "done": 1, "fulfilled": True}]


async def agreement_as_put(client: httpx.AsyncClient) -> dict[str, Any]:
    agreement = (await client.get(AGREEMENT)).json()
    del agreement["_links"]
    return agreement


async def test_an_annex_that_commitments_refer_to_stays(client: httpx.AsyncClient, promise: dict[str, Any]) -> None:
    await put(client, WALKS, promise)
    agreement = await agreement_as_put(client)
    agreement["annexes"] = [annex for annex in agreement["annexes"] if annex["number"] != 3]
    agreement["targets"] = []
    problem = await put(client, AGREEMENT, agreement, 409)
    assert [violation["reason"] for violation in problem["violations"]] == ["1 commitments refer to annex 3"]


@pytest.mark.parametrize("changed", [{"validFrom": "2016-07-01"}, {"areas": ["1283"]}])
async def test_no_commitment_is_left_outside_its_agreement(
    client: httpx.AsyncClient, promise: dict[str, Any], changed: dict[str, Any]
) -> None:
    await put(client, WALKS, promise | {"dueOn": "2016-06-30", "annex": None})
    agreement = await agreement_as_put(client) | {"annexes": [], "targets": []}
    await put(client, AGREEMENT, agreement, 200)
    problem = await put(client, AGREEMENT, agreement | changed, 409)
    assert "1 commitments" in problem["violations"][0]["reason"]


async def test_an_annex_of_another_theme_marks_what_stands_under_it(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    await report(client, walk)
    await marks(engine)
    agreement = await agreement_as_put(client)
    for annex in agreement["annexes"]:
        annex.update({"code": None} | ({"theme": "planning"} if annex["number"] == 3 else {}))
    await put(client, AGREEMENT, agreement, 200)
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                """SELECT fact, code, month::text FROM dirty_mark JOIN area USING (area_id)
                   WHERE fact IS NOT NULL AND ripens_on = '-infinity'"""
            )
        )
        found = {tuple(row) for row in rows}
    assert {("safety-walk", "1282-karlslund", "2016-04-01"), ("(commitments)", "1282", "2016-12-01")} <= found


async def test_many_who_put_the_same_commitment_at_once_make_one(
    client: httpx.AsyncClient, promise: dict[str, Any]
) -> None:
    answers = await asyncio.gather(*(client.put(WALKS, json=promise | {"times": times}) for times in range(1, 9)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]


async def test_what_is_nested_is_found_only_under_its_parent(
    client: httpx.AsyncClient, promise: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    agreement = (await client.get(AGREEMENT)).json()
    other = AGREEMENT.replace("landskrona", "other")
    body = {name: agreement[name] for name in ("areas", "parties", "title", "validFrom", "validTo")}
    await put(client, other, body | {"annexes": agreement["annexes"][:1], "targets": []})
    elsewhere = WALKS.replace(AGREEMENT, other)
    assert (await client.get(elsewhere)).status_code == 404
    await put(client, elsewhere, promise | {"annex": agreement["annexes"][0]["number"], "party": "Polisen"})
    assert [(await client.get(url)).json()["party"] for url in (WALKS, elsewhere)] == ["Landskrona stad", "Polisen"]
    last = agreement["annexes"][-1]["number"]
    annexes = [await client.get(f"{url}/annexes/{last}") for url in (AGREEMENT, other)]
    assert [answer.status_code for answer in annexes] == [200, 404]
