"""generality E2: parties, follow-ups in words, recurrence, selections, and one activity for several commitments."""

from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.import_files import HEADER, csv_of, row, send
from tests.api.test_commitments import (
    AGREEMENT,
    LIGHTS,
    WALKS,
    marks,
    progress,
    promise,
    put,
    refused,
    report,
)

__all__ = ["promise"]  # a fixture
pytestmark = pytest.mark.begins_with("landskrona")

STADEN, POLISEN = "Landskrona stad", "Lokalpolisområde Landskrona"
# What is changed, and where and why it is refused.
BAD: tuple[tuple[dict[str, Any], dict[str, str]], ...] = (
    ({"party": None}, {"party": "is missing"}),
    ({"parties": [STADEN, "Svalövs kommun"]}, {"parties[1]": "is no party of the agreement"}),
    ({"parties": [STADEN, STADEN]}, {"parties[1]": "stands here a second time"}),
    ({"followUps": [{"notedOn": "2150-01-01", "status": "done"}]}, {"followUps[0].notedOn": "is in the future"}),
    ({"status": "done"}, {"status": "is not that of the newest follow-up"}),
    (
        {"followUps": [{"notedOn": "2016-02-01", "status": "done", "text": "Ring 850709-9805"}]},
        {"followUps[0].text": "holds a personal identity number"},
    ),
    (
        {"recurrence": {"every": "month", "until": "2017-03-01"}},
        {"recurrence.until": "is outside the days of the agreement"},
    ),
    (
        {"recurrence": {"every": "month", "from": "2016-06-01", "until": "2016-05-01"}},
        {"recurrence.until": "is before 'from'"},
    ),
    (
        {"recurrence": {"every": "quarter", "from": "2016-06-01", "until": "2016-08-01"}},
        {"recurrence": "no whole quarter lies between its days"},
    ),
    ({"recurrence": {"every": "month"}, "dueOn": "2016-06-30"}, {"dueOn": "is not the end of the last span"}),
    (
        {
            "recurrence": {"every": "month", "from": "2016-01-01"},
            "decisions": [{"area": "1282", "fulfilledOn": "2015-12-31"}],
        },
        {"decisions[0].fulfilledOn": "lies in no span of the recurrence"},
    ),
    (
        {"recurrence": {"every": "year"}, "decisions": [{"area": "1282", "fulfilledOn": "2015-03-01"}] * 2},
        {"decisions[1]": "is the second for the area and span"},
    ),
    (
        {
            "recurrence": {"every": "month", "from": "2016-01-01"},
            "decisions": [{"area": "1282", "fulfilledOn": "2016-01-15", "dueOn": "2016-02-28"}],
        },
        {"decisions[0].dueOn": "is no day that the commitment is due on"},
    ),
    (
        {
            "recurrence": {"every": "month", "from": "2016-01-01"},
            "decisions": [{"area": "1282", "fulfilledOn": "2016-01-31", "dueOn": "2016-02-29"}],
        },
        {"decisions[0].fulfilledOn": "is before the span begins"},
    ),
    (
        {"decisions": [{"area": "1282", "fulfilledOn": "2016-01-31", "dueOn": "2016-02-29"}]},
        {"decisions[0].dueOn": "is no day that the commitment is due on"},
    ),
    ({"fulfilledBy": "selection"}, {"selection": "is missing"}),
    (
        {"fulfilledBy": "decision", "selection": {"activityTypes": ["training"]}},
        {"fulfilledBy": "does not go with a selection"},
    ),
    ({"selection": {"activityTypes": ["dance"]}}, {"selection.activityTypes[0]": "is not a known activity type"}),
    (
        {"selection": {"activityTypes": ["safety-walk"], "attributes": {"contentKind": ["racist"]}}},
        {"selection.attributes.contentKind": "is no attribute of safety-walk"},
    ),
    (
        {"selection": {"activityTypes": ["safety-walk"], "attributes": {"actionItems": ["x"]}}},
        {"selection.attributes.actionItems": "is a list of items"},
    ),
    (
        {"selection": {"activityTypes": ["graffiti-cleanup"], "attributes": {"contentKind": ["nice"]}}},
        {"selection.attributes.contentKind[0]": "is not a known value"},
    ),
    (
        {"selection": {"activityTypes": ["training"], "to": "2017-01-01"}},
        {"selection.to": "is outside the days of the agreement"},
    ),
    (
        {"dueOn": "2016-03-31", "selection": {"activityTypes": ["training"], "from": "2016-04-01"}},
        {"selection.from": "is after the due date"},
    ),
    (
        {"selection": {"activityTypes": ["training"], "from": "2016-04-01", "to": "2016-03-01"}},
        {"selection.to": "is before 'from'"},
    ),
    (
        {"areas": ["1282", "1282-karlslund"], "selection": {"activityTypes": ["school-visit"]}},
        {"areas[1]": "none of the selected activities happens at such a place"},
    ),
    # It cannot be fulfilled by itself.
    (
        {"selection": {"activityTypes": ["training"], "commitments": ["safety-walks-2016"]}},
        {"selection.commitments": "extra inputs are not permitted"},
    ),
)


