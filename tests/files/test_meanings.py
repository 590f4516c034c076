"""What a cell means: as a number, a code, a municipality, or one of the words of a mapping."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from services.api.imports.activities import hours_in
from services.api.imports.cell_readers import UNLISTED, Translations, UnreadableCell, number_in, whole_number_in
from services.api.imports.named_areas import area_codes
from shared.domain.codes import coded
from shared.facts.reference_data import _shipped_areas
from shared.files.cells import Cell, DateCell, NumberCell, TimeCell, TruthCell

DAY = date(2016, 3, 29)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("Norra Ängen", "norra-angen"), ("Ö-viks  IP", "o-viks-ip"), ("1282/Café É", "1282-cafe-e"), ("Ærø", "aero")),
        *(("A\u030anga", "anga"), ("--", "")),
    ],
)
def test_a_text_as_a_code(text: str, code: str) -> None:
    assert coded(text) == code


@pytest.fixture(scope="module")
def municipality() -> Callable[[Cell], object]:
    names: dict[str, list[str]] = {}
    for area in _shipped_areas():
        if area.kind == "municipality":
            names.setdefault(area.name, []).append(area.code)
    return area_codes(names, "municipality")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("Landskrona stad", "1282"), ("Göteborgs stad", "1480"), ("Region Gotland", "0980"), ("Heby kommun", "0331")),
        *(("Gotlands kommun", "0980"), ("Stockholms stad", "0180"), ("Borås Stad", "1490"), ("Falu kommun", "2080")),
        *(
            ("LIDINGÖ STAD", "0186"),
            ("Go\u0308teborg", "1480"),
            ("Upplands-Bro", "0139"),
            ("Upplands Bro kommun", "0139"),
        ),
        *(
            ("1282 Landskrona", "1282"),
            ("180 Stockholm", "0180"),
            ("Malmö\u00a0stad", "1280"),
            ("Mariestads kommun", "1493"),
        ),
        *(("Kommun Heby", "0331"), ("Dals-Eds kommun", "1438"), ("1282", "1282"), ("180", "0180")),
    ],
)
def test_municipalities_are_found_by_the_names_that_people_write(
    municipality: Callable[[Cell], object], text: str, code: str
) -> None:
    """Trials B18."""
    assert municipality(text) == code


@pytest.mark.parametrize(
    "text", ["1283 Landskrona", "Landskrona län", "stad", "Region", "Lands", "9999", "s kommun", ""]
)
def test_what_is_no_municipality_is_not_guessed(municipality: Callable[[Cell], object], text: str) -> None:
    with pytest.raises(UnreadableCell):
        municipality(text)


def test_every_municipality_is_found_with_what_is_written_after_it(municipality: Callable[[Cell], object]) -> None:
    """Trials B18, for all of them."""
    for area in _shipped_areas():
        if area.kind == "municipality":
            genitive = area.name if area.name[-1] in "sxz" else f"{area.name}s"
            for name in (
                area.name,
                f"{area.name} kommun",
                f"{genitive} kommun",
                f"{genitive} stad",
                f"{area.code} {area.name}",
            ):
                assert municipality(name) == area.code, name


@pytest.mark.parametrize(
    ("word", "cell", "is_found"),
    [
        *(("Klar", "klar", True), ("Åter öppnad", "A\u030aTER  \u00a0ÖPPNAD", True), ("261 31", "26131", True)),
        *(
            ("26131", "261 31", True),
            ("26131", NumberCell(26131), True),
            ("13197", "13197.0", True),
            ("1", "1.000", False),
        ),
        *(
            ("True", TruthCell(True), True),
            ("True", "SANT", True),
            ("FALSKT", TruthCell(False), True),
            ("0", "0,0", True),
        ),
        *(("2016-03-29", DateCell(DAY), True), ("", "", True), ("", "x", False), ("1", TruthCell(True), False)),
        *(("Klar", "Klara", False), ("a b", "ab", False), ("x\u200b", "x", True)),
    ],
)
def test_words_match_by_one_rule(word: str, cell: Cell, is_found: bool) -> None:
    """Trials B8."""
    assert (Translations({word: "yes"}).find(cell) is not UNLISTED) is is_found


def test_words_that_differ_in_case_alone_are_meant_as_they_are_written() -> None:
    words = Translations({"a": 1, "A": 2, "B": 3})
    assert [words.find(cell) for cell in ("a", "A", "b")] == [1, 2, 3]
    assert Translations({"aa": 1, "AA": 2}).find("Aa") is UNLISTED


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *((NumberCell(0.1 + 0.2), 0.3), (NumberCell(25), 25), ("4,5", 4.5), ("4,5 %", None), (TruthCell(True), None)),
        *((DateCell(DAY), None), (NumberCell(0.5, is_percent=True), None), ("SEK 5", None)),
    ],
)
def test_a_number_is_one_in_its_cell(cell: Cell, number: float | None) -> None:
    read = number_in()
    if number is None:
        with pytest.raises(UnreadableCell):
            read(cell)
    else:
        assert read(cell) == number


def test_per_cent_hours_and_whole_numbers() -> None:
    per_cent, hours, whole = number_in(None, ("%",)), hours_in(), whole_number_in()
    assert [per_cent(cell) for cell in (NumberCell(0.715, is_percent=True), "71,5 %", "71.5")] == [71.5] * 3
    half_past_four: list[Cell] = [
        TimeCell(timedelta(hours=4, minutes=30)),
        "4,5",
        "4,5 timmar",
        NumberCell(4.5),
    ]
    assert [hours(cell) for cell in [*half_past_four, "4:30"]] == ["4.5"] * 5
    assert [whole(cell) for cell in ("1 000", NumberCell(8.0), "8,00")] == [1000, 8, 8]
    for cell in ("1,000", "8,5", NumberCell(8.5)):
        with pytest.raises(UnreadableCell):
            whole(cell)
