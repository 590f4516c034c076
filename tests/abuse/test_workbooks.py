"""Workbooks that are small as they are sent, and large when they are read."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor

from shared.db.keys import KeyScope
from tests.abuse.conftest import WithNeighbours
from tests.abuse.service import Service

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>source</t></is></c></row>'


def workbook(rows: str, *, sheets: int = 1, texts: str = "", declared: str = "", head: str = HEAD) -> bytes:
    """Return a workbook, all of whose sheets are one part."""
    listed = "".join(f'<sheet name="S{number}" sheetId="{number}" r:id="r1"/>' for number in range(1, sheets + 1))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="sheet.xml"/>'
            f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="texts.xml"/></Relationships>',
        )
        package.writestr("xl/workbook.xml", f'<workbook xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>')
        package.writestr("xl/texts.xml", f"{declared}<sst>{texts}</sst>")
        package.writestr("xl/sheet.xml", f"<worksheet><sheetData>{head}{rows}</sheetData></worksheet>")
    return file.getvalue()


def entities() -> str:
    """Declare what would be a text of a gigabyte if it were believed."""
    inner = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(9))
    return f"<!DOCTYPE sst [{inner}]>"


ONE = "<row><c><v>1</v></c></row>"
REPEATED = "<row>" + '<c t="s"><v>0</v></c>' * 20 + "</row>"


def bombs() -> dict[str, tuple[bytes, int]]:
    """Return workbooks, and how each is answered."""
    return {
        "two cells far apart": (workbook('<row r="4000"><c r="XFD4000"><v>1</v></c></row>'), 201),
        "blanks": (workbook(" " * 40_000_000), 422),
        "a long text in every cell": (workbook(REPEATED * 1000, texts=f"<si><t>{'x' * 32_000}</t></si>"), 422),
        "a sheet a thousand times": (workbook(ONE * 5000, sheets=1000, head=""), 422),
        "rows at the last column": (workbook('<row><c r="ALL1"><v>1</v></c></row>' * 10_000), 201),
        "many texts": (workbook("", texts="<si><t>a</t></si>" * 200_000), 201),
        "entities": (workbook("", declared=entities(), texts="<si><t>&e8;</t></si>"), 422),
        "a number that no column holds": (workbook('<row r="99999999999"><c><v>1</v></c></row>'), 422),
        "zeros": (b"PK\x03\x04" + b"\0" * 100_000, 422),
        "a CSV": (b"source\nx\n", 422),
    }


def test_hostile_workbooks_cost_their_own_reader_alone(service: Service, neighbours: WithNeighbours) -> None:
    """trials C7: 1.5 KB took 2 GiB, and four at once 8 GiB."""
    sent_by_name = bombs()
    with (
        neighbours(service) as report,
        service.client(KeyScope.REPORT, seconds=120) as client,
        ThreadPoolExecutor(4) as threads,
    ):

        def sent(content: bytes) -> int:
            answer = client.post("/activity-imports?dryRun=true", content=content, headers={"Content-Type": XLSX})
            return answer.status_code

        statuses = dict(zip(sent_by_name, threads.map(sent, (one for one, _ in sent_by_name.values())), strict=True))
    report.assert_unharmed()
    assert statuses == {name: status for name, (_, status) in sent_by_name.items()}
