"""Writers of tables: rows go in, bytes come out, and none holds more than what has come since it last gave some.

The columns are those of the list of values as CSV, by the same names, whatever the format. Stratsys' lines are its own.
"""

from __future__ import annotations

import codecs
import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from services.api.values.csv_export import plain_cells
from services.api.values.files.readable import ReadableRows, local_text
from shared.domain.target_wording import is_level_of
from shared.domain.wording import Language
from shared.read_model.columns import PUBLIC_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.api.values.csv_export import ColumnSource

    Row = Sequence[Any]

_AT = {name: at for at, name in enumerate(PUBLIC_NAMES)}
# Targets that are one level, which has a column of its own next to the value.
_LEVELS = {"atMost", "atLeast"}


class TableWriter(Protocol):
    """Writes one table."""

    def add(self, rows: Sequence[Row]) -> bytes:
        """Take the next rows, and return what can be sent by now."""

    def finish(self) -> Iterator[bytes]:
        """Yield what is left."""


class CsvWriter:
    """Writes CSV in UTF-8, as the list of values does."""

    def __init__(self, sources: Sequence[ColumnSource]) -> None:
        self._sources = sources
        self._lines = LineBuffer("\r\n")
        self._lines.writer.writerow(name for _, _, name in sources)

    def add(self, rows: Sequence[Row]) -> bytes:
        """Take the next rows, and return their lines."""
        self._lines.writer.writerows(plain_cells(rows, self._sources))
        return self._lines.taken()

    def finish(self) -> Iterator[bytes]:
        """Yield the header if no row has come."""
        yield self._lines.taken()


class LocalCsvWriter:
    """Writes CSV that a spreadsheet of a language opens as a table: with a byte order mark, and its own signs."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._rows = ReadableRows(language)
        self._lines = LineBuffer("\r\n", ";" if language is Language.SV else ",")
        self._lines.writer.writerow(column.heading for column in self._rows.columns)
        self._mark = codecs.BOM_UTF8

    def add(self, rows: Sequence[Row]) -> bytes:
        """Take the next rows, of COLUMNS and names, and return their lines."""
        for row in rows:
            self._lines.writer.writerow(local_text(cell, self._language) for cell in self._rows.cells(row))
        return self._taken()

    def finish(self) -> Iterator[bytes]:
        """Yield the header if no row has come."""
        yield self._taken()

    def _taken(self) -> bytes:
        mark, self._mark = self._mark, b""
        return mark + self._lines.taken()


class StratsysWriter:
    """Writes lines of date, unit, measure, column and value, with tabs between: Stratsys' file of external codes.

    The unit is the area's code, the measure `indicator~slice`, the column `value` or `target`. Only what has a value
    has a line. Any date of a period tells the period there: it is the first one.
    """

    def __init__(self, decimal_sign: str) -> None:
        self._sign = {"comma": ",", "point": "."}[decimal_sign]
        self._lines = LineBuffer("\r\n", "\t")

    def add(self, rows: Sequence[Row]) -> bytes:
        """Take the next rows, and return their lines."""
        for row in rows:
            for column, value in self._columns_of(row):
                measure = f"{row[_AT['indicatorCode']]}~{row[_AT['slice']]}"
                place = (row[_AT["periodStart"]], row[_AT["areaCode"]], measure, column)
                self._lines.writer.writerow((*place, f"{value:f}".replace(".", self._sign)))
        return self._lines.taken()

    def finish(self) -> Iterator[bytes]:
        """Yield nothing: there is neither header nor footer."""
        yield from ()

    def _columns_of(self, row: Row) -> Iterator[tuple[str, Decimal]]:
        if row[_AT["value"]] is None:
            return
        yield "value", row[_AT["value"]]
        targets: Sequence[Mapping[str, Any]] = row[_AT["targets"]]
        levels = [one for one in targets if one["rule"] in _LEVELS and is_level_of(one, row[_AT["periodType"]])]
        if len(levels) == 1:
            yield "target", Decimal(str(levels[0]["value"]))


class LineBuffer:
    """Lines as they are written, until they are taken."""

    def __init__(self, ending: str, delimiter: str = ",") -> None:
        self._text = io.StringIO()
        self.writer = csv.writer(self._text, lineterminator=ending, delimiter=delimiter)

    def taken(self) -> bytes:
        """Return what has been written since the last time."""
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text.encode()
