"""Freezes the figures of a period as they are served, and frees them again.

While it does so, nobody computes the municipalities' year, the levels above or comparisons (`shared.db.locks`): the
worker sees either that a figure is free, or that it is frozen. What was marked must have been computed before: it is
waited for, a short time. First for facts that count in the period; then, while nobody computes figures of the year, so
that facts of other months do not keep it from ending, for what stands beside the figures. What is reported meanwhile
comes later.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import text

from shared.closing.notes import copy_notes
from shared.closing.periods import AgreementPeriod, known_id
from shared.db.arrays import as_arrays
from shared.db.locks import hold_comparing, hold_scopes
from shared.domain.errors import FiguresNotSettled
from shared.domain.period import PeriodType, periods_of
from shared.facts.marks import comparison_marks, scope_marks
from shared.read_model.columns import COLUMNS, KEY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from typing import Any

    from sqlalchemy import TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.domain.period import Period

SECONDS_TO_SETTLE = 3.0
"""How long figures that are being computed are waited for, at each of the two steps."""
_LOOK_AGAIN = 0.1

_NAMES = ", ".join(column.name for column in COLUMNS if column.name not in KEY.split(", "))
# Series are joined first, so that rows are found by the key of figures, in which they come first.
_KEYS = f"SELECT {KEY} FROM indicator_series CROSS JOIN closed_area_period WHERE agreement_period_id = :id"

# Where facts count in the agreement's figures of the period, and where they ever did.
_AREAS = text(
    """SELECT array_agg(DISTINCT descendant_id) FILTER (WHERE valid && daterange(:first, :last, '[]')) AS inside,
              array_agg(DISTINCT descendant_id) AS ever_inside
       FROM agreement_area JOIN area_closure ON ancestor_id = area_id
       WHERE agreement_id = :agreement_id"""
)
# Whoever writes figures of these areas.
_WRITING = text(
    """SELECT writing_area_id FROM ancestor_set JOIN ancestor_set_member USING (ancestor_set_id)
       WHERE ancestor_id = ANY(:areas)
       UNION
       SELECT coalesce(municipality_id, area_id) FROM area WHERE area_id = ANY(:areas)"""
)
_FROZEN_AREAS = text("SELECT DISTINCT area_id FROM closed_area_period WHERE agreement_period_id = :id")
# An import that goes on in a request, and has said nothing for so long, has been interrupted.
_IS_IMPORTING = text(
    """SELECT EXISTS (
           SELECT FROM file_import
           WHERE ended_at IS NULL AND NOT dry_run
             AND (bytes IS NOT NULL OR heartbeat_at > clock_timestamp() - interval '10 minutes')
             AND (owner_area_id = ANY(:areas)
                  OR owner_area_id IN (SELECT ancestor_id FROM area_closure WHERE descendant_id = ANY(:areas))))"""
)
# Facts of earlier years count, too, in comparisons; those of later months do not. Figures of few hide one another,
# wherever they are.
_ARE_FIGURES_PENDING = text(
    """SELECT EXISTS (SELECT FROM dirty_mark
                      WHERE writing_area_id = ANY(:writing) AND year <= :year AND ripens_on <= :today
                        AND (area_id IS NULL OR area_id = ANY(:ever_inside)) AND (month IS NULL OR month <= :last))
           OR EXISTS (SELECT FROM rollup_mark JOIN indicator_series USING (series_id)
                      WHERE year <= :year
                        AND (area_id = ANY(:ever_inside) OR area_id = ANY(:writing)
                             OR indicator_code = ANY(:codes_of_few)))
           OR (SELECT max(day) FROM day_rollover) IS DISTINCT FROM :today"""
)
# Comparisons and signals reach back: those of earlier years count, too.
_ARE_COMPARISONS_PENDING = text(
    """SELECT EXISTS (SELECT FROM comparison_mark WHERE area_id = ANY(:inside) AND year <= :year)
           OR EXISTS (SELECT FROM signal_mark WHERE area_id = ANY(:inside) AND year <= :year)"""
)
# Of a place that moves, the periods in which it lies in the agreement's area on any day: what is reported there counts
# in the figures of the area, so all figures that count it are frozen together, and no other.
_CLOSE = text(
    """INSERT INTO closed_area_period (area_id, period_type, period_start, agreement_period_id)
       SELECT DISTINCT descendant_id, period_type, period_start, CAST(:id AS integer)
       FROM agreement_area JOIN area_closure ON ancestor_id = area_id
       JOIN unnest(CAST(:period_type AS text[]), CAST(:period_start AS date[])) AS period(period_type, period_start)
            ON valid && daterange(period_start, next_period_start(period_type, period_start))
       WHERE agreement_id = :agreement_id"""
)
_MATCHES = " AND ".join(f"value.{name} = key.{name}" for name in KEY.split(", "))
_CHANGED = "revision = revision + 1, computed_at = now(), changed_in = DEFAULT, change_number = DEFAULT"
# What ships may change its unit later. What another closed period holds keeps what it was read by then.
_KEEP_MEANING = "frozen_unit = unit, frozen_factor = CASE WHEN is_share THEN factor END"
_FINALIZE = (
    text(
        f"""UPDATE indicator_value AS value SET {_KEEP_MEANING}
            FROM ({_KEYS}) AS key JOIN indicator_series AS series USING (series_id)
            WHERE {_MATCHES} AND finality = 'final' AND frozen_unit IS NULL"""
    ),
    text(
        f"""UPDATE indicator_value AS value SET finality = 'final', {_KEEP_MEANING}, {_CHANGED}
            FROM ({_KEYS}) AS key JOIN indicator_series AS series USING (series_id)
            WHERE {_MATCHES} AND finality <> 'final'"""
    ),
)
_COPY = text(
    f"""INSERT INTO closed_value (agreement_period_id, closing_revision, {KEY}, {_NAMES})
        SELECT :id, :revision, {KEY}, {_NAMES} FROM ({_KEYS}) AS key JOIN served_value USING ({KEY})"""
)
_CODES = text(
    """SELECT DISTINCT indicator_code FROM closed_value
       WHERE agreement_period_id = :id AND closing_revision = :revision"""
)
_DEFINE = text(
    """INSERT INTO closed_definition (agreement_period_id, closing_revision, indicator_code, definition)
       SELECT :id, :revision, code, CAST(definition AS jsonb)
       FROM unnest(CAST(:code AS text[]), CAST(:definition AS text[])) AS given(code, definition)"""
)
# Whatever was true of these figures while they were frozen shows now: so all of their year is computed afresh.
_MARK_SCOPES = text(
    scope_marks("SELECT writing, :year, NULL, date '-infinity' FROM unnest(CAST(:writing AS integer[])) AS writing")
)
_MARK_COMPARISONS = text(
    comparison_marks(
        f"""SELECT DISTINCT series_id, area_id, CAST(:year AS smallint)
            FROM ({_KEYS}) AS key JOIN indicator_value USING ({KEY})"""
    )
)
# Before they are forgotten; what another closed period holds too stays as it is.
_FREED = f"""CREATE TEMPORARY TABLE freed ON COMMIT DROP AS {_KEYS}"""
_FREE = (
    "DELETE FROM closed_area_period WHERE agreement_period_id = :id",
    f"""UPDATE indicator_value AS value
        SET finality = 'preliminary', frozen_unit = NULL, frozen_factor = NULL, {_CHANGED}
        FROM freed AS key
        WHERE {_MATCHES} AND finality = 'final' AND NOT is_frozen(key.area_id, key.period_type, key.period_start)""",
    f"""DELETE FROM later_value AS value USING freed AS key
        WHERE {_MATCHES} AND NOT is_frozen(key.area_id, key.period_type, key.period_start)""",
)


async def freeze(
    connection: AsyncConnection, catalogue: Catalogue, found: AgreementPeriod, today: date, seconds: float
) -> int:
    """Freeze the figures of a period, in the agreement's areas and all that lie in these; return the revision's number.

    The revision has them with their definitions and the notes on them. What is still being computed is waited for so
    many seconds, at each of two steps.

    Raises:
        FiguresNotSettled: it is not computed by then, all figures are being rebuilt, or a file is being imported.
    """
    id_, period = known_id(found), found.period
    of_agreement = {"id": id_, "agreement_id": found.agreement_id}
    await _settle(connection, catalogue, found, today, seconds)
    parts = as_arrays(("period_type", "period_start"), [(one.type.value, one.start) for one in _and_shorter(period)])
    await connection.execute(_CLOSE, of_agreement | parts)
    for statement in _FINALIZE:
        await connection.execute(statement, {"id": id_})
    revision = found.revision + 1
    await connection.execute(_COPY, {"id": id_, "revision": revision})
    await _copy_definitions(connection, catalogue, id_, revision)
    await copy_notes(connection, id_, revision)
    return revision


async def free(connection: AsyncConnection, found: AgreementPeriod) -> None:
    """Let the figures of a period change again, where no other closed period holds them.

    They are marked, so that the worker brings in what has come since.

    Raises:
        FiguresNotSettled: all figures are being rebuilt.
    """
    id_, year = known_id(found), found.period.start.year
    areas = sorted((await connection.execute(_FROZEN_AREAS, {"id": id_})).scalars())
    writing = sorted((await connection.execute(_WRITING, {"areas": areas})).scalars())
    await _hold(connection, writing, year)
    await hold_comparing(connection)
    await connection.execute(_MARK_COMPARISONS, {"id": id_, "year": year})
    await connection.execute(text(_FREED), {"id": id_})
    for statement in _FREE:
        await connection.execute(text(statement), {"id": id_} if ":id" in statement else {})
    await connection.execute(text("DROP TABLE freed"))
    await connection.execute(_MARK_SCOPES, {"writing": writing, "year": year})


async def _settle(
    connection: AsyncConnection, catalogue: Catalogue, found: AgreementPeriod, today: date, seconds: float
) -> None:
    """Wait until the figures of a period are computed, and what stands beside them, and keep them as they are."""
    period = found.period
    days = {"agreement_id": found.agreement_id, "first": period.start, "last": period.end}
    areas = (await connection.execute(_AREAS, days)).one()
    inside, ever_inside = sorted(areas.inside or ()), sorted(areas.ever_inside or ())
    writing = sorted((await connection.execute(_WRITING, {"areas": ever_inside})).scalars())
    figures = {
        "writing": writing,
        "ever_inside": ever_inside,
        "year": period.start.year,
        "last": period.end,
        "today": today,
        "codes_of_few": [code for code, one in catalogue.indicators.items() if one.suppress_below is not None],
    }
    await _wait(connection, _ARE_FIGURES_PENDING, figures, seconds)
    await _hold(connection, writing, period.start.year)
    if (await connection.execute(_IS_IMPORTING, {"areas": inside})).scalar_one():
        raise FiguresNotSettled("A file is being imported in the area. Try again when that has ended.")
    await _wait(connection, _ARE_FIGURES_PENDING, figures, 0)
    compared = {"inside": inside, "year": period.start.year}
    await _wait(connection, _ARE_COMPARISONS_PENDING, compared, seconds)
    await hold_comparing(connection)
    await _wait(connection, _ARE_COMPARISONS_PENDING, compared, 0)


async def _wait(connection: AsyncConnection, pending: TextClause, asked: dict[str, Any], seconds: float) -> None:
    """Wait so long at most until nothing is pending.

    Raises:
        FiguresNotSettled: something still is.
    """
    until = time.monotonic() + seconds
    while (await connection.execute(pending, asked)).scalar_one():
        if time.monotonic() > until:
            raise FiguresNotSettled("Figures of the period are still being computed. Try again in a moment.")
        await asyncio.sleep(_LOOK_AGAIN)


async def _hold(connection: AsyncConnection, writing: Iterable[int], year: int) -> None:
    """Keep others from writing figures of a year that are written with these areas."""
    if not await hold_scopes(connection, [(area_id, year) for area_id in writing]):
        raise FiguresNotSettled("All figures are being rebuilt. Try again when that has ended.")


def _and_shorter(period: Period) -> list[Period]:
    """Return a period and all shorter ones that lie in it."""
    return [
        one for one in periods_of(period.start.year, PeriodType) if period.start <= one.start and one.end <= period.end
    ]


async def _copy_definitions(connection: AsyncConnection, catalogue: Catalogue, id_: int, revision: int) -> None:
    of_revision: dict[str, Any] = {"id": id_, "revision": revision}
    codes = sorted((await connection.execute(_CODES, of_revision)).scalars())
    definitions = [
        (code, orjson.dumps(catalogue.indicators[code].model_dump(mode="json", by_alias=True)).decode())
        for code in codes
        if code in catalogue.indicators
    ]
    await connection.execute(_DEFINE, of_revision | as_arrays(("code", "definition"), definitions))
