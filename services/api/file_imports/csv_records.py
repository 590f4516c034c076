"""Reads records from the lines of a CSV file, so that a broken record costs no other one."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from services.api.file_imports.lines import LONGEST_LINE
from services.api.import_mappings.schemas import FileFormat
from shared.domain.errors import Violation

BROKEN = Violation("", "is no record of a CSV file: a quote is out of place", "Quote as RFC 4180 says.")
TOO_LONG = Violation("", f"is longer than {LONGEST_LINE} bytes", "Shorten it, or close the quote that it opens.")
NUL = Violation("", "holds a NUL character", "Leave the character out.")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _BadLine(Exception):
    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.reason)
        self.violation = violation


class CsvRecords:
    """Takes lines as they come; a record that is still open when they end is held until more come."""

    def __init__(self, form: FileFormat) -> None:
        self._form = form
        self._held: list[bytes | None] = []
        self._is_first = True

    def read(self, lines: Sequence[bytes | None], *, is_last: bool = False) -> Iterator[list[str] | Violation]:
        """Yield the cells of each record, or what is wrong with it. Blank lines are no records.

        When a record cannot be read, its first line is let go and reading goes on with the next.
        """
        pending = [*self._held, *lines]
        if self._is_first and pending:
            pending[0] = pending[0] and pending[0].removeprefix(_BYTE_ORDER_MARK)
            self._is_first = False
        self._held = []
        start = 0
        while start < len(pending):
            source = _Lines(pending, start, self._form.encoding)
            reader = csv.reader(source, delimiter=self._form.delimiter, strict=True)
            done = 0
            try:
                for record in reader:
                    done = reader.line_num
                    if record:
                        yield record
            except _BadLine as error:
                violation = error.violation if source.line_num == done + 1 else BROKEN
            except csv.Error:
                opened = pending[start + done :]
                if source.is_exhausted and not is_last and sum(map(len, filter(None, opened))) <= LONGEST_LINE:
                    self._held = opened
                    return
                violation = TOO_LONG if source.is_exhausted and not is_last else BROKEN
            else:
                return
            yield violation
            start += done + 1


class _Lines:
    """The lines from one on, decoded."""

    def __init__(self, lines: Sequence[bytes | None], start: int, encoding: str) -> None:
        self._lines = lines
        self._next = start
        self._start = start
        self._encoding = encoding
        self.is_exhausted = False

    @property
    def line_num(self) -> int:
        """How many lines have been asked for."""
        return self._next - self._start

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._next == len(self._lines):
            self.is_exhausted = True
            raise StopIteration
        line = self._lines[self._next]
        self._next += 1
        if line is None:
            raise _BadLine(TOO_LONG)
        if b"\0" in line:
            raise _BadLine(NUL)
        try:
            return line.decode(self._encoding) + "\n"
        except UnicodeDecodeError:
            remedy = "Save the file in that encoding, or name its own in the mapping."
            raise _BadLine(Violation("", f"is not text in {self._encoding}", remedy)) from None
