"""Files of observations: by crime code, and in Brå's own form by category."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

import json
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from services.api.imports import run
from services.api.imports.cell_readers import UnreadableCell
from services.api.imports.named_areas import area_codes
from services.indicators.compute.rebuild import rebuild
from shared.catalogue.loader import shipped_catalogue
from shared.facts.series import put_series
from tests.api import bra
from tests.api.bra import ASSAULT, DAMAGE, LIFE, PERSON, ROBBERY, TOTAL
from tests.extent import amount

IMPORTS = f"{BASE}/observation-imports"
COUNTS = ("created", "updated", "unchanged", "superseded", "outdated", "refused", "skipped")
LULEA = "2580"


@pytest.fixture
async def mapped(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Return a client of a service that has the shipped mapping."""
    (await client.put(f"{BASE}/import-mappings/bra-months", json=bra.mapping())).raise_for_status()
    return client


async def send(
    client: httpx.AsyncClient, content: bytes | str, media_type: str = "text/csv", **query: str
) -> dict[str, Any]:
    response = await client.post(IMPORTS, content=content, headers={"Content-Type": media_type}, params=query)
    assert response.status_code == 201, response.text
    report = response.json()
    assert report["rows"] == sum(report[outcome] for outcome in COUNTS)
    return report


async def send_table(client: httpx.AsyncClient, *rows: dict[str, str], **query: str) -> dict[str, Any]:
    return await send(client, bra.table(*rows), mapping="bra-months", **query)


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {outcome: report[outcome] for outcome in ("rows", *COUNTS) if report[outcome]}


async def stored(client: httpx.AsyncClient) -> dict[tuple[str, str, str], float | None]:
    """Return the stored numerators, by code, area and period."""
    observations = (await client.get(f"{BASE}/observations", params={"limit": 1000})).json()["observations"]
    return {(one["code"], one["area"], one["period"]): one["numerator"] for one in observations}


async def test_each_category_of_a_month_is_kept_as_a_figure_of_its_own(mapped: httpx.AsyncClient) -> None:
    report = await send_table(
        mapped, *(bra.month(code, number) for code, number in ((TOTAL, "652.0"), (LIFE, "67.0"), (ASSAULT, "63.0")))
    )
    assert counts(report) == {"rows": 3, "created": 3}
    assert await stored(mapped) == {
        (code, LULEA, "2026-08"): n for code, n in ((TOTAL, 652), (LIFE, 67), (ASSAULT, 63))
    }
    (one,) = (await mapped.get(f"{BASE}/observations", params={"code": ASSAULT})).json()["observations"]
    assert (one["source"], one["measure"], one["finality"]) == ("brå", "crimes-by-category", "preliminary")


async def test_quarters_and_years_among_the_months_are_passed_over(mapped: httpx.AsyncClient) -> None:
    report = await send_table(mapped, bra.month(ASSAULT, "63.0"), bra.quarter(ASSAULT, "180.0"), bra.year("1", "700.0"))
    assert counts(report) == {"rows": 3, "created": 1, "skipped": 2}
    assert await stored(mapped) == {(ASSAULT, LULEA, "2026-08"): 63}


async def test_levels_that_nest_are_counted_once(mapped: httpx.AsyncClient, engine: AsyncEngine) -> None:
    levels = [
        bra.month(code, number) for code, number in ((TOTAL, "652"), (PERSON, "182"), (LIFE, "67"), (ASSAULT, "63"))
    ]
    await send_table(mapped, *levels, bra.month(DAMAGE, "72"), bra.month(ROBBERY, "1"))
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), date(2026, 9, 20))
        await rebuild(connection, shipped_catalogue(), date(2026, 9, 20))
        figures = await connection.execute(
            text(
                """SELECT indicator_code, numerator FROM indicator_value
                   JOIN indicator_series USING (series_id) JOIN area USING (area_id)
                   WHERE measure = 'crimes-by-category' AND code = '2580' AND period_type = 'month'
                     AND period_start = '2026-08-01'"""
            )
        )
        assert {row.indicator_code: row.numerator for row in figures} == {
            "reported-assaults": Decimal(63),
            "reported-damage": Decimal(72),
            "reported-robberies": Decimal(1),
        }


