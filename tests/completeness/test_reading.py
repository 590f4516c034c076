"""What is missing and late in a small world: all that was expected, and nothing that was not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, create_engine, text

from shared.completeness.reports import Completeness
from shared.db.tables.activity import MAY_BE_LATE, reporting_day
from shared.domain.period import Period
from shared.domain.reporting_day import reporting_day_of
from shared.domain.wording import Language
from shared.expectations.expectation import ExpectationKind
from tests.completeness.conftest import CLOSING, DILIGENT, SILENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.annex_tables.reading import AnnexTable, YearTables
    from shared.annex_tables.rows import Cell

pytestmark = [pytest.mark.long]
VISITS, OBSERVATION, COMMITMENT, PLANNED = (
    ExpectationKind.VISITS,
    ExpectationKind.OBSERVATION,
    ExpectationKind.COMMITMENT,
    ExpectationKind.PLANNED,
)


def annex(tables: YearTables, number: int) -> AnnexTable:
    return next(one for one in tables.tables if one.number == number)


def cells(table: AnnexTable, indicator: str) -> tuple[Cell, ...]:
    return next(row.cells for row in table.rows if row.indicator == indicator)


def missing(completeness: Completeness, kind: ExpectationKind) -> set[str]:
    return {one.expectation.key for one in completeness.missing if one.expectation.kind is kind}


def visits(place: str, *months: int) -> set[str]:
    return {f"school-visits-as-needed/{place}/2016-{month:02}" for month in months}


def test_places_lack_visits_where_they_were_expected_and_none_was_reported(
    tables_as_of: Callable[..., YearTables],
) -> None:
    """Of a month in which too few were made something was reported; in June and July there is too little term."""
    found = annex(tables_as_of(), 7).completeness
    of_year = [one for one in found.expected if one.expectation.kind is VISITS]
    assert missing(found, VISITS) == visits(DILIGENT, 8) | visits(SILENT, 2, 4, 5, 8, 9, 10) | visits(CLOSING, 2)
    months = {one.period.start.month for one in of_year}
    assert months == {1, 2, 3, 4, 5, 8, 9, 10}, "November has not ended"
    assert {one.period.start.month for one in of_year if one.expectation.place.code == CLOSING} == {1, 2}
    assert {one.expectation.annex and one.expectation.annex.number for one in of_year} == {7}
    shares = [len(found.of(Period.parse(code)).expected) for code in ("2016-T1", "2016-T2", "2016-T3", "2016")]
    assert shares == [10, 4, 4, 18]


def test_values_say_how_many_reports_they_lack(tables_as_of: Callable[..., YearTables]) -> None:
    table = annex(tables_as_of(), 7)
    lacking = ["3 av 10 saknas", "3 av 4 saknas", "2 av 4 saknas", "8 av 18 saknas"]
    for indicator in ("school-visits", "schools-visited", "school-visits-as-needed"):
        assert [one.lacks["absent"] for one in cells(table, indicator)] == lacking
    assert not any("absent" in one.lacks for one in cells(table, "contact-officer-schools"))


def test_an_observation_is_missing_once_its_reporting_day_has_passed(tables_as_of: Callable[..., YearTables]) -> None:
    def months(today: date) -> list[int]:
        found = annex(tables_as_of(today), 4).completeness.missing
        observed = [one for one in found if one.indicator == "vandalism-cost"]
        return sorted(one.period.start.month for one in observed)

    assert months(date(2016, 5, 10)) == []
    assert months(date(2016, 5, 11)) == [1, 2, 3, 4]
    assert months(date(2016, 11, 20)) == [1, 2, 3, 4, 5, 6, 7, 8]
    for today, is_missing in ((date(2017, 1, 10), False), (date(2017, 1, 11), True)):
        surveys = {one.indicator for one in annex(tables_as_of(today), 1).completeness.missing}
        assert ("feels-safe-outdoors" in surveys) is is_missing


def test_a_commitment_is_missing_when_nobody_has_told_of_it(tables_as_of: Callable[..., YearTables]) -> None:
    table = annex(tables_as_of(), 4)
    due = [one for one in table.completeness.expected if one.expectation.kind is COMMITMENT]
    assert [(one.expectation.key.split("/")[1], one.is_missing) for one in due] == [("silent", True), ("told", False)]
    assert cells(table, "commitments-fulfilled")[-1].lacks["absent"] == "1 av 2 saknas"
    before = annex(tables_as_of(date(2016, 3, 31)), 4).completeness
    assert not [one for one in before.expected if one.expectation.kind is COMMITMENT], "it is due on that very day"


def test_what_was_planned_is_missing_from_the_day_after(tables_as_of: Callable[..., YearTables]) -> None:
    (one,) = annex(tables_as_of(), 3).completeness.missing
    assert (one.expectation.kind, one.expectation.day) == (PLANNED, date(2016, 10, 4))
    assert cells(annex(tables_as_of(), 3), "safety-walks")[-1].lacks == {"absent": "1 saknas"}
    assert annex(tables_as_of(date(2016, 10, 4)), 3).completeness.missing == ()


def test_what_arrived_late_is_counted_by_what_figures_count(tables_as_of: Callable[..., YearTables]) -> None:
    """One that arrived late is in the shares of cases and the count, not among the racist ones; history is not late."""
    tables = tables_as_of()
    schools, streets = annex(tables, 7), annex(tables, 4)
    assert [(one.activity_type, one.number, one.most_days) for one in schools.completeness.late] == [
        ("school-visit", 1, 1)
    ]
    assert [(one.activity_type, one.number, one.most_days) for one in streets.completeness.late] == [
        ("graffiti-cleanup", 1, 12)
    ]
    for table, indicator in (
        (schools, "school-visits"),
        (streets, "graffiti-cleanups"),
        (streets, "graffiti-started-in-time"),
    ):
        late = [one.lacks.get("late") for one in cells(table, indicator)]
        assert late == ["1 kom in sent", None, None, "1 kom in sent"], indicator
    assert not any("late" in one.lacks for one in cells(streets, "hateful-graffiti-started-in-time"))


def test_a_share_of_3_of_4_rests_on_little(tables_as_of: Callable[..., YearTables]) -> None:
    table = annex(tables_as_of(), 4)
    share = cells(table, "graffiti-started-in-time")
    assert (share[0].share_of, share[0].lacks["little"]) == ("3/4", "litet underlag")
    assert "little" not in cells(table, "graffiti-cleanups")[0].lacks
    marked = sum("little" in cell.lacks for row in table.rows for cell in row.cells)
    assert marked == len(table.completeness.little) > 0


def test_the_sentences_of_annexes(tables_as_of: Callable[..., YearTables]) -> None:
    tables = tables_as_of()
    assert tables.sums(annex(tables, 7))[0] == "8 av 18 månadsrapporter om skolbesök har inte kommit in."
    english = tables_as_of(language=Language.EN)
    assert english.sums(annex(english, 4))[1:3] == (
        "1 of 2 commitments that were due have not been followed up.",
        "One activity arrived after 10\N{NO-BREAK SPACE}May 2016, 12 days late.",
    )
    early = tables_as_of(date(2016, 5, 1))
    assert early.sums(annex(early, 7))[0] == (
        "2 av 3 skolor har inte rapporterat skolbesök för februari, 1 av 2 för april."
    )


def test_the_reporting_day_in_sql_is_the_one_in_python(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        rows = connection.execute(
            text(
                f"""SELECT day::date, {reporting_day("day::date")}
                    FROM generate_series(timestamp '2015-12-25', timestamp '2017-01-05', interval '1 day') AS day"""
            )
        ).all()
    assert [(day, reporting_day_of(day)) for day, _ in rows] == [tuple(row) for row in rows]


def test_late_ones_are_found_by_their_index(database_url: str) -> None:
    """However many activities there are, those alone are looked at."""
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(text(f"EXPLAIN SELECT FROM activity WHERE area_id = 1 AND {MAY_BE_LATE}")).scalars()
        assert "ix_activity_late" in "".join(plan)
