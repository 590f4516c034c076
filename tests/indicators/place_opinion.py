"""A second opinion on what is true of places, day by day in Python from the definitions in words.

Like `second_opinion`, it reads only what was sent, and shares nothing with the project's own computation.
"""

# Over 300 lines: all that places, their states, and which areas report need to be looked up by hand.

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.indicators.second_opinion import Figure, Key, days_off, periods_around

DAY = timedelta(days=1)
# All in which a history reports, or lets anything happen.
MONTHS = [date(year, month, 1) for year in (2012, 2014, 2015, 2016, 2017, 2018, 2019) for month in range(1, 13)]


class Figures(dict[Key, Figure]):
    """Figures that add up: numerator, denominator, left out."""

    def add(self, key: Key, above: int | None, below: int | None, apart: int = 0) -> None:
        own = self.get(key, (0, None if below is None else 0, 0))
        self[key] = (own[0] + (above or 0), None if below is None else own[1] + below, own[2] + apart)


@dataclass(frozen=True)
class Sent:
    """All that was sent of areas, agreements, roles, terms and activities, as of a day."""

    as_of: date
    areas: Mapping[str, Row[Any]]
    parents: Mapping[str, Sequence[Row[Any]]]
    roles: Sequence[Row[Any]]
    terms: Sequence[Row[Any]]
    followed: Sequence[Row[Any]]
    activities: Sequence[Row[Any]]
    municipalities: Sequence[str]
    _above: dict[tuple[str, date], frozenset[str]] = field(default_factory=dict)
    _last_reports: dict[tuple[str, date, frozenset[str]], date | None] = field(default_factory=dict)
    _reporting: dict[tuple[date, frozenset[str]], frozenset[str]] = field(default_factory=dict)

    def above(self, code: str, day: date) -> frozenset[str]:
        """Return the areas that an area lies in on a day, itself too; none outside its own days."""
        if (code, day) not in self._above:
            found: set[str] = set()
            waiting = [code]
            while waiting:
                one = waiting.pop()
                if one not in found and _is_in(self.areas[one], day):
                    found.add(one)
                    waiting += [edge.parent for edge in self.parents.get(one, ()) if _is_in(edge, day)]
            self._above[code, day] = frozenset(found)
        return self._above[code, day]

    def reporting(self, day: date, follows: frozenset[str]) -> frozenset[str]:
        """Return which areas report any of what is followed, themselves or because of an area below."""
        if (day, follows) not in self._reporting:
            found: set[str] = set()
            for row in self.followed:
                if row.follows in follows and _is_in(row, day):
                    found |= self._of_target(row, day) if row.is_target else self._of_agreement(row.area, day)
            self._reporting[day, follows] = frozenset(found)
        return self._reporting[day, follows]

    def _of_agreement(self, area: str, day: date) -> set[str]:
        return {above for one in (area, *self._municipalities_of(area, day)) for above in self.above(one, day)}

    def _of_target(self, row: Row[Any], day: date) -> set[str]:
        """A target's area reports; of a state, so does the municipality that counts it."""
        own = {row.area} & self.above(row.area, day)
        return own.union(self._municipalities_of(row.area, day)) if row.indicator in STATES else own

    def _municipalities_of(self, area: str, day: date) -> list[str]:
        """Return those that lie in an area, or that it lies in."""
        return [one for one in self.municipalities if area in self.above(one, day) or one in self.above(area, day)]

    def last_report(self, municipality: str, month: date, follows: frozenset[str]) -> date | None:
        """Return the last day of the month on which a municipality reports; it may be ahead."""
        key = (municipality, month, follows)
        if key not in self._last_reports:
            days = (day for day in reversed(list(days_of(month))) if municipality in self.reporting(day, follows))
            self._last_reports[key] = next(days, None)
        return self._last_reports[key]

    def has_role(self, code: str, role: str, day: date) -> bool:
        return any(row.code == code and row.role == role and _is_in(row, day) for row in self.roles)

    def performed(self, code: str, activity_type: str, first: date, last: date) -> list[Row[Any]]:
        return [
            row
            for row in self.activities
            if row.code == code and row.activity_type == activity_type and first <= row.start_on <= last
        ]


class State(NamedTuple):
    """What is asked of a place on a day."""

    theme: str | None
    is_of: Callable[[Sent, str, date], bool]
    holds: Callable[[Sent, str, date], bool]
    is_share: bool


def _kind(place_kind: str) -> Callable[[Sent, str, date], bool]:
    return lambda sent, code, _day: sent.areas[code].place_kind == place_kind


