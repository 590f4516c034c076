"""Files as people have them: what each cell means by a mapping, in CSV and in workbooks alike."""

# Over 300 lines: all forms of cells, tested with the same few helpers.

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE
from tests.api.test_workbook_imports import XLSX, workbook

pytestmark = pytest.mark.begins_with("landskrona")
MAPPINGS = f"{BASE}/import-mappings/street-works"
IMPORTS = f"{BASE}/activity-imports"
DAY, TIME = date(2016, 3, 29), datetime(2016, 3, 29, 18)  # noqa: DTZ001  a cell knows no zone


def mapping(**changed: Any) -> dict[str, Any]:
    """Return a mapping of cleanups without faults; columns that are None are left out."""
    columns = {
        "externalId": {"column": "Ärende"},
        "status": {"column": "Läge", "values": {"Klar": "performed", "Öppen": "planned"}},
        "area": {"column": "Plats", "template": "1282-{}", "otherwise": "1282"},
        "reported": {"column": "Inkom"},
        "completed": {"column": "Åtgärdat"},
        "cost": {"column": "Kostnad"},
        **changed.pop("columns", {}),
    }
    return {
        "constants": {
            "source": "street-works",
            "type": "graffiti-cleanup",
            "agreement": "landskrona-2015-2016",
            "annex": 4,
        },
        "columns": {field: rule for field, rule in columns.items() if rule is not None},
        **changed,
    }


HEADER = ["Ärende", "Läge", "Plats", "Inkom", "Åtgärdat", "Kostnad"]
Found = tuple[dict[str, Any], dict[str, dict[str, Any]]]


async def imported(
    client: httpx.AsyncClient, rules: dict[str, Any] | None, content: bytes, media_type: str = "text/csv"
) -> Found:
    """Return the report on a file, and the activities by their ids."""
    query = {}
    if rules is not None:
        put = await client.put(MAPPINGS, json=rules)
        assert put.is_success, put.text
        query = {"mapping": "street-works"}
    response = await client.post(IMPORTS, content=content, params=query, headers={"Content-Type": media_type})
    assert response.status_code == 201, response.text
    activities = (await client.get(f"{BASE}/activities", params={"limit": 1000})).json()["activities"]
    return response.json(), {activity["externalId"]: activity for activity in activities}


def csv_of(*rows: Sequence[str], header: Sequence[str] = HEADER) -> bytes:
    return "\n".join(";".join(row) for row in [header, *rows]).encode()


def faults(report: dict[str, Any]) -> list[tuple[int, str]]:
    return [(remark["row"], remark["field"]) for remark in report["remarks"]]


def row(number: int, **changed: Any) -> list[Any]:
    cells = {
        "id": f"k-{number}",
        "state": "Klar",
        "place": "",
        "reported": "2016-03-24",
        "done": "2016-03-29",
        "cost": "",
    }
    return [*(cells | changed).values()]


COSTS = {"1 150 000": 1_150_000, "1\u00a0150,5": 1150.5, "181.0": 181, "1181,0": 1181, "1.150,50": 1150.5, "5 kr": 5}


async def test_costs_are_the_numbers_that_were_meant_or_refused(client: httpx.AsyncClient) -> None:
    """Trials A1, in every form at once."""
    twofold = ["1,150", "2.000", "1,000"]
    rows = [row(number, cost=text) for number, text in enumerate([*COSTS, *twofold])]
    report, activities = await imported(client, mapping(), csv_of(*rows))
    assert [activities[f"k-{number}"]["cost"] for number in range(len(COSTS))] == [*COSTS.values()]
    assert faults(report) == [(number + 2, "cost") for number in range(len(COSTS), len(rows))]
    assert "decimalSign" in report["remarks"][0]["remedy"]
    rows = [row(number + 100, cost=text) for number, text in enumerate(twofold)]
    _, activities = await imported(client, mapping(format={"decimalSign": ","}), csv_of(*rows))
    assert [activities[f"k-{number}"]["cost"] for number in (100, 101, 102)] == [1.15, 2000, 1]
    rules = mapping(format={"decimalSign": ","}, columns={"cost": {"column": "Kostnad", "decimalSign": "."}})
    _, activities = await imported(client, rules, csv_of(row(200, cost="1,150")))
    assert activities["k-200"]["cost"] == 1150


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_an_error_in_any_column_refuses_its_row_and_names_the_cell(client: httpx.AsyncClient, form: str) -> None:
    """Trials A2."""
    rows = [[*row(number)] for number in range(len(HEADER) + 1)]
    fields = ["externalId", "status", "area", "reported", "completed", "cost"]
    errors = ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#DIV/0!"]
    for position, error in enumerate(errors):
        rows[position + 1][position] = error
    content, media_type = (csv_of(*rows), "text/csv") if form == "csv" else (_with_errors(HEADER, *rows), XLSX)
    report, activities = await imported(client, mapping(), content, media_type)
    assert [*activities] == ["k-0"]
    assert [fault for fault in faults(report) if fault[0] < 10] == [*zip(range(3, 9), fields, strict=True)]
    assert all(error in remark["reason"] for error, remark in zip(errors, report["remarks"], strict=True))
    if form == "xlsx":
        assert "cell F8" in report["remarks"][-1]["reason"]


