"""What the feed answers: sets, single rows, navigations and counts; and what it refuses, and how."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

import re
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.api.http.dependencies import Resources
from services.api.http.routing import BASE
from services.api.odata.routes import ROOT
from shared.db.engine import PoolKind, build_pool
from tests.api.odata.conftest import Rows, asked, one
from tests.api.odata.star import put_star, writing

VALUE = "IndicatorValues('graffiti-started-in-time~all~1282~2016-t1')"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(star: str) -> str:
    return star


async def test_a_row_is_found_by_its_key(feed: httpx.AsyncClient, rows: Rows) -> None:
    row = await one(feed, VALUE)
    assert row.pop("@odata.context").endswith("/$metadata#IndicatorValues/$entity")
    (listed,) = await rows("IndicatorValues", filter="id eq 'graffiti-started-in-time~all~1282~2016-t1'")
    assert row == listed
    assert (row["period"], row["periodStart"], row["periodEnd"]) == ("2016-T1", "2016-01-01", "2016-04-30")
    assert row["periodStartAt"] == "2016-01-01T00:00:00Z"
    assert row["value"] == round(100 * row["numerator"] / row["denominator"], 6)


async def test_keys_are_found_in_every_set(feed: httpx.AsyncClient) -> None:
    for key in (
        "Areas('1282')",
        "Areas(code='1282')",
        "Areas(%271282%27)",
        "Indicators('graffiti-cleanups')",
        "Periods('2016-T2')",
        "AreaPaths('1282~12~')",
        "AreaPaths('1282~SE~')?$select=level",
    ):
        assert (await feed.get(key)).status_code == 200


async def test_a_guid_is_a_key(feed: httpx.AsyncClient, rows: Rows) -> None:
    (row, *_) = await rows("Targets")
    assert await one(feed, f"Targets({row['id']})?$select=id") == {
        "@odata.context": f"http://testserver.example{ROOT}/$metadata#Targets(id)/$entity",
        "id": row["id"],
    }


async def test_what_does_not_exist_is_not_found(feed: httpx.AsyncClient) -> None:
    for address in (
        "Nothing",
        "Areas('nowhere')",
        "Areas('a''b')",
        "Areas('%00')",
        "Areas('%ff')",
        "IndicatorValues('1282')",
        "IndicatorValues('graffiti-cleanups~all~1282~2016-13')",
        "Targets(01900000-0000-7000-8000-000000000000)",
        "Areas('nowhere')/Municipality",
        "Areas/$value",
        "Areas/1282",
        "$metadata/Areas",
        "areas",
    ):
        answer = await feed.get(address)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "UnknownResource")


async def test_a_key_of_another_form_is_told_the_form(feed: httpx.AsyncClient) -> None:
    for address in (
        "Areas()",
        "Areas(1282)",
        "Areas(name='1')",
        "Areas('1)",
        "Targets('a')",
        "Targets(1)",
    ):
        answer = await feed.get(address)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidKey")


async def test_what_odata_has_and_we_lack_is_not_implemented(feed: httpx.AsyncClient) -> None:
    for address in (
        "$all",
        "$crossjoin(Areas,Periods)",
        "$entity?$id=x",
        "Areas('1282')/code",
        "Areas('1282')/$ref",
        f"{VALUE}/Area/code",
    ):
        answer = await feed.get(address)
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, "Unsupported")


async def test_a_refusal_names_the_option(feed: httpx.AsyncClient) -> None:
    for options, code, status in (
        ({"filter": "value gt"}, "InvalidExpression", 400),
        ({"filter": "unknown eq 1"}, "InvalidExpression", 400),
        ({"orderby": "value sideways"}, "InvalidExpression", 400),
        ({"select": "unknown"}, "InvalidOption", 400),
        ({"top": "-1"}, "InvalidOption", 400),
        ({"skip": "many"}, "InvalidOption", 400),
        ({"search": "graffiti"}, "Unsupported", 501),
        ({"filter": "geo.length(value) gt 1"}, "Unsupported", 501),
        ({"apply": "aggregate(value with average as mean)"}, "NotAdditive", 400),
    ):
        answer = await feed.get(asked("IndicatorValues", **options))
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (status, code)
        assert error["target"] == f"${next(iter(options))}"


async def test_an_option_that_nobody_knows_is_refused_unless_it_is_the_clients_own(feed: httpx.AsyncClient) -> None:
    assert (await feed.get("Areas?$unheard=1")).json()["error"]["code"] == "InvalidOption"
    assert (await feed.get("Areas?unheard=1&$top=1")).status_code == 200


async def test_what_was_sent_is_not_repeated(feed: httpx.AsyncClient) -> None:
    for options in ({"filter": "note eq '19121212-1212'"}, {"format": "19121212-1212"}, {"skiptoken": "19121212-1212"}):
        answer = await feed.get(asked("IndicatorValues", **options))
        assert answer.status_code in {400, 406}
        assert "1212" not in answer.text


async def test_no_value_that_is_out_of_bounds_is_a_fault_of_ours(feed: httpx.AsyncClient) -> None:
    for expression in (
        "numerator div 0 eq 1",
        "numerator mul 1e300 mul 1e300 gt 1",
        "year(periodStart) gt 99999999999999999999",
        "contains(areaCode,'%00')",
        "length(concat(areaCode,areaCode)) eq 9223372036854775808",
        "periodStart gt 9999-12-31 or computedAt lt 0001-01-01T00:00:00Z",
    ):
        answer = await feed.get(f"IndicatorValues?$top=1&$filter={expression.replace(' ', '%20')}")
        assert answer.status_code in {200, 400, 501}


async def test_a_single_row_takes_no_filter(feed: httpx.AsyncClient) -> None:
    assert (await feed.get(f"{VALUE}?$filter=value%20eq%201")).status_code == 400
    row = await one(feed, f"{VALUE}?$select=id,value&$expand=Area($select=nameEn),TimePeriod")
    assert list(row) == ["@odata.context", "id", "value", "Area", "TimePeriod"]
    assert row["Area"] == {"nameEn": "Landskrona"}
    assert row["TimePeriod"]["nameSv"] == "tertial 1 2016"


async def test_a_navigation_leads_to_its_row_or_to_none(feed: httpx.AsyncClient) -> None:
    area = await one(feed, f"{VALUE}/Area")
    assert (area["code"], area["kind"]) == ("1282", "municipality")
    assert area["@odata.context"].endswith("#Areas/$entity")
    assert (await one(feed, f"{VALUE}/Indicator?$select=nameEn"))["nameEn"] == "Graffiti removal started in time"
    assert (await feed.get("Areas('SE')/Municipality")).status_code == 204
    assert (await one(feed, "Areas?$filter=code%20eq%20'SE'&$expand=Municipality"))["value"][0]["Municipality"] is None


async def test_an_activity_comes_without_what_people_have_written(feed: httpx.AsyncClient) -> None:
    answer = await feed.get("Activities?$expand=Area($select=nameSv),TimePeriod($select=nameEn)")
    (walk,) = answer.json()["value"]
    assert (walk["startDate"], walk["startAt"]) == ("2016-04-12", "2016-04-12T16:00:00Z")
    assert (walk["policeParticipants"], walk["pupilsParticipants"], walk["cost"]) == (2, None, 1200.5)
    assert (walk["Area"]["nameSv"], walk["TimePeriod"]["nameEn"]) == ("Karlslund", "April 2016")
    assert "a note" not in answer.text
    assert "free text" not in answer.text


async def test_counts(feed: httpx.AsyncClient, rows: Rows) -> None:
    wanted = "status eq 'suppressed'"
    listed = await rows("IndicatorValues", filter=wanted)
    answer = await feed.get(asked("IndicatorValues/$count", filter=wanted))
    assert answer.headers["content-type"].startswith("text/plain")
    assert int(answer.text) == len(listed) > 0
    counted = await one(feed, asked("IndicatorValues", filter=wanted, count="true", top=1))
    assert counted["@odata.count"] == len(listed)


async def test_a_suppressed_figure_is_null_in_every_expression(feed: httpx.AsyncClient, rows: Rows) -> None:
    suppressed = await rows("IndicatorValues", filter="status eq 'suppressed'")
    hidden = {"numerator", "denominator", "value", "notPlaced"}
    assert suppressed
    assert all(row[column] is None for row in suppressed for column in hidden)
    for expression in ("numerator gt -1", "value ne null", "denominator add 1 gt 0", "notPlaced eq 0"):
        both = f"status eq 'suppressed' and {expression}"
        assert (await feed.get(asked("IndicatorValues/$count", filter=both))).text == "0"
    by_value = await rows(
        "IndicatorValues", orderby="numerator desc", filter="areaKind eq 'county'", select="numerator,status"
    )
    assert {row["status"] for row in by_value if row["numerator"] is None} >= {"suppressed"}
    assert None not in [row["numerator"] for row in by_value[:20]]


async def test_no_aggregate_tells_a_suppressed_figure(rows: Rows) -> None:
    (row, *_) = await rows("IndicatorValues", filter="status eq 'suppressed' and areaKind eq 'county'")
    key = " and ".join(f"{name} eq '{row[name]}'" for name in ("indicatorCode", "slice", "period", "areaKind"))
    for method in ("sum", "average"):
        (found,) = await rows("IndicatorValues", apply=f"filter({key})/aggregate(numerator with {method} as figure)")
        assert found == {"figure": None}
    served = [one["numerator"] for one in await rows("IndicatorValues", filter=key) if one["numerator"] is not None]
    for method, figure in (("min", min), ("max", max)):
        (found,) = await rows("IndicatorValues", apply=f"filter({key})/aggregate(numerator with {method} as figure)")
        assert found == {"figure": figure(served, default=None)}


async def test_the_figures_are_those_of_the_api(reader: httpx.AsyncClient, rows: Rows) -> None:
    query = {"indicator": "graffiti-started-in-time", "area": "1282", "limit": "100"}
    answer = await reader.get(f"{BASE}/indicator-values", params=query)
    ours = {value["id"]: value for value in answer.json()["indicatorValues"]}
    fed = await rows("IndicatorValues", filter="indicatorCode eq 'graffiti-started-in-time' and areaCode eq '1282'")
    assert len(ours) == len(fed) == 16
    for row in fed:
        value = ours[row["id"]]
        same = row.keys() & value.keys()
        assert len(same) > 15
        for name in same:
            assert _instant(row[name]) == _instant(value[name]), name
        before = value["comparisons"]["previousPeriod"] or {"value": None, "change": None, "changePercent": None}
        assert [row["previousValue"], row["previousChange"], row["previousChangePercent"]] == list(before.values())


def _instant(value: object) -> object:
    """Return a time without the trailing zeros that it may have."""
    return re.sub(r"\.?0*Z$", "Z", value) if isinstance(value, str) else value


async def test_links_begin_where_the_client_reaches_the_gateway(feed: httpx.AsyncClient) -> None:
    answer = await feed.get(
        "Areas", headers={"Forwarded": "host=api.example.se;proto=https", "Prefer": "maxpagesize=1"}
    )
    assert answer.json()["@odata.nextLink"].startswith(f"https://api.example.se{ROOT}/Areas?")
    assert answer.json()["@odata.context"] == f"https://api.example.se{ROOT}/$metadata#Areas"


async def test_the_feed_is_for_reading(feed: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await feed.request(method, "Areas", content=b"{}")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    answer = await feed.options("Areas")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (await feed.head("Areas")).status_code == 200
    assert (await feed.head("Nothing")).status_code == 404


async def test_it_is_not_in_the_specification_of_the_national_profile(reader: httpx.AsyncClient) -> None:
    specification = (await reader.get(f"{BASE}/openapi.json")).json()
    assert not any("odata" in path for path in specification["paths"])


_COMPARED = text(
    """
    WITH changed AS (UPDATE indicator_value SET status = 'observed', numerator = 6
                     RETURNING series_id, area_id, period_type, period_start)
    INSERT INTO comparison (series_id, area_id, period_type, period_start, numerator, comparisons)
    SELECT series_id, area_id, period_type, period_start, 6,
           '{"previousPeriod": {"value": 5, "change": 1}}' FROM changed
    ON CONFLICT (series_id, area_id, period_type, period_start)
    DO UPDATE SET numerator = excluded.numerator, comparisons = excluded.comparisons"""
)


@pytest.mark.own_app
class TestOwnTables:
    """What changes tables has a database of its own."""

    @pytest.fixture
    def database_url(self, fresh_database: Callable[[], str]) -> str:
        url = fresh_database()
        put_star(url, kinds=("country",), indicators=("graffiti-cleanups",))
        return url

    async def test_a_statement_that_holds_the_database_is_stopped(
        self, feed: httpx.AsyncClient, app: FastAPI, database_url: str
    ) -> None:
        await app.state.resources.feed.close()
        app.state.resources = _with_short_patience(app.state.resources, database_url)
        await app.state.resources.feed.open()
        with writing(database_url) as connection:
            connection.execute(text("BEGIN; LOCK indicator_value IN ACCESS EXCLUSIVE MODE"))
            answer = await feed.get("IndicatorValues")
            connection.execute(text("ROLLBACK"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "QueryTooCostly")
        assert (await feed.get("IndicatorValues")).status_code == 200

    async def test_a_comparison_of_another_figure_is_not_shown(
        self, feed: httpx.AsyncClient, database_url: str
    ) -> None:
        address = "IndicatorValues('graffiti-cleanups~all~SE~2016')?$select=previousValue,previousChange"
        with writing(database_url) as connection:
            connection.execute(_COMPARED)
            assert (await one(feed, address))["previousChange"] == 1
            connection.execute(text("UPDATE indicator_value SET numerator = 7"))
        row = await one(feed, address)
        assert (row["previousValue"], row["previousChange"]) == (None, None)

    async def test_text_comes_through_whole(self, feed: httpx.AsyncClient, database_url: str) -> None:
        odd = "Öst \"\\ \u2028 \t 100 % {x} \N{PARTY POPPER}'"
        put = text("INSERT INTO area (code, kind, name, valid) VALUES ('odd', 'district', :name, '(,)')")
        with writing(database_url) as connection:
            connection.execute(put, {"name": odd})
        for form in ("none", "minimal", "full"):
            row = await one(feed, asked("Areas('odd')", format=f"application/json;odata.metadata={form}"))
            assert row["nameSv"] == odd

    async def test_a_municipalitys_own_indicator_is_among_the_others(
        self, client: httpx.AsyncClient, rows: Rows
    ) -> None:
        own = {"name": {"sv": "Egen", "en": "Own"}, "numerator": {"sv": "a", "en": "b"}, "themes": []}
        own |= {"definition": {"sv": "Egen.", "en": "Own."}, "unit": "count", "direction": "higher", "kind": "count"}
        body = {**own, "area": "1282", "activityTypes": ["foot-patrol"]}
        assert (await client.put(f"{BASE}/indicators/own-walks", json=body)).status_code == 201
        (row,) = await rows("Indicators", filter="ownerCode ne null", expand="Owner($select=nameSv)")
        assert (row["code"], row["nameEn"], row["Owner"]["nameSv"]) == ("own-walks", "Own", "Landskrona")

    async def test_the_feed_cannot_write(self, app: FastAPI) -> None:
        async with app.state.resources.feed.connection() as connection:
            with pytest.raises(Exception, match="read-only"):
                await connection.execute("DELETE FROM indicator_value")


def _with_short_patience(resources: Resources, database_url: str) -> Resources:
    return replace(
        resources,
        feed=build_pool(database_url, PoolKind.FEED, connections=1, limits={"statement_timeout": "200ms"}),
    )
