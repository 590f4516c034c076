"""`samverkan areas`: a file of areas with several parents goes in, and what is wrong with it is reported by row."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it tells no types
from typer.testing import CliRunner, Result

from services.api.http.routing import BASE
from services.cli.client import RefusedByApi, UnreadableFile
from services.cli.importing import ServiceUnreachable
from services.cli.main import app
from shared.db.keys import KeyScope
from shared.facts.area_file import FaultyAreaFile, read_areas

HEADER = "code,kind,placeKind,name,nameEn,parent,parentFrom,parentTo,validFrom,validTo"
# Children stand before their parents.
POLICE = """\
1282,municipality,,Landskrona,,12,,,,
1282,municipality,,Landskrona,,local-one,,2016-06-30,,
1282,municipality,,Landskrona,,local-two,2016-07-01,,,
local-one,local-police-area,,Lokalpolisområde ett,Local Police Area One,district-a,,,2015-01-01,
local-two,local-police-area,,Lokalpolisområde två,,district-a,,,2015-01-01,2020-12-31
district-a,police-district,,Polisområde A,,police-region-syd,,,2015-01-01,
"""


@pytest.fixture
def samverkan_areas(tmp_path: Path) -> Callable[..., Result]:
    """Return what writes rows to a file and runs the command on it; it needs no service unless it gets that far."""

    def run(rows: str, url: str = "http://127.0.0.1:9", key: str = "x", header: str = HEADER) -> Result:
        file = tmp_path / "areas.csv"
        file.write_text(f"\ufeff{header}\n{rows}", encoding="utf-8")
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["areas", str(file), "--url", url, "--key", key])

    return run


def served_area(service_url: str, key: str, code: str) -> dict[str, Any]:
    answer = httpx.get(f"{service_url}{BASE}/areas/{code}", headers={"Authorization": f"Bearer {key}"})
    area: dict[str, Any] = answer.raise_for_status().json()
    return area


def test_several_rows_are_one_area_with_several_parents(
    samverkan_areas: Callable[..., Result], service_url: str, api_keys: Mapping[KeyScope, str]
) -> None:
    key = api_keys[KeyScope.ADMINISTER]
    for _ in range(2):
        result = samverkan_areas(POLICE, service_url, key)
        assert (result.exit_code, result.stdout) == (0, "4 areas stand as areas.csv tells.\n"), result.output
    municipality = served_area(service_url, key, "1282")
    assert (municipality["nameEn"], municipality["validFrom"]) == (None, None)
    assert municipality["parents"] == [
        {"code": "12", "validFrom": None, "validTo": None},
        {"code": "local-one", "validFrom": None, "validTo": "2016-06-30"},
        {"code": "local-two", "validFrom": "2016-07-01", "validTo": None},
    ]
    local = served_area(service_url, key, "local-two")
    assert (local["kind"], local["validFrom"], local["validTo"]) == ("local-police-area", "2015-01-01", "2020-12-31")
    assert served_area(service_url, key, "local-one")["nameEn"] == "Local Police Area One"


def test_what_the_service_refuses_is_told_with_its_row(
    samverkan_areas: Callable[..., Result], service_url: str, api_keys: Mapping[KeyScope, str]
) -> None:
    rows = "x-park,place,park,Park,,1282,,,,\nx-lpa,local-police-area,,Lokalt,,x-park,,,,\n"
    result = samverkan_areas(rows, service_url, api_keys[KeyScope.ADMINISTER])
    assert (result.exit_code, type(result.exception)) == (1, RefusedByApi)
    assert str(result.exception).startswith("Row 3 of ")
    assert "parents[0].code: is of a kind that cannot hold it" in str(result.exception)
    refused = samverkan_areas(rows, service_url, api_keys[KeyScope.READ])
    assert "answered 403" in str(refused.exception)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("x,place,park,Park,,1282,,,2016-13-01,\n", "row 2: validFrom is no date"),
        ("x,place,park,Park,,1282,,,,\nx,place,park,Parken,,1283,,,,\n", "row 3: name is not as in row 2"),
        (",place,park,Park,,1282,,,,\n", "row 2: code is empty"),
        ("x,street,park,Park,,1282,,,,\n", "row 2: kind is none of country, county"),
        ("x,place,park,Park,,,2016-01-01,,,\n", "row 2: parent is empty, and yet has days"),
        ("x,district,,X,,y,,,,\ny,district,,Y,,x,,,,\n", "these areas lie inside each other: "),
        ('x,place,park,"Park"x,,,,,,\n', "row 2: is no record of a CSV file"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_before_anything_is_sent(
    samverkan_areas: Callable[..., Result], rows: str, message: str
) -> None:
    result = samverkan_areas(rows)
    assert (result.exit_code, type(result.exception)) == (1, UnreadableFile)
    assert message in str(result.exception)


def test_every_fault_is_told_at_once(samverkan_areas: Callable[..., Result]) -> None:
    result = samverkan_areas("x,street,park,Park,,1282,,,yesterday,\n,place,park,Park,,1282,,,,\n")
    for message in ("row 2: kind", "row 2: validFrom", "row 3: code"):
        assert message in str(result.exception)


def test_columns_that_are_missing_or_unknown_are_told(samverkan_areas: Callable[..., Result]) -> None:
    missing = samverkan_areas("", header="code,kind,name")
    assert "it lacks the columns parent, placeKind, validFrom, validTo" in str(missing.exception)
    unknown = samverkan_areas("", header=f"{HEADER},parentSince")
    assert "it has unknown columns: parentSince" in str(unknown.exception)


def test_a_service_that_does_not_run_is_told_as_such(samverkan_areas: Callable[..., Result]) -> None:
    assert isinstance(samverkan_areas(POLICE).exception, ServiceUnreachable)


def semicolons(text: str) -> bytes:
    return text.replace(",", ";").encode()


FORMS: dict[str, Callable[[str], bytes]] = {
    "semicolons": semicolons,
    "windows-1252": lambda text: text.encode("windows-1252"),
    "empty columns": lambda text: text.replace("\n", ",,\n").encode(),
    "an empty last row": lambda text: f"{text}{',' * 9}\n\n".encode(),
    "windows lines and semicolons in windows-1252": lambda text: (
        text.replace(",", ";").replace("\n", "\r\n").encode("cp1252")
    ),
    "a title": lambda text: f"Polisområden 2016\n\n{text}".encode(),
    "sep": lambda text: b"sep=;\n" + semicolons(text),
    "UTF-16 with tabs": lambda text: text.replace(",", "\t").encode("utf-16"),
    "decomposed, other case": lambda text: text.replace("code,kind", "CODE,Kind").replace("å", "a\u030a").encode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_file_of_areas_is_read_in_every_form(form: Callable[[str], bytes]) -> None:
    """Trials B19: the one reader of files serves here too."""
    expected = [entry.area for entry in read_areas(io.BytesIO(f"{HEADER}\n{POLICE}".encode()))]
    assert [entry.area for entry in read_areas(io.BytesIO(form(f"{HEADER}\n{POLICE}")))] == expected
    assert "Lokalpolisområde två" in {area.name for area in expected}


def test_a_workbook_of_areas_is_read_as_its_csv() -> None:
    """Trials B19: with real dates, and codes whose zero the program has taken."""
    file = io.BytesIO()
    rows = [line.split(",") for line in f"{HEADER}\n0180,municipality,,Stockholm,,01,,,2015-01-01,\n".splitlines()]
    with xlsxwriter.Workbook(file, {"strings_to_numbers": True}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        sheet.write_datetime(1, 8, date(2015, 1, 1), day)
    file.seek(0)
    text = "\n".join(",".join(row) for row in rows)
    assert read_areas(file) == read_areas(io.BytesIO(text.encode()))


def test_an_error_of_the_spreadsheet_program_is_told() -> None:
    """Trials A2."""
    with pytest.raises(FaultyAreaFile, match="row 2: parent holds an error"):
        read_areas(io.BytesIO(f"{HEADER}\nx,place,park,Park,,#REF!,,,,\n".encode()))
