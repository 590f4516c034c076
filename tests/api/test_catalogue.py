"""/activity-types and /indicators: the catalogue over HTTP."""

from collections.abc import Callable

import httpx
import pytest

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import shipped_catalogue

URL = "/samverkan/v1"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: nothing is written."""
    return fresh_database()


async def test_every_activity_type_is_listed_and_shown(reader: httpx.AsyncClient) -> None:
    listed = (await reader.get(f"{URL}/activity-types?limit=1000")).json()["activityTypes"]
    assert [entry["code"] for entry in listed] == sorted(shipped_catalogue().activity_types)
    for entry in listed:
        body = (await reader.get(f"{URL}/activity-types/{entry['code']}")).json()
        assert body.pop("_links")["self"]["href"].endswith(f"/activity-types/{entry['code']}")
        assert body == entry


async def test_an_activity_type_says_what_it_takes(reader: httpx.AsyncClient) -> None:
    body = (await reader.get(f"{URL}/activity-types/graffiti-cleanup")).json()
    assert body["name"] == {"sv": "Klottersanering", "en": "Graffiti removal"}
    assert body["countsBy"] == "startElseCompleted"
    assert body["moments"] == ["reported", "policeReported", "start", "completed"]
    assert body["attributes"]["contentKind"]["values"] == {
        "ordinary": {"sv": "annat klotter", "en": "other graffiti"},
        "racist": {"sv": "rasistiskt", "en": "racist"},
        "sexist": {"sv": "sexistiskt", "en": "sexist"},
    }


async def test_every_indicator_is_listed_and_shown(reader: httpx.AsyncClient) -> None:
    listed = (await reader.get(f"{URL}/indicators?limit=1000")).json()["indicators"]
    assert [entry["code"] for entry in listed] == sorted(shipped_catalogue().indicators)
    for entry in listed:
        body = (await reader.get(f"{URL}/indicators/{entry['code']}")).json()
        assert body.pop("_links")["self"]["href"].endswith(f"/indicators/{entry['code']}")
        assert body == entry


async def test_an_indicator_says_in_words_what_it_is_made_of(reader: httpx.AsyncClient) -> None:
    body = (await reader.get(f"{URL}/indicators/graffiti-started-in-time")).json()
    assert body["name"]["sv"] == "Klottersanering påbörjad i tid"
    assert body["numerator"]["en"] == "Started within two working days"
    assert body["denominator"]["en"]
    assert (body["unit"], body["direction"], body["overTime"], body["version"]) == ("percent", "higher", "sum", 1)
    assert body["themes"] == ["attractive-city"]
    count = (await reader.get(f"{URL}/indicators/schools-visited")).json()
    assert (count["denominator"], count["overTime"]) == (None, "distinct")


@pytest.mark.parametrize("path", ["activity-types/juggling", "indicators/happiness"])
async def test_an_unknown_code_is_not_found(reader: httpx.AsyncClient, path: str) -> None:
    assert (await reader.get(f"{URL}/{path}")).status_code == 404


async def test_an_indicator_says_all_that_a_stranger_needs_to_compute_it(reader: httpx.AsyncClient) -> None:
    body = (await reader.get(f"{URL}/indicators/graffiti-started-in-time")).json()
    assert (body["kind"], body["factor"], body["activityTypes"]) == ("share", 100, ["graffiti-cleanup"])
    limit = {"workingDays": 2, "hours": None, "minutes": None}
    assert body["deadline"] == {"after": "reported", "by": "start", "elseBy": "completed", **limit}
    assert (body["owner"], body["validFrom"], body["validTo"], body["slices"]) == (None, None, None, {})
    hateful = (await reader.get(f"{URL}/indicators/hateful-graffiti-started-in-time")).json()
    assert hateful["selects"]["attributes"] == {"contentKind": ["racist", "sexist"]}


async def test_every_definition_that_is_served_makes_the_same_definition_again(reader: httpx.AsyncClient) -> None:
    served = (await reader.get(f"{URL}/indicators?limit=1000")).json()["indicators"]
    for entry in served:
        written = {name: value for name, value in entry.items() if name in _KEYS}
        again = IndicatorDefinition.model_validate(written)
        assert again.model_dump() == shipped_catalogue().indicators[entry["code"]].model_dump()


_KEYS = {field.alias or name for name, field in IndicatorDefinition.model_fields.items()}


async def test_indicators_are_found_by_theme(reader: httpx.AsyncClient) -> None:
    found = (await reader.get(f"{URL}/indicators?theme=attractive-city&limit=1000")).json()["indicators"]
    expected = [code for code, one in shipped_catalogue().indicators.items() if "attractive-city" in one.themes]
    assert [entry["code"] for entry in found] == sorted(expected)
