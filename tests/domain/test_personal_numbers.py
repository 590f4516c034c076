"""Personal identity numbers in free text. All numbers are made for tests; none belongs to a person."""

import json
import re
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.personal_numbers import holds_personal_number

PUBLIC_TEST_NUMBERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "personal-identity-numbers.json"
# What people, programs and pages put between the date and the last four, or between all parts.
SEPARATORS = [
    *(
        "",
        "-",
        "+",
        " ",
        " - ",
        " – ",
        "\t",
        "\n",
        "    ",
        "/",
        ".",
        "_",
        ":",
        "·",
        "\\",
        "|",
        ",",
        ", ",
        ";",
        "=",
        "~",
    ),
    *("*", "•", "--", " / ", "...", "#", "'", '"', " \n ", "→", "×", "ー", "👉", " (", "[", "«"),
    *("\u00a0", "\u2009", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212", "\u00ad", "\u200b"),
    *("\u200c", "\u200d", "\u2060", "\ufeff", "\u180e", "\u034f", "\ufe0f", "\u202e", "\u2800", "\u3164", "\u3000"),
]
BETWEEN_ALL = [" ", "-", ".", "/", ":", "·", "_", "\u200b", "\u00ad", "\u2009", "|", "  ", "\n"]
# Digits 0 to 9 as they are drawn elsewhere.
DIGITS = [
    "０１２３４５６７８９",
    "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "₀₁₂₃₄₅₆₇₈₉",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "⓿❶❷❸❹❺❻❼❽❾",
    "⓪⓵⓶⓷⓸⓹⓺⓻⓼⓽",
    "🄀⒈⒉⒊⒋⒌⒍⒎⒏⒐",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "٠١٢٣٤٥٦٧٨٩",
    "०१२३४५६७८९",
]
FRAMES = [
    *("{}", "Eleven {} var med.", "({})", "pnr:{},", "pnr{}", '"{}"', "x{}y"),
    *("Se {}; och 2016-03-24", "2016-{}/3", "12 st {} 2016"),
]


@pytest.fixture(scope="module")
def public_numbers() -> dict[str, Any]:
    if not PUBLIC_TEST_NUMBERS.exists():
        pytest.skip("the public test numbers are not beside the checkout")
    return json.loads(PUBLIC_TEST_NUMBERS.read_text(encoding="utf-8"))


def written_forms(number: str, separators: Sequence[str] = SEPARATORS) -> list[str]:
    born, last = number[:-4], number[-4:]
    return [f"{part}{separator}{last}" for part in {born, born[-6:]} for separator in separators]


def taken_apart(number: str) -> list[str]:
    """Return a number with something between parts of its date too, its pairs, its digits; and drawn otherwise."""
    forms = []
    for whole in (number, number[-10:]):
        born, last = whole[:-4], whole[-4:]
        dates = [mark.join((born[:-4], born[-4:-2], born[-2:])) for mark in BETWEEN_ALL]
        forms += [f"{date}{mark}{last}" for date in dates for mark in ("-", "+", "", " ", "/", ".", "    ")]
        forms += [f"{date} ({last})" for date in dates]
        forms += [mark.join(whole[i : i + 2] for i in range(0, len(whole), 2)) for mark in BETWEEN_ALL]
        forms += [mark.join(whole) for mark in BETWEEN_ALL]
        if not whole.startswith("0"):
            forms += [f"{int(whole):,}".replace(",", mark) for mark in (" ", "\u00a0", "\u202f", ".")]
        forms += [f"{born} {last[:2]} {last[2:]}", f"{born[:-2]} {born[-2:]} {last}", f"({born})-({last})"]
        forms += [f"{born}%2D{last}", f"{born}%20{last}", f"{born}&nbsp;{last}", f"{born}&#45;{last}"]
        forms += [f"https://example.se/{born}-{last}?x=1", f"{born}-{last}²"]
        forms += [f"{born}-{last}".translate(str.maketrans("0123456789", drawn)) for drawn in DIGITS]
        forms += ["".join(f"{digit}\ufe0f\u20e3" for digit in whole)]
    return forms


def with_another_check_digit(number: str) -> str:
    return f"{number[:-1]}{(int(number[-1]) + 1) % 10}"


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    "number",
    [
        "198507099805",
        "191212121212",
        "200002292399",  # a leap day
        "190905271474",  # older than a hundred
        "197302889931",  # coordination number of the 28th
        "194209912387",  # of the 31st, in a month of 30 days
        "192900782398",  # of an unknown month
        "193612602395",  # of an unknown day
        "20000101T220",  # interim number
        "20000101n220",
    ],
)
def test_a_number_is_found_however_it_is_written_and_framed(number: str, frame: str) -> None:
    assert [form for form in written_forms(number) if not holds_personal_number(frame.format(form))] == []


@pytest.mark.parametrize(
    "text", ["８５０７０９－９８０５", "１９８５０７０９９８０５", "٨٥٠٧٠٩-٩٨٠٥", "850709＋9805", "𝟴𝟱𝟬𝟳𝟬𝟵-𝟵𝟴𝟬𝟱"]
)
def test_digits_and_dashes_of_other_scripts_are_read(text: str) -> None:
    assert holds_personal_number(text)


def is_like_a_time(form: str) -> bool:
    """Tell whether the last four are written as the time of the day that the rest is: nobody could tell."""
    return bool(re.search(r"[\s,;(](?:[01]?\d|2[0-4])[:.][0-5]\d\W*$|\s(?:[01]?\d|2[0-4])-(?:[01]?\d|2[0-4])$", form))


