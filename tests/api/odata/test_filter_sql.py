"""What a random expression selects and how it sorts, in PostgreSQL and by a reckoning of its own in Python."""

from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.odata.errors import Refusal
from services.api.odata.options import parse_options, query_pairs
from services.api.odata.statement import select_statement
from tests.api.odata.expression_trees import CONDITIONS, DATES, MOMENTS, NUMBERS, STRINGS, meaning, written
from tests.api.odata.things import MODEL, THING, THINGS, connected, whole
from tests.extent import amount

Connection = psycopg.Connection[dict[str, Any]]
OFTEN = settings(max_examples=amount(50, 250), deadline=None, derandomize=True, database=None)
RARELY = settings(OFTEN, max_examples=amount(12, 60))


@pytest.fixture(scope="module")
def connection(server_url: str) -> Iterator[Connection]:
    with connected(server_url) as connection:
        yield connection


def answered(connection: Connection, option: str, text: str) -> list[dict[str, Any]]:
    """Return the rows that an option asks for, as it comes in an address."""
    query = parse_options(query_pairs(f"{option}={quote(text, safe='')}"))
    statement = select_statement(query, THING, MODEL)
    return connection.execute(whole(statement), statement.parameters.values).fetchall()


def found(connection: Connection, option: str, text: str) -> list[int]:
    return [row["id"] for row in answered(connection, option, text)]


def blamed(connection: Connection, option: str, text: str) -> str | None:
    """Return the option for which there is no answer; None if there is one."""
    try:
        answered(connection, option, text)
    except Refusal as refusal:
        return refusal.option
    return None


@OFTEN
@given(tree=CONDITIONS)
def test_filter_selects_what_it_means(connection: Connection, tree: Any) -> None:
    expected = [row["id"] for row in THINGS if meaning(tree, row) is True]
    assert found(connection, "$filter", written(tree)) == expected


@RARELY
@given(tree=CONDITIONS)
def test_condition_its_opposite_and_null_part_the_rows(connection: Connection, tree: Any) -> None:
    text = written(tree)
    parts = [found(connection, "$filter", f"({text}) eq {worth}") for worth in ("true", "false", "null")]
    assert sorted(chain(*parts)) == [row["id"] for row in THINGS]
    assert found(connection, "$filter", f"not ({text})") == parts[1]


@RARELY
@given(tree=st.one_of(STRINGS, NUMBERS, DATES, MOMENTS), descending=st.booleans())
def test_order_has_null_before_every_value(connection: Connection, tree: Any, descending: bool) -> None:
    valued = {row["id"]: meaning(tree, row) for row in THINGS}
    nulls = [number for number, value in valued.items() if value is None]
    others = sorted((number for number, value in valued.items() if value is not None), key=valued.__getitem__)
    if descending:
        others.sort(key=valued.__getitem__, reverse=True)
    text = written(tree) + (" desc" if descending else "")
    assert found(connection, "$orderby", text) == (others + nulls if descending else nulls + others)


LARGE = st.sampled_from(
    ["9e37", "-9e37", "1e-37", "9223372036854775807", "99999999999999999999", "0", "null", "amount"]
)
RECKONED = st.recursive(
    LARGE | st.sampled_from(["size", "count", "length(title)", "Place/rank"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(("add", "sub", "mul", "div", "divby", "mod")), inner),
        st.builds("{}({})".format, st.sampled_from(("round", "floor", "ceiling", "-")), inner),
        st.builds("length(substring(title,{},{}))".format, inner, inner),
    ),
    max_leaves=12,
)
SCRAPS = [
    *("title", "size", "day", "moment", "flag", "Place/label", "'a'", "1", "null", "true", "2016-02-29", "(", ")", ","),
    *(" eq ", " lt ", " and ", " or ", " add ", " in ", "not ", "-", "trim(", "year(", "contains(", "now()", " ", "'"),
    *("9999-12-31T23:59:59.999999-14:00", "0001-01-01T00:00:00+14:00", "\0", "\ud7ff", "%", "$it", "@a", "[", "{", '"'),
]


@RARELY
@given(text=RECKONED)
def test_no_number_is_too_large_to_be_reckoned_with(connection: Connection, text: str) -> None:
    assert blamed(connection, "$orderby", text) in {None, "$orderby"}


@OFTEN
@given(
    text=st.lists(st.sampled_from(SCRAPS), max_size=12).map("".join),
    option=st.sampled_from(("$filter", "$orderby", "$apply", "$select", "$expand", "$top")),
)
def test_whatever_is_sent_is_answered_or_refused(connection: Connection, text: str, option: str) -> None:
    assert blamed(connection, option, text) in {None, option}
