"""Shares and means that are told monthly with both their parts, by HTTP and by file, and how they are shown."""

from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from services.api.values.charts.chart_data import ChartSubject, ChartValue
from services.api.values.charts.labels import sentence
from services.api.values.charts.scale import scale_top
from services.cli.tables import print_tables
from services.indicators.compute.rebuild import rebuild
from shared.annex_tables.lines import Section, TableLine, TableValue
from shared.annex_tables.reading import tables_of
from shared.annex_tables.wording import name_with_unit
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import Period
from shared.domain.wording import Language
from shared.facts.catalogue_in_force import CatalogueInForce
from tests.api.today import let_today_be

pytestmark = pytest.mark.begins_with("landskrona")
TODAY = date(2017, 6, 1)
WORDS = {"sv": "ord", "en": "words"}
FIRST_TIMES: dict[str, Any] = {
    "area": "1282",
    **dict.fromkeys(("name", "definition", "numerator", "denominator"), WORDS),
    "unit": "percent",
    "direction": "higher",
    "kind": "observed",
    "observes": {"measure": "first-times"},
}
SCORE = FIRST_TIMES | {"unit": "mean", "observes": {"measure": "score", "between": [1, 5]}}
MINUTES = FIRST_TIMES | {"unit": "mean", "unitName": WORDS, "observes": {"measure": "minutes"}}
OBSERVATION = {"source": "kommunen", "measure": "first-times", "area": "1282", "period": "2017-01"}


@pytest.fixture
async def city(app: FastAPI, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Return a client of a service with a share and two means of Landskrona's own."""
    let_today_be(app, TODAY)
    for code, body in (("first-times", FIRST_TIMES), ("score", SCORE), ("minutes", MINUTES)):
        answer = await client.put(f"{BASE}/indicators/{code}", json=body)
        assert answer.status_code == 201, answer.text
    return client


async def report(city: httpx.AsyncClient, **fields: Any) -> tuple[Any, Any]:
    answer = await city.post(f"{BASE}/observations", json=OBSERVATION | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()["numerator"], answer.json()["denominator"]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"value": 20}, "denominator", "Ange nämnaren, tillsammans med `value` eller täljaren."),
    ({"numerator": 20}, "denominator", "Ange nämnaren, tillsammans med `value` eller täljaren."),
    ({"value": 101, "denominator": 10}, "value", "Ange en del av helheten."),
    ({"value": 20, "numerator": 2, "denominator": 10}, "", "Ange antingen värdet eller täljaren."),
    ({"measure": "score", "value": 4.2}, "denominator", "Ange antalet svar,"),
    ({"measure": "score", "value": 5.1, "denominator": 10}, "value", "Ange summan av svaren."),
    ({"measure": "score", "numerator": 9, "denominator": 10}, "numerator", "Ange summan av svaren."),
    ({"measure": "minutes", "value": 10**15, "denominator": 10}, "value", "Kontrollera värdet och nämnaren."),
]


async def test_generality_e8_what_cannot_add_up_is_refused_with_the_remedy(city: httpx.AsyncClient) -> None:
    for fields, field, remedy in REFUSED:
        answer = await city.post(f"{BASE}/observations", json=OBSERVATION | fields, headers={"Accept-Language": "sv"})
        assert answer.status_code == 422, (fields, answer.text)
        (fault,) = answer.json()["violations"]
        assert (fault["field"], fault["remedy"][: len(remedy)]) == (field, remedy), fields


async def test_generality_e8_faulty_bounds_are_named(city: httpx.AsyncClient) -> None:
    for between, field in ((["a", 5], "observes.between[0]"), ([1], "observes.between"), ([5, 1], "observes.between")):
        body = SCORE | {"observes": {"measure": "score", "between": between}}
        answer = await city.put(f"{BASE}/indicators/score", json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["violations"][0]["field"] == field, between


async def test_generality_e8_monthly_shares_and_means_add_up_by_both_parts(
    city: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    assert await report(city, value=20, denominator=120) == (24, 120)
    rows = "source;measure;area;period;value;denominator\n"
    rows += "kommunen;first-times;1282;2017-02;25 %;40\nkommunen;first-times;1282;2017-03;25 %;\n"
    imported = await city.post(
        f"{BASE}/observation-imports", content=rows.encode(), headers={"Content-Type": "text/csv"}
    )
    assert [(one["row"], one["field"]) for one in imported.json()["remarks"]] == [(3, "denominator")], imported.text
    assert await report(city, period="2017-03", numerator=0, denominator=0) == (0, 0)
    assert await report(city, period="2017-04", numerator=6, denominator=40) == (6, 40)
    for month, mean in enumerate((3.5, 4, 2, 5), 1):
        assert await report(city, measure="score", period=f"2017-{month:02}", value=mean, denominator=10) == (
            10 * mean,
            10,
        )
    async with engine.begin() as connection:
        catalogue = await CatalogueInForce(shipped_catalogue()).current(connection)
        await rebuild(connection, catalogue, TODAY)
    found = {}
    for code in ("first-times", "score"):
        answer = await city.get(f"{BASE}/indicator-values/{code}~all~1282~2017-t1")
        found[code] = [answer.json()[name] for name in ("numerator", "denominator", "value", "unit", "monthsArrived")]
    assert found == {"first-times": [40, 200, 20, "percent", 4], "score": [145, 40, 3.625, "mean", 4]}
    behind = (await city.get(f"{BASE}/indicator-values/first-times~all~1282~2017-t1/observations")).json()
    assert [(one["numerator"], one["denominator"], one["leftOut"]) for one in behind["observations"]] == [
        (24, 120, None),
        (10, 40, None),
        (0, 0, None),
        (6, 40, None),
    ]
    named = await city.get(
        f"{BASE}/indicator-values?indicator=score&periodType=tertial&expand=names&fields=value,unitName"
    )
    unit = {"sv": "medelvärde", "en": "mean"}
    assert {"value": 3.625, "unitName": unit} in named.json()["indicatorValues"]


def defined(body: dict[str, Any]) -> IndicatorDefinition:
    fields = {name: value for name, value in body.items() if name != "area"}
    return IndicatorDefinition.model_validate(fields | {"code": "score", "version": 1})


def test_generality_e8_a_mean_is_written_as_a_number_and_not_as_a_share() -> None:
    mean, period = defined(SCORE), Period.parse("2017-T1")
    value = ChartValue(period, "observed", "preliminary", Decimal(145), Decimal(40), Decimal("3.625"))
    assert sentence(value, mean, Language.SV, tells_finality=False) == "tertial 1 2017: 3,63."
    subject = ChartSubject("Poäng", "Landskrona", "medelvärde", mean, "tertial", [value])
    assert subject.is_line
    assert scale_top(subject) == 5
    before = {"value": 3.5, "change": 0.125, "changePercent": None}
    year = TableValue(Decimal(145), Decimal(40), Decimal("3.625"), 0, "observed", "final", 4, [], before)
    console = Console(record=True, width=120)
    lines = [TableLine("Poäng", mean, (None, None, None, year))]
    print_tables(console, "x", tables_of([Section("y", lines)], 2017, Language.SV))
    printed = console.export_text()
    assert all(part in printed for part in ("3,63", "145/40", "3,5", "+0,13"))
    assert "%" not in printed
    assert [name_with_unit(mean, one) for one in Language] == ["ord (medelvärde)", "words (mean)"]
