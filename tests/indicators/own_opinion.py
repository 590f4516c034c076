"""A second opinion on an own indicator of municipalities: the places with a role of theirs, counted by them alone."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.indicators.other_events import MENTOR, WITH_MENTOR
from tests.indicators.place_opinion import MONTHS, Figures, Sent, State, add_state, days_of, expected, follows_of
from tests.indicators.second_opinion import Figure, Key, periods_around


async def own_opinion(connection: AsyncConnection, sent: Sent) -> dict[Key, Figure]:
    """Return every figure of the own indicator, in what has ever lain in its municipalities; none if it is not defined.

    Of several there is also the sum, in what all of them have ever lain in. Which kinds of places it counts is what its
    latest version says.
    """
    defined = (await connection.execute(_LATEST)).one_or_none()
    if defined is None:
        return {}
    state = State(
        None,
        lambda sent, code, _day: sent.areas[code].place_kind in defined.place_kinds,
        lambda sent, code, day: sent.has_role(code, MENTOR, day),
        is_share=False,
    )
    figures = Figures()
    owners = set(defined.owners)
    add_state(figures, sent, WITH_MENTOR, state, defined.owners)
    sums = set.intersection(*(_ever_above(sent, owner) for owner in owners)) if len(owners) > 1 else set()
    follows = follows_of(WITH_MENTOR, state.theme)
    asked = {key for key in expected(sent, follows) if key[0] not in sums}
    asked |= {(one, period) for one in sums for period in _asked_of_sum(sent, one, owners, follows)}
    for area, period in asked:
        figures.setdefault((WITH_MENTOR, area, period), (0, None, 0))
    wanted = sums.union(*(_ever_in(sent, owner) for owner in owners))
    return {key: figure for key, figure in figures.items() if key[1] in wanted}


def _asked_of_sum(sent: Sent, area: str, owners: set[str], follows: frozenset[str]) -> set[str]:
    """Return the periods in which one of the owners reports on a day on which it lies in an area."""
    months = [
        month
        for month in MONTHS
        for day in days_of(month)
        if any(owner in sent.reporting(day, follows) and area in sent.above(owner, day) for owner in owners)
    ]
    around = (period for month in dict.fromkeys(months) for period in periods_around(month))
    return {period for period, months in around if months[0] <= sent.as_of}


def _ever_above(sent: Sent, municipality: str) -> set[str]:
    return {code for code in sent.areas if code != municipality and municipality in _ever_in(sent, code)}


def _ever_in(sent: Sent, around: str) -> set[str]:
    """Return the areas that lie in another on any day: where they lie changes as something begins or ends."""
    rows = [*sent.areas.values(), *(edge for edges in sent.parents.values() for edge in edges)]
    days = {day for row in rows for day in (row.first, row.next) if day is not None} | {date.min}
    return {code for code in sent.areas for day in days if around in sent.above(code, day)}


_LATEST = text(
    f"""SELECT ARRAY(SELECT jsonb_array_elements_text(document -> 'of' -> 'placeKinds')) AS place_kinds,
               ARRAY(SELECT area.code FROM municipal_definition_area AS own JOIN area USING (area_id)
                     WHERE (own.kind, own.code, own.version) = (definition.kind, definition.code, definition.version)
               ) AS owners
        FROM municipal_definition AS definition
        WHERE definition.code = '{WITH_MENTOR}' ORDER BY version DESC LIMIT 1"""
)
