"""What `$apply` adds up, what it refuses to add, and that no aggregate reveals what is suppressed."""

# Over 300 lines: all of one clause, tested with the same rows.

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import make_url

from services.api.odata.errors import InvalidExpression, InvalidOption, NotAdditive, Refusal, UnsupportedConstruct
from services.api.odata.options import parse_options, query_pairs
from services.api.odata.sets import MODEL
from services.api.odata.statement import Statement, select_statement
from tests.api.odata.star import put_star
from tests.api.odata.things import whole

Connection = psycopg.Connection[dict[str, Any]]

COUNT, SHARE, DISTINCT, STATE = "graffiti-cleanups", "graffiti-started-in-time", "schools-visited", "certified-gyms"
SURVEY = "satisfied-cleaning"
MONTHS = f"filter(indicatorCode eq '{COUNT}' and slice eq 'all' and areaKind eq 'county' and periodType eq 'month')"
SUM = "aggregate(numerator with sum as total)"


@pytest.fixture(scope="module")
def connection(fresh_database: Callable[[], str]) -> Iterator[Connection]:
    url = fresh_database()
    put_star(url, indicators=(COUNT, SHARE, DISTINCT, STATE, SURVEY), kinds=("country", "county"))
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
        yield connection


def statement_for(**options: str) -> Statement:
    pairs = query_pairs("&".join(f"${name}={quote(text)}" for name, text in options.items()))
    return select_statement(parse_options(pairs), MODEL.entity_set("IndicatorValues"), MODEL)


def answered(connection: Connection, apply: str, **options: str) -> list[dict[str, Any]]:
    statement = statement_for(apply=apply, **options)
    for guard in statement.guards:
        if connection.execute(guard.sql, statement.parameters.values).fetchone() is not None:
            raise guard.refusal
    return connection.execute(whole(statement), statement.parameters.values).fetchall()


def reckoned(connection: Connection, figures: str, where: str, group: str) -> list[dict[str, Any]]:
    """Return what hand-written SQL makes of the stored figures; a group with a suppressed one has none."""
    return connection.execute(
        f"""SELECT {group}, CASE WHEN NOT bool_or(status = 'suppressed') THEN {figures} END AS total
            FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)
            WHERE slice = 'all' AND {where} GROUP BY {group} ORDER BY {group}"""
    ).fetchall()


def test_sums_are_those_of_hand_written_sql(connection: Connection) -> None:
    where = f"indicator_code = '{COUNT}' AND area.kind = 'county' AND period_type = 'month'"
    for given, ours, theirs in (("sum", "numerator", "numerator"), ("average", "numerator", "numerator")):
        function = {"sum": "sum", "average": "avg"}[given]
        found = answered(connection, f"{MONTHS}/groupby((areaCode),aggregate({ours} with {given} as total))")
        expected = reckoned(connection, f"{function}({theirs})", where, "area.code")
        assert [(row["areaCode"], row["total"]) for row in found] == [(row["code"], row["total"]) for row in expected]
        assert {row["total"] is None for row in found} == {True, False}


def test_numerators_and_denominators_of_a_share_are_added_apart(connection: Connection) -> None:
    narrowed = f"filter(indicatorCode eq '{SHARE}' and slice eq 'all' and periodType eq 'tertial')"
    not_suppressed = f"{narrowed}/filter(status ne 'suppressed')"
    found = answered(connection, f"{not_suppressed}/groupby((areaKind),aggregate(denominator with sum as total))")
    where = f"indicator_code = '{SHARE}' AND period_type = 'tertial' AND status <> 'suppressed'"
    expected = reckoned(connection, "sum(denominator)", where, "area.kind")
    assert [(row["areaKind"], row["total"]) for row in found] == [(row["kind"], row["total"]) for row in expected]


def test_path_to_a_dimension_groups(connection: Connection) -> None:
    found = answered(connection, f"{MONTHS}/groupby((Area/nameSv,areaCode),aggregate($count as rows))", top="3")
    assert [row["rows"] for row in found] == [12, 12, 12]
    statement = statement_for(apply=f"{MONTHS}/groupby((Area/nameSv,areaCode),{SUM})", select="Area,total")
    assert [column.path for column in statement.columns] == [("Area", "nameSv"), ("total",)]


