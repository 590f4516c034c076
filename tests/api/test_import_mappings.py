"""Mappings: stored whole or refused with every fault, and what they make of a source's own columns."""

import json
from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE

pytestmark = pytest.mark.begins_with("landskrona")
MAPPINGS = f"{BASE}/import-mappings"
IMPORTS = f"{BASE}/activity-imports"
ADDRESS = f"{MAPPINGS}/street-works"


@pytest.fixture
def mapping() -> dict[str, Any]:
    """Return a mapping without faults."""
    return {
        "format": {"delimiter": ";", "encoding": "windows-1252"},
        "timeZone": "Europe/Stockholm",
        "constants": {
            "source": "street-works",
            "type": "graffiti-cleanup",
            "agreement": "landskrona-2015-2016",
            "annex": 4,
        },
        "duplicates": {"column": "Läge", "values": ["Dubblett"]},
        "columns": {
            "externalId": {"column": "Ärende"},
            "status": {"column": "Läge", "values": {"Klar": "performed", "Öppen": "planned"}},
            "area": {"column": "Plats", "values": {"-": "1282"}, "template": "1282-{}", "otherwise": "1282"},
            "reported": {"column": "Inkom", "format": "%d/%m/%Y"},
            "completed": {"column": "Åtgärdat"},
            "cost": {"column": "Kostnad"},
            "attributes.contentKind": {"column": "Sort", "values": {"R": "racist"}, "otherwise": "ordinary"},
        },
    }


HEADER = "Ärende;Läge;Plats;Inkom;Åtgärdat;Kostnad;Sort;Annat"


