"""Typed random requests, `trials B16`: each is answered as evaluated from the rows, or refused by name; never a fault.

A seeded sample runs each time, and many times as many by `make test-long`.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from services.api.odata.sets import MODEL
from tests.api.odata.conftest import Rows
from tests.api.odata.evaluation import Expected, Tables, read_rows
from tests.api.odata.expression_trees import written
from tests.api.odata.star import put_star, writing
from tests.api.odata.typed_requests import Aggregate, Maker, Request
from tests.extent import amount

REQUESTS = amount(30, 3000)
SEED = 20160324
# In which share of requests each set is asked.
SHARES = {
    "IndicatorValues": 0.4,
    "Areas": 0.15,
    "AreaPaths": 0.1,
    "Indicators": 0.1,
    "Periods": 0.1,
    "Targets": 0.05,
    "Activities": 0.1,
}
# What a sound request may be refused for: it would add what does not add up.
REFUSALS = {"NotAdditive"}

_ACTIVITIES = text(
    """
    INSERT INTO activity (source, external_id, activity_type, agreement_id, annex_number, area_id, status, start_on,
                          start_at, period_on, participants_police, participants_residents, cost, attributes)
    SELECT 'test', 'walk-' || number, 'safety-walk', agreement_id, CASE WHEN number % 3 > 0 THEN 3 END, area_id,
           CASE WHEN number % 5 > 0 THEN 'performed' ELSE 'cancelled' END, day,
           CASE WHEN number % 4 > 0 THEN day + time '18:00' + number * interval '61 seconds' END, day,
           nullif(number % 6, 0), number % 4, CASE WHEN number % 7 > 0 THEN number * 100.25 END, '{}'
    FROM generate_series(1, 60) AS number CROSS JOIN agreement
    CROSS JOIN LATERAL (SELECT date '2016-01-15' + number * 5 AS day) AS made_up
    JOIN area ON area.area_id = (
        SELECT area_id FROM area WHERE kind = 'place' ORDER BY area_id OFFSET number % 9 LIMIT 1)
    WHERE agreement.code = 'landskrona-2015-2016'"""
)
_KNOWN: dict[str, Tables] = {}

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    url = landskrona_database()
    put_star(url, kinds=("country", "county"))
    with writing(url) as connection:
        connection.execute(_ACTIVITIES)
        connection.execute(text("ANALYZE"))
    return url


@pytest.fixture
async def tables(database_url: str, rows: Rows) -> Tables:
    """Return all rows, fetched once."""
    if database_url not in _KNOWN:
        found = {name: read_rows(await rows(name), entity_set) for name, entity_set in MODEL.sets.items()}
        _KNOWN[database_url] = Tables(MODEL, found)
    return _KNOWN[database_url]


def address_of(request: Request) -> str:
    """Return the address of a request, with everything in it percent-encoded."""
    options: dict[str, str | None] = {
        "apply": _apply(request),
        "filter": written(request.filter) if request.filter else None,
        "orderby": ",".join(f"{written(tree)}{' desc' * descending}" for tree, descending in request.order) or None,
        "select": ",".join(request.select) if request.select else None,
        "expand": ",".join(f"{name}{_chosen(names)}" for name, names in request.expand.items()) or None,
        "top": None if request.top is None else str(request.top),
        "skip": None if request.skip is None else str(request.skip),
        "count": "true" if request.count else None,
        "format": request.format,
    }
    given = "&".join(f"${name}={quote(value, safe='')}" for name, value in options.items() if value is not None)
    return f"{request.entity_set.name}?{given}"


def _chosen(names: list[str] | None) -> str:
    return f"($select={','.join(names)})" if names else ""


def _apply(request: Request) -> str | None:
    grouping = request.grouping
    if grouping is None:
        return "/".join(f"filter({written(one)})" for one in request.narrowed) or None
    inner = ",".join(map(_aggregate, grouping.aggregates))
    aggregates = f"aggregate({inner})" if inner else ""
    step = aggregates
    if grouping.paths:
        step = f"groupby(({','.join(grouping.paths)}){',' if inner else ''}{aggregates})"
    before, after = ([f"filter({written(one)})" for one in part] for part in (grouping.before, grouping.after))
    return "/".join([*before, step, *after])


def _aggregate(one: Aggregate) -> str:
    return f"{'$count' if one.path is None else f'{one.path} with {one.method}'} as {one.alias}"


async def answer_of(feed: httpx.AsyncClient, request: Request) -> tuple[str | None, list[dict[str, Any]], int | None]:
    """Return the code of a refusal, or all rows, page by page, and how many there are said to be."""
    headers = {"Prefer": f"odata.maxpagesize={request.page_size}"} if request.page_size else {}
    found: list[dict[str, Any]] = []
    counts = set()
    link: str | None = address_of(request)
    while link is not None:
        answer = await feed.get(link, headers=headers)
        page = json.loads(answer.content, parse_float=Decimal)
        if answer.is_error:
            assert answer.status_code in {400, 501}, f"{answer.status_code}: {answer.text}"
            return page["error"]["code"], [], None
        found += page["value"]
        counts.add(page.get("@odata.count"))
        link = page.get("@odata.nextLink")
    (count,) = counts
    return None, found, None if count is None else int(count)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", SHARES)
async def test_a_typed_request_is_answered_as_evaluated_or_refused_by_name(
    feed: httpx.AsyncClient, tables: Tables, name: str
) -> None:
    entity_set = MODEL.entity_set(name)
    near, far = tables.named(entity_set, 1), tables.named(entity_set, 3)
    refused = 0
    number = round(SHARES[name] * REQUESTS)
    for index in range(number):
        random = Random(f"{SEED} {name} {index}")
        named = far if random.random() < 0.1 else near
        request = Maker(random, MODEL, entity_set, named).request()
        try:
            code, rows, count = await answer_of(feed, request)
            if code is None:
                Expected(tables, request).check(rows, count)
            else:
                assert code in REFUSALS, code
                refused += 1
        except AssertionError as error:
            error.add_note(f"request {index} of {name}: {address_of(request)}\n{request}")
            raise
    assert refused <= number / 4 + 1


# What has one value for all rows, which ORDER BY of SQL would take for the number of a column, or for nothing at all.
CONSTANTS = (
    *("year gt null", "code in ()", "null eq null", "null ne null", "null in (null)", "null in (1)", "null", "true"),
    *(
        "1",
        "'a'",
        "1 add 1",
        "not (null gt 1)",
        "-null",
        "1 eq null",
        "null gt null desc",
        "length(null)",
        "2016-01-01",
    ),
)


@pytest.mark.parametrize("apply", [None, "groupby((code,year))", "aggregate($count as year,$count as code)"])
async def test_what_is_the_same_for_all_rows_sorts_nothing(rows: Rows, apply: str | None) -> None:
    """`trials B16`: its examples and their siblings, page by page."""
    options = {"select": "code,year"} | ({"apply": apply} if apply else {})
    codes = {row["code"] for row in await rows("Periods", **options)}
    for constant in CONSTANTS:
        ascending = await rows("Periods", page_size=600, orderby=constant, **options)
        descending = await rows("Periods", orderby=f"{constant.removesuffix(' desc')} desc,code desc", **options)
        assert [row["code"] for row in descending] == sorted(codes, reverse=True), constant
        assert len(ascending) == len(codes) == len({row["code"] for row in ascending}), constant


async def test_names_of_any_length_are_apart(rows: Rows) -> None:
    """`trials C12`: PostgreSQL cuts names after 63 bytes."""
    first, second = f"{'å' * 40}{'a' * 23}x", f"{'å' * 40}{'a' * 23}y"
    apply = f"groupby((kind),aggregate($count as {first},code with max as {second}))"
    found = await rows("Areas", apply=apply, filter=f"{first} gt 20", orderby=f"{second} desc", select=f"kind,{second}")
    assert {row["kind"] for row in found} >= {"county", "municipality"}
    assert all(row.keys() == {"kind", second} for row in found)


async def test_ways_to_other_sets_may_be_long_but_not_endless(feed: httpx.AsyncClient, rows: Rows) -> None:
    """`trials C12`: a way of six navigations, and how many there may be."""
    way = "Municipality/" * 6
    found = await rows("Areas", filter=f"{way}code eq '1282'", orderby=f"{way}nameSv,code", top=5)
    assert found[0]["municipalityCode"] == "1282"
    for number, status in ((16, 200), (17, 501), (1000, 501)):
        answer = await feed.get("Areas", params={"$filter": f"{'Municipality/' * number}code eq '1282'", "$top": "1"})
        assert answer.status_code == status
