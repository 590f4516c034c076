"""What a PUT of an agreement refuses: every contradiction, with its field."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

import shared.data

URL = "/samverkan/v1/agreements"
CODE = "landskrona-2015-2016"
FILE = Path(shared.data.__path__[0]) / "landskrona" / "agreement-2015-2016.yaml"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: nothing here is ever stored."""
    return fresh_database()


@pytest.fixture
def agreement() -> dict[str, Any]:
    """Return Landskrona's agreement, with its two targets for graffiti cleanups first."""
    agreement = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    agreement["targets"].sort(key=lambda target: target["indicator"] != "graffiti-cleanups")
    return agreement


async def refused(client: httpx.AsyncClient, body: object) -> list[str]:
    answer = await client.put(f"{URL}/{CODE}", json=body)
    assert answer.status_code == 422, answer.text
    return [violation["field"] for violation in answer.json()["violations"]]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("validTo",), "2014-12-31", "validTo"),
        (("areas",), ["9999"], "areas[0]"),
        (("areas",), ["1282", "1282"], "areas[1]"),
        (("areas",), [], "areas"),
        (("succeeds",), "landskrona-2013-2014", "succeeds"),
        (("succeeds",), CODE, "succeeds"),
        (("parties",), ["Anna 19121212-1212"], "parties[0]"),
        (("parties",), ["Polisen", "Polisen"], "parties[1]"),
        (("annexes", 3, "theme"), "gardening", "annexes[3].theme"),
        (("annexes", 3, "validTo"), "2017-01-31", "annexes[3].validFrom"),
        (("annexes", 3, "validTo"), "2015-01-31", "annexes[3].validTo"),
        (("annexes", 0, "number"), 2, "annexes[1]"),
        (("annexes", 3, "number"), 0, "annexes[3].number"),
        (("annexes", 3, "goals"), ["19121212-1212"], "annexes[3].goals[0]"),
        (
            ("annexes", 3, "followUps"),
            [{"notedOn": "2016-05-02", "status": "done"}, {"notedOn": "2150-01-01", "status": "done"}],
            "annexes[3].followUps[1].notedOn",
        ),
        (("annexes", 3, "followUps"), [{"notedOn": "2016-05-02", "status": "fine"}], "annexes[3].followUps[0].status"),
        (
            ("annexes", 3, "followUps"),
            [{"notedOn": "2016-05-02", "status": "done", "text": "Ring 19121212-1212"}],
            "annexes[3].followUps[0].text",
        ),
        (("annexes", 3, "purpose"), "x" * 5001, "annexes[3].purpose"),
        (("targets", 0, "annex"), 11, "targets[0].annex"),
        (("targets", 0, "indicator"), "happiness", "targets[0].indicator"),
        (("targets", 0, "slice"), "youth", "targets[0].slice"),
        (("targets", 0, "slice"), None, "targets[0].slice"),
        (("targets", 0, "area"), "9999", "targets[0].area"),
        (("targets", 0, "area"), "1283", "targets[0].area"),
        (("targets", 0, "value"), None, "targets[0].value"),
        (("targets", 0, "value"), "100", "targets[0].value"),
        (("targets", 0, "value"), -1, "targets[0].value"),
        (("targets", 0, "value"), True, "targets[0].value"),
        (("targets", 0, "upperValue"), 5, "targets[0].upperValue"),
        (("targets", 0, "rule"), "atBest", "targets[0].rule"),
        (("targets", 0, "per"), "week", "targets[0].per"),
        (("targets", 0, "validTo"), "2017-06-30", "targets[0].validFrom"),
        (("targets", 1, "value"), 7, "targets[1].value"),
    ],
)
async def test_a_contradiction_is_refused_with_its_field(
    client: httpx.AsyncClient,
    agreement: dict[str, Any],
    path: tuple[int | str, ...] | tuple[str, ...],
    value: Any | None,
    field: str,
) -> None:
    body = copy.deepcopy(agreement)
    *way, last = path
    part: Any = body
    for step in way:
        part = part[step]
    part[last] = value
    assert field in await refused(client, body)
    assert (await client.get(f"{URL}/{CODE}")).status_code == 404


@pytest.mark.parametrize("fields", [{"value": 100.5}, {"rule": "between", "value": 70, "upperValue": 700}])
async def test_no_share_is_to_be_more_than_all(
    client: httpx.AsyncClient, agreement: dict[str, Any], fields: dict[str, Any]
) -> None:
    agreement["targets"][0] |= {"indicator": "graffiti-started-in-time", **fields}
    assert await refused(client, agreement) == [f"targets[0].{[*fields][-1]}"]


async def test_all_that_is_wrong_is_told_at_once(client: httpx.AsyncClient, agreement: dict[str, Any]) -> None:
    agreement["areas"] = ["9999"]
    agreement["annexes"][0]["theme"] = "gardening"
    agreement["targets"][0]["value"] = None
    assert set(await refused(client, agreement)) == {"areas[0]", "annexes[0].theme", "targets[0].value"}
