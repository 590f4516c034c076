"""Agreements of any municipality that contradict themselves or their figures, through the API: refused, or said why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.catalogue.loader import shipped_catalogue
from shared.facts.series import put_series
from tests.landskrona.loading import AS_OF, settle

BASE = "/samverkan/v1"
URL = f"{BASE}/agreements/small"
DAYS = {"validFrom": "2016-01-01", "validTo": "2016-12-31"}
WORDS = {"sv": "x", "en": "x"}
ANNEX: dict[str, Any] = {"number": 1, "theme": "evenings", "title": "Kvällar", **DAYS}
TARGET: dict[str, Any] = {"annex": 1, "indicator": "foot-patrols", "area": "1282", "per": "year", **DAYS}
FEW, MANY = {"rule": "atMost", "value": 5}, {"rule": "atLeast", "value": 9}
PATROLS, DIALOGUES = {"indicator": "foot-patrols"}, {"indicator": "citizen-dialogues"}


def agreement(*, listed: tuple[dict[str, str], ...] = (PATROLS,), **fields: Any) -> dict[str, Any]:
    return {"title": "Liten", "areas": ["1282"], "annexes": [ANNEX | {"indicators": [*listed]}], **DAYS, **fields}


def targets(*chosen: dict[str, Any]) -> dict[str, Any]:
    return agreement(targets=[TARGET | one for one in chosen])


SPRING, SUMMER = {"validTo": "2016-06-30"}, {"validFrom": "2016-04-01"}


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (
            agreement(listed=(PATROLS, DIALOGUES, PATROLS)),
            {"annexes[0].indicators[2]": "stands here a second time"},
        ),
        # The same, by the annex's own name of its slice.
        (
            agreement(listed=(PATROLS | {"slice": "annex"}, PATROLS | {"slice": "evenings"})),
            {"annexes[0].indicators[1]": "stands here a second time"},
        ),
        (
            agreement(listed=({"indicator": "happiness"},)),
            {"annexes[0].indicators[0].indicator": "is not a known indicator"},
        ),
        (
            agreement(listed=({"indicator": "theirs"},)),
            {"annexes[0].indicators[0].indicator": "is the own indicator of 1283"},
        ),
        (targets(FEW, MANY), {"targets[1].value": "cannot be met together with targets[0]"}),
        (
            targets(FEW, FEW | {"value": 6}),
            {"targets[1].validFrom": "targets[0] has the same rule then"},
        ),
        (
            targets(FEW | SPRING, FEW | SUMMER | {"value": 6}),
            {"targets[1].validFrom": "targets[0] has the same rule then"},
        ),
        (
            targets(FEW | {"per": "span", "validFrom": "2016-01-15"}),
            {"targets[0].validFrom": "the span is not whole months"},
        ),
        (
            targets({"rule": "lessThanBefore", "baseline": {"from": "2015-01-15", "to": "2015-12-31"}}),
            {"targets[0].baseline": "the days are not whole months"},
        ),
        (
            targets({"rule": "lessThanBefore", "baseline": "2016-H1"}),
            {"targets[0].baseline": "does not end before the target's days"},
        ),
    ],
)
async def test_what_an_agreement_cannot_ask_is_refused_with_its_place(
    client: httpx.AsyncClient, body: dict[str, Any], refused: dict[str, str]
) -> None:
    theirs = {"area": "1283", "name": WORDS, "definition": WORDS, "numerator": WORDS, "unit": "count"}
    theirs |= {"direction": "none", "kind": "count", "activityTypes": ["foot-patrol"]}
    assert (await client.put(f"{BASE}/indicators/theirs", json=theirs)).is_success
    answer = await client.put(URL, json=body)
    assert answer.status_code == 422, answer.text
    assert {fault["field"]: fault["reason"] for fault in answer.json()["violations"]} == refused
    assert all(fault["remedy"] for fault in answer.json()["violations"])
    assert (await client.get(URL)).status_code == 404


async def test_what_recurs_without_an_end_ends_with_the_agreement(client: httpx.AsyncClient) -> None:
    await client.put(URL, json=agreement(parties=["Polisen"]))
    monthly = {"promise": True, "party": "Polisen", "wording": "Vi går ut.", "areas": ["1282"]}
    monthly |= {"recurrence": {"every": "month", "from": "2016-09-15"}}
    made = (await client.put(f"{URL}/commitments/monthly", json=monthly)).json()
    # From 15 December it would end in the next year.
    assert (made["dueOn"], made["recurrence"]["until"]) == ("2016-12-14", "2016-12-31")


@pytest.fixture
async def settled(client: httpx.AsyncClient, engine: AsyncEngine) -> Callable[[], Any]:
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), AS_OF)

    async def again() -> None:
        await settle(engine)

    return again


async def values(client: httpx.AsyncClient, **asked: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await client.get(f"{BASE}/indicator-values", params=asked)).json()["indicatorValues"]
    return rows


async def test_a_rhythm_that_is_taken_away_takes_its_figures_along(
    client: httpx.AsyncClient, settled: Callable[[], Any]
) -> None:
    asked = {"area": "1282", "indicator": "foot-patrols"}
    await client.put(URL, json=agreement(rhythms=["quarter", "halfYear"]))
    await settled()
    assert [len(await values(client, **asked, periodType=one)) for one in ("quarter", "halfYear")] == [4, 2]
    since = (await client.get(f"{BASE}/changes", params={"batchSize": 1000})).json()["_links"]["next"]["href"]
    await client.put(URL, json=agreement(rhythms=["halfYear"]))
    await settled()
    assert [len(await values(client, **asked, periodType=one)) for one in ("quarter", "halfYear")] == [0, 2]
    assert len(await values(client, **asked, periodType="month")) == 12
    # Who has them already is told.
    gone = (await client.get(since)).json()["changes"]
    assert {one["id"].rpartition("~")[2] for one in gone} == {f"2016-q{number}" for number in (1, 2, 3, 4)}
    assert {one["change"] for one in gone} == {"removed"}


async def test_a_baseline_without_figures_is_not_compared_with_and_says_so(
    client: httpx.AsyncClient, settled: Callable[[], Any]
) -> None:
    body = targets({"rule": "lessThanBefore", "baseline": "2014"})
    assert (await client.put(URL, json=body)).status_code == 201
    await settled()
    [year] = await values(client, area="1282", indicator="foot-patrols", period="2016")
    assert [(one["judgement"], one["reason"]) for one in year["targets"]] == [("notJudged", "beforeMissing")]
