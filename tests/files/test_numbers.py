"""Numbers as they are written: every separator, grouping, sign and blank, and those that have two readings."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.files.numbers import DecimalSign, UnreadableNumber, decimal_sign_in, read_number

BLANKS = {
    "blank": " ",
    "no-break": "\u00a0",
    "narrow": "\u202f",
    "thin": "\u2009",
    "figure": "\u2007",
    "punctuation": "\u2008",
}


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS)
def test_blanks_part_thousands(blank: str) -> None:
    """Trials A1: `1 150 000` is a number, whatever the blanks."""
    assert read_number(f"1{blank}150{blank}000") == 1_150_000
    assert read_number(f"{blank}-{blank}1{blank}150,50{blank}") == -1150.5


@pytest.mark.parametrize("text", ["1,150", "2.000", "1,000", "-1,000", "+12.345", "\u2212999,999", " 1.150 "])
def test_a_separator_before_exactly_three_digits_has_two_readings(text: str) -> None:
    """Trials A1."""
    with pytest.raises(UnreadableNumber, match="two readings"):
        read_number(text)


@pytest.mark.parametrize(
    ("text", "sign", "number"),
    [
        ("1,150", ",", 1.15),
        ("1,150", ".", 1150),
        ("1.150", ",", 1150),
        ("1.150", ".", 1.15),
        ("2.000", ",", 2000),
        ("1.150.000,5", ",", 1_150_000.5),
        ("1 150,000", ",", 1150),
        ("1 150.125", ".", 1150.125),
    ],
)
def test_the_mapping_names_the_decimal_sign(text: str, sign: DecimalSign, number: float) -> None:
    """Trials A1."""
    assert read_number(text, sign) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("181.0", 181),
        ("1181,0", 1181),
        ("8.0", 8),
        ("63", 63),
        ("0864", 864),
        ("1200,50", 1200.5),
        ("1200.5", 1200.5),
        ("0,150", 0.15),
        ("0.125", 0.125),
        ("00,125", 0.125),
        ("1150,000", 1150),
        ("12 345,678", 12345.678),
        ("1.150,50", 1150.5),
        ("1,150.50", 1150.5),
        ("1.150.000", 1_150_000),
        ("1,150,000", 1_150_000),
        ("1,150,000.25", 1_150_000.25),
        ("-5", -5),
        ("+5", 5),
        ("\u22125,5", -5.5),
        ("1,5", 1.5),
        ("1,50", 1.5),
        ("1,1500", 1.15),
    ],
)
def test_what_has_one_reading_is_read(text: str, number: float) -> None:
    assert read_number(text) == number
    assert isinstance(read_number(text), int) == isinstance(number, int)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "-",
            "–",
            "..",
            ".",
            ",5",
            "5,",
            "1,",
            "1.",
            "x",
            "1x",
            "1e5",
            "1E+05",
            "1_000",
            "0x1F",
            "NaN",
            "inf",
        ),
        *(
            "1 15",
            "11 50",
            "1 1500",
            "1 150 00",
            "1,2,3",
            "1.150.00",
            "1,150,",
            "1,,5",
            "1..5",
            "1.150,50,5",
            "1,150.5.5",
        ),
        *("5-", "--5", "+-5", "(5)", "1'150", "٣", "²", "½", "1\n150", "9" * 61, "1;5", "1/2", "50 %", "5 kr"),
    ],
)
@pytest.mark.parametrize("sign", [None, ",", "."])
def test_what_is_no_number_is_refused(text: str, sign: DecimalSign | None) -> None:
    with pytest.raises(UnreadableNumber) as refusal:
        read_number(text, sign)
    assert len(text) < 2 or text not in refusal.value.reason + refusal.value.remedy


@given(
    number=st.integers(0, 10**9),
    decimals=st.integers(0, 99),
    form=st.sampled_from([*product([*BLANKS.values(), ".", ",", "", "'"], [".", ","])]),
    negative=st.sampled_from(["", "-", "\u2212"]),
)
def test_a_number_is_read_as_it_was_meant_or_refused(
    number: int, decimals: int, form: tuple[str, str], negative: str
) -> None:
    """Whoever writes a number in any form gets that number, or none: never another."""
    group, sign = form
    text = f"{negative}{number:,}".replace(",", group) + f"{sign}{decimals:02}"
    meant = float(f"{'-' if negative else ''}{number}.{decimals:02}")
    try:
        assert read_number(text) == pytest.approx(meant)
    except UnreadableNumber:
        assert group in {sign, "'"}
        assert number >= 1000
    if group not in {sign, "'"}:
        assert read_number(text, sign) == pytest.approx(meant)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("texts", "sign"),
    [
        (["1,150", "2.000"], None),
        (["12", "1 150", "många"], None),
        (["3,5", "1,150"], ","),
        (["3.5", "1,150"], "."),
        (["1.150.000"], ","),
        (["1,150.5"], "."),
        (["3,5", "3.5"], None),
    ],
)
def test_numbers_of_one_reading_say_the_decimal_sign_of_the_others(texts: list[str], sign: DecimalSign | None) -> None:
    assert decimal_sign_in(texts) == sign