def test_result_is_filtered_sorted_cut_and_counted_by_its_names(connection: Connection) -> None:
    apply = f"{MONTHS}/groupby((areaCode),aggregate(numerator with max as most,$count as rows))"
    everything = answered(connection, apply)
    some = answered(connection, apply, filter="most gt 300 and rows eq 12", orderby="most desc", skip="1", top="2")
    matching = sorted((row for row in everything if (row["most"] or 0) > 300), key=lambda row: -row["most"])
    assert some == matching[1:3]
    assert len(some) == 2
    statement = statement_for(apply=f"{apply}/filter(most gt 300)", top="1")
    counted = connection.execute(statement.count_sql, statement.parameters.values).fetchone()
    assert counted == {"count": len(matching)}


def test_smallest_largest_and_distinct_values_need_nothing_to_add_up(connection: Connection) -> None:
    figures = (
        "value with min as least,value with max as most,periodEnd with max as last,unit with countdistinct as units"
    )
    (row,) = answered(connection, f"filter(status ne 'suppressed')/aggregate({figures},$count as rows)")
    (units,) = connection.execute(
        "SELECT count(DISTINCT unit) AS n FROM indicator_series JOIN indicator_value USING (series_id)"
    ).fetchall()
    assert row["units"] == units["n"]
    assert row["least"] < row["most"]


# Two rows of which one has a figure, and rows of which none has: each aggregate over all of them.
@pytest.mark.parametrize(
    ("aggregate", "of_some", "of_none"),
    [
        ("numerator with countdistinct", 1, 0),
        ("denominator with countdistinct", 0, 0),
        ("value with countdistinct", 1, 0),
        ("notPlaced with countdistinct", 0, 0),
        ("numerator with min", 7, None),
        ("numerator with max", 7, None),
        ("value with min", 7, None),
        ("value with max", 7, None),
        ("numerator with sum", None, None),
        ("numerator with average", None, None),
        ("$count", 2, 1),
    ],
)
@pytest.mark.parametrize("status", ["suppressed", "missing"])
def test_smallest_largest_and_distinct_are_of_the_figures_that_are_there(
    connection: Connection, aggregate: str, of_some: int | None, of_none: int | None, status: str
) -> None:
    """Trials A8: what is hidden or has not come is in no figure, and makes a sum unknown."""
    with connection.transaction(force_rollback=True):
        connection.execute("UPDATE indicator_series SET kind = 'observed'")
        counties = connection.execute(
            """SELECT code FROM area WHERE area_id IN (SELECT area_id FROM indicator_value) AND kind = 'county'
               ORDER BY area_id LIMIT 2"""
        ).fetchall()
        connection.execute(
            f"""UPDATE indicator_value
                SET numerator = CASE code WHEN %(first)s THEN 7 END, denominator = NULL, not_placed = NULL,
                    status = CASE code WHEN %(first)s THEN 'observed' ELSE '{status}' END
                FROM area WHERE area.area_id = indicator_value.area_id""",
            {"first": counties[0]["code"]},
        )
        month = f"{MONTHS[:-1]} and period eq '2016-03' and areaCode in"
        both = "', '".join(county["code"] for county in counties)
        for codes, expected in ((both, of_some), (counties[1]["code"], of_none)):
            (row,) = answered(connection, f"{month} ('{codes}'))/aggregate({aggregate} as it)")
            assert row["it"] == expected, codes


def test_groups_without_figures_are_the_different_ones(connection: Connection) -> None:
    found = answered(connection, "groupby((areaKind,periodType))")
    assert {tuple(row.values()) for row in found} == {
        (kind, period) for kind in ("country", "county") for period in ("month", "tertial", "year")
    }


def test_nothing_selected_sums_to_null(connection: Connection) -> None:
    assert answered(
        connection, f"filter(status eq 'none')/{MONTHS}/aggregate(numerator with sum as total,$count as n)"
    ) == [{"total": None, "n": 0}]