@pytest.mark.parametrize(
    ("form", "ids"),
    [
        ("csv", ["1,60412E+11", "1.60412e+11", "160412001234"]),
        ("xlsx", [1604120012341234567, 1604120012341234568, 160412001234]),
    ],
)
async def test_an_id_whose_digits_are_lost_is_none(client: httpx.AsyncClient, form: str, ids: list[object]) -> None:
    """A spreadsheet keeps fifteen of them, and saves fewer as CSV: several activities would be one."""
    rows = [[id_, *row(1)[1:]] for id_ in ids]
    content, media_type = (csv_of(*rows), "text/csv") if form == "csv" else (workbook(HEADER, *rows), XLSX)
    report, activities = await imported(client, mapping(), content, media_type)
    assert [*activities] == ["160412001234"]
    assert [field for _, field in faults(report)] == ["externalId", "externalId"]


def _with_errors(*rows: Sequence[object]) -> bytes:
    """Return a workbook in which texts that are errors are so."""
    return workbook(*([f"=ERR({cell})" if str(cell).startswith("#") else cell for cell in row] for row in rows))


async def test_dates_are_read_in_every_form_in_one_column(client: httpx.AsyncClient) -> None:
    """Trials B1, B3: a typed date needs no form; a text has one of those that the mapping names."""
    rules = mapping(columns={"completed": {"column": "Åtgärdat", "format": ["%Y%m%d", "%d/%m/%Y %H.%M"]}})
    cells = [DAY, TIME, "20160329", 20160329, "29/03/2016 18.00", "2016-03-29"]
    content = workbook(HEADER, *(row(number, done=cell) for number, cell in enumerate(cells)))
    report, activities = await imported(client, rules, content, XLSX)
    assert faults(report) == [(7, "completed")]
    at = "2016-03-29T16:00:00Z"
    dates = [activities[f"k-{number}"]["completed"] for number in range(5)]
    assert dates == ["2016-03-29", at, "2016-03-29", "2016-03-29", at]


async def test_dates_without_a_form_are_read_in_those_that_have_one_reading(client: httpx.AsyncClient) -> None:
    """Trials B3."""
    texts = [
        "2016-03-29 18:00",
        "2016-03-29T18:00",
        "2016-03-29T18:00+0200",
        "2016-03-29 18.00",
        "20160329",
        "03/04/2016",
    ]
    report, activities = await imported(client, mapping(), csv_of(*(row(n, done=text) for n, text in enumerate(texts))))
    assert faults(report) == [(7, "completed")]
    dates = [activities[f"k-{number}"]["completed"] for number in range(5)]
    assert dates == [*["2016-03-29T16:00:00Z"] * 4, "2016-03-29"]


async def test_epochs_and_days_of_a_spreadsheet_can_be_named(client: httpx.AsyncClient) -> None:
    """Trials B26: seconds and milliseconds since 1970."""
    rule = {"column": "Åtgärdat", "format": ["epochMilliseconds", "epochSeconds"]}
    counts = {"epochSeconds": "1459267200", "epochMilliseconds": "1459267200000", "spreadsheetDays": "42458.75"}
    for position, (form, text) in enumerate(counts.items()):
        rules = mapping(columns={"completed": rule | {"format": form}})
        _, activities = await imported(client, rules, csv_of(row(position, done=text)))
        assert activities[f"k-{position}"]["completed"] == "2016-03-29T16:00:00Z"