def _met(sent: Sent, code: str, day: date) -> bool:
    meetings = sent.performed(code, "collaboration-meeting", day.replace(month=1, day=1), day)
    return any(meeting.attributes.get("coordinatorPresent") == "yes" for meeting in meetings)


STATES = {
    "contact-officer-schools": State(
        "contact-officers",
        _kind("school"),
        lambda sent, code, day: sent.has_role(code, "contact-officer", day),
        is_share=False,
    ),
    "schools-with-contact-officer": State(
        "contact-officers",
        lambda sent, code, day: (
            sent.areas[code].place_kind == "school" and sent.has_role(code, "contact-officer-school", day)
        ),
        lambda sent, code, day: sent.has_role(code, "contact-officer", day),
        is_share=True,
    ),
    "groups-met-coordinator": State("school-social-police", _kind("collaboration-area"), _met, is_share=True),
}
AS_NEEDED = "school-visits-as-needed"
OF_PLACES = {*STATES, AS_NEEDED}


def place_opinion(sent: Sent) -> dict[Key, Figure]:
    """Return every figure of states and of school months: (indicator, area, period) to its parts."""
    figures = Figures()
    for indicator, state in STATES.items():
        add_state(figures, sent, indicator, state, sent.municipalities)
    _add_school_months(figures, sent)
    for indicator, theme in ((AS_NEEDED, "contact-officers"), *((code, one.theme) for code, one in STATES.items())):
        is_count = indicator in STATES and not STATES[indicator].is_share
        for area, period in expected(sent, follows_of(indicator, theme)):
            figures.setdefault((indicator, area, period), (0, None if is_count else 0, 0))
    return figures


def add_state(figures: Figures, sent: Sent, indicator: str, state: State, municipalities: Sequence[str]) -> None:
    """Each municipality counts its places at the end of its period, or of its reporting in it; all above add up.

    A place that two have counted by then counts as the later of them has it, in what holds both.
    """
    found: dict[tuple[Key, str], tuple[date, int]] = {}
    for municipality in municipalities:
        follows = follows_of(indicator, state.theme)
        reported = {month: sent.last_report(municipality, month, follows) for month in _begun(sent)}
        for month, last_report in reported.items():
            if last_report is None:
                continue
            day = min(sent.as_of, _end(month), last_report)
            ends = [
                period
                for period, months in periods_around(month)
                if month == max((one for one in months if reported.get(one)), default=None)
            ]
            for code, area in sent.areas.items():
                above = sent.above(code, day) if area.kind == "place" else ()
                if municipality in above and state.is_of(sent, code, day):
                    for key in ((indicator, one, period) for one in above for period in ends):
                        latest = max(found.get((key, code), (day, 0)), (day, int(state.holds(sent, code, day))))
                        found[key, code] = latest
    for (key, _), (_, holds) in found.items():
        figures.add(key, holds, 1 if state.is_share else None)


def _add_school_months(figures: Figures, sent: Sent) -> None:
    schools = {row.code for row in sent.roles if sent.areas[row.code].place_kind == "school"}
    for code in sorted(schools):
        for month in _begun(sent):
            days = [day for day in days_of(month) if _is_working(day) and _is_in_term(sent, code, day)]
            if len(days) < 10:
                continue
            (role,) = (
                row for row in sent.roles if (row.code, row.role) == (code, "contact-officer") and _is_in(row, days[-1])
            )
            if not role.need:
                continue
            met = len(sent.performed(code, "school-visit", month, _end(month))) >= role.need
            has_ended = _end(month) < sent.as_of
            for area in sent.above(code, days[-1]):
                for period, _ in periods_around(month):
                    if has_ended:
                        figures.add((AS_NEEDED, area, period), int(met), 1)
                    else:
                        figures.add((AS_NEEDED, area, period), 0, 0, 1)


def _is_in_term(sent: Sent, code: str, day: date) -> bool:
    above = sent.above(code, day)
    return sent.has_role(code, "contact-officer", day) and any(
        row.code in above and _is_in(row, day) for row in sent.terms
    )


def follows_of(indicator: str, theme: str | None) -> frozenset[str]:
    """Return what an area must follow to report an indicator: its theme, or else anything; or its name."""
    return frozenset((f"theme/{theme}" if theme else "agreement", f"indicator/{indicator}/all"))


