"""PUT /indicators and /activity-types: a municipality's own definitions."""

# Over 300 lines: all that a definition can say wrongly.

import copy
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.begins_with("landskrona")
URL = "/samverkan/v1"
SUN = {"sv": "sol", "en": "sun"}


def weather(values: object) -> dict[str, Any]:
    """Return attributes with one choice of the values."""
    return {"weather": {"kind": "choice", "name": {"sv": "Väder", "en": "Weather"}, "values": values}}


@pytest.fixture
def dog_walk() -> dict[str, Any]:
    """Return an activity type that breaks no rule."""
    return {
        "area": "1282",
        "name": {"sv": "Hundpromenad", "en": "Dog walk"},
        "description": {"sv": "En runda med hund.", "en": "A round with a dog."},
        "moments": ["reported", "start", "end"],
        "participantGroups": ["residents"],
        "attributes": weather(values={"sun": SUN, "rain": {"sv": "regn", "en": "rain"}}),
    }


@pytest.fixture
def dog_walks() -> dict[str, Any]:
    """Return an indicator that breaks no rule."""
    return {
        "area": "1282",
        "name": {"sv": "Fotpatruller i regn", "en": "Foot patrols in rain"},
        "definition": {"sv": "Antal.", "en": "Number."},
        "numerator": {"sv": "Utförda", "en": "Performed"},
        "themes": ["visible-police"],
        "unit": "count",
        "direction": "higher",
        "kind": "count",
        "activityTypes": ["foot-patrol"],
    }


async def refused(client: httpx.AsyncClient, path: str, body: object) -> list[str]:
    answer = await client.put(f"{URL}/{path}", json=body)
    assert answer.status_code == 422, answer.text
    violations = answer.json()["violations"]
    assert all(violation["reason"] and violation["remedy"] for violation in violations)
    return [violation["field"] for violation in violations]


async def test_an_own_indicator_is_created_listed_and_shown(
    client: httpx.AsyncClient, dog_walks: dict[str, Any]
) -> None:
    answer = await client.put(f"{URL}/indicators/dog-walks", json=dog_walks)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith("/indicators/dog-walks")
    body = answer.json()
    assert (body["owner"], body["version"], body["validFrom"], body["validTo"]) == ("1282", 1, None, None)
    assert (await client.get(f"{URL}/indicators/dog-walks")).json() == body
    listed = (await client.get(f"{URL}/indicators?area=1282")).json()["indicators"]
    assert [entry["code"] for entry in listed] == ["dog-walks"]
    assert (await client.get(f"{URL}/indicators?area=1283")).json()["indicators"] == []
    by_theme = (await client.get(f"{URL}/indicators?theme=visible-police&limit=200")).json()["indicators"]
    assert "dog-walks" in [entry["code"] for entry in by_theme]
    assert all("visible-police" in entry["themes"] for entry in by_theme)


async def test_a_changed_content_makes_the_next_version_and_the_same_makes_none(
    client: httpx.AsyncClient, dog_walks: dict[str, Any]
) -> None:
    await client.put(f"{URL}/indicators/dog-walks", json=dog_walks)
    spelled_out = {**dog_walks, "slices": {}, "denominator": None, "code": "dog-walks"}
    again = await client.put(f"{URL}/indicators/dog-walks", json=spelled_out)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    changed = await client.put(f"{URL}/indicators/dog-walks", json={**dog_walks, "direction": "none"})
    assert (changed.status_code, changed.json()["version"], changed.json()["direction"]) == (200, 2, "none")
    back = await client.put(f"{URL}/indicators/dog-walks", json=dog_walks)
    assert back.json()["version"] == 3


async def test_an_own_activity_type_is_read_by_an_own_indicator(
    client: httpx.AsyncClient, dog_walk: dict[str, Any], dog_walks: dict[str, Any]
) -> None:
    answer = await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["owner"], body["version"]) == ("1282", 1)
    assert body["attributes"]["weather"]["values"]["rain"] == {"sv": "regn", "en": "rain"}
    listed = (await client.get(f"{URL}/activity-types?area=1282")).json()["activityTypes"]
    assert [{**entry} for entry in listed] == [{key: value for key, value in body.items() if key != "_links"}]
    rainy = {"activityTypes": ["dog-walk"], "selects": {"attributes": {"weather": ["rain"]}}}
    assert (await client.put(f"{URL}/indicators/rainy-dog-walks", json=dog_walks | rainy)).status_code == 201
    of_all = await client.put(f"{URL}/indicators/all-walks", json=dog_walks | {"activityTypes": "all"})
    assert "dog-walk" in of_all.json()["activityTypes"]