async def test_case_unicode_and_blanks_make_no_difference(client: httpx.AsyncClient) -> None:
    """Trials B8: in the header, in values, and in rows that are passed over."""
    header = ["a\u0308rende", " LA\u0308GE", "plats", "INKOM", "A\u030atga\u0308rdat\u00a0", "Kostnad"]
    rules = mapping(skips=[{"column": "Läge", "values": ["Åter öppnad"]}])
    rows = [row(1, state="KLAR"), row(2, state=" o\u0308ppen ", done=""), row(3, state="a\u030ater\u00a0 Öppnad")]
    report, activities = await imported(client, rules, csv_of(*rows, header=header))
    assert (report["created"], report["skipped"], report["remarks"]) == (2, 1, [])
    assert activities["k-2"]["status"] == "planned"


async def test_rows_of_every_shape_are_numbered_as_the_program_shows_them(client: httpx.AsyncClient) -> None:
    """Trials B9, B10, in a workbook and as the CSV that is made of it."""
    title = ["Klotter 2016", "", "", "", "", "", ""]
    rows = [title, [], [*HEADER, ""], [*row(1), "", "Se protokoll"], [], row(2, state="Klart"), row(3)[:5], [""] * 6]
    for content, media_type in (
        (workbook(*rows), XLSX),
        ("\r\n".join(["sep=;", *(";".join(line) for line in rows)]).encode("windows-1252"), "text/csv"),
    ):
        first = 1 if media_type == "text/csv" else 0
        report, activities = await imported(client, mapping(), content, media_type)
        assert (report["rows"], faults(report)) == (3, [(6 + first, "status")])
        assert activities["k-1"]["importRow"] == 4
    unquoted = csv_of([*row(4, cost="5"), "x"])
    assert faults((await imported(client, mapping(), unquoted))[0]) == [(2, "")]


async def test_a_charset_that_is_named_is_used(client: httpx.AsyncClient) -> None:
    """Trials B12 and A5: it comes before the mapping's encoding, and a byte order mark before both."""
    rules = mapping(format={"delimiter": ";", "encoding": "utf-8"})
    content = csv_of(row(1, state="Öppen", done=""))
    for written, media_type in (
        ("windows-1252", "text/csv; charset=windows-1252; header=present"),
        ("utf-8-sig", 'text/csv; header=present; charset="ISO-8859-1"'),
        ("utf-16", "TEXT/CSV; charset=utf-8; profile=x"),
    ):
        report, _ = await imported(client, rules, content.decode().encode(written), media_type)
        assert (report["rows"], report["refused"]) == (1, 0), (written, report["remarks"])
    response = await client.post(
        IMPORTS,
        content=content,
        params={"mapping": "street-works"},
        headers={"Content-Type": "text/csv; header=absent"},
    )
    assert (response.status_code, response.json()["type"].rpartition("/")[2]) == (422, "invalid-import")


async def test_header_row_and_sheet_can_be_named_and_a_table_may_have_no_header(client: httpx.AsyncClient) -> None:
    """Trials B9, B26."""
    letters = dict(zip(HEADER, "ABCDEF", strict=True))
    rules = mapping(format={"headerRow": 0, "sheet": "table"})
    for rule in rules["columns"].values():
        rule["column"] = letters[rule["column"]]
    report, _ = await imported(client, rules, workbook(row(1), row(2)), XLSX)
    assert (report["rows"], report["refused"]) == (2, 0), report["remarks"]
    assert (await imported(client, rules, csv_of(row(2), header=row(1)), "text/csv; header=absent"))[0][
        "unchanged"
    ] == 2
    refused = (await client.put(MAPPINGS, json=mapping(format={"headerRow": 0}))).json()
    assert "columns.externalId" in [fault["field"] for fault in refused["violations"]]
    (await client.put(MAPPINGS, json=mapping(format={"sheet": "Annat"}))).raise_for_status()
    response = await client.post(
        IMPORTS, content=workbook(HEADER, row(1)), params={"mapping": "street-works"}, headers={"Content-Type": XLSX}
    )
    assert response.status_code == 422
    assert "sheet" in response.json()["violations"][0]["reason"]


async def test_case_numbers_of_a_pattern_and_uuids_are_no_personal_numbers(client: httpx.AsyncClient) -> None:
    """Trials B5, B25: in the column of ids alone, and only where the mapping says so."""
    ids = ["850709-9805", "19850709-9805", "0b850709-9805-4d2b-8f00-850709980512", "x 850709-9805"]
    rows = [row(0, id=text) for text in ids]
    report, activities = await imported(client, mapping(), csv_of(*rows))
    assert ([*activities], report["refused"]) == ([ids[2]], 3)
    report, activities = await imported(client, mapping(caseNumbers="[0-9]{6,8}-[0-9]{4}"), csv_of(*rows))
    assert (set(activities), report["refused"]) == (set(ids[:3]), 1)
    noted = mapping(caseNumbers="[0-9]{6,8}-[0-9]{4}", columns={"note": {"column": "Kostnad"}, "cost": None})
    assert faults((await imported(client, noted, csv_of(row(9, cost="850709-9805"))))[0]) == [(2, "note")]
    for pattern in (".*", "[0-9", ""):
        refused = await client.put(MAPPINGS, json=mapping(caseNumbers=pattern))
        assert [fault["field"] for fault in refused.json()["violations"]] == ["caseNumbers"]


