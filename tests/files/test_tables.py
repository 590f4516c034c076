"""Tables in text: the shapes that rows have, what parts them, and in which encoding they come."""

from __future__ import annotations

import csv
import io
import time
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import Violation
from shared.domain.matching import composed
from shared.files.cells import is_error
from shared.files.csv_records import TOO_MANY_CELLS, CsvRecords, Record
from shared.files.csv_table import CsvTable
from shared.files.encodings import CHARSETS, known_charset
from shared.files.table import TableForm, column_index, column_letters, wants

WANTED = ("Ärende", "Läge", "Kostnad")


def read(
    content: bytes, piece: int = 11, wanted: Sequence[str] = WANTED, **form: object
) -> tuple[CsvTable, list[Record]]:
    """Return a table and the rows below its header; the file arrives in small pieces."""
    table = CsvTable(TableForm(**form), wants(wanted))  # type: ignore[arg-type]
    rows: list[Record] = []
    for start in range(0, len(content), piece):
        for stretch in table.take(content[start : start + piece]):
            rows += stretch
    for stretch in table.finish():
        rows += stretch
    return table, rows


def filled(rows: Sequence[Record]) -> list[tuple[int, list[str]]]:
    """Return the rows without what is empty at their ends."""
    found = []
    for number, cells in rows:
        assert not isinstance(cells, Violation)
        texts = [*map(str, cells)]
        while texts and not texts[-1]:
            texts.pop()
        found.append((number, texts))
    return found


SHAPES = {
    "plain": "Ärende;Läge;Kostnad\nk-1;Klar;5\nk-2;Öppen;6\n",
    "commas": "Ärende,Läge,Kostnad\nk-1,Klar,5\nk-2,Öppen,6\n",
    "tabs": "Ärende\tLäge\tKostnad\nk-1\tKlar\t5\nk-2\tÖppen\t6\n",
    "bars": "Ärende|Läge|Kostnad\nk-1|Klar|5\nk-2|Öppen|6\n",
    "windows lines": "Ärende;Läge;Kostnad\r\nk-1;Klar;5\r\nk-2;Öppen;6\r\n",
    "old Mac lines": "Ärende;Läge;Kostnad\rk-1;Klar;5\rk-2;Öppen;6",
    "no newline at the end": "Ärende;Läge;Kostnad\nk-1;Klar;5\nk-2;Öppen;6",
    "header and rows ending empty": "Ärende;Läge;Kostnad;;\nk-1;Klar;5;;\nk-2;Öppen;6;;\n",
    "rows ending empty": "Ärende;Läge;Kostnad\nk-1;Klar;5;;;\nk-2;Öppen;6;\n",
    "empty last rows": "Ärende;Läge;Kostnad\nk-1;Klar;5\nk-2;Öppen;6\n;;\n\n  ;\n\n",
    "decomposed": "A\u0308rende;La\u0308ge;Kostnad\nk-1;Klar;5\nk-2;O\u0308ppen;6\n",
    "other case and blanks": " ÄRENDE;läge ;\u00a0Kostnad\nk-1;Klar;5\nk-2;Öppen;6\n",
    "quoted": '"Ärende";"Läge";"Kostnad"\n"k-1";"Klar";"5"\n"k-2";"Öppen";"6"\n',
}


@pytest.mark.parametrize("content", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("piece", [1, 7, 4096])
def test_tables_of_every_shape_say_the_same(content: str, piece: int) -> None:
    """Trials B8, B9: trailing emptiness is nothing, and names are compared in NFC."""
    table, rows = read(content.encode(), piece)
    assert table.header is not None
    assert table.header.is_fit
    assert filled(rows) == [(2, ["k-1", "Klar", "5"]), (3, ["k-2", "Öppen", "6"])]


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        ("sep=;\nÄrende;Läge;Kostnad\nk-1;Klar;5\nk-2;Öppen;6\n", [3, 4]),
        ('"sep=;"\r\nÄrende;Läge;Kostnad\r\nk-1;Klar;5\r\nk-2;Öppen;6\r\n', [3, 4]),
        ("Klotter 2016\n\nÄrende;Läge;Kostnad\n\nk-1;Klar;5\n;;\nk-2;Öppen;6\n", [5, 7]),
        ("Klotter;;\nUttaget, 2016;;\nÄrende;Läge;Kostnad\nk-1;Klar;5\nk-2;Öppen;6\n", [4, 5]),
        ('Ärende;Läge;Kostnad\n"k-1";"Klar";5;;"Se\nprotokoll"\nk-2;Öppen;6\n', [2, 4]),
    ],
    ids=["sep", "sep in quotes", "title and blank rows", "title rows", "a cell of two lines"],
)
def test_rows_have_the_line_on_which_they_begin(content: str, numbers: list[int]) -> None:
    """Trials B9, B10: title rows, `sep=;` and blank rows are counted, and are no rows."""
    _, rows = read(content.encode())
    assert [record.number for record in rows] == numbers
    assert [cells[:3] for _, cells in filled(rows)] == [["k-1", "Klar", "5"], ["k-2", "Öppen", "6"]]