async def imported_by(
    client: httpx.AsyncClient, mapping: dict[str, Any], *rows: str
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    (await client.put(ADDRESS, json=mapping)).raise_for_status()
    response = await client.post(
        IMPORTS,
        content="\r\n".join([HEADER, *rows]).encode("windows-1252"),
        params={"mapping": "street-works"},
        headers={"Content-Type": "text/csv"},
    )
    assert response.status_code == 201, response.text
    activities = (await client.get(f"{BASE}/activities")).json()["activities"]
    return response.json(), {activity["externalId"]: activity for activity in activities}


async def test_a_mapping_is_kept_shown_listed_replaced_and_removed(
    client: httpx.AsyncClient, mapping: dict[str, Any]
) -> None:
    created = await client.put(ADDRESS, json=mapping)
    assert (created.status_code, created.headers["Location"].endswith("/import-mappings/street-works")) == (201, True)
    assert (await client.get(ADDRESS)).json() == created.json()
    assert [entry["code"] for entry in (await client.get(MAPPINGS)).json()["importMappings"]] == ["street-works"]
    again = await client.put(ADDRESS, json=mapping)
    assert (again.status_code, again.json()["revision"]) == (200, 1)
    changed = await client.put(ADDRESS, json=mapping | {"timeZone": "Europe/Helsinki"})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert (await client.delete(ADDRESS)).status_code == 204
    for method in ("GET", "DELETE"):
        assert (await client.request(method, ADDRESS)).status_code == 404


async def test_cells_are_translated_put_in_a_template_read_by_a_format_or_stand_as_they_are(
    client: httpx.AsyncClient, mapping: dict[str, Any]
) -> None:
    report, activities = await imported_by(
        client,
        mapping,
        "k-1; Klar ;norra-torget;24/03/2016;2016-03-29;1200,50;R;x",
        "k-2;Öppen;-;24/03/2016;;;;x",
        "k-3;Dubblett;;24/03/2016;2016-03-29 22:30:00;;okänt;x",
    )
    assert (report["rows"], report["created"], report["refused"]) == (3, 3, 0), report
    first, second, third = (activities[f"k-{number}"] for number in (1, 2, 3))
    assert (first["status"], first["area"], first["cost"]) == ("performed", "1282-norra-torget", 1200.5)
    assert (first["reported"], first["completed"]) == ("2016-03-24", "2016-03-29")
    assert first["attributes"] == {"contentKind": "racist"}
    assert (second["status"], second["area"], second["completed"]) == ("planned", "1282", None)
    assert (third["status"], third["area"], third["completed"]) == ("cancelled", "1282", "2016-03-29T20:30:00Z")
    assert third["attributes"] == {"contentKind": "ordinary"}


async def test_a_row_that_a_mapping_makes_planned_has_no_completion(
    client: httpx.AsyncClient, mapping: dict[str, Any]
) -> None:
    """Trials A12."""
    report, activities = await imported_by(
        client,
        mapping,
        "k-1;Öppen;norra-torget;24/03/2016;2016-03-29;;;",
        "k-2;Klar;norra-torget;24/03/2016;2016-03-29;;;",
    )
    assert set(activities) == {"k-2"}
    assert [(remark["row"], remark["field"]) for remark in report["remarks"]] == [(2, "completed")]


async def test_what_no_rule_reads_refuses_its_row_and_no_other(
    client: httpx.AsyncClient, mapping: dict[str, Any]
) -> None:
    report, activities = await imported_by(
        client,
        mapping,
        "k-1;Klart;norra-torget;24/03/2016;2016-03-29;;;",
        "k-2;Klar;norra-torget;2016-03-24;2016-03-29;;;",
        "k-3;Klar;norra-torget;24/03/2016;29 mars;mycket;;",
        "k-4;Klar;norra-torget;24/03/2016;2016-03-29;;;",
    )
    assert set(activities) == {"k-4"}
    assert {(remark["row"], remark["field"]) for remark in report["remarks"]} == {
        (2, "status"),
        (3, "reported"),
        (4, "completed"),
        (4, "cost"),
    }


async def test_a_missing_column_refuses_the_whole_file_and_names_each(
    client: httpx.AsyncClient, mapping: dict[str, Any]
) -> None:
    (await client.put(ADDRESS, json=mapping)).raise_for_status()
    response = await client.post(
        IMPORTS, content=b"Plats;Sort\n1;2\n", params={"mapping": "street-works"}, headers={"Content-Type": "text/csv"}
    )
    assert response.status_code == 422
    fields = {fault["field"] for fault in response.json()["violations"]}
    assert fields == {"Ärende", "Läge", "Inkom", "Åtgärdat", "Kostnad"}


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("format", {"delimiter": "||"}),
        ("format", {"delimiter": '"'}),
        ("format", {"encoding": "utf-16"}),
        ("timeZone", "Mars/Olympus"),
        ("timeZone", "../../etc/passwd"),
        ("constants", {"colour": "red"}),
        ("duplicates", {"column": "Läge", "values": []}),
        ("columns", {}),
        ("columns", {"participants.aliens": {"column": "A"}}),
        ("columns", {"area": {"column": "A", "template": "1282"}}),
        ("columns", {"area": {"column": "A", "template": "{}-{}"}}),
        ("columns", {"area": {"column": "A", "template": "{0.__class__}{}"}}),
        ("columns", {"reported": {"column": "A", "format": "%Q"}}),
        ("columns", {"reported": {"column": "A", "format": "%H:%M"}}),
        ("columns", {"reported": {"column": "A", "format": "%d%m%Y", "template": "{}"}}),
        ("colour", "red"),
    ],
)
async def test_a_part_that_makes_no_sense_is_refused_where_it_stands(
    client: httpx.AsyncClient, mapping: dict[str, Any], part: str, content: dict[str, Any] | str
) -> None:
    response = await client.put(ADDRESS, json=mapping | {part: content})
    assert response.status_code == 422
    assert all(fault["field"].startswith(part) for fault in response.json()["violations"])
    assert (await client.get(ADDRESS)).status_code == 404


