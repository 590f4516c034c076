"""What parses, what is refused by name and what is wrong; the grammar's authors are the judge of it."""

from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from services.api.odata.errors import InvalidExpression, Refusal, UnsupportedConstruct
from services.api.odata.options import parse_options, query_pairs
from services.api.odata.parser import DEEPEST, LONGEST, parse_filter

JUDGE = yaml.load(Path(__file__).with_name("oasis_expressions.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


def judged(part: str) -> list[tuple[str, str]]:
    return [(verdict, text) for verdict, texts in JUDGE[part].items() for text in texts]


def verdict_on_expression(text: str) -> str:
    try:
        parse_filter(unquote(text))
    except UnsupportedConstruct as refusal:
        return refusal.name
    except InvalidExpression:
        return "wrong"
    return "taken"


def verdict_on_options(text: str) -> str:
    try:
        parse_options(query_pairs(text))
    except UnsupportedConstruct as refusal:
        return refusal.name
    except Refusal:
        return "wrong"
    return "taken"


@pytest.mark.parametrize(("verdict", "text"), judged("expressions"))
def test_expression_of_the_judge(verdict: str, text: str) -> None:
    assert verdict_on_expression(text) == verdict


@pytest.mark.parametrize(("verdict", "text"), judged("options"))
def test_options_of_the_judge(verdict: str, text: str) -> None:
    assert verdict_on_options(text) == verdict


def test_no_verdict_is_lost() -> None:
    assert {part: sum(map(len, verdicts.values())) for part, verdicts in JUDGE.items()} == {
        "expressions": 220,
        "options": 87,
    }


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("name eq", 4),
        ("name eq 'open", 8),
        ("name eq 5 5", 9),
        ("(name eq 5", 10),
        ("contains(name)", 0),
        ("length(name,name)", 0),
        ("day eq 2016-02-30", 7),
        ("day eq 2016-01-01T24:00:00Z", 7),
        ("name eq 'a\0b'", 8),
        ("name in (1,size)", 8),
        ("$them eq 1", 0),
        (" name eq 5", 0),
        ("name eq 5 ", 9),
        ("name\neq 5", 4),
        ("n" * 129, 0),
    ],
)
def test_fault_is_told_by_its_position(text: str, position: int) -> None:
    with pytest.raises(InvalidExpression) as refused:
        parse_filter(text)
    assert refused.value.position == position


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("size eq 1e39", "a number of more than 38 digits"),
        (f"size eq {'9' * 39}", "a number of more than 38 digits"),
        ("day eq -0044-03-15", "a year before 1 or after 9999"),
        ("day eq 10000-01-01", "a year before 1 or after 9999"),
        ("moment eq 2016-01-01T00:00:00.1234567Z", "a time finer than microseconds"),
        ("size eq INF", "the numbers INF, -INF and NaN"),
        ("binary'Zg' eq null", "a binary value"),
        ("duration'P1D' eq null", "a duration"),
    ],
)
def test_value_that_the_database_cannot_hold_is_refused_by_name(text: str, name: str) -> None:
    with pytest.raises(UnsupportedConstruct) as refused:
        parse_filter(text)
    assert refused.value.name == name


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "size" + ")" * 5000 + " eq 1",
        " or ".join(f"size eq {number}" for number in range(1000)),
        "(" * 900 + "size eq 1" + "".join(f" or size eq {number})" for number in range(900)),
        "trim(" * (DEEPEST - 2) + "name" + ")" * (DEEPEST - 2) + " eq 'a'",
        "moment eq 2016-01-01T00:00:00.1234560000Z",
        "moment eq 2016-01-01T00:00+01:00",
    ],
    ids=["parentheses", "chain", "chain in parentheses", "calls", "nothing beyond microseconds", "without seconds"],
)
def test_what_is_long_but_plain_is_taken(text: str) -> None:
    parse_filter(text)


@pytest.mark.parametrize(
    "text",
    [
        "not " * (DEEPEST + 1) + "true",
        "-" * 5000 + "size eq 1",
        "size" + " add 1" * (DEEPEST + 1) + " eq 1",
        "trim(" * (DEEPEST + 1) + "name" + ")" * (DEEPEST + 1) + " eq 'a'",
        f"name eq '{'a' * LONGEST}'",
    ],
    ids=["not", "minus", "sum", "calls", "characters"],
)
def test_depth_and_length_are_bounded(text: str) -> None:
    with pytest.raises(InvalidExpression, match=r"nested more than|beyond"):
        parse_filter(text)
