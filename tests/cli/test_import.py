"""`samverkan import` against a running service: what is sent, and what a person reads afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it tells no types
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from services.api.http.routing import BASE
from services.cli.client import RefusedByApi, UnreadableFile
from services.cli.faulty_rows import WrongEnding
from services.cli.importing import NothingImported, ServiceUnreachable, UnknownMappingFile
from services.cli.main import app
from shared.db.keys import KeyScope
from tests.api import bra

LANDSKRONA = Path(__file__).parents[2] / "shared" / "data" / "landskrona"
AGREEMENT = LANDSKRONA / "agreement-2015-2016.yaml"
PLACES = LANDSKRONA / "places.csv"
HEADER = "source,externalId,type,agreement,annex,area,status,start,participants.residents"
GOOD = "test,walk-1,safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-04-12,21"
BAD = "test,walk-2,safety-walk,landskrona-2015-2016,3,1282-nowhere,performed,2016-04-12,21"

Import = Callable[..., Result]


@pytest.fixture
def samverkan_import(service_url: str, api_keys: Mapping[KeyScope, str]) -> Import:
    """Return what runs the command with a key that may do everything."""
    environment = {"SAMVERKAN_URL": service_url, "SAMVERKAN_KEY": api_keys[KeyScope.ADMINISTER], "COLUMNS": "200"}

    def run(*arguments: str | Path) -> Result:
        return CliRunner(env=environment).invoke(app, ["import", *map(str, arguments)])

    return run


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: str, name: str = "walks.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        return path

    return write


def test_areas_and_agreement_go_first_and_the_report_is_printed(
    samverkan_import: Import, file: Callable[..., Path], service_url: str, api_keys: Mapping[KeyScope, str]
) -> None:
    result = samverkan_import(file(GOOD, BAD), "--areas", PLACES, "--agreement", AGREEMENT)
    assert result.exit_code == 0, result.output
    assert "Import completed: rows 2, created 1, refused 1" in result.output
    remark = next(line for line in result.output.splitlines() if "refused" in line and "area" in line)
    assert remark.split()[:3] == ["3", "refused", "area"]
    assert "remarks" not in result.output
    headers = {"Authorization": f"Bearer {api_keys[KeyScope.READ]}"}
    activities = httpx.get(f"{service_url}{BASE}/activities", headers=headers).json()["activities"]
    assert [activity["externalId"] for activity in activities] == ["walk-1"]


def test_the_shipped_year_comes_in_whole_and_changes_nothing_the_second_time(samverkan_import: Import) -> None:
    year = LANDSKRONA / "activities-2016.csv"
    first = samverkan_import(year, "--areas", PLACES, "--agreement", AGREEMENT)
    assert "rows 254, created 254" in first.output
    assert "rows 254, unchanged 254" in samverkan_import(year).output


def test_the_mapping_that_ships_reads_a_table_of_crimes_and_says_what_no_indicator_reads(
    samverkan_import: Import, tmp_path: Path
) -> None:
    table = tmp_path / "crimes.csv"
    table.write_bytes(bra.table(bra.month(bra.ASSAULT, "63.0"), bra.month(bra.TOTAL, "652.0"), bra.quarter("1", "1.0")))
    result = samverkan_import(table, "--mapping", "bra-months")
    assert "Import completed: rows 3, created 2, skipped 1." in result.output, result.output
    assert f"{bra.TOTAL} (1)" in result.output
    unknown = samverkan_import(table, "--mapping", "bra-weeks")
    assert isinstance(unknown.exception, UnknownMappingFile)
    assert "bra-months" in str(unknown.exception)


def test_observations_come_in_columns_named_like_the_fields(samverkan_import: Import, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("source,measure,code,area,period,numerator\npolisen,crimes-by-code,0864,1282,2016-03,2\n")
    assert "rows 1, created 1" in samverkan_import(file, "--observations").output


def test_a_file_that_cannot_be_read_says_why(samverkan_import: Import, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"no workbook")
    result = samverkan_import(broken)
    assert (result.exit_code, type(result.exception)) == (1, NothingImported)
    assert "cannot be opened" in str(result.exception)


def test_a_dry_run_says_that_nothing_is_kept(samverkan_import: Import, file: Callable[..., Path]) -> None:
    result = samverkan_import(file(GOOD), "--areas", PLACES, "--agreement", AGREEMENT, "--dry-run")
    assert "nothing is kept: rows 1, created 1" in result.output
    assert "rows 1, created 1" in samverkan_import(file(GOOD)).output


def test_columns_of_another_source_are_read_by_a_mapping(samverkan_import: Import, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        """
        code: cleanups
        constants: {source: test, type: graffiti-cleanup, agreement: landskrona-2015-2016, annex: 4, area: "1282"}
        columns:
          externalId: {column: Id}
          status: {column: State, values: {1: performed, no: planned}}
          completed: {column: Done, format: "%d.%m.%Y"}
        """,
        encoding="utf-8",
    )
    cleanups = tmp_path / "cleanups.csv"
    cleanups.write_text("Id,State,Done\nc-1,1,29.03.2016\n", encoding="utf-8")
    result = samverkan_import(cleanups, "--mapping", mapping, "--areas", PLACES, "--agreement", AGREEMENT)
    assert "rows 1, created 1" in result.output, result.output


def test_when_nothing_can_be_imported_the_command_fails(samverkan_import: Import, file: Callable[..., Path]) -> None:
    samverkan_import(file(GOOD), "--areas", PLACES, "--agreement", AGREEMENT)
    result = samverkan_import(file(BAD))
    assert (result.exit_code, type(result.exception)) == (1, NothingImported)
    assert "rows 1, refused 1" in result.output
    refused = samverkan_import(file(name="empty.csv").with_name("empty.csv"), "--mapping", AGREEMENT)
    assert (refused.exit_code, type(refused.exception)) == (1, RefusedByApi)


@pytest.mark.parametrize("content", ["a: [", "just a text", "title: no code", "\0", "code: a\ncode: b"])
def test_a_mapping_that_cannot_be_read_is_told_as_such(
    samverkan_import: Import, file: Callable[..., Path], tmp_path: Path, content: str
) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(content, encoding="utf-8")
    assert isinstance(samverkan_import(file(GOOD), "--mapping", mapping).exception, UnreadableFile)


def test_areas_without_a_column_are_told_as_such(samverkan_import: Import, file: Callable[..., Path]) -> None:
    result = samverkan_import(file(GOOD), "--areas", file())
    assert isinstance(result.exception, UnreadableFile)
    assert "kind" in str(result.exception)


def test_a_service_that_does_not_run_is_told_as_such(file: Callable[..., Path]) -> None:
    result = CliRunner().invoke(app, ["import", str(file(GOOD)), "--key", "x", "--url", "http://127.0.0.1:9"])
    assert (result.exit_code, type(result.exception)) == (1, ServiceUnreachable)


def test_a_wrong_key_is_told_as_such(service_url: str, file: Callable[..., Path]) -> None:
    result = CliRunner().invoke(app, ["import", str(file(GOOD)), "--key", "x", "--url", service_url])
    assert isinstance(result.exception, RefusedByApi)
    assert "401" in str(result.exception)


def test_so_many_of_all_remarks_are_printed_and_all_are_on_request(
    samverkan_import: Import, file: Callable[..., Path], tmp_path: Path
) -> None:
    """Trials B23."""
    rows = [GOOD, *(BAD.replace("walk-2", f"bad-{number}") for number in range(32))]
    result = samverkan_import(file(*rows), "--areas", PLACES, "--agreement", AGREEMENT)
    assert "20 of 32 remarks." in result.output
    assert sum("refused" in line and "area" in line for line in result.output.splitlines()) == 20
    result = samverkan_import(file(*rows), "--all-remarks")
    assert " of 32 remarks" not in result.output
    assert sum("refused" in line and "area" in line for line in result.output.splitlines()) == 32


def test_rows_with_remarks_are_written_with_what_is_wrong_beside_them(
    samverkan_import: Import, file: Callable[..., Path], tmp_path: Path
) -> None:
    """Trials B23: of CSV, of a workbook and of lines of JSON."""
    faults = tmp_path / "faults.xlsx"
    formula = BAD.replace("test,", "=1+1,")
    samverkan_import(file(GOOD), "--areas", PLACES, "--agreement", AGREEMENT)
    result = samverkan_import(file(GOOD, BAD, "", formula, "a,b"), "--faults", faults)
    assert f"{faults.name} has the 3 rows with remarks." in result.output.replace("\n", "")
    header, first, second, third = CalamineWorkbook.from_path(faults).get_sheet_by_index(0).to_python()
    assert header == [*HEADER.split(","), "Row", "Faults"]
    assert first[:9] == BAD.split(",")
    assert (first[9], str(first[10]).startswith("area: ")) == (3, True)
    # A text stays a text.
    assert (second[0], second[9]) == ("=1+1", 5)
    assert third[9] == 6
    book = tmp_path / "walks.xlsx"
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        for number, line in enumerate([HEADER, GOOD, "", BAD]):
            sheet.write_row(number, 0, line.split(",") if line else [])
    samverkan_import(book, "--faults", faults)
    assert [row[9] for row in CalamineWorkbook.from_path(faults).get_sheet_by_index(0).to_python()[1:]] == [4]
    lines = tmp_path / "walks.ndjson"
    lines.write_text('{"source": "test"}\n\n[]\n')
    samverkan_import(lines, "--faults", faults)
    rows = CalamineWorkbook.from_path(faults).get_sheet_by_index(0).to_python()
    assert [row[:2] for row in rows] == [["JSON", "Row"], ['{"source": "test"}', 1], ["[]", 3]]
    assert isinstance(samverkan_import(file(GOOD), "--faults", tmp_path / "faults.txt").exception, WrongEnding)
