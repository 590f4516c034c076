"""A second opinion on a municipality's own indicator: the places with a role of its own, counted by it alone."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.indicators.other_events import MENTOR, WITH_MENTOR
from tests.indicators.place_opinion import Figures, Sent, State, add_state, expected, follows_of
from tests.indicators.second_opinion import Figure, Key


async def own_opinion(connection: AsyncConnection, sent: Sent) -> dict[Key, Figure]:
    """Return every figure of the own indicator, in what has ever lain in its municipality; none if it is not defined.

    Which kinds of places it counts is what its latest version says.
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
    add_state(figures, sent, WITH_MENTOR, state, [defined.owner])
    for area, period in expected(sent, follows_of(WITH_MENTOR, state.theme)):
        figures.setdefault((WITH_MENTOR, area, period), (0, None, 0))
    inside = _ever_in(sent, defined.owner)
    return {key: figure for key, figure in figures.items() if key[1] in inside}


def _ever_in(sent: Sent, municipality: str) -> set[str]:
    """Return the areas that lie in a municipality on any day: where they lie changes as something begins or ends."""
    rows = [*sent.areas.values(), *(edge for edges in sent.parents.values() for edge in edges)]
    days = {day for row in rows for day in (row.first, row.next) if day is not None} | {date.min}
    return {code for code in sent.areas for day in days if municipality in sent.above(code, day)}


_LATEST = text(
    f"""SELECT area.code AS owner,
               ARRAY(SELECT jsonb_array_elements_text(document -> 'of' -> 'placeKinds')) AS place_kinds
        FROM municipal_definition AS definition
        JOIN municipal_definition_area AS own USING (kind, code, version)
        JOIN area ON area.area_id = own.area_id
        WHERE definition.code = '{WITH_MENTOR}' ORDER BY version DESC LIMIT 1"""
)
