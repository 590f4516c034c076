"""What a cell of the template says: typed by a person, or as a spreadsheet program stores it. No server is needed."""

from __future__ import annotations

import base64
import zlib
from datetime import date, datetime, timedelta
from io import BytesIO

import orjson
import pytest

from services.api.pages.setup.cell_values import UnusableCell, Value, value_of
from services.api.pages.setup.choices import TemplateChoices
from services.api.pages.setup.examples import EXAMPLES
from services.api.pages.setup.filled_in import FilledTemplate, read_template
from services.api.pages.setup.layout import SHEETS, Input, TemplateColumn
from services.api.pages.setup.template import write_template
from services.api.pages.texts import translator
from shared.catalogue.loader import shipped_catalogue
from shared.domain.matching import folded
from shared.domain.wording import Language
from shared.files.cells import Cell, DateCell, ErrorCell, NumberCell, TimeCell, TruthCell, decoded
from tests.pages.setup import world
from tests.pages.setup.sheets import cells_of, filled

CHOICES = TemplateChoices(shipped_catalogue(), ())
COLUMNS = {one: TemplateColumn("x", one, source="rule") for one in Input}
DAY = date(2026, 3, 24)
READ: tuple[tuple[Input, Cell, Value], ...] = (
    (Input.DATE, DateCell(DAY), DAY),
    (Input.DATE, DateCell(datetime(2026, 3, 24, 8, 30)), DAY),  # noqa: DTZ001  a sheet knows no zone
    (Input.DATE, " 2026-03-24 ", DAY),
    (Input.NUMBER, NumberCell(80.0), 80),
    (Input.NUMBER, NumberCell(0.8, is_percent=True), 80),
    (Input.NUMBER, "12,5", 12.5),
    (Input.NUMBER, "80 %", 80),
    (Input.WHOLE, "4", 4),
    (Input.WHOLE, NumberCell(4.0), 4),
    (Input.TEXT, NumberCell(7.0), "7"),
    (Input.TEXT, "  A\N{NO-BREAK SPACE}", "A"),
    (Input.TEXT, " ", None),
    (Input.LINES, "Ett \n\n två", ["Ett", "två"]),
    (Input.CHOICE, "MINST", "atLeast"),
    (Input.CHOICE, "At  least", "atLeast"),
    (Input.REFERENCE, NumberCell(4.0), "4"),
)
REFUSED: tuple[tuple[Input, Cell, str, str], ...] = (
    (Input.DATE, "i mars", "date", ""),
    (Input.DATE, NumberCell(46000.0), "date", ""),
    (Input.DATE, DateCell(date(9999, 12, 31)), "date", ""),
    (Input.DATE, "1026-03-24", "date", ""),
    (Input.NUMBER, "många", "number", ""),
    (Input.NUMBER, TruthCell(True), "number", ""),
    (Input.NUMBER, TimeCell(timedelta(hours=1)), "number", ""),
    (Input.WHOLE, "4,5", "whole", ""),
    (Input.CHOICE, "Minnst", "choiceNear", "Minst"),
    (Input.CHOICE, "Blått", "choice", ""),
    (Input.TEXT, ErrorCell(""), "formula", ""),
    (Input.TEXT, ErrorCell("#REF!"), "error", ""),
    (Input.TEXT, "#SAKNAS!", "error", ""),
    (Input.TEXT, "a\0b", "character", ""),
)


@pytest.mark.parametrize(("kind", "cell", "value"), READ)
def test_what_is_written_is_read(kind: Input, cell: Cell, value: Value) -> None:
    read = value_of(COLUMNS[kind], cell, CHOICES, Language.SV)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(("kind", "cell", "key", "near"), REFUSED)
def test_what_cannot_be_meant_is_refused(kind: Input, cell: Cell, key: str, near: str) -> None:
    with pytest.raises(UnusableCell) as refused:
        value_of(COLUMNS[kind], cell, CHOICES, Language.SV)
    assert (refused.value.key, refused.value.near) == (key, near)
    assert translator(Language.SV).knows(f"setup.fault.{key}")


@pytest.mark.parametrize("source", CHOICES.sources())
def test_a_name_is_of_one_thing_in_each_language(source: str) -> None:
    for language in Language:
        names = CHOICES.names(source, language)
        assert len({*map(folded, names.values())}) == len(names)
        assert {CHOICES.code(source, name) for name in names.values()} == names.keys()


_OF_NO_KIND: tuple[object, ...] = ({"x": 1}, {}, [], None, float("inf"))
_NO_CELLS: tuple[object, ...] = ({"%": "x"}, {"%": True}, {"error": {}}, {"date": 4}, {"time": "x"}, *_OF_NO_KIND)


@pytest.mark.parametrize("broken", _NO_CELLS)
def test_what_was_not_made_of_a_cell_is_none(broken: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  what exactly is nobody's concern
        decoded(broken)


def _carried(content: object) -> str:
    return base64.b64encode(zlib.compress(orjson.dumps(content))).decode()


def test_what_was_not_carried_by_a_form_of_ours_is_refused() -> None:
    sheets = {key: ["", {column.key: "A" for column in sheet.columns}, []] for key, sheet in SHEETS.items()}
    assert FilledTemplate.from_carried(_carried([0, sheets])).examples == 0
    cell = [*sheets["places"][:2], [[1, {"name": {"%": "x"}}]]]
    broken: tuple[object, ...] = ([0, {}], [0, {**sheets, "places": cell}], [0, {**sheets, "x": []}], [0, []], {})
    for content in broken:
        with pytest.raises(ValueError, match="carried"):
            FilledTemplate.from_carried(_carried(content))


@pytest.mark.parametrize("language", Language)
def test_what_is_filled_in_is_read_and_carried_as_it_is(language: Language) -> None:
    template = write_template("Höganäs", shipped_catalogue(), CHOICES, language)
    file = BytesIO(filled(template, cells_of(world.whole())))
    read = read_template(file, "Höganäs", CHOICES, translator(Language.SV))
    assert read.examples == sum(len(rows) for key, rows in EXAMPLES.items() if key != "agreement")
    assert {key: len(sheet.rows) for key, sheet in read.sheets.items() if key != "agreement"} == {
        key: len(rows) for key, rows in world.whole().items() if key != "agreement"
    }
    carried = FilledTemplate.from_carried(read.carried())
    assert carried == read
    assert len(template) < 40_000
    assert [key for key in SHEETS if key not in carried.sheets] == []
