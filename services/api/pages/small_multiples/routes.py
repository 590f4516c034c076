"""`/overenskommelsen/alla-diagram`: all indicators of an area's year as small charts on one page."""

from __future__ import annotations

from fastapi import Request, Response

from services.api.http.dependencies import Definitions, Reading, Today
from services.api.pages.agreement.choice import OVERVIEW, Chosen
from services.api.pages.agreement.view import view_of
from services.api.pages.rendering import page
from services.api.pages.routing import READER, page_router
from services.api.pages.small_multiples.content import small_charts

small_multiples = page_router()


@small_multiples.get(f"{OVERVIEW}/alla-diagram", dependencies=[READER])
async def show_small_charts(
    request: Request, reading: Reading, definitions: Definitions, today: Today, choice: Chosen
) -> Response:
    """Show every indicator of an area's year as a small chart, annex by annex."""
    if choice.area is None:
        return page(request, "agreement_none.html")
    view = await view_of(request, reading, definitions, today, choice)
    return page(
        request,
        "small_charts.html",
        content=view.content,
        choice=view.choice,
        charts=await small_charts(reading, definitions, view.content, today),
        today=today,
    )
