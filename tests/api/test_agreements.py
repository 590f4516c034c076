"""/agreements: the shipped one, whole and in parts, and what a put refuses."""

from operator import itemgetter
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import shared.data

URL = "/samverkan/v1/agreements"
CODE = "landskrona-2015-2016"
# What a target has where nothing is said.
UNSAID: dict[str, Any] = {
    "slice": "all",
    **dict.fromkeys(["percent", "baseline", "tolerance", "perInhabitants"]),
    "areas": [],
}
FILE = Path(shared.data.__path__[0]) / "landskrona" / "agreement-2015-2016.yaml"


@pytest.fixture
def agreement() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


@pytest.fixture
async def stored(client: httpx.AsyncClient, agreement: dict[str, Any]) -> dict[str, Any]:
    """Put Landskrona's agreement and return it as sent."""
    answer = await client.put(f"{URL}/{CODE}", json=agreement)
    assert answer.status_code == 201, answer.text
    return agreement


def cleanups(agreement: dict[str, Any]) -> dict[str, Any]:
    """Return the agreement's first target for graffiti cleanups, which is set for 2016."""
    return next(target for target in agreement["targets"] if target["indicator"] == "graffiti-cleanups")


async def refused(client: httpx.AsyncClient, body: object) -> dict[str, str]:
    answer = await client.put(f"{URL}/{CODE}", json=body)
    assert answer.status_code == 409, answer.text
    return {violation["field"]: violation["reason"] for violation in answer.json()["violations"]}


async def marks(engine: AsyncEngine) -> set[tuple[str, int, str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT code, year, ripens_on::text FROM dirty_mark JOIN area ON area.area_id = writing_area_id")
        )
        return {tuple(row) for row in rows}


async def forget_marks(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM dirty_mark"))
        await connection.execute(text("DELETE FROM rollup_mark"))


async def add_activity(
    engine: AsyncEngine, *, annex: int | None = 4, day: str = "2016-03-01", area: str = "1282"
) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                """INSERT INTO activity (source, activity_type, agreement_id, annex_number, area_id, status, period_on)
                   SELECT 'test', 'graffiti-cleanup', agreement_id, :annex, area_id, 'performed', CAST(:day AS date)
                   FROM agreement, area WHERE area.code = :area"""
            ),
            {"annex": annex, "day": day, "area": area},
        )


async def test_landskronas_agreement_comes_back_as_it_was_put(
    client: httpx.AsyncClient, stored: dict[str, Any]
) -> None:
    body = (await client.get(f"{URL}/{CODE}")).json()
    del body["_links"]
    order = itemgetter("annex", "indicator", "slice", "area", "rule")
    assert body.pop("targets") == sorted(({**UNSAID, **target} for target in stored.pop("targets")), key=order)
    annexes = [
        {**annex, "code": annex["theme"], "indicators": None, "followUps": []} for annex in stored.pop("annexes")
    ]
    closing = {"twoPersons": True, "readyAnnexes": True}
    unsaid: dict[str, Any] = {"succeeds": None, "rhythms": [], "indicators": [], "closing": closing}
    assert body == {**stored, **unsaid, "annexes": annexes}


async def test_its_parts_have_addresses_of_their_own(client: httpx.AsyncClient, stored: dict[str, Any]) -> None:
    annexes = (await client.get(f"{URL}/{CODE}/annexes")).json()
    assert [annex["number"] for annex in annexes["annexes"]] == list(range(1, 11))
    annex = (await client.get(f"{URL}/{CODE}/annexes/4")).json()
    assert annex["title"] == "Attraktiv stad"
    assert annex["_links"]["self"]["href"].endswith(f"{URL}/{CODE}/annexes/4")
    targets = (await client.get(f"{URL}/{CODE}/targets", params={"limit": 2, "page": 2})).json()
    assert targets["_meta"]["totalRecords"] == len(stored["targets"])
    listed = (await client.get(URL)).json()
    assert [entry["code"] for entry in listed["agreements"]] == [CODE]


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, stored: dict[str, Any]) -> None:
    for path in ("nowhere", "nowhere/annexes", "nowhere/annexes/1", "nowhere/targets", f"{CODE}/annexes/11"):
        assert (await client.get(f"{URL}/{path}")).status_code == 404


