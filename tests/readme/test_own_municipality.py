"""The way of README to one's own municipality, with its own commands and files: trials F6.

From an empty service to figures, over a backup and its restore, to a service that systemd runs behind a proxy.
"""

from __future__ import annotations

import csv
import re
import signal
from collections.abc import Iterator
from configparser import ConfigParser
from datetime import date
from typing import NamedTuple

import httpx
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from services.api.http.routing import BASE
from tests.extent import ONLY_LONG
from tests.readme.document import ROOT, block, code_in, command
from tests.readme.newcomer import Newcomer, newcomer_with_a_checkout

pytestmark = [pytest.mark.long, pytest.mark.server, pytest.mark.timeout(240)]

UNIT = ROOT / "deploy" / "samverkan.service"
STEPS, OWN_FILE, OPERATE = "Your own municipality in ten steps", "Your own file", "Operate it"
EXAMPLE = ROOT / "shared" / "data" / "hoganas"
IMPORT = command(STEPS, "samverkan import")
VALUES = command(STEPS, "samverkan values")
COMMAND = re.compile(r"(make|cp|export|\.venv/bin/samverkan|samverkan) |put\(\)")


class Way(NamedTuple):
    """A newcomer who has gone all steps, and what each printed; the service runs."""

    newcomer: Newcomer
    printed: dict[int, str]


@pytest.fixture(scope="module")
def way() -> Iterator[Way]:
    with newcomer_with_a_checkout() as newcomer:
        printed: dict[int, str] = {}
        for one in code_in():
            if one.heading == STEPS and COMMAND.match(one.text):
                printed[one.step] = printed.get(one.step, "") + go(newcomer, one.text)
        yield Way(newcomer, printed)


def go(newcomer: Newcomer, script: str) -> str:
    """Run the commands of a step, and return what they print."""
    up = script.partition("make install\n")[2].strip()
    if up:
        newcomer.run("make --dry-run install")  # it has been done, and the tests have no network
        newcomer.start(up)
        return ""
    if script == VALUES:
        newcomer.await_figures()
    return newcomer.run(script)


def row_of(printed: str, beginning: str) -> list[str]:
    """Return the cells of the one row of a table that begins so."""
    (row,) = (line for line in printed.splitlines() if line.startswith(f"{beginning} "))
    return row.replace("\N{NO-BREAK SPACE}", " ").removeprefix(beginning).split("  ")


def cells_of(printed: str, beginning: str) -> list[str]:
    """Return the figures of T1, T2, T3 and the year in the one row that begins so."""
    return [cell.strip() for cell in row_of(printed, beginning) if cell.strip()][:4]


def test_every_step_says_what_became_of_it(way: Way) -> None:
    assert [*way.printed] == [1, 2, 4, 5, 7, 8, 9, 10]
    assert way.printed[5].startswith("hoganas-2026 can be sent")
    assert way.printed[4].startswith("2 areas ")
    assert "rows 5, created 4, skipped 1." in way.printed[7]
    assert "contact-officer" in way.printed[8]
    assert "Streets and parks" in way.printed[10]


def test_the_figures_are_those_of_the_sheet(way: Way) -> None:
    assert cells_of(way.printed[9], "Klottersaneringar") == ["3†", "0", "0", "3†"]
    assert cells_of(way.printed[9], "Klottersanering påbörjad i tid") == ["50 %", "saknas", "saknas", "50 %"]
    assert cells_of(way.printed[9], "Antal skolor med kontaktpolis")[:1] == ["1"]
    key = way.newcomer.run("printenv SAMVERKAN_KEY").strip()
    answer = httpx.get(f"{way.newcomer.url}{BASE}/activities", headers={"Authorization": f"Bearer {key}"})
    costs = {activity["externalId"]: activity["cost"] for activity in answer.json()["activities"]}
    assert costs == {"K-101": 1250.5, "K-102": 980, "K-103": 2100.25, "K-104": None}


def test_what_is_published_ships() -> None:
    assert block(OWN_FILE, "code:") == (EXAMPLE / "mapping.yaml").read_text(encoding="utf-8")
    sheet = (EXAMPLE / "cleanups.csv").read_bytes().decode("windows-1252").replace("\N{NO-BREAK SPACE}", " ")
    rows = [row for row in block(OWN_FILE, "Klottersanering").splitlines() if row != "…"]
    assert rows == [row for row in sheet.splitlines() if row in rows]
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_same_sheet_as_a_workbook_changes_nothing(way: Way) -> None:
    path = way.newcomer.checkout / "own" / "cleanups.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("Ärenden 2026")
        with (EXAMPLE / "cleanups.csv").open(encoding="windows-1252", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter=";")):
                sheet.write_row(number, 0, [typed(cell) for cell in row])
    assert "rows 5, unchanged 4, skipped 1." in way.newcomer.run(IMPORT.replace(".csv", ".xlsx"))


def typed(cell: str) -> str | date | float:
    """Return what Excel makes of a text that someone enters."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
        return date.fromisoformat(cell)
    if re.fullmatch(r"[\d\s]+,\d\d", cell):
        return float(re.sub(r"\s", "", cell).replace(",", "."))
    return cell


def test_a_refused_row_is_listed_and_nothing_is_kept_of_a_rehearsal(way: Way) -> None:
    own = way.newcomer.checkout / "own"
    faulty = (own / "cleanups.csv").read_bytes().replace(b"K-104;\xd6ppet", b"K-104;Nytt")
    (own / "faulty.csv").write_bytes(faulty)
    printed = way.newcomer.run(f"{IMPORT.replace('cleanups', 'faulty')} --dry-run")
    assert "rows 5, unchanged 3, refused 1, skipped 1." in printed
    assert re.search(r"^ *6 +refused +status ", printed, re.MULTILINE)


@ONLY_LONG
def test_what_was_backed_up_is_served_again_after_the_data_was_removed(way: Way) -> None:
    """Also as systemd starts and stops it, behind a proxy with TLS whose address its links then have."""
    newcomer = way.newcomer
    newcomer.run(command(OPERATE, "samverkan backup samverkan-"))
    newcomer.stop()
    newcomer.run(command(OPERATE, "rm -r "))
    empty = newcomer.ended(VALUES)
    assert (empty.returncode, "holds no data" in empty.stderr) == (2, True), empty.stderr
    newcomer.run(command(OPERATE, "samverkan restore samverkan-"))
    unit = service_unit()
    assert unit["WorkingDirectory"] == "/opt/samverkan"
    variable, _, public_url = unit["Environment"].partition("=")
    newcomer.start(unit["ExecStart"].replace("/opt/samverkan", str(newcomer.checkout)), **{variable: public_url})
    assert newcomer.run(VALUES) == way.printed[9]
    key = newcomer.run("printenv SAMVERKAN_KEY").strip()
    answer = httpx.get(f"{newcomer.url}{BASE}/activities", headers={"Authorization": f"Bearer {key}"}).json()
    assert answer["_links"]["self"]["href"].startswith(f"{public_url}{BASE}/activities")
    assert newcomer.stop(signal.SIGTERM) == 0


def service_unit() -> dict[str, str]:
    """Return the settings of the service that README has systemd run, by the file that it names."""
    parser = ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return dict(parser["Service"])
