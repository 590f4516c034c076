"""A dry run of /agreements: every fault of a document at once, each at its place, and nothing stored."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

import shared.data

URL = "/samverkan/v1/agreements/landskrona-2015-2016"
DRY_RUN = {"dryRun": "true"}
FILE = Path(shared.data.__path__[0]) / "landskrona" / "agreement-2015-2016.yaml"
PROMISE = {
    "code": "walks",
    "annex": 3,
    "promise": True,
    "party": "Landskrona stad",
    "wording": "Fyra.",
    "areas": ["1282"],
}


@pytest.fixture
def document() -> dict[str, Any]:
    """Landskrona's agreement with one promise."""
    agreement: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {
        **agreement,
        "targets": [one for one in agreement["targets"] if one["area"] == "1282"],
        "commitments": [PROMISE],
    }


async def faults(client: httpx.AsyncClient, document: object, language: str = "en") -> dict[str, str]:
    answer = await client.put(URL, params=DRY_RUN, json=document, headers={"Accept-Language": language})
    assert answer.status_code == 422, answer.text
    return {one["field"]: one["reason"] for one in answer.json()["violations"]}


async def test_a_sound_document_has_none_and_is_not_stored(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    answer = await client.put(URL, params=DRY_RUN, json=document)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["annexes"]) == len(document["annexes"])
    assert (await client.get(URL)).status_code == 404


@pytest.mark.parametrize("fault", [{"validFrom": "1999-12-31"}, {"number": 0}, {"title": 4}])
async def test_of_two_annexes_of_a_theme_only_the_one_at_fault_is_named(
    client: httpx.AsyncClient, document: dict[str, Any], fault: dict[str, Any]
) -> None:
    """The other one's slices are still called by its theme and number."""
    first, *others = (annex for annex in document["annexes"] if annex["theme"] != "visible-police")
    spans = {name: first[name] for name in ("validFrom", "validTo")}
    same = [{"theme": "visible-police", "title": "x", "number": number, **spans} for number in (20, 21)]
    target = {"annex": 21, "indicator": "foot-patrols", "slice": "visible-police-21", "area": "1282"}
    target |= {"rule": "atLeast", "value": 3, "per": "year", "validFrom": "2016-01-01", "validTo": "2016-12-31"}
    sound = document | {"annexes": [first, *others, *same], "targets": [target], "commitments": []}
    assert (await client.put(URL, params=DRY_RUN, json=sound)).status_code == 200
    [field] = fault
    faulty = sound | {"annexes": [first, *others, same[0] | fault, same[1]]}
    assert list(await faults(client, faulty)) == [f"annexes[{len(others) + 1}].{field}"]


async def test_a_document_is_stored_with_its_commitments(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    answer = await client.put(URL, json=document)
    assert answer.status_code == 201, answer.text
    assert (await client.get(f"{URL}/commitments/walks")).status_code == 200
    answer = await client.put(URL, json=document | {"title": "Annan", "commitments": [PROMISE | {"annex": 99}]})
    assert [one["field"] for one in answer.json()["violations"]] == ["commitments[0].annex"]
    assert (await client.get(URL)).json()["title"] == document["title"]


async def test_faults_of_form_of_rules_and_of_what_is_stored_come_at_once(
    client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    document["caseNumber"] = 17
    document["annexes"][1]["theme"] = "no-such-theme"
    document["annexes"][2]["number"] = "three"
    document["targets"][0]["indicator"] = "no-such-indicator"
    document["targets"][1]["area"] = "1280"
    document["commitments"] = [PROMISE | {"annex": 4, "dueOn": "2017-01-01"}, PROMISE | {"annex": 4}, PROMISE]
    found = await faults(client, document)
    assert found == {
        "caseNumber": "input should be a valid string",
        "annexes[2].number": "input should be a valid integer",
        "annexes[1].theme": "is not a known theme",
        "targets[0].indicator": "is not a known indicator",
        "targets[1].area": "lies outside the agreement's areas",
        "commitments[0].dueOn": "is outside the days of the agreement",
        "commitments[1].code": "stands here a second time",
        "commitments[2].code": "stands here a second time",
    }


async def test_what_an_agreement_must_have_hides_no_other_fault(
    client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    del document["title"]
    document["validTo"] = "2016-02-30"
    document["targets"][0]["slice"] = "no-such-slice"
    assert set(await faults(client, document)) == {"title", "validTo", "targets[0].slice"}


@pytest.mark.parametrize("broken", [{}, {"annexes": 1, "targets": {}}, {"commitments": [1]}, {"annexes": [[]]}])
async def test_whatever_is_sent_is_answered(client: httpx.AsyncClient, broken: dict[str, Any]) -> None:
    assert await faults(client, broken)


async def test_faults_come_in_swedish(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    document["annexes"][1]["theme"] = "no-such-theme"
    assert (await faults(client, document, "sv"))["annexes[1].theme"] != "is not a known theme"
