"""Random expressions as trees of tuples, their text in OData, and what they mean in Python, from OData's rules alone.

A tree is (what, *operands). A value is None for null, a bool, an int for an integer, a Fraction for a decimal, a str,
a date or a datetime.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from tests.api.odata.things import PLACES

# How tightly each operator binds, loosest first; those of one line bind alike and from the left.
TIGHTNESS = {
    **dict.fromkeys(("or",), 1),
    **dict.fromkeys(("and",), 2),
    **dict.fromkeys(("eq", "ne"), 3),
    **dict.fromkeys(("gt", "ge", "lt", "le"), 4),
    **dict.fromkeys(("add", "sub"), 5),
    **dict.fromkeys(("mul", "div", "divby", "mod"), 6),
    **dict.fromkeys(("not", "neg"), 7),
    **dict.fromkeys(("in",), 8),
}
PRIMARY = 9


def leaf(values: st.SearchStrategy[Any], *properties: str) -> st.SearchStrategy[Any]:
    literals = st.tuples(st.just("literal"), values)
    return st.one_of(st.tuples(st.just("property"), st.sampled_from(properties)), literals)


def call(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(name), *arguments)


TEXTS = st.text(alphabet="aAbBåÄ%_' \\\t", max_size=3)
SMALL = st.integers(-3, 12)
STRINGS = st.recursive(
    leaf(TEXTS, "title", "label", "Place/label"),
    lambda inner: st.one_of(
        *(call(name, inner) for name in ("tolower", "toupper", "trim")),
        call("concat", inner, inner),
        call("substring", inner, st.tuples(st.just("literal"), st.integers(0, 3))),
        call(
            "substring",
            inner,
            st.tuples(st.just("property"), st.sampled_from(("size", "count"))),
            st.tuples(st.just("literal"), st.integers(0, 3)),
        ),
    ),
    max_leaves=3,
)
DATES = leaf(st.sampled_from([None, date(2016, 2, 29), date(2016, 1, 1)]), "day") | call(
    "date", st.just(("property", "moment"))
)
MOMENTS = leaf(
    st.sampled_from([None, datetime(2016, 3, 1, tzinfo=UTC), datetime(2016, 2, 29, 23, 59, 59, 250000, tzinfo=UTC)]),
    "moment",
)
# Only by these does every decimal division come to an end.
DIVISORS = st.one_of(
    st.tuples(st.just("literal"), st.sampled_from([None, 1, 2, -4, 5, Fraction(1, 2)])),
    st.just(("property", "size")),
)
NUMBERS = st.recursive(
    st.one_of(
        leaf(
            st.one_of(st.none(), SMALL, st.sampled_from([Fraction(1, 4), Fraction(-5, 2)])),
            *("amount", "count", "size", "Place/rank"),
        ),
        call("length", STRINGS),
        call("indexof", STRINGS, STRINGS),
        *(call(part, st.one_of(DATES, MOMENTS)) for part in ("year", "month", "day")),
        *(call(part, MOMENTS) for part in ("hour", "minute", "second", "fractionalseconds")),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(("add", "sub", "mul")), inner, inner),
        st.tuples(st.sampled_from(("div", "divby", "mod")), inner, DIVISORS),
        *(call(name, inner) for name in ("neg", "round", "floor", "ceiling")),
    ),
    max_leaves=3,
)
COMPARISONS = st.sampled_from(("eq", "ne", "gt", "ge", "lt", "le"))


def compared(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(COMPARISONS, values, values)


def members(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.none() | values, max_size=3).map(tuple)


CONDITIONS = st.recursive(
    st.one_of(
        leaf(st.sampled_from([True, False, None]), "flag"),
        *(compared(values) for values in (STRINGS, NUMBERS, DATES, MOMENTS)),
        compared(leaf(st.sampled_from([None, UUID(int=1), UUID(int=3)]), "code")),
        *(call(name, STRINGS, STRINGS) for name in ("contains", "startswith", "endswith")),
        st.tuples(st.just("in"), leaf(TEXTS, "title", "label"), members(TEXTS)),
        st.tuples(st.just("in"), leaf(SMALL, "count", "amount"), members(SMALL | st.just(Fraction(51, 4)))),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(("and", "or", "eq", "ne")), inner, inner),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=5,
)


def written(tree: Any) -> str:
    """Return the text of a tree, with no more parentheses than it needs."""
    what, *operands = tree
    if what == "property":
        return str(operands[0])
    if what == "literal":
        return literal(operands[0])
    if what == "in":
        return f"{enclosed(operands[0], PRIMARY)} in ({','.join(map(literal, operands[1]))})"
    if what in {"not", "neg"}:
        # A minus before a number would be the number's own sign, which means the same.
        return f"{'not ' if what == 'not' else '-'}{enclosed(operands[0], TIGHTNESS[what])}"
    if what in TIGHTNESS:
        left, right = operands
        return f"{enclosed(left, TIGHTNESS[what])} {what} {enclosed(right, TIGHTNESS[what] + 1)}"
    return f"{what}({','.join(map(written, operands))})"


def enclosed(tree: Any, needed: int) -> str:
    text = written(tree)
    is_signed = tree[0] == "literal" and text.startswith("-")
    tightness = TIGHTNESS["neg"] if is_signed else TIGHTNESS.get(tree[0], PRIMARY)
    return text if tightness >= needed else f"({text})"


def literal(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case Fraction():
            return str(Decimal(value.numerator) / value.denominator)
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return str(value)


def meaning(tree: Any, row: dict[str, Any]) -> Any:
    """Return what a tree is worth for a row of THINGS."""
    return evaluated(tree, lambda path: worth(path, row))


Ordering = Callable[[Sequence[Any], Sequence[Any]], Sequence[Any]]


def evaluated(tree: Any, value_of: Callable[[str], Any], order_of: Ordering = lambda _, values: values) -> Any:
    """Return what a tree is worth where `value_of` tells what a path leads to."""
    what, *operands = tree
    if what == "property":
        return value_of(operands[0])
    if what == "literal":
        return operands[0]
    if what == "in":
        value = evaluated(operands[0], value_of, order_of)
        return any(same(value, member) for member in operands[1])
    values: Sequence[Any] = [evaluated(operand, value_of, order_of) for operand in operands]
    if what in RELATIONS:
        values = order_of(operands, values)
    if what in LOGIC:
        return LOGIC[what](*values)
    return None if None in values else OF_VALUES[what](*values)


def worth(path: str, row: dict[str, Any]) -> Any:
    value = PLACES.get(row["place"], {}).get(path.partition("/")[2]) if "/" in path else row[path]
    return Fraction(value) if isinstance(value, Decimal) else value


def same(left: Any, right: Any) -> bool:
    return (left is None) == (right is None) and left == right


def whole(value: Fraction | int, times: int) -> Fraction | int:
    """Return a number of whole units as the type that `value` has."""
    return times if isinstance(value, int) else Fraction(times)


def divided(left: Fraction | int, right: Fraction | int) -> Fraction | int | None:
    if right == 0:
        return None
    if isinstance(left, int) and isinstance(right, int):
        return math.trunc(Fraction(left, right))
    return Fraction(left) / right


def rest(left: Fraction | int, right: Fraction | int) -> Fraction | int | None:
    return None if right == 0 else left - right * math.trunc(Fraction(left) / right)


def away_from_zero(value: Fraction | int) -> Fraction | int:
    return whole(value, math.floor(abs(Fraction(value)) + Fraction(1, 2)) * (1 if value > 0 else -1))


def part(text: str, start: int, length: int | None = None) -> str | None:
    if start < 0:
        return None
    return text[start:] if length is None else text[start : start + length]


def both(*values: bool | None) -> bool | None:
    return False if False in values else None if None in values else True


def either(*values: bool | None) -> bool | None:
    return True if True in values else None if None in values else False


RELATIONS = ("gt", "ge", "lt", "le")


def known(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: left is not None and right is not None and compare(left, right)


LOGIC: dict[str, Callable[..., Any]] = {
    "and": both,
    "or": either,
    "not": lambda value: None if value is None else not value,
    "eq": same,
    "ne": lambda left, right: not same(left, right),
    "gt": known(lambda left, right: left > right),
    "ge": known(lambda left, right: left >= right),
    "lt": known(lambda left, right: left < right),
    "le": known(lambda left, right: left <= right),
}
OF_VALUES: dict[str, Callable[..., Any]] = {
    "add": lambda left, right: left + right,
    "sub": lambda left, right: left - right,
    "mul": lambda left, right: left * right,
    "div": divided,
    "divby": lambda left, right: None if right == 0 else Fraction(left) / right,
    "mod": rest,
    "neg": lambda value: -value,
    "round": away_from_zero,
    "floor": lambda value: whole(value, math.floor(value)),
    "ceiling": lambda value: whole(value, math.ceil(value)),
    "contains": lambda text, searched: searched in text,
    "startswith": lambda text, searched: text.startswith(searched),
    "endswith": lambda text, searched: text.endswith(searched),
    "indexof": lambda text, searched: text.find(searched),
    "length": len,
    "tolower": str.lower,
    "toupper": str.upper,
    "trim": str.strip,
    "concat": lambda left, right: left + right,
    "substring": part,
    "year": lambda value: value.year,
    "month": lambda value: value.month,
    "day": lambda value: value.day,
    "hour": lambda value: value.hour,
    "minute": lambda value: value.minute,
    "second": lambda value: value.second,
    "fractionalseconds": lambda value: Fraction(value.microsecond, 1_000_000),
    "date": lambda value: value.date(),
}
