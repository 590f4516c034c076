"""Reads the rows of a filled-in template by the kinds of their columns, and notes what is wrong with a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.api.pages.setup.cell_values import UnusableCell, Value, value_of
from services.api.pages.setup.filled_in import CellFault, CellPosition
from services.api.pages.setup.layout import SHEETS
from services.api.pages.texts import Translate, translator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.api.pages.setup.choices import TemplateChoices
    from services.api.pages.setup.filled_in import FilledTemplate
    from services.api.pages.setup.layout import TemplateColumn
    from shared.domain.wording import Language
    from shared.files.cells import Cell

Fields = dict[str, Value]
"""What the cells of a row say, by column; None where a cell is empty or at fault."""


@dataclass(slots=True)
class RowReader:
    """The rows of a template; `faults` are what is wrong with its cells, of each the first thing."""

    filled: FilledTemplate
    choices: TemplateChoices
    language: Language
    faults: dict[CellPosition, CellFault] = field(default_factory=dict)

    @property
    def t(self) -> Translate:
        """What finds the texts of the language."""
        return translator(self.language)

    def note(self, place: CellPosition, key: str, **values: object) -> None:
        """Note what is wrong with a cell, the first thing alone."""
        key_of_page = f"setup.stepFault.{key}"
        is_typed = not self.filled.is_whole and self.t.knows(key_of_page)
        text = self.t(key_of_page if is_typed else f"setup.fault.{key}", **values)
        self.faults.setdefault(place, CellFault(self.filled.where(place, self.t), text))

    def value(self, place: CellPosition, column: TemplateColumn, cell: Cell) -> Value:
        """Return what a cell says; what it does not say rightly is noted."""
        try:
            return value_of(column, cell, self.choices, self.language)
        except UnusableCell as error:
            self.note(place, error.key, near=error.near)
            return None

    def rows(self, sheet: str) -> Iterator[tuple[int, Fields]]:
        """Yield the rows of a table with what their cells say."""
        for number, cells in self.filled.sheets[sheet].rows.items():
            fields: Fields = {}
            for column in SHEETS[sheet].columns:
                place = CellPosition(sheet, number, column.key)
                fields[column.key] = self.value(place, column, cells.get(column.key, ""))
                if column.is_required and fields[column.key] is None:
                    self.note(place, "required", column=self.t(f"setup.column.{sheet}.{column.key}"))
            yield number, fields