@pytest.mark.parametrize(("language", "why"), [("sv", "Hundar gillar inte regn."), ("en", "Dogs dislike rain.")])
async def test_trials_b24_what_an_own_type_excludes_is_said_in_its_own_words(
    client: httpx.AsyncClient, dog_walk: dict[str, Any], language: str, why: str
) -> None:
    name = {"sv": "Lek", "en": "Game"}
    exclusion = {"sv": "Hundar gillar inte regn.", "en": "Dogs dislike rain."}
    dog_walk["attributes"]["game"] = {
        "kind": "reference",
        "name": name,
        "excludedBy": "weather",
        "exclusion": exclusion,
    }
    assert (await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk)).status_code == 201
    sent = {"source": "s", "externalId": "1", "type": "dog-walk", "agreement": "landskrona-2015-2016", "area": "1282"}
    walk = sent | {"status": "performed", "start": "2016-03-01", "attributes": {"weather": "sun", "game": "fetch"}}
    answer = await client.post(f"{URL}/activities", json=walk, headers={"Accept-Language": language})
    assert answer.status_code == 422, answer.text
    [violation] = [one for one in answer.json()["violations"] if one["field"].endswith("game")]
    assert violation["remedy"] == why
    assert violation.keys() == {"field", "label", "reason", "remedy"}


async def test_another_municipality_reads_no_type_of_ours(
    client: httpx.AsyncClient, dog_walk: dict[str, Any], dog_walks: dict[str, Any]
) -> None:
    await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk)
    theirs = dog_walks | {"area": "1283", "activityTypes": ["foot-patrol", "dog-walk"]}
    assert await refused(client, "indicators/their-walks", theirs) == ["activityTypes[1]"]
    of_all = await client.put(f"{URL}/indicators/their-walks", json=theirs | {"activityTypes": "all"})
    assert "dog-walk" not in of_all.json()["activityTypes"]


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("indicators/graffiti-cleanups", "1282"),
        ("indicators/graffiti-cleanup", "1282"),
        ("indicators/dog-walks", "1283"),
        ("indicators/dog-walk", "1283"),
        ("activity-types/graffiti-cleanup", "1282"),
        ("activity-types/graffiti-cleanups", "1282"),
        ("activity-types/dog-walk", "1283"),
    ],
)
async def test_a_code_that_is_taken_is_refused(
    client: httpx.AsyncClient, dog_walk: dict[str, Any], dog_walks: dict[str, Any], path: str, area: str
) -> None:
    await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk)
    await client.put(f"{URL}/indicators/dog-walks", json=dog_walks)
    body = dog_walks if path.startswith("indicators") else dog_walk
    answer = await client.put(f"{URL}/{path}", json=body | {"area": area})
    assert answer.status_code == 409, answer.text
    assert answer.json()["type"].endswith("/definition-taken")
    assert answer.json()["violations"]


def changed(body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {name: value for name, value in (copy.deepcopy(body) | fields).items() if value is not ...}


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"area": ...}, ["area"]),
        ({"area": 1282}, ["area"]),
        ({"area": "1282-karlslund"}, ["area"]),
        ({"area": "9999"}, ["area"]),
        ({"version": 4}, ["version"]),
        ({"code": "other"}, ["code"]),
        ({"colour": "red"}, ["colour"]),
        ({"name": {"sv": "Bara svenska"}}, ["name.en"]),
        ({"direction": "up"}, ["direction"]),
        ({"kind": "guess", "unit": "miles"}, ["kind", "unit"]),
        ({"activityTypes": ["juggling"]}, ["activityTypes[0]"]),
        ({"activityTypes": "some"}, ["activityTypes"]),
        ({"themes": ["gardening"]}, ["themes[0]"]),
        ({"area": "9999", "activityTypes": ["juggling"]}, ["area", "activityTypes[0]"]),
        ({"selects": {"attributes": {"weather": ["rain"]}}}, ["selects.attributes.weather"]),
        ({"validFrom": "2017-01-01", "validTo": "2016-01-01"}, ["validTo"]),
        ({"validFrom": "0017-01-01"}, ["validFrom"]),
        ({"validFrom": 17}, ["validFrom"]),
        ({"name": {"sv": "Anna 19121212-1212", "en": "Anna"}}, ["name.sv"]),
        ({"numerator": {"sv": "x" * 2001, "en": "x"}}, ["numerator.sv"]),
        ({"slices": {f"s{number}": {"annex": "planning"} for number in range(21)}}, ["slices"]),
        ({"suppressBelow": 10**7}, ["suppressBelow"]),
        ({"area": ..., "areas": ["1282", "1283", "1282"]}, ["areas[2]"]),
        ({"themes": ["visible-police", "planning", "visible-police"]}, ["themes[2]"]),
        # Else each of their participants would be counted twice.
        ({"kind": "sum", "sums": {"only": ["police", "police"]}}, ["sums.only[1]"]),
    ],
)
async def test_a_faulty_indicator_is_refused_with_every_fault(
    client: httpx.AsyncClient, dog_walks: dict[str, Any], fields: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(await refused(client, "indicators/dog-walks", changed(dog_walks, **fields))) == sorted(expected)


REFERRALS = {"kind": "observed", "activityTypes": ..., "observes": {"measure": "care-referrals"}}


@pytest.mark.parametrize("fields", [{}, {"suppressBelow": 5}, {"unit": "hours"}])
async def test_an_own_indicator_has_the_threshold_of_its_measure(
    client: httpx.AsyncClient, dog_walks: dict[str, Any], fields: dict[str, Any]
) -> None:
    """Trials D5: whether it says so or not, and whatever unit it gives the measure."""
    body = changed(dog_walks, **REFERRALS, **fields)
    answer = await client.put(f"{URL}/indicators/our-referrals", json=body)
    assert (answer.status_code, answer.json()["suppressBelow"]) == (201, 5), answer.text
    again = await client.put(f"{URL}/indicators/our-referrals", json=body)
    assert (again.status_code, again.json()["version"]) == (200, 1)


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("measure", "threshold", "reason"),
    [
        ("care-referrals", 3, "'care-referrals' is suppressed below 5 by an indicator that ships"),
        ("care-referrals", 50, "'care-referrals' is suppressed below 5 by an indicator that ships"),
        ("vandalism-cost", 5, "'vandalism-cost' is shown in full by an indicator that ships"),
    ],
)
async def test_another_threshold_than_the_measure_s_is_refused(
    client: httpx.AsyncClient, dog_walks: dict[str, Any], measure: str, threshold: int, reason: str
) -> None:
    """Trials D5."""
    fields = REFERRALS | {"observes": {"measure": measure}, "suppressBelow": threshold}
    answer = await client.put(f"{URL}/indicators/our-referrals", json=changed(dog_walks, **fields))
    assert [(fault["field"], fault["reason"]) for fault in answer.json()["violations"]] == [("suppressBelow", reason)]


