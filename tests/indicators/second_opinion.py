"""A second opinion on every figure, by hand-written SQL from the definitions in words.

It reads only `activity`, `area`, `area_edge` and the agreements. It shares nothing with the project's own
computation: it walks the edges day by day, and has its own list of Swedish holidays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Key = tuple[str, str, str]
Figure = tuple[Any, Any, int]

# Every case that a figure is about, as the definition says it: where, on which day it counts, what it adds above and
# below the line, and whether it is set apart (1) because it cannot be judged.
CASES = {
    "graffiti-cleanups": """
        SELECT area_id, coalesce(start_on, completed_on) AS day, 1 AS above, NULL::integer AS below, 0 AS apart
        FROM activity WHERE activity_type = 'graffiti-cleanup' AND status = 'performed'
        UNION ALL
        SELECT area_id, reported_on, 0, NULL, 1 FROM activity
        WHERE activity_type = 'graffiti-cleanup' AND status = 'performed' AND duplicate_of IS NULL
          AND start_on IS NULL AND completed_on IS NULL""",
    "graffiti-started-in-time": """
        SELECT area_id, reported_on AS day,
               CASE WHEN status = 'performed' AND start_on IS NOT NULL THEN (start_on <= due)::integer
                    WHEN status = 'performed' THEN 1 ELSE 0 END AS above, 1 AS below, 0 AS apart
        FROM reported_graffiti
        WHERE due < :as_of AND NOT (status = 'performed' AND start_on IS NULL AND coalesce(completed_on > due, true))
        UNION ALL
        SELECT area_id, reported_on, NULL, NULL, 1 FROM reported_graffiti
        WHERE due >= :as_of OR (status = 'performed' AND start_on IS NULL AND coalesce(completed_on > due, true))
        UNION ALL
        SELECT area_id, coalesce(start_on, completed_on), NULL, NULL, 1 FROM activity
        WHERE activity_type = 'graffiti-cleanup' AND status IN ('planned', 'performed') AND reported_on IS NULL""",
    "hateful-graffiti-started-in-time": """
        SELECT area_id, reported_on AS day,
               CASE WHEN status = 'performed' AND start_on IS NOT NULL THEN (start_on <= due)::integer
                    WHEN status = 'performed' THEN 1 ELSE 0 END AS above, 1 AS below, 0 AS apart
        FROM reported_graffiti
        WHERE attributes ->> 'contentKind' IN ('racist', 'sexist')
          AND due < :as_of AND NOT (status = 'performed' AND start_on IS NULL AND coalesce(completed_on > due, true))
        UNION ALL
        SELECT area_id, reported_on, NULL, NULL, 1 FROM reported_graffiti
        WHERE attributes ->> 'contentKind' IN ('racist', 'sexist')
          AND (due >= :as_of OR (status = 'performed' AND start_on IS NULL AND coalesce(completed_on > due, true)))
        UNION ALL
        SELECT area_id, coalesce(start_on, completed_on), NULL, NULL, 1 FROM activity
        WHERE activity_type = 'graffiti-cleanup' AND attributes ->> 'contentKind' IN ('racist', 'sexist')
          AND status IN ('planned', 'performed') AND reported_on IS NULL""",
    "school-visits": """
        SELECT area_id, start_on AS day, 1 AS above, NULL::integer AS below, 0 AS apart
        FROM activity WHERE activity_type = 'school-visit' AND status = 'performed'""",
    "schools-visited": """
        SELECT area_id, start_on AS day, 1 AS above, NULL::integer AS below, 0 AS apart
        FROM activity WHERE activity_type = 'school-visit' AND status = 'performed'""",
    "safety-walks": """
        SELECT area_id, start_on AS day, 1 AS above, NULL::integer AS below, 0 AS apart
        FROM activity WHERE activity_type = 'safety-walk' AND status = 'performed'""",
    "safety-walk-participants": """
        SELECT area_id, start_on AS day, people AS above, NULL::bigint AS below, (people IS NULL)::integer AS apart
        FROM walk""",
    "safety-walks-reaching-20": """
        SELECT area_id, start_on AS day, CASE WHEN people >= 20 THEN 1 WHEN people < 20 THEN 0 END AS above,
               CASE WHEN people IS NOT NULL THEN 1 END AS below, (people IS NULL)::integer AS apart
        FROM walk WHERE NOT jsonb_exists(attributes, 'followsUp')""",
    "trainings": """
        SELECT area_id, start_on AS day, 1 AS above, NULL::integer AS below, 0 AS apart
        FROM activity WHERE activity_type = 'training' AND status = 'performed'""",
    "traffic-checks": """SELECT area_id, start_on AS day, count AS above, NULL::integer AS below, 0 AS apart
        FROM activity WHERE activity_type = 'traffic-check' AND status = 'performed'""",
    "training-participants": """
        SELECT area_id, start_on AS day, people AS above, NULL::bigint AS below, (people IS NULL)::integer AS apart
        FROM attended WHERE activity_type = 'training'""",
    "participants": """
        SELECT area_id, start_on AS day, people AS above, NULL::bigint AS below, (people IS NULL)::integer AS apart
        FROM attended""",
    "mobile-office-days": """
        SELECT area_id, start_on AS day, 1 AS above, NULL::integer AS below, 0 AS apart
        FROM activity WHERE activity_type = 'mobile-office-day' AND status = 'performed'""",
}
# What counts once, however often it happened; all else is added up.
ONCE = {"schools-visited": "happened.area_id", "mobile-office-days": "(happened.area_id, happened.day)"}
SHARES = {"graffiti-started-in-time", "hateful-graffiti-started-in-time", "safety-walks-reaching-20"}
THEMES = {
    "graffiti-cleanups": {"attractive-city"},
    "graffiti-started-in-time": {"attractive-city"},
    "hateful-graffiti-started-in-time": {"attractive-city"},
    "school-visits": {"contact-officers"},
    "schools-visited": {"contact-officers"},
    "safety-walks": {"safety-walks"},
    "safety-walk-participants": {"safety-walks"},
    "safety-walks-reaching-20": {"safety-walks"},
    "trainings": {"drugs-and-tobacco", "drug-free-gyms"},
    "training-participants": {"drugs-and-tobacco", "drug-free-gyms"},
    "traffic-checks": {"visible-police"},
    "participants": set(),
    "mobile-office-days": set(),
}

# What several definitions speak of: reported graffiti with the end of the second working day after the report; a
# performed walk with those who came, representatives apart; everything performed that people attend, with all of them.
_WORDS = """
    reported_graffiti AS (
        SELECT activity.*, (SELECT day::date
                            FROM generate_series(reported_on + 1, reported_on + 20, interval '1 day') AS day
                            WHERE extract(isodow FROM day) <= 5 AND day::date <> ALL(CAST(:days_off AS date[]))
                            ORDER BY day LIMIT 1 OFFSET 1) AS due
        FROM activity
        WHERE activity_type = 'graffiti-cleanup' AND status <> 'cancelled' AND reported_on IS NOT NULL),
    walk AS (
        SELECT activity.*, (SELECT sum(came) FROM unnest(ARRAY[participants_residents, participants_pupils,
                                participants_parents, participants_volunteers, participants_associations,
                                participants_businesses, participants_other]) AS came) AS people
        FROM activity WHERE activity_type = 'safety-walk' AND status = 'performed'),
    attended AS (
        SELECT activity.*, (SELECT sum(came) FROM unnest(ARRAY[participants_residents, participants_pupils,
                                participants_parents, participants_principals, participants_student_health_staff,
                                participants_other_school_staff, participants_social_services,
                                participants_municipality, participants_police, participants_property_owners,
                                participants_volunteers, participants_associations, participants_businesses,
                                participants_other]) AS came) AS people
        FROM activity
        WHERE activity_type IN ('school-visit', 'safety-walk', 'training', 'collaboration-meeting', 'mobile-office-day',
                                'traffic-check')
          AND status = 'performed')"""

# From each place upwards, as the edges are on the day. What no municipality holds that day is not placed, unless it is
# itself an area above or outside the municipalities.
_FIGURES = """
    WITH RECURSIVE {words},
    happened AS ({cases}),
    up (spot, day, area_id) AS (
        SELECT DISTINCT happened.area_id, day, happened.area_id
        FROM happened JOIN area ON area.area_id = happened.area_id AND area.valid @> day
        UNION
        SELECT spot, day, parent_id
        FROM up JOIN area_edge ON child_id = up.area_id AND area_edge.valid @> day
                JOIN area ON area.area_id = parent_id AND area.valid @> day),
    placed AS (
        SELECT up.* FROM up JOIN area AS spot ON spot.area_id = up.spot
        WHERE spot.kind <> 'place' OR EXISTS (
            SELECT FROM up AS higher JOIN area USING (area_id)
            WHERE higher.spot = up.spot AND higher.day = up.day AND area.kind = 'municipality')),
    spelled (day, period) AS (
        SELECT day, unnest(ARRAY[to_char(day, 'YYYY-MM'), to_char(day, 'YYYY'), to_char(day, 'YYYY-"Q"Q'),
                                 to_char(day, 'YYYY-"T"') || (extract(month FROM day)::integer + 3) / 4,
                                 to_char(day, 'YYYY-"H"') || (extract(month FROM day)::integer + 5) / 6])
        FROM (SELECT DISTINCT day FROM happened WHERE day IS NOT NULL) AS each)
    SELECT code, period, {above} AS above, sum(below) AS below, sum(apart) AS apart
    FROM happened JOIN placed ON placed.spot = happened.area_id AND placed.day = happened.day
         JOIN spelled ON spelled.day = happened.day
         JOIN area ON area.area_id = placed.area_id
    GROUP BY 1, 2"""

# What is reported where, day by day: in the agreement's areas, the municipalities inside of them and all above, what
# annexes in force and the agreement follow; and in its own area, what a target is set for.
_REPORTED = """
    WITH RECURSIVE in_force AS (
        SELECT agreement_id, follows, day::date AS day
        FROM agreement JOIN annex USING (agreement_id)
        CROSS JOIN LATERAL (
            SELECT 'theme/' || theme AS follows WHERE annex.indicators IS NULL
            UNION SELECT 'indicator/' || unnest(annex.indicators)) AS follows
        CROSS JOIN generate_series(lower(agreement.valid), upper(agreement.valid) - 1, interval '1 day') AS day
        WHERE annex.valid @> day::date
        UNION
        SELECT agreement_id, 'indicator/' || unnest(indicators), day::date
        FROM agreement
        CROSS JOIN generate_series(lower(valid), upper(valid) - 1, interval '1 day') AS day),
    targeted AS (
        SELECT area_id, 'indicator/' || indicator_code || '/' || slice AS follows, day::date AS day
        FROM target JOIN area USING (area_id)
        CROSS JOIN generate_series(lower(target.valid), upper(target.valid) - 1, interval '1 day') AS day
        WHERE area.valid @> day::date),
    up (spot, day, area_id) AS (
        SELECT DISTINCT area.area_id, day, area.area_id
        FROM (SELECT day FROM in_force UNION SELECT day FROM targeted) AS days, area
        WHERE valid @> day AND (kind = 'municipality' AND code = ANY(:municipalities)
            OR area_id IN (SELECT area_id FROM agreement_area)
            OR EXISTS (SELECT FROM area_role WHERE area_role.area_id = area.area_id AND role = 'contact-officer'
                                               AND area_role.valid @> day))
        UNION
        SELECT spot, day, parent_id
        FROM up JOIN area_edge ON child_id = up.area_id AND area_edge.valid @> day
                JOIN area ON area.area_id = parent_id AND area.valid @> day),
    reported AS (
        SELECT DISTINCT follows, in_force.day, higher.area_id
        FROM in_force
        JOIN agreement_area USING (agreement_id)
        JOIN up ON up.area_id = agreement_area.area_id AND up.day = in_force.day
        JOIN area AS own ON own.area_id = up.spot
        JOIN up AS higher ON higher.spot = up.spot AND higher.day = up.day
        WHERE own.kind = 'municipality' OR own.area_id = agreement_area.area_id
        UNION
        SELECT follows, day, area_id FROM targeted)"""
_REPORTING = f"""{_REPORTED}
    SELECT DISTINCT follows, code, date_trunc('month', day)::date AS month FROM reported JOIN area USING (area_id)"""
# The months in which a school has its contact officer on a day when its municipality reports of contact officers.
_EXPECTED = f"""{_REPORTED}
    SELECT DISTINCT area.code, date_trunc('month', reported.day)::date AS month
    FROM reported
    JOIN area AS municipality ON municipality.area_id = reported.area_id AND municipality.kind = 'municipality'
    JOIN up AS school ON school.area_id = reported.area_id AND school.day = reported.day
    JOIN area_role ON area_role.area_id = school.spot AND role = 'contact-officer' AND area_role.valid @> reported.day
    JOIN area ON area.area_id = school.spot
    WHERE follows IN ('theme/contact-officers', 'indicator/school-visits/all')"""


async def second_opinion(
    connection: AsyncConnection, as_of: date, municipalities: tuple[str, ...]
) -> dict[Key, Figure]:
    """Return every figure: (indicator, area, period) to (numerator, denominator, left out); of any type of period.

    Agreements are taken to cover no other municipalities than those named.
    """
    empty = await _empty(connection, as_of, municipalities)
    figures: dict[Key, Figure] = {}
    for indicator, cases in CASES.items():
        above = f"count(DISTINCT {ONCE[indicator]})" if indicator in ONCE else "sum(above)"
        statement = _FIGURES.format(words=_WORDS, cases=cases, above=above)
        rows = await connection.execute(text(statement), _given(statement, as_of))
        for row in rows:
            figure = (row.above, row.below, row.apart)
            if indicator in SHARES:
                figure = (row.above or 0, row.below or 0, row.apart)
            figures[indicator, row.code, row.period] = figure
    nothing = {key: (0, 0 if key[0] in SHARES else None, 0) for key in empty}
    return nothing | figures


async def _empty(connection: AsyncConnection, as_of: date, municipalities: tuple[str, ...]) -> set[Key]:
    months = defaultdict(set)
    given = {"municipalities": list(municipalities)}
    for row in await connection.execute(text(_REPORTING), given):
        months[row.follows, row.code].add(row.month)
    visits = {
        ("school-visits", row.code, name)
        for row in await connection.execute(text(_EXPECTED), given)
        for name, months_of in periods_around(row.month)
        if months_of[0] <= as_of
    }
    return visits | {
        (indicator, area, name)
        for (follows, area), reported in months.items()
        for month in reported
        for name, months_of in periods_around(month)
        if months_of[0] <= as_of
        for indicator, themes in THEMES.items()
        if follows == f"indicator/{indicator}/all" or follows.removeprefix("theme/") in themes
    }


@cache
def periods_around(month: date) -> Sequence[tuple[str, Sequence[date]]]:
    """Return the names of the month and of the longer periods around it, and their months."""
    periods = [(f"{month:%Y-%m}", [month])]
    for letter, length in (("-Q", 3), ("-T", 4), ("-H", 6), ("", 12)):
        number = (month.month - 1) // length
        months = [month.replace(month=number * length + ahead) for ahead in range(1, length + 1)]
        periods.append((f"{month:%Y}{letter}{number + 1 if letter else ''}", months))
    return periods


def _given(statement: str, as_of: date) -> dict[str, object]:
    """Return the parameters that the statement asks for."""
    given = {"days_off": sorted(days_off()), "as_of": as_of}
    return {name: value for name, value in given.items() if f":{name}" in statement}


@cache
def days_off() -> frozenset[date]:
    """Return the days off from 2010 to 2029 that can fall on a weekday, eves that count as Sundays included."""
    off = set()
    for year in range(2010, 2030):
        easter = _easter(year)
        fixed = ((1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31))
        off |= {date(year, month, day) for month, day in fixed}
        # Good Friday, Easter Monday, Ascension Day
        off |= {easter + timedelta(days) for days in (-2, 1, 39)}
        # Midsummer Eve is the Friday that falls on 19 to 25 June.
        off |= {date(year, 6, day) for day in range(19, 26) if date(year, 6, day).weekday() == 4}
    return frozenset(off)


def _easter(year: int) -> date:
    """Return Easter Sunday, by Gauss's rule with the constants that hold from 1900 to 2099."""
    moon = (19 * (year % 19) + 24) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    day = date(year, 3, 22) + timedelta(moon + sunday)
    if (moon, sunday) == (29, 6) or ((moon, sunday) == (28, 6) and year % 19 > 10):
        day -= timedelta(7)
    return day