FIXED = {
    "indicatorCode": f"indicatorCode eq '{COUNT}'",
    "slice": "'all' eq slice",
    "areaKind": "Area/kind in ('county')",
    "periodType": "(periodType eq 'month' and status ne null)",
}


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ("indicatorCode", "Different indicators"),
        ("slice", "A slice is a part"),
        ("areaKind", "Areas of one kind lie inside"),
        ("periodType", "The months of a tertial"),
    ],
)
def test_what_would_count_twice_is_not_added(connection: Connection, left_out: str, reason: str) -> None:
    narrowed = "filter(" + " and ".join(text for name, text in FIXED.items() if name != left_out) + ")"
    for method in ("sum", "average"):
        with pytest.raises(NotAdditive) as refused:
            answered(connection, f"{narrowed}/aggregate(numerator with {method} as total)")
        assert refused.value.reason.startswith(reason)
        assert left_out in refused.value.remedy
        assert refused.value.option == "$apply"
    assert answered(connection, f"{narrowed}/groupby(({left_out},areaCode,periodStart),{SUM})")


@pytest.mark.parametrize(
    "loose",
    [
        "periodType ne 'month'",
        "periodType eq 'month' or periodType eq 'year'",
        "periodType in ('month','year')",
        "not (periodType eq 'month')",
        "periodType eq null",
        "tolower(periodType) eq 'month'",
        "periodType eq unit",
    ],
)
def test_only_one_value_fixes_a_property(connection: Connection, loose: str) -> None:
    narrowed = f"filter({FIXED['indicatorCode']} and {FIXED['slice']} and {FIXED['areaKind']} and ({loose}))"
    with pytest.raises(NotAdditive):
        answered(connection, f"{narrowed}/{SUM}")


def test_filter_on_the_result_comes_too_late(connection: Connection) -> None:
    with pytest.raises(NotAdditive):
        answered(connection, SUM, filter="periodType eq 'month'")


@pytest.mark.parametrize("indicator", [STATE, DISTINCT, SURVEY])
def test_what_does_not_add_up_over_periods_is_told_by_the_rows(connection: Connection, indicator: str) -> None:
    narrowed = MONTHS.replace(COUNT, indicator)
    with pytest.raises(NotAdditive, match="over periods"):
        answered(connection, f"{narrowed}/groupby((areaCode),{SUM})")
    assert answered(connection, f"{narrowed}/groupby((areaCode,periodStart),{SUM})")
    assert answered(connection, f"filter(periodStart gt 2030-01-01)/{narrowed}/groupby((areaCode),{SUM})") == []


def test_survey_is_not_added_over_areas(connection: Connection) -> None:
    narrowed = MONTHS.replace(COUNT, SURVEY)
    with pytest.raises(NotAdditive, match="over areas"):
        answered(connection, f"{narrowed}/groupby((periodStart),{SUM})")
    assert answered(connection, f"{MONTHS.replace(COUNT, STATE)}/groupby((periodStart),{SUM})")


@pytest.mark.parametrize(
    "figure", ["value", "unit", "previousChangePercent", "revision", "periodStart", "Indicator/code"]
)
@pytest.mark.parametrize("method", ["sum", "average"])
def test_what_is_no_amount_is_never_added(figure: str, method: str) -> None:
    everything = "groupby((id,indicatorCode,slice,areaCode,period)"
    with pytest.raises(NotAdditive):
        statement_for(apply=f"{everything},aggregate({figure} with {method} as total))")