async def test_rows_without_ids_are_known_again_by_what_they_say(client: httpx.AsyncClient) -> None:
    """Trials B26: the same file twice changes nothing, though two of its rows are alike."""
    rules = mapping(withoutIds=True, columns={"externalId": None})
    content = csv_of(row(1), row(1), row(2, cost="5"))
    assert (await imported(client, rules, content))[0]["created"] == 3
    assert (await imported(client, rules, content))[0]["unchanged"] == 3
    both = (await client.put(MAPPINGS, json=mapping(withoutIds=True))).json()
    assert both["violations"][0]["field"] == "withoutIds"


async def test_one_column_decides_how_another_is_read(client: httpx.AsyncClient) -> None:
    """Trials B26: a status makes a date void, or a row cancelled; B22: a type decides what a number is of."""
    header = ["Id", "Typ", "Läge", "Datum", "Klart", "Antal", "Utfall"]
    rules = {
        "constants": {"source": "test", "agreement": "landskrona-2015-2016", "area": "1282-karlslund"},
        "columns": {
            "externalId": {"column": "Id"},
            "type": {"column": "Typ", "values": {"Vandring": "safety-walk", "Klotter": "graffiti-cleanup"}},
            "annex": {"column": "Typ", "values": {"Vandring": 3, "Klotter": 4}},
            "status": {"column": "Läge", "values": {"Klar": "performed", "Öppen": "planned"}},
            "start": {"column": "Datum", "when": {"column": "Typ", "values": ["vandring"]}},
            "reported": {"column": "Datum", "unless": {"column": "Typ", "values": ["Vandring"]}},
            "completed": {"column": "Klart", "unless": {"column": "Läge", "values": ["Öppen"]}},
            "participants.residents": {"column": "Antal", "when": {"column": "Typ", "values": ["Vandring"]}},
            "cost": {"column": "Antal", "when": {"column": "Typ", "values": ["Klotter"]}},
        },
        "cancels": [{"column": "Utfall", "values": ["Avvisad"]}, {"column": "Läge", "values": ["Dubblett"]}],
    }
    rows = [
        ["w-1", "Vandring", "Klar", "2016-04-12", "", "21", ""],
        ["g-1", "Klotter", "Klar", "2016-03-24", "2016-03-29", "500", ""],
        ["g-2", "Klotter", "Öppen", "2016-03-24", "1900-01-01", "", ""],
        ["g-3", "Klotter", "Klar", "2016-03-24", "2016-03-29", "", "avvisad"],
        ["g-4", "Klotter", "Dubblett", "2016-03-24", "2016-03-29", "", ""],
    ]
    report, found = await imported(client, rules, csv_of(*rows, header=header))
    assert report["created"] == 5, report["remarks"]
    assert (found["w-1"]["participants"]["residents"], found["w-1"]["start"]) == (21, "2016-04-12")
    assert (found["g-1"]["cost"], found["g-1"]["completed"]) == (500, "2016-03-29")
    assert (found["g-2"]["status"], found["g-2"]["completed"]) == ("planned", None)
    assert [found[one]["status"] for one in ("g-3", "g-4")] == ["cancelled", "cancelled"]


async def test_a_place_may_be_made_of_two_columns_and_written_as_a_code(client: httpx.AsyncClient) -> None:
    """Trials B26."""
    header = [*HEADER, "Kommunkod"]
    area = {"column": "Kommunkod", "alsoColumns": ["Plats"], "template": "{}-{}", "asCode": True, "otherwise": "1282"}
    rows = [[*row(1, place="Norra Torget"), "1282"], [*row(2, place=""), "1282"], [*row(3, place="Finns ej"), "1282"]]
    report, found = await imported(client, mapping(columns={"area": area}), csv_of(*rows, header=header))
    assert [found[f"k-{number}"]["area"] for number in (1, 2)] == ["1282-norra-torget", "1282"]
    assert faults(report) == [(4, "area")]
    refused = await client.put(MAPPINGS, json=mapping(columns={"area": area | {"template": "{}"}}))
    assert refused.status_code == 422
