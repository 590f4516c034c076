"""What is published of an indicator: the same figures as the API's, final and seen by everybody, and no others."""

from __future__ import annotations

import csv
import io
import itertools
import math
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonstat_validator import (  # type: ignore[import-untyped]  # it tells no types
    JSONStatValidationError,
    validate_jsonstat,
)
from pyarrow.csv import read_csv  # type: ignore[import-untyped]  # it tells no types

from services.api.app import create_app
from services.api.http.routing import BASE
from shared.db.territories import FiguresAbove
from tests.conftest import BASE_URL
from tests.open_data.conftest import DISTRICT, PUBLISHER, SCHOOL, SWITCH, VULNERABLE, put

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from shared.settings import Settings

SHARE = "graffiti-started-in-time"
ALLOWED = "access-control-allow-origin"
MONTH, TERTIAL, YEAR = (("month", 3), ("tertial", 1), ("year", 1))

pytestmark = pytest.mark.one_app


def lines_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return [*csv.DictReader(io.StringIO(answer.text, newline=""), strict=True)]


def cells_of(document: dict[str, Any]) -> dict[tuple[str, ...], float]:
    """Read a cube by the rule of the format: the last dimension runs fastest."""
    codes = [document["dimension"][name]["category"]["index"] for name in document["id"]]
    assert document["size"] == [len(one) for one in codes]
    cells = [*itertools.product(*codes)]
    assert len(cells) == math.prod(document["size"])
    return {cells[int(at)]: value for at, value in document["value"].items()}


def put_year(rows: Connection) -> None:
    """Put figures of every kind, as Landskrona and its district have them."""
    for area, more in (("1282", 0), (DISTRICT, -3)):
        for (period_type, month), numerator in zip((MONTH, TERTIAL, YEAR), (5, 31, 90), strict=True):
            fields: dict[str, Any] = {"period_type": period_type, "period_start": date(2016, month, 1)}
            put(rows, SHARE, area, numerator=numerator + more, denominator=93, **fields)
    put(rows, SHARE, period_start=date(2016, 4, 1), numerator=0, denominator=7)
    put(rows, SHARE, period_start=date(2015, 12, 1), numerator=1, denominator=3, period_type="month")


async def test_every_figure_is_the_api_s(
    rows: Connection, client: httpx.AsyncClient, stranger: httpx.AsyncClient, landskrona: str
) -> None:
    put_year(rows)
    query: dict[str, Any] = {"indicator": SHARE, "area": ["1282", DISTRICT], "limit": 100}
    served = (await client.get(f"{BASE}/indicator-values", params=query)).json()["indicatorValues"]
    expected = {(one["areaCode"], one["period"]): one for one in served}
    assert len(expected) == 8
    lines = {(one["areaCode"], one["period"]): one for one in lines_of(await stranger.get(f"{landskrona}/{SHARE}.csv"))}
    assert lines.keys() == expected.keys()
    for key, line in lines.items():
        for name in ("periodType", "periodStart", "periodEnd", "slice", "unit", "indicatorCode"):
            assert line[name] == expected[key][name]
        for name in ("value", "numerator", "denominator", "definitionVersion"):
            assert float(line[name]) == expected[key][name], (key, name)
    cells = cells_of((await stranger.get(f"{landskrona}/{SHARE}.json")).json())
    assert cells == {
        ("all", *key, part): one[part]
        for key, one in expected.items()
        for part in ("value", "numerator", "denominator")
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"finality": "preliminary"},
        {"status": "suppressed", "numerator": 2},
        {"status": "missing", "numerator": None},
        {"status": "notApplicable", "numerator": None},
    ],
)
@pytest.mark.parametrize("ending", ["csv", "json"])
async def test_what_is_not_for_everybody_is_not_even_told_to_be_there(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str, ending: str, fields: dict[str, Any]
) -> None:
    address = f"{landskrona}/graffiti-cleanups.{ending}"
    nothing = await stranger.get(address)
    put(rows, "graffiti-cleanups", **fields)
    alone = await stranger.get(address)
    assert (alone.status_code, alone.json()["detail"]) == (404, nothing.json()["detail"])
    put(rows, "graffiti-cleanups", period_start=date(2016, 4, 1))
    after = await stranger.get(address)
    assert after.status_code == 200
    assert "2016-03" not in after.text
    assert "2016-04" in after.text


async def test_places_vulnerable_areas_and_others_municipalities_are_not_published(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str
) -> None:
    for area in (SCHOOL, VULNERABLE, "1284", "12", "SE"):
        put(rows, "school-visits", area)
    assert (await stranger.get(f"{landskrona}/school-visits.csv")).status_code == 404
    put(rows, "school-visits", DISTRICT)
    assert [one["areaCode"] for one in lines_of(await stranger.get(f"{landskrona}/school-visits.csv"))] == [DISTRICT]
    assert (await stranger.get("/oppna-data/1284/school-visits.csv")).status_code == 404


async def test_what_is_harvested_is_the_same_whoever_asks_and_cheap_to_ask_again(
    rows: Connection, client: httpx.AsyncClient, stranger: httpx.AsyncClient, landskrona: str
) -> None:
    put_year(rows)
    for ending in ("csv", "json"):
        address = f"{landskrona}/{SHARE}.{ending}"
        answer = await stranger.get(address)
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert "set-cookie" not in answer.headers
        assert '"address"' in answer.headers["ratelimit"]
        known = await client.get(address)
        assert (known.content, known.headers["etag"]) == (answer.content, answer.headers["etag"])
        unchanged = await stranger.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        head = await stranger.head(address)
        assert (head.status_code, head.headers["etag"]) == (200, answer.headers["etag"])
        forwarded = await stranger.get(address, headers={"Forwarded": "host=evil.example;proto=https"})
        assert forwarded.content == answer.content
        assert (await stranger.get(address, params={"area": "1284"})).status_code == 400
    put(rows, SHARE, period_start=date(2016, 5, 1), denominator=6)
    changed = await stranger.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (changed.status_code, changed.headers["etag"] == answer.headers["etag"]) == (200, False)