def test_header_row_and_delimiter_can_be_named() -> None:
    """Trials B9 and B26: a table without a header has columns A, B and so on."""
    twice = "Ärende;Läge;Kostnad\nÄrende;Läge;Kostnad\nk-1;Klar;5\n".encode()
    assert [record.number for record in read(twice)[1]] == [2, 3]
    assert [record.number for record in read(twice, header_row=2)[1]] == [3]
    table, rows = read(b"k-1;Klar;5\nk-2;Klar;6\n", header_row=0)
    assert table.header is not None
    assert not isinstance(table.header.names, Violation)
    assert list(table.header.names[:3]) == ["A", "B", "C"]
    assert filled(rows) == [(1, ["k-1", "Klar", "5"]), (2, ["k-2", "Klar", "6"])]
    assert filled(read(b"a,b;c\n1,2;3\n", delimiter=";", wanted=["a,b"])[1]) == [(2, ["1,2", "3"])]


MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16le": b"\xff\xfe", "utf-16be": b"\xfe\xff"}
TEXT = "Ärende;Läge;Kostnad\nk-å;Öppen;5\n"
SINGLE = ("iso-8859-1", "iso-8859-15", "windows-1252")


@pytest.mark.parametrize(
    ("written", "marked", "named"),
    [
        *((charset, True, named) for charset in MARKS for named in (None, "windows-1252", "utf-8")),
        *((charset, False, charset) for charset in (*SINGLE, "utf-8", "utf-16le", "utf-16be")),
        *((charset, False, None) for charset in (*SINGLE, "utf-8")),
        ("utf-16le", False, "utf-16"),
    ],
)
@pytest.mark.parametrize("piece", [1, 4096])
def test_a_mark_comes_before_a_name_and_a_name_before_a_guess(
    written: str, marked: bool, named: str | None, piece: int
) -> None:
    """Trials A5, B12, B19: a byte order mark wins over the mapping, and a charset that is named is used."""
    content = (MARKS[written] if marked else b"") + TEXT.encode(written)
    _, rows = read(content, piece, charset=named)
    assert filled(rows) == [(2, ["k-å", "Öppen", "5"])]


def test_text_in_two_encodings_is_refused_and_never_stored_garbled() -> None:
    header = b"Arende;Lage;Kostnad\n"
    utf_8, windows = "k-1;å;1\n".encode(), "k-2;å;2\n".encode("windows-1252")
    for first, second in ((utf_8, windows), (windows, utf_8)):
        _, rows = read(header + first + b"k-3;a;3\n" + second, wanted=["Arende"])
        assert [isinstance(cells, Violation) for _, cells in rows] == [False, False, True]
    _, rows = read(header + windows, charset="utf-8", wanted=["Arende"])
    assert isinstance(rows[0].cells, Violation)
    assert "utf-8" in rows[0].cells.reason


@pytest.mark.parametrize(
    ("name", "charset"),
    [
        *((charset, charset) for charset in CHARSETS),
        *(("UTF8", "utf-8"), ("latin-1", "iso-8859-1"), ("cp1252", "windows-1252"), ("ISO8859-15", "iso-8859-15")),
        *(("koi8-r", None), ("utf-7", None), ("x", None), ("", None), ("utf-8\0", None), ("hex", None)),
    ],
)
def test_charsets_are_known_by_their_usual_names(name: str, charset: str | None) -> None:
    """Trials B12."""
    assert known_charset(name) == charset