async def test_what_no_indicator_reads_is_kept_and_reported_as_unused(mapped: httpx.AsyncClient) -> None:
    rows = [bra.month(code, "5.0", Kommun=name) for code in (TOTAL, LIFE, ASSAULT) for name in ("Luleå", "Boden")]
    report = await send_table(mapped, *rows)
    unused = [{"measure": "crimes-by-category", "code": code, "rows": 2} for code in (TOTAL, LIFE)]
    assert report["unusedCodes"] == unused
    assert (await mapped.get(f"{IMPORTS}/{report['id']}")).json()["unusedCodes"] == unused
    assert len(await stored(mapped)) == 6


async def test_municipalities_are_known_by_name_or_code(mapped: httpx.AsyncClient) -> None:
    names = ["Luleå", " BODEN ", "2584", "180", "Bodens kommun", "Upplands Väsby kommun", "Lulea", "", "9999"]
    report = await send_table(mapped, *(bra.month(ASSAULT, str(n), Kommun=name) for n, name in enumerate(names)))
    assert {(remark["row"], remark["outcome"], remark["field"]) for remark in report["remarks"]} == {
        (3, "superseded", "period"),
        (8, "refused", "area"),
        (9, "refused", "area"),
        (10, "refused", "area"),
    }
    assert {area: number for (_, area, _), number in (await stored(mapped)).items()} == {
        LULEA: 0,
        "2582": 4,
        "2584": 2,
        "0180": 3,
        "0114": 5,
    }
    assert "Lulea" not in json.dumps(report)


def test_a_name_that_several_areas_have_is_not_guessed() -> None:
    read = area_codes({"habo": ["0305", "0643"]}, "municipality")
    assert read("0305") == "0305"
    with pytest.raises(UnreadableCell, match="several"):
        read("Habo")


async def test_a_category_that_the_mapping_does_not_list_is_told_with_its_row(mapped: httpx.AsyncClient) -> None:
    report = await send_table(mapped, bra.month("99999", "5.0"), bra.month(ASSAULT, "63.0"), bra.month("", "5.0"))
    assert counts(report) == {"rows": 3, "created": 1, "refused": 2}
    assert [(remark["row"], remark["field"]) for remark in report["remarks"]] == [(2, "code"), (4, "code")]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"Antal": ""}, "numerator"),
        ({"Antal": "många"}, "numerator"),
        ({"Antal": "1.5"}, "numerator"),
        ({"Månad": "13.0"}, "month"),
        ({"Månad": ""}, "month"),
        ({"Månad": "8.5"}, "month"),
        ({"År": "tjugo"}, "year"),
        ({"År": ""}, "period"),
        ({"År": "3026"}, "period"),
        ({"Periodtyp": "Vecka"}, "periodType"),
        ({"Preliminär": "Kanske"}, "finality"),
        ({"Status_Antal": "?"}, "status"),
        ({"Status_Antal": "confidential"}, "numerator"),
    ],
)
async def test_a_cell_without_meaning_refuses_its_row_and_no_other(
    mapped: httpx.AsyncClient, changed: dict[str, Any], field: str
) -> None:
    report = await send_table(mapped, bra.month(ASSAULT, "63.0", **changed), bra.month(DAMAGE, "72.0"))
    assert counts(report) == {"rows": 2, "created": 1, "refused": 1}
    assert {(remark["row"], remark["field"]) for remark in report["remarks"]} == {(2, field)}


async def test_a_withheld_figure_is_kept_as_withheld(mapped: httpx.AsyncClient) -> None:
    await send_table(mapped, bra.month(ASSAULT, "", Status_Antal="confidential"))
    (one,) = (await mapped.get(f"{BASE}/observations")).json()["observations"]
    assert (one["status"], one["numerator"]) == ("confidential", None)


