"""Filters compared with the WHERE that someone would write by hand, and filters that get none."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from services.api.odata.errors import InvalidExpression, Refusal, UnsupportedConstruct
from services.api.odata.options import Query, parse_options, query_pairs
from services.api.odata.statement import Statement, select_statement
from tests.api.odata.things import MODEL, THING, connected, whole

Connection = psycopg.Connection[dict[str, Any]]


@pytest.fixture(scope="module")
def connection(server_url: str) -> Iterator[Connection]:
    with connected(server_url) as connection:
        yield connection


def statement_for(**options: str) -> Statement:
    pairs = query_pairs("&".join(f"${name}={quote(text)}" for name, text in options.items()))
    return select_statement(parse_options(pairs), THING, MODEL)


def rows(connection: Connection, statement: Statement) -> list[dict[str, Any]]:
    return connection.execute(whole(statement), statement.parameters.values).fetchall()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("title eq 'O''b\\'", "title = 'O''b\\'"),
        ("contains(title,'_')", "title LIKE '%\\_%'"),
        ("contains(title,'B')", "title LIKE '%B%'"),
        ("startswith(title,'a') or endswith(title,'%')", "title LIKE 'a%' OR title LIKE '%\\%'"),
        ("tolower(title) eq 'åä ö'", "title = 'åÄ ö'"),
        ("trim(title) eq 'b'", "title = E' b\\t'"),
        ("indexof(title,'B') eq 1", "strpos(title, 'B') = 2"),
        ("label eq null", "label IS NULL"),
        ("label ne 'a'", "label <> 'a' OR label IS NULL"),
        ("not (label eq 'a')", "label <> 'a' OR label IS NULL"),
        ("amount gt 0", "amount > 0"),
        ("not (amount gt 0)", "amount <= 0 OR amount IS NULL"),
        ("amount gt null or null lt amount", "false"),
        ("null eq null", "true"),
        ("null", "false"),
        ("not contains(label,'a')", "strpos(label, 'a') = 0"),
        ("flag", "flag"),
        ("not flag", "NOT flag"),
        ("flag ne true", "flag IS NOT true"),
        ("count div 2 eq -3", "count = -7"),
        ("count divby 2 eq -3.5", "count = -7"),
        ("count mod 4 eq -3", "count = -7"),
        ("amount div 2 eq 1.5", "amount = 3"),
        ("size div size eq 1", "size <> 0"),
        ("10 div size gt 1", "size IN (1, 5)"),
        ("count mul 9223372036854775807 gt 9223372036854775807", "count > 1"),
        ("count in (1,4,null)", "count IN (1, 4) OR count IS NULL"),
        ("size in (1,5.0,99999999999999999999)", "size IN (1, 5)"),
        ("size in ()", "false"),
        ("not (count in (1,4))", "count NOT IN (1, 4) OR count IS NULL"),
        ("day ge 2016-02-29 and day lt 2016-03-01", "day = '2016-02-29'"),
        ("day in (2016-03-01,2015-12-31)", "day IN ('2016-03-01', '2015-12-31')"),
        ("moment eq 2016-03-01T01:00:00+01:00", "moment = '2016-03-01T00:00:00Z'"),
        ("moment gt 0001-01-01T00:00:00+14:00", "moment IS NOT NULL"),
        ("moment lt now()", "moment IS NOT NULL"),
        ("date(moment) eq 2016-02-29", "moment = '2016-02-29T23:59:59.25Z'"),
        ("time(moment) eq 13:07:08", "moment = '2016-08-05T13:07:08Z'"),
        ("time(moment) ge 23:59", "moment = '2016-02-29T23:59:59.25Z'"),
        ("hour(2016-03-01T13:00:00Z) eq 13", "true"),
        ("fractionalseconds(moment) eq 0.25", "moment = '2016-02-29T23:59:59.25Z'"),
        ("code eq 00000000-0000-0000-0000-000000000002", "code = '00000000-0000-0000-0000-000000000002'"),
        ("Place/rank eq 1", "place = 'north'"),
        ("Place/label eq null", "place IS DISTINCT FROM 'north'"),
        ("Place/label ne Place/code", "place IS NOT NULL"),
        ("round(amount) eq -3", "amount = -2.5"),
        ("floor(amount) eq 12 and ceiling(amount) eq 13", "amount = 12.75"),
        ("size sub -1 eq 2", "size = 1"),
        ("-size eq 2", "size = -2"),
        ("size add 2 mul 3 eq 7", "size = 1"),
        ("size sub 1 sub 1 eq -1", "size = 1"),
        ("16 div 4 div 2 eq 2 and 7 mod 5 mul 2 eq 4", "true"),
        ("size eq 1 eq false", "size <> 1"),
        ("twice mul 2 eq 4", "size = 1"),
        ("size eq 1 or size eq 5 and flag", "size = 1 OR (size = 5 AND flag)"),
        ("size EQ 1 OR false", "size = 1"),
        ("substring(title,count) eq title", "count = 0 OR (title = '' AND count > 0)"),
        ("substring(title,2147483647,2147483647) eq ''", "true"),
        ("title eq '''; DROP TABLE thing; --'", "false"),
        ("title eq '%(p0)s %s %%'", "false"),
    ],
)
def test_filter_is_what_one_would_write_by_hand(connection: Connection, text: str, where: str) -> None:
    expected = connection.execute(f"SELECT id FROM thing WHERE {where.replace('%', '%%')} ORDER BY id", {}).fetchall()
    assert [row["id"] for row in rows(connection, statement_for(filter=text))] == [row["id"] for row in expected]


@pytest.mark.parametrize(
    ("text", "position", "what"),
    [
        ("title eq 5", 9, "an integer cannot be compared with a string"),
        ("size gt '5'", 8, "a string cannot be compared with an integer"),
        ("size in (1,'a')", 11, "a string cannot be compared with an integer"),
        ("moment ge 2016-01-01", 10, "a date cannot be compared with a date with time"),
        ("title", 0, "a condition is wanted here, and this is a string"),
        ("not size eq 1", 4, "a condition is wanted here, and this is an integer"),
        ("not size gt 1", 4, "a condition is wanted here, and this is an integer"),
        ("title add 1 eq 2", 0, "one reckons with numbers, and this is a string"),
        ("-title eq 1", 1, "one reckons with numbers, and this is a string"),
        ("length(size) eq 1", 7, "length takes a string here, not an integer"),
        ("hour(day) eq 1", 5, "hour takes a date with time or a time of day here, not a date"),
        ("substring(title,0.5) eq ''", 16, "substring takes an integer here, not a number"),
        ("substring(title,0,-1) eq ''", 18, "the length of a substring is at least 0"),
    ],
)
def test_types_that_do_not_fit_are_told_with_their_position(text: str, position: int, what: str) -> None:
    with pytest.raises(InvalidExpression) as refused:
        statement_for(filter=text)
    assert (refused.value.position, refused.value.what, refused.value.option) == (position, what, "$filter")


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("name eq 1", 0),
        ("size eq 1 and Title eq 'a'", 14),
        ("Place/name eq 'a'", 0),
        ("Town/name eq 'a'", 0),
        ("Place eq 1", 0),
    ],
)
def test_unknown_name_is_told_by_its_position_and_never_repeated(text: str, position: int) -> None:
    with pytest.raises(InvalidExpression) as refused:
        statement_for(filter=text)
    assert refused.value.position == position
    assert "has no property of this name; " in refused.value.what or refused.value.what.startswith("Places has")
    assert not any(word in refused.value.what for word in ("Title", "Town"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hour(2016-03-01T13:00:00+01:00) eq 13", "hour of a literal that is not in UTC"),
        ("substring(title,-1) eq 'a'", "substring with a negative start"),
    ],
)
def test_what_would_be_answered_wrongly_is_refused_by_name(text: str, name: str) -> None:
    with pytest.raises(UnsupportedConstruct) as refused:
        statement_for(filter=text)
    assert refused.value.name == name


def test_nothing_that_is_sent_stands_in_the_sql() -> None:
    texts = ("secret", "4711", "2016-05-06", "7.25")
    statement = statement_for(filter="title eq 'secret' or size eq 4711 or day eq 2016-05-06 or amount in (7.25)")
    assert not any(text in whole(statement) or text in statement.count_sql for text in texts)
    assert len(statement.parameters.values) == len(texts)


def test_columns_are_those_selected_and_expanded(connection: Connection) -> None:
    statement = statement_for(select="title,Place", expand="Place($select=label)", filter="id lt 4")
    assert [column.path for column in statement.columns] == [("title",), ("Place", "label")]
    assert list(rows(connection, statement)[0]) == ["title", "Place/label"]
    assert [column.path for column in statement_for().columns] == [(known.name,) for known in THING.properties]


def test_expanded_row_is_told_from_none(connection: Connection) -> None:
    statement = statement_for(expand="Place")
    present = f"SELECT count(*) AS present FROM {statement.source} WHERE {statement.present['Place']}"
    expected = connection.execute("SELECT count(*) AS present FROM thing WHERE place IS NOT NULL").fetchone()
    assert connection.execute(present).fetchone() == expected


def test_count_leaves_top_and_skip_aside(connection: Connection) -> None:
    statement = statement_for(filter="size eq 1", top="2", skip="1", orderby="title desc")
    counted = connection.execute(statement.count_sql, statement.parameters.values).fetchone()
    assert counted == connection.execute("SELECT count(*) FROM thing WHERE size = 1").fetchone()
    expected = "SELECT id FROM thing WHERE size = 1 ORDER BY title DESC, id LIMIT 2 OFFSET 1"
    assert [row["id"] for row in rows(connection, statement)] == [row["id"] for row in connection.execute(expected)]


def test_largest_numbers_of_top_and_skip_find_nothing(connection: Connection) -> None:
    assert rows(connection, statement_for(top="9" * 19, skip="9" * 19)) == []


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"select": "nothing"}, "$select"),
        ({"expand": "nothing"}, "$expand"),
        ({"expand": "Place($select=nothing)"}, "$expand"),
        ({"orderby": "nothing"}, "$orderby"),
        ({"filter": "nothing"}, "$filter"),
        ({"apply": "filter(nothing)"}, "$apply"),
    ],
)
def test_option_at_fault_is_told(options: dict[str, Any], option: str) -> None:
    with pytest.raises(Refusal) as refused:
        statement_for(**options)
    assert refused.value.option == option
    assert "nothing" not in str(refused.value)


def test_query_that_asks_for_nothing_gets_all(connection: Connection) -> None:
    assert parse_options(()) == Query()
    assert len(rows(connection, statement_for())) == 60
