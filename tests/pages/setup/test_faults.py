"""Every fault of a template is said at once, each with the cell as Excel names it, and nothing is stored then."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import TYPE_CHECKING

import httpx
import pytest

from services.api.pages.setup.layout import VERSION
from tests.pages.people import words_of
from tests.pages.setup import world
from tests.pages.setup.sheets import Cell, cell, file_of, filled, formula, with_part
from tests.pages.setup.world import name_of

if TYPE_CHECKING:
    from tests.pages.setup.conftest import SeatedIn
    from tests.pages.setup.sheets import Cells

pytestmark = [pytest.mark.long]
_FAULT = re.compile(r'<th scope="row">([^<]*)</th><td>([^<]*)</td>')
PARK = {"name": "x", "kind": "Park"}
OFFICER = name_of("role", "contact-officer")
# Of an existing row what is changed, or a further row: its sheet, its place, what it says, and where is said what.
CHANGED: tuple[tuple[str, int, dict[str, Cell], str, str], ...] = (
    ("annexes", 3, {"validTo": date(2028, 3, 1)}, "validFrom", "mellan 2026-01-01 och 2027-12-31"),
    ("annexes", 4, {"number": 4}, "number", "Samma nummer finns på rad 11"),
    ("targets", 0, {"value": None}, "value", "Värdet saknas."),
    ("targets", 1, {"indicator": "Klotersaneringar"}, "indicator", "Menar du ”Klottersaneringar”?"),
    ("targets", 3, {"upperValue": 1}, "upperValue", "lägre än det lägsta"),
    ("commitments", 0, {"dueOn": date(2029, 1, 1)}, "dueOn", "från 2026-01-01 till 2027-12-31"),
    ("commitments", 1, {"party": "Ingen"}, "party", "Ingen part heter så"),
    ("commitments", 2, {"status": "Pågår"}, "status", "både läge och vilken dag"),
)
FURTHER: tuple[tuple[str, dict[str, Cell], str, str], ...] = (
    ("annexes", {"title": "Utan nummer", "theme": "Attraktiv stad"}, "number", "Nummer saknas."),
    ("annexes", {"number": 12, "title": "Utan ämne"}, "theme", "inget ämne och inga indikatorer"),
    ("followed", {"annex": 99, "indicator": "Klottersaneringar"}, "annex", "ingen bilaga med det numret"),
    ("commitments", {"number": 7, "promise": "Kanske", "wording": "Något"}, "promise", "finns inte i listan"),
    ("commitments", {"number": 8, "promise": "Ja", "wording": "Ring 19900101-9802"}, "wording", "ett personnummer"),
    ("commitments", {"number": -5, "promise": "Ja", "wording": "Minus"}, "number", "inget heltal"),
    ("terms", {"name": "Evig", "validFrom": date(2026, 3, 1), "validTo": date(9999, 12, 31)}, "validTo", "inget datum"),
    ("places", {"name": "Stadsparken", "kind": "Park"}, "name", "samma namn som den på rad 12"),
    ("places", {"name": "Utan typ"}, "kind", "Typ saknas."),
    ("places", {**PARK, "validFrom": date(2026, 5, 1), "validTo": date(2026, 1, 1)}, "validTo", "före den första"),
    ("places", {"name": "A", "kind": "Park", "parent": "B"}, "parent", "ligger i varandra"),
    ("places", {"name": "B", "kind": "Park", "parent": "A"}, "parent", "ligger i varandra"),
    ("places", {"name": "Helsingborg", "kind": "Stadsdel"}, "name", "samma namn som kommunen"),
    ("places", {"name": "D", "kind": "Stadsdel", "parent": "Stadsparken"}, "parent", "kan inte ligga där"),
    ("places", {"name": "x" * 201, "kind": "Park"}, "name", "för lång"),
    ("places", {"name": "a_x0000_b", "kind": "Park"}, "name", "ett tecken som inte går att spara"),
    ("roles", {"area": "Norra skolan", "role": OFFICER, "validFrom": date(2026, 3, 1)}, "role", "redan samma roll"),
    ("roles", {"area": "Norra skola", "role": OFFICER, "validFrom": date(2026, 3, 1)}, "area", "Norra skolan"),
    ("terms", {"name": "Bakvänd", "validFrom": date(2027, 3, 1), "validTo": date(2027, 2, 1)}, "validTo", "före"),
    ("terms", {"name": "Igen", "validFrom": date(2026, 3, 1), "validTo": date(2026, 4, 1)}, "name", "gemensamt"),
    ("terms", {"name": "Vår", "validFrom": "i mars", "validTo": date(2028, 4, 1)}, "validFrom", "inget datum"),
    ("people", {"email": "ingen", "role": "Läsare"}, "email", "ingen e-postadress"),
    (
        "people",
        {"email": "rapport1@kommun.example", "name": "Annan", "role": "Läsare"},
        "name",
        "ett annat namn på rad 9",
    ),
    ("people", {"email": "a@b.example", "role": "Läsare", "party": world.PARTIES[0]}, "party", "bara för en rapportör"),
    ("people", {"email": "c@b.example", "role": "Bilageansvarig"}, "annex", "bara då"),
)


def faults_on(answer: httpx.Response) -> dict[str, str]:
    """Return what is said, by where."""
    return {unescape(where): unescape(text) for where, text in _FAULT.findall(answer.text)}


async def test_every_fault_is_said_at_once_with_its_cell(desk_in: SeatedIn) -> None:
    content = world.whole()
    titles = {key: f"{title}, cell " for key, title in TITLES.items()}
    expected = {}
    for sheet, row, change, column, said in CHANGED:
        content[sheet][row].update(change)
        expected[titles[sheet] + cell(sheet, column, row)] = said
    # A target that contradicts another, and somebody twice.
    content["targets"].append({**content["targets"][2], "rule": "Minst", "value": 20})
    content["people"].append({**content["people"][1]})
    expected |= {
        titles["targets"] + cell("targets", "value", 8): "Det andra målet är rad 10 på fliken Mål.",
        titles["people"] + cell("people", "email", 20): "Samma person har samma uppgift på rad 9",
    }
    for sheet, row_of_it, column, said in FURTHER:
        content[sheet].append({**row_of_it})
        expected[titles[sheet] + cell(sheet, column, len(content[sheet]) - 1)] = said
    computed: Cells = {("places", cell("places", "name", 40)): formula(cell("places", "name", 40))}
    expected[titles["places"] + cell("places", "name", 40)] = "en formel som inte har räknats ut"
    async with desk_in("1283") as desk:
        answer = await desk.fill_in(content, computed)
        assert answer.status_code == 422
        found = faults_on(answer)
        for where, said in expected.items():
            assert said in found.get(where, ""), (where, found.get(where))
        # Nothing follows from another fault but that the row of the formula lacks its kind, and the one annex's target.
        further = found.keys() - expected.keys()
        assert further <= {
            f"Platser, cell {cell('places', 'kind', 40)}",
            f"Mål, cell {cell('targets', 'validFrom', 2)}",
        } | {f"Mål, cell {cell('targets', 'validFrom', row)}" for row in (0, 1, 8)}, {
            where: found[where] for where in further
        }
        assert "`" not in answer.text
        assert "1 person" in words_of(await desk.client.get(desk.address)), "nothing is stored"


TITLES = {
    "annexes": "Bilagor",
    "followed": "Uppföljning",
    "targets": "Mål",
    "commitments": "Åtaganden",
    "places": "Platser",
    "roles": "Roller",
    "terms": "Terminer",
    "people": "Personer",
}


async def test_a_day_at_fault_does_not_make_others_so(desk_in: SeatedIn) -> None:
    async with desk_in("1287") as desk:
        answer = await desk.fill_in(world.whole(), {("agreement", "B6"): "sista december"})
        assert faults_on(answer) == {"Överenskommelse, cell B6": "Det här är inget datum. Skriv det som 2026-03-24."}


async def test_what_is_no_template_is_refused_plainly(desk_in: SeatedIn) -> None:
    async with desk_in("1290") as desk, desk_in("1291") as neighbour:
        template = await desk.template()
        first = "xl/sharedStrings.xml"
        merged = '</sheetData><mergeCells count="1"><mergeCell ref="D9:F10"/></mergeCells>'
        files = {
            "Ta bort lösenordet": b"\xd0\xcf\x11\xe0" + b"\0" * 600,
            "innehåller makron": filled(template, {}, **{"xl/vbaProject.bin": b"x"}),
            "går inte att läsa som en Excelfil": b"Namn;Typ\nStadsparken;park\n",
            "är inte vår mall": with_part(template, first, {"Mallens version": "Version"}),
            f"Nu gäller version {VERSION}": with_part(template, first, {f"<t>{VERSION}</t>": "<t>0</t>"}),
            "Mallen är hämtad för": await neighbour.template(),
            "Cellerna D9:F10 är sammanfogade": with_part(template, file_of("people"), {"</sheetData>": merged}),
            "Kolumnen ”Uppgift” saknas": with_part(template, first, {"<t>Uppgift *</t>": "<t>Jobb</t>"}),
            "har ändrats. Ta bort ordet Exempel": filled(template, {("terms", "B6"): "Vårterminen 2030"}),
        }
        for said, content in files.items():
            answer = await desk.upload(content)
            assert (answer.status_code, said in words_of(answer)) == (422, True), (said, words_of(answer)[-400:])
        answer = await desk.upload(b"", name="")
        assert (answer.status_code, "Välj en fil att ladda upp." in words_of(answer)) == (422, True)


async def test_what_a_form_carries_is_read_as_critically(desk_in: SeatedIn) -> None:
    async with desk_in("1292") as desk:
        preview = await desk.reviewed({"places": [{**PARK}]})
        for content in ("", "eJwDAAAAAAE=", "x" * 1000):
            altered = preview.text.partition('name="content" value="')[2].partition('"')[0]
            preview._content = preview.text.replace(altered, content).encode()
            preview.__dict__.pop("_text", None)
            answer = await desk.save(preview)
            assert answer.status_code == 422
            preview = await desk.reviewed({"places": [{**PARK}]})