def expected(sent: Sent, follows: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield where and for which periods there is a row though there be nothing."""
    for month in MONTHS:
        areas = {area for day in days_of(month) for area in sent.reporting(day, follows)}
        for period, months in periods_around(month):
            if months[0] <= sent.as_of:
                yield from ((area, period) for area in areas)


def municipalities_opinion(
    sent: Sent, asked: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Return how many municipalities report in each of the areas and periods asked for, and how many there are.

    `asked` has what is followed, with spaces between, areas and periods. No municipality reports but those that are
    named.
    """
    every = [code for code, area in sent.areas.items() if area.kind == "municipality"]
    inside: dict[date, dict[str, set[str]]] = {}
    answers = {}
    for follows, area, period in asked:
        months = next(of for month in MONTHS for name, of in periods_around(month) if name == period)
        day = min(_end(months[-1]), sent.as_of)
        if day not in inside:
            inside[day] = defaultdict(set)
            for code in every:
                for one in sent.above(code, day):
                    inside[day][one].add(code)
        reporting = [
            code
            for code in inside[day][area] & set(sent.municipalities)
            if any(sent.last_report(code, month, frozenset(follows.split())) for month in months)
        ]
        answers[follows, area, period] = (len(reporting), len(inside[day][area]))
    return answers


async def read_sent(connection: AsyncConnection, as_of: date, municipalities: Sequence[str]) -> Sent:
    """Read what was sent."""
    areas = {row.code: row for row in await connection.execute(_AREAS)}
    parents: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in await connection.execute(_EDGES):
        parents[row.child].append(row)
    roles, terms, followed, activities = [
        list(await connection.execute(statement)) for statement in (_ROLES, _TERMS, _FOLLOWED, _ACTIVITIES)
    ]
    return Sent(as_of, areas, parents, roles, terms, followed, activities, municipalities)


def _is_in(row: Row[Any], day: date) -> bool:
    return bool((row.first is None or row.first <= day) and (row.next is None or day < row.next))


def _begun(sent: Sent) -> list[date]:
    return [month for month in MONTHS if month <= sent.as_of]


def _end(month: date) -> date:
    return (month + 31 * DAY).replace(day=1) - DAY


def days_of(month: date) -> Iterator[date]:
    day = month
    while day <= _end(month):
        yield day
        day += DAY


def _is_working(day: date) -> bool:
    return day.weekday() < 5 and day not in days_off()


_SPAN = "lower({0}) AS first, upper({0}) AS next"
_AREAS = text(f"SELECT code, kind, place_kind, {_SPAN.format('valid')} FROM area")
_EDGES = text(
    f"""SELECT child.code AS child, parent.code AS parent, {_SPAN.format("area_edge.valid")} FROM area_edge
        JOIN area AS child ON child.area_id = child_id JOIN area AS parent ON parent.area_id = parent_id"""
)
_ROLES = text(f"SELECT code, role, need, {_SPAN.format('area_role.valid')} FROM area_role JOIN area USING (area_id)")
_TERMS = text(f"SELECT code, {_SPAN.format('term_span.valid')} FROM term_span JOIN area USING (area_id)")
_FOLLOWED = text(
    f"""SELECT follows, area.code AS area, NULL AS indicator, false AS is_target,
               {_SPAN.format("(annex.valid * agreement.valid)")}
        FROM annex JOIN agreement USING (agreement_id) JOIN agreement_area USING (agreement_id)
        JOIN area USING (area_id)
        CROSS JOIN LATERAL (
            SELECT 'agreement' AS follows
            UNION SELECT 'theme/' || theme WHERE annex.indicators IS NULL
            UNION SELECT 'theme/' || theme || '/' || annex.code WHERE annex.indicators IS NULL AND annex.code <> theme
            UNION SELECT 'indicator/' || unnest(annex.indicators)) AS follows
        WHERE annex.valid && agreement.valid
        UNION ALL
        SELECT unnest('agreement'::text || array_agg('indicator/' || followed)), area.code, NULL, false,
               {_SPAN.format("agreement.valid")}
        FROM agreement CROSS JOIN unnest(indicators) AS followed JOIN agreement_area USING (agreement_id)
        JOIN area USING (area_id) GROUP BY agreement_id, area.area_id
        UNION ALL
        SELECT 'indicator/' || indicator_code || '/' || slice, code, indicator_code, true,
               {_SPAN.format("target.valid")}
        FROM target JOIN area USING (area_id)"""
)
_ACTIVITIES = text(
    """SELECT code, activity_type, start_on, attributes FROM activity JOIN area USING (area_id)
       WHERE status = 'performed' AND duplicate_of IS NULL AND start_on IS NOT NULL"""
)