async def test_reporting_is_on_where_annexes_are_in_force(engine: AsyncEngine, stored: dict[str, Any]) -> None:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                """SELECT code, reporting.valid::text FROM reporting JOIN area USING (area_id)
                   WHERE follows = 'theme/attractive-city'"""
            )
        )
        covered = ("1282", "12", "police-region-syd", "SE")
        assert {tuple(row) for row in rows} == {(code, "[2016-01-01,2017-01-01)") for code in covered}


async def test_the_months_of_an_agreement_ripen_on_their_first_days(
    engine: AsyncEngine, stored: dict[str, Any]
) -> None:
    assert {("1282", 2016, f"2016-{month:02}-01") for month in range(1, 13)} <= await marks(engine)


async def test_putting_the_same_twice_changes_and_marks_nothing(
    client: httpx.AsyncClient, engine: AsyncEngine, stored: dict[str, Any]
) -> None:
    async with engine.connect() as connection:
        before = (await connection.execute(text("SELECT * FROM target ORDER BY target_id"))).all()
    await forget_marks(engine)
    assert (await client.put(f"{URL}/{CODE}", json=stored)).status_code == 200
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT * FROM target ORDER BY target_id"))).all() == before
    assert await marks(engine) == set()


async def test_a_changed_target_marks_the_years_that_it_covers(
    client: httpx.AsyncClient, engine: AsyncEngine, stored: dict[str, Any]
) -> None:
    await forget_marks(engine)
    cleanups(stored)["value"] = 90
    await client.put(f"{URL}/{CODE}", json=stored)
    assert await marks(engine) == {("1282", 2016, "-infinity")}


async def test_targets_of_several_slices_stand_side_by_side(
    client: httpx.AsyncClient, engine: AsyncEngine, stored: dict[str, Any]
) -> None:
    whole = cleanups(stored) | {"indicator": "trainings", "annex": 6, "slice": "all"}
    stored["targets"] = [whole, whole | {"slice": "youth"}]
    assert (await client.put(f"{URL}/{CODE}", json=stored)).status_code == 200
    listed = (await client.get(f"{URL}/{CODE}/targets")).json()["targets"]
    assert [target["slice"] for target in listed] == ["all", "youth"]
    await forget_marks(engine)
    stored["targets"][1]["slice"] = "public"
    assert (await client.put(f"{URL}/{CODE}", json=stored)).status_code == 200
    assert ("1282", 2016, "-infinity") in await marks(engine)


async def test_a_target_that_goes_with_its_annex_marks_too(
    client: httpx.AsyncClient, engine: AsyncEngine, stored: dict[str, Any]
) -> None:
    await forget_marks(engine)
    stored["annexes"] = [annex for annex in stored["annexes"] if annex["number"] != 6]
    stored["targets"] = [target for target in stored["targets"] if target["annex"] != 6]
    assert (await client.put(f"{URL}/{CODE}", json=stored)).status_code == 200
    assert ("1282", 2016, "-infinity") in await marks(engine)


async def test_a_target_of_a_county_is_marked_for_the_levels_above(
    client: httpx.AsyncClient, engine: AsyncEngine, stored: dict[str, Any]
) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                """INSERT INTO indicator_series
                       (indicator_code, definition_version, fingerprint, kind, unit, factor, themes, over_time,
                        is_share)
                   VALUES ('graffiti-cleanups', 1, '', 'count', 'count', 1, '{}', 'sum', false)"""
            )
        )
    await forget_marks(engine)
    stored["areas"] = ["12"]
    cleanups(stored)["area"] = "12"
    assert (await client.put(f"{URL}/{CODE}", json=stored)).status_code == 200
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT code, year FROM rollup_mark JOIN area USING (area_id)"))
        assert {tuple(row) for row in rows} == {("12", 2016)}


async def test_an_annex_that_activities_refer_to_stays(
    client: httpx.AsyncClient, engine: AsyncEngine, stored: dict[str, Any]
) -> None:
    await add_activity(engine)
    await add_activity(engine)
    stored["annexes"] = [annex for annex in stored["annexes"] if annex["number"] != 4]
    stored["targets"] = []
    assert await refused(client, stored) == {"annexes": "2 activities refer to annex 4"}