@pytest.mark.parametrize("frame", ["{}", "Eleven {} var med.", "pnr{}x"])
@pytest.mark.parametrize("number", ["198507099805", "190905271474", "197302889931", "193612602395", "200002292399"])
def test_a_number_is_found_however_it_is_taken_apart_or_drawn(number: str, frame: str) -> None:
    """trials D1"""
    forms = taken_apart(number)
    assert len({*forms}) >= 200
    missed = [form for form in forms if not holds_personal_number(frame.format(form))]
    assert [form for form in missed if not is_like_a_time(form)] == []


def test_a_number_behind_one_that_is_not_is_found() -> None:
    assert holds_personal_number("Ärende 20160324 850709-9804 eller 850709-9805")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Vi sanerade 12 vägar.",
        "850709-9804",  # the check digit is another
        "198507099806",
        "850732-9806",  # the check digit is right, but there is no such day
        "850230-9803",
        "850700-9804",
        "850792-9803",
        "851309-9809",  # nor such a month
        "850009-9802",
        "857309-9804",
        "850709-0002",  # 000 is never given out
        "1850709-9805",  # a digit too many
        "850709-98055",
        "18507099805",
        "8850709980512",
        "99850709-9805",  # no such century
        "20000101E220",  # no such letter
        "850709K9805",
        "556036-0793",  # a company
        "212000-1140",  # a municipality
        "802005-1952",  # a foundation
        "070-123 45 67",
        "+46 70 123 45 67",
        "0046701234567",
        "5000-K123456-16",  # a police report
        "2016/1234-5",
        "2016-03-24 11:30",
        "20160324-20160325",
        "20160324T113000Z",
        "160324-160325",
        "1 150 000 SEK",
        "59.3293, 18.0686",
    ],
)
def test_other_figures_are_left_alone(text: str) -> None:
    assert not holds_personal_number(text)


@given(
    born=st.dates(date(1890, 1, 1), date(2029, 12, 31)),
    serial=st.integers(1, 999),
    is_coordination=st.booleans(),
    separator=st.sampled_from(SEPARATORS),
    digits=st.sampled_from([6, 8]),
)
def test_exactly_one_check_digit_makes_a_number(
    born: date, serial: int, is_coordination: bool, separator: str, digits: int
) -> None:
    day = born.day + 60 * is_coordination
    start = f"{born.year}{born.month:02}{day:02}"[-digits:] + f"{separator}{serial:03}"

    assert sum(holds_personal_number(f"{start}{check}") for check in range(10)) == 1


@given(st.text(st.characters(exclude_categories=["Nd"]), max_size=300))
def test_text_without_digits_holds_none(text: str) -> None:
    assert not holds_personal_number(text)


@given(st.text(st.sampled_from("0123456789-+ T\n٣９"), max_size=200))
def test_no_text_makes_it_stumble(text: str) -> None:
    assert holds_personal_number(text) in (True, False)


@pytest.mark.parametrize(
    "piece", ["Vi målade över klottret på skolan. ", "1", "12345678 ", "850709-9804 ", "1234567 - "]
)
def test_a_long_note_is_read_in_a_moment(piece: str) -> None:
    note = (piece * 2000)[:2000]
    started = time.process_time()
    holds_personal_number(note)

    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    "piece", ["1 ", "12, ", "2016-03-10 ", "850709-9804 ", "①", "%31", "&#49;", "T123 1", "2016-03, "]
)
def test_the_time_grows_no_faster_than_the_text(piece: str) -> None:
    text = (piece * 50_000)[:50_000]
    started = time.process_time()
    holds_personal_number(text)

    assert time.process_time() - started < 1


@pytest.mark.slow
def test_every_public_test_number_is_found_in_every_form(public_numbers: dict[str, Any]) -> None:
    """trials D1"""
    numbers = public_numbers["valid_personal_numbers"] + public_numbers["valid_coordination_numbers"]
    forms = [form for number in numbers for form in written_forms(number, ("", "-", "+", "    "))]
    forms += [form for number in numbers[::11] for form in written_forms(number)]
    forms += [form for number in numbers[::101] for form in taken_apart(number)]
    missed = [form for form in forms if not holds_personal_number(f"Se {form}.")]

    assert len(numbers) == 2200
    assert [form for form in missed if not is_like_a_time(form)] == []


def test_no_public_test_number_is_found_with_another_check_digit(public_numbers: dict[str, Any]) -> None:
    numbers = public_numbers["valid_personal_numbers"] + public_numbers["valid_coordination_numbers"]
    wrong = [form for number in numbers[::11] for form in written_forms(with_another_check_digit(number))]

    assert [form for form in wrong if holds_personal_number(form)] == []


def test_the_public_formats_are_told_apart(public_numbers: dict[str, Any]) -> None:
    forms = [
        (record[form], record["valid"])
        for record in public_numbers["formats"] + public_numbers["interim"]
        for form in ("long_format", "short_format", "separated_format", "separated_long")
        # With a space it is called wrongly written; to us it is no less a personal number.
        if " " not in record[form]
    ]

    assert [form for form, is_valid in forms if holds_personal_number(form) != is_valid] == []


def test_no_public_organisation_number_is_found(public_numbers: dict[str, Any]) -> None:
    forms = [
        record[form]
        for record in public_numbers["organisation_numbers_not_personal"]
        for form in ("short_format", "separated_format")
    ]

    assert forms
    assert [form for form in forms if holds_personal_number(form)] == []