async def test_what_contradicts_itself_is_refused_with_its_place(
    client: httpx.AsyncClient, promise: dict[str, Any]
) -> None:
    for changed, violations in BAD:
        assert await refused(client, promise | changed) == violations, changed


async def test_a_selection_of_others_own_types_is_refused(client: httpx.AsyncClient, promise: dict[str, Any]) -> None:
    words = {"sv": "x", "en": "x"}
    for code, areas in (("ours", ["1282"]), ("theirs", ["1283"]), ("of-both", ["1282", "1283"])):
        body = {"areas": areas, "name": words, "description": words, "moments": ["start"]}
        await put(client, f"{AGREEMENT.rpartition('/agreements')[0]}/activity-types/{code}", body)
    where = {"areas": ["1282-karlslund", "1282"]}
    for chosen, violations in (
        (["theirs"], {"selection.activityTypes[0]": "is the own type of 1283"}),
        (["ours", "theirs"], {"selection.activityTypes[1]": "is the own type of 1283"}),
    ):
        assert await refused(client, promise | where | {"selection": {"activityTypes": chosen}}) == violations
    await put(client, WALKS, promise | where | {"selection": {"activityTypes": ["ours", "of-both"]}})
    two = {"title": "Två", "validFrom": "2016-01-01", "validTo": "2016-12-31", "areas": ["1282", "1283"]}
    both = f"{AGREEMENT.replace('landskrona-2015-2016', 'two')}/commitments/walks"
    await put(client, both.partition("/commitments")[0], two)
    walks = promise | {"annex": None, "areas": ["1282", "1283"]}
    one_sided = await put(client, both, walks | {"selection": {"activityTypes": ["ours"]}}, 422)
    assert [(fault["field"], fault["reason"]) for fault in one_sided["violations"]] == [
        ("areas[1]", "none of the selected activity types is in force there")
    ]
    await put(client, both, walks | {"selection": {"activityTypes": ["ours", "theirs"]}})


async def test_parties_and_follow_ups_come_back_and_the_newest_says_the_status(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any]
) -> None:
    follow_ups = [
        {"notedOn": "2016-05-02", "status": "ongoing", "text": "Två vandringar är gjorda."},
        {"notedOn": "2016-02-01", "status": "notStarted", "text": None},
    ]
    both = {name: value for name, value in promise.items() if name != "party"} | {"parties": [POLISEN, STADEN]}
    made = await put(client, WALKS, both | {"followUps": follow_ups})
    assert (made["party"], made["parties"], made["status"]) == (POLISEN, [POLISEN, STADEN], "ongoing")
    assert made["followUps"] == follow_ups
    await put(client, LIGHTS, promise | {"party": "Landskrona stad och Lokalpolisområde Landskrona"})
    found = {}
    for party in (STADEN, POLISEN, "Ingen"):
        listed = (await client.get(f"{AGREEMENT}/commitments", params={"party": party})).json()
        found[party] = [one["code"] for one in listed["commitments"]]
        assert listed["_meta"]["totalRecords"] == len(found[party])
    assert found == {STADEN: ["safety-walks-2016"], POLISEN: ["safety-walks-2016"], "Ingen": []}
    agreement = (await client.get(AGREEMENT)).json()
    del agreement["_links"]
    problem = await put(client, AGREEMENT, agreement | {"parties": [STADEN]}, 409)
    assert [violation["field"] for violation in problem["violations"]] == ["parties"]
    # What is shown can be put again, and changes nothing.
    await marks(engine)
    again = {name: value for name, value in made.items() if name not in {"_links", "agreement", "progress"}}
    assert await put(client, WALKS, again, 200) == made
    assert await marks(engine) == set()