@pytest.mark.parametrize(
    "activity", [{"day": "2016-12-31"}, {"annex": None, "day": "2015-02-01"}, {"area": "1282", "day": "2016-06-30"}]
)
async def test_no_activity_is_left_outside(
    client: httpx.AsyncClient, engine: AsyncEngine, stored: dict[str, Any], activity: dict[str, Any]
) -> None:
    await add_activity(engine, **activity)
    assert (await client.put(f"{URL}/{CODE}", json=stored)).status_code == 200
    stored |= {"areas": ["1283"], "targets": [], "validFrom": "2016-01-01"}
    fields = await refused(client, stored)
    assert "1 activities" in fields["validFrom"]


async def test_only_an_administrator_puts_agreements(reporter: httpx.AsyncClient, agreement: dict[str, Any]) -> None:
    assert (await reporter.put(f"{URL}/{CODE}", json=agreement)).status_code == 403


OWN_LIST = {
    "title": "Löften",
    "validFrom": "2016-01-01",
    "validTo": "2016-12-31",
    "areas": ["1283"],
    "indicators": [{"indicator": "citizen-dialogues"}],
    "annexes": [
        {
            "number": 1,
            "theme": "evening-presence",
            "code": "evening",
            "title": "Kvällsnärvaro",
            "titleEn": "Evening presence",
            "validFrom": "2016-01-01",
            "validTo": "2016-12-31",
            "indicators": [{"indicator": "foot-patrols", "slice": "annex"}, {"indicator": "traffic-checks"}],
        }
    ],
    "targets": [
        {"indicator": "citizen-dialogues", "area": "1283", "rule": "atLeast", "value": 1, "per": "year"}
        | {"validFrom": "2016-01-01", "validTo": "2016-12-31"}
    ],
}


async def test_an_annex_names_what_it_follows(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """generality E1: its slices come with it, are named by its title, and go with it."""
    answer = await client.put(f"{URL}/promises", json=OWN_LIST)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["indicators"] == [{"indicator": "citizen-dialogues", "slice": "all"}]
    followed = [{"indicator": "foot-patrols", "slice": "evening"}, {"indicator": "traffic-checks", "slice": "all"}]
    assert (body["annexes"][0]["code"], body["annexes"][0]["indicators"]) == ("evening", followed)
    assert [(one["annex"], one["slice"]) for one in body["targets"]] == [(None, "all")]
    indicators = URL.replace("agreements", "indicators")
    for code in ("foot-patrols", "commitments-fulfilled"):
        part = (await client.get(f"{indicators}/{code}")).json()["slices"]["evening"]
        assert (part["annexCode"], part["name"]) == ("evening", {"sv": "Kvällsnärvaro", "en": "Evening presence"})
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT indicator_code FROM indicator_series WHERE slice = 'evening'"))
        assert set(rows.scalars()) == {"foot-patrols", "commitments-fulfilled"}
    # What is answered can be sent again.
    sent = {name: value for name, value in body.items() if name != "_links"}
    again = await client.put(f"{URL}/promises", json=sent)
    assert (again.status_code, again.json()) == (200, body)
    plain = {**OWN_LIST, "annexes": []}
    assert (await client.put(f"{URL}/promises", json=plain)).status_code == 200
    assert (await client.get(f"{indicators}/foot-patrols")).json()["slices"] == {}
    async with engine.connect() as connection:
        left = await connection.execute(text("SELECT count(*) FROM indicator_series WHERE slice = 'evening'"))
        assert left.scalar_one() == 0


async def test_another_municipality_s_own_indicator_is_refused(client: httpx.AsyncClient) -> None:
    """generality E1."""
    words = {"sv": "Egen", "en": "Own"}
    own = {"area": "1282", "name": words, "definition": words, "numerator": words, "unit": "count"}
    own |= {"direction": "none", "kind": "count", "activityTypes": ["foot-patrol"]}
    assert (await client.put(URL.replace("agreements", "indicators/dog-walks"), json=own)).status_code == 201
    listed = {**OWN_LIST, "indicators": [{"indicator": "dog-walks"}]}
    answer = await client.put(f"{URL}/promises", json=listed)
    assert answer.status_code == 422
    assert [violation["field"] for violation in answer.json()["violations"]] == ["indicators[0].indicator"]
    covered = {**listed, "areas": ["12"]}
    assert (await client.put(f"{URL}/promises", json=covered)).status_code == 201