async def test_a_later_file_corrects_and_a_final_figure_replaces_a_preliminary_one_and_all_can_be_traced(
    mapped: httpx.AsyncClient,
) -> None:
    await send_table(mapped, bra.month(ASSAULT, "63.0"), bra.month(DAMAGE, "72.0"))
    revised = await send_table(mapped, bra.month(ASSAULT, "65.0"))
    assert counts(revised) == {"rows": 1, "updated": 1}
    final = await send_table(mapped, bra.month(ASSAULT, "66.0", Preliminär="False"))
    assert counts(final) == {"rows": 1, "updated": 1}
    late = await send_table(mapped, bra.month(ASSAULT, "70.0"))
    assert counts(late) == {"rows": 1, "outdated": 1}
    assert await stored(mapped) == {(ASSAULT, LULEA, "2026-08"): 66, (DAMAGE, LULEA, "2026-08"): 72}
    (one,) = (await mapped.get(f"{BASE}/observations", params={"code": ASSAULT})).json()["observations"]
    revisions = (await mapped.get(f"{BASE}/observations/{one['id']}/revisions")).json()["revisions"]
    assert [(revision["numerator"], revision["finality"]) for revision in revisions] == [
        (63, "preliminary"),
        (65, "preliminary"),
        (66, "final"),
    ]


