"""Marks what changes by the mere passing of a day, once for each day that has passed.

A role begins or ends, an area moves, a due date passes, a month begins or is over: no one writes a fact then. Cases
under a time limit have marks of their own, written with the activity. Each turn looks one day back further than the
last, so that what was being written at midnight is seen.

A day that goes back has been a clock's fault: marks have ripened too early, and figures know of a day that has not
come. Everything is then computed again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.indicators.compute.comparisons import mark_all_comparisons, mark_rolled_over_days
from shared.domain.commitment import COMMITMENTS
from shared.domain.role import ROLE_CHANGES
from shared.domain.term import TERM_CHANGES
from shared.facts.marks import DAYS, month_marks, rollup_marks, scope_marks
from shared.facts.series import mark_all_series

if TYPE_CHECKING:
    from sqlalchemy import TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.domain.period import Clock
    from shared.facts.catalogue_in_force import CatalogueInForce

# By as much two processes may be apart that have asked PostgreSQL for the time: at midnight one is a moment ahead.
SECONDS_CLOCKS_MAY_DIFFER = 1.0

log = logging.getLogger(__name__)

_LAST_ROLLOVER = text("SELECT day FROM day_rollover")
_ROLL_OVER = text(
    """INSERT INTO day_rollover AS stored (is_only, day) VALUES (true, :as_of)
       ON CONFLICT (is_only) DO UPDATE SET day = excluded.day WHERE stored.day < excluded.day
       RETURNING old.day"""
)
_SET_BACK = text("UPDATE day_rollover SET day = :as_of WHERE day > :as_of RETURNING old.day")
# Rows of days that have not come: most of their years have no facts by which they would be found.
_MARK_DAYS_AHEAD = (
    text(
        scope_marks(
            """SELECT DISTINCT coalesce(municipality_id, area_id), extract(year FROM period_start)::integer, NULL,
                               date '-infinity'
               FROM indicator_value JOIN area USING (area_id) WHERE period_start > CAST(:as_of AS date)"""
        )
    ),
    text(
        rollup_marks(
            """SELECT DISTINCT series_id, area_id, extract(year FROM period_start)::integer
               FROM indicator_value JOIN area USING (area_id)
               WHERE period_start > CAST(:as_of AS date) AND municipality_id IS NULL"""
        )
    ),
)


def _mark_months(fact: str, changed: str, last: str) -> TextClause:
    """Return the statement that marks `fact` in the months from a change's day to `last`.

    `changed` selects (area_id, day). What is over changes on the day after its last, but has its last there: so the
    window begins a day before the one that is looked back to.
    """
    return text(
        month_marks(
            f"""SELECT area_id, month, '{fact}', date '-infinity'
                FROM ({changed}) AS rollover
                CROSS JOIN generate_series(date_trunc('month', day), CAST({last} AS date), interval '1 month') AS month
                WHERE day >= CAST(:since AS date) - 1 AND day <= :as_of"""
        )
    )


_BOUNDS = "unnest(ARRAY[lower({0}), upper({0})]) AS day"
_STATES_THAT_CHANGE = _mark_months(
    ROLE_CHANGES,
    last=":as_of",
    changed=f"""
        SELECT area_id, day FROM area_role, {_BOUNDS.format("valid")}
        UNION
        SELECT area_id, (lower(valid) + months * interval '1 month')::date
        FROM area_role JOIN unnest(CAST(:roles AS text[]), CAST(:months AS integer[])) AS recent(role, months)
             USING (role)
        UNION
        SELECT area_id, day FROM area, {_BOUNDS.format("valid")}
        UNION
        SELECT descendant_id, day FROM area_closure, {_BOUNDS.format("valid")}""",
)
# A month shows when it has begun, and counts when it is over.
_MONTHS_PASSED = _mark_months(
    TERM_CHANGES,
    last="day",
    changed="""
        SELECT area_id, day::date
        FROM (SELECT DISTINCT area_id FROM area_role WHERE need IS NOT NULL) AS place
        CROSS JOIN generate_series(date_trunc('month', CAST(:since AS date) - 1), CAST(:as_of AS date),
                                   interval '1 month') AS month,
            unnest(ARRAY[month, month + interval '1 month' - interval '1 day']) AS day""",
)
_COMMITMENTS_DUE = _mark_months(
    COMMITMENTS,
    last="day",
    changed="""
        SELECT area_id, day FROM commitment JOIN commitment_area USING (commitment_id),
            unnest(ARRAY[date_trunc('month', due_on)::date, due_on]) AS day""",
)
# A week that is over may be of the year before.
_DAYS_OVER = text(
    scope_marks(
        f"""SELECT DISTINCT coalesce(municipality_id, area_id), year, '{DAYS}', date '-infinity'
            FROM reporting JOIN area USING (area_id)
            CROSS JOIN generate_series(extract(year FROM CAST(:since AS date) - 5)::integer,
                                       extract(year FROM CAST(:as_of AS date))::integer) AS year
            WHERE EXISTS (SELECT FROM indicator_series WHERE recurs_each IS NOT NULL AND is_share)"""
    )
)


async def roll_over_day(connection: AsyncConnection, definitions: CatalogueInForce, clock: Clock) -> None:
    """Mark what has changed since the last rollover; nothing when that is today. The caller commits."""
    last = (await connection.execute(_LAST_ROLLOVER)).scalar_one_or_none()
    as_of = clock()
    if last == as_of:
        return
    if last is not None and last > as_of:
        await _go_back(connection, definitions, clock)
        return
    rollover = (await connection.execute(_ROLL_OVER, {"as_of": as_of})).one_or_none()
    if rollover is None or rollover.day is None:
        return
    days = {"since": rollover.day, "as_of": as_of}
    recent = _recent_roles(await definitions.current(connection))
    ages = {"roles": [role for role, _ in recent], "months": [months for _, months in recent]}
    await connection.execute(_STATES_THAT_CHANGE, days | ages)
    await connection.execute(_COMMITMENTS_DUE, days)
    await connection.execute(_MONTHS_PASSED, days)
    await connection.execute(_DAYS_OVER, days)
    await mark_rolled_over_days(connection, rollover.day, as_of)


async def _go_back(connection: AsyncConnection, definitions: CatalogueInForce, clock: Clock) -> None:
    """Mark everything, as of a day before that of the last rollover, if it still is that day after a moment."""
    await asyncio.sleep(SECONDS_CLOCKS_MAY_DIFFER)
    as_of = clock()
    wrong = (await connection.execute(_SET_BACK, {"as_of": as_of})).one_or_none()
    if wrong is None:
        return
    log.error("a clock was ahead: figures were computed as of %s. All are computed again, as of %s", wrong.day, as_of)
    await mark_all_series(connection, await definitions.current(connection), as_of)
    for statement in _MARK_DAYS_AHEAD:
        await connection.execute(statement, {"as_of": as_of})
    await mark_all_comparisons(connection)


def _recent_roles(catalogue: Catalogue) -> list[tuple[str, int]]:
    """Return the roles that count only while they are young, and for how many months."""
    states = [definition.holds for definition in catalogue.indicators.values() if definition.holds]
    return sorted({(state.role, state.within_months) for state in states if state.role and state.within_months})
