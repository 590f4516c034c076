"""From the bytes of a text file to its lines.

What encoding a file is in, the strongest first: its byte order mark; what the sender or a mapping names; else UTF-8, or
windows-1252 if its first line that is not ASCII is no UTF-8.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from shared.domain.errors import Violation
from shared.domain.matching import composed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

UTF_8: Final = "utf-8"
WINDOWS: Final = "windows-1252"
# In each but UTF-16, a line ends where it ends in ASCII, so that a file can be cut into lines before it is decoded.
CHARSETS: Final = (UTF_8, "iso-8859-1", "iso-8859-15", WINDOWS, "us-ascii", "utf-16", "utf-16le", "utf-16be")

LONGEST_LINE: Final = 1024 * 1024
TOO_LONG: Final = Violation("", f"is longer than {LONGEST_LINE} bytes", "Shorten it, or close the quote that it opens.")
NUL: Final = Violation("", "holds a NUL character", "Leave the character out.")
_SAVE_ANEW: Final = "Save the file in that encoding, or name its own in the mapping."
_TWO_ENCODINGS: Final = Violation("", "is in another encoding than the lines before", "Save the whole file as UTF-8.")

_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UTF_16: Final = frozenset({"utf-16", "utf-16-le", "utf-16-be"})
_NO_UTF_8: Final = b"\xff"
# A file without a single newline in so many bytes ends its lines with a carriage return, or is none.
_LONGEST_FIRST_LINE: Final = 64 * 1024


def known_charset(name: str) -> str | None:
    """Return the name that `CHARSETS` has for an encoding, or None."""
    try:
        wanted = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return None
    return next((charset for charset in CHARSETS if codecs.lookup(charset).name == wanted), None)


class LineSplitter:
    """Cuts what arrives into lines without their newline. Text in UTF-16 becomes UTF-8 first, old Mac lines new ones.

    A line longer than `LONGEST_LINE` is None: it has been let go.
    """

    def __init__(self, charset: str | None = None) -> None:
        self._wide = codecs.lookup(charset).name if charset else ""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._start: bytes | None = b""
        self._newline = b"\n"
        # Whether no newline has come yet, and whether a carriage return has.
        self._is_first = True
        self._has_return = False
        self._partial = bytearray()
        self._is_too_long = False

    def take(self, piece: bytes) -> list[bytes | None]:
        """Return the lines that are complete now."""
        mark = b""
        if self._start is not None:
            self._start += piece
            if len(self._start) < len(codecs.BOM_UTF16_LE):
                return []
            piece, self._start = self._begin(self._start), None
            # What it has become, so that no one decodes it as something else.
            mark = codecs.BOM_UTF8 if self._decoder else b""
        if self._decoder:
            piece = _as_utf_8(self._decoder, piece)
        return self._cut(mark + piece)

    def finish(self) -> list[bytes | None]:
        """Return the last line, if it has no newline; of old Mac lines, the last ones."""
        lines = self._cut(self._start) if self._start else []
        self._start = None
        if self._decoder:
            lines += self._cut(_as_utf_8(self._decoder, b"", final=True))
        if self._is_first and self._has_return and not self._is_too_long:
            lines += self._cut_anew()
        return [*lines, self._ended()] if self._partial or self._is_too_long else lines

    def _begin(self, start: bytes) -> bytes:
        """Find out whether the text is in UTF-16, and return what follows its mark."""
        wide = _MARKS.get(start[:2])
        if wide or self._wide in _UTF_16:
            # As Windows has it, unless the text or its name says otherwise.
            form = wide or ("utf-16-be" if self._wide == "utf-16-be" else "utf-16-le")
            self._decoder = codecs.getincrementaldecoder(form)("surrogatepass")
        return start[2:] if wide else start

    def _cut(self, piece: bytes) -> list[bytes | None]:
        first, *rest = piece.split(self._newline)
        self._add(first)
        if not rest:
            if self._is_first and self._has_return and len(self._partial) > _LONGEST_FIRST_LINE:
                return self._cut_anew()
            return []
        self._is_first = False
        last = rest.pop()
        lines = [self._ended(), *(line if len(line) <= LONGEST_LINE else None for line in rest)]
        self._add(last)
        return lines

    def _cut_anew(self) -> list[bytes | None]:
        """Cut what has come so far by carriage returns."""
        self._newline, self._is_first = b"\r", False
        text, self._partial = bytes(self._partial), bytearray()
        return self._cut(text)

    def _add(self, part: bytes) -> None:
        if self._is_first and b"\r" in part:
            self._has_return = True
        if not self._is_too_long:
            self._partial += part
        if len(self._partial) > LONGEST_LINE:
            self._partial, self._is_too_long = bytearray(), True

    def _ended(self) -> bytes | None:
        line = None if self._is_too_long else bytes(self._partial)
        self._partial, self._is_too_long = bytearray(), False
        return line


def _as_utf_8(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bytes:
    try:
        return decoder.decode(piece, final).encode(UTF_8, "surrogatepass")
    except UnicodeDecodeError:
        return _NO_UTF_8


class LineDecoder:
    """Decodes lines, each with a newline at its end and in Unicode's composed form."""

    def __init__(self, charset: str | None = None) -> None:
        """Decode from an encoding of `CHARSETS`; None guesses."""
        wide = charset is not None and codecs.lookup(charset).name in _UTF_16
        self._charset = UTF_8 if wide else charset
        self._is_guess = charset is None
        self._is_first = True

    def decode(self, lines: Iterable[bytes | None]) -> Iterator[str | Violation]:
        """Yield each line as text, or why it is none."""
        for line in lines:
            if self._is_first:
                self._is_first = False
                if line and line.startswith(codecs.BOM_UTF8):
                    self._charset, self._is_guess = UTF_8, False
                    yield self._decoded(line.removeprefix(codecs.BOM_UTF8))
                    continue
            yield self._decoded(line)

    def _decoded(self, line: bytes | None) -> str | Violation:
        if line is None:
            return TOO_LONG
        if b"\0" in line:
            return NUL
        if line.isascii():
            return line.decode("ascii") + "\n"
        if self._charset is None:
            self._charset = UTF_8 if _is(UTF_8, line) else WINDOWS
        elif self._is_guess and self._charset == WINDOWS and _is(UTF_8, line):
            return _TWO_ENCODINGS
        try:
            return composed(line.decode(self._charset)) + "\n"
        except UnicodeDecodeError:
            return Violation("", f"is not text in {self._charset}", _SAVE_ANEW)


def _is(charset: str, line: bytes) -> bool:
    try:
        line.decode(charset)
    except UnicodeDecodeError:
        return False
    return True