async def test_of_a_measure_of_its_own_a_municipality_s_indicators_have_one_threshold(
    client: httpx.AsyncClient, dog_walks: dict[str, Any]
) -> None:
    """Trials D5: where one of them hides few, so do the others; another municipality's are its own affair."""
    ours = changed(dog_walks, **REFERRALS | {"observes": {"measure": "our-cases"}})
    await client.put(f"{URL}/indicators/cases", json=ours)
    assert (await client.get(f"{URL}/indicators/cases")).json()["suppressBelow"] is None
    await client.put(f"{URL}/indicators/few-cases", json=ours | {"suppressBelow": 7})
    await client.put(f"{URL}/indicators/their-cases", json=ours | {"area": "1283"})
    thresholds = [
        (await client.get(f"{URL}/indicators/{code}")).json()["suppressBelow"]
        for code in ("cases", "few-cases", "their-cases")
    ]
    assert thresholds == [7, 7, None]


async def test_the_fields_of_a_deadline_are_named(client: httpx.AsyncClient, dog_walks: dict[str, Any]) -> None:
    share: dict[str, Any] = {"kind": "share", "unit": "percent", "activityTypes": ["graffiti-cleanup"]}
    share["denominator"] = {"sv": "Alla", "en": "All"}
    share["deadline"] = {"after": "reported", "by": "start", "workingDays": 0}
    assert await refused(client, "indicators/dog-walks", dog_walks | share) == ["deadline.workingDays"]
    share["deadline"] = {"after": "reported", "by": "end", "workingDays": 3}
    assert await refused(client, "indicators/dog-walks", dog_walks | share) == ["deadline.by"]


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"moments": ["dawn"]}, ["moments[0]"]),
        ({"participantGroups": ["dogs"]}, ["participantGroups[0]"]),
        ({"participantGroups": ["residents", "residents"]}, ["participantGroups[1]"]),
        ({"countsBy": "startElseCompleted"}, ["moments"]),
        ({"attributes": {"Weather": {"kind": "choice", "name": {"sv": "a", "en": "b"}}}}, ["attributes.Weather"]),
        ({"attributes": weather(values=["sun", "rain"])}, ["attributes.weather.values"]),
        ({"attributes": weather(values={"Sun": SUN})}, ["attributes.weather.values.Sun"]),
        ({"attributes": weather(values={"sun": {"sv": "sol"}})}, ["attributes.weather.values.sun.en"]),
        ({"attributes": weather(values={})}, ["attributes.weather.kind"]),
        ({"placeKinds": ["it's"]}, ["placeKinds[0]"]),
        ({"attributes": {"19121212-1212": {}}}, ["(hidden)"]),
    ],
)
async def test_a_faulty_activity_type_is_refused(
    client: httpx.AsyncClient, dog_walk: dict[str, Any], fields: dict[str, Any], expected: list[str]
) -> None:
    assert await refused(client, "activity-types/dog-walk", changed(dog_walk, **fields)) == expected