@pytest.mark.parametrize("chunk", [1, 2, 5000])
async def test_of_rows_with_one_key_the_last_wins_but_never_over_a_final_one(
    mapped: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(run, "CHUNK", chunk)
    rows = [
        bra.month(ASSAULT, "63.0"),
        bra.month(ASSAULT, "64.0"),
        bra.month(DAMAGE, "72.0", Preliminär="False"),
        bra.month(DAMAGE, "71.0"),
    ]
    report = await send_table(mapped, *rows)
    assert counts(report) == {"rows": 4, "created": 2, "superseded": 1, "outdated": 1}
    assert await stored(mapped) == {(ASSAULT, LULEA, "2026-08"): 64, (DAMAGE, LULEA, "2026-08"): 72}
    again = await send_table(mapped, rows[1], rows[2])
    assert counts(again) == {"rows": 2, "unchanged": 2}


async def test_a_dry_run_keeps_nothing_but_its_report(mapped: httpx.AsyncClient) -> None:
    rehearsed = await send_table(mapped, bra.month(ASSAULT, "63.0"), bra.month("99999", "1"), dryRun="true")
    assert await stored(mapped) == {}
    real = await send_table(mapped, bra.month(ASSAULT, "63.0"), bra.month("99999", "1"))
    assert (counts(real), real["remarks"]) == (counts(rehearsed), rehearsed["remarks"])


CODES = "source,measure,code,area,period,numerator,finality,publishedOn\n"


async def test_figures_by_crime_code_come_in_columns_named_like_the_fields(client: httpx.AsyncClient) -> None:
    rows = [
        "polisen,crimes-by-code,0864,1282,2016-03,2,preliminary,2016-04-15",
        "polisen,crimes-by-code,870,1282,2016-03,1.0,preliminary,",  # a spreadsheet has taken the zero
        "polisen,crimes-by-code,4011,1282,2016-03,7,preliminary,",
        "polisen,crimes-by-code,x,1282,2016-03,7,preliminary,",
        "polisen,crimes-by-spell,0864,1282,2016-03,7,preliminary,",
        "polisen,crimes-by-code,0864,12,2016-Q1,7,preliminary,",
        "polisen,crimes-by-code,0864,1282-x,2016-04,7,preliminary,",
    ]
    report = await send(client, (CODES + "\n".join(rows)).encode())
    assert counts(report) == {"rows": 7, "created": 3, "refused": 4}
    assert [(remark["row"], remark["field"]) for remark in report["remarks"]] == [
        (5, "code"),
        (6, "measure"),
        (7, "period"),
        (8, "area"),
    ]
    assert report["unusedCodes"] == [{"measure": "crimes-by-code", "code": "4011", "rows": 1}]
    assert await stored(client) == {(code, "1282", "2016-03"): n for code, n in (("0864", 2), ("0870", 1), ("4011", 7))}


async def test_one_observation_as_json_a_line_follows_the_same_model_as_a_single_report(
    client: httpx.AsyncClient,
) -> None:
    survey = {"source": "test", "measure": "feels-safe-outdoors", "area": "1282", "period": "2016", "value": 71.5}
    lines = [survey, survey | {"period": "2015", "colour": "red"}, survey | {"year": 2016}, [], survey | {"value": 101}]
    report = await send(client, "\n".join(map(json.dumps, lines)), "application/x-ndjson")
    single = await client.post(f"{BASE}/observations", json=survey)
    assert (counts(report)["created"], single.status_code) == (1, 200), report["remarks"]
    assert {row["row"]: row["field"] for row in report["remarks"]} == {2: "colour", 3: "year", 4: "", 5: "value"}


async def test_a_mapping_makes_one_kind_of_record_only(mapped: httpx.AsyncClient) -> None:
    response = await mapped.post(
        f"{BASE}/activity-imports",
        content=bra.table(),
        params={"mapping": "bra-months"},
        headers={"Content-Type": "text/csv"},
    )
    assert response.status_code == 400
    assert [fault["field"] for fault in response.json()["violations"]] == ["mapping"]


@pytest.mark.parametrize(
    ("part", "content", "field"),
    [
        ("duplicates", {"column": "Status", "values": ["x"]}, "duplicates"),
        ("constants", {"source": "brå", "measure": "crimes-by-category", "externalId": "x"}, "constants.externalId"),
        ("constants", {"source": "brå", "measure": 7}, "constants.measure"),
        ("constants", {"source": "brå"}, "columns"),
        ("makes", "activities", "constants.measure"),
        ("makes", "coffee", "makes"),
        ("skips", [{"column": "Periodtyp", "values": []}], "skips[0].values"),
    ],
)
async def test_a_mapping_of_observations_is_checked_as_such(
    client: httpx.AsyncClient, part: str, content: dict[str, Any] | list[dict[str, Any]] | str, field: str
) -> None:
    response = await client.put(f"{BASE}/import-mappings/bra-months", json=bra.mapping() | {part: content})
    assert response.status_code == 422
    assert field in [fault["field"] for fault in response.json()["violations"]]


async def test_only_an_area_is_read_by_its_name(client: httpx.AsyncClient) -> None:
    mapping = bra.mapping()
    mapping["columns"]["numerator"] = {"column": "Antal", "named": "municipality"}
    response = await client.put(f"{BASE}/import-mappings/bra-months", json=mapping)
    assert [fault["field"] for fault in response.json()["violations"]] == ["columns.numerator.named"]


async def test_imports_of_observations_stand_apart_from_those_of_activities(
    mapped: httpx.AsyncClient, reader: httpx.AsyncClient
) -> None:
    report = await send_table(mapped, bra.month(ASSAULT, "63.0"), bra.month("99999", "1"))
    assert [one["id"] for one in (await reader.get(IMPORTS)).json()["observationImports"]] == [report["id"]]
    page = (await reader.get(f"{IMPORTS}/{report['id']}/remarks")).json()
    assert [remark["field"] for remark in page["remarks"]] == ["code"]
    for path in ("", "/remarks"):
        assert (await reader.get(f"{BASE}/activity-imports/{report['id']}{path}")).status_code == 404
    assert (await reader.post(IMPORTS, content=b"x", headers={"Content-Type": "text/csv"})).status_code == 403


CELLS = st.sampled_from(
    ["", "8.0", "2026", "-1", "1e9", "9" * 40, "x", '"', "Luleå", "0180", "True", "Månad", "År", "\0", "é\x85", "13197"]
)


@hypothesis_settings(
    max_examples=amount(10, 25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=st.lists(st.dictionaries(st.sampled_from(bra.HEADER), CELLS, max_size=6), max_size=8), chunk=st.integers(1, 5)
)
async def test_no_row_is_lost_whatever_its_cells_hold(
    mapped: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, rows: list[Any], chunk: int
) -> None:
    monkeypatch.setattr(run, "CHUNK", chunk)
    report = await send_table(mapped, *(bra.month(ASSAULT, "63.0", **changed) for changed in rows))
    assert report["rows"] == len(rows)