async def test_a_recurring_commitment_has_its_progress_in_each_span(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    recurrence = {"every": "quarter", "from": "2016-01-01", "until": "2016-09-30"}
    body = promise | {"times": 1, "recurrence": recurrence}
    made = await put(client, WALKS, body | {"decisions": [{"area": "1282", "fulfilledOn": "2016-02-01"}]})
    assert (made["dueOn"], made["recurrence"]) == ("2016-09-30", recurrence)
    assert await marks(engine) == {("1282", f"2016-{month}", "1282") for month in ("03", "06", "09")}
    await report(client, walk, commitment="safety-walks-2016", start="2016-06-30")
    await progress(client, engine)
    answered = (await client.get(WALKS)).json()
    assert [(one["dueOn"], one["done"], one["fulfilled"]) for one in answered["progress"]] == [
        ("2016-03-31", 0, True),
        ("2016-06-30", 1, True),
        ("2016-09-30", 0, False),
    ]
    assert answered["decisions"] == [{"area": "1282", "fulfilledOn": "2016-02-01", "dueOn": "2016-03-31"}]
    again = {name: value for name, value in answered.items() if name not in {"_links", "agreement", "progress"}}
    assert await put(client, WALKS, again, 200) == answered


async def test_each_time_of_what_recurs_may_be_decided_late(client: httpx.AsyncClient, promise: dict[str, Any]) -> None:
    """Also on a day of a later span, and beside the decision for that one."""
    recurrence = {"every": "month", "from": "2016-01-01", "until": "2016-03-31"}
    late = {"area": "1282", "fulfilledOn": "2016-03-02", "dueOn": "2016-01-31"}
    of_march = {"area": "1282", "fulfilledOn": "2016-03-01"}
    body = promise | {"times": 1, "recurrence": recurrence, "decisions": [of_march, late]}
    made = await put(client, WALKS, body)
    assert made["decisions"] == [late, of_march | {"dueOn": "2016-03-31"}]
    assert [(one["dueOn"], one["fulfilled"]) for one in made["progress"]] == [
        ("2016-01-31", False),
        ("2016-02-29", False),
        ("2016-03-31", True),
    ]


async def test_selected_activities_count_unlinked_and_mark_what_selects_them(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    selection = {"activityTypes": ["safety-walk"], "attributes": {}, "from": "2016-03-01", "to": "2016-12-31"}
    made = await put(client, WALKS, promise | {"selection": selection})
    assert (made["fulfilledBy"], made["selection"]) == ("selection", selection)
    await marks(engine)
    await report(client, walk, 1, start="2016-02-29")
    assert (await marks(engine), await progress(client, engine)) == (set(), {"1282": (0, False)})
    await report(client, walk, 1, start="2016-03-01")
    assert (await marks(engine), await progress(client, engine)) == (
        {("1282", "2016-12", "1282")},
        {"1282": (1, False)},
    )
    # Linked and selected it is one all the same.
    await report(client, walk, 1, start="2016-03-01", commitment="safety-walks-2016")
    assert await progress(client, engine) == {"1282": (1, False)}
    await report(client, walk, 1, start="2016-03-01", status="cancelled")
    assert (await marks(engine), await progress(client, engine)) == (
        {("1282", "2016-12", "1282")},
        {"1282": (0, False)},
    )


async def test_only_a_decision_fulfils_what_is_to_be_decided(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    body = promise | {"times": 1, "fulfilledBy": "decision"}
    await put(client, WALKS, body)
    await report(client, walk, commitment="safety-walks-2016")
    assert await progress(client, engine) == {"1282": (1, False)}
    await put(client, WALKS, body | {"decisions": [{"area": "1282", "fulfilledOn": "2016-05-01"}]}, 200)
    assert await progress(client, engine) == {"1282": (1, True)}


async def test_one_activity_is_for_several_commitments_by_api_and_by_import(
    client: httpx.AsyncClient, engine: AsyncEngine, promise: dict[str, Any], walk: dict[str, Any]
) -> None:
    await put(client, WALKS, promise)
    await put(client, LIGHTS, promise | {"dueOn": "2016-05-31", "areas": ["1282-karlslund"]})
    await marks(engine)
    sent: dict[str, Any] = {"commitment": "safety-walks-2016", "commitments": ["lights"]}
    first = await report(client, walk, **sent)
    assert {name: first[name] for name in sent} == sent
    both = {("1282", "2016-12", "1282"), ("1282-karlslund", "2016-05", "1282")}
    assert await marks(engine) == both
    assert await progress(client, engine) == {"1282": (1, False)}
    assert await progress(client, engine, LIGHTS) == {"1282-karlslund": (1, False)}
    # An area that it was done in stays.
    assert "areas" in str(await put(client, LIGHTS, promise | {"areas": ["1282"]}, 409))
    for wrong, field in (
        ({"commitments": ["nowhere"]}, "commitments[0]"),
        (sent | {"commitments": ["safety-walks-2016"]}, "commitments[0]"),
    ):
        answer = await client.post(f"{AGREEMENT.partition('/agreements')[0]}/activities", json=walk | wrong)
        assert [violation["field"] for violation in answer.json()["violations"]] == [field]
    await report(client, walk, commitments=[])
    assert await progress(client, engine, LIGHTS) == {"1282-karlslund": (0, False)}
    content = csv_of(f"{row(7)},lights | safety-walks-2016", f"{row(8)},", f"{row(9)},lights|nowhere")
    found = await send(client, content.replace(HEADER.encode(), f"{HEADER},commitments".encode()))
    assert [(remark["row"], remark["field"]) for remark in found["remarks"]] == [(4, "commitments[1]")]
    assert await progress(client, engine, LIGHTS) == {"1282-karlslund": (1, False)}
    assert await progress(client, engine) == {"1282": (1, False)}
