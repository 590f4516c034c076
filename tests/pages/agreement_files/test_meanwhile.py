"""While a file is made, others have the connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.api.pages.agreement_files import routes
from services.api.values.charts.cache import PngCache
from tests.pages.agreement_files.conftest import download
from tests.taken_connections import note_taken

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

pytestmark = [pytest.mark.long]


async def test_no_connection_is_held_while_a_file_is_made(
    visitor: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures wait for others': three that were asked for kept everybody from reading."""
    books = note_taken(monkeypatch, app, routes, "workbook_of")
    pictures = note_taken(monkeypatch, app, app.state.resources.singleton(PngCache)._renderer, "draw")
    await download(visitor, "arbetsbok.xlsx")
    await download(visitor, "indikatorer/school-visits~all/diagram.png")
    assert (books, pictures) == ([0], [0])
