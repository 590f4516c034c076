"""Indicator values as an intranet page asks for them: relative periods, names, chosen fields, order, cheap repeats."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from services.api.http.routing import BASE
from services.api.values import routes
from services.api.values.names import names_of
from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity_type import Wording
from tests.api.read_model import Value, put_values
from tests.api.today import let_today_be

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from fastapi import FastAPI

VALUES = f"{BASE}/indicator-values"
TODAY = date(2016, 5, 10)
MONTHS = [f"{year}-{month:02}" for year in (2014, 2015, 2016) for month in range(1, 13)]
TERTIALS = [f"{year}-T{number}" for year in (2014, 2015, 2016) for number in (1, 2, 3)]

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    url = fresh_database()
    put_values(
        url,
        [
            *(Value("graffiti-cleanups", period, 1) for period in (*MONTHS, *TERTIALS, "2014", "2015", "2016")),
            *(Value("school-visits", "2016-03", number, area=area) for number, area in ((7, "1280"), (9, "1281"))),
            Value("school-visits", "2016-03", 1, status="missing"),
            Value("graffiti-started-in-time", "2016-03", 1, 2),
            Value("graffiti-started-in-time", "2016-03", 1, 4, area="1280"),
            Value("graffiti-started-in-time", "2016-03", 0, 0, area="1281", status="missing"),
            Value("care-referrals", "2016-03", 3, area="1280", status="suppressed"),
            Value("care-referrals", "2016-03", 2, area="1281"),
            Value("care-referrals", "2016-03", 8),
            Value("trainings", "2016-03", 5, slice="youth"),
            Value("trainings", "2016-03", 5, slice="drug-free-gyms-youth"),
            Value("trainings", "2016-03", 5, slice="drug-free-gyms"),
            Value("vandalism-cost", "2016-03", 1200.5),
        ],
    )
    return url


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    let_today_be(app, TODAY)
    return app


async def listed(reader: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    answer = await reader.get(f"{VALUES}?{query}")
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["indicatorValues"]
    return entries


async def refused(reader: httpx.AsyncClient, query: str) -> str:
    answer = await reader.get(f"{VALUES}?{query}")
    assert answer.status_code == 400, answer.text
    (violation,) = answer.json()["violations"]
    assert violation["remedy"]
    field: str = violation["field"]
    return field


@pytest.mark.parametrize(
    ("code", "periods"),
    [
        ("current-month", ["2016-05"]),
        ("previous-month", ["2016-04"]),
        ("last-12-months", MONTHS[16:28]),
        ("current-tertial", ["2016-T2"]),
        ("previous-tertial", ["2016-T1"]),
        ("current-year", ["2016"]),
        ("previous-year", ["2015"]),
        ("year-to-date", ["2016-01", "2016-02", "2016-03", "2016-04", "2016-05"]),
        ("2015-12", ["2015-12"]),
        ("2015-T3", ["2015-T3"]),
        ("2015", ["2015"]),
    ],
)
async def test_a_period_is_told_from_todays_date_or_by_its_code(
    reader: httpx.AsyncClient, code: str, periods: Sequence[str]
) -> None:
    found = await listed(reader, f"indicator=graffiti-cleanups&period={code}")
    assert [value["period"] for value in found] == periods


async def test_the_day_in_sweden_decides(reader: httpx.AsyncClient, app: FastAPI) -> None:
    async def periods_served(day: date, code: str) -> list[str]:
        let_today_be(app, day)
        return [value["period"] for value in await listed(reader, f"indicator=graffiti-cleanups&period={code}")]

    assert await periods_served(date(2016, 4, 30), "current-tertial") == ["2016-T1"]
    assert await periods_served(date(2016, 5, 1), "current-tertial") == ["2016-T2"]
    assert await periods_served(date(2016, 1, 1), "previous-tertial") == ["2015-T3"]
    assert await periods_served(date(2016, 1, 1), "last-12-months") == MONTHS[12:24]
    assert await periods_served(date(2016, 1, 31), "year-to-date") == ["2016-01"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("period=last-13-months", "period"),
        ("period=2016-13", "period"),
        ("period=2016&from=2016", "period"),
        ("period=current-month&to=2016", "period"),
        ("period=current-month&periodType=year", "periodType"),
        ("period=2016-T1&periodType=month", "periodType"),
        ("from=last-12-months", "from"),
    ],
)
async def test_a_period_that_cannot_be_is_refused(reader: httpx.AsyncClient, query: str, field: str) -> None:
    assert await refused(reader, query) == field


async def test_a_period_agrees_with_its_type(reader: httpx.AsyncClient) -> None:
    assert len(await listed(reader, "indicator=graffiti-cleanups&period=last-12-months&periodType=month")) == 12


async def test_a_kept_answer_is_not_good_for_the_next_month(reader: httpx.AsyncClient, app: FastAPI) -> None:
    address = f"{VALUES}?indicator=graffiti-cleanups&period=current-month"
    first = await reader.get(address)
    assert first.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    assert (await reader.get(address, headers=known)).status_code == 304
    let_today_be(app, date(2016, 6, 1))
    second = await reader.get(address, headers=known)
    assert (second.status_code, second.json()["indicatorValues"][0]["period"]) == (200, "2016-06")
    assert second.headers["etag"] != first.headers["etag"]


async def test_the_same_answer_is_told_apart_from_another_whatever_the_client_writes(reader: httpx.AsyncClient) -> None:
    address = f"{VALUES}?indicator=vandalism-cost"
    answer = await reader.get(address)
    tag = answer.headers["etag"]
    assert tag.startswith('W/"')
    assert set(answer.headers["vary"].split(", ")) == {"Accept", "Accept-Encoding", "Authorization"}
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        same = await reader.get(address, headers={"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        assert {"cache-control", "vary"} <= set(same.headers)
    assert (await reader.get(address, headers={"If-None-Match": 'W/"other"'})).status_code == 200
    sheet = await reader.get(address, headers={"If-None-Match": tag, "Accept": "text/csv"})
    assert sheet.status_code == 200


async def test_several_indicators_and_areas_come_in_one_answer(reader: httpx.AsyncClient) -> None:
    query = "indicator=school-visits&indicator=care-referrals&area=1280&area=1281"
    found = {(value["indicatorCode"], value["areaCode"]) for value in await listed(reader, query)}
    assert found == {(code, area) for code in ("school-visits", "care-referrals") for area in ("1280", "1281")}


async def test_names_stand_beside_the_codes_in_both_languages(reader: httpx.AsyncClient) -> None:
    (cost,) = await listed(reader, "indicator=vandalism-cost&expand=names")
    assert cost["indicatorCode"] == "vandalism-cost"
    definition = shipped_catalogue().indicators["vandalism-cost"]
    assert cost["indicatorName"] == {"sv": definition.name.sv, "en": definition.name.en}
    assert cost["areaName"] == {"sv": "Landskrona", "en": "Landskrona"}
    assert cost["unitName"] == {"sv": "kronor", "en": "Swedish kronor"}
    assert cost["sliceName"] == {"sv": "totalt", "en": "in total"}
    (without,) = await listed(reader, "indicator=vandalism-cost")
    assert set(cost) - set(without) == {"indicatorName", "sliceName", "areaName", "unitName"}
    assert {name: cost[name] for name in without} == without


async def test_a_slice_is_named_by_what_it_selects(reader: httpx.AsyncClient) -> None:
    parts = ("youth", "drug-free-gyms", "drug-free-gyms-youth")
    query = "&".join(("indicator=trainings&expand=names", *(f"slice={part}" for part in parts)))
    assert {value["slice"]: value["sliceName"]["sv"] for value in await listed(reader, query)} == {
        "youth": "ungdomar",
        "drug-free-gyms": "drogfri träning",
        "drug-free-gyms-youth": "drogfri träning, ungdomar",
    }


def test_everything_in_the_catalogue_has_its_own_name() -> None:
    catalogue = shipped_catalogue()
    area = Wording(sv="Landskrona", en="Landskrona")
    names_by_series = {series: names_of(catalogue, *series, area) for series in catalogue.series}
    for language in ("sv", "en"):
        names = {
            (getattr(n["indicatorName"], language), getattr(n["sliceName"], language)) for n in names_by_series.values()
        }
        assert len(names) == len(names_by_series)
    assert all(names["unitName"].sv and names["unitName"].en for names in names_by_series.values())


def test_a_figure_whose_definition_is_gone_is_called_by_its_code() -> None:
    names = names_of(shipped_catalogue(), "gone", "all", Wording(sv="Landskrona", en="Landskrona"))
    assert names["indicatorName"].sv == "gone"


async def test_only_the_chosen_fields_are_shown_in_their_usual_order(reader: httpx.AsyncClient) -> None:
    (cost,) = await listed(reader, "indicator=vandalism-cost&fields=value,period,id")
    assert [*cost.items()] == [
        ("id", "vandalism-cost~all~1282~2016-03"),
        ("period", "2016-03"),
        ("value", 1200.5),
    ]
    (named,) = await listed(reader, "indicator=vandalism-cost&expand=names&fields=areaName,value")
    assert named == {"value": 1200.5, "areaName": {"sv": "Landskrona", "en": "Landskrona"}}
    (only_names,) = await listed(reader, "indicator=vandalism-cost&expand=names&fields=unitName")
    assert only_names == {"unitName": {"sv": "kronor", "en": "Swedish kronor"}}


@pytest.mark.parametrize("query", ["fields=value,series_id", "fields=", "fields=areaName", "fields=Value"])
async def test_a_field_that_there_is_not_is_refused(reader: httpx.AsyncClient, query: str) -> None:
    assert await refused(reader, query) == "fields"


async def test_what_may_be_expanded_is_told(reader: httpx.AsyncClient) -> None:
    assert await refused(reader, "expand=targets") == "expand"


async def test_csv_has_the_chosen_fields_and_the_names(reader: httpx.AsyncClient) -> None:
    async def rows(query: str) -> list[list[str]]:
        answer = await reader.get(f"{VALUES}?indicator=vandalism-cost&{query}", headers={"Accept": "text/csv"})
        assert answer.status_code == 200
        return [*csv.reader(answer.text.splitlines())]

    assert await rows("fields=value,areaCode") == [["areaCode", "value"], ["1282", "1200.5"]]
    header, row = await rows("fields=value,areaName,unitName&expand=names")
    assert header == ["value", "areaName.sv", "areaName.en", "unitName.sv", "unitName.en"]
    assert row == ["1200.5", "Landskrona", "Landskrona", "kronor", "Swedish kronor"]
    header, row = await rows("expand=names")
    assert len(header) == len(row)
    assert dict(zip(header, row, strict=True))["sliceName.en"] == "in total"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("indicator=school-visits&sort=value", [("1282", 1), ("1280", 7), ("1281", 9)]),
        ("indicator=school-visits&sort=-value", [("1281", 9), ("1280", 7), ("1282", 1)]),
        ("indicator=graffiti-started-in-time&sort=value", [("1280", 25), ("1282", 50), ("1281", None)]),
        ("indicator=graffiti-started-in-time&sort=-value", [("1282", 50), ("1280", 25), ("1281", None)]),
        ("indicator=care-referrals&sort=-value", [("1282", 8), ("1281", 2), ("1280", None)]),
        ("indicator=care-referrals&sort=value", [("1281", 2), ("1282", 8), ("1280", None)]),
        ("indicator=care-referrals&sort=-areaCode", [("1282", 8), ("1281", 2), ("1280", None)]),
    ],
)
async def test_values_are_sorted_and_what_is_hidden_or_missing_comes_last(
    reader: httpx.AsyncClient,
    query: str,
    expected: list[tuple[int | str, ...] | tuple[str | None, ...]] | list[tuple[int | str, ...]],
) -> None:
    assert [(value["areaCode"], value["value"]) for value in await listed(reader, query)] == expected


async def test_sorting_by_several_fields_goes_from_the_first_to_the_last(reader: httpx.AsyncClient) -> None:
    found = await listed(reader, "period=2016-03&sort=-indicatorCode,areaCode&limit=100")
    keys = [(value["indicatorCode"], value["areaCode"]) for value in found]
    by_area = sorted(keys, key=lambda key: key[1])
    assert keys == sorted(by_area, key=lambda key: key[0], reverse=True)
    newest = await listed(reader, "indicator=graffiti-cleanups&periodType=month&sort=-periodStart&limit=3")
    assert [value["period"] for value in newest] == ["2016-12", "2016-11", "2016-10"]


async def test_equal_values_keep_their_places_from_page_to_page(reader: httpx.AsyncClient) -> None:
    query = "indicator=graffiti-cleanups&indicator=school-visits&sort=-value&fields=id"
    whole = await listed(reader, f"{query}&limit=100")
    pages = [await listed(reader, f"{query}&limit=7&page={number}") for number in range(1, 9)]
    assert [value for page in pages for value in page] == whole
    assert len(whole) == len(MONTHS) + len(TERTIALS) + 3 + 3
    sheet = await reader.get(f"{VALUES}?{query}&limit=100", headers={"Accept": "text/csv"})
    assert sheet.text.split()[1:] == [value["id"] for value in whole]


@pytest.mark.parametrize("sort", ["numerator", "-", "", "value,-value", "id;DROP", "area.code"])
async def test_sorting_by_anything_else_is_refused(reader: httpx.AsyncClient, sort: str) -> None:
    assert await refused(reader, f"indicator=school-visits&sort={sort}") == "sort"


async def test_a_list_too_long_to_be_sorted_is_refused(
    reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "MOST_SORTED", 3)
    assert await refused(reader, "sort=value") == "sort"
    assert len(await listed(reader, "indicator=school-visits&sort=value")) == 3
    assert len(await listed(reader, "limit=100")) > 3


async def test_links_keep_what_was_asked(reader: httpx.AsyncClient) -> None:
    query = "indicator=graffiti-cleanups&period=last-12-months&expand=names&fields=id,areaName&sort=-periodStart"
    answer = await reader.get(f"{VALUES}?{query}&limit=5&page=2")
    links = answer.json()["_links"]
    assert {relation: link["href"] for relation, link in links.items()} == {
        relation: f"http://testserver.example{VALUES}?{query}&page={page}&limit=5"
        for relation, page in (("self", 2), ("first", 1), ("prev", 1), ("next", 3), ("last", 3))
    }
    following = await reader.get(links["next"]["href"])
    assert len(following.json()["indicatorValues"]) == 2


async def test_pages_of_csv_are_linked_in_a_header(reader: httpx.AsyncClient) -> None:
    address = f"{VALUES}?indicator=graffiti-cleanups&periodType=month&limit=10"
    sheet = await reader.get(address, headers={"Accept": "text/csv"})
    assert sheet.links["next"]["url"].endswith("periodType=month&page=2&limit=10")
    last = await reader.get(sheet.links["last"]["url"], headers={"Accept": "text/csv"})
    assert len(last.text.splitlines()) == 1 + 6
    assert "next" not in last.links