@pytest.mark.parametrize(
    ("apply", "refusal"),
    [
        ("groupby((areaKind))/groupby((areaKind))", UnsupportedConstruct),
        ("groupby((areaKind,areaKind))", InvalidExpression),
        ("groupby((areaKind),aggregate($count as areaKind))", InvalidExpression),
        ("groupby((Area/nameSv),aggregate($count as Area))", InvalidExpression),
        ("aggregate($count as n,$count as n)", InvalidExpression),
        ("groupby((Area))", InvalidExpression),
        ("groupby((nothing))", InvalidExpression),
        ("aggregate(nothing with max as n)", InvalidExpression),
        ("aggregate(numerator as n)", InvalidExpression),
        ("aggregate(numerator)", InvalidExpression),
        ("aggregate($count)", InvalidExpression),
        ("aggregate($count with sum as n)", InvalidExpression),
        ("aggregate()", InvalidExpression),
        ("groupby(areaKind)", InvalidExpression),
        ("filter(areaKind)", InvalidExpression),
        ("filter(true", InvalidExpression),
        ("aggregate(numerator with median as n)", UnsupportedConstruct),
        ("aggregate(numerator with Custom.median as n)", UnsupportedConstruct),
        ("aggregate(numerator mul 2 with sum as n)", UnsupportedConstruct),
        ("aggregate(numerator with sum from areaCode with average as n)", UnsupportedConstruct),
        ("aggregate(Area/$count as n)", UnsupportedConstruct),
        ("groupby((rollup(areaKind,areaCode)))", UnsupportedConstruct),
        ("groupby((areaKind),topcount(2,numerator))", UnsupportedConstruct),
        ("groupby((areaKind),aggregate($count as n)/filter(n gt 1))", UnsupportedConstruct),
        ("groupby((areaKind),filter(numerator gt 1)/aggregate($count as n))", UnsupportedConstruct),
        ("groupby((areaKind),groupby((areaCode)))", UnsupportedConstruct),
        ("filter(true)/groupby((areaKind),filter(true)/identity)/top(1)", UnsupportedConstruct),
        ("identity", UnsupportedConstruct),
        ("concat(aggregate($count as n),aggregate($count as m))", UnsupportedConstruct),
        ("topcount(2,numerator)", UnsupportedConstruct),
        ("compute(numerator mul 2 as double)", UnsupportedConstruct),
        ("filter(true)/orderby(areaCode)/top(4)", UnsupportedConstruct),
    ],
)
def test_step_that_is_wrong_or_not_there_is_refused(apply: str, refusal: type[Refusal]) -> None:
    with pytest.raises(Refusal) as refused:
        statement_for(apply=apply)
    assert type(refused.value) is refusal
    assert refused.value.option == "$apply"


def test_name_that_was_grouped_away_is_gone() -> None:
    for option in ("filter", "orderby"):
        with pytest.raises(InvalidExpression):
            statement_for(apply="groupby((areaKind))", **{option: "areaCode eq '12'"})
    with pytest.raises(InvalidOption):
        statement_for(apply="groupby((areaKind))", select="areaCode")
    with pytest.raises(UnsupportedConstruct):
        statement_for(apply="groupby((areaCode))", expand="Area")


PROBES = [
    {"apply": f"{MONTHS}/groupby(({group}),aggregate({figures}))", **more}
    for group in ("areaCode", "periodStart", "areaCode,periodStart", "status", "numerator")
    for figures in (
        "numerator with sum as a,numerator with average as b",
        "numerator with min as a,numerator with max as b,value with max as c",
        "numerator with countdistinct as a,value with countdistinct as b,$count as c",
        "notPlaced with sum as a,value with min as b",
    )
    for more in ({}, {"filter": "a gt 3"}, {"orderby": "a desc"})
] + [
    {"filter": "numerator gt 5 or value lt 5", "orderby": "id"},
    {"filter": "not (numerator eq 4) and notPlaced ne 1", "orderby": "id"},
    {"filter": "status eq 'suppressed'", "orderby": "numerator mul 2,value desc,id"},
    {"apply": "filter(numerator mul 1 gt 8)/aggregate($count as n)"},
]


def test_no_answer_depends_on_a_suppressed_figure(connection: Connection) -> None:
    def all_answers() -> list[list[dict[str, Any]]]:
        answers = []
        for options in PROBES:
            statement = statement_for(**options)
            answers.append(connection.execute(whole(statement), statement.parameters.values).fetchall())
        return answers

    hidden = "FROM indicator_value WHERE status = 'suppressed' AND numerator IS NOT NULL"
    (count,) = connection.execute(f"SELECT count(*) AS n {hidden}").fetchall()
    assert count["n"] > 100
    before = all_answers()
    with connection.transaction(force_rollback=True):
        connection.execute(
            """UPDATE indicator_value SET numerator = numerator * 3 + 1, denominator = denominator + 7, not_placed = 9
               WHERE status = 'suppressed'"""
        )
        assert all_answers() == before
        connection.execute("UPDATE indicator_value SET numerator = numerator + 1 WHERE status <> 'suppressed'")
        assert all_answers() != before


def test_suppressed_rows_are_counted_beside_what_is_published(connection: Connection) -> None:
    found = answered(connection, f"{MONTHS}/groupby((status),aggregate(numerator with sum as total,$count as rows))")
    assert {row["status"] for row in found} == {"observed", "missing", "suppressed"}
    for row in found:
        assert isinstance(row["total"], Decimal) == (row["status"] == "observed")
        assert row["rows"] > 0