@pytest.mark.one_app
@pytest.mark.parametrize("body", [[], "x", 4, None])
async def test_what_is_no_object_is_refused(client: httpx.AsyncClient, body: int | list[Any] | str | None) -> None:
    answer = await client.put(f"{URL}/indicators/dog-walks", json=body)
    assert answer.status_code == 422, answer.text


async def test_a_code_holds_no_personal_number(client: httpx.AsyncClient, dog_walks: dict[str, Any]) -> None:
    assert await refused(client, "indicators/x-191212121212", dog_walks) == ["code"]


async def test_only_who_administers_may_put_one(reporter: httpx.AsyncClient, dog_walks: dict[str, Any]) -> None:
    assert (await reporter.put(f"{URL}/indicators/dog-walks", json=dog_walks)).status_code == 403


@pytest.mark.one_app
@pytest.mark.parametrize("query", ["theme=gardening", "area=9999"])
async def test_an_unknown_filter_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"{URL}/indicators?{query}")).status_code == 400


async def test_an_own_type_is_used_in_its_municipality_alone(
    client: httpx.AsyncClient, dog_walk: dict[str, Any], walk: dict[str, Any]
) -> None:
    await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk)
    await client.put(f"{URL}/activity-types/their-walk", json=dog_walk | {"area": "1283"})
    ours = walk | {"type": "dog-walk", "participants": {"residents": 3}, "attributes": {"weather": "rain"}}
    assert (await client.post(f"{URL}/activities", json=ours)).status_code == 201
    answer = await client.post(f"{URL}/activities", json=ours | {"type": "their-walk", "externalId": "walk-2"})
    assert answer.status_code == 422
    (violation,) = answer.json()["violations"]
    assert violation["field"] == "area"
    assert "1283" in violation["reason"]


async def test_an_own_type_is_used_within_its_days(
    client: httpx.AsyncClient, dog_walk: dict[str, Any], walk: dict[str, Any]
) -> None:
    await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk | {"validFrom": "2016-05-01"})
    early = walk | {"type": "dog-walk", "participants": {"residents": 3}}
    answer = await client.post(f"{URL}/activities", json=early)
    assert [violation["field"] for violation in answer.json()["violations"]] == ["type"]


async def test_activities_stand_when_their_type_changes(
    client: httpx.AsyncClient, dog_walk: dict[str, Any], walk: dict[str, Any]
) -> None:
    await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk)
    rainy = walk | {"type": "dog-walk", "participants": {"residents": 3}, "attributes": {"weather": "rain"}}
    sent = await client.post(f"{URL}/activities", json=rainy)
    revised = await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk | {"attributes": {}})
    assert revised.json()["version"] == 2
    assert (await client.get(sent.json()["_links"]["self"]["href"])).json()["attributes"] == {"weather": "rain"}
    assert (await client.post(f"{URL}/activities", json=rainy | {"externalId": "2"})).status_code == 422


async def test_a_type_keeps_what_an_indicator_reads(
    client: httpx.AsyncClient, dog_walk: dict[str, Any], dog_walks: dict[str, Any]
) -> None:
    await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk)
    rainy = {"activityTypes": ["dog-walk"], "selects": {"attributes": {"weather": ["rain"]}}}
    await client.put(f"{URL}/indicators/rainy-dog-walks", json=dog_walks | rainy)
    answer = await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk | {"attributes": {}})
    assert answer.status_code == 409, answer.text
    assert answer.json()["type"].endswith("/definition-in-use")
    assert "rainy-dog-walks" in answer.json()["violations"][0]["reason"]


async def test_an_import_takes_a_type_that_was_just_put(client: httpx.AsyncClient, dog_walk: dict[str, Any]) -> None:
    await client.put(f"{URL}/activity-types/dog-walk", json=dog_walk)
    sheet = (
        "source,externalId,type,agreement,area,status,start,participants.residents\n"
        "test,1,dog-walk,landskrona-2015-2016,1282-karlslund,performed,2016-04-12,3\n"
    )
    headers = {"Content-Type": "text/csv"}
    answer = await client.post(f"{URL}/activity-imports", content=sheet.encode(), headers=headers)
    assert answer.status_code == 201
    assert answer.json()["remarks"] == []


async def test_a_value_of_an_indicator_that_was_just_put_can_be_asked_for(
    client: httpx.AsyncClient, dog_walks: dict[str, Any]
) -> None:
    assert (await client.get(f"{URL}/indicator-values?indicator=dog-walks")).status_code == 400
    await client.put(f"{URL}/indicators/dog-walks", json=dog_walks)
    answer = await client.get(f"{URL}/indicator-values?indicator=dog-walks")
    assert answer.json()["indicatorValues"] == []
