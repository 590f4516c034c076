"""Values as Parquet, with the same types of columns whatever the values are."""

from __future__ import annotations

import io
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]  # it tells no types
from pyarrow.parquet import ParquetWriter as GroupWriter  # type: ignore[import-untyped]  # as above

from services.api.values.csv_export import cells_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

    from services.api.values.csv_export import ColumnSource

ROWS_IN_GROUP = 50_000

_CODE = pa.dictionary(pa.int32(), pa.string())
_NUMBER = pa.decimal128(38, 10)
_MOMENT = pa.timestamp("us", tz="UTC")
_TYPES = {
    **dict.fromkeys(("id", "targets"), pa.string()),
    **dict.fromkeys(("periodStart", "periodEnd"), pa.date32()),
    **dict.fromkeys(("numerator", "denominator", "value", "notPlaced"), _NUMBER),
    **dict.fromkeys(("leftOut", "monthsArrived", "revision", "definitionVersion"), pa.int32()),
    **dict.fromkeys(("reportingMunicipalities.reporting", "reportingMunicipalities.of"), pa.int32()),
    **dict.fromkeys(("signal.months", "signal.periods"), pa.int32()),
    **dict.fromkeys((f"signal.{name}" for name in ("observed", "expected", "lowerLimit", "upperLimit")), pa.float64()),
    **dict.fromkeys(("signal.pValue", "signal.years"), pa.float64()),
    "signal.isProvisional": pa.bool_(),
    **dict.fromkeys(
        (f"signal.changeFromLastYear.{name}" for name in ("change", "lowerLimit", "upperLimit")), pa.float64()
    ),
    **dict.fromkeys(("signal.text.sv", "signal.text.en"), pa.string()),
    "computedAt": _MOMENT,
    "per100000": pa.float64(),
}
# What is compared with, inside the comparisons.
_COMPARED = (".value", ".change", ".changePercent")
# Enough digits for any sum of figures; the decimals are as many as the column has.
_EXACT, _LAST_DECIMAL = Context(prec=60), Decimal("1e-10")


class ParquetWriter:
    """Writes row group by row group, each of which can be sent at once."""

    def __init__(self, sources: Sequence[ColumnSource]) -> None:
        self._sources = sources
        self._schema = pa.schema([(name, type_of(name)) for _, _, name in sources])
        self._written = Written()
        self._groups = GroupWriter(self._written, self._schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []

    def add(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Take the next rows, and return a row group when one is full."""
        columns = zip(*(cells_of(row, self._sources) for row in rows), strict=True)
        arrays = [_array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._waiting.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        if sum(batch.num_rows for batch in self._waiting) >= ROWS_IN_GROUP:
            self._write_group()
        return self._written.taken()

    def finish(self) -> Iterator[bytes]:
        """Yield the last row group, and the table of contents."""
        if self._waiting:
            self._write_group()
        self._groups.close()
        yield self._written.taken()

    def _write_group(self) -> None:
        self._groups.write_table(pa.Table.from_batches(self._waiting).unify_dictionaries(), ROWS_IN_GROUP)
        self._waiting.clear()


class Written(io.RawIOBase):
    """A file that forgets what has been taken of it, but not how long it is."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        """It can be written."""
        return True

    def write(self, piece: Buffer) -> int:
        """Add to its end."""
        self._pieces.append(bytes(piece))
        self._length += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        """Return how much has ever been written."""
        return self._length

    def taken(self) -> bytes:
        """Return what has been written since the last time."""
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole


def type_of(name: str) -> pa.DataType:
    """Return the type of a column: texts are codes and names, of which there are few, unless they are identifiers."""
    return pa.float64() if name.endswith(_COMPARED) else _TYPES.get(name, _CODE)


def _array(column: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind == _NUMBER:
        column = [value if value is None else _EXACT.quantize(value, _LAST_DECIMAL) for value in column]
    elif kind == _MOMENT:
        return pa.array(column, pa.string()).cast(kind)
    return pa.array(column, kind)