HOSTILE = {
    "a quote and newlines": b'a,b\n"' + b"\n" * 50_000,
    "a quote in each line": b"a,b\n" + b'x",",\n' * 20_000,
    "an open quote, then broken lines": b'a,b\n"\n' + b'""x\n' * 20_000,
    "broken lines": b"a,b\n" + b'"x"y\n' * 20_000,
    "one quote after another": b"a,b\n" + b'"\n' * 20_000,
    "a header of commas": b"," * 500_000,
    "blank lines alone": b"\n" * 50_000,
    "blank rows alone": b";;\n" * 20_000,
    "lines with a NUL": b"\0\n" * 20_000,
    "a quote that is never closed": b'a,b\n"' + b"x\n" * 50_000,
    "quotes alone": b"a,b\n" + b'"' * 500_000,
    "marks that combine": b"a,b\n1," + "\u0300\u0316".encode() * 20_000,
}


@pytest.mark.parametrize("wanted", [("a", "b"), ("other", "columns")], ids=["with a header", "without"])
@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_time_grows_no_faster_than_a_file(content: bytes, wanted: tuple[str, str]) -> None:
    """Trials C6."""
    started = time.process_time()
    read(content, 65_536, wanted=wanted)
    # The shortest of them took 13 s when time grew with the square.
    assert time.process_time() - started < 4


def test_a_row_that_no_program_can_show_is_refused_whole() -> None:
    """Trials C6: a million cells that say nothing would be looked at one by one."""
    _, rows = read(b"a,b\n1,2\n" + b"," * 20_000 + b"\n" + b"3," + b"," * 1000 + b"\n", wanted=("a", "b"))
    assert [cells if isinstance(cells, Violation) else cells[0] for _, cells in rows] == ["1", TOO_MANY_CELLS, "3"]


LETTERS = st.text(st.sampled_from("aAéÄ\u0300\u0308\u0316\u1100\u1161ن\u0651"), max_size=40)


@given(words=st.lists(LETTERS, max_size=20))
def test_long_texts_are_composed_as_short_ones(words: list[str]) -> None:
    """Piece by piece, as the library composes the whole."""
    text = " ".join(words)
    assert composed(text) == unicodedata.normalize("NFC", text)


def test_a_broken_row_costs_no_other() -> None:
    rows = [*CsvRecords(",").read(["a,b\n", '"x"y,1\n', "c,d\n", '"e\n', "f,g\n"], is_last=True)]
    assert [(number, isinstance(cells, Violation)) for number, cells in rows] == [
        (1, False),
        (2, True),
        (3, False),
        (4, True),
        (5, False),
    ]


CELLS = st.text(st.sampled_from('ab "\n;,å'), max_size=5)


@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=6),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=5),
)
def test_records_are_those_of_pythons_own_reader(rows: list[list[str]], sizes: list[int]) -> None:
    """However many lines come at a time."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    lines = [f"{line}\n" for line in text.getvalue().split("\n")[:-1]]
    records = CsvRecords(",")
    found: list[Record] = []
    while lines:
        size = sizes[0]
        sizes = [*sizes[1:], size]
        found += records.read(lines[:size])
        lines = lines[size:]
    found += records.read([], is_last=True)
    assert [cells for _, cells in found] == [*filter(None, csv.reader(io.StringIO(text.getvalue(), newline="")))]


@given(lines=st.lists(st.text(st.sampled_from('a",x'), max_size=4), max_size=12), size=st.integers(1, 5))
def test_no_line_is_lost_and_numbers_rise(lines: list[str], size: int) -> None:
    text = [f"{line}\n" for line in lines]
    records = CsvRecords(",")
    found: list[Record] = []
    for start in range(0, len(text), size):
        found += records.read(text[start : start + size])
    found += records.read([], is_last=True)
    numbers = [number for number, _ in found]
    assert numbers == sorted(set(numbers))
    whole = [*CsvRecords(",").read(text, is_last=True)]
    assert found == whole


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *(
            (error, True)
            for error in ("#DIV/0!", "#n/a", "#SAKNAS!", "#VÄRDEFEL!", "#Division/0!", "Err:502", " #REF! ")
        ),
        *(("########", True), ("##", True)),
        *((text, False) for text in ("", "#", "#12", "# 1", "N/A", "Erik", "Fel", "#hashtag", "DIV/0!", "#1234567")),
    ],
)
def test_errors_are_known_as_texts(text: str, is_one: bool) -> None:
    """Trials A2: their text in CSV too, in English and in Swedish."""
    assert is_error(text) is is_one


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_have_letters(index: int, letters: str) -> None:
    assert (column_letters(index), column_index(letters.lower())) == (letters, index)
    assert [column_index(name) for name in ("", "1", "A1", "ZZZ", "Å", "AAAA")] == [None] * 6
