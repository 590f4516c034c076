"""`/overenskommelsen`, downloaded: a table, a workbook, and the chart of an indicator as a picture."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import Response

from services.api.http.dependencies import release
from services.api.http.files import attachment
from services.api.pages.agreement.choice import OVERVIEW
from services.api.pages.agreement.indicator_page import Series
from services.api.pages.agreement.routes import HEIGHT, WIDTH
from services.api.pages.agreement.view import Viewed, ViewedWhole
from services.api.pages.agreement_files.table import table_of
from services.api.pages.agreement_files.workbook import workbook_of
from services.api.pages.rendering import HEADERS
from services.api.pages.routing import READER, page_router, person_of
from services.api.pages.texts import translator
from services.api.values.charts.cache import PngCache
from services.api.values.charts.routes import PNG, SVG
from services.api.values.charts.svg import compose
from shared.files.media_types import CSV, XLSX

if TYPE_CHECKING:
    from services.api.pages.agreement.view import View

agreement_files = page_router()


@agreement_files.get(f"{OVERVIEW}/tabell.csv", dependencies=[READER])
async def download_table(view: ViewedWhole) -> Response:
    """Send the year as a table for a spreadsheet of the visitor's language."""
    return _file(table_of(view.content, translator(view.language)), f"{CSV}; charset=utf-8", _name(view), "csv")


@agreement_files.get(f"{OVERVIEW}/arbetsbok.xlsx", dependencies=[READER])
async def download_workbook(view: ViewedWhole) -> Response:
    """Send the year as a workbook with a sheet for each annex."""
    await release(view.connection)
    # To write one takes longer than other requests should wait.
    book = await asyncio.to_thread(workbook_of, view.content, translator(view.language))
    return _file(book, XLSX, _name(view), "xlsx")


@agreement_files.get(f"{OVERVIEW}/indikatorer/{{series}}/diagram.svg", dependencies=[READER])
async def download_svg(view: Viewed, series: Series) -> Response:
    """Send the chart of an indicator as SVG."""
    return await _chart(view, series, as_png=False)


@agreement_files.get(f"{OVERVIEW}/indikatorer/{{series}}/diagram.png", dependencies=[READER])
async def download_png(view: Viewed, series: Series) -> Response:
    """Send the chart of an indicator as PNG."""
    return await _chart(view, series, as_png=True)


async def _chart(view: View, series: str, *, as_png: bool) -> Response:
    indicator = await view.indicator(series)
    picture = compose(indicator.chart, view.language, WIDTH, HEIGHT)
    await release(view.connection)
    pictures, client = view.resources.singleton(PngCache), str(person_of(view.request).person_id)
    drawn = await pictures.png_of(picture, client) if as_png else picture.svg
    area, year = view.content.area, view.content.year
    name = translator(view.language)("files.chartName", indicator=indicator.row.name, area=area.name, year=year)
    return _file(drawn, PNG if as_png else SVG, name, "png" if as_png else "svg")


def _name(view: View) -> str:
    return translator(view.language)("files.name", area=view.content.area.name, year=view.content.year)


def _file(content: bytes, media_type: str, name: str, ending: str) -> Response:
    """Answer with a file to keep."""
    headers = {**HEADERS, "Cache-Control": "no-store", "Content-Disposition": attachment(name, ending)}
    return Response(content, headers=headers, media_type=media_type)