async def test_every_contradiction_is_told_at_once(client: httpx.AsyncClient, mapping: dict[str, Any]) -> None:
    del mapping["columns"]["externalId"]
    mapping["constants"] |= {"area": "1282", "annex": "four", "note": "850709-9805"}
    mapping["columns"]["cost"]["format"] = "%d%m%Y"
    response = await client.put(ADDRESS, json=mapping)
    assert response.status_code == 422
    assert response.json()["type"].endswith("/invalid-mapping")
    fields = {fault["field"] for fault in response.json()["violations"]}
    assert fields == {"columns", "columns.area", "columns.cost.format", "constants.annex", "constants.note"}
    assert "850709" not in json.dumps(response.json())


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"format": 5}, "format"),
        ({"format": "%H:%M"}, "format"),
        ({"format": ["%d/%m/%Y", 5]}, "format"),
        ({"values": {"x": True}}, "values.x"),
        ({"values": {"x": ["y"]}}, "values.x"),
        ({"values": {"x": "y" * 501}}, "values.x"),
        ({"otherwise": {}}, "otherwise"),
    ],
)
async def test_a_part_that_may_be_of_several_forms_is_named_once(
    client: httpx.AsyncClient, mapping: dict[str, Any], rule: dict[str, Any], field: str
) -> None:
    mapping["columns"]["reported"] = {"column": "Inkom", **rule}
    response = await client.put(ADDRESS, json=mapping)
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["violations"]] == [f"columns.reported.{field}"]


@pytest.mark.one_app
@pytest.mark.parametrize(
    "form",
    [
        "%Y-%d",  # the fifteenth of January, whatever stands there
        "%d/%m/%Y %I:%M",
        "%d/%m/%Y %H:%M %p",  # 2:30 PM would be 2:30
        ["%d/%m/%Y", "%m/%d/%Y"],
        ["%y-%m-%d", "%d-%m-%y"],
    ],
)
async def test_a_form_that_would_read_another_date_is_refused(
    client: httpx.AsyncClient, mapping: dict[str, Any], form: str | list[str]
) -> None:
    mapping["columns"]["reported"]["format"] = form
    response = await client.put(ADDRESS, json=mapping)
    assert response.status_code == 422, response.text
    assert [fault["field"] for fault in response.json()["violations"]] == ["columns.reported.format"]


async def test_forms_that_cannot_be_taken_for_each_other_may_stand_together(
    client: httpx.AsyncClient, mapping: dict[str, Any]
) -> None:
    forms = ["%Y%m%d", "%d/%m/%Y", "%d/%m/%Y %H.%M", "%d/%m/%Y %I.%M %p", "%d/%m/%y", "%d %b %Y", "isoWeek"]
    mapping["columns"]["reported"]["format"] = forms
    (await client.put(ADDRESS, json=mapping)).raise_for_status()


async def test_a_word_stands_for_one_thing(client: httpx.AsyncClient, mapping: dict[str, Any]) -> None:
    mapping["columns"]["status"]["values"]["Klar "] = "planned"
    response = await client.put(ADDRESS, json=mapping)
    assert [fault["field"] for fault in response.json()["violations"]] == ["columns.status.values.Klar "]
    mapping["columns"]["status"]["values"]["Klar "] = "performed"
    (await client.put(ADDRESS, json=mapping)).raise_for_status()


@pytest.mark.parametrize("rows", [{"headerRow": 0, "firstRow": 9, "lastRow": 3}, {"headerRow": 5, "lastRow": 5}])
async def test_a_table_has_rows(client: httpx.AsyncClient, mapping: dict[str, Any], rows: dict[str, int]) -> None:
    columns = {field: {"column": chr(65 + index)} for index, field in enumerate(mapping["columns"])}
    response = await client.put(ADDRESS, json={**mapping, "duplicates": None, "columns": columns, "format": rows})
    assert [fault["field"] for fault in response.json()["violations"]] == ["format.lastRow"]


async def test_a_mapping_is_for_those_who_may_report(reader: httpx.AsyncClient, mapping: dict[str, Any]) -> None:
    assert (await reader.get(MAPPINGS)).status_code == 200
    assert (await reader.put(ADDRESS, json=mapping)).status_code == 403
    assert (await reader.delete(ADDRESS)).status_code == 403