async def test_the_form_is_named_by_the_ending_or_by_what_is_accepted(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str
) -> None:
    put_year(rows)
    for accept, media_type in (("text/csv", "text/csv"), ("application/json", "application/json")):
        answer = await stranger.get(f"{landskrona}/{SHARE}", headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == media_type
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert (await stranger.get(f"{landskrona}/{SHARE}", headers={"Accept": "image/png"})).status_code == 406
    for wrong in ("xlsx", "CSV", "csv.csv", ""):
        assert (await stranger.get(f"{landskrona}/{SHARE}.{wrong}")).status_code == 404


async def test_the_page_of_any_site_may_read_it_and_nothing_else(
    rows: Connection, settings: Settings, client: httpx.AsyncClient, landskrona: str
) -> None:
    put_year(rows)
    named, other = "https://intranet.example", "https://elsewhere.example"
    app = create_app(settings.model_copy(update={"cors_origins": (named,)}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as served,
    ):
        for address in (landskrona, f"{landskrona}/{SHARE}.csv", f"{landskrona}/{SHARE}.json"):
            for one in (client, served):
                answer = await one.get(address, headers={"Origin": other})
                assert (answer.status_code, answer.headers[ALLOWED]) == (200, "*")
                assert "access-control-allow-credentials" not in answer.headers
                known = {"Origin": other, "If-None-Match": answer.headers["etag"]}
                unchanged = await one.get(address, headers=known)
                assert (unchanged.status_code, unchanged.headers[ALLOWED]) == (304, "*")
            assert (await served.get(address, headers={"Origin": named})).headers[ALLOWED] == named
        for address in (f"{SWITCH}/1282", f"{BASE}/indicator-values"):
            refused = await served.get(address, headers={"Origin": other, **client.headers})
            assert ALLOWED not in refused.headers
    assert ALLOWED not in (await client.get(f"{SWITCH}/1282", headers={"Origin": other})).headers


@pytest.mark.parametrize("indicator", ["nothing-such", "graffiti-cleanups", "%00", "å", "a" * 300, "*"])
async def test_an_indicator_of_which_nothing_is_published_is_not_found(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str, indicator: str
) -> None:
    assert (await stranger.get(f"{landskrona}/{indicator}.csv")).status_code in {404, 400}


async def test_a_table_is_read_by_any_reader(rows: Connection, stranger: httpx.AsyncClient, landskrona: str) -> None:
    """Names are quoted where they must be, and none is taken for a formula: the district's has & and <."""
    put(rows, "graffiti-cleanups", DISTRICT)
    rows.exec_driver_sql(f"UPDATE area SET name_en = '=1+1, \"x\"' WHERE code = '{DISTRICT}'")
    answer = await stranger.get(f"{landskrona}/graffiti-cleanups.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'inline; filename="1282-graffiti-cleanups.csv"'
    assert answer.content.endswith(b"\r\n")
    assert not answer.content.startswith(b"\xef\xbb\xbf")
    (line,) = lines_of(answer)
    assert (line["areaName.sv"], line["areaName.en"]) == ("Centrum & hamnen <1>", '\'=1+1, "x"')
    assert line["indicatorName.sv"] != line["indicatorName.en"] != ""
    assert (line["value"], line["denominator"]) == ("5", "")
    types = {column.name: str(column.type) for column in read_csv(io.BytesIO(answer.content)).schema}
    assert (types["value"], types["periodStart"], types["areaName.en"]) == ("int64", "date32[day]", "string")
    rows.exec_driver_sql(f"UPDATE area SET name_en = NULL WHERE code = '{DISTRICT}'")


async def test_the_schema_of_json_stat_takes_it_and_objects_to_what_is_wrong(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str
) -> None:
    put_year(rows)
    document = (await stranger.get(f"{landskrona}/{SHARE}.json")).json()
    assert validate_jsonstat(document)
    assert document["version"] == "2.0"  # this checker does not ask for it
    for lacking in ("class", "id", "size", "dimension", "value"):
        with pytest.raises(JSONStatValidationError):
            validate_jsonstat({name: part for name, part in document.items() if name != lacking})
    with pytest.raises(JSONStatValidationError):
        validate_jsonstat(document | {"size": document["size"][:-1]})
    assert (document["label"], document["source"]) == ("Klottersanering påbörjad i tid", "Landskrona stad")
    assert document["dimension"]["period"]["category"]["label"]["2016-T1"] == "tertial 1 2016"
    assert document["dimension"]["period"]["category"]["index"] == ["2015-12", "2016", "2016-T1", "2016-03", "2016-04"]
    assert document["dimension"]["figure"]["category"]["unit"]["value"] == {"label": "procent", "decimals": 6}
    assert document["updated"] == "2016-05-02T08:15:00Z"


async def test_where_figures_are_closed_to_others_nothing_is_published(
    rows: Connection, settings: Settings, client: httpx.AsyncClient, landskrona: str
) -> None:
    put_year(rows)
    app = create_app(settings.model_copy(update={"figures_above": FiguresAbove.CLOSED}))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=client.headers) as other,
    ):
        assert (await other.get(f"{landskrona}/{SHARE}.csv")).status_code == 404
        refused = await other.put(f"{SWITCH}/1282", json=PUBLISHER)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "figures-not-open")
