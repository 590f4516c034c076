"""The columns of the view `served_value` that are published, once for JSON, CSV, files, the feed and OData.

Everything about a column that a reader must know is here or in the view; what is served of it follows from both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ColumnType(Enum):
    """What a column holds."""

    TEXT = auto()
    DATE = auto()
    INTEGER = auto()
    NUMBER = auto()
    INSTANT = auto()
    JSON = auto()


# What JSON writes between quotes. No text needs escaping that the pattern of its codes does not keep harmless.
_QUOTED = {ColumnType.TEXT, ColumnType.DATE, ColumnType.INSTANT}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the view, by its name there."""

    name: str
    type: ColumnType = ColumnType.TEXT
    nullable: bool = False

    @property
    def public_name(self) -> str:
        """What it is called everywhere outside: `period_start` is `periodStart`."""
        first, *others = self.name.split("_")
        return first + "".join(map(str.capitalize, others))

    @property
    def sql(self) -> str:
        """The expression of what is published of it: an instant as text, all else as it is."""
        return f"instant_text({self.name})" if self.type is ColumnType.INSTANT else self.name


# In the order in which they are published.
COLUMNS = (
    Column("id"),
    Column("indicator_code"),
    Column("area_code"),
    Column("period_type"),
    Column("period"),
    Column("period_start", ColumnType.DATE),
    Column("period_end", ColumnType.DATE),
    Column("numerator", ColumnType.NUMBER, nullable=True),
    Column("denominator", ColumnType.NUMBER, nullable=True),
    Column("value", ColumnType.NUMBER, nullable=True),
    Column("left_out", ColumnType.INTEGER, nullable=True),
    Column("not_placed", ColumnType.NUMBER, nullable=True),
    Column("months_arrived", ColumnType.INTEGER, nullable=True),
    Column("slice"),
    Column("unit"),
    Column("status"),
    Column("finality"),
    Column("revision", ColumnType.INTEGER),
    Column("targets", ColumnType.JSON),
    Column("comparisons", ColumnType.JSON),
    Column("signal", ColumnType.JSON, nullable=True),
    Column("definition_version", ColumnType.INTEGER),
    Column("computed_at", ColumnType.INSTANT),
)
PUBLIC_NAMES = tuple(column.public_name for column in COLUMNS)
BY_PUBLIC_NAME = {column.public_name: column for column in COLUMNS}

KEY = "series_id, area_id, period_type, period_start"
"""The columns that identify a row, in the order of the index that lists are read from."""


def select_list(columns: Iterable[Column]) -> str:
    """Return the SELECT list of columns as they are published."""
    return ", ".join(column.sql for column in columns)


def json_object(columns: Iterable[Column]) -> str:
    """Return the SQL expression of columns as the text of one JSON object."""
    opening = "{"
    pieces: list[str] = []
    for column in columns:
        quote = '"' if column.type in _QUOTED else ""
        pieces += [f"""'{opening}"{column.public_name}":{quote}'""", _json_value(column)]
        opening = f"{quote},"
    pieces.append(f"'{opening.removesuffix(',')}}}'")
    return f"concat({', '.join(pieces)})"


def _json_value(column: Column) -> str:
    return f"coalesce({column.sql}::text, 'null')" if column.nullable else column.sql
