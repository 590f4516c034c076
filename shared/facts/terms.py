"""The only writer of term spans, of the term days of months that follow from them, and of their marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.arrays import as_arrays
from shared.db.locks import share_area_hierarchy
from shared.domain.activity import Span
from shared.domain.errors import InvalidArea, UnknownArea, Violation
from shared.domain.term import TERM_CHANGES, Term, contradictions
from shared.facts.marks import month_marks, scope_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

# Who puts the same municipality's terms waits here: two who each replace what they read would leave the sum of both.
_AREA = text("SELECT area_id, kind FROM area WHERE code = :code FOR NO KEY UPDATE")
_STORED = text(
    """SELECT name, lower(valid) AS first, upper(valid) - 1 AS last FROM term_span WHERE area_id = :area_id
       ORDER BY valid"""
)
_GIVEN = """(SELECT name, daterange(first, last, '[]') AS valid
             FROM unnest(CAST(:names AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]))
                  AS span(name, first, last)) AS given"""
# What stays as it is, is left alone: the audit trail tells what was changed.
_DROP = text(
    f"""DELETE FROM term_span AS stored
        WHERE area_id = :area_id AND NOT EXISTS (SELECT FROM {_GIVEN} WHERE given.valid = stored.valid)"""
)
_ADD = text(
    f"""INSERT INTO term_span AS stored (area_id, valid, name) SELECT :area_id, valid, name FROM {_GIVEN}
        ON CONFLICT (area_id, valid) DO UPDATE SET name = excluded.name WHERE stored.name <> excluded.name"""
)
_DROP_MONTHS = text("DELETE FROM term_month WHERE area_id = ANY(:areas)")
_ADD_MONTHS = text(
    """WITH covered AS (SELECT DISTINCT area_id, extract(year FROM day)::integer AS year
                     FROM term_span, unnest(ARRAY[lower(valid), upper(valid) - 1]) AS day
                     WHERE area_id = ANY(:areas))
       INSERT INTO term_month (area_id, month, working_days)
       SELECT covered.area_id, date_trunc('month', day)::date,
              count(*) FILTER (WHERE is_working AND EXISTS (
                  SELECT FROM term_span WHERE term_span.area_id = covered.area_id AND valid @> day))
       FROM covered
       JOIN calendar_day ON day >= make_date(year, 1, 1) AND day < make_date(year + 1, 1, 1)
       GROUP BY 1, 2"""
)
_WITH_TERMS = text("SELECT DISTINCT area_id FROM term_span")
# Up to tomorrow's month and year: they may have begun by the time this is committed.
_MARK_PLACES = text(
    month_marks(
        f"""SELECT descendant_id, month, '{TERM_CHANGES}', date '-infinity'
            FROM unnest(CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS changed(first, last)
            CROSS JOIN LATERAL generate_series(date_trunc('month', first), least(last, CAST(:today AS date) + 1),
                                               interval '1 month') AS month
            JOIN area_closure AS inside ON inside.ancestor_id = :area_id
                          AND inside.valid && daterange(month::date, (month + interval '1 month')::date)
            JOIN area_role ON area_role.area_id = descendant_id AND need IS NOT NULL"""
    )
)
# In a year of which terms are known, what has no term is not applicable; in others it is missing.
_MARK_YEARS = text(
    scope_marks(
        """SELECT DISTINCT CAST(:area_id AS integer), extract(year FROM day), NULL, date '-infinity'
           FROM unnest(CAST(:firsts AS date[]) || CAST(:lasts AS date[])) AS day
           WHERE extract(year FROM day) <= extract(year FROM CAST(:today AS date) + 1)"""
    )
)


async def put_terms(connection: AsyncConnection, municipality_code: str, terms: Sequence[Term], today: date) -> None:
    """Replace all terms of a municipality, derive their months, and mark what is other than before, up to tomorrow.

    Raises:
        UnknownArea: there is no such area.
        InvalidArea: it is no municipality; two terms share a day; one is longer than a year; or a name holds a
            personal identity number.

    """
    await share_area_hierarchy(connection)
    area = (await connection.execute(_AREA, {"code": municipality_code})).one_or_none()
    if area is None:
        raise UnknownArea
    violations = list(contradictions(terms))
    if area.kind != "municipality":
        remedy = "Send them to the address of the municipality."
        violations.append(Violation("terms", "belong to municipalities, and to nothing else", remedy))
    if violations:
        raise InvalidArea("The terms contradict each other, or the area.", violations)
    changed = set(await find_terms(connection, area.area_id)).symmetric_difference(terms)
    if not changed:
        return
    given = {"area_id": area.area_id, "names": [term.name for term in terms]} | _days(terms)
    await connection.execute(_DROP, given)
    await connection.execute(_ADD, given)
    await _derive_months(connection, [area.area_id])
    marked = {"area_id": area.area_id, "today": today} | _days(changed)
    await connection.execute(_MARK_PLACES, marked)
    await connection.execute(_MARK_YEARS, marked)


async def find_terms(connection: AsyncConnection, area_id: int) -> list[Term]:
    """Return the terms of a municipality, by day."""
    rows = await connection.execute(_STORED, {"area_id": area_id})
    return [Term(row.name, Span(row.first, row.last)) for row in rows]


async def derive_term_months(connection: AsyncConnection) -> None:
    """Derive the months of all terms afresh: the calendar has changed. The caller marks what follows."""
    await share_area_hierarchy(connection)
    await _derive_months(connection, list((await connection.execute(_WITH_TERMS)).scalars()))


async def _derive_months(connection: AsyncConnection, areas: Sequence[int]) -> None:
    await connection.execute(_DROP_MONTHS, {"areas": areas})
    await connection.execute(_ADD_MONTHS, {"areas": areas})


def _days(terms: Collection[Term]) -> dict[str, list[object]]:
    return as_arrays(("firsts", "lasts"), [(term.days.first, term.days.last) for term in terms])
